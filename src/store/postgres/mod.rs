//! The store for many: PostgreSQL with PostGIS, through a pool.

mod answers;
mod connect;
mod drafts;
mod edits;
mod geometry;
mod links;
mod people;
mod plans;
mod public;
mod rows;
mod security;
mod tls;
mod writer;

use std::collections::HashMap;

use deadpool_postgres::{Object, Pool};
use postgres_types::ToSql;

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
use crate::store::postgres::connect::connection;
use crate::store::postgres::rows::{PostgresRow, fault};
use crate::store::postgres::writer::Writer;
use crate::store::promise::{
    CommitError, DeliveryFilter, Head, IncidentFilter, ReportFilter, ReportKey, StoreError,
    rows_at_most,
};
use crate::store::sql::Dialect;
use crate::store::statement::{Row, Value};
use crate::store::writing::{self, Commit, HeadRow};
use crate::store::{
    accounts, atlas, history, incidents, journal, pictures, proposals, reports, sql, webhooks,
};

/// A database. All clones share one pool and one writing task.
#[derive(Clone)]
pub(super) struct Postgres {
    pool: Pool,
    writer: Writer,
}

impl Postgres {
    /// Connects, and brings the schema up to date when it may.
    pub(super) async fn open(
        url: &str,
        may_migrate: bool,
        group_max: usize,
        connections_max: usize,
    ) -> Result<(Self, Vec<Applied>), StoreError> {
        let pool = connect::pool(url, connections_max).await?;
        let applied = connect::bring_up_to_date(&pool, may_migrate).await?;
        let writer = Writer::start(pool.clone(), group_max);
        Ok((Self { pool, writer }, applied))
    }

    pub(super) async fn commit(&self, commit: Commit) -> Result<Head, CommitError> {
        self.writer.commit(commit).await
    }

    pub(super) async fn cities(&self) -> Result<Vec<CityId>, StoreError> {
        self.read(atlas::CITIES, &[], |row| row.code(0, CityId::new)).await
    }

    pub(super) async fn head(&self, city: &CityId) -> Result<Option<Head>, StoreError> {
        let values = [Value::text(city.as_str())];
        let mut found =
            self.read(writing::HEAD, &values, |row| HeadRow::read(row).map(HeadRow::head)).await?;
        Ok(found.pop())
    }

    pub(super) async fn load(&self, city: &CityId) -> Result<Option<CityState>, StoreError> {
        self.snapshot(city, None).await
    }

    pub(super) async fn load_at(
        &self,
        city: &CityId,
        version: i64,
    ) -> Result<Option<CityState>, StoreError> {
        self.snapshot(city, Some(version)).await
    }

    pub(super) async fn rules_at(
        &self,
        city: &CityId,
        version: i64,
    ) -> Result<Vec<Rule>, StoreError> {
        let values = [Value::text(city.as_str()), Value::Int(version)];
        self.read(&history::at(&atlas::RULE), &values, atlas::read_rule).await
    }

    pub(super) async fn rule_sets(
        &self,
        city: &CityId,
        until: i64,
        limit: u32,
    ) -> Result<Vec<RuleSet>, StoreError> {
        let limit = i64::try_from(rows_at_most(limit)).unwrap_or(i64::MAX);
        let values = [Value::text(city.as_str()), Value::Int(until), Value::Int(limit)];
        self.read(history::RULE_SETS, &values, history::read_rule_set).await
    }

    /// What is in force, or was in an atlas version.
    async fn snapshot(
        &self,
        city: &CityId,
        version: Option<i64>,
    ) -> Result<Option<CityState>, StoreError> {
        let (pool, city) = (self.pool.clone(), city.clone());
        // A task of its own: a caller who goes away leaves no open transaction behind.
        let loading = tokio::spawn(async move {
            let client = connection(&pool).await?;
            let snapshot = "begin isolation level repeatable read read only";
            let begun = client.batch_execute(snapshot).await.map_err(|error| fault(&error));
            let found = match begun {
                Ok(()) => match version {
                    None => load(&client, &city).await,
                    Some(version) => load_at(&client, &city, version).await,
                },
                Err(error) => Err(error),
            };
            if client.batch_execute("rollback").await.is_err() {
                drop(Object::take(client));
            }
            found
        });
        loading.await.map_err(|error| StoreError::Unavailable(error.to_string()))?
    }

    pub(super) async fn report(
        &self,
        city: &CityId,
        id: ReportId,
    ) -> Result<Option<AssignedReport>, StoreError> {
        let values = [Value::text(city.as_str()), Value::owned(id.to_string())];
        Ok(self.read(&reports::one(), &values, reports::read).await?.pop())
    }

    pub(super) async fn reports(
        &self,
        city: &CityId,
        filter: &ReportFilter,
        after: Option<ReportKey>,
        limit: u32,
    ) -> Result<Vec<AssignedReport>, StoreError> {
        let (text, values) =
            reports::page(Dialect::Postgres, city, filter, after, rows_at_most(limit));
        self.read(&text, &values, reports::read).await
    }

    pub(super) async fn picture(
        &self,
        city: &CityId,
        id: &PictureId,
    ) -> Result<Option<Picture>, StoreError> {
        let values = [Value::text(city.as_str()), Value::text(id.as_str())];
        Ok(self.read(pictures::ONE, &values, pictures::read).await?.pop())
    }

    pub(super) async fn picture_report(
        &self,
        city: &CityId,
        id: &PictureId,
    ) -> Result<Option<ReportId>, StoreError> {
        let values = [Value::text(city.as_str()), Value::text(id.as_str())];
        Ok(self.read(pictures::REPORT, &values, pictures::read_report).await?.pop())
    }

    pub(super) async fn filed_under(
        &self,
        city: &CityId,
        keys: &[String],
    ) -> Result<HashMap<String, (ReportId, String)>, StoreError> {
        let (text, values) = (reports::known(Dialect::Postgres), reports::keys_values(city, keys));
        Ok(self.read(&text, &values, reports::read_known).await?.into_iter().collect())
    }

    pub(super) async fn told(
        &self,
        city: &CityId,
        since: Instant,
        after: Option<ReportKey>,
        limit: u32,
    ) -> Result<Vec<Told>, StoreError> {
        let values = reports::told_values(city, since, after, rows_at_most(limit));
        self.read(reports::TOLD, &values, reports::read_told).await
    }

    pub(super) async fn waiting(
        &self,
        city: &CityId,
        limit: u32,
    ) -> Result<Vec<AssignedReport>, StoreError> {
        let limit = i64::try_from(rows_at_most(limit)).unwrap_or(i64::MAX);
        let values = [Value::text(city.as_str()), Value::Int(limit)];
        self.read(&reports::waiting(), &values, reports::read).await
    }

    pub(super) async fn incident(
        &self,
        city: &CityId,
        id: IncidentId,
    ) -> Result<Option<(Docket, Vec<Step>)>, StoreError> {
        let values = [Value::text(city.as_str()), Value::owned(id.to_string())];
        let found = self.read(&incidents::one(), &values, incidents::rows::docket).await?;
        let Some(docket) = found.into_iter().next() else { return Ok(None) };
        let mut steps = self.read(incidents::STEPS, &values, incidents::rows::step).await?;
        // Two looks: what was added between them is not of this docket yet.
        steps.retain(|step| step.revision <= docket.revision);
        Ok(Some((docket, steps)))
    }

    pub(super) async fn incidents_of(
        &self,
        city: &CityId,
        ids: &[IncidentId],
    ) -> Result<Vec<Docket>, StoreError> {
        let values = incidents::named_values(city, ids);
        self.read(&incidents::some(Dialect::Postgres), &values, incidents::rows::docket).await
    }

    pub(super) async fn steps_of(
        &self,
        city: &CityId,
        ids: &[IncidentId],
    ) -> Result<Vec<Step>, StoreError> {
        let values = incidents::named_values(city, ids);
        self.read(&incidents::steps_of(Dialect::Postgres), &values, incidents::rows::step).await
    }

    pub(super) async fn timed_otherwise(
        &self,
        city: &CityId,
        edition: i64,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Result<Vec<Docket>, StoreError> {
        let values = incidents::otherwise_values(city, edition, after, rows_at_most(limit));
        self.read(&incidents::timed_otherwise(), &values, incidents::rows::docket).await
    }

    pub(super) async fn dismissed(&self, city: &CityId) -> Result<Vec<Dismissed>, StoreError> {
        let values = [Value::text(city.as_str())];
        self.read(&sql::select(&proposals::DISMISSED), &values, proposals::read).await
    }

    pub(super) async fn escalating(
        &self,
        city: &CityId,
        before: Instant,
        after: Option<IncidentKey>,
        limit: u32,
    ) -> Result<Vec<Docket>, StoreError> {
        let values = incidents::escalating_values(city, before, after, rows_at_most(limit));
        self.read(&incidents::escalating(), &values, incidents::rows::docket).await
    }

    pub(super) async fn incidents(
        &self,
        city: &CityId,
        filter: &IncidentFilter,
        order: IncidentOrder,
        after: Option<IncidentKey>,
        limit: u32,
    ) -> Result<Vec<Docket>, StoreError> {
        let client = connection(&self.pool).await?;
        let mut leaves = Vec::new();
        if incidents::of_branch(filter) {
            let values = incidents::leaves_values(city, filter);
            leaves = all(&client, &incidents::leaves(order), &values, incidents::read_leaf).await?;
        }
        let place = (order, after);
        let (text, values) =
            incidents::page(Dialect::Postgres, city, filter, &leaves, place, rows_at_most(limit));
        all(&client, &text, &values, incidents::rows::docket).await
    }

    pub(super) async fn journal(
        &self,
        city: &CityId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let limit = i64::try_from(rows_at_most(limit)).unwrap_or(i64::MAX);
        let values = [Value::text(city.as_str()), Value::Int(after), Value::Int(limit)];
        self.read(journal::ENTRIES, &values, journal::read).await
    }

    pub(super) async fn key(
        &self,
        city: &CityId,
        id: &KeyId,
    ) -> Result<Option<ApiKey>, StoreError> {
        let values = [Value::text(city.as_str()), Value::text(id.as_str())];
        Ok(self.read(accounts::KEY, &values, accounts::read).await?.pop())
    }

    pub(super) async fn keys(&self, city: &CityId) -> Result<Vec<ApiKey>, StoreError> {
        let values = [Value::text(city.as_str())];
        self.read(accounts::KEYS, &values, accounts::read).await
    }

    pub(super) async fn webhooks(&self, city: &CityId) -> Result<Vec<Standing>, StoreError> {
        self.read(webhooks::ALL, &[Value::text(city.as_str())], webhooks::read).await
    }

    pub(super) async fn webhook(
        &self,
        city: &CityId,
        id: &WebhookId,
    ) -> Result<Option<Standing>, StoreError> {
        let values = [Value::text(city.as_str()), Value::text(id.as_str())];
        Ok(self.read(webhooks::ONE, &values, webhooks::read).await?.pop())
    }

    pub(super) async fn deliveries(
        &self,
        city: &CityId,
        webhook: &WebhookId,
        filter: DeliveryFilter,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let limit = rows_at_most(limit);
        let values = webhooks::deliveries_values(city, webhook, filter, after, limit);
        self.read(webhooks::DELIVERIES, &values, webhooks::read_delivery).await
    }

    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        let text = "select number from zonewarden.schema_migration limit 1";
        self.read(text, &[], |_| Ok(())).await.map(|_| ())
    }

    async fn read<T>(
        &self,
        text: &str,
        values: &[Value<'_>],
        read: impl Fn(&PostgresRow) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let client = connection(&self.pool).await?;
        all(&client, text, values, read).await
    }
}

async fn all<T>(
    client: &Object,
    text: &str,
    values: &[Value<'_>],
    read: impl Fn(&PostgresRow) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let statement = client.prepare_cached(text).await.map_err(|error| fault(&error))?;
    let values: Vec<&(dyn ToSql + Sync)> =
        values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
    let rows = client.query(&statement, &values).await.map_err(|error| fault(&error))?;
    rows.into_iter().map(|row| read(&PostgresRow(row))).collect()
}

async fn load(client: &Object, city: &CityId) -> Result<Option<CityState>, StoreError> {
    let mine = [Value::text(city.as_str())];
    let heads = all(client, writing::HEAD, &mine, HeadRow::read).await?;
    let Some(head) = heads.into_iter().next() else { return Ok(None) };
    let of = |table| sql::select(table);
    let found = all(client, &of(&atlas::CITY), &mine, atlas::read_city).await?;
    let Some(found) = found.into_iter().next() else { return Ok(None) };
    let plan = [Value::text(city.as_str()), Value::Int(head.plan_version)];
    let plans = all(client, atlas::PLAN, &plan, atlas::read_plan).await?;
    Ok(Some(CityState {
        atlas_version: head.atlas_version,
        city: found,
        plan: plans.into_iter().next().unwrap_or_else(atlas::no_plan),
        zones: all(client, atlas::ZONES, &plan, atlas::read_zone).await?,
        units: all(client, &of(&atlas::UNIT), &mine, atlas::read_unit).await?,
        facilities: all(client, &of(&atlas::FACILITY), &mine, atlas::read_facility).await?,
        rules: all(client, &of(&atlas::RULE), &mine, atlas::read_rule).await?,
    }))
}

/// As [`load`], in a former atlas version.
async fn load_at(
    client: &Object,
    city: &CityId,
    version: i64,
) -> Result<Option<CityState>, StoreError> {
    let mine = [Value::text(city.as_str())];
    let heads = all(client, writing::HEAD, &mine, HeadRow::read).await?;
    if heads.first().is_none_or(|head| version > head.atlas_version) {
        return Ok(None);
    }
    let values = [Value::text(city.as_str()), Value::Int(version)];
    let at = |table| history::at(table);
    let found = all(client, &at(&atlas::CITY), &values, atlas::read_city).await?;
    let Some(found) = found.into_iter().next() else { return Ok(None) };
    let plans = all(client, history::PLAN_AT, &values, atlas::read_plan).await?;
    let plan = plans.into_iter().next().unwrap_or_else(atlas::no_plan);
    let of_plan = [Value::text(city.as_str()), Value::Int(plan.version)];
    Ok(Some(CityState {
        atlas_version: version,
        city: found,
        plan,
        zones: all(client, atlas::ZONES, &of_plan, atlas::read_zone).await?,
        units: all(client, &at(&atlas::UNIT), &values, atlas::read_unit).await?,
        facilities: all(client, &at(&atlas::FACILITY), &values, atlas::read_facility).await?,
        rules: all(client, &at(&atlas::RULE), &values, atlas::read_rule).await?,
    }))
}
