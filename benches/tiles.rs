//! Map tiles of the demonstration city: drawn anew against `ST_AsMVT`, and from the cache against a constant body.
//!
//! `cargo bench --bench tiles`, and with `ZONEWARDEN_BENCH_POSTGRES=postgres://…/database` (one that may be filled)
//! against PostGIS too. `ZONEWARDEN_BENCH_ROUNDS` (15) says how often each is measured.
//!
//! Of each zoom the twelve fullest tiles of the collection `city`: zones, the places of their names, facilities and
//! streets. Ours is one thread, before compression, all of the tile anew. Baseline: the same rows in web Mercator,
//! indexed and analysed, with `ST_AsMVTGeom` and `ST_AsMVT` in one statement that is prepared; its time is that of the
//! round trip less that of `select 1`, and its tiles must not hold far less than ours. The cached tiles are asked for over HTTP beside handlers behind the same
//! layers that answer with the very bytes, a handler for each tile; the contestants take turns. Ends with an error when a target is missed.
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

use std::hint::black_box;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::header;
use axum::routing::{MethodRouter, get};
use geo_types::Geometry;
use median::median;
use targets::Targets;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls, Statement};
use wire::{Connection, request};
use zonewarden::app::tiles::collection::Collection;
use zonewarden::app::tiles::drawn::Drawn;
use zonewarden::domain::atlas::facility::FacilityKind;
use zonewarden::domain::atlas::in_force::Atlas;
use zonewarden::domain::sample::{self, Recipe};
use zonewarden::formats::gzip::{self, Effort};
use zonewarden::formats::wkt;
use zonewarden::geom::tile::grid::{Tile, World};
use zonewarden::http::web::Web;
use zonewarden::store::open::Place;

type Fault = Box<dyn std::error::Error + Send + Sync>;

const ZOOMS: [u32; 3] = [12, 13, 14];
/// Tiles of a zoom.
const TILES: usize = 12;
/// How many times faster than `ST_AsMVT`.
const FASTER: f64 = 20.0;
/// The cached tiles' share of the constant handler's requests per second.
const SHARE: f64 = 0.95;
const CONNECTIONS: usize = 64;
const CONSTANT: &str = "/constant";

/// A zoom, its fullest tiles, and what ours took of each.
struct Zoom {
    level: u32,
    tiles: Vec<Tile>,
    us: f64,
    bytes: usize,
}

fn main() -> Result<ExitCode, Fault> {
    let rounds = wish::number("ZONEWARDEN_BENCH_ROUNDS", 15)?;
    let faults = |faults: Vec<_>| -> Fault { format!("{faults:?}").into() };
    let atlas = Arc::new(Atlas::build(sample::city(&Recipe::default())).map_err(faults)?);
    let drawn = Drawn::of(Arc::clone(&atlas));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut targets = Targets::default();
    let zooms = ZOOMS.map(|zoom| anew(&drawn, fullest(&atlas, &drawn, zoom), zoom, rounds));
    match std::env::var("ZONEWARDEN_BENCH_POSTGRES") {
        Ok(url) => runtime.block_on(postgis(&url, &atlas, &zooms, rounds, &mut targets))?,
        Err(_) => println!("PostGIS: SKIPPED (ZONEWARDEN_BENCH_POSTGRES is not set)"),
    }
    let paths: Vec<String> =
        zooms.iter().flat_map(|zoom| zoom.tiles.iter().map(|tile| path(*tile))).collect();
    cached(&runtime, &paths, rounds, &mut targets)?;
    runtime.shutdown_background();
    Ok(targets.exit())
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

/// Ours of a zoom, the median of rounds.
fn anew(drawn: &Drawn, tiles: Vec<Tile>, zoom: u32, rounds: usize) -> Zoom {
    const REPEATS: usize = 20;
    let draw = |tile: &Tile| drawn.tile(Collection::City, *tile);
    let plain: Vec<Vec<u8>> = tiles.iter().map(draw).collect();
    let count = tiles.len();
    let each = |repeats: usize, work: &dyn Fn()| {
        let begun = Instant::now();
        (0..repeats).for_each(|_| work());
        begun.elapsed().as_secs_f64() * 1e6 / (repeats * count) as f64
    };
    let pack = |effort: Effort| {
        for tile in &plain {
            black_box(gzip::packed(tile, effort));
        }
    };
    let [mut took, mut quick, mut thorough] = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..rounds {
        took.push(each(REPEATS, &|| tiles.iter().for_each(|tile| drop(black_box(draw(tile))))));
        quick.push(each(1, &|| pack(Effort::Quick)));
        thorough.push(each(1, &|| pack(Effort::Thorough)));
    }
    let (us, quick, thorough) = (median(took), median(quick), median(thorough));
    let bytes = plain.iter().map(Vec::len).sum::<usize>() / count.max(1);
    println!(
        "z{zoom}: {count} tiles of {bytes} bytes on average, ours {us:.1} µs each; gzip {quick:.0} µs \
         quickly and {thorough:.0} thoroughly"
    );
    Zoom { level: zoom, tiles, us, bytes }
}

/// What PostGIS takes for the same tiles, and how many times as long that is.
async fn postgis(
    url: &str,
    atlas: &Atlas,
    zooms: &[Zoom],
    rounds: usize,
    targets: &mut Targets,
) -> Result<(), Fault> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    fill(&client, atlas).await?;
    let tile = client.prepare(&statement()).await?;
    let nothing = client.prepare("select 1, $1::int, $2::int, $3::int").await?;
    for Zoom { level: zoom, tiles, us, bytes } in zooms {
        let (mut whole, mut trip) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            whole.push(asked(&client, &tile, tiles).await?);
            trip.push(asked(&client, &nothing, tiles).await?);
        }
        let theirs = (median(whole) - median(trip)).max(0.0);
        let size = size(&client, &tile, tiles).await?;
        println!("z{zoom}: ST_AsMVT {theirs:.0} µs each, {size} bytes on average");
        if size * 2 < *bytes {
            return Err("its tiles hold far less than ours".into());
        }
        targets.hold(&format!("z{zoom}: ST_AsMVT / ours"), theirs / us, FASTER..);
    }
    client.batch_execute("drop schema if exists bench_tiles cascade").await?;
    Ok(())
}

/// Microseconds of a tile, with the round trip.
async fn asked(client: &Client, statement: &Statement, tiles: &[Tile]) -> Result<f64, Fault> {
    let begun = Instant::now();
    for tile in tiles {
        let [z, x, y] = [tile.zoom(), tile.x(), tile.y()].map(u32::cast_signed);
        black_box(client.query_one(statement, &[&z, &x, &y]).await?);
    }
    Ok(begun.elapsed().as_secs_f64() * 1e6 / tiles.len() as f64)
}

/// Bytes of a tile on average.
async fn size(client: &Client, statement: &Statement, tiles: &[Tile]) -> Result<usize, Fault> {
    let mut bytes = 0;
    for tile in tiles {
        let [z, x, y] = [tile.zoom(), tile.x(), tile.y()].map(u32::cast_signed);
        let row = client.query_one(statement, &[&z, &x, &y]).await?;
        bytes += row.try_get::<_, Vec<u8>>(0)?.len();
    }
    Ok(bytes / tiles.len().max(1))
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
    runtime: &Runtime,
    paths: &[String],
    rounds: usize,
    targets: &mut Targets,
) -> Result<(), Fault> {
    let address = runtime.block_on(start(paths))?;
    let same = (0..paths.len()).map(|n| asking(&constant_path(n)));
    let constant = Arc::new(same.collect::<Vec<_>>());
    let tiles = Arc::new(paths.iter().map(|path| asking(path)).collect::<Vec<_>>());
    let contestants = [constant, tiles];
    let rates: [Vec<f64>; 2] =
        turns::in_turns(rounds, |which| load::rate(address, CONNECTIONS, &contestants[which]))?;
    let [constant, tiles] = rates.map(median);
    println!("cached tiles {tiles:.0}/s, constant {constant:.0}/s");
    targets.hold("cached tiles / constant", tiles / constant, SHARE..);
    Ok(())
}

fn asking(path: &str) -> Vec<u8> {
    request(&format!("GET {path}"), &[("Accept-Encoding", "gzip")], "")
}

fn constant_path(n: usize) -> String {
    format!("{CONSTANT}/{n}")
}

/// The service with the tiles in its cache at their best, and beside them a constant for each.
async fn start(paths: &[String]) -> Result<SocketAddr, Fault> {
    let app = service::seeded(&Place::Memory, sample::city(&Recipe::default())).await?;
    let (address, _) = service::served(app.clone(), Vec::new()).await?;
    let bodies = packed(address, paths).await?;
    let bytes: usize = bodies.iter().map(Vec::len).sum();
    println!("cached tiles have {} bytes on average", bytes / bodies.len().max(1));
    // Every server has a cache of its own: it is filled anew beside the constants, which are known now.
    let names: Vec<String> = (0..paths.len()).map(constant_path).collect();
    let more = names.iter().map(String::as_str).zip(bodies.into_iter().map(constant)).collect();
    let (address, _) = service::served(app, more).await?;
    packed(address, paths).await?;
    Ok(address)
}

/// The tiles, asked for until all are packed at their best.
async fn packed(address: SocketAddr, paths: &[String]) -> Result<Vec<Vec<u8>>, Fault> {
    let mut connection = Connection::open(address).await?;
    let mut bodies: Vec<Vec<u8>> = Vec::new();
    // One after the other: what is packed better is packed aside, in few places.
    for path in paths {
        for _ in 0..3 {
            connection.ask(&asking(path)).await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bodies.push(connection.body());
    }
    Ok(bodies)
}

/// A handler with the headers of a tile that answers with these bytes.
fn constant(body: Vec<u8>) -> MethodRouter<Web> {
    let body = axum::body::Bytes::from(body);
    get(move || {
        let body = body.clone();
        async move {
            let headers = [
                (header::CONTENT_TYPE, "application/vnd.mapbox-vector-tile"),
                (header::CONTENT_ENCODING, "gzip"),
                (header::CACHE_CONTROL, "no-cache"),
                (header::ETAG, "W/\"constant-1-0.1.0-city\""),
                (header::VARY, "accept-encoding"),
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            ];
            (headers, body)
        }
    })
}
