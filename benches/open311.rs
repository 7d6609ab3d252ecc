//! One POST of a report through Open311 against the same report through our own JSON endpoint.
//!
//! `cargo bench --bench open311`. The server runs as `zonewarden serve` runs it, once over memory,
//! where the cost of the form shows most, and once over the embedded file, where every answer waits
//! for the disk. The load comes from a thread of its own over keep-alive connections, each with one
//! report under way. The contestants take turns, round after round; medians and their ratio are
//! printed. Ends with an error when the target is missed.
#![expect(clippy::print_stdout, reason = "a bench talks to a person")]
#![expect(clippy::cast_precision_loss, reason = "counts to ratios")]

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use zonewarden::app::clock::Clock;
use zonewarden::app::people::keys::ContactKeys;
use zonewarden::app::seed;
use zonewarden::app::state::App;
use zonewarden::domain::sample::Recipe;
use zonewarden::http::access_log::AccessLog;
use zonewarden::http::limits::Limits;
use zonewarden::http::meter::Meter;
use zonewarden::http::web::Web;
use zonewarden::http::{router, server};
use zonewarden::store::open::{Migrate, Place, open};

type Fault = Box<dyn std::error::Error + Send + Sync>;

const CONNECTIONS: usize = 64;
const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_secs(1);
const WARM_UP: Duration = Duration::from_millis(200);
/// Open311's share of the JSON endpoint's reports per second.
const TARGET: f64 = 0.60;

/// The same report both ways, at the `n`th place.
fn json(n: usize) -> Vec<u8> {
    let (lon, lat) = place(n);
    let body = format!(
        "{{\"lon\":{lon:.7},\"lat\":{lat:.7},\"category\":\"event.05.parking\",\"accuracy_m\":8,\
         \"words\":\"门口乱停车，堵住了人行道，请尽快处理。\",\"contact\":\"13900000000\",\"source\":\"wechat\"}}"
    );
    request("/api/v1/reports", "application/json", &body)
}

fn form(n: usize) -> Vec<u8> {
    let (lon, lat) = place(n);
    let words: String =
        "门口乱停车，堵住了人行道，请尽快处理。".bytes().map(escaped).collect::<Vec<_>>().concat();
    let body = format!(
        "service_code=event.05.parking&lat={lat:.7}&long={lon:.7}&accuracy=8&description={words}\
         &phone=13900000000&attribute%5Bblocks%5D%5B%5D=pavement"
    );
    request("/open311/v2/requests.json", "application/x-www-form-urlencoded", &body)
}

fn escaped(byte: u8) -> String {
    format!("%{byte:02X}")
}

fn place(n: usize) -> (f64, f64) {
    let across = (n * 7_919 % 512) as f64 / 512.0;
    let along = (n * 104_729 % 512) as f64 / 512.0;
    (109.45 + 0.07 * across, 36.56 + 0.05 * along)
}

fn request(path: &str, media: &str, body: &str) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nContent-Type: {media}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    (head + body).into_bytes()
}

fn main() -> Result<ExitCode, Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // Beside the build, not in a temporary folder, which may be no disk at all.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let file = Place::File(folder.path().join("open311.gpkg"));
    let mut reached = true;
    println!("{CONNECTIONS} connections, {ROUNDS} rounds of {ROUND:?} each, in turns; medians");
    for (what, place) in [("memory", Place::Memory), ("the embedded file", file)] {
        let address = runtime.block_on(start(&place))?;
        reached &= compare(what, address)?;
    }
    runtime.shutdown_background();
    Ok(if reached { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn compare(what: &str, address: SocketAddr) -> Result<bool, Fault> {
    let requests = |make: fn(usize) -> Vec<u8>| Arc::new((0..512).map(make).collect::<Vec<_>>());
    let contestants = [requests(json), requests(form)];
    let mut rates = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for turn in 0..2 {
            let which = (round + turn) % 2;
            rates[which].push(load(address, &contestants[which])?);
        }
    }
    let [baseline, open311] = rates.map(median);
    let ratio = open311 / baseline;
    let verdict = if ratio >= TARGET { "reached" } else { "MISSED" };
    println!("over {what}");
    println!("  POST /api/v1/reports            {baseline:>9.0} reports/s");
    println!("  POST /open311/v2/requests.json  {open311:>9.0} reports/s");
    println!("  ratio                           {ratio:>9.3}  (at least {TARGET}: {verdict})");
    Ok(ratio >= TARGET)
}

async fn start(place: &Place) -> Result<SocketAddr, Fault> {
    let store = open(place, Migrate::Apply).await?;
    let keys = ContactKeys::read("a-contact-key-of-this-bench")?;
    let app = App::with_contacts(store, Clock::system(), None, Some(keys));
    seed::if_empty(&app, &Recipe::default()).await?;
    app.refresh().await?;
    let names = router::route_names();
    let meter = Meter::new(names.iter().map(String::as_str))?;
    let sink = std::fs::OpenOptions::new().append(true).open("/dev/null")?;
    let (log, _writer) = AccessLog::start(sink)?;
    let web = Web::new(app, Limits::default(), meter, Some(log), router::document_bytes());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let routes = router::router(&web);
    tokio::spawn(server::serve(listener, routes, web, std::future::pending()));
    Ok(address)
}

/// Reports per second of one round, from a thread of its own.
fn load(address: SocketAddr, requests: &Arc<Vec<Vec<u8>>>) -> Result<f64, Fault> {
    let requests = Arc::clone(requests);
    let thread = std::thread::spawn(move || -> Result<f64, Fault> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let count = Arc::new(AtomicU64::new(0));
            let mut tasks = JoinSet::new();
            for first in 0..CONNECTIONS {
                let mut stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                let (count, requests) = (Arc::clone(&count), Arc::clone(&requests));
                tasks.spawn(async move {
                    let mut bytes = Vec::with_capacity(8_192);
                    for n in first.. {
                        let asked = &requests[n % requests.len()];
                        if let Err(fault) = ask(&mut stream, &mut bytes, asked).await {
                            return fault.to_string();
                        }
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                    String::new()
                });
            }
            tokio::time::sleep(WARM_UP).await;
            let (before, began) = (count.load(Ordering::Relaxed), Instant::now());
            tokio::time::sleep(ROUND).await;
            let done = count.load(Ordering::Relaxed) - before;
            if let Some(ended) = tasks.try_join_next() {
                return Err(ended?.into());
            }
            Ok(done as f64 / began.elapsed().as_secs_f64())
        })
    });
    thread.join().map_err(|_| "the load generator failed")?
}

/// One report and its whole answer, which must be 201.
async fn ask(stream: &mut TcpStream, bytes: &mut Vec<u8>, request: &[u8]) -> Result<(), Fault> {
    stream.write_all(request).await?;
    bytes.clear();
    loop {
        if stream.read_buf(bytes).await? == 0 {
            return Err("the server closed".into());
        }
        let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        if !bytes.starts_with(b"HTTP/1.1 201") {
            return Err(String::from_utf8_lossy(bytes).into_owned().into());
        }
        let length = length(&bytes[..head]).ok_or("no Content-Length")?;
        if bytes.len() >= head + 4 + length {
            return Ok(());
        }
    }
}

fn length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"Content-Length: ";
    let at = head.windows(NAME.len()).position(|bytes| bytes == NAME)? + NAME.len();
    let digits = head[at..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0')))
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
