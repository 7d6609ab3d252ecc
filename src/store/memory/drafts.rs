//! Drafts of a plan.

use crate::domain::drafts::docket::{DraftDocket, DraftKey};
use crate::domain::drafts::step::{DraftStep, Stage};
use crate::domain::id::{CityId, DraftId};
use crate::domain::time::Instant;
use crate::store::drafts::kept;
use crate::store::memory::Memory;
use crate::store::promise::{DraftFilter, STEPS_BYTES_MAX, rows_at_most};

impl Memory {
    pub(in crate::store) fn draft(&self, city: &CityId, id: DraftId) -> Option<DraftDocket> {
        self.held(city, |held| held.drafts.get(&id).map(|(docket, _)| docket.clone()))
    }

    pub(in crate::store) fn draft_steps(
        &self,
        city: &CityId,
        id: DraftId,
        after: u32,
        limit: u32,
    ) -> Vec<DraftStep> {
        self.held(city, |held| {
            let (_, steps) = held.drafts.get(&id)?;
            let behind = steps.iter().filter(|step| step.revision > after);
            let mut bytes = 0;
            let page = behind.take(rows_at_most(limit)).take_while(|step| {
                let ahead = bytes;
                bytes += kept(step).len();
                ahead < STEPS_BYTES_MAX
            });
            Some(page.cloned().collect())
        })
        .unwrap_or_default()
    }

    pub(in crate::store) fn drafts(
        &self,
        city: &CityId,
        filter: &DraftFilter,
        after: Option<DraftKey>,
        limit: u32,
    ) -> Vec<DraftDocket> {
        let wants = |it: &&DraftDocket| {
            filter.stage.is_none_or(|stage| it.stage == stage)
                && filter.open.is_none_or(|open| it.stage.is_over() != open)
                && filter.owner.as_ref().is_none_or(|owner| it.owner == *owner)
                && after.is_none_or(|after| it.key() < after)
        };
        let mut found = self.dockets(city, wants);
        found.sort_unstable_by_key(|it| std::cmp::Reverse(it.key()));
        found.truncate(rows_at_most(limit));
        found
    }

    pub(in crate::store) fn drafts_open(&self, city: &CityId) -> u64 {
        let open = self.dockets(city, |it| !it.stage.is_over());
        u64::try_from(open.len()).unwrap_or(u64::MAX)
    }

    pub(in crate::store) fn drafts_due(
        &self,
        city: &CityId,
        now: Instant,
        limit: u32,
    ) -> Vec<DraftDocket> {
        let due = |it: &&DraftDocket| {
            it.stage == Stage::Scheduled && it.effective_at.is_some_and(|at| at <= now)
        };
        let mut found = self.dockets(city, due);
        found.sort_unstable_by_key(|it| (it.effective_at, it.id));
        found.truncate(rows_at_most(limit));
        found
    }

    fn dockets(&self, city: &CityId, wanted: impl Fn(&&DraftDocket) -> bool) -> Vec<DraftDocket> {
        self.held(city, |held| {
            let dockets = held.drafts.values().map(|(docket, _)| docket);
            Some(dockets.filter(wanted).cloned().collect())
        })
        .unwrap_or_default()
    }
}
