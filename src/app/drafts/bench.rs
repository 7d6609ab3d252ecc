//! The bench: drafts at work, with the ground as their edits leave it.
//!
//! A draft is folded from its steps, its ground from the plan it stands on and its edits; both take time,
//! so the last ones used are kept. Whoever works on a draft takes it from its slot and lays it back when all
//! went well: what is left half done, by a fault or by a caller who went away, is made anew from the steps.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::app::drafts::readings::{Readings, Sight};
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
/// Most ways to look at one draft of which the review is kept along.
const REVIEWS_MAX: usize = 3;

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
    /// The reviews of the ground as it is that were asked for lately, the last asked for last.
    reviewed: Vec<Reviewed>,
}

/// A review, and how the city is looked at in it.
struct Reviewed {
    look: Sight,
    review: Review,
}

/// A stroke that was done.
struct Done {
    revision: u32,
    applied: Applied,
    /// What it changed in the reviews that there were.
    followed: Vec<(Arc<Things>, Followed)>,
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
            // A page ends where it is long enough in bytes too: only an empty one is the last.
            let after = held.as_ref().map_or(0, |bench| bench.draft.revision);
            let steps = store.draft_steps(city, id, after, ROWS_MAX).await?;
            let damaged = |fault: &dyn std::fmt::Display| {
                Refusal::Damaged(format!("draft {id} cannot be read: {fault}"))
            };
            if steps.is_empty() {
                return held.ok_or(Refusal::NotFound);
            }
            match &mut held {
                None => {
                    let draft = Draft::fold(&steps).map_err(|fault| damaged(&fault))?;
                    held = Some(Self { draft, ground: None });
                }
                Some(bench) => bench.draft.follow(&steps).map_err(|fault| damaged(&fault))?,
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
        Ok(Self { plan, base, working, done: Vec::new(), reviewed: Vec::new() })
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
        let working = &self.working;
        let follow = |it: &mut Reviewed| {
            (Arc::clone(it.review.things()), it.review.follow(working, &applied))
        };
        let followed = self.reviewed.iter_mut().map(follow).collect();
        self.done.push(Done { revision, applied, followed });
    }

    /// Has a review of what lies in the city, as it is looked at: the one that was kept along, where it is of these things.
    pub fn review(&mut self, things: &Arc<Things>, look: &Sight) {
        let known = self.reviewed.iter().position(|it| it.look == *look);
        let kept = known.map(|at| self.reviewed.remove(at));
        let kept = kept.filter(|it| Arc::ptr_eq(it.review.things(), things));
        let one = kept.unwrap_or_else(|| Reviewed {
            look: look.clone(),
            review: Review::of(Arc::clone(things), &self.working),
        });
        if self.reviewed.len() >= REVIEWS_MAX {
            self.reviewed.remove(0);
        }
        self.reviewed.push(one);
        // What a stroke changed in a review that is gone is never taken back there.
        let reviewed = &self.reviewed;
        for done in &mut self.done {
            done.followed
                .retain(|(of, _)| reviewed.iter().any(|it| Arc::ptr_eq(it.review.things(), of)));
        }
    }

    /// The review that was asked for last.
    #[must_use]
    pub fn reviewed(&self) -> Option<&Review> {
        self.reviewed.last().map(|it| &it.review)
    }

    /// The review that was asked for last takes note of edits that are tried; what they changed in it.
    pub fn try_out(&mut self, applied: &Applied) -> Option<Followed> {
        self.reviewed.last_mut().map(|it| it.review.follow(&self.working, applied))
    }

    /// Takes back edits that were tried.
    ///
    /// # Errors
    /// In words, when the ground is not as they left it.
    pub fn give_up(&mut self, applied: &Applied, tried: Option<Followed>) -> Result<(), String> {
        if let (Some(it), Some(tried)) = (self.reviewed.last_mut(), tried) {
            it.review.take_back(tried);
        }
        self.working.take_back(applied).map_err(|fault| fault.to_string())
    }

    /// Takes the last stroke back; gives what it did.
    ///
    /// # Errors
    /// In words, when the ground is not as the stroke left it.
    pub fn take_back(&mut self) -> Result<Option<Applied>, String> {
        let Some(Done { applied, followed, .. }) = self.done.pop() else { return Ok(None) };
        self.working.take_back(&applied).map_err(|fault| fault.to_string())?;
        let mut followed = followed;
        self.reviewed.retain_mut(|it| {
            let of = |(of, _): &(Arc<Things>, Followed)| Arc::ptr_eq(of, it.review.things());
            let Some(at) = followed.iter().position(of) else {
                // It was reviewed after the stroke: what there was before is not known.
                return false;
            };
            it.review.take_back(followed.swap_remove(at).1);
            true
        });
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
    use crate::domain::atlas::in_force::Atlas;
    use crate::domain::sample::{self, Recipe};
    use crate::domain::zoning::edit::ZoningEdit;
    use crate::domain::zoning::review::outline::Before;
    use crate::geom::coord::{GridPoint, step};
    use crate::geom::coverage::edit::place::Place;

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

    fn sight(days: u32) -> Sight {
        Sight { days, weight: "people".to_owned() }
    }

    /// The days of the looks that are kept, with which each is as a review from scratch would be.
    fn kept(ground: &Ground) -> Vec<u32> {
        for it in &ground.reviewed {
            let fresh = Review::of(Arc::clone(it.review.things()), &ground.working);
            assert_eq!(it.review.faces(), fresh.faces(), "{:?}", it.look);
            assert_eq!(it.review.sums(), fresh.sums(), "{:?}", it.look);
        }
        ground.reviewed.iter().map(|it| it.look.days).collect()
    }

    #[test]
    fn the_reviews_of_several_looks_are_kept_along_and_the_oldest_goes() {
        let atlas = Atlas::build(sample::city(&Recipe::default())).unwrap();
        let things = || {
            let before = Before::of(&atlas);
            Arc::new(Things::gather((&atlas, before), Vec::new(), &[], &|_| 1.0, &|_, _| None))
        };
        let mut ground = Ground::of(1, Arc::new(atlas.zones().to_vec())).unwrap();
        let (month, year) = (things(), things());
        ground.review(&month, &sight(30));
        ground.review(&year, &sight(365));
        ground.review(&month, &sight(30));
        assert_eq!(kept(&ground), [365, 30], "one does not throw the other's away");
        let ring = atlas.zones()[7].area.0[0].exterior();
        let mut moves = ring.0.iter().map(|vertex| {
            let from = GridPoint { x: step(vertex.x), y: step(vertex.y) };
            let to = GridPoint { x: from.x + 40, y: from.y + 30 };
            ZoningEdit::MoveVertex { from: Place(from), to: Place(to) }
        });
        let none = std::collections::BTreeSet::new();
        let fits = moves.find_map(|edit| ground.working.apply(&[edit], &none).ok());
        ground.did(2, fits.unwrap());
        assert_eq!(kept(&ground), [365, 30]);
        let late = things();
        ground.review(&late, &sight(7));
        assert_eq!(kept(&ground), [365, 30, 7]);
        ground.take_back().unwrap();
        assert_eq!(
            kept(&ground),
            [365, 30],
            "what was before the stroke is not known of the third"
        );
        let anew = things();
        ground.review(&anew, &sight(365));
        assert_eq!(
            kept(&ground),
            [30, 365],
            "read anew it takes the place of what was read before"
        );
        for days in [1, 2] {
            ground.review(&things(), &sight(days));
        }
        assert_eq!(kept(&ground), [365, 1, 2]);
    }
}
