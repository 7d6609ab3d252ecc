//! OGC API – Tiles (20-057): the same tiles, under the addresses of that standard. The landing page of `/ogc`
//! links to [`COLLECTIONS`] and [`MATRIX_SETS`].

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use crate::app::refusal::Refusal;
use crate::app::tiles::collection::Collection;
use crate::domain::accounts::Operation;
use crate::domain::atlas::in_force::Atlas;
use crate::geom::coord::{GridBox, GridPoint, step};
use crate::geom::tile::grid::{Tile, World};
use crate::http::desk::Desk;
use crate::http::origin::base;
use crate::http::problem::Problem;
use crate::http::tiles::answer::{JSON, bounds, collection, document, query, tag};
use crate::http::tiles::tile::{self, MVT};
use crate::http::web::Web;

/// Where collections lie; the tile sets of one behind its name, under `tiles`.
pub const COLLECTIONS: &str = "/ogc/collections";
/// Where the squares lie in which tiles are counted.
pub const MATRIX_SETS: &str = "/ogc/tileMatrixSets";
/// The one in which ours are.
const MATRIX_SET: &str = "WebMercatorQuad";
const MATRIX_SET_URI: &str = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad";
const CRS: &str = "http://www.opengis.net/def/crs/EPSG/0/3857";
const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
const SCHEME: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";
/// Half the side of the square, in metres.
const EDGE_M: f64 = 20_037_508.342_789_2;
/// Metres in a pixel, and the scale, of the zoom 0 (17-083r4, annex D.1).
const CELL_M: f64 = 156_543.033_928_041;
const SCALE: f64 = 559_082_264.028_717;
/// Zooms of the standard's definition.
const MATRICES: u32 = 25;

/// What is known of a request about tile sets.
struct Asked {
    atlas: std::sync::Arc<Atlas>,
    base: String,
    query: String,
}

fn asked(web: &Web, desk: Desk, headers: &HeaderMap) -> Result<Asked, Problem> {
    let atlas = desk.open(Operation::GetTileset)?;
    desk.params.finish()?;
    let several = web.app.cities().len() > 1;
    let query = query(several.then(|| desk.seat.city.as_str()), None);
    Ok(Asked { atlas, base: base(headers), query })
}

/// The tile sets of a collection.
pub(crate) async fn list_tilesets(
    State(web): State<Web>,
    desk: Desk,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let collection = collection(&code, &desk.caller)?;
    let asked = asked(&web, desk, &headers)?;
    let own = asked.address(&format!("{COLLECTIONS}/{code}/tiles"));
    let json = json!({
        "links": [link("self", &own, JSON)],
        "tilesets": [asked.tileset(collection)],
    });
    let tag = tag(&asked.atlas, &format!("{code}-tilesets"));
    Ok(document(&headers, &tag, &json))
}

/// The one tile set of a collection, with its bounds.
pub(crate) async fn get_tileset(
    State(web): State<Web>,
    desk: Desk,
    Path((code, matrix_set)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let collection = collection(&code, &desk.caller)?;
    known(&matrix_set)?;
    let asked = asked(&web, desk, &headers)?;
    let mut json = asked.tileset(collection);
    let [west, south, east, north] = bounds(&asked.atlas);
    json["boundingBox"] =
        json!({ "lowerLeft": [west, south], "upperRight": [east, north], "crs": CRS84 });
    json["tileMatrixSetLimits"] = limits(&asked.atlas, collection);
    json["layers"] = collection
        .layers()
        .iter()
        .map(|layer| {
            let mut told =
                json!({ "id": layer.id, "description": layer.says, "dataType": "vector" });
            if let Some(dimension) = layer.dimension {
                told["geometryDimension"] = json!(dimension);
            }
            told
        })
        .collect();
    let tag = tag(&asked.atlas, &format!("{code}-tileset"));
    Ok(document(&headers, &tag, &json))
}

/// One tile.
pub(crate) async fn get_tile(
    State(web): State<Web>,
    desk: Desk,
    Path((code, matrix_set, zoom, row, column)): Path<(String, String, String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    known(&matrix_set)?;
    let numbers =
        [("tileMatrix", zoom.as_str()), ("tileCol", column.as_str()), ("tileRow", row.as_str())];
    tile::answer(&web, desk, &headers, (code.as_str(), numbers)).await
}

/// The squares in which tiles are counted.
pub(crate) async fn list_matrix_sets(
    State(web): State<Web>,
    desk: Desk,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = asked(&web, desk, &headers)?;
    let own = asked.address(&format!("{MATRIX_SETS}/{MATRIX_SET}"));
    let json = json!({
        "tileMatrixSets": [{
            "id": MATRIX_SET,
            "title": "Google Maps Compatible for the World",
            "uri": MATRIX_SET_URI,
            "crs": CRS,
            "links": [link("self", &own, JSON)],
        }],
    });
    Ok(document(&headers, &tag(&asked.atlas, "matrix-sets"), &json))
}

/// The square of web maps, as the standard defines it.
pub(crate) async fn get_matrix_set(
    State(web): State<Web>,
    desk: Desk,
    Path(matrix_set): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    known(&matrix_set)?;
    let asked = asked(&web, desk, &headers)?;
    let matrix = |zoom: u32| {
        let side = f64::from(1_u32 << zoom);
        json!({
            "id": zoom.to_string(),
            "scaleDenominator": SCALE / side,
            "cellSize": CELL_M / side,
            "pointOfOrigin": [-EDGE_M, EDGE_M],
            "tileWidth": 256,
            "tileHeight": 256,
            "matrixWidth": 1_u32 << zoom,
            "matrixHeight": 1_u32 << zoom,
        })
    };
    let json = json!({
        "id": MATRIX_SET,
        "title": "Google Maps Compatible for the World",
        "uri": MATRIX_SET_URI,
        "crs": CRS,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": (0..MATRICES).map(matrix).collect::<Vec<_>>(),
    });
    Ok(document(&headers, &tag(&asked.atlas, "matrix-set"), &json))
}

fn known(matrix_set: &str) -> Result<(), Refusal> {
    if matrix_set == MATRIX_SET { Ok(()) } else { Err(Refusal::NotFound) }
}

fn link(rel: &str, href: &str, media: &str) -> Value {
    json!({ "rel": rel, "type": media, "href": href })
}

impl Asked {
    fn address(&self, path: &str) -> String {
        format!("{}{path}{}", self.base, self.query)
    }

    fn tileset(&self, collection: Collection) -> Value {
        let of = format!("{COLLECTIONS}/{}/tiles/{MATRIX_SET}", collection.code());
        let (zh, en) = collection.label();
        let mut tiles = link(
            "item",
            &self.address(&format!("{of}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}")),
            MVT,
        );
        tiles["templated"] = json!(true);
        json!({
            "title": format!("{zh} {en}"),
            "dataType": "vector",
            "crs": CRS,
            "tileMatrixSetURI": MATRIX_SET_URI,
            "links": [
                link("self", &self.address(&of), JSON),
                link(SCHEME, &self.address(&format!("{MATRIX_SETS}/{MATRIX_SET}")), JSON),
                tiles,
            ],
        })
    }
}

/// Rows and columns of the tiles in which the zones lie, zoom by zoom.
fn limits(atlas: &Atlas, collection: Collection) -> Value {
    let GridBox { min, max } = atlas.areas().extent().unwrap_or(GridBox {
        min: GridPoint { x: step(-180.0), y: step(-90.0) },
        max: GridPoint { x: step(180.0), y: step(90.0) },
    });
    let limit = |zoom: u32| {
        let (low, high) =
            (Tile::holding(World::of(min), zoom), Tile::holding(World::of(max), zoom));
        json!({
            "tileMatrix": zoom.to_string(),
            "minTileRow": high.y(),
            "maxTileRow": low.y(),
            "minTileCol": low.x(),
            "maxTileCol": high.x(),
        })
    };
    (0..=collection.zoom_max()).map(limit).collect()
}
