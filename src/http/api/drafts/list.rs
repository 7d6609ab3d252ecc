//! Drafts listed, and a new one made.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::drafts::make::{NewDraft, make};
use crate::app::drafts::read::{self, PAGE_MAX, Wanted};
use crate::app::state::must;
use crate::domain::accounts::Operation;
use crate::domain::drafts::docket::DraftKey;
use crate::domain::drafts::step::Stage;
use crate::domain::id::DraftId;
use crate::domain::time::Instant;
use crate::http::api::drafts::answer::at;
use crate::http::api::drafts::bodies::{DocketBody, DraftBody, DraftsBody};
use crate::http::body::{self, Fields};
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Drafts on a page when nothing is said.
const PAGE_DEFAULT: u32 = 100;
/// Largest body, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// A draft that somebody wants.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewDraft)]
pub struct NewDraftBody {
    /// What it is called.
    name: String,
    /// What it is for.
    words: Option<String>,
    /// The draft it is a copy of; the plan in force when absent.
    copy_of: Option<String>,
    /// The number of a former plan whose zones it begins with; those of the plan in force when absent.
    of_plan: Option<u32>,
}

/// Drafts, the last begun first.
#[utoipa::path(
    get, path = "/api/v1/drafts", operation_id = "list_drafts", tag = "drafts",
    params(
        ("stage" = Option<String>, Query, description = "At this stage: open, proposed, approved, scheduled, published, dropped"),
        ("open" = Option<bool>, Query, description = "Only those that are not over, or only those that are"),
        ("mine" = Option<bool>, Query, description = "true: only those that the caller began"),
        ("limit" = Option<u32>, Query, description = "Most on a page (1 to 1000; 100 when absent)"),
        ("after" = Option<String>, Query, description = "`next` of the page before"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "A page of drafts", body = DraftsBody),
        (status = 404, description = "Nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn list_drafts(
    State(web): State<Web>,
    mut desk: Desk,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::ListDrafts)?;
    let params = &mut desk.params;
    let mine = params.flag("mine").unwrap_or_default();
    let limit = params.whole("limit", 1, PAGE_MAX).unwrap_or(PAGE_DEFAULT);
    let wanted = Wanted {
        stage: params.read("stage", stage),
        open: params.flag("open"),
        owner: mine.then(|| desk.caller.actor.clone()),
        after: params.read("after", read_cursor),
        // One more than shown tells whether there is another page.
        limit: limit + 1,
    };
    desk.params.finish()?;
    let mut found = read::list(&web.app, &desk.seat, &desk.caller, wanted).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more).map(|last| cursor(last.key()));
    let drafts = found.iter().map(DocketBody::of).collect();
    let mut response = axum::Json(DraftsBody { drafts, next }).into_response();
    response.headers_mut().insert(
        axum::http::header::CACHE_CONTROL,
        axum::http::HeaderValue::from_static("no-store"),
    );
    Ok(response)
}

/// Begins a draft on the plan in force, or as a copy of another one.
#[utoipa::path(
    post, path = "/api/v1/drafts", operation_id = "make_draft", tag = "drafts",
    params(("city" = Option<String>, Query, description = "The city, where there are several")),
    request_body = NewDraftBody,
    responses(
        (status = 201, description = "The draft", body = DraftBody),
        (status = 400, description = "The body is no JSON object", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The city has as many as it may", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "No JSON", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn make_draft(
    State(web): State<Web>,
    desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::MakeDraft)?;
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    body::media_type(request.headers(), &["application/json"])?;
    let bytes = body::whole(request.into_body(), BODY_BYTES_MAX).await?;
    let mut fields = Fields::parse(&bytes)?;
    let text = |given: &str| Ok::<_, std::convert::Infallible>(given.to_owned());
    let ask = NewDraft {
        name: fields.must("name", text).unwrap_or_default(),
        words: fields.text("words").unwrap_or_default(),
        copy_of: fields.read("copy_of", |text| Uuid::parse_str(text).map(DraftId)),
        of_plan: fields.whole("of_plan").map(i64::from),
    };
    fields.finish()?;
    let made = make(&web.app, &seat, &caller, ask).await?;
    let mut response = at(made.revision, &DraftBody::of(&made, &caller));
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

fn stage(text: &str) -> Result<Stage, String> {
    Stage::from_code(text).ok_or_else(|| {
        let all: Vec<&str> = Stage::ALL.iter().map(|stage| stage.code()).collect();
        format!("is no stage; these are: {}", all.join(", "))
    })
}

/// The place of a draft in a list, opaque to the caller.
fn cursor(key: DraftKey) -> String {
    format!("{:016x}{:032x}", key.opened_at.0, key.id.0.as_u128())
}

fn read_cursor(text: &str) -> Result<DraftKey, &'static str> {
    let read = || {
        let plain = text.len() == 48 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let (at, id) = plain.then(|| text.split_at(16))?;
        let at = u64::from_str_radix(at, 16).ok()?.cast_signed();
        let id = u128::from_str_radix(id, 16).ok()?;
        Some(DraftKey { opened_at: Instant(at), id: DraftId(Uuid::from_u128(id)) })
    };
    read().ok_or("is no `next` of a page before")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back() {
        let key = DraftKey { opened_at: Instant(1_700_000), id: DraftId(Uuid::from_u128(7)) };
        assert_eq!(read_cursor(&cursor(key)), Ok(key));
        for bad in ["", "zz", &"é".repeat(24), &"+".repeat(48)] {
            assert!(read_cursor(bad).is_err(), "{bad}");
        }
    }
}
