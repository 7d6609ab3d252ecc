//! Filing reports: how many a second, all on disk before the answer, together against one by one?
//!
//! `cargo bench --bench intake`, and with `ZONEWARDEN_BENCH_POSTGRES=postgres://…/database` (one
//! that may be filled) on PostgreSQL too. Baseline and contestant write the same rows through the
//! same code: report, assignment, journal, the city's head, on PostgreSQL the lists of units. The
//! baseline has a transaction for each report; on PostgreSQL over 64 connections, each filing to a
//! city of its own, so that none waits for another's lock.
//!
//! Contestants take turns, round after round; what is printed are medians and ratios. Ends with an
//! error when a target is missed. The ratio on `SQLite` is one of the disk too: its target was set
//! where a sync costs 2 ms. What it costs here is printed, and so is the rate of all rows in one
//! transaction, which no way of committing can pass.
#![expect(clippy::print_stdout, reason = "a bench talks to a person")]
#![expect(clippy::cast_precision_loss, reason = "counts to ratios")]

#[path = "bed/median.rs"]
mod median;
#[path = "bed/targets.rs"]
mod targets;
#[path = "bed/turns.rs"]
mod turns;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant as Tick};

use median::median;
use targets::Targets;
use tokio::runtime::Runtime;
use uuid::Uuid;
use zonewarden::domain::atlas::city::{Approval, City};
use zonewarden::domain::atlas::reaches::Reaches;
use zonewarden::domain::catalogue::whole::Catalogue;
use zonewarden::domain::change::Change;
use zonewarden::domain::clocks::limits::CaseLimits;
use zonewarden::domain::id::{CategoryCode, CityId, ReportId, UnitId, ZoneId};
use zonewarden::domain::reports::person::SealedPerson;
use zonewarden::domain::reports::report::{Assignment, Further, Report};
use zonewarden::domain::text::Names;
use zonewarden::domain::time::{Calendar, Instant};
use zonewarden::geom::coord::GridPoint;
use zonewarden::geom::crs::Crs;
use zonewarden::store::open::{Limits, Migrate, Place, open_with};
use zonewarden::store::{Basis, Stamp, Store};

type Fault = Box<dyn std::error::Error + Send + Sync>;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);

const SQLITE_CLIENTS: usize = 64;
const SQLITE_TARGET: f64 = 25.0;
/// Reports of one transaction that shows what their rows cost.
const WHOLE: u32 = 10_000;
const POSTGRES_CLIENTS: usize = 512;
const POSTGRES_CONNECTIONS: usize = 64;
const POSTGRES_TARGET: f64 = 4.0;

fn main() -> Result<ExitCode, Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut targets = Targets::default();
    sqlite(&runtime, &mut targets)?;
    match std::env::var("ZONEWARDEN_BENCH_POSTGRES") {
        Ok(url) => postgres(&runtime, &url, &mut targets)?,
        Err(_) => println!("PostgreSQL: SKIPPED (ZONEWARDEN_BENCH_POSTGRES is not set)"),
    }
    Ok(targets.exit())
}

fn sqlite(runtime: &Runtime, targets: &mut Targets) -> Result<(), Fault> {
    // Beside the build, not in a temporary folder, which may be no disk at all.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let cities = vec![CityId::new("bench")?];
    let contestants = runtime.block_on(async {
        let alone = Limits { group_max: 1, ..Limits::default() };
        let one = Place::File(folder.path().join("one.gpkg"));
        let one = open_with(&one, Migrate::Apply, alone).await?;
        let many = Place::File(folder.path().join("many.gpkg"));
        let many = open_with(&many, Migrate::Apply, Limits::default()).await?;
        found(&one, &cities).await?;
        found(&many, &cities).await?;
        let clients = SQLITE_CLIENTS;
        Ok::<_, Fault>([
            Contestant { store: one, cities: cities.clone(), clients },
            Contestant { store: many, cities: cities.clone(), clients },
        ])
    })?;
    println!("SQLite, {SQLITE_CLIENTS} clients");
    let one = compare(runtime, &contestants, SQLITE_TARGET, targets)?;
    let rows = runtime.block_on(ceiling(&Place::File(folder.path().join("whole.gpkg"))))?;
    println!("  {WHOLE} in one transaction {rows:>7.0} reports/s");
    println!("  a transaction beside its rows {:>4.2} ms", 1e3 / one - 1e3 / rows);
    Ok(())
}

/// The same rows in one transaction with one sync: what is left is their own price, and no way of committing is faster.
async fn ceiling(place: &Place) -> Result<f64, Fault> {
    let store = open_with(place, Migrate::Apply, Limits::default()).await?;
    let city = CityId::new("bench")?;
    found(&store, std::slice::from_ref(&city)).await?;
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let reports = (0..WHOLE).map(|_| report()).collect::<Result<Vec<_>, _>>()?;
        let stamp = Stamp { city: city.clone(), actor: "bench".to_owned(), at: Instant(1) };
        let begun = Tick::now();
        store.commit(stamp, Basis { atlas_version: Some(1) }, reports).await?;
        rates.push(f64::from(WHOLE) / begun.elapsed().as_secs_f64());
    }
    Ok(median(rates))
}

fn postgres(runtime: &Runtime, url: &str, targets: &mut Targets) -> Result<(), Fault> {
    let place = Place::Postgres(url.to_owned());
    let contestants = runtime.block_on(async {
        let alone = Limits { group_max: 1, connections_max: POSTGRES_CONNECTIONS };
        let one = open_with(&place, Migrate::Apply, alone).await?;
        let many = open_with(&place, Migrate::Apply, Limits::default()).await?;
        let run = Uuid::now_v7().simple().to_string();
        let cities = (0..POSTGRES_CONNECTIONS)
            .map(|n| CityId::new(&format!("bench-{run}-{n}")))
            .collect::<Result<Vec<_>, _>>()?;
        found(&one, &cities).await?;
        let last = vec![CityId::new(&format!("bench-{run}-all"))?];
        found(&many, &last).await?;
        Ok::<_, Fault>([
            Contestant { store: one, cities, clients: POSTGRES_CONNECTIONS },
            Contestant { store: many, cities: last, clients: POSTGRES_CLIENTS },
        ])
    })?;
    println!("PostgreSQL, {POSTGRES_CLIENTS} clients against {POSTGRES_CONNECTIONS} connections");
    compare(runtime, &contestants, POSTGRES_TARGET, targets)?;
    Ok(())
}

struct Contestant {
    store: Store,
    cities: Vec<CityId>,
    clients: usize,
}

/// The baseline's reports a second.
fn compare(
    runtime: &Runtime,
    contestants: &[Contestant; 2],
    target: f64,
    targets: &mut Targets,
) -> Result<f64, Fault> {
    let rates: [Vec<f64>; 2] =
        turns::in_turns(ROUNDS, |which| runtime.block_on(contestants[which].round()))?;
    let [one, many] = rates.map(median);
    println!("  a transaction a report  {one:>10.0} reports/s");
    println!("  together                {many:>10.0} reports/s");
    targets.hold("together / a transaction a report", many / one, target..);
    Ok(one)
}

impl Contestant {
    /// Reports a second, each acknowledged before the client sends its next.
    async fn round(&self) -> Result<f64, Fault> {
        let filed = Arc::new(AtomicU64::new(0));
        let begun = Tick::now();
        let clients: Vec<_> = (0..self.clients)
            .map(|n| {
                let (store, filed) = (self.store.clone(), filed.clone());
                let city = self.cities[n % self.cities.len()].clone();
                tokio::spawn(async move {
                    while begun.elapsed() < ROUND {
                        let stamp =
                            Stamp { city: city.clone(), actor: "bench".to_owned(), at: Instant(1) };
                        let basis = Basis { atlas_version: Some(1) };
                        store.commit(stamp, basis, vec![report()?]).await?;
                        filed.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok::<(), Fault>(())
                })
            })
            .collect();
        for client in clients {
            client.await??;
        }
        Ok(filed.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64())
    }
}

async fn found(store: &Store, cities: &[CityId]) -> Result<(), Fault> {
    for id in cities {
        let city = City {
            id: id.clone(),
            names: Names { zh: String::new(), en: "Bench".to_owned() },
            time_zone: "Asia/Shanghai".to_owned(),
            fallback: UnitId::new("unit-0")?,
            confidence_floor: 0.6,
            assumed_accuracy_m: 10.0,
            calendar: Calendar::default(),
            limits: CaseLimits::default(),
            contact_days: 180,
            approval: Approval::Off,
            reaches: Reaches::default(),
            catalogue: Catalogue::seed(),
        };
        let stamp = Stamp { city: id.clone(), actor: "bench".to_owned(), at: Instant(0) };
        store.commit(stamp, Basis::default(), vec![Change::CitySet(city)]).await?;
    }
    Ok(())
}

/// A report as people file them: with a key, a category, a zone and one unit beside the lead.
fn report() -> Result<Change, Fault> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let id = ReportId(Uuid::now_v7());
    let off = i32::try_from(n.wrapping_mul(7_919) % 1_000_000)?;
    let at = Instant(1_790_000_000_000_000 + i64::try_from(n)?);
    let report = Report {
        id,
        source: "wechat".to_owned(),
        category: Some(CategoryCode::new("event.05.parking")?),
        position: GridPoint { x: 1_094_000_000 + off, y: 365_000_000 + off / 3 },
        given_crs: Crs::Gcj02,
        accuracy_m: Some(8.0),
        words: "门口乱停车，堵住了人行道，请尽快处理。".to_owned(),
        happened_at: at,
        received_at: at,
        person: Some(Box::new(person(n))),
        idempotency_key: Some(id.to_string()),
        request_hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        further: Further::default(),
    };
    let zone = n % 60;
    let assignment = Assignment {
        report: id,
        turn: 1,
        plan_version: 1,
        atlas_version: 1,
        zone: Some(ZoneId::new(&format!("zone-{zone}"))?),
        unit: UnitId::new(&format!("unit-{zone}"))?,
        co: vec![UnitId::new("unit-75")?],
        rule: "zone".to_owned(),
        confidence: 0.93,
        border_m: Some(41.5),
        runner_up: Some(ZoneId::new(&format!("zone-{}", (zone + 1) % 60))?),
        for_dispatcher: false,
        actor: "router".to_owned(),
        at,
    };
    Ok(Change::ReportFiled { report, assignment })
}

/// As long as a sealed telephone number is, with the one mark of it.
fn person(n: u64) -> SealedPerson {
    let mark = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    SealedPerson { sealed: "x".repeat(120), marks: vec![format!("{mark:016x}{n:016x}")] }
}
