//! OGC API – Tiles, part 1 (20-057).

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::{get, link};
use super::declares;
use crate::mvt::read;
use crate::world::World;

const TILESETS: &str = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";
const SCHEME: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";
const URI: &str = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad";
const MVT: &str = "application/vnd.mapbox-vector-tile";
/// A tile in the middle of the city: zoom, row, column.
const MIDDLE: [u32; 3] = [14, 6_400, 13_174];

/// The tile set of zones.
async fn tileset(world: &World) -> Value {
    let list = get(world, "/ogc/collections/zones/tiles").await;
    get(world, &link(&list["tilesets"][0], "self").unwrap()).await
}

/// The address of a tile, from the template of a tile set.
async fn address(world: &World, [zoom, row, column]: [u32; 3]) -> String {
    link(&tileset(world).await, "item")
        .unwrap()
        .replace("{tileMatrix}", &zoom.to_string())
        .replace("{tileRow}", &row.to_string())
        .replace("{tileCol}", &column.to_string())
}

/// The definition of a parameter of tiles.
async fn parameter(world: &World, name: &str) -> Value {
    let api = get(world, "/ogc/api").await;
    let path = "/collections/zones/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}";
    let all = api["paths"][path]["get"]["parameters"].as_array().unwrap().clone();
    all.into_iter().find(|one| one["name"] == name).unwrap()
}

#[tokio::test]
async fn core_conformance_success() {
    let world = World::new().await;
    for class in ["core", "tileset", "tilesets-list", "geodata-tilesets", "mvt"] {
        declares(&world, &format!("ogcapi-tiles-1/1.0/conf/{class}")).await;
    }
}

#[tokio::test]
async fn core_tc_tile_matrix_definition() {
    let world = World::new().await;
    let told = parameter(&world, "tileMatrix").await;
    assert_eq!((&told["in"], &told["required"]), (&json!("path"), &json!(true)));
    assert_eq!(told["schema"]["type"], "string");
}

#[tokio::test]
async fn core_tc_tile_row_definition() {
    let world = World::new().await;
    let told = parameter(&world, "tileRow").await;
    assert_eq!((&told["in"], &told["required"]), (&json!("path"), &json!(true)));
    assert_eq!(told["schema"]["type"], "integer");
}

#[tokio::test]
async fn core_tc_tile_col_definition() {
    let world = World::new().await;
    let told = parameter(&world, "tileCol").await;
    assert_eq!((&told["in"], &told["required"]), (&json!("path"), &json!(true)));
    assert_eq!(told["schema"]["type"], "integer");
}

#[tokio::test]
async fn core_tc_op() {
    let world = World::new().await;
    let told = tileset(&world).await;
    let limits = told["tileMatrixSetLimits"].as_array().unwrap();
    for limit in limits.iter().take(12) {
        let zoom = limit["tileMatrix"].as_str().unwrap().parse().unwrap();
        let number = |name: &str| u32::try_from(limit[name].as_u64().unwrap()).unwrap();
        for (row, column) in [
            (number("minTileRow"), number("minTileCol")),
            (number("maxTileRow"), number("maxTileCol")),
        ] {
            let answer = world.client.get(&address(&world, [zoom, row, column]).await).await;
            let there = [StatusCode::OK, StatusCode::NO_CONTENT].contains(&answer.status);
            assert!(there, "{limit}: {}", answer.status);
        }
    }
}

#[tokio::test]
async fn core_tc_success() {
    let world = World::new().await;
    let answer = world.client.get(&address(&world, MIDDLE).await).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), MVT);
    let layers = read(&answer.bytes);
    assert!(!layers["zones"].is_empty());
}

#[tokio::test]
async fn core_tc_error() {
    let world = World::new().await;
    for [zoom, row, column] in [[3, 8, 0], [3, 0, 8], [30, 0, 0]] {
        let answer = world.client.get(&address(&world, [zoom, row, column]).await).await;
        let refused = [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND].contains(&answer.status);
        assert!(refused, "{zoom}/{row}/{column}: {}", answer.status);
    }
    let empty = world.client.get(&address(&world, [12, 0, 0]).await).await;
    assert_eq!((empty.status, empty.bytes.len()), (StatusCode::NO_CONTENT, 0));
}

#[tokio::test]
async fn tileset_description() {
    let world = World::new().await;
    let told = tileset(&world).await;
    assert_eq!((&told["dataType"], &told["tileMatrixSetURI"]), (&json!("vector"), &json!(URI)));
    assert!(told["crs"].is_string());
    let square = get(&world, &link(&told, SCHEME).unwrap()).await;
    assert_eq!(square["uri"], URI);
    for matrix in square["tileMatrices"].as_array().unwrap() {
        for name in ["scaleDenominator", "cellSize", "tileWidth", "matrixWidth", "matrixHeight"] {
            assert!(matrix[name].is_number(), "{matrix}");
        }
        assert!(matrix["id"].is_string() && matrix["pointOfOrigin"].is_array(), "{matrix}");
    }
    let links = told["links"].as_array().unwrap();
    let item = links.iter().find(|one| one["rel"] == "item").unwrap();
    assert_eq!((&item["templated"], &item["type"]), (&json!(true), &json!(MVT)));
    for name in ["{tileMatrix}", "{tileRow}", "{tileCol}"] {
        assert!(item["href"].as_str().unwrap().contains(name), "{item}");
    }
}

#[tokio::test]
async fn tilesets_list_tileset_links() {
    let world = World::new().await;
    let list = get(&world, "/ogc/collections/zones/tiles").await;
    for one in list["tilesets"].as_array().unwrap() {
        assert!(one["dataType"].is_string() && one["crs"].is_string(), "{one}");
        assert_eq!(one["tileMatrixSetURI"], URI);
        assert!(link(one, SCHEME).is_some(), "{one}");
        let own = link(one, "self").unwrap();
        assert_eq!(own, "/ogc/collections/zones/tiles/WebMercatorQuad");
        assert_eq!(get(&world, &own).await["tileMatrixSetURI"], URI);
    }
}

#[tokio::test]
async fn geodata_tilesets_desc_links() {
    let world = World::new().await;
    let told = get(&world, "/ogc/collections/zones?lang=en").await;
    let list = get(&world, &link(&told, TILESETS).unwrap()).await;
    assert_eq!(list["tilesets"].as_array().unwrap().len(), 1);
    // From the landing page too, where all layers are one.
    let landing = get(&world, "/ogc?lang=en").await;
    let all = get(&world, &link(&landing, TILESETS).unwrap()).await;
    assert!(all["tilesets"].is_array());
    let schemes = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes";
    let sets = get(&world, &link(&landing, schemes).unwrap()).await;
    assert_eq!(sets["tileMatrixSets"][0]["uri"], URI);
}

#[tokio::test]
async fn geodata_tilesets_operation() {
    let world = World::new().await;
    let told = get(&world, "/ogc/collections/zones").await;
    assert_eq!(link(&told, TILESETS).unwrap(), "/ogc/collections/zones/tiles");
    let units = get(&world, "/ogc/collections/units").await;
    assert_eq!(link(&units, TILESETS), None);
}

#[tokio::test]
async fn mvt_content() {
    let world = World::new().await;
    let answer = world.client.get(&address(&world, MIDDLE).await).await;
    let layers = read(&answer.bytes);
    for feature in layers.values().flatten() {
        assert!((1..=3).contains(&feature.kind), "{feature:?}");
        assert!(!feature.parts.is_empty() && feature.parts.iter().all(|part| !part.is_empty()));
    }
}
