//! What follows a publish, over stored points: those whose place changed hands, against an update of all.
//!
//! `ZONEWARDEN_BENCH_POSTGRES=postgres://…/database cargo bench --bench publish` (one that may be filled).
//! `ZONEWARDEN_BENCH_POINTS` (1,000,000) says how many; `ZONEWARDEN_BENCH_ROUNDS` (3) how often ours is
//! measured, there and back.
//!
//! The points lie in a table of the shape and with the indexes of `report`: city, id, place, zone. The plan is
//! the demonstration city's; the later one moves a vertex that two zones share. Contestant: the boxes that hold
//! whatever changed hands, the points in them along the index on the place, the exact zone index, and one
//! update of those that changed. Baseline: `update … from zones where st_covers(area, position)`, all rows, with
//! an index on the zones. Both are timed to the commit, ours with the building of both zone indexes. Afterwards
//! every row must be the same in both tables; a row that differs must lie on a border, where `st_covers` holds
//! for several zones.
//!
//! Without PostgreSQL too: what stored history costs in `SQLite` when as many reports lie in what changed hands, and
//! four times as many elsewhere (`ZONEWARDEN_BENCH_REPORTS`, 100,000, and four times that). Ends with an error when a
//! target is missed.
#![expect(clippy::print_stdout, reason = "a bench talks to a person")]
#![expect(clippy::cast_possible_wrap, reason = "small counts")]

#[path = "bed/median.rs"]
mod median;
#[path = "bed/targets.rs"]
mod targets;
#[path = "bed/wish.rs"]
mod wish;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Instant as Tick;

use bytes::Bytes;
use futures_util::SinkExt;
use geo_types::{Geometry, MultiPolygon};
use median::median;
use targets::Targets;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;
use zonewarden::app::clock::Clock;
use zonewarden::app::plans::reroute::{Ask, reroute_all};
use zonewarden::app::seed;
use zonewarden::app::state::App;
use zonewarden::domain::accounts::Caller;
use zonewarden::domain::atlas::zone::{Plan, Zone};
use zonewarden::domain::change::Change;
use zonewarden::domain::id::{ReportId, UnitId};
use zonewarden::domain::reports::report::{Assignment, Further, Report};
use zonewarden::domain::sample::{self, Recipe};
use zonewarden::domain::time::Instant;
use zonewarden::domain::zoning::diff::boxes;
use zonewarden::domain::zoning::edit::ZoningEdit;
use zonewarden::domain::zoning::working::Working;
use zonewarden::formats::wkt;
use zonewarden::geom::coord::{GridBox, GridPoint};
use zonewarden::geom::coverage::edit::place::Place as At;
use zonewarden::geom::crs::Crs;
use zonewarden::geom::locate::AreaIndex;
use zonewarden::geom::overlay::frame;
use zonewarden::store::open::{Migrate, Place, open};
use zonewarden::store::{Basis, Store};

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// How many times faster than the update of all.
const TARGET: f64 = 150.0;
/// How much longer the looks for stored reports may take when there are four times as many elsewhere.
const STORED_TARGET: f64 = 2.0;
/// Reports where the zones changed hands.
const NEAR: usize = 2_000;
/// Rows that are sent at once.
const SENT: usize = 50_000;

#[tokio::main]
async fn main() -> Result<ExitCode, Fault> {
    let points = wish::number("ZONEWARDEN_BENCH_POINTS", 1_000_000)?;
    let rounds = wish::number("ZONEWARDEN_BENCH_ROUNDS", 3)?;
    let reports = wish::number("ZONEWARDEN_BENCH_REPORTS", 100_000)?;
    let zones = sample::city(&Recipe::default()).zones;
    let later = redrawn(&zones).ok_or("no vertex of the demonstration city can be moved")?;
    let mut targets = Targets::default();
    history(&zones, &later, reports, &mut targets).await?;
    let Ok(url) = std::env::var("ZONEWARDEN_BENCH_POSTGRES") else {
        println!("PostgreSQL: SKIPPED (ZONEWARDEN_BENCH_POSTGRES is not set)");
        return Ok(targets.exit());
    };
    let (mut client, connection) = tokio_postgres::connect(&url, NoTls).await?;
    tokio::spawn(connection);
    let (before, after) = (zones, later);
    let begun = Tick::now();
    fill(&client, points, &before, &after).await?;
    println!("{points} points, made in {:.0} s", begun.elapsed().as_secs_f64());
    let mut took = Vec::new();
    let mut moved = 0;
    for _ in 0..rounds {
        let there = ours(&mut client, &before, &after).await?;
        moved = there.moved;
        took.push(there.seconds);
        if took.len() < rounds {
            ours(&mut client, &after, &before).await?;
        }
    }
    let ours = median(took);
    let theirs = baseline(&client).await?;
    let (differ, inside) = compare(&client).await?;
    println!("  ours                {:>12.1} ms, {moved} rows changed", ours * 1e3);
    println!("  update from zones   {:>12.1} ms, {points} rows", theirs * 1e3);
    println!("  rows that differ    {differ:>12}     of them not on a border: {inside}");
    client.batch_execute("drop schema if exists bench_publish cascade").await?;
    targets.hold("update from zones / ours", theirs / ours, TARGET..);
    if inside != 0 || moved == 0 {
        return Err("nothing moved, or not to where the update puts it".into());
    }
    Ok(targets.exit())
}

/// The looks for stored reports follow what lies where the zones changed hands, not the table.
async fn history(
    before: &[Zone],
    after: &[Zone],
    reports: usize,
    targets: &mut Targets,
) -> Result<(), Fault> {
    let few = stored(before, after, reports).await?;
    let many = stored(before, after, 4 * reports).await?;
    targets.hold("four times as many reports elsewhere", many / few, ..STORED_TARGET);
    Ok(())
}

/// The seconds of the looks in a file of so many reports.
async fn stored(before: &[Zone], after: &[Zone], reports: usize) -> Result<f64, Fault> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let place = Place::File(folder.path().join("history.gpkg"));
    let app = App::new(open(&place, Migrate::Apply).await?, Clock::system(), None);
    let state = sample::city(&Recipe::default());
    let city = state.city.id.clone();
    seed::found(&app, state).await?;
    let frames = boxes(before, after, 16);
    let around = before.iter().filter_map(|zone| frame(&zone.area)).reduce(GridBox::with);
    let around = around.ok_or("a city without zones")?;
    let (unit, mut dice) = (before[0].lead.clone(), 1_u64);
    let mut filed = Vec::new();
    for n in 0..reports {
        let near = n < NEAR;
        let within = if near { frames[n % frames.len()] } else { around };
        let mut p = random(&mut dice, within);
        while !near && frames.iter().any(|it| it.holds(p)) {
            p = random(&mut dice, within);
        }
        filed.push(report(n, p, &unit));
        if filed.len() == 10_000 || n + 1 == reports {
            let filed = std::mem::take(&mut filed);
            app.commit(&city, &Caller::cli(), Basis::default(), filed).await?;
        }
    }
    let plan = Plan { version: 2, note: String::new(), effective_from: app.now() };
    let change = Change::PlanPublished { plan, zones: after.to_vec() };
    app.commit(&city, &Caller::cli(), Basis::default(), vec![change]).await?;
    app.refresh().await?;
    let (seat, mut took) = (app.seat(None)?, Vec::new());
    for _ in 0..7 {
        let begun = Tick::now();
        for it in &frames {
            let since = (Instant(i64::MIN), 2);
            app.store().stored_within(&city, *it, since, None, Store::STORED_MAX).await?;
        }
        took.push(begun.elapsed().as_secs_f64());
    }
    let took = median(took);
    let ask = Ask { plan: 2, since_plan: None, since: None, dry_run: true };
    let begun = Tick::now();
    let told = reroute_all(&app, &seat, &Caller::cli(), ask).await?;
    let whole_s = begun.elapsed().as_secs_f64();
    println!(
        "SQLite, {reports} reports: looks {:.1} ms; reroute_all {:.1} ms, {} looked at, {} to be routed anew",
        took * 1e3,
        whole_s * 1e3,
        told.looked_at,
        told.rerouted
    );
    Ok(took)
}

fn random(dice: &mut u64, within: GridBox) -> GridPoint {
    let mut next = |min: i32, max: i32| {
        *dice =
            dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let span = u64::from(max.abs_diff(min)) + 1;
        min + i32::try_from((*dice >> 33) % span).unwrap_or(0)
    };
    GridPoint { x: next(within.min.x, within.max.x), y: next(within.min.y, within.max.y) }
}

fn report(n: usize, position: GridPoint, unit: &UnitId) -> Change {
    let (id, at) = (ReportId(Uuid::from_u128(n as u128)), Instant(1_000 + n as i64));
    let report = Report {
        id,
        source: "wechat".to_owned(),
        category: None,
        position,
        given_crs: Crs::Wgs84,
        accuracy_m: None,
        words: "门口乱停车，堵住了人行道，请尽快处理。".to_owned(),
        happened_at: at,
        received_at: at,
        person: None,
        idempotency_key: None,
        request_hash: String::new(),
        further: Further::default(),
    };
    let assignment = Assignment {
        report: id,
        turn: 1,
        plan_version: 1,
        atlas_version: 1,
        zone: None,
        unit: unit.clone(),
        co: Vec::new(),
        rule: "zone".to_owned(),
        confidence: 1.0,
        border_m: None,
        runner_up: None,
        for_dispatcher: false,
        actor: "router".to_owned(),
        at,
    };
    Change::ReportFiled { report, assignment }
}

/// The zones after a vertex that two of them share, and nobody's land does not, was moved some fifty metres.
fn redrawn(before: &[Zone]) -> Option<Vec<Zone>> {
    let mut working = Working::of(before).ok()?;
    let mut borders = working.borders();
    borders.retain(|border| border.left.is_some() && border.right.is_some());
    borders.iter().filter(|border| border.points.len() > 2).find_map(|border| {
        let from = border.points[border.points.len() / 2];
        let to = GridPoint { x: from.x + 5_000, y: from.y + 3_000 };
        let edit = ZoningEdit::MoveVertex { from: At(from), to: At(to) };
        working.apply(&[edit], &BTreeSet::new()).ok().map(|_| working.zones())
    })
}

fn index(zones: &[Zone]) -> AreaIndex {
    let areas: Vec<&MultiPolygon<f64>> = zones.iter().map(|zone| &zone.area).collect();
    AreaIndex::build(&areas)
}

/// Both tables of points, in the zones of the former plan, and the zones of the later one.
async fn fill(
    client: &Client,
    points: usize,
    before: &[Zone],
    after: &[Zone],
) -> Result<(), Fault> {
    client
        .batch_execute(
            "drop schema if exists bench_publish cascade; create schema bench_publish; \
             create table bench_publish.point (city_id text collate \"C\" not null, \
             report_id text collate \"C\" not null, zone_id text collate \"C\", \
             position public.geometry(Point, 4326) not null); \
             create table bench_publish.zone (zone_id text collate \"C\" primary key, \
             area public.geometry(Geometry, 4326) not null)",
        )
        .await?;
    for zone in after {
        let text = format!("SRID=4326;{}", wkt::write(&Geometry::MultiPolygon(zone.area.clone())));
        let put = "insert into bench_publish.zone values ($1, public.st_geomfromewkt($2))";
        client.execute(put, &[&zone.id.as_str(), &text]).await?;
    }
    let around = before.iter().filter_map(|zone| frame(&zone.area)).reduce(GridBox::with);
    let around = around.ok_or("a city without zones")?;
    let index = index(before);
    let text = "copy bench_publish.point (city_id, report_id, zone_id, position) from stdin";
    let sink = client.copy_in::<_, Bytes>(text).await?;
    let mut sink = std::pin::pin!(sink);
    let mut dice = 1_u64;
    let mut rows = String::new();
    for n in 0..points {
        let p = random(&mut dice, around);
        let zone = index.locate(p).map_or("\\N", |zone| before[usize::from(zone)].id.as_str());
        let (id, at) = (Uuid::from_u128(n as u128), p.degrees());
        let (lon, lat) = (at.lon(), at.lat());
        writeln!(rows, "bench\t{id}\t{zone}\tSRID=4326;POINT({lon} {lat})")?;
        if n % SENT == SENT - 1 {
            sink.send(Bytes::from(std::mem::take(&mut rows))).await?;
        }
    }
    sink.send(Bytes::from(rows)).await?;
    sink.as_mut().finish().await?;
    client
        .batch_execute(
            "set maintenance_work_mem = '512MB'; \
             create table bench_publish.base as select * from bench_publish.point; \
             alter table bench_publish.point add primary key (city_id, report_id); \
             alter table bench_publish.base add primary key (city_id, report_id); \
             create index on bench_publish.point using gist (position); \
             create index on bench_publish.base using gist (position); \
             create index on bench_publish.zone using gist (area)",
        )
        .await?;
    for table in ["point", "base", "zone"] {
        client.batch_execute(&format!("vacuum analyze bench_publish.{table}")).await?;
    }
    client.batch_execute("checkpoint").await?;
    Ok(())
}

struct Went {
    seconds: f64,
    moved: usize,
}

/// As the service does it: boxes, the index on the place, the exact index, one update.
async fn ours(client: &mut Client, before: &[Zone], after: &[Zone]) -> Result<Went, Fault> {
    let begun = Tick::now();
    let (was, is) = (index(before), index(after));
    let transaction = client.transaction().await?;
    let (mut ids, mut zones) = (Vec::new(), Vec::new());
    for it in boxes(before, after, 16) {
        let (min, max) = (it.min.degrees(), it.max.degrees());
        let text = "select report_id, public.st_x(position), public.st_y(position) \
                    from bench_publish.point where city_id = 'bench' and position \
                    operator(public.&&) public.st_makeenvelope($1, $2, $3, $4, 4326)";
        let sides = (min.lon(), min.lat(), max.lon(), max.lat());
        let found = transaction.query(text, &[&sides.0, &sides.1, &sides.2, &sides.3]).await?;
        for row in found {
            let (x, y): (f64, f64) = (row.get(1), row.get(2));
            let p = GridPoint {
                x: zonewarden::geom::coord::step(x),
                y: zonewarden::geom::coord::step(y),
            };
            let zone = |index: &AreaIndex, zones: &[Zone]| {
                index.locate(p).map(|zone| zones[usize::from(zone)].id.to_string())
            };
            let (from, to) = (zone(&was, before), zone(&is, after));
            if from != to {
                ids.push(row.get::<_, String>(0));
                zones.push(to);
            }
        }
    }
    let text = "update bench_publish.point p set zone_id = n.zone \
                from unnest($1::text[], $2::text[]) as n(id, zone) \
                where p.city_id = 'bench' and p.report_id = n.id";
    transaction.execute(text, &[&ids, &zones]).await?;
    transaction.commit().await?;
    Ok(Went { seconds: begun.elapsed().as_secs_f64(), moved: ids.len() })
}

/// Every point against every zone that may hold it.
async fn baseline(client: &Client) -> Result<f64, Fault> {
    let begun = Tick::now();
    let text = "update bench_publish.base p set zone_id = z.zone_id from bench_publish.zone z \
                where public.st_covers(z.area, p.position)";
    client.batch_execute(text).await?;
    Ok(begun.elapsed().as_secs_f64())
}

/// Rows that are not the same in both, and those of them that lie on no border.
async fn compare(client: &Client) -> Result<(i64, i64), Fault> {
    let text = "select count(*), count(*) filter (where covers < 2) from ( \
                select (select count(*) from bench_publish.zone z \
                  where public.st_covers(z.area, a.position)) as covers \
                from bench_publish.point a join bench_publish.base b \
                  on b.city_id = a.city_id and b.report_id = a.report_id \
                where a.zone_id is distinct from b.zone_id) d";
    let row = client.query_one(text, &[]).await?;
    Ok((row.get(0), row.get(1)))
}
