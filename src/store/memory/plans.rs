//! Plans in time.

use crate::domain::atlas::history::{Published, Stood};
use crate::domain::atlas::zone::Zone;
use crate::domain::id::{CityId, IncidentId, ReportId};
use crate::domain::incidents::docket::Docket;
use crate::domain::incidents::handover::{Handed, Pointer};
use crate::domain::reports::rehearse::Told;
use crate::domain::reports::report::{AssignedReport, Assignment};
use crate::domain::reports::reroute::Stored;
use crate::domain::time::Instant;
use crate::geom::coord::GridBox;
use crate::store::memory::Memory;
use crate::store::promise::rows_at_most;

impl Memory {
    pub(in crate::store) fn stood_at(&self, city: &CityId, at: Instant) -> Option<Stood> {
        self.held(city, |held| {
            let past = &held.past;
            let (version, from) = past.begun.iter().rev().find(|(_, begun)| **begun <= at)?;
            let next = past.begun.range(version + 1..).next().map(|(_, at)| *at);
            let mut plans = past.plans.values().rev().map(|(published, _)| published);
            let plan = plans.find(|it| it.from_atlas <= *version);
            Some(Stood {
                version: *version,
                from: *from,
                to: next,
                plan: plan.map_or(0, |it| it.plan.version),
                plan_from: plan.map_or(*from, |it| it.plan.effective_from),
                plan_to: plan.and_then(|it| it.effective_to),
            })
        })
    }

    pub(in crate::store) fn first_instant(&self, city: &CityId) -> Option<Instant> {
        self.held(city, |held| held.past.begun.first_key_value().map(|(_, at)| *at))
    }

    pub(in crate::store) fn plans(&self, city: &CityId, until: i64, limit: u32) -> Vec<Published> {
        self.held(city, |held| {
            let found = held.past.plans.range(..=until).rev().take(rows_at_most(limit));
            Some(found.map(|(_, (published, _))| published.clone()).collect())
        })
        .unwrap_or_default()
    }

    pub(in crate::store) fn plan_zones(&self, city: &CityId, version: i64) -> Vec<Zone> {
        self.held(city, |held| held.past.plans.get(&version).map(|(_, zones)| zones.clone()))
            .unwrap_or_default()
    }

    pub(in crate::store) fn open_within(
        &self,
        city: &CityId,
        frame: GridBox,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Vec<Docket> {
        self.held(city, |held| {
            let dockets = held.incidents.values().map(|(docket, _)| docket);
            let wanted = dockets.filter(|docket| {
                docket.is_open()
                    && frame.holds(docket.matter.position)
                    && after.is_none_or(|after| docket.id > after)
            });
            Some(wanted.take(rows_at_most(limit)).cloned().collect())
        })
        .unwrap_or_default()
    }

    pub(in crate::store) fn handover(&self, city: &CityId) -> Pointer {
        self.held(city, |held| held.past.pointer).unwrap_or_default()
    }

    pub(in crate::store) fn handed(
        &self,
        city: &CityId,
        plan: i64,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Vec<Handed> {
        self.held(city, |held| {
            let of_plan = held
                .past
                .handed
                .iter()
                .filter(|((of, id), _)| *of == plan && after.is_none_or(|after| *id > after));
            Some(of_plan.map(|(_, it)| it.clone()).take(rows_at_most(limit)).collect())
        })
        .unwrap_or_default()
    }

    pub(in crate::store) fn stored_within(
        &self,
        city: &CityId,
        frame: GridBox,
        (since, plan): (Instant, i64),
        after: Option<ReportId>,
        limit: u32,
    ) -> Vec<Stored> {
        self.held(city, |held| {
            let wanted = held.reports.values().filter(|it| {
                let report = &it.report;
                report.received_at >= since
                    && it.assignment.plan_version < plan
                    && frame.holds(report.position)
                    && after.is_none_or(|after| report.id > after)
            });
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            Some(wanted.take(limit).map(stored).collect())
        })
        .unwrap_or_default()
    }

    pub(in crate::store) fn assignments(&self, city: &CityId, report: ReportId) -> Vec<Assignment> {
        self.held(city, |held| {
            let last = held.reports.get(&report)?.assignment.clone();
            let mut all = held.past.former.get(&report).cloned().unwrap_or_default();
            all.push(last);
            Some(all)
        })
        .unwrap_or_default()
    }
}

fn stored(it: &AssignedReport) -> Stored {
    let AssignedReport { report, assignment } = it;
    Stored {
        told: Told::of(report),
        turn: assignment.turn,
        unit: assignment.unit.clone(),
        co: assignment.co.clone(),
    }
}
