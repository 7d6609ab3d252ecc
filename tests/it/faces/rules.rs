//! The rules editor's back end: read, rehearse on past reports, set.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::atlas::facility::FacilityKind;
use zonewarden::domain::atlas::reach::REACH_SHAPES_MAX;
use zonewarden::domain::id::UnitId;

use crate::client::{Answer, request};
use crate::world::{CENTRE, World};

async fn planner(world: &World) -> String {
    world.key(Role::Planner, &UnitId::new("x").unwrap()).await
}

fn put(key: &str, query: &str, tag: Option<&str>, body: &Value) -> Request<Body> {
    let path = format!("/api/v1/rules{query}");
    let mut request = request(Method::PUT, &path, Some(key), Body::from(body.to_string()));
    request.headers_mut().insert(header::CONTENT_TYPE, "application/geo+json".parse().unwrap());
    if let Some(tag) = tag {
        request.headers_mut().insert(header::IF_MATCH, tag.parse().unwrap());
    }
    request
}

async fn told(world: &World, category: &str) -> Value {
    let body = json!({ "lon": CENTRE.0, "lat": CENTRE.1, "category": category }).to_string();
    let filed = world.client.post("/api/v1/reports", "application/json", body).await;
    assert_eq!(filed.status, StatusCode::CREATED);
    filed.json()
}

/// One rule that sends every report of a category to a unit.
fn everywhere(category: &str, unit: &str) -> Value {
    let rule = json!({ "id": "a-rule", "name_en": "New", "reach": "category",
                       "categories": category, "unit": unit, "mode": "instead" });
    json!({ "type": "FeatureCollection", "features": [
        { "type": "Feature", "geometry": null, "properties": rule }
    ]})
}

fn words(answer: &Answer) -> String {
    format!("{} {}", answer.status, answer.text())
}

#[tokio::test]
async fn a_dry_run_says_which_past_reports_would_have_gone_elsewhere_and_changes_nothing() {
    let world = World::new().await;
    let key = planner(&world).await;
    let (first, other) = (told(&world, "event.02").await, told(&world, "event.03").await);
    assert_eq!(first["zone"], other["zone"]);
    let atlas = world.app.atlas(&world.city).unwrap();
    let to = atlas.units().iter().find(|unit| json!(unit.id) != first["unit"]).unwrap();
    let before = world.client.get_as(&key, "/api/v1/rules").await;
    let rule = everywhere("event.02", to.id.as_str());
    let dry = world.client.ask(put(&key, "?dry_run=true&merge=true", None, &rule)).await;
    assert_eq!(dry.status, StatusCode::OK, "{}", words(&dry));
    let dry = dry.json();
    assert_eq!(
        (&dry["added"], &dry["removed"], &dry["atlas_version"]),
        (&json!(1), &json!(0), &Value::Null)
    );
    let past = &dry["rehearsal"];
    assert_eq!(
        (&past["days"], &past["reports"], &past["elsewhere"]),
        (&json!(90), &json!(2), &json!(1))
    );
    let expected = json!([{ "report": first["id"], "from": first["unit"], "to": to.id,
                            "rule": first["rule"], "rule_then": "a-rule" }]);
    assert_eq!(past["listed"], expected);
    assert_eq!(past["flows"], json!([{ "from": first["unit"], "to": to.id, "reports": 1 }]));
    let after = world.client.get_as(&key, "/api/v1/rules").await;
    assert_eq!((&before.bytes, before.header("etag")), (&after.bytes, after.header("etag")));
    assert_eq!(told(&world, "event.02").await["unit"], first["unit"]);
    // Reports older than the days asked for are not looked at.
    world.pass_us(2 * 86_400_000_000);
    let dry = world.client.ask(put(&key, "?dry_run=true&merge=true&days=1", None, &rule)).await;
    assert_eq!(dry.json()["rehearsal"]["reports"], 0);
}

#[tokio::test]
async fn a_dry_run_tells_apart_reports_that_keep_their_unit_and_get_others_beside_it() {
    let world = World::new().await;
    let key = planner(&world).await;
    let atlas = world.app.atlas(&world.city).unwrap();
    let leads = |unit: &UnitId| atlas.zones().iter().any(|zone| zone.lead == *unit);
    let unit = atlas.units().iter().map(|unit| &unit.id).find(|unit| !leads(unit)).unwrap();
    let mut rule = everywhere("event.02", unit.as_str());
    rule["features"][0]["properties"]["mode"] = json!("beside");
    let set = world.client.ask(put(&key, "?merge=true", None, &rule)).await;
    assert_eq!(set.status, StatusCode::OK, "{}", words(&set));
    let first = told(&world, "event.02").await;
    told(&world, "event.03").await;
    assert_eq!(first["rule"], "a-rule");
    rule["features"][0]["properties"]["mode"] = json!("instead");
    let dry = world.client.ask(put(&key, "?dry_run=true&merge=true", None, &rule)).await;
    assert_eq!(dry.status, StatusCode::OK, "{}", words(&dry));
    let dry = dry.json();
    let past = &dry["rehearsal"];
    assert_eq!(
        (&past["reports"], &past["elsewhere"], &past["others_beside"]),
        (&json!(2), &json!(0), &json!(1)),
        "{past}"
    );
    let beside = json!([{ "report": first["id"], "unit": first["unit"], "co": first["co"],
                          "co_then": [], "rule": "a-rule", "rule_then": "a-rule" }]);
    assert_eq!((&past["listed"], &past["listed_beside"]), (&json!([]), &beside));
    assert_ne!(first["co"], json!([]));
    let few = world.client.ask(put(&key, "?dry_run=true&merge=true&listed=0", None, &rule)).await;
    let few = few.json()["rehearsal"].clone();
    assert_eq!((&few["others_beside"], &few["listed_beside"]), (&json!(1), &json!([])));
}

#[tokio::test]
async fn a_dry_run_tells_which_reports_would_leave_the_dispatcher_s_queue_and_which_would_enter_it()
{
    let world = World::new().await;
    let key = planner(&world).await;
    let before = world.client.get_as(&key, "/api/v1/rules").await.json();
    // Some border is nearer than so vague a position is sure of.
    let body = json!({ "lon": CENTRE.0, "lat": CENTRE.1, "category": "event.06",
                       "accuracy_m": 20_000.0 });
    let filed = world.client.post("/api/v1/reports", "application/json", body.to_string()).await;
    let filed = filed.json();
    assert_eq!((&filed["rule"], &filed["for_dispatcher"]), (&json!("zone"), &json!(true)));
    told(&world, "event.03").await;
    let dry = async |query: &str, rules: &Value| {
        let dry = world.client.ask(put(&key, query, None, rules)).await;
        assert_eq!(dry.status, StatusCode::OK, "{}", words(&dry));
        dry.json()["rehearsal"].clone()
    };
    // The same unit, of which the rule is sure.
    let sure = everywhere("event.06", filed["unit"].as_str().unwrap());
    let past = dry("?dry_run=true&merge=true", &sure).await;
    assert_eq!(
        (&past["reports"], &past["elsewhere"], &past["to_queue"], &past["from_queue"]),
        (&json!(2), &json!(0), &json!(0), &json!(1)),
        "{past}"
    );
    let one = &past["listed_from_queue"][0];
    assert_eq!(
        (&one["report"], &one["from"], &one["to"], &one["rule"], &one["rule_then"]),
        (&filed["id"], &filed["unit"], &filed["unit"], &json!("zone"), &json!("a-rule"))
    );
    assert_eq!((&one["confidence"], &one["confidence_then"]), (&filed["confidence"], &json!(1.0)));
    assert_eq!(past["listed_to_queue"], json!([]));
    // And back.
    let set = world.client.ask(put(&key, "?merge=true", None, &sure)).await;
    assert_eq!(set.status, StatusCode::OK, "{}", words(&set));
    let past = dry("?dry_run=true", &before).await;
    assert_eq!(
        (&past["elsewhere"], &past["to_queue"], &past["from_queue"]),
        (&json!(0), &json!(1), &json!(0)),
        "{past}"
    );
    assert_eq!(past["listed_to_queue"][0]["report"], filed["id"]);
    let few = dry("?dry_run=true&listed=0", &before).await;
    assert_eq!((&few["to_queue"], &few["listed_to_queue"]), (&json!(1), &json!([])));
}

#[tokio::test]
async fn rules_that_were_set_meanwhile_are_not_overwritten() {
    let world = World::new().await;
    let key = planner(&world).await;
    let rules = world.client.get_as(&key, "/api/v1/rules").await;
    let tag = rules.header("etag").to_owned();
    let atlas = world.app.atlas(&world.city).unwrap();
    let to = atlas.units()[0].id.clone();
    let rule = everywhere("event.02", to.as_str());
    let set = world.client.ask(put(&key, "?merge=true", Some(&tag), &rule)).await;
    assert_eq!(set.json()["added"], 1, "{}", words(&set));
    assert_eq!(told(&world, "event.02").await["rule"], "a-rule");
    let late = world.client.ask(put(&key, "", Some(&tag), &rules.json())).await;
    assert_eq!(
        (late.status, &late.json()["type"]),
        (StatusCode::CONFLICT, &json!("urn:zonewarden:problem:stale"))
    );
    // What was read goes back as it was: the new rule is gone, the others are the same.
    let tag = world.client.get_as(&key, "/api/v1/rules").await.header("etag").to_owned();
    let back = world.client.ask(put(&key, "", Some(&tag), &rules.json())).await;
    assert_eq!(
        (&back.json()["removed"], &back.json()["changed"]),
        (&json!(1), &json!(0)),
        "{}",
        words(&back)
    );
    assert_eq!(world.client.get_as(&key, "/api/v1/rules").await.bytes, rules.bytes);
}

#[tokio::test]
async fn a_faulty_rule_is_refused_with_its_place_and_nothing_is_set() {
    let world = World::new().await;
    let key = planner(&world).await;
    let before = world.client.get_as(&key, "/api/v1/rules").await.bytes;
    let mut rules = everywhere("event.02", "nobody");
    rules["features"][0]["properties"]["reach"] = json!("moon");
    let refused = world.client.ask(put(&key, "?merge=true", None, &rules)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", words(&refused));
    let places = refused.places();
    assert!(places.iter().any(|place| place.starts_with("features[0].")), "{places:?}");
    for (body, status) in [
        (json!(7), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "type": "FeatureCollection" }), StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let answer = world.client.ask(put(&key, "", None, &body)).await;
        assert_eq!(answer.status, status, "{}", words(&answer));
    }
    assert_eq!(world.client.get_as(&key, "/api/v1/rules").await.bytes, before);
}

#[tokio::test]
async fn a_body_without_a_rule_or_that_is_no_gzip_takes_no_rule_away() {
    let world = World::new().await;
    let key = planner(&world).await;
    let before = world.client.get_as(&key, "/api/v1/rules").await.bytes;
    let empty = json!({ "type": "FeatureCollection", "features": [] });
    for query in ["", "?dry_run=true", "?merge=false"] {
        let refused = world.client.ask(put(&key, query, None, &empty)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", words(&refused));
        assert_eq!(refused.places(), ["features"]);
        assert!(refused.text().contains("every rule would go"), "{}", words(&refused));
    }
    // Beside those that stay, nothing is nothing.
    let merged = world.client.ask(put(&key, "?merge=true", None, &empty)).await;
    assert_eq!(merged.status, StatusCode::OK, "{}", words(&merged));
    assert_eq!((&merged.json()["removed"], &merged.json()["added"]), (&json!(0), &json!(0)));
    let mut broken = put(&key, "?merge=true", None, &everywhere("event.02", "nobody"));
    broken.headers_mut().insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
    let broken = world.client.ask(broken).await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST, "{}", words(&broken));
    assert_eq!(world.client.get_as(&key, "/api/v1/rules").await.bytes, before);
}

#[tokio::test]
async fn rules_about_more_shapes_than_an_index_holds_are_refused_with_the_limit() {
    let world = World::new().await;
    let key = planner(&world).await;
    let before = world.client.get_as(&key, "/api/v1/rules").await.bytes;
    let atlas = world.app.atlas(&world.city).unwrap();
    let kind = FacilityKind::Restaurant;
    let each = atlas.facilities().iter().filter(|it| it.kind == kind).count();
    let unit = atlas.units()[0].id.clone();
    let ring = |n: usize| {
        let rule = json!({ "id": format!("ring-{n}"), "name_en": "New", "reach": "ring", "kind": kind.code(),
                           "distance_m": 50, "unit": unit, "mode": "instead" });
        json!({ "type": "Feature", "geometry": null, "properties": rule })
    };
    let rings = |count: usize| {
        let features: Vec<Value> = (0..count).map(ring).collect();
        json!({ "type": "FeatureCollection", "features": features })
    };
    for query in ["?merge=true&dry_run=true", "?merge=true", ""] {
        let many = rings(REACH_SHAPES_MAX / each + 1);
        let refused = world.client.ask(put(&key, query, None, &many)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        let text = refused.text();
        assert!(text.contains("(limit REACH_SHAPES_MAX)") && text.contains("switch"), "{text}");
    }
    assert_eq!(world.client.get_as(&key, "/api/v1/rules").await.bytes, before);
    // The same rules, fewer of them.
    let few = world.client.ask(put(&key, "?merge=true&dry_run=true", None, &rings(3))).await;
    assert_eq!((few.status, &few.json()["added"]), (StatusCode::OK, &json!(3)), "{}", words(&few));
}
