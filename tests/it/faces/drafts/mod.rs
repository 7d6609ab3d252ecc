//! Drafts of a plan, from the first edit until they are in force.

mod editing;
mod publishing;
mod importing;
mod reviewing;
mod trying;
mod badly;
mod small;
mod mended;
mod replica;
mod damaged;
mod sizes;
mod limits;
mod former;
mod by_name;

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;

use crate::client::{Answer, request};
use crate::world::World;

/// A service with planners.
struct Office {
    world: World,
    /// A planner's key.
    a: String,
    /// Another's.
    b: String,
}

impl Office {
    async fn new() -> Self {
        let world = World::new().await;
        let none = UnitId::new("x").unwrap();
        let a = world.key(Role::Planner, &none).await;
        let b = world.key(Role::Planner, &none).await;
        Self { world, a, b }
    }

    async fn post(&self, key: &str, path: &str, body: &Value) -> Answer {
        self.world.client.post_as(key, path, "application/json", body.to_string()).await
    }

    async fn get(&self, key: &str, path: &str) -> Value {
        let answer = self.world.client.get_as(key, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }

    /// Begins a draft; its id.
    async fn begin(&self, key: &str, body: Value) -> String {
        let made = self.post(key, "/api/v1/drafts", &body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        made.json()["id"].as_str().unwrap().to_owned()
    }

    async fn draft(&self) -> String {
        self.begin(&self.a, json!({ "name": "北岸" })).await
    }

    async fn revision(&self, id: &str) -> u64 {
        self.get(&self.a, &format!("/api/v1/drafts/{id}")).await["revision"].as_u64().unwrap()
    }

    /// A step on the revision that the draft is at.
    async fn step(&self, key: &str, id: &str, mut body: Value) -> Answer {
        body["revision"] = self.revision(id).await.into();
        self.post(key, &format!("/api/v1/drafts/{id}/steps"), &body).await
    }

    async fn done(&self, key: &str, id: &str, body: Value) -> Value {
        let answer = self.step(key, id, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }

    /// The zones of a draft, as bytes.
    async fn zones(&self, id: &str) -> Value {
        let mut zones = self.get(&self.a, &format!("/api/v1/drafts/{id}/zones")).await;
        zones["revision"].take();
        zones
    }

    /// A vertex where borders of three zones or more meet, and a place next to it.
    async fn node(&self, id: &str) -> ([f64; 2], [f64; 2]) {
        let borders = self.get(&self.a, &format!("/api/v1/drafts/{id}/borders")).await;
        let borders = borders["borders"].as_array().unwrap().clone();
        let inner = |it: &&Value| it["left"].is_string() && it["right"].is_string();
        let points =
            borders.iter().filter(inner).map(|it| it["points"].as_array().unwrap().clone());
        // A vertex in the midst of a border.
        let long = points.max_by_key(Vec::len).unwrap();
        let at = |n: usize| -> [f64; 2] { serde_json::from_value(long[n].clone()).unwrap() };
        let (before, here, after) =
            (at(long.len() / 2 - 1), at(long.len() / 2), at(long.len() / 2 + 1));
        let middle = |n: usize| {
            let towards = f64::midpoint(before[n], after[n]);
            ((here[n] + (towards - here[n]) * 0.5 + 2e-6) * 1e7).round() / 1e7
        };
        (here, [middle(0), middle(1)])
    }

    async fn move_vertex(&self, id: &str) -> Value {
        let (from, to) = self.node(id).await;
        json!({ "act": "edit", "edits": [{ "kind": "move_vertex", "from": from, "to": to }] })
    }

    /// Two zones with a border in common.
    async fn neighbours(&self, id: &str) -> (String, String) {
        let borders = self.get(&self.a, &format!("/api/v1/drafts/{id}/borders")).await;
        let found = borders["borders"].as_array().unwrap().iter().find_map(|it| {
            Some((it["left"].as_str()?.to_owned(), it["right"].as_str()?.to_owned()))
        });
        found.unwrap()
    }

    async fn merge(&self, id: &str) -> Value {
        let (into, from) = self.neighbours(id).await;
        json!({ "act": "edit", "edits": [{ "kind": "merge", "into": into, "from": from }] })
    }

    async fn put(&self, key: &str, path: &str, tag: &str, body: &Value) -> Answer {
        let mut request = request(Method::POST, path, Some(key), Body::from(body.to_string()));
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        headers.insert(header::IF_MATCH, tag.parse().unwrap());
        self.world.client.ask(request).await
    }

    async fn plan(&self) -> Value {
        self.get(&self.a, "/api/v1/plan").await
    }
}
