//! Another process over the same store, which answers while plans are published back and forth: every answer is
//! wholly of one version.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use geo_types::{Coord, MultiPolygon, Rect};
use serde_json::{Value, json};
use zonewarden::app::seed;
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::atlas::zone::{Plan, Zone};
use zonewarden::domain::change::Change;
use zonewarden::domain::id::{UnitId, ZoneId};
use zonewarden::domain::text::{Attributes, Names};
use zonewarden::geom::measure::polygon_on_grid;
use zonewarden::http::limits::Limits;
use zonewarden::http::router;
use zonewarden::store::Basis;

use super::Office;
use crate::client::Client;
use crate::store::places::durable;
use crate::world::{World, demonstration};

/// Threads that ask without end.
const READERS: usize = 3;
/// How many versions the other process is to have answered by.
const VERSIONS: usize = 4;
/// Longest that anything may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between where the border lies in plans of even versions and where in those of odd ones.
const PLACE: &str = "/api/v1/locate?lon=109.4075&lat=36.505";

/// What holds in a plan: where the border lies, in thousandths of a degree east of 109.4, and who leads `west` and `east`,
/// by their places among the units.
fn drawn(version: i64) -> (i32, [usize; 2]) {
    if version % 2 == 1 { (10, [0, 1]) } else { (5, [2, 3]) }
}

fn zones(version: i64) -> Vec<Zone> {
    let (border, [west, east]) = drawn(version);
    let units = demonstration().units;
    let strip = |id: &str, number: u32, (from, to): (i32, i32), lead: usize| {
        let x = |thousandths: i32| f64::from(109_400 + thousandths) / 1_000.0;
        let area = Rect::new(Coord { x: x(from), y: 36.5 }, Coord { x: x(to), y: 36.51 });
        Zone {
            id: ZoneId::new(id).unwrap(),
            number,
            names: Names { zh: String::new(), en: id.to_owned() },
            lead: units[lead].id.clone(),
            co: Vec::new(),
            area: MultiPolygon(vec![polygon_on_grid(&area.to_polygon())]),
            attributes: Attributes::new(),
        }
    };
    vec![strip("east", 2, (border, 20), east), strip("west", 1, (0, border), west)]
}

/// A service with plan 1 and, in force, plan 2.
async fn publisher(world: World) -> Office {
    let mut city = demonstration();
    city.zones = zones(1);
    city.facilities.clear();
    city.rules.clear();
    assert_eq!(city.plan.version, 1);
    seed::found(&world.app, city).await.unwrap();
    let plan = Plan { version: 2, effective_from: world.app.now(), note: String::new() };
    let change = Change::PlanPublished { plan, zones: zones(2) };
    world.app.commit(&world.city, &Caller::cli(), Basis::default(), vec![change]).await.unwrap();
    let none = UnitId::new("x").unwrap();
    let a = world.key(Role::Planner, &none).await;
    let b = world.key(Role::Planner, &none).await;
    Office { world, a, b }
}

/// What readers saw, and whether they may go.
#[derive(Default)]
struct Watch {
    seen: Mutex<BTreeSet<i64>>,
    over: AtomicBool,
}

impl Watch {
    fn versions(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

async fn ask_without_end(client: Client, watch: Arc<Watch>) {
    let units: Vec<String> = demonstration().units.iter().map(|it| it.id.to_string()).collect();
    let (mut last, mut tags) = (0, BTreeMap::new());
    while !watch.over.load(Ordering::Relaxed) {
        let here = client.get(PLACE).await;
        assert_eq!(here.status, StatusCode::OK, "{}", here.text());
        let here = here.json();
        let version = here["plan_version"].as_i64().unwrap();
        let (border, [west, east]) = drawn(version);
        let (zone, lead) = if border > 7 { ("west", west) } else { ("east", east) };
        assert_eq!(
            (here["zone"]["id"].as_str(), here["unit"]["id"].as_str()),
            (Some(zone), Some(units[lead].as_str())),
            "{here}"
        );
        assert!(version >= last, "plan {last} was in force already: {here}");
        last = version;
        let all = client.get("/api/v1/zones").await;
        let tag = all.header("etag").to_owned();
        let all = all.json();
        let version = all["plan_version"].as_i64().unwrap();
        let (border, [west, east]) = drawn(version);
        for (feature, id, lead) in [(0_usize, "east", east), (1, "west", west)] {
            let zone = &all["features"][feature];
            assert_eq!(
                (zone["id"].as_str(), zone["properties"]["lead"]["id"].as_str()),
                (Some(id), Some(units[lead].as_str())),
                "{all}"
            );
            let wanted = f64::from(109_400 + border) / 1_000.0;
            assert!(has_longitude(&zone["geometry"], wanted), "{wanted}: {all}");
        }
        assert!(version >= last, "plan {last} was in force already: {all}");
        last = version;
        assert_eq!(tags.entry(version).or_insert_with(|| tag.clone()), &tag);
        watch.seen.lock().unwrap().insert(version);
    }
}

/// Whether a border of an area lies at a longitude.
fn has_longitude(geometry: &Value, wanted: f64) -> bool {
    match geometry {
        Value::Array(pair) if pair.first().is_some_and(Value::is_number) => {
            pair[0].as_f64().is_some_and(|lon| (lon - wanted).abs() < 1e-9)
        }
        Value::Array(parts) => parts.iter().any(|part| has_longitude(part, wanted)),
        Value::Object(_) => has_longitude(&geometry["coordinates"], wanted),
        _ => false,
    }
}

fn reader(world: &World, watch: &Arc<Watch>) -> std::thread::JoinHandle<()> {
    let (client, watch) = (Client::new(router::router(&world.web)), Arc::clone(watch));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(ask_without_end(client, watch));
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_answers_by_one_plan_at_a_time_while_plans_are_published() {
    for place in durable().await {
        let office = publisher(World::over(place.open().await, Limits::default())).await;
        // A process of its own, which nobody tells anything.
        let replica = World::over(place.open().await, Limits::default());
        let app = replica.app.clone();
        let fresh = tokio::spawn(async move { app.keep_fresh().await });
        let begun = Instant::now();
        while replica.app.ready().is_err() {
            assert!(begun.elapsed() < PATIENCE, "{}: it never heard of the city", place.name());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let watch = Arc::new(Watch::default());
        let readers: Vec<_> = (0..READERS).map(|_| reader(&replica, &watch)).collect();
        let mut version = 2;
        while watch.versions() < VERSIONS && readers.iter().all(|it| !it.is_finished()) {
            assert!(begun.elapsed() < PATIENCE, "{}: {version} plans", place.name());
            version += 1;
            // Plans of odd versions are as the first, those of even ones as the second.
            let former = json!({ "name": "来回", "of_plan": 2 - version % 2 });
            let id = office.begin(&office.a, former).await;
            let told = office.done(&office.a, &id, json!({ "act": "publish" })).await;
            assert_eq!(told["draft"]["plan"], version, "{}", place.name());
        }
        // In the end it has the last one, without being told.
        let last = async || {
            let told = replica.client.get(PLACE).await.json();
            told["plan_version"].as_i64()
        };
        let ended = Instant::now();
        while last().await != Some(version) && ended.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        watch.over.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.join().unwrap();
        }
        fresh.abort();
        assert_eq!(last().await, Some(version), "{}", place.name());
        assert!(watch.versions() >= VERSIONS, "{}", place.name());
        assert!(version > 3, "{}: plans went back and forth", place.name());
    }
}
