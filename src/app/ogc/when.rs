//! The `datetime` of map clients: an instant, a day, or an interval of them, either end open.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::app::past;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::ogc::span::Span;
use crate::domain::time::Instant;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// An instant or a day.
    At(Span),
    /// From one to another, both included.
    Between(Span),
}

impl When {
    /// Reads `2026-03-03`, an instant, or `…/…` where an end may be `..` or left out. An unescaped `+` that
    /// arrived as a space is taken.
    ///
    /// # Errors
    /// Words.
    pub fn parse(text: &str, zone: &TimeZone) -> Result<Self, String> {
        let text = text.replace(' ', "+");
        let Some((from, to)) = text.split_once('/') else {
            return Span::parse(&text, zone).map(Self::At);
        };
        let end = |text: &str| match text {
            "" | ".." => Ok(Span::ALWAYS),
            text => Span::parse(text, zone),
        };
        let span = Span { from: end(from)?.from, to: end(to)?.to };
        if span == Span::ALWAYS {
            return Err("is open at both ends; give one, or leave datetime out".to_owned());
        }
        if span.from > span.to {
            return Err("ends before it begins".to_owned());
        }
        Ok(Self::Between(span))
    }

    /// The stretch of time that is meant.
    #[must_use]
    pub fn span(self) -> Span {
        match self {
            Self::At(span) | Self::Between(span) => span,
        }
    }
}

/// The atlas that a `datetime` asks for: of an instant the one that stood, of a day the one at its beginning,
/// of an interval the last one that stood in it. `text` is what was read.
///
/// # Errors
/// As [`past::at`].
pub async fn atlas(app: &App, seat: &Seat, when: When, text: &str) -> Result<Arc<Atlas>, Refusal> {
    let then = match when {
        When::At(_) => past::at(app, seat, &text.replace(' ', "+")).await?,
        When::Between(span) if span.to >= app.now() => return seat.atlas(),
        When::Between(span) => past::at(app, seat, &span.to.rfc3339()).await?,
    };
    Ok(then.atlas)
}

/// The first moment of which anything is known.
///
/// # Errors
/// [`Refusal::Unavailable`].
pub async fn begins(app: &App, seat: &Seat) -> Result<Option<Instant>, Refusal> {
    Ok(app.store().first_instant(&seat.city).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_standard_is_read_and_others_are_refused() {
        let zone = TimeZone::UTC;
        let at = |text: &str| Instant::parse(text).unwrap();
        let read = |text: &str| When::parse(text, &zone);
        let noon = at("2026-03-03T12:00:00Z");
        assert_eq!(read("2026-03-03T12:00:00Z"), Ok(When::At(Span::at(noon))));
        assert_eq!(read("2026-03-03T20:00:00 08:00"), Ok(When::At(Span::at(noon))));
        let open = |from, to| Ok(When::Between(Span { from, to }));
        let end = Span::ALWAYS;
        assert_eq!(read("2026-03-03T12:00:00Z/.."), open(noon, end.to));
        assert_eq!(read("2026-03-03T12:00:00Z/"), open(noon, end.to));
        assert_eq!(read("../2026-03-03T12:00:00Z"), open(end.from, noon));
        assert_eq!(read("/2026-03-03T12:00:00Z"), open(end.from, noon));
        let day = read("2026-03-03/2026-03-04").unwrap().span();
        assert_eq!(
            (day.from, day.to.0 + 1),
            (at("2026-03-03T00:00:00Z"), at("2026-03-05T00:00:00Z").0)
        );
        for bad in ["", "../..", "/", "2026", "2026-03-04/2026-03-03", "a/b", "2026-03-03/x/y"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
