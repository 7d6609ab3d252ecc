//! The city's calendar as a file: holidays, make-up working days 调休 and school terms.
//!
//! What a file says goes into the calendar in one of three ways. By default it speaks for the years it
//! names: of a year in which it names a holiday or make-up day the others go, and the same holds for
//! terms by the year in which they begin; other years stay. Merged, its days are added to those there are,
//! and a day that was the other kind is now what the file says. Replacing, nothing but the file stays.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::app::refusal::Refusal;
use crate::app::state::App;
use crate::app::transfer::decide::{Tally, Verdict};
use crate::app::transfer::import::{Outcome, blocking, may, turns, which};
use crate::domain::accounts::Caller;
use crate::domain::atlas::city::CityState;
use crate::domain::change::Change;
use crate::domain::id::CityId;
use crate::domain::time::{Calendar, Instant};
use crate::formats::calendar::days::{DAYS_MAX, DayKind, Reader, TERMS_MAX};
use crate::formats::calendar::{self, CalendarFile};
use crate::formats::layer::Findings;

/// What a file's days do to those there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// The years that the file names are its own.
    #[default]
    Years,
    /// They are added.
    Merged,
    /// Nothing else stays.
    Replaced,
}

/// What to do with a calendar.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CalendarImport {
    /// The file.
    pub bytes: Arc<[u8]>,
    /// What becomes of the days there are.
    pub scope: Scope,
    /// Whether events that say nothing of the kind are holidays.
    pub unmarked_holidays: bool,
    /// Only look.
    pub dry_run: bool,
}

/// Imports a calendar.
///
/// # Errors
/// As [`super::import::import`].
pub async fn import(
    app: &App,
    caller: &Caller,
    named: Option<&str>,
    ask: CalendarImport,
) -> Result<Outcome, Refusal> {
    may(caller)?;
    let city = which(app, named).await?;
    let state = app.store().load(&city).await?;
    let zone = state.and_then(|state| TimeZone::get(&state.city.time_zone).ok());
    let zone = zone.unwrap_or(TimeZone::UTC);
    let year = app.now().local(&zone).date.year();
    let reader = Reader { zone, year, unmarked_holidays: ask.unmarked_holidays };
    let bytes = Arc::clone(&ask.bytes);
    let read = blocking(move || calendar::read(&bytes, &reader)).await?;
    let rows = read.file.days.len() + read.file.terms.len();
    let (file, scope) = (read.file, ask.scope);
    let decide = {
        let city = city.clone();
        move |state: Option<&CityState>, _: Instant| decide(&city, &file, scope, state)
    };
    turns(app, caller, (city, rows), Arc::new(decide), read.findings, (ask.dry_run, None)).await
}

fn decide(id: &CityId, file: &CalendarFile, scope: Scope, state: Option<&CityState>) -> Verdict {
    let mut found = Findings::default();
    let Some(state) = state else {
        return no_city(id, found);
    };
    let mut made = state.clone();
    let (calendar, tally) = settled(&state.city.calendar, file, scope, &mut found);
    made.city.calendar = calendar;
    let moved = tally.added + tally.changed + tally.removed > 0;
    let changes = moved.then(|| Change::CitySet(made.city.clone()));
    Verdict::of(made, changes.into_iter().collect(), found, tally)
}

/// The verdict on settings for a city that there is not.
pub(super) fn no_city(id: &CityId, mut found: Findings) -> Verdict {
    let fault = format!("there is no city {id}");
    found.error(0, "city", fault, "import its units and zones first, or name another (--city)");
    let (changes, tally) = (Vec::new(), Tally::default());
    Verdict { changes, findings: found.into_vec(), tally, made: None }
}

/// The calendar with what the file says, and what that changes.
fn settled(
    there: &Calendar,
    file: &CalendarFile,
    scope: Scope,
    found: &mut Findings,
) -> (Calendar, Tally) {
    let of = |days: &[Date], kind| days.iter().map(move |day| (*day, kind)).collect::<Vec<_>>();
    let mut old: BTreeMap<Date, DayKind> = BTreeMap::new();
    old.extend(of(&there.holidays, DayKind::Holiday));
    old.extend(of(&there.makeup_days, DayKind::MakeUp));
    let years: BTreeSet<i16> = file.days.keys().map(|day| day.year()).collect();
    let term_years: BTreeSet<i16> = file.terms.iter().map(|(first, _)| first.year()).collect();
    let stays = |year: i16, named: &BTreeSet<i16>| match scope {
        Scope::Years => !named.contains(&year),
        Scope::Merged => true,
        Scope::Replaced => false,
    };
    let mut days = old.clone();
    days.retain(|day, _| stays(day.year(), &years));
    days.extend(file.days.iter().map(|(day, kind)| (*day, *kind)));
    let mut terms: BTreeSet<(Date, Date)> = there.terms.iter().copied().collect();
    let before = terms.clone();
    terms.retain(|(first, _)| stays(first.year(), &term_years));
    terms.extend(file.terms.iter().copied());
    if scope == Scope::Years {
        poorer(&old, &days, &years, found);
    }
    limits(&days, &terms, found);
    let mut tally = Tally::default();
    for (day, kind) in &days {
        match old.get(day) {
            None => tally.added += 1,
            Some(was) if was == kind => tally.same += 1,
            Some(_) => tally.changed += 1,
        }
    }
    tally.removed = old.keys().filter(|day| !days.contains_key(day)).count();
    tally.added += terms.difference(&before).count();
    tally.same += terms.intersection(&before).count();
    tally.removed += before.difference(&terms).count();
    let only = |wanted| {
        let them = days.iter().filter(move |(_, kind)| **kind == wanted);
        them.map(|(day, _)| *day).collect()
    };
    let calendar = Calendar {
        holidays: only(DayKind::Holiday),
        makeup_days: only(DayKind::MakeUp),
        terms: terms.into_iter().collect(),
    };
    (calendar, tally)
}

/// Tells of years that lose more than they get: a file of one year often names a day of its neighbour.
fn poorer(
    old: &BTreeMap<Date, DayKind>,
    new: &BTreeMap<Date, DayKind>,
    years: &BTreeSet<i16>,
    found: &mut Findings,
) {
    for year in years {
        let of =
            |days: &BTreeMap<Date, DayKind>| days.keys().filter(|day| day.year() == *year).count();
        let (was, is) = (of(old), of(new));
        if is < was {
            let fault =
                format!("of {year} the file names {is} days, and the {was} that were there go");
            found.warning(0, year.to_string(), fault, "give --merge to keep them");
        }
    }
}

fn limits(days: &BTreeMap<Date, DayKind>, terms: &BTreeSet<(Date, Date)>, found: &mut Findings) {
    let mut check = |what: &str, many: usize, max: usize, name: &str| {
        if many > max {
            let fault =
                format!("the calendar would hold {many} {what}, at most {max} (limit {name})");
            found.error(0, "file", fault, "give --replace, or leave out years");
        }
    };
    check("days", days.len(), DAYS_MAX, "DAYS_MAX");
    check("school terms", terms.len(), TERMS_MAX, "TERMS_MAX");
    let mut last: Option<(Date, Date)> = None;
    for (first, end) in terms {
        if let Some((a, b)) = last.filter(|(_, b)| b >= first) {
            let fault = format!("the school terms {a} to {b} and {first} to {end} overlap");
            found.error(0, "terms", fault, "import all terms of these years in one file");
        }
        last = Some((*first, *end));
    }
}

/// How a calendar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A table of days.
    Csv,
    /// iCalendar.
    Ics,
}

/// The city's calendar as a file.
///
/// # Errors
/// [`Refusal::NoCity`], [`Refusal::Unavailable`].
pub async fn export(app: &App, city: &CityId, format: Format) -> Result<Vec<u8>, Refusal> {
    let state = app.store().load(city).await?;
    let state = state.ok_or_else(|| Refusal::NoCity { given: city.to_string() })?;
    Ok(match format {
        Format::Csv => calendar::table::write(&state.city.calendar),
        Format::Ics => calendar::ics::write::write(&state.city.calendar),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn there() -> Calendar {
        Calendar {
            holidays: ["2025-10-01", "2026-10-01", "2026-10-02"].map(day).to_vec(),
            makeup_days: vec![day("2026-10-10")],
            terms: vec![
                (day("2025-09-01"), day("2026-01-15")),
                (day("2026-03-01"), day("2026-07-10")),
            ],
        }
    }

    fn file() -> CalendarFile {
        CalendarFile {
            days: [(day("2026-10-01"), DayKind::Holiday), (day("2026-10-02"), DayKind::MakeUp)]
                .into(),
            terms: vec![(day("2026-09-01"), day("2027-01-15"))],
        }
    }

    #[track_caller]
    fn check(scope: Scope, holidays: &[&str], makeup: &[&str], terms: usize, tally: [usize; 4]) {
        let mut found = Findings::default();
        let (calendar, got) = settled(&there(), &file(), scope, &mut found);
        let days = |days: &[&str]| days.iter().map(|text| day(text)).collect::<Vec<_>>();
        assert_eq!((calendar.holidays, calendar.makeup_days), (days(holidays), days(makeup)));
        assert_eq!(calendar.terms.len(), terms);
        assert_eq!([got.added, got.changed, got.same, got.removed], tally);
        assert_eq!(found.into_vec().len(), usize::from(scope == Scope::Years));
    }

    #[test]
    fn a_file_speaks_for_its_years_or_is_added_or_is_all_there_is() {
        let both = ["2025-10-01", "2026-10-01"];
        check(Scope::Years, &both, &["2026-10-02"], 2, [1, 1, 3, 2]);
        check(Scope::Merged, &both, &["2026-10-02", "2026-10-10"], 3, [1, 1, 5, 0]);
        check(Scope::Replaced, &["2026-10-01"], &["2026-10-02"], 1, [1, 1, 1, 4]);
    }

    #[test]
    fn a_year_that_loses_days_is_told_and_terms_that_overlap_are_refused() {
        let mut found = Findings::default();
        settled(&there(), &file(), Scope::Years, &mut found);
        let words: Vec<String> = found.into_vec().iter().map(ToString::to_string).collect();
        assert!(
            words[0].contains("2026: of 2026 the file names 2 days, and the 3 that were there go")
        );
        let mut found = Findings::default();
        let terms = vec![(day("2026-07-01"), day("2026-07-20"))];
        let file = CalendarFile { days: BTreeMap::new(), terms };
        settled(&there(), &file, Scope::Merged, &mut found);
        assert!(found.refused());
    }
}
