//! Published plans: listed, compared, published again.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::atlas::unit::Unit;
use zonewarden::domain::change::Change;
use zonewarden::domain::id::UnitId;
use zonewarden::store::Basis;

use super::planned::{HOUR_US, Planned};
use crate::client::request;

#[tokio::test]
async fn plans_are_listed_read_and_compared() {
    let planned = Planned::new().await;
    let [a, b, _] = planned.three();
    let zones = planned.atlas().zones().to_vec();
    planned.world.pass_us(HOUR_US);
    planned.swap(a, b).await;
    planned.world.pass_us(HOUR_US);
    planned.publish(|zones| zones[b].lead = zones[a].lead.clone()).await;
    let listed = planned.get("/api/v1/plans").await.json();
    let plans = listed["plans"].as_array().unwrap();
    let told: Vec<_> = plans.iter().map(|it| (&it["version"], &it["note"], &it["actor"])).collect();
    let cli = json!("cli");
    assert_eq!(told[0], (&json!(3), &json!("plan 3"), &cli));
    assert_eq!(plans.len(), 3);
    assert_eq!(plans[0]["effective_to"], Value::Null);
    assert_eq!(plans[1]["effective_to"], plans[0]["effective_from"]);
    assert_eq!(plans[2]["zones"], zones.len());
    let public = planned.world.client.get("/api/v1/plans/2").await.json();
    assert_eq!((&public["actor"], &public["version"]), (&Value::Null, &json!(2)));
    // One page after the other.
    let page = planned.get("/api/v1/plans?limit=2").await.json();
    assert_eq!(page["next"], 1);
    let next = planned.get("/api/v1/plans?limit=2&until=1").await.json();
    assert_eq!((&next["plans"], &next["next"]), (&json!([plans[2]]), &Value::Null));
    // Its zones are what an import takes.
    let then = planned.get("/api/v1/plans/1/zones").await.json();
    assert_eq!(then["features"].as_array().unwrap().len(), zones.len());
    // What differs.
    let swapped = planned.get("/api/v1/plans/2/changes").await.json();
    assert_eq!(swapped["since"], 1);
    let areas = swapped["areas"].as_array().unwrap();
    let hands: Vec<_> = areas.iter().map(|it| (&it["from"], &it["to"])).collect();
    let (one, other) = (json!(zones[a].id), json!(zones[b].id));
    assert_eq!(hands, [(&one, &other), (&other, &one)]);
    let sizes: f64 = areas.iter().map(|it| it["area_m2"].as_f64().unwrap()).sum();
    assert!((sizes - swapped["area_m2"].as_f64().unwrap()).abs() < 0.1);
    assert_eq!(areas[0]["geometry"]["type"], "MultiPolygon");
    let fields = |zone: &Value| zone["fields"][0]["field"].clone();
    let differ: Vec<_> = swapped["zones"].as_array().unwrap().iter().map(fields).collect();
    assert_eq!(differ, ["geometry", "geometry"]);
    let led = planned.get("/api/v1/plans/3/changes?geometry=false").await.json();
    assert_eq!(led["areas"], json!([]));
    let other = json!({ "field": "lead", "was": zones[b].lead, "is": zones[a].lead });
    assert_eq!(
        led["zones"],
        json!([{ "id": zones[b].id, "change": "changed", "fields": [other] }])
    );
    let begun = planned.get("/api/v1/plans/1/changes?geometry=false").await.json();
    assert_eq!((&begun["since"], &begun["zones"][0]["change"]), (&json!(0), &json!("added")));
    for path in ["/0", "/9", "/x", "/9/zones", "/9/changes", "/2/changes?since=7", "/9/handover"] {
        let answer = planned.get(&format!("/api/v1/plans{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let bad = planned.get("/api/v1/plans?until=x&limit=0").await;
    assert_eq!(bad.places(), ["until", "limit"]);
}

#[tokio::test]
async fn a_former_plan_is_published_again_as_a_new_one() {
    let planned = Planned::new().await;
    let [a, b, _] = planned.three();
    let zones = planned.atlas().zones().to_vec();
    planned.world.pass_us(HOUR_US);
    planned.swap(a, b).await;
    let dry = planned.post("/api/v1/plans/1/restore?dry_run=true").await.json();
    assert_eq!((&dry["version"], &dry["changed"]), (&Value::Null, &json!(2)));
    assert_eq!(planned.atlas().plan().version, 2);
    let done = planned.post("/api/v1/plans/1/restore?note=undo").await.json();
    assert_eq!((&done["version"], &done["changed"]), (&json!(3), &json!(2)));
    assert_eq!(planned.atlas().zones(), zones);
    assert_eq!(planned.atlas().plan().note, "undo");
    let again = planned.post("/api/v1/plans/1/restore").await.json();
    assert_eq!((&again["version"], &again["same"]), (&Value::Null, &json!(zones.len())));
    let changes = planned.get("/api/v1/plans/3/changes?since=1").await.json();
    assert_eq!((&changes["zones"], &changes["areas"]), (&json!([]), &json!([])));
    assert_eq!(planned.post("/api/v1/plans/9/restore").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_plan_whose_units_are_gone_is_refused_with_all_of_them() {
    let planned = Planned::new().await;
    let (app, city) = (&planned.world.app, &planned.world.city);
    let commit = async |changes| {
        app.commit(city, &Caller::cli(), Basis::default(), changes).await.unwrap();
    };
    let units = ["gone-one", "gone-two"].map(|code| UnitId::new(code).unwrap());
    commit(vec![Change::UnitsSet(units.iter().cloned().map(Unit::named_only).collect())]).await;
    let former = planned
        .publish(|zones| {
            zones[0].lead = units[0].clone();
            zones[1].co = vec![units[1].clone()];
        })
        .await;
    let one = planned.atlas().units()[0].id.clone();
    planned
        .publish(|zones| {
            zones[0].lead = one;
            zones[1].co = Vec::new();
        })
        .await;
    commit(vec![Change::UnitsRemoved(units.to_vec())]).await;
    let refused = planned.post(&format!("/api/v1/plans/{former}/restore")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    for unit in &units {
        assert!(refused.text().contains(unit.as_str()), "{}", refused.text());
    }
    assert_eq!(planned.atlas().plan().version, former + 1);
}

#[tokio::test]
async fn of_two_who_restore_at_once_one_does_and_the_other_is_told() {
    let planned = Planned::new().await;
    let [a, b, _] = planned.three();
    planned.swap(a, b).await;
    let tag = planned.get("/api/v1/plan").await.header("etag").to_owned();
    let key = planned.key(Role::Planner).await;
    let restore = async |note: &str| {
        let path = format!("/api/v1/plans/1/restore?note={note}");
        let mut ask = request(Method::POST, &path, Some(&key), Body::empty());
        ask.headers_mut().insert(header::IF_MATCH, tag.parse().unwrap());
        planned.world.client.ask(ask).await
    };
    let (one, other) = tokio::join!(restore("one"), restore("other"));
    let mut both = [one.status, other.status];
    both.sort();
    assert_eq!(both, [StatusCode::OK, StatusCode::CONFLICT], "{} {}", one.text(), other.text());
    assert_eq!(planned.get("/api/v1/plans").await.json()["plans"].as_array().unwrap().len(), 3);
    let late = restore("late").await;
    assert_eq!(late.status, StatusCode::CONFLICT);
}
