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
/// How far back (µs) any window reaches.
const REACHED_US: i64 = WINDOW_S_MAX * 1_000_000;
/// What a report tells of may lie ahead of its receipt by a day; twice that is safe.
const AHEAD_US: i64 = 2 * 86_400 * 1_000_000;

/// The open incidents of one city.
#[derive(Debug, Default)]
pub struct Board {
    nearby: Nearby,
    /// The journal's number up to which it was read; `None` before it was filled.
    read_to: Option<i64>,
    forgot_at: Instant,
    fills: u64,
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
            None => self.fill(store, city, now).await?,
            Some(last) => self.follow(store, city, last).await?,
        }
        if now.0.saturating_sub(self.forgot_at.0) > FORGET_EVERY_US {
            // No window reaches further back.
            self.nearby.forget_before(Instant(now.0.saturating_sub(REACHED_US)));
            self.forgot_at = now;
        }
        Ok(())
    }

    /// Forgets all: the next look fills it anew.
    pub fn clear(&mut self) {
        *self = Self { fills: self.fills, ..Self::default() };
    }

    /// How often everything that is open was read, which is what costs.
    #[must_use]
    pub fn fills(&self) -> u64 {
        self.fills
    }

    /// Open incidents that may be the same matter by the city's reaches, best first.
    #[must_use]
    pub fn candidates(&self, spot: &Spot, reaches: &Reaches) -> Vec<Candidate> {
        self.nearby.candidates(spot, reaches)
    }

    /// For what is about to be opened.
    pub fn pencil(&mut self) -> Pencil<'_> {
        Pencil { board: self, put: Vec::new() }
    }

    async fn fill(&mut self, store: &Store, city: &CityId, now: Instant) -> Result<(), Refusal> {
        self.fills += 1;
        // The number first: what is written while the list is read is read once more.
        let head = store.head(city).await?.unwrap_or_default();
        self.nearby = Nearby::default();
        // When a case was opened stands; along the deadlines one would be missed that another process tells
        // anew meanwhile.
        let order = IncidentOrder::Newest;
        let oldest = Instant(now.0.saturating_sub(REACHED_US + AHEAD_US));
        let filter =
            IncidentFilter { open: true, opened_from: Some(oldest), ..IncidentFilter::default() };
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

/// Puts cases on the board before they are written. Unless they [were](Self::wrote), they are gone from it with
/// the pencil, and nothing else is: however the writing ended, the journal tells of what is so.
pub struct Pencil<'a> {
    board: &'a mut Board,
    put: Vec<IncidentId>,
}

impl Pencil<'_> {
    /// Puts in what is about to be opened.
    pub fn insert(&mut self, spot: Spot) {
        // One that is there already was opened by another.
        if !self.board.nearby.holds(spot.incident) {
            self.put.push(spot.incident);
            self.board.nearby.insert(spot);
        }
    }

    /// As [`Board::candidates`], with what was put in.
    #[must_use]
    pub fn candidates(&self, spot: &Spot, reaches: &Reaches) -> Vec<Candidate> {
        self.board.candidates(spot, reaches)
    }

    /// What was put in was written, `changes` lines of the journal that end at `head`: when nobody else has
    /// written meanwhile they need not be read.
    pub fn wrote(mut self, head: Head, changes: usize) {
        self.put.clear();
        let before = i64::try_from(changes).ok().map(|changes| head.journal_seq - changes);
        if self.board.read_to == before {
            self.board.read_to = Some(head.journal_seq);
        }
    }
}

impl Drop for Pencil<'_> {
    fn drop(&mut self) {
        for incident in &self.put {
            self.board.nearby.remove(*incident);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::geom::coord::GridPoint;

    fn spot(n: u128) -> Spot {
        Spot {
            incident: IncidentId(Uuid::from_u128(n)),
            category: None,
            position: GridPoint { x: 1_000_000_000, y: 250_000_000 },
            at: Instant(0),
        }
    }

    #[test]
    fn what_was_pencilled_and_not_written_is_gone_and_nothing_else_is() {
        let mut board = Board { read_to: Some(7), ..Board::default() };
        let found = |board: &Board| board.candidates(&spot(9), &Reaches::default()).len();
        let mut pencil = board.pencil();
        pencil.insert(spot(1));
        pencil.wrote(Head { atlas_version: 1, journal_seq: 8 }, 1);
        assert_eq!((found(&board), board.read_to), (1, Some(8)));
        let mut pencil = board.pencil();
        pencil.insert(spot(1));
        pencil.insert(spot(2));
        assert_eq!(pencil.candidates(&spot(9), &Reaches::default()).len(), 2);
        drop(pencil);
        assert_eq!((found(&board), board.read_to, board.fills()), (1, Some(8), 0));
        // Another has written as well: the journal is read.
        board.pencil().wrote(Head { atlas_version: 1, journal_seq: 10 }, 1);
        assert_eq!(board.read_to, Some(8));
    }
}
