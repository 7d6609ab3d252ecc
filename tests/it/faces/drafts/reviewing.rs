//! What is found in a draft, who would change hands, and plans proposed from blocks.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;

use super::Office;
use crate::client::{Answer, request};

const BALANCE: &str = "/api/v1/plans/balance";

/// The last line of a balance.
fn last(answer: &Answer) -> Value {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    serde_json::from_str(answer.text().lines().last().unwrap()).unwrap()
}

/// A search that has begun: what is left of its answer, or the line that says why it was not begun.
async fn begun(office: &Office, ask: &Value) -> Result<Body, Value> {
    let mut request = request(Method::POST, BALANCE, Some(&office.a), Body::from(ask.to_string()));
    request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
    let mut body = office.world.client.raw(request).await.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    let line: Value = serde_json::from_slice(&first).unwrap();
    if line["progress"].as_f64().is_some() { Ok(body) } else { Err(line) }
}

async fn review(office: &Office, draft: &str, query: &str) -> Value {
    office.get(&office.a, &format!("/api/v1/drafts/{draft}/review{query}")).await
}

/// An open incident in a zone, which no rule gives to a unit.
async fn incident(office: &Office, lon: f64, lat: f64) -> Value {
    let body = json!({ "lon": lon, "lat": lat, "words": "纸箱", "accuracy_m": 1.0 });
    let filed = office.world.client.post("/api/v1/reports", "application/json", body.to_string());
    let filed = filed.await;
    assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
    office.world.take_up().await;
    filed.json()
}

#[tokio::test]
async fn a_draft_like_the_plan_in_force_moves_nobody_and_edits_that_are_tried_do() {
    let office = Office::new().await;
    let told = incident(&office, 109.484, 36.585).await;
    let draft = office.draft().await;
    let calm = review(&office, &draft, "").await;
    assert_eq!((calm["publishable"].as_bool(), calm["moving"].as_u64()), (Some(true), Some(0)));
    assert_eq!(calm["zones"].as_array().unwrap().len(), 60);
    let schools = calm["figures"]["holds"]["facilities"]["school"].as_u64();
    assert_eq!(schools, Some(35), "the others lie in the county, outside of every zone");
    assert_eq!(calm["figures"]["holds"]["incidents"], 1);
    assert_eq!(calm["figures"]["holds"]["reports"], 1);
    assert_eq!((&told["rule"], &told["for_dispatcher"]), (&json!("zone"), &json!(false)));
    let zone = told["zone"].as_str().unwrap();
    let edit = json!({ "edits": [{ "kind": "set_zone", "zone": zone, "lead": "education" }] });
    let path = format!("/api/v1/drafts/{draft}/review?listed=3");
    let tried = office.post(&office.a, &path, &edit).await;
    assert_eq!(tried.status, StatusCode::OK, "{}", tried.text());
    let tried = tried.json();
    assert!(tried["moving"].as_u64().unwrap() > 3);
    let first = &tried["listed"][0];
    assert_eq!((first["kind"].as_str(), &first["id"]), (Some("incident"), &told["id"]));
    assert_eq!((&first["stays"], &tried["staying"]), (&Value::Null, &json!(0)));
    assert_eq!(
        (first["from"].as_str(), first["to"].as_str()),
        (told["unit"].as_str(), Some("education"))
    );
    assert_eq!(tried["listed"].as_array().unwrap().len(), 3);
    assert_eq!(tried["flows"].as_array().unwrap().len(), 1);
    assert_eq!(tried["zones"].as_array().unwrap().len(), 1, "only what the edits touch");
    assert_eq!(review(&office, &draft, "").await, calm, "nothing was written");
}

#[tokio::test]
async fn patrol_posts_are_among_who_moves() {
    let office = Office::new().await;
    let draft = office.draft().await;
    let posts = office.get(&office.a, "/api/v1/facilities?kind=patrol_post&limit=1000").await;
    let mut of_zone: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for post in posts["features"].as_array().unwrap() {
        let (lon, lat) = (&post["geometry"]["coordinates"][0], &post["geometry"]["coordinates"][1]);
        let here = office.get(&office.a, &format!("/api/v1/locate?lon={lon}&lat={lat}")).await;
        if let Some(zone) = here["zone"]["id"].as_str().or(here["zone"].as_str()) {
            let id = post["id"].as_str().unwrap().to_owned();
            of_zone.entry(zone.to_owned()).or_default().insert(id);
        }
    }
    let zones = office.get(&office.a, "/api/v1/zones").await;
    let led = |zone: &str| {
        let mut all = zones["features"].as_array().unwrap().iter();
        let found = all.find(|it| it["id"] == zone).unwrap();
        found["properties"]["lead"]["id"].as_str().unwrap().to_owned()
    };
    let most = of_zone.iter().max_by_key(|(_, posts)| posts.len()).unwrap();
    let (zone, expected) = most;
    assert!(expected.len() > 1, "{of_zone:?}");
    let from = led(zone);
    let to = if from == "education" { "health" } else { "education" };
    let edit = json!({ "edits": [{ "kind": "set_zone", "zone": zone, "lead": to }] });
    let path = format!("/api/v1/drafts/{draft}/review?listed=10000");
    let tried = office.post(&office.a, &path, &edit).await.json();
    let flow = &tried["flows"][0];
    assert_eq!((flow["from"].as_str(), flow["to"].as_str()), (Some(&*from), Some(to)));
    assert_eq!(flow["moves"]["facilities"]["patrol_post"], expected.len());
    let listed = tried["listed"].as_array().unwrap().iter();
    let listed = listed.filter(|it| it["kind"] == "patrol_post");
    let listed: BTreeSet<String> = listed.map(|it| it["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(listed, *expected);
}

#[tokio::test]
async fn what_blocks_is_told_and_edits_that_do_not_fit_are_refused_with_their_place() {
    let office = Office::new().await;
    let draft = office.draft().await;
    let path = format!("/api/v1/drafts/{draft}/review");
    let stray =
        json!({ "edits": [{ "kind": "move_vertex", "from": [1.0, 2.0], "to": [1.0, 3.0] }] });
    let refused = office.post(&office.a, &path, &stray).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    for body in [json!({}), json!({ "edits": "x" }), json!({ "edits": [{ "kind": "turn" }] })] {
        let refused = office.post(&office.a, &path, &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
    for query in ["?days=-1", "?listed=1000000", "?crs=utm", "?colour=red"] {
        let answer = office.world.client.get_as(&office.a, &format!("{path}{query}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }
    let none = format!("/api/v1/drafts/{}/review", uuid::Uuid::nil());
    assert_eq!(office.world.client.get_as(&office.a, &none).await.status, StatusCode::NOT_FOUND);
    let unit = UnitId::new("education").unwrap();
    let unit = office.world.key(Role::Unit, &unit).await;
    assert_eq!(office.world.client.get_as(&unit, &path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn balanced_plans_are_proposed_with_progress_and_become_drafts() {
    let office = Office::new().await;
    let ask = json!({
        "weights": ["people"], "tolerance": 0.1, "seconds": 1, "locked": ["zone-07"],
        "draft": "均衡", "lead_by_seat": true,
    });
    let answer = office.post(&office.a, BALANCE, &ask).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let lines: Vec<Value> =
        answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (last, progress) = lines.split_last().unwrap();
    assert!(!progress.is_empty());
    assert!(progress.iter().all(|line| line["progress"].as_f64().is_some()));
    let proposed = &last["proposals"][0];
    assert_eq!(proposed["broken"], 0, "{last}");
    assert!(proposed["bridged"].is_u64(), "{last}");
    assert_eq!(proposed["proven"], true, "{last}");
    assert_eq!(proposed["zones"]["features"].as_array().unwrap().len(), 60);
    let draft = proposed["draft"].as_str().unwrap();
    let told = review(&office, draft, "?listed=0").await;
    for field in ["moving", "flows", "findings"] {
        assert_eq!(told[field], proposed["review"][field], "each comes with its review: {field}");
    }
    assert_eq!(told["publishable"], true, "{}", told["findings"]);
    let was = office.draft().await;
    let area = |of: &Value| {
        let zones = of["zones"].as_array().unwrap().clone();
        zones.into_iter().find(|zone| zone["zone"] == "zone-07").unwrap()["area_m2"].clone()
    };
    assert_eq!(area(&told), area(&review(&office, &was, "").await), "a locked zone stays");
}

#[tokio::test]
async fn a_balance_that_cannot_be_is_told_with_the_reasons() {
    let office = Office::new().await;
    let bad =
        json!({ "tolerance": -1, "seconds": 0, "alternatives": 99, "locked": ["a b"], "hue": 1 });
    let refused = office.post(&office.a, BALANCE, &bad).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.places().len(), 5, "{}", refused.text());
    for (ask, place) in [
        (json!({ "locked": ["nowhere"], "seconds": 1 }), "blocks"),
        (json!({ "zones": 0, "seconds": 1 }), "zones"),
        (json!({ "zones": 60_000, "seconds": 1 }), "balance"),
    ] {
        let told = last(&office.post(&office.a, BALANCE, &ask).await);
        let faults = told["problem"]["faults"].as_array().unwrap();
        assert_eq!(faults[0]["place"], place, "{told}");
    }
    let nobody = UnitId::new("x").unwrap();
    let dispatcher = office.world.key(Role::Dispatcher, &nobody).await;
    assert_eq!(office.post(&dispatcher, BALANCE, &json!({})).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_goes_by_the_zones_of_today_is_refused_for_another_number_of_them() {
    let office = Office::new().await;
    let by_today = json!({ "by_staff": true, "seats": 1, "change": 1, "seconds": 1 });
    let mut fewer = by_today.clone();
    fewer["zones"] = json!(59);
    let told = last(&office.post(&office.a, BALANCE, &fewer).await);
    let faults = told["problem"]["faults"].as_array().unwrap();
    let places: Vec<&str> = faults.iter().map(|it| it["place"].as_str().unwrap()).collect();
    assert_eq!(places, ["by_staff", "seats", "change"], "{told}");
    for fault in faults {
        let words = fault["words"].as_str().unwrap();
        assert!(
            words.contains("59") && words.contains("60"),
            "says why, and what is right: {words}"
        );
    }
    let told = last(&office.post(&office.a, BALANCE, &by_today).await);
    let zones = told["proposals"][0]["zones"]["features"].as_array().unwrap();
    assert_eq!(zones.len(), 60);
    let plan = office.get(&office.a, "/api/v1/zones").await;
    for zone in zones {
        let today = plan["features"].as_array().unwrap().iter().find(|it| it["id"] == zone["id"]);
        let lead = &today.unwrap()["properties"]["lead"]["id"];
        assert_eq!(&zone["properties"]["lead"], lead, "{}", zone["id"]);
    }
}

#[tokio::test]
async fn several_plans_come_with_what_each_stresses() {
    let office = Office::new().await;
    let ask = json!({
        "tolerance": 0.2, "nearness": 1, "seats": 1, "change": 1, "alternatives": 3, "seconds": 3,
    });
    let told = last(&office.post(&office.a, BALANCE, &ask).await);
    let proposals = told["proposals"].as_array().unwrap();
    assert!((2..=3).contains(&proposals.len()), "{}", proposals.len());
    let mut stresses: Vec<&str> =
        proposals.iter().map(|it| it["stresses"].as_str().unwrap()).collect();
    stresses.sort_unstable();
    stresses.dedup();
    assert_eq!(stresses.len(), proposals.len(), "each stresses something else: {stresses:?}");
    let known = ["as_asked", "borders", "balance", "nearness", "change"];
    assert!(stresses.iter().all(|stress| known.contains(stress)), "{stresses:?}");
    for it in proposals {
        assert!(it["seat_m"].is_number() && it["changed"].is_number());
        assert_eq!(
            (&it["broken"], &it["draft"], &it["proven"]),
            (&json!(0), &Value::Null, &Value::Null)
        );
        assert_eq!(it["zones"]["features"].as_array().unwrap().len(), 60);
    }
}

#[tokio::test]
async fn who_goes_away_ends_the_search_and_while_it_lasts_drafts_are_edited() {
    let office = Office::new().await;
    let ask = json!({ "seconds": 60, "draft": "均衡" });
    let mut under_way = Vec::new();
    let refused = loop {
        match begun(&office, &ask).await {
            Ok(body) => under_way.push(body),
            Err(line) => break line,
        }
    };
    assert!(!under_way.is_empty(), "{refused}");
    assert_eq!(refused["problem"]["status"], 503, "a search too many: {refused}");
    let draft = office.draft().await;
    let moved = office.move_vertex(&draft).await;
    office.done(&office.a, &draft, moved).await;
    review(&office, &draft, "?listed=0").await;
    drop(under_way);
    let quick = json!({ "seconds": 1, "tolerance": 0.2 });
    let mut found = Value::Null;
    for _ in 0..100 {
        found = last(&office.post(&office.a, BALANCE, &quick).await);
        if found["problem"]["status"] != 503 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(found["proposals"].is_array(), "there is room again long before 60 s: {found}");
    let drafts = office.get(&office.a, "/api/v1/drafts").await;
    let drafts = drafts["drafts"].as_array().unwrap();
    assert_eq!(drafts.len(), 1, "only the one that was made by hand: {drafts:?}");
}
