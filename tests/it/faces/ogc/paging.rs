//! Part 1, core: pages of features, boxes and times.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::domain::time::Instant;

use super::{encoded, features, get, ids, link};
use crate::faces::planned::{HOUR_US, Planned, query};
use crate::world::World;

/// The number that a page says there are in all.
fn matched(page: &Value) -> usize {
    usize::try_from(page["numberMatched"].as_u64().unwrap()).unwrap()
}

#[tokio::test]
async fn fc_response_a_page_says_what_it_holds_and_next_leads_through_all_of_it() {
    let world = World::new().await;
    let atlas = world.app.atlas(&world.city).unwrap();
    let school = zonewarden::domain::atlas::facility::FacilityKind::School;
    let all: BTreeSet<String> = atlas
        .facilities()
        .iter()
        .filter(|facility| facility.kind == school)
        .map(|facility| facility.id.to_string())
        .collect();
    let filter = encoded("name_zh IS NOT NULL OR name_en IS NOT NULL");
    let mut path = format!(
        "/ogc/collections/schools/items?limit=200&lang=en&crs={}4490&filter={filter}",
        super::EPSG
    );
    let mut seen = BTreeSet::new();
    for pages in 1.. {
        let answer = world.client.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-crs"), format!("<{}4490>", super::EPSG));
        let page = answer.json();
        assert_eq!(page["type"], "FeatureCollection");
        assert_eq!(matched(&page), all.len());
        assert!(Instant::parse(page["timeStamp"].as_str().unwrap()).is_ok());
        let features = page["features"].as_array().unwrap();
        assert_eq!(page["numberReturned"], features.len());
        for one in features {
            assert!(seen.insert(one["id"].as_str().unwrap().to_owned()), "{one} comes twice");
        }
        assert!(link(&page, "self").is_some() && link(&page, "collection").is_some());
        let Some(next) = link(&page, "next") else {
            assert_eq!(pages, all.len().div_ceil(200));
            break;
        };
        for kept in ["limit=200", "lang=en", "crs=", "filter="] {
            assert!(next.contains(kept), "{next} forgets {kept}");
        }
        path = next;
    }
    assert_eq!(seen, all);
}

#[tokio::test]
async fn fc_limit_response_a_limit_too_high_is_lowered_and_every_property_is_there() {
    let world = World::new().await;
    for limit in ["10000", "1000000000000", "99999999999999999999999"] {
        let page = get(&world, &format!("/ogc/collections/zones/items?limit={limit}")).await;
        assert_eq!(page["numberReturned"], 60, "{limit}");
    }
    assert_eq!(ids(&world, "/ogc/collections/zones/items?limit=7").await.len(), 7);
    for collection in super::collections(&world).await {
        let schema = get(&world, &format!("/ogc/collections/{collection}/schema")).await;
        let mut named: BTreeSet<&String> =
            schema["properties"].as_object().unwrap().keys().collect();
        named.remove(&"geometry".to_owned());
        for one in features(&world, &format!("/ogc/collections/{collection}/items?limit=50")).await
        {
            let held: BTreeSet<&String> = one["properties"].as_object().unwrap().keys().collect();
            assert_eq!(held, named, "{collection}");
        }
    }
}

#[tokio::test]
async fn fc_bbox_response_only_what_lies_in_the_box_is_answered() {
    let world = World::new().await;
    let atlas = world.app.atlas(&world.city).unwrap();
    let all = ids(&world, "/ogc/collections/zones/items").await;
    let frame = "109.47,36.57,109.50,36.60";
    let few = ids(&world, &format!("/ogc/collections/zones/items?bbox={frame}")).await;
    assert!(!few.is_empty() && few.len() < all.len(), "{}", few.len());
    // The same by the other door.
    let api = get(&world, &format!("/api/v1/zones?bbox={frame}")).await;
    let other: Vec<&str> =
        api["features"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(few, other);
    let heights = "109.47,36.57,-100,109.50,36.60,9000";
    assert_eq!(ids(&world, &format!("/ogc/collections/zones/items?bbox={heights}")).await, few);
    let spatial = encoded("S_INTERSECTS(geometry, BBOX(109.47,36.57,109.50,36.60))");
    assert_eq!(ids(&world, &format!("/ogc/collections/zones/items?filter={spatial}")).await, few);
    for (frame, count) in [("-180,-90,180,90", all.len()), ("170,-90,-170,90", 0), ("0,0,1,1", 0)] {
        let found = ids(&world, &format!("/ogc/collections/zones/items?bbox={frame}")).await;
        assert_eq!(found.len(), count, "{frame}");
    }
    // Across the antimeridian, round the whole globe but for a strip west of the city.
    let round = ids(&world, "/ogc/collections/zones/items?bbox=100,-90,99,90").await;
    assert_eq!(round, all);
    let seats = atlas.units().iter().filter(|unit| unit.seat.is_some()).count();
    let units = get(&world, "/ogc/collections/units/items?bbox=-180,-90,180,90").await;
    assert_eq!(matched(&units), seats);
}

/// One zone on a page of its own.
async fn zone(world: &World, id: &str, datetime: &str) -> Value {
    let filter = encoded(&format!("code = '{id}'"));
    let path = format!("/ogc/collections/zones/items?filter={filter}{datetime}");
    let mut found = features(world, &path).await;
    assert_eq!(found.len(), 1, "{path}");
    found.remove(0)
}

#[tokio::test]
async fn fc_time_response_a_moment_is_answered_with_the_plan_of_that_moment() {
    let planned = Planned::new().await;
    let world = &planned.world;
    let [a, b, _] = planned.three();
    let id = planned.atlas().zones()[a].id.to_string();
    let before = zone(world, &id, "").await;
    world.pass_us(HOUR_US);
    let second = world.app.now();
    planned.swap(a, b).await;
    world.pass_us(HOUR_US);
    let after = zone(world, &id, "").await;
    assert_ne!(before["geometry"], after["geometry"]);
    let earlier = query(Instant(second.0 - 1));
    let (then, now) = (query(second), query(world.app.now()));
    for (datetime, expected) in [
        (earlier.clone(), &before),
        ("2026-03-03".to_owned(), &before),
        (then.clone(), &after),
        (now.clone(), &after),
        (format!("{earlier}/{earlier}"), &before),
        (format!("../{earlier}"), &before),
        (format!("/{earlier}"), &before),
        (format!("{earlier}/.."), &after),
        (format!("{earlier}/{now}"), &after),
        (format!("2026-03-03/{then}"), &after),
        ("2026-03-03/2099-01-01".to_owned(), &after),
        ("../..".to_owned(), &after),
    ] {
        let found = zone(world, &id, &format!("&datetime={datetime}")).await;
        assert_eq!(found["geometry"], expected["geometry"], "{datetime}");
        assert_eq!(found["properties"], expected["properties"], "{datetime}");
    }
    assert_eq!(before["properties"]["plan_version"], json!(1));
    assert_eq!(after["properties"]["plan_version"], json!(2));
    let one = format!("/ogc/collections/zones/items/{id}?datetime={earlier}");
    assert_eq!(get(world, &one).await["geometry"], before["geometry"]);
}

#[tokio::test]
async fn a_large_answer_begins_before_it_is_written_to_its_end() {
    use http_body_util::BodyExt;
    let world = World::new().await;
    let path = "/ogc/collections/restaurants/items?limit=10000";
    let asked =
        crate::client::request(axum::http::Method::GET, path, None, axum::body::Body::empty());
    let mut body = world.client.raw(asked).await.into_body();
    let (mut whole, mut pieces) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let data = frame.unwrap().into_data().unwrap();
        assert!(data.len() < 400_000, "a piece of {} bytes", data.len());
        whole.extend_from_slice(&data);
        pieces += 1;
    }
    let page: Value = serde_json::from_slice(&whole).unwrap();
    let count = page["features"].as_array().unwrap().len();
    assert_eq!(page["numberReturned"], count);
    assert!(count > 4_000 && pieces > count / 300, "{count} features in {pieces} pieces");
}
