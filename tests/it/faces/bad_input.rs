//! Bad input of every endpoint: a clear problem with every fault, and never a panic.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use zonewarden::http::limits::Limits;

use crate::client::request;
use crate::world::World;

/// Path and query; the places of the faults expected.
const QUERIES: &[(&str, &[&str])] = &[
    ("/api/v1/locate", &["lon", "lat"]),
    ("/api/v1/locate?lon=&lat=", &["lon", "lat"]),
    ("/api/v1/locate?lon=NaN&lat=inf", &["lon", "lat"]),
    ("/api/v1/locate?lon=36.585&lat=109.484", &["lon,lat"]),
    ("/api/v1/locate?lon=0&lat=0", &["lon,lat"]),
    ("/api/v1/locate?lon=-1&lat=-1", &["lon,lat"]),
    ("/api/v1/locate?lon=1e308&lat=36", &["lon,lat"]),
    ("/api/v1/locate?lon=109.484&lat=36.585&accuracy=-3", &["accuracy"]),
    ("/api/v1/locate?lon=109.484&lat=36.585&accuracy=1e300", &["accuracy"]),
    (
        "/api/v1/locate?lon=x&lat=y&crs=utm&category=a%20b&at=noon&zz=1",
        &["lon", "lat", "crs", "category", "at", "zz"],
    ),
    ("/api/v1/locate?lon=109.484&lon=109.484&lat=36.585", &["lon"]),
    ("/api/v1/locate?lon=109.484&lat=36.585&at=2026-05-06", &["at"]),
    ("/api/v1/locate?lon=%ff&lat=36.585", &["lon", "lon"]),
    ("/api/v1/plan?x=1", &["x"]),
    ("/api/v1/zones?bbox=1,2,3", &["bbox"]),
    ("/api/v1/zones?bbox=3,2,1,4&geometry=maybe", &["bbox", "geometry"]),
    ("/api/v1/zones?bbox=nan,1,2,3&unit=%20", &["bbox", "unit"]),
    ("/api/v1/zones/zone-01?geometry=true", &["geometry"]),
    ("/api/v1/units?limit=3", &["limit"]),
    ("/api/v1/units/ecology?a", &["a"]),
    ("/api/v1/facilities?kind=scool&limit=0&k=5", &["kind", "lon,lat", "limit"]),
    ("/api/v1/facilities?lon=109.4&limit=99999999999999999999", &["lon,lat", "limit"]),
    ("/api/v1/facilities?lon=109.48&lat=36.58&k=0&radius=-1", &["k", "radius"]),
    ("/api/v1/facilities?lon=109.48&lat=36.58&bbox=1,2,3,4", &["bbox"]),
    ("/api/v1/facilities?after=%00", &["after"]),
    ("/api/v1/categories?x", &["x"]),
];

#[tokio::test]
async fn every_fault_of_every_query_is_told_with_its_place() {
    let world = World::new().await;
    for (path, places) in QUERIES {
        let answer = world.client.get(path).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {}", answer.text());
        assert_eq!(answer.places(), *places, "{path}: {}", answer.text());
    }
    let long = format!("/api/v1/plan?{}", "x".repeat(9_000));
    assert_eq!(world.client.get(&long).await.places(), ["query"]);
    let stranger = world.client.get("/api/v1/plan?city=elsewhere").await;
    assert_eq!(stranger.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_swapped_place_is_told_how_it_would_be_right() {
    let world = World::new().await;
    let answer = world.client.get("/api/v1/locate?lon=36.585&lat=109.484").await;
    assert!(answer.json()["detail"].as_str().unwrap().contains("(109.484, 36.585)"));
}

#[tokio::test]
async fn a_bad_report_is_refused_whole() {
    let world = World::new().await;
    let nested = format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000));
    let long = format!(r#"{{"lon":109.484,"lat":36.585,"words":"{}"}}"#, "长".repeat(4_001));
    let huge = format!(r#"{{"lon":109.484,"lat":36.585,"words":"{}"}}"#, "x".repeat(70_000));
    for (body, status, places) in [
        ("", StatusCode::BAD_REQUEST, &[][..]),
        ("[]", StatusCode::BAD_REQUEST, &[]),
        ("{\"lon\":", StatusCode::BAD_REQUEST, &[]),
        (nested.as_str(), StatusCode::PAYLOAD_TOO_LARGE, &[]),
        (&nested[..60_000], StatusCode::BAD_REQUEST, &[]),
        (huge.as_str(), StatusCode::PAYLOAD_TOO_LARGE, &[]),
        ("{}", StatusCode::UNPROCESSABLE_ENTITY, &["lon", "lat"]),
        (
            r#"{"lon":"109","lat":true,"words":3,"crs":"x"}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
            &["lon", "lat", "crs", "words"],
        ),
        (r#"{"lon":36.585,"lat":109.484}"#, StatusCode::UNPROCESSABLE_ENTITY, &["lon,lat"]),
        (
            r#"{"lon":109.484,"lat":36.585,"unit":"u","zone":"z"}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
            &["unit", "zone"],
        ),
        (
            r#"{"lon":109.484,"lat":36.585,"words":"a\u0000b","source":"\u202e","contact":"\u200b"}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
            &["source", "words", "contact"],
        ),
        (long.as_str(), StatusCode::UNPROCESSABLE_ENTITY, &["words"]),
        (
            r#"{"lon":109.484,"lat":36.585,"happened_at":"2030-01-01T00:00:00Z"}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
            &["happened_at"],
        ),
        (
            r#"{"lon":109.484,"lat":36.585,"accuracy_m":-0.5}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
            &["accuracy"],
        ),
    ] {
        let shown: String = body.chars().take(60).collect();
        let answer =
            world.client.post("/api/v1/reports", "application/json", body.to_owned()).await;
        assert_eq!(answer.status, status, "{shown}: {}", answer.text());
        assert_eq!(answer.places(), places, "{shown}");
    }
    let ahead = r#"{"lon":109.484,"lat":36.585,"happened_at":"2026-05-07T02:00:01Z"}"#;
    let ahead = world.client.post("/api/v1/reports", "application/json", ahead).await;
    assert_eq!(ahead.places(), ["happened_at"]);
    assert!(ahead.text().contains("after now, 2026-05-06T02:00:00Z; say when"), "{}", ahead.text());
    let utf8 = b"{\"lon\":109.484,\"lat\":36.585,\"words\":\"\xff\"}".to_vec();
    let answer = world.client.post("/api/v1/reports", "application/json", utf8).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let answer = world.client.post("/api/v1/reports", "text/plain", "{}").await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(world.app.store().head(&world.city).await.unwrap().unwrap().atlas_version, 1);
}

#[tokio::test]
async fn xml_is_taken_nowhere_be_it_a_bomb_or_not() {
    let world = World::new().await;
    let nobody = zonewarden::domain::id::UnitId::new("x").unwrap();
    let key = world.key(zonewarden::domain::accounts::Role::Admin, &nobody).await;
    let filed =
        world.client.post("/api/v1/reports", "application/json", r#"{"lon":109.484,"lat":36.585}"#);
    let id = filed.await.json()["id"].as_str().unwrap().to_owned();
    world.take_up().await;
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">\
                <!ENTITY f SYSTEM \"file:///etc/passwd\">]><x>&b;&f;</x>";
    let deep = "<x>".repeat(100_000);
    let mut taken = 0;
    // Every operation of the document that has a body, but those of Open311, which answer 400.
    for (path, item) in world.client.document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if path.starts_with("/open311") || operation["requestBody"].is_null() {
                continue;
            }
            taken += 1;
            let path = path.replace("{id}", &id);
            for (media, body) in [("text/xml", bomb), ("application/xml", deep.as_str())] {
                let method: Method = method.to_uppercase().parse().unwrap();
                let mut asked = request(method, &path, Some(&key), Body::from(body.to_owned()));
                asked.headers_mut().insert(header::CONTENT_TYPE, media.parse().unwrap());
                let answer = world.client.ask(asked).await;
                assert_eq!(
                    answer.status,
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "{path}: {}",
                    answer.text()
                );
            }
        }
    }
    assert!(taken >= 7, "{taken} operations take a body");
}

#[tokio::test]
async fn a_bad_idempotency_key_is_refused() {
    let world = World::new().await;
    for bad in ["", " ", &"k".repeat(129)] {
        let body = Body::from(r#"{"lon":109.484,"lat":36.585}"#);
        let mut asked = request(Method::POST, "/api/v1/reports", None, body);
        asked.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        asked.headers_mut().insert("idempotency-key", bad.parse().unwrap());
        let answer = world.client.ask(asked).await;
        assert_eq!(answer.places(), ["Idempotency-Key"], "`{bad}`");
    }
}

#[tokio::test]
async fn a_bad_page_of_reports_is_refused() {
    let world = World::new().await;
    let nobody = zonewarden::domain::id::UnitId::new("x").unwrap();
    let key = world.key(zonewarden::domain::accounts::Role::Admin, &nobody).await;
    let path = "/api/v1/reports?zone=%20&unit=a/b&category=!&from=x&to=9999999&for_dispatcher=2\
                &limit=1001&after=00";
    let answer = world.client.get_as(&key, path).await;
    let places = ["limit", "zone", "unit", "category", "from", "to", "for_dispatcher", "after"];
    assert_eq!(answer.places(), places, "{}", answer.text());
    for id in ["x", "..%2f..", "00000000-0000-0000-0000-00000000000g", "%00"] {
        let answer = world.client.get_as(&key, &format!("/api/v1/reports/{id}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{id}");
    }
}

#[tokio::test]
async fn more_requests_than_the_limit_are_turned_away_with_a_time_to_come_back() {
    let world = World::with(Limits { requests_max: 0, ..Limits::default() }).await;
    let answer = world.client.get("/api/v1/plan").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(answer.json()["type"], "urn:zonewarden:problem:busy");
}
