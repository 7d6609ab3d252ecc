//! OGC API – Features, part 2 (18-058): coordinate systems by reference.

use axum::http::StatusCode;
use geo_types::Coord;
use serde_json::Value;
use zonewarden::geom::crs::wire::WireCrs;

use super::super::{CRS84, EPSG, collections, get, ids};
use super::positions;
use crate::world::World;

/// The systems that a collection names.
async fn systems(world: &World, id: &str) -> Vec<String> {
    let told = get(world, &format!("/ogc/collections/{id}")).await;
    serde_json::from_value(told["crs"].clone()).unwrap()
}

fn known(name: &str) -> WireCrs {
    WireCrs::from_name(name).unwrap()
}

/// The box around a collection, in a system.
async fn around(world: &World, id: &str, crs: WireCrs) -> String {
    let told = get(world, &format!("/ogc/collections/{id}")).await;
    let [west, south, east, north]: [f64; 4] =
        serde_json::from_value(told["extent"]["spatial"]["bbox"][0].clone()).unwrap();
    // A little more, for what rounding does.
    let (low, high) = (
        crs.written(Coord { x: west - 1e-4, y: south - 1e-4 }),
        crs.written(Coord { x: east + 1e-4, y: north + 1e-4 }),
    );
    format!("{},{},{},{}", low[0], low[1], high[0], high[1])
}

#[tokio::test]
async fn crs_crs_uri() {
    let world = World::new().await;
    for id in collections(&world).await {
        for name in systems(&world, &id).await {
            let rest = name.strip_prefix("http://www.opengis.net/def/crs/").unwrap();
            let parts: Vec<&str> = rest.split('/').collect();
            assert!(parts.len() == 3 && parts.iter().all(|part| !part.is_empty()), "{name}");
        }
    }
}

#[tokio::test]
async fn crs_default_crs() {
    let world = World::new().await;
    for id in collections(&world).await {
        assert!(systems(&world, &id).await.contains(&CRS84.to_owned()), "{id}");
    }
}

#[tokio::test]
async fn crs_storage_crs() {
    let world = World::new().await;
    let all = get(&world, "/ogc/collections").await;
    for one in all["collections"].as_array().unwrap() {
        assert!(one["crs"].as_array().unwrap().contains(&one["storageCrs"]), "{one}");
    }
}

#[tokio::test]
async fn crs_crs_parameter() {
    let world = World::new().await;
    for id in collections(&world).await {
        let items = format!("/ogc/collections/{id}/items");
        let first = ids(&world, &format!("{items}?limit=1")).await.remove(0);
        for name in systems(&world, &id).await {
            for path in
                [format!("{items}?limit=2&crs={name}"), format!("{items}/{first}?crs={name}")]
            {
                let answer = world.client.get(&path).await;
                assert_eq!(answer.status, StatusCode::OK, "{path}");
                assert_eq!(answer.header("content-crs"), format!("<{name}>"), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn crs_crs_parameter_default() {
    let world = World::new().await;
    for id in collections(&world).await {
        let answer = world.client.get(&format!("/ogc/collections/{id}/items?limit=1")).await;
        assert_eq!(answer.header("content-crs"), format!("<{CRS84}>"), "{id}");
    }
}

#[tokio::test]
async fn crs_crs_parameter_invalid() {
    let world = World::new().await;
    for id in collections(&world).await {
        let items = format!("/ogc/collections/{id}/items");
        let first = ids(&world, &format!("{items}?limit=1")).await.remove(0);
        for path in [items.clone(), format!("{items}/{first}")] {
            let answer = world.client.get(&format!("{path}?crs={EPSG}99999")).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        }
    }
}

#[tokio::test]
async fn crs_crs_parameter_transform() {
    let world = World::new().await;
    for id in collections(&world).await {
        let items = format!("/ogc/collections/{id}/items");
        let plain = get(&world, &format!("{items}?limit=5")).await;
        let of = |page: &Value| -> Vec<[f64; 2]> {
            let all = page["features"].as_array().unwrap().iter();
            all.flat_map(|one| positions(&one["geometry"])).collect()
        };
        for name in systems(&world, &id).await {
            let page = get(&world, &format!("{items}?limit=5&crs={name}")).await;
            let (before, after) = (of(&plain), of(&page));
            assert_eq!(before.len(), after.len());
            for ([x, y], there) in before.iter().zip(after) {
                let back = known(&name).read(there);
                let near = (back.x - x).abs() < 1e-7 && (back.y - y).abs() < 1e-7;
                assert!(near, "{id} in {name}: {x} {y}, {there:?}");
            }
        }
    }
}

#[tokio::test]
async fn crs_bbox_crs_parameter() {
    let world = World::new().await;
    for id in ["zones", "schools", "units"] {
        let items = format!("/ogc/collections/{id}/items?limit=10000");
        let placed = get(&world, &items).await;
        let placed = placed["features"].as_array().unwrap().iter();
        let placed = placed.filter(|one| one["geometry"].is_object()).count();
        for name in systems(&world, id).await {
            let frame = around(&world, id, known(&name)).await;
            let found = ids(&world, &format!("{items}&bbox-crs={name}&bbox={frame}")).await;
            assert_eq!(found.len(), placed, "{id} in {name}");
        }
    }
}

#[tokio::test]
async fn crs_bbox_crs_parameter_default() {
    let world = World::new().await;
    let frame = "109.47,36.57,109.50,36.60";
    for id in ["zones", "schools", "units"] {
        let items = format!("/ogc/collections/{id}/items?limit=10000&bbox={frame}");
        let (plain, named) =
            (ids(&world, &items).await, ids(&world, &format!("{items}&bbox-crs={CRS84}")).await);
        assert_eq!(plain, named, "{id}");
        assert!(!plain.is_empty(), "{id}");
    }
}

#[tokio::test]
async fn crs_bbox_crs_parameter_invalid() {
    let world = World::new().await;
    for id in collections(&world).await {
        let path =
            format!("/ogc/collections/{id}/items?bbox=109.4,36.5,109.5,36.6&bbox-crs={EPSG}99999");
        assert_eq!(world.client.get(&path).await.status, StatusCode::BAD_REQUEST, "{id}");
    }
}
