//! What is asked about what the public hears of cases.

use crate::domain::id::{CityId, ZoneId};
use crate::domain::time::Instant;
use crate::store::memory::Memory;
use crate::store::promise::{PublicCase, StepKey, rows_at_most};

impl Memory {
    pub(in crate::store) fn public_steps(
        &self,
        city: &CityId,
        (from, to): (Instant, Instant),
        after: Option<StepKey>,
        limit: u32,
    ) -> Vec<StepKey> {
        self.held(city, |held| {
            let wanted = held.heard.steps.iter().filter(|key| {
                key.at >= from && key.at < to && after.is_none_or(|after| **key > after)
            });
            Some(wanted.take(rows_at_most(limit)).copied().collect())
        })
        .unwrap_or_default()
    }

    pub(in crate::store) fn public_cases(
        &self,
        city: &CityId,
        zone: Option<&ZoneId>,
        (opened_from, over_from): (Instant, Instant),
        limit: u32,
    ) -> Vec<PublicCase> {
        self.held(city, |held| {
            let behind = held.heard.by.iter();
            let cases =
                behind.filter_map(|(id, report)| Some((&held.incidents.get(id)?.0, report)));
            let mut found: Vec<PublicCase> = cases
                .filter(|(docket, _)| {
                    let over = docket.merged_into.is_none() && docket.last_at >= over_from;
                    docket.opened_at >= opened_from
                        && (docket.is_open() || over)
                        && zone.is_none_or(|zone| docket.matter.zone.as_ref() == Some(zone))
                })
                .map(|(docket, report)| PublicCase { docket: docket.clone(), report: *report })
                .collect();
            found.sort_by_key(|it| std::cmp::Reverse((it.docket.last_at, it.docket.id)));
            found.truncate(rows_at_most(limit));
            Some(found)
        })
        .unwrap_or_default()
    }
}
