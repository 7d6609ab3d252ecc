//! One POST of a report through Open311 against the same report through our own JSON endpoint.
//!
//! `cargo bench --bench open311`. The server runs as `zonewarden serve` runs it, once over memory,
//! where the cost of the form shows most, and once over the embedded file, where every answer waits
//! for the disk. The load comes from a thread of its own over keep-alive connections, each with one
//! report under way. The contestants take turns, round after round; medians and their ratio are
//! printed. Ends with an error when the target is missed.
#![expect(clippy::print_stdout, reason = "a bench talks to a person")]
#![expect(clippy::cast_precision_loss, reason = "counts to ratios")]

#[path = "bed/load.rs"]
mod load;
#[path = "bed/median.rs"]
mod median;
#[path = "bed/service.rs"]
mod service;
#[path = "bed/targets.rs"]
mod targets;
#[path = "bed/turns.rs"]
mod turns;
#[path = "bed/wire.rs"]
mod wire;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use load::ROUND;
use median::median;
use targets::Targets;
use tokio::runtime::Runtime;
use wire::{Connection, request};
use zonewarden::domain::sample::{self, Recipe};
use zonewarden::store::open::Place;

type Fault = Box<dyn std::error::Error + Send + Sync>;

const CONNECTIONS: usize = 64;
const ROUNDS: usize = 9;
/// Open311's share of the JSON endpoint's reports per second.
const TARGET: f64 = 0.60;

fn main() -> Result<ExitCode, Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // Beside the build, not in a temporary folder, which may be no disk at all.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let file = Place::File(folder.path().join("open311.gpkg"));
    let mut targets = Targets::default();
    println!("{CONNECTIONS} connections, {ROUNDS} rounds of {ROUND:?} each, in turns; medians");
    for (what, place) in [("memory", Place::Memory), ("the embedded file", file)] {
        compare(&runtime, what, &place, &mut targets)?;
    }
    runtime.shutdown_background();
    Ok(targets.exit())
}

fn compare(
    runtime: &Runtime,
    what: &str,
    place: &Place,
    targets: &mut Targets,
) -> Result<(), Fault> {
    let requests = |make: fn(usize) -> Vec<u8>| Arc::new((0..512).map(make).collect::<Vec<_>>());
    let contestants = [requests(json), requests(form)];
    let address = runtime.block_on(async {
        let app = service::seeded(place, sample::city(&Recipe::default())).await?;
        let (address, _) = service::served(app, Vec::new()).await?;
        for (request, words) in [(json(0), "\"id\":"), (form(0), "service_request_id")] {
            told(address, &request, words).await?;
        }
        Ok::<_, Fault>(address)
    })?;
    let rates: [Vec<f64>; 2] =
        turns::in_turns(ROUNDS, |which| load::rate(address, CONNECTIONS, &contestants[which]))?;
    let [baseline, open311] = rates.map(median);
    println!("over {what}");
    println!("  {:42} {baseline:>10.0} reports/s", "POST /api/v1/reports");
    println!("  {:42} {open311:>10.0} reports/s", "POST /open311/v2/requests.json");
    targets.hold("ratio", open311 / baseline, TARGET..);
    Ok(())
}

/// A report is answered with what its form promises.
async fn told(address: SocketAddr, request: &[u8], words: &str) -> Result<(), Fault> {
    let mut connection = Connection::open(address).await?;
    connection.ask(request).await?;
    let body = String::from_utf8(connection.body())?;
    if body.contains(words) { Ok(()) } else { Err(format!("no `{words}` in {body}").into()) }
}

/// The same report both ways, at the `n`th place.
fn json(n: usize) -> Vec<u8> {
    let (lon, lat) = place(n);
    let body = format!(
        "{{\"lon\":{lon:.7},\"lat\":{lat:.7},\"category\":\"event.05.parking\",\"accuracy_m\":8,\
         \"words\":\"门口乱停车，堵住了人行道，请尽快处理。\",\"contact\":\"13900000000\",\"source\":\"wechat\"}}"
    );
    posted("/api/v1/reports", "application/json", &body)
}

fn form(n: usize) -> Vec<u8> {
    let (lon, lat) = place(n);
    let words: String =
        "门口乱停车，堵住了人行道，请尽快处理。".bytes().map(escaped).collect::<Vec<_>>().concat();
    let body = format!(
        "service_code=event.05.parking&lat={lat:.7}&long={lon:.7}&accuracy=8&description={words}\
         &phone=13900000000&attribute%5Bblocks%5D%5B%5D=pavement"
    );
    posted("/open311/v2/requests.json", "application/x-www-form-urlencoded", &body)
}

fn escaped(byte: u8) -> String {
    format!("%{byte:02X}")
}

fn place(n: usize) -> (f64, f64) {
    let across = (n * 7_919 % 512) as f64 / 512.0;
    let along = (n * 104_729 % 512) as f64 / 512.0;
    (109.45 + 0.07 * across, 36.56 + 0.05 * along)
}

fn posted(path: &str, media: &str, body: &str) -> Vec<u8> {
    request(&format!("POST {path}"), &[("Accept", "*/*"), ("Content-Type", media)], body)
}
