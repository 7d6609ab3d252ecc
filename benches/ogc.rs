//! OGC API – Features over a city with very many facilities.
//!
//! `cargo bench --bench ogc`, and with `ZONEWARDEN_BENCH_POSTGRES=postgres://…/database` (one that may be filled)
//! against PostGIS too. `ZONEWARDEN_BENCH_ROUNDS` (9) says how often each is measured.
//!
//! 1. A page of 1,000 features against the same features from an indexed table with `ST_AsGeoJSON`, in one prepared
//!    statement, its text handed on by a handler behind the same server, limits and layers; pages begin at places
//!    that look random, and the contestants take turns.
//! 2. Boxes and filters that each find as many features among 10,000, 100,000 and a million.
//! 3. A million features, page by page: when the first byte comes, how long all of it takes, and what memory it costs.
//!
//! Medians are printed. Ends with an error when a target is missed.
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
#[path = "bed/wish.rs"]
mod wish;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::RawQuery;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use deadpool_postgres::{Manager, Pool};
use geo_types::Point;
use median::median;
use serde_json::json;
use targets::Targets;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};
use wire::{Connection, request};
use zonewarden::domain::atlas::city::CityState;
use zonewarden::domain::atlas::facility::{Facility, FacilityKind};
use zonewarden::domain::id::FacilityId;
use zonewarden::domain::sample::{self, Recipe};
use zonewarden::domain::text::Names;
use zonewarden::formats::urlencoded::encoded;
use zonewarden::geom::coord::{GridPoint, step};
use zonewarden::store::open::Place;

type Fault = Box<dyn std::error::Error + Send + Sync>;

const ITEMS: &str = "/ogc/collections/components/items";
const POSTGIS: &str = "/postgis";
const CONNECTIONS: usize = 16;
/// Connections to PostGIS, of which no query waits for another: more than the machine has cores.
const POSTGIS_CONNECTIONS: usize = 8;
/// Features of a page that is compared.
const PAGE: usize = 1_000;
/// How many times as many pages as PostGIS.
const FASTER: f64 = 5.0;
/// Features of the tables in which as many are looked for.
const TABLES: [usize; 3] = [10_000, 100_000, 1_000_000];
/// How many times longer it may take in a larger one than in the smallest.
const GROWTH: f64 = 1.5;
/// Features that are read whole, and on a page.
const ALL: usize = TABLES[2];
const PAGE_OF_ALL: usize = 10_000;
/// Share of the whole time after which the first byte must have come.
const FIRST: f64 = 0.01;
/// MiB by which memory may have grown behind the last page.
const MEMORY_MAX: f64 = 64.0;
/// Lamps stand in rows, so many degrees apart: as dense in every table.
const ROW: usize = 1_000;
const APART: f64 = 0.000_5;
/// Where the first of them stands.
const CORNER: (f64, f64) = (109.2, 36.4);

fn main() -> Result<ExitCode, Fault> {
    let rounds = wish::number("ZONEWARDEN_BENCH_ROUNDS", 9)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut targets = Targets::default();
    let pool = match std::env::var("ZONEWARDEN_BENCH_POSTGRES") {
        Ok(url) => {
            let manager = Manager::new(url.parse()?, NoTls);
            Some(Pool::builder(manager).max_size(POSTGIS_CONNECTIONS).build()?)
        }
        Err(_) => None,
    };
    let [small, middle, large] = TABLES;
    let served = runtime.block_on(async {
        let small = start(small, None).await?;
        let middle = start(middle, pool.clone()).await?;
        Ok::<_, Fault>([small, middle, start(large, None).await?])
    })?;
    pages(&runtime, rounds, served[1], pool.as_ref(), &mut targets)?;
    growth(&runtime, rounds, served, &mut targets)?;
    whole(&runtime, served[2], &mut targets)?;
    runtime.shutdown_background();
    Ok(targets.exit())
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

/// Starts the service over so many lamps, with pages from PostGIS behind the same layers.
async fn start(lamps: usize, pool: Option<Pool>) -> Result<SocketAddr, Fault> {
    let app = service::seeded(&Place::Memory, city(lamps)?).await?;
    let handler = move |RawQuery(query): RawQuery| {
        let pool = pool.clone();
        async move { theirs(pool, &query.unwrap_or_default()).await }
    };
    Ok(service::served(app, vec![(POSTGIS, get(handler))]).await?.0)
}

/// Pages of 1,000 features per second, ours and theirs.
fn pages(
    runtime: &Runtime,
    rounds: usize,
    address: SocketAddr,
    pool: Option<&Pool>,
    targets: &mut Targets,
) -> Result<(), Fault> {
    let lamps = TABLES[1];
    let after: Vec<String> = (0..64).map(|n| code(n * 7_919 % (lamps - PAGE - 1))).collect();
    let ours = after.iter().map(|code| asking(&format!("{ITEMS}?limit={PAGE}&after={code}")));
    let theirs = after.iter().map(|code| asking(&format!("{POSTGIS}?after={code}")));
    let (ours, theirs) = (Arc::new(ours.collect()), Arc::new(theirs.collect()));
    println!("a page of {PAGE} features");
    let Some(pool) = pool else {
        let rates: [Vec<f64>; 1] =
            turns::in_turns(rounds, |_| load::rate(address, CONNECTIONS, &ours))?;
        let [rate] = rates.map(median);
        println!(
            "  ours {rate:.0} pages/s; PostGIS: SKIPPED (ZONEWARDEN_BENCH_POSTGRES is not set)"
        );
        return Ok(());
    };
    runtime.block_on(fill(pool, address, lamps))?;
    let contestants = [ours, theirs];
    let rates: [Vec<f64>; 2] =
        turns::in_turns(rounds, |which| load::rate(address, CONNECTIONS, &contestants[which]))?;
    runtime.block_on(emptied(pool))?;
    let [ours, theirs] = rates.map(median);
    println!("  ours {ours:.0} pages/s, ST_AsGeoJSON {theirs:.0} pages/s");
    targets.hold("ours / ST_AsGeoJSON", ours / theirs, FASTER..);
    Ok(())
}

/// A page from PostGIS.
async fn theirs(pool: Option<Pool>, query: &str) -> Response {
    let after = query.strip_prefix("after=").unwrap_or_default();
    let asked = async {
        let client = pool.ok_or("no PostGIS")?.get().await.map_err(|fault| fault.to_string())?;
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
async fn fill(pool: &Pool, address: SocketAddr, lamps: usize) -> Result<(), Fault> {
    let client = pool.get().await?;
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
        connection.ask(&asking(&page_from(first))).await?;
        put(&client, &String::from_utf8(connection.body())?).await?;
    }
    let alike = client.query_one("select count(*) from bench_ogc.lamp", &[]).await?;
    if alike.try_get::<_, i64>(0)? != i64::try_from(lamps)? {
        return Err("the table does not hold what our pages do".into());
    }
    client.batch_execute("create unique index on bench_ogc.lamp (code)").await?;
    Ok(client.batch_execute("vacuum analyze bench_ogc.lamp").await?)
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

fn asking(path: &str) -> Vec<u8> {
    request(&format!("GET {path}"), &[("Accept", "application/geo+json")], "")
}

/// As many features found in small tables and in large ones.
fn growth(
    runtime: &Runtime,
    rounds: usize,
    served: [SocketAddr; 3],
    targets: &mut Targets,
) -> Result<(), Fault> {
    let (west, south) = (CORNER.0 + 10.4 * APART, CORNER.1 + 0.5 * APART);
    // Fifty lamps in each of eight rows: every table has them.
    let (east, north) = (west + 50.0 * APART, south + 8.0 * APART);
    let frame = format!("{west:.7},{south:.7},{east:.7},{north:.7}");
    let area = format!("S_INTERSECTS(geometry, BBOX({frame}))");
    let filter = |text: &str| format!("{ITEMS}?filter={}&limit=500", encoded(text));
    let asked = [
        ("a box", format!("{ITEMS}?bbox={frame}&limit=500")),
        ("a filter by place", filter(&area)),
        ("by place and property", filter(&format!("{area} AND grade = 'A'"))),
        ("by a name", filter("name_en = 'Lamp 4321'")),
        ("by several names", filter("name_en IN ('Lamp 4321','Lamp 99','Lamp 7654')")),
        ("by how codes begin", filter("code LIKE 'lamp-000432%'")),
        ("between two codes", filter("code BETWEEN 'lamp-0004000' AND 'lamp-0004399'")),
    ];
    for (what, path) in asked {
        let mut found = [0; TABLES.len()];
        let took: [Vec<f64>; TABLES.len()] = turns::in_turns(rounds, |which| {
            let (us, count) = runtime.block_on(one(served[which], &path))?;
            found[which] = count;
            Ok::<_, Fault>(us)
        })?;
        let [small, middle, large] = took.map(median);
        println!("{what}: {found:?} found in {small:.0}, {middle:.0} and {large:.0} µs");
        if found.iter().any(|count| *count == 0 || *count != found[0]) {
            return Err("not as many everywhere".into());
        }
        targets.hold(&format!("{} / {} features", TABLES[1], TABLES[0]), middle / small, ..GROWTH);
        targets.hold(&format!("{} / {} features", TABLES[2], TABLES[0]), large / small, ..GROWTH);
    }
    Ok(())
}

/// Microseconds of a request, one after the other, and how many features it finds.
async fn one(address: SocketAddr, path: &str) -> Result<(f64, usize), Fault> {
    const REPEATS: usize = 40;
    let mut connection = Connection::open(address).await?;
    let asked = asking(path);
    connection.ask(&asked).await?;
    let found = returned(&connection.body())?;
    // What is asked for again and again is what is meant.
    connection.ask(&asked).await?;
    let begun = Instant::now();
    for _ in 0..REPEATS {
        connection.ask(&asked).await?;
    }
    Ok((begun.elapsed().as_secs_f64() * 1e6 / REPEATS as f64, found))
}

/// How many features an answer says it has.
fn returned(body: &[u8]) -> Result<usize, Fault> {
    const NAME: &[u8] = b"\"numberReturned\":";
    let at = body.windows(NAME.len()).position(|bytes| bytes == NAME);
    let from = at.ok_or("no numberReturned")? + NAME.len();
    let digits = body[from..].iter().take_while(|byte| byte.is_ascii_digit());
    Ok(digits.fold(0, |count, digit| count * 10 + usize::from(digit - b'0')))
}

/// A million features: the first byte, all of it, and memory.
fn whole(runtime: &Runtime, address: SocketAddr, targets: &mut Targets) -> Result<(), Fault> {
    let (first, all, bytes, before) = runtime.block_on(async {
        let mut connection = Connection::open(address).await?;
        // What is told once for each atlas is told before, and buffers are as large as they will be.
        connection.ask(&asking(&page_from(0))).await?;
        connection.ask(&asking(&page_from(ALL - PAGE_OF_ALL))).await?;
        let before = resident()?;
        let (mut came, mut bytes, mut count) = (None, 0, 0);
        let begun = Instant::now();
        for first in (0..ALL).step_by(PAGE_OF_ALL) {
            let (length, at) = connection.ask(&asking(&page_from(first))).await?;
            came.get_or_insert(at);
            bytes += length;
            count += returned(&connection.body())?;
        }
        if count != ALL {
            return Err(format!("{count} features came").into());
        }
        let all = begun.elapsed();
        let first = came.ok_or("no byte came")?.duration_since(begun);
        Ok::<_, Fault>((first, all, bytes, before))
    })?;
    let mib = |bytes: u64| bytes as f64 / 1_048_576.0;
    let after = resident()?;
    println!(
        "{ALL} features, {:.0} MiB, in {:.2} s, the first byte after {:.2} ms; memory {:.0} MiB before, {:.0} after",
        mib(u64::try_from(bytes)?),
        all.as_secs_f64(),
        first.as_secs_f64() * 1e3,
        mib(before),
        mib(after)
    );
    targets.hold("the first byte / all", first.as_secs_f64() / all.as_secs_f64(), ..FIRST);
    targets.hold("MiB more behind the last", mib(after.saturating_sub(before)), ..=MEMORY_MAX);
    Ok(())
}

/// Bytes of this process in memory.
fn resident() -> Result<u64, Fault> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}
