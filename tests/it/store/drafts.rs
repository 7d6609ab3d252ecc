//! Drafts over every store: who is first, what is listed, what is due, what `kill -9` leaves.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Duration;

use uuid::Uuid;
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::change::Change;
use zonewarden::domain::drafts::docket::{DraftDocket, DraftKey, DraftMoved};
use zonewarden::domain::drafts::state::{Ask, Draft};
use zonewarden::domain::drafts::step::{Deed, DraftStep, Stage};
use zonewarden::domain::id::{CityId, DraftId};
use zonewarden::domain::time::Instant;
use zonewarden::domain::zoning::edit::ZoningEdit;
use zonewarden::store::open::{Migrate, Place, open};
use zonewarden::store::{Basis, CommitError, DraftFilter, Head, Store};

use super::faces::founded;
use super::made::{Dice, city, city_id, stamp};
use super::places::{all, block_on, durable};

const STEPS: u32 = 10_000;
/// Names the store for the process that is to be killed; absent in the suite itself.
const VICTIM: &str = "ZONEWARDEN_TEST_DRAFT_VICTIM";
const KILLS: u64 = 5;

fn planner(actor: &str) -> Caller {
    Caller { role: Role::Planner, unit: None, actor: actor.to_owned() }
}

fn id(n: u64) -> DraftId {
    DraftId(Uuid::from_u64_pair(7, n))
}

fn opened(draft: DraftId, name: &str, at: i64) -> (Draft, Change) {
    let deed = Deed::Open {
        name: name.to_owned(),
        words: "试 '\"\\ $1".to_owned(),
        base: 1,
        copied_from: None,
        drew: BTreeSet::new(),
        edits: Vec::new(),
    };
    let (draft, step) = Draft::open(draft, deed, &planner("a"), Instant(at)).unwrap();
    let change = Change::DraftMoved(Box::new(DraftMoved::by(&draft, step)));
    (draft, change)
}

/// The draft after a deed, and the change that writes it.
fn then(mut draft: Draft, deed: Deed, actor: &str, at: i64) -> (Draft, Change) {
    let ask = Ask { seen: draft.revision, deed };
    let step = draft.decide(ask, Vec::new, &planner(actor), Instant(at)).unwrap();
    draft.take(&step);
    let change = Change::DraftMoved(Box::new(DraftMoved::by(&draft, step)));
    (draft, change)
}

fn edit() -> Deed {
    let edits: Vec<ZoningEdit> = serde_json::from_str(
        r#"[{"kind":"move_vertex","from":[109.4840001,36.585],"to":[109.1,36.2]}]"#,
    )
    .unwrap();
    Deed::Edit { edits }
}

async fn commit(store: &Store, change: Change) -> Result<Head, CommitError> {
    store.commit(stamp(1), Basis::default(), vec![change]).await
}

async fn steps(store: &Store, draft: DraftId) -> Vec<DraftStep> {
    store.draft_steps(&city_id(), draft, 0, STEPS).await.unwrap()
}

#[test]
fn of_two_steps_on_one_revision_one_is_written_and_the_other_told() {
    block_on(async {
        for place in all().await {
            let store = place.open().await;
            commit(&store, Change::CitySet(city(&city_id()))).await.unwrap();
            let (draft, begun) = opened(id(1), "北岸", 5);
            commit(&store, begun.clone()).await.unwrap();
            let refused = commit(&store, begun).await.unwrap_err();
            assert!(refused.to_string().contains("is there already"), "{refused}");
            let (one, first) = then(draft.clone(), edit(), "a", 6);
            let (_, second) =
                then(draft, Deed::Lock { zones: BTreeSet::default(), outline: true }, "a", 7);
            let (first, second) = tokio::join!(commit(&store, first), commit(&store, second));
            let lost = [first, second].into_iter().filter_map(Result::err).collect::<Vec<_>>();
            assert_eq!(lost.len(), 1, "{}", place.name());
            assert!(lost[0].to_string().contains("has gone on"), "{}", lost[0]);
            let kept = steps(&store, id(1)).await;
            let folded = Draft::fold(&kept).unwrap();
            let docket = store.draft(&city_id(), id(1)).await.unwrap();
            assert_eq!(docket, Some(DraftDocket::of(&folded)), "{}", place.name());
            assert_eq!(folded.revision, one.revision);
            let head = store.head(&city_id()).await.unwrap().unwrap();
            assert_eq!(head.atlas_version, 1, "a draft moves no atlas");
        }
    });
}

#[test]
fn drafts_are_listed_in_pages_and_found_when_they_are_due() {
    block_on(async {
        for place in all().await {
            let store = place.open().await;
            commit(&store, Change::CitySet(city(&city_id()))).await.unwrap();
            for n in 1..=5_u64 {
                let at = 10 - i64::try_from(n % 3).unwrap();
                let (draft, begun) = opened(id(n), "d", at);
                commit(&store, begun).await.unwrap();
                let at = Instant(100 + i64::try_from(n).unwrap());
                let deed = if n % 2 == 0 {
                    Deed::Schedule { at, note: String::new() }
                } else {
                    Deed::Drop { words: String::new() }
                };
                commit(&store, then(draft, deed, "a", 20).1).await.unwrap();
            }
            let list = async |filter: DraftFilter, after: Option<DraftKey>, limit| {
                store.drafts(&city_id(), &filter, after, limit).await.unwrap()
            };
            let whole = list(DraftFilter::default(), None, 9).await;
            let order: Vec<DraftId> = whole.iter().map(|it| it.id).collect();
            assert_eq!(order, [3, 4, 1, 5, 2].map(id), "{}", place.name());
            let rest = list(DraftFilter::default(), Some(whole[1].key()), 2).await;
            assert_eq!(rest, whole[2..4], "{}", place.name());
            let scheduled =
                DraftFilter { stage: Some(Stage::Scheduled), open: Some(true), owner: None };
            assert_eq!(list(scheduled, None, 9).await.len(), 2);
            let others = DraftFilter { owner: Some("b".to_owned()), ..DraftFilter::default() };
            assert_eq!(list(others, None, 9).await, []);
            assert_eq!(store.drafts_open(&city_id()).await, Ok(2));
            for (now, due) in [(101, 0), (102, 1), (104, 2)] {
                let found = store.drafts_due(&city_id(), Instant(now), 9).await.unwrap();
                assert_eq!(found.len(), due, "{} at {now}", place.name());
            }
        }
    });
}

/// Edits of three megabytes.
fn wordy() -> Deed {
    let edit = serde_json::json!({
        "kind": "set_zone", "zone": "x", "attributes": { "note": "注".repeat(20_000) },
    });
    Deed::Edit { edits: vec![serde_json::from_value(edit).unwrap(); 50] }
}

#[test]
fn steps_come_in_pages_that_are_bounded_in_bytes() {
    block_on(async {
        for place in all().await {
            let store = place.open().await;
            commit(&store, Change::CitySet(city(&city_id()))).await.unwrap();
            let (mut draft, begun) = opened(id(1), "d", 5);
            commit(&store, begun).await.unwrap();
            for _ in 0..4 {
                let (next, change) = then(draft, wordy(), "a", 6);
                commit(&store, change).await.unwrap();
                draft = next;
            }
            let page = async |after, limit| -> Vec<u32> {
                let steps = store.draft_steps(&city_id(), id(1), after, limit).await.unwrap();
                steps.iter().map(|step| step.revision).collect()
            };
            // The third of the long ones goes beyond eight megabytes and is the last.
            assert_eq!(page(0, STEPS).await, [1, 2, 3, 4], "{}", place.name());
            assert_eq!(page(4, STEPS).await, [5], "{}", place.name());
            assert_eq!(page(1, 2).await, [2, 3], "{}", place.name());
            assert!(page(1, 0).await.is_empty(), "{}", place.name());
            assert!(page(5, STEPS).await.is_empty(), "{}", place.name());
        }
    });
}

/// A draft is published in one commit with its plan: never the one without the other.
async fn published(store: &Store, n: u64) -> Result<Head, CommitError> {
    let (draft, begun) = opened(id(n), "d", 5);
    commit(store, begun).await?;
    let plan = i64::try_from(n).unwrap() + 1;
    let (_, change) = then(draft, Deed::Publish { plan }, "a", 6);
    let zones = Dice(n).plan(plan);
    store.commit(stamp(6), Basis::default(), vec![zones, change]).await
}

/// Not a test of its own: what the killed process does. Publishes draft after draft without end.
#[test]
fn publishing_victim() {
    let Ok(place) = std::env::var(VICTIM) else { return };
    block_on(async {
        let store = open(&Place::parse(&place), Migrate::Apply).await.unwrap();
        let state = store.load(&city_id()).await.unwrap().unwrap();
        // A draft that was begun and not published is left; the next one follows the plan in force.
        let mut n = u64::try_from(state.plan.version).unwrap();
        while store.draft(&city_id(), id(n)).await.unwrap().is_some() {
            let of = store.draft(&city_id(), id(n)).await.unwrap().unwrap();
            let folded = Draft::fold(&steps(&store, of.id).await).unwrap();
            let plan = i64::try_from(n).unwrap() + 1;
            let change = then(folded, Deed::Publish { plan }, "a", 6).1;
            let zones = Dice(n).plan(plan);
            store.commit(stamp(6), Basis::default(), vec![zones, change]).await.unwrap();
            n += 1;
        }
        loop {
            published(&store, n).await.unwrap();
            n += 1;
        }
    });
}

#[test]
fn kill_9_leaves_no_plan_without_its_draft_and_no_draft_without_its_plan() {
    for held in block_on(durable()) {
        drop(block_on(async {
            let store = held.open().await;
            founded(&store).await;
            let plan = store.load(&city_id()).await.unwrap().unwrap().plan.version;
            if plan == 0 {
                commit(&store, Dice(1).plan(1)).await.unwrap();
            }
            store
        }));
        let place = match held.place() {
            Place::File(path) => path.to_str().unwrap().to_owned(),
            Place::Postgres(url) => url,
            Place::Memory => unreachable!("it is not durable"),
        };
        let mut last = 1;
        for round in 0..KILLS {
            let mut victim = Command::new(std::env::current_exe().unwrap())
                .args(["store::drafts::publishing_victim", "--exact", "--nocapture"])
                .env(VICTIM, &place)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            block_on(beyond(&held.place(), last));
            std::thread::sleep(Duration::from_micros(Dice(round).below(5_000)));
            victim.kill().unwrap();
            victim.wait().unwrap();
            block_on(super::killed::alone(&held.place()));
            last = block_on(paired(&held.place(), held.name()));
        }
    }
}

/// Waits until the victim has published a plan behind this one.
async fn beyond(place: &Place, last: i64) {
    let store = open(place, Migrate::Require).await.unwrap();
    loop {
        let now = store.load(&city_id()).await.unwrap().unwrap().plan.version;
        if now > last {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Each plan behind the first is that of one published draft, and the other way round.
async fn paired(place: &Place, name: &str) -> i64 {
    let store = open(place, Migrate::Require).await.unwrap();
    let filter = DraftFilter { stage: Some(Stage::Published), ..DraftFilter::default() };
    let found = store.drafts(&city_id(), &filter, None, STEPS).await.unwrap();
    let mut plans: Vec<i64> = found.iter().filter_map(|it| it.plan).collect();
    plans.sort_unstable();
    let last = store.load(&city_id()).await.unwrap().unwrap().plan.version;
    assert_eq!(plans, (2..=last).collect::<Vec<_>>(), "{name}");
    for docket in found {
        let folded = Draft::fold(&steps(&store, docket.id).await).unwrap();
        assert_eq!(DraftDocket::of(&folded), docket, "{name}");
    }
    last
}

/// A draft begun, gone on, or decided on an older revision.
pub(super) async fn change(dice: &mut Dice, oracle: &Store, of: &CityId) -> Change {
    let draft = id(dice.below(6));
    let known = oracle.draft_steps(of, draft, 0, STEPS).await.unwrap();
    let at = i64::try_from(dice.below(50)).unwrap();
    if known.is_empty() || dice.below(9) == 0 {
        return opened(draft, &format!("d{at}"), at).1;
    }
    let seen = known.len() - usize::from(known.len() > 1 && dice.below(6) == 0);
    let folded = Draft::fold(&known[..seen]).unwrap();
    let deed = match dice.below(7) {
        0 => Deed::Undo,
        1 => Deed::Propose { words: "'".to_owned() },
        2 => Deed::Schedule { at: dice.instant(), note: "later".to_owned() },
        3 => Deed::Withdraw { words: String::new() },
        _ => edit(),
    };
    let remark = Deed::Comment { words: "x".to_owned(), place: None };
    let lawful = folded.judge(Role::Planner, "a", &deed).is_ok();
    then(folded, if lawful { deed } else { remark }, "a", at).1
}

pub(super) async fn compare(
    dice: &mut Dice,
    oracle: &Store,
    store: &Store,
    of: &CityId,
    what: &str,
) {
    for n in 0..7 {
        let (got, expected) = (store.draft(of, id(n)), oracle.draft(of, id(n)));
        assert_eq!(got.await, expected.await, "{what}");
        let after = u32::try_from(dice.below(4)).unwrap();
        let (got, expected) =
            (store.draft_steps(of, id(n), after, 3), oracle.draft_steps(of, id(n), after, 3));
        assert_eq!(got.await, expected.await, "{what}");
    }
    let after = dice.maybe().then(|| DraftKey { opened_at: Instant(20), id: id(dice.below(6)) });
    let filter = DraftFilter {
        stage: dice.maybe().then_some(Stage::Open),
        open: dice.maybe().then(|| dice.maybe()),
        owner: dice.maybe().then(|| "a".to_owned()),
    };
    let (got, expected) =
        (store.drafts(of, &filter, after, 4), oracle.drafts(of, &filter, after, 4));
    assert_eq!(got.await, expected.await, "{what}: {filter:?}");
    assert_eq!(store.drafts_open(of).await, oracle.drafts_open(of).await, "{what}");
    let now = dice.instant();
    let (got, expected) = (store.drafts_due(of, now, 4), oracle.drafts_due(of, now, 4));
    assert_eq!(got.await, expected.await, "{what}");
    for plan in 0..4 {
        let (got, expected) = (store.plan_zones(of, plan), oracle.plan_zones(of, plan));
        assert_eq!(got.await, expected.await, "{what}");
    }
}
