//! Rules that corrections propose: shown with what they are based on, in the form in which they are set.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::incidents::proposals::{self, Standing};
use crate::app::refusal::Refusal;
use crate::app::state::must;
use crate::app::transfer::rehearse::{DAYS_DEFAULT, DAYS_MAX};
use crate::domain::accounts::Operation;
use crate::domain::atlas::rule::Rule;
use crate::domain::id::{CategoryCode, RuleId, UnitId};
use crate::domain::incidents::proposals::{
    Correction, Dismissal, Dismissed, Least, PRECISION_LEAST, Proposal, SUPPORT_LEAST, Where,
};
use crate::formats::geojson;
use crate::formats::nouns::rules::to_layer;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Where a proposal is rehearsed on past reports: its `rule` is the body.
const DRY_RUN: &str = "/api/v1/rules?merge=true&dry_run=true";
/// Most incidents that one proposal names on either side.
const NAMED_MAX: usize = 200;
/// Most corrections that may be asked for.
const SUPPORT_MAX: u32 = 1_000_000;

/// What corrections propose.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RuleProposals)]
pub struct ProposalsBody {
    /// How many days of incidents were looked at.
    pub days: u32,
    /// How many of these incidents say who is right.
    pub incidents: usize,
    /// Fewest corrections that propose a rule.
    pub support_least: u32,
    /// Least share of the incidents in its reach that it must be right for.
    pub precision_least: f64,
    /// The proposals, those with most corrections first, and at last the rules in force that were proposals.
    pub proposals: Vec<ProposalBody>,
}

/// A rule that corrections propose.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RuleProposal)]
pub struct ProposalBody {
    /// The code of the rule; the same for the same proposal.
    pub id: String,
    /// `open`, `dismissed`, or `adopted`: a rule of this code is in force.
    pub state: String,
    /// The unit that is to answer.
    #[schema(required = true)]
    pub unit: Option<String>,
    /// For which category.
    #[schema(required = true)]
    pub category: Option<String>,
    /// `zone`, `facility` (around one), `kind` (around each of a kind) or `everywhere`; null when adopted.
    #[schema(required = true)]
    pub within: Option<String>,
    /// The zone, facility or kind.
    #[schema(required = true)]
    pub of: Option<String>,
    /// Corrections that it explains and that the rules in force do not.
    pub support: usize,
    /// Of these, how many a unit had sent back.
    pub sent_back: usize,
    /// Of these, how many the rules had not been sure of.
    pub doubtful: usize,
    /// Incidents in its reach that another unit took.
    pub against: usize,
    /// For how many of both it is right, 0 to 1.
    #[schema(required = true)]
    pub precision: Option<f64>,
    /// The incidents that speak for it, at most 200.
    pub incidents: Vec<String>,
    /// Those that speak against it, at most 200.
    pub incidents_against: Vec<String>,
    /// The body that `set_rules` takes with `merge=true`.
    pub rule: Value,
    /// Where to send it with PUT to see what it would have done with past reports.
    pub dry_run: String,
    /// Who did not want it, and why.
    #[schema(required = true)]
    pub dismissal: Option<DismissalBody>,
}

/// A proposal that somebody does not want.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = RuleProposalDismissal)]
pub struct DismissalBody {
    /// The proposal.
    pub id: String,
    /// How many corrections spoke for it.
    pub support: usize,
    /// With so many it is proposed again.
    pub again_at: usize,
    /// Why.
    pub words: String,
    /// When; null in the answer to the dismissal itself.
    #[schema(required = true)]
    pub at: Option<String>,
    /// By whom.
    #[schema(required = true)]
    pub actor: Option<String>,
}

impl DismissalBody {
    fn of(told: &Dismissal) -> Self {
        Self {
            id: told.id.to_string(),
            support: told.support,
            again_at: told.support.saturating_mul(2),
            words: told.words.clone(),
            at: None,
            actor: None,
        }
    }

    fn kept(it: &Dismissed) -> Self {
        let (at, actor) = (Some(it.at.rfc3339()), Some(it.actor.clone()));
        Self { at, actor, ..Self::of(&it.told) }
    }
}

impl ProposalBody {
    fn bare(rule: &Rule, state: &str) -> Self {
        Self {
            id: rule.id.to_string(),
            state: state.to_owned(),
            unit: rule.unit.as_ref().map(UnitId::to_string),
            category: rule.categories.first().map(CategoryCode::to_string),
            within: None,
            of: None,
            support: 0,
            sent_back: 0,
            doubtful: 0,
            against: 0,
            precision: None,
            incidents: Vec::new(),
            incidents_against: Vec::new(),
            rule: serde_json::from_slice(&geojson::write(&to_layer(std::slice::from_ref(rule))))
                .unwrap_or_default(),
            dry_run: DRY_RUN.to_owned(),
            dismissal: None,
        }
    }

    fn of(it: &Proposal, standing: &Standing) -> Self {
        let (state, dismissal) = match standing {
            Standing::Open => ("open", None),
            Standing::Dismissed(it) => ("dismissed", Some(DismissalBody::kept(it))),
        };
        let (within, of) = match &it.reach {
            Where::Around(_, facility) => ("facility", Some(facility.to_string())),
            Where::Zone(zone) => ("zone", Some(zone.to_string())),
            Where::AroundEvery(kind) => ("kind", Some(kind.code().to_owned())),
            Where::Everywhere => ("everywhere", None),
        };
        let count = |wanted| it.support.iter().filter(|(_, how)| *how == wanted).count();
        let named = it.support.iter().take(NAMED_MAX).map(|(incident, _)| incident.to_string());
        Self {
            within: Some(within.to_owned()),
            of,
            support: it.support.len(),
            sent_back: count(Correction::SentBack),
            doubtful: count(Correction::Doubtful),
            against: it.against.len(),
            precision: Some(it.precision()),
            incidents: named.collect(),
            incidents_against: it.against.iter().take(NAMED_MAX).map(ToString::to_string).collect(),
            dismissal,
            ..Self::bare(&it.rule, state)
        }
    }
}

/// Rules that corrections propose: what units sent back and dispatchers decided otherwise. Nothing is set.
#[utoipa::path(
    get, path = "/api/v1/rules/proposals", operation_id = "list_rule_proposals", tag = "atlas",
    params(
        ("days" = Option<u32>, Query, description = "How many days of incidents are looked at (1 to 3660; 90 when absent)"),
        ("support" = Option<u32>, Query, description = "Fewest corrections that propose a rule (1 to 1000000; 5 when absent)"),
        ("precision" = Option<f64>, Query, description = "Least share of the incidents in its reach that it must be right for (0 to 1; 0.8 when absent)"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The proposals, those dismissed and adopted too", body = ProposalsBody),
        (status = 404, description = "Nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn list_rule_proposals(
    State(web): State<Web>,
    mut desk: Desk,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::ListRuleProposals)?;
    let days = desk.params.whole("days", 1, DAYS_MAX).unwrap_or(DAYS_DEFAULT);
    let least = u32::try_from(SUPPORT_LEAST).unwrap_or(1);
    let support = desk.params.whole("support", 1, SUPPORT_MAX).unwrap_or(least);
    let precision = desk.params.read("precision", share).unwrap_or(PRECISION_LEAST);
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let least = Least { support: support as usize, precision };
    let found = proposals::list(&web.app, &seat, &caller, days, least).await?;
    let open = found.proposals.iter().map(|(it, standing)| ProposalBody::of(it, standing));
    let adopted = found.adopted.iter().map(|rule| ProposalBody::bare(rule, "adopted"));
    Ok(private(Json(ProposalsBody {
        days,
        incidents: found.incidents,
        support_least: support,
        precision_least: precision,
        proposals: open.chain(adopted).collect(),
    })))
}

/// Does not want a proposal: it comes back when twice as many corrections speak for it as were looked at.
#[utoipa::path(
    put, path = "/api/v1/rules/proposals/{id}/dismissal", operation_id = "dismiss_rule_proposal", tag = "atlas",
    params(
        ("id" = String, Path, description = "The proposal"),
        ("support" = u32, Query, description = "How many corrections spoke for it (1 to 1000000)"),
        ("words" = Option<String>, Query, description = "Why"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "It is dismissed", body = DismissalBody),
        (status = 404, description = "Nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn dismiss_rule_proposal(
    State(web): State<Web>,
    mut desk: Desk,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::DismissRuleProposal)?;
    if !desk.params.has("support") {
        desk.params.fault("support", "is missing; say how many corrections you looked at");
    }
    let support = desk.params.whole("support", 1, SUPPORT_MAX).unwrap_or_default() as usize;
    let words = desk.params.text("words").unwrap_or_default();
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let id = RuleId::new(&id).map_err(|_| Refusal::NotFound)?;
    let told = Dismissal { id, support, words };
    let kept = proposals::dismiss(&web.app, &seat, &caller, told).await?;
    Ok(private(Json(DismissalBody::of(&kept))))
}

fn share(text: &str) -> Result<f64, &'static str> {
    let number = text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
    number.ok_or("is no share from 0 to 1")
}

fn private(body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    let value = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    response
}
