//! Part 2: coordinate systems by name.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{CRS84, EPSG, encoded, get, ids};
use crate::world::World;

/// The first position of a feature's geometry.
fn first(geometry: &Value) -> [f64; 2] {
    let mut at = &geometry["coordinates"];
    while at[0].is_array() {
        at = &at[0];
    }
    [at[0].as_f64().unwrap(), at[1].as_f64().unwrap()]
}

#[tokio::test]
async fn crs_md_every_collection_names_its_systems_and_the_one_it_is_kept_in() {
    let world = World::new().await;
    let all = get(&world, "/ogc/collections").await;
    let known = json!([CRS84, format!("{EPSG}4326"), format!("{EPSG}4490"), format!("{EPSG}3857")]);
    assert_eq!(all["crs"], known);
    for one in all["collections"].as_array().unwrap() {
        assert_eq!((&one["crs"], &one["storageCrs"]), (&known, &json!(CRS84)));
    }
}

#[tokio::test]
async fn crs_parameter_coordinates_come_in_the_order_of_the_system_that_is_named() {
    let world = World::new().await;
    let id = ids(&world, "/ogc/collections/schools/items?limit=1").await.remove(0);
    for place in ["items?limit=1".to_owned(), format!("items/{id}")] {
        let mark = if place.contains('?') { '&' } else { '?' };
        let mut found = Vec::new();
        for crs in
            [CRS84.to_owned(), format!("{EPSG}4326"), format!("{EPSG}4490"), format!("{EPSG}3857")]
        {
            let path = format!("/ogc/collections/schools/{place}{mark}crs={crs}");
            let answer = world.client.get(&path).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
            assert_eq!(answer.header("content-crs"), format!("<{crs}>"));
            let document = answer.json();
            let feature = document.pointer("/features/0").unwrap_or(&document);
            assert_eq!(feature["id"], id.as_str());
            found.push(first(&feature["geometry"]));
        }
        let [plain, gps, national, metres] = found[..] else { panic!("four systems") };
        assert!(plain[0] > 100.0 && plain[1] < 40.0, "{plain:?}");
        assert_eq!((gps, national), ([plain[1], plain[0]], [plain[1], plain[0]]));
        let east = plain[0].to_radians() * 6_378_137.0;
        assert!((metres[0] - east).abs() < 0.01 && metres[1] > 4e6, "{metres:?}");
    }
    let plain = world.client.get("/ogc/collections/schools/items?limit=1").await;
    assert_eq!(plain.header("content-crs"), format!("<{CRS84}>"));
}

#[tokio::test]
async fn bbox_crs_and_filter_crs_say_how_numbers_are_read() {
    let world = World::new().await;
    let items = "/ogc/collections/schools/items?limit=10000";
    let expected = ids(&world, &format!("{items}&bbox=109.47,36.57,109.50,36.60")).await;
    assert!(!expected.is_empty());
    let metres = {
        let x = |lon: f64| 6_378_137.0 * lon.to_radians();
        let y = |lat: f64| 6_378_137.0 * lat.to_radians().tan().asinh();
        format!("{},{},{},{}", x(109.47), y(36.57), x(109.50), y(36.60))
    };
    for (code, numbers) in [
        ("4326", "36.57,109.47,36.60,109.50"),
        ("4490", "36.57,109.47,36.60,109.50"),
        ("3857", metres.as_str()),
    ] {
        let found = ids(&world, &format!("{items}&bbox-crs={EPSG}{code}&bbox={numbers}")).await;
        assert_eq!(found, expected, "{code}");
        let filter = encoded(&format!("S_INTERSECTS(geometry, BBOX({numbers}))"));
        let found = ids(&world, &format!("{items}&filter-crs={EPSG}{code}&filter={filter}")).await;
        assert_eq!(found, expected, "{code}");
    }
}
