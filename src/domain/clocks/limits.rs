//! Which limits hold for a case of a category: for the whole of it and for each stage.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::accounts::Role;
use crate::domain::clocks::escalation::{Act, Ladder};
use crate::domain::clocks::limit::{Limit, LimitKind};
use crate::domain::id::CategoryCode;

/// Longest limit that a city may set (minutes): ten years.
pub const LIMIT_MINUTES_MAX: u32 = 10 * 366 * 1440;
/// Most branches of the categories that a city may set limits for.
pub const BRANCHES_MAX: usize = 2_000;
/// The branch of every category, in files.
pub const EVERY: &str = "*";

/// What a stage waits for: each has a limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Awaited {
    /// That somebody makes sure 核实.
    Verify,
    /// That it counts as a case 立案.
    File,
    /// That it goes to a unit 派遣, also when one has sent it back.
    Dispatch,
    /// That the unit does it 处置: from its dispatch to its feedback, with all that is done again.
    Handle,
    /// That somebody sees that it is done 核查.
    Check,
    /// That it is closed 结案.
    Close,
}

impl Awaited {
    /// Each, in the order of the workflow.
    pub const ALL: [Self; 6] =
        [Self::Verify, Self::File, Self::Dispatch, Self::Handle, Self::Check, Self::Close];

    /// The code in files and on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::File => "file",
            Self::Dispatch => "dispatch",
            Self::Handle => "handle",
            Self::Check => "check",
            Self::Close => "close",
        }
    }

    /// The one with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|awaited| awaited.code() == code)
    }

    /// Whom a step of a ladder is addressed to while this is awaited: whoever has the case, that is the
    /// unit for its own work and the desk for all else; then those who supervise, then those who run the
    /// city.
    #[must_use]
    pub fn hears(self, act: Act) -> &'static [Role] {
        match (act, self) {
            (Act::Remind, Self::Handle) => &[Role::Unit],
            (Act::Remind, _) => &[Role::Dispatcher],
            (Act::Urge, _) => &[Role::Inspector],
            (Act::Raise, _) => &[Role::Admin],
        }
    }
}

/// Which clock of a case: each has its own limit, its own light and its own ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ClockOf {
    /// That of the whole case.
    Whole,
    /// That of its stage, by what it waits for.
    Stage(Awaited),
}

impl ClockOf {
    /// The code in tables and on the wire: `whole`, or that of what is awaited.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Stage(awaited) => awaited.code(),
        }
    }

    /// The one with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "whole" => Some(Self::Whole),
            _ => Awaited::from_code(code).map(Self::Stage),
        }
    }
}

impl TryFrom<String> for ClockOf {
    type Error = String;

    fn try_from(code: String) -> Result<Self, String> {
        Self::from_code(&code).ok_or_else(|| format!("`{code}` is no clock of a case"))
    }
}

impl From<ClockOf> for String {
    fn from(of: ClockOf) -> Self {
        of.code().to_owned()
    }
}

/// What is set for a branch of the categories, or holds for one category.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// From the filing 立案 to the close 结案.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whole: Option<Limit>,
    /// For what each stage waits for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stages: BTreeMap<Awaited, Limit>,
    /// What follows when a clock is overdue: that of the whole case and that of a stage, each by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ladder: Option<Ladder>,
}

/// A city's limits by branch of the categories.
///
/// Each limit of a category, that of the whole case, of every stage, and the ladder, is taken from the
/// nearest branch that sets it: its own, the one above, and at last what is set for every category. What
/// nobody sets has no limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct CaseLimits {
    every: Limits,
    branches: BTreeMap<CategoryCode, Limits>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    every: Limits,
    #[serde(default)]
    branches: BTreeMap<String, Limits>,
}

/// What is wrong with a city's limits. Branches are named as files name them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitsFault {
    /// A branch that is no code.
    #[error("{0}")]
    NoCode(String),
    /// A limit of nothing, or longer than [`LIMIT_MINUTES_MAX`].
    #[error(
        "the limit of {minutes} minutes for {branch}, {of}, is none: give 1 to {LIMIT_MINUTES_MAX} minutes"
    )]
    Amount {
        /// The branch.
        branch: String,
        /// `whole`, or what the stage waits for.
        of: &'static str,
        /// What was given.
        minutes: u32,
    },
    /// More branches than [`BRANCHES_MAX`].
    #[error("limits for {0} branches of the categories; give at most {BRANCHES_MAX}")]
    TooMany(usize),
}

impl CaseLimits {
    /// These limits: what is set for every category, and for each branch.
    ///
    /// # Errors
    /// Every [`LimitsFault`].
    pub fn new(
        every: Limits,
        branches: BTreeMap<CategoryCode, Limits>,
    ) -> Result<Self, Vec<LimitsFault>> {
        if branches.len() > BRANCHES_MAX {
            return Err(vec![LimitsFault::TooMany(branches.len())]);
        }
        let named = branches.iter().map(|(code, limits)| (code.as_str(), limits));
        let mut faults = Vec::new();
        for (branch, limits) in std::iter::once((EVERY, &every)).chain(named) {
            let stages = limits.stages.iter().map(|(awaited, limit)| (awaited.code(), limit));
            for (of, limit) in limits.whole.iter().map(|limit| ("whole", limit)).chain(stages) {
                if !(1..=LIMIT_MINUTES_MAX).contains(&limit.minutes) {
                    let (branch, minutes) = (branch.to_owned(), limit.minutes);
                    faults.push(LimitsFault::Amount { branch, of, minutes });
                }
            }
        }
        if faults.is_empty() { Ok(Self { every, branches }) } else { Err(faults) }
    }

    /// What is set for every category.
    #[must_use]
    pub fn every(&self) -> &Limits {
        &self.every
    }

    /// What is set for branches of the categories.
    #[must_use]
    pub fn branches(&self) -> &BTreeMap<CategoryCode, Limits> {
        &self.branches
    }

    /// The limits that hold for a category.
    #[must_use]
    pub fn of(&self, category: Option<&CategoryCode>) -> Limits {
        let mut held = Limits::default();
        let mut code = category.map(CategoryCode::as_str);
        while let Some(branch) = code {
            if let Some(limits) = self.branches.get(branch) {
                held.fill(limits);
            }
            code = branch.rsplit_once('.').map(|(above, _)| above);
        }
        held.fill(&self.every);
        held
    }
}

impl Limits {
    /// Takes what is not set yet from a branch above.
    fn fill(&mut self, above: &Self) {
        self.whole = self.whole.or(above.whole);
        for (awaited, limit) in &above.stages {
            self.stages.entry(*awaited).or_insert(*limit);
        }
        if self.ladder.is_none() {
            self.ladder.clone_from(&above.ladder);
        }
    }
}

/// What a new city begins with, for it to change. Exposed rubbish (4 office hours) and illegal building
/// (15 working days) are the examples of GB/T 30428.8; all else is our own judgement of how fast such a
/// matter is commonly settled.
impl Default for CaseLimits {
    fn default() -> Self {
        use LimitKind::{CalendarDays, Continuous, OfficeHours, WorkingDays};
        let office = |hours| Limit::hours(OfficeHours, hours);
        let handled = |all, handle| Limits {
            whole: Some(all),
            stages: BTreeMap::from([(Awaited::Handle, handle)]),
            ladder: None,
        };
        let every = Limits {
            whole: Some(Limit::days(WorkingDays, 7)),
            stages: BTreeMap::from([
                (Awaited::Verify, office(2)),
                (Awaited::File, office(1)),
                (Awaited::Dispatch, office(1)),
                (Awaited::Handle, Limit::days(WorkingDays, 5)),
                (Awaited::Check, office(4)),
                (Awaited::Close, office(4)),
            ]),
            ladder: Some(Ladder::default()),
        };
        let branches = [
            // A broken cover or lamp: the next days, not the next week.
            ("component", handled(Limit::days(WorkingDays, 5), Limit::days(WorkingDays, 3))),
            // Lamps, wires and pipes may be a danger: also at night, also on a holiday.
            ("component.01", handled(Limit::days(CalendarDays, 3), Limit::days(CalendarDays, 2))),
            ("event.01", handled(Limit::days(WorkingDays, 2), office(8))),
            // GB/T 30428.8; of the fifteen days the unit has most.
            (
                "event.01.illegal_building",
                handled(Limit::days(WorkingDays, 15), Limit::days(WorkingDays, 12)),
            ),
            ("event.01.litter", handled(office(8), office(4))),
            // GB/T 30428.8.
            ("event.01.rubbish", handled(office(4), office(3))),
            ("event.02", handled(Limit::days(WorkingDays, 2), office(8))),
            ("event.03", handled(Limit::days(WorkingDays, 5), Limit::days(WorkingDays, 3))),
            // What is urgent runs day and night.
            (
                "event.04",
                Limits {
                    whole: Some(Limit::hours(Continuous, 24)),
                    stages: BTreeMap::from([
                        (Awaited::Verify, Limit { kind: Continuous, minutes: 15 }),
                        (Awaited::File, Limit { kind: Continuous, minutes: 10 }),
                        (Awaited::Dispatch, Limit { kind: Continuous, minutes: 10 }),
                        (Awaited::Handle, Limit::hours(Continuous, 12)),
                        (Awaited::Check, Limit::hours(Continuous, 4)),
                    ]),
                    ladder: None,
                },
            ),
            // Who blocks a street is gone the next hour.
            ("event.05", handled(office(8), office(4))),
            ("event.05.parking", handled(office(4), office(2))),
            ("event.06.tourism", handled(Limit::days(WorkingDays, 7), Limit::days(WorkingDays, 5))),
        ];
        let coded = branches
            .into_iter()
            .filter_map(|(code, limits)| CategoryCode::new(code).ok().map(|code| (code, limits)));
        Self { every, branches: coded.collect() }
    }
}

impl TryFrom<Written> for CaseLimits {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let mut branches = BTreeMap::new();
        let mut faults = Vec::new();
        for (code, limits) in written.branches {
            match CategoryCode::new(&code) {
                Ok(code) => {
                    branches.insert(code, limits);
                }
                Err(fault) => faults.push(LimitsFault::NoCode(fault.to_string())),
            }
        }
        let made = match Self::new(written.every, branches) {
            Ok(made) if faults.is_empty() => return Ok(made),
            Ok(_) => Vec::new(),
            Err(more) => more,
        };
        faults.extend(made);
        Err(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }
}

impl From<CaseLimits> for Written {
    fn from(limits: CaseLimits) -> Self {
        let branches = limits.branches.into_iter().map(|(code, limits)| (code.into(), limits));
        Self { every: limits.every, branches: branches.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::whole::Catalogue;

    fn code(raw: &str) -> CategoryCode {
        CategoryCode::new(raw).unwrap()
    }

    #[test]
    fn every_branch_of_a_new_city_is_a_category_and_its_limits_are_lawful() {
        let CaseLimits { every, branches } = CaseLimits::default();
        assert_eq!(branches.len(), 12, "each code is one");
        for branch in branches.keys() {
            assert!(Catalogue::seed().lists(branch.as_str()), "{branch}");
        }
        let made = CaseLimits::new(every, branches).unwrap();
        assert_eq!(made, CaseLimits::default());
        let whole = |raw: &str| made.of(Some(&code(raw))).whole.unwrap();
        assert_eq!(whole("event.01.rubbish"), Limit::hours(LimitKind::OfficeHours, 4));
        assert_eq!(whole("event.01.illegal_building"), Limit::days(LimitKind::WorkingDays, 15));
    }

    #[test]
    fn each_limit_comes_from_the_nearest_branch_that_sets_it() {
        let limits = CaseLimits::default();
        let parking = limits.of(Some(&code("event.05.parking.pavement")));
        assert_eq!(parking.whole, Some(Limit::hours(LimitKind::OfficeHours, 4)));
        assert_eq!(parking.stages[&Awaited::Check], limits.every().stages[&Awaited::Check]);
        assert_eq!(parking.ladder, Some(Ladder::default()));
        assert_eq!(limits.of(Some(&code("event.051"))), limits.of(None));
        assert_eq!(limits.of(None), *limits.every());
        let none = CaseLimits::new(Limits::default(), BTreeMap::new()).unwrap();
        assert_eq!(none.of(Some(&code("event"))), Limits::default());
    }

    #[test]
    fn limits_come_back_from_json_and_every_fault_is_told() {
        let json = serde_json::to_string(&CaseLimits::default()).unwrap();
        assert_eq!(serde_json::from_str::<CaseLimits>(&json).unwrap(), CaseLimits::default());
        let none = CaseLimits::new(Limits::default(), BTreeMap::new()).unwrap();
        assert_eq!(serde_json::from_str::<CaseLimits>("{}").unwrap(), none);
        let bad = r#"{"every":{"whole":{"kind":"office_hours","minutes":0}},"branches":{
            "a b":{},"event":{"stages":{"check":{"kind":"continuous","minutes":99999999}}}}}"#;
        let words = serde_json::from_str::<CaseLimits>(bad).unwrap_err().to_string();
        for part in ["`a b` is no code", "for *, whole", "for event, check"] {
            assert!(words.contains(part), "{words}");
        }
        let stage = r#"{"every":{"stages":{"wait":{"kind":"continuous","minutes":9}}}}"#;
        assert!(serde_json::from_str::<CaseLimits>(stage).is_err());
    }

    #[test]
    fn what_is_awaited_is_found_by_its_code_which_is_also_its_word_in_json() {
        for awaited in Awaited::ALL {
            assert_eq!(Awaited::from_code(awaited.code()), Some(awaited));
            assert_eq!(serde_json::to_value(awaited).unwrap(), awaited.code());
        }
        for of in Awaited::ALL.map(ClockOf::Stage).into_iter().chain([ClockOf::Whole]) {
            assert_eq!(ClockOf::from_code(of.code()), Some(of));
            let json = serde_json::to_value(of).unwrap();
            assert_eq!(json, of.code());
            assert_eq!(serde_json::from_value::<ClockOf>(json).unwrap(), of);
        }
        assert!(serde_json::from_str::<ClockOf>("\"lunch\"").is_err());
    }

    #[test]
    fn who_has_the_case_is_reminded_and_who_stands_above_hears_the_rest() {
        for awaited in Awaited::ALL {
            let holder = if awaited == Awaited::Handle { Role::Unit } else { Role::Dispatcher };
            let heard = Act::ALL.map(|act| awaited.hears(act));
            assert_eq!(heard, [[holder], [Role::Inspector], [Role::Admin]], "{awaited:?}");
        }
    }
}
