//! The categories of reports, with what is asked of who tells something.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::state::must;
use crate::app::transfer::categories::{CategoriesImport, import};
use crate::domain::accounts::Operation;
use crate::domain::catalogue::category::Category;
use crate::domain::catalogue::questions::{Both, Choice, Question};
use crate::formats::catalogue::CATALOGUE_BYTES_MAX;
use crate::http::api::exchange::faults;
use crate::http::api::locate::JSON;
use crate::http::api::named::NamesBody;
use crate::http::api::plans::bodies::private;
use crate::http::api::rules::seen;
use crate::http::body;
use crate::http::desk::Desk;
use crate::http::etag;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// The categories of reports.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Categories)]
pub struct CategoriesBody {
    /// A branch before what lies below it; the leaves are the services of Open311.
    pub categories: Vec<CategoryBody>,
}

/// One category.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Category)]
pub struct CategoryBody {
    /// Its code, dotted from major to minor; what stands before the last dot is listed too.
    #[schema(example = "event.05.parking")]
    pub code: String,
    /// Its name.
    pub names: NamesBody,
    /// In a square of so many metres (at most 500) the public is told that it was; 0: the place itself.
    #[serde(default)]
    pub blur_m: u32,
    /// Of a service: what it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<NamesBody>,
    /// Of a service: words by which people find it, separated by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keywords: Option<NamesBody>,
    /// Of a service: what is asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<QuestionBody>,
}

/// A question of a service.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Question)]
pub struct QuestionBody {
    /// Its code, unique in the service.
    #[schema(example = "plate")]
    pub code: String,
    /// What sort of answer it takes: string, number, datetime, text, singlevaluelist or multivaluelist.
    #[schema(example = "string")]
    pub datatype: String,
    /// Whether there must be an answer.
    #[serde(default)]
    pub required: bool,
    /// Whether the public sees the answer.
    #[serde(default)]
    pub public: bool,
    /// The question.
    pub words: NamesBody,
    /// What an answer looks like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<NamesBody>,
    /// Of a list: what can be chosen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<ChoiceBody>,
}

/// What can be chosen.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Choice)]
pub struct ChoiceBody {
    /// Its code, unique in the question.
    pub key: String,
    /// What people read.
    pub name: NamesBody,
}

/// What setting the categories did, or would do.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = CategoriesChange)]
pub struct CategoriesChangeBody {
    /// The atlas that the change made; null when nothing was written.
    #[schema(required = true)]
    pub atlas_version: Option<i64>,
    /// Categories that were not there before.
    pub added: usize,
    /// Categories that are otherwise now.
    pub changed: usize,
    /// Categories that are gone.
    pub removed: usize,
    /// Categories that stay as they were.
    pub same: usize,
}

impl From<&Both> for NamesBody {
    fn from(both: &Both) -> Self {
        Self { zh: both.zh.clone(), en: both.en.clone() }
    }
}

fn some(both: &Both) -> Option<NamesBody> {
    Some(both).filter(|both| !both.is_empty()).map(NamesBody::from)
}

impl From<&Category> for CategoryBody {
    fn from(category: &Category) -> Self {
        Self {
            code: category.code.clone(),
            names: NamesBody::from(&category.names),
            blur_m: category.blur_m,
            description: some(&category.description),
            keywords: some(&category.keywords),
            questions: category.questions.iter().map(QuestionBody::from).collect(),
        }
    }
}

impl From<&Question> for QuestionBody {
    fn from(question: &Question) -> Self {
        let choice = |it: &Choice| ChoiceBody { key: it.key.clone(), name: (&it.name).into() };
        Self {
            code: question.code.clone(),
            datatype: question.datatype.code().to_owned(),
            required: question.required,
            public: question.public,
            words: NamesBody::from(&question.words),
            hint: some(&question.hint),
            choices: question.choices.iter().map(choice).collect(),
        }
    }
}

/// The city's categories of reports, components and events, with the questions of its services: what
/// `set_categories` takes.
#[utoipa::path(
    get, path = "/api/v1/categories", operation_id = "list_categories", tag = "reports",
    params(("city" = Option<String>, Query, description = "The city, where there are several")),
    responses(
        (status = 200, description = "The categories", body = CategoriesBody),
        (status = 304, description = "What the caller has"),
        (status = 404, description = "No such city", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn list_categories(desk: Desk, headers: HeaderMap) -> Result<Response, Problem> {
    let atlas = desk.open(Operation::ListCategories)?;
    desk.params.finish()?;
    Ok(etag::tagged(&headers, &etag::of(&atlas), JSON, || {
        let categories = atlas.city().catalogue.categories().iter().map(CategoryBody::from);
        let body = CategoriesBody { categories: categories.collect() };
        serde_json::to_vec(&body).unwrap_or_default()
    }))
}

/// Sets the city's categories with the questions of its services, all or none; what the body does not hold goes.
///
/// Reports under a code that is gone stay: they are named by the nearest branch, their places are told as
/// blurred as any, and answers to questions that are gone are told to nobody in public.
#[utoipa::path(
    put, path = "/api/v1/categories", operation_id = "set_categories", tag = "reports",
    params(
        ("dry_run" = Option<bool>, Query, description = "Only look"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the categories that were looked at; others set meanwhile are then not overwritten"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    request_body(content = CategoriesBody, description = "All categories, in any order"),
    responses(
        (status = 200, description = "What it did, or would do", body = CategoriesChangeBody),
        (status = 400, description = "The body breaks off", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The city is another than that looked at", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "No JSON", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn set_categories(
    State(web): State<Web>,
    mut desk: Desk,
    request: Request,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::SetCategories)?;
    let dry_run = desk.params.flag("dry_run").unwrap_or_default();
    let Desk { seat, caller, params } = desk;
    params.finish()?;
    body::media_type(request.headers(), &["application/json"])?;
    let seen = seen(request.headers(), &*seat.atlas()?)?;
    let bytes = body::whole(request.into_body(), CATALOGUE_BYTES_MAX).await?;
    let ask = CategoriesImport { bytes: Arc::from(&bytes[..]), dry_run, seen };
    let place = Arc::clone(&web.heavy).acquire_owned().await;
    let outcome = import(&web.app, &caller, Some(seat.city.as_str()), ask).await;
    drop(place);
    let outcome = outcome?;
    if outcome.refused() {
        return Err(faults(&outcome).into());
    }
    let tally = outcome.tally;
    let body = CategoriesChangeBody {
        atlas_version: outcome.committed,
        added: tally.added,
        changed: tally.changed,
        removed: tally.removed,
        same: tally.same,
    };
    Ok(private(Json(body).into_response()))
}
