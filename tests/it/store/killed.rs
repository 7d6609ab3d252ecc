//! `kill -9`: what was acknowledged is there afterwards, whole, on both durable stores.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

use zonewarden::domain::change::Change;
use zonewarden::domain::id::{IncidentId, ReportId};
use zonewarden::domain::incidents::case::{Ask, Case};
use zonewarden::domain::incidents::desk::{router, take_up};
use zonewarden::domain::incidents::docket::{CaseMoved, Due, Matter};
use zonewarden::domain::incidents::step::{Carried, Move};
use zonewarden::store::open::{Migrate, Place, open};
use zonewarden::store::{Basis, ReportFilter, ReportKey, Store};

use super::faces::{founded, report_of};
use super::made::{Dice, city_id, stamp};
use super::places::{block_on, durable};

/// Names the store for the process that is to be killed; absent in the suite itself.
const VICTIM: &str = "ZONEWARDEN_TEST_VICTIM";
const KILLS: u64 = 5;
const CLIENTS: u64 = 32;
/// Reports of one batch.
const TOGETHER: usize = 20;
/// Steps that a case is taken after its opening.
const STEPS: u32 = 4;

/// Not a test of its own: what the killed process does. Files, alone and in batches, opens cases and goes on
/// with them, all without end, and prints what was acknowledged.
#[test]
fn victim() {
    let Ok(place) = std::env::var(VICTIM) else { return };
    let (place, seed) = place.split_once('|').unwrap();
    let seed: u64 = seed.parse().unwrap();
    block_on(async {
        let store = open(&Place::parse(place), Migrate::Apply).await.unwrap();
        let tasks: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (store, dice) = (store.clone(), Dice(seed * 1_000 + client));
                match client % 4 {
                    0 => tokio::spawn(file_many_for_ever(store, dice)),
                    1 => tokio::spawn(step_for_ever(store, dice)),
                    _ => tokio::spawn(file_for_ever(store, dice)),
                }
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

async fn file_for_ever(store: Store, mut dice: Dice) {
    loop {
        let key = dice.next();
        let filed = dice.filed(Some(key));
        let id = report_of(&filed).id;
        store.commit(stamp(1), Basis::default(), vec![filed]).await.unwrap();
        acknowledge(&format!("ACK {id}"));
    }
}

async fn file_many_for_ever(store: Store, mut dice: Dice) {
    loop {
        let mut many = Vec::new();
        for _ in 0..TOGETHER {
            let key = dice.next();
            many.push(dice.filed(Some(key)));
        }
        let ids: Vec<String> = many.iter().map(|it| format!("ACK {}", report_of(it).id)).collect();
        store.commit(stamp(1), Basis::default(), many).await.unwrap();
        acknowledge(&ids.join("\n"));
    }
}

async fn step_for_ever(store: Store, mut dice: Dice) {
    loop {
        let key = dice.next();
        let Change::ReportFiled { report, assignment } = dice.filed(Some(key)) else {
            unreachable!()
        };
        let at = report.received_at;
        let mut case = take_up(&report, &assignment, at).unwrap();
        let matter = Matter::of(&report, &assignment);
        let mut moved = CaseMoved::between(None, &case, matter.clone(), Due::default());
        let id = report.id;
        let opened =
            vec![Change::ReportFiled { report, assignment }, Change::CaseMoved(moved.clone())];
        store.commit(stamp(1), Basis::default(), opened).await.unwrap();
        let told = |case: &Case| format!("STEP {} {}", case.state().id, case.state().revision);
        acknowledge(&format!("ACK {id}\n{}", told(&case)));
        for _ in 0..STEPS {
            let carried = Carried { words: "seen".to_owned(), ..Carried::default() };
            let ask = Ask { seen: case.state().revision, act: Move::Note, carried };
            case = case.decide(ask, &router(), at).unwrap();
            moved = CaseMoved::between(Some(&moved.docket), &case, matter.clone(), Due::default());
            let changes = vec![Change::CaseMoved(moved.clone())];
            store.commit(stamp(1), Basis::default(), changes).await.unwrap();
            acknowledge(&told(&case));
        }
    }
}

#[expect(clippy::print_stdout, reason = "the parent process reads what was acknowledged")]
fn acknowledge(lines: &str) {
    println!("{lines}");
}

/// What a killed process had been told is done.
#[derive(Default)]
struct Acknowledged {
    reports: BTreeSet<ReportId>,
    /// How many steps each case had.
    steps: BTreeMap<IncidentId, u32>,
}

impl Acknowledged {
    /// Takes in a line of the process; those of the test's own frame say nothing.
    fn read(&mut self, line: &str) {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["ACK", id] => {
                self.reports.insert(ReportId(id.parse().unwrap()));
            }
            ["STEP", id, revision] => {
                let revision: u32 = revision.parse().unwrap();
                let known = self.steps.entry(IncidentId(id.parse().unwrap())).or_default();
                *known = revision.max(*known);
            }
            _ => {}
        }
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
        let mut acknowledged = Acknowledged::default();
        let place = match held.place() {
            Place::File(path) => path.to_str().unwrap().to_owned(),
            Place::Postgres(url) => url,
            Place::Memory => unreachable!("it is not durable"),
        };
        for round in 0..KILLS {
            let before = acknowledged.reports.len();
            kill_one(&place, round, &mut acknowledged);
            assert!(acknowledged.reports.len() > before, "{}: nothing was filed", held.name());
            block_on(alone(&held.place()));
            block_on(whole(&held.place(), &acknowledged.reports, held.name()));
            block_on(gone_on(&held.place(), &acknowledged.steps, held.name()));
        }
        let longest = acknowledged.steps.values().max();
        assert!(longest.is_some_and(|steps| *steps > STEPS), "{}: no case went on", held.name());
    }
}

/// Starts a process that writes, and kills it after some acknowledgements.
fn kill_one(place: &str, round: u64, acknowledged: &mut Acknowledged) {
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
    lines.iter().map(String::as_str).chain(whole.lines()).for_each(|line| acknowledged.read(line));
}

/// Waits until the server has done with what the killed process had sent it.
pub(crate) async fn alone(place: &Place) {
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

/// Every acknowledged step is there, and each case is one: its docket stands where its steps lead.
async fn gone_on(place: &Place, acknowledged: &BTreeMap<IncidentId, u32>, name: &str) {
    let store = open(place, Migrate::Require).await.unwrap();
    let ids: Vec<IncidentId> = acknowledged.keys().copied().collect();
    let dockets = store.incidents_of(&city_id(), &ids).await.unwrap();
    assert_eq!(dockets.len(), ids.len(), "{name}: a case is lost");
    let steps = store.steps_of(&city_id(), &ids).await.unwrap();
    let cases: Vec<_> = steps.chunk_by(|a, b| a.incident == b.incident).collect();
    assert_eq!(cases.len(), ids.len(), "{name}: steps are lost");
    for (docket, steps) in dockets.iter().zip(cases) {
        let case = Case::fold(steps.to_vec()).unwrap();
        let state = case.state();
        assert_eq!((state.id, state.revision), (docket.id, docket.revision), "{name}");
        assert_eq!((state.stage, state.last_at), (docket.stage, docket.last_at), "{name}");
        let known = acknowledged[&docket.id];
        assert!(state.revision >= known, "{name}: step {known} of {} is lost", docket.id);
    }
}
