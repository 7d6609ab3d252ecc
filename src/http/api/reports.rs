//! Reports: filed durably and assigned at once; read by those whom they concern.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::keyring::hex;
use crate::app::locate::Place;
use crate::app::once::Once;
use crate::app::refusal::Refusal;
use crate::app::reports::{self, PAGE_MAX, SOURCE_CHARS_MAX, Telling, Wanted};
use crate::app::state::must;
use crate::domain::accounts::Operation;
use crate::domain::id::{CategoryCode, CityId, ReportId, UnitId, ZoneId};
use crate::domain::reports::person::Person;
use crate::domain::reports::public::PUBLIC_SOURCE;
use crate::domain::reports::report::{AssignedReport, Further};
use crate::domain::text;
use crate::domain::time::Instant;
use crate::geom::crs::Crs;
use crate::http::api::answer::PositionBody;
use crate::http::body::{self, Fields};
use crate::http::desk::Desk;
use crate::http::once::{REPLAYED, idempotency_key};
use crate::http::params;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Largest report, in bytes.
pub const REPORT_BYTES_MAX: usize = 64 * 1024;
/// Reports on a page when nothing is said.
const PAGE_DEFAULT: u32 = 100;

/// What somebody tells.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewReport)]
pub struct NewReportBody {
    /// Longitude in degrees.
    lon: f64,
    /// Latitude in degrees.
    lat: f64,
    /// System of the two: wgs84 (default), cgcs2000, gcj02, bd09.
    crs: Option<String>,
    /// Accuracy radius in metres (68 %).
    accuracy_m: Option<f64>,
    /// What it is about.
    #[schema(example = "event.05.parking")]
    category: Option<String>,
    /// What was said.
    words: Option<String>,
    /// When it happened, RFC 3339; now when absent.
    happened_at: Option<String>,
    /// Through which door: `hotline`, `wechat`, `patrol` …; never `open311`, which has its own.
    source: Option<String>,
    /// How to reach the person. Kept sealed, and shown to those alone who call back.
    contact: Option<String>,
}

/// Where a report went, and why.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Receipt)]
pub struct ReceiptBody {
    /// The report's id.
    pub id: String,
    /// The city's code.
    pub city: String,
    /// When it was received.
    pub received_at: String,
    /// The unit that answers.
    pub unit: String,
    /// Units beside it.
    pub co: Vec<String>,
    /// The zone; null outside every zone.
    #[schema(required = true)]
    pub zone: Option<String>,
    /// Why: the rule that fired, `zone` or `fallback`.
    pub rule: String,
    /// Metres to the nearest border of the zone.
    #[schema(required = true)]
    pub border_m: Option<f64>,
    /// The zone that would be next.
    #[schema(required = true)]
    pub runner_up: Option<String>,
    /// Probability (0 to 1) that the true position gives the same units; 1 for a rule that holds everywhere.
    pub confidence: f64,
    /// Whether a dispatcher decides.
    pub for_dispatcher: bool,
    /// The plan in force.
    pub plan_version: i64,
    /// The atlas that decided.
    pub atlas_version: i64,
}

/// A report as those see it whom it concerns.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Report)]
pub struct ReportBody {
    /// Where it went, and why.
    #[serde(flatten)]
    pub receipt: ReceiptBody,
    /// Through which door it came.
    pub source: String,
    /// What it is about.
    #[schema(required = true)]
    pub category: Option<String>,
    /// Where, WGS84.
    pub position: PositionBody,
    /// The system the position was given in.
    pub given_crs: String,
    /// Accuracy radius (m) as the device stated it.
    #[schema(required = true)]
    pub accuracy_m: Option<f64>,
    /// What was said.
    pub words: String,
    /// When it happened.
    pub happened_at: String,
    /// Whether it is kept who stands behind it: see `see_contact`.
    pub has_contact: bool,
    /// What else was told.
    #[serde(skip_serializing_if = "Further::is_empty", default)]
    #[schema(value_type = Object)]
    pub further: Further,
}

/// A page of reports, newest first.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Reports)]
pub struct ReportsBody {
    /// The reports.
    pub reports: Vec<ReportBody>,
    /// What to send as `after` for the next page; null on the last.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// Files a report: stored durably and assigned before the answer.
///
/// Send an `Idempotency-Key` and a repetition is safe: the same key with the same body gives the
/// same answer, with another body it is refused.
#[utoipa::path(
    post, path = "/api/v1/reports", operation_id = "file_report", tag = "reports",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "The caller's own key for this report"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    request_body = NewReportBody,
    responses(
        (status = 201, description = "Stored and assigned", body = ReceiptBody),
        (status = 400, description = "The body cannot be read", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "The key opens nothing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such city", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "No JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Every fault, or the key was used with another body", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Busy or not ready", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn file_report(
    State(web): State<Web>,
    desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::FileReport)?;
    desk.params.finish()?;
    body::media_type(request.headers(), &["application/json"])?;
    let key = idempotency_key(request.headers())?;
    let bytes = body::whole(request.into_body(), REPORT_BYTES_MAX).await?;
    let telling = read(&bytes)?;
    let once = Once { key, request_hash: hex(&Sha256::digest(&bytes)) };
    let filed = reports::file(&web.app, &desk.seat, &desk.caller, telling, once).await?;
    if !filed.again {
        web.meter.reports.increment(1);
    }
    let receipt = receipt(&desk.seat.city, &filed.filed);
    let place = format!("/api/v1/reports/{}", receipt.id);
    let mut response = (StatusCode::CREATED, Json(receipt)).into_response();
    let headers = response.headers_mut();
    if let Ok(place) = HeaderValue::try_from(place) {
        headers.insert(header::LOCATION, place);
    }
    if filed.again {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn read(bytes: &[u8]) -> Result<Telling, Problem> {
    let mut fields = Fields::parse(bytes)?;
    let told = telling(&mut fields);
    fields.finish()?;
    Ok(told)
}

/// What is told, as its fields say it. What is wrong with them waits in them.
pub(super) fn telling(fields: &mut Fields) -> Telling {
    let lon = fields.must_number("lon");
    let lat = fields.must_number("lat");
    let crs = fields.read("crs", params::crs).unwrap_or(Crs::Wgs84);
    let accuracy_m = fields.number("accuracy_m");
    Telling {
        source: fields.read("source", private_source).unwrap_or_default(),
        category: fields.read("category", CategoryCode::new),
        words: fields.text("words").unwrap_or_default(),
        happened_at: fields.read("happened_at", Instant::parse),
        person: Person { contact: fields.text("contact"), ..Person::default() },
        further: Further::default(),
        pictures: Vec::new(),
        place: Place {
            lon: lon.unwrap_or(f64::NAN),
            lat: lat.unwrap_or(f64::NAN),
            crs,
            accuracy_m,
        },
    }
}

/// A source as it was given, unless that makes a report public: only what comes through Open311's own door
/// is. Other faults of it are found with those of the whole.
fn private_source(raw: &str) -> Result<String, String> {
    match text::line(raw, SOURCE_CHARS_MAX) {
        Ok(line) if line == PUBLIC_SOURCE => {
            Err(format!("`{PUBLIC_SOURCE}` is what comes through /open311/v2/requests alone"))
        }
        _ => Ok(raw.to_owned()),
    }
}

/// One report.
#[utoipa::path(
    get, path = "/api/v1/reports/{id}", operation_id = "get_report", tag = "reports",
    params(
        ("id" = String, Path, description = "The report's id"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The report", body = ReportBody),
        (status = 404, description = "No such report, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn get_report(
    State(web): State<Web>,
    desk: Desk,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::GetReport)?;
    desk.params.finish()?;
    let id = Uuid::parse_str(&id).map_err(|_| Refusal::NotFound)?;
    let found = reports::get(&web.app, &desk.seat, &desk.caller, ReportId(id)).await?;
    Ok(private(report(&desk.seat.city, &found)))
}

/// Reports, newest first, in pages.
///
/// A unit is told of those that the rules gave it and of those whose incident came to it; of neither any more when
/// the incident has gone to another unit.
#[utoipa::path(
    get, path = "/api/v1/reports", operation_id = "list_reports", tag = "reports",
    params(
        ("zone" = Option<String>, Query, description = "In this zone"),
        ("unit" = Option<String>, Query, description = "Assigned to this unit, or beside it"),
        ("category" = Option<String>, Query, description = "Of this category or below it"),
        ("from" = Option<String>, Query, description = "Received at or after, RFC 3339"),
        ("to" = Option<String>, Query, description = "Received before, RFC 3339"),
        ("for_dispatcher" = Option<bool>, Query, description = "Only those that wait for a dispatcher, or only the others"),
        ("limit" = Option<u32>, Query, description = "Most on a page (1 to 1000; 100 when absent)"),
        ("after" = Option<String>, Query, description = "`next` of the page before"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "A page of reports", body = ReportsBody),
        (status = 404, description = "Nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn list_reports(
    State(web): State<Web>,
    mut desk: Desk,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::ListReports)?;
    let params = &mut desk.params;
    let limit = params.whole("limit", 1, PAGE_MAX).unwrap_or(PAGE_DEFAULT);
    let wanted = Wanted {
        zone: params.read("zone", ZoneId::new),
        unit: params.read("unit", UnitId::new),
        category: params.read("category", CategoryCode::new),
        from: params.time("from"),
        to: params.time("to"),
        for_dispatcher: params.flag("for_dispatcher"),
        after: params.read("after", read_cursor),
        // One more than shown tells whether there is another page.
        limit: limit + 1,
    };
    desk.params.finish()?;
    let mut found = reports::list(&web.app, &desk.seat, &desk.caller, wanted).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more).map(cursor);
    let shown = found.iter().map(|found| report(&desk.seat.city, found));
    Ok(private(ReportsBody { reports: shown.collect(), next }))
}

/// For this caller alone: nothing may keep it.
pub(super) fn private(body: impl Serialize) -> Response {
    let mut response = Json(body).into_response();
    let value = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    response
}

/// The place of a report in the list, opaque to the caller.
fn cursor(found: &AssignedReport) -> String {
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&found.report.received_at.0.to_be_bytes());
    bytes[8..].copy_from_slice(found.report.id.0.as_bytes());
    hex(&bytes)
}

fn read_cursor(text: &str) -> Result<(Instant, ReportId), String> {
    let read = || {
        let plain = text.len() == 48 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let (time, id) = plain.then(|| text.split_at(16))?;
        let time = u64::from_str_radix(time, 16).ok()?;
        let id = u128::from_str_radix(id, 16).ok()?;
        Some((Instant(time.cast_signed()), ReportId(Uuid::from_u128(id))))
    };
    read().ok_or_else(|| "is no `next` of a page before".to_owned())
}

pub(super) fn receipt(city: &CityId, found: &AssignedReport) -> ReceiptBody {
    let (report, to) = (&found.report, &found.assignment);
    ReceiptBody {
        id: report.id.to_string(),
        city: city.to_string(),
        received_at: report.received_at.rfc3339(),
        unit: to.unit.to_string(),
        co: to.co.iter().map(ToString::to_string).collect(),
        zone: to.zone.as_ref().map(ToString::to_string),
        rule: to.rule.clone(),
        border_m: to.border_m,
        runner_up: to.runner_up.as_ref().map(ToString::to_string),
        confidence: to.confidence,
        for_dispatcher: to.for_dispatcher,
        plan_version: to.plan_version,
        atlas_version: to.atlas_version,
    }
}

pub(super) fn report(city: &CityId, found: &AssignedReport) -> ReportBody {
    let report = &found.report;
    let at = report.position.degrees();
    ReportBody {
        receipt: receipt(city, found),
        source: report.source.clone(),
        category: report.category.as_ref().map(ToString::to_string),
        position: PositionBody { lon: at.lon(), lat: at.lat() },
        given_crs: report.given_crs.code().to_owned(),
        accuracy_m: report.accuracy_m,
        words: report.words.clone(),
        happened_at: report.happened_at.rfc3339(),
        has_contact: report.person.is_some(),
        further: report.further.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_anything_else_is_refused() {
        let key = (Instant(-5), ReportId(Uuid::from_u128(7)));
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&key.0.0.to_be_bytes());
        bytes[8..].copy_from_slice(key.1.0.as_bytes());
        assert_eq!(read_cursor(&hex(&bytes)), Ok(key));
        for bad in ["", "zz", &"é".repeat(24), &"0".repeat(47), &"+".repeat(48)] {
            assert!(read_cursor(bad).is_err(), "{bad}");
        }
    }
}
