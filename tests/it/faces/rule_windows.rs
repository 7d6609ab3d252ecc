//! Rules by time of day, weekday and school calendar; lead and co-responsible; and who is offered in doubt.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use geo::CoordsIter;
use geo_types::{Geometry, MultiPolygon};
use serde_json::{Value, json};
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::atlas::facility::FacilityKind;
use zonewarden::domain::change::Change;
use zonewarden::domain::id::UnitId;
use zonewarden::domain::time::Calendar;
use zonewarden::geom::project::Scale;
use zonewarden::store::Basis;

use crate::client::request;
use crate::world::{CENTRE, World};

async fn set(world: &World, rules: &[Value]) {
    let key = world.key(Role::Planner, &UnitId::new("x").unwrap()).await;
    let feature = |rule: &Value| json!({ "type": "Feature", "geometry": null, "properties": rule });
    let features: Vec<Value> = rules.iter().map(feature).collect();
    let body = json!({ "type": "FeatureCollection", "features": features }).to_string();
    let mut request = request(Method::PUT, "/api/v1/rules", Some(&key), Body::from(body));
    request.headers_mut().insert(header::CONTENT_TYPE, "application/geo+json".parse().unwrap());
    let answer = world.client.ask(request).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
}

async fn told(world: &World, category: &str, at: &str) -> Value {
    let body = json!({ "lon": CENTRE.0, "lat": CENTRE.1, "category": category, "accuracy_m": 5.0,
                       "happened_at": format!("{at}:00+08:00") });
    let filed = world.client.post("/api/v1/reports", "application/json", body.to_string()).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
    filed.json()
}

#[tokio::test]
async fn a_rule_holds_at_its_hours_on_its_weekdays_and_on_school_days_alone() {
    let world = World::new().await;
    let mut city = world.app.store().load(&world.city).await.unwrap().unwrap().city;
    let day = |text: &str| text.parse().unwrap();
    city.calendar = Calendar {
        holidays: vec![day("2026-04-28")],
        makeup_days: vec![day("2026-04-26")],
        terms: vec![(day("2026-03-01"), day("2026-04-29"))],
    };
    let changes = vec![Change::CitySet(city)];
    world.app.commit(&world.city, &Caller::cli(), Basis::default(), changes).await.unwrap();
    let atlas = world.app.atlas(&world.city).unwrap();
    let unit = &atlas.units()[0].id;
    let rule = |id: &str, category: &str, window: Value| {
        json!({ "id": id, "name_en": id, "reach": "category", "categories": category, "unit": unit,
                "window": window })
    };
    set(
        &world,
        &[
            rule(
                "school",
                "event.05",
                json!({ "hours": [["07:00", "09:00"]], "school_days": true }),
            ),
            rule("weekend", "event.06", json!({ "weekdays": [6, 7] })),
            rule("night", "event.03", json!({ "hours": [["22:00", "06:00"]] })),
        ],
    )
    .await;
    // 2026-04-27 is a Monday.
    for (category, at, rule) in [
        ("event.05", "2026-04-27T06:59", "zone"),
        ("event.05", "2026-04-27T07:00", "school"),
        ("event.05.parking", "2026-04-27T08:59", "school"),
        ("event.05", "2026-04-27T09:00", "zone"),
        ("event.05", "2026-04-28T08:00", "zone"), // a holiday
        ("event.05", "2026-04-25T08:00", "zone"), // a Saturday
        ("event.05", "2026-04-26T08:00", "school"), // a Sunday that is made up for
        ("event.05", "2026-04-30T08:00", "zone"), // after the term
        ("event.06", "2026-04-25T12:00", "weekend"),
        ("event.06", "2026-04-26T12:00", "weekend"),
        ("event.06", "2026-04-27T12:00", "zone"),
        ("event.03", "2026-04-27T23:30", "night"),
        ("event.03", "2026-04-27T05:59", "night"),
        ("event.03", "2026-04-27T06:00", "zone"),
    ] {
        let filed = told(&world, category, at).await;
        assert_eq!(filed["rule"], rule, "{category} at {at}");
        assert_eq!(filed["unit"] == json!(unit), rule != "zone", "{category} at {at}");
    }
}

#[tokio::test]
async fn a_functional_unit_leads_beside_the_zone_s_and_both_have_the_case() {
    let world = World::new().await;
    let some = world.app.atlas(&world.city).unwrap().units()[0].id.clone();
    let far = json!({ "id": "far", "name_en": "Far", "reach": "category", "categories": "event.09",
                      "unit": some, "mode": "beside" });
    set(&world, &[far]).await;
    let zone = told(&world, "event.05", "2026-05-05T08:00").await;
    let atlas = world.app.atlas(&world.city).unwrap();
    let unit = atlas.units().iter().find(|unit| json!(unit.id) != zone["unit"]).unwrap().id.clone();
    let rule = json!({ "id": "police", "name_en": "Police", "reach": "category",
                       "categories": "event.05", "unit": unit, "mode": "beside" });
    set(&world, &[rule]).await;
    let filed = told(&world, "event.05.parking", "2026-05-06T08:00").await;
    assert_eq!((&filed["unit"], &filed["rule"]), (&json!(unit), &json!("police")));
    assert_eq!(filed["co"][0], zone["unit"]);
    world.take_up().await;
    for name in [&filed["unit"], &filed["co"][0]] {
        let key = world.key(Role::Unit, &UnitId::new(name.as_str().unwrap()).unwrap()).await;
        let path = format!("/api/v1/incidents/{}", filed["id"].as_str().unwrap());
        let shown = world.client.get_as(&key, &path).await.json();
        assert_eq!((&shown["unit"], &shown["co"][0]), (&filed["unit"], &zone["unit"]));
    }
}

#[tokio::test]
async fn what_the_rules_doubt_waits_with_the_units_that_might_answer() {
    let world = World::new().await;
    let body = json!({ "lon": CENTRE.0, "lat": CENTRE.1, "accuracy_m": 3000.0,
                       "category": "event.02" });
    let filed = world.client.post("/api/v1/reports", "application/json", body.to_string()).await;
    let filed = filed.json();
    assert_eq!(filed["for_dispatcher"], true);
    world.take_up().await;
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    let path = format!("/api/v1/incidents/{}", filed["id"].as_str().unwrap());
    let shown = world.client.get_as(&key, &path).await.json();
    assert_eq!((&shown["stage"], &shown["for_dispatcher"]), (&json!("collected"), &json!(true)));
    let offered = shown["suggestions"].as_array().unwrap();
    assert_eq!(
        (&offered[0]["unit"], &offered[0]["why"]),
        (&filed["unit"], &json!("rules")),
        "what the rules name comes first"
    );
    assert!(offered.iter().any(|it| it["why"] == "runner_up"), "{offered:?}");
}

#[tokio::test]
async fn the_unit_of_a_ring_that_is_missed_by_less_than_the_report_is_accurate_is_offered() {
    const RING_M: f64 = 100.0;
    const AWAY_M: f64 = 45.0;
    let world = World::new().await;
    let mut city = world.app.store().load(&world.city).await.unwrap().unwrap().city;
    city.confidence_floor = 0.95;
    let changes = vec![Change::CitySet(city)];
    world.app.commit(&world.city, &Caller::cli(), Basis::default(), changes).await.unwrap();
    world.app.refresh().await.unwrap();
    let atlas = world.app.atlas(&world.city).unwrap();
    let (school, at) = atlas
        .facilities()
        .iter()
        .filter(|it| it.kind == FacilityKind::School)
        .find_map(|it| match it.geometry {
            Geometry::Point(at) => Some((&it.id, at)),
            _ => None,
        })
        .unwrap();
    // Somebody who has no part in any zone about there.
    let near = |area: &MultiPolygon<f64>| {
        area.coords_iter().any(|p| (p.x - at.x()).abs() < 0.02 && (p.y - at.y()).abs() < 0.02)
    };
    let named = |id: &UnitId| {
        let mut zones = atlas.zones().iter().filter(|it| near(&it.area));
        *id == atlas.city().fallback || zones.any(|it| it.lead == *id || it.co.contains(id))
    };
    let unit = atlas.units().iter().map(|it| &it.id).find(|id| !named(id)).unwrap();
    let ring = json!({ "id": "ring", "name_en": "School ring", "reach": "ring", "kind": "school",
                       "facility": school, "distance_m": RING_M, "categories": "event.02",
                       "unit": unit });
    set(&world, &[ring]).await;
    let lat = at.y() + (RING_M + AWAY_M) / Scale::at(at.y()).lat_m;
    let offered = async |accuracy_m: f64| {
        let body = json!({ "lon": at.x(), "lat": lat, "category": "event.02",
                           "accuracy_m": accuracy_m });
        let media = "application/json";
        let filed = world.client.post("/api/v1/reports", media, body.to_string()).await.json();
        assert_ne!(filed["unit"], json!(unit), "{filed}");
        world.take_up().await;
        let key = world.key(Role::Dispatcher, unit).await;
        let path = format!("/api/v1/incidents/{}", filed["id"].as_str().unwrap());
        let shown = world.client.get_as(&key, &path).await.json();
        let offers = shown["suggestions"].as_array().unwrap().clone();
        let offer = offers.into_iter().find(|it| it["unit"] == json!(unit));
        (shown["for_dispatcher"] == true, offer)
    };
    let (waits, offer) = offered(60.0).await;
    let offer = offer.expect("it is what the rules doubt");
    assert!(waits, "{offer}");
    assert_eq!((&offer["why"], &offer["rule"]), (&json!("missed"), &json!("ring")));
    assert!((44..=46).contains(&offer["distance_m"].as_u64().unwrap()), "{offer}");
    // As accurate as the city assumes, and more: there is no doubt about the ring.
    world.pass_us(3 * 24 * 3_600 * 1_000_000);
    assert_eq!(offered(5.0).await.1, None);
}
