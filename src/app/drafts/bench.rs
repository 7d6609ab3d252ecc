//! The bench: drafts at work, with the ground as their edits leave it.
//!
//! A draft is folded from its steps, its ground from the plan it stands on and its edits; both take time,
//! so the last ones used are kept. Whoever works on a draft takes it from its slot and lays it back when all
//! went well: what is left half done, by a fault or by a caller who went away, is made anew from the steps.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::app::drafts::readings::Readings;
use crate::app::refusal::Refusal;
use crate::domain::atlas::zone::Zone;
use crate::domain::drafts::state::Draft;
use crate::domain::drafts::step::DraftStep;
use crate::domain::id::{CityId, DraftId};
use crate::domain::zoning::review::state::{Followed, Review};
use crate::domain::zoning::review::things::Things;
use crate::domain::zoning::working::{Applied, Working};
use crate::store::{ROWS_MAX, Store};

/// Most drafts kept at work in one process.
const BENCHES_MAX: usize = 16;

/// The drafts at work.
pub struct Benches {
    /// The last used last.
    held: Mutex<Vec<(CityId, DraftId, Slot)>>,
    /// Places for work that keeps a processor busy.
    turns: Arc<Semaphore>,
    /// Places for searches, which take minutes: fewer, and of their own, so that no edit waits for one.
    searches: Arc<Semaphore>,
    readings: Readings,
}

type Slot = Arc<Turn<Option<Bench>>>;

/// A draft, and the ground as its edits leave it.
pub struct Bench {
    /// The draft.
    pub draft: Draft,
    ground: Option<Ground>,
}

/// A plan's zones with edits on them.
pub struct Ground {
    /// The plan.
    plan: i64,
    /// Its zones.
    pub base: Arc<Vec<Zone>>,
    /// As they are now.
    pub working: Working,
    /// What was done, stroke by stroke, with the revision that brought it.
    done: Vec<Done>,
    /// The review of the ground as it is, once somebody asked for one.
    pub reviewed: Option<Review>,
}

/// A stroke that was done.
struct Done {
    revision: u32,
    applied: Applied,
    /// What it changed in the review; `None` when there was none.
    followed: Option<Followed>,
}

impl Default for Benches {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            held: Mutex::default(),
            turns: Arc::new(Semaphore::new(cores)),
            searches: Arc::new(Semaphore::new((cores / 2).max(1))),
            readings: Readings::default(),
        }
    }
}

impl Benches {
    /// The place of a draft; one works on it at a time.
    pub async fn turn(&self, city: &CityId, id: DraftId) -> OwnedMutexGuard<Option<Bench>> {
        let slot = {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            let known = held.iter().position(|(of, draft, _)| of == city && *draft == id);
            let one = match known {
                Some(at) => held.remove(at),
                None => (city.clone(), id, Slot::default()),
            };
            if held.len() >= BENCHES_MAX {
                held.remove(0);
            }
            let slot = Arc::clone(&one.2);
            held.push(one);
            slot
        };
        slot.lock_owned().await
    }

    /// What lies in the cities, as it was read lately.
    #[must_use]
    pub fn readings(&self) -> &Readings {
        &self.readings
    }

    /// Long work, off the workers that answer.
    ///
    /// # Errors
    /// [`Refusal::Inner`] when it failed.
    pub async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Refusal::Busy)?;
        worked(turn, work).await
    }

    /// A search of a plan, off the workers that answer and beside the other work.
    ///
    /// # Errors
    /// [`Refusal::Busy`] at once when as many are under way as may be; [`Refusal::Inner`] when it failed.
    pub async fn search<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = Arc::clone(&self.searches).try_acquire_owned().map_err(|_| Refusal::Busy)?;
        worked(turn, work).await
    }
}

/// Work on a thread of its own; its place is free again when it ends, also when nobody waits for it any more.
async fn worked<T: Send + 'static>(
    turn: OwnedSemaphorePermit,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    let worked = tokio::task::spawn_blocking(move || {
        let made = work();
        drop(turn);
        made
    });
    worked.await.map_err(|fault| Refusal::Inner(format!("the draft was not worked on: {fault}")))
}

impl Bench {
    /// The draft as the store has it, from what is held of it.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is none; [`Refusal::Damaged`] when its steps make none.
    pub async fn catch_up(
        store: &Store,
        city: &CityId,
        id: DraftId,
        held: Option<Self>,
    ) -> Result<Self, Refusal> {
        let mut held = held;
        loop {
            let after = held.as_ref().map_or(0, |bench| bench.draft.revision);
            let steps = store.draft_steps(city, id, after, ROWS_MAX).await?;
            let full = steps.len() >= ROWS_MAX as usize;
            let damaged = |fault: &dyn std::fmt::Display| {
                Refusal::Damaged(format!("draft {id} cannot be read: {fault}"))
            };
            match &mut held {
                None if steps.is_empty() => return Err(Refusal::NotFound),
                None => {
                    let draft = Draft::fold(&steps).map_err(|fault| damaged(&fault))?;
                    held = Some(Self { draft, ground: None });
                }
                Some(bench) => bench.draft.follow(&steps).map_err(|fault| damaged(&fault))?,
            }
            if let Some(bench) = held.take_if(|_| !full) {
                return Ok(bench);
            }
        }
    }

    /// Takes a step that was written.
    pub fn wrote(&mut self, step: &DraftStep) {
        self.draft.take(step);
    }

    /// The bench with its ground as the draft has it.
    ///
    /// # Errors
    /// [`Refusal::Damaged`] when the plan it stands on gives no ground, or an edit that was written does not
    /// fit any more.
    pub async fn grounded(
        mut self,
        store: &Store,
        benches: &Benches,
        city: &CityId,
    ) -> Result<(Self, Ground), Refusal> {
        let held = self.ground.take().filter(|ground| ground.plan == self.draft.base);
        let base = match &held {
            Some(ground) => Arc::clone(&ground.base),
            None => Arc::new(plan_zones(store, city, self.draft.base).await?),
        };
        let made = benches.work(move || {
            let ground = match held {
                Some(ground) => Ok(ground),
                None => Ground::of(self.draft.base, base),
            };
            let brought = ground.and_then(|mut ground| {
                ground.bring_to(&self.draft)?;
                Ok(ground)
            });
            brought.map(|ground| (self, ground))
        });
        made.await?.map_err(Refusal::Damaged)
    }

    /// The ground is as the draft has it.
    #[must_use]
    pub fn on(mut self, ground: Ground) -> Self {
        self.ground = Some(ground);
        self
    }
}

impl Ground {
    /// The ground of a plan.
    ///
    /// # Errors
    /// Why its zones give none, in words.
    pub fn of(plan: i64, base: Arc<Vec<Zone>>) -> Result<Self, String> {
        let working = Working::taken_up(&base)
            .map_err(|faults| format!("plan {plan} gives no ground: {}", faults.join("; ")))?;
        Ok(Self { plan, base, working, done: Vec::new(), reviewed: None })
    }

    /// Takes back what the draft does not have, and does what it has more.
    fn bring_to(&mut self, draft: &Draft) -> Result<(), String> {
        let wanted = &draft.strokes[..draft.done];
        let same =
            self.done.iter().zip(wanted).take_while(|(had, wants)| had.revision == wants.revision);
        let same = same.count();
        while self.done.len() > same {
            self.take_back()?;
        }
        for stroke in &wanted[same..] {
            let applied = self.working.apply(&stroke.edits, &std::collections::BTreeSet::new());
            let applied = applied.map_err(|faults| {
                let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
                format!("the edit of step {} does not fit: {}", stroke.revision, words.join("; "))
            })?;
            self.did(stroke.revision, applied);
        }
        Ok(())
    }

    /// What the last stroke did.
    #[must_use]
    pub fn last(&self) -> Option<&Applied> {
        self.done.last().map(|done| &done.applied)
    }

    /// What each stroke did, the last first.
    pub fn backwards(&self) -> impl Iterator<Item = &Applied> {
        self.done.iter().rev().map(|done| &done.applied)
    }

    /// The stroke that was done on the ground is the one of this revision.
    pub fn did(&mut self, revision: u32, applied: Applied) {
        let followed = self.reviewed.as_mut().map(|it| it.follow(&self.working, &applied));
        self.done.push(Done { revision, applied, followed });
    }

    /// Has a review of what lies in the city: the one that was kept along, where it is of these things.
    pub fn review(&mut self, things: &Arc<Things>) {
        if !self.reviewed.as_ref().is_some_and(|it| Arc::ptr_eq(it.things(), things)) {
            for done in &mut self.done {
                done.followed = None;
            }
            self.reviewed = Some(Review::of(Arc::clone(things), &self.working));
        }
    }

    /// Takes the last stroke back; gives what it did.
    ///
    /// # Errors
    /// In words, when the ground is not as the stroke left it.
    pub fn take_back(&mut self) -> Result<Option<Applied>, String> {
        let Some(Done { applied, followed, .. }) = self.done.pop() else { return Ok(None) };
        self.working.take_back(&applied).map_err(|fault| fault.to_string())?;
        match (followed, self.reviewed.as_mut()) {
            (Some(followed), Some(review)) => review.take_back(followed),
            // It was reviewed after the stroke: what there was before is not known.
            _ => self.reviewed = None,
        }
        Ok(Some(applied))
    }
}

/// The zones of a plan; none before the first.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such plan.
pub async fn plan_zones(store: &Store, city: &CityId, plan: i64) -> Result<Vec<Zone>, Refusal> {
    if plan == 0 {
        return Ok(Vec::new());
    }
    let zones = store.plan_zones(city, plan).await?;
    if zones.is_empty() { Err(Refusal::NotFound) } else { Ok(zones) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_edit_waits_for_a_search_and_a_search_too_many_is_told_so_at_once() {
        let benches = Arc::new(Benches::default());
        let mut under_way = Vec::new();
        while benches.searches.available_permits() > 0 {
            let before = benches.searches.available_permits();
            let (end, ended) = std::sync::mpsc::channel::<()>();
            let held = Arc::clone(&benches);
            let search =
                tokio::spawn(async move { held.search(move || ended.recv().is_err()).await });
            while benches.searches.available_permits() == before {
                tokio::task::yield_now().await;
            }
            under_way.push((end, search));
        }
        assert_eq!(benches.search(|| 7).await, Err(Refusal::Busy));
        for edit in 0..64 {
            assert_eq!(benches.work(move || edit).await, Ok(edit));
        }
        for (end, search) in under_way {
            drop(end);
            assert_eq!(search.await.unwrap(), Ok(true));
        }
        assert_eq!(benches.search(|| 7).await, Ok(7), "their places are free again");
    }
}
