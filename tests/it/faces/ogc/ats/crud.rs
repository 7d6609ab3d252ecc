//! OGC API – Features, part 4 (20-002): create, replace, update, delete.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;

use super::super::{EPSG, ids};
use super::declares;
use crate::client::{Answer, request};
use crate::world::{CENTRE, World};

const MARKETS: &str = "/ogc/collections/markets/items";
const FEATURE: (&str, &str) = ("content-type", "application/geo+json");

/// A service and the key of somebody who may edit facilities.
struct Editor {
    world: World,
    key: String,
}

impl Editor {
    async fn new() -> Self {
        let world = World::new().await;
        let key = world.key(Role::Planner, &UnitId::new("x").unwrap()).await;
        Self { world, key }
    }

    async fn send(
        &self,
        (method, path): (Method, &str),
        headers: &[(&'static str, &str)],
        body: &Value,
    ) -> Answer {
        let mut request = request(method, path, Some(&self.key), Body::from(body.to_string()));
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        self.world.client.ask(request).await
    }

    /// A market that is made, and where it is then.
    async fn made(&self) -> (Answer, String) {
        let made = self.send((Method::POST, MARKETS), &[FEATURE], &market("新集市")).await;
        let place = made.header("location").to_owned();
        (made, place)
    }
}

fn market(name: &str) -> Value {
    let at = json!({ "type": "Point", "coordinates": [CENTRE.0, CENTRE.1] });
    json!({ "type": "Feature", "geometry": at, "properties": { "name_zh": name } })
}

#[tokio::test]
async fn create_replace_delete_get_conformance() {
    let world = World::new().await;
    for class in ["create-replace-delete", "update", "features"] {
        declares(&world, &format!("ogcapi-features-4/1.0/conf/{class}")).await;
    }
}

#[tokio::test]
async fn create_replace_delete_insert_post_op() {
    let editor = Editor::new().await;
    let (made, _) = editor.made().await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let told = editor.send((Method::OPTIONS, MARKETS), &[], &Value::Null).await;
    assert!(told.header("allow").contains("POST"), "{}", told.header("allow"));
}

#[tokio::test]
async fn create_replace_delete_insert_body() {
    let editor = Editor::new().await;
    let before = ids(&editor.world, &format!("{MARKETS}?limit=10000")).await.len();
    editor.made().await;
    assert_eq!(ids(&editor.world, &format!("{MARKETS}?limit=10000")).await.len(), before + 1);
    let none = editor.send((Method::POST, MARKETS), &[FEATURE], &json!({})).await;
    assert_eq!(none.status, StatusCode::BAD_REQUEST, "{}", none.text());
    assert_eq!(ids(&editor.world, &format!("{MARKETS}?limit=10000")).await.len(), before + 1);
}

#[tokio::test]
async fn create_replace_delete_insert_content_type() {
    let editor = Editor::new().await;
    for (media, status) in [
        ("application/geo+json", StatusCode::CREATED),
        ("application/json", StatusCode::CREATED),
        ("application/gml+xml", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let headers = [("content-type", media)];
        let answer = editor.send((Method::POST, MARKETS), &headers, &market("集市")).await;
        assert_eq!(answer.status, status, "{media}: {}", answer.text());
    }
}

#[tokio::test]
async fn create_replace_delete_insert_response() {
    let editor = Editor::new().await;
    let (made, place) = editor.made().await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    assert!(place.starts_with(&format!("{MARKETS}/")), "{place}");
    assert_eq!(editor.world.client.get(&place).await.status, StatusCode::OK);
}

#[tokio::test]
async fn create_replace_delete_insert_response_rid() {
    let editor = Editor::new().await;
    let (_, place) = editor.made().await;
    let held = editor.world.client.get(&place).await.json();
    assert_eq!(held["geometry"], market("")["geometry"]);
    assert_eq!(held["properties"]["name_zh"], "新集市");
    assert!(place.ends_with(held["id"].as_str().unwrap()), "{place}: {held}");
}

#[tokio::test]
async fn create_replace_delete_update_put_put_op() {
    let editor = Editor::new().await;
    let (_, place) = editor.made().await;
    let put = editor.send((Method::PUT, &place), &[FEATURE], &market("旧集市")).await;
    assert_eq!(put.status, StatusCode::NO_CONTENT, "{}", put.text());
    let held = editor.world.client.get(&place).await.json();
    assert_eq!(held["properties"]["name_zh"], "旧集市");
}

#[tokio::test]
async fn create_replace_delete_update_put_content_type() {
    let editor = Editor::new().await;
    let (_, place) = editor.made().await;
    let wrong = [("content-type", "text/csv")];
    let put = editor.send((Method::PUT, &place), &wrong, &market("旧集市")).await;
    assert_eq!(put.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{}", put.text());
    let held = editor.world.client.get(&place).await.json();
    assert_eq!(held["properties"]["name_zh"], "新集市");
}

#[tokio::test]
async fn create_replace_delete_update_put_rid_exception() {
    let editor = Editor::new().await;
    let nowhere = format!("{MARKETS}/no-such");
    let put = editor.send((Method::PUT, &nowhere), &[FEATURE], &market("集市")).await;
    assert_eq!(put.status, StatusCode::NOT_FOUND, "{}", put.text());
    assert_eq!(editor.world.client.get(&nowhere).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn create_replace_delete_delete_delete_op() {
    let editor = Editor::new().await;
    let (_, place) = editor.made().await;
    let gone = editor.send((Method::DELETE, &place), &[], &Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text());
}

#[tokio::test]
async fn create_replace_delete_delete_response() {
    let editor = Editor::new().await;
    let (_, place) = editor.made().await;
    editor.send((Method::DELETE, &place), &[], &Value::Null).await;
    assert_eq!(editor.world.client.get(&place).await.status, StatusCode::NOT_FOUND);
    let again = editor.send((Method::DELETE, &place), &[], &Value::Null).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND, "{}", again.text());
}

#[tokio::test]
async fn create_replace_delete_crs_geojson() {
    let editor = Editor::new().await;
    let mut turned = market("集市");
    turned["geometry"]["coordinates"] = json!([CENTRE.1, CENTRE.0]);
    let system = format!("<{EPSG}4326>");
    let headers = [FEATURE, ("content-crs", system.as_str())];
    let made = editor.send((Method::POST, MARKETS), &headers, &turned).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let held = editor.world.client.get(made.header("location")).await.json();
    assert_eq!(held["geometry"], market("")["geometry"]);
}
