//! What is asked about answers that are kept, and about words that are masked in time.

use std::collections::BTreeSet;

use crate::domain::answers::KeptAnswer;
use crate::domain::id::CityId;
use crate::domain::incidents::step::Step;
use crate::domain::time::Instant;
use crate::store::memory::Memory;
use crate::store::promise::{StepKey, rows_at_most};

impl Memory {
    pub(in crate::store) fn answers(&self, city: &CityId, keys: &[String]) -> Vec<KeptAnswer> {
        let keys: BTreeSet<&String> = keys.iter().collect();
        self.held(city, |held| {
            let found = keys.into_iter().filter_map(|key| held.beside.answers.get(key));
            Some(found.cloned().collect())
        })
        .unwrap_or_default()
    }

    pub(in crate::store) fn words_done(&self, city: &CityId) -> Option<Instant> {
        self.held(city, |held| held.beside.words_done)
    }

    pub(in crate::store) fn steps_between(
        &self,
        city: &CityId,
        (from, to): (Instant, Instant),
        after: Option<StepKey>,
        limit: u32,
    ) -> Vec<Step> {
        self.held(city, |held| {
            let steps = held.incidents.values().flat_map(|(_, steps)| steps);
            let mut found: Vec<&Step> = steps
                .filter(|step| step.at >= from && step.at < to)
                .filter(|step| after.is_none_or(|after| StepKey::of(step) > after))
                .collect();
            found.sort_unstable_by_key(|step| StepKey::of(step));
            Some(found.into_iter().take(rows_at_most(limit)).cloned().collect())
        })
        .unwrap_or_default()
    }
}
