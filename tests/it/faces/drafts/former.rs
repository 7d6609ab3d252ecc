//! What came before: a former plan as a draft, a plan published meanwhile, and locks of another process.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Office;
use super::publishing::{ask_for_approval, merged};
use crate::client::Answer;
use crate::world::World;

async fn restore(office: &Office, version: i64) -> Answer {
    let path = format!("/api/v1/plans/{version}/restore");
    office.post(&office.a, &path, &json!({})).await
}

#[tokio::test]
async fn where_two_must_agree_a_former_plan_comes_back_by_way_of_a_draft() {
    let office = Office::new().await;
    let first = office.plan().await["version"].as_i64().unwrap();
    let id = merged(&office).await;
    office.done(&office.a, &id, json!({ "act": "publish" })).await;
    ask_for_approval(&office).await;
    let refused = restore(&office, first).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    assert!(refused.text().contains("second person"), "{}", refused.text());
    let both = json!({ "name": "x", "of_plan": first, "copy_of": id });
    let both = office.post(&office.a, "/api/v1/drafts", &both).await;
    assert_eq!(both.places(), ["of_plan"]);
    let none = json!({ "name": "x", "of_plan": 99 });
    let none = office.post(&office.a, "/api/v1/drafts", &none).await;
    assert!(none.text().contains("there is no plan 99"), "{}", none.text());
    let id = office.begin(&office.a, json!({ "name": "恢复", "of_plan": first })).await;
    office.done(&office.a, &id, json!({ "act": "propose", "words": "恢复" })).await;
    office.done(&office.b, &id, json!({ "act": "approve", "words": "可以" })).await;
    office.done(&office.b, &id, json!({ "act": "publish" })).await;
    assert_eq!(office.plan().await["version"].as_i64(), Some(first + 2));
    let zones = office.get(&office.a, "/api/v1/zones").await;
    assert_eq!(areas(&zones), areas(&former(&office, first).await));
}

#[tokio::test]
async fn a_draft_that_draws_all_zones_anew_does_not_undo_what_was_published_meanwhile() {
    let office = Office::new().await;
    let first = office.plan().await["version"].as_i64().unwrap();
    let whole = office.begin(&office.a, json!({ "name": "全部", "of_plan": first })).await;
    let other = merged(&office).await;
    office.done(&office.a, &other, json!({ "act": "publish" })).await;
    let refused = office.step(&office.a, &whole, json!({ "act": "rebase" })).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    assert!(refused.text().contains("would undo what was published"), "{}", refused.text());
    let told = office.done(&office.a, &whole, json!({ "act": "rebase", "overdraw": true })).await;
    assert_eq!(told["conflicts"], json!([]));
    office.done(&office.a, &whole, json!({ "act": "publish" })).await;
    let zones = office.get(&office.a, "/api/v1/zones").await;
    assert_eq!(areas(&zones), areas(&former(&office, first).await));
}

#[tokio::test]
async fn what_locks_kept_from_being_thinned_is_kept_in_every_process() {
    let office = Office::new().await;
    let id = office.draft().await;
    let (zone, _) = office.neighbours(&id).await;
    let before = shape(&office.zones(&id).await, &zone);
    office.done(&office.a, &id, json!({ "act": "lock", "zones": [zone] })).await;
    let thin = json!({ "act": "edit", "edits": [{ "kind": "thin", "tolerance_m": 30.0 }] });
    office.done(&office.a, &id, thin).await;
    let thinned = office.zones(&id).await;
    assert_eq!(shape(&thinned, &zone), before);
    office.done(&office.a, &id, json!({ "act": "lock", "zones": [] })).await;
    // A process that knows the draft by its steps alone; it has the same keys.
    let store = office.world.app.store().clone();
    let next = World::over(store, zonewarden::http::limits::Limits::default());
    next.app.refresh().await.unwrap();
    let there = next.client.get_as(&office.a, &format!("/api/v1/drafts/{id}/zones")).await;
    assert_eq!(there.status, StatusCode::OK, "{}", there.text());
    assert_eq!(there.json()["features"], thinned["features"]);
    // Undone and done again under another lock it does what it did, or nothing.
    office.done(&office.a, &id, json!({ "act": "undo" })).await;
    let all: Vec<Value> =
        thinned["features"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
    office.done(&office.a, &id, json!({ "act": "lock", "zones": all })).await;
    let refused = office.step(&office.a, &id, json!({ "act": "redo" })).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
    assert!(refused.text().contains("locked"), "{}", refused.text());
    office.done(&office.a, &id, json!({ "act": "lock", "zones": [] })).await;
    office.done(&office.a, &id, json!({ "act": "redo" })).await;
    assert_eq!(office.zones(&id).await["features"], thinned["features"]);
}

async fn former(office: &Office, version: i64) -> Value {
    office.get(&office.a, &format!("/api/v1/plans/{version}/zones")).await
}

/// The zones' codes and areas.
fn areas(zones: &Value) -> Vec<(Value, Value)> {
    let all = zones["features"].as_array().unwrap().iter();
    all.map(|it| (it["id"].clone(), it["geometry"].clone())).collect()
}

fn shape(zones: &Value, zone: &str) -> Value {
    let all = zones["features"].as_array().unwrap();
    all.iter().find(|it| it["id"] == zone).unwrap()["geometry"].clone()
}
