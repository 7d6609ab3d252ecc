//! One tile.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::app::keyring::hex;
use crate::app::refusal::Refusal;
use crate::app::tiles::collection::Collection;
use crate::app::tiles::scoped;
use crate::domain::accounts::Operation;
use crate::domain::atlas::in_force::Atlas;
use crate::formats::gzip::{self, Effort};
use crate::geom::tile::grid::Tile;
use crate::http::desk::Desk;
use crate::http::etag;
use crate::http::params::shown;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::tiles::answer::{collection, malformed, open_to_all, tag, takes_gzip};
use crate::http::tiles::cache::{Key, Packed};
use crate::http::web::Web;

/// The type of tiles.
pub const MVT: &str = "application/vnd.mapbox-vector-tile";
/// What the name of a tile ends in.
const ENDING: &str = ".mvt";

/// A tile of the city as a Mapbox Vector Tile, in the square of web maps (`WebMercatorQuad`).
///
/// `zones` has the zones and a place for each one's name, `facilities` and `streets` what the city holds as geometry,
/// `city` all of these. Neighbouring zones share their borders vertex by vertex at every zoom. `incidents` has the open
/// incidents of the caller's scope, `heat` the reports of the last 30 days by squares: for who sees no reports only
/// public ones, and of a square only three and more. Deeper zooms are drawn by enlarging the deepest.
#[utoipa::path(
    get, path = "/tiles/{collection}/{z}/{x}/{y}.mvt", operation_id = "get_tile", tag = "maps",
    params(
        ("collection" = String, Path, description = "zones, facilities, streets, city, incidents or heat"),
        ("z" = u32, Path, description = "The zoom (0 to 16; of heat to 14)"),
        ("x" = u32, Path, description = "The column, from the west"),
        ("y" = u32, Path, description = "The row, from the north"),
        ("datetime" = Option<String>, Query, description = "As it was then (not of incidents and heat): RFC 3339, or a date in the city's time zone (its beginning)"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The tile", body = Vec<u8>, content_type = "application/vnd.mapbox-vector-tile"),
        (status = 204, description = "Nothing lies in the tile"),
        (status = 304, description = "What the caller has"),
        (status = 400, description = "The numbers name no tile", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such city or collection, or none that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn get_tile(
    State(web): State<Web>,
    desk: Desk,
    Path((collection, z, x, file)): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let y = file.strip_suffix(ENDING).ok_or(Refusal::NotFound)?;
    answer(
        &web,
        desk,
        &headers,
        (collection.as_str(), [("z", z.as_str()), ("x", x.as_str()), ("y", y)]),
    )
    .await
}

/// A tile that is named by its zoom, its column and its row, whatever the address calls them.
pub(super) async fn answer(
    web: &Web,
    mut desk: Desk,
    headers: &HeaderMap,
    (code, numbers): (&str, [(&str, &str); 3]),
) -> Result<Response, Problem> {
    let collection = collection(code, &desk.caller)?;
    if !collection.is_of_atlas() {
        desk.open(Operation::GetTile)?;
        let tile = named(collection, numbers)?;
        desk.params.finish()?;
        let (app, seat, caller) = (&web.app, &desk.seat, &desk.caller);
        let bytes = if collection == Collection::Heat {
            scoped::heat(app, seat, caller, tile).await?
        } else {
            scoped::incidents(app, seat, caller, tile).await?
        };
        return Ok(own(headers, &bytes));
    }
    let atlas = desk.view(web, Operation::GetTile).await?.atlas;
    let tile = named(collection, numbers)?;
    desk.params.finish()?;
    let tag = tag(&atlas, collection.code());
    let mut response = if etag::holds(headers, &tag) {
        etag::tagged(headers, &tag, MVT, Bytes::new)
    } else {
        sent(headers, &tag, &held(web, &atlas, collection, tile).await?)
    };
    open_to_all(&mut response);
    Ok(response)
}

/// The tile that the numbers name.
fn named(collection: Collection, numbers: [(&str, &str); 3]) -> Result<Tile, Problem> {
    let mut read = [0; 3];
    for (number, (name, text)) in read.iter_mut().zip(numbers) {
        *number = text.parse::<u32>().map_err(|_| {
            malformed(format!("{name}: `{}` is no whole number from 0 on", shown(text)))
        })?;
    }
    let [zoom, x, y] = read;
    collection.tile(zoom, x, y).map_err(|fault| malformed(fault.to_string()))
}

/// The tile from the cache, or drawn now.
async fn held(
    web: &Web,
    atlas: &Arc<Atlas>,
    collection: Collection,
    tile: Tile,
) -> Result<Packed, Problem> {
    let key = Key { city: atlas.city().id.clone(), version: atlas.version(), collection, tile };
    if let Some(found) = web.tiles.get(&key) {
        if found.is_hasty {
            improve(web, key, found.tile.clone());
        }
        return Ok(found.tile);
    }
    let drawn = web.app.drawings().tile(atlas, (collection, tile), |bytes| pack(&bytes));
    let packed = drawn.await?;
    web.tiles.put(key, packed.clone(), !packed.gzip.is_empty());
    Ok(packed)
}

/// A tile that is asked for again is packed better, off the workers that answer, when there is a place.
fn improve(web: &Web, key: Key, hasty: Packed) {
    let Ok(place) = Arc::clone(&web.heavy).try_acquire_owned() else { return };
    if !web.tiles.take_up(&key) {
        return;
    }
    let web = web.clone();
    // Nobody waits for it.
    drop(tokio::task::spawn_blocking(move || {
        let plain = gzip::unpacked(&hasty.gzip, hasty.plain);
        let better = gzip::packed(&plain, Effort::Thorough);
        web.tiles.put(key, Packed { gzip: better.into(), plain: hasty.plain }, false);
        drop(place);
    }));
}

fn pack(bytes: &[u8]) -> Packed {
    let gzip = if bytes.is_empty() {
        Bytes::new()
    } else {
        Bytes::from(gzip::packed(bytes, Effort::Quick))
    };
    Packed { gzip, plain: u64::try_from(bytes.len()).unwrap_or(u64::MAX) }
}

/// A tile that hangs on who asks and when: its bytes are its tag, and caches between keep none.
fn own(headers: &HeaderMap, bytes: &[u8]) -> Response {
    let tag = format!("W/\"{}\"", hex(&Sha256::digest(bytes)[..16]));
    let mut response = if etag::holds(headers, &tag) {
        etag::tagged(headers, &tag, MVT, Bytes::new)
    } else {
        sent(headers, &tag, &pack(bytes))
    };
    let private = HeaderValue::from_static("private, no-cache");
    response.headers_mut().insert(header::CACHE_CONTROL, private);
    open_to_all(&mut response);
    response
}

fn sent(headers: &HeaderMap, tag: &str, packed: &Packed) -> Response {
    let is_packed = takes_gzip(headers);
    let body = || {
        if is_packed {
            Body::from(packed.gzip.clone())
        } else {
            Body::from(gzip::unpacked(&packed.gzip, packed.plain))
        }
    };
    let mut response = etag::tagged(headers, tag, MVT, body);
    if packed.gzip.is_empty() {
        let mut empty = StatusCode::NO_CONTENT.into_response();
        response.headers_mut().remove(header::CONTENT_TYPE);
        *empty.headers_mut() = std::mem::take(response.headers_mut());
        response = empty;
    } else if is_packed {
        let gzip = HeaderValue::from_static("gzip");
        response.headers_mut().insert(header::CONTENT_ENCODING, gzip);
    }
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}
