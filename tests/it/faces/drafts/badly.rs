//! What is wrong is told, with words and places.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::domain::drafts::step::STEP_EDITS_MAX;
use zonewarden::store::Basis;

use super::Office;

fn edits(edits: Value) -> Value {
    let mut step = json!({ "act": "edit" });
    step["edits"] = edits;
    step
}

#[tokio::test]
async fn an_edit_that_cannot_be_is_refused_with_its_place() {
    let office = Office::new().await;
    let id = office.draft().await;
    let zone = office.zones(&id).await["features"][0]["id"].clone();
    let check = async |body: Value, place: &str, at: bool| {
        let refused = office.step(&office.a, &id, body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
        assert!(refused.places().contains(&place.to_owned()), "{}", refused.text());
        assert_eq!(refused.json()["faults"][0]["at"].is_array(), at, "{}", refused.text());
    };
    let far = json!([[110.0, 36.0], [110.1, 36.0]]);
    let split = |line: &Value| {
        edits(json!([{ "kind": "split", "zone": zone, "line": line, "new": { "id": "n" } }]))
    };
    check(split(&far), "edits[0]", true).await;
    check(split(&json!([[110.0, 36.0]])), "edits[0].line", false).await;
    check(split(&json!([[110.0, 36.0], [1e9, 36.0]])), "edits[0]", false).await;
    let nobody = json!([{ "kind": "merge", "into": zone, "from": "nobody" }]);
    check(edits(nobody), "edits[0]", false).await;
    let unit = json!([{ "kind": "set_zone", "zone": zone, "lead": "nobody" }]);
    check(edits(unit), "edits[0].lead", false).await;
    check(edits(json!([{ "kind": "explode" }])), "edits[0]", false).await;
    check(edits(json!([{ "kind": "redraw", "zones": [] }])), "edits[0].kind", false).await;
    check(edits(json!([])), "edits", false).await;
    let many = vec![json!({ "kind": "thin", "tolerance_m": 1.0 }); STEP_EDITS_MAX + 1];
    check(edits(json!(many)), "edits", false).await;
    check(json!({ "act": "explode" }), "act", false).await;
    check(json!({ "act": "comment", "words": "" }), "words", false).await;
    check(json!({ "act": "comment", "words": "x", "place": [1] }), "place", false).await;
    check(json!({ "act": "share", "with": ["nobody"] }), "with", false).await;
    check(json!({ "act": "lock", "zones": ["nobody"] }), "zones", false).await;
    check(json!({ "act": "publish", "effective_at": "tomorrow" }), "effective_at", false).await;
    assert_eq!(office.revision(&id).await, 1, "nothing was written");
}

#[tokio::test]
async fn a_drawing_that_the_ground_does_not_admit_is_told_in_terms_of_zones_with_the_place() {
    let office = Office::small().await;
    let id = office.draft().await;
    let split = |line: Value| json!({ "kind": "split", "zone": "west", "line": line, "new": { "id": "n" } });
    let hole = |ring: Value| json!({ "kind": "add_hole", "zone": "west", "ring": ring });
    let pit = json!([[109.404, 36.504], [109.405, 36.504], [109.405, 36.505], [109.404, 36.505]]);
    let mut dug = hole(pit);
    dug["new"] = json!({ "id": "pit" });
    office.done(&office.a, &id, edits(json!([dug]))).await;
    let node = json!([
        [109.406, 36.499],
        [109.406, 36.505],
        [109.41, 36.51],
        [109.407, 36.505],
        [109.407, 36.499],
    ]);
    let along = json!([[109.409, 36.499], [109.409, 36.505], [109.41, 36.505], [109.41, 36.511]]);
    let itself = json!([
        [109.399, 36.507],
        [109.408, 36.507],
        [109.408, 36.509],
        [109.406, 36.509],
        [109.406, 36.499],
    ]);
    let around =
        json!([[109.403, 36.503], [109.406, 36.503], [109.406, 36.506], [109.403, 36.506]]);
    let across =
        json!([[109.4045, 36.503], [109.408, 36.503], [109.408, 36.508], [109.4045, 36.508]]);
    let apart = json!({ "kind": "merge", "into": "west", "from": "far" });
    for (edit, words, at) in [
        (split(node), "the border of zone west", Some([109.41, 36.51])),
        (split(along), "along the border of zone west", Some([109.41, 36.505])),
        (split(itself), "crosses or touches itself", Some([109.406, 36.507])),
        (hole(around), "around another border of zone west", None),
        (hole(across), "meets the border of zone west", None),
        (apart, "zones west and far have no border in common", None),
    ] {
        let refused = office.step(&office.a, &id, edits(json!([edit]))).await;
        let told = refused.json();
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        let fault = &told["faults"][0];
        assert_eq!(fault["place"], "edits[0]", "{told}");
        let said = fault["words"].as_str().unwrap();
        assert!(said.contains(words) && !said.contains("face"), "{told}");
        assert!(fault["at"].is_array(), "{told}");
        assert!(at.is_none_or(|at| fault["at"] == json!(at)), "{told}");
    }
    assert_eq!(office.revision(&id).await, 2, "nothing was written");
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_what_changes_nothing_is_not_published() {
    let office = Office::new().await;
    let id = office.draft().await;
    for path in ["nobody", "00000000-0000-7000-8000-000000000000"] {
        let absent = office.world.client.get_as(&office.a, &format!("/api/v1/drafts/{path}")).await;
        assert_eq!(absent.status, StatusCode::NOT_FOUND);
    }
    for since in ["plan:99", "draft:00000000-0000-7000-8000-000000000000"] {
        let path = format!("/api/v1/drafts/{id}/changes?since={since}");
        let absent = office.world.client.get_as(&office.a, &path).await;
        assert_eq!(absent.status, StatusCode::NOT_FOUND, "{since}");
    }
    let idle = office.step(&office.a, &id, json!({ "act": "publish" })).await;
    assert_eq!(idle.status, StatusCode::CONFLICT, "{}", idle.text());
    let copied = json!({ "name": "x", "copy_of": "00000000-0000-7000-8000-000000000000" });
    let absent = office.post(&office.a, "/api/v1/drafts", &copied).await;
    assert_eq!(absent.places(), ["copy_of"]);
    let unnamed = office.post(&office.a, "/api/v1/drafts", &json!({ "name": " " })).await;
    assert_eq!(unnamed.places(), ["name"]);
    office.done(&office.a, &id, json!({ "act": "drop", "words": "不要" })).await;
    let over = office.step(&office.a, &id, json!({ "act": "withdraw" })).await;
    assert_eq!(over.status, StatusCode::CONFLICT, "{}", over.text());
}

#[tokio::test]
async fn a_plan_whose_unit_is_gone_is_not_published_and_says_which_zones_lack_one() {
    let office = Office::new().await;
    let id = office.draft().await;
    office.done(&office.a, &id, office.merge(&id).await).await;
    let app = &office.world.app;
    let state = app.store().load(&office.world.city).await.unwrap().unwrap();
    let zone = state.zones.last().unwrap();
    // Behind the back of what keeps a unit that leads: only a store can be so.
    let gone = zonewarden::domain::change::Change::UnitsRemoved(vec![zone.lead.clone()]);
    let stamp = zonewarden::store::Stamp {
        city: office.world.city.clone(),
        actor: "cli".to_owned(),
        at: app.now(),
    };
    app.store().commit(stamp, Basis::default(), vec![gone]).await.unwrap();
    let refused = office.step(&office.a, &id, json!({ "act": "publish" })).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    let place = format!("zones.{}.lead", zone.id);
    assert!(refused.places().contains(&place), "{}", refused.text());
}
