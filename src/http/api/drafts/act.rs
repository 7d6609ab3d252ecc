//! A step in a draft.

use axum::extract::{Path, Request, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::drafts::act::act;
use crate::app::drafts::order::Order;
use crate::app::state::must;
use crate::domain::accounts::Operation;
use crate::geom::crs::Crs;
use crate::http::api::drafts::answer::{at, draft_id, seen};
use crate::http::api::drafts::ask::wish;
use crate::http::api::drafts::bodies::DoneBody;
use crate::http::body::{self, Fields};
use crate::http::desk::Desk;
use crate::http::problem::{Kind, Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Largest step, in bytes.
const STEP_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A step that somebody wants to take.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewDraftStep)]
pub struct NewStepBody {
    /// What is to be done: one of `open_to_you`; `publish` also schedules.
    #[schema(example = "edit")]
    act: String,
    /// The revision of the draft that was looked at; or the header `If-Match` says it.
    revision: Option<u32>,
    /// Of an edit: what is done, all of it or nothing, and undone together. `{"kind": "move_vertex", "from": [lon,
    /// lat], "to": [lon, lat]}`; also `insert_vertex`, `delete_vertex`, `reshape_arc`, `straighten`, `split`,
    /// `merge`, `give`, `draw`, `carve`, `thin`, `add_hole`, `dissolve_hole`, `set_zone`.
    #[schema(value_type = Option<Vec<Object>>)]
    edits: Option<Vec<serde_json::Value>>,
    /// What is said; of a rename what the draft is for.
    words: Option<String>,
    /// Of a rename: the new name.
    name: Option<String>,
    /// Of a comment: the place it is about.
    place: Option<[f64; 2]>,
    /// Of a share: the keys that may edit too, all of them.
    with: Option<Vec<String>>,
    /// Of a lock: the zones whose areas stay, all of them.
    zones: Option<Vec<String>>,
    /// Of a lock: whether the outline of all zones stays too, so that no ground is won or lost there.
    outline: Option<bool>,
    /// Of a rebase: leave out the edits that no longer fit.
    drop_conflicts: Option<bool>,
    /// Of a rebase: let a set of zones that was imported, balanced or taken from a former plan stand, whatever was
    /// published meanwhile.
    overdraw: Option<bool>,
    /// Of a rebase: let names, numbers, units and further facts of zones stand as the draft has them, also those that were
    /// published otherwise meanwhile.
    overwrite: Option<bool>,
    /// Of a publication: from when it is in force, RFC 3339; at once when absent.
    effective_at: Option<String>,
    /// Of a publication: why; kept with the plan.
    note: Option<String>,
}

/// Takes a step in a draft, or says what it would do.
#[utoipa::path(
    post, path = "/api/v1/drafts/{id}/steps", operation_id = "act_on_draft", tag = "drafts",
    params(
        ("id" = String, Path, description = "The draft's id"),
        ("dry_run" = Option<bool>, Query, description = "Only look: what an edit would do, which edits a rebase would leave out, what keeps the draft from being published"),
        ("crs" = Option<String>, Query, description = "The system of all places asked and answered: wgs84 (default), cgcs2000, gcj02, bd09"),
        ("If-Match" = Option<String>, Header, description = "The revision that was looked at, as ETag gave it"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    request_body = NewStepBody,
    responses(
        (status = 200, description = "What became of it", body = DoneBody),
        (status = 400, description = "The body is no JSON object", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The step is for somebody else", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such draft, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The draft has gone on since you looked, and how; or the step is not open now", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "No JSON", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn act_on_draft(
    State(web): State<Web>,
    Path(id): Path<String>,
    mut desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::ActOnDraft)?;
    let dry_run = desk.params.flag("dry_run").unwrap_or_default();
    let crs = desk.params.crs("crs");
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    body::media_type(request.headers(), &["application/json"])?;
    let tagged = seen(request.headers())?;
    let bytes = body::whole(request.into_body(), STEP_BYTES_MAX).await?;
    let mut fields = Fields::parse(&bytes)?;
    let revision = match tagged {
        Some(tagged) => fields.whole("revision").map_or(Some(tagged), Some),
        None => fields.must_whole("revision"),
    };
    let wish = wish(&mut fields, crs);
    fields.finish()?;
    let unread = || Problem::new(Kind::Malformed, "the step cannot be read");
    let (seen, wish) = (revision.ok_or_else(unread)?, wish.ok_or_else(unread)?);
    let foreign = !crs.same_degrees(Crs::Wgs84);
    let order = Order { seen, wish, dry_run, foreign };
    let done = act(&web.app, &seat, &caller, draft_id(&id)?, order).await?;
    Ok(at(done.draft.revision, &DoneBody::of(&done, &caller, crs, dry_run)))
}
