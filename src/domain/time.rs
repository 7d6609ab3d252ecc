//! Instants and the city's calendar. Nothing here asks what time it is.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// An instant as microseconds since 1970-01-01T00:00:00Z: what both databases store.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Instant(pub i64);

impl Instant {
    /// Reads RFC 3339 (`2026-05-01T08:00:00+08:00`).
    ///
    /// # Errors
    /// What the text lacks, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.parse::<jiff::Timestamp>().map(|at| Self(at.as_microsecond())).map_err(|fault| {
            format!("`{text}` is no time with a zone, such as 2026-05-01T08:00:00+08:00: {fault}")
        })
    }

    /// RFC 3339 in UTC.
    #[must_use]
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_microsecond(self.0)
            .map_or_else(|_| String::new(), |at| at.to_string())
    }

    /// The second on the wall clock of `zone`, with its distance from UTC: `2026-05-01T08:00:00+08:00`.
    #[must_use]
    pub fn on_wall_clock(self, zone: &TimeZone) -> String {
        let at = jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// The wall clock of `zone` at this instant.
    #[must_use]
    pub fn local(self, zone: &TimeZone) -> Local {
        let at = jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let there = zone.to_datetime(at);
        Local { date: there.date(), time: there.time() }
    }
}

/// A moment that somebody asks about: an instant, or a day of the city's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// This instant.
    At(Instant),
    /// A day on the city's wall clock: its first instant, and that of the next day.
    Day(Instant, Instant),
}

impl Moment {
    /// Reads an instant (RFC 3339) or a date (`2026-03-03`) on the wall clock of `zone`.
    ///
    /// # Errors
    /// What the text lacks, in words.
    pub fn parse(text: &str, zone: &TimeZone) -> Result<Self, String> {
        // A date alone has neither colon nor zone: what is longer is meant to be an instant.
        if text.len() > 10 {
            return Instant::parse(text).map(Self::At);
        }
        let date: Date = text.parse().map_err(|fault| {
            format!(
                "`{text}` is neither a date, such as 2026-03-03, nor a time with a zone, such as \
                 2026-03-03T08:00:00+08:00: {fault}"
            )
        })?;
        let begins = |date: Date| {
            let begins = zone.to_timestamp(date.to_datetime(Time::midnight()));
            let begins = begins.map_err(|fault| fault.to_string())?;
            Ok::<Instant, String>(Instant(begins.as_microsecond()))
        };
        let next = date.tomorrow().map_err(|fault| fault.to_string())?;
        Ok(Self::Day(begins(date)?, begins(next)?))
    }

    /// The instant that is meant: of a day its first.
    #[must_use]
    pub fn instant(self) -> Instant {
        match self {
            Self::At(at) | Self::Day(at, _) => at,
        }
    }
}

/// Date and time of day on a city's wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// The day.
    pub date: Date,
    /// The time of day.
    pub time: Time,
}

/// The city's calendar: public holidays, make-up working days 调休, and the school terms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// Days off that would be working days.
    #[serde(default)]
    pub holidays: Vec<Date>,
    /// Weekend days that are worked.
    #[serde(default)]
    pub makeup_days: Vec<Date>,
    /// First and last day of each school term.
    #[serde(default)]
    pub terms: Vec<(Date, Date)>,
}

impl Calendar {
    /// Whether offices work on `day`.
    #[must_use]
    pub fn is_working_day(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        if weekend { self.makeup_days.contains(&day) } else { !self.holidays.contains(&day) }
    }

    /// Whether schools teach on `day`: a working day within a term. A city that has entered no
    /// terms is taken to teach on every working day.
    #[must_use]
    pub fn is_school_day(&self, day: Date) -> bool {
        self.is_working_day(day)
            && (self.terms.is_empty() || self.terms.iter().any(|(a, b)| (*a..=*b).contains(&day)))
    }
}

/// When a rule holds. An empty window is always.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// ISO weekdays 1 (Monday) to 7; empty: every day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<u8>,
    /// Times of day `[from, to)`; one that runs past midnight has `to` before `from`. Empty: all day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<(Time, Time)>,
    /// Only on days when schools teach.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub school_days: bool,
}

impl Window {
    /// Whether the window holds at `at` on a city's wall clock.
    #[must_use]
    pub fn holds(&self, at: Local, calendar: &Calendar) -> bool {
        let weekday = at.date.weekday().to_monday_one_offset().cast_unsigned();
        (self.weekdays.is_empty() || self.weekdays.contains(&weekday))
            && (self.hours.is_empty() || self.hours.iter().any(|(a, b)| within(*a, *b, at.time)))
            && (!self.school_days || calendar.is_school_day(at.date))
    }
}

fn within(from: Time, to: Time, at: Time) -> bool {
    if from <= to { from <= at && at < to } else { from <= at || at < to }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(window: &str, at: &str, expected: bool) {
        let window: Window = serde_json::from_str(window).unwrap();
        let at: jiff::civil::DateTime = at.parse().unwrap();
        let calendar = Calendar {
            holidays: vec!["2026-10-01".parse().unwrap()],
            makeup_days: vec!["2026-10-10".parse().unwrap()],
            terms: vec![("2026-09-01".parse().unwrap(), "2027-01-15".parse().unwrap())],
        };
        let at = Local { date: at.date(), time: at.time() };
        assert_eq!(window.holds(at, &calendar), expected, "{window:?} at {at:?}");
    }

    #[test]
    fn a_moment_is_an_instant_or_a_day_on_the_city_s_wall_clock() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let at = |text: &str| Instant::parse(text).unwrap();
        let day = Moment::parse("2026-03-03", &zone).unwrap();
        let (from, to) = (at("2026-03-02T16:00:00Z"), at("2026-03-03T16:00:00Z"));
        assert_eq!(day, Moment::Day(from, to));
        assert_eq!(day.instant(), from);
        let instant = Moment::parse("2026-03-03T00:00:00+08:00", &zone).unwrap();
        assert_eq!(instant, Moment::At(from));
        for bad in ["", "2026", "2026-02-30", "2026-03-03T08:00:00", "yesterday", "9999-12-31"] {
            assert!(Moment::parse(bad, &zone).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_window_knows_weekdays_hours_past_midnight_and_the_school_calendar() {
        check("{}", "2026-10-01T00:00", true);
        check(r#"{"weekdays":[6,7]}"#, "2026-11-21T10:00", true);
        check(r#"{"weekdays":[6,7]}"#, "2026-11-20T10:00", false);
        check(r#"{"hours":[["22:00","05:00"]]}"#, "2026-11-20T23:30", true);
        check(r#"{"hours":[["22:00","05:00"]]}"#, "2026-11-20T05:00", false);
        check(r#"{"school_days":true}"#, "2026-10-10T08:00", true);
        check(r#"{"school_days":true}"#, "2026-10-01T08:00", false);
        check(r#"{"school_days":true}"#, "2026-08-03T08:00", false);
    }
}
