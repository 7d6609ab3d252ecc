//! Many reports at once, as machines send them: how many a second, against a bare COPY of the same
//! rows, and how much of an intake is the look for duplicates?
//!
//! `cargo bench --bench batch`, and with `ZONEWARDEN_BENCH_POSTGRES=postgres://…/database` (one that
//! may be filled) on PostgreSQL too. `ZONEWARDEN_BENCH_REPORTS` (100,000) and
//! `ZONEWARDEN_BENCH_ROUNDS` (5) say how much.
//!
//! Intake is [`file_many`]: every report checked, routed by the demonstration city's rules, and
//! written with its assignment, its place in the units' lists and in the desk's, and its line of the
//! journal. Behind it the desk opens a case for each, or finds the one it belongs to. The baseline on
//! PostgreSQL is a COPY of the bytes that the intake has left in the table of reports, and of those in
//! all tables that it wrote. They take turns, round after round; what is printed are medians. Ends with
//! an error when a target is missed.
#![expect(clippy::print_stdout, reason = "a bench talks to a person")]
#![expect(clippy::cast_precision_loss, reason = "counts to ratios")]

#[path = "bed/median.rs"]
mod median;
#[path = "bed/wish.rs"]
mod wish;

use std::hint::black_box;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Instant as Tick;

use bytes::Bytes;
use futures_util::{SinkExt, TryStreamExt};
use median::median;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;
use zonewarden::app::batch::{BATCH_MAX, file_many};
use zonewarden::app::clock::Clock;
use zonewarden::app::incidents::desk;
use zonewarden::app::locate::Place;
use zonewarden::app::once::Once;
use zonewarden::app::refusal::Refusal;
use zonewarden::app::reports::Telling;
use zonewarden::app::seed;
use zonewarden::app::state::App;
use zonewarden::domain::accounts::Caller;
use zonewarden::domain::atlas::reaches::Reaches;
use zonewarden::domain::id::{CategoryCode, CityId};
use zonewarden::domain::incidents::docket::{Docket, IncidentOrder};
use zonewarden::domain::incidents::duplicates::nearby::Nearby;
use zonewarden::domain::reports::person::Person;
use zonewarden::domain::reports::report::Further;
use zonewarden::domain::sample::reports::Reports;
use zonewarden::domain::sample::{Recipe, city};
use zonewarden::domain::time::Instant;
use zonewarden::geom::crs::Crs;
use zonewarden::store::IncidentFilter;
use zonewarden::store::open::{Migrate, Place as Where, open};

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Reports a second over memory, filed.
const MEMORY_TARGET: f64 = 50_000.0;
/// Share of an intake that the look for duplicates may cost.
const DUPLICATES_TARGET: f64 = 0.20;
/// How many times the COPY an intake may take.
const POSTGRES_TARGET: f64 = 3.0;
/// Reports of a year: what is filed is the first of them.
const YEAR: u64 = 1_000_000;

fn main() -> Result<ExitCode, Fault> {
    let wish = Wish {
        reports: wish::number("ZONEWARDEN_BENCH_REPORTS", 100_000)?,
        rounds: wish::number("ZONEWARDEN_BENCH_ROUNDS", 5)?,
    };
    let told = told(wish.reports)?;
    println!("{} reports in batches of {BATCH_MAX}, {} rounds; medians", told.len(), wish.rounds);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut reached = runtime.block_on(memory(&wish, &told))?;
    match std::env::var("ZONEWARDEN_BENCH_POSTGRES") {
        Ok(url) => reached &= runtime.block_on(postgres(&wish, &told, &url))?,
        Err(_) => println!("PostgreSQL: SKIPPED (ZONEWARDEN_BENCH_POSTGRES is not set)"),
    }
    Ok(if reached { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Wish {
    reports: usize,
    rounds: usize,
}

/// What machines tell, in the order of its time.
fn told(count: usize) -> Result<Vec<(Telling, Once)>, Fault> {
    let reports = Reports::new(&Recipe::default(), YEAR);
    let mut csv = Vec::new();
    reports.write(0..count as u64, &mut csv);
    String::from_utf8(csv)?.lines().map(one).collect()
}

fn one(line: &str) -> Result<(Telling, Once), Fault> {
    let cells: Vec<&str> = line.split(',').collect();
    let [id, lon, lat, accuracy, category, at, words] = cells[..] else {
        return Err(line.to_owned().into());
    };
    let telling = Telling {
        source: "camera".to_owned(),
        category: Some(CategoryCode::new(category)?),
        place: Place {
            lon: lon.parse()?,
            lat: lat.parse()?,
            crs: Crs::Wgs84,
            accuracy_m: accuracy.parse().ok(),
        },
        words: words.to_owned(),
        happened_at: Some(Instant::parse(at)?),
        person: Person::default(),
        further: Further::default(),
        pictures: Vec::new(),
    };
    let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    Ok((telling, Once { key: Some(id.to_owned()), request_hash: hash.to_owned() }))
}

/// A service over a place, with the demonstration city under a name of its own.
async fn service(place: &Where, name: &str) -> Result<App, Fault> {
    let store = open(place, Migrate::Apply).await?;
    // Behind everything that is told.
    let end = Instant::parse("2027-01-01T00:00:00Z")?;
    let app = App::new(store, Clock::from_fn(move || end), None);
    let mut state = city(&Recipe::default());
    state.city.id = CityId::new(name)?;
    seed::found(&app, state).await?;
    app.refresh().await?;
    Ok(app)
}

/// Seconds of filing, and of taking up.
#[derive(Clone, Copy)]
struct Took {
    filing_s: f64,
    desk_s: f64,
}

async fn intake(app: &App, name: &str, told: &[(Telling, Once)]) -> Result<Took, Fault> {
    let seat = app.seat(Some(name))?;
    let batches: Vec<Vec<Result<(Telling, Once), Refusal>>> =
        told.chunks(BATCH_MAX).map(|some| some.iter().cloned().map(Ok).collect()).collect();
    let begun = Tick::now();
    for batch in batches {
        for result in file_many(app, &seat, &Caller::cli(), batch).await? {
            result?;
        }
    }
    let filing_s = begun.elapsed().as_secs_f64();
    let begun = Tick::now();
    let taken = desk::take_up_all(app, &seat).await?;
    let desk_s = begun.elapsed().as_secs_f64();
    assert_eq!(taken, told.len(), "every report must be taken up");
    Ok(Took { filing_s, desk_s })
}

async fn memory(wish: &Wish, told: &[(Telling, Once)]) -> Result<bool, Fault> {
    let (mut all, mut looks) = (Vec::new(), Vec::new());
    for _ in 0..wish.rounds {
        let app = service(&Where::Memory, "bench").await?;
        all.push(intake(&app, "bench", told).await?);
        looks.push(duplicates_s(&app).await?);
    }
    let count = told.len() as f64;
    let filing = median(all.iter().map(|it| it.filing_s));
    let desk = median(all.iter().map(|it| it.desk_s));
    let look = median(looks);
    let (rate, share) = (count / filing, look / filing);
    println!("memory, with all rules");
    println!(
        "  filed                      {rate:>10.0} /s  (target {MEMORY_TARGET}: {})",
        verdict(rate >= MEMORY_TARGET)
    );
    println!("  taken up by the desk       {:>10.0} /s", count / desk);
    println!("  both                       {:>10.0} /s", count / (filing + desk));
    println!(
        "  look for duplicates        {:>10.1} µs each, {:.1} % of filing (target {:.0} %: {}), {:.1} % of both",
        look / count * 1e6,
        share * 100.0,
        DUPLICATES_TARGET * 100.0,
        verdict(share < DUPLICATES_TARGET),
        look / (filing + desk) * 100.0,
    );
    Ok(rate >= MEMORY_TARGET && share < DUPLICATES_TARGET)
}

/// Seconds that the look for duplicates takes, over all incidents, on a board that holds those before.
async fn duplicates_s(app: &App) -> Result<f64, Fault> {
    let city = CityId::new("bench")?;
    let (filter, order) = (IncidentFilter::default(), IncidentOrder::Newest);
    let mut all: Vec<Docket> = Vec::new();
    let mut after = None;
    loop {
        let page = app.store().incidents(&city, &filter, order, after, 10_000).await?;
        after = page.last().map(|docket| order.key(docket));
        all.extend(page);
        if after.is_none() {
            break;
        }
    }
    all.sort_by_key(|docket| docket.id);
    let (mut board, reaches) = (Nearby::default(), Reaches::default());
    let mut took_s = 0.0;
    for some in all.chunks(500) {
        let begun = Tick::now();
        for docket in some {
            black_box(board.candidates(&docket.spot(), &reaches));
        }
        took_s += begun.elapsed().as_secs_f64();
        for docket in some.iter().filter(|docket| docket.is_open()) {
            board.insert(docket.spot());
        }
    }
    Ok(took_s)
}

/// What an intake writes, and what its desk does.
const FILED: [&str; 5] = ["report", "assignment", "report_waiting", "report_unit", "journal"];
const CASES: [&str; 3] = ["incident", "incident_unit", "incident_step"];

async fn postgres(wish: &Wish, told: &[(Telling, Once)], url: &str) -> Result<bool, Fault> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    let run = Uuid::now_v7().simple().to_string();
    let (mut all, mut bare, mut filed, mut whole) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..wish.rounds {
        let name = format!("bench-{run}-{round}");
        let app = service(&Where::Postgres(url.to_owned()), &name).await?;
        all.push(intake(&app, &name, told).await?);
        let mut took_s = Vec::new();
        for table in FILED.iter().chain(&CASES) {
            took_s.push(copy_s(&client, table, &name).await?);
        }
        bare.push(took_s[0]);
        filed.push(took_s[..FILED.len()].iter().sum());
        whole.push(took_s.iter().sum());
    }
    let count = told.len() as f64;
    let filing = median(all.iter().map(|it| it.filing_s));
    let both = median(all.iter().map(|it| it.filing_s + it.desk_s));
    let (bare, filed, whole) = (median(bare), median(filed), median(whole));
    let ratio = filing / bare;
    println!("PostgreSQL");
    println!("  COPY into report           {:>10.0} /s", count / bare);
    println!("  COPY into all of an intake {:>10.0} /s", count / filed);
    println!("  COPY with cases and steps  {:>10.0} /s", count / whole);
    println!(
        "  filed                      {:>10.0} /s  {ratio:.2} times the COPY into report (target {POSTGRES_TARGET}: {}), {:.2} times that of the same rows",
        count / filing,
        verdict(ratio <= POSTGRES_TARGET),
        filing / filed,
    );
    println!(
        "  filed and taken up         {:>10.0} /s  {:.2} times the COPY of the same rows",
        count / both,
        both / whole
    );
    Ok(ratio <= POSTGRES_TARGET)
}

/// Seconds of a bare COPY of a city's rows of a table, under another city's name.
async fn copy_s(client: &Client, table: &str, name: &str) -> Result<f64, Fault> {
    client
        .batch_execute(&format!(
            "create temporary table rows as select * from zonewarden.{table} where city_id = '{name}'; \
             update rows set city_id = '{name}-copy'"
        ))
        .await?;
    if table == "report_waiting" {
        // The desk has emptied it: as many rows as there were.
        client
            .batch_execute(&format!(
                "insert into rows select '{name}-copy', report_id from zonewarden.report \
                 where city_id = '{name}'"
            ))
            .await?;
    }
    let columns = columns(client, table).await?;
    let rows = client.copy_out(&format!("copy rows ({columns}) to stdout binary")).await?;
    let bytes: Vec<Bytes> = rows.try_collect().await?;
    client.batch_execute("drop table rows").await?;
    let begun = Tick::now();
    let text = format!("copy zonewarden.{table} ({columns}) from stdin binary");
    let mut sink = Box::pin(client.copy_in(&text).await?);
    for chunk in bytes {
        sink.feed(chunk).await?;
    }
    sink.as_mut().finish().await?;
    Ok(begun.elapsed().as_secs_f64())
}

async fn columns(client: &Client, table: &str) -> Result<String, Fault> {
    let text = "select string_agg(column_name, ', ' order by ordinal_position) \
                from information_schema.columns where table_schema = 'zonewarden' and table_name = $1";
    Ok(String::from_str(client.query_one(text, &[&table]).await?.get(0))?)
}

fn verdict(reached: bool) -> &'static str {
    if reached { "reached" } else { "MISSED" }
}
