//! How near in place and time two reports of a category tell of one matter.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::id::CategoryCode;

/// Largest distance (m) that a city may set.
pub const RADIUS_M_MAX: f64 = 1_000.0;
/// Longest time (s) that a city may set: 60 days.
pub const WINDOW_S_MAX: i64 = 60 * 24 * HOUR_S;

const HOUR_S: i64 = 3_600;

/// How far a matter reaches.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    /// Distance (m), the border included.
    pub radius_m: f64,
    /// Time between the two (s), the border included.
    pub window_s: i64,
}

/// For every category not named below: 50 m and 24 h, as city management commonly sets it.
pub const DEFAULT: Reach = reach(50.0, 24);

/// What a new city begins with. Only [`DEFAULT`] is common practice; the others are our own
/// judgement from how long such a matter lasts and how far it is seen, for the city to change.
pub const SEED: [(&str, Reach); 9] = [
    // A broken thing stays where it is until somebody mends it.
    ("component", reach(30.0, 7 * 24)),
    // A site is large, and works for days.
    ("event.03", reach(100.0, 3 * 24)),
    // Many see it at once, from afar.
    ("event.04", reach(200.0, 2)),
    // Buses, people and taxis move on: the next one is another matter.
    ("event.05.bus_skipping", reach(50.0, 1)),
    ("event.05.jaywalking", reach(50.0, 1)),
    ("event.05.taxi_refusal", reach(50.0, 1)),
    // Cars stand for an hour or two; stalls for half a day.
    ("event.05.parking", reach(30.0, 2)),
    ("event.05.school_stalls", reach(50.0, 12)),
    ("event.05.unlicensed", reach(50.0, 12)),
];

const fn reach(radius_m: f64, hours: i64) -> Reach {
    Reach { radius_m, window_s: hours * HOUR_S }
}

/// Why a reach is refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReachFault {
    /// What was given.
    pub given: Reach,
}

impl fmt::Display for ReachFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reach { radius_m, window_s } = self.given;
        write!(
            f,
            "{radius_m} m and {window_s} s are no reach; give a distance above 0 and up to \
             {RADIUS_M_MAX} m, and a time from 1 to {WINDOW_S_MAX} s"
        )
    }
}

impl std::error::Error for ReachFault {}

impl Reach {
    /// The smaller of both in place and in time, so that it does not matter which report came
    /// first.
    #[must_use]
    pub fn narrower(self, other: Self) -> Self {
        Self {
            radius_m: self.radius_m.min(other.radius_m),
            window_s: self.window_s.min(other.window_s),
        }
    }
}

/// A city's reaches, by branch of the categories. In files and tables stand those that are not as in [`SEED`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, Reach>", into = "BTreeMap<String, Reach>")]
pub struct Reaches {
    by_branch: BTreeMap<String, Reach>,
}

impl Default for Reaches {
    fn default() -> Self {
        let seed = SEED.iter().map(|(code, reach)| ((*code).to_owned(), *reach));
        Self { by_branch: seed.collect() }
    }
}

impl TryFrom<BTreeMap<String, Reach>> for Reaches {
    type Error = String;

    fn try_from(given: BTreeMap<String, Reach>) -> Result<Self, String> {
        let mut reaches = Self::default();
        let mut faults = Vec::new();
        for (branch, reach) in given {
            let set = CategoryCode::new(&branch).map_err(|fault| fault.to_string());
            let set = set.and_then(|code| reaches.set(&code, reach).map_err(|it| it.to_string()));
            if let Err(fault) = set {
                faults.push(format!("{branch}: {fault}"));
            }
        }
        if faults.is_empty() { Ok(reaches) } else { Err(faults.join("; ")) }
    }
}

impl From<Reaches> for BTreeMap<String, Reach> {
    fn from(reaches: Reaches) -> Self {
        let seed = Reaches::default().by_branch;
        let mut others = reaches.by_branch;
        others.retain(|branch, reach| seed.get(branch) != Some(reach));
        others
    }
}

impl Reaches {
    /// Whether they are those of a new city.
    #[must_use]
    pub fn is_seed(&self) -> bool {
        *self == Self::default()
    }

    /// Sets the reach of a category and of the branch below it.
    ///
    /// # Errors
    /// A [`ReachFault`] for what is negative, nothing, not finite or beyond the limits.
    pub fn set(&mut self, branch: &CategoryCode, reach: Reach) -> Result<(), ReachFault> {
        let fits = reach.radius_m > 0.0
            && reach.radius_m <= RADIUS_M_MAX
            && (1..=WINDOW_S_MAX).contains(&reach.window_s);
        if !fits {
            return Err(ReachFault { given: reach });
        }
        self.by_branch.insert(branch.as_str().to_owned(), reach);
        Ok(())
    }

    /// The reach of a category: its own, or that of the nearest branch above, or [`DEFAULT`].
    #[must_use]
    pub fn of(&self, category: Option<&CategoryCode>) -> Reach {
        let mut code = category.map(CategoryCode::as_str);
        while let Some(branch) = code {
            if let Some(reach) = self.by_branch.get(branch) {
                return *reach;
            }
            code = branch.rsplit_once('.').map(|(above, _)| above);
        }
        DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_takes_the_nearest_branch_above_it() {
        let mut reaches = Reaches::default();
        let code = |raw| CategoryCode::new(raw).unwrap();
        assert_eq!(reaches.of(Some(&code("component.02.manhole"))), reach(30.0, 7 * 24));
        assert_eq!(reaches.of(Some(&code("event.06"))), DEFAULT);
        assert_eq!(reaches.of(None), DEFAULT);
        reaches.set(&code("component.02"), reach(10.0, 1)).unwrap();
        assert_eq!(reaches.of(Some(&code("component.02.manhole"))), reach(10.0, 1));
        assert_eq!(reaches.of(Some(&code("component.021"))), reach(30.0, 7 * 24));
    }

    #[test]
    fn what_a_city_says_goes_out_and_in_and_every_fault_is_told() {
        let text = r#"{"event.04":{"radius_m":20.0,"window_s":60},"event.07":{"radius_m":5.0,"window_s":9}}"#;
        let reaches: Reaches = serde_json::from_str(text).unwrap();
        let code = |raw| CategoryCode::new(raw).unwrap();
        assert_eq!(reaches.of(Some(&code("event.04.x"))), Reach { radius_m: 20.0, window_s: 60 });
        assert_eq!(reaches.of(Some(&code("component.01"))), reach(30.0, 7 * 24));
        assert_eq!(serde_json::to_string(&reaches).unwrap(), text);
        assert!(serde_json::from_str::<Reaches>("{}").unwrap().is_seed());
        let bad =
            r#"{"event.04":{"radius_m":0.0,"window_s":60},"Event!":{"radius_m":5.0,"window_s":9}}"#;
        let fault = serde_json::from_str::<Reaches>(bad).unwrap_err().to_string();
        assert!(fault.contains("event.04: 0 m") && fault.contains("Event!: "), "{fault}");
    }

    #[test]
    fn what_is_no_reach_is_refused_with_the_limits() {
        let code = CategoryCode::new("event").unwrap();
        for (radius_m, window_s) in
            [(0.0, 5), (f64::NAN, 5), (1_000.1, 5), (5.0, 0), (5.0, WINDOW_S_MAX + 1)]
        {
            let fault = Reaches::default().set(&code, Reach { radius_m, window_s }).unwrap_err();
            assert!(fault.to_string().contains("up to 1000 m"), "{fault}");
        }
    }
}
