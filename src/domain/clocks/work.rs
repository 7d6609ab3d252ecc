//! Working time between instants, and the instant at which so much of it has passed.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::clocks::days::WorkingDays;
use crate::domain::clocks::hours::OfficeHours;
use crate::domain::clocks::limit::{DAY_US, LimitKind};
use crate::domain::time::{Calendar, Instant};

/// Longer than any zone is from UTC (µs).
const OFFSET_MAX_US: i64 = 26 * 3600 * 1_000_000;

/// The working time 工作时间 of one unit: the city's calendar and zone with the unit's office hours.
///
/// Office hours are real time: an hour of them that a clock change skips is not worked, and one that it
/// repeats is worked twice. Days are days of the wall clock: one that lacks an hour is a day, and
/// while a wall clock repeats an hour no part of a day passes.
///
/// Cost: for each clock change between the two instants a binary search over the calendar; to find
/// when so much has passed, some sixty more.
#[derive(Clone, Debug)]
pub struct WorkTime {
    days: WorkingDays,
    zone: TimeZone,
    hours: OfficeHours,
}

/// Real time during which a zone keeps one offset; all in µs.
struct Stretch {
    from: i64,
    to: i64,
    offset: i64,
}

impl WorkTime {
    /// The working time of a unit with these hours in a city with this calendar and zone.
    #[must_use]
    pub fn new(calendar: &Calendar, zone: TimeZone, hours: OfficeHours) -> Self {
        Self { days: WorkingDays::new(calendar), zone, hours }
    }

    /// How much time of a kind (µs) lies between two instants; 0 if `to` is not after `from`.
    #[must_use]
    pub fn elapsed_us(&self, kind: LimitKind, from: Instant, to: Instant) -> i64 {
        let (from, to) = (within_range(from.0), within_range(to.0));
        if to <= from {
            return 0;
        }
        match kind {
            LimitKind::Continuous => to - from,
            LimitKind::OfficeHours => {
                let stretches = self.stretches(from).take_while(|stretch| stretch.from < to);
                stretches
                    .map(|at| {
                        self.office(at.to.min(to) + at.offset) - self.office(at.from + at.offset)
                    })
                    .sum()
            }
            LimitKind::WorkingDays | LimitKind::CalendarDays => {
                (self.in_days(kind, self.wall(to)) - self.in_days(kind, self.wall(from))).max(0)
            }
        }
    }

    /// The first instant at which `amount_us` of a kind has passed since `from`: `from` itself for
    /// nothing, `None` if that never comes, as for office hours without a span or after the year 9999.
    #[must_use]
    pub fn after(&self, kind: LimitKind, from: Instant, amount_us: i64) -> Option<Instant> {
        if amount_us <= 0 {
            return Some(from);
        }
        let start = within_range(from.0);
        let at = match kind {
            LimitKind::Continuous => start.checked_add(amount_us)?,
            LimitKind::OfficeHours => self.office_after(start, amount_us)?,
            LimitKind::WorkingDays | LimitKind::CalendarDays => {
                let target = self.in_days(kind, self.wall(start)).checked_add(amount_us)?;
                self.first_showing(first(target, |wall| self.in_days(kind, wall))?)?
            }
        };
        // At the very end of time the zones' tables answer wrongly: what lies behind is never.
        (at > start && at < end_us()).then_some(Instant(at))
    }

    fn office_after(&self, start: i64, amount: i64) -> Option<i64> {
        if self.hours.day_us() == 0 {
            return None;
        }
        let mut left = amount;
        for stretch in self.stretches(start) {
            let before = self.office(stretch.from + stretch.offset);
            let worked = self.office(stretch.to + stretch.offset) - before;
            if worked >= left {
                let wall = first(before + left, |wall| self.office(wall))?;
                return Some(wall - stretch.offset);
            }
            left -= worked;
        }
        None
    }

    /// Office hours (µs) before a wall-clock time, from a fixed origin.
    fn office(&self, wall: i64) -> i64 {
        let (day, time) = (wall.div_euclid(DAY_US), wall.rem_euclid(DAY_US));
        // Yesterday's spans may reach into today.
        let of = |day: i64, until: i64| {
            if self.hours.every_day() || self.days.works(day) {
                self.hours.until_us(until)
            } else {
                0
            }
        };
        let whole = if self.hours.every_day() { day - 1 } else { self.days.before(day - 1) };
        whole * self.hours.day_us() + of(day - 1, time + DAY_US) + of(day, time)
    }

    /// Days (in µs) before a wall-clock time, from a fixed origin.
    fn in_days(&self, kind: LimitKind, wall: i64) -> i64 {
        if kind == LimitKind::CalendarDays {
            return wall;
        }
        let (day, time) = (wall.div_euclid(DAY_US), wall.rem_euclid(DAY_US));
        self.days.before(day) * DAY_US + if self.days.works(day) { time } else { 0 }
    }

    /// The latest time a wall clock has shown by `at`: it stands still while an hour is repeated.
    fn wall(&self, at: i64) -> i64 {
        let shows = at + self.offset(at);
        let changed = self.zone.preceding(timestamp(at + 1)).next();
        changed.map_or(shows, |change| {
            let change = change.timestamp().as_microsecond();
            shows.max(change + self.offset(change - 1))
        })
    }

    /// The first instant by which a wall clock has shown `wall`; the clock change where it is skipped.
    fn first_showing(&self, wall: i64) -> Option<i64> {
        self.stretches(within_range(wall.saturating_sub(OFFSET_MAX_US)))
            .find(|stretch| wall - stretch.offset <= stretch.to)
            .map(|stretch| stretch.from.max(wall - stretch.offset))
    }

    fn offset(&self, at: i64) -> i64 {
        i64::from(self.zone.to_offset(timestamp(at)).seconds()) * 1_000_000
    }

    /// The stretches of one offset from `start` to the end of time.
    fn stretches(&self, start: i64) -> impl Iterator<Item = Stretch> {
        let mut changes = self.zone.following(timestamp(start));
        let mut next = Some((start, self.offset(start)));
        std::iter::from_fn(move || {
            let (from, offset) = next.take()?;
            // In the last second of the year 9999 jiff 1.0.1 answers with a change long past.
            let change = changes.next().filter(|change| change.timestamp().as_microsecond() > from);
            next = change.as_ref().map(|change| {
                let offset = i64::from(change.offset().seconds()) * 1_000_000;
                (change.timestamp().as_microsecond(), offset)
            });
            Some(Stretch { from, to: next.map_or_else(end_us, |(at, _)| at), offset })
        })
    }
}

/// The first wall-clock time at which a sum that never falls reaches `target`.
fn first(target: i64, sum: impl Fn(i64) -> i64) -> Option<i64> {
    let (mut low, mut high) = (-end_us() * 2, end_us() + OFFSET_MAX_US);
    if sum(high) < target {
        return None;
    }
    // `low` lies before every year there is; the range is halved some sixty times.
    while low < high {
        let middle = low + (high - low).div_euclid(2);
        if sum(middle) < target { low = middle + 1 } else { high = middle }
    }
    Some(low)
}

fn end_us() -> i64 {
    Timestamp::MAX.as_microsecond()
}

fn within_range(at: i64) -> i64 {
    at.clamp(Timestamp::MIN.as_microsecond(), end_us())
}

fn timestamp(at: i64) -> Timestamp {
    Timestamp::from_microsecond(within_range(at)).unwrap_or(Timestamp::UNIX_EPOCH)
}
