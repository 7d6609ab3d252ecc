//! Webhooks, with receivers on loopback.

mod receiver;
mod badly;
mod rights;

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::app::webhooks::courier::Courier;
use zonewarden::app::webhooks::sender::Sender;
use zonewarden::app::webhooks::{self, Issued, Order};
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::id::UnitId;
use zonewarden::domain::webhooks::webhook::Topic;
use zonewarden::http::limits::Limits;
use zonewarden::store::open::{Migrate, Place, open};

use self::receiver::{Got, Manner, Receiver};
use crate::world::{CENTRE, World};

const SECOND_US: i64 = 1_000_000;

/// A courier with little patience.
fn courier(world: &World) -> Courier {
    let sender = Sender::new(true, Vec::new()).hurried(Duration::from_millis(700));
    Courier::new(world.app.clone(), sender).unwrap()
}

async fn deliver(world: &World, courier: &Courier) {
    let seat = world.app.seat(None).unwrap();
    courier.deliver_now(&seat).await.unwrap();
}

async fn made(world: &World, to: &Receiver, unit: Option<&UnitId>, topics: &[Topic]) -> Issued {
    let seat = world.app.seat(None).unwrap();
    let order = Order {
        url: to.url.clone(),
        topics: topics.to_vec(),
        label: String::new(),
        unit: unit.cloned(),
    };
    webhooks::make(&world.app, &seat, &Caller::cli(), order).await.unwrap()
}

/// Files a report; the unit it went to.
async fn file(world: &World) -> UnitId {
    let body = json!({ "lon": CENTRE.0, "lat": CENTRE.1, "words": "积水 13800000000",
        "contact": "13900000000", "category": "event.01.litter", "accuracy_m": 5 });
    let filed = world.client.post("/api/v1/reports", "application/json", body.to_string()).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
    UnitId::new(filed.json()["unit"].as_str().unwrap()).unwrap()
}

fn kinds(got: &[Got]) -> Vec<String> {
    let mut kinds: Vec<String> =
        got.iter().map(|it| it.json()["type"].as_str().unwrap().to_owned()).collect();
    kinds.sort();
    kinds
}

async fn state(world: &World, it: &Issued) -> Value {
    let key = world.key(Role::Admin, &UnitId::new("x").unwrap()).await;
    let path = format!("/api/v1/webhooks/{}", it.standing.webhook.id);
    let found = world.client.get_as(&key, &path).await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.text());
    found.json()
}

async fn undelivered(world: &World, it: &Issued, dead: bool) -> Vec<Value> {
    let key = world.key(Role::Admin, &UnitId::new("x").unwrap()).await;
    let path = format!("/api/v1/webhooks/{}/deliveries?dead={dead}", it.standing.webhook.id);
    let found = world.client.get_as(&key, &path).await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.text());
    found.json()["deliveries"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_unit_is_told_what_concerns_it_signed_once_and_without_words_or_contacts() {
    let world = World::new().await;
    let courier = courier(&world);
    let (own, whole, cases, other) = (
        Receiver::open(Manner::Status(200)).await,
        Receiver::open(Manner::Status(204)).await,
        Receiver::open(Manner::Status(200)).await,
        Receiver::open(Manner::Status(200)).await,
    );
    let unit = file(&world).await;
    let atlas = world.app.atlas(&world.city).unwrap();
    let stranger = atlas.units().iter().rfind(|it| it.id != unit).unwrap().id.clone();
    let issued = made(&world, &own, Some(&unit), &[]).await;
    made(&world, &whole, None, &[]).await;
    made(&world, &cases, Some(&unit), &[Topic::CaseOpened]).await;
    made(&world, &other, Some(&stranger), &[]).await;
    file(&world).await;
    world.take_up().await;
    deliver(&world, &courier).await;
    let got = own.take();
    // The report that was filed before the webhook was made is none of its events; its case is.
    let told = kinds(&got);
    assert_eq!(told.iter().filter(|it| *it == "report_filed").count(), 1, "{told:?}");
    assert!(kinds(&whole.take()).len() >= told.len());
    assert!(kinds(&cases.take()).iter().all(|it| it == "case_opened"));
    assert!(other.take().is_empty());
    for it in &got {
        assert_eq!((it.signed(&issued.secret), it.signatures()), (1, 1), "{it:?}");
        assert_eq!(it.headers["content-type"], "application/json");
        assert!(it.json()["data"]["facts"].to_string().contains(unit.as_str()));
        for hidden in ["13800000000", "13900000000", "积水", "public", "actor"] {
            assert!(!it.body.contains(hidden), "{hidden} in {}", it.body);
        }
    }
    deliver(&world, &courier).await;
    assert!(own.take().is_empty(), "nothing comes twice");
}

#[tokio::test]
async fn while_a_secret_is_rotated_both_sign_and_then_the_new_one_alone() {
    let world = World::new().await;
    let (courier, to) = (courier(&world), Receiver::open(Manner::Status(200)).await);
    let first = made(&world, &to, None, &[Topic::ReportFiled]).await;
    let key = world.key(Role::Admin, &UnitId::new("x").unwrap()).await;
    let path = format!("/api/v1/webhooks/{}/secret", first.standing.webhook.id);
    let rotated = world.client.post_as(&key, &path, "application/json", r#"{"keep_s":60}"#).await;
    assert_eq!(rotated.status, StatusCode::OK, "{}", rotated.text());
    let second = rotated.json()["secret"].as_str().unwrap().to_owned();
    file(&world).await;
    deliver(&world, &courier).await;
    let both = to.take().remove(0);
    assert_eq!((both.signed(&first.secret), both.signed(&second), both.signatures()), (1, 1, 2));
    world.pass_us(60 * SECOND_US);
    file(&world).await;
    deliver(&world, &courier).await;
    let one = to.take().remove(0);
    assert_eq!((one.signed(&first.secret), one.signed(&second), one.signatures()), (0, 1, 1));
    assert!(!state(&world, &first).await.to_string().contains("whsec"));
    let journal = world.app.store().journal(&world.city, 0, 1_000).await.unwrap();
    let journal = format!("{journal:?}");
    assert!(
        !journal.contains("whsec") && !journal.contains(&to.url) && !journal.contains("sealed")
    );
}

#[tokio::test]
async fn what_was_not_taken_is_tried_again_at_its_time_under_the_same_id() {
    let world = World::new().await;
    let (courier, to) = (courier(&world), Receiver::open(Manner::Status(500)).await);
    let it = made(&world, &to, None, &[Topic::ReportFiled]).await;
    file(&world).await;
    deliver(&world, &courier).await;
    let first = to.take();
    assert_eq!(first.len(), 1);
    let kept = undelivered(&world, &it, false).await;
    assert_eq!((kept.len(), &kept[0]["attempts"], &kept[0]["status"]), (1, &json!(1), &json!(500)));
    assert_eq!(kept[0]["message"], first[0].id());
    assert!(state(&world, &it).await["failing_since"].is_string());
    world.pass_us(4 * SECOND_US);
    deliver(&world, &courier).await;
    assert!(to.take().is_empty(), "not before its time");
    to.behave(Manner::Status(202));
    // Something new comes first or last, but it does not wait for what failed.
    file(&world).await;
    world.pass_us(2 * SECOND_US);
    deliver(&world, &courier).await;
    let again = to.take();
    assert_eq!(again.len(), 2);
    let same = again.iter().find(|it| it.id() == first[0].id()).unwrap();
    assert_eq!(same.body, first[0].body);
    assert_ne!(same.headers["webhook-timestamp"], first[0].headers["webhook-timestamp"]);
    assert_eq!(same.signed(&it.secret), 1);
    assert!(undelivered(&world, &it, false).await.is_empty());
    assert_eq!(state(&world, &it).await["failing_since"], Value::Null);
}

#[tokio::test]
async fn after_ten_attempts_it_is_a_dead_letter_that_can_be_replayed() {
    const PAUSES_S: [i64; 10] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400, 0];
    let world = World::new().await;
    let (courier, to) = (courier(&world), Receiver::open(Manner::Status(503)).await);
    let it = made(&world, &to, None, &[Topic::ReportFiled]).await;
    file(&world).await;
    let mut ids = std::collections::BTreeSet::new();
    for pause_s in PAUSES_S {
        deliver(&world, &courier).await;
        let got = to.take();
        assert_eq!(got.len(), 1, "before {pause_s} s");
        ids.insert(got[0].id().to_owned());
        world.pass_us(pause_s * SECOND_US * 11 / 10 + SECOND_US);
    }
    deliver(&world, &courier).await;
    assert!(to.take().is_empty() && ids.len() == 1);
    let dead = undelivered(&world, &it, true).await;
    assert_eq!((dead.len(), &dead[0]["attempts"]), (1, &json!(10)), "{dead:?}");
    assert_eq!((&dead[0]["next_at"], &dead[0]["message"]), (&Value::Null, &json!(ids.first())));
    to.behave(Manner::Status(200));
    let key = world.key(Role::Admin, &UnitId::new("x").unwrap()).await;
    let path = format!("/api/v1/webhooks/{}/replay", it.standing.webhook.id);
    let wrong = world.client.post_as(&key, &path, "application/json", r#"{"seqs":[1]}"#).await;
    assert_eq!(wrong.status, StatusCode::CONFLICT, "{}", wrong.text());
    let done = world.client.post_as(&key, &path, "application/json", "{}").await;
    assert_eq!(done.json()["replayed"], 1, "{}", done.text());
    deliver(&world, &courier).await;
    let got = to.take();
    assert!(got.len() == 1 && ids.contains(got[0].id()));
    assert!(undelivered(&world, &it, true).await.is_empty());
}

#[tokio::test]
async fn a_delivery_outlives_the_process_and_nothing_is_lost_on_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::File(folder.path().join("city.gpkg"));
    let to = Receiver::open(Manner::Close).await;
    let world = World::over(open(&place, Migrate::Apply).await.unwrap(), Limits::default());
    zonewarden::app::seed::found(&world.app, crate::world::demonstration()).await.unwrap();
    let it = made(&world, &to, None, &[Topic::ReportFiled]).await;
    for _ in 0..3 {
        file(&world).await;
    }
    deliver(&world, &courier(&world)).await;
    let failed: std::collections::BTreeSet<String> =
        to.take().iter().map(|got| got.id().to_owned()).collect();
    assert_eq!(failed.len(), 3, "each was tried");
    file(&world).await; // not tried before the process ends
    drop(world);
    let world = World::over(open(&place, Migrate::Apply).await.unwrap(), Limits::default());
    world.app.refresh().await.unwrap();
    to.behave(Manner::Status(200));
    // The claim of the process before has to end first.
    world.pass_us(60 * SECOND_US);
    deliver(&world, &courier(&world)).await;
    let got: Vec<String> = to.take().iter().map(|got| got.id().to_owned()).collect();
    assert_eq!(got.len(), 4, "{got:?}");
    assert!(failed.iter().all(|id| got.contains(id)));
    assert!(undelivered(&world, &it, false).await.is_empty());
}

#[tokio::test]
async fn a_clock_that_was_ahead_and_was_set_back_holds_no_delivery_up() {
    let world = World::new().await;
    let to = Receiver::open(Manner::Status(500)).await;
    let it = made(&world, &to, None, &[Topic::ReportFiled]).await;
    let ahead_us = 400 * 86_400 * SECOND_US;
    world.pass_us(ahead_us);
    let before = courier(&world);
    file(&world).await;
    deliver(&world, &before).await;
    let failed = to.take();
    assert_eq!(failed.len(), 1);
    world.pass_us(-ahead_us);
    to.behave(Manner::Status(200));
    file(&world).await;
    deliver(&world, &courier(&world)).await;
    let got = to.take();
    assert_eq!(got.len(), 2, "what is new and what failed");
    assert!(got.iter().any(|it| it.id() == failed[0].id()));
    assert!(undelivered(&world, &it, false).await.is_empty());
    file(&world).await;
    deliver(&world, &before).await;
    assert!(to.take().is_empty(), "the claim is the other's now");
}

#[tokio::test]
async fn two_processes_share_the_work_and_an_event_is_sent_by_one() {
    let world = World::new().await;
    let to = Receiver::open(Manner::Status(200)).await;
    made(&world, &to, None, &[Topic::ReportFiled]).await;
    for _ in 0..20 {
        file(&world).await;
    }
    let (a, b) = (courier(&world), courier(&world));
    tokio::join!(deliver(&world, &a), deliver(&world, &b));
    let mut ids: Vec<String> = to.take().iter().map(|got| got.id().to_owned()).collect();
    ids.sort();
    let sent = ids.len();
    ids.dedup();
    assert_eq!((sent, ids.len()), (20, 20));
}
