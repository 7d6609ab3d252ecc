//! Links of reports that wait to be followed, on every store.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;
use zonewarden::domain::change::Change;
use zonewarden::domain::id::{CityId, PictureId, ReportId};
use zonewarden::domain::reports::links::{LinksFollowed, LinksWaiting};
use zonewarden::domain::reports::people::{Forgetting, PeopleForgotten, WordsMasked};
use zonewarden::domain::reports::picture::{Media, Picture};
use zonewarden::domain::reports::report::{Followed, Further, Report};
use zonewarden::domain::time::Instant;
use zonewarden::store::{Basis, CommitError, Head, Store};

use super::faces::{founded, report_of};
use super::made::{Dice, city_id, stamp};
use super::places::{all, block_on, durable};

const LINK: &str = "https://example.org/?a='1\"";
/// Behind every instant of the suite, before any that lies too far.
const LATE: Instant = Instant(1_700_000_000_000_000 + 1_000_000);

/// Something done to links that wait, now and then to some that do not.
pub(super) async fn change(dice: &mut Dice, oracle: &Store, id: &CityId) -> Change {
    let waiting = oracle.links_due(id, LATE, 50).await.unwrap();
    if waiting.is_empty() {
        return Change::RulesRemoved(Vec::new());
    }
    let n = dice.small_of(u64::try_from(waiting.len()).unwrap());
    let LinksWaiting { mut report, attempts, .. } = waiting[n];
    if dice.below(6) == 0 {
        report = dice.report_id();
    }
    if dice.below(4) == 0 {
        return Change::LinksDropped(vec![report]);
    }
    let seen = attempts + u32::from(dice.below(5) == 0);
    let gone = Followed::GivenUp("不通 '\"".to_owned());
    let followed = BTreeMap::from([(LINK.to_owned(), gone)]);
    let further = Further { links: vec![LINK.to_owned()], followed, ..Further::default() };
    Change::LinksFollowed(Box::new(LinksFollowed {
        report,
        seen,
        attempts: seen + 1,
        next_at: (dice.below(3) > 0).then(|| dice.instant()),
        further: dice.maybe().then_some(further),
    }))
}

/// Everything that is asked about links, from both.
pub(super) async fn compare(
    dice: &mut Dice,
    oracle: &Store,
    store: &Store,
    id: &CityId,
    what: &str,
) {
    for (at, limit) in [(LATE, 1_000), (dice.instant(), 7), (Instant(0), 5)] {
        assert_eq!(
            store.links_due(id, at, limit).await,
            oracle.links_due(id, at, limit).await,
            "{what}: by {at:?}, {limit}"
        );
    }
}

/// A report with a link and somebody behind it.
fn linked(dice: &mut Dice) -> Change {
    loop {
        let mut filed = dice.filed(None);
        if let Change::ReportFiled { report, .. } = &mut filed
            && report.person.is_some()
        {
            report.further = Further { links: vec![LINK.to_owned()], ..Further::default() };
            return filed;
        }
    }
}

fn picture(n: u128, of: &Report) -> Picture {
    Picture {
        id: PictureId::from(Uuid::from_u128(n)),
        report: of.id,
        media: Media::Png,
        sha256: "f0".repeat(32),
        received_at: Instant(9),
        bytes: Arc::from([7; 20]),
    }
}

fn step(report: ReportId, (seen, attempts): (u32, u32), next_at: Option<i64>) -> LinksFollowed {
    LinksFollowed { report, seen, attempts, next_at: next_at.map(Instant), further: None }
}

/// What came of an attempt: a picture.
fn came(it: &Report, attempt: u32, picture: Picture) -> Vec<Change> {
    let further = Further {
        followed: BTreeMap::from([(LINK.to_owned(), Followed::Picture(picture.id.clone()))]),
        pictures: vec![picture.id.clone()],
        ..it.further.clone()
    };
    let followed =
        LinksFollowed { further: Some(further), ..step(it.id, (attempt, attempt), None) };
    vec![Change::PictureKept(picture), Change::LinksFollowed(Box::new(followed))]
}

async fn commit(store: &Store, changes: Vec<Change>) -> Result<Head, CommitError> {
    store.commit(stamp(1), Basis::default(), changes).await
}

async fn claim(
    store: &Store,
    report: ReportId,
    seen: u32,
    until: i64,
) -> Result<Head, CommitError> {
    let claim = step(report, (seen, seen + 1), Some(until));
    commit(store, vec![Change::LinksFollowed(Box::new(claim))]).await
}

async fn due(store: &Store, at: i64) -> Vec<(ReportId, u32)> {
    let found = store.links_due(&city_id(), Instant(at), 9).await.unwrap();
    found.into_iter().map(|it| (it.report, it.attempts)).collect()
}

#[test]
fn links_wait_from_the_filing_on_and_of_two_attempts_the_later_one_is_kept() {
    block_on(async {
        for place in all().await {
            let (store, name) = (place.open().await, place.name());
            founded(&store).await;
            let filed = linked(&mut Dice(3));
            let report = report_of(&filed).clone();
            let at = report.received_at.0;
            commit(&store, vec![filed]).await.unwrap();
            assert!(due(&store, at - 1).await.is_empty(), "{name}");
            assert_eq!(due(&store, at).await, [(report.id, 0)], "{name}");
            claim(&store, report.id, 0, at + 50).await.unwrap();
            let words = format!(
                "the links of report {} wait no more, or another process has begun to follow them",
                report.id
            );
            let gone_on = Err(CommitError::Conflict(words));
            assert_eq!(claim(&store, report.id, 0, at + 60).await, gone_on, "{name}");
            assert!(due(&store, at + 49).await.is_empty(), "{name}");
            assert_eq!(due(&store, at + 50).await, [(report.id, 1)], "{name}");
            claim(&store, report.id, 1, at + 100).await.unwrap();

            let (first, second) = (picture(1, &report), picture(2, &report));
            assert_eq!(commit(&store, came(&report, 1, first.clone())).await, gone_on, "{name}");
            assert_eq!(store.picture(&city_id(), &first.id).await, Ok(None), "{name}");
            commit(&store, came(&report, 2, second.clone())).await.unwrap();
            let told = store.report(&city_id(), report.id).await.unwrap().unwrap().report.further;
            assert_eq!(told.pictures, std::slice::from_ref(&second.id), "{name}");
            assert_eq!(
                told.followed.get(LINK),
                Some(&Followed::Picture(second.id.clone())),
                "{name}"
            );
            assert_eq!(store.picture(&city_id(), &second.id).await, Ok(Some(second)), "{name}");
            assert!(due(&store, at + 1_000_000).await.is_empty(), "{name}");
            assert_eq!(claim(&store, report.id, 2, at).await, gone_on, "{name}");
            let journal = format!("{:?}", store.journal(&city_id(), 0, 99).await.unwrap());
            assert!(!journal.contains("example.org"), "{name}: {journal}");
        }
    });
}

#[test]
fn what_was_forgotten_or_dropped_is_followed_no_more() {
    block_on(async {
        for place in all().await {
            let (store, name) = (place.open().await, place.name());
            founded(&store).await;
            let mut dice = Dice(4);
            let both = [linked(&mut dice), linked(&mut dice)];
            let [forgotten, dropped] = [0, 1].map(|n: usize| report_of(&both[n]).clone());
            commit(&store, both.to_vec()).await.unwrap();
            for report in [&forgotten, &dropped] {
                claim(&store, report.id, 0, 50).await.unwrap();
            }
            let (reports, why) = (vec![forgotten.id], Forgetting::Request);
            let gone = Change::PeopleForgotten(PeopleForgotten { reports, why });
            commit(&store, vec![gone, Change::LinksDropped(vec![dropped.id])]).await.unwrap();
            assert!(due(&store, LATE.0).await.is_empty(), "{name}");
            for (n, report) in [(1, &forgotten), (2, &dropped)] {
                let kept = picture(n, report);
                let refused = commit(&store, came(report, 1, kept.clone())).await.unwrap_err();
                assert!(refused.to_string().contains("wait no more"), "{name}: {refused}");
                assert_eq!(store.picture(&city_id(), &kept.id).await, Ok(None), "{name}");
                let told = store.report(&city_id(), report.id).await.unwrap().unwrap();
                assert_eq!(told.report.further, report.further, "{name}");
            }
            // Nor is what was masked: who had begun would put the words back as they were.
            let filed = linked(&mut dice);
            let masked = report_of(&filed).clone();
            commit(&store, vec![filed]).await.unwrap();
            claim(&store, masked.id, 0, 50).await.unwrap();
            let further = Further { address: Some("***".to_owned()), ..masked.further.clone() };
            let (report, words) = (masked.id, "***".to_owned());
            let change = WordsMasked { report, words, further: further.clone() };
            let change = Change::WordsMasked(vec![change]);
            let both = [vec![change.clone()], came(&masked, 1, picture(3, &masked))].concat();
            let words = format!("report {} is given twice", masked.id);
            assert_eq!(commit(&store, both).await, Err(CommitError::Conflict(words)), "{name}");
            commit(&store, vec![change]).await.unwrap();
            assert!(due(&store, LATE.0).await.is_empty(), "{name}");
            let refused = commit(&store, came(&masked, 1, picture(3, &masked))).await.unwrap_err();
            assert!(refused.to_string().contains("wait no more"), "{name}: {refused}");
            let told = store.report(&city_id(), masked.id).await.unwrap().unwrap();
            assert_eq!(told.report.further, further, "{name}");
            // Dropping what does not wait is no fault, but nothing is done twice to one report.
            let again = Change::LinksDropped(vec![dropped.id]);
            commit(&store, vec![again.clone()]).await.unwrap();
            let twice = commit(&store, vec![again.clone(), again]).await;
            let words = format!("report {} is given twice", dropped.id);
            assert_eq!(twice, Err(CommitError::Conflict(words)), "{name}");
        }
    });
}

#[test]
fn an_attempt_outlives_the_store_s_closing_and_one_put_too_far_off_is_due() {
    block_on(async {
        for place in durable().await {
            let (store, name) = (place.open().await, place.name());
            founded(&store).await;
            let filed = linked(&mut Dice(5));
            let report = report_of(&filed).id;
            let at = report_of(&filed).received_at.0;
            commit(&store, vec![filed]).await.unwrap();
            claim(&store, report, 0, at + 50).await.unwrap();
            drop(store);
            let store = place.open().await;
            assert!(due(&store, at + 49).await.is_empty(), "{name}");
            assert_eq!(due(&store, at + 50).await, [(report, 1)], "{name}");
            // As by a clock that was two days ahead and has been set back.
            assert_eq!(due(&store, at - 2 * 86_400_000_000).await, [(report, 1)], "{name}");
        }
    });
}
