//! Who is responsible at a place?

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::Value;
use zonewarden::app::locate::{Located, Place, locate};
use zonewarden::domain::accounts::Caller;
use zonewarden::domain::atlas::in_force::Atlas;
use zonewarden::domain::atlas::zone::Zone;
use zonewarden::domain::change::Change;
use zonewarden::domain::id::{CategoryCode, UnitId};
use zonewarden::domain::reports::routing::{Fired, LostWhy};
use zonewarden::domain::text::Names;
use zonewarden::geom::crs::Crs;
use zonewarden::http::api::answer::AnswerBody;
use zonewarden::http::api::named::{NamesBody, UnitRef, ZoneRef};
use zonewarden::store::Basis;

use crate::client::request;
use crate::world::World;

/// With every number as a double: `1` and `1.0` are one number in JSON.
fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().into(),
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(fields) => fields.into_iter().map(|(k, v)| (k, plain(v))).collect(),
        other => other,
    }
}

const PLACE: &str = "/api/v1/locate?lon=109.484&lat=36.585";

#[tokio::test]
async fn the_answer_written_by_hand_is_the_documented_one() {
    let world = World::new().await;
    let atlas = world.app.atlas(&world.city).unwrap();
    let extent = atlas.areas().extent().unwrap();
    let (west, south) = (extent.min.degrees().lon(), extent.min.degrees().lat());
    let (east, north) = (extent.max.degrees().lon(), extent.max.degrees().lat());
    let mut rules = std::collections::BTreeSet::new();
    for n in 0..400_usize {
        let step = |n: usize| f64::from(u32::try_from(n).unwrap()) / 19.0;
        let (across, along) = (step(n % 20), step(n / 20));
        let (lon, lat) = (west + (east - west) * across, south + (north - south) * along);
        let category = ["event.05.parking", "event.01", "component.01"][n % 3];
        let path =
            format!("/api/v1/locate?lon={lon:.7}&lat={lat:.7}&category={category}&accuracy=30");
        let answer = world.client.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let read: AnswerBody = serde_json::from_slice(&answer.bytes).unwrap();
        assert_eq!(plain(serde_json::to_value(&read).unwrap()), plain(answer.json()), "{path}");
        let place = Place { lon, lat, crs: Crs::Wgs84, accuracy_m: Some(30.0) };
        let code = CategoryCode::new(category).unwrap();
        same(&read, &atlas, &locate(&atlas, &place, Some(&code), world.app.now()).unwrap());
        rules.insert(read.rule);
    }
    assert!(rules.len() > 2 && rules.contains("zone"), "{rules:?}");
}

/// What was sent is what the router said, and everything bears the name that the atlas has for it.
fn same(read: &AnswerBody, atlas: &Atlas, located: &Located<'_>) {
    let answer = &located.answer;
    let unit = |read: &UnitRef, id: &UnitId| {
        assert_eq!(read.id, id.as_str());
        assert_eq!(read.names, NamesBody::from(&atlas.unit(id).unwrap().names));
    };
    let zone = |read: &ZoneRef, zone: &Zone| {
        assert_eq!((read.id.as_str(), read.number), (zone.id.as_str(), zone.number));
        assert_eq!(read.names, NamesBody::from(&zone.names));
    };
    assert_eq!(read.zone.is_some(), answer.zone.is_some());
    read.zone.iter().zip(answer.zone).for_each(|(read, it)| zone(read, it));
    unit(&read.unit, answer.unit);
    assert_eq!(read.co.len(), answer.co.len());
    read.co.iter().zip(&answer.co).for_each(|(read, id)| unit(read, id));
    let names = |fired: Fired<'_>| match fired {
        Fired::Rule(rule) => Some(NamesBody::from(&rule.names)),
        Fired::Zone | Fired::Fallback => None,
    };
    assert_eq!((read.rule.as_str(), &read.rule_names), (answer.fired.code(), &names(answer.fired)));
    assert_eq!(read.lost.len(), answer.lost.len());
    for (read, lost) in read.lost.iter().zip(&answer.lost) {
        assert_eq!((read.rule.as_str(), &read.rule_names), (lost.rule.code(), &names(lost.rule)));
        assert_eq!(read.unit.as_deref(), lost.unit.map(UnitId::as_str));
        let why = match lost.why {
            LostWhy::Outranked => "outranked",
            LostWhy::Category => "category",
            LostWhy::Window => "window",
            LostWhy::NoUnit => "no_unit",
        };
        assert_eq!(read.why, why);
    }
    assert_eq!(read.runner_up.is_some(), answer.runner_up.is_some());
    for (read, next) in read.runner_up.iter().zip(answer.runner_up) {
        zone(&read.zone, next.zone);
        unit(&read.unit, &next.zone.lead);
    }
}

#[tokio::test]
async fn a_unit_that_is_renamed_bears_its_new_name_in_the_next_answer() {
    let world = World::new().await;
    let id = world.client.get(PLACE).await.json()["unit"]["id"].clone();
    let atlas = world.app.atlas(&world.city).unwrap();
    let mut unit = atlas.unit(&UnitId::new(id.as_str().unwrap()).unwrap()).unwrap().clone();
    unit.names = Names::new("新名", "A \"new\" name").unwrap();
    let changes = vec![Change::UnitsSet(vec![unit])];
    world.app.commit(&world.city, &Caller::cli(), Basis::default(), changes).await.unwrap();
    let answer = world.client.get(PLACE).await.json();
    assert_eq!(answer["unit"]["names"]["en"], "A \"new\" name");
    assert_eq!(answer["unit"]["names"]["zh"], "新名");
}

#[tokio::test]
async fn an_answer_for_a_named_time_has_a_tag_and_one_for_now_is_not_kept() {
    let world = World::new().await;
    let now = world.client.get(PLACE).await;
    assert_eq!((now.header("etag"), now.header("cache-control")), ("", "no-store"));
    let path = format!("{PLACE}&at=2026-05-06T02:00:00Z");
    let then = world.client.get(&path).await;
    let tag = then.header("etag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    let mut again = request(Method::GET, &path, None, Body::empty());
    again.headers_mut().insert(header::IF_NONE_MATCH, tag.parse().unwrap());
    assert_eq!(world.client.ask(again).await.status, StatusCode::NOT_MODIFIED);
    let mut other = request(Method::GET, &path, None, Body::empty());
    other.headers_mut().insert(header::IF_NONE_MATCH, "\"yanhe.0\"".parse().unwrap());
    assert_eq!(world.client.ask(other).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_place_in_another_system_is_the_same_place() {
    let world = World::new().await;
    let there = world.client.get(PLACE).await.json();
    let same = world.client.get(&format!("{PLACE}&crs=cgcs2000")).await.json();
    assert_eq!(there["position"], same["position"]);
    let shifted = world.client.get(&format!("{PLACE}&crs=gcj02")).await.json();
    assert_ne!(there["position"], shifted["position"]);
    assert_eq!(shifted["given_crs"], "gcj02");
}

#[tokio::test]
async fn every_fault_of_a_question_is_told_at_once() {
    let world = World::new().await;
    let places = async |query: &str| {
        let answer = world.client.get(&format!("/api/v1/locate?{query}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        let faults = answer.json()["faults"].as_array().unwrap().clone();
        faults.iter().map(|f| f["place"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = places("lon=36.585&lat=109.484&crs=utm&accuracy=-1&at=x&zoom=3").await;
    assert_eq!(all, ["crs", "at", "zoom", "accuracy", "lon,lat"]);
    assert_eq!(places("lon=36.585&lat=109.484&accuracy=-1").await, ["accuracy", "lon,lat"]);
    // Longitude and latitude look swapped only beside the city's zones.
    assert_eq!(places("lon=36.585&lat=89.484&crs=utm").await, ["crs"]);
    assert_eq!(places("lon=x&lat=2&accuracy=-1").await, ["lon", "accuracy"]);
}

#[tokio::test]
async fn before_the_first_atlas_the_service_says_that_it_is_not_ready() {
    let world = World::empty(zonewarden::http::limits::Limits::default()).await;
    for path in [PLACE, "/api/v1/plan", "/ready", "/api/v1/zones"] {
        let answer = world.client.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(!answer.header("retry-after").is_empty());
    }
    assert_eq!(world.client.get("/health").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_store_without_a_city_says_so_and_how_to_import_one() {
    let world = World::empty(zonewarden::http::limits::Limits::default()).await;
    world.app.refresh().await.unwrap();
    for path in [PLACE, "/api/v1/plan", "/ready", "/api/v1/zones"] {
        let answer = world.client.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        let problem = answer.json();
        assert!(problem["type"].as_str().unwrap().ends_with("no-city-yet"), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("zonewarden import"), "{problem}");
        assert!(!answer.header("retry-after").is_empty());
    }
    zonewarden::app::seed::found(&world.app, crate::world::demonstration()).await.unwrap();
    assert_eq!(world.client.get("/ready").await.status, StatusCode::OK);
    assert_eq!(world.client.get(PLACE).await.status, StatusCode::OK);
}
