//! The catalogue of a city: told, set as a whole or not at all, and noticed everywhere.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};
use zonewarden::app::transfer::archive::{self, ArchiveImport};
use zonewarden::app::transfer::categories::export;
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::id::UnitId;
use zonewarden::http::limits::Limits;

use super::open311::{PARKING, filed};
use crate::client::{Answer, request};
use crate::store::places::durable;
use crate::world::{World, demonstration};

const PATH: &str = "/api/v1/categories";

async fn put(world: &World, key: &str, query: &str, seen: Option<&str>, body: &Value) -> Answer {
    let body = Body::from(body.to_string());
    let mut request = request(Method::PUT, &format!("{PATH}{query}"), Some(key), body);
    request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
    if let Some(seen) = seen {
        request.headers_mut().insert(header::IF_MATCH, seen.parse().unwrap());
    }
    world.client.ask(request).await
}

async fn admin(world: &World) -> String {
    world.key(Role::Admin, &UnitId::new("x").unwrap()).await
}

/// A catalogue without one of its categories.
fn without(catalogue: &Value, code: &str) -> Value {
    let mut left = catalogue.clone();
    left["categories"].as_array_mut().unwrap().retain(|it| it["code"] != code);
    left
}

fn counts(answer: &Answer) -> [u64; 4] {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let told = answer.json();
    ["added", "changed", "removed", "same"].map(|name| told[name].as_u64().unwrap())
}

#[tokio::test]
async fn what_is_told_can_be_set_and_of_two_who_set_it_at_once_the_second_is_told() {
    let world = World::new().await;
    let key = admin(&world).await;
    let first = world.client.get(PATH).await;
    let (tag, whole) = (first.header("etag").to_owned(), first.json());
    assert_eq!(whole["categories"].as_array().unwrap().len(), 23);
    let taxi = whole["categories"].as_array().unwrap().iter();
    let taxi = taxi.clone().find(|it| it["code"] == "event.05.taxi_refusal").unwrap();
    assert_eq!(taxi["questions"][2]["choices"][0]["key"], "refused");
    let same = put(&world, &key, "", Some(&tag), &whole).await;
    assert_eq!(counts(&same), [0, 0, 0, 23]);
    assert!(same.json()["atlas_version"].is_null());
    let mut next = without(&whole, "event.05.parking");
    next["categories"][0]["names"]["en"] = json!("Thing");
    let looked = put(&world, &key, "?dry_run=true", Some(&tag), &next).await;
    assert_eq!(counts(&looked), [0, 1, 1, 21]);
    assert_eq!(world.client.get(PATH).await.header("etag"), tag);
    let set = put(&world, &key, "", Some(&tag), &next).await;
    assert_eq!(counts(&set), [0, 1, 1, 21]);
    let told = world.client.get(PATH).await;
    assert_eq!(told.json(), next);
    assert!(told.header("etag") != tag && set.json()["atlas_version"].is_i64());
    // Who had looked before.
    let late = put(&world, &key, "", Some(&tag), &whole).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text());
    assert!(late.text().contains("changed since you looked"), "{}", late.text());
    assert_eq!(world.client.get(PATH).await.json(), next);
    let planner = world.key(Role::Planner, &UnitId::new("x").unwrap()).await;
    let refused = put(&world, &planner, "", None, &whole).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_fault_of_a_catalogue_is_told_and_nothing_is_written() {
    let world = World::new().await;
    let key = admin(&world).await;
    let before = world.client.get(PATH).await;
    let names = json!({ "zh": "一", "en": "a" });
    let question = json!({ "code": "q", "datatype": "multivaluelist", "words": names });
    let bad = json!({ "categories": [
        { "code": "event", "names": { "zh": "事件" }, "questions": [question] },
        { "code": "event", "names": names },
        { "code": "event.x.y", "names": names, "blur_m": 501, "questions": [question] },
        { "code": "event.z", "names": names, "blur_m": "wide" },
    ], "more": 1 });
    let refused = put(&world, &key, "", None, &bad).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    assert_eq!(
        refused.places(),
        [
            "more",
            "categories[3]",
            "categories[0].names.en",
            "categories[0].questions",
            "categories[1].code",
            "categories[2].code",
            "categories[2].blur_m",
            "categories[2].questions[0].choices",
        ]
    );
    let none = put(&world, &key, "", None, &json!({ "categories": [] })).await;
    assert_eq!(none.places(), ["categories"], "{}", none.text());
    let after = world.client.get(PATH).await;
    assert_eq!((after.json(), after.header("etag")), (before.json(), before.header("etag")));
}

#[tokio::test]
async fn what_stands_under_a_code_that_is_gone_stays_and_tells_no_more_than_before() {
    let world = World::new().await;
    let key = admin(&world).await;
    let form = format!("{PARKING}&accuracy=5&attribute[blocks]=pavement");
    let id = filed(&world, &form).await;
    let path = format!("/open311/v2/requests/{id}.json?extensions=true");
    let before = world.client.get(&path).await;
    assert!(before.text().contains("人行道"), "{}", before.text());
    assert_eq!(
        (before.json()[0]["lat"].as_f64(), before.json()[0]["long"].as_f64()),
        (Some(36.585), Some(109.484))
    );
    let whole = world.client.get(PATH).await.json();
    let left = without(&whole, "event.05.parking");
    assert_eq!(counts(&put(&world, &key, "", None, &left).await), [0, 0, 1, 22]);
    let after = world.client.get(&path).await;
    let request = &after.json()[0];
    assert_eq!(request["service_code"], "event.05.parking");
    assert_eq!(request["service_name"], "街面秩序", "that of the nearest branch");
    assert!(!after.text().contains("blocks") && !after.text().contains("pavement"));
    assert!(request["lat"] != 36.585 || request["long"] != 109.484, "{request}");
    let feed = world.client.get("/api/v1/feed.geojson").await.json();
    assert_eq!(feed["features"][0]["properties"]["blur_m"], 500);
    // It is searched as before, and nothing new is taken in.
    for query in ["service_code=event.05.parking", "service_code=event.05", ""] {
        let found = world.client.get(&format!("/open311/v2/requests.json?{query}")).await;
        assert_eq!(found.json()[0]["service_request_id"], id.as_str(), "{query}");
    }
    let refused = super::open311::post(&world, PARKING).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND, "{}", refused.text());
    // Nothing was ever told of this one.
    let path = "/open311/v2/requests.json?service_code=event.05.carts";
    assert_eq!(world.client.get(path).await.status, StatusCode::NOT_FOUND);
    // What was there is there again.
    assert_eq!(counts(&put(&world, &key, "", None, &whole).await), [1, 0, 0, 22]);
    let again = world.client.get(&format!("/open311/v2/requests/{id}.json?extensions=true")).await;
    assert_eq!(again.json(), before.json());
}

#[tokio::test]
async fn another_process_notices_and_a_city_takes_its_catalogue_along() {
    for place in durable().await {
        let name = place.name();
        let world = World::over(place.open().await, Limits::default());
        zonewarden::app::seed::found(&world.app, demonstration()).await.unwrap();
        let other = World::over(place.open().await, Limits::default());
        other.app.refresh().await.unwrap();
        let key = admin(&world).await;
        let first = other.client.get(PATH).await;
        let next = without(&first.json(), "event.05.parking");
        assert_eq!(counts(&put(&world, &key, "", None, &next).await), [0, 0, 1, 22], "{name}");
        other.app.refresh().await.unwrap();
        let told = other.client.get(PATH).await;
        assert_eq!(told.json(), next, "{name}");
        assert_ne!(told.header("etag"), first.header("etag"), "{name}");
        assert_eq!(told.header("etag"), world.client.get(PATH).await.header("etag"), "{name}");
        let gone = other.client.get("/open311/v2/services/event.05.parking.json").await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND, "{name}");
        // As a file it is what is told.
        let file = export(&other.app, &world.city).await.unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&file).unwrap(), next, "{name}");
        // In the archive of the city, in and out.
        let bytes = archive::export(&world.app, &world.city, None).await.unwrap();
        let empty = World::empty(Limits::default()).await;
        let ask = ArchiveImport { bytes: bytes.clone().into(), ..ArchiveImport::default() };
        let made = archive::import(&empty.app, &Caller::cli(), None, ask).await.unwrap();
        assert_eq!(made.committed, Some(1), "{name}: {:?}", made.findings);
        assert!(archive::export(&empty.app, &world.city, None).await.unwrap() == bytes, "{name}");
        assert_eq!(export(&empty.app, &world.city).await.unwrap(), file, "{name}");
    }
}

#[tokio::test]
async fn an_archive_from_before_leaves_the_catalogue_as_it_is() {
    let world = World::new().await;
    let key = admin(&world).await;
    // As every archive was before cities had their own: it says nothing of categories.
    let bytes = archive::export(&world.app, &world.city, None).await.unwrap();
    let next = without(&world.client.get(PATH).await.json(), "event.05.parking");
    assert_eq!(counts(&put(&world, &key, "", None, &next).await), [0, 0, 1, 22]);
    let ask = ArchiveImport { bytes: bytes.into(), ..ArchiveImport::default() };
    let made = archive::import(&world.app, &Caller::cli(), None, ask).await.unwrap();
    assert!(!made.refused(), "{:?}", made.findings);
    assert_eq!(world.client.get(PATH).await.json(), next);
}
