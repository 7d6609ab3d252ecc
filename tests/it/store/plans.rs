//! Plans in time on every store: which atlas version stood when, what was handed over, what was routed anew.

use std::collections::BTreeSet;

use zonewarden::domain::change::Change;
use zonewarden::domain::id::{CityId, IncidentId, ReportId};
use zonewarden::domain::incidents::docket::IncidentOrder;
use zonewarden::domain::incidents::handover::{Handed, HandedOver, Pointer, Rezoned};
use zonewarden::domain::reports::report::Assignment;
use zonewarden::domain::reports::reroute::Rerouted;
use zonewarden::domain::time::Instant;
use zonewarden::geom::coord::{GridBox, GridPoint};
use zonewarden::store::open::{Migrate, Place, open};
use zonewarden::store::{Basis, CommitError, IncidentFilter, Store};

use super::faces::{founded, report_of};
use super::made::{Dice, city, city_id, stamp};
use super::places::{Held, all, block_on, durable};

/// Reports that are assigned anew, or incidents that are handed over; now and then decided on what is no
/// longer so.
pub(super) async fn change(dice: &mut Dice, oracle: &Store, id: &CityId) -> Change {
    if dice.maybe() {
        return handed_over(dice, oracle, id).await;
    }
    let stored = oracle.stored_within(id, everywhere(), (Instant(0), 3), None, 50).await.unwrap();
    let mut them = Vec::new();
    for it in stored.into_iter().take(dice.small_of(4)) {
        let Change::ReportFiled { assignment, .. } = dice.filed(None) else { continue };
        let turn = it.turn + 1 + u32::from(dice.below(9) == 0);
        let plan_version = i64::try_from(dice.below(4)).unwrap();
        let to = Assignment { report: it.told.id, turn, plan_version, ..assignment };
        let mut left = vec![it.unit.clone()];
        left.extend(it.co.into_iter().filter(|unit| *unit != it.unit));
        left.dedup();
        them.push(Rerouted { to, received_at: it.told.received_at, left });
    }
    Change::ReportsRerouted(them)
}

async fn handed_over(dice: &mut Dice, oracle: &Store, id: &CityId) -> Change {
    let seen = oracle.handover(id).await.unwrap();
    let handed = Handed {
        plan: seen.plan + 1,
        incident: IncidentId(dice.report_id().0),
        revision: 5,
        from: dice.unit_id(),
        to: dice.unit_id(),
        from_zone: None,
        to_zone: None,
        at: dice.instant(),
    };
    let after = seen.after.max(Some(handed.incident));
    let now = match dice.below(3) {
        0 => Pointer { plan: seen.plan + 1, after: None },
        _ => Pointer { plan: seen.plan, after },
    };
    if now <= seen {
        return Change::RulesRemoved(Vec::new());
    }
    let stale = Pointer { after: Some(IncidentId(dice.report_id().0)), ..seen };
    let seen = if dice.below(6) == 0 && stale < now { stale } else { seen };
    let zone = (dice.below(3) > 0).then(|| dice.zone_id());
    let rezoned = match oracle
        .incidents(id, &IncidentFilter::default(), IncidentOrder::Newest, None, 1)
        .await
    {
        Ok(page) => page.iter().map(|it| Rezoned { incident: it.id, zone: zone.clone() }).collect(),
        Err(_) => Vec::new(),
    };
    Change::HandedOver(HandedOver { seen, now, handed: vec![handed], rezoned })
}

pub(super) fn everywhere() -> GridBox {
    let (min, max) = (-1_800_000_000, 1_800_000_000);
    GridBox { min: GridPoint { x: min, y: min / 2 }, max: GridPoint { x: max, y: max / 2 } }
}

/// Everything that is asked about plans in time, from both.
pub(super) async fn compare(
    dice: &mut Dice,
    oracle: &Store,
    store: &Store,
    (id, filed): (&CityId, &[ReportId]),
    what: &str,
) {
    assert_eq!(store.first_instant(id).await, oracle.first_instant(id).await, "{what}");
    for at in [-1, 0, 7, 20, 60, 149, 150, i64::MAX] {
        let at = Instant(at);
        assert_eq!(store.stood_at(id, at).await, oracle.stood_at(id, at).await, "{what}, {at:?}");
    }
    for (until, limit) in [(i64::MAX, 99), (2, 1), (0, 9)] {
        let (got, expected) = (store.plans(id, until, limit), oracle.plans(id, until, limit));
        assert_eq!(got.await, expected.await, "{what}");
    }
    for version in 0..4 {
        let (got, expected) = (store.plan_zones(id, version), oracle.plan_zones(id, version));
        assert_eq!(got.await, expected.await, "{what}");
        let (got, expected) =
            (store.handed(id, version, None, 9), oracle.handed(id, version, None, 9));
        let handed = expected.await.unwrap();
        assert_eq!(got.await.unwrap(), handed, "{what}");
        let after = handed.first().map(|it| it.incident);
        let (got, expected) =
            (store.handed(id, version, after, 2), oracle.handed(id, version, after, 2));
        assert_eq!(got.await, expected.await, "{what}");
    }
    assert_eq!(store.handover(id).await, oracle.handover(id).await, "{what}");
    for _ in 0..4 {
        let (a, b) = (dice.place(), dice.place());
        let frame = GridBox { min: a, max: a }.with(GridBox { min: b, max: b });
        let after = dice.maybe().then(|| dice.report_id());
        let limit = u32::try_from(dice.below(9)).unwrap();
        let incident = after.map(|id| IncidentId(id.0));
        assert_eq!(
            store.open_within(id, frame, incident, limit).await,
            oracle.open_within(id, frame, incident, limit).await,
            "{what}: {frame:?}"
        );
        let since = (dice.instant(), i64::try_from(dice.below(4)).unwrap());
        assert_eq!(
            store.stored_within(id, frame, since, after, limit).await,
            oracle.stored_within(id, frame, since, after, limit).await,
            "{what}: {frame:?}"
        );
    }
    for report in filed {
        let (got, expected) = (store.assignments(id, *report), oracle.assignments(id, *report));
        assert_eq!(got.await, expected.await, "{what}");
    }
}

/// A city that has published three plans: at 100 and 200, and two at the same instant at 300.
async fn published(store: &Store) {
    founded(store).await;
    let mut dice = Dice(11);
    for (version, at) in [(1, 100), (2, 200), (3, 300), (4, 300)] {
        let mut change = dice.plan(version);
        if let Change::PlanPublished { plan, .. } = &mut change {
            plan.effective_from = Instant(at);
        }
        store.commit(stamp(at), Basis::default(), vec![change]).await.unwrap();
    }
}

#[test]
fn every_moment_has_the_version_that_stood_then_also_the_exact_instants() {
    block_on(async {
        for place in all().await {
            let store = place.open().await;
            published(&store).await;
            let name = place.name();
            let id = city_id();
            assert_eq!(store.first_instant(&id).await.unwrap(), Some(Instant(0)), "{name}");
            assert_eq!(store.stood_at(&id, Instant(-1)).await.unwrap(), None, "{name}");
            // Moment, atlas version, plan, and from when to when that plan.
            let cases = [
                (0, 1, 0, 0, Some(100)),
                (99, 1, 0, 0, Some(100)),
                (100, 2, 1, 100, Some(200)),
                (101, 2, 1, 100, Some(200)),
                (199, 2, 1, 100, Some(200)),
                (200, 3, 2, 200, Some(300)),
                (299, 3, 2, 200, Some(300)),
                (300, 5, 4, 300, None),
                (i64::MAX, 5, 4, 300, None),
            ];
            for (at, version, plan, from, to) in cases {
                let stood = store.stood_at(&id, Instant(at)).await.unwrap().unwrap();
                assert_eq!((stood.version, stood.plan), (version, plan), "{name} at {at}");
                assert_eq!(stood.from, Instant(from), "{name} at {at}");
                assert_eq!(stood.to, to.map(Instant), "{name} at {at}");
                if plan > 0 {
                    let span = (stood.plan_from, stood.plan_to);
                    assert_eq!(span, (Instant(from), to.map(Instant)), "{name} at {at}");
                }
                let state = store.load_at(&id, version).await.unwrap().unwrap();
                assert_eq!(state.plan.version, plan, "{name} at {at}");
            }
            // A clock that is set back counts as standing still.
            let units = vec![Change::UnitsSet(vec![Dice(1).unit()])];
            store.commit(stamp(250), Basis::default(), units).await.unwrap();
            let stood = async |at| store.stood_at(&id, Instant(at)).await.unwrap().unwrap();
            assert_eq!(stood(250).await.version, 3, "{name}");
            assert_eq!((stood(300).await.version, stood(300).await.from), (6, Instant(300)));
            let told = store.plans(&id, 9, 9).await.unwrap();
            let told: Vec<_> = told
                .iter()
                .map(|it| (it.plan.version, it.effective_to, it.actor.as_str(), it.from_atlas))
                .collect();
            let ends = |at| Some(Instant(at));
            assert_eq!(
                told,
                [
                    (4, None, "cli", 5),
                    (3, ends(300), "cli", 4),
                    (2, ends(300), "cli", 3),
                    (1, ends(200), "cli", 2)
                ],
                "{name}"
            );
        }
    });
}

#[test]
fn a_further_assignment_is_added_and_none_is_overwritten() {
    block_on(async {
        for place in all().await {
            let store = place.open().await;
            founded(&store).await;
            let (id, mut dice, name) = (city_id(), Dice(5), place.name());
            let filed = dice.filed(None);
            let report = report_of(&filed).clone();
            let Change::ReportFiled { assignment: first, .. } = filed.clone() else { return };
            store.commit(stamp(1), Basis::default(), vec![filed]).await.unwrap();
            let mut left = vec![first.unit.clone()];
            left.extend(first.co.iter().filter(|unit| **unit != first.unit).cloned());
            left.dedup();
            let unit = zonewarden::domain::id::UnitId::new("新单位").unwrap();
            let to = Assignment {
                turn: 2,
                plan_version: 2,
                unit: unit.clone(),
                co: Vec::new(),
                zone: None,
                for_dispatcher: false,
                ..first.clone()
            };
            let rerouted = Rerouted { to: to.clone(), received_at: report.received_at, left };
            let again = Change::ReportsRerouted(vec![rerouted]);
            let commit =
                async || store.commit(stamp(2), Basis::default(), vec![again.clone()]).await;
            commit().await.unwrap();
            let second = commit().await;
            assert!(matches!(second, Err(CommitError::Conflict(_))), "{name}: {second:?}");
            assert_eq!(
                store.assignments(&id, report.id).await.unwrap(),
                [first.clone(), to.clone()]
            );
            let found = store.report(&id, report.id).await.unwrap().unwrap();
            assert_eq!(found.assignment, to, "{name}");
            // The lists follow.
            let listed = async |unit| {
                let filter = zonewarden::store::ReportFilter {
                    unit: Some(unit),
                    ..zonewarden::store::ReportFilter::default()
                };
                store.reports(&id, &filter, None, 9).await.unwrap().len()
            };
            assert_eq!((listed(unit).await, listed(first.unit).await), (1, 0), "{name}");
            let none = store.stored_within(&id, everywhere(), (Instant(0), 2), None, 9).await;
            assert_eq!(none.unwrap(), [], "{name}: it is not found again");
        }
    });
}

#[test]
fn a_hand_over_goes_on_from_where_it_stands_and_from_nowhere_else() {
    block_on(async {
        for place in all().await {
            let store = place.open().await;
            founded(&store).await;
            let (id, name) = (city_id(), place.name());
            assert_eq!(store.handover(&id).await.unwrap(), Pointer::default(), "{name}");
            let at = |plan, n: u64| Pointer {
                plan,
                after: (n > 0).then(|| IncidentId(uuid::Uuid::from_u64_pair(0, n))),
            };
            let go = async |seen, now| {
                let change = Change::HandedOver(HandedOver {
                    seen,
                    now,
                    handed: Vec::new(),
                    rezoned: Vec::new(),
                });
                store.commit(stamp(1), Basis::default(), vec![change]).await
            };
            go(at(0, 0), at(0, 5)).await.unwrap();
            for (seen, now) in [(at(0, 0), at(0, 9)), (at(0, 4), at(1, 0)), (at(1, 0), at(1, 3))] {
                let refused = go(seen, now).await;
                assert!(matches!(refused, Err(CommitError::Conflict(_))), "{name}: {refused:?}");
            }
            assert_eq!(store.handover(&id).await.unwrap(), at(0, 5), "{name}");
            go(at(0, 5), at(1, 0)).await.unwrap();
            assert_eq!(store.handover(&id).await.unwrap(), at(1, 0), "{name}");
            assert!(go(at(1, 0), at(0, 7)).await.is_err(), "{name}: it goes back");
            assert!(go(at(1, 0), at(3, 0)).await.is_err(), "{name}: it leaves a plan out");
        }
    });
}

/// Takes away what the migration of plans made, as if the store were older.
async fn older(held: &Held) {
    let z = if matches!(held.place(), Place::Postgres(_)) { "zonewarden." } else { "" };
    let index = format!("drop index {z}incident_open_by_place");
    let texts = [
        index,
        format!("drop table {z}atlas_version"),
        format!("drop table {z}plan_handover"),
        format!("drop table {z}handed_over"),
        format!("alter table {z}plan drop column actor"),
        format!("alter table {z}incident drop column at_x"),
        format!("alter table {z}incident drop column at_y"),
        // And what came behind it.
        format!("alter table {z}city drop column reaches"),
        format!("alter table {z}city_history drop column reaches"),
        format!("alter table {z}city drop column catalogue"),
        format!("alter table {z}city_history drop column catalogue"),
        format!("alter table {z}incident drop column yellow_at"),
        format!("alter table {z}incident drop column red_at"),
        format!("alter table {z}incident drop column due_clock"),
        format!("alter table {z}incident drop column whole_due_at"),
        format!("drop table {z}report_link"),
        format!("drop table {z}kept_answer"),
        format!("drop table {z}words_masked"),
        format!("drop index {z}picture_by_report"),
        format!("delete from {z}schema_migration where number >= 13"),
    ];
    let later = super::edits::undone(z).into_iter().chain(super::public::undone(z));
    let places = if z.is_empty() { places_undone() } else { Vec::new() };
    let texts: Vec<String> = places.into_iter().chain(later).chain(texts).collect();
    match held.place() {
        Place::File(path) => {
            let connection = rusqlite::Connection::open(path).unwrap();
            for text in &texts {
                connection.execute_batch(text).unwrap();
            }
        }
        Place::Postgres(url) => super::places::run(&url, &texts.join("; ")).await,
        Place::Memory => unreachable!("it is not durable"),
    }
}

/// What takes the table of places back, which SQLite alone has.
fn places_undone() -> Vec<String> {
    let triggers =
        ["insert", "update", "delete"].map(|it| format!("drop trigger report_place_{it}"));
    triggers.into_iter().chain(["drop table report_place".to_owned()]).collect()
}

#[test]
fn reports_are_found_by_place_also_those_from_before_and_where_another_program_moved_them() {
    block_on(async {
        let folder = tempfile::TempDir::new().unwrap();
        let path = super::places::file_in(&folder);
        let id = city_id();
        let found = async |store: &Store, around: GridPoint| -> Vec<ReportId> {
            let frame = GridBox { min: around, max: around };
            let all = store.stored_within(&id, frame, (Instant(i64::MIN), 9), None, 99).await;
            all.unwrap().iter().map(|it| it.told.id).collect()
        };
        let store = open(&Place::File(path.clone()), Migrate::Apply).await.unwrap();
        founded(&store).await;
        let filed: Vec<Change> = (1..=9).map(|n| Dice(n).filed(Some(n))).collect();
        let told: Vec<(ReportId, GridPoint)> =
            filed.iter().map(report_of).map(|it| (it.id, it.position)).collect();
        let commit = async |store: &Store, change: Change| {
            store.commit(stamp(1), Basis::default(), vec![change]).await.unwrap()
        };
        let mut filed = filed.into_iter();
        for change in filed.by_ref().take(6) {
            commit(&store, change).await;
        }
        drop(store);
        let foreign = rusqlite::Connection::open(&path).unwrap();
        for text in places_undone() {
            foreign.execute_batch(&text).unwrap();
        }
        foreign.execute("delete from schema_migration where number = 23", []).unwrap();
        let store = open(&Place::File(path.clone()), Migrate::Apply).await.unwrap();
        for change in filed {
            commit(&store, change).await;
        }
        for (report, at) in &told {
            assert!(found(&store, *at).await.contains(report), "{report} at {at:?}");
            let beside = GridPoint { x: at.x + 1, y: at.y };
            assert!(!found(&store, beside).await.contains(report), "{report} at {at:?}");
        }
        let rows = || -> i64 {
            let count = "select count(*) from report_place";
            foreign.query_row(count, [], |row| row.get(0)).unwrap()
        };
        assert_eq!(rows(), 9);
        // What deletes a report needs none of the functions that a GeoPackage's triggers call.
        let gone = told[0].0.to_string();
        foreign.execute("delete from report where report_id = ?1", [&gone]).unwrap();
        assert_eq!(rows(), 8);
        assert!(!found(&store, told[0].1).await.contains(&told[0].0));
    });
}

#[test]
fn a_store_from_before_tells_what_its_tables_allow() {
    block_on(async {
        for held in durable().await {
            let (id, name) = (city_id(), held.name());
            let store = held.open().await;
            published(&store).await;
            let case = super::random::opened_case(&store, &mut Dice(3)).await;
            let units = vec![Change::UnitsSet(vec![Dice(1).unit()])];
            store.commit(stamp(400), Basis::default(), units).await.unwrap();
            let moments: Vec<i64> = vec![-1, 0, 99, 100, 150, 200, 299, 300, 399, 400, 999];
            let mut before = Vec::new();
            for at in &moments {
                before.push(store.stood_at(&id, Instant(*at)).await.unwrap());
            }
            let plans = store.plans(&id, 9, 9).await;
            drop(store);
            older(&held).await;
            let store = open(&held.place(), Migrate::Apply).await.unwrap();
            let mut known = BTreeSet::new();
            for (at, before) in moments.iter().zip(before) {
                let now = store.stood_at(&id, Instant(*at)).await.unwrap();
                known.extend(now.map(|it| it.version));
                // Two commits at one instant count as one.
                let (now, before) = (now.map(|it| it.plan), before.map(|it| it.plan));
                assert_eq!(now, before, "{name} at {at}");
            }
            assert!(known.contains(&6), "{name}: {known:?}");
            assert_eq!(store.plans(&id, 9, 9).await, plans, "{name}");
            let pointer = store.handover(&id).await.unwrap();
            assert_eq!(pointer, Pointer { plan: 4, after: None }, "{name}");
            let around = GridBox { min: case.matter.position, max: case.matter.position };
            assert_eq!(store.open_within(&id, around, None, 9).await.unwrap(), [case], "{name}");
        }
    });
}

#[test]
fn another_program_s_edits_have_their_time_too() {
    block_on(async {
        let folder = tempfile::TempDir::new().unwrap();
        let path = super::places::file_in(&folder);
        let store = open(&Place::File(path.clone()), Migrate::Apply).await.unwrap();
        let changes = vec![Change::CitySet(city(&city_id()))];
        store.commit(stamp(5), Basis { atlas_version: Some(0) }, changes).await.unwrap();
        let foreign = rusqlite::Connection::open(path).unwrap();
        foreign.execute("update city set name_en = 'Edited'", []).unwrap();
        assert!(store.notice_foreign_edits().await.unwrap());
        let stood = store.stood_at(&city_id(), Instant(i64::MAX)).await.unwrap().unwrap();
        assert_eq!(stood.version, 2);
        assert!(stood.from > Instant(1_700_000_000_000_000), "{stood:?}");
        let before = store.stood_at(&city_id(), Instant(6)).await.unwrap().unwrap();
        assert_eq!((before.version, before.to), (1, Some(stood.from)));
    });
}
