//! What a unit may see follows the case: where that goes to another unit, the report goes with it, and all that is
//! told in it.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::app::seed;
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;
use zonewarden::http::limits::Limits;

use super::reports::{filing, telling};
use super::tiles;
use crate::client::Answer;
use crate::mvt::read;
use crate::store::places::all;
use crate::world::{CENTRE, World, demonstration};

const JSON: &str = "application/json";
const FORTNIGHT_US: i64 = 14 * 86_400_000_000;
/// After so long the heat is read anew.
const HEAT_FRESH_US: i64 = 60_000_000;
/// One grey point.
const GIF: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\
                     \x02\x02D\x01\0;";

async fn post(world: &World, key: &str, path: &str, body: Value) -> Answer {
    world.client.post_as(key, path, JSON, body.to_string()).await
}

/// Files a report with a contact; its receipt.
async fn file(world: &World) -> Value {
    let mut body = telling("积水");
    (body["accuracy_m"], body["contact"]) = (json!(5.0), json!("13800000000"));
    let filed = world.client.ask(filing(None, &body)).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{filed:?}");
    filed.json()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn unit(value: &Value) -> UnitId {
    UnitId::new(value.as_str().unwrap()).unwrap()
}

/// A unit that has no part in a report by its assignment.
fn stranger(world: &World, receipt: &Value) -> UnitId {
    let atlas = world.app.atlas(&world.city).unwrap();
    let away = |id: &&UnitId| {
        json!(id) != receipt["unit"] && !receipt["co"].to_string().contains(id.as_str())
    };
    atlas.units().iter().map(|it| &it.id).find(away).unwrap().clone()
}

/// Sends a case back and gives it to another unit.
async fn give(world: &World, id: &str, from: &UnitId, to: &UnitId) {
    let path = format!("/api/v1/incidents/{id}/steps");
    let steps = [
        (Role::Unit, json!({ "act": "send_back", "words": "不归我们", "unit": to })),
        (Role::Dispatcher, json!({ "act": "reassign", "words": "改派", "unit": to })),
    ];
    for (role, mut body) in steps {
        body["revision"] = json!(world.revision(id).await);
        let key = world.key(role, from).await;
        let answer = post(world, &key, &path, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
}

/// The report, its contact, and a picture of it: open to a key, or as if there were none; and listed, or not.
async fn sees(world: &World, key: &str, id: &str, picture: Option<&str>, open: bool) {
    let expected = if open { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let path = format!("/api/v1/reports/{id}");
    assert_eq!(world.client.get_as(key, &path).await.status, expected, "the report");
    let contact = post(world, key, &format!("{path}/contact"), json!({ "reason": "回访" })).await;
    assert_eq!(contact.status, expected, "the contact: {contact:?}");
    if let Some(picture) = picture {
        let shown = world.client.get_as(key, &format!("/api/v1/pictures/{picture}")).await;
        assert_eq!(shown.status, expected, "the picture");
    }
    let listed = listed(world, key, "").await;
    assert_eq!(listed.contains(&id.to_owned()), open, "the list: {listed:?}");
}

/// How many reports the heat of a key tells of, around the place that all of them are told from.
async fn warmth(world: &World, key: &str) -> usize {
    world.pass_us(HEAT_FRESH_US);
    let answer = world.client.get_as(key, &tiles::path("heat", 14, CENTRE)).await;
    if answer.status == StatusCode::NO_CONTENT {
        return 0;
    }
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let squares = &read(&answer.bytes)["heat"];
    squares.iter().map(|square| square.tags["count"].parse::<usize>().unwrap()).sum()
}

/// The reports of a key, page by page.
async fn listed(world: &World, key: &str, query: &str) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/reports?{query}{after}");
        let page = world.client.get_as(key, &path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        let page = page.json();
        ids.extend(page["reports"].as_array().unwrap().iter().map(|it| text(&it["id"])));
        let Some(next) = page["next"].as_str() else { return ids };
        after = format!("&after={next}");
    }
}

#[tokio::test]
async fn what_went_to_another_unit_is_open_to_that_one_and_to_the_former_no_longer() {
    for held in all().await {
        let world = World::over(held.open().await, Limits::default());
        seed::found(&world.app, demonstration()).await.unwrap();
        let receipt = file(&world).await;
        let (id, own) = (text(&receipt["id"]), unit(&receipt["unit"]));
        let other = stranger(&world, &receipt);
        let (former, next) =
            (world.key(Role::Unit, &own).await, world.key(Role::Unit, &other).await);
        // Before the desk has taken it up it is theirs whom the rules named.
        sees(&world, &former, &id, None, true).await;
        sees(&world, &next, &id, None, false).await;
        world.take_up().await;
        let path = format!("/api/v1/incidents/{id}/pictures");
        let kept = world.client.post_as(&former, &path, "image/gif", GIF).await;
        assert_eq!(kept.status, StatusCode::CREATED, "{}", kept.text());
        let picture = text(&kept.json()["id"]);
        sees(&world, &former, &id, Some(&picture), true).await;
        sees(&world, &next, &id, Some(&picture), false).await;
        give(&world, &id, &own, &other).await;
        sees(&world, &former, &id, Some(&picture), false).await;
        sees(&world, &next, &id, Some(&picture), true).await;
        // What follows is not told to the former unit either.
        let note = json!({ "act": "note", "words": "看过", "revision": world.revision(&id).await });
        let path = format!("/api/v1/incidents/{id}/steps");
        assert_eq!(post(&world, &next, &path, note).await.status, StatusCode::OK);
        let journal = world.app.store().journal(&world.city, 0, 1_000).await.unwrap();
        let last = journal.iter().rev().find(|it| it.kind == "case_moved").unwrap();
        assert!(last.concerns(&other) && !last.concerns(&own), "{}: {last:?}", held.name());
    }
}

#[tokio::test]
async fn a_unit_s_pages_hold_what_is_its_own_to_see_each_once_newest_first() {
    for held in all().await {
        let world = World::over(held.open().await, Limits::default());
        seed::found(&world.app, demonstration()).await.unwrap();
        let first = file(&world).await;
        let (own, other) = (unit(&first["unit"]), stranger(&world, &first));
        let (mut kept, mut given) = (Vec::new(), Vec::new());
        let mut receipt = first;
        for n in 0..7 {
            world.take_up().await;
            let id = text(&receipt["id"]);
            assert_eq!(unit(&receipt["unit"]), own, "{receipt}");
            if n % 3 == 1 {
                give(&world, &id, &own, &other).await;
                given.insert(0, id);
            } else {
                kept.insert(0, id);
            }
            // So late that it is another matter.
            world.pass_us(FORTNIGHT_US);
            receipt = file(&world).await;
        }
        // The last one still waits for the desk.
        kept.insert(0, text(&receipt["id"]));
        for (unit, expected) in [(&own, &kept), (&other, &given)] {
            let key = world.key(Role::Unit, unit).await;
            for query in ["limit=1", "limit=2", "limit=1000", "limit=3&category=event.01"] {
                let found = listed(&world, &key, query).await;
                assert_eq!(&found, expected, "{} {unit} {query}", held.name());
            }
            assert!(listed(&world, &key, "category=event.02").await.is_empty());
        }
    }
}

#[tokio::test]
async fn the_heat_of_a_unit_counts_the_reports_that_its_list_holds() {
    for held in all().await {
        let world = World::over(held.open().await, Limits::default());
        seed::found(&world.app, demonstration()).await.unwrap();
        let receipt = file(&world).await;
        let (id, own) = (text(&receipt["id"]), unit(&receipt["unit"]));
        let other = stranger(&world, &receipt);
        let (former, next) =
            (world.key(Role::Unit, &own).await, world.key(Role::Unit, &other).await);
        let admin = world.key(Role::Admin, &own).await;
        let seen = async || {
            let counts = [
                warmth(&world, &former).await,
                warmth(&world, &next).await,
                warmth(&world, &admin).await,
            ];
            let lists =
                [listed(&world, &former, "").await.len(), listed(&world, &next, "").await.len()];
            assert_eq!(counts[..2], lists, "{}", held.name());
            counts
        };
        assert_eq!(seen().await, [1, 0, 1]);
        world.take_up().await;
        assert_eq!(seen().await, [1, 0, 1]);
        give(&world, &id, &own, &other).await;
        assert_eq!(seen().await, [0, 1, 1]);
        // What is told again of the same matter lives on in that case, whomever the rules name.
        let again = text(&file(&world).await["id"]);
        world.take_up().await;
        assert_eq!([warmth(&world, &former).await, warmth(&world, &next).await], [0, 2]);
        let path = format!("/api/v1/reports/{again}");
        assert_eq!(world.client.get_as(&next, &path).await.status, StatusCode::OK);
        assert_eq!(world.client.get_as(&former, &path).await.status, StatusCode::NOT_FOUND);
    }
}
