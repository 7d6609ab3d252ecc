//! Links to pictures: when they are followed, how often, and what came of them.

use crate::domain::id::ReportId;
use crate::domain::reports::report::{Followed, Further};
use crate::domain::time::Instant;

const SECOND_US: i64 = 1_000_000;
/// How long after an attempt that failed the next one is made; after the last, none.
const PAUSES_S: [i64; 5] = [60, 600, 3_600, 21_600, 86_400];
/// Attempts at the links of a report before those that are left are given up.
pub const ATTEMPTS_MAX: u32 = 6;
/// How long a process has the links of a report to itself before each of them: longer than one can take.
pub const CLAIM_US: i64 = 120 * SECOND_US;
/// So much the clocks of two processes may differ.
const CLOCKS_US: i64 = 60 * SECOND_US;
/// No attempt lies further from now than so: the longest pause with its jitter. One that does was put there by a
/// clock that was ahead and has been set back, and is due.
const FAR_US: i64 = 86_400 * SECOND_US / 10 * 11 + CLOCKS_US;

/// What is to be tried behind this is due at `now`.
#[must_use]
pub fn attempts_lie_by(now: Instant) -> Instant {
    Instant(now.0.saturating_add(FAR_US))
}

/// Links of a report that wait to be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinksWaiting {
    /// Which report.
    pub report: ReportId,
    /// How often it was begun to follow them.
    pub attempts: u32,
    /// When that is begun next. Until then a process that has begun has them to itself.
    pub next_at: Instant,
}

impl LinksWaiting {
    /// Whether they are to be followed at `now`.
    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        self.next_at <= now || self.next_at > attempts_lie_by(now)
    }
}

/// When the next attempt is made behind so many that have failed, the last of them at `now`; `None` when no
/// more are made. `dice` moves it by up to a tenth, so that what failed together does not come back together.
#[must_use]
pub fn next_attempt(attempts: u32, now: Instant, dice: u32) -> Option<Instant> {
    let pause_s = PAUSES_S.get(usize::try_from(attempts.checked_sub(1)?).ok()?)?;
    let jitter_us = pause_s * SECOND_US / 10_000 * (i64::from(dice) % 1_001);
    Some(Instant(now.0.saturating_add(pause_s * SECOND_US + jitter_us)))
}

/// Links of a report are claimed for an attempt, or something came of it. Each attempt has its number, so that
/// what comes of one is refused once another has begun, or the links wait no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinksFollowed {
    /// Of which report.
    pub report: ReportId,
    /// The attempts until now, as they were looked at.
    pub seen: u32,
    /// The attempts from now on.
    pub attempts: u32,
    /// When the next one begins, unless something else comes of this one before; `None`: nothing waits any more.
    pub next_at: Option<Instant>,
    /// What the report tells from now on, where that is otherwise.
    pub further: Option<Further>,
}

impl Further {
    /// The links of which nothing came yet, each once.
    #[must_use]
    pub fn unfollowed(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for link in &self.links {
            if !self.followed.contains_key(link) && !found.contains(&link.as_str()) {
                found.push(link);
            }
        }
        found
    }

    /// The links of which there is no picture here, as they were given.
    pub fn elsewhere(&self) -> impl Iterator<Item = &String> {
        let fetched =
            |link: &&String| matches!(self.followed.get(*link), Some(Followed::Picture(_)));
        self.links.iter().filter(move |link| !fetched(link))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::PictureId;

    #[test]
    fn attempts_come_at_growing_distances_and_end() {
        let mut now = Instant(0);
        let mut waited_s = Vec::new();
        for attempts in 1..ATTEMPTS_MAX {
            let next = next_attempt(attempts, now, 0).unwrap();
            waited_s.push((next.0 - now.0) / SECOND_US);
            now = next;
        }
        assert_eq!(waited_s, PAUSES_S);
        assert_eq!(next_attempt(ATTEMPTS_MAX, now, 0), None);
        assert_eq!(next_attempt(0, now, 0), None);
        let furthest = next_attempt(ATTEMPTS_MAX - 1, now, 1_000).unwrap();
        let waiting =
            LinksWaiting { report: ReportId(uuid::Uuid::nil()), attempts: 5, next_at: furthest };
        assert!(!waiting.is_due(now) && waiting.is_due(furthest));
        assert!(waiting.is_due(Instant(now.0 - 86_400 * SECOND_US)), "the clock was set back");
    }

    #[test]
    fn a_link_waits_until_something_came_of_it_and_is_shown_until_there_is_a_picture() {
        let links = ["a", "b", "a", "c"].map(str::to_owned);
        let mut further = Further { links: links.to_vec(), ..Further::default() };
        assert_eq!(further.unfollowed(), ["a", "b", "c"]);
        further.followed.insert("a".to_owned(), Followed::Picture(PictureId::new("p").unwrap()));
        further.followed.insert("b".to_owned(), Followed::GivenUp("the answer was 404".to_owned()));
        assert_eq!(further.unfollowed(), ["c"]);
        assert_eq!(further.elsewhere().collect::<Vec<_>>(), ["b", "c"]);
    }
}
