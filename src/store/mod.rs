//! Floor 4: what is remembered. One promise, three drivers: memory (the oracle), `SQLite` (an OGC
//! GeoPackage, the embedded default), PostgreSQL with PostGIS.

pub mod promise;
pub mod open;
pub mod sqlite_exchange;
mod check;
mod words;
mod statement;
mod sql;
mod atlas;
mod history;
mod reports;
mod people;
mod people_asked;
mod pictures;
mod incidents;
mod proposals;
mod accounts;
mod webhooks;
mod journal;
mod writing;
pub mod migrate;
mod mailroom;
mod memory;
mod sqlite;
mod postgres;

use std::collections::HashMap;
use std::fmt;

use crate::domain::accounts::ApiKey;
use crate::domain::atlas::city::CityState;
use crate::domain::atlas::rule::Rule;
use crate::domain::atlas::rule_set::RuleSet;
use crate::domain::change::{Change, JournalEntry};
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
use crate::store::writing::Commit;

pub use crate::store::promise::{
    Basis, CommitError, DeliveryFilter, Head, IncidentFilter, ROWS_MAX, ReportFilter, ReportKey,
    Stamp, StepKey, StoreError,
};

/// A store of any make. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Store {
    driver: Driver,
}

#[derive(Clone)]
enum Driver {
    Memory(memory::Memory),
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.driver {
            Driver::Memory(_) => "Store(memory)",
            Driver::Sqlite(_) => "Store(sqlite)",
            Driver::Postgres(_) => "Store(postgres)",
        })
    }
}

impl Store {
    /// Every city, by id.
    ///
    /// # Errors
    /// [`StoreError`], as for every read below.
    pub async fn cities(&self) -> Result<Vec<CityId>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.cities()),
            Driver::Sqlite(sqlite) => sqlite.cities().await,
            Driver::Postgres(postgres) => postgres.cities().await,
        }
    }

    /// Everything in force in a city, one consistent snapshot. Before the first plan is published
    /// the plan has version 0 and no zones.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load(&self, city: &CityId) -> Result<Option<CityState>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.load(city)),
            Driver::Sqlite(sqlite) => sqlite.load(city).await,
            Driver::Postgres(postgres) => postgres.load(city).await,
        }
    }

    /// Everything that was in force in a city in an atlas version; `None` for one that is not, or of which
    /// nothing is known because the store was older then than its history.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load_at(
        &self,
        city: &CityId,
        version: i64,
    ) -> Result<Option<CityState>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.load_at(city, version)),
            Driver::Sqlite(sqlite) => sqlite.load_at(city, version).await,
            Driver::Postgres(postgres) => postgres.load_at(city, version).await,
        }
    }

    /// The rules that were in force in an atlas version, by id; none where nothing is known of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rules_at(&self, city: &CityId, version: i64) -> Result<Vec<Rule>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.rules_at(city, version)),
            Driver::Sqlite(sqlite) => sqlite.rules_at(city, version).await,
            Driver::Postgres(postgres) => postgres.rules_at(city, version).await,
        }
    }

    /// The versions of the rules that are not higher than `until`, the last first, at most `limit` (and
    /// [`ROWS_MAX`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rule_sets(
        &self,
        city: &CityId,
        until: i64,
        limit: u32,
    ) -> Result<Vec<RuleSet>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.rule_sets(city, until, limit)),
            Driver::Sqlite(sqlite) => sqlite.rule_sets(city, until, limit).await,
            Driver::Postgres(postgres) => postgres.rule_sets(city, until, limit).await,
        }
    }

    /// Where a city stands.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn head(&self, city: &CityId) -> Result<Option<Head>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.head(city)),
            Driver::Sqlite(sqlite) => sqlite.head(city).await,
            Driver::Postgres(postgres) => postgres.head(city).await,
        }
    }

    /// The ONE way to write: all changes or none, durable when it answers. Filed reports that wait
    /// at the same time share one transaction. A repeated idempotency key is refused before
    /// anything else is looked at.
    ///
    /// The atlas version goes up by one for a commit that moves the atlas, however many changes it
    /// holds; the journal by one for each change. A commit that makes a city begins with its
    /// [`Change::CitySet`]. Plans come in order: 1, 2, 3 …
    ///
    /// # Errors
    /// [`CommitError`]; then nothing was written.
    pub async fn commit(
        &self,
        stamp: Stamp,
        basis: Basis,
        changes: Vec<Change>,
    ) -> Result<Head, CommitError> {
        check::changes(&stamp, &changes)?;
        match &self.driver {
            Driver::Memory(memory) => memory.commit(&stamp, basis, &changes),
            Driver::Sqlite(sqlite) => sqlite.commit(Commit::new(stamp, basis, changes)).await,
            Driver::Postgres(postgres) => postgres.commit(Commit::new(stamp, basis, changes)).await,
        }
    }

    /// One report with the assignment in force.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn report(
        &self,
        city: &CityId,
        id: ReportId,
    ) -> Result<Option<AssignedReport>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.report(city, id)),
            Driver::Sqlite(sqlite) => sqlite.report(city, id).await,
            Driver::Postgres(postgres) => postgres.report(city, id).await,
        }
    }

    /// Reports, newest first, from behind `after`, at most `limit` (and [`ROWS_MAX`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reports(
        &self,
        city: &CityId,
        filter: &ReportFilter,
        after: Option<ReportKey>,
        limit: u32,
    ) -> Result<Vec<AssignedReport>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.reports(city, filter, after, limit)),
            Driver::Sqlite(sqlite) => sqlite.reports(city, filter, after, limit).await,
            Driver::Postgres(postgres) => postgres.reports(city, filter, after, limit).await,
        }
    }

    /// The report with which a picture is kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn picture_report(
        &self,
        city: &CityId,
        id: &PictureId,
    ) -> Result<Option<ReportId>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.picture(city, id).map(|it| it.report)),
            Driver::Sqlite(sqlite) => sqlite.picture_report(city, id).await,
            Driver::Postgres(postgres) => postgres.picture_report(city, id).await,
        }
    }

    /// One picture.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn picture(
        &self,
        city: &CityId,
        id: &PictureId,
    ) -> Result<Option<Picture>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.picture(city, id)),
            Driver::Sqlite(sqlite) => sqlite.picture(city, id).await,
            Driver::Postgres(postgres) => postgres.picture(city, id).await,
        }
    }

    /// What routing has to know of the reports received since an instant, the oldest first, from
    /// behind `after`, at most `limit` (and [`ROWS_MAX`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn told(
        &self,
        city: &CityId,
        since: Instant,
        after: Option<ReportKey>,
        limit: u32,
    ) -> Result<Vec<Told>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.told(city, since, after, limit)),
            Driver::Sqlite(sqlite) => sqlite.told(city, since, after, limit).await,
            Driver::Postgres(postgres) => postgres.told(city, since, after, limit).await,
        }
    }

    /// The reports that were filed under idempotency keys, each with the hash of its request, by key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn filed_under(
        &self,
        city: &CityId,
        keys: &[String],
    ) -> Result<HashMap<String, (ReportId, String)>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.filed_under(city, keys)),
            Driver::Sqlite(sqlite) => sqlite.filed_under(city, keys).await,
            Driver::Postgres(postgres) => postgres.filed_under(city, keys).await,
        }
    }

    /// Reports that nobody has taken up yet, the oldest first, at most `limit` (and [`ROWS_MAX`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn waiting(
        &self,
        city: &CityId,
        limit: u32,
    ) -> Result<Vec<AssignedReport>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.waiting(city, limit)),
            Driver::Sqlite(sqlite) => sqlite.waiting(city, limit).await,
            Driver::Postgres(postgres) => postgres.waiting(city, limit).await,
        }
    }

    /// One incident with all its steps, one consistent look.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn incident(
        &self,
        city: &CityId,
        id: IncidentId,
    ) -> Result<Option<(Docket, Vec<Step>)>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.incident(city, id)),
            Driver::Sqlite(sqlite) => sqlite.incident(city, id).await,
            Driver::Postgres(postgres) => postgres.incident(city, id).await,
        }
    }

    /// The incidents with these ids, as far as they are there, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn incidents_of(
        &self,
        city: &CityId,
        ids: &[IncidentId],
    ) -> Result<Vec<Docket>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.incidents_of(city, ids)),
            Driver::Sqlite(sqlite) => sqlite.incidents_of(city, ids).await,
            Driver::Postgres(postgres) => postgres.incidents_of(city, ids).await,
        }
    }

    /// Every step of the incidents with these ids, by id and in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn steps_of(
        &self,
        city: &CityId,
        ids: &[IncidentId],
    ) -> Result<Vec<Step>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.steps_of(city, ids)),
            Driver::Sqlite(sqlite) => sqlite.steps_of(city, ids).await,
            Driver::Postgres(postgres) => postgres.steps_of(city, ids).await,
        }
    }

    /// Steps of all incidents taken at or after `from` and before `to`, the oldest first, from behind
    /// `after`, at most `limit` (and [`ROWS_MAX`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn steps_between(
        &self,
        city: &CityId,
        (from, to): (Instant, Instant),
        after: Option<StepKey>,
        limit: u32,
    ) -> Result<Vec<Step>, StoreError> {
        let stretch = (from, to);
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.steps_between(city, stretch, after, limit)),
            Driver::Sqlite(sqlite) => sqlite.steps_between(city, stretch, after, limit).await,
            Driver::Postgres(postgres) => postgres.steps_between(city, stretch, after, limit).await,
        }
    }

    /// Open incidents whose deadline was told by another edition of calendar, limits and hours, by id, from
    /// behind `after`, at most `limit` (and [`ROWS_MAX`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn timed_otherwise(
        &self,
        city: &CityId,
        edition: i64,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Result<Vec<Docket>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.timed_otherwise(city, edition, after, limit)),
            Driver::Sqlite(sqlite) => sqlite.timed_otherwise(city, edition, after, limit).await,
            Driver::Postgres(postgres) => {
                postgres.timed_otherwise(city, edition, after, limit).await
            }
        }
    }

    /// Every dismissal of a proposed rule, by its code.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn dismissed(&self, city: &CityId) -> Result<Vec<Dismissed>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.dismissed(city)),
            Driver::Sqlite(sqlite) => sqlite.dismissed(city).await,
            Driver::Postgres(postgres) => postgres.dismissed(city).await,
        }
    }

    /// Open incidents whose ladder goes on before an instant, the earliest first, from behind `after` (when
    /// it goes on, and the id), at most `limit` (and [`ROWS_MAX`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn escalating(
        &self,
        city: &CityId,
        before: Instant,
        after: Option<IncidentKey>,
        limit: u32,
    ) -> Result<Vec<Docket>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.escalating(city, before, after, limit)),
            Driver::Sqlite(sqlite) => sqlite.escalating(city, before, after, limit).await,
            Driver::Postgres(postgres) => postgres.escalating(city, before, after, limit).await,
        }
    }

    /// Incidents in an order, from behind `after`, at most `limit` (and [`ROWS_MAX`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn incidents(
        &self,
        city: &CityId,
        filter: &IncidentFilter,
        order: IncidentOrder,
        after: Option<IncidentKey>,
        limit: u32,
    ) -> Result<Vec<Docket>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.incidents(city, filter, order, after, limit)),
            Driver::Sqlite(sqlite) => sqlite.incidents(city, filter, order, after, limit).await,
            Driver::Postgres(postgres) => {
                postgres.incidents(city, filter, order, after, limit).await
            }
        }
    }

    /// The journal behind `after`, in order, at most `limit` (and [`ROWS_MAX`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn journal(
        &self,
        city: &CityId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.journal(city, after, limit)),
            Driver::Sqlite(sqlite) => sqlite.journal(city, after, limit).await,
            Driver::Postgres(postgres) => postgres.journal(city, after, limit).await,
        }
    }

    /// The key with this public half.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn key(&self, city: &CityId, id: &KeyId) -> Result<Option<ApiKey>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.key(city, id)),
            Driver::Sqlite(sqlite) => sqlite.key(city, id).await,
            Driver::Postgres(postgres) => postgres.key(city, id).await,
        }
    }

    /// Every key of the city, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keys(&self, city: &CityId) -> Result<Vec<ApiKey>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.keys(city)),
            Driver::Sqlite(sqlite) => sqlite.keys(city).await,
            Driver::Postgres(postgres) => postgres.keys(city).await,
        }
    }

    /// Every webhook of the city and how far it is, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn webhooks(&self, city: &CityId) -> Result<Vec<Standing>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.webhooks(city)),
            Driver::Sqlite(sqlite) => sqlite.webhooks(city).await,
            Driver::Postgres(postgres) => postgres.webhooks(city).await,
        }
    }

    /// One webhook and how far it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn webhook(
        &self,
        city: &CityId,
        id: &WebhookId,
    ) -> Result<Option<Standing>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.webhook(city, id)),
            Driver::Sqlite(sqlite) => sqlite.webhook(city, id).await,
            Driver::Postgres(postgres) => postgres.webhook(city, id).await,
        }
    }

    /// What a webhook has not delivered, by the journal's number, from behind `after`, at most `limit` (and
    /// [`ROWS_MAX`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deliveries(
        &self,
        city: &CityId,
        webhook: &WebhookId,
        filter: DeliveryFilter,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.deliveries(city, webhook, filter, after, limit)),
            Driver::Sqlite(sqlite) => sqlite.deliveries(city, webhook, filter, after, limit).await,
            Driver::Postgres(postgres) => {
                postgres.deliveries(city, webhook, filter, after, limit).await
            }
        }
    }

    /// Whether it answers at all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        match &self.driver {
            Driver::Memory(_) => Ok(()),
            Driver::Sqlite(sqlite) => sqlite.ping().await,
            Driver::Postgres(postgres) => postgres.ping().await,
        }
    }

    /// Whether another program (QGIS, say) has edited the embedded file since the last time this
    /// was asked. When it has, every city's atlas version has been counted up, so that whoever
    /// watches [`Self::head`] reads the city again. Edits of another zonewarden count their own
    /// versions and are not foreign. Always `false` for the other stores.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn notice_foreign_edits(&self) -> Result<bool, StoreError> {
        match &self.driver {
            Driver::Sqlite(sqlite) => sqlite.notice_foreign_edits().await,
            Driver::Memory(_) | Driver::Postgres(_) => Ok(false),
        }
    }
}
