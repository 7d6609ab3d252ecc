//! The conditions of a work list, together: each list is what a plain filter over all incidents gives.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;
use zonewarden::domain::time::Instant;

use crate::world::{CENTRE, World};

const HOUR_US: i64 = 3_600 * 1_000_000;
const CATEGORIES: [&str; 6] = [
    "event.01.litter",
    "event.01.rubbish",
    "event.04",
    "event.05.parking",
    "component.01",
    "event.02",
];

/// Conditions by their names; empty for none.
type Asked<'a> = [(&'static str, &'a str); 5];

/// Incidents told over some hours, at places of several zones, at several stages. The moment of asking.
async fn filled(world: &World) -> Instant {
    let post = async |path: &str, key: &str, body: Value| {
        let client = &world.client;
        let answer = client.post_as(key, path, "application/json", body.to_string()).await;
        assert!(answer.status.is_success(), "{body}: {}", answer.text());
        answer.json()
    };
    let admin = world.key(Role::Admin, &UnitId::new("x").unwrap()).await;
    for n in 0..36_u32 {
        let east = f64::from(n % 9) * 0.004 - 0.016;
        let north = f64::from(n / 9) * 0.003;
        let category = CATEGORIES[usize::try_from(n * 7 % 6).unwrap()];
        let accuracy_m = if n % 5 == 0 { 5_000.0 } else { 3.0 };
        let body = json!({ "lon": CENTRE.0 + east, "lat": CENTRE.1 + north, "category": category,
                           "accuracy_m": accuracy_m });
        let filed = post("/api/v1/reports", &admin, body).await;
        world.take_up().await;
        let id = filed["id"].as_str().unwrap();
        let found = world.client.get_as(&admin, &format!("/api/v1/incidents/{id}")).await.json();
        let path = format!("/api/v1/incidents/{id}/steps");
        let revision = &found["revision"];
        if found["stage"] == "dispatched" && n % 3 == 1 {
            let unit = UnitId::new(found["unit"].as_str().unwrap()).unwrap();
            let key = world.key(Role::Unit, &unit).await;
            post(&path, &key, json!({ "act": "handle", "revision": revision })).await;
        } else if found["stage"] == "dispatched" && n % 11 == 6 {
            let void = json!({ "act": "void", "revision": revision, "words": "重复" });
            post(&path, &admin, void).await;
        }
        world.pass_us(HOUR_US * 3 / 4);
    }
    world.app.now()
}

fn at(row: &Value, name: &str) -> Option<Instant> {
    row[name].as_str().map(|text| Instant::parse(text).unwrap())
}

/// Whether a row is asked for.
fn wanted(row: &Value, asked: &Asked<'_>, now: Instant) -> bool {
    let day = Instant(now.0 + 24 * HOUR_US);
    asked.iter().filter(|(_, value)| !value.is_empty()).all(|(name, value)| match *name {
        "due" if *value == "overdue" => at(row, "due_at").is_some_and(|due| due < now),
        "due" => at(row, "due_at").is_some_and(|due| now <= due && due < day),
        "unit" => row["unit"] == *value || row["co"].as_array().unwrap().contains(&json!(value)),
        "category" => row["category"]
            .as_str()
            .is_some_and(|it| it == *value || it.starts_with(&format!("{value}."))),
        name => row[name] == *value,
    })
}

async fn ids(world: &World, key: &str, query: &str) -> Vec<Value> {
    let answer = world.client.get_as(key, &format!("/api/v1/incidents?limit=1000{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text());
    answer.json()["incidents"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_work_list_is_what_a_plain_filter_over_all_incidents_gives() {
    let world = World::new().await;
    let now = filled(&world).await;
    let key = world.key(Role::Inspector, &UnitId::new("x").unwrap()).await;
    let all = ids(&world, &key, "&order=newest").await;
    assert_eq!(all.len(), 36);
    let some = |name: &str| {
        let held: Vec<&str> = all.iter().filter_map(|row| row[name].as_str()).collect();
        let often = |one: &&str| held.iter().filter(|it| *it == one).count();
        held.iter().copied().max_by_key(often).unwrap_or_default()
    };
    let (unit, zone) = (some("unit"), some("zone"));
    let (mut lists, mut filled) = (0, 0);
    for due in ["", "soon", "overdue"] {
        for stage in ["", "collected", "dispatched", "handling", "void"] {
            for (unit, zone) in [("", ""), (unit, ""), ("", zone), (unit, zone)] {
                for category in ["", "event", "event.01", "event.01.litter", "component"] {
                    let asked: Asked<'_> = [
                        ("due", due),
                        ("stage", stage),
                        ("unit", unit),
                        ("zone", zone),
                        ("category", category),
                    ];
                    lists += 1;
                    filled += usize::from(holds(&world, &key, &all, &asked, now).await > 0);
                }
            }
        }
    }
    assert!(lists == 300 && filled > 30, "{filled} of {lists} lists hold something");
}

/// Holds a list against the plain filter, in both orders where it may have both; how long it is.
async fn holds(world: &World, key: &str, all: &[Value], asked: &Asked<'_>, now: Instant) -> usize {
    let given = asked.iter().filter(|(_, value)| !value.is_empty());
    let given: Vec<String> = given.map(|(name, value)| format!("&{name}={value}")).collect();
    let query = given.concat();
    let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
    let mut expected: Vec<&Value> = all.iter().filter(|row| wanted(row, asked, now)).collect();
    if asked[0].1.is_empty() {
        expected.sort_by_key(|row| std::cmp::Reverse((at(row, "opened_at"), id(row))));
        let newest = ids(world, key, &format!("{query}&order=newest")).await;
        assert_eq!(newest.iter().collect::<Vec<_>>(), expected, "newest {query}");
    }
    expected.retain(|row| row["open"] == true);
    expected.sort_by_key(|row| (at(row, "due_at").map_or(i64::MAX, |at| at.0), id(row)));
    let urgent = ids(world, key, &query).await;
    assert_eq!(urgent.iter().collect::<Vec<_>>(), expected, "urgent {query}");
    urgent.len()
}
