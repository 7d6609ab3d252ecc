//! What is asked about links that wait to be followed.

use crate::domain::id::CityId;
use crate::domain::reports::links::LinksWaiting;
use crate::domain::time::Instant;
use crate::store::memory::Memory;
use crate::store::promise::rows_at_most;

impl Memory {
    pub(in crate::store) fn links_due(
        &self,
        city: &CityId,
        now: Instant,
        limit: u32,
    ) -> Vec<LinksWaiting> {
        self.held(city, |held| {
            let due = held.links.waiting().filter(|it| it.is_due(now));
            let mut due: Vec<LinksWaiting> = due.copied().collect();
            due.sort_by_key(|it| (it.next_at, it.report));
            due.truncate(rows_at_most(limit));
            Some(due)
        })
        .unwrap_or_default()
    }
}
