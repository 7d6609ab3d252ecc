//! Answers under idempotency keys and masked steps, on every store.

use serde_json::json;
use zonewarden::domain::accounts::Caller;
use zonewarden::domain::answers::KeptAnswer;
use zonewarden::domain::change::Change;
use zonewarden::domain::id::{CityId, IncidentId};
use zonewarden::domain::incidents::case::{Ask, Case};
use zonewarden::domain::incidents::docket::{CaseMoved, Docket, Due, IncidentOrder};
use zonewarden::domain::incidents::masked::StepMasked;
use zonewarden::domain::incidents::step::{Carried, Move};
use zonewarden::domain::time::Instant;
use zonewarden::store::{Basis, CommitError, IncidentFilter, Store};

use super::faces::founded;
use super::made::{Dice, city_id, stamp};
use super::places::{Held, all, block_on, durable};
use super::random::opened_case;

/// An answer that is kept, or a step that is masked; now and then under a used key or one that is not there.
pub(super) async fn change(dice: &mut Dice, oracle: &Store, id: &CityId) -> Change {
    match dice.below(4) {
        0 => Change::WordsDone { until: dice.instant() },
        1 => answer(&format!("k/{}", dice.below(9)), &format!("{:x}", dice.below(3))),
        _ => {
            let (filter, order) = (IncidentFilter::default(), IncidentOrder::Newest);
            let found = oracle.incidents(id, &filter, order, None, 50).await.unwrap();
            let ids: Vec<IncidentId> = found.iter().map(|docket| docket.id).collect();
            // Where no words may be there are none afterwards: the law still reads every step.
            let mut steps = oracle.steps_of(id, &ids).await.unwrap();
            steps.retain(|step| !step.carried.words.is_empty());
            let Some(step) = steps.get(dice.small_of(50)) else {
                return Change::RulesRemoved(Vec::new());
            };
            let revision = step.revision + if dice.below(5) == 0 { 100 } else { 0 };
            let carried = Carried { words: "*** '\"$1".to_owned(), ..step.carried.clone() };
            Change::StepsMasked(vec![StepMasked { incident: step.incident, revision, carried }])
        }
    }
}

/// Everything that is asked about them, from both.
pub(super) async fn compare(oracle: &Store, store: &Store, id: &CityId, what: &str) {
    let keys: Vec<String> = (0..9).rev().map(|n| format!("k/{n}")).collect();
    assert_eq!(store.answers(id, &keys).await, oracle.answers(id, &keys).await, "{what}");
    assert_eq!(store.words_done(id).await, oracle.words_done(id).await, "{what}");
}

fn answer(key: &str, hash: &str) -> Change {
    let told = json!({ "revision": 2, "zone": null, "b": [1, "乙'\""] });
    Change::AnswerKept(KeptAnswer { key: key.to_owned(), request_hash: hash.to_owned(), told })
}

fn kept(change: &Change) -> KeptAnswer {
    match change {
        Change::AnswerKept(kept) => kept.clone(),
        other => panic!("{other:?} keeps no answer"),
    }
}

/// A note onto a case as it is now.
async fn note(store: &Store, docket: &Docket, words: &str) -> Change {
    let (before, steps) = store.incident(&city_id(), docket.id).await.unwrap().unwrap();
    let carried = Carried { words: words.to_owned(), ..Carried::default() };
    let ask = Ask { seen: before.revision, act: Move::Note, carried };
    let case = Case::fold(steps).unwrap().decide(ask, &Caller::cli(), before.last_at).unwrap();
    let matter = before.matter.clone();
    Change::CaseMoved(CaseMoved::between(Some(&before), &case, matter, Due::default()))
}

async fn revision(store: &Store, docket: &Docket) -> u32 {
    store.incident(&city_id(), docket.id).await.unwrap().unwrap().0.revision
}

#[test]
fn an_answer_is_kept_with_its_step_and_under_a_used_key_nothing_is_written() {
    block_on(async {
        for place in all().await {
            let (store, name) = (place.open().await, place.name());
            founded(&store).await;
            let docket = opened_case(&store, &mut Dice(1)).await;
            let before = docket.revision;
            let commit = async |basis, changes| store.commit(stamp(400), basis, changes).await;
            let first = vec![note(&store, &docket, "seen").await, answer("k/1", "h")];
            commit(Basis::default(), first.clone()).await.unwrap();
            let keys = ["k/2", "k/1"].map(str::to_owned);
            let found = store.answers(&city_id(), &keys).await.unwrap();
            assert_eq!(found, [kept(&first[1])], "{name}");
            let end = store.head(&city_id()).await.unwrap();
            // Before anything else is looked at: the basis, and that the case has gone on.
            let again = CommitError::AnsweredBefore(kept(&first[1]));
            let moved = Basis { atlas_version: Some(99) };
            assert_eq!(commit(moved, first).await, Err(again.clone()), "{name}");
            let other = vec![note(&store, &docket, "other").await, answer("k/1", "other")];
            assert_eq!(commit(Basis::default(), other).await, Err(again), "{name}");
            assert_eq!(revision(&store, &docket).await, before + 1, "{name}");
            assert_eq!(store.head(&city_id()).await.unwrap(), end, "{name}");
            // Neither without the other.
            let nobody = Change::UnitsRemoved(vec![Dice(2).unit_id()]);
            let refused = vec![note(&store, &docket, "third").await, answer("k/3", "h"), nobody];
            assert!(commit(Basis::default(), refused).await.is_err(), "{name}");
            let none = store.answers(&city_id(), &["k/3".to_owned()]).await;
            assert_eq!(none, Ok(Vec::new()), "{name}");
            let twice = vec![answer("k/4", "h"), answer("k/4", "h")];
            let words = "idempotency key k/4 is given twice".to_owned();
            let refused = commit(Basis::default(), twice).await;
            assert_eq!(refused, Err(CommitError::Conflict(words)), "{name}");
        }
    });
}

#[test]
fn of_many_at_once_under_one_key_one_is_written() {
    block_on(async {
        for place in all().await {
            let (store, name) = (place.open().await, place.name());
            founded(&store).await;
            let docket = opened_case(&store, &mut Dice(3)).await;
            let step = note(&store, &docket, "seen").await;
            let tasks: Vec<_> = (0..16)
                .map(|n| {
                    let (store, step) = (store.clone(), step.clone());
                    let changes = vec![step, answer("k/1", &n.to_string())];
                    tokio::spawn(async move {
                        store.commit(stamp(400), Basis::default(), changes).await
                    })
                })
                .collect();
            let mut results = Vec::new();
            for task in tasks {
                results.push(task.await.unwrap());
            }
            let first = store.answers(&city_id(), &["k/1".to_owned()]).await.unwrap();
            assert_eq!(results.iter().filter(|it| it.is_ok()).count(), 1, "{name}");
            for result in results.into_iter().filter(Result::is_err) {
                let expected = CommitError::AnsweredBefore(first[0].clone());
                assert_eq!(result, Err(expected), "{name}");
            }
            assert_eq!(revision(&store, &docket).await, docket.revision + 1, "{name}");
        }
    });
}

#[test]
fn an_answer_outlives_the_process() {
    block_on(async {
        for place in durable().await {
            let store = place.open().await;
            founded(&store).await;
            let kept_here = vec![answer("k/1", "h"), Change::WordsDone { until: Instant(7) }];
            store.commit(stamp(1), Basis::default(), kept_here.clone()).await.unwrap();
            drop(store);
            let store = place.open().await;
            let found = store.answers(&city_id(), &["k/1".to_owned()]).await;
            assert_eq!(found, Ok(vec![kept(&kept_here[0])]), "{}", place.name());
            assert_eq!(store.words_done(&city_id()).await, Ok(Some(Instant(7))));
        }
    });
}

#[test]
fn a_step_is_masked_and_nothing_but_its_words_is_another() {
    block_on(async {
        for place in all().await {
            let (store, name) = (place.open().await, place.name());
            founded(&store).await;
            let docket = opened_case(&store, &mut Dice(5)).await;
            let said = note(&store, &docket, "canary 13812345678").await;
            store.commit(stamp(400), Basis::default(), vec![said]).await.unwrap();
            let (now, steps) = store.incident(&city_id(), docket.id).await.unwrap().unwrap();
            let masked = |revision: u32| {
                let carried = Carried { words: "***".to_owned(), ..Carried::default() };
                StepMasked { incident: docket.id, revision, carried }
            };
            let mask = |them: &[StepMasked]| vec![Change::StepsMasked(them.to_vec())];
            let one = mask(&[masked(now.revision)]);
            store.commit(stamp(401), Basis::default(), one).await.unwrap();
            let mut expected = steps;
            expected.last_mut().unwrap().carried.words = "***".to_owned();
            let found = store.incident(&city_id(), docket.id).await.unwrap();
            assert_eq!(found, Some((now.clone(), expected)), "{name}");
            let refused = store.commit(stamp(402), Basis::default(), mask(&[masked(99)])).await;
            let words = format!("incident {} has no step 99", docket.id);
            assert_eq!(refused, Err(CommitError::Conflict(words)), "{name}");
            let twice = mask(&[masked(1), masked(1)]);
            let refused = store.commit(stamp(403), Basis::default(), twice).await;
            let words = format!("step 1 of incident {} is given twice", docket.id);
            assert_eq!(refused, Err(CommitError::Conflict(words)), "{name}");
            let journal = store.journal(&city_id(), 0, 99).await.unwrap();
            let told = format!("{journal:?}");
            assert!(told.contains("steps_masked") && !told.contains("canary"), "{told}");
            if let Held::File(folder) = &place {
                let gone = std::fs::read_dir(folder.path()).unwrap().all(|entry| {
                    let bytes = std::fs::read(entry.unwrap().path()).unwrap();
                    !bytes.windows(6).any(|window| window == b"canary")
                });
                assert!(gone, "it stands in the file or its log");
            }
        }
    });
}
