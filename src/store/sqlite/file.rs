//! The file: made when absent, looked at before it is trusted, brought up to date. Never overwritten.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::domain::text::shown_url;
use crate::store::migrate::{self, Applied};
use crate::store::promise::StoreError;
use crate::store::sql::Dialect;
use crate::store::sqlite::rows::{fault, register_functions};

/// `GPKG`, what a GeoPackage has for an application id.
const GEOPACKAGE: i64 = 0x4750_4B47;
/// How long a connection waits for another program's lock.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// Pages of 4 kB in the log before they are moved into the file: those that many groups wrote are moved once.
const CHECKPOINT_PAGES: u32 = 16_000;
/// Memory for pages of the file, in kB, of the one connection that writes: an index whose keys come in no order, as
/// marks of people do, is read again and again otherwise.
const WRITER_CACHE_KB: i32 = 32_768;

/// Opens the file, made when absent, with its schema up to date, to write to it.
pub(super) fn open(
    path: &Path,
    may_migrate: bool,
) -> Result<(Connection, Vec<Applied>), StoreError> {
    make_if_absent(path, may_migrate)?;
    let named = |error| name(path, error);
    let mut connection = connect(path).map_err(named)?;
    identify(&connection).map_err(named)?;
    let applied = bring_up_to_date(&mut connection, may_migrate).map_err(named)?;
    connection
        .pragma_update(None, "cache_size", -WRITER_CACHE_KB)
        .map_err(|error| named(fault(&error)))?;
    Ok((connection, applied))
}

/// One more connection to a file that was opened before.
pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| fault(&error))?;
    prepare(&connection).map_err(|error| fault(&error))?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_WAIT)?;
    connection.set_prepared_statement_cache_capacity(128);
    register_functions(connection)?;
    // FULL: what was acknowledged survives a power cut. A foreign key of the GeoPackage tables is
    // theirs to keep, and on by default here.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)
}

fn make_if_absent(path: &Path, may_make: bool) -> Result<(), StoreError> {
    if !may_make && !path.exists() {
        return Err(StoreError::Unavailable(format!("there is no file {}", shown(path))));
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // Reports hold personal data: the file is its owner's alone.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::Unavailable(format!(
            "the file {} cannot be made: {error}",
            shown(path)
        ))),
    }
}

/// Ours, or still empty; anything else is refused before a byte of it is changed.
fn identify(connection: &Connection) -> Result<(), StoreError> {
    let number = |text: &str| -> Result<i64, StoreError> {
        connection.query_row(text, [], |row| row.get(0)).map_err(|error| fault(&error))
    };
    if number("select count(*) from sqlite_schema")? == 0 {
        return Ok(());
    }
    let ours = number("select count(*) from sqlite_schema where name = 'schema_migration'")? == 1;
    let geopackage = number("pragma application_id")? == GEOPACKAGE;
    match (geopackage, ours) {
        (true, true) => Ok(()),
        (true, false) => Err(StoreError::Damaged(
            "it is a GeoPackage, but not a store of zonewarden's; read it with \
             `zonewarden import`, and name another file as the store"
                .to_owned(),
        )),
        (false, _) => Err(StoreError::Damaged(
            "it is a database, but of another program; it was left as it is".to_owned(),
        )),
    }
}

fn bring_up_to_date(
    connection: &mut Connection,
    may_migrate: bool,
) -> Result<Vec<Applied>, StoreError> {
    let lacking = migrate::pending(Dialect::Sqlite, &recorded(connection)?)?;
    if lacking.is_empty() {
        return Ok(Vec::new());
    }
    if !may_migrate {
        return Err(migrate::outdated(&lacking));
    }
    apply(connection)
}

fn recorded(connection: &Connection) -> Result<Vec<(i64, String)>, StoreError> {
    let read = || -> rusqlite::Result<Vec<(i64, String)>> {
        // Asked of the file, not of the connection, which may remember how it was before.
        let text = "select count(*) from sqlite_schema where name = 'schema_migration'";
        if connection.query_row(text, [], |row| row.get::<_, i64>(0))? == 0 {
            return Ok(Vec::new());
        }
        connection
            .prepare("select number, sha256 from schema_migration order by number")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
    };
    read().map_err(|error| fault(&error))
}

/// All in one transaction that begins with the write lock: of two migrators one waits, and then
/// finds nothing to do.
fn apply(connection: &mut Connection) -> Result<Vec<Applied>, StoreError> {
    let failed = |error: rusqlite::Error| fault(&error);
    // Not within a transaction. Readers go on while the writer writes.
    connection.pragma_update(None, "journal_mode", "wal").map_err(failed)?;
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let lacking = migrate::pending(Dialect::Sqlite, &recorded(&transaction)?)?;
    transaction
        .execute_batch(
            "create table if not exists schema_migration (number integer primary key, \
             name text not null, sha256 text not null, applied_at text not null)",
        )
        .map_err(failed)?;
    for migration in &lacking {
        transaction.execute_batch(migration.text(Dialect::Sqlite)).map_err(failed)?;
        transaction
            .execute(
                "insert into schema_migration values (?1, ?2, ?3, strftime('%FT%TZ', 'now'))",
                (migration.number, migration.name, migration.hash(Dialect::Sqlite)),
            )
            .map_err(failed)?;
    }
    transaction.commit().map_err(failed)?;
    // Other programs look for the application id in the file's first bytes, not in its log.
    let moved = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    connection.query_row("pragma wal_checkpoint(truncate)", [], moved).map_err(failed)?;
    Ok(lacking.iter().map(|it| it.applied()).collect())
}

/// Moves the log into the file and empties it, without waiting for readers.
pub(super) fn checkpoint_at_once(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::ZERO)?;
    let swept = connection
        .query_row("pragma wal_checkpoint(truncate)", [], |row| row.get::<_, i64>(0))
        .map(|_busy| ());
    connection.busy_timeout(BUSY_WAIT)?;
    swept
}

fn name(path: &Path, error: StoreError) -> StoreError {
    let path = shown(path);
    match error {
        StoreError::Unavailable(words) => StoreError::Unavailable(format!("{path}: {words}")),
        StoreError::Damaged(words) => StoreError::Damaged(format!("{path}: {words}")),
    }
}

/// It may be a URL whose scheme was misspelt, with a password in it.
fn shown(path: &Path) -> String {
    shown_url(&path.display().to_string())
}
