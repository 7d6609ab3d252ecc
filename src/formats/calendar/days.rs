//! What both formats speak of: days, school terms, and how much of them there may be.

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Largest file that is read, in bytes.
pub const BYTES_MAX: usize = 16 << 20;
/// Most days that a file may name, and a calendar hold.
pub const DAYS_MAX: usize = 20_000;
/// Most school terms that a file may name, and a calendar hold.
pub const TERMS_MAX: usize = 1_000;
/// Most days of one event.
pub const EVENT_DAYS_MAX: i32 = 400;
/// The first and the last year of which days are kept.
pub const YEARS: (i16, i16) = (1900, 2199);
/// A day that comes back every year is written out for so many years before and after the present.
pub const REPEAT_YEARS: i16 = 10;

/// What a day is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DayKind {
    /// Off, though it may be a weekday 放假.
    Holiday,
    /// Worked, though it is a weekend 调休上班.
    MakeUp,
}

impl DayKind {
    /// The word in files and findings.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Holiday => "holiday",
            Self::MakeUp => "makeup",
        }
    }
}

/// How a file is read.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The city's zone, for times in UTC.
    pub zone: TimeZone,
    /// The present year: see [`REPEAT_YEARS`].
    pub year: i16,
    /// Whether an event that says nothing of the kind is a holiday. Else it is left out.
    pub unmarked_holidays: bool,
}

/// A day that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedDay {
    /// The line, from 1.
    pub row: usize,
    /// The day.
    pub date: Date,
    /// What it is.
    pub kind: DayKind,
}

/// A school term that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedTerm {
    /// The line, from 1.
    pub row: usize,
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
}

/// What a format hands on: days and terms in the file's order.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) days: Vec<NamedDay>,
    pub(super) terms: Vec<NamedTerm>,
}
