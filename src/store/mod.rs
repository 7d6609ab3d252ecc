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
mod links;
mod pictures;
mod incidents;
mod answers;
mod plans;
mod proposals;
mod accounts;
mod webhooks;
mod drafts;
mod journal;
mod writing;
pub mod migrate;
mod past;
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
use crate::domain::reports::people::ClearPerson;
use crate::domain::reports::person::SealedPerson;
use crate::domain::reports::picture::{Picture, PictureSent};
use crate::domain::reports::rehearse::Told;
use crate::domain::reports::report::AssignedReport;
use crate::domain::time::Instant;
use crate::domain::webhooks::delivery::Delivery;
use crate::domain::webhooks::webhook::Standing;
use crate::store::writing::Commit;

pub use crate::store::promise::{
    Basis, CaseFilter, CommitError, DeliveryFilter, DraftFilter, Head, IncidentFilter, PublicCase,
    ROWS_MAX, ReportFilter, ReportKey, STEPS_BYTES_MAX, Stamp, StepKey, StoreError,
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

/// Asks the driver at hand: the one in memory answers at once and always, the others are waited for.
macro_rules! asked {
    ($self:ident.$name:ident($($given:expr),*)) => {
        match &$self.driver {
            Driver::Memory(memory) => Ok(memory.$name($($given),*)),
            Driver::Sqlite(sqlite) => sqlite.$name($($given),*).await,
            Driver::Postgres(postgres) => postgres.$name($($given),*).await,
        }
    };
}

// Behind the macro, which they use.
mod ask;

impl Store {
    /// Every city, by id.
    ///
    /// # Errors
    /// [`StoreError`], as for every read below.
    pub async fn cities(&self) -> Result<Vec<CityId>, StoreError> {
        asked!(self.cities())
    }

    /// Everything in force in a city, one consistent snapshot. Before the first plan is published
    /// the plan has version 0 and no zones.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load(&self, city: &CityId) -> Result<Option<CityState>, StoreError> {
        asked!(self.load(city))
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
        asked!(self.load_at(city, version))
    }

    /// The rules that were in force in an atlas version, by id; none where nothing is known of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rules_at(&self, city: &CityId, version: i64) -> Result<Vec<Rule>, StoreError> {
        asked!(self.rules_at(city, version))
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
        asked!(self.rule_sets(city, until, limit))
    }

    /// Where a city stands.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn head(&self, city: &CityId) -> Result<Option<Head>, StoreError> {
        asked!(self.head(city))
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
        asked!(self.report(city, id))
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
        asked!(self.reports(city, filter, after, limit))
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

    /// How many pictures are kept with a report.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pictures_of(&self, city: &CityId, report: ReportId) -> Result<usize, StoreError> {
        asked!(self.pictures_of(city, report))
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
        asked!(self.picture(city, id))
    }

    /// The reports whose person has one of the marks, by id, from behind `after`, at most `limit` (and
    /// [`ROWS_MAX`]).
    ///
    /// # Errors
    /// [`StoreError`], as for every read below.
    pub async fn reports_marked(
        &self,
        city: &CityId,
        marks: &[String],
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<ReportId>, StoreError> {
        asked!(self.reports_marked(city, marks, after, limit))
    }

    /// Reports received before an instant behind which somebody stands, by id, from behind `after`, at
    /// most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn people_before(
        &self,
        city: &CityId,
        before: Instant,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<ReportId>, StoreError> {
        asked!(self.people_before(city, before, after, limit))
    }

    /// Everybody who stands behind a report, sealed, by the report's id, from behind `after`, at most
    /// `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn people(
        &self,
        city: &CityId,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<(ReportId, SealedPerson)>, StoreError> {
        asked!(self.people(city, after, limit))
    }

    /// Everybody who stands in clear, from before people were sealed, as [`Self::people`]. Nobody does in a
    /// store that was made since.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn people_in_clear(
        &self,
        city: &CityId,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<ClearPerson>, StoreError> {
        match &self.driver {
            Driver::Memory(_) => Ok(Vec::new()),
            Driver::Sqlite(sqlite) => sqlite.people_in_clear(city, after, limit).await,
            Driver::Postgres(postgres) => postgres.people_in_clear(city, after, limit).await,
        }
    }

    /// Pictures of which the original is still kept, received before an instant, the oldest first, from
    /// behind `after`, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pictures_as_sent(
        &self,
        city: &CityId,
        before: Instant,
        after: Option<&PictureSent>,
        limit: u32,
    ) -> Result<Vec<PictureSent>, StoreError> {
        asked!(self.pictures_as_sent(city, before, after, limit))
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
        asked!(self.told(city, since, after, limit))
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
        asked!(self.filed_under(city, keys))
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
        asked!(self.waiting(city, limit))
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
        asked!(self.incident(city, id))
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
        asked!(self.incidents_of(city, ids))
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
        asked!(self.steps_of(city, ids))
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
        asked!(self.timed_otherwise(city, edition, after, limit))
    }

    /// Every dismissal of a proposed rule, by its code.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn dismissed(&self, city: &CityId) -> Result<Vec<Dismissed>, StoreError> {
        asked!(self.dismissed(city))
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
        asked!(self.escalating(city, before, after, limit))
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
        asked!(self.incidents(city, filter, order, after, limit))
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
        asked!(self.journal(city, after, limit))
    }

    /// The key with this public half.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn key(&self, city: &CityId, id: &KeyId) -> Result<Option<ApiKey>, StoreError> {
        asked!(self.key(city, id))
    }

    /// Every key of the city, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keys(&self, city: &CityId) -> Result<Vec<ApiKey>, StoreError> {
        asked!(self.keys(city))
    }

    /// Every webhook of the city and how far it is, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn webhooks(&self, city: &CityId) -> Result<Vec<Standing>, StoreError> {
        asked!(self.webhooks(city))
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
        asked!(self.webhook(city, id))
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
        asked!(self.deliveries(city, webhook, filter, after, limit))
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

    /// Whether another program (QGIS, say) has edited what is in force since the last time this was
    /// asked, be it before this store was opened. When it has, every city's atlas version has been
    /// counted up, so that whoever watches [`Self::head`] reads the city again. Edits of another
    /// zonewarden count their own versions and are not foreign. Always `false` in memory.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn notice_foreign_edits(&self) -> Result<bool, StoreError> {
        match &self.driver {
            Driver::Sqlite(sqlite) => sqlite.notice_foreign_edits().await,
            Driver::Memory(_) => Ok(false),
            Driver::Postgres(postgres) => postgres.notice_foreign_edits().await,
        }
    }
}
