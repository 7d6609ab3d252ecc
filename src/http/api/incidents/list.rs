//! Work lists, in pages.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use crate::app::incidents::worklist::Due;
use crate::app::incidents::{self, PAGE_MAX, Wanted};
use crate::app::keyring::hex;
use crate::app::state::must;
use crate::domain::accounts::Operation;
use crate::domain::clocks::escalation::Act;
use crate::domain::id::{CategoryCode, IncidentId, UnitId, ZoneId};
use crate::domain::incidents::docket::{Docket, IncidentKey, IncidentOrder};
use crate::domain::incidents::step::Stage;
use crate::domain::time::Instant;
use crate::formats::geojson;
use crate::formats::nouns;
use crate::http::api::incidents::bodies::{DocketBody, IncidentsBody};
use crate::http::api::incidents::private;
use crate::http::desk::Desk;
use crate::http::params::Params;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Incidents on a page when nothing is said.
const PAGE_DEFAULT: u32 = 100;
/// Where the next page is, for answers that have no room for it.
pub const NEXT: HeaderName = HeaderName::from_static("x-next");

/// How a page is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    #[default]
    Json,
    Csv,
    GeoJson,
}

/// Incidents: a unit's or dispatcher's work list, the nearest deadline first, or the archive.
#[utoipa::path(
    get, path = "/api/v1/incidents", operation_id = "list_incidents", tag = "incidents",
    params(
        ("order" = Option<String>, Query, description = "`urgent` (default): open ones, the nearest deadline first; `newest`: open or not, the last opened first"),
        ("due" = Option<String>, Query, description = "`overdue`, or `soon`: within 24 hours; only in the order `urgent`"),
        ("stage" = Option<String>, Query, description = "At this stage"),
        ("unit" = Option<String>, Query, description = "Led by this unit, or with it beside the lead"),
        ("zone" = Option<String>, Query, description = "In this zone"),
        ("category" = Option<String>, Query, description = "Of this category or below it"),
        ("for_dispatcher" = Option<bool>, Query, description = "Only those that wait for a dispatcher because the rules were not sure"),
        ("escalated" = Option<String>, Query, description = "Only those overdue, as a whole or at their stage, and at least so far escalated: `remind`, `urge` or `raise`"),
        ("due_from" = Option<String>, Query, description = "Due at or after, RFC 3339"),
        ("due_to" = Option<String>, Query, description = "Due before, RFC 3339"),
        ("from" = Option<String>, Query, description = "Opened at or after, RFC 3339"),
        ("to" = Option<String>, Query, description = "Opened before, RFC 3339"),
        ("format" = Option<String>, Query, description = "`json` (default), `csv` or `geojson`; else as Accept says; of the last two `x-next` tells the next page"),
        ("limit" = Option<u32>, Query, description = "Most on a page (1 to 1000; 100 when absent)"),
        ("after" = Option<String>, Query, description = "`next` of the page before"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "A page of incidents, with their lights as of now", content(
            (IncidentsBody = "application/json"), (String = "text/csv"), (serde_json::Value = "application/geo+json"),
        )),
        (status = 404, description = "Nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn list_incidents(
    State(web): State<Web>,
    headers: HeaderMap,
    mut desk: Desk,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::ListIncidents)?;
    let params = &mut desk.params;
    let form = params.read("format", form).unwrap_or_else(|| accepted(&headers));
    let limit = params.whole("limit", 1, PAGE_MAX).unwrap_or(PAGE_DEFAULT);
    // One more than shown tells whether there is another page.
    let now = web.app.now();
    let wanted = Wanted { limit: limit + 1, ..wanted(params, now) };
    desk.params.finish()?;
    let order = wanted.order;
    let mut found = incidents::list(&web.app, &desk.seat, &desk.caller, wanted).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more).map(|last| cursor(order, last));
    let mut response = match form {
        Form::Json => {
            let shown = found.iter().map(|docket| DocketBody::of(&desk.seat.city, docket, now));
            Json(IncidentsBody { incidents: shown.collect(), next: next.clone() }).into_response()
        }
        Form::Csv => {
            let bytes =
                nouns::incidents::to_table(&found, &desk.seat.atlas()?.city().catalogue, now);
            ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], bytes).into_response()
        }
        Form::GeoJson => {
            let atlas = desk.seat.atlas()?;
            let catalogue = &atlas.city().catalogue;
            let bytes = geojson::write(&nouns::incidents::to_layer(&found, catalogue, now));
            ([(header::CONTENT_TYPE, "application/geo+json")], bytes).into_response()
        }
    };
    if form != Form::Json
        && let Some(next) = next.and_then(|next| HeaderValue::try_from(next).ok())
    {
        response.headers_mut().insert(NEXT, next);
    }
    private(&mut response);
    Ok(response)
}

/// The conditions of a work list.
fn wanted(params: &mut Params, now: Instant) -> Wanted {
    let order = params.read("order", order).unwrap_or_default();
    let wanted = Wanted {
        zone: params.read("zone", ZoneId::new),
        unit: params.read("unit", UnitId::new),
        category: params.read("category", CategoryCode::new),
        stage: params.read("stage", stage),
        for_dispatcher: params.flag("for_dispatcher").unwrap_or_default(),
        escalated: params.read("escalated", rung),
        due_from: params.time("due_from"),
        due_to: params.time("due_to"),
        opened_from: params.time("from"),
        opened_to: params.time("to"),
        order,
        after: params.read("after", |text| read_cursor(order, text)),
        limit: 0,
    };
    let given = wanted.due_from.is_some() || wanted.due_to.is_some();
    if order == IncidentOrder::Newest && (given || params.has("due")) {
        params.fault("order", "`newest` goes without deadlines; those are listed `urgent`");
    }
    match params.read("due", Due::from_code) {
        Some(_) if given => {
            params.fault("due", "goes without due_from and due_to");
            wanted
        }
        Some(due) => due.narrow(wanted, now),
        None => wanted,
    }
}

/// The form that `Accept` names first; anything else is JSON.
fn accepted(headers: &HeaderMap) -> Form {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let mut named = accept.unwrap_or_default().split(',').filter_map(|range| {
        match range.split(';').next().unwrap_or_default().trim() {
            "text/csv" => Some(Form::Csv),
            "application/geo+json" => Some(Form::GeoJson),
            "application/json" | "*/*" => Some(Form::Json),
            _ => None,
        }
    });
    named.next().unwrap_or_default()
}

fn form(text: &str) -> Result<Form, &'static str> {
    match text {
        "json" => Ok(Form::Json),
        "csv" => Ok(Form::Csv),
        "geojson" => Ok(Form::GeoJson),
        _ => Err("is none of json, csv, geojson"),
    }
}

fn order(text: &str) -> Result<IncidentOrder, &'static str> {
    match text {
        "urgent" => Ok(IncidentOrder::Urgent),
        "newest" => Ok(IncidentOrder::Newest),
        _ => Err("is neither urgent nor newest"),
    }
}

fn rung(text: &str) -> Result<Act, &'static str> {
    Act::from_code(text).ok_or("is none of remind, urge, raise")
}

fn stage(text: &str) -> Result<Stage, String> {
    Stage::from_code(text).ok_or_else(|| {
        let all: Vec<&str> = Stage::ALL.iter().map(|stage| stage.code()).collect();
        format!("is no stage; these are: {}", all.join(", "))
    })
}

/// The place of an incident in a list of this order, opaque to the caller.
fn cursor(order: IncidentOrder, docket: &Docket) -> String {
    let key = order.key(docket);
    let mut bytes = [0; 25];
    bytes[0] = sign(order);
    bytes[1..9].copy_from_slice(&key.at.0.to_be_bytes());
    bytes[9..].copy_from_slice(key.id.0.as_bytes());
    hex(&bytes)
}

fn sign(order: IncidentOrder) -> u8 {
    match order {
        IncidentOrder::Urgent => 1,
        IncidentOrder::Newest => 2,
    }
}

fn read_cursor(order: IncidentOrder, text: &str) -> Result<IncidentKey, &'static str> {
    let read = || {
        let plain = text.len() == 50 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let (of, rest) = plain.then(|| text.split_at(2))?;
        let (at, id) = rest.split_at(16);
        (u8::from_str_radix(of, 16).ok()? == sign(order)).then_some(())?;
        let at = u64::from_str_radix(at, 16).ok()?.cast_signed();
        let id = u128::from_str_radix(id, 16).ok()?;
        Some(IncidentKey { at: Instant(at), id: IncidentId(Uuid::from_u128(id)) })
    };
    read().ok_or("is no `next` of a page before in the same order")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_in_its_own_order_alone() {
        let text = format!("01{:016x}{:032x}", 5, 7);
        let key = IncidentKey { at: Instant(5), id: IncidentId(Uuid::from_u128(7)) };
        assert_eq!(read_cursor(IncidentOrder::Urgent, &text), Ok(key));
        assert!(read_cursor(IncidentOrder::Newest, &text).is_err());
        for bad in ["", "zz", &"é".repeat(25), &"0".repeat(49), &"+".repeat(50)] {
            assert!(read_cursor(IncidentOrder::Urgent, bad).is_err(), "{bad}");
        }
    }
}
