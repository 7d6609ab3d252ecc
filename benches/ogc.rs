//! OGC API – Features over a city with very many facilities.
//!
//! `cargo bench --bench ogc`, and with `ZONEWARDEN_BENCH_POSTGRES=postgres://…/database` (one that may be filled)
//! against PostGIS too. `ZONEWARDEN_BENCH_ROUNDS` (9) says how often each is measured.
//!
//! 1. A page of 1,000 features against the same features from an indexed table with `ST_AsGeoJSON`, in one prepared
//!    statement, its text handed on by a handler behind the same server, limits and layers; pages begin at places
//!    that look random, and the contestants take turns.
//! 2. Boxes and filters that each find as many features in a table of 10,000 and in one of 100,000.
//! 3. A million features, page by page: when the first byte comes, how long all of it takes, and what memory it costs.
//!
//! Medians are printed. Ends with an error when a target is missed.
#![expect(clippy::print_stdout, reason = "a bench talks to a person")]
#![expect(clippy::cast_precision_loss, reason = "counts to ratios")]

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::RawQuery;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use deadpool_postgres::{Manager, Pool};
use geo_types::Point;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};
use zonewarden::app::clock::Clock;
use zonewarden::app::seed;
use zonewarden::app::state::App;
use zonewarden::domain::atlas::city::CityState;
use zonewarden::domain::atlas::facility::{Facility, FacilityKind};
use zonewarden::domain::id::FacilityId;
use zonewarden::domain::sample::{self, Recipe};
use zonewarden::domain::text::Names;
use zonewarden::formats::urlencoded::encoded;
use zonewarden::geom::coord::{GridPoint, step};
use zonewarden::http::access_log::AccessLog;
use zonewarden::http::limits::Limits;
use zonewarden::http::meter::Meter;
use zonewarden::http::web::Web;
use zonewarden::http::{router, server};
use zonewarden::store::open::{Migrate, Place, open};

type Fault = Box<dyn std::error::Error + Send + Sync>;

const ITEMS: &str = "/ogc/collections/components/items";
const POSTGIS: &str = "/postgis";
const CONNECTIONS: usize = 16;
const ROUND: Duration = Duration::from_secs(1);
const WARM_UP: Duration = Duration::from_millis(300);
/// Features of a page that is compared.
const PAGE: usize = 1_000;
/// How many times as many pages as PostGIS.
const FASTER: f64 = 5.0;
/// Features of the tables in which as many are looked for.
const TABLES: [usize; 2] = [10_000, 100_000];
/// How many times longer it may take in the larger one.
const GROWTH: f64 = 1.5;
/// Features that are read whole, and on a page.
const ALL: usize = 1_000_000;
const PAGE_OF_ALL: usize = 10_000;
/// Share of the whole time after which the first byte must have come.
const FIRST: f64 = 0.01;
/// Bytes by which memory may have grown behind the last page.
const MEMORY_MAX: u64 = 64 * 1024 * 1024;
/// Lamps stand in rows, so many degrees apart: as dense in every table.
const ROW: usize = 1_000;
const APART: f64 = 0.000_5;
/// Where the first of them stands.
const CORNER: (f64, f64) = (109.2, 36.4);

fn main() -> Result<ExitCode, Fault> {
    let rounds = std::env::var("ZONEWARDEN_BENCH_ROUNDS").map_or(Ok(9), |text| text.parse())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut reached = pages(&runtime, rounds)?;
    reached &= growth(&runtime, rounds)?;
    reached &= whole(&runtime)?;
    runtime.shutdown_background();
    Ok(if reached { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn verdict(reached: bool) -> &'static str {
    if reached { "reached" } else { "MISSED" }
}

/// The code of the `n`th lamp.
fn code(n: usize) -> String {
    format!("lamp-{n:07}")
}

fn place(n: usize) -> (f64, f64) {
    (CORNER.0 + APART * (n % ROW) as f64, CORNER.1 + APART * (n / ROW) as f64)
}

/// The demonstration city with so many lamps more.
fn city(lamps: usize) -> Result<CityState, Fault> {
    let mut state = sample::city(&Recipe::default());
    state.facilities.retain(|facility| facility.kind != FacilityKind::Component);
    let units = state.units.clone();
    for n in 0..lamps {
        let (lon, lat) = place(n);
        let on_grid = GridPoint { x: step(lon), y: step(lat) }.degrees();
        let facts = json!({
            "grade": (["A", "B", "C", "D"][n % 4]), "height_m": n % 9, "watched": n % 7 == 0,
        });
        state.facilities.push(Facility {
            id: FacilityId::new(&code(n)).map_err(|fault| fault.to_string())?,
            kind: FacilityKind::Component,
            names: Names { zh: format!("路灯{n}号"), en: format!("Lamp {n}") },
            geometry: Point::new(on_grid.lon(), on_grid.lat()).into(),
            unit: units.get(n % units.len()).map(|unit| unit.id.clone()),
            attributes: serde_json::from_value(facts)?,
        });
    }
    Ok(state)
}

/// Starts the service over so many lamps, with `more` behind the same layers.
async fn start(lamps: usize, more: Router<Web>) -> Result<SocketAddr, Fault> {
    let app = App::new(open(&Place::Memory, Migrate::Apply).await?, Clock::system(), None);
    let state = city(lamps)?;
    seed::found(&app, state).await.map_err(|fault| format!("{fault:?}"))?;
    app.refresh().await?;
    let mut names = router::route_names();
    names.push(POSTGIS.to_owned());
    let meter = Meter::new(names.iter().map(String::as_str))?;
    let sink = std::fs::OpenOptions::new().append(true).open("/dev/null")?;
    let (log, _writer) = AccessLog::start(sink)?;
    let web = Web::new(app, Limits::default(), meter, Some(log), router::document_bytes());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let routes = router::router_with(&web, more);
    tokio::spawn(server::serve(listener, routes, web, std::future::pending()));
    Ok(address)
}

/// Pages of 1,000 features per second, ours and theirs.
fn pages(runtime: &Runtime, rounds: usize) -> Result<bool, Fault> {
    let lamps = TABLES[1];
    let after: Vec<String> = (0..64).map(|n| code(n * 7_919 % (lamps - PAGE - 1))).collect();
    let ours: Vec<String> =
        after.iter().map(|code| format!("{ITEMS}?limit={PAGE}&after={code}")).collect();
    let Ok(url) = std::env::var("ZONEWARDEN_BENCH_POSTGRES") else {
        let address = runtime.block_on(start(lamps, Router::new()))?;
        let ours = Arc::new(ours);
        let mut rates = Vec::new();
        for _ in 0..rounds {
            rates.push(load(address, &ours)?);
        }
        println!("a page of {PAGE} features: {:.0} pages/s", median(&mut rates));
        println!("PostGIS: SKIPPED (ZONEWARDEN_BENCH_POSTGRES is not set)");
        return Ok(true);
    };
    let pool = Pool::builder(Manager::new(url.parse()?, NoTls)).max_size(8).build()?;
    let served = pool.clone();
    let handler = move |RawQuery(query): RawQuery| {
        let pool = served.clone();
        async move { theirs(&pool, &query.unwrap_or_default()).await }
    };
    let address = runtime.block_on(start(lamps, Router::new().route(POSTGIS, get(handler))))?;
    runtime.block_on(fill(&url, address, lamps))?;
    let there: Vec<String> = after.iter().map(|code| format!("{POSTGIS}?after={code}")).collect();
    let contestants = [Arc::new(ours), Arc::new(there)];
    let mut rates = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        for turn in 0..2 {
            let which = (round + turn) % 2;
            rates[which].push(load(address, &contestants[which])?);
        }
    }
    runtime.block_on(emptied(&pool))?;
    let [ours, theirs] = &mut rates;
    let (ours, theirs) = (median(ours), median(theirs));
    let ratio = ours / theirs;
    let is = verdict(ratio >= FASTER);
    println!("a page of {PAGE} features: ours {ours:.0} pages/s, ST_AsGeoJSON {theirs:.0}");
    println!("  ratio {ratio:.1} (at least {FASTER}: {is})");
    Ok(ratio >= FASTER)
}

/// A page from PostGIS.
async fn theirs(pool: &Pool, query: &str) -> Response {
    let after = query.strip_prefix("after=").unwrap_or_default();
    let asked = async {
        let client = pool.get().await.map_err(|fault| fault.to_string())?;
        let page = "select string_agg(public.st_asgeojson(t, 'geom', 7), ',') from \
                    (select * from bench_ogc.lamp where code > $1 order by code limit 1000) t";
        let page = client.prepare_cached(page).await.map_err(|fault| fault.to_string())?;
        let row = client.query_one(&page, &[&after]).await.map_err(|fault| fault.to_string())?;
        let features: String = row.try_get(0).map_err(|fault| fault.to_string())?;
        Ok::<String, String>(format!(
            "{{\"type\":\"FeatureCollection\",\"features\":[{features}]}}"
        ))
    };
    match asked.await {
        Ok(body) => ([(header::CONTENT_TYPE, "application/geo+json")], body).into_response(),
        Err(words) => (StatusCode::INTERNAL_SERVER_ERROR, words).into_response(),
    }
}

/// Fills the table with what our own pages hold.
async fn fill(url: &str, address: SocketAddr, lamps: usize) -> Result<(), Fault> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    client
        .batch_execute(
            "drop schema if exists bench_ogc cascade; create schema bench_ogc; \
             create table bench_ogc.told (code text, name_zh text, name_en text, kind text, \
             unit text, unit_zh text, unit_en text, grade text, height_m int, watched boolean); \
             create table bench_ogc.lamp (like bench_ogc.told, geom public.geometry(Point, 4326))",
        )
        .await?;
    let mut connection = Connection::open(address).await?;
    for first in (0..lamps).step_by(PAGE_OF_ALL) {
        connection.ask(&request(&page_from(first)), None).await?;
        put(&client, &connection.text()?).await?;
    }
    let alike = client.query_one("select count(*) from bench_ogc.lamp", &[]).await?;
    if alike.try_get::<_, i64>(0)? != i64::try_from(lamps)? {
        return Err("the table does not hold what our pages do".into());
    }
    let index = "create unique index on bench_ogc.lamp (code); analyze bench_ogc.lamp";
    Ok(client.batch_execute(index).await?)
}

/// Puts the features of a page into the table.
async fn put(client: &Client, page: &str) -> Result<(), Fault> {
    let put = "insert into bench_ogc.lamp select told.*, \
               public.st_setsrid(public.st_geomfromgeojson(one->>'geometry'), 4326) \
               from json_array_elements($1::text::json->'features') as one, \
               json_populate_record(null::bench_ogc.told, one->'properties') as told";
    client.execute(put, &[&page]).await?;
    Ok(())
}

async fn emptied(pool: &Pool) -> Result<(), Fault> {
    Ok(pool.get().await?.batch_execute("drop schema if exists bench_ogc cascade").await?)
}

/// The page that begins with the `first` lamp.
fn page_from(first: usize) -> String {
    let after = if first == 0 { "lamp-".to_owned() } else { code(first - 1) };
    format!("{ITEMS}?limit={PAGE_OF_ALL}&after={after}")
}

/// As many features found in a small table and in a large one.
fn growth(runtime: &Runtime, rounds: usize) -> Result<bool, Fault> {
    const REPEATS: usize = 40;
    let (west, south) = (CORNER.0 + 10.4 * APART, CORNER.1 + 0.5 * APART);
    // Fifty lamps in each of eight rows: both tables have them.
    let (east, north) = (west + 50.0 * APART, south + 8.0 * APART);
    let frame = format!("{west:.7},{south:.7},{east:.7},{north:.7}");
    let area = format!("S_INTERSECTS(geometry, BBOX({frame}))");
    let filter = |text: &str| format!("{ITEMS}?filter={}&limit=500", encoded(text));
    let asked = [
        ("a box", format!("{ITEMS}?bbox={frame}&limit=500"), true),
        ("a filter by place", filter(&area), true),
        ("by place and property", filter(&format!("{area} AND grade = 'A'")), true),
        // Nothing indexes what sources tell: it looks through the table, and is told for comparison.
        ("by property alone", filter("name_en = 'Lamp 4321'"), false),
    ];
    let mut took = vec![[Vec::new(), Vec::new()]; asked.len()];
    let mut found = vec![[0_usize; 2]; asked.len()];
    let [small, large] = TABLES;
    let addresses = [
        runtime.block_on(start(small, Router::new()))?,
        runtime.block_on(start(large, Router::new()))?,
    ];
    for round in 0..rounds {
        for turn in 0..2 {
            let which = (round + turn) % 2;
            for (n, (_, path, _)) in asked.iter().enumerate() {
                let (us, count) = runtime.block_on(one(addresses[which], path, REPEATS))?;
                took[n][which].push(us);
                found[n][which] = count;
            }
        }
    }
    let mut reached = true;
    for (((what, _, bound), took), found) in asked.iter().zip(&mut took).zip(&found) {
        if found[0] != found[1] || found[0] == 0 {
            return Err(format!("{what}: {found:?} found").into());
        }
        let [a, b] = [median(&mut took[0]), median(&mut took[1])];
        let ratio = b / a;
        let is = if *bound { verdict(ratio < GROWTH) } else { "no target" };
        println!("{what}, {} found: {a:.0} µs of {small}, {b:.0} µs of {large}", found[0]);
        println!("  ratio {ratio:.2} (below {GROWTH}: {is})");
        reached &= !bound || ratio < GROWTH;
    }
    Ok(reached)
}

/// Microseconds of a request, one after the other, and how many features it finds.
async fn one(address: SocketAddr, path: &str, repeats: usize) -> Result<(f64, usize), Fault> {
    let mut connection = Connection::open(address).await?;
    let request = request(path);
    connection.ask(&request, None).await?;
    let found = connection.returned()?;
    let begun = Instant::now();
    for _ in 0..repeats {
        connection.ask(&request, None).await?;
    }
    Ok((begun.elapsed().as_secs_f64() * 1e6 / repeats as f64, found))
}

/// A million features: the first byte, all of it, and memory.
fn whole(runtime: &Runtime) -> Result<bool, Fault> {
    let address = runtime.block_on(start(ALL, Router::new()))?;
    let (first, all, bytes, memory) = runtime.block_on(async {
        let mut connection = Connection::open(address).await?;
        // What is told once for each atlas is told before.
        connection.ask(&request(&format!("{ITEMS}?limit=1")), None).await?;
        connection.ask(&request(&page_from(0)), None).await?;
        let before = resident()?;
        let (mut came, mut bytes, mut count) = (None, 0_u64, 0);
        let begun = Instant::now();
        for first in (0..ALL).step_by(PAGE_OF_ALL) {
            let mut at = None;
            let came_now = connection.ask(&request(&page_from(first)), Some(&mut at)).await?;
            bytes += u64::try_from(came_now)?;
            came = came.or(at);
            count += connection.returned()?;
        }
        if count != ALL {
            return Err(format!("{count} features came").into());
        }
        let all = begun.elapsed();
        let first = came.ok_or("no byte came")?.duration_since(begun);
        Ok::<_, Fault>((first, all, bytes, (before, resident()?)))
    })?;
    let share = first.as_secs_f64() / all.as_secs_f64();
    let grown = memory.1.saturating_sub(memory.0);
    let mib = |bytes: u64| bytes as f64 / 1_048_576.0;
    println!("{ALL} features, {:.0} MiB, in {:.2} s", mib(bytes), all.as_secs_f64());
    println!(
        "  the first byte after {:.2} ms: {:.3} % (below {:.0} %: {})",
        first.as_secs_f64() * 1e3,
        share * 100.0,
        FIRST * 100.0,
        verdict(share < FIRST)
    );
    println!(
        "  memory {:.0} MiB before, {:.0} MiB after (at most {:.0} more: {})",
        mib(memory.0),
        mib(memory.1),
        mib(MEMORY_MAX),
        verdict(grown <= MEMORY_MAX)
    );
    Ok(share < FIRST && grown <= MEMORY_MAX)
}

/// Bytes of this process in memory.
fn resident() -> Result<u64, Fault> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}

fn request(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/geo+json\r\n\r\n")
        .into_bytes()
}

/// Requests per second of one round, from a thread of its own.
fn load(address: SocketAddr, paths: &Arc<Vec<String>>) -> Result<f64, Fault> {
    let requests: Arc<Vec<Vec<u8>>> = Arc::new(paths.iter().map(|path| request(path)).collect());
    let thread = std::thread::spawn(move || -> Result<f64, Fault> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let count = Arc::new(AtomicU64::new(0));
            let mut tasks = JoinSet::new();
            for first in 0..CONNECTIONS {
                let mut connection = Connection::open(address).await?;
                let (count, requests) = (Arc::clone(&count), Arc::clone(&requests));
                tasks.spawn(async move {
                    for n in first.. {
                        let asked = &requests[n % requests.len()];
                        if let Err(fault) = connection.ask(asked, None).await {
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

struct Connection {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self, Fault> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, bytes: Vec::with_capacity(1024 * 1024) })
    }

    /// One request and its whole answer, which must be 200; its bytes, and when the first of the body came.
    async fn ask(
        &mut self,
        request: &[u8],
        mut first: Option<&mut Option<Instant>>,
    ) -> Result<usize, Fault> {
        // No text of ours has a carriage return: this ends the last piece alone.
        const END: &[u8] = b"\r\n0\r\n\r\n";
        self.stream.write_all(request).await?;
        self.bytes.clear();
        let mut begins = None;
        loop {
            if self.stream.read_buf(&mut self.bytes).await? == 0 {
                return Err("the server closed".into());
            }
            if begins.is_none() {
                let head = self.bytes.windows(4).position(|four| four == b"\r\n\r\n");
                begins = head.map(|head| head + 4);
            }
            let Some(begins) = begins else { continue };
            if !self.bytes.starts_with(b"HTTP/1.1 200") {
                return Err(String::from_utf8_lossy(&self.bytes).into_owned().into());
            }
            if self.bytes.len() > begins
                && let Some(first) = first.take()
            {
                *first = Some(Instant::now());
            }
            let ended = match length(&self.bytes[..begins]) {
                Some(length) => self.bytes.len() >= begins + length,
                None => self.bytes.ends_with(END),
            };
            if ended {
                return Ok(self.bytes.len());
            }
        }
    }

    /// How many features the last answer says it has.
    fn returned(&self) -> Result<usize, Fault> {
        const NAME: &[u8] = b"\"numberReturned\":";
        let at = self.bytes.windows(NAME.len()).position(|bytes| bytes == NAME);
        let from = at.ok_or("no numberReturned")? + NAME.len();
        let digits = self.bytes[from..].iter().take_while(|byte| byte.is_ascii_digit());
        Ok(digits.fold(0, |count, digit| count * 10 + usize::from(digit - b'0')))
    }

    /// The body of the last answer, put together from its pieces.
    fn text(&self) -> Result<String, Fault> {
        let head = self.bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or("no head")?;
        let mut rest = &self.bytes[head + 4..];
        let mut body = Vec::with_capacity(rest.len());
        loop {
            let line = rest.windows(2).position(|two| two == b"\r\n").ok_or("no piece")?;
            let size = usize::from_str_radix(std::str::from_utf8(&rest[..line])?, 16)?;
            if size == 0 {
                return Ok(String::from_utf8(body)?);
            }
            rest = &rest[line + 2..];
            body.extend_from_slice(rest.get(..size).ok_or("a piece is cut off")?);
            rest = rest.get(size + 2..).ok_or("a piece has no end")?;
        }
    }
}

fn length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length: ";
    let head = head.to_ascii_lowercase();
    let at = head.windows(NAME.len()).position(|bytes| bytes == NAME)? + NAME.len();
    let digits = head[at..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0')))
}

fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
