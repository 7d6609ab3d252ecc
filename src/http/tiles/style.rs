//! The city's map as a style of `MapLibre`: all of it from our tiles.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use crate::app::refusal::Refusal;
use crate::domain::accounts::Operation;
use crate::domain::atlas::in_force::Atlas;
use crate::http::desk::Desk;
use crate::http::language::Language;
use crate::http::origin::base;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::tiles::answer::{bounds, document, query, tag};
use crate::http::tiles::layers::{SOURCE, layers};
use crate::http::tiles::palette::Theme;
use crate::http::web::Web;

/// What the name of a style ends in.
const ENDING: &str = ".json";
/// The zoom that a whole city is looked at from.
const OVERVIEW: u32 = 12;

/// The city's map as a `MapLibre` style, light or dark, with names in Chinese or English.
///
/// It has no `glyphs`: maps draw the letters with the fonts of the machine (`MapLibre` from 5.11 on).
#[utoipa::path(
    get, path = "/styles/{theme}.json", operation_id = "get_style", tag = "maps",
    params(
        ("theme" = String, Path, description = "light or dark"),
        ("lang" = Option<String>, Query, description = "zh or en; else as Accept-Language says"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The style", body = serde_json::Value),
        (status = 304, description = "What the caller has"),
        (status = 404, description = "No such city or theme", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn get_style(
    State(web): State<Web>,
    mut desk: Desk,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let theme = file.strip_suffix(ENDING).and_then(Theme::from_code).ok_or(Refusal::NotFound)?;
    let atlas = desk.open(Operation::GetStyle)?;
    let accepted = Language::accepted(&headers);
    let language = desk.params.read("lang", Language::named).unwrap_or(accepted);
    desk.params.finish()?;
    let several = web.app.cities().len() > 1;
    let query = query(several.then(|| desk.seat.city.as_str()), None);
    let url = format!("{}/tiles/{SOURCE}.json{query}", base(&headers));
    let tag = tag(&atlas, &format!("{}-{}", theme.code(), language.code()));
    let mut response = document(&headers, &tag, &style(&atlas, theme, language, &url));
    let vary = axum::http::HeaderValue::from_static("accept-language");
    response.headers_mut().append(axum::http::header::VARY, vary);
    Ok(response)
}

fn style(atlas: &Atlas, theme: Theme, language: Language, url: &str) -> Value {
    let [west, south, east, north] = bounds(atlas);
    json!({
        "version": 8,
        "name": format!("{} · {}", language.name(&atlas.city().names), theme.code()),
        "center": [f64::midpoint(west, east), f64::midpoint(south, north)],
        "zoom": OVERVIEW,
        "sources": { SOURCE: { "type": "vector", "url": url } },
        "layers": layers(&theme.ink(), language),
    })
}
