//! When lights turn and rungs come due, against the same walk.

use super::*;
use crate::domain::clocks::clock::YELLOW_PERCENT;
use crate::domain::clocks::escalation::{Act, Ladder, Step};

/// Shares of the limit at which something happens, and some beside them.
const SHARES: [u16; 9] = [1, 50, YELLOW_PERCENT, 99, 100, 101, 150, 200, 333];

/// The earliest and the latest moment (µs) that a walk leaves open; one and the same, but where a wall clock
/// jumps.
type Moment = (i64, i64);

impl Walked {
    /// The same at the end of the walk, where a pause may just have ended.
    fn at_end(mut self, end: i64) -> Self {
        if self.state == ClockState::Suspended && self.wakes.is_some_and(|at| at <= end) {
            self.state = ClockState::Running;
            self.run((end, end), 0);
        }
        self
    }

    /// When so much of the limit was used while it ran.
    fn reached(&self, percent: u16) -> Option<Moment> {
        let share = self.limit * i64::from(percent);
        let floor = if percent < 100 { i64::MIN } else { self.floor.saturating_mul(MINUTE_US) };
        self.ran.iter().find_map(|ran| {
            let (from, to) = (ran.minutes.0 * MINUTE_US, ran.minutes.1 * MINUTE_US);
            // Hundredths of a minute that are missing before it and after it.
            let (before, after) = (share - ran.used.0 * 100, share - ran.used.1 * 100);
            let (first, last) = if before <= 0 {
                (from, from)
            } else if after > 0 {
                return None;
            } else if before >= 100 {
                (to, to)
            } else if ran.used.1 - ran.used.0 == 1 {
                let at = from + before * MINUTE_US / 100;
                (at, at)
            } else {
                (from, to)
            };
            let (first, last) = (first.max(floor), last.max(floor));
            (last <= to).then_some((first, last))
        })
    }

    fn light(&self) -> Light {
        let last = self.last.map(|minute| minute * MINUTE_US);
        if self.reached(100).zip(last).is_some_and(|((at, _), last)| at < last) {
            Light::Red
        } else if self.used * 100 >= self.limit * i64::from(YELLOW_PERCENT) {
            Light::Yellow
        } else {
            Light::Green
        }
    }

    /// When a step of a ladder comes that nobody has taken: not before a pause ends. `None`: never, or behind
    /// the walk, which went on from `now`.
    fn step(&self, now: &Self, percent: u16) -> Option<Moment> {
        let ends = match now.state {
            ClockState::Waiting | ClockState::Stopped => return None,
            ClockState::Running => i64::MIN,
            ClockState::Suspended => now.wakes? * MINUTE_US,
        };
        let (first, last) = self.reached(percent)?;
        Some((first.max(ends), last.max(ends)))
    }
}

/// Whether a moment is the one of a walk until `end`; where that has none, it lies behind the walk.
fn is_there(got: Option<Instant>, expected: Option<Moment>, end: i64) -> bool {
    match (got, expected) {
        (Some(got), Some((first, last))) => (first..=last).contains(&got.0),
        (got, None) => got.is_none_or(|got| got.0 >= end),
        (None, Some(_)) => false,
    }
}

/// A ladder of these shares.
fn ladder(percents: impl IntoIterator<Item = u16>) -> Ladder {
    let step = |(percent, act)| Step { act, percent };
    Ladder::new(percents.into_iter().zip(Act::ALL).map(step).collect()).unwrap()
}

/// A clock as it stood at some moment, and how it stands later when nothing more has happened to it.
struct Course<'a> {
    work: &'a WorkTime,
    clock: [Clock; 2],
    walked: [Walked; 2],
    /// The later moment (µs).
    end: i64,
}

impl Course<'_> {
    fn lights_turn(&self) -> Result<(), TestCaseError> {
        let ([now, then], [here, there]) = (&self.clock, &self.walked);
        let words = format!("{now:?} for {here:?}, until {}", self.end);
        for percent in SHARES {
            let got = now.reaches(self.work, percent);
            let expected = there.reached(percent);
            prop_assert!(is_there(got, expected, self.end), "{percent} %: {got:?} {words}");
        }
        prop_assert_eq!(now.read(self.work).light, here.light(), "{}", words);
        let later = there.light();
        prop_assert_eq!(then.read(self.work).light, later, "{}", words);
        // What was told beforehand came true.
        let by_then = |at: Option<Instant>| at.is_some_and(|at| at.0 <= self.end);
        let red = now.turns_red(self.work);
        prop_assert_eq!(by_then(red), later == Light::Red, "{:?} {}", red, words);
        let yellow = now.turns_yellow(self.work);
        prop_assert_eq!(by_then(yellow), later != Light::Green, "{:?} {}", yellow, words);
        Ok(())
    }

    fn rungs_come(&self, ladder: &Ladder) -> Result<(), TestCaseError> {
        let ([now, then], [here, there]) = (&self.clock, &self.walked);
        let words = format!("{now:?} for {here:?}, until {}", self.end);
        let reached: Vec<Option<Moment>> =
            ladder.steps().iter().map(|step| there.reached(step.percent)).collect();
        for (taken, step) in ladder.steps().iter().enumerate() {
            let got = ladder.next(now, self.work, taken);
            let open = matches!(here.state, ClockState::Running | ClockState::Suspended);
            prop_assert!(open || got.is_none(), "{:?} {}", got, words);
            let expected = there.step(here, step.percent);
            prop_assert!(is_there(got, expected, self.end), "{step:?}: {got:?} {words}");
        }
        prop_assert_eq!(ladder.next(now, self.work, ladder.steps().len()), None);
        // Where a wall clock just jumps, the walk does not say which of its minutes it is.
        let unsure = |it: &Moment| it.0 < self.end && self.end <= it.1;
        prop_assume!(!reached.iter().flatten().any(unsure));
        let passed = reached.iter().flatten().filter(|it| it.0 < self.end).count();
        let passed = if there.state == ClockState::Running { passed } else { 0 };
        for taken in 0..=ladder.steps().len() {
            let due = ladder.due(then, self.work, taken);
            let expected = ladder.steps().get(taken..passed).unwrap_or_default();
            prop_assert_eq!(due, expected, "{} taken: {}", taken, words);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn lights_turn_and_rungs_come_due_when_a_walk_minute_by_minute_finds(
        world in worlds(),
        near in 0..NEAR.len(),
        after in 0_i64..4 * 1440,
        events in happenings(),
        minutes in prop_oneof![1_u32..60, 60_u32..900],
        passed in 1_i64..3_000,
        further in 0_i64..3_000,
        others in prop::collection::btree_set(100_u16..400, 1..=3),
    ) {
        let work = WorkTime::new(&world.calendar, world.zone.clone(), world.hours.clone());
        let midnight = Instant::parse(&format!("{}T00:00:00Z", NEAR[near])).unwrap();
        let start = midnight.0 / MINUTE_US + after;
        let (now, end) = (start + passed, start + passed + further);
        let events: Vec<(i64, Happening)> =
            from(start, &events).into_iter().filter(|(at, _)| *at < now).collect();
        let told: Vec<ClockEvent> = events
            .iter()
            .map(|(at, what)| ClockEvent { at: Instant(at * MINUTE_US), what: *what })
            .collect();
        let ladders = [Ladder::default(), ladder(others)];
        for kind in LimitKind::ALL {
            let limit = Limit { kind, minutes };
            // No walk is longer, and no extension lasts longer.
            let passing: Vec<i64> = world.passing(kind, start).take(6_000).collect();
            let clock = |minute: i64| Clock::replay(limit, &told, Instant(minute * MINUTE_US));
            let walked = |to: i64| walk(&passing, limit, &events, (start, to)).at_end(to);
            let course = Course {
                work: &work,
                clock: [clock(now), clock(end)],
                walked: [walked(now), walked(end)],
                end: end * MINUTE_US,
            };
            course.lights_turn()?;
            for ladder in &ladders {
                course.rungs_come(ladder)?;
            }
        }
    }
}
