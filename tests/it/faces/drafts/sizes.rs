//! The smallest plan and a large one, a unit that went meanwhile, and times that have passed.

use axum::http::StatusCode;
use geo_types::{Coord, MultiPolygon, Rect};
use serde_json::{Value, json};
use zonewarden::domain::accounts::Caller;
use zonewarden::domain::atlas::zone::Zone;
use zonewarden::domain::change::Change;
use zonewarden::domain::id::{UnitId, ZoneId};
use zonewarden::domain::text::{Attributes, Names};
use zonewarden::geom::measure::polygon_on_grid;
use zonewarden::store::Basis;

use super::Office;
use super::small::square;
use crate::world::{MORNING, demonstration};

/// How many zones lie side by side in the large plan, and how many above each other.
const WIDE: u32 = 100;
const HIGH: u32 = 50;

fn kinds(review: &Value) -> Vec<&str> {
    let all = review["findings"].as_array().unwrap().iter();
    all.map(|it| it["kind"].as_str().unwrap()).collect()
}

async fn review(office: &Office, id: &str) -> Value {
    office.get(&office.a, &format!("/api/v1/drafts/{id}/review")).await
}

async fn published(office: &Office, id: &str) -> u64 {
    office.done(&office.a, id, json!({ "act": "publish" })).await;
    office.plan().await["zones"].as_u64().unwrap()
}

#[tokio::test]
async fn a_plan_of_one_zone_is_drafted_reviewed_cut_in_two_and_made_one_again() {
    let lead = demonstration().units[0].id.clone();
    let office = Office::of_zones(vec![square("only", 1, 0, &lead)]).await;
    let id = office.draft().await;
    let told = review(&office, &id).await;
    assert_eq!((told["publishable"].as_bool(), &told["figures"]["zones"]), (Some(true), &json!(1)));
    assert!(kinds(&told).iter().all(|kind| *kind == "idle_unit"), "{:?}", kinds(&told));
    let edit = |edit: Value| json!({ "act": "edit", "edits": [edit] });
    let itself = edit(json!({ "kind": "merge", "into": "only", "from": "only" }));
    let refused = office.step(&office.a, &id, itself).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    assert_eq!(refused.places(), ["edits[0].from"]);
    let line = json!([[109.405, 36.499], [109.405, 36.511]]);
    let cut = json!({ "kind": "split", "zone": "only", "line": line, "new": { "id": "half" } });
    office.done(&office.a, &id, edit(cut)).await;
    assert_eq!(published(&office, &id).await, 2);
    let id = office.draft().await;
    let merge = json!({ "kind": "merge", "into": "only", "from": "half" });
    office.done(&office.a, &id, edit(merge)).await;
    assert_eq!(published(&office, &id).await, 1);
}

#[tokio::test]
async fn a_unit_that_went_after_a_draft_named_it_is_told_with_its_zone_and_blocks() {
    let office = Office::small().await;
    let city = demonstration();
    let mut others = city.units.iter().skip(1).map(|unit| &unit.id);
    let idle = others.find(|id| **id != city.city.fallback).unwrap();
    let id = office.draft().await;
    let named = json!({ "kind": "set_zone", "zone": "west", "lead": idle });
    office.done(&office.a, &id, json!({ "act": "edit", "edits": [named] })).await;
    assert_eq!(review(&office, &id).await["publishable"], true);
    let gone = Change::UnitsRemoved(vec![idle.clone()]);
    let app = &office.world.app;
    app.commit(&office.world.city, &Caller::cli(), Basis::default(), vec![gone]).await.unwrap();
    let told = review(&office, &id).await;
    assert_eq!(told["publishable"], false, "{told}");
    let first = &told["findings"][0];
    assert_eq!(
        (first["kind"].as_str(), first["weight"].as_str(), first["zone"].as_str()),
        (Some("no_unit"), Some("blocks"), Some("west"))
    );
    assert_eq!(first["unit"], idle.as_str());
    let refused = office.step(&office.a, &id, json!({ "act": "publish" })).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    assert_eq!(refused.places(), ["zones.west.lead"]);
}

/// A place on the lattice of the large plan, whose cells are a thousandth of a degree.
fn corner(east: u32, north: u32) -> Coord<f64> {
    let degrees = |from: u32, steps: u32| f64::from(from + steps) / 1_000.0;
    Coord { x: degrees(109_400, east), y: degrees(36_500, north) }
}

fn cell(east: u32, north: u32, lead: &UnitId) -> Zone {
    let id = format!("z-{north:02}-{east:03}");
    let area = Rect::new(corner(east, north), corner(east + 1, north + 1)).to_polygon();
    Zone {
        names: Names { zh: String::new(), en: id.clone() },
        id: ZoneId::new(&id).unwrap(),
        number: north * WIDE + east + 1,
        lead: lead.clone(),
        co: Vec::new(),
        area: MultiPolygon(vec![polygon_on_grid(&area)]),
        attributes: Attributes::new(),
    }
}

#[tokio::test]
async fn a_plan_of_five_thousand_zones_is_drafted_edited_reviewed_and_published() {
    let lead = demonstration().units[0].id.clone();
    let cells = (0..HIGH).flat_map(|north| (0..WIDE).map(move |east| (east, north)));
    let zones: Vec<Zone> = cells.map(|(east, north)| cell(east, north, &lead)).collect();
    assert_eq!(zones.len(), 5_000);
    let office = Office::of_zones(zones).await;
    let id = office.draft().await;
    let at = corner(50, 25);
    let edit = json!({
        "kind": "move_vertex", "from": [at.x, at.y], "to": [at.x + 0.0002, at.y + 0.0001],
    });
    let path = format!("/api/v1/drafts/{id}/review");
    let tried = office.post(&office.a, &path, &json!({ "edits": [edit] })).await.json();
    let touched: Vec<&str> =
        tried["zones"].as_array().unwrap().iter().map(|it| it["zone"].as_str().unwrap()).collect();
    assert_eq!(touched, ["z-24-049", "z-24-050", "z-25-049", "z-25-050"]);
    let told = office.done(&office.a, &id, json!({ "act": "edit", "edits": [edit] })).await;
    assert_eq!(told["reshaped"], json!(touched));
    let told = review(&office, &id).await;
    assert_eq!(
        (told["publishable"].as_bool(), &told["figures"]["zones"]),
        (Some(true), &json!(5_000))
    );
    assert_eq!(told["zones"].as_array().unwrap().len(), 5_000);
    assert!(kinds(&told).iter().all(|kind| *kind == "idle_unit"), "{:?}", kinds(&told));
    assert_eq!(published(&office, &id).await, 5_000);
    let here = office.get(&office.a, "/api/v1/locate?lon=109.4501&lat=36.52505").await;
    assert_eq!(here["zone"]["id"], "z-24-049", "what was the corner lies inside of it now");
}

#[tokio::test]
async fn a_time_that_has_passed_or_is_this_very_moment_is_no_time_to_come_into_force() {
    let office = Office::small().await;
    let id = office.draft().await;
    let edit = json!({ "kind": "set_zone", "zone": "west", "number": 7 });
    office.done(&office.a, &id, json!({ "act": "edit", "edits": [edit] })).await;
    for at in [MORNING, "2026-05-06T02:00:00Z", "1970-01-01T00:00:00Z", "-001-01-01T00:00:00Z"] {
        let refused =
            office.step(&office.a, &id, json!({ "act": "publish", "effective_at": at })).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{at}: {}", refused.text());
        assert_eq!(refused.places(), ["effective_at"], "{at}");
    }
    assert_eq!(office.revision(&id).await, 2, "nothing was written");
    let soon = json!({ "act": "publish", "effective_at": "2026-05-06T10:00:00.000001+08:00" });
    let told = office.done(&office.a, &id, soon).await;
    assert_eq!(told["draft"]["stage"], "scheduled");
}
