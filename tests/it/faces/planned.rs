//! What tests about plans stand on: a city whose planners publish, and places well within its zones.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use zonewarden::app::seed;
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::atlas::in_force::Atlas;
use zonewarden::domain::atlas::zone::{Plan, Zone};
use zonewarden::domain::change::Change;
use zonewarden::domain::id::UnitId;
use zonewarden::domain::reports::routing::{Ask, Fired, route};
use zonewarden::domain::time::Instant;
use zonewarden::geom::coord::GridPoint;
use zonewarden::geom::overlay::frame;
use zonewarden::http::limits::Limits;
use zonewarden::store::{Basis, Store};

use crate::client::{Answer, request};
use crate::world::{World, demonstration};

pub(crate) const HOUR_US: i64 = 3_600_000_000;

pub(crate) struct Planned {
    pub(crate) world: World,
}

impl Planned {
    pub(crate) async fn over(store: Store) -> Self {
        let world = World::over(store, Limits::default());
        seed::found(&world.app, demonstration()).await.unwrap();
        Self { world }
    }

    pub(crate) async fn new() -> Self {
        Self { world: World::new().await }
    }

    /// Another process over the same store.
    pub(crate) async fn beside(&self) -> World {
        let other = World::over(self.world.app.store().clone(), Limits::default());
        other.app.refresh().await.unwrap();
        let passed = self.world.app.now().0 - other.app.now().0;
        other.pass_us(passed);
        other
    }

    pub(crate) fn atlas(&self) -> std::sync::Arc<Atlas> {
        self.world.app.atlas(&self.world.city).unwrap()
    }

    /// Two zones side by side in the list that are led by different units, and a third one's place and unit.
    pub(crate) fn three(&self) -> [usize; 3] {
        let atlas = self.atlas();
        let zones = atlas.zones();
        let good = |at: &usize| self.places(*at, 6).len() == 6;
        let mut found: Vec<usize> = Vec::new();
        for at in (0..zones.len()).filter(good) {
            if found.iter().all(|other| zones[*other].lead != zones[at].lead) {
                found.push(at);
            }
            if let [a, b, c] = found[..] {
                return [a, b, c];
            }
        }
        panic!("no three zones are led by three units");
    }

    /// Places within a zone that are the zone's by the rules, far from its border and from each other.
    pub(crate) fn places(&self, zone: usize, count: usize) -> Vec<GridPoint> {
        let atlas = self.atlas();
        let around = frame(&atlas.zones()[zone].area).unwrap();
        let part = |a: i32, b: i32, n: i32| {
            a + i32::try_from((i64::from(b) - i64::from(a)) * i64::from(n) / 40).unwrap()
        };
        let mut found: Vec<GridPoint> = Vec::new();
        for n in 0..1_600 {
            let p = GridPoint {
                x: part(around.min.x, around.max.x, n % 40),
                y: part(around.min.y, around.max.y, n / 40),
            };
            let ask = Ask {
                position: p,
                accuracy_m: Some(5.0),
                category: None,
                at: self.world.app.now(),
            };
            let answer = route(&atlas, &ask);
            let here = answer.zone.is_some_and(|it| it.id == atlas.zones()[zone].id);
            let far = |other: &GridPoint| (other.x - p.x).abs().max((other.y - p.y).abs()) > 9_000;
            if here
                && answer.fired == Fired::Zone
                && answer.confidence > 0.95
                && found.iter().all(far)
            {
                found.push(p);
            }
            if found.len() == count {
                break;
            }
        }
        found
    }

    /// Publishes the zones as `change` makes them of those in force; the version.
    pub(crate) async fn publish(&self, change: impl FnOnce(&mut Vec<Zone>)) -> i64 {
        let atlas = self.atlas();
        let mut zones = atlas.zones().to_vec();
        change(&mut zones);
        let version = atlas.plan().version + 1;
        let effective_from = self.world.app.now();
        let plan = Plan { version, effective_from, note: format!("plan {version}") };
        let changes = vec![Change::PlanPublished { plan, zones }];
        let (app, city) = (&self.world.app, &self.world.city);
        app.commit(city, &Caller::cli(), Basis::default(), changes).await.unwrap();
        version
    }

    /// Publishes two zones with each other's areas.
    pub(crate) async fn swap(&self, a: usize, b: usize) -> i64 {
        self.publish(|zones| {
            let area = zones[a].area.clone();
            zones[a].area = std::mem::replace(&mut zones[b].area, area);
        })
        .await
    }

    /// Files a report at a place; its id.
    pub(crate) async fn file(&self, at: GridPoint, accuracy_m: f64) -> String {
        let at = at.degrees();
        let body = json!({ "lon": at.lon(), "lat": at.lat(), "accuracy_m": accuracy_m });
        let filed = self.world.client.post("/api/v1/reports", "application/json", body.to_string());
        let filed = filed.await;
        assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
        filed.json()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn key(&self, role: Role) -> String {
        self.world.key(role, &UnitId::new("x").unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let key = self.key(Role::Planner).await;
        self.world.client.get_as(&key, path).await
    }

    pub(crate) async fn post(&self, path: &str) -> Answer {
        let key = self.key(Role::Planner).await;
        self.world.client.ask(request(Method::POST, path, Some(&key), Body::empty())).await
    }

    /// Takes a step in a case; a unit's in its own name.
    pub(crate) async fn step(&self, id: &str, role: Role, mut body: Value) {
        let shown = self.shown(id).await;
        let unit = UnitId::new(shown["unit"].as_str().unwrap_or("x")).unwrap();
        body["revision"] = shown["revision"].clone();
        let key = self.world.key(role, &unit).await;
        let path = format!("/api/v1/incidents/{id}/steps");
        let done = self.world.client.post_as(&key, &path, "application/json", body.to_string());
        let done = done.await;
        assert_eq!(done.status, StatusCode::OK, "{body}: {}", done.text());
    }

    pub(crate) async fn shown(&self, id: &str) -> Value {
        let key = self.key(Role::Dispatcher).await;
        self.world.client.get_as(&key, &format!("/api/v1/incidents/{id}")).await.json()
    }
}

/// An instant as a parameter.
pub(crate) fn query(at: Instant) -> String {
    at.rfc3339()
}
