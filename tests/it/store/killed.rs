//! `kill -9`: what was acknowledged is there afterwards, whole, on both durable stores.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

use zonewarden::domain::id::ReportId;
use zonewarden::store::open::{Migrate, Place, open};
use zonewarden::store::{Basis, ReportFilter, ReportKey, Store};

use super::faces::{founded, report_of};
use super::made::{Dice, city_id, stamp};
use super::places::{block_on, durable};

/// Names the store for the process that is to be killed; absent in the suite itself.
const VICTIM: &str = "ZONEWARDEN_TEST_VICTIM";
const KILLS: u64 = 5;
const CLIENTS: u64 = 32;

/// Not a test of its own: what the killed process does. Files without end and prints each id that
/// was acknowledged.
#[test]
fn victim() {
    let Ok(place) = std::env::var(VICTIM) else { return };
    let (place, seed) = place.split_once('|').unwrap();
    let seed: u64 = seed.parse().unwrap();
    block_on(async {
        let store = open(&Place::parse(place), Migrate::Apply).await.unwrap();
        let tasks: Vec<_> = (0..CLIENTS)
            .map(|client| tokio::spawn(file_for_ever(store.clone(), Dice(seed * 1_000 + client))))
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[expect(clippy::print_stdout, reason = "the parent process reads what was acknowledged")]
async fn file_for_ever(store: Store, mut dice: Dice) {
    loop {
        let key = dice.next();
        let filed = dice.filed(Some(key));
        let id = report_of(&filed).id;
        store.commit(stamp(1), Basis::default(), vec![filed]).await.unwrap();
        println!("ACK {id}");
    }
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    for held in block_on(durable()) {
        drop(block_on(async {
            let store = held.open().await;
            founded(&store).await;
            store
        }));
        let mut acknowledged = BTreeSet::new();
        let place = match held.place() {
            Place::File(path) => path.to_str().unwrap().to_owned(),
            Place::Postgres(url) => url,
            Place::Memory => unreachable!("it is not durable"),
        };
        for round in 0..KILLS {
            let before = acknowledged.len();
            acknowledged.extend(kill_one(&place, round));
            assert!(acknowledged.len() > before, "{}: nothing was filed", held.name());
            block_on(alone(&held.place()));
            block_on(whole(&held.place(), &acknowledged, held.name()));
        }
    }
}

/// Starts a process that files, kills it after some acknowledgements, gives their ids.
fn kill_one(place: &str, round: u64) -> Vec<ReportId> {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["store::killed::victim", "--exact", "--nocapture"])
        .env(VICTIM, format!("{place}|{round}"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(victim.stdout.take().unwrap());
    let mut lines = Vec::new();
    // How far it comes differs: from the first acknowledgement to some hundreds.
    let wanted = usize::try_from(Dice(round).below(400)).unwrap() + 1;
    let mut line = String::new();
    while lines.len() < wanted && output.read_line(&mut line).unwrap() > 0 {
        lines.push(std::mem::take(&mut line));
    }
    std::thread::sleep(Duration::from_micros(Dice(round).below(5_000)));
    victim.kill().unwrap();
    victim.wait().unwrap();
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    // The last line may be torn; what was not printed whole was not acknowledged.
    let whole = rest.rfind('\n').map_or("", |end| &rest[..end]);
    lines
        .iter()
        .map(String::as_str)
        .chain(whole.lines())
        .filter_map(|line| line.trim().strip_prefix("ACK "))
        .map(|id| ReportId(id.parse().unwrap()))
        .collect()
}

/// Waits until the server has done with what the killed process had sent it.
pub(super) async fn alone(place: &Place) {
    let Place::Postgres(url) = place else { return };
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let _connection = tokio::spawn(connection);
    let text = "select count(*) from pg_stat_activity where datname = current_database() \
                and pid <> pg_backend_pid() and backend_type = 'client backend'";
    while client.query_one(text, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        tokio::task::yield_now().await;
    }
}

/// Every acknowledged report is there; reports and journal tell of the same; no number is missing.
async fn whole(place: &Place, acknowledged: &BTreeSet<ReportId>, name: &str) {
    let store = open(place, Migrate::Require).await.unwrap();
    let mut listed = BTreeSet::new();
    let mut after: Option<ReportKey> = None;
    loop {
        let page = store.reports(&city_id(), &ReportFilter::default(), after, 1_000).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(ReportKey { received_at: last.report.received_at, id: last.report.id });
        for it in &page {
            assert_eq!(it.assignment.report, it.report.id, "{name}");
            assert!(listed.insert(it.report.id), "{name}: listed twice");
        }
    }
    let lost: Vec<_> = acknowledged.difference(&listed).collect();
    assert!(lost.is_empty(), "{name}: acknowledged and lost: {lost:?}");
    let mut told = BTreeSet::new();
    let mut seq = 0;
    loop {
        let entries = store.journal(&city_id(), seq, 1_000).await.unwrap();
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            seq += 1;
            assert_eq!(entry.seq, seq, "{name}: a gap in the journal");
            if entry.kind == "report_filed" {
                told.insert(ReportId(entry.subject.parse().unwrap()));
            }
        }
    }
    assert_eq!(told, listed, "{name}");
    assert_eq!(store.head(&city_id()).await.unwrap().unwrap().journal_seq, seq, "{name}");
}
