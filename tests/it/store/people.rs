//! The people behind reports, on every store: kept, found by marks, sealed anew, forgotten.

use std::sync::Arc;

use uuid::Uuid;
use zonewarden::domain::change::Change;
use zonewarden::domain::id::{CityId, PictureId};
use zonewarden::domain::reports::people::{
    Forgetting, Look, PeopleForgotten, PeopleSeen, PersonSealed, PictureCleaned, Was, WordsMasked,
};
use zonewarden::domain::reports::picture::{Media, Picture};
use zonewarden::domain::reports::report::Further;
use zonewarden::domain::time::Instant;
use zonewarden::store::{Basis, CommitError, Store};

use super::faces::{founded, report_of};
use super::made::{Dice, city_id, stamp};
use super::places::{all, block_on};

/// Something done to people of a city, now and then to one who is not there any more.
pub(super) async fn change(dice: &mut Dice, oracle: &Store, id: &CityId) -> Change {
    let people = oracle.people(id, None, 50).await.unwrap();
    if people.is_empty() {
        return Change::RulesRemoved(Vec::new());
    }
    let n = usize::try_from(dice.below(u64::try_from(people.len()).unwrap())).unwrap();
    let (mut report, before) = people[n].clone();
    if dice.below(6) == 0 {
        report = dice.report_id();
    }
    match dice.below(4) {
        0 => {
            let was = match dice.below(5) {
                0 => Was::Sealed("another".to_owned()),
                _ => Was::Sealed(before.sealed),
            };
            Change::PeopleSealed(vec![PersonSealed { report, person: dice.person(), was }])
        }
        1 => {
            let further = Further { address: Some("***'\"".to_owned()), ..Further::default() };
            Change::WordsMasked(vec![WordsMasked { report, words: "***".to_owned(), further }])
        }
        2 => Change::PeopleSeen(PeopleSeen {
            reports: vec![report],
            how: Look::Contact,
            reason: "回访 '\"".to_owned(),
        }),
        _ => Change::PeopleForgotten(PeopleForgotten {
            reports: vec![report],
            why: Forgetting::Request,
        }),
    }
}

/// Everything that is asked about people, from both.
pub(super) async fn compare(
    dice: &mut Dice,
    oracle: &Store,
    store: &Store,
    id: &CityId,
    what: &str,
) {
    let all = oracle.people(id, None, 1_000).await.unwrap();
    assert_eq!(store.people(id, None, 1_000).await.unwrap(), all, "{what}");
    for _ in 0..6 {
        let after = dice.maybe().then(|| dice.report_id());
        let limit = u32::try_from(dice.below(9)).unwrap();
        let marks: Vec<String> = (0..dice.below(3)).map(|n| format!("m{n}")).collect();
        assert_eq!(
            store.reports_marked(id, &marks, after, limit).await,
            oracle.reports_marked(id, &marks, after, limit).await,
            "{what}: {marks:?} after {after:?}, {limit}"
        );
        let before = dice.instant();
        assert_eq!(
            store.people_before(id, before, after, limit).await,
            oracle.people_before(id, before, after, limit).await,
            "{what}: before {before:?} after {after:?}, {limit}"
        );
        assert_eq!(store.people_in_clear(id, after, limit).await, Ok(Vec::new()), "{what}");
    }
}

/// A report with somebody behind it.
fn filed(dice: &mut Dice) -> Change {
    loop {
        let filed = dice.filed(None);
        if report_of(&filed).person.is_some() {
            return filed;
        }
    }
}

#[test]
fn a_person_is_kept_with_the_report_found_by_marks_and_forgotten_without_a_trace() {
    block_on(async {
        for place in all().await {
            let (store, name) = (place.open().await, place.name());
            founded(&store).await;
            let mut dice = Dice(7);
            let filed = filed(&mut dice);
            let report = report_of(&filed).clone();
            let person = *report.person.clone().unwrap();
            let commit =
                async |at, changes| store.commit(stamp(at), Basis::default(), changes).await;
            commit(1, vec![filed]).await.unwrap();
            let found = store.report(&city_id(), report.id).await.unwrap().unwrap();
            assert_eq!(found.report, report, "{name}");
            let marked = store.reports_marked(&city_id(), &person.marks, None, 9).await;
            assert_eq!(marked, Ok(vec![report.id]), "{name}");

            let new = dice.person();
            let seal = |before: &str| {
                let was = Was::Sealed(before.to_owned());
                let person = new.clone();
                Change::PeopleSealed(vec![PersonSealed { report: report.id, person, was }])
            };
            commit(2, vec![seal(&person.sealed)]).await.unwrap();
            let refused = commit(3, vec![seal(&person.sealed)]).await.unwrap_err();
            assert!(refused.to_string().contains("sealed anew meanwhile"), "{name}: {refused}");
            let all = store.people(&city_id(), None, 9).await.unwrap();
            assert_eq!(all, [(report.id, new.clone())], "{name}");

            let forget = || {
                let (reports, why) = (vec![report.id], Forgetting::Retention);
                vec![Change::PeopleForgotten(PeopleForgotten { reports, why })]
            };
            commit(4, forget()).await.unwrap();
            let twice = commit(5, forget()).await;
            let words = "not all of the 1 reports have somebody to forget; nobody was forgotten";
            assert_eq!(twice, Err(CommitError::Conflict(words.to_owned())), "{name}");
            let found = store.report(&city_id(), report.id).await.unwrap().unwrap();
            assert_eq!(found.report.person, None, "{name}");
            let marks = [person.marks, new.marks].concat();
            let marked = store.reports_marked(&city_id(), &marks, None, 9).await;
            assert_eq!(marked, Ok(Vec::new()), "{name}");
            let journal = store.journal(&city_id(), 0, 99).await.unwrap();
            let last = journal.last().unwrap();
            assert_eq!(
                (last.kind.as_str(), &last.facts["why"]),
                ("people_forgotten", &"retention".into())
            );
            let told = format!("{journal:?}");
            assert!(!told.contains(&person.sealed) && !told.contains(&marks[0]), "{told}");
        }
    });
}

#[test]
fn a_commit_that_names_a_report_or_a_picture_twice_is_refused_by_every_store() {
    block_on(async {
        for place in all().await {
            let store = place.open().await;
            founded(&store).await;
            let mut dice = Dice(8);
            let filed = filed(&mut dice);
            let report = report_of(&filed).clone();
            let changes = vec![filed];
            store.commit(stamp(1), Basis::default(), changes).await.unwrap();
            let reports = vec![report.id, report.id];
            let twice = PeopleForgotten { reports, why: Forgetting::Request };
            let was = Was::Clear { request_hash: String::new(), further: Further::default() };
            let sealed = PersonSealed { report: report.id, person: dice.person(), was };
            for changes in [
                vec![Change::PeopleForgotten(twice)],
                vec![
                    Change::PeopleForgotten(PeopleForgotten {
                        reports: vec![report.id],
                        why: Forgetting::Request,
                    }),
                    Change::PeopleSealed(vec![sealed]),
                ],
            ] {
                let refused = store.commit(stamp(2), Basis::default(), changes).await;
                let words = format!("report {} is given twice", report.id);
                assert_eq!(refused, Err(CommitError::Conflict(words)), "{}", place.name());
            }
        }
    });
}

#[test]
fn an_original_is_replaced_once_and_then_no_longer_listed() {
    block_on(async {
        for place in all().await {
            let (store, name) = (place.open().await, place.name());
            founded(&store).await;
            let mut dice = Dice(9);
            let filed = filed(&mut dice);
            let picture = |n: u128, at: i64| Picture {
                id: PictureId::from(Uuid::from_u128(n)),
                report: report_of(&filed).id,
                media: Media::Png,
                sha256: "f0".repeat(32),
                received_at: Instant(at),
                bytes: Arc::from(b"with a place".as_slice()),
            };
            let (first, second) = (picture(2, 7), picture(1, 8));
            let pictures = [first.clone(), second.clone()].map(Change::PictureKept);
            let changes = std::iter::once(filed.clone()).chain(pictures).collect();
            store.commit(stamp(1), Basis::default(), changes).await.unwrap();
            let sent = async |before, after| {
                let found = store.pictures_as_sent(&city_id(), Instant(before), after, 9).await;
                found.unwrap()
            };
            let both = sent(9, None).await;
            let ids: Vec<&PictureId> = both.iter().map(|it| &it.id).collect();
            assert_eq!(ids, [&first.id, &second.id], "{name}");
            assert_eq!(sent(8, None).await, &both[..1], "{name}");
            assert_eq!(sent(9, Some(&both[0])).await, &both[1..], "{name}");
            let bytes: Arc<[u8]> = Arc::from(b"without".as_slice());
            let clean = |id: &PictureId| {
                let (id, sha256, bytes) = (id.clone(), "0f".repeat(32), bytes.clone());
                vec![Change::PicturesCleaned(vec![PictureCleaned { id, sha256, bytes }])]
            };
            store.commit(stamp(2), Basis::default(), clean(&first.id)).await.unwrap();
            assert_eq!(sent(9, None).await, &both[1..], "{name}");
            let found = store.picture(&city_id(), &first.id).await.unwrap().unwrap();
            assert_eq!((found.bytes, found.sha256), (bytes.clone(), "0f".repeat(32)), "{name}");
            let nothing = PictureId::from(Uuid::from_u128(3));
            let refused = store.commit(stamp(3), Basis::default(), clean(&nothing)).await;
            let words = format!("there is no picture {nothing}");
            assert_eq!(refused, Err(CommitError::Conflict(words)), "{name}");
        }
    });
}
