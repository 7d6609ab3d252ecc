//! The office hours of a unit.

use std::fmt;

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use crate::domain::clocks::limit::{DAY_US, MINUTE_US};

/// The most spans a day may have.
pub const SPANS_MAX: usize = 12;

/// When a unit works: spans of the wall clock, on the city's working days or on every day.
///
/// A span whose end is not after its start runs into the next day; it belongs to the day on which it
/// began. No two spans meet, also where one reaches into the next day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct OfficeHours {
    spans: Vec<(Time, Time)>,
    every_day: bool,
    /// From and to, in microseconds after the midnight the day begins with; disjoint.
    spans_us: Vec<(i64, i64)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    spans: Vec<(Time, Time)>,
    #[serde(default)]
    every_day: bool,
}

/// What is wrong with office hours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoursFault {
    /// More spans than [`SPANS_MAX`].
    #[error("{0} spans of office hours; give at most {SPANS_MAX}")]
    TooMany(usize),
    /// Two spans share time; numbered from 1 as they were given.
    #[error("spans {0} and {1} of the office hours overlap; give each time of day once")]
    Overlap(usize, usize),
    /// A text that is no span; numbered from 1.
    #[error("span {0}, `{1}`, is none; give two times such as 08:00-12:00")]
    NoSpan(usize, String),
    /// A text that says nothing.
    #[error("the office hours are empty; write `never` for a unit that never works")]
    Nothing,
}

impl OfficeHours {
    /// Office hours of these spans. No spans at all are allowed: such a unit never works.
    ///
    /// # Errors
    /// Every fault.
    pub fn new(spans: Vec<(Time, Time)>, every_day: bool) -> Result<Self, Vec<HoursFault>> {
        if spans.len() > SPANS_MAX {
            return Err(vec![HoursFault::TooMany(spans.len())]);
        }
        let given: Vec<(i64, i64)> = spans.iter().map(|(from, to)| span_us(*from, *to)).collect();
        let mut faults = Vec::new();
        for (i, a) in given.iter().enumerate() {
            for (j, b) in given.iter().enumerate().skip(i + 1) {
                let meets = |shift: i64| a.0 < b.1 + shift && b.0 + shift < a.1;
                if meets(0) || meets(DAY_US) || meets(-DAY_US) {
                    faults.push(HoursFault::Overlap(i + 1, j + 1));
                }
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self { spans, every_day, spans_us: given })
    }

    /// Reads what [`fmt::Display`] writes: `08:00-12:00,14:00-18:00` on working days, with `daily`
    /// (每天) before it on every day, or `never` (无). A day may end at 24:00. `;`, `、` and blanks separate
    /// spans as well, and dashes of any length or `至` join the two times.
    ///
    /// # Errors
    /// Every fault.
    pub fn parse(text: &str) -> Result<Self, Vec<HoursFault>> {
        let text = text.trim();
        let words = text.to_lowercase();
        if words == "never" || words == "无" {
            return Self::new(Vec::new(), false);
        }
        let daily = ["daily", "每天", "每日"].iter().find_map(|word| words.strip_prefix(word));
        let separates = |c: char| matches!(c, ',' | ';' | '、' | '，' | '；') || c.is_whitespace();
        let (mut spans, mut faults) = (Vec::new(), Vec::new());
        let pieces = daily.unwrap_or(&words).split(separates).filter(|piece| !piece.is_empty());
        for (nth, piece) in (1..).zip(pieces) {
            if nth > SPANS_MAX {
                return Err(vec![HoursFault::TooMany(nth)]);
            }
            match span(piece) {
                Some(span) => spans.push(span),
                None => faults.push(HoursFault::NoSpan(nth, piece.chars().take(40).collect())),
            }
        }
        match (faults.is_empty(), spans.is_empty()) {
            (false, _) => Err(faults),
            (true, true) => Err(vec![HoursFault::Nothing]),
            (true, false) => Self::new(spans, daily.is_some()),
        }
    }

    /// The spans as given.
    #[must_use]
    pub fn spans(&self) -> &[(Time, Time)] {
        &self.spans
    }

    /// Whether weekends and holidays are worked too.
    #[must_use]
    pub fn every_day(&self) -> bool {
        self.every_day
    }

    /// The time worked in one whole day (µs), with what reaches into the next.
    pub(super) fn day_us(&self) -> i64 {
        self.spans_us.iter().map(|(from, to)| to - from).sum()
    }

    /// The time worked (µs) of a day until so long (µs) after its midnight, up to two days.
    pub(super) fn until_us(&self, at: i64) -> i64 {
        self.spans_us.iter().map(|(from, to)| at.min(*to) - at.min(*from)).sum()
    }
}

/// `08:00-12:00,14:00-18:00`, `daily 00:00-24:00`, `never`.
impl fmt::Display for OfficeHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.spans.is_empty() {
            return f.write_str("never");
        }
        if self.every_day {
            f.write_str("daily ")?;
        }
        for (nth, (from, to)) in self.spans.iter().enumerate() {
            f.write_str(if nth == 0 { "" } else { "," })?;
            clock(f, *from)?;
            f.write_str("-")?;
            if *to == Time::midnight() { f.write_str("24:00")? } else { clock(f, *to)? }
        }
        Ok(())
    }
}

fn clock(f: &mut fmt::Formatter<'_>, at: Time) -> fmt::Result {
    if at.second() == 0 && at.subsec_nanosecond() == 0 {
        write!(f, "{:02}:{:02}", at.hour(), at.minute())
    } else {
        write!(f, "{at}")
    }
}

/// Two times of day with a dash between them.
fn span(piece: &str) -> Option<(Time, Time)> {
    let dashes = |c: char| matches!(c, '-' | '–' | '—' | '~' | '～' | '至');
    let (from, to) = piece.split_once(dashes)?;
    let time = |text: &str| {
        let text = text.replace('：', ":");
        let full = text.split(':').count() >= 2 && text.starts_with(|c: char| c.is_ascii_digit());
        // `8:00` is what people write.
        let padded = if text.find(':') == Some(1) { format!("0{text}") } else { text };
        full.then(|| padded.parse::<Time>().ok()).flatten()
    };
    let to = match to {
        "24:00" | "24：00" => Time::midnight(),
        other => time(other)?,
    };
    Some((time(from)?, to))
}

/// 08:00–12:00 and 14:00–18:00 on working days.
impl Default for OfficeHours {
    fn default() -> Self {
        let at = |hour| Time::constant(hour, 0, 0, 0);
        let spans = vec![(at(8), at(12)), (at(14), at(18))];
        let spans_us = spans.iter().map(|(from, to)| span_us(*from, *to)).collect();
        Self { spans, every_day: false, spans_us }
    }
}

impl TryFrom<Written> for OfficeHours {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        Self::new(written.spans, written.every_day)
            .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }
}

impl From<OfficeHours> for Written {
    fn from(hours: OfficeHours) -> Self {
        Self { spans: hours.spans, every_day: hours.every_day }
    }
}

fn span_us(from: Time, to: Time) -> (i64, i64) {
    // Compared as they were given: what lies between two microseconds is no whole day.
    let next_day = if to > from { 0 } else { DAY_US };
    (time_us(from), time_us(to) + next_day)
}

fn time_us(time: Time) -> i64 {
    let minutes = i64::from(time.hour()) * 60 + i64::from(time.minute());
    minutes * MINUTE_US
        + i64::from(time.second()) * 1_000_000
        + i64::from(time.subsec_nanosecond()) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: Result<i64, &str>) {
        let got = serde_json::from_str::<OfficeHours>(json);
        match expected {
            Ok(hours) => assert_eq!(got.unwrap().day_us(), hours * 60 * MINUTE_US, "{json}"),
            Err(words) => assert!(got.unwrap_err().to_string().contains(words), "{json}"),
        }
    }

    #[test]
    fn spans_may_run_past_midnight_but_never_meet() {
        check(r#"{"spans":[]}"#, Ok(0));
        check(r#"{"spans":[["00:00","00:00"]],"every_day":true}"#, Ok(24));
        check(r#"{"spans":[["22:00","06:00"],["06:00","08:00"]]}"#, Ok(10));
        check(r#"{"spans":[["22:00","06:00"],["05:00","08:00"]]}"#, Err("spans 1 and 2"));
        check(r#"{"spans":[["08:00","12:00"],["09:00","10:00"]]}"#, Err("spans 1 and 2"));
        check(r#"{"spans":[["08:00","12:00"]],"weekends":true}"#, Err("weekends"));
    }

    #[test]
    fn hours_are_read_as_people_write_them_and_written_in_one_way() {
        let check = |text: &str, expected: &str| {
            let hours = OfficeHours::parse(text).unwrap();
            assert_eq!(hours.to_string(), expected, "{text}");
            assert_eq!(OfficeHours::parse(expected), Ok(hours), "{text}");
        };
        check("08:00-12:00,14:00-18:00", "08:00-12:00,14:00-18:00");
        check("8:00–12:00、14：00至18：00", "08:00-12:00,14:00-18:00");
        check(" Daily 00:00-24:00 ", "daily 00:00-24:00");
        check("每天 22:00-06:00；06:00~07:30:15", "daily 22:00-06:00,06:00-07:30:15");
        check("18:00-00:00", "18:00-24:00");
        check("never", "never");
        let faults = |text: &str| -> Vec<String> {
            OfficeHours::parse(text).unwrap_err().iter().map(ToString::to_string).collect()
        };
        assert_eq!(faults("8-12, 25:00-26:00, 09:00-10:00").len(), 2);
        assert!(faults("8-12")[0].contains("span 1, `8-12`"), "{:?}", faults("8-12"));
        assert!(faults("08:00-12:00,11:00-13:00")[0].contains("spans 1 and 2"));
        assert!(faults("daily")[0].contains("never"));
        assert!(faults(&"1:00-2:00,".repeat(99))[0].contains("at most"));
    }

    #[test]
    fn the_default_is_eight_hours_and_comes_back_from_json() {
        let hours = OfficeHours::default();
        assert_eq!(hours.day_us(), 8 * 60 * MINUTE_US);
        let json = serde_json::to_string(&hours).unwrap();
        assert_eq!(serde_json::from_str::<OfficeHours>(&json).unwrap(), hours);
        assert_eq!(OfficeHours::new(hours.spans().to_vec(), false).unwrap(), hours);
        let many = vec![hours.spans()[0]; SPANS_MAX + 1];
        assert_eq!(OfficeHours::new(many, false), Err(vec![HoursFault::TooMany(SPANS_MAX + 1)]));
    }
}
