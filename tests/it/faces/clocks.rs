//! The clocks of incidents: deadlines, lights, and what a corrected calendar does to them.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::app::incidents::deadlines;
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::atlas::city::City;
use zonewarden::domain::change::Change;
use zonewarden::domain::clocks::limits::{CaseLimits, Limits};
use zonewarden::domain::id::{IncidentId, UnitId};
use zonewarden::domain::time::Instant;
use zonewarden::store::Basis;

use crate::world::{CENTRE, World};

const HOUR_US: i64 = 3_600 * 1_000_000;

struct Case {
    world: World,
    id: String,
    unit: UnitId,
}

impl Case {
    /// Litter, told and dispatched on a Wednesday at 10:00: 4 office hours to handle it, 8 in all.
    async fn new() -> Self {
        let world = World::new().await;
        let body = json!({ "lon": CENTRE.0, "lat": CENTRE.1, "category": "event.01.litter",
                           "words": "满地垃圾", "accuracy_m": 5.0 });
        let filed =
            world.client.post("/api/v1/reports", "application/json", body.to_string()).await;
        let id = filed.json()["id"].as_str().unwrap().to_owned();
        world.take_up().await;
        let mut case = Self { world, id, unit: UnitId::new("x").unwrap() };
        let unit = case.shown().await["unit"].as_str().unwrap().to_owned();
        case.unit = UnitId::new(&unit).unwrap();
        case
    }

    async fn step(&self, role: Role, body: Value) {
        let key = self.world.key(role, &self.unit).await;
        let path = format!("/api/v1/incidents/{}/steps", self.id);
        let answer =
            self.world.client.post_as(&key, &path, "application/json", body.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{body}: {}", answer.text());
    }

    async fn shown(&self) -> Value {
        let key = self.world.key(Role::Dispatcher, &self.unit).await;
        self.world.client.get_as(&key, &format!("/api/v1/incidents/{}", self.id)).await.json()
    }

    /// By when the public is promised that it is over.
    async fn promised(&self) -> Option<String> {
        let id = IncidentId(self.id.parse().unwrap());
        let found = self.world.app.store().incident(&self.world.city, id).await.unwrap();
        found.unwrap().0.whole_due_at.map(Instant::rfc3339)
    }

    /// Each clock in a few words.
    async fn clocks(&self) -> Vec<String> {
        let shown = self.shown().await;
        let clock = |it: &Value| {
            let text = |name: &str| it[name].as_str().unwrap().to_owned();
            let (of, state, light) = (text("of"), text("state"), text("light"));
            format!(
                "{of} {state} {light} {}/{} {}",
                it["used_min"],
                it["limit_min"],
                text("due_at")
            )
        };
        shown["clocks"].as_array().unwrap().iter().map(clock).collect()
    }
}

#[tokio::test]
async fn an_incident_shows_its_clocks_and_is_due_at_the_nearest_deadline() {
    let case = Case::new().await;
    assert_eq!(case.shown().await["due_at"], "2026-05-06T08:00:00Z");
    let whole = "whole running green 0/480 2026-05-07T02:00:00Z";
    assert_eq!(case.promised().await.as_deref(), Some("2026-05-07T02:00:00Z"));
    assert_eq!(case.clocks().await, [whole, "handle running green 0/240 2026-05-06T08:00:00Z"]);
    case.world.pass_us(6 * HOUR_US);
    assert_eq!(case.clocks().await[1], "handle running yellow 240/240 2026-05-06T08:00:00Z");
    case.world.pass_us(HOUR_US);
    assert_eq!(case.clocks().await[1], "handle running red 300/240 2026-05-06T08:00:00Z");
    // More time, until Thursday 12:00: for the unit and for the whole case.
    let until = "2026-05-07T12:00:00+08:00";
    let ask = json!({ "act": "ask_extension", "revision": 4, "words": "等车辆", "until": until });
    case.step(Role::Unit, ask).await;
    case.step(Role::Dispatcher, json!({ "act": "grant", "revision": 5 })).await;
    let due = "2026-05-07T04:00:00Z";
    assert_eq!(case.shown().await["due_at"], due);
    assert_eq!(case.promised().await.as_deref(), Some(due));
    assert_eq!(
        case.clocks().await,
        [
            format!("whole running green 300/600 {due}"),
            format!("handle running green 300/600 {due}")
        ]
    );
    let dispatcher = case.world.key(Role::Dispatcher, &case.unit).await;
    case.world.pass_us(24 * HOUR_US);
    let overdue = case.world.client.get_as(&dispatcher, "/api/v1/incidents?due=overdue").await;
    assert_eq!(overdue.json()["incidents"].as_array().unwrap().len(), 1, "{}", overdue.text());
}

#[tokio::test]
async fn a_corrected_calendar_and_other_limits_tell_open_deadlines_anew() {
    let case = Case::new().await;
    let seat = case.world.app.seat(None).unwrap();
    assert_eq!(deadlines::time_all(&case.world.app, &seat).await, Ok(0), "all is told already");
    // The Wednesday turns out to be a holiday.
    let change_city = async |change: &dyn Fn(&mut City)| {
        let state = case.world.app.store().load(&case.world.city).await.unwrap().unwrap();
        let mut city = state.city;
        change(&mut city);
        let changes = vec![Change::CitySet(city)];
        let app = &case.world.app;
        app.commit(&seat.city, &Caller::cli(), Basis::default(), changes).await.unwrap();
        app.refresh().await.unwrap();
        deadlines::time_all(app, &seat).await.unwrap()
    };
    let holiday = "2026-05-06".parse().unwrap();
    assert_eq!(change_city(&|city| city.calendar.holidays.push(holiday)).await, 1);
    assert_eq!(case.shown().await["due_at"], "2026-05-07T04:00:00Z");
    assert_eq!(case.promised().await.as_deref(), Some("2026-05-07T10:00:00Z"));
    assert_eq!(case.shown().await["revision"], 4, "no step was taken");
    assert_eq!(deadlines::time_all(&case.world.app, &seat).await, Ok(0));
    assert_eq!(change_city(&|city| city.names.en = "Elsewhere".to_owned()).await, 0);
    let none = CaseLimits::new(Limits::default(), BTreeMap::new()).unwrap();
    assert_eq!(change_city(&|city| city.limits = none.clone()).await, 1);
    assert_eq!(case.shown().await["due_at"], Value::Null);
    assert_eq!(case.promised().await, None);
    assert_eq!(case.clocks().await, Vec::<String>::new());
}
