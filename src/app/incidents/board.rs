//! The board: open incidents by place and time, kept up to date along the journal.
//!
//! It is derived, and every process has its own: it reads what is open once, and then what the
//! journal says has moved, whoever moved it.

use std::collections::BTreeSet;

use crate::app::refusal::Refusal;
use crate::domain::atlas::reaches::{Reaches, WINDOW_S_MAX};
use crate::domain::id::{CityId, IncidentId};
use crate::domain::incidents::docket::IncidentOrder;
use crate::domain::incidents::duplicates::nearby::{Candidate, Nearby, Spot};
use crate::domain::time::Instant;
use crate::store::{Head, IncidentFilter, ROWS_MAX, Store};

/// Most incidents asked for at once.
const ASKED_MAX: usize = 1_000;
/// How often (µs) what is too old is taken out.
const FORGET_EVERY_US: i64 = 3_600 * 1_000_000;

/// The open incidents of one city.
#[derive(Debug, Default)]
pub struct Board {
    nearby: Nearby,
    /// The journal's number up to which it was read; `None` before it was filled.
    read_to: Option<i64>,
    forgot_at: Instant,
}

impl Board {
    /// Reads what has moved since it was read last.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`]; what was read until then stays.
    pub async fn catch_up(
        &mut self,
        store: &Store,
        city: &CityId,
        now: Instant,
    ) -> Result<(), Refusal> {
        if now < self.forgot_at {
            // The clock was set back: what was forgotten as too old may not be.
            self.clear();
        }
        match self.read_to {
            None => self.fill(store, city).await?,
            Some(last) => self.follow(store, city, last).await?,
        }
        if now.0.saturating_sub(self.forgot_at.0) > FORGET_EVERY_US {
            // No window reaches further back.
            self.nearby.forget_before(Instant(now.0.saturating_sub(WINDOW_S_MAX * 1_000_000)));
            self.forgot_at = now;
        }
        Ok(())
    }

    /// Forgets all: the next look fills it anew.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes note of what was put in and then written, `changes` lines of the journal that end at
    /// `head`: when nobody else has written meanwhile they need not be read.
    pub fn wrote(&mut self, head: Head, changes: usize) {
        let before = i64::try_from(changes).ok().map(|changes| head.journal_seq - changes);
        if self.read_to == before {
            self.read_to = Some(head.journal_seq);
        }
    }

    /// Open incidents that may be the same matter by the city's reaches, best first.
    #[must_use]
    pub fn candidates(&self, spot: &Spot, reaches: &Reaches) -> Vec<Candidate> {
        self.nearby.candidates(spot, reaches)
    }

    /// Puts in what is about to be opened.
    pub fn insert(&mut self, spot: Spot) {
        self.nearby.insert(spot);
    }

    async fn fill(&mut self, store: &Store, city: &CityId) -> Result<(), Refusal> {
        // The number first: what is written while the list is read is read once more.
        let head = store.head(city).await?.unwrap_or_default();
        self.nearby = Nearby::default();
        let (filter, order) = (IncidentFilter::default(), IncidentOrder::Urgent);
        let mut after = None;
        loop {
            let page = store.incidents(city, &filter, order, after, ROWS_MAX).await?;
            after = page.last().map(|docket| order.key(docket));
            for docket in &page {
                self.nearby.insert(docket.spot());
            }
            if after.is_none() {
                break;
            }
        }
        self.read_to = Some(head.journal_seq);
        Ok(())
    }

    async fn follow(&mut self, store: &Store, city: &CityId, from: i64) -> Result<(), Refusal> {
        let mut last = from;
        loop {
            let entries = store.journal(city, last, ROWS_MAX).await?;
            let Some(end) = entries.last() else { return Ok(()) };
            let end = end.seq;
            let moved: BTreeSet<IncidentId> = entries
                .iter()
                .filter(|entry| matches!(entry.kind.as_str(), "case_opened" | "case_moved"))
                .filter_map(|entry| entry.subject.parse().ok().map(IncidentId))
                .collect();
            let moved: Vec<IncidentId> = moved.into_iter().collect();
            for ids in moved.chunks(ASKED_MAX) {
                for docket in store.incidents_of(city, ids).await? {
                    if docket.is_open() {
                        self.nearby.insert(docket.spot());
                    } else {
                        self.nearby.remove(docket.id);
                    }
                }
            }
            last = end;
            self.read_to = Some(last);
        }
    }
}
