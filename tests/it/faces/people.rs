//! Who stands behind reports: sealed, shown with a reason, exported and erased on request, forgotten in time,
//! and nowhere else to be found.

use std::path::Path;

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::app::clock::Clock;
use zonewarden::app::people::forget::{Forgotten, forget_due};
use zonewarden::app::people::keys::ContactKeys;
use zonewarden::app::people::seal::{reseal, seal_clear};
use zonewarden::app::seed;
use zonewarden::app::state::App;
use zonewarden::domain::accounts::Role;
use zonewarden::domain::change::JournalEntry;
use zonewarden::domain::id::{ReportId, UnitId};
use zonewarden::http::limits::Limits;
use zonewarden::store::Store;
use zonewarden::store::open::{Migrate, Place, open};

use super::open311::{FORM, PARKING};
use super::reports::filing;
use crate::client::Answer;
use crate::store::places::durable;
use crate::world::{CENTRE, World, demonstration};

const JSON: &str = "application/json";
const DAY_US: i64 = 86_400_000_000;
/// Looked for everywhere.
const CANARIES: [&str; 6] =
    ["13812345678", "canary", "mallory", "acct-4711", "dev-4711", "1381234567"];

fn told(contact: &str) -> Value {
    json!({ "lon": CENTRE.0, "lat": CENTRE.1, "words": "积水", "contact": contact })
}

async fn file(world: &World, contact: &str) -> (String, UnitId) {
    let filed = world.client.post("/api/v1/reports", JSON, told(contact).to_string()).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{filed:?}");
    let receipt = filed.json();
    let unit = UnitId::new(receipt["unit"].as_str().unwrap()).unwrap();
    (receipt["id"].as_str().unwrap().to_owned(), unit)
}

async fn admin(world: &World) -> String {
    world.key(Role::Admin, &UnitId::new("x").unwrap()).await
}

async fn ask(world: &World, key: &str, path: &str, body: Value) -> Answer {
    world.client.post_as(key, path, JSON, body.to_string()).await
}

async fn see(world: &World, key: &str, id: &str) -> Answer {
    ask(world, key, &format!("/api/v1/reports/{id}/contact"), json!({ "reason": "call back" }))
        .await
}

async fn journal(world: &World) -> Vec<JournalEntry> {
    world.app.store().journal(&world.city, 0, 10_000).await.unwrap()
}

fn report_id(id: &str) -> ReportId {
    ReportId(id.parse().unwrap())
}

#[tokio::test]
async fn a_contact_is_seen_by_those_who_call_back_with_a_reason_and_every_look_is_journalled() {
    let world = World::new().await;
    let (id, unit) = file(&world, "13800000000").await;
    let stranger = {
        let atlas = world.app.atlas(&world.city).unwrap();
        let filed = world.app.store().report(&world.city, report_id(&id)).await.unwrap().unwrap();
        let other =
            atlas.units().iter().find(|it| it.id != unit && !filed.assignment.co.contains(&it.id));
        other.unwrap().id.clone()
    };
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Public) {
        let key = world.key(role, &unit).await;
        let path = format!("/api/v1/reports/{id}");
        let seen = world.client.get_as(&key, &path).await;
        assert_eq!(seen.json()["has_contact"], true, "{role:?}");
        let many = world.client.get_as(&key, "/api/v1/reports").await;
        assert!(!seen.text().contains("138") && !many.text().contains("138"), "{role:?}");
        let before = journal(&world).await.len();
        let answer = see(&world, &key, &id).await;
        let calls_back = matches!(role, Role::Unit | Role::Dispatcher | Role::Admin);
        if calls_back {
            assert_eq!(answer.json()["contact"], "13800000000", "{role:?}");
            let journal = journal(&world).await;
            let last = journal.last().unwrap();
            assert_eq!((last.kind.as_str(), last.subject.as_str()), ("people_seen", id.as_str()));
            assert_eq!(last.facts, json!({ "count": 1, "how": "contact", "reason": "call back" }));
            assert_eq!(last.actor, key.split('_').nth(1).unwrap(), "{role:?}");
        } else {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{role:?}");
            assert_eq!(journal(&world).await.len(), before, "{role:?}");
        }
    }
    let other = world.key(Role::Unit, &stranger).await;
    assert_eq!(see(&world, &other, &id).await.status, StatusCode::NOT_FOUND);
    assert_eq!(see(&world, &admin(&world).await, "x").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_look_without_a_reason_is_refused_and_numbers_in_the_reason_are_not_journalled() {
    let world = World::new().await;
    let (id, _) = file(&world, "13800000000").await;
    let key = admin(&world).await;
    let path = format!("/api/v1/reports/{id}/contact");
    let before = journal(&world).await.len();
    for body in [json!({}), json!({ "reason": " " }), json!({ "reason": "a", "raeson": "b" })] {
        let refused = ask(&world, &key, &path, body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    }
    assert_eq!(journal(&world).await.len(), before);
    ask(&world, &key, &path, json!({ "reason": "13800000000 called" })).await;
    assert_eq!(journal(&world).await.last().unwrap().facts["reason"], "*** called");
    let nobody = json!({ "lon": CENTRE.0, "lat": CENTRE.1 }).to_string();
    let nobody = world.client.post("/api/v1/reports", JSON, nobody).await.json();
    let answer = see(&world, &key, nobody["id"].as_str().unwrap()).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.json()["detail"].as_str().unwrap().contains("without a contact"));
}

#[tokio::test]
async fn a_person_is_exported_and_erased_by_a_number_however_it_is_spelt() {
    let world = World::new().await;
    let (first, _) = file(&world, "Wang Li, +86 138-0000-0000").await;
    let (second, _) = file(&world, "13800000000").await;
    let (other, _) = file(&world, "13900000000").await;
    world.take_up().await;
    let key = admin(&world).await;
    let asked = json!({ "contact": "138 0000 0000", "reason": "her own request" });
    let kept = ask(&world, &key, "/api/v1/people/export", asked.clone()).await.json();
    let ids = |kept: &Value| -> Vec<String> {
        let of = |it: &Value| it["id"].as_str().unwrap().to_owned();
        let mut ids: Vec<String> = kept["reports"].as_array().unwrap().iter().map(of).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&kept), [first.clone(), second.clone()]);
    let contacts: Vec<&Value> =
        kept["reports"].as_array().unwrap().iter().map(|it| &it["contact"]).collect();
    assert!(contacts.contains(&&json!("Wang Li, +86 138-0000-0000")), "{kept}");
    assert_eq!(kept["reports"][0]["stage"], "dispatched");
    let last = journal(&world).await.last().unwrap().clone();
    assert_eq!((last.kind.as_str(), &last.facts["count"]), ("people_seen", &json!(2)));
    let mut seen: Vec<&str> =
        last.facts["reports"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    seen.sort_unstable();
    assert_eq!(seen, ids(&kept), "every report that was looked at is named");

    let erase = |more: Value| {
        let mut body = json!({ "contact": "+8613800000000", "words": true });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ask(&world, &key, "/api/v1/people/erase", body)
    };
    let before = journal(&world).await.len();
    let tried = erase(json!({ "dry_run": true })).await.json();
    assert_eq!((&tried["people"], &tried["dry_run"]), (&json!(2), &json!(true)));
    assert_eq!(journal(&world).await.len(), before);
    let erased = erase(json!({})).await.json();
    assert_eq!((&erased["people"], &erased["reports"].as_array().unwrap().len()), (&json!(2), &2));
    let last = journal(&world).await.last().unwrap().clone();
    assert_eq!(last.kind, "people_forgotten");
    assert_eq!(last.facts, json!({ "count": 2, "why": "request" }));
    assert_eq!(see(&world, &key, &first).await.status, StatusCode::NOT_FOUND);
    assert_eq!(see(&world, &key, &other).await.json()["contact"], "13900000000");
    let kept = ask(&world, &key, "/api/v1/people/export", asked).await.json();
    assert_eq!(kept["reports"], json!([]));
    assert_eq!(erase(json!({})).await.json()["reports"], json!([]));
}

#[tokio::test]
async fn erasing_by_report_masks_its_words_and_takes_the_place_out_of_its_pictures() {
    let world = World::new().await;
    let exif = [&[0xff, 0xe1, 0, 14][..], b"GPS 36.585N."].concat();
    let photo = |exif: &[u8]| {
        let (table, scan) = ([0xff, 0xdb, 0, 4, 1, 1], [0xff, 0xda, 0, 4, 1, 1]);
        [&[0xff, 0xd8][..], exif, &table, &scan, &[7, 0xff, 0xd9]].concat()
    };
    let part = |name: &str, held: &[u8]| {
        let head = format!("--b\r\nContent-Disposition: form-data; name={name}");
        let head = if name == "media" { format!("{head}; filename=a.jpg") } else { head };
        [head.as_bytes(), b"\r\n\r\n", held, b"\r\n"].concat()
    };
    let body = [
        part("service_code", b"event.02"),
        part("lat", b"36.585"),
        part("long", b"109.484"),
        part("phone", b"13800000000"),
        part("description", b"call 13800000000"),
        part("media", &photo(&exif)),
        b"--b--".to_vec(),
    ]
    .concat();
    let media = "multipart/form-data; boundary=b";
    let filed = world.client.post("/open311/v2/requests.json", media, body).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{filed:?}");
    let id = filed.json()[0]["service_request_id"].as_str().unwrap().to_owned();
    let key = admin(&world).await;
    let path = format!("/api/v1/reports/{id}");
    let report = world.client.get_as(&key, &path).await.json();
    assert_eq!(report["words"], "call 13800000000");
    let picture = report["further"]["pictures"][0].as_str().unwrap().to_owned();
    let picture = format!("/api/v1/pictures/{picture}");
    assert_eq!(world.client.get_as(&key, &picture).await.bytes, photo(&exif));
    let asked = json!({ "report": id, "words": true });
    let erased = ask(&world, &key, "/api/v1/people/erase", asked).await.json();
    let counts = [&erased["people"], &erased["words"], &erased["pictures"]];
    assert_eq!(counts, [1, 1, 1], "{erased}");
    assert_eq!(world.client.get_as(&key, &path).await.json()["words"], "call ***");
    assert_eq!(world.client.get_as(&key, &picture).await.bytes, photo(b""));
    for body in [json!({}), json!({ "report": id, "contact": "1" }), json!({ "report": "x" })] {
        let refused = ask(&world, &key, "/api/v1/people/erase", body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    }
}

#[tokio::test]
async fn erasing_with_words_leaves_no_number_in_the_place_s_words_and_no_plate() {
    for held in durable().await {
        let world = World::over(held.open().await, Limits::default());
        seed::found(&world.app, demonstration()).await.unwrap();
        let form = format!(
            "{PARKING}&phone=13812345678&description=call+13812345678&attribute[plate]=canary\
             &address_string=South+Street+13812345678"
        );
        let filed = world.client.post("/open311/v2/requests.json", FORM, form).await;
        assert_eq!(filed.status, StatusCode::CREATED, "{filed:?}");
        let id = filed.json()[0]["service_request_id"].as_str().unwrap().to_owned();
        let key = admin(&world).await;
        let asked = json!({ "report": id, "words": true });
        let erased = ask(&world, &key, "/api/v1/people/erase", asked.clone()).await.json();
        assert_eq!((&erased["people"], &erased["words"]), (&json!(1), &json!(1)), "{erased}");
        let again = ask(&world, &key, "/api/v1/people/erase", asked).await.json();
        assert_eq!((&again["people"], &again["words"]), (&json!(0), &json!(0)), "{again}");
        let report = world.client.get_as(&key, &format!("/api/v1/reports/{id}")).await.json();
        let left = json!({ "address": "South Street ***", "answers": { "plate": ["***"] } });
        assert_eq!((&report["words"], &report["further"]), (&json!("call ***"), &left));
        let kept = match held.place() {
            Place::Postgres(url) => texts(&url).await,
            Place::File(_) | Place::Memory => String::new(),
        };
        for canary in ["13812345678", "canary"] {
            assert!(!kept.contains(canary), "{canary} in {}", held.name());
            if let Place::File(path) = held.place() {
                assert!(!holds(path.parent().unwrap(), canary), "{canary} in the file");
            }
        }
    }
}

#[tokio::test]
async fn who_stands_behind_a_report_is_forgotten_when_its_case_is_long_over_and_never_before() {
    let world = World::new().await;
    let (closed, _) = file(&world, "13800000001").await;
    let (open, _) = file(&world, "13800000002").await;
    world.take_up().await;
    let key = admin(&world).await;
    // The second was put behind the first, or has a case of its own: void each that can be.
    let step = |id: String, revision: u32| {
        let path = format!("/api/v1/incidents/{id}/steps");
        let body = json!({ "act": "void", "revision": revision, "words": "误报" });
        let (world, key) = (&world, &key);
        async move { ask(world, key, &path, body).await }
    };
    let seat = world.app.seat(None).unwrap();
    world.pass_us(200 * DAY_US);
    assert_eq!(forget_due(&world.app, &seat).await.unwrap(), Forgotten::default());
    let revision = world.revision(&closed).await;
    let voided = step(closed.clone(), revision).await;
    assert_eq!(voided.status, StatusCode::OK, "{voided:?}");
    world.pass_us(179 * DAY_US);
    assert_eq!(forget_due(&world.app, &seat).await.unwrap(), Forgotten::default());
    world.pass_us(2 * DAY_US);
    let merged = world.client.get_as(&key, &format!("/api/v1/incidents/{open}")).await.json();
    let people = if merged["stage"] == "merged" { 2 } else { 1 };
    let done = forget_due(&world.app, &seat).await.unwrap();
    assert_eq!(done, Forgotten { people, pictures: 0, words: 0 });
    assert_eq!(see(&world, &key, &closed).await.status, StatusCode::NOT_FOUND);
    let last = journal(&world).await.last().unwrap().clone();
    assert_eq!((last.kind.as_str(), last.actor.as_str()), ("people_forgotten", "retention"));
    assert_eq!(last.facts, json!({ "count": people, "why": "retention" }));
    assert_eq!(forget_due(&world.app, &seat).await.unwrap(), Forgotten::default());
}

#[tokio::test]
async fn without_a_key_a_report_with_a_contact_is_refused_and_one_without_is_taken() {
    let store = open(&Place::Memory, Migrate::Apply).await.unwrap();
    let world = World::without_contact_keys(store);
    seed::found(&world.app, demonstration()).await.unwrap();
    let refused = world.client.post("/api/v1/reports", JSON, told("13800000000").to_string()).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{refused:?}");
    assert_eq!(refused.json()["type"], "urn:zonewarden:problem:no-contact-keys");
    assert!(refused.json()["detail"].as_str().unwrap().contains("contact_keys"));
    let refused = world.client.post(
        "/open311/v2/requests.json",
        FORM,
        format!("{PARKING}&phone=13800000000"),
    );
    assert_eq!(refused.await.status, StatusCode::SERVICE_UNAVAILABLE);
    let taken = json!({ "lon": CENTRE.0, "lat": CENTRE.1, "words": "积水" }).to_string();
    let taken = world.client.post("/api/v1/reports", JSON, taken).await;
    assert_eq!(taken.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_lost_key_or_a_changed_seal_gives_words_and_the_report_stays_readable() {
    let store = open(&Place::Memory, Migrate::Apply).await.unwrap();
    let world = World::over(store.clone(), Limits::default());
    seed::found(&world.app, demonstration()).await.unwrap();
    let (id, _) = file(&world, "13800000000").await;
    let other = World::with_contact_keys(store.clone(), "another-contact-key");
    other.app.refresh().await.unwrap();
    let key = admin(&other).await;
    let seen = other.client.get_as(&key, &format!("/api/v1/reports/{id}")).await.json();
    assert_eq!((&seen["words"], &seen["has_contact"]), (&json!("积水"), &json!(true)));
    let refused = see(&other, &key, &id).await;
    assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
    let words = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(words.contains("put that key back behind the others"), "{words}");
    let asked = json!({ "report": id, "reason": "r" });
    let kept = ask(&other, &key, "/api/v1/people/export", asked).await.json();
    assert!(kept["reports"][0]["unreadable"].as_str().unwrap().contains("put that key back"));

    // With the old key behind the new one it opens, and after sealing anew the old one may go.
    let both =
        World::with_contact_keys(store.clone(), "another-contact-key a-contact-key-for-tests");
    both.app.refresh().await.unwrap();
    assert_eq!(see(&both, &key, &id).await.json()["contact"], "13800000000");
    let done = reseal(&both.app, &both.city).await.unwrap();
    assert_eq!((done.anew, done.current, done.faults.len()), (1, 0, 0));
    assert_eq!(reseal(&both.app, &both.city).await.unwrap().current, 1);
    assert_eq!(see(&other, &key, &id).await.json()["contact"], "13800000000");
    assert_eq!(see(&world, &key, &id).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    let faults = reseal(&world.app, &world.city).await.unwrap().faults;
    assert_eq!(faults.len(), 1);
}

#[tokio::test]
async fn a_repeated_request_is_known_again_after_a_new_key_was_put_before_the_old_one() {
    let store = open(&Place::Memory, Migrate::Apply).await.unwrap();
    let world = World::over(store.clone(), Limits::default());
    seed::found(&world.app, demonstration()).await.unwrap();
    let body = told("13800000000");
    let first = world.client.ask(filing(Some("k1"), &body)).await;
    let both = World::with_contact_keys(store, "another-contact-key a-contact-key-for-tests");
    both.app.refresh().await.unwrap();
    let again = both.client.ask(filing(Some("k1"), &body)).await;
    assert_eq!((again.status, again.bytes), (StatusCode::CREATED, first.bytes));
    let other = both.client.ask(filing(Some("k1"), &told("13800000001"))).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_stood_in_clear_is_sealed_found_and_gone_from_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("city.gpkg");
    let place = Place::File(path.clone());
    let clock = Clock::system();
    let store = open(&place, Migrate::Apply).await.unwrap();
    let world = World::over(store, Limits::default());
    seed::found(&world.app, demonstration()).await.unwrap();
    let body = json!({ "lon": CENTRE.0, "lat": CENTRE.1, "words": "积水" });
    let filed = world.client.ask(filing(Some("k1"), &body)).await;
    assert_eq!(filed.status, StatusCode::CREATED);
    let id = filed.json()["id"].as_str().unwrap().to_owned();
    drop(world);
    // As an older program left it.
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute(
        "update report set contact = '13812345678', \
         further = '{\"account_id\":\"acct-4711\",\"address\":\"枣园路\",\"device_id\":\"dev-4711\"}'",
        [],
    )
    .unwrap();
    drop(old);
    assert!(holds(folder.path(), "13812345678"), "the canary sings before");
    let store = open(&place, Migrate::Apply).await.unwrap();
    let keys = ContactKeys::read("a-contact-key-for-tests").unwrap();
    let mute = App::new(store.clone(), clock, None);
    let city = demonstration().city.id;
    assert!(seal_clear(&mute, &city).await.is_err(), "without a key it is told");
    drop(mute);
    let world = World::with_contact_keys(store, "a-contact-key-for-tests");
    world.app.refresh().await.unwrap();
    assert_eq!(seal_clear(&world.app, &city).await, Ok(1));
    assert_eq!(seal_clear(&world.app, &city).await, Ok(0));
    let key = admin(&world).await;
    let seen = see(&world, &key, &id).await.json();
    assert_eq!(seen["contact"], "13812345678");
    assert_eq!(
        (&seen["account_id"], &seen["device_id"]),
        (&json!("acct-4711"), &json!("dev-4711"))
    );
    let report = world.client.get_as(&key, &format!("/api/v1/reports/{id}")).await.json();
    assert_eq!(report["further"], json!({ "address": "枣园路" }));
    let asked = json!({ "account": "acct-4711", "reason": "r" });
    let kept = ask(&world, &key, "/api/v1/people/export", asked).await.json();
    assert_eq!(kept["reports"][0]["id"], id.as_str());
    let found = world.app.store().report(&city, report_id(&id)).await.unwrap().unwrap();
    let marks = keys
        .marks(&city, &zonewarden::domain::reports::person::Handle::Device("dev-4711".to_owned()));
    assert!(found.report.person.unwrap().marks.contains(&marks[0]));
    for canary in CANARIES {
        assert!(!holds(folder.path(), canary), "{canary} still stands in the file or its log");
    }
}

/// Whether a file of the folder holds the text.
pub(super) fn holds(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

/// Every text of every table.
pub(super) async fn texts(url: &str) -> String {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let tables = client
        .query("select table_name::text from information_schema.tables where table_schema = 'zonewarden'", &[])
        .await
        .unwrap();
    let mut all = String::new();
    for table in tables {
        let name: String = table.get(0);
        let rows = client.query(&format!("select t::text from zonewarden.{name} t"), &[]).await;
        for row in rows.unwrap() {
            all.push_str(row.get(0));
        }
    }
    drop(client);
    let _ = connection.await;
    all
}

/// Files the canaries through every door; what each answered.
async fn sing(world: &World) -> String {
    let mut answers = String::new();
    let contact = "mallory canary 13812345678, canary@mallory.example";
    let filed = world.client.ask(filing(Some("k1"), &told(contact))).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{filed:?}");
    answers.push_str(filed.text());
    // Again, and under the same key with another body, and with a fault.
    answers.push_str(world.client.ask(filing(Some("k1"), &told(contact))).await.text());
    answers.push_str(world.client.ask(filing(Some("k1"), &told("13812345678 "))).await.text());
    let long = format!("canary{}", "x".repeat(300));
    answers
        .push_str(world.client.post("/api/v1/reports", JSON, told(&long).to_string()).await.text());
    let form = format!(
        "{PARKING}&first_name=canary&last_name=mallory&email=canary%40mallory.example&phone=13812345678\
         &device_id=dev-4711&attribute[plate]=P"
    );
    let filed = world.client.post("/open311/v2/requests.json", FORM, form).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{filed:?}");
    answers.push_str(filed.text());
    let account = format!("{PARKING}&account_id=acct-4711&attribute[plate]=P");
    let filed = world.client.post("/open311/v2/requests.xml", FORM, account).await;
    // Whoever sent the account is told it once.
    assert!(filed.text().contains("acct-4711"));
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    let batch = format!("[{},{}]", told("13812345678"), told("canary@mallory.example"));
    let filed = world.client.post_as(&key, "/api/v1/reports/batch", JSON, batch).await;
    assert_eq!(filed.json()["filed"], 2, "{filed:?}");
    answers.push_str(filed.text());
    world.take_up().await;
    for path in [
        "/api/v1/reports?limit=1000",
        "/api/v1/incidents?limit=1000",
        "/open311/v2/requests.json?extensions=true",
        "/open311/v2/requests.xml",
        "/metrics",
    ] {
        let answer = world.client.get_as(&key, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        answers.push_str(answer.text());
    }
    answers
}

#[tokio::test]
async fn no_contact_stands_in_any_answer_journal_table_file_or_log_of_the_database() {
    for held in durable().await {
        let store: Store = held.open().await;
        let world = World::over(store, Limits::default());
        seed::found(&world.app, demonstration()).await.unwrap();
        let answers = sing(&world).await;
        let journal = format!("{:?}", journal(&world).await);
        assert!(journal.contains("report_filed"));
        let kept = match held.place() {
            Place::Postgres(url) => texts(&url).await,
            Place::File(path) => {
                for canary in CANARIES {
                    assert!(!holds(path.parent().unwrap(), canary), "{canary} in the file");
                }
                String::new()
            }
            Place::Memory => String::new(),
        };
        for canary in CANARIES {
            for (what, text) in [("answers", &answers), ("journal", &journal), ("tables", &kept)] {
                assert!(!text.contains(canary), "{canary} in the {what} of {}", held.name());
            }
        }
        // It is there all the same, for who may see it.
        let key = admin(&world).await;
        let asked = json!({ "contact": "138-1234-5678", "reason": "r" });
        let kept = ask(&world, &key, "/api/v1/people/export", asked).await.json();
        assert_eq!(kept["reports"].as_array().unwrap().len(), 3, "{}", held.name());
    }
}
