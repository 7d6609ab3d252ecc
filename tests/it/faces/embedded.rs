//! The service over the embedded file, while another program is at the same file.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use futures_util::future::join_all;
use rusqlite::Connection;
use tempfile::TempDir;
use zonewarden::app::refusal::Refusal;
use zonewarden::app::seed;
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;
use zonewarden::http::limits::Limits;
use zonewarden::store::open::{Migrate, Place, open};

use super::reports::{filing, telling};
use crate::client::{Answer, request};
use crate::store::places::{Held, durable, file_in, run};
use crate::world::{World, demonstration};

const AT_ONCE: usize = 8;

/// A service over a new file with the demonstration city, and another program's way to the file.
async fn service() -> (TempDir, World, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("city.gpkg");
    let store = open(&Place::File(path.clone()), Migrate::Apply).await.unwrap();
    let world = World::over(store, Limits::default());
    seed::found(&world.app, demonstration()).await.unwrap();
    (folder, world, Connection::open(path).unwrap())
}

async fn file_all(world: &World) -> Vec<Answer> {
    let bodies: Vec<_> = (0..AT_ONCE).map(|n| telling(&n.to_string())).collect();
    let keys: Vec<String> = (0..AT_ONCE).map(|n| format!("key-{n}")).collect();
    let asks = bodies.iter().zip(&keys).map(|(body, key)| filing(Some(key), body));
    join_all(asks.map(|ask| world.client.ask(ask))).await
}

#[tokio::test]
async fn reports_that_wait_for_a_locked_file_are_told_to_come_again_and_then_filed_once() {
    let (_folder, world, other) = service().await;
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    let count = async || {
        let list = world.client.get_as(&key, "/api/v1/reports?limit=1000").await;
        assert_eq!(list.status, StatusCode::OK, "{list:?}");
        list.json()["reports"].as_array().unwrap().len()
    };
    let journal = async || world.app.store().journal(&world.city, 0, 1_000).await.unwrap().len();
    let before = journal().await;

    other.execute_batch("begin immediate; update city set name_en = name_en").unwrap();
    for answer in file_all(&world).await {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
        assert_eq!(answer.json()["type"], "urn:zonewarden:problem:busy");
        assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|s| s > 0), "{answer:?}");
    }
    // Who only reads is answered meanwhile.
    assert_eq!((count().await, journal().await), (0, before));
    other.execute_batch("rollback").unwrap();

    let filed = file_all(&world).await;
    for answer in &filed {
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        assert_eq!(answer.header("idempotency-replayed"), "", "nothing of it was written before");
    }
    assert_eq!((count().await, journal().await), (AT_ONCE, before + AT_ONCE));
    for (again, first) in file_all(&world).await.iter().zip(&filed) {
        assert_eq!(again.bytes, first.bytes);
    }
    assert_eq!(count().await, AT_ONCE);
    let faults: i64 = other
        .query_row("select count(*) from pragma_foreign_key_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(faults, 0);
}

#[tokio::test]
async fn a_store_whose_city_cannot_be_opened_is_not_called_empty() {
    let (folder, _world, other) = service().await;
    other.execute_batch("pragma foreign_keys = off; delete from city_head").unwrap();
    let place = Place::File(folder.path().join("city.gpkg"));
    let store = open(&place, Migrate::Apply).await.unwrap();
    let world = World::over(store, Limits::default());
    assert_eq!(world.app.store().cities().await.unwrap().len(), 1);
    let _ = world.app.refresh().await;
    assert_eq!(world.app.ready(), Err(Refusal::NotReady));
}

#[tokio::test]
async fn the_same_question_has_another_tag_and_answer_when_rules_were_edited_while_no_service_ran()
{
    const PLACE: &str = "/api/v1/locate?lon=109.484&lat=36.585&at=2026-05-06T02:00:00Z";
    for held in durable().await {
        let name = held.name();
        let world = World::over(held.open().await, Limits::default());
        seed::found(&world.app, demonstration()).await.unwrap();
        let first = world.client.get(PLACE).await;
        let unit = demonstration().units.remove(0).id;
        drop(world);
        let edit = |z: &str| {
            format!(
                "insert into {z}rule (city_id, rule_id, name_zh, name_en, reach, categories, time_window, \
                 unit_id, mode, enabled) select city_id, 'edited', '', 'Edited', 'category', '[]', '{{}}', \
                 '{unit}', 'instead', 1 from {z}city"
            )
        };
        match &held {
            Held::File(folder) => {
                let other = Connection::open(file_in(folder)).unwrap();
                assert_eq!(other.execute(&edit(""), []).unwrap(), 1);
            }
            Held::Postgres(database) => run(database.url(), &edit("zonewarden.")).await,
            Held::Memory => unreachable!("it is not durable"),
        }
        let world = World::over(held.open().await, Limits::default());
        world.app.refresh().await.unwrap();
        // Who has the former answer is not told that it still holds.
        let mut again = request(Method::GET, PLACE, None, Body::empty());
        again.headers_mut().insert(header::IF_NONE_MATCH, first.header("etag").parse().unwrap());
        let again = world.client.ask(again).await;
        assert_eq!(again.status, StatusCode::OK, "{name}: {again:?}");
        assert_ne!(again.header("etag"), first.header("etag"), "{name}");
        let (before, now) = (first.json(), again.json());
        assert_ne!(before["rule"], "edited", "{name}");
        assert_eq!((&now["rule"], &now["unit"]["id"]), (&"edited".into(), &unit.as_str().into()));
        assert_ne!(now["atlas_version"], before["atlas_version"], "{name}: {now}");
    }
}
