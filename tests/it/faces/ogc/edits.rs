//! Part 4: facilities from a map.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::atlas::rule::Reach;
use zonewarden::domain::change::Change;
use zonewarden::domain::id::UnitId;
use zonewarden::store::Basis;

use super::EPSG;
use crate::client::{Answer, request};
use crate::world::{CENTRE, World};

const MARKETS: &str = "/ogc/collections/markets/items";
const FEATURE: (&str, &str) = ("content-type", "application/geo+json");
const PATCH: (&str, &str) = ("content-type", "application/merge-patch+json");

async fn planner(world: &World) -> String {
    world.key(Role::Planner, &UnitId::new("x").unwrap()).await
}

/// Asks with a body.
async fn send(
    world: &World,
    (key, method, path): (&str, Method, &str),
    headers: &[(&'static str, &str)],
    body: &Value,
) -> Answer {
    let mut request = request(method, path, Some(key), Body::from(body.to_string()));
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    world.client.ask(request).await
}

fn market(properties: &Value) -> Value {
    let at = json!({ "type": "Point", "coordinates": [CENTRE.0, CENTRE.1] });
    json!({ "type": "Feature", "geometry": at, "properties": properties })
}

#[tokio::test]
async fn a_facility_is_made_replaced_changed_and_removed() {
    let world = World::new().await;
    let key = planner(&world).await;
    let unit = world.app.atlas(&world.city).unwrap().units()[0].id.to_string();
    let new = market(&json!({ "name_zh": "新集市", "unit": unit, "stalls": 30, "open": true }));
    let made = send(&world, (&key, Method::POST, MARKETS), &[FEATURE], &new).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let place = made.header("location").to_owned();
    assert!(place.starts_with(MARKETS), "{place}");
    let shown = world.client.get(&place).await.json();
    assert_eq!(shown["geometry"], new["geometry"]);
    let told = &shown["properties"];
    assert_eq!((&told["name_zh"], &told["unit"]), (&json!("新集市"), &json!(unit)));
    assert_eq!(
        (&told["stalls"], &told["open"], &told["kind"]),
        (&json!(30), &json!(true), &json!("market"))
    );
    let renamed = json!({ "properties": { "name_en": "New market", "open": null } });
    let patched = send(&world, (&key, Method::PATCH, &place), &[PATCH], &renamed).await;
    assert_eq!(patched.status, StatusCode::NO_CONTENT, "{}", patched.text());
    let moved = json!({ "geometry": { "type": "Point", "coordinates": [36.59, 109.49] } });
    let gps = format!("<{EPSG}4326>");
    let headers = [PATCH, ("content-crs", gps.as_str())];
    let patched = send(&world, (&key, Method::PATCH, &place), &headers, &moved).await;
    assert_eq!(patched.status, StatusCode::NO_CONTENT, "{}", patched.text());
    let shown = world.client.get(&place).await.json();
    assert_eq!(shown["geometry"]["coordinates"], json!([109.49, 36.59]));
    let told = &shown["properties"];
    assert_eq!((&told["name_zh"], &told["name_en"]), (&json!("新集市"), &json!("New market")));
    assert_eq!((&told["stalls"], &told["open"]), (&json!(30), &Value::Null));
    let whole = market(&json!({ "name_zh": "集市" }));
    let replaced = send(&world, (&key, Method::PUT, &place), &[FEATURE], &whole).await;
    assert_eq!(replaced.status, StatusCode::NO_CONTENT, "{}", replaced.text());
    let shown = world.client.get(&place).await.json();
    assert_eq!(
        (&shown["properties"]["name_zh"], &shown["properties"]["unit"]),
        (&json!("集市"), &Value::Null)
    );
    let gone = send(&world, (&key, Method::DELETE, &place), &[], &Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text());
    assert_eq!(world.client.get(&place).await.status, StatusCode::NOT_FOUND);
    let again = send(&world, (&key, Method::DELETE, &place), &[], &Value::Null).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn options_name_what_the_caller_may_do_and_others_find_nothing_to_edit() {
    let world = World::new().await;
    let key = planner(&world).await;
    let one = super::ids(&world, &format!("{MARKETS}?limit=1")).await.remove(0);
    let one = format!("{MARKETS}/{one}");
    let reading = "GET, HEAD, OPTIONS";
    for (role, items, item) in [
        (Role::Planner, "GET, HEAD, OPTIONS, POST", "GET, HEAD, OPTIONS, PUT, PATCH, DELETE"),
        (Role::Dispatcher, reading, reading),
    ] {
        let key = world.key(role, &UnitId::new("x").unwrap()).await;
        for (path, allow) in [(MARKETS, items), (one.as_str(), item)] {
            let told = send(&world, (&key, Method::OPTIONS, path), &[], &Value::Null).await;
            assert_eq!(
                (told.status, told.header("allow")),
                (StatusCode::OK, allow),
                "{role:?} {path}"
            );
        }
    }
    let other = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    for (method, path) in [
        (Method::POST, MARKETS),
        (Method::PUT, one.as_str()),
        (Method::PATCH, one.as_str()),
        (Method::DELETE, one.as_str()),
    ] {
        let body = market(&json!({}));
        let answer = send(&world, (&other, method.clone(), path), &[FEATURE], &body).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method}");
    }
    let zones = "/ogc/collections/zones/items";
    let answer = send(&world, (&key, Method::POST, zones), &[FEATURE], &market(&json!({}))).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    let api = world.client.get_as(&key, "/ogc/api").await.json();
    assert!(api["paths"]["/collections/markets/items"]["post"].is_object());
    assert!(api["paths"]["/collections/zones/items"]["post"].is_null());
}

#[tokio::test]
async fn what_cannot_be_kept_is_told_and_nothing_is_written() {
    let world = World::new().await;
    let key = planner(&world).await;
    let before = world.app.atlas(&world.city).unwrap().version();
    let one = super::ids(&world, &format!("{MARKETS}?limit=1")).await.remove(0);
    let shape =
        |geometry: Value| json!({ "type": "Feature", "geometry": geometry, "properties": {} });
    let bowtie =
        json!([[[109.4, 36.5], [109.5, 36.6], [109.5, 36.5], [109.4, 36.6], [109.4, 36.5]]]);
    for (body, status, place) in [
        (json!({}), StatusCode::BAD_REQUEST, ""),
        (shape(Value::Null), StatusCode::BAD_REQUEST, "geometry"),
        (
            shape(json!({ "type": "Point", "coordinates": [CENTRE.1, CENTRE.0] })),
            StatusCode::BAD_REQUEST,
            "",
        ),
        (shape(json!({ "type": "Polygon", "coordinates": bowtie })), StatusCode::BAD_REQUEST, ""),
        (market(&json!({ "unit": "no-such" })), StatusCode::BAD_REQUEST, ""),
        (market(&json!({ "kind": "school" })), StatusCode::BAD_REQUEST, "kind"),
        (market(&json!({ "code": "a b" })), StatusCode::BAD_REQUEST, "code"),
        (market(&json!({ "name_zh": 3 })), StatusCode::BAD_REQUEST, "name_zh"),
        (market(&json!({ "code": one })), StatusCode::CONFLICT, ""),
    ] {
        let answer = send(&world, (&key, Method::POST, MARKETS), &[FEATURE], &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        let places = answer.places();
        assert!(place.is_empty() || places.iter().any(|one| one == place), "{body}: {places:?}");
    }
    let right = market(&json!({}));
    let wrong_crs = [FEATURE, ("content-crs", "EPSG:2232")];
    let answer = send(&world, (&key, Method::POST, MARKETS), &wrong_crs, &right).await;
    assert_eq!(
        (answer.status, answer.places()),
        (StatusCode::BAD_REQUEST, vec!["Content-Crs".to_owned()])
    );
    let media = [("content-type", "text/plain")];
    let answer = send(&world, (&key, Method::POST, MARKETS), &media, &right).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(world.app.atlas(&world.city).unwrap().version(), before);
}

#[tokio::test]
async fn what_changed_meanwhile_and_what_a_rule_names_is_not_overwritten() {
    let world = World::new().await;
    let key = planner(&world).await;
    let atlas = world.app.atlas(&world.city).unwrap();
    let school = super::ids(&world, "/ogc/collections/schools/items?limit=1").await.remove(0);
    let place = format!("/ogc/collections/schools/items/{school}");
    let tag = world.client.get(&place).await.header("etag").to_owned();
    let rename = json!({ "properties": { "name_en": "Renamed" } });
    let seen = [PATCH, ("if-match", tag.as_str())];
    let first = send(&world, (&key, Method::PATCH, &place), &seen, &rename).await;
    assert_eq!(first.status, StatusCode::NO_CONTENT, "{}", first.text());
    let second = send(&world, (&key, Method::PATCH, &place), &seen, &rename).await;
    assert_eq!(second.status, StatusCode::PRECONDITION_FAILED, "{}", second.text());
    assert_eq!(second.json()["status"], 412);
    // A rule speaks of this very school.
    let mut rule = atlas
        .rules()
        .iter()
        .find(|rule| matches!(&rule.reach, Reach::Ring { kind, .. } if kind.code() == "school"))
        .unwrap()
        .clone();
    if let Reach::Ring { facility, .. } = &mut rule.reach {
        *facility = zonewarden::domain::id::FacilityId::new(&school).ok();
    }
    let changes = vec![Change::RulesSet(vec![rule])];
    world.app.commit(&world.city, &Caller::cli(), Basis::default(), changes).await.unwrap();
    let kept = send(&world, (&key, Method::DELETE, &place), &[], &Value::Null).await;
    assert_eq!(kept.status, StatusCode::CONFLICT, "{}", kept.text());
    assert_eq!(world.client.get(&place).await.status, StatusCode::OK);
}
