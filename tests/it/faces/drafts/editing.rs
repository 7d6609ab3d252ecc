//! Edits, undone and done again; two planners; rights.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;

use super::Office;

#[tokio::test]
async fn what_is_undone_is_gone_bit_for_bit_and_comes_again_bit_for_bit() {
    let office = Office::new().await;
    let id = office.draft().await;
    let before = office.zones(&id).await;
    let in_force = office.get(&office.a, "/api/v1/zones").await;
    let area = |all: &Value, n: usize| all["features"][n]["geometry"]["coordinates"].clone();
    assert_eq!(area(&before, 0), area(&in_force, 0), "nothing is otherwise yet");
    let told = office.done(&office.a, &id, office.move_vertex(&id).await).await;
    assert_eq!(told["reshaped"].as_array().unwrap().len(), 2, "{told}");
    assert!(told["moved"][0]["area_m2"].as_f64().unwrap() > 0.0, "{told}");
    let moved = office.zones(&id).await;
    assert_ne!(moved, before);
    office.done(&office.a, &id, office.merge(&id).await).await;
    let merged = office.zones(&id).await;
    for (act, expected) in
        [("undo", &moved), ("undo", &before), ("redo", &moved), ("redo", &merged), ("undo", &moved)]
    {
        office.done(&office.a, &id, json!({ "act": act })).await;
        assert_eq!(office.zones(&id).await, *expected, "{act}");
    }
    let shown = office.get(&office.a, &format!("/api/v1/drafts/{id}")).await;
    assert_eq!((shown["undoable"].as_u64(), shown["redoable"].as_u64()), (Some(1), Some(1)));
    let acts: Vec<&str> =
        shown["steps"].as_array().unwrap().iter().map(|it| it["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["open", "edit", "edit", "undo", "undo", "redo", "redo", "undo"]);
}

#[tokio::test]
async fn a_preview_says_what_an_edit_would_do_and_writes_nothing() {
    let office = Office::new().await;
    let id = office.draft().await;
    let mut body = office.merge(&id).await;
    body["revision"] = 1.into();
    let path = format!("/api/v1/drafts/{id}/steps?dry_run=true");
    let told = office.post(&office.a, &path, &body).await.json();
    assert_eq!(told["reshaped"].as_array().unwrap().len(), 2, "{told}");
    assert_eq!((told["dry_run"].as_bool(), office.revision(&id).await), (Some(true), 1));
    let changes = office.get(&office.a, &format!("/api/v1/drafts/{id}/changes")).await;
    assert_eq!(changes["zones"], json!([]));
    office.done(&office.a, &id, office.merge(&id).await).await;
    let changes = office.get(&office.a, &format!("/api/v1/drafts/{id}/changes")).await;
    assert_eq!(changes["zones"].as_array().unwrap().len(), 2, "{changes}");
    assert_eq!(changes["moved"].as_array().unwrap().len(), 1, "{changes}");
}

#[tokio::test]
async fn of_two_planners_on_one_draft_the_later_is_told_what_came_since_and_by_whom() {
    let office = Office::new().await;
    let id = office.draft().await;
    let owner = office.get(&office.a, &format!("/api/v1/drafts/{id}")).await["owner"].clone();
    let key = office.b.split('_').nth(1).unwrap().to_owned();
    office.done(&office.a, &id, json!({ "act": "share", "with": [key] })).await;
    let path = format!("/api/v1/drafts/{id}/steps");
    let mut mine = office.merge(&id).await;
    mine["revision"] = 2.into();
    let theirs = json!({ "act": "lock", "zones": [], "revision": 2 });
    let (one, two) =
        tokio::join!(office.post(&office.a, &path, &mine), office.post(&office.b, &path, &theirs));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [StatusCode::OK, StatusCode::CONFLICT]);
    let lost = if one.status == StatusCode::OK { &two } else { &one };
    let words = lost.json()["detail"].as_str().unwrap().to_owned();
    assert!(words.contains("revision 2") && words.contains(" by "), "{words}");
    assert_eq!(lost.json()["type"], "urn:zonewarden:problem:stale");
    // The same by the tag.
    let stale = office.put(&office.b, &path, "\"2\"", &json!({ "act": "undo" })).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.text());
    assert!(stale.text().contains(owner.as_str().unwrap()) || stale.text().contains(&key));
    let remark = json!({ "act": "comment", "words": "好" });
    let fresh = office.put(&office.b, &path, "\"3\"", &remark).await;
    assert_eq!(fresh.status, StatusCode::OK);
}

#[tokio::test]
async fn planners_see_all_drafts_and_edit_their_own_and_nobody_else_sees_any() {
    let office = Office::new().await;
    let id = office.draft().await;
    let none = UnitId::new("x").unwrap();
    for role in [Role::Dispatcher, Role::Inspector] {
        let key = office.world.key(role, &none).await;
        for path in ["", "/zones", "/borders", "/changes"] {
            let path = format!("/api/v1/drafts/{id}{path}");
            let hidden = office.world.client.get_as(&key, &path).await;
            assert_eq!(hidden.status, StatusCode::NOT_FOUND);
        }
    }
    let body = json!({ "act": "rename", "name": "南岸" });
    let refused = office.step(&office.b, &id, body.clone()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());
    let remark = json!({ "act": "comment", "words": "这里?", "place": [109.484, 36.585] });
    office.done(&office.b, &id, remark).await;
    let admin = office.world.key(Role::Admin, &none).await;
    office.done(&admin, &id, body).await;
    let shown = office.get(&office.b, &format!("/api/v1/drafts/{id}")).await;
    assert_eq!(
        (shown["name"].as_str(), &shown["steps"][1]["place"]),
        (Some("南岸"), &json!([109.484, 36.585]))
    );
    assert_eq!(shown["open_to_you"], json!(["comment"]), "{shown}");
    let list = office.get(&office.b, "/api/v1/drafts?open=true&limit=1").await;
    assert_eq!(list["drafts"][0]["id"], id.as_str());
    assert_eq!(office.get(&office.b, "/api/v1/drafts?mine=true").await["drafts"], json!([]));
}

#[tokio::test]
async fn a_copy_goes_its_own_way_and_is_compared_with_what_it_was_copied_from() {
    let office = Office::new().await;
    let id = office.draft().await;
    office.done(&office.a, &id, office.move_vertex(&id).await).await;
    let copy = office.begin(&office.b, json!({ "name": "另案", "copy_of": id })).await;
    assert_eq!(office.zones(&copy).await, office.zones(&id).await);
    office.done(&office.b, &copy, office.merge(&copy).await).await;
    let changes =
        office.get(&office.b, &format!("/api/v1/drafts/{copy}/changes?since=draft:{id}")).await;
    assert_eq!(changes["zones"].as_array().unwrap().len(), 2, "{changes}");
    office.done(&office.b, &copy, json!({ "act": "undo" })).await;
    office.done(&office.b, &copy, json!({ "act": "undo" })).await;
    let changes = office.get(&office.b, &format!("/api/v1/drafts/{copy}/changes")).await;
    assert_eq!((&changes["zones"], &changes["moved"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn a_locked_outline_keeps_the_citys_border_and_lets_those_within_move() {
    let office = Office::new().await;
    let id = office.draft().await;
    let borders = office.get(&office.a, &format!("/api/v1/drafts/{id}/borders")).await;
    let outer = borders["borders"].as_array().unwrap().iter();
    let outer = outer.filter(|it| it["left"].is_null() || it["right"].is_null());
    let long = outer.map(|it| it["points"].as_array().unwrap()).max_by_key(|it| it.len()).unwrap();
    let from: [f64; 2] = serde_json::from_value(long[long.len() / 2].clone()).unwrap();
    let away = |by: f64| from.map(|degrees| ((degrees + by) * 1e7).round() / 1e7);
    let shift = |from: [f64; 2], to: [f64; 2]| json!({ "act": "edit", "edits": [{ "kind": "move_vertex", "from": from, "to": to }] });
    office.done(&office.a, &id, shift(from, away(1e-6))).await;
    let lock = json!({ "act": "lock", "zones": [], "outline": true });
    let told = office.done(&office.a, &id, lock).await;
    assert_eq!(told["draft"]["locked_outline"], true, "{told}");
    let refused = office.step(&office.a, &id, json!({ "act": "undo" })).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
    assert!(refused.text().contains("the outline"), "{}", refused.text());
    let refused = office.step(&office.a, &id, shift(away(1e-6), away(2e-6))).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    assert!(refused.json()["faults"][0]["at"].is_array(), "{}", refused.text());
    office.done(&office.a, &id, office.move_vertex(&id).await).await;
    office.done(&office.a, &id, json!({ "act": "undo" })).await;
    let told = office.done(&office.a, &id, json!({ "act": "lock", "zones": [] })).await;
    assert_eq!(told["draft"]["locked_outline"], false, "{told}");
    office.done(&office.a, &id, json!({ "act": "undo" })).await;
}

#[tokio::test]
async fn what_is_locked_stays_also_when_an_edit_is_undone() {
    let office = Office::new().await;
    let id = office.draft().await;
    let told = office.done(&office.a, &id, office.move_vertex(&id).await).await;
    let zone = told["reshaped"][0].clone();
    office.done(&office.a, &id, json!({ "act": "lock", "zones": [zone] })).await;
    let refused = office.step(&office.a, &id, json!({ "act": "undo" })).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text().contains(zone.as_str().unwrap()), "{}", refused.text());
    let refused = office.step(&office.a, &id, office.move_vertex(&id).await).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    assert!(refused.json()["faults"][0]["at"].is_array(), "{}", refused.text());
    office.done(&office.a, &id, json!({ "act": "lock", "zones": [] })).await;
    office.done(&office.a, &id, json!({ "act": "undo" })).await;
}

#[tokio::test]
async fn edits_are_taken_in_the_system_that_the_caller_draws_in() {
    let office = Office::new().await;
    let id = office.draft().await;
    let path = format!("/api/v1/drafts/{id}/borders?crs=gcj02");
    let borders = office.get(&office.a, &path).await;
    let border = borders["borders"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["left"].is_string() && it["right"].is_string())
        .max_by_key(|it| it["points"].as_array().unwrap().len())
        .unwrap();
    let at = border["points"].as_array().unwrap();
    let at = &at[at.len() / 2];
    let body =
        json!({ "act": "edit", "revision": 1, "edits": [{ "kind": "delete_vertex", "at": at }] });
    let steps = format!("/api/v1/drafts/{id}/steps");
    let told = office.post(&office.a, &format!("{steps}?crs=gcj02"), &body).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text());
    let refused = office.post(&office.a, &steps, &body).await;
    assert_ne!(refused.status, StatusCode::OK);
}
