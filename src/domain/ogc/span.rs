//! Stretches of time, and how two of them lie to each other.

use std::cmp::Ordering;

use jiff::tz::TimeZone;

use crate::domain::time::{Instant, Moment};

/// A stretch of time, both ends included; an instant begins and ends in itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first instant.
    pub from: Instant,
    /// Its last instant.
    pub to: Instant,
}

impl Span {
    /// All of time.
    pub const ALWAYS: Self = Self { from: Instant(i64::MIN), to: Instant(i64::MAX) };

    /// One instant.
    #[must_use]
    pub fn at(instant: Instant) -> Self {
        Self { from: instant, to: instant }
    }

    /// An instant (RFC 3339), or a day (`2026-03-03`) on the wall clock of `zone`.
    ///
    /// # Errors
    /// What the text lacks, in words.
    pub fn parse(text: &str, zone: &TimeZone) -> Result<Self, String> {
        Ok(match Moment::parse(text, zone)? {
            Moment::At(at) => Self::at(at),
            Moment::Day(from, next) => Self { from, to: Instant(next.0 - 1) },
        })
    }

    /// The order of two that do not overlap; two of which one lies in the other are equal, as an instant
    /// is with its day.
    #[must_use]
    pub fn order(self, other: Self) -> Option<Ordering> {
        if self.to < other.from {
            return Some(Ordering::Less);
        }
        if self.from > other.to {
            return Some(Ordering::Greater);
        }
        let inside = |a: Self, b: Self| a.from >= b.from && a.to <= b.to;
        (inside(self, other) || inside(other, self)).then_some(Ordering::Equal)
    }
}

macro_rules! relations {
    ($($name:ident = $code:literal, $says:literal, |$a:ident, $b:ident| $holds:expr;)*) => {
        /// How one stretch of time lies to another (Allen's relations, as CQL2 names them).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Timely { $(#[doc = $says] $name,)* }

        impl Timely {
            /// Every relation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in CQL2, in small letters.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Whether the first lies so to the second.
            #[must_use]
            pub fn holds(self, first: Span, second: Span) -> bool {
                match self { $(Self::$name => { let ($a, $b) = (first, second); $holds })* }
            }
        }
    };
}

relations! {
    After = "t_after", "It begins behind the other's end.", |a, b| a.from > b.to;
    Before = "t_before", "It ends before the other begins.", |a, b| a.to < b.from;
    Contains = "t_contains", "It begins earlier and ends later.", |a, b| a.from < b.from && a.to > b.to;
    Disjoint = "t_disjoint", "They share no instant.", |a, b| a.to < b.from || a.from > b.to;
    During = "t_during", "It begins later and ends earlier.", |a, b| a.from > b.from && a.to < b.to;
    Equals = "t_equals", "They are the same.", |a, b| a == b;
    FinishedBy = "t_finishedby", "It begins earlier, and they end together.", |a, b| a.from < b.from && a.to == b.to;
    Finishes = "t_finishes", "It begins later, and they end together.", |a, b| a.from > b.from && a.to == b.to;
    Intersects = "t_intersects", "They share an instant.", |a, b| a.from <= b.to && a.to >= b.from;
    Meets = "t_meets", "It ends when the other begins.", |a, b| a.to == b.from;
    MetBy = "t_metby", "It begins when the other ends.", |a, b| a.from == b.to;
    OverlappedBy = "t_overlappedby", "It begins in the other and ends later.", |a, b| a.from > b.from && a.from < b.to && a.to > b.to;
    Overlaps = "t_overlaps", "It begins earlier and ends in the other.", |a, b| a.from < b.from && a.to > b.from && a.to < b.to;
    StartedBy = "t_startedby", "They begin together, and it ends later.", |a, b| a.from == b.from && a.to > b.to;
    Starts = "t_starts", "They begin together, and it ends earlier.", |a, b| a.from == b.from && a.to < b.to;
}

impl Timely {
    /// The relation with this name in CQL2, in any case.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.code().eq_ignore_ascii_case(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: i64, to: i64) -> Span {
        Span { from: Instant(from), to: Instant(to) }
    }

    #[test]
    fn an_instant_is_compared_with_a_day_as_people_do() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let day = Span::parse("2026-05-06", &zone).unwrap();
        let at = |text: &str| Span::parse(text, &zone).unwrap();
        assert_eq!(at("2026-05-06T00:00:00+08:00").order(day), Some(Ordering::Equal));
        assert_eq!(at("2026-05-06T23:59:59.9+08:00").order(day), Some(Ordering::Equal));
        assert_eq!(at("2026-05-05T23:59:59+08:00").order(day), Some(Ordering::Less));
        assert_eq!(day.order(at("2026-05-07T00:00:00+08:00")), Some(Ordering::Less));
        assert_eq!(span(0, 10).order(span(5, 15)), None);
        assert!(Span::parse("2026", &zone).is_err());
    }

    #[test]
    fn exactly_one_of_allen_s_relations_holds_of_two_stretches() {
        let exclusive = |one: &&Timely| !matches!(one, Timely::Disjoint | Timely::Intersects);
        for (a, b) in [
            (span(0, 1), span(2, 3)),
            (span(2, 3), span(0, 1)),
            (span(0, 2), span(2, 3)),
            (span(2, 3), span(0, 2)),
            (span(0, 2), span(1, 3)),
            (span(1, 3), span(0, 2)),
            (span(0, 1), span(0, 3)),
            (span(0, 3), span(0, 1)),
            (span(1, 2), span(0, 3)),
            (span(0, 3), span(1, 2)),
            (span(2, 3), span(0, 3)),
            (span(0, 3), span(2, 3)),
            (span(0, 3), span(0, 3)),
        ] {
            let holding: Vec<_> =
                Timely::ALL.iter().filter(exclusive).filter(|one| one.holds(a, b)).collect();
            assert_eq!(holding.len(), 1, "{a:?} {b:?}: {holding:?}");
            assert_ne!(Timely::Disjoint.holds(a, b), Timely::Intersects.holds(a, b));
        }
    }
}
