//! What a draft changes.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::drafts::changes::{Against, compare};
use crate::app::state::must;
use crate::domain::accounts::Operation;
use crate::domain::atlas::zone::Zone;
use crate::domain::id::DraftId;
use crate::domain::zoning::diff::Differs;
use crate::http::api::drafts::answer::{at, draft_id};
use crate::http::api::drafts::ground::{MovedBody, areas};
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// A field of a zone that differs.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = DraftZoneField)]
pub struct FieldBody {
    /// `number`, `name_zh`, `name_en`, `lead`, `co`, `attributes` or `area`; of an area what it was and is stands
    /// in `moved`.
    pub field: String,
    /// What it was.
    pub was: Value,
    /// What it is.
    pub is: Value,
}

/// A zone that differs.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = DraftZoneChange)]
pub struct ZoneChangeBody {
    /// Which.
    pub id: String,
    /// `added`, `changed` or `removed`.
    pub change: String,
    /// Of a changed one what differs.
    pub fields: Vec<FieldBody>,
}

/// What a draft changes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = DraftChanges)]
pub struct ChangesBody {
    /// At which revision of the draft.
    pub revision: u32,
    /// With what it is compared: `plan:3`, or `draft:` and an id.
    pub since: String,
    /// The zones that are not alike, by code.
    pub zones: Vec<ZoneChangeBody>,
    /// The areas that change hands.
    pub moved: Vec<MovedBody>,
}

/// What a draft changes: zones and areas, against the plan it is drawn on, another plan, or another draft.
#[utoipa::path(
    get, path = "/api/v1/drafts/{id}/changes", operation_id = "compare_draft", tag = "drafts",
    params(
        ("id" = String, Path, description = "The draft's id"),
        ("since" = Option<String>, Query, description = "`base` (default): the plan it is drawn on; `plan:3`: that plan; `draft:` and an id: that draft"),
        ("crs" = Option<String>, Query, description = "wgs84 (default), cgcs2000, gcj02, bd09"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "What differs", body = ChangesBody),
        (status = 404, description = "No such draft or plan, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn compare_draft(
    State(web): State<Web>,
    mut desk: Desk,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::CompareDraft)?;
    let against = desk.params.read("since", against).unwrap_or(Against::Base);
    let crs = desk.params.crs("crs");
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    let found = compare(&web.app, &seat, &caller, draft_id(&id)?, against).await?;
    let body = ChangesBody {
        revision: found.revision,
        since: match found.against {
            Against::Base => "base".to_owned(),
            Against::Plan(version) => format!("plan:{version}"),
            Against::Draft(id) => format!("draft:{id}"),
        },
        zones: found.differences().iter().map(ZoneChangeBody::of).collect(),
        moved: found.moved.iter().map(|moved| MovedBody::of(moved, crs)).collect(),
    };
    Ok(at(found.revision, &body))
}

impl ZoneChangeBody {
    fn of(differs: &Differs<'_>) -> Self {
        let (change, fields) = match (differs.was, differs.is) {
            (None, _) => ("added", Vec::new()),
            (_, None) => ("removed", Vec::new()),
            (Some(was), Some(is)) => ("changed", fields(was, is)),
        };
        Self { id: differs.id.to_string(), change: change.to_owned(), fields }
    }
}

fn fields(was: &Zone, is: &Zone) -> Vec<FieldBody> {
    let told = |zone: &Zone| {
        [
            ("number", json!(zone.number)),
            ("name_zh", json!(zone.names.zh)),
            ("name_en", json!(zone.names.en)),
            ("lead", json!(zone.lead)),
            ("co", json!(zone.co)),
            ("attributes", json!(zone.attributes)),
        ]
    };
    let mut found: Vec<FieldBody> = told(was)
        .into_iter()
        .zip(told(is))
        .filter(|((_, was), (_, is))| was != is)
        .map(|((field, was), (_, is))| FieldBody { field: field.to_owned(), was, is })
        .collect();
    if was.area != is.area {
        let shape = |zone: &Zone| areas(&zone.area, crate::geom::crs::Crs::Wgs84)["type"].take();
        found.push(FieldBody { field: "area".to_owned(), was: shape(was), is: shape(is) });
    }
    found
}

fn against(text: &str) -> Result<Against, &'static str> {
    let fault = "is none of `base`, `plan:` and a version, `draft:` and an id";
    match text.split_once(':') {
        None if text == "base" => Ok(Against::Base),
        Some(("plan", version)) => version.parse().map(Against::Plan).map_err(|_| fault),
        Some(("draft", id)) => {
            Uuid::parse_str(id).map(|id| Against::Draft(DraftId(id))).map_err(|_| fault)
        }
        _ => Err(fault),
    }
}
