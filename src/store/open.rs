//! Opens the store that a URL or a path names.

use std::fmt;
use std::path::PathBuf;

use crate::domain::text::shown_url;
use crate::store::memory::Memory;
use crate::store::migrate::Applied;
use crate::store::postgres::Postgres;
use crate::store::sqlite::Sqlite;
use crate::store::{Driver, Store, StoreError};

/// Where the store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: gone when the process ends.
    Memory,
    /// An embedded GeoPackage file, made when absent.
    File(PathBuf),
    /// `postgres://…`.
    Postgres(String),
}

impl Place {
    /// `memory`, a `postgres://` or `postgresql://` URL, else a path.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text == "memory" {
            Self::Memory
        } else if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Self::Postgres(text.to_owned())
        } else {
            Self::File(PathBuf::from(text))
        }
    }
}

/// As it may be shown: without user and password.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory"),
            // A scheme that was misspelt makes a path of a URL.
            Self::File(path) => f.write_str(&shown_url(&path.display().to_string())),
            Self::Postgres(url) => f.write_str(&shown_url(url)),
        }
    }
}

/// Whether pending migrations are applied while opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrate {
    /// Apply them (the embedded default, and `migrate`).
    Apply,
    /// Refuse to open a store whose schema is older than ours.
    Require,
}

/// How much a store does at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most commits of reports that share a transaction; 1 gives each its own.
    pub group_max: usize,
    /// Most connections to a server.
    pub connections_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { group_max: 2_048, connections_max: 16 }
    }
}

/// Opens the store.
///
/// # Errors
/// [`StoreError`]: unreachable, an unknown newer schema, a changed migration, a file that is
/// damaged or another program's.
pub async fn open(place: &Place, migrate: Migrate) -> Result<Store, StoreError> {
    open_with(place, migrate, Limits::default()).await
}

/// Opens the store with limits of the caller's.
///
/// # Errors
/// As [`open`].
pub async fn open_with(
    place: &Place,
    migrate: Migrate,
    limits: Limits,
) -> Result<Store, StoreError> {
    opened(place, migrate, limits).await.map(|(store, _)| store)
}

/// Brings a store's schema up to date, made when absent; says what was applied.
///
/// # Errors
/// As [`open`].
pub async fn migrate(place: &Place) -> Result<Vec<Applied>, StoreError> {
    opened(place, Migrate::Apply, Limits::default()).await.map(|(_, applied)| applied)
}

async fn opened(
    place: &Place,
    migrate: Migrate,
    limits: Limits,
) -> Result<(Store, Vec<Applied>), StoreError> {
    let may_migrate = migrate == Migrate::Apply;
    let (driver, applied) = match place {
        Place::Memory => (Driver::Memory(Memory::default()), Vec::new()),
        Place::File(path) => {
            let (sqlite, applied) = Sqlite::open(path, may_migrate, limits.group_max).await?;
            (Driver::Sqlite(sqlite), applied)
        }
        Place::Postgres(url) => {
            let (postgres, applied) =
                Postgres::open(url, may_migrate, limits.group_max, limits.connections_max).await?;
            (Driver::Postgres(postgres), applied)
        }
    };
    Ok((Store { driver }, applied))
}
