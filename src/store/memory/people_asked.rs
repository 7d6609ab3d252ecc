//! What is asked about the people behind reports.

use crate::domain::id::{CityId, ReportId};
use crate::domain::reports::person::SealedPerson;
use crate::domain::reports::picture::PictureSent;
use crate::domain::reports::report::Report;
use crate::domain::time::Instant;
use crate::store::memory::Memory;
use crate::store::promise::rows_at_most;

impl Memory {
    pub(in crate::store) fn reports_marked(
        &self,
        city: &CityId,
        marks: &[String],
        after: Option<ReportId>,
        limit: u32,
    ) -> Vec<ReportId> {
        let people = self.people_behind(city, after);
        let marked = people.filter(|(_, it)| it.marks.iter().any(|mark| marks.contains(mark)));
        marked.map(|(id, _)| id).take(rows_at_most(limit)).collect()
    }

    pub(in crate::store) fn people(
        &self,
        city: &CityId,
        after: Option<ReportId>,
        limit: u32,
    ) -> Vec<(ReportId, SealedPerson)> {
        self.people_behind(city, after).take(rows_at_most(limit)).collect()
    }

    fn people_behind(
        &self,
        city: &CityId,
        after: Option<ReportId>,
    ) -> impl Iterator<Item = (ReportId, SealedPerson)> {
        let found: Vec<_> = self
            .held(city, |held| {
                let behind = held.reports.iter().filter(|(id, _)| after.is_none_or(|it| **id > it));
                let person = |report: &Report| report.person.as_deref().cloned();
                let found = behind.filter_map(|(id, it)| Some((*id, person(&it.report)?)));
                Some(found.collect())
            })
            .unwrap_or_default();
        found.into_iter()
    }

    pub(in crate::store) fn people_before(
        &self,
        city: &CityId,
        before: Instant,
        after: Option<ReportId>,
        limit: u32,
    ) -> Vec<ReportId> {
        self.held(city, |held| {
            let wanted = held.reports.values().map(|it| &it.report).filter(|it| {
                it.person.is_some()
                    && it.received_at < before
                    && after.is_none_or(|after| it.id > after)
            });
            Some(wanted.map(|it| it.id).take(rows_at_most(limit)).collect())
        })
        .unwrap_or_default()
    }

    pub(in crate::store) fn pictures_of(&self, city: &CityId, report: ReportId) -> usize {
        self.held(city, |held| {
            Some(held.pictures.values().filter(|it| it.report == report).count())
        })
        .unwrap_or_default()
    }

    pub(in crate::store) fn pictures_as_sent(
        &self,
        city: &CityId,
        before: Instant,
        after: Option<&PictureSent>,
        limit: u32,
    ) -> Vec<PictureSent> {
        let place = |it: &PictureSent| (it.received_at, it.id.clone());
        self.held(city, |held| {
            let sent = held.pictures.values().filter(|it| !held.cleaned.contains(&it.id));
            let mut wanted: Vec<PictureSent> = sent
                .map(|it| PictureSent {
                    id: it.id.clone(),
                    report: it.report,
                    received_at: it.received_at,
                })
                .filter(|it| it.received_at < before)
                .filter(|it| after.is_none_or(|after| place(it) > place(after)))
                .collect();
            wanted.sort_by_key(place);
            wanted.truncate(rows_at_most(limit));
            Some(wanted)
        })
        .unwrap_or_default()
    }
}
