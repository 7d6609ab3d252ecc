//! What the city holds as geometry: in a box, near a place, within a radius, by kind.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use geo::CoordsIter;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::locate::{Place, enter};
use crate::app::refusal::Refusal;
use crate::domain::accounts::Operation;
use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::{FacilityId, UnitId};
use crate::domain::text;
use crate::geom::coord::{GridBox, GridPoint};
use crate::http::api::atlas::attributes;
use crate::http::api::named::{self, NamesBody};
use crate::http::desk::Desk;
use crate::http::etag;
use crate::http::json::{GEOJSON, Json};
use crate::http::params::{self, Params};
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// Facilities on a page when nothing is said.
const PAGE_DEFAULT: u32 = 1_000;
/// Most facilities on a page.
pub const PAGE_MAX: u32 = 10_000;
/// Most vertices of the facilities on a page; one that has more stands alone on its page.
pub const PAGE_VERTICES_MAX: usize = 200_000;
/// Most facilities that are looked through on the workers that answer; among more it is done elsewhere.
const AT_ONCE_MAX: usize = 5_000;
/// Most that "nearest" gives.
pub const NEAREST_MAX: u32 = 1_000;
/// Farthest that "nearest" and "within" look, in metres.
pub const RADIUS_M_MAX: f64 = 100_000.0;

/// A GeoJSON feature collection of facilities (RFC 7946).
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = FacilityCollection)]
pub struct FacilitiesBody {
    /// `FeatureCollection`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The atlas in force.
    pub atlas_version: i64,
    /// How many there are on all pages.
    pub total: usize,
    /// What to send as `after` for the next page; null on the last.
    #[schema(required = true)]
    pub next: Option<String>,
    /// The facilities: by code, or nearest first.
    pub features: Vec<FacilityFeature>,
}

/// A facility as a GeoJSON feature.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct FacilityFeature {
    /// `Feature`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its code.
    pub id: String,
    /// Where it is, WGS84.
    #[schema(value_type = Object)]
    pub geometry: serde_json::Value,
    /// What is known of it.
    pub properties: FacilityProperties,
}

/// What is known of a facility.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct FacilityProperties {
    /// What it is, such as `school`.
    pub kind: String,
    /// Its name.
    pub names: NamesBody,
    /// Who owns or answers for it.
    #[schema(required = true)]
    pub unit: Option<String>,
    /// How far it is from the place asked for, in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<f64>,
    /// Further facts.
    pub attributes: serde_json::Map<String, serde_json::Value>,
}

/// Where facilities are looked for.
enum Search {
    Everywhere,
    Frame(GridBox),
    Nearest { from: GridPoint, count: usize, max_m: f64 },
    Within { from: GridPoint, radius_m: f64 },
}

/// Facilities as GeoJSON: all, those that touch a box, the nearest, or those within a radius.
///
/// With `lon` and `lat`: the `k` nearest (10 when absent), or with `radius` all within it, nearest
/// first. Else by code, in pages.
#[utoipa::path(
    get, path = "/api/v1/facilities", operation_id = "list_facilities", tag = "atlas",
    params(
        ("kind" = Option<String>, Query, description = "Kinds, separated by commas, such as school,bus_stop"),
        ("bbox" = Option<String>, Query, description = "west,south,east,north: only what touches it"),
        ("lon" = Option<f64>, Query, description = "Longitude of the place to look from"),
        ("lat" = Option<f64>, Query, description = "Latitude of the place to look from"),
        ("crs" = Option<String>, Query, description = "System of the two: wgs84 (default), cgcs2000, gcj02, bd09"),
        ("k" = Option<u32>, Query, description = "How many of the nearest (1 to 1000)"),
        ("radius" = Option<f64>, Query, description = "Metres to look around the place"),
        ("limit" = Option<u32>, Query, description = "Most on a page (1 to 10000; 1000 when absent); fewer where their shapes have very many vertices"),
        ("after" = Option<String>, Query, description = "`next` of the page before"),
        ("datetime" = Option<String>, Query, description = "As it was then: RFC 3339, or a date in the city's time zone (its beginning)"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The facilities", body = FacilitiesBody, content_type = "application/geo+json"),
        (status = 304, description = "What the caller has"),
        (status = 404, description = "No such city", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn list_facilities(
    State(web): State<Web>,
    mut desk: Desk,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let atlas = desk.view(&web, Operation::ListFacilities).await?.atlas;
    let kinds = desk.params.read("kind", kinds).unwrap_or_default();
    let search = search(&mut desk.params, &atlas);
    let limit = desk.params.whole("limit", 1, PAGE_MAX).unwrap_or(PAGE_DEFAULT) as usize;
    let after = desk.params.read("after", FacilityId::new);
    desk.params.finish()?;
    let tag = etag::of(&atlas);
    let among = among(&atlas, &kinds, &search);
    let made = move || page(&atlas, &find(&atlas, &kinds, &search), limit, after.as_ref());
    let body = if etag::holds(&headers, &tag) {
        Vec::new()
    } else if among <= AT_ONCE_MAX {
        made()
    } else {
        let place = Arc::clone(&web.heavy).acquire_owned().await;
        // The place is kept until the work is done, also when the caller is gone.
        let work = tokio::task::spawn_blocking(move || {
            let body = made();
            drop(place);
            body
        });
        work.await.map_err(|fault| Refusal::Inner(format!("the list was not made: {fault}")))?
    };
    Ok(etag::tagged(&headers, &tag, GEOJSON, || body))
}

/// How many facilities are looked through, at most: the nearest are few.
fn among(atlas: &Atlas, kinds: &[FacilityKind], search: &Search) -> usize {
    if matches!(search, Search::Nearest { .. }) {
        return 0;
    }
    let wanted = |kind: &FacilityKind| kinds.is_empty() || kinds.contains(kind);
    atlas.places().counts().filter(|(kind, _)| wanted(kind)).map(|(_, count)| count).sum()
}

fn kinds(text: &str) -> Result<Vec<FacilityKind>, String> {
    let kind = |code: &str| {
        FacilityKind::from_code(code.trim()).ok_or_else(|| {
            let codes = FacilityKind::ALL.iter().map(|kind| kind.code());
            let near = text::nearest(code, codes.clone());
            let hint = near.map_or_else(
                || format!("these are: {}", codes.collect::<Vec<_>>().join(", ")),
                |near| format!("`{near}` is"),
            );
            format!("`{}` is no kind; {hint}", params::shown(code))
        })
    };
    text.split(',').map(kind).collect()
}

fn search(params: &mut Params, atlas: &Atlas) -> Search {
    let frame = params.frame("bbox");
    let (lon, lat) = (params.number("lon"), params.number("lat"));
    let crs = params.crs("crs");
    let count = params.whole("k", 1, NEAREST_MAX);
    let radius_m = params.read("radius", |text| match params::number(text)? {
        radius_m if (0.0..=RADIUS_M_MAX).contains(&radius_m) => Ok(radius_m),
        _ => Err(format!("`{}` is no radius from 0 to {RADIUS_M_MAX} m", params::shown(text))),
    });
    let from = match (lon, lat) {
        (Some(lon), Some(lat)) => match enter(atlas, &Place { lon, lat, crs, accuracy_m: None }) {
            Ok(from) => Some(from),
            Err(faults) => {
                params.faults(faults);
                None
            }
        },
        (None, None) => {
            if count.is_some() || radius_m.is_some() {
                params.fault("lon,lat", "is missing: `k` and `radius` look around a place");
            }
            None
        }
        _ => {
            params.fault("lon,lat", "needs both longitude and latitude");
            None
        }
    };
    if frame.is_some() && lon.or(lat).is_some() {
        params.fault("bbox", "cannot be asked together with a place");
    }
    match (frame, from) {
        (Some(frame), _) => Search::Frame(frame),
        (None, None) => Search::Everywhere,
        (None, Some(from)) => match (radius_m, count) {
            (Some(radius_m), None) => Search::Within { from, radius_m },
            (radius_m, count) => Search::Nearest {
                from,
                count: count.unwrap_or(10) as usize,
                max_m: radius_m.unwrap_or(RADIUS_M_MAX),
            },
        },
    }
}

/// Facilities with their distances, in the order of the answer.
fn find<'a>(
    atlas: &'a Atlas,
    kinds: &[FacilityKind],
    search: &Search,
) -> Vec<(&'a Facility, Option<f64>)> {
    let facilities = atlas.facilities();
    let at = |number: u32| facilities.get(number as usize);
    let hits = match search {
        Search::Everywhere => {
            let wanted = |f: &&Facility| kinds.is_empty() || kinds.contains(&f.kind);
            return facilities.iter().filter(wanted).map(|f| (f, None)).collect();
        }
        Search::Frame(frame) => {
            let found = atlas.in_box(kinds, *frame);
            return found.into_iter().filter_map(at).map(|f| (f, None)).collect();
        }
        Search::Nearest { from, count, max_m } => atlas.nearest(*from, kinds, *count, *max_m),
        Search::Within { from, radius_m } => atlas.within(*from, kinds, *radius_m),
    };
    hits.into_iter().filter_map(|hit| Some((at(hit.item)?, Some(hit.distance_m)))).collect()
}

fn page(
    atlas: &Atlas,
    found: &[(&Facility, Option<f64>)],
    limit: usize,
    after: Option<&FacilityId>,
) -> Vec<u8> {
    // In lists by code the cursor's facility may be gone since: go on behind where it stood. In
    // lists by distance it is found by name, and a page behind what is gone is the last.
    let by_distance = found.first().is_some_and(|(_, distance)| distance.is_some());
    let from = match after {
        None => 0,
        Some(after) if by_distance => {
            found.iter().position(|(f, _)| f.id == *after).map_or(found.len(), |at| at + 1)
        }
        Some(after) => found.partition_point(|(f, _)| f.id <= *after),
    };
    let shown = first(&found[from..], limit);
    let more = from + shown.len() < found.len();
    let mut json = Json::with_capacity(shown.len() * 256 + 128);
    json.raw("{\"type\":\"FeatureCollection\",\"atlas_version\":").whole(atlas.version());
    json.raw(",\"total\":").whole(i64::try_from(found.len()).unwrap_or(i64::MAX));
    let next = shown.last().filter(|_| more).map(|(facility, _)| facility.id.as_str());
    json.raw(",\"next\":").text_or_null(next).raw(",\"features\":");
    json.list(shown, |json, (facility, distance)| write(json, facility, *distance));
    json.raw("}");
    json.into_bytes()
}

/// The first that fit on a page.
fn first<'f, 'a>(
    found: &'f [(&'a Facility, Option<f64>)],
    limit: usize,
) -> &'f [(&'a Facility, Option<f64>)] {
    let mut vertices = 0;
    let fits = |(facility, _): &&(&Facility, Option<f64>)| {
        let alone = vertices == 0;
        vertices += facility.geometry.coords_count();
        alone || vertices <= PAGE_VERTICES_MAX
    };
    &found[..found.iter().take(limit).take_while(fits).count()]
}

/// One facility as a GeoJSON feature.
#[utoipa::path(
    get, path = "/api/v1/facilities/{id}", operation_id = "get_facility", tag = "atlas",
    params(
        ("id" = String, Path, description = "The facility's code"),
        ("datetime" = Option<String>, Query, description = "As it was then: RFC 3339, or a date in the city's time zone (its beginning)"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "The facility", body = FacilityFeature, content_type = "application/geo+json"),
        (status = 304, description = "What the caller has"),
        (status = 404, description = "No such facility", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    )
)]
pub(crate) async fn get_facility(
    State(web): State<Web>,
    mut desk: Desk,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let atlas = desk.view(&web, Operation::GetFacility).await?.atlas;
    desk.params.finish()?;
    let id = FacilityId::new(&id).map_err(|_| Refusal::NotFound)?;
    let facility = atlas.facility(&id).ok_or(Refusal::NotFound)?;
    Ok(etag::tagged(&headers, &etag::of(&atlas), GEOJSON, || {
        let mut json = Json::with_capacity(1_024);
        write(&mut json, facility, None);
        json.into_bytes()
    }))
}

fn write(json: &mut Json, facility: &Facility, distance_m: Option<f64>) {
    json.raw("{\"type\":\"Feature\",\"id\":").text(facility.id.as_str());
    json.raw(",\"geometry\":").geometry(&facility.geometry);
    json.raw(",\"properties\":{\"kind\":\"").raw(facility.kind.code()).raw("\",\"names\":");
    named::names(json, &facility.names);
    json.raw(",\"unit\":").text_or_null(facility.unit.as_ref().map(UnitId::as_str));
    if let Some(distance_m) = distance_m {
        json.raw(",\"distance_m\":").fixed(distance_m, 2);
    }
    json.raw(",\"attributes\":");
    attributes(json, &facility.attributes);
    json.raw("}}");
}
