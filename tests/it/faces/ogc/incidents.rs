//! Incidents on maps: by the caller's rights.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;

use super::{encoded, link};
use crate::faces::planned::{HOUR_US, Planned, query};

const ITEMS: &str = "/ogc/collections/incidents/items";

/// Three incidents in zones of different units, an hour apart; their ids.
async fn three(planned: &Planned) -> Vec<String> {
    let mut ids = Vec::new();
    for zone in planned.three() {
        let place = planned.places(zone, 1)[0];
        ids.push(planned.file(place, 1.0).await);
        planned.world.take_up().await;
        planned.world.pass_us(HOUR_US);
    }
    ids
}

async fn page(planned: &Planned, key: &str, path: &str) -> Value {
    let answer = planned.world.client.get_as(key, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.json()
}

fn ids(page: &Value) -> Vec<String> {
    let features = page["features"].as_array().unwrap();
    features.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn who_may_not_see_incidents_is_told_of_none_and_a_unit_of_its_own() {
    let planned = Planned::new().await;
    let filed = three(&planned).await;
    let one = format!("{ITEMS}/{}", filed[0]);
    for path in
        ["/ogc/collections/incidents", ITEMS, one.as_str(), "/ogc/collections/incidents/schema"]
    {
        let answer = planned.world.client.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let all = planned.world.client.get("/ogc/collections").await;
    assert!(
        !all.text().contains("incidents")
            && !planned.world.client.get("/ogc/api").await.text().contains("/incidents")
    );
    let unit = planned.shown(&filed[0]).await["unit"].as_str().unwrap().to_owned();
    let unit = UnitId::new(&unit).unwrap();
    let (atlas, zones) = (planned.atlas(), planned.three());
    let has_part = |n: &usize| {
        let zone = &atlas.zones()[zones[*n]];
        zone.lead == unit || zone.co.contains(&unit)
    };
    let expected: Vec<String> = (0..3).rev().filter(has_part).map(|n| filed[n].clone()).collect();
    let foreign = (0..3).find(|n| !has_part(n)).unwrap();
    let key = planned.world.key(Role::Unit, &unit).await;
    let own = page(&planned, &key, ITEMS).await;
    assert_eq!(own["numberMatched"], expected.len());
    assert_eq!(ids(&own), expected);
    let other = planned.world.client.get_as(&key, &format!("{ITEMS}/{}", filed[foreign])).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    assert!(
        planned.world.client.get_as(&key, "/ogc/collections").await.text().contains("incidents")
    );
    // Of another unit's list it sees what it has a part in: here nothing.
    let leader = planned.shown(&filed[foreign]).await["unit"].as_str().unwrap().to_owned();
    let filter = encoded(&format!("unit = '{leader}' AND code = '{}'", filed[foreign]));
    assert!(ids(&page(&planned, &key, &format!("{ITEMS}?filter={filter}")).await).is_empty());
}

#[tokio::test]
async fn incidents_are_filtered_paged_and_found_by_time() {
    let planned = Planned::new().await;
    let begins = planned.world.app.now();
    let filed = three(&planned).await;
    let key = planned.key(Role::Dispatcher).await;
    let newest: Vec<String> = filed.iter().rev().cloned().collect();
    let all = page(&planned, &key, ITEMS).await;
    assert_eq!((ids(&all), &all["numberMatched"]), (newest.clone(), &json!(3)));
    assert_eq!(link(&all, "next"), None);
    let (mut path, mut seen) = (format!("{ITEMS}?limit=2"), Vec::new());
    loop {
        let page = page(&planned, &key, &path).await;
        assert_eq!(page["numberMatched"], 3);
        seen.extend(ids(&page));
        let Some(next) = link(&page, "next") else { break };
        path = next;
    }
    assert_eq!(seen, newest);
    let first = &all["features"][2];
    let (zone, unit) = (first["properties"]["zone"].clone(), first["properties"]["unit"].clone());
    let (zone, unit) = (zone.as_str().unwrap(), unit.as_str().unwrap());
    let later = zonewarden::domain::time::Instant(begins.0 + HOUR_US / 2);
    let at = first["geometry"]["coordinates"].clone();
    let (x, y) = (at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
    let around = format!("{},{},{},{}", x - 1e-6, y - 1e-6, x + 1e-6, y + 1e-6);
    for (query, expected) in [
        (format!("zone={zone}"), &filed[..1]),
        (
            format!("filter={}", encoded(&format!("unit = '{unit}' AND supporters >= 1"))),
            &filed[..1],
        ),
        (format!("filter={}", encoded(&format!("zone <> '{zone}'"))), &filed[1..]),
        (format!("datetime=../{}", query(later)), &filed[..1]),
        (format!("datetime={}/..", query(later)), &filed[1..]),
        (format!("filter={}", encoded(&format!("opened_at > '{}'", query(later)))), &filed[1..]),
        (format!("bbox={around}"), &filed[..1]),
        (
            format!("filter={}", encoded(&format!("S_INTERSECTS(geometry, BBOX({around}))"))),
            &filed[..1],
        ),
        (
            format!("filter={}", encoded("stage = 'evaluated' OR merged_into IS NOT NULL")),
            &filed[..0],
        ),
    ] {
        let found = page(&planned, &key, &format!("{ITEMS}?{query}")).await;
        let expected: Vec<String> = expected.iter().rev().cloned().collect();
        assert_eq!(found["numberMatched"], expected.len(), "{query}");
        assert_eq!(ids(&found), expected, "{query}");
    }
    let one = page(&planned, &key, &format!("{ITEMS}/{}", filed[0])).await;
    assert_eq!(one["properties"], first["properties"]);
    let broken = planned.world.client.get_as(&key, &format!("{ITEMS}?after=x")).await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
}
