//! Where maps lie: mounted by hand, because names end in their format.

use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

use crate::http::tiles::{ogc, style, tile, tileset};
use crate::http::web::Web;

const TILE: &str = "/tiles/{collection}/{z}/{x}/{y}";
const TILESET: &str = "/tiles/{collection}";
const STYLE: &str = "/styles/{theme}";
const OGC_TILESETS: &str = "/ogc/collections/{id}/tiles";
const OGC_TILESET: &str = "/ogc/collections/{id}/tiles/{set}";
const OGC_TILE: &str = "/ogc/collections/{id}/tiles/{set}/{zoom}/{row}/{column}";
const OGC_MATRIX_SETS: &str = "/ogc/tileMatrixSets";
const OGC_MATRIX_SET: &str = "/ogc/tileMatrixSets/{set}";

/// Every path that is mounted.
pub const MOUNTED: [&str; 8] =
    [TILE, TILESET, STYLE, OGC_TILESETS, OGC_TILESET, OGC_TILE, OGC_MATRIX_SETS, OGC_MATRIX_SET];

/// Tiles: they come packed.
#[must_use]
pub fn tiles() -> OpenApiRouter<Web> {
    OpenApiRouter::new().route(TILE, get(tile::get_tile)).route(OGC_TILE, get(ogc::get_tile))
}

/// What describes them, worth compressing.
#[must_use]
pub fn documents() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .route(TILESET, get(tileset::get_tileset))
        .route(STYLE, get(style::get_style))
        .route(OGC_TILESETS, get(ogc::list_tilesets))
        .route(OGC_TILESET, get(ogc::get_tileset))
        .route(OGC_MATRIX_SETS, get(ogc::list_matrix_sets))
        .route(OGC_MATRIX_SET, get(ogc::get_matrix_set))
}
