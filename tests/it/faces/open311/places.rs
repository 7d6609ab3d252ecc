//! Where something is: in whatever system it is told, and however sure its place is.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;
use zonewarden::geom::coord::LonLat;
use zonewarden::geom::crs::Crs;

use super::super::planned::Planned;
use super::{filed, post, told};
use crate::world::{CENTRE, World};

/// A place as clients of this system have it: all digits of a double.
fn given(crs: Crs, place: LonLat) -> String {
    let there = crs.from_wgs84(place);
    format!("lat={:?}&long={:?}&coord_type={}", there.lat(), there.lon(), crs.code())
}

async fn listed(world: &World, query: &str) -> Vec<Value> {
    let answer = world.client.get(&format!("/open311/v2/requests.json?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text());
    answer.json().as_array().unwrap().clone()
}

#[tokio::test]
async fn a_place_in_any_system_is_kept_on_the_same_step_of_the_grid_and_told_in_wgs84() {
    let world = &World::new().await;
    let place = LonLat::new(CENTRE.0, CENTRE.1).unwrap();
    let mut ids = Vec::new();
    for crs in Crs::ALL {
        let form = format!("service_code=event.01.litter&accuracy=5&{}", given(crs, place));
        ids.push((crs, filed(world, &form).await));
    }
    for (crs, id) in &ids {
        let path = format!("/open311/v2/requests/{id}.json");
        let told = world.client.get(&path).await.json()[0].clone();
        let at = LonLat::new(told["long"].as_f64().unwrap(), told["lat"].as_f64().unwrap());
        let (at, wanted) = (at.unwrap().grid(), place.grid());
        let off = (at.x - wanted.x).abs().max((at.y - wanted.y).abs());
        assert!(off <= 1, "{crs:?}: {off} steps of 1e-7 degree off");
    }
    // Whoever asks in another system finds what lies there, and not what lies half a kilometre off.
    for crs in Crs::ALL {
        let found = listed(world, &format!("{}&radius=3", given(crs, place))).await;
        assert_eq!(found.len(), ids.len(), "{crs:?}");
        let services = format!("/open311/v2/services.json?{}", given(crs, place));
        assert_eq!(world.client.get(&services).await.status, StatusCode::OK, "{crs:?}");
    }
    let plain = Crs::Gcj02.from_wgs84(place);
    let unlabelled = format!("lat={:?}&long={:?}&radius=100", plain.lat(), plain.lon());
    assert_eq!(listed(world, &unlabelled).await, Vec::<Value>::new());
    let same = format!("lat={}&long={}&radius=3&coord_type=", CENTRE.1, CENTRE.0);
    assert_eq!(listed(world, &same).await.len(), ids.len(), "none is WGS84");
}

#[tokio::test]
async fn a_system_that_is_none_is_refused_with_those_that_are() {
    let world = &World::new().await;
    let place = format!("lat={}&long={}&coord_type=utm48", CENTRE.1, CENTRE.0);
    let posted = post(world, &format!("service_code=event.02&{place}")).await;
    let mut answers = vec![posted];
    for path in ["requests.json?radius=5&", "services.json?", "coverage.json?"] {
        answers.push(world.client.get(&format!("/open311/v2/{path}{place}")).await);
    }
    for answer in answers {
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
        let words = told(&answer).concat();
        assert!(words.starts_with("coord_type: `utm48` is no coordinate system"), "{words}");
        for crs in Crs::ALL {
            assert!(words.contains(crs.code()), "{words}");
        }
    }
    assert_eq!(listed(world, "").await, Vec::<Value>::new());
}

#[tokio::test]
async fn an_accurate_report_near_a_border_goes_to_its_unit_and_a_vague_one_to_the_dispatcher() {
    let planned = Planned::new().await;
    let world = &planned.world;
    let [a, ..] = planned.three();
    let at = planned.places(a, 1)[0].degrees();
    let mut ids = Vec::new();
    for accuracy in ["5", "5000"] {
        let form =
            format!("service_code=event.02&lat={}&long={}&accuracy={accuracy}", at.lat(), at.lon());
        ids.push(filed(world, &form).await);
    }
    world.take_up().await;
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    let report =
        async |id: &str| world.client.get_as(&key, &format!("/api/v1/reports/{id}")).await.json();
    let (sure, vague) = (report(&ids[0]).await, report(&ids[1]).await);
    let confidence = |it: &Value| it["confidence"].as_f64().unwrap();
    assert!(confidence(&sure) > 0.95 && confidence(&vague) < 0.6, "{sure} {vague}");
    assert_eq!((&sure["for_dispatcher"], &vague["for_dispatcher"]), (&json!(false), &json!(true)));
    assert_eq!(sure["unit"], vague["unit"], "the best answer is the same");
    let sent = planned.shown(&ids[0]).await;
    assert_eq!((&sent["stage"], &sent["unit"]), (&json!("dispatched"), &sure["unit"]));
    let queue = "/api/v1/incidents?for_dispatcher=true";
    let queue = world.client.get_as(&key, queue).await.json()["incidents"].clone();
    let queue: Vec<&Value> = queue.as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert_eq!(queue, [&json!(ids[1])]);
    let waits = planned.shown(&ids[1]).await;
    assert_eq!((&waits["stage"], &waits["unit"]), (&json!("collected"), &Value::Null));
    // The dispatcher is told who it might be: who the rules name, and whose the next zone is.
    let offered: Vec<&Value> =
        waits["suggestions"].as_array().unwrap().iter().map(|it| &it["why"]).collect();
    assert!(offered.contains(&&json!("rules")), "{waits}");
    assert!(waits["suggestions"].as_array().unwrap().len() > 1, "{waits}");
    for accuracy in ["-1", "1e9", "near"] {
        let form = format!("service_code=event.02&lat=36.585&long=109.484&accuracy={accuracy}");
        let refused = post(world, &form).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{accuracy}");
        assert!(told(&refused).concat().starts_with("accuracy"), "{}", refused.text());
    }
}
