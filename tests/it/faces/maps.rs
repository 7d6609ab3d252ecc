//! What describes tiles, and the styles that draw them.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::client::request;
use crate::mvt::read;
use crate::world::World;

const SCHEME: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";

/// Asks as one who knows the service by a name.
async fn get(world: &World, path: &str) -> Value {
    let mut asked = request(Method::GET, path, None, Body::empty());
    asked.headers_mut().insert(header::HOST, "maps.example.org".parse().unwrap());
    asked.headers_mut().insert("x-forwarded-proto", "https".parse().unwrap());
    let answer = world.client.ask(asked).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
    assert_eq!(answer.header("content-type"), "application/json");
    answer.json()
}

/// An address of ours as a path.
fn local(url: &str) -> &str {
    url.strip_prefix("https://maps.example.org").unwrap_or_else(|| panic!("{url} is not absolute"))
}

/// The fields of each layer of a tile set.
fn fields(tileset: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let layers = tileset["vector_layers"].as_array().unwrap();
    let keys = |layer: &Value| layer["fields"].as_object().unwrap().keys().cloned().collect();
    layers.iter().map(|it| (it["id"].as_str().unwrap().to_owned(), keys(it))).collect()
}

#[tokio::test]
async fn a_tile_set_says_where_its_tiles_are_and_what_is_in_them() {
    let world = World::new().await;
    let plan = get(&world, "/api/v1/plan").await;
    for collection in ["zones", "facilities", "streets", "city", "heat"] {
        let tileset = get(&world, &format!("/tiles/{collection}.json")).await;
        assert_eq!(tileset["tilejson"], "3.0.0");
        assert_eq!(tileset["bounds"], plan["bbox"]);
        let (min, max) = (&tileset["minzoom"], &tileset["maxzoom"]);
        assert_eq!((min, max), (&json!(0), &json!(if collection == "heat" { 14 } else { 16 })));
        let known = fields(&tileset);
        let template = local(tileset["tiles"][0].as_str().unwrap());
        assert_eq!(template, format!("/tiles/{collection}/{{z}}/{{x}}/{{y}}.mvt"));
        let path = template.replace("{z}", "12").replace("{x}", "3293").replace("{y}", "1600");
        let answer = world.client.get(&path).await;
        for (layer, features) in read(&answer.bytes) {
            for key in features.iter().flat_map(|feature| feature.tags.keys()) {
                assert!(known[&layer].contains(key), "{collection}: {layer} has {key}");
            }
        }
    }
    let then = get(&world, "/tiles/zones.json?datetime=2026-05-06").await;
    let template = then["tiles"][0].as_str().unwrap();
    assert!(template.contains(".mvt?datetime=2026-05-0"), "{template}");
    let missing = world.client.get("/tiles/rivers.json").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

/// Every `["get", key]` in an expression.
fn got(value: &Value, keys: &mut BTreeSet<String>) {
    match value {
        Value::Array(list) => {
            if let [Value::String(get), Value::String(key)] = &list[..]
                && get == "get"
            {
                keys.insert(key.clone());
            }
            for inner in list {
                got(inner, keys);
            }
        }
        Value::Object(members) => members.values().for_each(|inner| got(inner, keys)),
        _ => {}
    }
}

#[tokio::test]
async fn a_style_draws_layers_and_fields_that_its_tiles_have() {
    let world = World::new().await;
    let mut seen = BTreeSet::new();
    for (theme, lang) in [("light", "zh"), ("light", "en"), ("dark", "zh"), ("dark", "en")] {
        let style = get(&world, &format!("/styles/{theme}.json?lang={lang}")).await;
        assert_eq!(style["version"], 8);
        assert!(style["glyphs"].is_null() && style["sprite"].is_null());
        let sources = style["sources"].as_object().unwrap();
        assert_eq!(sources.len(), 1);
        let (name, source) = sources.iter().next().unwrap();
        assert_eq!(source["type"], "vector");
        let known = fields(&get(&world, local(source["url"].as_str().unwrap())).await);
        let (mut ids, mut drawn) = (BTreeSet::new(), BTreeSet::new());
        for layer in style["layers"].as_array().unwrap() {
            assert!(ids.insert(layer["id"].as_str().unwrap()), "{layer}");
            if layer["type"] == "background" {
                continue;
            }
            let kinds = ["fill", "line", "circle", "symbol"];
            assert!(kinds.contains(&layer["type"].as_str().unwrap()), "{layer}");
            assert_eq!(layer["source"], name.as_str());
            let of = layer["source-layer"].as_str().unwrap();
            drawn.insert(of.to_owned());
            let mut keys = BTreeSet::new();
            got(layer, &mut keys);
            assert!(keys.is_subset(&known[of]), "{layer}: {keys:?}");
        }
        let there: BTreeSet<String> = known.into_keys().collect();
        assert_eq!(drawn, there, "every layer is drawn");
        seen.insert(style["layers"].to_string());
    }
    assert_eq!(seen.len(), 4, "themes and languages differ");
    for (path, status) in [
        ("/styles/grey.json", StatusCode::NOT_FOUND),
        ("/styles/light", StatusCode::NOT_FOUND),
        ("/styles/light.json?lang=xx", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        assert_eq!(world.client.get(path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn the_same_tiles_lie_where_the_ogc_standard_looks_for_them() {
    let world = World::new().await;
    let list = get(&world, "/ogc/collections/zones/tiles").await;
    let tileset = &list["tilesets"][0];
    assert_eq!(tileset["dataType"], "vector");
    let link = |rel: &str| {
        let links = tileset["links"].as_array().unwrap();
        let found = links.iter().find(|link| link["rel"] == rel).unwrap();
        local(found["href"].as_str().unwrap()).to_owned()
    };
    let whole = get(&world, &link("self")).await;
    assert_eq!(whole["tileMatrixSetURI"], tileset["tileMatrixSetURI"]);
    let limit = &whole["tileMatrixSetLimits"][14];
    assert_eq!(limit["tileMatrix"], "14");
    let between = |low: &str, n: u64, high: &str| {
        (limit[low].as_u64().unwrap()..=limit[high].as_u64().unwrap()).contains(&n)
    };
    assert!(between("minTileRow", 6_400, "maxTileRow"), "{limit}");
    assert!(between("minTileCol", 13_174, "maxTileCol"), "{limit}");
    let tile = link("item")
        .replace("{tileMatrix}", "14")
        .replace("{tileRow}", "6400")
        .replace("{tileCol}", "13174");
    let (one, other) =
        (world.client.get(&tile).await, world.client.get("/tiles/zones/14/13174/6400.mvt").await);
    assert_eq!(one.status, StatusCode::OK, "{one:?}");
    assert_eq!(one.bytes, other.bytes);
    let square = get(&world, &link(SCHEME)).await;
    let matrices = square["tileMatrices"].as_array().unwrap();
    assert_eq!((matrices.len(), &matrices[14]["matrixWidth"]), (25, &json!(16_384)));
    let cell = matrices[1]["cellSize"].as_f64().unwrap();
    assert!((cell - 78_271.516_964_020_5).abs() < 1e-6, "{cell}");
    let sets = get(&world, "/ogc/tileMatrixSets").await;
    assert_eq!(sets["tileMatrixSets"][0]["id"], "WebMercatorQuad");
    for nowhere in [
        "/ogc/collections/rivers/tiles",
        "/ogc/collections/incidents/tiles",
        "/ogc/collections/zones/tiles/WorldCRS84Quad",
        "/ogc/collections/zones/tiles/WorldCRS84Quad/1/0/0",
        "/ogc/tileMatrixSets/WorldCRS84Quad",
    ] {
        assert_eq!(world.client.get(nowhere).await.status, StatusCode::NOT_FOUND, "{nowhere}");
    }
    let beyond = world.client.get("/ogc/collections/zones/tiles/WebMercatorQuad/3/8/0").await;
    assert_eq!(beyond.status, StatusCode::BAD_REQUEST);
    let words = world.client.get("/ogc/collections/zones/tiles/WebMercatorQuad/x/0/0").await;
    assert!(words.text().contains("tileMatrix"), "{}", words.text());
}
