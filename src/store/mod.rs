//! Floor 4: what is remembered. One promise, three drivers: memory (the oracle), `SQLite` (an OGC
//! GeoPackage, the embedded default), PostgreSQL with PostGIS.

pub mod open;

use crate::domain::accounts::ApiKey;
use crate::domain::atlas::city::CityState;
use crate::domain::change::{Change, JournalEntry};
use crate::domain::id::{CategoryCode, CityId, KeyId, ReportId, UnitId, ZoneId};
use crate::domain::reports::report::AssignedReport;
use crate::domain::time::Instant;

/// Who writes, where and when; the same for all changes of one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// In which city.
    pub city: CityId,
    /// A key's code, `cli`, `public`.
    pub actor: String,
    /// When, by the app's clock.
    pub at: Instant,
}

/// On what the writer decided. The commit is refused when it has moved meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Basis {
    /// The atlas version that was read; `None` when the decision does not depend on it; `Some(0)`
    /// for a city that does not exist yet.
    pub atlas_version: Option<i64>,
}

/// Where a city stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Counts every change of the atlas.
    pub atlas_version: i64,
    /// The journal's last number.
    pub journal_seq: i64,
}

/// Why a commit changed nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CommitError {
    /// The atlas has moved: read again, decide again.
    #[error("the atlas is at version {now}, not at the one this was decided on")]
    Moved { now: i64 },
    /// The idempotency key was used before, for this report.
    #[error("this idempotency key was used before, for report {report}")]
    KeyUsed { report: ReportId, request_hash: String },
    /// There is no such city.
    #[error("there is no city {0}")]
    NoCity(CityId),
    /// The id is taken, or what should change is not there.
    #[error("{0}")]
    Conflict(String),
    /// The store failed; whether the commit happened is not known unless it says so.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The store itself failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, is full, read-only, or too busy.
    #[error("the store does not answer: {0}")]
    Unavailable(String),
    /// What it holds cannot be read back: a damaged row, a newer schema.
    #[error("the store holds what cannot be read: {0}")]
    Damaged(String),
}

/// Which reports; every condition given must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReportFilter {
    /// In this zone.
    pub zone: Option<ZoneId>,
    /// Assigned to this unit, or beside it.
    pub unit: Option<UnitId>,
    /// Of this category or below it.
    pub category: Option<CategoryCode>,
    /// Received at or after.
    pub from: Option<Instant>,
    /// Received before.
    pub to: Option<Instant>,
    /// Only those that wait for a dispatcher, or only those that do not.
    pub for_dispatcher: Option<bool>,
}

/// The place of a report in a list: newest first, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportKey {
    /// When it was received.
    pub received_at: Instant,
    /// Its id.
    pub id: ReportId,
}

/// A store of any make. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Store {}

impl Store {
    /// Every city, by id.
    ///
    /// # Errors
    /// [`StoreError`], as for every read below.
    pub async fn cities(&self) -> Result<Vec<CityId>, StoreError> {
        todo!()
    }

    /// Everything in force in a city, one consistent snapshot.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load(&self, _city: &CityId) -> Result<Option<CityState>, StoreError> {
        todo!()
    }

    /// Where a city stands.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn head(&self, _city: &CityId) -> Result<Option<Head>, StoreError> {
        todo!()
    }

    /// The ONE way to write: all changes or none, durable when it answers. Filed reports that wait
    /// at the same time share one transaction. A repeated idempotency key is refused before
    /// anything else is looked at.
    ///
    /// # Errors
    /// [`CommitError`]; then nothing was written.
    pub async fn commit(
        &self,
        _stamp: Stamp,
        _basis: Basis,
        _changes: Vec<Change>,
    ) -> Result<Head, CommitError> {
        todo!()
    }

    /// One report with the assignment in force.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn report(
        &self,
        _city: &CityId,
        _id: ReportId,
    ) -> Result<Option<AssignedReport>, StoreError> {
        todo!()
    }

    /// Reports, newest first, from behind `after`, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reports(
        &self,
        _city: &CityId,
        _filter: &ReportFilter,
        _after: Option<ReportKey>,
        _limit: u32,
    ) -> Result<Vec<AssignedReport>, StoreError> {
        todo!()
    }

    /// The journal behind `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn journal(
        &self,
        _city: &CityId,
        _after: i64,
        _limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        todo!()
    }

    /// The key with this public half.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn key(&self, _city: &CityId, _id: &KeyId) -> Result<Option<ApiKey>, StoreError> {
        todo!()
    }

    /// Every key of the city, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keys(&self, _city: &CityId) -> Result<Vec<ApiKey>, StoreError> {
        todo!()
    }

    /// Whether it answers at all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        todo!()
    }
}
