//! OGC API – Features: for QGIS, GDAL and whatever else draws maps.

mod basics;
mod paging;
mod systems;
mod filters;
mod schemas;
mod incidents;
mod edits;
mod drafts;
mod drawn;
mod refused;
mod clients;
mod ats;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::Value;

use crate::client::{Answer, request};
use crate::world::World;

pub(super) const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
pub(super) const EPSG: &str = "http://www.opengis.net/def/crs/EPSG/0/";

/// A document that is there.
pub(super) async fn get(world: &World, path: &str) -> Value {
    let answer = world.client.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.json()
}

/// The features of a page.
pub(super) async fn features(world: &World, path: &str) -> Vec<Value> {
    get(world, path).await["features"].as_array().unwrap().clone()
}

/// The ids of the features of a page.
pub(super) async fn ids(world: &World, path: &str) -> Vec<String> {
    let found = features(world, path).await;
    found.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

/// The address of the first link with a relation.
pub(super) fn link(document: &Value, rel: &str) -> Option<String> {
    let links = document["links"].as_array().unwrap();
    let found = links.iter().find(|link| link["rel"] == rel)?;
    Some(found["href"].as_str().unwrap().to_owned())
}

/// The ids of all collections.
pub(super) async fn collections(world: &World) -> Vec<String> {
    let all = get(world, "/ogc/collections").await;
    let all = all["collections"].as_array().unwrap();
    all.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

/// Asks by another method, or with headers.
pub(super) async fn ask(
    world: &World,
    method: Method,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Answer {
    let mut request = request(method, path, None, Body::empty());
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    world.client.ask(request).await
}

/// A text as it stands in a query.
pub(super) fn encoded(text: &str) -> String {
    zonewarden::formats::urlencoded::encoded(text)
}
