//! Drafts that are as large as they may be, and larger.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::domain::drafts::step::STEP_PLACES_MAX;

use super::Office;

fn revisions(told: &Value) -> Vec<u64> {
    let steps = told["steps"].as_array().unwrap();
    steps.iter().map(|step| step["revision"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_page_of_steps_is_bounded_in_bytes_and_another_process_reads_on() {
    let office = Office::small().await;
    let id = office.draft().await;
    // Three megabytes a step.
    let edit =
        json!({ "kind": "set_zone", "zone": "west", "attributes": { "note": "x".repeat(60_000) } });
    for _ in 0..4 {
        office
            .done(&office.a, &id, json!({ "act": "edit", "edits": vec![edit.clone(); 50] }))
            .await;
    }
    let path = format!("/api/v1/drafts/{id}?limit=1000");
    let first = office.get(&office.a, &path).await;
    assert_eq!((revisions(&first), &first["next"]), (vec![1, 2, 3, 4], &json!(4)));
    let rest = office.get(&office.a, &format!("{path}&since=4")).await;
    assert_eq!((revisions(&rest), &rest["next"]), (vec![5], &Value::Null));
    let short = office.get(&office.a, &format!("/api/v1/drafts/{id}?limit=2&since=1")).await;
    assert_eq!((revisions(&short), &short["next"]), (vec![2, 3], &json!(3)));
    let other = office.beside().await;
    assert_eq!(other.revision(&id).await, 5);
    assert_eq!(other.zones(&id).await, office.zones(&id).await);
}

#[tokio::test]
async fn a_step_with_too_many_places_is_refused_and_writes_nothing() {
    let office = Office::small().await;
    let id = office.draft().await;
    let line = vec![json!([109.405, 36.505]); STEP_PLACES_MAX / 10];
    let edits = vec![json!({ "kind": "reshape_arc", "line": line }); 11];
    let refused = office.step(&office.a, &id, json!({ "act": "edit", "edits": edits })).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    assert_eq!(refused.places(), ["edits"]);
    assert!(refused.text().contains("have 220000 places; at most 200000 go into one step"));
    assert_eq!(office.revision(&id).await, 1);
}
