//! Into force: approval, time, rebase, and two at once.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::app::drafts::due::publish_due;
use zonewarden::app::transfer::city::{CityImport, import};
use zonewarden::app::transfer::settings::Settings;
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::atlas::city::Approval;
use zonewarden::domain::id::UnitId;

use super::Office;

const MINUTE_US: i64 = 60_000_000;

/// A draft with two zones merged.
pub(super) async fn merged(office: &Office) -> String {
    let id = office.draft().await;
    office.done(&office.a, &id, office.merge(&id).await).await;
    id
}

pub(super) async fn ask_for_approval(office: &Office) {
    let settings = Settings { approval: Some(Approval::SecondPerson), ..Settings::default() };
    let ask = CityImport { settings, ..CityImport::default() };
    let done = import(&office.world.app, &Caller::cli(), None, ask).await.unwrap();
    assert!(done.committed.is_some());
}

async fn due(office: &Office) -> usize {
    let seat = office.world.app.seat(None).unwrap();
    publish_due(&office.world.app, &seat).await.unwrap()
}

async fn stage(office: &Office, id: &str) -> (String, Option<i64>) {
    let shown = office.get(&office.a, &format!("/api/v1/drafts/{id}")).await;
    (shown["stage"].as_str().unwrap().to_owned(), shown["plan"].as_i64())
}

#[tokio::test]
async fn a_draft_comes_into_force_whole_and_is_over() {
    let office = Office::new().await;
    let before = office.plan().await;
    let id = merged(&office).await;
    let path = format!("/api/v1/drafts/{id}/steps?dry_run=true");
    let looked = office.post(&office.a, &path, &json!({ "act": "publish", "revision": 2 })).await;
    assert_eq!(
        (looked.status, office.plan().await["version"].clone()),
        (StatusCode::OK, before["version"].clone())
    );
    let wanted = office.zones(&id).await;
    let told = office.done(&office.a, &id, json!({ "act": "publish", "note": "合并" })).await;
    let now = office.plan().await;
    assert_eq!(now["version"].as_i64().unwrap(), before["version"].as_i64().unwrap() + 1);
    assert_eq!(
        (now["note"].as_str(), told["draft"]["plan"].as_i64()),
        (Some("合并"), now["version"].as_i64())
    );
    assert_eq!(now["zones"].as_u64().unwrap() + 1, before["zones"].as_u64().unwrap());
    let zones = office.get(&office.a, "/api/v1/zones").await;
    for (drawn, stands) in
        wanted["features"].as_array().unwrap().iter().zip(zones["features"].as_array().unwrap())
    {
        assert_eq!((&drawn["id"], &drawn["geometry"]), (&stands["id"], &stands["geometry"]));
    }
    let refused = office.step(&office.a, &id, office.merge(&id).await).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
    assert!(refused.text().contains("copy"), "{}", refused.text());
}

#[tokio::test]
async fn of_two_that_publish_at_once_one_wins_and_the_other_is_told() {
    let office = Office::new().await;
    let version = office.plan().await["version"].as_i64().unwrap();
    let (one, two) = (merged(&office).await, merged(&office).await);
    let body = json!({ "act": "publish", "revision": 2 });
    let path = |id: &str| format!("/api/v1/drafts/{id}/steps");
    let paths = [path(&one), path(&one), path(&two)];
    let asked = paths.iter().map(|path| office.post(&office.a, path, &body));
    let answers = futures_util::future::join_all(asked).await;
    let won = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert_eq!(won, 1, "{answers:?}");
    for lost in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
        assert_eq!(lost.status, StatusCode::CONFLICT, "{}", lost.text());
    }
    assert_eq!(office.plan().await["version"].as_i64(), Some(version + 1));
    let plans: Vec<Option<i64>> =
        [stage(&office, &one).await.1, stage(&office, &two).await.1].to_vec();
    assert_eq!(plans.iter().flatten().count(), 1);
}

#[tokio::test]
async fn where_the_city_asks_for_it_a_second_person_approves() {
    let office = Office::new().await;
    ask_for_approval(&office).await;
    let id = merged(&office).await;
    let publish = json!({ "act": "publish" });
    let refused = office.step(&office.a, &id, publish.clone()).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text().contains("second person"), "{}", refused.text());
    office.done(&office.a, &id, json!({ "act": "propose", "words": "请审" })).await;
    let own = office.step(&office.a, &id, json!({ "act": "approve" })).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "{}", own.text());
    office.done(&office.b, &id, json!({ "act": "refuse", "words": "再想想" })).await;
    office.done(&office.a, &id, json!({ "act": "propose" })).await;
    office.done(&office.b, &id, json!({ "act": "approve", "words": "可以" })).await;
    let told = office.done(&office.b, &id, publish).await;
    assert_eq!(told["draft"]["stage"], "published");
}

#[tokio::test]
async fn a_scheduled_draft_comes_into_force_at_its_time_and_once() {
    let office = Office::new().await;
    let id = merged(&office).await;
    let past = json!({ "act": "publish", "effective_at": "2026-05-06T09:59:59+08:00" });
    let refused = office.step(&office.a, &id, past).await;
    assert_eq!(
        (refused.status, refused.places()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["effective_at".to_owned()])
    );
    let at = "2026-05-06T10:01:00+08:00";
    let told = office.done(&office.a, &id, json!({ "act": "publish", "effective_at": at })).await;
    assert_eq!(
        (told["draft"]["stage"].as_str(), told["draft"]["effective_at"].as_str()),
        (Some("scheduled"), Some("2026-05-06T02:01:00Z"))
    );
    assert_eq!(due(&office).await, 0);
    office.done(&office.a, &id, json!({ "act": "withdraw" })).await;
    office.world.pass_us(2 * MINUTE_US);
    assert_eq!(due(&office).await, 0, "it was withdrawn");
    let at = "2026-05-06T10:03:00+08:00";
    let late = json!({ "act": "publish", "effective_at": at, "note": "合并，延后" });
    office.done(&office.a, &id, late).await;
    let version = office.plan().await["version"].as_i64().unwrap();
    // Nobody was there at its time: it comes into force when somebody is.
    office.world.pass_us(60 * MINUTE_US);
    let (one, two) = tokio::join!(due(&office), due(&office));
    assert_eq!(one + two, 1);
    let plan = office.plan().await;
    assert_eq!(
        (plan["version"].as_i64(), plan["effective_from"].as_str()),
        (Some(version + 1), Some("2026-05-06T03:02:00Z"))
    );
    assert_eq!(plan["note"], "合并，延后");
    assert_eq!(stage(&office, &id).await, ("published".to_owned(), Some(version + 1)));
}

#[tokio::test]
async fn a_scheduled_draft_that_no_longer_fits_is_put_back_with_the_reason() {
    let office = Office::new().await;
    let (late, early) = (merged(&office).await, merged(&office).await);
    let at = "2026-05-06T10:01:00+08:00";
    office.done(&office.a, &late, json!({ "act": "publish", "effective_at": at })).await;
    office.done(&office.a, &early, json!({ "act": "publish" })).await;
    office.world.pass_us(2 * MINUTE_US);
    assert_eq!(due(&office).await, 1);
    assert_eq!(stage(&office, &late).await, ("open".to_owned(), None));
    let shown = office.get(&office.a, &format!("/api/v1/drafts/{late}")).await;
    let last = shown["steps"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((last["act"].as_str(), last["actor"].as_str()), (Some("put_back"), Some("clock")));
    assert!(last["words"].as_str().unwrap().contains("rebase"), "{last}");
}

#[tokio::test]
async fn a_rebase_shows_what_no_longer_fits_and_leaves_it_out_when_it_is_told_to() {
    let office = Office::new().await;
    let id = merged(&office).await;
    let renamed: Value = {
        let zones = office.zones(&id).await;
        let zone = zones["features"][5]["id"].clone();
        json!({ "act": "edit", "edits": [{ "kind": "set_zone", "zone": zone, "number": 77 }] })
    };
    office.done(&office.a, &id, renamed).await;
    let same = office.step(&office.a, &id, json!({ "act": "rebase" })).await;
    assert_eq!(same.status, StatusCode::CONFLICT, "{}", same.text());
    let other = merged(&office).await;
    office.done(&office.b, &other, json!({ "act": "comment", "words": "先发" })).await;
    office.done(&office.a, &other, json!({ "act": "publish" })).await;
    let old = office.step(&office.a, &id, json!({ "act": "publish" })).await;
    assert_eq!(old.status, StatusCode::CONFLICT, "{}", old.text());
    assert!(old.text().contains("rebase"), "{}", old.text());
    let path = format!("/api/v1/drafts/{id}/steps?dry_run=true");
    let revision = office.revision(&id).await;
    let looked =
        office.post(&office.a, &path, &json!({ "act": "rebase", "revision": revision })).await;
    assert_eq!(looked.json()["conflicts"].as_array().unwrap().len(), 1, "{}", looked.text());
    let refused = office.step(&office.a, &id, json!({ "act": "rebase" })).await;
    assert_eq!(
        (refused.status, refused.places()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["edits[0]".to_owned()])
    );
    let told =
        office.done(&office.a, &id, json!({ "act": "rebase", "drop_conflicts": true })).await;
    assert_eq!(
        (told["draft"]["edits"].as_u64(), told["conflicts"].as_array().unwrap().len()),
        (Some(1), 1)
    );
    let told = office.done(&office.a, &id, json!({ "act": "publish" })).await;
    assert_eq!(told["draft"]["stage"], "published");
}

#[tokio::test]
async fn who_drew_what_a_copy_holds_approves_the_copy_no_more_than_the_original() {
    let office = Office::new().await;
    ask_for_approval(&office).await;
    let none = UnitId::new("x").unwrap();
    let third = office.world.key(Role::Planner, &none).await;
    let id = merged(&office).await;
    let copy = office.begin(&office.b, json!({ "name": "另案", "copy_of": id })).await;
    let again = office.begin(&third, json!({ "name": "又一案", "copy_of": copy })).await;
    // What was copied is b's no less, who began that copy.
    for (draft, owner, drew) in
        [(&copy, &office.b, vec![&office.a]), (&again, &third, vec![&office.a, &office.b])]
    {
        office.done(owner, draft, json!({ "act": "propose" })).await;
        for key in drew {
            let own = office.step(key, draft, json!({ "act": "approve" })).await;
            assert_eq!(own.status, StatusCode::FORBIDDEN, "{}", own.text());
            assert!(own.text().contains("drew"), "{}", own.text());
        }
    }
    office.done(&third, &copy, json!({ "act": "approve" })).await;
    let told = office.done(&office.b, &copy, json!({ "act": "publish" })).await;
    assert_eq!(told["draft"]["stage"], "published");
}

#[tokio::test]
async fn facts_that_draft_and_plan_have_both_set_are_told_with_both_values_before_one_goes() {
    let office = Office::small().await;
    let units = office.world.app.atlas(&office.world.city).unwrap();
    let [was, theirs, ours] = [0, 1, 2].map(|n| units.units()[n].id.to_string());
    let set = |facts: Value| {
        let mut edit = json!({ "kind": "set_zone", "zone": "west" });
        edit.as_object_mut().unwrap().extend(facts.as_object().unwrap().clone());
        json!({ "act": "edit", "edits": [edit] })
    };
    let (mine, copy) = {
        let mine = office.draft().await;
        let facts = json!({ "lead": ours, "attributes": { "staff": 4 }, "number": 8 });
        office.done(&office.a, &mine, set(facts)).await;
        office.done(&office.a, &mine, set(json!({ "names": { "en": "West end" } }))).await;
        let copy = office.begin(&office.a, json!({ "name": "另案", "copy_of": mine })).await;
        (mine, copy)
    };
    let other = office.draft().await;
    let facts = json!({ "lead": theirs, "attributes": { "staff": 6, "shift": "day" } });
    office.done(&office.a, &other, set(facts)).await;
    office.done(&office.a, &other, json!({ "act": "publish" })).await;
    let path = format!("/api/v1/drafts/{mine}/steps?dry_run=true");
    let revision = office.revision(&mine).await;
    let ask = json!({ "act": "rebase", "revision": revision });
    let looked = office.post(&office.a, &path, &ask).await.json();
    let fact = |field: &str, was: Value, published: Value, drawn: Value| json!({ "field": field, "was": was, "published": published, "drawn": drawn });
    assert_eq!(looked["conflicts"].as_array().unwrap().len(), 1, "{looked}");
    assert_eq!(
        looked["conflicts"][0]["overwritten"],
        json!([
            fact("lead", json!(was), json!(theirs), json!(ours)),
            fact("attributes.shift", Value::Null, json!("day"), Value::Null),
            fact("attributes.staff", Value::Null, json!(6), json!(4)),
        ])
    );
    let refused = office.step(&office.a, &mine, json!({ "act": "rebase" })).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    assert_eq!(refused.places(), ["edits[0]"]);
    for word in [ours.as_str(), theirs.as_str(), "overwrite"] {
        assert!(refused.text().contains(word), "{}", refused.text());
    }
    let west = async |draft: &str| {
        let zones = office.zones(draft).await;
        let all = zones["features"].as_array().unwrap().clone();
        all.into_iter().find(|it| it["id"] == "west").unwrap()["properties"].clone()
    };
    let told = office.done(&office.a, &mine, json!({ "act": "rebase", "overwrite": true })).await;
    assert_eq!((&told["conflicts"], &told["draft"]["edits"]), (&json!([]), &json!(2)));
    let zone = west(&mine).await;
    assert_eq!((&zone["lead"], &zone["number"]), (&json!(ours), &json!(8)), "{zone}");
    let dropped = json!({ "act": "rebase", "drop_conflicts": true });
    let told = office.done(&office.a, &copy, dropped).await;
    assert_eq!(
        (told["conflicts"].as_array().unwrap().len(), &told["draft"]["edits"]),
        (1, &json!(1))
    );
    let zone = west(&copy).await;
    assert_eq!((&zone["lead"], &zone["number"]), (&json!(theirs), &json!(1)), "{zone}");
}
