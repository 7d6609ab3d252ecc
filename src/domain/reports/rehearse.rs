//! A rehearsal 试运行: where past reports would have gone under another atlas. Nothing is changed.

use std::collections::BTreeMap;

use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::{CategoryCode, ReportId, UnitId};
use crate::domain::reports::routing::{Ask, Brief, route_brief, route_brief_within};
use crate::domain::time::Instant;
use crate::geom::coord::GridPoint;

/// Most reports that are listed one by one; the rest is counted.
pub const LISTED_MAX: usize = 100_000;

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

/// What a rehearsal found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rehearsal {
    /// How many reports were routed both ways.
    pub reports: u64,
    /// How many of them would have gone elsewhere.
    pub elsewhere: u64,
    /// How many from which unit to which.
    pub flows: BTreeMap<(UnitId, UnitId), u64>,
    /// Each of them in the order they were given, at most [`LISTED_MAX`].
    pub listed: Vec<Elsewhere>,
}

impl Rehearsal {
    /// Routes reports under the atlas in force and under another one. Both are asked for the same
    /// moment, the one at which it happened.
    ///
    /// Where both have the same zones, a place is looked up once for both.
    pub fn run(&mut self, now: &Atlas, then: &Atlas, told: &[Told]) {
        let same_zones = now.zones() == then.zones();
        for one in told {
            let ask = Ask {
                position: one.position,
                accuracy_m: one.accuracy_m,
                category: one.category.as_ref(),
                at: one.happened_at,
            };
            let (a, b) = if same_zones {
                let around = now.areas().surroundings(one.position);
                (route_brief_within(now, &ask, around), route_brief_within(then, &ask, around))
            } else {
                (route_brief(now, &ask), route_brief(then, &ask))
            };
            self.reports += 1;
            if a.unit != b.unit {
                self.add(one.id, (now, &a), (then, &b));
            }
        }
    }

    fn add(&mut self, report: ReportId, now: (&Atlas, &Brief<'_>), then: (&Atlas, &Brief<'_>)) {
        self.elsewhere += 1;
        let (from, to) = (now.1.unit.clone(), then.1.unit.clone());
        *self.flows.entry((from.clone(), to.clone())).or_default() += 1;
        if self.listed.len() < LISTED_MAX {
            let (rule, rule_then) = (fired(now), fired(then));
            self.listed.push(Elsewhere { report, from, to, rule, rule_then });
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

fn fired((atlas, brief): (&Atlas, &Brief<'_>)) -> String {
    let rule = brief.rule.and_then(|at| atlas.rules().get(at as usize));
    match (rule, brief.zone) {
        (Some(rule), _) => rule.id.to_string(),
        (None, Some(_)) => "zone".to_owned(),
        (None, None) => "fallback".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::atlas::rule::{Mode, Reach, Rule};
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
        let (now, then) = (Atlas::build(state).unwrap(), Atlas::build(other).unwrap());
        let codes = ["event.01", "event.01.litter", "event.02"].map(CategoryCode::new);
        let told: Vec<Told> = (0..3_000_i32)
            .map(|n| Told {
                id: ReportId(uuid::Uuid::from_u128(u128::from(n.cast_unsigned()))),
                received_at: Instant(0),
                happened_at: Instant(1_780_000_000_000_000 + i64::from(n) * 60_000_000),
                category: codes[n.cast_unsigned() as usize % 3].clone().ok(),
                accuracy_m: None,
                position: GridPoint {
                    x: 1_094_600_000 + (n * 7_919) % 500_000,
                    y: 365_700_000 + (n * 104_729) % 300_000,
                },
            })
            .collect();
        let mut found = Rehearsal::default();
        found.run(&now, &then, &told);
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
        let flows: u64 = found.largest().iter().map(|(_, _, count)| count).sum();
        assert_eq!(flows, found.elsewhere);
    }
}
