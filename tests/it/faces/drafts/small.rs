//! Drafts over a city of three square zones, where every place is known; and a draft as long as one may be.

use axum::http::StatusCode;
use geo_types::{Coord, MultiPolygon, Rect};
use serde_json::{Value, json};
use zonewarden::app::seed;
use zonewarden::domain::accounts::Role;
use zonewarden::domain::atlas::zone::Zone;
use zonewarden::domain::drafts::step::{EDITS_MAX, STEP_EDITS_MAX};
use zonewarden::domain::id::{UnitId, ZoneId};
use zonewarden::domain::text::{Attributes, Names};
use zonewarden::geom::measure::polygon_on_grid;
use zonewarden::http::limits::Limits;

use super::Office;
use crate::world::{World, demonstration};

/// A square zone of 0.01 degrees, whose south-west corner lies `steps` hundredths of a degree east of 109.4, 36.5.
pub(super) fn square(id: &str, number: u32, steps: i32, lead: &UnitId) -> Zone {
    let corner = |east: i32, north: i32| Coord {
        x: f64::from(10_940 + east) / 100.0,
        y: f64::from(3_650 + north) / 100.0,
    };
    let area = Rect::new(corner(steps, 0), corner(steps + 1, 1)).to_polygon();
    Zone {
        id: ZoneId::new(id).unwrap(),
        number,
        names: Names { zh: String::new(), en: id.to_owned() },
        lead: lead.clone(),
        co: Vec::new(),
        area: MultiPolygon(vec![polygon_on_grid(&area)]),
        attributes: Attributes::new(),
    }
}

impl Office {
    /// A service whose city has three square zones: `west` (109.40 to 109.41) and `east` (to 109.42) side by side,
    /// `far` (109.43 to 109.44) apart, all from 36.50 to 36.51.
    pub(super) async fn small() -> Self {
        let lead = demonstration().units[0].id.clone();
        Self::of_zones(vec![
            square("east", 2, 1, &lead),
            square("far", 3, 3, &lead),
            square("west", 1, 0, &lead),
        ])
        .await
    }

    /// Another process over the same store, which has nothing at work.
    pub(super) async fn beside(&self) -> Self {
        let world = World::over(self.world.app.store().clone(), Limits::default());
        world.app.refresh().await.unwrap();
        Self { world, a: self.a.clone(), b: self.b.clone() }
    }

    /// A service whose city has these zones and nothing else.
    pub(super) async fn of_zones(zones: Vec<Zone>) -> Self {
        let world = World::empty(Limits::default()).await;
        let mut city = demonstration();
        city.zones = zones;
        city.facilities.clear();
        city.rules.clear();
        seed::found(&world.app, city).await.unwrap();
        let none = UnitId::new("x").unwrap();
        let a = world.key(Role::Planner, &none).await;
        let b = world.key(Role::Planner, &none).await;
        Self { world, a, b }
    }
}

#[tokio::test]
async fn a_draft_is_compared_with_a_plan_that_it_is_not_drawn_on() {
    let office = Office::small().await;
    let former = office.plan().await["version"].as_i64().unwrap();
    let merge =
        json!({ "act": "edit", "edits": [{ "kind": "merge", "into": "west", "from": "east" }] });
    let first = office.draft().await;
    office.done(&office.a, &first, merge).await;
    office.done(&office.a, &first, json!({ "act": "publish" })).await;
    let id = office.draft().await;
    let path = format!("/api/v1/drafts/{id}/changes");
    let own = office.get(&office.a, &path).await;
    assert_eq!((&own["zones"], &own["moved"]), (&json!([]), &json!([])), "{own}");
    let told = office.get(&office.a, &format!("{path}?since=plan:{former}")).await;
    assert_eq!(told["since"], format!("plan:{former}"));
    let zones: Vec<(&str, &str)> = told["zones"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["id"].as_str().unwrap(), it["change"].as_str().unwrap()))
        .collect();
    assert_eq!(zones, [("east", "removed"), ("west", "changed")], "{told}");
    assert_eq!(told["zones"][1]["fields"][0]["field"], "area", "{told}");
    let moved = told["moved"].as_array().unwrap();
    assert_eq!(moved.len(), 1, "{told}");
    assert_eq!((&moved[0]["from"], &moved[0]["to"]), (&json!("east"), &json!("west")));
    // 895.9 m by 1,109.7 m.
    let area_m2 = moved[0]["area_m2"].as_f64().unwrap();
    assert!((area_m2 - 994_100.0).abs() < 1_000.0, "{told}");
}

#[tokio::test]
async fn a_draft_of_ten_thousand_edits_is_reviewed_and_published_by_another_process() {
    /// The vertex where `west`, `east` and nobody's land meet, and two places that it goes to.
    const PLACES: [[f64; 2]; 3] = [[109.41, 36.51], [109.411, 36.512], [109.409, 36.511]];
    let office = Office::small().await;
    let id = office.draft().await;
    let moved = |n: usize| -> Value {
        let (from, to) = (PLACES[n % 3], PLACES[(n + 1) % 3]);
        json!({ "kind": "move_vertex", "from": from, "to": to })
    };
    for from in (0..EDITS_MAX).step_by(STEP_EDITS_MAX) {
        let edits: Vec<Value> = (from..from + STEP_EDITS_MAX).map(moved).collect();
        office.done(&office.a, &id, json!({ "act": "edit", "edits": edits })).await;
    }
    let one = json!({ "act": "edit", "edits": [moved(EDITS_MAX)] });
    let more = office.step(&office.a, &id, one).await;
    assert_eq!(more.status, StatusCode::CONFLICT, "{}", more.text());
    assert!(more.text().contains(&format!("at most {EDITS_MAX} edits")), "{}", more.text());
    assert!(more.text().contains("publish it and go on in a new draft"), "{}", more.text());
    let other = office.beside().await;
    assert_eq!(other.zones(&id).await, office.zones(&id).await, "bit for bit");
    let review = other.get(&other.a, &format!("/api/v1/drafts/{id}/review")).await;
    assert_eq!(review["publishable"], true, "{review}");
    assert_eq!(review["figures"]["zones"], 3, "{review}");
    let told = other.done(&other.a, &id, json!({ "act": "publish" })).await;
    assert_eq!(
        (told["draft"]["stage"].as_str(), told["draft"]["edits"].as_u64()),
        (Some("published"), Some(10_000)),
        "{}",
        told["draft"]
    );
    assert_eq!(other.plan().await["version"], told["draft"]["plan"]);
}

#[tokio::test]
async fn the_load_of_a_zone_is_the_working_hours_that_its_reports_are_allowed() {
    let office = Office::small().await;
    // Handling of litter is allowed 4 office hours, of utilities 2 calendar days and of illegal building 12 working days,
    // each 8 working hours; of emergencies 12 hours of the clock; of anything else 5 working days.
    for (east, category) in [
        (5, Some("event.01.litter")),
        (7, None),
        (14, Some("component.01")),
        (16, Some("event.04")),
        (35, Some("event.01.illegal_building")),
    ] {
        let lon = f64::from(109_400 + east) / 1_000.0;
        let mut body = json!({ "lon": lon, "lat": 36.505, "words": "x" });
        if let Some(category) = category {
            body["category"] = category.into();
        }
        let filed =
            office.world.client.post("/api/v1/reports", "application/json", body.to_string());
        let filed = filed.await;
        assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
    }
    let id = office.draft().await;
    let path = format!("/api/v1/drafts/{id}/review");
    let told = office.get(&office.a, &path).await;
    let load = |of: &Value| (of["reports"].as_u64().unwrap(), of["load_h"].as_f64().unwrap());
    let zones = |told: &Value| -> Vec<(String, (u64, f64))> {
        let all = told["zones"].as_array().unwrap().iter();
        all.map(|it| (it["zone"].as_str().unwrap().to_owned(), load(&it["holds"]))).collect()
    };
    let of = |zone: &str, reports: u64, load_h: f64| (zone.to_owned(), (reports, load_h));
    let expected = [of("east", 2, 16.0 + 12.0), of("far", 1, 96.0), of("west", 2, 4.0 + 40.0)];
    assert_eq!(zones(&told), expected);
    assert_eq!(load(&told["figures"]["holds"]), (5, 168.0));
    let other = demonstration().units[1].id.clone();
    let edit = json!({ "edits": [{ "kind": "set_zone", "zone": "west", "lead": other }] });
    let tried = office.post(&office.a, &path, &edit).await.json();
    assert_eq!(load(&tried["flows"][0]["moves"]), (2, 44.0), "{tried}");
    office.world.pass_us(2 * 86_400 * 1_000_000);
    let late = office.get(&office.a, &format!("{path}?days=1")).await;
    assert_eq!(load(&late["figures"]["holds"]), (0, 0.0), "none of them is of the last day");
    let late = office.get(&office.a, &format!("{path}?days=3")).await;
    assert_eq!(load(&late["figures"]["holds"]), (5, 168.0));
}
