//! What was told in words goes with who told it, on request and in time, and comes back from no reading.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::app::people::forget::{Forgotten, forget_due};
use zonewarden::app::seed;
use zonewarden::domain::accounts::Role;
use zonewarden::domain::atlas::city::{City, CityState};
use zonewarden::domain::id::{IncidentId, UnitId};
use zonewarden::http::limits::Limits;
use zonewarden::store::ReportFilter;
use zonewarden::store::open::Place;

use super::open311::{FORM, filed};
use super::people::{holds, texts};
use crate::client::Answer;
use crate::store::places::{Held, all};
use crate::world::{World, demonstration};

const JSON: &str = "application/json";
const LITTER: &str = "service_code=event.01.litter&lat=36.585&long=109.484&accuracy=5";
const DAY_US: i64 = 86_400_000_000;
/// The person's own.
const CANARIES: [&str; 4] = ["13812345678", "138-1234-5678", "canary", "mallory.example"];
const UPDATES: &str = "/open311/v2/servicerequestupdates.json";

async fn world_over(held: &Held) -> World {
    let world = World::over(held.open().await, Limits::default());
    seed::found(&world.app, demonstration()).await.unwrap();
    world
}

async fn key(world: &World, role: Role) -> String {
    world.key(role, &UnitId::new("x").unwrap()).await
}

/// What somebody says of a public request; again with the same `update_id`.
async fn add(world: &World, id: &str) -> Answer {
    let form = format!(
        "service_request_id={id}&update_id=u1&description=3+cars,+call+13812345678+or+canary%40mallory.example"
    );
    world.client.post(UPDATES, FORM, form).await
}

async fn step(world: &World, id: &str, act: &str, words: &str) -> Value {
    let key = key(world, Role::Dispatcher).await;
    let body = json!({ "act": act, "words": words, "revision": world.revision(id).await });
    let path = format!("/api/v1/incidents/{id}/steps");
    let answer = world.client.post_as(&key, &path, JSON, body.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()
}

/// A public request with words of a person in every place that takes some; the report's id.
async fn told(world: &World, contact: &str) -> String {
    let id = filed(world, &format!("{LITTER}{contact}&description=call+13812345678")).await;
    world.take_up().await;
    let added = add(world, &id).await;
    assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
    step(world, &id, "note", "called 138-1234-5678, he named 13900000000").await;
    id
}

/// Everything that any reading gives: the store's own, and what is told over HTTP.
async fn everything(world: &World, held: &Held, id: &str) -> String {
    let (store, city) = (world.app.store(), &world.city);
    let incident = IncidentId(id.parse().unwrap());
    let reports = store.reports(city, &ReportFilter::default(), None, 1_000).await.unwrap();
    let mut said = format!(
        "{:?} {:?} {:?}",
        store.journal(city, 0, 10_000).await.unwrap(),
        store.steps_of(city, &[incident]).await.unwrap(),
        reports,
    );
    let key = key(world, Role::Admin).await;
    for path in [
        format!("/api/v1/incidents/{id}"),
        format!("/api/v1/reports/{id}"),
        "/api/v1/reports".to_owned(),
        "/api/v1/feed.atom".to_owned(),
        "/api/v1/feed.geojson".to_owned(),
        format!("{UPDATES}?start_date=2026-05-01T00:00:00Z&end_date=2026-06-01T00:00:00Z"),
        format!("/open311/v2/requests/{id}.json?extensions=true"),
    ] {
        let answer = world.client.get_as(&key, &path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
        said.push_str(answer.text());
    }
    if let Place::Postgres(url) = held.place() {
        said.push_str(&texts(&url).await);
    }
    said
}

fn nowhere(held: &Held, said: &str) {
    for canary in CANARIES {
        assert!(!said.contains(canary), "{canary} in {}: {said}", held.name());
        if let Place::File(path) = held.place() {
            assert!(!holds(path.parent().unwrap(), canary), "{canary} in the file or its log");
        }
    }
}

/// The words of a case's notes.
async fn words(world: &World, id: &str) -> Vec<String> {
    let incident = IncidentId(id.parse().unwrap());
    let (_, steps) = world.app.store().incident(&world.city, incident).await.unwrap().unwrap();
    let notes = steps.into_iter().filter(|step| step.act.code() == "note");
    notes.map(|step| step.carried.words).collect()
}

const LEFT: [&str; 2] = ["3 cars, call *** or ***", "called ***, he named 13900000000"];

#[tokio::test]
async fn erasing_with_words_takes_the_person_out_of_notes_too_and_staff_s_words_stay() {
    for held in all().await {
        let world = world_over(&held).await;
        let id = told(&world, "&phone=13812345678&email=canary%40mallory.example").await;
        let key = key(&world, Role::Admin).await;
        let erase = async |words: bool, dry_run: bool| {
            let body = json!({ "contact": "+86 13812345678", "words": words, "dry_run": dry_run });
            let path = "/api/v1/people/erase";
            let answer = world.client.post_as(&key, path, JSON, body.to_string()).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            let told = answer.json();
            [&told["people"], &told["words"], &told["steps"]].map(|it| it.as_u64().unwrap())
        };
        assert_eq!(erase(true, true).await, [1, 1, 2], "{}", held.name());
        assert!(words(&world, &id).await[0].contains("13812345678"), "nothing was done yet");
        assert_eq!(erase(true, false).await, [1, 1, 2], "{}", held.name());
        assert_eq!(words(&world, &id).await, LEFT, "{}", held.name());
        nowhere(&held, &everything(&world, &held, &id).await);
        // The case goes on as before, and who repeats what was added is told that it was.
        let again = add(&world, &id).await;
        assert_eq!(again.header("idempotency-replayed"), "true", "{again:?}");
        assert_eq!(step(&world, &id, "void", "entered twice").await["stage"], "void");
        assert_eq!(words(&world, &id).await, LEFT, "{}", held.name());
    }
}

#[tokio::test]
async fn erasing_without_words_leaves_them() {
    let world = World::new().await;
    let id = told(&world, "&phone=13812345678").await;
    let key = key(&world, Role::Admin).await;
    let body = json!({ "contact": "13812345678" }).to_string();
    let told = world.client.post_as(&key, "/api/v1/people/erase", JSON, body).await.json();
    assert_eq!(
        (&told["people"], &told["words"], &told["steps"]),
        (&json!(1), &json!(0), &json!(0))
    );
    assert!(words(&world, &id).await[0].contains("13812345678"));
}

#[tokio::test]
async fn when_its_time_is_over_what_the_public_told_is_masked_and_what_staff_wrote_of_them() {
    for held in all().await {
        let world = world_over(&held).await;
        let id = told(&world, "&phone=13812345678").await;
        let seat = world.app.seat(None).unwrap();
        world.pass_us(300 * DAY_US);
        assert_eq!(forget_due(&world.app, &seat).await.unwrap(), Forgotten::default());
        step(&world, &id, "void", "entered twice").await;
        world.pass_us(179 * DAY_US);
        assert_eq!(forget_due(&world.app, &seat).await.unwrap(), Forgotten::default());
        assert!(words(&world, &id).await[0].contains("13812345678"), "{}", held.name());
        world.pass_us(2 * DAY_US);
        let done = forget_due(&world.app, &seat).await.unwrap();
        assert_eq!(done, Forgotten { people: 1, pictures: 0, words: 3 }, "{}", held.name());
        assert_eq!(words(&world, &id).await, LEFT, "{}", held.name());
        nowhere(&held, &everything(&world, &held, &id).await);
        let end = world.app.store().head(&world.city).await.unwrap();
        assert_eq!(forget_due(&world.app, &seat).await.unwrap(), Forgotten::default());
        let now = world.app.store().head(&world.city).await.unwrap();
        assert_eq!(now, end, "{}: who has nothing to do writes nothing", held.name());
    }
}

#[tokio::test]
async fn words_of_a_report_behind_which_nobody_stands_are_masked_in_time_too() {
    let world = World::new().await;
    let first = told(&world, "").await;
    // Another voice on the same matter: its own case lives on in the first.
    let second = filed(&world, &format!("{LITTER}&description=I+am+13812345678")).await;
    world.take_up().await;
    let key = key(&world, Role::Admin).await;
    let part = world.client.get_as(&key, &format!("/api/v1/incidents/{second}")).await.json();
    assert_eq!(part["merged_into"], json!(first), "{part}");
    step(&world, &first, "void", "entered twice").await;
    world.pass_us(181 * DAY_US);
    let seat = world.app.seat(None).unwrap();
    let done = forget_due(&world.app, &seat).await.unwrap();
    // Of nobody it is known that the number in the staff's note is his.
    assert_eq!(done, Forgotten { people: 0, pictures: 0, words: 3 });
    for (id, left) in [(&first, "call ***"), (&second, "I am ***")] {
        let report = world.client.get_as(&key, &format!("/api/v1/reports/{id}")).await.json();
        assert_eq!(report["words"], left);
    }
    let left = words(&world, &first).await;
    assert_eq!(left, [LEFT[0], "called 138-1234-5678, he named 13900000000"]);
    // What is added to the case when it is long over is looked at when it has become old itself.
    let later = step(&world, &first, "reopen", "again").await;
    assert_eq!(later["open"], true, "{later}");
    let form = format!("service_request_id={first}&description=still+13812345678");
    assert_eq!(world.client.post(UPDATES, FORM, form).await.status, StatusCode::CREATED);
    step(&world, &first, "refuse", "no").await;
    assert_eq!(forget_due(&world.app, &seat).await.unwrap(), Forgotten::default());
    world.pass_us(181 * DAY_US);
    let done = forget_due(&world.app, &seat).await.unwrap();
    assert_eq!(done, Forgotten { people: 0, pictures: 0, words: 1 });
    assert_eq!(words(&world, &first).await[2], "still ***");
}

#[tokio::test]
async fn how_long_contacts_and_words_are_kept_is_the_city_s_to_say() {
    for (contact_days, forgotten) in [(7, true), (9, false)] {
        let world = World::empty(Limits::default()).await;
        let demonstration = demonstration();
        let city = City { contact_days, ..demonstration.city.clone() };
        seed::found(&world.app, CityState { city, ..demonstration }).await.unwrap();
        let id = told(&world, "&phone=13812345678").await;
        step(&world, &id, "void", "entered twice").await;
        world.pass_us(8 * DAY_US);
        let seat = world.app.seat(None).unwrap();
        let done = forget_due(&world.app, &seat).await.unwrap();
        let expected = if forgotten { (1, 3) } else { (0, 0) };
        assert_eq!((done.people, done.words), expected, "{contact_days} days");
        let key = key(&world, Role::Admin).await;
        let report = world.client.get_as(&key, &format!("/api/v1/reports/{id}")).await.json();
        assert_eq!(report["has_contact"], !forgotten, "{contact_days} days");
        let said = if forgotten { "call ***" } else { "call 13812345678" };
        assert_eq!(report["words"], said, "{contact_days} days");
    }
}
