//! Pictures that came with reports, and reports named by their ids, on every store.

use std::sync::Arc;

use uuid::Uuid;
use zonewarden::domain::change::Change;
use zonewarden::domain::id::PictureId;
use zonewarden::domain::reports::picture::{Media, Picture};
use zonewarden::domain::time::Instant;
use zonewarden::store::{Basis, CommitError, ReportFilter};

use super::faces::{founded, report_of};
use super::made::{Dice, city_id, stamp};
use super::places::{all, block_on};

fn picture(n: u128, filed: &Change) -> Picture {
    Picture {
        id: PictureId::from(Uuid::from_u128(n)),
        report: report_of(filed).id,
        media: Media::Png,
        sha256: "f0".repeat(32),
        received_at: Instant(7),
        bytes: Arc::from((0..=255).collect::<Vec<u8>>()),
    }
}

#[test]
fn a_picture_is_kept_with_its_report_or_neither_is() {
    block_on(async {
        for place in all().await {
            let store = place.open().await;
            founded(&store).await;
            let mut dice = Dice(1);
            let filed = dice.filed(None);
            let kept = picture(1, &filed);
            let changes = vec![filed, Change::PictureKept(kept.clone())];
            store.commit(stamp(1), Basis::default(), changes).await.unwrap();
            let found = store.picture(&city_id(), &kept.id).await.unwrap();
            assert_eq!(found, Some(kept.clone()), "{}", place.name());
            let next = dice.filed(None);
            let id = report_of(&next).id;
            for (report, count) in [(kept.report, 1), (id, 0)] {
                let kept = store.pictures_of(&city_id(), report).await;
                assert_eq!(kept, Ok(count), "{}", place.name());
            }
            let again = vec![next, Change::PictureKept(kept.clone())];
            let refused = store.commit(stamp(2), Basis::default(), again).await;
            let words = format!("picture {} is there already", kept.id);
            assert_eq!(refused, Err(CommitError::Conflict(words)), "{}", place.name());
            assert_eq!(store.report(&city_id(), id).await, Ok(None), "{}", place.name());
            let journal = store.journal(&city_id(), 2, 9).await.unwrap();
            assert_eq!(journal.len(), 1, "{}", place.name());
            assert_eq!(journal[0].kind, "picture_kept");
            assert_eq!(journal[0].facts["bytes"], 256);
            let nothing = PictureId::from(Uuid::from_u128(2));
            assert_eq!(store.picture(&city_id(), &nothing).await, Ok(None), "{}", place.name());
        }
    });
}

#[test]
fn reports_are_found_by_their_ids_newest_first() {
    block_on(async {
        for place in all().await {
            let store = place.open().await;
            founded(&store).await;
            let mut dice = Dice(2);
            let mut keys = Vec::new();
            for _ in 0..20 {
                let filed = dice.filed(None);
                keys.push((report_of(&filed).received_at, report_of(&filed).id));
                store.commit(stamp(1), Basis::default(), vec![filed]).await.unwrap();
            }
            let mut wanted = keys.split_off(12);
            let mut ids: Vec<_> = wanted.iter().map(|(_, id)| *id).collect();
            ids.push(dice.report_id());
            let filter = ReportFilter { ids, ..ReportFilter::default() };
            let found = store.reports(&city_id(), &filter, None, 100).await.unwrap();
            let found: Vec<_> =
                found.iter().map(|it| (it.report.received_at, it.report.id)).collect();
            wanted.sort_unstable_by(|a, b| b.cmp(a));
            assert_eq!(found, wanted, "{}", place.name());
        }
    });
}
