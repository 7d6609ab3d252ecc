//! Plan, zones, units, facilities, categories, and the page.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::Value;

use crate::client::request;
use crate::world::World;

fn ids(collection: &Value) -> Vec<String> {
    let features = collection["features"].as_array().unwrap();
    features.iter().map(|feature| feature["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_list_has_the_atlas_s_tag_and_is_not_sent_twice() {
    let world = World::new().await;
    for path in [
        "/api/v1/plan",
        "/api/v1/zones",
        "/api/v1/units",
        "/api/v1/facilities",
        "/api/v1/categories",
    ] {
        let first = world.client.get(path).await;
        assert_eq!(first.status, StatusCode::OK, "{path}");
        let mut again = request(Method::GET, path, None, Body::empty());
        again.headers_mut().insert(header::IF_NONE_MATCH, first.header("etag").parse().unwrap());
        assert_eq!(world.client.ask(again).await.status, StatusCode::NOT_MODIFIED, "{path}");
    }
}

#[tokio::test]
async fn zones_come_whole_by_box_by_unit_and_without_their_areas() {
    let world = World::new().await;
    let all = world.client.get("/api/v1/zones").await.json();
    assert_eq!(ids(&all).len(), 60);
    assert_eq!(all["features"][0]["geometry"]["type"], "MultiPolygon");
    let bare = world.client.get("/api/v1/zones?geometry=false").await.json();
    assert!(bare["features"][0]["geometry"].is_null());
    let near = world.client.get("/api/v1/zones?bbox=109.483,36.584,109.485,36.586").await.json();
    assert!((1..20).contains(&ids(&near).len()), "{:?}", ids(&near));
    let lead = all["features"][0]["properties"]["lead"]["id"].as_str().unwrap();
    let found = world.client.get(&format!("/api/v1/zones?unit={lead}")).await.json();
    assert!(ids(&found).contains(&ids(&all)[0]));
    let one = world.client.get(&format!("/api/v1/zones/{}", ids(&all)[0])).await.json();
    assert_eq!(one, all["features"][0]);
}

#[tokio::test]
async fn the_plan_counts_the_facilities_of_each_kind() {
    let world = World::new().await;
    let plan = world.client.get("/api/v1/plan").await.json();
    let counts = plan["facilities"].as_object().unwrap();
    assert!(counts.len() > 10 && !counts.contains_key("camera"), "{counts:?}");
    for (kind, count) in counts {
        let path = format!("/api/v1/facilities?kind={kind}&limit=1");
        assert_eq!(world.client.get(&path).await.json()["total"], *count, "{kind}");
    }
    let all = world.client.get("/api/v1/facilities?limit=1").await.json()["total"].as_u64();
    assert_eq!(counts.values().map(|count| count.as_u64().unwrap()).sum::<u64>(), all.unwrap());
}

#[tokio::test]
async fn pages_of_facilities_hold_each_once() {
    let world = World::new().await;
    let whole = world.client.get("/api/v1/facilities?kind=school&limit=10000").await.json();
    let expected = ids(&whole);
    assert_eq!(whole["total"], expected.len());
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/facilities?kind=school&limit=70{after}");
        let page = world.client.get(&path).await.json();
        seen.extend(ids(&page));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, expected);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len());
}

#[tokio::test]
async fn facilities_are_found_near_within_and_in_a_box() {
    let world = World::new().await;
    let distances = |list: &Value| -> Vec<f64> {
        let features = list["features"].as_array().unwrap();
        features.iter().map(|f| f["properties"]["distance_m"].as_f64().unwrap()).collect()
    };
    let near = world.client.get("/api/v1/facilities?lon=109.484&lat=36.585&k=7").await.json();
    let found = distances(&near);
    assert_eq!(found.len(), 7);
    assert!(found.is_sorted());
    let path = "/api/v1/facilities?lon=109.484&lat=36.585&radius=300&limit=10000";
    let within = world.client.get(path).await.json();
    assert!(distances(&within).iter().all(|distance_m| *distance_m <= 300.0));
    let frame = "/api/v1/facilities?bbox=109.48,36.58,109.49,36.59&kind=bus_stop,square";
    let inside = world.client.get(frame).await.json();
    for feature in inside["features"].as_array().unwrap() {
        let kind = feature["properties"]["kind"].as_str().unwrap();
        assert!(["bus_stop", "square"].contains(&kind));
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_of_its_own_type() {
    let world = World::new().await;
    for path in ["/api/v1/zones/none", "/api/v1/units/a%20b", "/api/v1/facilities/x", "/nowhere"] {
        let answer = world.client.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["type"], "urn:zonewarden:problem:not-found");
    }
    let deleted = request(Method::DELETE, "/api/v1/zones", None, Body::empty());
    let refused = world.client.raw(deleted).await;
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(refused.headers().contains_key(header::ALLOW));
}

#[tokio::test]
async fn the_page_and_the_documents_come_from_here_alone() {
    let world = World::new().await;
    let page = world.client.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header("content-security-policy").contains("default-src 'self'"));
    assert!(page.header("content-type").starts_with("text/html"));
    assert_eq!(world.client.get("/page/app.js").await.status, StatusCode::OK);
    assert_eq!(world.client.get("/page/..%2fhttp%2fpage.rs").await.status, StatusCode::NOT_FOUND);
    let docs = world.client.get("/api/v1/docs/").await;
    assert_eq!(docs.status, StatusCode::OK);
    assert!(!docs.text().contains("https://"), "{}", docs.text());
    let document = world.client.get("/api/v1/openapi.json").await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
}

#[tokio::test]
async fn long_answers_are_compressed_for_those_who_ask() {
    let world = World::new().await;
    let mut asked = request(Method::GET, "/api/v1/zones", None, Body::empty());
    asked.headers_mut().insert(header::ACCEPT_ENCODING, "gzip".parse().unwrap());
    let packed = world.client.ask(asked).await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    let plain = world.client.get("/api/v1/zones").await;
    assert!(packed.bytes.len() * 3 < plain.bytes.len() * 2);
}

#[tokio::test]
async fn a_request_id_is_kept_when_it_is_plain_and_made_when_it_is_not() {
    let world = World::new().await;
    let with = |id: &str| {
        let mut asked = request(Method::GET, "/health", None, Body::empty());
        asked.headers_mut().insert("x-request-id", id.parse().unwrap());
        asked
    };
    assert_eq!(world.client.ask(with("abc-1")).await.header("x-request-id"), "abc-1");
    let made = world.client.ask(with("a b\"c")).await;
    assert_eq!(made.header("x-request-id").len(), 28);
    let metrics = world.client.get("/metrics").await;
    assert!(metrics.text().contains(r#"route="/health",status="2xx"} 2"#), "{}", metrics.text());
}
