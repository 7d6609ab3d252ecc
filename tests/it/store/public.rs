//! What the public hears of cases, on every store: the steps that it is told of, and which cases are public
//! where.

use zonewarden::domain::change::Change;
use zonewarden::domain::id::{CityId, IncidentId, ReportId, ZoneId};
use zonewarden::domain::incidents::case::{Ask, Case, Pair};
use zonewarden::domain::incidents::desk::{router, take_up};
use zonewarden::domain::incidents::docket::{CaseMoved, Docket, Due, Matter, report_of};
use zonewarden::domain::incidents::handover::{HandedOver, Pointer, Rezoned};
use zonewarden::domain::incidents::step::{Carried, Move};
use zonewarden::domain::time::Instant;
use zonewarden::store::open::{Migrate, Place, open};
use zonewarden::store::{Basis, CaseFilter, ReportFilter, StepKey, Store};

use super::faces::founded;
use super::made::{Dice, city_id, stamp};
use super::places::{Held, all, block_on, durable};

/// Everything that is asked about what the public hears, from both.
pub(super) async fn compare(
    dice: &mut Dice,
    oracle: &Store,
    store: &Store,
    id: &CityId,
    what: &str,
) {
    for _ in 0..3 {
        let (a, b) = (dice.instant(), dice.instant());
        let stretch = (a.min(b), Instant(a.max(b).0 + 1));
        let steps = oracle.public_steps(id, stretch, None, 99).await.unwrap();
        let after = steps.get(steps.len() / 3).filter(|_| dice.maybe()).copied();
        let limit = u32::try_from(dice.below(9)).unwrap();
        assert_eq!(
            store.public_steps(id, stretch, after, limit).await,
            oracle.public_steps(id, stretch, after, limit).await,
            "{what}: {stretch:?} after {after:?}, {limit}"
        );
        let zone = dice.maybe().then(|| dice.zone_id());
        let since = (dice.instant(), dice.instant());
        assert_eq!(
            store.public_cases(id, zone.as_ref(), since, limit).await,
            oracle.public_cases(id, zone.as_ref(), since, limit).await,
            "{what}: {zone:?} since {since:?}, {limit}"
        );
    }
}

/// A case and how it is kept.
struct Opened {
    docket: Docket,
    case: Case,
}

impl Opened {
    async fn new(store: &Store, dice: &mut Dice, source: &str, at: i64) -> Self {
        let Change::ReportFiled { mut report, mut assignment } = dice.filed(None) else {
            unreachable!()
        };
        report.source = source.to_owned();
        report.received_at = Instant(at);
        assignment.for_dispatcher = false;
        assignment.zone = Some(zone("z1"));
        let case = take_up(&report, &assignment, Instant(at)).unwrap();
        let matter = Matter::of(&report, &assignment);
        let moved = CaseMoved::between(None, &case, matter, Due::default());
        let docket = moved.docket.clone();
        let changes = vec![Change::ReportFiled { report, assignment }, Change::CaseMoved(moved)];
        store.commit(stamp(at), Basis::default(), changes).await.unwrap();
        Self { docket, case }
    }

    fn report(&self) -> ReportId {
        report_of(self.docket.id)
    }

    fn key(&self, at: i64, revision: u32) -> StepKey {
        StepKey { at: Instant(at), incident: self.docket.id, revision }
    }

    fn after(&mut self, case: Case) -> Change {
        let matter = self.docket.matter.clone();
        let moved = CaseMoved::between(Some(&self.docket), &case, matter, Due::default());
        (self.docket, self.case) = (moved.docket.clone(), case);
        Change::CaseMoved(moved)
    }

    async fn go(&mut self, store: &Store, act: Move, at: i64) {
        let carried = Carried { words: "why".to_owned(), ..Carried::default() };
        let ask = Ask { seen: self.case.state().revision, act, carried };
        let case = self.case.decide(ask, &router(), Instant(at)).unwrap();
        let change = self.after(case);
        store.commit(stamp(at), Basis::default(), vec![change]).await.unwrap();
    }
}

/// Merges one case into another, or takes it out again.
async fn pair(store: &Store, part: &mut Opened, whole: &mut Opened, merge: bool, at: i64) {
    let both = Pair {
        part: &part.case,
        part_seen: part.case.state().revision,
        whole: &whole.case,
        whole_seen: whole.case.state().revision,
    };
    let (caller, now) = (router(), Instant(at));
    let decided =
        if merge { both.merge("same", &caller, now) } else { both.split("not", &caller, now) };
    let (one, two) = decided.unwrap();
    let changes = vec![part.after(one), whole.after(two)];
    store.commit(stamp(at), Basis::default(), changes).await.unwrap();
}

fn zone(code: &str) -> ZoneId {
    ZoneId::new(code).unwrap()
}

async fn heard(store: &Store) -> Vec<StepKey> {
    let stretch = (Instant(0), Instant(1_000));
    store.public_steps(&city_id(), stretch, None, 100).await.unwrap()
}

/// The public cases of a zone that were opened from an instant on or are over since another, each with its
/// report.
async fn cases(store: &Store, of: &str, since: (i64, i64)) -> Vec<(IncidentId, ReportId)> {
    let since = (Instant(since.0), Instant(since.1));
    let found = store.public_cases(&city_id(), Some(&zone(of)), since, 100).await.unwrap();
    found.into_iter().map(|it| (it.docket.id, it.report)).collect()
}

/// The public reports whose case says this, the newest first.
async fn whose(store: &Store, case: CaseFilter) -> Vec<ReportId> {
    let filter = ReportFilter { public: true, case, ..ReportFilter::default() };
    let found = store.reports(&city_id(), &filter, None, 100).await.unwrap();
    found.into_iter().map(|it| it.report.id).collect()
}

#[test]
fn reports_are_listed_by_what_the_case_says_that_they_live_on_in() {
    block_on(async {
        for place in all().await {
            let (store, name) = (place.open().await, place.name());
            founded(&store).await;
            let mut dice = Dice(6);
            let mut cases = Vec::new();
            for at in [100, 110, 120, 130] {
                cases.push(Opened::new(&store, &mut dice, "open311", at).await);
            }
            let ids: Vec<ReportId> = cases.iter().map(Opened::report).collect();
            let [mut a, mut b, mut c, mut d] = <[Opened; 4]>::try_from(cases).ok().unwrap();
            let Change::ReportFiled { mut report, assignment } = dice.filed(None) else {
                unreachable!()
            };
            (report.source, report.received_at) = ("open311".to_owned(), Instant(140));
            let waits = report.id;
            let filed = vec![Change::ReportFiled { report, assignment }];
            store.commit(stamp(140), Basis::default(), filed).await.unwrap();
            let closed = |it| CaseFilter { closed: Some(it), ..CaseFilter::default() };
            let from = |at| CaseFilter { changed_from: Some(Instant(at)), ..CaseFilter::default() };
            let to = |at| CaseFilter { changed_to: Some(Instant(at)), ..CaseFilter::default() };
            let all = [waits, ids[3], ids[2], ids[1], ids[0]];
            assert_eq!(whose(&store, CaseFilter::default()).await, all, "{name}");
            assert_eq!(whose(&store, closed(false)).await, all, "{name}");
            assert_eq!(whose(&store, closed(true)).await, [], "{name}");
            assert_eq!(whose(&store, from(130)).await, all[..2], "{name}");
            pair(&store, &mut a, &mut b, true, 300).await;
            assert_eq!(whose(&store, from(300)).await, all[3..], "{name}");
            b.go(&store, Move::Void, 400).await;
            assert_eq!(whose(&store, closed(true)).await, all[3..], "{name}");
            assert_eq!(whose(&store, closed(false)).await, all[..3], "{name}");
            assert_eq!(whose(&store, from(400)).await, all[3..], "{name}");
            assert_eq!(whose(&store, to(400)).await, all[..3], "{name}");
            assert_eq!(whose(&store, to(130)).await, [ids[2]], "{name}");
            // What lives on in a third is listed whatever is asked for; who asks looks closer.
            let mut last = Opened::new(&store, &mut dice, "open311", 500).await;
            pair(&store, &mut c, &mut d, true, 510).await;
            pair(&store, &mut d, &mut last, true, 520).await;
            last.go(&store, Move::Void, 530).await;
            let over = [last.report(), ids[3], ids[2], ids[1], ids[0]];
            assert_eq!(whose(&store, closed(true)).await, over, "{name}");
            assert_eq!(whose(&store, closed(false)).await, [waits, ids[2]], "{name}");
        }
    });
}

#[test]
fn a_case_is_public_while_a_public_report_stands_behind_it_and_what_was_heard_stays_heard() {
    block_on(async {
        for place in all().await {
            let (store, name) = (place.open().await, place.name());
            founded(&store).await;
            let mut dice = Dice(5);
            let mut told = Opened::new(&store, &mut dice, "open311", 100).await;
            let mut hotline = Opened::new(&store, &mut dice, "hotline", 200).await;
            let other = Opened::new(&store, &mut dice, "hotline", 250).await;
            // Of the steps of one instant the last; of what nobody told in public none.
            let mut expected = vec![told.key(100, 4)];
            assert_eq!(heard(&store).await, expected, "{name}");
            assert_eq!(cases(&store, "z1", (0, 0)).await, [(told.docket.id, told.report())]);
            pair(&store, &mut told, &mut hotline, true, 300).await;
            let of_both = [(hotline.docket.id, told.report())];
            assert_eq!(cases(&store, "z1", (0, 0)).await, of_both, "{name}");
            hotline.go(&store, Move::Note, 350).await;
            hotline.go(&store, Move::Void, 400).await;
            expected.extend([told.key(300, 5), hotline.key(400, 7)]);
            assert_eq!(heard(&store).await, expected, "{name}");
            assert_eq!(cases(&store, "z1", (0, 400)).await, of_both, "{name}");
            assert_eq!(cases(&store, "z1", (0, 401)).await, [], "{name}: it is over since 400");
            pair(&store, &mut told, &mut hotline, false, 500).await;
            expected.push(told.key(500, 6));
            hotline.go(&store, Move::Reopen, 600).await;
            assert_eq!(heard(&store).await, expected, "{name}: the hotline's own is its own");
            let alone = [(told.docket.id, told.report())];
            assert_eq!(cases(&store, "z1", (0, 0)).await, alone, "{name}");
            assert_eq!(cases(&store, "z1", (101, 0)).await, [], "{name}: it was opened at 100");
            let all = store.public_cases(&city_id(), None, (Instant(0), Instant(0)), 9).await;
            assert_eq!(all.unwrap().len(), 1, "{name}: {}", other.docket.id);
            // Where it lies is what the last plan says.
            let rezoned = vec![Rezoned { incident: told.docket.id, zone: Some(zone("z2")) }];
            let seen = store.handover(&city_id()).await.unwrap();
            let now = Pointer { plan: seen.plan + 1, after: None };
            let over = HandedOver { seen, now, handed: Vec::new(), rezoned };
            let changes = vec![Change::HandedOver(over)];
            store.commit(stamp(700), Basis::default(), changes).await.unwrap();
            assert_eq!(cases(&store, "z1", (0, 0)).await, [], "{name}");
            assert_eq!(cases(&store, "z2", (0, 0)).await, alone, "{name}");
            let (stretch, after) = ((Instant(100), Instant(500)), Some(expected[0]));
            let page = store.public_steps(&city_id(), stretch, after, 1).await.unwrap();
            assert_eq!(page, expected[1..2], "{name}");
        }
    });
}

/// What takes the migration back, for the dialect whose tables stand behind `z`.
pub(super) fn undone(z: &str) -> Vec<String> {
    let incident = ["open", "open_by_zone", "over", "over_by_zone"];
    let mut texts: Vec<String> =
        incident.iter().map(|name| format!("drop index {z}incident_public_{name}")).collect();
    texts.extend([
        format!("drop index {z}report_in_public_by_zone"),
        format!("drop table {z}public_step"),
        format!("alter table {z}incident drop column public_report"),
        format!("delete from {z}schema_migration where number = 18"),
    ]);
    texts
}

async fn older(held: &Held) {
    match held.place() {
        Place::File(path) => {
            let connection = rusqlite::Connection::open(path).unwrap();
            for text in undone("") {
                connection.execute_batch(&text).unwrap();
            }
        }
        Place::Postgres(url) => super::places::run(&url, &undone("zonewarden.").join("; ")).await,
        Place::Memory => unreachable!("it is not durable"),
    }
}

#[test]
fn what_the_public_heard_before_is_found_in_a_store_from_before() {
    block_on(async {
        for held in durable().await {
            let name = held.name();
            let store = held.open().await;
            founded(&store).await;
            let mut dice = Dice(6);
            let mut told = Opened::new(&store, &mut dice, "open311", 100).await;
            let mut hotline = Opened::new(&store, &mut dice, "hotline", 200).await;
            pair(&store, &mut told, &mut hotline, true, 300).await;
            hotline.go(&store, Move::Void, 400).await;
            let (steps, public) = (heard(&store).await, cases(&store, "z1", (0, 0)).await);
            assert_eq!((steps.len(), public.len()), (3, 1), "{name}");
            drop(store);
            older(&held).await;
            let store = open(&held.place(), Migrate::Apply).await.unwrap();
            let now = heard(&store).await;
            // There may be more: of several steps of one instant only the last is told.
            assert!(steps.iter().all(|step| now.contains(step)), "{name}: {now:?}");
            assert_eq!(cases(&store, "z1", (0, 0)).await, public, "{name}");
        }
    });
}
