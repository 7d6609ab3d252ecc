//! Clients that nobody here wrote, on a real socket: GDAL in two versions, `OWSLib`, QGIS, and `schemathesis`, which
//! holds what is answered against the two documents.

mod gdal;
mod round_trip;
mod owslib;
mod qgis;
mod schemathesis;

use std::process::{Command, Output};

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use zonewarden::http::{router, server};

use crate::world::World;

/// The box in which clients look for schools: west, south, east, north.
const BOX: [f64; 4] = [109.47, 36.57, 109.50, 36.60];

/// The Python that `variable` names, as `tests/run` sets it; says so loudly when there is none, and fails where
/// `must` is set.
fn python(variable: &str, must: &str) -> Option<String> {
    let found = std::env::var(variable).ok();
    if found.is_none() {
        assert!(std::env::var(must).is_err(), "{must} is set, {variable} is not");
        eprintln!("SKIPPED: {variable} names no Python for this test");
    }
    found
}

/// The Python with pyogrio, `OWSLib` and `schemathesis`.
fn clients() -> Option<String> {
    python("ZONEWARDEN_TEST_MAP_CLIENTS", "REQUIRE_MAP_CLIENTS")
}

/// A service on a socket of its own, which closes with it.
struct Served {
    world: World,
    root: String,
    _end: oneshot::Sender<()>,
}

impl Served {
    async fn start() -> Self {
        let world = World::new().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let (end, ended) = oneshot::channel::<()>();
        let (routes, web) = (router::router(&world.web), world.web.clone());
        tokio::spawn(server::serve(listener, routes, web, async move {
            let _ = ended.await;
        }));
        Self { world, root, _end: end }
    }

    /// The ids of all features of an address under `/ogc`, in the order of texts.
    async fn ids(&self, path: &str) -> Vec<String> {
        let page = self.world.client.get(path).await.json();
        let found = page["features"].as_array().unwrap_or_else(|| panic!("{path}: {page}"));
        assert_eq!(page["numberMatched"], found.len(), "{path} has one page");
        let mut ids: Vec<String> =
            found.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    }

    /// The ids of all collections.
    async fn collections(&self) -> Vec<String> {
        let all = self.world.client.get("/ogc/collections").await.json();
        let all = all["collections"].as_array().unwrap();
        let mut ids: Vec<String> =
            all.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    }
}

/// Runs a program off the threads that answer it.
async fn run(mut command: Command) -> Output {
    command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

/// What a script beside the requirements prints as JSON.
async fn told(python: &str, script: &str, given: &[&str]) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/map_clients");
    let mut command = Command::new(python);
    command.arg(format!("{folder}/{script}")).args(given);
    let out = run(command).await;
    let words = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{script}: {words}");
    serde_json::from_slice(&out.stdout).unwrap_or_else(|fault| panic!("{script}: {fault}: {words}"))
}

/// A list of texts.
fn texts(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).unwrap_or_else(|fault| panic!("{fault}: {value}"))
}
