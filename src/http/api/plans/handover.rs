//! What went from unit to unit with a plan: a list for both sides.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::plans::handover::{Page, Whole, list};
use crate::app::state::must;
use crate::domain::accounts::Operation;
use crate::domain::catalogue::whole::Catalogue;
use crate::domain::id::{IncidentId, UnitId};
use crate::domain::incidents::docket::Docket;
use crate::domain::incidents::handover::Handed;
use crate::formats::nouns::handover::{header, lines};
use crate::http::api::answer::PositionBody;
use crate::http::api::plans::bodies::{named, private};
use crate::http::body::streamed;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Most incidents on a page.
const PAGE_MAX: u32 = 10_000;
/// Incidents on a page when nothing is said.
const PAGE_DEFAULT: u32 = 1_000;

/// What went from unit to unit with a plan.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Handover)]
pub struct HandoverBody {
    /// The plan.
    pub version: i64,
    /// Whether everything of it is handed over; while not, the list grows.
    pub done: bool,
    /// How many from which unit to which, the largest first.
    pub flows: Vec<HandoverFlowBody>,
    /// What to send as `after` for the next page; null on the last.
    #[schema(required = true)]
    pub next: Option<String>,
    /// The incidents, by id.
    pub incidents: Vec<HandedBody>,
}

/// Incidents that went from one unit to another.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = HandoverFlow)]
pub struct HandoverFlowBody {
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
    /// How many.
    pub incidents: usize,
}

/// An incident that went to another unit.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Handed)]
pub struct HandedBody {
    /// Which incident.
    pub incident: String,
    /// The step of the case that says so.
    pub revision: u32,
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
    /// Whose the place was; null for no zone's.
    #[schema(required = true)]
    pub from_zone: Option<String>,
    /// Whose it is; null for no zone's.
    #[schema(required = true)]
    pub to_zone: Option<String>,
    /// When.
    pub at: String,
    /// What it is about.
    #[schema(required = true)]
    pub category: Option<String>,
    /// Where it stands now; null for a case that is gone.
    #[schema(required = true)]
    pub stage: Option<String>,
    /// With whom it lies now.
    #[schema(required = true)]
    pub unit: Option<String>,
    /// Where.
    #[schema(required = true)]
    pub position: Option<PositionBody>,
}

impl HandedBody {
    fn of((it, docket): &(Handed, Option<Docket>)) -> Self {
        let matter = docket.as_ref().map(|docket| &docket.matter);
        let position = matter.map(|matter| matter.position.degrees());
        Self {
            incident: it.incident.to_string(),
            revision: it.revision,
            from: it.from.to_string(),
            to: it.to.to_string(),
            from_zone: it.from_zone.as_ref().map(ToString::to_string),
            to_zone: it.to_zone.as_ref().map(ToString::to_string),
            at: it.at.rfc3339(),
            category: matter.and_then(|it| it.category.as_ref()).map(ToString::to_string),
            stage: docket.as_ref().map(|docket| docket.stage.code().to_owned()),
            unit: docket.as_ref().and_then(|it| it.unit.as_ref()).map(ToString::to_string),
            position: position.map(|at| PositionBody { lon: at.lon(), lat: at.lat() }),
        }
    }
}

/// What went from unit to unit with a plan: by units, and the incidents. A unit sees what it gave and got.
#[utoipa::path(
    get, path = "/api/v1/plans/{version}/handover", operation_id = "get_handover", tag = "incidents",
    params(
        ("version" = i64, Path, description = "The plan"),
        ("from" = Option<String>, Query, description = "Only what went from this unit"),
        ("to" = Option<String>, Query, description = "Only what went to this unit"),
        ("format" = Option<String>, Query, description = "json (default), page by page, or csv, a table to be printed that holds all of them"),
        ("limit" = Option<u32>, Query, description = "Most on a page (1 to 10000; 1000 when absent); not with csv"),
        ("after" = Option<String>, Query, description = "`next` of the page before; not with csv"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "What went", content(
            (HandoverBody = "application/json"),
            (String = "text/csv"),
        )),
        (status = 404, description = "No such plan, or nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn get_handover(
    State(web): State<Web>,
    mut desk: Desk,
    Path(version): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::GetHandover)?;
    let csv = desk.params.read("format", |text| match text {
        "json" => Ok(false),
        "csv" => Ok(true),
        _ => Err("must be json or csv"),
    });
    let limit = desk.params.whole("limit", 1, PAGE_MAX);
    let page = Page {
        from: desk.params.read("from", UnitId::new),
        to: desk.params.read("to", UnitId::new),
        after: desk
            .params
            .read("after", |text| text.parse().map(IncidentId).map_err(|_| "is no incident's id")),
        limit: limit.unwrap_or(PAGE_DEFAULT) as usize,
    };
    if csv == Some(true) {
        for (name, given) in [("limit", limit.is_some()), ("after", page.after.is_some())] {
            if given {
                desk.params.fault(name, "does not go with csv: all come");
            }
        }
    }
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let version = named(&version)?;
    if csv == Some(true) {
        let units = (page.from.as_ref(), page.to.as_ref());
        let whole = Whole::begin(&web.app, &seat.city, &caller, version, units).await?;
        let catalogue = Arc::clone(&seat.atlas()?.city().catalogue);
        return Ok(private(table(whole, catalogue)));
    }
    let found = list(&web.app, &seat.city, &caller, version, &page).await?;
    let next = found.rows.last().filter(|_| found.more).map(|(it, _)| it.incident.to_string());
    let flows = found.flows.iter().map(|(from, to, incidents)| HandoverFlowBody {
        from: from.to_string(),
        to: to.to_string(),
        incidents: *incidents,
    });
    let body = HandoverBody {
        version,
        done: found.done,
        flows: flows.collect(),
        next,
        incidents: found.rows.iter().map(HandedBody::of).collect(),
    };
    Ok(private(Json(body).into_response()))
}

/// All of a list as CSV that is written as it is read.
fn table(whole: Whole, catalogue: Arc<Catalogue>) -> Response {
    let begun = (whole, catalogue, Some(header()));
    let pieces = stream::unfold(begun, |(mut whole, catalogue, head)| async move {
        if let Some(head) = head {
            return Some((Ok(Bytes::from(head)), (whole, catalogue, None)));
        }
        // A failure breaks the body off: who reads sees that it is not whole.
        let read = whole.next().await.transpose()?;
        let piece = read.map(|rows| Bytes::from(lines(&rows, &catalogue)));
        Some((piece.map_err(std::io::Error::other), (whole, catalogue, None)))
    });
    let kind = [(CONTENT_TYPE, "text/csv; charset=utf-8")];
    (kind, streamed(pieces)).into_response()
}
