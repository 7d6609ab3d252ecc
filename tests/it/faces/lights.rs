//! The lights of work lists: in JSON, as a table and as a map, each that of the incident itself.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;
use zonewarden::domain::time::Instant;

use crate::world::{CENTRE, World};

const HOUR_US: i64 = 3_600 * 1_000_000;

struct Desk {
    world: World,
    key: String,
}

impl Desk {
    async fn new() -> Self {
        let world = World::new().await;
        let key = world.key(Role::Admin, &UnitId::new("x").unwrap()).await;
        Self { world, key }
    }

    async fn get(&self, path: &str) -> Value {
        self.world.client.get_as(&self.key, path).await.json()
    }

    async fn told(&self, more: Value, east: f64) -> String {
        let mut body = json!({ "lon": CENTRE.0 + east, "lat": CENTRE.1, "accuracy_m": 5.0 });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let path = "/api/v1/reports";
        let filed = self.world.client.post(path, "application/json", body.to_string()).await;
        assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
        filed.json()["id"].as_str().unwrap().to_owned()
    }

    async fn act(&self, role: Role, id: &str, mut body: Value) {
        let unit = self.get(&format!("/api/v1/incidents/{id}")).await["unit"].clone();
        let unit = UnitId::new(unit.as_str().unwrap_or("x")).unwrap();
        let key = self.world.key(role, &unit).await;
        body["revision"] = self.world.revision(id).await.into();
        let path = format!("/api/v1/incidents/{id}/steps");
        let answer =
            self.world.client.post_as(&key, &path, "application/json", body.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{body}: {}", answer.text());
    }

    /// Holds every row of the archive against its incident; the lights that were seen.
    async fn compare(&self) -> BTreeSet<String> {
        let path = "/api/v1/incidents?order=newest&limit=1000";
        let rows = self.get(path).await["incidents"].as_array().unwrap().clone();
        let text = self.world.client.get_as(&self.key, &format!("{path}&format=csv")).await;
        let table: Vec<BTreeMap<String, String>> =
            csv::Reader::from_reader(text.text().trim_start_matches('\u{feff}').as_bytes())
                .deserialize()
                .collect::<Result<_, _>>()
                .unwrap();
        let map = self.get(&format!("{path}&format=geojson")).await;
        let map = map["features"].as_array().unwrap();
        assert_eq!((table.len(), map.len()), (rows.len(), rows.len()));
        let mut seen = BTreeSet::new();
        for ((row, cells), feature) in rows.iter().zip(&table).zip(map) {
            let one = self.get(&format!("/api/v1/incidents/{}", row["id"].as_str().unwrap())).await;
            agrees(row, &one);
            for name in ["light", "light_of"] {
                assert_eq!(row[name], one[name], "{row}");
                assert_eq!(row[name], feature["properties"][name], "{row}");
                assert_eq!(row[name].as_str().unwrap_or_default(), cells[name], "{row}");
            }
            seen.insert(row["light"].as_str().unwrap_or("none").to_owned());
        }
        seen
    }
}

/// A row's light is that of the open clock with the nearest deadline.
fn agrees(row: &Value, one: &Value) {
    let due = |clock: &Value| clock["due_at"].as_str().map(|at| Instant::parse(at).unwrap());
    let open: Vec<&Value> = one["clocks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|clock| clock["state"] != "stopped" && due(clock).is_some())
        .collect();
    assert_eq!(due(row), open.iter().filter_map(|clock| due(clock)).min(), "{row}");
    let named = open.iter().find(|clock| clock["of"] == row["light_of"]);
    assert_eq!(row["light"].is_null(), named.is_none(), "{row}");
    if let Some(clock) = named {
        assert_eq!((&clock["light"], due(clock)), (&row["light"], due(row)), "{row}: {one}");
    }
}

#[tokio::test]
async fn every_row_of_a_list_has_the_light_of_its_incident_at_any_moment() {
    let desk = Desk::new().await;
    let mut ids = Vec::new();
    for (category, east) in [
        ("event.01.litter", 0.0),
        ("event.04", 0.002),
        ("component.01", 0.004),
        ("event.05.parking", 0.0),
        ("event.06.tourism", 0.008),
        ("event.02", 0.0),
        // Behind the first, as one matter.
        ("event.01.litter", 0.000_1),
    ] {
        ids.push(desk.told(json!({ "category": category }), east).await);
    }
    for _ in 0..2 {
        ids.push(desk.told(json!({ "accuracy_m": 5000.0 }), 0.001).await);
    }
    desk.world.take_up().await;
    let mut seen = desk.compare().await;
    desk.world.pass_us(HOUR_US);
    desk.act(Role::Unit, &ids[3], json!({ "act": "handle" })).await;
    let until = "2026-05-07T09:00:00+08:00";
    let pause = json!({ "act": "ask_suspension", "words": "封路", "until": until });
    desk.act(Role::Unit, &ids[3], pause).await;
    desk.act(Role::Dispatcher, &ids[3], json!({ "act": "grant" })).await;
    let more = json!({ "act": "ask_extension", "words": "等车辆", "until": until });
    desk.act(Role::Unit, &ids[0], more).await;
    desk.act(Role::Dispatcher, &ids[0], json!({ "act": "grant" })).await;
    desk.act(Role::Dispatcher, &ids[5], json!({ "act": "void", "words": "重复" })).await;
    desk.act(Role::Dispatcher, &ids[7], json!({ "act": "verify" })).await;
    for minutes in [0, 20, 40, 60, 90, 120, 240, 300, 540, 600, 1_440, 4_320, 14_400] {
        desk.world.pass_us(minutes * HOUR_US / 60);
        seen.extend(desk.compare().await);
    }
    let all = ["green", "none", "red", "yellow"].map(str::to_owned);
    assert_eq!(seen, BTreeSet::from(all));
}
