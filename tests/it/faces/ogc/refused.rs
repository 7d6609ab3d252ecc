//! What cannot be meant: 400 with the place and what would be right, never 500.

use axum::http::{Method, StatusCode};

use super::{ask, encoded};
use crate::world::World;

#[tokio::test]
async fn query_param_invalid_and_unknown_every_bad_parameter_is_told() {
    let world = World::new().await;
    let nested = encoded(&format!("{}number = 1{}", "(".repeat(3_000), ")".repeat(3_000)));
    let long = encoded(&"a".repeat(30_000));
    let deep = encoded(&format!("{}1{}", "[".repeat(3_000), "]".repeat(3_000)));
    for (query, place) in [
        ("limit=0".to_owned(), "limit"),
        ("limit=-1".to_owned(), "limit"),
        ("limit=ten".to_owned(), "limit"),
        ("bbox=1,2,3".to_owned(), "bbox"),
        ("bbox=1,2,3,4,5".to_owned(), "bbox"),
        ("bbox=a,b,c,d".to_owned(), "bbox"),
        ("bbox=36.5,109.4,36.6,109.5".to_owned(), "bbox"),
        ("bbox=109,37,110,36".to_owned(), "bbox"),
        ("bbox-crs=EPSG:2232&bbox=1,2,3,4".to_owned(), "bbox-crs"),
        ("crs=http://www.opengis.net/def/crs/EPSG/0/99999".to_owned(), "crs"),
        ("filter-crs=x".to_owned(), "filter-crs"),
        ("datetime=soon".to_owned(), "datetime"),
        ("datetime=2026-13-01".to_owned(), "datetime"),
        ("datetime=2026-05-06/2026-05-01".to_owned(), "datetime"),
        ("datetime=1999-01-01".to_owned(), "datetime"),
        ("filter-lang=sql".to_owned(), "filter-lang"),
        ("filter=nmber%20%3D%201".to_owned(), "filter"),
        ("filter=number%20%3D%20%27one%27".to_owned(), "filter"),
        ("filter=number%20%3D".to_owned(), "filter"),
        ("filter=%7B%7D&filter-lang=cql2-json".to_owned(), "filter"),
        (format!("filter={nested}"), "filter"),
        (format!("filter={deep}&filter-lang=cql2-json"), "filter"),
        (format!("filter={long}"), "query"),
        ("number=one".to_owned(), "number"),
        ("effective_from=never".to_owned(), "effective_from"),
        ("f=xml".to_owned(), "f"),
        ("lang=fr".to_owned(), "lang"),
        ("limitt=5".to_owned(), "limitt"),
        ("limit=5&limit=6".to_owned(), "limit"),
        ("name_zh=%ff".to_owned(), "name_zh"),
    ] {
        let answer = world.client.get(&format!("/ogc/collections/zones/items?{query}")).await;
        let shown: String = query.chars().take(60).collect();
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{shown}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json", "{shown}");
        assert_eq!(answer.json()["status"], 400);
        assert!(answer.places().iter().any(|one| one == place), "{shown}: {}", answer.text());
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{shown}");
    }
    for path in [
        "",
        "/conformance",
        "/api",
        "/collections",
        "/collections/zones",
        "/collections/zones/schema",
    ] {
        let answer = world.client.get(&format!("/ogc{path}?unknown=1")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(answer.places(), ["unknown"], "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_404_and_a_wrong_key_401() {
    let world = World::new().await;
    for path in [
        "/ogc/x",
        "/ogc/collections/zone",
        "/ogc/collections/zones/x",
        "/ogc/collections/zones/items/x/y",
        "/ogc/collections/zones/items/%27%3B--",
        "/ogc/collections?city=nowhere",
    ] {
        let answer = world.client.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let wrong = world.client.get_as("zw_no_such", "/ogc/collections").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn qgis_is_told_in_the_shape_that_it_shows() {
    let world = World::new().await;
    let agent = [("user-agent", "Mozilla/5.0 QGIS/33401/Debian")];
    let path = "/ogc/collections/zones/items?bbox=1,2,3&limitt=%3Cb%3E";
    let answer = ask(&world, Method::GET, path, &agent).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.header("content-type").starts_with("text/xml"));
    let text = answer.text();
    assert!(text.contains("<ows:ExceptionReport") && text.contains("locator=\"bbox\""), "{text}");
    assert!(text.contains("3 numbers") && text.contains("`limit` is"), "{text}");
    let nothing = ask(&world, Method::GET, "/ogc/x", &agent).await;
    assert!(nothing.text().contains("exceptionCode=\"NotFound\""), "{}", nothing.text());
}
