//! Map tiles of the demonstration city: drawn anew against `ST_AsMVT`, and from the cache against a constant body.
//!
//! `cargo bench --bench tiles`, and with `ZONEWARDEN_BENCH_POSTGRES=postgres://…/database` (one that may be filled)
//! against PostGIS too. `ZONEWARDEN_BENCH_ROUNDS` (15) says how often each is measured.
//!
//! Of each zoom the twelve fullest tiles of the collection `city`: zones, the places of their names, facilities and
//! streets. Ours is one thread, before compression, all of the tile anew. Baseline: the same rows in web Mercator,
//! indexed, with `ST_AsMVTGeom` and `ST_AsMVT` in one statement that is prepared; its time is that of the round trip
//! less that of `select 1`. The cached tiles are asked for over HTTP beside a handler that answers with as many
//! constant bytes behind the same layers; the contestants take turns. Ends with an error when a target is missed.
#![expect(clippy::print_stdout, reason = "a bench talks to a person")]
#![expect(clippy::cast_precision_loss, reason = "counts to ratios")]

use std::hint::black_box;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::header;
use axum::routing::get;
use geo_types::Geometry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls, Statement};
use zonewarden::app::clock::Clock;
use zonewarden::app::seed;
use zonewarden::app::state::App;
use zonewarden::app::tiles::collection::Collection;
use zonewarden::app::tiles::drawn::Drawn;
use zonewarden::domain::atlas::facility::FacilityKind;
use zonewarden::domain::atlas::in_force::Atlas;
use zonewarden::domain::sample::{self, Recipe};
use zonewarden::formats::gzip::{self, Effort};
use zonewarden::formats::wkt;
use zonewarden::geom::tile::grid::{Tile, World};
use zonewarden::http::access_log::AccessLog;
use zonewarden::http::limits::Limits;
use zonewarden::http::meter::Meter;
use zonewarden::http::web::Web;
use zonewarden::http::{router, server};
use zonewarden::store::open::{Migrate, Place, open};

type Fault = Box<dyn std::error::Error + Send + Sync>;

const ZOOMS: [u32; 3] = [12, 13, 14];
/// Tiles of a zoom.
const TILES: usize = 12;
/// How many times faster than `ST_AsMVT`.
const FASTER: f64 = 20.0;
/// The cached tiles' share of the constant handler's requests per second.
const SHARE: f64 = 0.95;
const CONNECTIONS: usize = 64;
const ROUND: Duration = Duration::from_secs(1);
const WARM_UP: Duration = Duration::from_millis(300);
const CONSTANT: &str = "/constant";

fn main() -> Result<ExitCode, Fault> {
    let rounds = std::env::var("ZONEWARDEN_BENCH_ROUNDS").map_or(Ok(15), |text| text.parse())?;
    let faults = |faults: Vec<_>| -> Fault { format!("{faults:?}").into() };
    let atlas = Arc::new(Atlas::build(sample::city(&Recipe::default())).map_err(faults)?);
    let drawn = Drawn::of(Arc::clone(&atlas));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut reached = true;
    let mut all = Vec::new();
    let chosen: Vec<(u32, Vec<Tile>)> =
        ZOOMS.iter().map(|zoom| (*zoom, fullest(&atlas, &drawn, *zoom))).collect();
    let ours: Vec<f64> = chosen.iter().map(|(_, tiles)| anew(&drawn, tiles, rounds)).collect();
    match std::env::var("ZONEWARDEN_BENCH_POSTGRES") {
        Ok(url) => {
            let theirs = runtime.block_on(postgis(&url, &atlas, &chosen, rounds))?;
            for (((zoom, _), ours), theirs) in chosen.iter().zip(&ours).zip(theirs) {
                let ratio = theirs / ours;
                println!("z{zoom}: ST_AsMVT {theirs:.0} µs, ratio {ratio:.1} (target {FASTER})");
                reached &= ratio >= FASTER;
            }
        }
        Err(_) => println!("PostGIS: SKIPPED (ZONEWARDEN_BENCH_POSTGRES is not set)"),
    }
    for (_, tiles) in &chosen {
        all.extend(tiles.iter().map(|it| path(*it)));
    }
    let share = cached(&runtime, &all, rounds)?;
    reached &= share >= SHARE;
    runtime.shutdown_background();
    Ok(if reached { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn path(tile: Tile) -> String {
    format!("/tiles/city/{}/{}/{}.mvt", tile.zoom(), tile.x(), tile.y())
}

/// The tiles of a zoom with the most bytes.
fn fullest(atlas: &Atlas, drawn: &Drawn, zoom: u32) -> Vec<Tile> {
    let Some(frame) = atlas.areas().extent() else { return Vec::new() };
    let corner = |p| Tile::holding(World::of(p), zoom);
    let (low, high) = (corner(frame.min), corner(frame.max));
    let columns = low.x()..=high.x();
    let tiles = columns.flat_map(|x| (high.y()..=low.y()).map(move |y| Tile::new(zoom, x, y)));
    let mut sized: Vec<(usize, Tile)> = tiles
        .filter_map(Result::ok)
        .map(|tile| (drawn.tile(Collection::City, tile).len(), tile))
        .collect();
    sized.sort_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
    sized.truncate(TILES);
    sized.into_iter().map(|(_, tile)| tile).collect()
}

/// Microseconds of a tile, the median of rounds.
fn anew(drawn: &Drawn, tiles: &[Tile], rounds: usize) -> f64 {
    const REPEATS: usize = 20;
    let mut bytes = 0;
    let mut took: Vec<f64> = Vec::new();
    let mut packing: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        let begun = Instant::now();
        for _ in 0..REPEATS {
            for tile in tiles {
                bytes = black_box(drawn.tile(Collection::City, *tile)).len();
            }
        }
        took.push(begun.elapsed().as_secs_f64() * 1e6 / (REPEATS * tiles.len()) as f64);
        for (effort, packing) in [Effort::Quick, Effort::Thorough].into_iter().zip(&mut packing) {
            let plain: Vec<Vec<u8>> =
                tiles.iter().map(|tile| drawn.tile(Collection::City, *tile)).collect();
            let begun = Instant::now();
            for tile in &plain {
                black_box(gzip::packed(tile, effort));
            }
            packing.push(begun.elapsed().as_secs_f64() * 1e6 / tiles.len() as f64);
        }
    }
    let ours = median(&mut took);
    let zoom = tiles.first().map_or(0, |tile| tile.zoom());
    let [quick, thorough] = &mut packing;
    println!(
        "z{zoom}: {} tiles, ours {ours:.0} µs a tile, gzip {:.0} µs quickly and {:.0} thoroughly; the last has {bytes} bytes",
        tiles.len(),
        median(quick),
        median(thorough)
    );
    ours
}

/// What PostGIS takes for the same tiles, in microseconds a tile, by zoom.
async fn postgis(
    url: &str,
    atlas: &Atlas,
    chosen: &[(u32, Vec<Tile>)],
    rounds: usize,
) -> Result<Vec<f64>, Fault> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    fill(&client, atlas).await?;
    let tile = client.prepare(&statement()).await?;
    let nothing = client.prepare("select 1, $1::int, $2::int, $3::int").await?;
    let mut all = Vec::new();
    for (_, tiles) in chosen {
        let (mut whole, mut trip) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            whole.push(asked(&client, &tile, tiles).await?);
            trip.push(asked(&client, &nothing, tiles).await?);
        }
        all.push((median(&mut whole) - median(&mut trip)).max(0.0));
    }
    client.batch_execute("drop schema if exists bench_tiles cascade").await?;
    Ok(all)
}

async fn asked(client: &Client, statement: &Statement, tiles: &[Tile]) -> Result<f64, Fault> {
    let begun = Instant::now();
    for tile in tiles {
        let [z, x, y] = [tile.zoom(), tile.x(), tile.y()].map(u32::cast_signed);
        black_box(client.query_one(statement, &[&z, &x, &y]).await?);
    }
    Ok(begun.elapsed().as_secs_f64() * 1e6 / tiles.len() as f64)
}

/// The four layers of a tile, one behind the other.
fn statement() -> String {
    let layer = |name: &str, columns: &str, table: &str, only: &str| {
        format!(
            "coalesce((select public.st_asmvt(t, '{name}', 4096, 'geom') from (select {columns}, \
             public.st_asmvtgeom(shape, public.st_tileenvelope($1::int, $2::int, $3::int), 4096, 64, true) as geom \
             from bench_tiles.{table} where shape operator(public.&&) \
             public.st_tileenvelope($1::int, $2::int, $3::int, margin => 64.0 / 4096) {only}) t \
             where geom is not null), ''::bytea)"
        )
    };
    let of_zones = "zone_id, number, name_zh, name_en, lead";
    let of_facilities = "facility_id, kind, name_zh, name_en, unit";
    format!(
        "select {} || {} || {} || {}",
        layer("zones", of_zones, "zone", ""),
        layer("zone_labels", of_zones, "label", ""),
        layer("facilities", of_facilities, "facility", "and ($1 >= 14 or not many) and not street"),
        layer("streets", of_facilities, "facility", "and street")
    )
}

/// The rows that tiles are made of, in web Mercator.
async fn fill(client: &Client, atlas: &Atlas) -> Result<(), Fault> {
    client
        .batch_execute(
            "drop schema if exists bench_tiles cascade; create schema bench_tiles; \
             create table bench_tiles.zone (zone_id text, number int, name_zh text, name_en text, \
             lead text, shape public.geometry(Geometry, 3857)); \
             create table bench_tiles.facility (facility_id text, kind text, name_zh text, \
             name_en text, unit text, many boolean, street boolean, \
             shape public.geometry(Geometry, 3857))",
        )
        .await?;
    let put = "insert into bench_tiles.zone values ($1, $2, $3, $4, $5, \
               public.st_transform(public.st_geomfromewkt($6), 3857))";
    let put = client.prepare(put).await?;
    for zone in atlas.zones() {
        let text = ewkt(&Geometry::MultiPolygon(zone.area.clone()));
        let (id, lead) = (zone.id.as_str(), zone.lead.as_str());
        let number = zone.number.cast_signed();
        client.execute(&put, &[&id, &number, &zone.names.zh, &zone.names.en, &lead, &text]).await?;
    }
    let put = "insert into bench_tiles.facility values ($1, $2, $3, $4, $5, $6, $7, \
               public.st_transform(public.st_geomfromewkt($8), 3857))";
    let put = client.prepare(put).await?;
    for it in atlas.facilities() {
        let count = atlas.facilities().iter().filter(|other| other.kind == it.kind).count();
        let many = count > 1_000 && matches!(it.geometry, Geometry::Point(_));
        let street = [FacilityKind::Street, FacilityKind::Bridge].contains(&it.kind);
        let unit = it.unit.as_ref().map(zonewarden::domain::id::UnitId::as_str);
        let (id, kind, text) = (it.id.as_str(), it.kind.code(), ewkt(&it.geometry));
        let (zh, en) = (&it.names.zh, &it.names.en);
        client.execute(&put, &[&id, &kind, zh, en, &unit, &many, &street, &text]).await?;
    }
    client
        .batch_execute(
            "create table bench_tiles.label as select zone_id, number, name_zh, name_en, lead, \
             public.st_pointonsurface(shape) as shape from bench_tiles.zone; \
             create index on bench_tiles.zone using gist (shape); \
             create index on bench_tiles.label using gist (shape); \
             create index on bench_tiles.facility using gist (shape)",
        )
        .await?;
    for table in ["zone", "label", "facility"] {
        client.batch_execute(&format!("vacuum analyze bench_tiles.{table}")).await?;
    }
    Ok(())
}

fn ewkt(geometry: &Geometry<f64>) -> String {
    format!("SRID=4326;{}", wkt::write(geometry))
}

/// The cached tiles' share of the constant handler's requests per second.
fn cached(
    runtime: &tokio::runtime::Runtime,
    paths: &[String],
    rounds: usize,
) -> Result<f64, Fault> {
    let address = runtime.block_on(start(paths))?;
    let constant: Vec<String> = paths.iter().map(|_| CONSTANT.to_owned()).collect();
    let contestants = [Arc::new(constant), Arc::new(paths.to_vec())];
    let mut rates = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        for turn in 0..contestants.len() {
            let which = (round + turn) % contestants.len();
            rates[which].push(load(address, &contestants[which])?);
        }
    }
    let [constant, tiles] = &mut rates;
    let (constant, tiles) = (median(constant), median(tiles));
    let share = tiles / constant;
    println!(
        "cached tiles {tiles:.0}/s, constant {constant:.0}/s, share {share:.3} (target {SHARE})"
    );
    Ok(share)
}

/// Starts the service, asks each tile until it is packed at its best, and mounts a constant of the average size.
async fn start(paths: &[String]) -> Result<SocketAddr, Fault> {
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
    let mut connection = Connection::open(address).await?;
    let (mut bytes, mut longest) = (0, Vec::new());
    for pass in 0..3 {
        for path in paths {
            let length = connection.ask(&request(path)).await?;
            if pass == 2 {
                bytes += length;
            }
            if length > longest.len() {
                longest = connection.last_body(length);
            }
        }
        // What is packed better is packed aside.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    asking.abort();
    longest.truncate(bytes / paths.len().max(1));
    println!("cached tiles have {} bytes on average, and so has the constant", longest.len());
    let body = axum::body::Bytes::from(longest);
    let answer = move || {
        let body = body.clone();
        async move {
            let headers = [
                (header::CONTENT_TYPE, "application/vnd.mapbox-vector-tile"),
                (header::CONTENT_ENCODING, "gzip"),
                (header::CACHE_CONTROL, "no-cache"),
                (header::ETAG, "W/\"constant-1-0.1.0-city\""),
                (header::VARY, "accept-encoding"),
            ];
            (headers, body)
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let routes = router::router_with(&web, Router::new().route(CONSTANT, get(answer)));
    tokio::spawn(server::serve(listener, routes, web, std::future::pending()));
    Ok(address)
}

fn request(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n").into_bytes()
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
        Ok(Self { stream, bytes: Vec::with_capacity(64 * 1024) })
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
