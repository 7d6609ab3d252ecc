//! What follows when a clock is overdue.

use serde::{Deserialize, Serialize};

use crate::domain::clocks::clock::{Clock, ClockState};
use crate::domain::clocks::work::WorkTime;
use crate::domain::time::Instant;

/// The most steps a ladder may have.
pub const STEPS_MAX: usize = 10;

/// What is done about an overdue clock; the later, the louder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Who has the case, the unit or the desk, is reminded 催办.
    Remind,
    /// It is urged by those who supervise 督办.
    Urge,
    /// The matter is raised to the next level 升级.
    Raise,
}

impl Act {
    /// Each, the mildest first.
    pub const ALL: [Self; 3] = [Self::Remind, Self::Urge, Self::Raise];

    /// The one with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.code() == code)
    }

    /// The code in files and on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Remind => "remind",
            Self::Urge => "urge",
            Self::Raise => "raise",
        }
    }
}

/// One step of a ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What is done.
    pub act: Act,
    /// Share of the limit (percent) after which it is done, at least 100.
    pub percent: u16,
}

/// The steps taken one after another while a clock is overdue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Step>", into = "Vec<Step>")]
pub struct Ladder(Vec<Step>);

/// What is wrong with a ladder. Steps are numbered from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LadderFault {
    /// More steps than [`STEPS_MAX`].
    #[error("{0} steps; give at most {STEPS_MAX}")]
    TooMany(usize),
    /// A step before the deadline.
    #[error("step {0} comes at {1} % of the limit; nothing is overdue before 100 %")]
    Early(usize, u16),
    /// A step that does not come after the one before it.
    #[error("step {0} comes at {1} %, not after the step before it; give rising shares")]
    NotRising(usize, u16),
}

impl Ladder {
    /// A ladder of these steps.
    ///
    /// # Errors
    /// Every fault.
    pub fn new(steps: Vec<Step>) -> Result<Self, Vec<LadderFault>> {
        if steps.len() > STEPS_MAX {
            return Err(vec![LadderFault::TooMany(steps.len())]);
        }
        let mut faults = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            if step.percent < 100 {
                faults.push(LadderFault::Early(at + 1, step.percent));
            }
            if at > 0 && step.percent <= steps[at - 1].percent {
                faults.push(LadderFault::NotRising(at + 1, step.percent));
            }
        }
        if faults.is_empty() { Ok(Self(steps)) } else { Err(faults) }
    }

    /// The steps, first to last.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// When each step comes; `None` for one that never does as things stand.
    #[must_use]
    pub fn times(&self, clock: &Clock, work: &WorkTime) -> Vec<(Step, Option<Instant>)> {
        self.0.iter().map(|step| (*step, clock.reaches(work, step.percent))).collect()
    }

    /// When the step behind the first `taken` comes, as things stand: not before a pause ends. `None` while
    /// the clock is not started or stopped, and behind the last.
    #[must_use]
    pub fn next(&self, clock: &Clock, work: &WorkTime, taken: usize) -> Option<Instant> {
        let step = self.0.get(taken)?;
        match clock.state() {
            ClockState::Running => clock.reaches(work, step.percent),
            ClockState::Suspended => {
                let at = clock.reaches(work, step.percent)?;
                Some(clock.paused_until().map_or(at, |end| at.max(end)))
            }
            ClockState::Waiting | ClockState::Stopped => None,
        }
    }

    /// Steps that are to be taken now, after `taken` of them were taken before. None while the clock
    /// does not run. A step once taken is not taken again, also when a corrected calendar or an
    /// extension puts its time off.
    #[must_use]
    pub fn due(&self, clock: &Clock, work: &WorkTime, taken: usize) -> &[Step] {
        if clock.state() != ClockState::Running {
            return &[];
        }
        let reached = self.0.partition_point(|step| clock.ran_past(work, step.percent));
        self.0.get(taken..reached).unwrap_or_default()
    }
}

/// Remind at the deadline, urge at one and a half times the limit, raise at twice.
impl Default for Ladder {
    fn default() -> Self {
        let step = |act, percent| Step { act, percent };
        Self(vec![step(Act::Remind, 100), step(Act::Urge, 150), step(Act::Raise, 200)])
    }
}

impl TryFrom<Vec<Step>> for Ladder {
    type Error = String;

    fn try_from(steps: Vec<Step>) -> Result<Self, String> {
        Self::new(steps)
            .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }
}

impl From<Ladder> for Vec<Step> {
    fn from(ladder: Ladder) -> Self {
        ladder.0
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::domain::clocks::clock::{ClockEvent, Happening};
    use crate::domain::clocks::hours::OfficeHours;
    use crate::domain::clocks::limit::{Limit, LimitKind};
    use crate::domain::time::Calendar;

    const MINUTE_US: i64 = 60_000_000;

    fn check(events: &[(i64, Happening)], now: i64, taken: usize, expected: &[Act]) {
        let work = WorkTime::new(&Calendar::default(), TimeZone::UTC, OfficeHours::default());
        let event =
            |(at, what): &(i64, Happening)| ClockEvent { at: Instant(at * MINUTE_US), what: *what };
        let events: Vec<ClockEvent> = events.iter().map(event).collect();
        let limit = Limit::hours(LimitKind::Continuous, 1);
        let clock = Clock::replay(limit, &events, Instant(now * MINUTE_US));
        let ladder = Ladder::default();
        let due: Vec<Act> = ladder.due(&clock, &work, taken).iter().map(|step| step.act).collect();
        assert_eq!(due, expected, "{events:?} at {now} with {taken} taken");
    }

    #[test]
    fn an_overdue_clock_climbs_the_ladder_once() {
        let start = [(0, Happening::Started)];
        check(&start, 60, 0, &[]);
        check(&start, 61, 0, &[Act::Remind]);
        check(&start, 61, 1, &[]);
        check(&start, 121, 0, &[Act::Remind, Act::Urge, Act::Raise]);
        check(&start, 121, 2, &[Act::Raise]);
        check(&start, 121, 9, &[]);
        let until = |minute: i64| Instant(minute * MINUTE_US);
        let pause = Happening::SuspendedUntil { until: until(501) };
        check(&[(0, Happening::Started), (70, pause)], 500, 0, &[]);
        check(&[(0, Happening::Started), (70, Happening::Stopped)], 500, 0, &[]);
        let more = Happening::ExtendedUntil { until: until(120) };
        check(&[(0, Happening::Started), (70, more)], 100, 0, &[]);
        check(&[(0, Happening::Started), (70, more)], 121, 0, &[Act::Remind]);
        check(&[(0, Happening::Started), (70, more)], 181, 1, &[Act::Urge]);
    }

    #[test]
    fn the_times_of_steps_to_come_are_known() {
        let work = WorkTime::new(&Calendar::default(), TimeZone::UTC, OfficeHours::default());
        let start = ClockEvent { at: Instant(0), what: Happening::Started };
        let clock = Clock::replay(Limit::hours(LimitKind::Continuous, 1), &[start], Instant(1));
        let times: Vec<i64> = Ladder::default()
            .times(&clock, &work)
            .iter()
            .map(|(_, at)| at.unwrap().0 / MINUTE_US)
            .collect();
        assert_eq!(times, [60, 90, 120]);
    }

    #[test]
    fn the_next_step_waits_for_the_end_of_a_pause_and_never_comes_for_a_stopped_clock() {
        let work = WorkTime::new(&Calendar::default(), TimeZone::UTC, OfficeHours::default());
        let at = |minute: i64| Instant(minute * MINUTE_US);
        let next = |more: &[(i64, Happening)], now: i64, taken: usize| {
            let all = [&[(0, Happening::Started)], more].concat();
            let events: Vec<ClockEvent> = all
                .iter()
                .map(|(minute, what)| ClockEvent { at: at(*minute), what: *what })
                .collect();
            let clock = Clock::replay(Limit::hours(LimitKind::Continuous, 1), &events, at(now));
            Ladder::default().next(&clock, &work, taken)
        };
        assert_eq!(next(&[], 10, 0), Some(at(60)));
        assert_eq!(next(&[], 70, 1), Some(at(90)));
        assert_eq!(next(&[], 500, 3), None);
        let pause = |from: i64| [(from, Happening::SuspendedUntil { until: at(500) })];
        assert_eq!(next(&pause(30), 40, 0), Some(at(530)));
        // It was passed before the pause, and nobody had looked.
        assert_eq!(next(&pause(70), 80, 0), Some(at(500)));
        assert_eq!(next(&[(70, Happening::Stopped)], 80, 0), None);
    }

    #[test]
    fn every_fault_of_a_ladder_is_named() {
        let json = r#"[{"act":"remind","percent":50},{"act":"raise","percent":50}]"#;
        let words = serde_json::from_str::<Ladder>(json).unwrap_err().to_string();
        assert!(words.contains("step 1") && words.contains("step 2"), "{words}");
        let json = serde_json::to_string(&Ladder::default()).unwrap();
        assert_eq!(serde_json::from_str::<Ladder>(&json).unwrap(), Ladder::default());
    }
}
