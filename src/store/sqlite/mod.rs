//! The embedded store: one GeoPackage file that QGIS and GDAL open, one writer, several readers.

mod answers;
mod drafts;
mod file;
mod links;
mod people;
mod plans;
mod public;
mod rows;
mod writer;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::domain::accounts::ApiKey;
use crate::domain::atlas::city::CityState;
use crate::domain::atlas::rule::Rule;
use crate::domain::atlas::rule_set::RuleSet;
use crate::domain::change::JournalEntry;
use crate::domain::id::{CityId, IncidentId, KeyId, PictureId, ReportId, WebhookId};
use crate::domain::incidents::docket::{Docket, IncidentKey, IncidentOrder};
use crate::domain::incidents::proposals::Dismissed;
use crate::domain::incidents::step::Step;
use crate::domain::reports::picture::Picture;
use crate::domain::reports::rehearse::Told;
use crate::domain::reports::report::AssignedReport;
use crate::domain::time::Instant;
use crate::domain::webhooks::delivery::Delivery;
use crate::domain::webhooks::webhook::Standing;
use crate::store::migrate::Applied;
use crate::store::promise::{
    CommitError, DeliveryFilter, Head, IncidentFilter, ReportFilter, ReportKey, StoreError,
    rows_at_most,
};
use crate::store::sql::Dialect;
use crate::store::sqlite::rows::{all, fault};
use crate::store::sqlite::writer::Writer;
use crate::store::statement::{Row, Value};
use crate::store::writing::{self, Commit, HeadRow};
use crate::store::{
    accounts, atlas, history, incidents, journal, pictures, proposals, reports, sql, webhooks,
};

/// Most reads at the same time; further ones wait for their turn.
const READERS_MAX: usize = 4;

/// An open file. All clones are one.
#[derive(Clone)]
pub(super) struct Sqlite(Arc<Open>);

struct Open {
    path: PathBuf,
    writer: Writer,
    idle: Mutex<Vec<Connection>>,
    turns: Arc<Semaphore>,
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sqlite({})", self.0.path.display())
    }
}

impl Sqlite {
    /// Opens the file, made when absent and when it may be migrated.
    pub(super) async fn open(
        path: &Path,
        may_migrate: bool,
        group_max: usize,
    ) -> Result<(Self, Vec<Applied>), StoreError> {
        let path = path.to_owned();
        blocking(move || {
            let (connection, applied) = file::open(&path, may_migrate)?;
            let writer = Writer::start(connection, group_max)?;
            let turns = Arc::new(Semaphore::new(READERS_MAX));
            let open = Open { path, writer, idle: Mutex::default(), turns };
            Ok((Self(Arc::new(open)), applied))
        })
        .await
    }

    pub(super) async fn commit(&self, commit: Commit) -> Result<Head, CommitError> {
        self.0.writer.commit(commit).await
    }

    pub(super) async fn notice_foreign_edits(&self) -> Result<bool, StoreError> {
        self.0.writer.look().await
    }

    pub(super) async fn cities(&self) -> Result<Vec<CityId>, StoreError> {
        self.read(|it| all(it, atlas::CITIES, &[], |row| row.code(0, CityId::new))).await
    }

    pub(super) async fn head(&self, city: &CityId) -> Result<Option<Head>, StoreError> {
        // Who asks where a city stands also wants to know of foreign edits; while the writer is at
        // work the next one to ask will be told.
        if !self.0.writer.is_busy() {
            self.notice_foreign_edits().await?;
        }
        let city = city.clone();
        self.read(move |it| Ok(head(it, &city)?.map(HeadRow::head))).await
    }

    pub(super) async fn load(&self, city: &CityId) -> Result<Option<CityState>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            // One transaction, one snapshot.
            let snapshot = it.unchecked_transaction().map_err(|error| fault(&error))?;
            load(&snapshot, &city)
        })
        .await
    }

    pub(super) async fn load_at(
        &self,
        city: &CityId,
        version: i64,
    ) -> Result<Option<CityState>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            let snapshot = it.unchecked_transaction().map_err(|error| fault(&error))?;
            load_at(&snapshot, &city, version)
        })
        .await
    }

    pub(super) async fn rules_at(
        &self,
        city: &CityId,
        version: i64,
    ) -> Result<Vec<Rule>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            let values = [Value::text(city.as_str()), Value::Int(version)];
            all(it, &history::at(&atlas::RULE), &values, |row| atlas::read_rule(row))
        })
        .await
    }

    pub(super) async fn rule_sets(
        &self,
        city: &CityId,
        until: i64,
        limit: u32,
    ) -> Result<Vec<RuleSet>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            let limit = i64::try_from(rows_at_most(limit)).unwrap_or(i64::MAX);
            let values = [Value::text(city.as_str()), Value::Int(until), Value::Int(limit)];
            all(it, history::RULE_SETS, &values, |row| history::read_rule_set(row))
        })
        .await
    }

    pub(super) async fn report(
        &self,
        city: &CityId,
        id: ReportId,
    ) -> Result<Option<AssignedReport>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            let values = [Value::text(city.as_str()), Value::owned(id.to_string())];
            Ok(all(it, &reports::one(), &values, |row| reports::read(row))?.pop())
        })
        .await
    }

    pub(super) async fn reports(
        &self,
        city: &CityId,
        filter: &ReportFilter,
        after: Option<ReportKey>,
        limit: u32,
    ) -> Result<Vec<AssignedReport>, StoreError> {
        let (city, filter) = (city.clone(), filter.clone());
        self.read(move |it| {
            let (text, values) =
                reports::page(Dialect::Sqlite, &city, &filter, after, rows_at_most(limit));
            all(it, &text, &values, |row| reports::read(row))
        })
        .await
    }

    pub(super) async fn picture(
        &self,
        city: &CityId,
        id: &PictureId,
    ) -> Result<Option<Picture>, StoreError> {
        let (city, id) = (city.clone(), id.clone());
        self.read(move |it| {
            let values = [Value::text(city.as_str()), Value::text(id.as_str())];
            Ok(all(it, pictures::ONE, &values, |row| pictures::read(row))?.pop())
        })
        .await
    }

    pub(super) async fn picture_report(
        &self,
        city: &CityId,
        id: &PictureId,
    ) -> Result<Option<ReportId>, StoreError> {
        let (city, id) = (city.clone(), id.clone());
        self.read(move |it| {
            let values = [Value::text(city.as_str()), Value::text(id.as_str())];
            Ok(all(it, pictures::REPORT, &values, |row| pictures::read_report(row))?.pop())
        })
        .await
    }

    pub(super) async fn filed_under(
        &self,
        city: &CityId,
        keys: &[String],
    ) -> Result<HashMap<String, (ReportId, String)>, StoreError> {
        let (city, keys) = (city.clone(), keys.to_vec());
        self.read(move |it| {
            let (text, values) =
                (reports::known(Dialect::Sqlite), reports::keys_values(&city, &keys));
            Ok(all(it, &text, &values, |row| reports::read_known(row))?.into_iter().collect())
        })
        .await
    }

    pub(super) async fn told(
        &self,
        city: &CityId,
        since: Instant,
        after: Option<ReportKey>,
        limit: u32,
    ) -> Result<Vec<Told>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            let values = reports::told_values(&city, since, after, rows_at_most(limit));
            all(it, reports::TOLD, &values, |row| reports::read_told(row))
        })
        .await
    }

    pub(super) async fn waiting(
        &self,
        city: &CityId,
        limit: u32,
    ) -> Result<Vec<AssignedReport>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            let limit = i64::try_from(rows_at_most(limit)).unwrap_or(i64::MAX);
            let values = [Value::text(city.as_str()), Value::Int(limit)];
            all(it, &reports::waiting(), &values, |row| reports::read(row))
        })
        .await
    }

    pub(super) async fn incident(
        &self,
        city: &CityId,
        id: IncidentId,
    ) -> Result<Option<(Docket, Vec<Step>)>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            let snapshot = it.unchecked_transaction().map_err(|error| fault(&error))?;
            let values = [Value::text(city.as_str()), Value::owned(id.to_string())];
            let found =
                all(&snapshot, &incidents::one(), &values, |row| incidents::rows::docket(row))?;
            let Some(docket) = found.into_iter().next() else { return Ok(None) };
            let steps =
                all(&snapshot, incidents::STEPS, &values, |row| incidents::rows::step(row))?;
            Ok(Some((docket, steps)))
        })
        .await
    }

    pub(super) async fn incidents_of(
        &self,
        city: &CityId,
        ids: &[IncidentId],
    ) -> Result<Vec<Docket>, StoreError> {
        let (city, ids) = (city.clone(), ids.to_vec());
        self.read(move |it| {
            let values = incidents::named_values(&city, &ids);
            all(it, &incidents::some(Dialect::Sqlite), &values, |row| incidents::rows::docket(row))
        })
        .await
    }

    pub(super) async fn steps_of(
        &self,
        city: &CityId,
        ids: &[IncidentId],
    ) -> Result<Vec<Step>, StoreError> {
        let (city, ids) = (city.clone(), ids.to_vec());
        self.read(move |it| {
            let values = incidents::named_values(&city, &ids);
            all(it, &incidents::steps_of(Dialect::Sqlite), &values, |row| {
                incidents::rows::step(row)
            })
        })
        .await
    }

    pub(super) async fn timed_otherwise(
        &self,
        city: &CityId,
        edition: i64,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Result<Vec<Docket>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            let values = incidents::otherwise_values(&city, edition, after, rows_at_most(limit));
            all(it, &incidents::timed_otherwise(), &values, |row| incidents::rows::docket(row))
        })
        .await
    }

    pub(super) async fn dismissed(&self, city: &CityId) -> Result<Vec<Dismissed>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            let values = [Value::text(city.as_str())];
            all(it, &sql::select(&proposals::DISMISSED), &values, |row| proposals::read(row))
        })
        .await
    }

    pub(super) async fn escalating(
        &self,
        city: &CityId,
        before: Instant,
        after: Option<IncidentKey>,
        limit: u32,
    ) -> Result<Vec<Docket>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            let values = incidents::escalating_values(&city, before, after, rows_at_most(limit));
            all(it, &incidents::escalating(), &values, |row| incidents::rows::docket(row))
        })
        .await
    }

    pub(super) async fn incidents(
        &self,
        city: &CityId,
        filter: &IncidentFilter,
        order: IncidentOrder,
        after: Option<IncidentKey>,
        limit: u32,
    ) -> Result<Vec<Docket>, StoreError> {
        let (city, filter) = (city.clone(), filter.clone());
        self.read(move |it| {
            let mut leaves = Vec::new();
            if incidents::of_branch(&filter) {
                let (text, values) =
                    (incidents::leaves(order), incidents::leaves_values(&city, &filter));
                leaves = all(it, &text, &values, |row| incidents::read_leaf(row))?;
            }
            let (place, limit) = ((order, after), rows_at_most(limit));
            let (text, values) =
                incidents::page(Dialect::Sqlite, &city, &filter, &leaves, place, limit);
            all(it, &text, &values, |row| incidents::rows::docket(row))
        })
        .await
    }

    pub(super) async fn journal(
        &self,
        city: &CityId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            let limit = i64::try_from(rows_at_most(limit)).unwrap_or(i64::MAX);
            let values = [Value::text(city.as_str()), Value::Int(after), Value::Int(limit)];
            all(it, journal::ENTRIES, &values, |row| journal::read(row))
        })
        .await
    }

    pub(super) async fn key(
        &self,
        city: &CityId,
        id: &KeyId,
    ) -> Result<Option<ApiKey>, StoreError> {
        let (city, id) = (city.clone(), id.clone());
        self.read(move |it| {
            let values = [Value::text(city.as_str()), Value::text(id.as_str())];
            Ok(all(it, accounts::KEY, &values, |row| accounts::read(row))?.pop())
        })
        .await
    }

    pub(super) async fn keys(&self, city: &CityId) -> Result<Vec<ApiKey>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            all(it, accounts::KEYS, &[Value::text(city.as_str())], |row| accounts::read(row))
        })
        .await
    }

    pub(super) async fn webhooks(&self, city: &CityId) -> Result<Vec<Standing>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            all(it, webhooks::ALL, &[Value::text(city.as_str())], |row| webhooks::read(row))
        })
        .await
    }

    pub(super) async fn webhook(
        &self,
        city: &CityId,
        id: &WebhookId,
    ) -> Result<Option<Standing>, StoreError> {
        let (city, id) = (city.clone(), id.clone());
        self.read(move |it| {
            let values = [Value::text(city.as_str()), Value::text(id.as_str())];
            Ok(all(it, webhooks::ONE, &values, |row| webhooks::read(row))?.pop())
        })
        .await
    }

    pub(super) async fn deliveries(
        &self,
        city: &CityId,
        webhook: &WebhookId,
        filter: DeliveryFilter,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let (city, webhook) = (city.clone(), webhook.clone());
        self.read(move |it| {
            let limit = rows_at_most(limit);
            let values = webhooks::deliveries_values(&city, &webhook, filter, after, limit);
            all(it, webhooks::DELIVERIES, &values, |row| webhooks::read_delivery(row))
        })
        .await
    }

    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        self.read(|it| {
            it.query_row("select count(*) from schema_migration", [], |_| Ok(()))
                .map_err(|error| fault(&error))
        })
        .await
    }

    /// Runs `look` on a connection of its own, off the async workers.
    async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turns = self.0.turns.clone();
        let turn = turns.acquire_owned().await.map_err(|_| closed())?;
        let open = self.0.clone();
        blocking(move || {
            let idle = open.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = idle.map_or_else(|| reader(&open.path), Ok)?;
            let found = look(&connection);
            open.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            drop(turn);
            found
        })
        .await
    }
}

fn reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = file::connect(path)?;
    connection.pragma_update(None, "query_only", true).map_err(|error| fault(&error))?;
    Ok(connection)
}

fn closed() -> StoreError {
    StoreError::Unavailable("it is closed".to_owned())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| closed())?
}

fn head(connection: &Connection, city: &CityId) -> Result<Option<HeadRow>, StoreError> {
    let values = [Value::text(city.as_str())];
    Ok(all(connection, writing::HEAD, &values, |row| HeadRow::read(row))?.pop())
}

fn load(connection: &Connection, city: &CityId) -> Result<Option<CityState>, StoreError> {
    let values = [Value::text(city.as_str())];
    let Some(head) = head(connection, city)? else { return Ok(None) };
    let texts = &values[..];
    let found = all(connection, &sql::select(&atlas::CITY), texts, |row| atlas::read_city(row))?;
    let Some(found) = found.into_iter().next() else { return Ok(None) };
    let plan = [Value::text(city.as_str()), Value::Int(head.plan_version)];
    let plans = all(connection, atlas::PLAN, &plan, |row| atlas::read_plan(row))?;
    Ok(Some(CityState {
        atlas_version: head.atlas_version,
        city: found,
        plan: plans.into_iter().next().unwrap_or_else(atlas::no_plan),
        zones: all(connection, atlas::ZONES, &plan, |row| atlas::read_zone(row))?,
        units: all(connection, &sql::select(&atlas::UNIT), texts, |row| atlas::read_unit(row))?,
        facilities: all(connection, &sql::select(&atlas::FACILITY), texts, |row| {
            atlas::read_facility(row)
        })?,
        rules: all(connection, &sql::select(&atlas::RULE), texts, |row| atlas::read_rule(row))?,
    }))
}

/// As [`load`], in a former atlas version.
fn load_at(
    connection: &Connection,
    city: &CityId,
    version: i64,
) -> Result<Option<CityState>, StoreError> {
    let head = head(connection, city)?;
    if head.is_none_or(|head| version > head.atlas_version) {
        return Ok(None);
    }
    let values = [Value::text(city.as_str()), Value::Int(version)];
    let at = |table| history::at(table);
    let found = all(connection, &at(&atlas::CITY), &values, |row| atlas::read_city(row))?;
    let Some(found) = found.into_iter().next() else { return Ok(None) };
    let plans = all(connection, history::PLAN_AT, &values, |row| atlas::read_plan(row))?;
    let plan = plans.into_iter().next().unwrap_or_else(atlas::no_plan);
    let of_plan = [Value::text(city.as_str()), Value::Int(plan.version)];
    Ok(Some(CityState {
        atlas_version: version,
        city: found,
        plan,
        zones: all(connection, atlas::ZONES, &of_plan, |row| atlas::read_zone(row))?,
        units: all(connection, &at(&atlas::UNIT), &values, |row| atlas::read_unit(row))?,
        facilities: all(connection, &at(&atlas::FACILITY), &values, |row| {
            atlas::read_facility(row)
        })?,
        rules: all(connection, &at(&atlas::RULE), &values, |row| atlas::read_rule(row))?,
    }))
}
