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

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::header;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use zonewarden::app::clock::Clock;
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
const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_secs(1);
const WARM_UP: Duration = Duration::from_millis(300);
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
    let constant: Vec<String> = paths.iter().map(|path| path.replace(LOCATE, CONSTANT)).collect();
    let contestants: [(&str, SocketAddr, Arc<Vec<String>>); 3] = [
        ("constant handler, same layers", address, Arc::new(constant.clone())),
        ("GET /api/v1/locate", address, Arc::new(paths)),
        ("constant handler, no layers", bare, Arc::new(constant)),
    ];
    let mut rates = vec![Vec::new(); contestants.len()];
    for round in 0..ROUNDS {
        for turn in 0..contestants.len() {
            let which = (round + turn) % contestants.len();
            let (_, address, paths) = &contestants[which];
            rates[which].push(load(*address, paths)?);
        }
    }
    let medians: Vec<f64> = rates.iter_mut().map(|rates| median(rates)).collect();
    println!("{CONNECTIONS} connections, {ROUNDS} rounds of {ROUND:?} each, in turns; medians");
    for ((name, ..), median) in contestants.iter().zip(&medians) {
        println!("{name:32} {median:>9.0} requests/s");
    }
    let mut shares: Vec<f64> = rates[1].iter().zip(&rates[0]).map(|(a, b)| a / b).collect();
    let ratio = medians[1] / medians[0];
    println!(
        "locate / constant, same layers   {ratio:>9.3}  (at least {TARGET}; median of rounds {:.3})",
        median(&mut shares)
    );
    println!("locate / constant, no layers     {:>9.3}", medians[1] / medians[2]);
    runtime.shutdown_background();
    if ratio < TARGET {
        println!("MISSED");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Starts the service, and beside it the constant handler without any layer.
async fn start(paths: &[String]) -> Result<(SocketAddr, SocketAddr), Fault> {
    let store = open(&Place::Memory, Migrate::Apply).await?;
    let app = App::new(store, Clock::system(), None);
    seed::if_empty(&app, &Recipe::default()).await?;
    app.refresh().await?;
    let mut names = router::route_names();
    names.push(CONSTANT.to_owned());
    let meter = Meter::new(names.iter().map(String::as_str))?;
    let sink = std::fs::OpenOptions::new().append(true).open("/dev/null")?;
    let (log, _writer) = AccessLog::start(sink)?;
    let web = Web::new(app, Limits::default(), meter, Some(log), router::document_bytes());

    let first = TcpListener::bind("127.0.0.1:0").await?;
    let address = first.local_addr()?;
    let plain = router::router(&web);
    let asking = tokio::spawn(server::serve(first, plain, web.clone(), std::future::pending()));
    let body = average(address, paths).await?;
    asking.abort();

    let body = axum::body::Bytes::from(body);
    let answer = move || {
        let body = body.clone();
        async move {
            (
                [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")],
                body,
            )
        }
    };
    let more = Router::new().route(CONSTANT, get(answer.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let routes = router::router_with(&web, more);
    tokio::spawn(server::serve(listener, routes, web.clone(), std::future::pending()));

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let bare = listener.local_addr()?;
    let routes = Router::new().route(CONSTANT, get(answer));
    tokio::spawn(server::serve(listener, routes, web, std::future::pending()));
    Ok((address, bare))
}

/// As many bytes as the answers have on average: one of the longest, cut off.
async fn average(address: SocketAddr, paths: &[String]) -> Result<Vec<u8>, Fault> {
    let mut connection = Connection::open(address).await?;
    let (mut all, mut longest) = (0, Vec::new());
    for path in paths {
        let length = connection.ask(&request(path)).await?;
        all += length;
        if length > longest.len() {
            longest = connection.last_body(length);
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

fn request(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n").into_bytes()
}

/// Requests per second of one round, from a thread of its own.
fn load(address: SocketAddr, paths: &Arc<Vec<String>>) -> Result<f64, Fault> {
    let paths = Arc::clone(paths);
    let thread = std::thread::spawn(move || -> Result<f64, Fault> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let count = Arc::new(AtomicU64::new(0));
            let requests: Arc<Vec<Vec<u8>>> =
                Arc::new(paths.iter().map(|path| request(path)).collect());
            let mut tasks = JoinSet::new();
            for first in 0..CONNECTIONS {
                let mut connection = Connection::open(address).await?;
                let (count, requests) = (Arc::clone(&count), Arc::clone(&requests));
                tasks.spawn(async move {
                    for n in first.. {
                        if connection.ask(&requests[n % requests.len()]).await.is_err() {
                            break;
                        }
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            tokio::time::sleep(WARM_UP).await;
            let (before, began) = (count.load(Ordering::Relaxed), Instant::now());
            tokio::time::sleep(ROUND).await;
            let done = count.load(Ordering::Relaxed) - before;
            if tasks.try_join_next().is_some() {
                return Err("a connection broke off under load".into());
            }
            Ok(done as f64 / began.elapsed().as_secs_f64())
        })
    });
    thread.join().map_err(|_| "the load generator failed")?
}

struct Connection {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self, Fault> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, bytes: Vec::with_capacity(8_192) })
    }

    /// One request and its whole answer, which must be 200; the length of its body.
    async fn ask(&mut self, request: &[u8]) -> Result<usize, Fault> {
        self.stream.write_all(request).await?;
        self.bytes.clear();
        loop {
            if self.stream.read_buf(&mut self.bytes).await? == 0 {
                return Err("the server closed".into());
            }
            let Some(head) = self.bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            if !self.bytes.starts_with(b"HTTP/1.1 200") {
                return Err(String::from_utf8_lossy(&self.bytes).into_owned().into());
            }
            let length = length(&self.bytes[..head]).ok_or("no Content-Length")?;
            if self.bytes.len() >= head + 4 + length {
                return Ok(length);
            }
        }
    }

    fn last_body(&self, length: usize) -> Vec<u8> {
        self.bytes[self.bytes.len() - length..].to_vec()
    }
}

fn length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"Content-Length: ";
    let at = head.windows(NAME.len()).position(|bytes| bytes == NAME)? + NAME.len();
    let digits = head[at..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0')))
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
