//! The pool, and the schema brought up to date.

use std::error::Error as StdError;
use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config};

use crate::store::migrate::{self, Applied};
use crate::store::postgres::rows::fault;
use crate::store::postgres::security::{Mode, Wish};
use crate::store::postgres::tls::Tls;
use crate::store::promise::StoreError;
use crate::store::sql::Dialect;

/// Said where a server speaks in clear alone. The library's words for it are not told apart by anything else.
const IN_CLEAR: &str = "server does not support TLS";
const IN_CLEAR_HINT: &str = "switch it on there (ssl = on), or ask for a connection in clear with sslmode=disable: the \
     password and all that is stored can then be read on the way";
/// Said where a server refuses a connection in clear.
const SECURE_HINT: &str = "the connection was in clear, as it is to this machine and with sslmode=disable; a server that \
     demands TLS is asked with sslmode=verify-full or sslmode=require";
/// How long a connection may take to be made, and a caller waits for a free one.
const CONNECT_WAIT: Duration = Duration::from_secs(5);
/// What every connection is told. No answer may hang; what is acknowledged is on disk. Every
/// question of ours has an index: a plan that was made while a table was small must not go on
/// reading all of it when it has grown.
const SESSION: &str = "set synchronous_commit = on; set statement_timeout = '60s'; \
     set lock_timeout = '20s'; set idle_in_transaction_session_timeout = '60s'; \
     set enable_seqscan = off";
/// What a transaction is told that writes very much or changes what is in force: an import of millions of rows
/// takes its time, and the tables mark as another program's edits what is not said to be ours.
pub(super) const AT_THE_ATLAS: &str =
    "set local statement_timeout = '2h'; set local zonewarden.own = 'on'";
/// The lock under which one process migrates: `zonewarden`, as a number.
const MIGRATION_LOCK: i64 = 0x7a6f_6e65_7764;

/// A pool for the database that the URL names. Connects once, so that a wrong URL is told at once.
pub(super) async fn pool(url: &str, connections_max: usize) -> Result<Pool, StoreError> {
    let wish = Wish::read(url).map_err(StoreError::Unavailable)?;
    let mut config: Config = wish.url.parse().map_err(|error| fault(&error))?;
    let (mode, roots) = wish.decided(&config);
    let tls = Tls::new(mode, &roots).map_err(StoreError::Unavailable)?;
    config.ssl_mode(mode.library());
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_WAIT);
    }
    if config.get_application_name().is_none() {
        config.application_name("zonewarden");
    }
    let recycling_method = RecyclingMethod::Fast;
    let manager = Manager::from_config(config, tls, ManagerConfig { recycling_method });
    let greet = Hook::async_fn(|client: &mut deadpool_postgres::ClientWrapper, _| {
        Box::pin(async move { client.batch_execute(SESSION).await.map_err(HookError::Backend) })
    });
    let pool = Pool::builder(manager)
        .max_size(connections_max)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(CONNECT_WAIT))
        .create_timeout(Some(CONNECT_WAIT))
        .recycle_timeout(Some(CONNECT_WAIT))
        .post_create(greet)
        .build()
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    match pool.get().await {
        Ok(_) => Ok(pool),
        Err(error) => Err(hinted(mode, &error, refused(&pool, &error))),
    }
}

/// What the first connection was refused with, and what may be done about it.
fn hinted(mode: Mode, error: &PoolError, told: StoreError) -> StoreError {
    let PoolError::Backend(error) = error else { return told };
    let is_refused = error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION);
    let is_in_clear = StdError::source(error).is_some_and(|cause| cause.to_string() == IN_CLEAR);
    match told {
        StoreError::Unavailable(words) if is_in_clear => {
            StoreError::Unavailable(format!("{words}; {IN_CLEAR_HINT}"))
        }
        StoreError::Unavailable(words) if is_refused && mode == Mode::Disable => {
            StoreError::Unavailable(format!("{words}; {SECURE_HINT}"))
        }
        told => told,
    }
}

/// A connection of the pool's.
pub(super) async fn connection(pool: &Pool) -> Result<Object, StoreError> {
    pool.get().await.map_err(|error| refused(pool, &error))
}

fn refused(pool: &Pool, error: &PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
            fault(error)
        }
        PoolError::Timeout(_) => StoreError::Unavailable(format!(
            "no connection was free within {} s (limit connections_max, {})",
            CONNECT_WAIT.as_secs(),
            pool.status().max_size
        )),
        other => StoreError::Unavailable(other.to_string()),
    }
}

/// Applies what the schema lacks, or refuses to go on without it.
pub(super) async fn bring_up_to_date(
    pool: &Pool,
    may_migrate: bool,
) -> Result<Vec<Applied>, StoreError> {
    let client = connection(pool).await?;
    let lacking = migrate::pending(Dialect::Postgres, &recorded(&client).await?)?;
    if lacking.is_empty() {
        return Ok(Vec::new());
    }
    if !may_migrate {
        return Err(migrate::outdated(&lacking));
    }
    let applied = apply(&client).await;
    if applied.is_err() {
        let _ = client.batch_execute("rollback").await;
    }
    // The session was told other limits: it is not given back.
    drop(Object::take(client));
    applied
}

/// All in one transaction behind a lock: of two migrators one waits, and then finds nothing to do.
async fn apply(client: &Client) -> Result<Vec<Applied>, StoreError> {
    let run = async |text: &str| client.batch_execute(text).await.map_err(|error| fault(&error));
    run(
        "set statement_timeout = 0; set lock_timeout = 0; set client_min_messages = warning; begin",
    )
    .await?;
    run(&format!("select pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
    let lacking = migrate::pending(Dialect::Postgres, &recorded(client).await?)?;
    run("create schema if not exists zonewarden").await?;
    run("create table if not exists zonewarden.schema_migration (number bigint primary key, \
         name text not null, sha256 text not null, applied_at timestamptz not null)")
    .await?;
    for migration in &lacking {
        run(migration.text(Dialect::Postgres)).await?;
        client
            .execute(
                "insert into zonewarden.schema_migration (number, name, sha256, applied_at) \
                 values ($1, $2, $3, now())",
                &[&migration.number, &migration.name, &migration.hash(Dialect::Postgres)],
            )
            .await
            .map_err(|error| fault(&error))?;
    }
    run("commit").await?;
    Ok(lacking.iter().map(|it| it.applied()).collect())
}

async fn recorded(client: &Client) -> Result<Vec<(i64, String)>, StoreError> {
    let there = client
        .query_one("select to_regclass('zonewarden.schema_migration') is not null", &[])
        .await
        .map_err(|error| fault(&error))?;
    if !there.get::<_, bool>(0) {
        return Ok(Vec::new());
    }
    let text = "select number, sha256 from zonewarden.schema_migration order by number";
    let rows = client.query(text, &[]).await.map_err(|error| fault(&error))?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_server_without_tls_is_told_no_password_when_tls_is_asked_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 8];
            stream.read_exact(&mut asked).await.unwrap();
            stream.write_all(b"N").await.unwrap();
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
            (asked, rest)
        });
        let url = format!("postgres://u:secret@127.0.0.1:{port}/city?sslmode=require");
        let refused = pool(&url, 1).await.err().unwrap().to_string();
        assert!(refused.contains(IN_CLEAR) && refused.contains("sslmode=disable"), "{refused}");
        let (asked, rest) = heard.await.unwrap();
        assert_eq!(asked, [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f], "a request for TLS");
        assert_eq!(rest, [0_u8; 0]);
    }
}
