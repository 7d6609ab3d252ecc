//! A rehearsal 试运行: where past reports would have gone under another atlas. Nothing is changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::reach::ReachIndex;
use crate::domain::atlas::rule::Rule;
use crate::domain::atlas::zone::Zone;
use crate::domain::id::{CategoryCode, ReportId, UnitId};
use crate::domain::reports::report::Report;
use crate::domain::reports::routing::{
    Ask, Brief, depth, looked_m, route_brief_within, units_beside,
};
use crate::domain::time::Instant;
use crate::geom::coord::GridPoint;
use crate::geom::locate::area::NOWHERE;

/// Most reports of each kind that are listed one by one; the rest is counted.
pub const LISTED_MAX: usize = 100_000;
/// How many places are looked up together.
const TOGETHER: usize = 4_096;

/// What routing has to know of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Which report.
    pub id: ReportId,
    /// When it was received.
    pub received_at: Instant,
    /// When it happened.
    pub happened_at: Instant,
    /// What it is about.
    pub category: Option<CategoryCode>,
    /// Accuracy radius (m, 68 %).
    pub accuracy_m: Option<f64>,
    /// Where, WGS84.
    pub position: GridPoint,
}

impl Told {
    /// What routing has to know of this report.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        Self {
            id: report.id,
            received_at: report.received_at,
            happened_at: report.happened_at,
            category: report.category.clone(),
            accuracy_m: report.accuracy_m,
            position: report.position,
        }
    }
}

/// A report that would have gone elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// Which report.
    pub report: ReportId,
    /// The unit that the atlas in force names.
    pub from: UnitId,
    /// The unit that the other names.
    pub to: UnitId,
    /// Why the one in force does: a rule's code, `zone` or `fallback`.
    pub rule: String,
    /// Why the other does.
    pub rule_then: String,
}

/// A report that would have gone to the same unit, with others beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OthersBeside {
    /// Which report.
    pub report: ReportId,
    /// The unit that both atlases name.
    pub unit: UnitId,
    /// Units beside it by the atlas in force, in order.
    pub co: Vec<UnitId>,
    /// Units beside it by the other.
    pub co_then: Vec<UnitId>,
    /// Why the one in force says so: a rule's code, `zone` or `fallback`.
    pub rule: String,
    /// Why the other does.
    pub rule_then: String,
}

/// A report that one atlas sends to its unit, and the other, which is less sure, to the dispatcher's queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Queued {
    /// Which report.
    pub report: ReportId,
    /// The unit that the atlas in force names.
    pub from: UnitId,
    /// The unit that the other names.
    pub to: UnitId,
    /// Why the one in force does: a rule's code, `zone` or `fallback`.
    pub rule: String,
    /// Why the other does.
    pub rule_then: String,
    /// How sure (0 to 1) the one in force is.
    pub confidence: f64,
    /// How sure the other is.
    pub confidence_then: f64,
}

/// What a rehearsal found. A report may both go elsewhere and change between unit and queue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rehearsal {
    /// How many reports were routed both ways.
    pub reports: u64,
    /// How many of them would have gone elsewhere: another unit would have answered.
    pub elsewhere: u64,
    /// How many would have gone to the same unit, with others beside it.
    pub others_beside: u64,
    /// How many, which went to a unit, would have waited in the dispatcher's queue.
    pub to_queue: u64,
    /// How many, which waited there, would have gone to a unit.
    pub from_queue: u64,
    /// How many from which unit to which.
    pub flows: BTreeMap<(UnitId, UnitId), u64>,
    /// Each that would have gone elsewhere in the order they were given, at most [`LISTED_MAX`].
    pub listed: Vec<Elsewhere>,
    /// Each that would have had others beside its unit, likewise.
    pub listed_beside: Vec<OthersBeside>,
    /// Each that would have waited in the queue, likewise.
    pub listed_to_queue: Vec<Queued>,
    /// Each that would have gone to a unit from it, likewise.
    pub listed_from_queue: Vec<Queued>,
}

impl Rehearsal {
    fn add(
        &mut self,
        report: ReportId,
        [a, b]: [&Brief<'_>; 2],
        rules: impl FnOnce() -> [String; 2],
    ) {
        self.elsewhere += 1;
        let (from, to) = (a.unit.clone(), b.unit.clone());
        *self.flows.entry((from.clone(), to.clone())).or_default() += 1;
        if self.listed.len() < LISTED_MAX {
            let [rule, rule_then] = rules();
            self.listed.push(Elsewhere { report, from, to, rule, rule_then });
        }
    }

    fn add_beside(
        &mut self,
        (report, unit): (ReportId, &UnitId),
        co: [Vec<&UnitId>; 2],
        rules: impl FnOnce() -> [String; 2],
    ) {
        self.others_beside += 1;
        if self.listed_beside.len() < LISTED_MAX {
            let [co, co_then] = co.map(|units| units.into_iter().cloned().collect());
            let ([rule, rule_then], unit) = (rules(), unit.clone());
            self.listed_beside.push(OthersBeside { report, unit, co, co_then, rule, rule_then });
        }
    }

    /// Counts one that `waits` in the queue under the other atlas, or under the one in force.
    fn add_queued(
        &mut self,
        waits: bool,
        report: ReportId,
        [a, b]: [&Brief<'_>; 2],
        rules: impl FnOnce() -> [String; 2],
    ) {
        let (count, listed) = if waits {
            (&mut self.to_queue, &mut self.listed_to_queue)
        } else {
            (&mut self.from_queue, &mut self.listed_from_queue)
        };
        *count += 1;
        if listed.len() < LISTED_MAX {
            let ([rule, rule_then], from, to) = (rules(), a.unit.clone(), b.unit.clone());
            let (confidence, confidence_then) = (a.confidence, b.confidence);
            listed.push(Queued { report, from, to, rule, rule_then, confidence, confidence_then });
        }
    }

    /// The flows, the largest first.
    #[must_use]
    pub fn largest(&self) -> Vec<(&UnitId, &UnitId, u64)> {
        let mut flows: Vec<_> =
            self.flows.iter().map(|((from, to), count)| (from, to, *count)).collect();
        flows.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
        flows
    }
}

/// Two atlases to be compared, and what they do not have alike.
pub struct Trial {
    now: Arc<Atlas>,
    then: Arc<Atlas>,
    same_zones: bool,
    /// For each zone of the other atlas the number that it has in the one in force, where it lies there in the
    /// same hands on the same ground: so places in it have the same units, and lie as far from its border.
    kept: Vec<Option<u16>>,
    /// `None` when they differ in what bears on every rule, so that every report is routed.
    changed: Option<[Changed; 2]>,
}

/// Rules that one atlas has and the other has not, or otherwise.
struct Changed {
    rules: Vec<Rule>,
    reach: ReachIndex,
}

impl Changed {
    fn of(one: &Atlas, other: &Atlas) -> Self {
        let alike = |rule: &Rule| {
            let at = other.rules().binary_search_by(|it| it.id.cmp(&rule.id));
            at.is_ok_and(|at| other.rules()[at] == *rule)
        };
        let rules: Vec<Rule> =
            one.rules().iter().filter(|rule| rule.enabled && !alike(rule)).cloned().collect();
        Self { reach: ReachIndex::build(&rules, one.facilities()), rules }
    }

    /// Whether one of them may bear on the report, or on how sure its unit is, which counts rules so far
    /// (m) around the place: its time is not looked at.
    fn may_bear_on(&self, one: &Told, around_m: f64) -> bool {
        let fits = |rule: u32| depth(&self.rules[rule as usize], one.category.as_ref()).is_some();
        let mut found = false;
        self.reach.near(one.position, around_m, fits, |_| found = true);
        found
    }
}

impl Trial {
    /// The atlas in force, and another one.
    #[must_use]
    pub fn new(now: Arc<Atlas>, then: Arc<Atlas>) -> Self {
        let (a, b) = (now.city(), then.city());
        let same = |a: f64, b: f64| a.to_bits() == b.to_bits();
        let alike = a.fallback == b.fallback
            && same(a.confidence_floor, b.confidence_floor)
            && same(a.assumed_accuracy_m, b.assumed_accuracy_m)
            && a.calendar == b.calendar
            && a.time_zone == b.time_zone
            && now.facilities() == then.facilities();
        let changed = alike.then(|| [Changed::of(&now, &then), Changed::of(&then, &now)]);
        let same_zones = now.zones() == then.zones();
        Self { kept: kept(&now, &then), same_zones, now, then, changed }
    }

    /// Routes reports under both atlases and adds what it finds. Both are asked for the same moment, the
    /// one at which it happened.
    ///
    /// Where the place is in a zone that stays as it is, and no rule that they do not share is near it for the
    /// category, the same rule fires in both and is as sure: those reports are not routed at all.
    pub fn rehearse(&self, told: &[Told], found: &mut Rehearsal) {
        let (mut xs, mut ys) = (Vec::new(), Vec::new());
        let mut zones = [vec![NOWHERE; TOGETHER], vec![NOWHERE; TOGETHER]];
        for some in told.chunks(TOGETHER) {
            xs.clear();
            ys.clear();
            xs.extend(some.iter().map(|one| one.position.x));
            ys.extend(some.iter().map(|one| one.position.y));
            let [of_now, of_then] = &mut zones;
            self.now.areas().locate_batch(&xs, &ys, &mut of_now[..some.len()]);
            if self.same_zones {
                of_then.copy_from_slice(of_now);
            } else {
                self.then.areas().locate_batch(&xs, &ys, &mut of_then[..some.len()]);
            }
            for ((one, now_in), then_in) in some.iter().zip(&*of_now).zip(&*of_then) {
                self.compare(one, [*now_in, *then_in], found);
            }
        }
    }

    fn compare(&self, one: &Told, [now_in, then_in]: [u16; 2], found: &mut Rehearsal) {
        found.reports += 1;
        if self.stays(now_in, then_in)
            && let Some(changed) = &self.changed
            && let around_m = looked_m(&self.now, one.accuracy_m)
            && !changed.iter().any(|them| them.may_bear_on(one, around_m))
        {
            return;
        }
        let ask = Ask {
            position: one.position,
            accuracy_m: one.accuracy_m,
            category: one.category.as_ref(),
            at: one.happened_at,
        };
        let around = self.now.areas().surroundings(one.position);
        let a = route_brief_within(&self.now, &ask, around);
        let around =
            if self.same_zones { around } else { self.then.areas().surroundings(one.position) };
        let b = route_brief_within(&self.then, &ask, around);
        let rules = || [fired(&self.now, &a), fired(&self.then, &b)];
        if a.unit == b.unit {
            let (co, co_then) = (units_beside(&self.now, &a), units_beside(&self.then, &b));
            if co != co_then {
                found.add_beside((one.id, a.unit), [co, co_then], rules);
            }
        } else {
            found.add(one.id, [&a, &b], rules);
        }
        let waits = b.for_dispatcher(&self.then);
        if waits != a.for_dispatcher(&self.now) {
            found.add_queued(waits, one.id, [&a, &b], rules);
        }
    }

    /// Whether these zones of the one and the other atlas are one, or the place lies outside of the same zones.
    fn stays(&self, now_in: u16, then_in: u16) -> bool {
        match self.kept.get(usize::from(then_in)) {
            Some(kept) => *kept == Some(now_in),
            None => now_in == NOWHERE && self.same_zones,
        }
    }
}

fn kept(now: &Atlas, then: &Atlas) -> Vec<Option<u16>> {
    let of = |zone: &Zone| {
        let at = now.zones().binary_search_by(|it| it.id.cmp(&zone.id)).ok()?;
        let before = &now.zones()[at];
        let same = before.lead == zone.lead && before.co == zone.co && before.area == zone.area;
        u16::try_from(at).ok().filter(|_| same)
    };
    then.zones().iter().map(of).collect()
}

fn fired(atlas: &Atlas, brief: &Brief<'_>) -> String {
    let rule = brief.rule.and_then(|at| atlas.rules().get(at as usize));
    match (rule, brief.zone) {
        (Some(rule), _) => rule.id.to_string(),
        (None, None) => "fallback".to_owned(),
        (None, Some(_)) => "zone".to_owned(),
    }
}

#[cfg(test)]
mod tests;
