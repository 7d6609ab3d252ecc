//! A former plan published again, and stored reports routed anew.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::plans::reroute::{self, Ask, reroute_all};
use crate::app::refusal::Fault;
use crate::app::state::must;
use crate::app::transfer::import::Outcome;
use crate::app::transfer::plan_versions::{self, Restore};
use crate::domain::accounts::Operation;
use crate::domain::time::Moment;
use crate::http::api::plans::bodies::{named, number, private};
use crate::http::api::rules::{FlowBody, seen};
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// What publishing a former plan again did, or would do.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PlanRestored)]
pub struct RestoredBody {
    /// The version of the new plan; null when nothing was written.
    #[schema(required = true)]
    pub version: Option<i64>,
    /// The atlas that it made; null when nothing was written.
    #[schema(required = true)]
    pub atlas_version: Option<i64>,
    /// Zones that were not there before.
    pub added: usize,
    /// Zones that are otherwise.
    pub changed: usize,
    /// Zones that are gone.
    pub removed: usize,
    /// Zones that stay as they were.
    pub same: usize,
    /// What was noticed and is no error.
    pub warnings: Vec<String>,
}

/// What routing stored reports anew did, or would do.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Rerouted)]
pub struct ReroutedBody {
    /// The plan by which they are routed.
    pub version: i64,
    /// Whether it was only looked.
    pub dry_run: bool,
    /// Reports that lie near what changed hands.
    pub looked_at: u64,
    /// Reports that got a further assignment, or would.
    pub rerouted: u64,
    /// How many went from one unit to another, the largest first.
    pub flows: Vec<FlowBody>,
}

/// Publishes a former plan again, which makes a new one; or only says what that would change.
#[utoipa::path(
    post, path = "/api/v1/plans/{version}/restore", operation_id = "restore_plan", tag = "atlas",
    params(
        ("version" = i64, Path, description = "The former plan"),
        ("dry_run" = Option<bool>, Query, description = "Only look"),
        ("note" = Option<String>, Query, description = "Why; kept with the new plan"),
        ("If-Match" = Option<String>, Header, description = "The ETag of what was looked at; another plan published meanwhile is then not overwritten"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "What it did, or would do", body = RestoredBody),
        (status = 404, description = "No such plan, or nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The city is another than that looked at", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn restore_plan(
    State(web): State<Web>,
    mut desk: Desk,
    headers: HeaderMap,
    Path(version): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::RestorePlan)?;
    let dry_run = desk.params.flag("dry_run").unwrap_or_default();
    let note = desk.params.text("note").unwrap_or_default();
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let seen = seen(&headers, &*seat.atlas()?)?;
    let ask = Restore { version: named(&version)?, note, dry_run, seen };
    let outcome = plan_versions::restore(&web.app, &seat.city, &caller, ask).await?;
    if outcome.refused() {
        return Err(faults(&outcome).into());
    }
    let made = match outcome.committed {
        Some(_) => plan_versions::list(&web.app, &seat.city, &caller, None, 1).await?.pop(),
        None => None,
    };
    let tally = outcome.tally;
    let body = RestoredBody {
        version: made.map(|it| it.plan.version),
        atlas_version: outcome.committed,
        added: tally.added,
        changed: tally.changed,
        removed: tally.removed,
        same: tally.same,
        warnings: outcome.findings.iter().map(ToString::to_string).collect(),
    };
    Ok(private(Json(body).into_response()))
}

fn faults(outcome: &Outcome) -> Vec<Fault> {
    let errors = outcome.findings.iter().filter(|finding| !finding.warning);
    errors.map(|it| Fault::new(it.place.clone(), format!("{}; {}", it.fault, it.remedy))).collect()
}

/// Routes stored reports anew whose place changed hands with the plan in force: each gets a further assignment,
/// and keeps those it had.
#[utoipa::path(
    post, path = "/api/v1/plans/{version}/reroute", operation_id = "reroute_plan", tag = "atlas",
    params(
        ("version" = i64, Path, description = "The plan in force"),
        ("dry_run" = Option<bool>, Query, description = "Only count"),
        ("since" = Option<String>, Query, description = "Only reports received since: RFC 3339, or a date in the city's time zone"),
        ("since_plan" = Option<i64>, Query, description = "Whose zones are compared with (default: the plan before)"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "What it did, or would do", body = ReroutedBody),
        (status = 404, description = "No such plan, or nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The plan is not in force", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn reroute_plan(
    State(web): State<Web>,
    mut desk: Desk,
    Path(version): Path<String>,
) -> Result<Response, Problem> {
    let atlas = desk.open(Operation::ReroutePlan)?;
    let dry_run = desk.params.flag("dry_run").unwrap_or_default();
    let since = desk.params.read("since", |text| Moment::parse(text, atlas.time_zone()));
    let since_plan = desk.params.read("since_plan", number);
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let version = named(&version)?;
    let since = since.map(Moment::instant);
    let ask = Ask { plan: version, since_plan, since, dry_run };
    // A task of its own: who goes away does not leave it half done.
    let done = tokio::spawn(async move { reroute_all(&web.app, &seat, &caller, ask).await });
    let outcome = done.await.map_err(|fault| {
        Problem::from(crate::app::refusal::Refusal::Inner(format!(
            "routing anew broke off: {fault}"
        )))
    })??;
    Ok(private(Json(told(version, dry_run, &outcome)).into_response()))
}

fn told(version: i64, dry_run: bool, outcome: &reroute::Outcome) -> ReroutedBody {
    let mut flows: Vec<FlowBody> = outcome
        .flows
        .iter()
        .map(|((from, to), reports)| FlowBody {
            from: from.to_string(),
            to: to.to_string(),
            reports: *reports,
        })
        .collect();
    flows.sort_by_key(|flow| std::cmp::Reverse(flow.reports));
    let (looked_at, rerouted) = (outcome.looked_at, outcome.rerouted);
    ReroutedBody { version, dry_run, looked_at, rerouted, flows }
}
