//! Where the suite's stores are: each test has its own, gone when it ends.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;
use zonewarden::store::Store;
use zonewarden::store::open::{Migrate, Place, open};

/// The server on which databases may be made, by URL.
const POSTGRES: &str = "ZONEWARDEN_TEST_POSTGRES";

/// A place of a test's own.
pub(crate) enum Held {
    Memory,
    File(TempDir),
    Postgres(Database),
}

/// A database that goes when the test ends.
pub(crate) struct Database {
    server: String,
    name: String,
    url: String,
}

impl Held {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::File(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    pub(crate) fn place(&self) -> Place {
        match self {
            Self::Memory => Place::Memory,
            Self::File(folder) => Place::File(file_in(folder)),
            Self::Postgres(database) => Place::Postgres(database.url.clone()),
        }
    }

    pub(crate) async fn open(&self) -> Store {
        open(&self.place(), Migrate::Apply).await.unwrap()
    }
}

pub(crate) fn file_in(folder: &TempDir) -> PathBuf {
    folder.path().join("city.gpkg")
}

/// Every kind of place that can be had here.
pub(crate) async fn all() -> Vec<Held> {
    let mut places = vec![Held::Memory];
    places.extend(durable().await);
    places
}

/// Those that outlive the process.
pub(crate) async fn durable() -> Vec<Held> {
    let mut places = vec![Held::File(TempDir::new().unwrap())];
    places.extend(postgres().await.map(Held::Postgres));
    places
}

/// A fresh database; `None`, said loudly, where there is no server.
pub(crate) async fn postgres() -> Option<Database> {
    static SAID: Once = Once::new();
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let Ok(server) = std::env::var(POSTGRES) else {
        let required = std::env::var("REQUIRE_POSTGRES").is_ok_and(|it| it == "1");
        assert!(!required, "REQUIRE_POSTGRES=1, but {POSTGRES} names no server");
        SAID.call_once(|| eprintln!("SKIPPED: every test on PostgreSQL ({POSTGRES} is not set)"));
        return None;
    };
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("zw_test_{}_{number}", std::process::id());
    run(&server, &format!("create database {name}")).await;
    let mut url = server.clone();
    let path = url.rfind('/').unwrap();
    let query = url[path..].find('?').map_or(url.len(), |at| path + at);
    url.replace_range(path + 1..query, &name);
    Some(Database { server, name, url })
}

impl Database {
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, text) = (self.server.clone(), drop_text(&self.name));
        // A test ends within its own runtime, where another may not wait.
        let dropper = std::thread::spawn(move || block_on(async { run(&server, &text).await }));
        let _ = dropper.join();
    }
}

fn drop_text(name: &str) -> String {
    format!("drop database if exists {name} with (force)")
}

pub(crate) async fn run(url: &str, text: &str) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    client.batch_execute(text).await.unwrap();
    drop(client);
    let _ = connection.await;
}

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().unwrap().block_on(work)
}
