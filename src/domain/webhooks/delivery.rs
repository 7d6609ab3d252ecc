//! Deliveries: what was not taken at once, when it is tried again, and when no more.

use crate::domain::id::WebhookId;
use crate::domain::time::Instant;

/// How long after an attempt that failed the next one is made; after the last, none.
const PAUSES_S: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// Attempts at a delivery before it is a dead letter.
pub const ATTEMPTS_MAX: u32 = 10;
/// A receiver that has taken nothing for so long is told nothing more until somebody says so.
pub const SILENT_US: i64 = 5 * 24 * 3_600 * 1_000_000;
const SECOND_US: i64 = 1_000_000;
/// How long a process has a webhook to itself: longer than a round can take.
pub const CLAIM_US: i64 = 60 * SECOND_US;
/// So much the clocks of two processes may differ.
const CLOCKS_US: i64 = 60 * SECOND_US;
/// No claim ends further from now than so. One that does was made by a clock that was ahead and has been set
/// back, and is none.
const CLAIM_FAR_US: i64 = CLAIM_US + CLOCKS_US;
/// No attempt lies further from now than so: the longest pause with its jitter. One that does was put there by
/// such a clock, and is due.
const ATTEMPT_FAR_US: i64 = 86_400 * SECOND_US / 10 * 11 + CLOCKS_US;

/// What ends behind this is no claim at `now`.
#[must_use]
pub fn claims_end_by(now: Instant) -> Instant {
    Instant(now.0.saturating_add(CLAIM_FAR_US))
}

/// What is to be tried behind this is due at `now`.
#[must_use]
pub fn attempts_lie_by(now: Instant) -> Instant {
    Instant(now.0.saturating_add(ATTEMPT_FAR_US))
}

/// An event that a receiver has not taken yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// To whom.
    pub webhook: WebhookId,
    /// The event: its number in the journal.
    pub seq: i64,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried first.
    pub first_at: Instant,
    /// When it is tried next.
    pub next_at: Instant,
    /// Whether it is tried no more, until somebody says so.
    pub dead: bool,
    /// The status that was answered last.
    pub status: Option<u16>,
    /// What was wrong last.
    pub fault: String,
}

impl Delivery {
    /// An attempt failed at `now`, the first of `before` is none. `dice` moves the next one by up to a tenth,
    /// so that what failed together does not come back together.
    #[must_use]
    pub fn failed(
        webhook: &WebhookId,
        seq: i64,
        before: Option<&Self>,
        now: Instant,
        dice: u32,
        (status, fault): (Option<u16>, String),
    ) -> Self {
        let attempts = before.map_or(0, |before| before.attempts).saturating_add(1);
        let pause = usize::try_from(attempts - 1).ok().and_then(|at| PAUSES_S.get(at));
        let next_at = pause.map_or(now, |pause_s| {
            let jitter_us = pause_s * SECOND_US / 10_000 * (i64::from(dice) % 1_001);
            Instant(now.0.saturating_add(pause_s * SECOND_US + jitter_us))
        });
        Self {
            webhook: webhook.clone(),
            seq,
            attempts,
            first_at: before.map_or(now, |before| before.first_at),
            next_at,
            dead: attempts >= ATTEMPTS_MAX,
            status,
            fault,
        }
    }

    /// Whether it is to be tried at `now`.
    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        self.next_at <= now || self.next_at > attempts_lie_by(now)
    }
}

/// What a process did for a webhook, or that it is about to: a claim has neither kept nor done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// For which.
    pub webhook: WebhookId,
    /// Which process.
    pub holder: String,
    /// The journal's number that was read to when this was decided.
    pub seen: i64,
    /// When: another's claim that has ended by then is none, nor is one that lies behind [`claims_end_by`] it.
    pub at: Instant,
    /// The number that is read to now.
    pub read_to: i64,
    /// Until when nobody else may deliver.
    pub held_until: Instant,
    /// Since when nothing was taken.
    pub failing_since: Option<Instant>,
    /// What was not taken.
    pub kept: Vec<Delivery>,
    /// Kept before, and taken now.
    pub done: Vec<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_come_at_growing_distances_and_end() {
        let webhook = WebhookId::new("w").unwrap();
        let mut now = Instant(0);
        let mut last: Option<Delivery> = None;
        let mut waited_s = Vec::new();
        for n in 1..=ATTEMPTS_MAX {
            let told = (Some(500), "x".to_owned());
            let next = Delivery::failed(&webhook, 7, last.as_ref(), now, 0, told);
            assert_eq!((next.attempts, next.first_at), (n, Instant(0)));
            assert_eq!(next.dead, n == ATTEMPTS_MAX);
            waited_s.push((next.next_at.0 - now.0) / SECOND_US);
            now = next.next_at;
            last = Some(next);
        }
        assert_eq!(waited_s, [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400, 0]);
        let jittered = Delivery::failed(&webhook, 7, None, now, 1_000, (None, String::new()));
        assert_eq!(jittered.next_at.0 - now.0, 5_500_000);
        let last = Delivery { attempts: 8, ..jittered };
        let furthest =
            Delivery::failed(&webhook, 7, Some(&last), now, u32::MAX, (None, String::new()));
        let (from, to) = (86_400 * SECOND_US, 86_400 * SECOND_US * 11 / 10);
        assert!((from..=to).contains(&(furthest.next_at.0 - now.0)));
        assert!(!furthest.is_due(now) && furthest.is_due(furthest.next_at));
        assert!(furthest.is_due(Instant(now.0 - 86_400 * SECOND_US)), "the clock was set back");
    }
}
