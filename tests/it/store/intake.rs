//! Many filing at once: each by itself fails or succeeds, the journal has no gap.

use std::collections::BTreeSet;

use zonewarden::domain::change::Change;
use zonewarden::store::{Basis, CommitError, Head, ReportFilter, Store};

use super::faces::{founded, report_of};
use super::made::{Dice, city_id, stamp};
use super::places::{all, block_on};

const AT_ONCE: u64 = 64;

async fn together(store: &Store, asked: Vec<(Basis, Change)>) -> Vec<Result<Head, CommitError>> {
    let tasks: Vec<_> = asked
        .into_iter()
        .map(|(basis, change)| {
            let store = store.clone();
            tokio::spawn(async move { store.commit(stamp(1), basis, vec![change]).await })
        })
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

async fn journal_has_no_gap(store: &Store) -> usize {
    let entries = store.journal(&city_id(), 0, 10_000).await.unwrap();
    let head = store.head(&city_id()).await.unwrap().unwrap();
    assert!(entries.iter().zip(1..).all(|(entry, seq)| entry.seq == seq), "{store:?}");
    assert_eq!(entries.last().map(|it| it.seq), Some(head.journal_seq), "{store:?}");
    entries.len()
}

#[test]
fn sixty_four_who_file_at_once_are_all_served_and_numbered_without_a_gap() {
    block_on(async {
        for place in all().await {
            let store = place.open().await;
            founded(&store).await;
            let mut dice = Dice(1);
            let basis = Basis { atlas_version: Some(1) };
            let asked: Vec<_> = (0..AT_ONCE).map(|n| (basis, dice.filed(Some(n)))).collect();
            let results = together(&store, asked).await;
            let seqs: BTreeSet<i64> =
                results.into_iter().map(|it| it.unwrap().journal_seq).collect();
            assert_eq!(seqs, (2..2 + AT_ONCE.cast_signed()).collect(), "{}", place.name());
            journal_has_no_gap(&store).await;
            let listed =
                store.reports(&city_id(), &ReportFilter::default(), None, 1_000).await.unwrap();
            assert_eq!(listed.len(), 64, "{}", place.name());
        }
    });
}

#[test]
fn retries_under_one_key_at_once_file_one_report() {
    block_on(async {
        for place in all().await {
            let store = place.open().await;
            founded(&store).await;
            let mut dice = Dice(2);
            let asked: Vec<_> =
                (0..AT_ONCE).map(|_| (Basis::default(), dice.filed(Some(0)))).collect();
            let hashes: Vec<_> = asked
                .iter()
                .map(|(_, it)| (report_of(it).id, report_of(it).request_hash.clone()))
                .collect();
            let results = together(&store, asked).await;
            let winner = results.iter().position(Result::is_ok).unwrap();
            let (report, request_hash) = hashes[winner].clone();
            for (n, result) in results.into_iter().enumerate().filter(|(n, _)| *n != winner) {
                let expected = CommitError::KeyUsed { report, request_hash: request_hash.clone() };
                assert_eq!(result, Err(expected), "{}, {n}", place.name());
            }
            assert_eq!(journal_has_no_gap(&store).await, 2);
        }
    });
}

#[test]
fn a_moved_basis_or_a_used_key_or_a_taken_id_fails_alone() {
    block_on(async {
        for place in all().await {
            let store = place.open().await;
            founded(&store).await;
            let mut dice = Dice(3);
            let first = dice.filed(Some(1000));
            let taken = report_of(&first).id;
            store.commit(stamp(1), Basis::default(), vec![first]).await.unwrap();
            let mut asked = Vec::new();
            for n in 0..AT_ONCE {
                let basis = Basis { atlas_version: Some(if n % 4 == 1 { 9 } else { 1 }) };
                let mut filed = dice.filed(Some(if n % 4 == 2 { 1000 } else { n }));
                if let Change::ReportFiled { report, assignment } = &mut filed
                    && n % 4 == 3
                {
                    report.id = taken;
                    assignment.report = taken;
                }
                asked.push((basis, filed));
            }
            for (n, result) in together(&store, asked).await.into_iter().enumerate() {
                let as_expected = match n % 4 {
                    0 => result.is_ok(),
                    1 => result == Err(CommitError::Moved { now: 1 }),
                    2 => {
                        matches!(result, Err(CommitError::KeyUsed { report, .. }) if report == taken)
                    }
                    _ => matches!(result, Err(CommitError::Conflict(_))),
                };
                assert!(as_expected, "{}, {n}: {result:?}", place.name());
            }
            assert_eq!(journal_has_no_gap(&store).await, 2 + 16, "{}", place.name());
        }
    });
}

#[test]
fn reports_that_are_filed_while_the_atlas_moves_are_accepted_or_told_so() {
    block_on(async {
        for place in all().await {
            let store = place.open().await;
            founded(&store).await;
            let mut dice = Dice(4);
            let mut asked = Vec::new();
            for n in 0..AT_ONCE {
                let basis = Basis { atlas_version: Some(1) };
                let change =
                    if n == 32 { Change::UnitsSet(vec![dice.unit()]) } else { dice.filed(Some(n)) };
                asked.push((basis, change));
            }
            let results = together(&store, asked).await;
            let accepted = results.iter().filter(|it| it.is_ok()).count();
            for result in &results {
                assert!(
                    matches!(result, Ok(_) | Err(CommitError::Moved { now: 2 })),
                    "{}: {result:?}",
                    place.name()
                );
            }
            assert_eq!(journal_has_no_gap(&store).await, 1 + accepted, "{}", place.name());
        }
    });
}
