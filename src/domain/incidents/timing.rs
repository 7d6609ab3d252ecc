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
//! An extension 延时 holds for both clocks. Nothing is kept but the steps: other limits, hours or
//! calendars give other answers for the same case.

use crate::domain::clocks::clock::{Clock, ClockEvent, ClockState, Happening, Light, Reading};
use crate::domain::clocks::limit::Limit;
use crate::domain::clocks::limits::{Awaited, Limits};
use crate::domain::clocks::work::WorkTime;
use crate::domain::id::UnitId;
use crate::domain::incidents::case::Case;
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
        let events = Events::of(case.steps());
        let clock = |limit: Limit, events: &[ClockEvent]| Clock::replay(limit, events, now);
        let whole = limits.whole.filter(|_| !events.whole.is_empty());
        let stage = events.stage.as_ref().and_then(|(awaited, events)| {
            limits.stages.get(awaited).map(|limit| (*awaited, clock(*limit, events)))
        });
        Self { whole: whole.map(|limit| clock(limit, &events.whole)), stage }
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
        let stage = self.stage.as_ref().map(|(awaited, clock)| {
            let work = if *awaited == Awaited::Handle { hours.unit } else { hours.city };
            (*awaited, clock.read(work))
        });
        TimingReading { whole: self.whole.as_ref().map(|clock| clock.read(hours.city)), stage }
    }
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
    whole: Vec<ClockEvent>,
    stage: Option<(Awaited, Vec<ClockEvent>)>,
    /// The clock of a unit's work while the case lies with somebody else.
    handle: Vec<ClockEvent>,
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
                    events.stage = Some((Awaited::Verify, started(step.at)));
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
            Move::File => self.whole = started(at),
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
        let (was, is) = (awaited(before.stage), awaited(after.stage));
        let fresh = before.unit != after.unit || step.act == Move::Reopen;
        if was == is && !fresh {
            return;
        }
        if let Some((Awaited::Handle, mut events)) = self.stage.take() {
            events.push(ClockEvent { at, what: Happening::Stopped });
            self.handle = events;
        }
        self.stage = match is {
            Some(Awaited::Handle) if !fresh && !self.handle.is_empty() => {
                let mut events = std::mem::take(&mut self.handle);
                events.push(ClockEvent { at, what: Happening::Resumed });
                Some((Awaited::Handle, events))
            }
            Some(Awaited::Handle) => {
                let mut events = started(at);
                // The reason to pause lies in the place: it holds for the next unit too.
                events.extend(
                    after
                        .suspended_until
                        .map(|until| ClockEvent { at, what: Happening::SuspendedUntil { until } }),
                );
                self.handle.clear();
                Some((Awaited::Handle, events))
            }
            Some(other) => Some((other, started(at))),
            None => None,
        };
    }

    fn both(&mut self, at: Instant, what: Happening) {
        self.whole(at, what);
        if let Some((_, events)) = &mut self.stage {
            events.push(ClockEvent { at, what });
        }
    }

    /// To the clock of the whole case, once it is filed.
    fn whole(&mut self, at: Instant, what: Happening) {
        if !self.whole.is_empty() {
            self.whole.push(ClockEvent { at, what });
        }
    }
}

fn started(at: Instant) -> Vec<ClockEvent> {
    vec![ClockEvent { at, what: Happening::Started }]
}

/// What a stage waits for.
#[must_use]
pub fn awaited(stage: Stage) -> Option<Awaited> {
    match stage {
        Stage::Collected => Some(Awaited::Verify),
        Stage::Verified => Some(Awaited::File),
        Stage::Filed | Stage::SentBack => Some(Awaited::Dispatch),
        Stage::Dispatched | Stage::Handling | Stage::Suspended => Some(Awaited::Handle),
        Stage::Handled => Some(Awaited::Check),
        Stage::Checked => Some(Awaited::Close),
        Stage::Closed | Stage::Evaluated | Stage::Refused | Stage::Void | Stage::Merged => None,
    }
}

#[cfg(test)]
mod tests;
