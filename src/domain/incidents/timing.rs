//! The clocks of a case: what its steps mean for the time it may take.
//!
//! **The whole case** runs from its filing 立案 to its close 结案. It pauses while the case is suspended,
//! until somebody resumes it or the time that was granted is over, whichever comes first: the case then
//! still stands at `suspended`, but its clocks run again. Being void or merged stops it; a split takes
//! it up again, and so does reopening what was closed. Reopening what was void begins from the
//! beginning, with a clock that starts when the case is filed anew.
//!
//! **The present stage** has a clock for [what it waits for](Awaited). Each stage begins with a fresh
//! one, save that the clock of a unit's work lasts from its dispatch to its feedback: it stands still
//! while the unit has sent the case back, and runs on when that is denied or the work has to be done
//! again 返工. Another unit, and a case taken up again, begin with a fresh one.
//!
//! An extension 延时 holds for both clocks. Each clock has a ladder of its own: a fresh clock begins it
//! anew, one that runs on goes on where it was. Nothing is kept but the steps: other limits, hours or
//! calendars give other answers for the same case.

use serde::{Deserialize, Serialize};

use crate::domain::clocks::clock::{Clock, ClockEvent, ClockState, Happening, Light, Reading};
use crate::domain::clocks::escalation::{Act, Ladder};
use crate::domain::clocks::limits::{Awaited, ClockOf, Limits};
use crate::domain::clocks::work::WorkTime;
use crate::domain::id::UnitId;
use crate::domain::incidents::case::{Case, Rung};
use crate::domain::incidents::state::{Asked, Incident};
use crate::domain::incidents::step::{Move, Stage, Step};
use crate::domain::time::Instant;

/// Whose office hours count. The unit's for its own work; the city's for the whole case, which is a
/// promise to citizens that outlives a change of hands, and for the desk's own stages.
#[derive(Clone, Copy, Debug)]
pub struct Hours<'a> {
    /// The city's calendar and zone with its default office hours.
    pub city: &'a WorkTime,
    /// The same with the hours of the unit that answers.
    pub unit: &'a WorkTime,
}

/// The clocks of a case at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    whole: Option<Clock>,
    stage: Option<(Awaited, Clock)>,
    climbed: Climbed,
}

/// Steps that were taken of the ladders of a case's clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Climbed {
    whole: usize,
    stage: usize,
}

/// When the light of a clock turns, if nothing more happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turns {
    /// Which clock.
    pub of: ClockOf,
    /// From when on it is yellow at least.
    pub yellow_at: Instant,
    /// From when on it is red.
    pub red_at: Instant,
}

impl Turns {
    /// The light at a moment.
    #[must_use]
    pub fn light(self, now: Instant) -> Light {
        if now >= self.red_at {
            Light::Red
        } else if now >= self.yellow_at {
            Light::Yellow
        } else {
            Light::Green
        }
    }
}

/// How the clocks of a case stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimingReading {
    /// The whole case; `None` before it is filed, and where it has no limit.
    pub whole: Option<Reading>,
    /// What the stage waits for; `None` when nothing is waited for, and where that has no limit.
    pub stage: Option<(Awaited, Reading)>,
}

impl Timing {
    /// The clocks of a case under these limits, as far as it had come by `now`.
    #[must_use]
    pub fn of(case: &Case, limits: &Limits, now: Instant) -> Self {
        let Events { whole, stage, .. } = Events::of(case.steps());
        let climbed = Climbed {
            whole: whole.taken.len(),
            stage: stage.as_ref().map_or(0, |(_, track)| track.taken.len()),
        };
        let limit = limits.whole.filter(|_| !whole.events.is_empty());
        let stage = stage.and_then(|(awaited, track)| {
            let limit = limits.stages.get(&awaited)?;
            Some((awaited, Clock::replay(*limit, &track.events, now)))
        });
        Self { whole: limit.map(|limit| Clock::replay(limit, &whole.events, now)), stage, climbed }
    }

    /// The clock of the whole case, where it has one.
    #[must_use]
    pub fn whole(&self) -> Option<&Clock> {
        self.whole.as_ref()
    }

    /// The clock of the present stage, where it has one, with what it waits for.
    #[must_use]
    pub fn stage(&self) -> Option<(Awaited, &Clock)> {
        self.stage.as_ref().map(|(awaited, clock)| (*awaited, clock))
    }

    /// How they stand.
    #[must_use]
    pub fn read(&self, hours: Hours<'_>) -> TimingReading {
        let stage = self
            .stage
            .as_ref()
            .map(|(awaited, clock)| (*awaited, clock.read(hours.of(ClockOf::Stage(*awaited)))));
        TimingReading { whole: self.whole.as_ref().map(|clock| clock.read(hours.city)), stage }
    }

    /// The nearest deadline, passed or to come, of the clocks that run or are paused, and when the light of
    /// that clock turns; of two at one moment that of the clock which turns first.
    #[must_use]
    pub fn nearest(&self, hours: Hours<'_>) -> Option<(Instant, Turns)> {
        let deadlines = self.held(hours).filter_map(|Held { of, clock, work, .. }| {
            let due = deadline(clock, work)?;
            let (yellow_at, red_at) = (clock.turns_yellow(work)?, clock.turns_red(work)?);
            Some((due, Turns { of, yellow_at, red_at }))
        });
        deadlines.min_by_key(|(due, turns)| (*due, turns.yellow_at))
    }

    /// The deadline of the whole case, passed or to come, while its clock runs or is paused: the promise to
    /// citizens. `None` also before the case is filed.
    #[must_use]
    pub fn whole_due(&self, hours: Hours<'_>) -> Option<Instant> {
        deadline(self.whole.as_ref()?, hours.of(ClockOf::Whole))
    }

    /// When the next step of a ladder comes, whichever clock's.
    #[must_use]
    pub fn escalates_at(&self, ladder: &Ladder, hours: Hours<'_>) -> Option<Instant> {
        self.held(hours).filter_map(|it| ladder.next(it.clock, it.work, it.taken)).min()
    }

    /// The steps of a ladder that each clock has to take now, in the order in which they came.
    #[must_use]
    pub fn rungs(&self, ladder: &Ladder, hours: Hours<'_>) -> Vec<Rung> {
        let mut due: Vec<(Option<Instant>, Rung)> = Vec::new();
        for Held { of, clock, work, taken } in self.held(hours) {
            let steps = ladder.due(clock, work, taken).iter();
            due.extend(
                steps.map(|step| (clock.reaches(work, step.percent), Rung { of, step: *step })),
            );
        }
        due.sort_by_key(|(at, _)| *at);
        due.into_iter().map(|(_, rung)| rung).collect()
    }

    /// The clocks that there are.
    fn held<'a>(&'a self, hours: Hours<'a>) -> impl Iterator<Item = Held<'a>> {
        let climbed = self.climbed;
        let whole = self.whole.iter().map(move |clock| (ClockOf::Whole, clock, climbed.whole));
        let stage = self
            .stage
            .iter()
            .map(move |(awaited, clock)| (ClockOf::Stage(*awaited), clock, climbed.stage));
        whole.chain(stage).map(move |(of, clock, taken)| Held {
            of,
            clock,
            work: hours.of(of),
            taken,
        })
    }
}

/// The deadline of a clock that runs or is paused.
fn deadline(clock: &Clock, work: &WorkTime) -> Option<Instant> {
    let open = matches!(clock.state(), ClockState::Running | ClockState::Suspended);
    clock.reaches(work, 100).filter(|_| open)
}

/// A clock with the hours that count for it, and the steps taken of its ladder.
struct Held<'a> {
    of: ClockOf,
    clock: &'a Clock,
    work: &'a WorkTime,
    taken: usize,
}

impl<'a> Hours<'a> {
    fn of(self, clock: ClockOf) -> &'a WorkTime {
        if clock == ClockOf::Stage(Awaited::Handle) { self.unit } else { self.city }
    }
}

/// The loudest step that was taken of the ladders of a case's present clocks.
#[must_use]
pub fn loudest(case: &Case) -> Option<Act> {
    let Events { whole, stage, .. } = Events::of(case.steps());
    let of_stage = stage.iter().flat_map(|(_, track)| &track.taken);
    whole.taken.iter().chain(of_stage).copied().max()
}

impl TimingReading {
    /// The nearest deadline, passed or to come, of the clocks that run or are paused.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        let open = |reading: &&Reading| {
            matches!(reading.state, ClockState::Running | ClockState::Suspended)
        };
        self.readings().filter(open).filter_map(|reading| reading.due).min()
    }

    /// The worst light of both.
    #[must_use]
    pub fn light(&self) -> Option<Light> {
        self.readings().map(|reading| reading.light).max()
    }

    fn readings(&self) -> impl Iterator<Item = &Reading> {
        self.whole.iter().chain(self.stage.as_ref().map(|(_, reading)| reading))
    }
}

/// What the steps mean for the clocks.
#[derive(Debug, Default, PartialEq, Eq)]
struct Events {
    whole: Track,
    stage: Option<(Awaited, Track)>,
    /// The clock of a unit's work while the case lies with somebody else.
    handle: Track,
}

/// What happened to one clock, and what was done about it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Track {
    /// Empty before it is started.
    events: Vec<ClockEvent>,
    /// The steps of its ladder.
    taken: Vec<Act>,
}

impl Track {
    fn started(at: Instant) -> Self {
        Self { events: vec![ClockEvent { at, what: Happening::Started }], taken: Vec::new() }
    }

    fn push(&mut self, at: Instant, what: Happening) {
        self.events.push(ClockEvent { at, what });
    }
}

/// What has to be known of the case before a step.
struct Before {
    stage: Stage,
    unit: Option<UnitId>,
    asked: Option<Asked>,
}

impl Events {
    fn of(steps: &[Step]) -> Self {
        let mut events = Self::default();
        // Folded anew: what a step means depends on what stood before it.
        let mut state: Option<Incident> = None;
        for step in steps {
            // The steps of a case are lawful, or it would be none.
            match &mut state {
                None => {
                    state = Incident::begun(step).ok();
                    events.stage = Some((Awaited::Verify, Track::started(step.at)));
                }
                Some(case) => {
                    let unit = case.unit.clone();
                    let before = Before { stage: case.stage, unit, asked: case.asked };
                    if case.advance(step).is_ok() {
                        events.take(&before, case, step);
                    }
                }
            }
        }
        events
    }

    fn take(&mut self, before: &Before, after: &Incident, step: &Step) {
        let at = step.at;
        match step.act {
            Move::File => self.whole = Track::started(at),
            Move::Remind | Move::Urge | Move::Raise => self.climb(step),
            Move::Grant => self.granted(before.asked, at),
            Move::Merge => self.both(at, Happening::Stopped),
            Move::Resume | Move::Split => self.both(at, Happening::Resumed),
            Move::Close | Move::Void => self.whole(at, Happening::Stopped),
            Move::Reopen if after.stage == Stage::Collected => *self = Self::default(),
            Move::Reopen => self.whole(at, Happening::Resumed),
            _ => {}
        }
        // A merged case keeps its clocks as they are, so that a split can take them up.
        let away = step.act == Move::Merge || step.act == Move::Split;
        let moved = after.stage != before.stage || after.unit != before.unit;
        // The same unit may answer for a case that is taken up again: then its clock is another.
        if !away && (moved || step.act == Move::Reopen) {
            self.enter(before, after, step);
        }
    }

    /// A step of a ladder; a journal of old means that of the whole case.
    fn climb(&mut self, step: &Step) {
        let track = match step.carried.clock {
            Some(ClockOf::Stage(_)) => self.stage.as_mut().map(|(_, track)| track),
            Some(ClockOf::Whole) | None => Some(&mut self.whole),
        };
        if let Some(track) = track {
            track.taken.extend(step.act.rung());
        }
    }

    /// What was asked is given.
    fn granted(&mut self, asked: Option<Asked>, at: Instant) {
        match asked {
            Some(Asked::Extension(until)) => self.both(at, Happening::ExtendedUntil { until }),
            Some(Asked::Suspension(until)) => self.both(at, Happening::SuspendedUntil { until }),
            Some(Asked::Appeal) | None => {}
        }
    }

    /// Another stage, or another unit.
    fn enter(&mut self, before: &Before, after: &Incident, step: &Step) {
        let at = step.at;
        let (was, is) = (before.stage.awaited(), after.stage.awaited());
        let fresh = before.unit != after.unit || step.act == Move::Reopen;
        if was == is && !fresh {
            return;
        }
        if let Some((Awaited::Handle, mut track)) = self.stage.take() {
            track.push(at, Happening::Stopped);
            self.handle = track;
        }
        self.stage = match is {
            Some(Awaited::Handle) if !fresh && !self.handle.events.is_empty() => {
                let mut track = std::mem::take(&mut self.handle);
                track.push(at, Happening::Resumed);
                Some((Awaited::Handle, track))
            }
            Some(Awaited::Handle) => {
                let mut track = Track::started(at);
                // The reason to pause lies in the place: it holds for the next unit too.
                if let Some(until) = after.suspended_until {
                    track.push(at, Happening::SuspendedUntil { until });
                }
                self.handle = Track::default();
                Some((Awaited::Handle, track))
            }
            Some(other) => Some((other, Track::started(at))),
            None => None,
        };
    }

    fn both(&mut self, at: Instant, what: Happening) {
        self.whole(at, what);
        if let Some((_, track)) = &mut self.stage {
            track.push(at, what);
        }
    }

    /// To the clock of the whole case, once it is filed.
    fn whole(&mut self, at: Instant, what: Happening) {
        if !self.whole.events.is_empty() {
            self.whole.push(at, what);
        }
    }
}

#[cfg(test)]
mod tests;
