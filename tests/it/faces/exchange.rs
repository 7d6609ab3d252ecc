//! Files over HTTP: layers in every format, and the whole city as one archive.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use zonewarden::app::transfer::{Format, file};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;

use crate::client::{Answer, request};
use crate::world::World;

async fn put(world: &World, key: &str, query: &str, body: Vec<u8>) -> Answer {
    let path = format!("/api/v1/city/archive{query}");
    let mut request = request(Method::PUT, &path, Some(key), Body::from(body));
    request.headers_mut().insert(header::CONTENT_TYPE, "application/zip".parse().unwrap());
    world.client.ask(request).await
}

#[tokio::test]
async fn every_layer_is_given_in_every_format_that_holds_it() {
    let world = World::new().await;
    let key = world.key(Role::Inspector, &UnitId::new("x").unwrap()).await;
    let atlas = world.app.atlas(&world.city).unwrap();
    for (layer, count) in [("zones", atlas.zones().len()), ("units", atlas.units().len())] {
        for format in Format::ALL {
            let path = format!("/api/v1/export/{layer}?format={}", format.code());
            let answer = world.client.get_as(&key, &path).await;
            if layer == "zones" && !format.holds_all() {
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text());
                assert!(answer.text().contains("GPX holds points and lines"), "{}", answer.text());
                continue;
            }
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
            assert_eq!(answer.header("content-type"), format.media());
            let name = format!("attachment; filename=\"{layer}.{}\"", format.ending());
            assert_eq!(answer.header("content-disposition"), name);
            let reading = file::read(&answer.bytes, format, None);
            assert!(!reading.refused(), "{path}: {:?}", reading.findings);
            assert_eq!(reading.layer.features.len(), count, "{path}");
        }
    }
    for (path, place) in [
        ("/api/v1/export/zones?format=dwg", "format"),
        ("/api/v1/export/zones?plan=9", "plan"),
        ("/api/v1/export/units?plan=1", "plan"),
        ("/api/v1/export/zones?plan=1&datetime=2026-01-01", "plan"),
        ("/api/v1/export/zones?datetime=soon", "datetime"),
        ("/api/v1/export/zones?format=kml&crs=gcj02", "zones"),
    ] {
        let answer = world.client.get_as(&key, path).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert_eq!(answer.places(), [place], "{path}");
    }
    let none = world.client.get_as(&key, "/api/v1/export/streets").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_archive_goes_out_and_in_and_one_that_is_not_whole_changes_nothing() {
    let world = World::new().await;
    let key = world.key(Role::Admin, &UnitId::new("x").unwrap()).await;
    let path = "/api/v1/city/archive";
    let out = world.client.get_as(&key, path).await;
    assert_eq!((out.status, out.header("content-type")), (StatusCode::OK, "application/zip"));
    let looked = put(&world, &key, "?dry_run=true", out.bytes.clone()).await;
    assert_eq!(looked.status, StatusCode::OK, "{}", looked.text());
    let told = looked.json();
    assert_eq!(
        (&told["added"], &told["changed"], &told["removed"]),
        (&0.into(), &0.into(), &0.into())
    );
    assert!(told["atlas_version"].is_null() && told["same"].as_u64() > Some(100), "{told}");
    let version = world.app.atlas(&world.city).unwrap().version();
    let mut damaged = out.bytes.clone();
    let middle = damaged.len() / 2;
    for byte in &mut damaged[middle..middle + 64] {
        *byte ^= 0x55;
    }
    for bad in [Vec::new(), b"PK\x03\x04".to_vec(), damaged] {
        let refused = put(&world, &key, "", bad).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
        assert!(!refused.places().is_empty());
    }
    assert_eq!(world.app.atlas(&world.city).unwrap().version(), version);
    assert_eq!(world.client.get_as(&key, path).await.bytes, out.bytes);
}
