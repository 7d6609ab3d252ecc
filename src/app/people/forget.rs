//! Forgetting: in the background, who stands behind reports whose case has been over for the city's time, numbers
//! and addresses in what was told, and what cameras wrote into the pictures. Never while the case is open.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::app::incidents::standing::Standing;
use crate::app::keyring::hex;
use crate::app::people::seal::seal_clear;
use crate::app::people::words::mask_due;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::domain::accounts::{Caller, Role};
use crate::domain::change::Change;
use crate::domain::id::{CityId, PictureId, ReportId};
use crate::domain::reports::people::{Forgetting, PeopleForgotten, PictureCleaned};
use crate::domain::time::Instant;
use crate::formats::picture::without_metadata;
use crate::store::{Basis, CommitError};

/// Most people forgotten in one commit.
const PAGE: u32 = 200;
/// How often it is looked whose time is over.
pub const LOOK_EVERY: Duration = Duration::from_hours(1);
/// How long after the start it is looked first.
const FIRST_LOOK: Duration = Duration::from_secs(5);
const DAY_US: i64 = 86_400_000_000;

/// What was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Behind so many reports nobody stands any more.
    pub people: usize,
    /// So many pictures have lost what a camera wrote into them.
    pub pictures: usize,
    /// So many reports and steps have lost numbers and addresses that were told in their words.
    pub words: usize,
}

/// Who forgets without being asked.
fn keeper() -> Caller {
    Caller { role: Role::Admin, unit: None, actor: "retention".to_owned() }
}

/// Seals what stands in clear and forgets what is over, in every city, again and again; ends only when
/// dropped.
pub async fn keep_forgetting(app: &App) {
    tokio::time::sleep(FIRST_LOOK).await;
    loop {
        for city in app.cities() {
            look_after(app, &city).await;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn look_after(app: &App, city: &CityId) {
    match seal_clear(app, city).await {
        Ok(0) => {}
        Ok(sealed) => tracing::info!(%city, sealed, "contacts that stood in clear were sealed"),
        Err(Refusal::NoContactKeys) => {
            tracing::error!(%city, "contacts stand in clear: set `contact_keys`, and they are sealed");
        }
        Err(refusal) => tracing::warn!(%city, fault = %refusal, "contacts wait to be sealed"),
    }
    let Ok(seat) = app.seat(Some(city.as_str())) else { return };
    match forget_due(app, &seat).await {
        Ok(Forgotten { people: 0, pictures: 0, words: 0 }) | Err(Refusal::NotReady) => {}
        Ok(it) => {
            let Forgotten { people, pictures, words } = it;
            tracing::info!(%city, people, pictures, words, "forgotten in time");
        }
        Err(refusal) => tracing::warn!(%city, fault = %refusal, "contacts wait to be forgotten"),
    }
}

/// Forgets who stands behind reports whose case ended longer ago than the city keeps contacts, and masks what was told.
///
/// # Errors
/// [`Refusal::NotReady`], [`Refusal::Unavailable`]; what was forgotten until then is.
pub async fn forget_due(app: &App, seat: &Seat) -> Result<Forgotten, Refusal> {
    let days = i64::from(seat.atlas()?.state().city.contact_days);
    let before = Instant(app.now().0.saturating_sub(days * DAY_US));
    // Words before people: what staff wrote of a person is found by what that person is known by.
    let words = mask_due(app, seat, &keeper(), before).await?;
    let mut done = Forgotten { words, ..Forgotten::default() };
    let mut after = None;
    loop {
        let page = app.store().people_before(&seat.city, before, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(*last);
        let over = over(app, seat, &page, before).await?;
        done.people += forget(app, &seat.city, over).await?;
    }
    let mut after = None;
    loop {
        let page = app.store().pictures_as_sent(&seat.city, before, after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(done) };
        after = Some(last.clone());
        let reports: Vec<ReportId> = page.iter().map(|it| it.report).collect();
        let over = over(app, seat, &reports, before).await?;
        for picture in page.iter().filter(|it| over.contains(&it.report)) {
            done.pictures += usize::from(clean(app, &seat.city, &keeper(), &picture.id).await?);
        }
    }
}

/// Those of the reports whose case ended before an instant, and nothing happened in it since.
async fn over(
    app: &App,
    seat: &Seat,
    reports: &[ReportId],
    before: Instant,
) -> Result<Vec<ReportId>, Refusal> {
    let cases = Standing::read(app, seat, reports.iter().copied()).await?;
    let ended = |report: &&ReportId| {
        cases.behind(**report).is_some_and(|case| !case.is_open() && case.last_at < before)
    };
    Ok(reports.iter().filter(ended).copied().collect())
}

/// Another process may be at the same: then each for itself, and who is gone is gone.
async fn forget(app: &App, city: &CityId, reports: Vec<ReportId>) -> Result<usize, Refusal> {
    if reports.is_empty() {
        return Ok(0);
    }
    if together(app, city, reports.clone()).await? {
        return Ok(reports.len());
    }
    let mut forgotten = 0;
    for one in reports {
        forgotten += usize::from(together(app, city, vec![one]).await?);
    }
    Ok(forgotten)
}

async fn together(app: &App, city: &CityId, reports: Vec<ReportId>) -> Result<bool, Refusal> {
    let gone = PeopleForgotten { reports, why: Forgetting::Retention };
    let changes = vec![Change::PeopleForgotten(gone)];
    match app.commit(city, &keeper(), Basis::default(), changes).await {
        Ok(_) => Ok(true),
        Err(CommitError::Conflict(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Replaces the original of a picture by what the public is shown of it. A picture that is not built as it
/// should be stays as it is, and is told in the log.
pub(super) async fn clean(
    app: &App,
    city: &CityId,
    caller: &Caller,
    id: &PictureId,
) -> Result<bool, Refusal> {
    let Some(found) = app.store().picture(city, id).await? else { return Ok(false) };
    // Megabytes are copied: not on the workers that answer.
    let cleaned = tokio::task::spawn_blocking(move || {
        let bytes: Arc<[u8]> = match without_metadata(found.media, &found.bytes)? {
            Cow::Borrowed(_) => Arc::clone(&found.bytes),
            Cow::Owned(bytes) => bytes.into(),
        };
        Some(PictureCleaned { id: found.id, sha256: hex(&Sha256::digest(&bytes)), bytes })
    });
    let cleaned = cleaned
        .await
        .map_err(|fault| Refusal::Inner(format!("a picture was not cleaned: {fault}")))?;
    let Some(cleaned) = cleaned else {
        tracing::warn!(%city, picture = %id, "is built so that its metadata cannot be taken out");
        return Ok(false);
    };
    let changes = vec![Change::PicturesCleaned(vec![cleaned])];
    app.commit(city, caller, Basis::default(), changes).await?;
    Ok(true)
}
