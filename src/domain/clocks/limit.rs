//! The four kinds of time limit of GB/T 30428.8.

use serde::{Deserialize, Serialize};

/// Microseconds in a minute.
pub(super) const MINUTE_US: i64 = 60_000_000;
/// Microseconds in a day of the wall clock.
pub(super) const DAY_US: i64 = 1440 * MINUTE_US;

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// Every hour, day and night 紧急工作时.
    Continuous,
    /// Time within office hours 工作时.
    OfficeHours,
    /// Working days 工作日, each 24 hours of the wall clock: a day from Friday 10:00 ends on
    /// Monday 10:00, and a day from Saturday ends with Monday.
    WorkingDays,
    /// Calendar days 自然日, each 24 hours of the wall clock.
    CalendarDays,
}

impl LimitKind {
    /// Every kind.
    pub const ALL: [Self; 4] =
        [Self::Continuous, Self::OfficeHours, Self::WorkingDays, Self::CalendarDays];

    /// The code in files, tables and on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Continuous => "continuous",
            Self::OfficeHours => "office_hours",
            Self::WorkingDays => "working_days",
            Self::CalendarDays => "calendar_days",
        }
    }

    /// The kind with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// What an amount of time is told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitUnit {
    /// Minutes.
    Minutes,
    /// 60 minutes.
    Hours,
    /// 1,440 minutes.
    Days,
}

impl LimitUnit {
    /// Every unit.
    pub const ALL: [Self; 3] = [Self::Minutes, Self::Hours, Self::Days];

    /// The word in files.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::Days => "days",
        }
    }

    /// How many minutes it has.
    #[must_use]
    pub fn minutes(self) -> u32 {
        match self {
            Self::Minutes => 1,
            Self::Hours => 60,
            Self::Days => 1440,
        }
    }
}

/// A time limit 时限.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// What is counted.
    pub kind: LimitKind,
    /// How much of it, in minutes; a day is 1,440.
    pub minutes: u32,
}

impl Limit {
    /// So many hours, of every hour or of office hours. Saturates.
    #[must_use]
    pub const fn hours(kind: LimitKind, hours: u32) -> Self {
        Self { kind, minutes: hours.saturating_mul(60) }
    }

    /// So many working or calendar days. Saturates.
    #[must_use]
    pub const fn days(kind: LimitKind, days: u32) -> Self {
        Self { kind, minutes: days.saturating_mul(1440) }
    }

    /// The greatest of the units in which the amount is whole: so many days, hours or minutes. A day of
    /// office hours is no unit.
    #[must_use]
    pub fn in_units(self) -> (u32, LimitUnit) {
        let days = !matches!(self.kind, LimitKind::OfficeHours | LimitKind::Continuous);
        match self.minutes {
            minutes if days && minutes.is_multiple_of(1440) => (minutes / 1440, LimitUnit::Days),
            minutes if minutes.is_multiple_of(60) => (minutes / 60, LimitUnit::Hours),
            minutes => (minutes, LimitUnit::Minutes),
        }
    }

    /// The limit in microseconds of its kind.
    #[must_use]
    pub fn us(self) -> i64 {
        i64::from(self.minutes) * MINUTE_US
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_code_which_is_also_its_word_in_json() {
        for kind in LimitKind::ALL {
            assert_eq!(LimitKind::from_code(kind.code()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
        }
        assert_eq!(LimitKind::from_code("weeks"), None);
    }

    #[test]
    fn the_longest_limit_does_not_overflow() {
        assert_eq!(Limit::days(LimitKind::WorkingDays, u32::MAX).us(), 257_698_037_700_000_000);
    }
}
