//! Versions of the routing rules: listed, read, compared, restored.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::refusal::Refusal;
use crate::app::state::must;
use crate::app::transfer::rehearse::{DAYS_DEFAULT, DAYS_MAX};
use crate::app::transfer::rule_versions::{self, PAGE_MAX, Restore};
use crate::domain::accounts::Operation;
use crate::domain::atlas::rule::Rule;
use crate::domain::atlas::rule_set::{Differs, RuleSet, differences};
use crate::formats::geojson;
use crate::formats::nouns::rules::to_layer;
use crate::http::api::rules::{LISTED_DEFAULT, LISTED_SHOWN_MAX, RulesChangeBody, seen, told};
use crate::http::desk::Desk;
use crate::http::json::GEOJSON;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Versions on a page when nothing is said.
const PAGE_DEFAULT: u32 = 100;

/// A version of the rules.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RuleVersion)]
pub struct RuleVersionBody {
    /// The atlas version that brought it into force: it is that of every answer until the next one.
    pub version: i64,
    /// When.
    pub at: String,
    /// Who: a key's code, `cli`; `foreign` for another program that edited the file.
    pub actor: String,
    /// Why.
    pub note: String,
    /// Rules that were not there before.
    pub added: usize,
    /// Rules that are otherwise.
    pub changed: usize,
    /// Rules that are gone.
    pub removed: usize,
    /// The version that was restored, if one was.
    #[schema(required = true)]
    pub restored: Option<i64>,
}

impl RuleVersionBody {
    fn of(set: &RuleSet) -> Self {
        Self {
            version: set.version,
            at: set.at.rfc3339(),
            actor: set.actor.clone(),
            note: set.told.note.clone(),
            added: set.told.added,
            changed: set.told.changed,
            removed: set.told.removed,
            restored: set.told.restored,
        }
    }
}

/// A page of versions.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RuleVersions)]
pub struct RuleVersionsBody {
    /// The versions, the last first.
    pub versions: Vec<RuleVersionBody>,
    /// What to send as `until` for the next page; null on the last.
    #[schema(required = true)]
    pub next: Option<i64>,
}

/// What differs between two versions.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RuleDifferences)]
pub struct DifferencesBody {
    /// The earlier one; null before the first.
    #[schema(required = true)]
    pub since: Option<i64>,
    /// The later one.
    pub version: i64,
    /// The rules that they do not have alike, by code.
    pub rules: Vec<DifferenceBody>,
}

/// A rule that two versions do not have alike.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RuleDifference)]
pub struct DifferenceBody {
    /// The rule.
    pub id: String,
    /// `added`, `changed` or `removed`.
    pub change: String,
    /// Of a changed one what differs, by its name in the GeoJSON; `geometry` for where it holds.
    pub fields: Vec<FieldBody>,
}

/// A field of a rule that differs.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RuleFieldDifference)]
pub struct FieldBody {
    /// Which.
    pub field: String,
    /// What it was.
    pub was: Value,
    /// What it is.
    pub is: Value,
}

impl DifferenceBody {
    fn of(differs: &Differs<'_>) -> Self {
        let (change, fields) = match (differs.was, differs.is) {
            (None, _) => ("added", Vec::new()),
            (_, None) => ("removed", Vec::new()),
            (Some(was), Some(is)) => ("changed", fields(was, is)),
        };
        Self { id: differs.id.to_string(), change: change.to_owned(), fields }
    }
}

/// What differs of a rule as files have it.
fn fields(was: &Rule, is: &Rule) -> Vec<FieldBody> {
    let told = |rule: &Rule| {
        let bytes = geojson::write(&to_layer(std::slice::from_ref(rule)));
        let mut all: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let feature = all["features"][0].take();
        let mut fields = feature["properties"].as_object().cloned().unwrap_or_default();
        fields.insert("geometry".to_owned(), feature["geometry"].clone());
        fields
    };
    let (mut was, is) = (told(was), told(is));
    is.into_iter()
        .filter_map(|(field, is)| {
            let was = was.remove(&field).unwrap_or_default();
            (was != is).then_some(FieldBody { field, was, is })
        })
        .collect()
}

/// The versions of the routing rules, the last first. Each change of the rules makes one.
#[utoipa::path(
    get, path = "/api/v1/rules/versions", operation_id = "list_rule_versions", tag = "atlas",
    params(
        ("until" = Option<i64>, Query, description = "Not higher than this; `next` of the page before"),
        ("limit" = Option<u32>, Query, description = "Most on a page (1 to 1000; 100 when absent)"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The versions", body = RuleVersionsBody),
        (status = 404, description = "Nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn list_rule_versions(
    State(web): State<Web>,
    mut desk: Desk,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::ListRuleVersions)?;
    let until = desk.params.read("until", number);
    let limit = desk.params.whole("limit", 1, PAGE_MAX).unwrap_or(PAGE_DEFAULT);
    desk.params.finish()?;
    let mut found =
        rule_versions::list(&web.app, &desk.seat, &desk.caller, until, limit + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more).map(|last| last.version - 1);
    let versions = found.iter().map(RuleVersionBody::of).collect();
    Ok(private(Json(RuleVersionsBody { versions, next }).into_response()))
}

/// The rules that were in force in an atlas version, as GeoJSON: what `set_rules` takes.
#[utoipa::path(
    get, path = "/api/v1/rules/versions/{version}", operation_id = "get_rule_version", tag = "atlas",
    params(
        ("version" = i64, Path, description = "A version of the rules, or any atlas version"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The rules; those without a line or area have no geometry", body = serde_json::Value, content_type = "application/geo+json"),
        (status = 404, description = "No such version, or nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn get_rule_version(
    State(web): State<Web>,
    desk: Desk,
    Path(version): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::GetRuleVersion)?;
    desk.params.finish()?;
    let version = named(&version)?;
    let found = rule_versions::get(&web.app, &desk.seat, &desk.caller, version).await?;
    let bytes = geojson::write(&to_layer(&found.rules));
    Ok(private(([(header::CONTENT_TYPE, GEOJSON)], bytes).into_response()))
}

/// What differs between two versions of the rules, field by field.
#[utoipa::path(
    get, path = "/api/v1/rules/versions/{version}/changes", operation_id = "compare_rule_versions", tag = "atlas",
    params(
        ("version" = i64, Path, description = "The later version, or any atlas version"),
        ("since" = Option<i64>, Query, description = "The earlier one (default: the version before)"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "What differs", body = DifferencesBody),
        (status = 404, description = "No such version, or nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn compare_rule_versions(
    State(web): State<Web>,
    mut desk: Desk,
    Path(version): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::CompareRuleVersions)?;
    let since = desk.params.read("since", number);
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let later = rule_versions::get(&web.app, &seat, &caller, named(&version)?).await?;
    let earlier = match since {
        Some(since) => Some(rule_versions::get(&web.app, &seat, &caller, since).await?),
        None => rule_versions::before(&web.app, &seat, &caller, later.set.version).await?,
    };
    let rules = earlier.as_ref().map_or(&[][..], |earlier| &earlier.rules);
    let body = DifferencesBody {
        since: earlier.as_ref().map(|earlier| earlier.set.version),
        version: later.set.version,
        rules: differences(rules, &later.rules).iter().map(DifferenceBody::of).collect(),
    };
    Ok(private(Json(body).into_response()))
}

/// Sets the rules as they were in a version, which makes a new one; or only says what that would have done
/// with past reports.
#[utoipa::path(
    post, path = "/api/v1/rules/versions/{version}/restore", operation_id = "restore_rules", tag = "atlas",
    params(
        ("version" = i64, Path, description = "A version of the rules, or any atlas version"),
        ("dry_run" = Option<bool>, Query, description = "Only look, and rehearse on past reports"),
        ("note" = Option<String>, Query, description = "Why; kept with the new version"),
        ("days" = Option<u32>, Query, description = "How many days of reports a dry run looks back (1 to 3660; 90 when absent)"),
        ("listed" = Option<u32>, Query, description = "How many reports of each kind a dry run lists (0 to 10000; 1000 when absent)"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the rules that were looked at; others set meanwhile are then not overwritten"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "What it did, or would do", body = RulesChangeBody),
        (status = 404, description = "No such version, or nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The rules are others than those looked at", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn restore_rules(
    State(web): State<Web>,
    mut desk: Desk,
    headers: HeaderMap,
    Path(version): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::RestoreRules)?;
    let dry_run = desk.params.flag("dry_run").unwrap_or_default();
    let note = desk.params.text("note").unwrap_or_default();
    let days = desk.params.whole("days", 1, DAYS_MAX).unwrap_or(DAYS_DEFAULT);
    let listed = desk.params.whole("listed", 0, LISTED_SHOWN_MAX).unwrap_or(LISTED_DEFAULT);
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let seen = seen(&headers, &*seat.atlas()?)?;
    let ask = Restore { version: named(&version)?, note, dry_run, seen };
    // An atlas is built, and with a dry run two and many reports are routed.
    let place = Arc::clone(&web.heavy).acquire_owned().await;
    let outcome = rule_versions::restore(&web.app, &seat, &caller, ask).await?;
    let answer = told(&web, &caller, &seat, outcome, (days, listed)).await;
    drop(place);
    answer
}

fn number(text: &str) -> Result<i64, &'static str> {
    text.parse().map_err(|_| "is no whole number")
}

/// The version in a path; what is none is not there.
fn named(text: &str) -> Result<i64, Refusal> {
    text.parse().map_err(|_| Refusal::NotFound)
}

fn private(mut response: Response) -> Response {
    let value = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    response
}
