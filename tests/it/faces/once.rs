//! Every write of incidents is done once under its idempotency key, and a repeat is told the first answer.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use futures_util::future::join_all;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zonewarden::app::incidents::Wish;
use zonewarden::app::incidents::again;
use zonewarden::app::keyring::hex;
use zonewarden::app::once::Once;
use zonewarden::app::seed;
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::id::{IncidentId, UnitId};
use zonewarden::domain::incidents::case::Ask;
use zonewarden::domain::incidents::step::{Carried, Move};
use zonewarden::http::limits::Limits;

use super::reports::{filing, telling};
use crate::client::{Answer, request};
use crate::store::places::{all, durable};
use crate::world::{GIF, World, demonstration};

const JSON: &str = "application/json";
const MANY: &str = "/api/v1/incidents/steps";
const HOUR_US: i64 = 3_600 * 1_000_000;
const AT_ONCE: usize = 16;

fn steps_of(id: &str) -> String {
    format!("/api/v1/incidents/{id}/steps")
}

/// Sends a body under an idempotency key.
async fn send(world: &World, key: &str, path: &str, once: &str, body: &Value) -> Answer {
    raw(world, key, path, (JSON, once), body.to_string()).await
}

async fn raw(
    world: &World,
    key: &str,
    path: &str,
    (media, once): (&str, &str),
    body: impl Into<Body>,
) -> Answer {
    let mut asked = request(Method::POST, path, Some(key), body.into());
    asked.headers_mut().insert(header::CONTENT_TYPE, media.parse().unwrap());
    asked.headers_mut().insert("idempotency-key", once.parse().unwrap());
    world.client.ask(asked).await
}

/// Files a report and takes it up; the incident and the unit that has it.
async fn opened(world: &World, words: &str) -> (String, UnitId) {
    let mut body = telling(words);
    body["accuracy_m"] = json!(5.0);
    // Of another category each: no two of them are one matter.
    body["category"] = json!(if words == "a" { "event.01.litter" } else { "event.02" });
    let filed = world.client.ask(filing(None, &body)).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{filed:?}");
    world.take_up().await;
    let id = filed.json()["id"].as_str().unwrap().to_owned();
    let key = dispatcher(world).await;
    let found = world.client.get_as(&key, &format!("/api/v1/incidents/{id}")).await.json();
    assert_eq!(found["stage"], "dispatched", "{found}");
    (id, UnitId::new(found["unit"].as_str().unwrap()).unwrap())
}

async fn dispatcher(world: &World) -> String {
    world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await
}

fn note(revision: u32, words: &str) -> Value {
    json!({ "act": "note", "revision": revision, "words": words })
}

fn same(again: &Answer, first: &Answer) {
    assert_eq!(again.status, first.status, "{again:?}");
    assert_eq!(again.text(), first.text());
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(first.header("idempotency-replayed"), "");
}

fn reused(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
    assert_eq!(answer.json()["type"], "urn:zonewarden:problem:idempotency-key-reused");
}

#[tokio::test]
async fn a_repeated_step_is_told_the_first_answer_though_the_case_has_gone_on() {
    let world = World::new().await;
    let (id, _) = opened(&world, "a").await;
    let (other, _) = opened(&world, "b").await;
    let key = dispatcher(&world).await;
    let path = steps_of(&id);
    let first = send(&world, &key, &path, "k-1", &note(4, "seen")).await;
    assert_eq!(first.status, StatusCode::OK, "{first:?}");
    assert_eq!(first.json()["revision"], 5);
    world.pass_us(HOUR_US);
    let void = json!({ "act": "void", "revision": 5, "words": "entered twice" });
    assert_eq!(send(&world, &key, &path, "k-2", &void).await.json()["stage"], "void");
    world.pass_us(HOUR_US);
    same(&send(&world, &key, &path, "k-1", &note(4, "seen")).await, &first);
    assert_eq!(world.revision(&id).await, 6);

    // Another body, and the same body for another incident, are another request.
    reused(&send(&world, &key, &path, "k-1", &note(4, "looked at")).await);
    reused(&send(&world, &key, &path, "k-1", &note(6, "seen")).await);
    reused(&send(&world, &key, &steps_of(&other), "k-1", &note(4, "seen")).await);
    assert_eq!((world.revision(&id).await, world.revision(&other).await), (6, 4));
    // Another caller's key is its own; a step that was refused has used up none.
    let theirs = dispatcher(&world).await;
    let stale = send(&world, &theirs, &steps_of(&other), "k-1", &note(3, "seen")).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{stale:?}");
    let taken = send(&world, &theirs, &steps_of(&other), "k-1", &note(4, "seen")).await;
    assert_eq!((taken.status, taken.header("idempotency-replayed")), (StatusCode::OK, ""));
    for bad in ["", " ", &"k".repeat(129)] {
        let refused = send(&world, &key, &path, bad, &note(6, "x")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}: {refused:?}");
        assert_eq!(refused.places(), ["Idempotency-Key"], "{bad}");
    }
}

#[tokio::test]
async fn a_repeated_step_is_offered_what_was_offered_first_and_not_what_came_since() {
    let world = World::new().await;
    let (id, _) = opened(&world, "b").await;
    let key = dispatcher(&world).await;
    let first = send(&world, &key, &steps_of(&id), "k", &note(4, "seen")).await;
    assert_eq!(first.json()["candidates"], json!([]), "{first:?}");
    assert!(!first.json()["suggestions"].as_array().unwrap().is_empty(), "{first:?}");
    // The rules doubt it, so that it is put behind no other matter: a person may do that.
    let mut like = telling("b");
    (like["category"], like["accuracy_m"]) = (json!("event.02"), json!(3_000.0));
    let like = world.client.ask(filing(None, &like)).await.json();
    assert_eq!(like["for_dispatcher"], true, "{like}");
    world.take_up().await;
    let now = world.client.get_as(&key, &format!("/api/v1/incidents/{id}")).await.json();
    assert_eq!(now["candidates"][0]["id"], like["id"], "{now}");
    same(&send(&world, &key, &steps_of(&id), "k", &note(4, "seen")).await, &first);
    let next = send(&world, &key, &steps_of(&id), "l", &note(5, "alike")).await;
    assert_eq!(next.json()["candidates"], now["candidates"]);
    same(&send(&world, &key, &steps_of(&id), "l", &note(5, "alike")).await, &next);
}

#[tokio::test]
async fn who_does_not_see_the_case_any_more_is_still_told_what_became_of_the_step() {
    let world = World::new().await;
    let (id, unit) = opened(&world, "a").await;
    let path = steps_of(&id);
    let (key, desk) = (world.key(Role::Unit, &unit).await, dispatcher(&world).await);
    let atlas = world.app.atlas(&world.city).unwrap();
    let other = atlas.units().iter().find(|it| it.id != unit).unwrap().id.clone();
    let back = json!({ "act": "send_back", "revision": 4, "words": "not ours", "unit": other });
    let first = send(&world, &key, &path, "k", &back).await;
    assert_eq!(first.json()["stage"], "sent_back", "{first:?}");
    let to = json!({ "act": "reassign", "revision": 5, "words": "theirs", "unit": other });
    assert_eq!(send(&world, &desk, &path, "k", &to).await.status, StatusCode::OK);
    let hidden = world.client.get_as(&key, &format!("/api/v1/incidents/{id}")).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    same(&send(&world, &key, &path, "k", &back).await, &first);
}

#[tokio::test]
async fn a_merge_is_one_step_in_each_case_however_often_it_is_sent() {
    let world = World::new().await;
    let ((part, _), (whole, _)) = (opened(&world, "a").await, opened(&world, "b").await);
    let key = dispatcher(&world).await;
    let merge = json!({ "act": "merge", "revision": 4, "words": "one matter", "other": whole,
                        "other_revision": 4 });
    let first = send(&world, &key, &steps_of(&part), "m", &merge).await;
    assert_eq!(first.json()["stage"], "merged", "{first:?}");
    same(&send(&world, &key, &steps_of(&part), "m", &merge).await, &first);
    assert_eq!((world.revision(&part).await, world.revision(&whole).await), (5, 5));
}

#[tokio::test]
async fn many_steps_of_which_some_were_refused_are_answered_as_they_were() {
    let world = World::new().await;
    let ((one, _), (two, _)) = (opened(&world, "a").await, opened(&world, "b").await);
    let key = dispatcher(&world).await;
    let mut steps = [note(4, "seen"), note(4, "seen again"), note(4, "seen"), note(4, "whose?")];
    (steps[0]["id"], steps[1]["id"], steps[2]["id"]) = (json!(one), json!(one), json!(two));
    let body = json!([steps[0], steps[1], steps[2], steps[3], 7]);
    let first = send(&world, &key, MANY, "k", &body).await;
    let statuses = |answer: &Answer| -> Vec<u64> {
        let results = answer.json()["results"].as_array().unwrap().clone();
        results.iter().map(|it| it["status"].as_u64().unwrap()).collect()
    };
    assert_eq!(statuses(&first), [200, 409, 200, 422, 400], "{first:?}");
    world.pass_us(HOUR_US);
    let void = json!({ "act": "void", "revision": 5, "words": "entered twice" });
    assert_eq!(send(&world, &key, &steps_of(&one), "v", &void).await.status, StatusCode::OK);
    same(&send(&world, &key, MANY, "k", &body).await, &first);
    assert_eq!((world.revision(&one).await, world.revision(&two).await), (6, 5));
    reused(&send(&world, &key, MANY, "k", &json!([steps[2]])).await);
    // A key of one step and a key of many are the same caller's keys.
    reused(&send(&world, &key, &steps_of(&two), "k", &note(5, "x")).await);
    let theirs = dispatcher(&world).await;
    let answer = send(&world, &theirs, MANY, "k", &body).await;
    assert_eq!(statuses(&answer), [409, 409, 409, 422, 400], "nobody else's answer");
}

#[tokio::test]
async fn a_list_of_steps_that_broke_off_is_gone_on_with_and_no_step_is_taken_twice() {
    let world = World::new().await;
    let ((one, _), (two, _)) = (opened(&world, "a").await, opened(&world, "b").await);
    let key = dispatcher(&world).await;
    let mut steps = [note(4, "first"), note(4, "second")];
    (steps[0]["id"], steps[1]["id"]) = (json!(one), json!(two));
    let body = json!(steps).to_string();
    // As the service had done it when it died behind the first.
    let request_hash = hex(&Sha256::digest(format!("{MANY}\n{body}")));
    let actor = key.split('_').nth(1).unwrap().to_owned();
    let caller = Caller { role: Role::Dispatcher, unit: None, actor };
    let asked = Once { key: Some("k".to_owned()), request_hash };
    let pass = asked.ticket(&caller).unwrap().unwrap().part(0);
    let carried = Carried { words: "first".to_owned(), ..Carried::default() };
    let wish = Wish { ask: Ask { seen: 4, act: Move::Note, carried }, other_seen: None };
    let seat = world.app.seat(None).unwrap();
    let id = IncidentId(one.parse().unwrap());
    let acted = again::act(&world.app, &seat, &caller, id, &wish, Some(&pass)).await.unwrap();
    assert!(!acted.again);

    reused(&send(&world, &key, MANY, "k", &json!([steps[1]])).await);
    assert_eq!(world.revision(&two).await, 4);
    let answer = raw(&world, &key, MANY, (JSON, "k"), body.clone()).await;
    let results = answer.json()["results"].clone();
    assert_eq!((&results[0]["status"], &results[1]["status"]), (&json!(200), &json!(200)));
    assert_eq!(results[0]["incident"]["revision"], 5);
    same(&raw(&world, &key, MANY, (JSON, "k"), body).await, &answer);
    assert_eq!((world.revision(&one).await, world.revision(&two).await), (5, 5));
}

#[tokio::test]
async fn a_picture_that_is_sent_again_is_the_one_that_was_kept() {
    let world = World::new().await;
    let (id, unit) = opened(&world, "a").await;
    let key = world.key(Role::Unit, &unit).await;
    let path = format!("/api/v1/incidents/{id}/pictures");
    let gif = ("image/gif", "p");
    let first = raw(&world, &key, &path, gif, GIF).await;
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    same(&raw(&world, &key, &path, gif, GIF).await, &first);
    reused(&raw(&world, &key, &path, gif, format!("{GIF};")).await);
    // A key that kept a picture takes no step.
    reused(&send(&world, &key, &steps_of(&id), "p", &note(4, "x")).await);
    let other = raw(&world, &key, &path, ("image/gif", "q"), GIF).await;
    assert_ne!(other.text(), first.text());
    let theirs = dispatcher(&world).await;
    let other = raw(&world, &theirs, &path, gif, GIF).await;
    assert_ne!(other.text(), first.text());
    let journal = world.app.store().journal(&world.city, 0, 1_000).await.unwrap();
    assert_eq!(journal.iter().filter(|it| it.kind == "picture_kept").count(), 3);
}

#[tokio::test]
async fn of_many_at_once_under_one_key_one_takes_the_step_and_all_are_told_of_it() {
    for held in all().await {
        let world = World::over(held.open().await, Limits::default());
        seed::found(&world.app, demonstration()).await.unwrap();
        let (id, _) = opened(&world, "a").await;
        let (key, path) = (dispatcher(&world).await, steps_of(&id));
        let body = note(4, "seen");
        let asks = (0..AT_ONCE).map(|_| send(&world, &key, &path, "storm", &body));
        let answers: Vec<Answer> = join_all(asks).await;
        for answer in &answers {
            assert_eq!(answer.status, StatusCode::OK, "{}: {answer:?}", held.name());
            assert_eq!(answer.text(), answers[0].text(), "{}", held.name());
        }
        let fresh = |it: &&Answer| it.header("idempotency-replayed").is_empty();
        assert_eq!(answers.iter().filter(fresh).count(), 1, "{}", held.name());
        assert_eq!(world.revision(&id).await, 5, "{}", held.name());
        let mut step = note(5, "seen");
        step["id"] = json!(id);
        let many = json!([step, step]);
        let asks = (0..AT_ONCE).map(|_| send(&world, &key, MANY, "many", &many));
        let answers: Vec<Answer> = join_all(asks).await;
        for answer in &answers {
            assert_eq!(answer.text(), answers[0].text(), "{}", held.name());
        }
        assert_eq!(answers[0].json()["results"][0]["status"], 200, "{:?}", answers[0]);
        assert_eq!(answers[0].json()["results"][1]["status"], 409, "{:?}", answers[0]);
        assert_eq!(world.revision(&id).await, 6, "{}", held.name());
    }
}

#[tokio::test]
async fn the_first_answer_is_told_after_a_restart_too() {
    for held in durable().await {
        let world = World::over(held.open().await, Limits::default());
        seed::found(&world.app, demonstration()).await.unwrap();
        let (id, _) = opened(&world, "a").await;
        let (key, path) = (dispatcher(&world).await, steps_of(&id));
        let pictures = format!("/api/v1/incidents/{id}/pictures");
        let step = send(&world, &key, &path, "k", &note(4, "seen")).await;
        let mut two = note(5, "seen");
        two["id"] = json!(id);
        let many = send(&world, &key, MANY, "m", &json!([two, two])).await;
        let picture = raw(&world, &key, &pictures, ("image/gif", "p"), GIF).await;
        drop(world);
        let world = World::over(held.open().await, Limits::default());
        world.app.refresh().await.unwrap();
        world.pass_us(HOUR_US);
        same(&send(&world, &key, &path, "k", &note(4, "seen")).await, &step);
        same(&send(&world, &key, MANY, "m", &json!([two, two])).await, &many);
        let again = raw(&world, &key, &pictures, ("image/gif", "p"), GIF).await;
        same(&again, &picture);
        assert_eq!(world.revision(&id).await, 6, "{}", held.name());
    }
}
