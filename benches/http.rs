//! `GET /api/v1/locate` against a handler that returns as many constant bytes: the same server, the
//! same limits, timeouts, counters and access log, the same load.
//!
//! `cargo bench --bench http`. Both are asked with the same queries and answer with the same
//! headers; the constant has as many bytes as the answers on average. The server runs as `zonewarden serve` runs it; the load comes from a
//! thread of its own over keep-alive connections, each with one request under way. The contestants
//! take turns, round after round; medians and their ratio are printed. Ends with an error when the
//! target is missed.
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

use axum::Router;
use axum::http::header;
use axum::routing::get;
use load::ROUND;
use median::median;
use targets::Targets;
use wire::{Connection, request};
use zonewarden::domain::sample::{self, Recipe};
use zonewarden::store::open::Place;

type Fault = Box<dyn std::error::Error + Send + Sync>;

const CONNECTIONS: usize = 64;
const ROUNDS: usize = 15;
/// The live endpoint's share of the constant handler's requests per second.
const TARGET: f64 = 0.90;
const LOCATE: &str = "/api/v1/locate";
const CONSTANT: &str = "/constant";
/// Places asked about, within the demonstration city.
const PLACES: usize = 512;

fn main() -> Result<ExitCode, Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let paths = places();
    let (address, bare) = runtime.block_on(start(&paths))?;
    let asked = |path: &String| request(&format!("GET {path}"), &[("Accept", "*/*")], "");
    let live = Arc::new(paths.iter().map(asked).collect::<Vec<_>>());
    let same = paths.iter().map(|path| asked(&path.replace(LOCATE, CONSTANT)));
    let constant = Arc::new(same.collect::<Vec<_>>());
    let contestants = [
        ("constant handler, same layers", address, &constant),
        ("GET /api/v1/locate", address, &live),
        ("constant handler, no layers", bare, &constant),
    ];
    let rates: [Vec<f64>; 3] = turns::in_turns(ROUNDS, |which| {
        let (_, address, requests) = contestants[which];
        load::rate(address, CONNECTIONS, requests)
    })?;
    println!("{CONNECTIONS} connections, {ROUNDS} rounds of {ROUND:?} each, in turns; medians");
    let medians = rates.clone().map(median);
    for ((name, ..), median) in contestants.iter().zip(medians) {
        println!("  {name:42} {median:>10.0} requests/s");
    }
    let of_rounds = median(rates[1].iter().zip(&rates[0]).map(|(a, b)| a / b));
    println!("  {:42} {of_rounds:>10.3}", "locate / constant, median of rounds");
    println!("  {:42} {:>10.3}", "locate / constant, no layers", medians[1] / medians[2]);
    let mut targets = Targets::default();
    targets.hold("locate / constant, same layers", medians[1] / medians[0], TARGET..);
    runtime.shutdown_background();
    Ok(targets.exit())
}

/// Starts the service with a constant handler, and beside it that handler without any layer.
async fn start(paths: &[String]) -> Result<(SocketAddr, SocketAddr), Fault> {
    let app = service::seeded(&Place::Memory, sample::city(&Recipe::default())).await?;
    let (address, _) = service::served(app.clone(), Vec::new()).await?;
    let body = axum::body::Bytes::from(average(address, paths).await?);
    let answer = move || {
        let body = body.clone();
        async move {
            (
                [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")],
                body,
            )
        }
    };
    let more = vec![(CONSTANT, get(answer.clone()))];
    let (address, web) = service::served(app, more).await?;
    let bare = service::listen(Router::new().route(CONSTANT, get(answer)), web).await?;
    Ok((address, bare))
}

/// As many bytes as the answers have on average: one of the longest, cut off.
async fn average(address: SocketAddr, paths: &[String]) -> Result<Vec<u8>, Fault> {
    let mut connection = Connection::open(address).await?;
    let (mut all, mut longest) = (0, Vec::new());
    for path in paths {
        let asked = request(&format!("GET {path}"), &[("Accept", "*/*")], "");
        let (length, _) = connection.ask(&asked).await?;
        all += length;
        if length > longest.len() {
            longest = connection.body();
        }
    }
    longest.truncate(all / paths.len());
    println!("answers have {} bytes on average, and so has the constant", longest.len());
    Ok(longest)
}

/// Places of the demonstration city, as paths.
fn places() -> Vec<String> {
    (0..PLACES)
        .map(|n| {
            let across = (n * 7_919 % PLACES) as f64 / PLACES as f64;
            let along = (n * 104_729 % PLACES) as f64 / PLACES as f64;
            let (lon, lat) = (109.45 + 0.07 * across, 36.56 + 0.05 * along);
            format!("{LOCATE}?lon={lon:.7}&lat={lat:.7}&accuracy=15&category=event.05")
        })
        .collect()
}
