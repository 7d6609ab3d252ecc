//! What there is as tiles: `TileJSON` 3.0.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::app::refusal::Refusal;
use crate::app::tiles::collection::{Collection, LayerInfo};
use crate::domain::accounts::Operation;
use crate::domain::atlas::in_force::Atlas;
use crate::formats::xml;
use crate::http::desk::Desk;
use crate::http::origin::base;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::tiles::answer::{bounds, collection, document, query, tag};
use crate::http::web::Web;

/// What the name of a document ends in.
const ENDING: &str = ".json";
/// The zoom that a whole city is looked at from.
const OVERVIEW: u32 = 12;

/// A collection as `TileJSON` 3.0: where its tiles are, its layers, its bounds.
#[utoipa::path(
    get, path = "/tiles/{collection}.json", operation_id = "get_tileset", tag = "maps",
    params(
        ("collection" = String, Path, description = "zones, facilities, streets, city, incidents or heat"),
        ("datetime" = Option<String>, Query, description = "As it was then (not of incidents and heat): RFC 3339, or a date in the city's time zone (its beginning)"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The collection", body = serde_json::Value),
        (status = 304, description = "What the caller has"),
        (status = 404, description = "No such city or collection, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn get_tileset(
    State(web): State<Web>,
    mut desk: Desk,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let code = file.strip_suffix(ENDING).ok_or(Refusal::NotFound)?;
    let collection = collection(code, &desk.caller)?;
    let (atlas, at) = if collection.is_of_atlas() {
        let view = desk.view(&web, Operation::GetTileset).await?;
        (view.atlas, view.then.map(|(at, _)| at.rfc3339()))
    } else {
        (desk.open(Operation::GetTileset)?, None)
    };
    desk.params.finish()?;
    let several = web.app.cities().len() > 1;
    let city = several.then(|| desk.seat.city.as_str());
    let query = query(city, at.as_deref());
    let tag = tag(&atlas, &format!("{code}-json"));
    Ok(document(&headers, &tag, &tileset(&atlas, collection, (&base(&headers), &query))))
}

fn tileset(atlas: &Atlas, collection: Collection, (base, query): (&str, &str)) -> Value {
    let (zh, en) = collection.label();
    let zoom_max = collection.zoom_max();
    let bounds = bounds(atlas);
    let middle = |m: usize| f64::midpoint(bounds[m], bounds[m + 2]);
    let mut city = String::new();
    xml::escaped(&mut city, atlas.city().names.any());
    json!({
        "tilejson": "3.0.0",
        "name": format!("{} · {zh} {en}", atlas.city().names.any()),
        // Maps put it into their page as markup.
        "attribution": city,
        "version": format!("{}.0.0", atlas.version()),
        "scheme": "xyz",
        "tiles": [format!("{base}/tiles/{}/{{z}}/{{x}}/{{y}}.mvt{query}", collection.code())],
        "minzoom": 0,
        "maxzoom": zoom_max,
        "bounds": bounds,
        "center": [middle(0), middle(1), OVERVIEW.min(zoom_max)],
        "vector_layers": collection.layers().iter().map(|it| layer(it, zoom_max)).collect::<Vec<_>>(),
    })
}

fn layer(layer: &LayerInfo, zoom_max: u32) -> Value {
    let fields: Map<String, Value> =
        layer.fields.iter().map(|(key, kind)| ((*key).to_owned(), json!(kind))).collect();
    json!({
        "id": layer.id,
        "description": layer.says,
        "minzoom": 0,
        "maxzoom": zoom_max,
        "fields": fields,
    })
}
