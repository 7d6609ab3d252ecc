//! OGC API – Features, part 3 (19-079): filtering. What each operator of CQL2 (21-065) means is tested where it is read.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::{EPSG, ask, collections, encoded, get, ids, link};
use super::declares;
use crate::client::Answer;
use crate::world::World;

const QUERYABLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/queryables";

/// A page of a collection that a filter keeps.
async fn filtered(world: &World, id: &str, more: &str, filter: &str) -> Answer {
    let filter = encoded(filter);
    let path = format!("/ogc/collections/{id}/items?limit=10000{more}&filter={filter}");
    world.client.get(&path).await
}

/// How many features are on a page.
fn count(page: &Answer) -> usize {
    page.json()["features"].as_array().unwrap().len()
}

/// The box around a collection, as a filter.
async fn around(world: &World, id: &str, crs: &str) -> String {
    use zonewarden::geom::crs::wire::WireCrs;
    let crs = WireCrs::from_name(crs).unwrap();
    let told = get(world, &format!("/ogc/collections/{id}")).await;
    let [west, south, east, north]: [f64; 4] =
        serde_json::from_value(told["extent"]["spatial"]["bbox"][0].clone()).unwrap();
    let corner = |x, y| crs.written(geo_types::Coord { x, y });
    let (low, high) = (corner(west - 1e-4, south - 1e-4), corner(east + 1e-4, north + 1e-4));
    format!("S_INTERSECTS(geometry,BBOX({},{},{},{}))", low[0], low[1], high[0], high[1])
}

/// How many features of a collection have a place.
async fn placed(world: &World, id: &str) -> usize {
    let page = get(world, &format!("/ogc/collections/{id}/items?limit=10000")).await;
    let all = page["features"].as_array().unwrap().iter();
    all.filter(|one| one["geometry"].is_object()).count()
}

#[tokio::test]
async fn queryables_get_conformance() {
    let world = World::new().await;
    for class in ["queryables", "queryables-query-parameters", "filter", "features-filter"] {
        declares(&world, &format!("ogcapi-features-3/1.0/conf/{class}")).await;
    }
}

#[tokio::test]
async fn queryables_get_queryables_uris() {
    let world = World::new().await;
    for id in collections(&world).await {
        let items = format!("/ogc/collections/{id}/items");
        let expected = format!("<{items}>").replace("/items>", "/queryables>");
        for method in [Method::HEAD, Method::GET] {
            let answer = ask(&world, method, &format!("{items}?limit=1"), &[]).await;
            let told = answer.header("link");
            assert!(told.starts_with(&expected), "{told}");
            assert!(told.contains(&format!("rel=\"{QUERYABLES}\"")), "{told}");
        }
    }
}

#[tokio::test]
async fn queryables_get_queryables() {
    let world = World::new().await;
    for id in collections(&world).await {
        let path = format!("/ogc/collections/{id}/queryables");
        let accepts = [("accept", "application/schema+json")];
        let answer = ask(&world, Method::GET, &path, &accepts).await;
        assert_eq!(answer.header("content-type"), "application/schema+json");
        let told = answer.json();
        assert_eq!(told["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!((&told["$id"], &told["type"]), (&json!(path), &json!("object")));
        let properties = told["properties"].as_object().unwrap();
        assert!(!properties.is_empty());
        for (name, one) in properties {
            let shape = one["format"].as_str().is_some_and(|it| it.starts_with("geometry-"));
            assert!(one["type"].is_string() || shape, "{id}: {name}");
        }
    }
}

#[tokio::test]
async fn queryables_query_parameters_query_param() {
    let world = World::new().await;
    let items = "/ogc/collections/schools/items?limit=10000";
    let page = get(&world, &format!("{items}&urban=true")).await;
    let found = page["features"].as_array().unwrap();
    assert!(!found.is_empty() && found.iter().all(|one| one["properties"]["urban"] == true));
    let pupils = found[0]["properties"]["pupils"].clone();
    let page = get(&world, &format!("{items}&pupils={pupils}")).await;
    let found = page["features"].as_array().unwrap();
    assert!(!found.is_empty() && found.iter().all(|one| one["properties"]["pupils"] == pupils));
    for wrong in ["urban=perhaps", "pupils=many"] {
        let answer = world.client.get(&format!("{items}&{wrong}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn filter_filter_param() {
    let world = World::new().await;
    for id in collections(&world).await {
        let page = filtered(&world, &id, "&filter-lang=cql2-text", "name_en IS NULL").await;
        assert_eq!(page.status, StatusCode::OK, "{id}: {}", page.text());
        let page = page.json();
        let all = page["features"].as_array().unwrap();
        assert!(all.iter().all(|one| one["properties"]["name_en"].is_null()), "{id}");
        let wrong = filtered(&world, &id, "&filter-lang=cql2-text", "THIS IS NOT A FILTER").await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{id}");
    }
}

#[tokio::test]
async fn filter_filter_lang_default() {
    let world = World::new().await;
    for id in collections(&world).await {
        let named = filtered(&world, &id, "&filter-lang=cql2-text", "code > 'm'").await;
        let plain = filtered(&world, &id, "", "code > 'm'").await;
        assert_eq!(plain.status, StatusCode::OK, "{id}: {}", plain.text());
        assert_eq!(plain.json()["features"], named.json()["features"], "{id}");
        let wrong = filtered(&world, &id, "", "THIS IS NOT A FILTER").await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{id}");
    }
}

#[tokio::test]
async fn filter_expression_construction() {
    let world = World::new().await;
    for id in collections(&world).await {
        let path = format!("/ogc/collections/{id}/queryables");
        assert_eq!(get(&world, &path).await["additionalProperties"], false, "{id}");
        let wrong = filtered(&world, &id, "", "this_is_not_a_queryable IS NULL").await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{id}");
    }
}

#[tokio::test]
async fn filter_filter_crs_wgs84() {
    let world = World::new().await;
    for id in collections(&world).await {
        let filter = around(&world, &id, super::super::CRS84).await;
        let page = filtered(&world, &id, "", &filter).await;
        assert_eq!(page.status, StatusCode::OK, "{id}: {}", page.text());
        assert_eq!(count(&page), placed(&world, &id).await, "{id}");
    }
}

#[tokio::test]
async fn filter_filter_crs_param() {
    let world = World::new().await;
    for id in ["zones", "schools", "units"] {
        let all = placed(&world, id).await;
        let told = get(&world, &format!("/ogc/collections/{id}")).await;
        for crs in told["crs"].as_array().unwrap() {
            let crs = crs.as_str().unwrap();
            let filter = around(&world, id, crs).await;
            let page = filtered(&world, id, &format!("&filter-crs={crs}"), &filter).await;
            assert_eq!(page.status, StatusCode::OK, "{id} in {crs}: {}", page.text());
            assert_eq!(count(&page), all, "{id} in {crs}");
        }
        let filter = around(&world, id, super::super::CRS84).await;
        let wrong = filtered(&world, id, &format!("&filter-crs={EPSG}0"), &filter).await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{id}");
    }
}

#[tokio::test]
async fn features_filter_get_collection() {
    let world = World::new().await;
    for id in collections(&world).await {
        let told = get(&world, &format!("/ogc/collections/{id}")).await;
        let expected = format!("/ogc/collections/{id}/queryables");
        assert_eq!(link(&told, QUERYABLES), Some(expected));
    }
}

#[tokio::test]
async fn features_filter_mixing_expression() {
    let world = World::new().await;
    let items = "/ogc/collections/schools/items?limit=10000";
    let frame = "bbox=109.47,36.57,109.50,36.60";
    let filter = encoded("pupils > 1000");
    let within = ids(&world, &format!("{items}&{frame}")).await;
    let large = ids(&world, &format!("{items}&filter={filter}")).await;
    let both = ids(&world, &format!("{items}&{frame}&filter={filter}")).await;
    let expected: Vec<&String> = within.iter().filter(|id| large.contains(id)).collect();
    assert!(!expected.is_empty() && expected.len() < within.len() && within.len() < 500);
    assert_eq!(both.iter().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn cql2_get_conformance() {
    let world = World::new().await;
    let told = get(&world, super::CONFORMANCE).await;
    let prefix = "http://www.opengis.net/spec/cql2/1.0/conf/";
    let all = told["conformsTo"].as_array().unwrap().iter().filter_map(Value::as_str);
    let classes: Vec<&str> = all.filter_map(|class| class.strip_prefix(prefix)).collect();
    // No property here is a list, and there are no functions beside those of the standard.
    assert!(!classes.contains(&"array-functions") && !classes.contains(&"functions"));
    let refused = filtered(&world, "zones", "", "A_CONTAINS(co, ('x'))").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.places().contains(&"filter".to_owned()), "{}", refused.text());
}
