//! What the promise says, one sentence a test, on every store.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use zonewarden::domain::change::Change;
use zonewarden::domain::id::{FacilityId, ReportId, UnitId};
use zonewarden::domain::reports::report::Report;
use zonewarden::store::{Basis, CommitError, Head, ReportFilter, Store};

use super::made::{Dice, city, city_id, stamp};
use super::places::{all, block_on};

pub(crate) fn report_of(change: &Change) -> &Report {
    match change {
        Change::ReportFiled { report, .. } => report,
        other => panic!("{other:?} files nothing"),
    }
}

pub(crate) async fn founded(store: &Store) -> Head {
    let changes = vec![Change::CitySet(city(&city_id()))];
    store.commit(stamp(0), Basis { atlas_version: Some(0) }, changes).await.unwrap()
}

/// Runs the case on a fresh store of every kind, the city made.
fn everywhere<F: Future<Output = ()>>(case: impl Fn(Store) -> F) {
    block_on(async {
        for place in all().await {
            let store = place.open().await;
            assert_eq!(founded(&store).await, Head { atlas_version: 1, journal_seq: 1 });
            case(store).await;
        }
    });
}

async fn commit(
    store: &Store,
    basis: Option<i64>,
    changes: Vec<Change>,
) -> Result<Head, CommitError> {
    store.commit(stamp(1), Basis { atlas_version: basis }, changes).await
}

#[test]
fn a_moved_basis_is_refused_and_nothing_is_written() {
    everywhere(|store| async move {
        let mut dice = Dice(1);
        let filed = dice.filed(None);
        let id = report_of(&filed).id;
        let refused = commit(&store, Some(7), vec![filed]).await;
        assert_eq!(refused, Err(CommitError::Moved { now: 1 }), "{store:?}");
        assert_eq!(store.report(&city_id(), id).await, Ok(None), "{store:?}");
        let head = store.head(&city_id()).await.unwrap().unwrap();
        assert_eq!(head.journal_seq, 1, "{store:?}");
    });
}

#[test]
fn a_used_key_is_answered_with_the_earlier_report_before_the_basis_is_looked_at() {
    everywhere(|store| async move {
        let mut dice = Dice(2);
        let first = dice.filed(Some(1));
        let (report, request_hash) = (report_of(&first).id, report_of(&first).request_hash.clone());
        commit(&store, Some(1), vec![first]).await.unwrap();
        let again = commit(&store, Some(99), vec![dice.filed(Some(1))]).await;
        assert_eq!(again, Err(CommitError::KeyUsed { report, request_hash }), "{store:?}");
    });
}

#[test]
fn all_of_a_commit_or_none_of_it() {
    everywhere(|store| async move {
        let before = store.load(&city_id()).await.unwrap();
        let mut dice = Dice(3);
        let nobody = UnitId::new("nobody").unwrap();
        let changes = vec![
            Change::FacilitiesSet(vec![dice.facility()]),
            dice.filed(Some(5)),
            Change::UnitsRemoved(vec![nobody]),
        ];
        let refused = commit(&store, None, changes).await;
        assert!(matches!(refused, Err(CommitError::Conflict(_))), "{store:?}: {refused:?}");
        assert_eq!(store.load(&city_id()).await.unwrap(), before, "{store:?}");
        assert_eq!(store.journal(&city_id(), 0, 99).await.unwrap().len(), 1, "{store:?}");
        commit(&store, None, vec![dice.filed(Some(5))]).await.unwrap();
    });
}

#[test]
fn a_city_is_made_once() {
    everywhere(|store| async move {
        let again = vec![Change::CitySet(city(&city_id()))];
        let refused = commit(&store, Some(0), again).await;
        assert_eq!(refused, Err(CommitError::Moved { now: 1 }), "{store:?}");
        let elsewhere = zonewarden::domain::id::CityId::new("elsewhere").unwrap();
        let mut there = stamp(1);
        there.city = elsewhere.clone();
        let refused = store.commit(there, Basis::default(), vec![Dice(1).filed(None)]).await;
        assert_eq!(refused, Err(CommitError::NoCity(elsewhere.clone())), "{store:?}");
        assert_eq!(store.load(&elsewhere).await, Ok(None), "{store:?}");
    });
}

#[test]
fn what_no_database_keeps_is_refused_at_the_door_with_the_place() {
    everywhere(|store| async move {
        let mut dice = Dice(4);
        let mut nul = dice.filed(None);
        let mut nan = dice.filed(None);
        if let (Change::ReportFiled { report, .. }, Change::ReportFiled { assignment, .. }) =
            (&mut nul, &mut nan)
        {
            report.words = "a\0b".to_owned();
            assignment.confidence = f64::NAN;
        }
        let mut nowhere = dice.facility();
        nowhere.geometry = geo_types::Point::new(f64::NAN, 1.0).into();
        let mut empty = dice.facility();
        empty.geometry = geo_types::MultiPoint::<f64>::new(Vec::new()).into();
        let twin = dice.facility();
        let cases = [
            (nul, "U+0000"),
            (nan, "NaN"),
            (Change::FacilitiesSet(vec![nowhere]), "coordinate NaN"),
            (Change::FacilitiesSet(vec![empty]), "empty geometry"),
            (Change::FacilitiesSet(vec![twin.clone(), twin]), "twice"),
        ];
        for (change, words) in cases {
            match commit(&store, None, vec![change]).await {
                Err(CommitError::Conflict(told)) if told.contains(words) => {}
                other => panic!("{store:?}: {other:?} does not say {words}"),
            }
        }
    });
}

#[test]
fn a_units_list_holds_what_it_leads_or_is_beside_and_nothing_of_a_code_that_is_alike() {
    everywhere(|store| async move {
        let mut dice = Dice(6);
        let unit = |code: &str| UnitId::new(code).unwrap();
        let mut listed = BTreeMap::<&str, BTreeSet<ReportId>>::new();
        for (lead, co) in [
            ("单位-1", vec!["单位-12"]),
            ("单位-12", vec!["位-1", "单位-12"]),
            ("位-1", vec![]),
            ("单位-3", vec!["单位-12", "单位-1"]),
        ] {
            let mut filed = dice.filed(None);
            let id = report_of(&filed).id;
            if let Change::ReportFiled { assignment, .. } = &mut filed {
                assignment.unit = unit(lead);
                assignment.co = co.iter().map(|code| unit(code)).collect();
            }
            for code in co.into_iter().chain([lead]) {
                listed.entry(code).or_default().insert(id);
            }
            commit(&store, None, vec![filed]).await.unwrap();
        }
        listed.insert("单位", BTreeSet::new());
        for (code, ids) in listed {
            let filter = ReportFilter { unit: Some(unit(code)), ..ReportFilter::default() };
            let found = store.reports(&city_id(), &filter, None, 100).await.unwrap();
            let found: Vec<_> = found.iter().map(|it| it.report.id).collect();
            assert_eq!(found.len(), ids.len(), "{store:?}, {code}");
            assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), ids, "{store:?}, {code}");
        }
    });
}

#[test]
fn a_large_import_arrives_whole_and_may_be_repeated() {
    everywhere(|store| async move {
        let mut dice = Dice(5);
        let many: Vec<_> = (0..6_000)
            .map(|n| {
                let mut one = dice.facility();
                one.id = FacilityId::new(&format!("camera-{n:05}")).unwrap();
                one
            })
            .collect();
        for version in [2, 3] {
            let changes = vec![Change::FacilitiesSet(many.clone())];
            assert_eq!(commit(&store, None, changes).await.unwrap().atlas_version, version);
            let state = store.load(&city_id()).await.unwrap().unwrap();
            assert_eq!(state.facilities, many, "{store:?}");
        }
    });
}
