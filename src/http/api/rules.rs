//! The routing rules: read, rehearsed on past reports, and set.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::refusal::Fault;
use crate::app::state::{Seat, must};
use crate::app::transfer::export::layer;
use crate::app::transfer::import::{Import, Outcome, import};
use crate::app::transfer::rehearse::{DAYS_DEFAULT, DAYS_MAX, rehearse};
use crate::app::transfer::settings::Settings;
use crate::app::transfer::{Format, Kind};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::id::UnitId;
use crate::domain::reports::rehearse::{OthersBeside, Queued, Rehearsal};
use crate::formats::geojson;
use crate::geom::crs::Crs;
use crate::http::body;
use crate::http::desk::Desk;
use crate::http::etag;
use crate::http::json::GEOJSON;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Largest collection of rules, in bytes.
const RULES_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most reports of a rehearsal that are listed one by one in an answer.
pub(super) const LISTED_SHOWN_MAX: u32 = 10_000;
/// How many when nothing is said.
pub(super) const LISTED_DEFAULT: u32 = 1_000;

/// Said of a body that would take every rule away: a program that failed to read them sends such a one.
const NO_RULE: &str = "holds no rule, so that every rule would go; send those that are to stand \
                       (`zonewarden import rules FILE --replace` takes such a file)";

/// What a change of the rules did, or would do.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RulesChange)]
pub struct RulesChangeBody {
    /// The atlas that the change made; null when nothing was written.
    #[schema(required = true)]
    pub atlas_version: Option<i64>,
    /// Rules that were not there before.
    pub added: usize,
    /// Rules that are otherwise now.
    pub changed: usize,
    /// Rules that are gone.
    pub removed: usize,
    /// Rules that stay as they were.
    pub same: usize,
    /// What was noticed and is no error.
    pub warnings: Vec<String>,
    /// Of a dry run: what would have become of past reports.
    #[schema(required = true)]
    pub rehearsal: Option<RehearsalBody>,
}

/// Where past reports would have gone. One may both go elsewhere and change between unit and queue.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Rehearsal)]
pub struct RehearsalBody {
    /// How many days were looked back.
    pub days: u32,
    /// How many reports were routed both ways.
    pub reports: u64,
    /// How many of them would have gone elsewhere: another unit would have answered.
    pub elsewhere: u64,
    /// How many would have gone to the same unit, with other units beside it.
    pub others_beside: u64,
    /// How many, which went to a unit, would have waited in the dispatcher's queue: the rules are less sure then.
    pub to_queue: u64,
    /// How many, which waited there, would have gone to a unit.
    pub from_queue: u64,
    /// From which unit to which, the largest first.
    pub flows: Vec<FlowBody>,
    /// The reports that would have gone elsewhere, oldest first, as many as were asked for.
    pub listed: Vec<ElsewhereBody>,
    /// Those with other units beside theirs, likewise.
    pub listed_beside: Vec<OthersBesideBody>,
    /// Those that would have waited in the queue, likewise.
    pub listed_to_queue: Vec<QueuedBody>,
    /// Those that would have gone to a unit from it, likewise.
    pub listed_from_queue: Vec<QueuedBody>,
}

/// Reports that would have gone from one unit to another.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Flow)]
pub struct FlowBody {
    /// The unit in force.
    pub from: String,
    /// The unit then.
    pub to: String,
    /// How many.
    pub reports: u64,
}

/// A report that would have gone elsewhere.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Elsewhere)]
pub struct ElsewhereBody {
    /// Which report.
    pub report: String,
    /// The unit in force.
    pub from: String,
    /// The unit then.
    pub to: String,
    /// Why in force: a rule's code, `zone` or `fallback`.
    pub rule: String,
    /// Why then.
    pub rule_then: String,
}

/// A report that would have gone to the same unit, with others beside it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = OthersBeside)]
pub struct OthersBesideBody {
    /// Which report.
    pub report: String,
    /// The unit, in force and then.
    pub unit: String,
    /// Units beside it in force, in order.
    pub co: Vec<String>,
    /// Units beside it then.
    pub co_then: Vec<String>,
    /// Why in force: a rule's code, `zone` or `fallback`.
    pub rule: String,
    /// Why then.
    pub rule_then: String,
}

/// A report that goes to its unit under some rules, and under others, which are less sure, to the dispatcher's
/// queue.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Queued)]
pub struct QueuedBody {
    /// Which report.
    pub report: String,
    /// The unit that the rules in force name.
    pub from: String,
    /// The unit then.
    pub to: String,
    /// Why in force: a rule's code, `zone` or `fallback`.
    pub rule: String,
    /// Why then.
    pub rule_then: String,
    /// How sure the rules in force are (0 to 1).
    pub confidence: f64,
    /// How sure then.
    pub confidence_then: f64,
}

impl QueuedBody {
    fn of(it: &Queued) -> Self {
        Self {
            report: it.report.to_string(),
            from: it.from.to_string(),
            to: it.to.to_string(),
            rule: it.rule.clone(),
            rule_then: it.rule_then.clone(),
            confidence: it.confidence,
            confidence_then: it.confidence_then,
        }
    }
}

impl OthersBesideBody {
    fn of(it: &OthersBeside) -> Self {
        let codes = |units: &[UnitId]| units.iter().map(ToString::to_string).collect();
        Self {
            report: it.report.to_string(),
            unit: it.unit.to_string(),
            co: codes(&it.co),
            co_then: codes(&it.co_then),
            rule: it.rule.clone(),
            rule_then: it.rule_then.clone(),
        }
    }
}

impl RehearsalBody {
    fn of(found: &Rehearsal, days: u32, listed: u32) -> Self {
        let flows = found.largest().into_iter().map(|(from, to, reports)| FlowBody {
            from: from.to_string(),
            to: to.to_string(),
            reports,
        });
        let shown = listed as usize;
        let listed = found.listed.iter().take(shown).map(|it| ElsewhereBody {
            report: it.report.to_string(),
            from: it.from.to_string(),
            to: it.to.to_string(),
            rule: it.rule.clone(),
            rule_then: it.rule_then.clone(),
        });
        let queued = |all: &[Queued]| all.iter().take(shown).map(QueuedBody::of).collect();
        let beside = found.listed_beside.iter().take(shown).map(OthersBesideBody::of);
        Self {
            days,
            reports: found.reports,
            elsewhere: found.elsewhere,
            others_beside: found.others_beside,
            to_queue: found.to_queue,
            from_queue: found.from_queue,
            flows: flows.collect(),
            listed: listed.collect(),
            listed_beside: beside.collect(),
            listed_to_queue: queued(&found.listed_to_queue),
            listed_from_queue: queued(&found.listed_from_queue),
        }
    }
}

/// The routing rules in force as GeoJSON: what `set_rules` takes.
#[utoipa::path(
    get, path = "/api/v1/rules", operation_id = "list_rules", tag = "atlas",
    params(
        ("datetime" = Option<String>, Query, description = "As it was then: RFC 3339, or a date in the city's time zone (its beginning)"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The rules; those without a line or area have no geometry", body = serde_json::Value, content_type = "application/geo+json"),
        (status = 304, description = "What the caller has"),
        (status = 404, description = "No such city, or nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn list_rules(
    State(web): State<Web>,
    mut desk: Desk,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let atlas = desk.view(&web, Operation::ListRules).await?.atlas;
    desk.params.finish()?;
    Ok(etag::tagged(&headers, &etag::of(&atlas), GEOJSON, || {
        geojson::write(&layer(atlas.state(), Kind::Rules, Crs::Wgs84))
    }))
}

/// Sets the routing rules, all or none; or only says what that would have done with past reports.
#[utoipa::path(
    put, path = "/api/v1/rules", operation_id = "set_rules", tag = "atlas",
    params(
        ("dry_run" = Option<bool>, Query, description = "Only look, and rehearse on past reports"),
        ("merge" = Option<bool>, Query, description = "Keep rules that the body does not hold (default: they go)"),
        ("days" = Option<u32>, Query, description = "How many days of reports a dry run looks back (1 to 3660; 90 when absent)"),
        ("note" = Option<String>, Query, description = "Why; kept with the new version of the rules"),
        ("listed" = Option<u32>, Query, description = "How many reports of each kind a dry run lists (0 to 10000; 1000 when absent)"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the rules that were looked at; others set meanwhile are then not overwritten"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    request_body(content = serde_json::Value, content_type = "application/geo+json", description = "A GeoJSON feature collection of rules; one without any is refused, unless merged"),
    responses(
        (status = 200, description = "What it did, or would do", body = RulesChangeBody),
        (status = 400, description = "The body cannot be read", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The rules are others than those looked at", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "No GeoJSON", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn set_rules(
    State(web): State<Web>,
    mut desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::SetRules)?;
    let dry_run = desk.params.flag("dry_run").unwrap_or_default();
    let merge = desk.params.flag("merge").unwrap_or_default();
    let days = desk.params.whole("days", 1, DAYS_MAX).unwrap_or(DAYS_DEFAULT);
    let listed = desk.params.whole("listed", 0, LISTED_SHOWN_MAX).unwrap_or(LISTED_DEFAULT);
    let note = desk.params.text("note").unwrap_or_default();
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    body::media_type(request.headers(), &["application/geo+json", "application/json"])?;
    let seen = seen(request.headers(), &*seat.atlas()?)?;
    let bytes = body::whole(request.into_body(), RULES_BYTES_MAX).await?;
    if !merge && holds_no_rule(&bytes) {
        return Err(Problem::invalid(vec![Fault::new("features", NO_RULE)]));
    }
    let ask = Import {
        kind: Kind::Rules,
        format: Format::GeoJson,
        layer: None,
        crs: None,
        id: None,
        lead: None,
        make_units: false,
        settings: Settings::default(),
        replace: !merge,
        dry_run,
        note,
        seen,
    };
    let city = Some(seat.city.as_str());
    let place = Arc::clone(&web.heavy).acquire_owned().await;
    let outcome = import(&web.app, &caller, city, Arc::from(&bytes[..]), &ask).await?;
    let answer = told(&web, &caller, &seat, outcome, (days, listed)).await;
    drop(place);
    answer
}

/// A collection, of which only the number of features is looked at.
#[derive(Deserialize)]
struct Counted {
    features: Vec<IgnoredAny>,
}

/// Whether the body is a collection without a feature. What cannot be read is the importer's to tell.
fn holds_no_rule(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    serde_json::from_slice::<Counted>(text).is_ok_and(|counted| counted.features.is_empty())
}

/// What a change of the rules did, or would do with so many days of reports, so many of them listed.
pub(super) async fn told(
    web: &Web,
    caller: &Caller,
    seat: &Seat,
    mut outcome: Outcome,
    (days, listed): (u32, u32),
) -> Result<Response, Problem> {
    if outcome.refused() {
        return Err(faults(&outcome).into());
    }
    let rehearsal = match outcome.made.take() {
        Some(made) => {
            let found = rehearse(&web.app, caller, &seat.city, *made, days).await?;
            Some(RehearsalBody::of(&found, days, listed))
        }
        None => None,
    };
    let warnings = outcome.findings.iter().map(ToString::to_string).collect();
    let tally = outcome.tally;
    let body = RulesChangeBody {
        atlas_version: outcome.committed,
        added: tally.added,
        changed: tally.changed,
        removed: tally.removed,
        same: tally.same,
        warnings,
        rehearsal,
    };
    let mut response = axum::Json(body).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The atlas version that `If-Match` names; a tag of ours that is not the present one is refused.
pub(super) fn seen(
    headers: &HeaderMap,
    atlas: &crate::domain::atlas::in_force::Atlas,
) -> Result<Option<i64>, Problem> {
    let Some(given) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let given = given.to_str().unwrap_or_default();
    let now = etag::of(atlas);
    if given.trim() == "*" || given.split(',').any(|tag| opaque(tag) == opaque(&now)) {
        return Ok(Some(atlas.version()));
    }
    let words = format!("the city is at {now} and was changed since you looked; look again");
    Err(Problem::new(crate::http::problem::Kind::Stale, words))
}

fn faults(outcome: &Outcome) -> Vec<Fault> {
    let errors = outcome.findings.iter().filter(|finding| !finding.warning);
    errors
        .map(|finding| {
            let place = match finding.row {
                0 => finding.place.clone(),
                row => format!("features[{}].{}", row - 1, finding.place),
            };
            Fault::new(place, format!("{}; {}", finding.fault, finding.remedy))
        })
        .collect()
}
