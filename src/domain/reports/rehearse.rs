//! A rehearsal 试运行: where past reports would have gone under another atlas. Nothing is changed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::reach::ReachIndex;
use crate::domain::atlas::rule::Rule;
use crate::domain::id::{CategoryCode, ReportId, UnitId};
use crate::domain::reports::report::Report;
use crate::domain::reports::routing::{Ask, Named, depth, route_unit, units_beside};
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

/// What a rehearsal found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rehearsal {
    /// How many reports were routed both ways.
    pub reports: u64,
    /// How many of them would have gone elsewhere: another unit would have answered.
    pub elsewhere: u64,
    /// How many would have gone to the same unit, with others beside it.
    pub others_beside: u64,
    /// How many from which unit to which.
    pub flows: BTreeMap<(UnitId, UnitId), u64>,
    /// Each that would have gone elsewhere in the order they were given, at most [`LISTED_MAX`].
    pub listed: Vec<Elsewhere>,
    /// Each that would have had others beside its unit, likewise.
    pub listed_beside: Vec<OthersBeside>,
}

impl Rehearsal {
    fn add(&mut self, report: ReportId, a: (&Named<'_>, String), b: (&Named<'_>, String)) {
        self.elsewhere += 1;
        let (from, to) = (a.0.unit.clone(), b.0.unit.clone());
        *self.flows.entry((from.clone(), to.clone())).or_default() += 1;
        if self.listed.len() < LISTED_MAX {
            self.listed.push(Elsewhere { report, from, to, rule: a.1, rule_then: b.1 });
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
    /// For each zone of either atlas a number: zones have the same where the same unit leads with the same
    /// beside it.
    hands: [Vec<u32>; 2],
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

    /// Whether one of them may bear on the report: its time is not looked at.
    fn may_bear_on(&self, one: &Told) -> bool {
        let fits = |rule: u32| depth(&self.rules[rule as usize], one.category.as_ref()).is_some();
        let mut found = false;
        self.reach.near(one.position, 0.0, fits, |_| found = true);
        found
    }
}

impl Trial {
    /// The atlas in force, and another one.
    #[must_use]
    pub fn new(now: Arc<Atlas>, then: Arc<Atlas>) -> Self {
        let (a, b) = (now.city(), then.city());
        let alike = a.fallback == b.fallback
            && a.calendar == b.calendar
            && a.time_zone == b.time_zone
            && now.facilities() == then.facilities();
        let changed = alike.then(|| [Changed::of(&now, &then), Changed::of(&then, &now)]);
        let same_zones = now.zones() == then.zones();
        Self { hands: hands(&now, &then), same_zones, now, then, changed }
    }

    /// Routes reports under both atlases and adds what it finds. Both are asked for the same moment, the
    /// one at which it happened.
    ///
    /// Where the place is in the same hands in both, and no rule that they do not share reaches it for the
    /// category, the same rule fires in both: those reports are not routed at all.
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
        if self.hands_of(0, now_in) == self.hands_of(1, then_in)
            && let Some(changed) = &self.changed
            && !changed.iter().any(|them| them.may_bear_on(one))
        {
            return;
        }
        let ask = Ask {
            position: one.position,
            accuracy_m: one.accuracy_m,
            category: one.category.as_ref(),
            at: one.happened_at,
        };
        let zone = |number: u16| (number != NOWHERE).then_some(number);
        let (a, b) = (
            route_unit(&self.now, &ask, zone(now_in)),
            route_unit(&self.then, &ask, zone(then_in)),
        );
        let rules = || [fired(&self.now, a.rule, now_in), fired(&self.then, b.rule, then_in)];
        if a.unit != b.unit {
            let [rule, rule_then] = rules();
            found.add(one.id, (&a, rule), (&b, rule_then));
            return;
        }
        let co = units_beside(&self.now, &a, zone(now_in));
        let co_then = units_beside(&self.then, &b, zone(then_in));
        if co != co_then {
            found.add_beside((one.id, a.unit), [co, co_then], rules);
        }
    }

    /// In whose hands a place in the zone is; outside every zone in nobody's but the fallback's.
    fn hands_of(&self, atlas: usize, zone: u16) -> Option<u32> {
        self.hands[atlas].get(usize::from(zone)).copied()
    }
}

fn hands(now: &Atlas, then: &Atlas) -> [Vec<u32>; 2] {
    let mut known: HashMap<(&UnitId, &[UnitId]), u32> = HashMap::new();
    [now, then].map(|atlas| {
        let mut numbers = Vec::with_capacity(atlas.zones().len());
        for zone in atlas.zones() {
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            numbers.push(*known.entry((&zone.lead, zone.co.as_slice())).or_insert(next));
        }
        numbers
    })
}

fn fired(atlas: &Atlas, rule: Option<u32>, zone: u16) -> String {
    let rule = rule.and_then(|at| atlas.rules().get(at as usize));
    match (rule, zone) {
        (Some(rule), _) => rule.id.to_string(),
        (None, NOWHERE) => "fallback".to_owned(),
        (None, _) => "zone".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::atlas::city::CityState;
    use crate::domain::atlas::rule::{Mode, Reach};
    use crate::domain::id::RuleId;
    use crate::domain::reports::routing::route;
    use crate::domain::sample::{self, Recipe};
    use crate::domain::text::Names;
    use crate::domain::time::Window;

    #[test]
    fn what_would_go_elsewhere_is_what_two_explained_answers_say() {
        let state = sample::city(&Recipe::default());
        let mut other = state.clone();
        let to = state.units.last().unwrap().id.clone();
        other.rules.push(Rule {
            id: RuleId::new("parking-elsewhere").unwrap(),
            names: Names { zh: String::new(), en: "Parking elsewhere".to_owned() },
            reach: Reach::Everywhere,
            categories: vec![CategoryCode::new("event.01").unwrap()],
            window: Window::default(),
            unit: Some(to.clone()),
            mode: Mode::Instead,
            enabled: true,
        });
        let (now, then) =
            (Arc::new(Atlas::build(state).unwrap()), Arc::new(Atlas::build(other).unwrap()));
        let told = told_at(3_000);
        let mut found = Rehearsal::default();
        Trial::new(Arc::clone(&now), Arc::clone(&then)).rehearse(&told, &mut found);
        let ask = |one: &Told| {
            let ask = Ask {
                position: one.position,
                accuracy_m: None,
                category: one.category.as_ref(),
                at: one.happened_at,
            };
            let (a, b) = (route(&now, &ask), route(&then, &ask));
            (a.unit != b.unit).then(|| Elsewhere {
                report: one.id,
                from: a.unit.clone(),
                to: b.unit.clone(),
                rule: a.fired.code().to_owned(),
                rule_then: b.fired.code().to_owned(),
            })
        };
        let expected: Vec<Elsewhere> = told.iter().filter_map(ask).collect();
        assert!(expected.len() > 500 && expected.len() < 2_500, "{}", expected.len());
        assert!(expected.iter().all(|it| it.to == to));
        assert_eq!((found.reports, found.elsewhere), (3_000, expected.len() as u64));
        assert_eq!(found.listed, expected);
        assert_eq!((found.others_beside, found.listed_beside.len()), (0, 0));
        let flows: u64 = found.largest().iter().map(|(_, _, count)| count).sum();
        assert_eq!(flows, found.elsewhere);
    }

    fn told_at(places: usize) -> Vec<Told> {
        let codes = ["event.01", "event.01.litter", "event.02"].map(CategoryCode::new);
        let step = |n: i32| GridPoint {
            x: 1_094_600_000 + (n * 7_919) % 500_000,
            y: 365_700_000 + (n * 104_729) % 300_000,
        };
        (0_i32..)
            .take(places)
            .map(|n| Told {
                id: ReportId(uuid::Uuid::from_u128(u128::from(n.cast_unsigned()))),
                received_at: Instant(0),
                happened_at: Instant(1_780_000_000_000_000 + i64::from(n) * 60_000_000),
                category: codes[n.cast_unsigned() as usize % 3].clone().ok(),
                accuracy_m: None,
                position: step(n),
            })
            .collect()
    }

    /// What changes beside the units is what two explained answers say.
    fn check_beside(state: CityState, other: CityState, least: usize) {
        let told = told_at(3_000);
        let (now, then) =
            (Arc::new(Atlas::build(state).unwrap()), Arc::new(Atlas::build(other).unwrap()));
        let mut found = Rehearsal::default();
        Trial::new(Arc::clone(&now), Arc::clone(&then)).rehearse(&told, &mut found);
        let owned = |co: &[&UnitId]| co.iter().copied().cloned().collect::<Vec<UnitId>>();
        let expected: Vec<OthersBeside> = told
            .iter()
            .filter_map(|one| {
                let ask = Ask {
                    position: one.position,
                    accuracy_m: None,
                    category: one.category.as_ref(),
                    at: one.happened_at,
                };
                let (a, b) = (route(&now, &ask), route(&then, &ask));
                (a.unit == b.unit && a.co != b.co).then(|| OthersBeside {
                    report: one.id,
                    unit: a.unit.clone(),
                    co: owned(&a.co),
                    co_then: owned(&b.co),
                    rule: a.fired.code().to_owned(),
                    rule_then: b.fired.code().to_owned(),
                })
            })
            .collect();
        assert!(expected.len() > least, "{}", expected.len());
        assert_eq!(found.others_beside, expected.len() as u64);
        assert_eq!(found.listed_beside, expected);
        assert!(found.listed.iter().all(|it| it.from != it.to));
    }

    #[test]
    fn a_zone_with_another_unit_beside_its_lead_is_told_apart_from_one_with_another_lead() {
        let state = sample::city(&Recipe::default());
        let mut other = state.clone();
        let beside = state.units.last().unwrap().id.clone();
        for zone in &mut other.zones {
            zone.co = vec![beside.clone()];
        }
        check_beside(state, other, 300);
    }

    #[test]
    fn a_rule_that_takes_the_zone_s_lead_from_beside_its_unit_is_told() {
        let mut state = sample::city(&Recipe::default());
        state.rules.push(Rule {
            id: RuleId::new("a-rule").unwrap(),
            names: Names { zh: String::new(), en: "A rule".to_owned() },
            reach: Reach::Everywhere,
            categories: vec![CategoryCode::new("event.01").unwrap()],
            window: Window::default(),
            unit: Some(state.units.last().unwrap().id.clone()),
            mode: Mode::Beside,
            enabled: true,
        });
        let mut other = state.clone();
        other.rules.last_mut().unwrap().mode = Mode::Instead;
        check_beside(state, other, 300);
    }
}
