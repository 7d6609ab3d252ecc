//! Links of reports are followed, in the background: what lies there is fetched, checked as a picture that was
//! sent along is, and kept with the report in one commit.
//!
//! That links wait stands in the store since the report does. A process claims them by beginning an attempt,
//! which is one commit onto the attempts that were looked at: so of several one follows them, and when it dies
//! the next attempt begins where it ended. What comes of an attempt is refused when another has begun since, or
//! when the report's person was forgotten.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::task::JoinSet;
use tokio::time::Instant as Tick;

use crate::app::clock;
use crate::app::keyring::hex;
use crate::app::outward::fetch::{Fetcher, Unfetched};
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::domain::accounts::{Caller, Role};
use crate::domain::change::Change;
use crate::domain::id::{CityId, ReportId};
use crate::domain::reports::links::{
    ATTEMPTS_MAX, CLAIM_US, LinksFollowed, LinksWaiting, next_attempt,
};
use crate::domain::reports::picture::Picture;
use crate::domain::reports::report::{Followed, Further};
use crate::domain::time::Instant;
use crate::formats::picture;
use crate::store::{Basis, CommitError};

/// How often it is looked whether something was written.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked whether links are due although nothing was written.
const DUE_EVERY: Duration = Duration::from_secs(10);
/// How long it waits for a store that has failed.
const PAUSE: Duration = Duration::from_secs(2);
/// Reports whose links are followed at the same time.
const WIDTH: usize = 8;
/// Most reports looked at in one go.
const PAGE: u32 = 100;

/// Follows.
#[derive(Clone)]
pub struct Follower {
    app: App,
    fetcher: Fetcher,
}

/// Who tells what came of links.
fn follower() -> Caller {
    Caller { role: Role::Admin, unit: None, actor: "follower".to_owned() }
}

impl Follower {
    /// One for this process.
    #[must_use]
    pub fn new(app: App, fetcher: Fetcher) -> Self {
        Self { app, fetcher }
    }

    /// Follows what is due in every city, again and again; ends only when dropped.
    pub async fn keep_following(&self) {
        let mut under_way: JoinSet<()> = JoinSet::new();
        let mut seen: BTreeMap<CityId, (i64, Tick)> = BTreeMap::new();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            while let Some(ended) = under_way.try_join_next() {
                if let Err(fault) = ended {
                    tracing::error!(%fault, "following links broke off");
                }
            }
            for city in self.app.cities() {
                let Ok(seat) = self.app.seat(Some(city.as_str())) else { continue };
                let told = *seat.journal().borrow();
                let fresh = |(at, when): &(i64, Tick)| *at == told && when.elapsed() < DUE_EVERY;
                if seen.get(&city).is_some_and(fresh) {
                    continue;
                }
                // Half of what is free for each: one city's links do not keep another's waiting.
                let free = WIDTH.saturating_sub(under_way.len()).div_ceil(2);
                match self.begin_due(&seat, free).await {
                    Ok(begun) => {
                        if begun.len() < free {
                            seen.insert(city.clone(), (told, Tick::now()));
                        }
                        for waiting in begun {
                            let (this, seat) = (self.clone(), Arc::clone(&seat));
                            under_way.spawn(async move { this.follow_on(&seat, waiting).await });
                        }
                    }
                    Err(refusal) => {
                        tracing::warn!(%city, fault = %refusal, "links wait for the store");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        }
    }

    /// Follows all that is due in a city, once; of how many reports that was.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`], [`Refusal::Damaged`]; what was followed until then is.
    pub async fn follow_due(&self, seat: &Seat) -> Result<usize, Refusal> {
        let mut followed = 0;
        loop {
            let begun = self.begin_due(seat, WIDTH).await?;
            if begun.is_empty() {
                return Ok(followed);
            }
            followed += begun.len();
            for waiting in begun {
                self.follow(seat, &waiting).await?;
            }
        }
    }

    /// Begins an attempt at the links of up to so many reports.
    async fn begin_due(&self, seat: &Seat, most: usize) -> Result<Vec<LinksWaiting>, Refusal> {
        let mut begun = Vec::new();
        if most == 0 {
            return Ok(begun);
        }
        for waiting in self.app.store().links_due(&seat.city, self.app.now(), PAGE).await? {
            if begun.len() == most {
                break;
            }
            let attempts = waiting.attempts.saturating_add(1);
            let held_until = held_until(self.app.now());
            let claim = LinksFollowed {
                report: waiting.report,
                seen: waiting.attempts,
                attempts,
                next_at: Some(held_until),
                further: None,
            };
            if self.told(&seat.city, claim, None).await? {
                begun.push(LinksWaiting { attempts, next_at: held_until, ..waiting });
            }
        }
        Ok(begun)
    }

    async fn follow_on(&self, seat: &Seat, waiting: LinksWaiting) {
        if let Err(refusal) = self.follow(seat, &waiting).await {
            let (city, report) = (&seat.city, waiting.report);
            tracing::warn!(%city, %report, fault = %refusal, "links were not followed");
        }
    }

    /// Follows the links of one report, of which an attempt was begun.
    async fn follow(&self, seat: &Seat, begun: &LinksWaiting) -> Result<(), Refusal> {
        let (city, report) = (&seat.city, begun.report);
        let found = self.app.store().report(city, report).await?;
        let mut further = found.map(|it| it.report.further).unwrap_or_default();
        let links: Vec<String> = further.unfollowed().into_iter().map(str::to_owned).collect();
        let mut again = false;
        for (n, link) in links.iter().enumerate() {
            let (picture, passing) = self.tried(city, begun, link, &mut further).await?;
            again |= passing;
            let next_at = if n + 1 < links.len() {
                Some(held_until(self.app.now()))
            } else {
                next_attempt(begun.attempts, self.app.now(), dice()).filter(|_| again)
            };
            if !self.came(city, begun, next_at, Some(further.clone()), picture).await? {
                return Ok(());
            }
        }
        if links.is_empty() {
            self.came(city, begun, None, None, None).await?;
        }
        Ok(())
    }

    /// What came of one link: a picture, kept in `further`; or why there is none, which is kept there too
    /// unless it is tried again.
    async fn tried(
        &self,
        city: &CityId,
        begun: &LinksWaiting,
        link: &str,
        further: &mut Further,
    ) -> Result<(Option<Picture>, bool), Refusal> {
        let (report, attempt) = (begun.report, begun.attempts);
        let fetched = if attempt > ATTEMPTS_MAX {
            // Each of them was begun, and none ended.
            let words = "no attempt came to an end".to_owned();
            Err(Unfetched { words, lasting: true })
        } else {
            self.fetched(report, link).await?
        };
        match fetched {
            Ok(picture) => {
                tracing::info!(%city, %report, attempt, picture = %picture.id, "a link was followed");
                further.pictures.push(picture.id.clone());
                further.followed.insert(link.to_owned(), Followed::Picture(picture.id.clone()));
                Ok((Some(picture), false))
            }
            Err(Unfetched { lasting, .. }) if !lasting && attempt < ATTEMPTS_MAX => {
                Ok((None, true))
            }
            Err(Unfetched { words, lasting }) => {
                tracing::info!(%city, %report, attempt, lasting, "a link is given up");
                further.followed.insert(link.to_owned(), Followed::GivenUp(words));
                Ok((None, false))
            }
        }
    }

    /// The picture at a link.
    async fn fetched(
        &self,
        report: ReportId,
        link: &str,
    ) -> Result<Result<Picture, Unfetched>, Refusal> {
        let bytes = match self.fetcher.fetch(link).await {
            Ok(bytes) => bytes,
            Err(unfetched) => return Ok(Err(unfetched)),
        };
        let received_at = self.app.now();
        // Megabytes are looked through: not on the workers that answer.
        let checked = tokio::task::spawn_blocking(move || {
            let media = picture::checked(&bytes)?;
            let sha256 = hex(&Sha256::digest(&bytes));
            let (id, bytes) = (clock::picture_id(), Arc::from(bytes));
            Ok::<Picture, String>(Picture { id, report, media, sha256, received_at, bytes })
        });
        let checked = checked
            .await
            .map_err(|fault| Refusal::Inner(format!("a picture was not looked at: {fault}")))?;
        Ok(checked.map_err(|words| Unfetched { words, lasting: true }))
    }

    /// Keeps what came of an attempt; whether it is still the last one.
    async fn came(
        &self,
        city: &CityId,
        begun: &LinksWaiting,
        next_at: Option<Instant>,
        further: Option<Further>,
        picture: Option<Picture>,
    ) -> Result<bool, Refusal> {
        let LinksWaiting { report, attempts, .. } = *begun;
        let came = LinksFollowed { report, seen: attempts, attempts, next_at, further };
        self.told(city, came, picture).await
    }

    /// Whether the commit went through: another process may have begun, or the links wait no more.
    async fn told(
        &self,
        city: &CityId,
        came: LinksFollowed,
        picture: Option<Picture>,
    ) -> Result<bool, Refusal> {
        let changes: Vec<Change> = picture
            .map(Change::PictureKept)
            .into_iter()
            .chain([Change::LinksFollowed(Box::new(came))])
            .collect();
        match self.app.commit(city, &follower(), Basis::default(), changes).await {
            Ok(_) => Ok(true),
            Err(CommitError::Conflict(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Until when nobody else begins an attempt.
fn held_until(now: Instant) -> Instant {
    Instant(now.0.saturating_add(CLAIM_US))
}

fn dice() -> u32 {
    let mut bytes = [0_u8; 4];
    // Without dice what failed together comes back together, which is no harm to few.
    let _ = getrandom::fill(&mut bytes);
    u32::from_le_bytes(bytes)
}
