//! One clock: what happened to it, and how it stands.

use serde::{Deserialize, Serialize};

use crate::domain::clocks::limit::Limit;
use crate::domain::clocks::work::WorkTime;
use crate::domain::time::Instant;

/// Share of the limit (percent) from which a light is yellow.
pub const YELLOW_PERCENT: u16 = 80;

/// Something that happened to a clock. What needs approval stands here once it is approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// It began to run.
    Started,
    /// It is paused until then 挂账. Unless somebody resumes it before, it runs again by itself, so
    /// that nothing is forgotten.
    SuspendedUntil {
        /// When the pause ends; at once where it does not lie ahead.
        until: Instant,
    },
    /// It runs again, after a pause or because what was done has to be done again 返工.
    Resumed,
    /// The deadline is not before then 延时, and never earlier than it was.
    ExtendedUntil {
        /// What was granted.
        until: Instant,
    },
    /// What it measures is done.
    Stopped,
}

/// A happening with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockEvent {
    /// When it happened, which need not be when it was written down.
    pub at: Instant,
    /// What happened.
    pub what: Happening,
}

/// Whether a clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockState {
    /// Not started yet.
    Waiting,
    /// Running.
    Running,
    /// Paused.
    Suspended,
    /// Done.
    Stopped,
}

impl ClockState {
    /// The code on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Suspended => "suspended",
            Self::Stopped => "stopped",
        }
    }
}

/// A light 红绿灯.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// Less than [`YELLOW_PERCENT`] of the limit is used.
    Green,
    /// From there to the deadline.
    Yellow,
    /// The clock ran on after the deadline, if only through a lunch break.
    Red,
}

impl Light {
    /// The code on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "red",
        }
    }
}

/// An event that does not follow from those before it. It changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a clock that is {state:?} cannot be {:?} at {}", event.what, event.at.rfc3339())]
pub struct ClockFault {
    /// The event.
    pub event: ClockEvent,
    /// The state it met.
    pub state: ClockState,
}

/// A clock as its events left it. It holds no calendar: ask again with another, and it answers anew.
///
/// With `used(t)` the time of its kind that lies within its runs until `t`, and the extensions granted
/// at `g` until `T`:
///
/// - limit = the greatest of the limit as set and of every `used(g)` + the time from `g` to `T`. An
///   extension is thus worth the time that it gives to a clock that runs on from its grant; a later
///   pause does not eat it up.
/// - deadline = the first instant of a run at which the limit is used, and which is not before any
///   `T`: an extension until 20:00 ends at 20:00 also where offices close at 18:00.
/// - a share of the limit of at least 100 % is reached when so much is used, but not before the
///   deadline's `T`. Smaller shares know no `T`. So greater shares never come earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    limit: Limit,
    extensions: Vec<Extension>,
    state: ClockState,
    /// Times it ran; the last has no end while it runs.
    runs: Vec<(Instant, Option<Instant>)>,
    /// When the last pause ends or ended by itself, until somebody else ends it.
    wakes: Option<Instant>,
    now: Instant,
    faults: Vec<ClockFault>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Extension {
    granted: Instant,
    until: Instant,
}

/// How a clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Whether it runs.
    pub state: ClockState,
    /// The limit with its extensions (µs of its kind).
    pub limit_us: i64,
    /// How much of it is used (µs of its kind).
    pub used_us: i64,
    /// The deadline, passed or to come; of a paused clock the one it has when its pause ends by
    /// itself. `None` while the clock waits or was stopped before it, and where the calendar never
    /// has so much working time.
    pub due: Option<Instant>,
    /// The light.
    pub light: Light,
}

impl Clock {
    /// The clock after what had happened by `now`; later events are left for later. Events may come in
    /// any order: their own time counts, and for equal times their place.
    #[must_use]
    pub fn replay(limit: Limit, events: &[ClockEvent], now: Instant) -> Self {
        let mut past: Vec<ClockEvent> =
            events.iter().copied().filter(|event| event.at <= now).collect();
        past.sort_by_key(|event| event.at);
        let mut clock = Self {
            limit,
            extensions: Vec::new(),
            state: ClockState::Waiting,
            runs: Vec::new(),
            wakes: None,
            now,
            faults: Vec::new(),
        };
        for event in past {
            clock.wake(event.at);
            clock.step(event);
        }
        clock.wake(now);
        clock
    }

    /// Events that did not follow from those before them.
    #[must_use]
    pub fn faults(&self) -> &[ClockFault] {
        &self.faults
    }

    /// Whether it runs.
    #[must_use]
    pub fn state(&self) -> ClockState {
        self.state
    }

    /// When its pause ends by itself, while it is paused.
    #[must_use]
    pub fn paused_until(&self) -> Option<Instant> {
        self.wakes.filter(|_| self.state == ClockState::Suspended)
    }

    /// The limit with its extensions (µs of its kind).
    #[must_use]
    pub fn limit_us(&self, work: &WorkTime) -> i64 {
        let kind = self.limit.kind;
        let given = self.extensions.iter().map(|one| {
            let used = self.used_us(work, one.granted);
            used.saturating_add(work.elapsed_us(kind, one.granted, one.until))
        });
        given.fold(self.limit.us(), i64::max)
    }

    /// How it stands.
    #[must_use]
    pub fn read(&self, work: &WorkTime) -> Reading {
        let limit_us = self.limit_us(work);
        let used_us = self.used_us(work, self.now);
        let light = if self.ran_past(work, 100) {
            Light::Red
        } else if used_us >= share_us(limit_us, YELLOW_PERCENT) && self.state != ClockState::Waiting
        {
            Light::Yellow
        } else {
            Light::Green
        };
        let due = self.reaches(work, 100);
        Reading { state: self.state, limit_us, used_us, due, light }
    }

    /// When so much of the limit was used or, if the clock runs on, will be; a paused one runs on
    /// when its pause ends.
    #[must_use]
    pub fn reaches(&self, work: &WorkTime, percent: u16) -> Option<Instant> {
        let kind = self.limit.kind;
        let given = self.extensions.iter().map(|one| one.until).max();
        let floor = given.filter(|_| percent >= 100);
        let not_before = |at: Instant| floor.map_or(at, |floor| at.max(floor));
        let mut left = share_us(self.limit_us(work), percent);
        let to_come = self.wakes.filter(|_| self.state == ClockState::Suspended);
        for (from, to) in self.runs.iter().copied().chain(to_come.map(|at| (at, None))) {
            let Some(to) = to else { return work.after(kind, from, left).map(not_before) };
            let spent = work.elapsed_us(kind, from, to);
            if spent >= left
                && let Some(at) = work.after(kind, from, left).map(not_before)
                && at <= to
            {
                // Where the floor lies before this run, the run's own beginning counts.
                return Some(at.max(from));
            }
            left = left.saturating_sub(spent).max(0);
        }
        None
    }

    /// Whether it ran on after so much of the limit was used.
    #[must_use]
    pub fn ran_past(&self, work: &WorkTime, percent: u16) -> bool {
        let last = self.runs.last().map(|(_, to)| to.unwrap_or(self.now));
        matches!((self.reaches(work, percent), last), (Some(at), Some(last)) if at < last)
    }

    /// From when on its light is yellow or red, if nothing more happens to it; `None`: never.
    #[must_use]
    pub fn turns_yellow(&self, work: &WorkTime) -> Option<Instant> {
        self.reaches(work, YELLOW_PERCENT)
    }

    /// From when on its light is red, if nothing more happens to it; `None`: never.
    #[must_use]
    pub fn turns_red(&self, work: &WorkTime) -> Option<Instant> {
        let next = Instant(self.reaches(work, 100)?.0.saturating_add(1));
        // What was done at the very deadline was done in time.
        if self.state == ClockState::Stopped && !self.ran_past(work, 100) {
            return None;
        }
        // One that was paused at its deadline runs on past it when the pause ends.
        let wakes = self.paused_until().filter(|_| !self.ran_past(work, 100));
        Some(wakes.map_or(next, |wakes| next.max(wakes)))
    }

    /// The time of its kind within its runs until `until` (µs).
    fn used_us(&self, work: &WorkTime, until: Instant) -> i64 {
        self.runs
            .iter()
            .map(|(from, to)| {
                let to = to.unwrap_or(self.now).min(until);
                work.elapsed_us(self.limit.kind, *from, to)
            })
            .fold(0, i64::saturating_add)
    }

    /// Ends a pause whose time is over by `at`.
    fn wake(&mut self, at: Instant) {
        if self.state == ClockState::Suspended
            && let Some(wakes) = self.wakes.filter(|wakes| *wakes <= at)
        {
            self.runs.push((wakes, None));
            self.state = ClockState::Running;
        }
    }

    fn step(&mut self, event: ClockEvent) {
        use ClockState::{Running, Stopped, Suspended, Waiting};
        let state = match (event.what, self.state) {
            (Happening::Started, Waiting) | (Happening::Resumed, Suspended | Stopped) => Running,
            // Somebody ends a pause that has ended by itself.
            (Happening::Resumed, Running) if self.wakes.is_some() => Running,
            (Happening::SuspendedUntil { .. }, Running) => Suspended,
            (Happening::Stopped, Running | Suspended) => Stopped,
            (Happening::ExtendedUntil { until }, Waiting | Running | Suspended) => {
                self.extensions.push(Extension { granted: event.at, until });
                return;
            }
            _ => return self.faults.push(ClockFault { event, state: self.state }),
        };
        if let Some((_, to @ None)) = self.runs.last_mut() {
            if state != Running {
                *to = Some(event.at);
            }
        } else if state == Running {
            self.runs.push((event.at, None));
        }
        self.wakes = match event.what {
            Happening::SuspendedUntil { until } => Some(until.max(event.at)),
            _ => None,
        };
        self.state = state;
    }
}

/// So many percent of an amount, rounded down.
fn share_us(amount_us: i64, percent: u16) -> i64 {
    let share = i128::from(amount_us) * i128::from(percent) / 100;
    i64::try_from(share).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::domain::clocks::hours::OfficeHours;
    use crate::domain::clocks::limit::{LimitKind, MINUTE_US};
    use crate::domain::time::Calendar;

    const HOUR_US: i64 = 60 * MINUTE_US;

    fn work(calendar: &Calendar) -> WorkTime {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        WorkTime::new(calendar, zone, OfficeHours::default())
    }

    fn at(text: &str) -> Instant {
        Instant::parse(&format!("{text}:00+08:00")).unwrap()
    }

    /// Each line of a journal is a time and a word: `start`, `resume`, `stop`, or `pause` or `extend`
    /// and until when.
    fn events(journal: &str) -> Vec<ClockEvent> {
        let event = |line: &str| {
            let (time, word) = line.trim().split_once(' ').unwrap();
            let what = match word {
                "start" => Happening::Started,
                "resume" => Happening::Resumed,
                "stop" => Happening::Stopped,
                other => match other.split_once(' ').unwrap() {
                    ("pause", until) => Happening::SuspendedUntil { until: at(until) },
                    ("extend", until) => Happening::ExtendedUntil { until: at(until) },
                    _ => panic!("{other}"),
                },
            };
            ClockEvent { at: at(time), what }
        };
        journal.split(',').map(event).collect()
    }

    /// Exposed rubbish: 4 office hours.
    fn check(journal: &str, now: &str, used_h: i64, due: Option<&str>, light: Light) {
        let limit = Limit::hours(LimitKind::OfficeHours, 4);
        let clock = Clock::replay(limit, &events(journal), at(now));
        let reading = clock.read(&work(&Calendar::default()));
        let got = (reading.used_us, reading.due, reading.light, clock.faults().len());
        assert_eq!(got, (used_h * HOUR_US, due.map(at), light, 0), "{journal} read at {now}");
    }

    // 2026-11-20 is a Friday.
    #[test]
    fn a_clock_runs_only_in_office_hours_and_its_light_follows() {
        let start = "2026-11-20T16:00 start";
        let due = Some("2026-11-23T10:00");
        check(start, "2026-11-20T15:00", 0, None, Light::Green);
        check(start, "2026-11-22T12:00", 2, due, Light::Green);
        check(start, "2026-11-23T09:00", 3, due, Light::Green);
        check(start, "2026-11-23T10:00", 4, due, Light::Yellow);
        check(start, "2026-11-23T11:00", 5, due, Light::Red);
    }

    #[test]
    fn a_deadline_at_the_lunch_break_is_missed_during_the_break() {
        let start = "2026-11-20T08:00 start";
        check(start, "2026-11-20T12:00", 4, Some("2026-11-20T12:00"), Light::Yellow);
        check(start, "2026-11-20T12:01", 4, Some("2026-11-20T12:00"), Light::Red);
    }

    #[test]
    fn a_pause_moves_the_deadline() {
        let paused = "2026-11-20T08:00 start, 2026-11-20T10:00 pause 2026-12-25T08:00";
        check(paused, "2026-12-20T00:00", 2, Some("2026-12-25T10:00"), Light::Green);
        let resumed = format!("{paused}, 2026-11-24T09:00 resume");
        check(&resumed, "2026-11-24T10:00", 3, Some("2026-11-24T11:00"), Light::Green);
        check(&resumed, "2026-11-25T08:00", 9, Some("2026-11-24T11:00"), Light::Red);
    }

    #[test]
    fn a_pause_that_nobody_ends_ends_by_itself_and_may_then_still_be_ended() {
        let paused = "2026-11-20T08:00 start, 2026-11-20T10:00 pause 2026-11-24T08:00";
        let due = Some("2026-11-24T10:00");
        check(paused, "2026-11-24T08:00", 2, due, Light::Green);
        check(paused, "2026-11-24T09:00", 3, due, Light::Green);
        check(paused, "2026-11-24T11:00", 5, due, Light::Red);
        let resumed = format!("{paused}, 2026-11-24T11:00 resume");
        check(&resumed, "2026-11-24T11:00", 5, due, Light::Red);
        let again = format!("{paused}, 2026-11-24T09:00 pause 2026-11-25T08:00");
        check(&again, "2026-11-24T18:00", 3, Some("2026-11-25T09:00"), Light::Green);
        let none = "2026-11-20T08:00 start, 2026-11-20T10:00 pause 2026-11-19T08:00";
        check(none, "2026-11-20T11:00", 3, Some("2026-11-20T12:00"), Light::Green);
    }

    #[test]
    fn an_extension_lasts_until_its_time_and_never_makes_a_deadline_earlier() {
        let start = "2026-11-20T08:00 start";
        let extended = format!("{start}, 2026-11-20T09:00 extend 2026-11-24T12:00");
        let due = Some("2026-11-24T12:00");
        check(&extended, "2026-11-23T18:00", 16, due, Light::Yellow);
        check(&extended, "2026-11-24T12:01", 20, due, Light::Red);
        let earlier = format!("{extended}, 2026-11-20T10:00 extend 2026-11-23T09:00");
        check(&earlier, "2026-11-23T12:00", 12, due, Light::Green);
        let useless = format!("{start}, 2026-11-20T09:00 extend 2026-11-20T10:00");
        check(&useless, "2026-11-20T10:00", 2, Some("2026-11-20T12:00"), Light::Green);
        // After hours: nothing more is used, and still it is not missed.
        let evening = format!("{start}, 2026-11-20T09:00 extend 2026-11-20T20:00");
        check(&evening, "2026-11-20T19:00", 8, Some("2026-11-20T20:00"), Light::Yellow);
        check(&evening, "2026-11-20T20:01", 8, Some("2026-11-20T20:00"), Light::Red);
        // It is never granted twice: a late one lifts a red light.
        let late = format!("{start}, 2026-11-23T09:00 extend 2026-11-23T18:00");
        check(&late, "2026-11-23T08:00", 8, Some("2026-11-20T12:00"), Light::Red);
        check(&late, "2026-11-23T10:00", 10, Some("2026-11-23T18:00"), Light::Green);
    }

    #[test]
    fn a_pause_does_not_eat_up_an_extension() {
        let extended = "2026-11-20T08:00 start, 2026-11-20T09:00 extend 2026-11-23T12:00";
        check(extended, "2026-11-20T09:00", 1, Some("2026-11-23T12:00"), Light::Green);
        let paused = format!("{extended}, 2026-11-20T10:00 pause 2026-11-27T10:00");
        check(&paused, "2026-11-24T00:00", 2, Some("2026-11-30T12:00"), Light::Green);
        // Nothing of the limit is left at 18:00; whoever pauses then has until the pause ends.
        let evening = "2026-11-20T08:00 start, 2026-11-20T09:00 extend 2026-11-20T20:00, \
                       2026-11-20T19:00 pause 2026-11-24T09:00";
        check(evening, "2026-11-24T09:00", 8, Some("2026-11-24T09:00"), Light::Yellow);
        check(evening, "2026-11-24T10:00", 9, Some("2026-11-24T09:00"), Light::Red);
    }

    #[test]
    fn a_stopped_clock_keeps_its_light_until_the_work_has_to_be_done_again() {
        let done = "2026-11-20T08:00 start, 2026-11-20T12:00 stop";
        check(done, "2026-12-01T00:00", 4, Some("2026-11-20T12:00"), Light::Yellow);
        let again = format!("{done}, 2026-11-24T08:00 resume");
        check(&again, "2026-11-24T09:00", 5, Some("2026-11-20T12:00"), Light::Red);
        let red = |journal: &str, now: &str| {
            let clock =
                Clock::replay(Limit::hours(LimitKind::OfficeHours, 4), &events(journal), at(now));
            clock.turns_red(&work(&Calendar::default()))
        };
        assert_eq!(red(done, "2026-11-20T12:00"), None, "it never turns red any more");
        let late = "2026-11-20T08:00 start, 2026-11-20T12:01 stop";
        assert_eq!(red(late, "2026-11-21T08:00"), Some(Instant(at("2026-11-20T12:00").0 + 1)));
    }

    #[test]
    fn events_are_ordered_by_their_own_time_and_what_does_not_follow_is_named() {
        check(
            "2026-11-20T10:00 stop, 2026-11-20T08:00 start",
            "2026-11-21T00:00",
            2,
            None,
            Light::Green,
        );
        let odd = events("2026-11-20T08:00 resume, 2026-11-20T09:00 start, 2026-11-20T10:00 start");
        let limit = Limit::hours(LimitKind::Continuous, 4);
        let clock = Clock::replay(limit, &odd, at("2026-11-20T11:00"));
        assert_eq!(clock.faults().len(), 2);
        assert_eq!(
            clock.faults()[0].to_string(),
            "a clock that is Waiting cannot be Resumed at 2026-11-20T00:00:00Z"
        );
        assert_eq!(clock.read(&work(&Calendar::default())).used_us, 2 * HOUR_US);
    }

    #[test]
    fn a_corrected_calendar_corrects_the_deadline() {
        let limit = Limit::days(LimitKind::WorkingDays, 1);
        let clock = Clock::replay(limit, &events("2026-09-30T10:00 start"), at("2026-10-01T09:00"));
        let due = |calendar: &Calendar| clock.read(&work(calendar)).due;
        let mut calendar = Calendar::default();
        assert_eq!(due(&calendar), Some(at("2026-10-01T10:00")));
        calendar.holidays = ["2026-10-01", "2026-10-02"].map(|day| day.parse().unwrap()).to_vec();
        assert_eq!(due(&calendar), Some(at("2026-10-05T10:00")));
        calendar.makeup_days = vec!["2026-10-04".parse().unwrap()];
        assert_eq!(due(&calendar), Some(at("2026-10-04T10:00")));
    }
}
