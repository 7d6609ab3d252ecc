//! Floor 4: what is remembered. One promise, three drivers: memory (the oracle), `SQLite` (an OGC
//! GeoPackage, the embedded default), PostgreSQL with PostGIS.

pub mod open;
mod check;
mod words;
mod atlas;
mod memory;

use std::fmt;

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

/// The place of a report in a list: newest first, within one instant the highest id first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReportKey {
    /// When it was received.
    pub received_at: Instant,
    /// Its id.
    pub id: ReportId,
}

/// Most rows that one read of reports or journal gives; a higher limit is lowered to it.
pub const ROWS_MAX: u32 = 10_000;

fn rows_at_most(limit: u32) -> usize {
    usize::try_from(limit.min(ROWS_MAX)).unwrap_or(usize::MAX)
}

/// A store of any make. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Store {
    driver: Driver,
}

#[derive(Clone)]
enum Driver {
    Memory(memory::Memory),
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.driver {
            Driver::Memory(_) => "Store(memory)",
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
        }
    }

    /// Where a city stands.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn head(&self, city: &CityId) -> Result<Option<Head>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.head(city)),
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
        }
    }

    /// The key with this public half.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn key(&self, city: &CityId, id: &KeyId) -> Result<Option<ApiKey>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.key(city, id)),
        }
    }

    /// Every key of the city, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keys(&self, city: &CityId) -> Result<Vec<ApiKey>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.keys(city)),
        }
    }

    /// Whether it answers at all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        match &self.driver {
            Driver::Memory(_) => Ok(()),
        }
    }
}
