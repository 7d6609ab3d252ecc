//! Facilities by place, against a plain loop over all of them; and pages of large shapes.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use geo::Intersects;
use geo_types::{Coord, Geometry, LineString, Rect};
use serde_json::Value;
use zonewarden::domain::accounts::Caller;
use zonewarden::domain::atlas::facility::{Facility, FacilityKind};
use zonewarden::domain::change::Change;
use zonewarden::domain::id::FacilityId;
use zonewarden::geom::measure::to_geometry_m;
use zonewarden::http::api::facilities::PAGE_VERTICES_MAX;
use zonewarden::store::Basis;

use crate::world::{CENTRE, World, demonstration};

/// A distance within which two ways to measure may differ (m): two decimals are told.
const HAIR_M: f64 = 0.02;

/// Every feature of a list, page after page.
async fn whole(world: &World, path: &str) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = world.client.get(&format!("{path}&limit=700{after}")).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {page:?}");
        let mut page = page.json();
        all.append(page["features"].as_array_mut().unwrap());
        if let Some(next) = page["next"].as_str() {
            after = format!("&after={next}");
        } else {
            assert_eq!(page["total"], all.len(), "{path}");
            return all;
        }
    }
}

fn id(feature: &Value) -> &str {
    feature["id"].as_str().unwrap()
}

fn of_kinds<'a>(all: &'a [Facility], kinds: &[FacilityKind]) -> Vec<&'a Facility> {
    all.iter().filter(|it| kinds.is_empty() || kinds.contains(&it.kind)).collect()
}

/// `&kind=…`, nothing for all.
fn query(kinds: &[FacilityKind]) -> String {
    let codes: Vec<&str> = kinds.iter().map(|kind| kind.code()).collect();
    if codes.is_empty() { String::new() } else { format!("&kind={}", codes.join(",")) }
}

#[tokio::test]
async fn all_facilities_within_a_radius_and_no_others_are_told_with_their_distances() {
    let world = World::new().await;
    let facilities = demonstration().facilities;
    let (lon, lat) = CENTRE;
    let kinds: [&[FacilityKind]; 4] = [
        &[],
        &[FacilityKind::Restaurant],
        &[FacilityKind::Street, FacilityKind::School],
        &[FacilityKind::Block],
    ];
    for (kinds, radius_m) in kinds.into_iter().zip([1_000.0, 2_500.0, 800.0, 1_500.0]) {
        let expected: BTreeMap<&str, f64> = of_kinds(&facilities, kinds)
            .into_iter()
            .map(|it| {
                (it.id.as_str(), to_geometry_m(Coord { x: lon, y: lat }, &it.geometry).unwrap())
            })
            .collect();
        let path =
            format!("/api/v1/facilities?lon={lon}&lat={lat}&radius={radius_m}{}", query(kinds));
        let found = whole(&world, &path).await;
        let sure = expected.values().filter(|it| **it < radius_m - HAIR_M).count();
        assert!(sure > 3 && sure < expected.len() && found.len() >= sure, "{path}: {sure}");
        let mut seen = BTreeSet::new();
        let mut last_m = 0.0;
        for feature in &found {
            let told_m = feature["properties"]["distance_m"].as_f64().unwrap();
            let expected_m = expected[id(feature)];
            assert!((told_m - expected_m).abs() < HAIR_M, "{path}: {told_m} {expected_m}");
            assert!(expected_m <= radius_m + HAIR_M && told_m >= last_m, "{path}: {feature}");
            assert!(seen.insert(id(feature)), "{path}: {} comes twice", id(feature));
            last_m = told_m;
        }
        for (id, metres) in expected {
            assert!(metres > radius_m - HAIR_M || seen.contains(id), "{path}: {id} is not told");
        }
    }
}

#[tokio::test]
async fn all_facilities_that_touch_a_box_and_no_others_are_told() {
    let world = World::new().await;
    let facilities = demonstration().facilities;
    let (west, south, east, north) = (109.470_000_3, 36.570_000_3, 109.500_000_7, 36.600_000_7);
    let frame = Rect::new(Coord { x: west, y: south }, Coord { x: east, y: north });
    let kinds: [&[FacilityKind]; 3] =
        [&[], &[FacilityKind::BusStop, FacilityKind::Restaurant], &[FacilityKind::Street]];
    for kinds in kinds {
        let all = of_kinds(&facilities, kinds);
        let touching = |it: &&&Facility| it.geometry.intersects(&Geometry::Rect(frame));
        let expected: Vec<&str> = all.iter().filter(touching).map(|it| it.id.as_str()).collect();
        assert!(expected.len() > 3 && expected.len() < all.len(), "{}", expected.len());
        let path = format!("/api/v1/facilities?bbox={west},{south},{east},{north}{}", query(kinds));
        let found = whole(&world, &path).await;
        assert_eq!(found.iter().map(id).collect::<Vec<_>>(), expected, "{path}");
    }
}

#[tokio::test]
async fn a_page_ends_where_shapes_have_very_many_vertices_and_the_next_goes_on() {
    let world = World::new().await;
    let site = |n: usize, vertices: usize| {
        let mut one = demonstration().facilities.remove(0);
        one.id = FacilityId::new(&format!("large-{n}")).unwrap();
        one.kind = FacilityKind::Checkpoint;
        let at =
            |i: usize| Coord { x: if i.is_multiple_of(2) { 109.48 } else { 109.49 }, y: 36.58 };
        one.geometry = Geometry::LineString((0..vertices).map(at).collect::<LineString<f64>>());
        one
    };
    // Two fit together, the third with neither; the fourth has more than a page.
    let sizes = [PAGE_VERTICES_MAX / 2, PAGE_VERTICES_MAX / 2, 2, PAGE_VERTICES_MAX + 1, 2];
    let places: Vec<Facility> = (0..).zip(sizes).map(|(n, size)| site(n, size)).collect();
    let changes = vec![Change::FacilitiesSet(places)];
    world.app.commit(&world.city, &Caller::cli(), Basis::default(), changes).await.unwrap();
    let (mut pages, mut after): (Vec<Vec<String>>, String) =
        (Vec::new(), "&after=large".to_owned());
    loop {
        let path = format!("/api/v1/facilities?kind=checkpoint{after}");
        let page = world.client.get(&path).await.json();
        pages.push(
            page["features"].as_array().unwrap().iter().map(|it| id(it).to_owned()).collect(),
        );
        match page["next"].as_str().filter(|next| next.starts_with("large-")) {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let expected: [&[&str]; 4] =
        [&["large-0", "large-1"], &["large-2"], &["large-3"], &["large-4"]];
    assert_eq!(pages, expected);
}
