//! Plans proposed from the city's blocks, with progress as it goes on.

use std::ops::ControlFlow;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use utoipa::ToSchema;

use crate::app::drafts::balance::{
    ALTERNATIVES_MAX, Proposed, SECONDS_MAX, WEIGHTS_MAX, Wish, balance,
};
use crate::app::state::must;
use crate::domain::accounts::Operation;
use crate::domain::id::ZoneId;
use crate::domain::zoning::balance::ask::Terms;
use crate::domain::zoning::tract::Terrain;
use crate::geom::crs::Crs;
use crate::http::api::drafts::ground::areas;
use crate::http::api::drafts::review::{FlowBody, ReviewFindingBody};
use crate::http::body::{self, Fields};
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Largest question, in bytes.
const ASK_BYTES_MAX: usize = 1024 * 1024;
/// Lines that wait for a slow reader.
const WAITING_MAX: usize = 64;

/// Plans that somebody wants proposed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BalanceAsk)]
pub struct BalanceAskBody {
    /// How many zones, the locked ones among them; as many as the plan in force when absent.
    zones: Option<u32>,
    /// What is balanced: attributes of blocks, `area` or `one`; `people` when absent. Each counts the same.
    weights: Option<Vec<String>>,
    /// How far a zone may be off, as a part of what it should have (0.02 when absent).
    tolerance: Option<f64>,
    /// Each zone has its share by the staff of its lead unit; for as many zones as the plan in force has.
    by_staff: Option<bool>,
    /// Zones that stay as they are.
    locked: Option<Vec<String>>,
    /// What a metre of border costs along streets and rivers (0.5 when absent); elsewhere it costs 1.
    natural: Option<f64>,
    /// How much the length of borders counts (1 when absent).
    border: Option<f64>,
    /// How much nearness within a zone counts (0 when absent).
    nearness: Option<f64>,
    /// How much nearness to the seat of the lead unit counts, or to the middle of its zone of today where it has none
    /// (0 when absent); for as many zones as the plan in force has.
    seats: Option<f64>,
    /// How much it counts that little is otherwise than today (0 when absent); for as many zones as the plan in force
    /// has.
    change: Option<f64>,
    /// How many alternatives (1 to 16; 1 when absent), none worse than another in everything.
    alternatives: Option<u32>,
    /// How long it is searched (1 to 600 seconds; 10 when absent).
    seconds: Option<u32>,
    /// Dice.
    seed: Option<u32>,
    /// Each zone is led by the unit whose seat is near.
    lead_by_seat: Option<bool>,
    /// Make a draft of each alternative, with this name and a number.
    draft: Option<String>,
}

/// A line of the answer: how far it is, or at the end what is proposed, or why nothing is.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = BalanceLine)]
pub struct BalanceLineBody {
    /// How far it is, 0 to 1.
    #[serde(default)]
    pub progress: Option<f64>,
    /// The last line: each alternative with what it stresses, its figures, its review (what would be found, and who and
    /// what would change hands), its draft and its zones as GeoJSON. Zones are in one piece but for islands, blocks that do not touch the rest: `bridged` zones hang together over a gap. With
    /// leads by seat, `proven` says that no other leads have a shorter farthest way, nor with it a shorter mean.
    #[schema(value_type = Option<Vec<Object>>)]
    #[serde(default)]
    pub proposals: Option<Vec<Value>>,
    /// Instead: why nothing is proposed, a problem as elsewhere.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    pub problem: Option<Value>,
}

/// Proposes balanced plans from the city's blocks. The answer is a stream of lines; who goes away ends the search.
#[utoipa::path(
    post, path = "/api/v1/plans/balance", operation_id = "balance_plan", tag = "drafts",
    params(
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    request_body = BalanceAskBody,
    responses(
        (status = 200, description = "Lines of JSON, the last with what is proposed", body = BalanceLineBody, content_type = "application/x-ndjson"),
        (status = 400, description = "The body is no JSON object", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "No JSON", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn balance_plan(
    State(web): State<Web>,
    desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::BalancePlan)?;
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    body::media_type(request.headers(), &["application/json"])?;
    let bytes = body::whole(request.into_body(), ASK_BYTES_MAX).await?;
    let mut fields = Fields::parse(&bytes)?;
    let wish = wish(&mut fields);
    fields.finish()?;
    let (lines, answer) = mpsc::channel::<Bytes>(WAITING_MAX);
    tokio::spawn(async move {
        let (told, mut last) = (lines.clone(), 0);
        let tell = move |part: f64| {
            if told.is_closed() {
                return ControlFlow::Break(());
            }
            #[expect(clippy::cast_possible_truncation, reason = "between 0 and 100")]
            let percent = (part.clamp(0.0, 1.0) * 100.0) as i32;
            if percent > last {
                last = percent;
                // A reader that is slow misses a line of progress, and nothing else.
                let _ = told.try_send(line(&json!({ "progress": f64::from(percent) / 100.0 })));
            }
            ControlFlow::Continue(())
        };
        let found = balance(&web.app, &seat, &caller, wish, tell).await;
        let end = match found {
            Ok(found) => {
                let all: Vec<Value> = found.iter().map(shown).collect();
                json!({ "proposals": all })
            }
            Err(refusal) => json!({ "problem": Problem::from(refusal).body() }),
        };
        let _ = lines.send(line(&end)).await;
    });
    let rest = stream::unfold(answer, |mut answer| async move {
        answer.recv().await.map(|line| (Ok::<_, std::convert::Infallible>(line), answer))
    });
    let mut response = Response::new(body::streamed(rest));
    let headers = response.headers_mut();
    let media = HeaderValue::from_static("application/x-ndjson");
    headers.insert(header::CONTENT_TYPE, media);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn line(value: &Value) -> Bytes {
    let mut bytes = serde_json::to_vec(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes.into()
}

fn wish(fields: &mut Fields) -> Wish {
    let zones = fields.whole("zones").map(|zones| u16::try_from(zones).unwrap_or(u16::MAX));
    let weight = |text: &str| {
        let fits = (1..=64).contains(&text.chars().count());
        if fits { Ok(text.to_owned()) } else { Err("is no name of an attribute") }
    };
    let mut weights = fields.list("weights", weight);
    if weights.is_empty() {
        weights.push("people".to_owned());
    }
    if weights.len() > WEIGHTS_MAX {
        fields.fault("weights", format!("are {}, at most {WEIGHTS_MAX}", weights.len()));
    }
    let mut within = |name: &'static str, default: f64, most: f64| {
        let given = fields.number(name).unwrap_or(default);
        if !(0.0..=most).contains(&given) {
            fields.fault(name, format!("is {given}; give 0 to {most}"));
        }
        given
    };
    let tolerance = within("tolerance", 0.02, 1.0);
    let natural = within("natural", 0.5, 1.0);
    let terms = Terms {
        border: within("border", 1.0, 1_000.0),
        nearness: within("nearness", 0.0, 1_000.0),
        seats: within("seats", 0.0, 1_000.0),
        change: within("change", 0.0, 1_000.0),
    };
    let mut counted = |name: &'static str, default: u32, most: u32| {
        let given = fields.whole(name).unwrap_or(default);
        if !(1..=most).contains(&given) {
            fields.fault(name, format!("is {given}; give 1 to {most}"));
        }
        given
    };
    let alternatives = counted("alternatives", 1, ALTERNATIVES_MAX);
    let seconds = counted("seconds", 10, SECONDS_MAX);
    Wish {
        zones,
        terrain: Terrain { weights, natural, locked: fields.list("locked", ZoneId::new) },
        tolerance,
        by_staff: fields.flag("by_staff").unwrap_or_default(),
        terms,
        alternatives,
        seconds,
        seed: u64::from(fields.whole("seed").unwrap_or(1)),
        lead_by_seat: fields.flag("lead_by_seat").unwrap_or_default(),
        draft: fields.text("draft"),
    }
}

fn shown(it: &Proposed) -> Value {
    let figures = &it.figures;
    let features: Vec<Value> = it
        .zones
        .iter()
        .map(|zone| {
            json!({
                "type": "Feature",
                "id": zone.id.as_str(),
                "geometry": areas(&zone.area, Crs::Wgs84),
                "properties": { "id": zone.id.as_str(), "number": zone.number, "lead": zone.lead.as_str() },
            })
        })
        .collect();
    let outlook = &it.outlook;
    let findings = outlook.findings.iter().map(|it| ReviewFindingBody::of(it, Crs::Wgs84));
    json!({
        "stresses": it.stress.code(),
        "draft": it.draft.map(|id| id.to_string()),
        "deviation": figures.max_deviation(),
        "cut_m": figures.cut_m,
        "polsby_popper_mean": figures.polsby_popper,
        "seat_m": figures.seat_m,
        "changed": figures.changed.first(),
        "broken": figures.broken,
        "bridged": figures.bridged,
        "farthest_m": it.ways.map(|ways| ways.farthest_m),
        "mean_m": it.ways.map(|ways| ways.mean_m),
        "proven": it.ways.map(|ways| ways.proven),
        "review": {
            "findings": findings.collect::<Vec<_>>(),
            "flows": outlook.flows.iter().map(FlowBody::of).collect::<Vec<_>>(),
            "moving": outlook.moving,
        },
        "zones": { "type": "FeatureCollection", "features": features },
    })
}
