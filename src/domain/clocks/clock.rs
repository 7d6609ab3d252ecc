//! One clock: what happened to it, and how it stands.

use serde::{Deserialize, Serialize};

use crate::domain::clocks::limit::{Limit, MINUTE_US};
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
    /// It was paused 挂账.
    Suspended,
    /// It runs again, after a pause or because what was done has to be done again 返工.
    Resumed,
    /// The limit grew by so many minutes of its kind 延时.
    Extended {
        /// Minutes; a day is 1,440.
        minutes: u32,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    limit: Limit,
    extended_us: i64,
    state: ClockState,
    /// Times it ran; the last has no end while it runs.
    runs: Vec<(Instant, Option<Instant>)>,
    now: Instant,
    faults: Vec<ClockFault>,
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
    /// The deadline, passed or to come. `None` while the clock waits, is paused or was stopped before
    /// it, and where the calendar never has so much working time.
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
            extended_us: 0,
            state: ClockState::Waiting,
            runs: Vec::new(),
            now,
            faults: Vec::new(),
        };
        for event in past {
            clock.step(event);
        }
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

    /// The limit with its extensions (µs of its kind).
    #[must_use]
    pub fn limit_us(&self) -> i64 {
        self.limit.us().saturating_add(self.extended_us)
    }

    /// How it stands.
    #[must_use]
    pub fn read(&self, work: &WorkTime) -> Reading {
        let used_us = self.used_us(work);
        let light = if self.ran_past(work, 100) {
            Light::Red
        } else if used_us >= self.share_us(YELLOW_PERCENT) && self.state != ClockState::Waiting {
            Light::Yellow
        } else {
            Light::Green
        };
        let due = self.reaches(work, 100);
        Reading { state: self.state, limit_us: self.limit_us(), used_us, due, light }
    }

    /// When so much of the limit was used or, if the clock runs on, will be.
    #[must_use]
    pub fn reaches(&self, work: &WorkTime, percent: u16) -> Option<Instant> {
        let mut left = self.share_us(percent);
        for (from, to) in &self.runs {
            if let Some(to) = to {
                let spent = work.elapsed_us(self.limit.kind, *from, *to);
                if spent < left {
                    left -= spent;
                    continue;
                }
            }
            return work.after(self.limit.kind, *from, left);
        }
        None
    }

    /// Whether it ran on after so much of the limit was used.
    #[must_use]
    pub fn ran_past(&self, work: &WorkTime, percent: u16) -> bool {
        let last = self.runs.last().map(|(_, to)| to.unwrap_or(self.now));
        matches!((self.reaches(work, percent), last), (Some(at), Some(last)) if at < last)
    }

    fn used_us(&self, work: &WorkTime) -> i64 {
        self.runs
            .iter()
            .map(|(from, to)| work.elapsed_us(self.limit.kind, *from, to.unwrap_or(self.now)))
            .fold(0, i64::saturating_add)
    }

    fn share_us(&self, percent: u16) -> i64 {
        // Whole minutes: nothing is lost by dividing first.
        (self.limit_us() / 100).saturating_mul(i64::from(percent))
    }

    fn step(&mut self, event: ClockEvent) {
        use ClockState::{Running, Stopped, Suspended, Waiting};
        let state = match (event.what, self.state) {
            (Happening::Started, Waiting) | (Happening::Resumed, Suspended | Stopped) => Running,
            (Happening::Suspended, Running) => Suspended,
            (Happening::Stopped, Running | Suspended) => Stopped,
            (Happening::Extended { minutes }, Waiting | Running | Suspended) => {
                let more = i64::from(minutes) * MINUTE_US;
                self.extended_us = self.extended_us.saturating_add(more);
                return;
            }
            _ => return self.faults.push(ClockFault { event, state: self.state }),
        };
        if state == Running {
            self.runs.push((event.at, None));
        } else if let Some((_, to @ None)) = self.runs.last_mut() {
            *to = Some(event.at);
        }
        self.state = state;
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::domain::clocks::hours::OfficeHours;
    use crate::domain::clocks::limit::LimitKind;
    use crate::domain::time::Calendar;

    const HOUR_US: i64 = 60 * MINUTE_US;

    fn work(calendar: &Calendar) -> WorkTime {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        WorkTime::new(calendar, zone, OfficeHours::default())
    }

    fn at(text: &str) -> Instant {
        Instant::parse(&format!("{text}:00+08:00")).unwrap()
    }

    /// Each line of a journal is a time and a word: `start`, `pause`, `resume`, `stop` or minutes.
    fn events(journal: &str) -> Vec<ClockEvent> {
        let event = |line: &str| {
            let (time, word) = line.trim().split_once(' ').unwrap();
            let what = match word {
                "start" => Happening::Started,
                "pause" => Happening::Suspended,
                "resume" => Happening::Resumed,
                "stop" => Happening::Stopped,
                minutes => Happening::Extended { minutes: minutes.parse().unwrap() },
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
    fn a_pause_moves_the_deadline_and_an_extension_counts_from_the_start() {
        let paused = "2026-11-20T08:00 start, 2026-11-20T10:00 pause";
        check(paused, "2026-12-20T00:00", 2, None, Light::Green);
        let resumed = format!("{paused}, 2026-11-24T09:00 resume");
        check(&resumed, "2026-11-24T10:00", 3, Some("2026-11-24T11:00"), Light::Green);
        let extended = format!("{resumed}, 2026-11-24T16:00 60");
        check(&extended, "2026-11-24T16:00", 7, Some("2026-11-24T12:00"), Light::Red);
        check(
            &format!("{resumed}, 2026-11-24T09:30 480"),
            "2026-11-24T16:00",
            7,
            Some("2026-11-25T11:00"),
            Light::Green,
        );
    }

    #[test]
    fn a_stopped_clock_keeps_its_light_until_the_work_has_to_be_done_again() {
        let done = "2026-11-20T08:00 start, 2026-11-20T12:00 stop";
        check(done, "2026-12-01T00:00", 4, Some("2026-11-20T12:00"), Light::Yellow);
        let again = format!("{done}, 2026-11-24T08:00 resume");
        check(&again, "2026-11-24T09:00", 5, Some("2026-11-20T12:00"), Light::Red);
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
