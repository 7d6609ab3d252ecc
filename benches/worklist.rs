//! A page of a work list among a million incidents: how many times the bare scan of its index?
//!
//! `cargo bench --bench worklist`, and with `ZONEWARDEN_BENCH_POSTGRES=postgres://…/database` (one that
//! may be filled) on PostgreSQL too. `ZONEWARDEN_BENCH_INCIDENTS` (1,000,000), `ZONEWARDEN_BENCH_ROUNDS`
//! (41) and `ZONEWARDEN_BENCH_PAGE` (100) say how much; `ZONEWARDEN_BENCH_LIST` names one list alone.
//!
//! The incidents are made straight in the tables: one in five is open. Contestant is the store's own
//! read, which gives whole dockets. The baseline asks, on a connection of its own and as `psql` sends it, for
//! the keys of the same page along the index that fits the list best, and nothing else. They take turns; what is printed are medians and their ratio. A list that asks for two things
//! at once, for which there is no index, is held against the whole range of the narrower of both. Ends
//! with an error when the target is missed, which is one for PostgreSQL: within the process, as `SQLite`
//! is asked, a hundred keys are scanned in twenty microseconds, in which no hundred dockets can be made.
#![expect(clippy::print_stdout, reason = "a bench talks to a person")]

#[path = "bed/median.rs"]
mod median;
#[path = "bed/targets.rs"]
mod targets;
#[path = "bed/wish.rs"]
mod wish;

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Instant as Tick;

use median::median;
use rusqlite::Connection;
use targets::Targets;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;
use zonewarden::domain::atlas::city::{Approval, CONTACT_DAYS, City};
use zonewarden::domain::atlas::reaches::Reaches;
use zonewarden::domain::catalogue::whole::Catalogue;
use zonewarden::domain::change::Change;
use zonewarden::domain::clocks::limits::CaseLimits;
use zonewarden::domain::id::{CategoryCode, CityId, IncidentId, UnitId, ZoneId};
use zonewarden::domain::incidents::docket::{IncidentKey, IncidentOrder};
use zonewarden::domain::incidents::step::Stage;
use zonewarden::domain::text::Names;
use zonewarden::domain::time::{Calendar, Instant};
use zonewarden::store::open::{Migrate, Place, open};
use zonewarden::store::{Basis, IncidentFilter, Stamp, Store};

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// How many times the bare scan a page may take.
const TARGET: f64 = 5.0;
/// When the work lists are looked at.
const NOW: i64 = 1_790_000_000_000_000;
const HOUR: i64 = 3_600_000_000;

fn main() -> Result<ExitCode, Fault> {
    let wish = Wish {
        incidents: wish::number("ZONEWARDEN_BENCH_INCIDENTS", 1_000_000)?,
        rounds: wish::number("ZONEWARDEN_BENCH_ROUNDS", 41)?,
        page: wish::number("ZONEWARDEN_BENCH_PAGE", 100)?,
        list: std::env::var("ZONEWARDEN_BENCH_LIST").ok(),
    };
    println!(
        "{} incidents, pages of {}, {} rounds; medians",
        wish.incidents, wish.page, wish.rounds
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut targets = Targets::default();
    runtime.block_on(sqlite(&wish))?;
    if let Ok(url) = std::env::var("ZONEWARDEN_BENCH_POSTGRES") {
        runtime.block_on(postgres(&wish, &url, &mut targets))?;
    } else {
        println!("PostgreSQL: SKIPPED (ZONEWARDEN_BENCH_POSTGRES is not set)");
    }
    Ok(targets.exit())
}

struct Wish {
    incidents: usize,
    rounds: usize,
    page: usize,
    list: Option<String>,
}

/// A work list, and the bare scan it is held against: conditions, and the column of its order.
struct List {
    name: &'static str,
    filter: IncidentFilter,
    order: IncidentOrder,
    after: Option<IncidentKey>,
    /// From which table, under which conditions, in which order.
    bare: String,
    /// Whether the bare scan reads all of its range, because the list has no index of its own.
    whole: bool,
}

impl List {
    fn new(name: &'static str, order: IncidentOrder, conditions: &str) -> Self {
        let (open, by) = match order {
            IncidentOrder::Urgent => (" and is_open = 1", "due_at, incident_id"),
            IncidentOrder::Newest => ("", "opened_at desc, incident_id desc"),
        };
        let table = if conditions.contains("unit_id") { "incident_unit" } else { "incident" };
        let conditions =
            if conditions.is_empty() { String::new() } else { format!(" and {conditions}") };
        let bare =
            format!("from zonewarden.{table} where city_id = $1{open}{conditions} order by {by}");
        let filter = IncidentFilter::default();
        Self { name, filter, order, after: None, bare, whole: false }
    }

    fn filter(mut self, set: impl FnOnce(&mut IncidentFilter)) -> Self {
        set(&mut self.filter);
        self
    }

    fn behind(mut self, at: i64, n: usize) -> Self {
        let id = IncidentId(id(n).parse().unwrap_or_default());
        self.after = Some(IncidentKey { at: Instant(at), id });
        self
    }

    fn whole(mut self) -> Self {
        self.whole = true;
        self
    }

    /// The text of the bare scan.
    fn text(&self, page: usize) -> String {
        if self.whole {
            let (from, _) = self.bare.split_once(" order by").unwrap_or((&self.bare, ""));
            return format!("select count(*), 0 {from}");
        }
        let at = if self.order == IncidentOrder::Urgent { "due_at" } else { "opened_at" };
        format!("select incident_id, {at} {} limit {}", self.bare, page + 1)
    }
}

fn lists(incidents: usize) -> Result<Vec<List>, Fault> {
    let mut all = urgent(incidents)?;
    all.extend(newest(incidents)?);
    all.extend(mixed()?);
    Ok(all)
}

/// The nearest deadline first.
fn urgent(incidents: usize) -> Result<Vec<List>, Fault> {
    use IncidentOrder::Urgent;
    let zone = Some(ZoneId::new("zone-07")?);
    let unit = Some(UnitId::new("unit-11")?);
    let category = |code: &str| CategoryCode::new(code).map(Some);
    let (leaf, branch, major) =
        (category("event.05.k3")?, category("event.05")?, category("event")?);
    let rare = category("event.04.rare")?;
    let nothing = category("event.09")?;
    let half = incidents / 2;
    let overdue = format!("due_at < {NOW}");
    let soon = format!("due_at >= {NOW} and due_at < {}", NOW + 24 * HOUR);
    let far = format!("(due_at, incident_id) > ({NOW}, '{}')", id(half));
    Ok(vec![
        List::new("urgent", Urgent, ""),
        List::new("urgent, far behind", Urgent, &far).behind(NOW, half),
        List::new("overdue", Urgent, &overdue).filter(|it| it.due_to = Some(Instant(NOW))),
        List::new("due soon", Urgent, &soon).filter(|it| {
            it.due_from = Some(Instant(NOW));
            it.due_to = Some(Instant(NOW + 24 * HOUR));
        }),
        List::new("for the dispatcher", Urgent, "for_dispatcher = 1")
            .filter(|it| it.for_dispatcher = true),
        List::new("a unit", Urgent, "unit_id = 'unit-11'").filter(|it| it.unit.clone_from(&unit)),
        List::new("a unit, overdue", Urgent, &format!("unit_id = 'unit-11' and {overdue}")).filter(
            |it| {
                it.unit.clone_from(&unit);
                it.due_to = Some(Instant(NOW));
            },
        ),
        List::new("a unit that has none", Urgent, "unit_id = 'nobody'")
            .filter(|it| it.unit = UnitId::new("nobody").ok()),
        List::new("a zone", Urgent, "zone_id = 'zone-07'").filter(|it| it.zone.clone_from(&zone)),
        List::new("a zone that has none", Urgent, "zone_id = 'nowhere'")
            .filter(|it| it.zone = ZoneId::new("nowhere").ok()),
        List::new("a stage", Urgent, "stage = 'handling'")
            .filter(|it| it.stage = Some(Stage::Handling)),
        List::new("a stage of few", Urgent, "stage = 'suspended'")
            .filter(|it| it.stage = Some(Stage::Suspended)),
        List::new("a category", Urgent, "category = 'event.05.k3'")
            .filter(|it| it.category.clone_from(&leaf)),
        List::new("a category of few", Urgent, "category = 'event.04.rare'")
            .filter(|it| it.category.clone_from(&rare)),
        // No index is in the order of a branch: its range of the one by category is read whole.
        List::new("a branch", Urgent, "category >= 'event.05.' and category < 'event.05/'")
            .filter(|it| it.category.clone_from(&branch))
            .whole(),
        List::new("a branch, far behind", Urgent, &format!("category = 'event.05.k3' and {far}"))
            .filter(|it| it.category.clone_from(&branch))
            .behind(NOW, half),
        List::new("a major class", Urgent, "category >= 'event.' and category < 'event/'")
            .filter(|it| it.category.clone_from(&major))
            .whole(),
        List::new("a branch that has none", Urgent, "category = 'event.09'")
            .filter(|it| it.category.clone_from(&nothing)),
    ])
}

/// The latest first.
fn newest(incidents: usize) -> Result<Vec<List>, Fault> {
    use IncidentOrder::Newest;
    let zone = Some(ZoneId::new("zone-07")?);
    let unit = Some(UnitId::new("unit-11")?);
    let category = |code: &str| CategoryCode::new(code).map(Some);
    let (leaf, branch) = (category("event.05.k3")?, category("event.05")?);
    let rare = category("event.04.rare")?;
    let half = incidents / 2;
    let opened_half = opened(half);
    let far_newest = format!("(opened_at, incident_id) < ({opened_half}, '{}')", id(half));
    let opened_day =
        format!("opened_at >= {opened_half} and opened_at < {}", opened_half + 24 * HOUR);
    Ok(vec![
        List::new("newest", Newest, ""),
        List::new("newest, far behind", Newest, &far_newest).behind(opened_half, half),
        List::new("opened on a day", Newest, &opened_day).filter(|it| {
            it.opened_from = Some(Instant(opened_half));
            it.opened_to = Some(Instant(opened_half + 24 * HOUR));
        }),
        List::new("newest of a unit", Newest, "unit_id = 'unit-11'")
            .filter(|it| it.unit.clone_from(&unit)),
        List::new("newest of a zone", Newest, "zone_id = 'zone-07'")
            .filter(|it| it.zone.clone_from(&zone)),
        List::new("newest of a category", Newest, "category = 'event.05.k3'")
            .filter(|it| it.category.clone_from(&leaf)),
        List::new("newest of a category of few", Newest, "category = 'event.04.rare'")
            .filter(|it| it.category.clone_from(&rare)),
        List::new("newest of a branch", Newest, "category = 'event.05.k3'")
            .filter(|it| it.category.clone_from(&branch)),
        List::new("newest of a stage", Newest, "stage = 'closed'")
            .filter(|it| it.stage = Some(Stage::Closed)),
        List::new("newest of a stage of few", Newest, "stage = 'suspended'")
            .filter(|it| it.stage = Some(Stage::Suspended)),
        List::new("newest of a stage that has none", Newest, "stage = 'checked'")
            .filter(|it| it.stage = Some(Stage::Checked)),
        List::new("newest for the dispatcher", Newest, "for_dispatcher = 1")
            .filter(|it| it.for_dispatcher = true),
    ])
}

/// Of two conditions.
fn mixed() -> Result<Vec<List>, Fault> {
    use IncidentOrder::{Newest, Urgent};
    let zone = Some(ZoneId::new("zone-07")?);
    let unit = Some(UnitId::new("unit-11")?);
    let category = |code: &str| CategoryCode::new(code).map(Some);
    let (branch, rare) = (category("event.05")?, category("event.04.rare")?);
    let nothing = category("event.09")?;
    Ok(vec![
        List::new("urgent, opened before all", Urgent, "opened_at < 5")
            .filter(|it| it.opened_to = Some(Instant(5)))
            .whole(),
        List::new("a unit and a category", Urgent, "unit_id = 'unit-11'")
            .filter(|it| {
                it.unit.clone_from(&unit);
                it.category.clone_from(&rare);
            })
            .whole(),
        List::new("a unit and a stage", Urgent, "unit_id = 'unit-11'")
            .filter(|it| {
                it.unit.clone_from(&unit);
                it.stage = Some(Stage::Checked);
            })
            .whole(),
        List::new("a zone and a category", Urgent, "zone_id = 'zone-07'")
            .filter(|it| {
                it.zone.clone_from(&zone);
                it.category.clone_from(&nothing);
            })
            .whole(),
        List::new("a zone and a stage", Urgent, "zone_id = 'zone-07'")
            .filter(|it| {
                it.zone.clone_from(&zone);
                it.stage = Some(Stage::Checked);
            })
            .whole(),
        List::new("a branch and a stage", Urgent, "stage = 'suspended'")
            .filter(|it| {
                it.category.clone_from(&branch);
                it.stage = Some(Stage::Suspended);
            })
            .whole(),
        List::new("newest of a unit and a stage", Newest, "unit_id = 'unit-11'")
            .filter(|it| {
                it.unit = unit;
                it.stage = Some(Stage::Checked);
            })
            .whole(),
        List::new("newest of a zone and a branch", Newest, "zone_id = 'zone-07'")
            .filter(|it| {
                it.zone = zone;
                it.category = nothing;
            })
            .whole(),
    ])
}

/// The id of the `n`th incident.
fn id(n: usize) -> String {
    format!("01900000-0000-7000-8000-{n:012x}")
}

/// When the `n`th was opened.
fn opened(n: usize) -> i64 {
    1_760_000_000_000_000 + 30_000_000 * i64::try_from(n).unwrap_or_default()
}

/// Makes the incidents, in a spelling that both databases read but for four words. `n` counts from 1.
fn making(numbers: &str, hex: &str, point: &str, never: i64) -> [String; 3] {
    let at = "1760000000000000 + n * 30000000";
    let open = "(n * 7919) % 10 < 2";
    let rows = format!(
        "select n, $1 as city_id, '01900000-0000-7000-8000-' || {hex} as incident_id, \
         case when {open} then 1 else 0 end as is_open, {at} as opened_at, \
         case when {open} then {NOW} + ((n * 104729) % 1000003 - 500000) * 1000000 else {never} end as due_at, \
         'unit-' || substr('0' || ((n / 10 * 6151) % 76), -2) as unit_id, \
         'zone-' || substr('0' || ((n / 10 * 3079) % 60), -2) as zone_id, \
         case when n % 50000 = 0 then 'event.04.rare' \
           when (n / 10 * 769) % 3 = 0 then 'component.0' || (1 + (n / 10 * 193) % 5) \
           else 'event.0' || (1 + (n / 10 * 97) % 6) || '.k' || ((n / 10 * 389) % 7) end as category, \
         case when n % 40000 = 10 then 'suspended' when {open} then \
           case when (n / 10 * 1543) % 100 < 10 then 'collected' when (n / 10 * 1543) % 100 < 60 then 'dispatched' \
             when (n / 10 * 1543) % 100 < 90 then 'handling' else 'handled' end \
           when (n / 10 * 49157) % 100 < 90 then 'closed' when (n / 10 * 49157) % 100 < 97 then 'merged' \
           else 'void' end as stage from {numbers}"
    );
    // `substr` from the end is SQLite's; PostgreSQL has `right`.
    let rows = if point.starts_with("public") {
        rows.replace(
            "substr('0' || ((n / 10 * 6151) % 76), -2)",
            "right('0' || ((n / 10 * 6151) % 76), 2)",
        )
        .replace(
            "substr('0' || ((n / 10 * 3079) % 60), -2)",
            "right('0' || ((n / 10 * 3079) % 60), 2)",
        )
    } else {
        rows
    };
    [
        format!("create temporary table made as {rows}"),
        format!(
            "insert into zonewarden.incident (city_id, incident_id, revision, stage, is_open, stage_since, \
             opened_at, happened_at, last_at, due_at, unit_id, co_units, zone_id, category, source, \
             routed_unit, doubtful, for_dispatcher, supporters, merged_into, position, timed_by, \
             yellow_at, red_at, due_clock) \
             select city_id, incident_id, 4, stage, is_open, opened_at, opened_at, opened_at, opened_at, \
             due_at, unit_id, case when n % 3 = 0 then '[\"unit-75\"]' else '[]' end, zone_id, category, \
             'camera', unit_id, case when stage = 'collected' then 1 else 0 end, \
             case when stage = 'collected' then 1 else 0 end, 1, null, {point}, 7, \
             due_at - {HOUR}, due_at, 'handle' from made order by n"
        ),
        "insert into zonewarden.incident_unit (city_id, incident_id, unit_id, is_open, due_at, opened_at) \
         select city_id, incident_id, unit_id, is_open, due_at, opened_at from made union all \
         select city_id, incident_id, 'unit-75', is_open, due_at, opened_at from made \
         where n % 3 = 0 and unit_id <> 'unit-75'"
            .to_owned(),
    ]
}

async fn found(store: &Store, id: &CityId) -> Result<(), Fault> {
    let city = City {
        id: id.clone(),
        names: Names { zh: String::new(), en: "Bench".to_owned() },
        time_zone: "Asia/Shanghai".to_owned(),
        fallback: UnitId::new("unit-00")?,
        confidence_floor: 0.6,
        assumed_accuracy_m: 10.0,
        calendar: Calendar::default(),
        limits: CaseLimits::default(),
        contact_days: CONTACT_DAYS,
        approval: Approval::Off,
        reaches: Reaches::default(),
        catalogue: Catalogue::seed(),
    };
    let stamp = Stamp { city: id.clone(), actor: "bench".to_owned(), at: Instant(0) };
    store.commit(stamp, Basis::default(), vec![Change::CitySet(city)]).await?;
    Ok(())
}

async fn sqlite(wish: &Wish) -> Result<(), Fault> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let path = folder.path().join("worklist.gpkg");
    let store = open(&Place::File(path.clone()), Migrate::Apply).await?;
    let city = CityId::new("bench")?;
    found(&store, &city).await?;
    let connection = Connection::open(&path)?;
    // A GeoPackage point at 109.484, 36.585.
    let mut point = b"GP\x00\x01\xe6\x10\x00\x00\x01\x01\x00\x00\x00".to_vec();
    point.extend(109.484_f64.to_le_bytes());
    point.extend(36.585_f64.to_le_bytes());
    let mut hex = String::new();
    for byte in &point {
        write!(hex, "{byte:02X}")?;
    }
    let numbers = format!(
        "(with recursive counted(n) as (select 1 union all select n + 1 from counted where n < {}) \
         select n from counted)",
        wish.incidents
    );
    let making = making(&numbers, "printf('%012x', n)", &format!("x'{hex}'"), i64::MAX);
    for text in making {
        let text = text.replace("zonewarden.", "").replace("$1", "'bench'");
        connection.execute_batch(&text)?;
    }
    connection.execute_batch("drop table made")?;
    let mut all = Vec::new();
    for list in lists(wish.incidents)?.into_iter().filter(|list| wish.wants(list)) {
        let text = list.text(wish.page).replace("zonewarden.", "").replace('$', "?");
        let mut statement = connection.prepare(&text)?;
        let mut took = Took::default();
        for _ in 0..wish.rounds {
            let begun = Tick::now();
            let mut rows = statement.query([city.as_str()])?;
            while let Some(row) = rows.next()? {
                std::hint::black_box(row.get_ref(0)?);
                std::hint::black_box(row.get_ref(1)?);
            }
            took.bare.push(begun.elapsed().as_secs_f64());
            took.page.push(page(&store, &city, &list, wish).await?);
        }
        all.push((list, took));
    }
    told("SQLite", all, None);
    Ok(())
}

async fn postgres(wish: &Wish, url: &str, targets: &mut Targets) -> Result<(), Fault> {
    let store = open(&Place::Postgres(url.to_owned()), Migrate::Apply).await?;
    let city = CityId::new(&format!("bench-{}", Uuid::now_v7().simple()))?;
    found(&store, &city).await?;
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    let numbers = format!("generate_series(1::bigint, {}::bigint) as counted(n)", wish.incidents);
    let point = "public.st_setsrid(public.st_makepoint(109.484, 36.585), 4326)";
    for text in making(&numbers, "lpad(to_hex(n), 12, '0')", point, i64::MAX) {
        client.batch_execute(&text.replace("$1", &format!("'{city}'::text"))).await?;
    }
    // A text of several statements is one transaction, in which nothing is vacuumed.
    for text in [
        "drop table made",
        "vacuum analyze zonewarden.incident",
        "vacuum analyze zonewarden.incident_unit",
        "checkpoint",
    ] {
        client.batch_execute(text).await?;
    }
    let mut all = Vec::new();
    for list in lists(wish.incidents)?.into_iter().filter(|list| wish.wants(list)) {
        let bare = list.text(wish.page).replace("$1", &format!("'{city}'"));
        let mut took = Took::default();
        for _ in 0..wish.rounds {
            took.bare.push(scan(&client, &bare).await?);
            took.page.push(page(&store, &city, &list, wish).await?);
        }
        all.push((list, took));
    }
    told("PostgreSQL", all, Some(targets));
    Ok(())
}

/// As `psql` sends it: one text, answered in texts.
async fn scan(client: &Client, bare: &str) -> Result<f64, Fault> {
    let begun = Tick::now();
    std::hint::black_box(client.simple_query(bare).await?);
    Ok(begun.elapsed().as_secs_f64())
}

/// Seconds of a page.
async fn page(store: &Store, city: &CityId, list: &List, wish: &Wish) -> Result<f64, Fault> {
    let limit = u32::try_from(wish.page + 1)?;
    let begun = Tick::now();
    std::hint::black_box(store.incidents(city, &list.filter, list.order, list.after, limit).await?);
    Ok(begun.elapsed().as_secs_f64())
}

impl Wish {
    fn wants(&self, list: &List) -> bool {
        self.list.as_deref().is_none_or(|name| name == list.name)
    }
}

#[derive(Default)]
struct Took {
    bare: Vec<f64>,
    page: Vec<f64>,
}

/// Prints what was found, held against the target where there is one.
fn told(what: &str, all: Vec<(List, Took)>, mut targets: Option<&mut Targets>) {
    println!("{what:<34} {:>10} {:>10} {:>8}", "bare µs", "page µs", "times");
    for (List { name, .. }, took) in all {
        let (bare, page) = (median(took.bare), median(took.page));
        let ratio = page / bare;
        println!("  {name:<32} {:>10.0} {:>10.0} {ratio:>8.2}", bare * 1e6, page * 1e6);
        if let Some(targets) = &mut targets {
            targets.hold(name, ratio, ..TARGET);
        }
    }
}
