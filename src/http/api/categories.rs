//! The categories of reports.

use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::accounts::Operation;
use crate::domain::reports::categories::SEED;
use crate::http::api::locate::JSON;
use crate::http::api::named::NamesBody;
use crate::http::desk::Desk;
use crate::http::etag;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};

/// The categories of reports.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Categories)]
pub struct CategoriesBody {
    /// A branch before what lies below it.
    pub categories: Vec<CategoryBody>,
}

/// One category.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Category)]
pub struct CategoryBody {
    /// Its code, dotted from major to minor.
    #[schema(example = "event.05.parking")]
    pub code: String,
    /// Its name.
    pub names: NamesBody,
    /// In a square of so many metres the public is told that it was; 0: the place itself.
    pub blur_m: u32,
}

/// The categories of reports, components and events.
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
        let categories = SEED.iter().map(|category| CategoryBody {
            code: category.code.to_owned(),
            names: NamesBody { zh: category.zh.to_owned(), en: category.en.to_owned() },
            blur_m: category.blur_m,
        });
        let body = CategoriesBody { categories: categories.collect() };
        serde_json::to_vec(&body).unwrap_or_default()
    }))
}
