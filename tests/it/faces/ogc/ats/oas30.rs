//! OGC API – Features, part 1 (17-069): the definition of the API.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;

use super::super::{ask, get, ids, link};
use crate::client::Answer;
use crate::world::World;

/// A path of the document with something that is there in the place of each name; under `/ogc`.
async fn concrete(world: &World, template: &str) -> String {
    let mut path = format!("/ogc{template}")
        .replace("{tileMatrixSetId}", "WebMercatorQuad")
        .replace("{tileMatrix}", "14")
        .replace("{tileRow}", "6400")
        .replace("{tileCol}", "13174");
    if path.contains("{featureId}") {
        let items = path.replace("/{featureId}", "?limit=1");
        let id = ids(world, &items).await.remove(0);
        path = path.replace("{featureId}", &id);
    }
    assert!(!path.contains('{'), "{path}");
    path
}

/// Asserts that an operation tells of an answer: its status, and its type.
fn described(operation: &Value, answer: &Answer) {
    let told = &operation["responses"][answer.status.as_str()];
    assert!(told.is_object(), "{}: {}", operation["operationId"], answer.status);
    let media = answer.header("content-type");
    let bare = media.split(';').next().unwrap();
    let known = told["content"][media].is_object() || told["content"][bare].is_object();
    assert!(known, "{}: {media}", operation["operationId"]);
}

/// Every path that can be read, with its operation.
async fn read(world: &World) -> Vec<(String, Value)> {
    let api = get(world, "/ogc/api").await;
    let paths = api["paths"].as_object().unwrap();
    paths.iter().map(|(path, item)| (path.clone(), item["get"].clone())).collect()
}

#[tokio::test]
async fn oas30_oas_definition_1() {
    let world = World::new().await;
    let landing = get(&world, "/ogc").await;
    for (rel, media) in [
        ("service-desc", "application/vnd.oai.openapi+json;version=3.0"),
        ("service-doc", "text/html"),
    ] {
        let answer = world.client.get(&link(&landing, rel).unwrap()).await;
        assert!(answer.header("content-type").starts_with(media), "{rel}");
    }
}

#[tokio::test]
async fn oas30_oas_definition_2() {
    let world = World::new().await;
    let api = get(&world, "/ogc/api").await;
    assert_eq!(api["openapi"], "3.0.3");
    assert!(api["info"]["title"].is_string() && api["info"]["version"].is_string());
    let mut seen = BTreeSet::new();
    for (path, operation) in read(&world).await {
        let id = operation["operationId"].as_str().unwrap().to_owned();
        assert!(seen.insert(id), "{path}: {operation}");
        assert!(operation["responses"]["200"]["description"].is_string(), "{path}");
        let mut named: BTreeSet<String> = BTreeSet::new();
        for given in operation["parameters"].as_array().unwrap() {
            let place = given["$ref"].as_str().map(|place| place.trim_start_matches('#'));
            let told = place.map_or(given, |place| api.pointer(place).unwrap());
            if told["in"] == "path" {
                assert_eq!(told["required"], true, "{told}");
                named.insert(told["name"].as_str().unwrap().to_owned());
            }
        }
        let wanted: BTreeSet<String> =
            path.split(['{', '}']).skip(1).step_by(2).map(str::to_owned).collect();
        assert_eq!(named, wanted, "{path}");
    }
}

#[tokio::test]
async fn oas30_oas_impl() {
    let world = World::new().await;
    for (path, _) in read(&world).await {
        let path = concrete(&world, &path).await;
        let answer = world.client.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn oas30_completeness() {
    let world = World::new().await;
    for (path, operation) in read(&world).await {
        let path = concrete(&world, &path).await;
        for media in ["application/json", "text/html"] {
            let answer = ask(&world, Method::GET, &path, &[("accept", media)]).await;
            described(&operation, &answer);
        }
    }
}

#[tokio::test]
async fn oas30_exceptions_codes() {
    let world = World::new().await;
    let operations = read(&world).await;
    let of = |path: &str| &operations.iter().find(|(known, _)| known == path).unwrap().1;
    for (path, asked, status) in [
        ("/collections/zones/items", "/collections/zones/items?limit=0", StatusCode::BAD_REQUEST),
        ("/collections/zones/items", "/collections/zones/items?x=1", StatusCode::BAD_REQUEST),
        (
            "/collections/zones/items/{featureId}",
            "/collections/zones/items/no-such",
            StatusCode::NOT_FOUND,
        ),
        ("/collections", "/collections?city=nowhere", StatusCode::NOT_FOUND),
        (
            "/collections/zones/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
            "/collections/zones/tiles/WebMercatorQuad/3/8/0",
            StatusCode::BAD_REQUEST,
        ),
        (
            "/collections/zones/tiles/{tileMatrixSetId}",
            "/collections/zones/tiles/WorldCRS84Quad",
            StatusCode::NOT_FOUND,
        ),
        ("/tileMatrixSets", "/tileMatrixSets?x=1", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let answer = world.client.get(&format!("/ogc{asked}")).await;
        assert_eq!(answer.status, status, "{asked}: {}", answer.text());
        described(of(path), &answer);
    }
    let wrong = world.client.get_as("zw_no_such", "/ogc/collections").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    described(of("/collections"), &wrong);
}

#[tokio::test]
async fn oas30_security() {
    let world = World::new().await;
    let api = get(&world, "/ogc/api").await;
    let schemes = api["components"]["securitySchemes"].as_object().unwrap();
    for needed in api["security"].as_array().unwrap() {
        assert!(needed.as_object().unwrap().keys().all(|name| schemes.contains_key(name)));
    }
    assert_eq!(schemes["bearer"]["scheme"], "bearer");
    assert_eq!(
        (&schemes["header"]["in"], &schemes["header"]["name"]),
        (&json!("header"), &json!("X-API-Key"))
    );
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    let path = "/ogc/collections/incidents";
    let bearer = format!("Bearer {key}");
    for header in [("authorization", bearer.as_str()), ("x-api-key", key.as_str())] {
        let answer = ask(&world, Method::GET, path, &[header]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", header.0);
    }
    assert_eq!(world.client.get(path).await.status, StatusCode::NOT_FOUND);
}
