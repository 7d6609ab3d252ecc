//! A city's calendar as a file: holidays, make-up working days 调休 and school terms.
//!
//! Two formats, told apart by how they begin: [iCalendar](ics), and a [`table`] of days.

pub mod days;
pub mod mark;
pub mod ics;
pub mod table;

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};

use crate::formats::calendar::days::{
    BYTES_MAX, DAYS_MAX, DayKind, EVENT_DAYS_MAX, Gathered, NamedDay, NamedTerm, Reader, TERMS_MAX,
    YEARS,
};
use crate::formats::layer::{Finding, Findings};

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CalendarFile {
    /// What each day is.
    pub days: BTreeMap<Date, DayKind>,
    /// First and last days of school terms, in order.
    pub terms: Vec<(Date, Date)>,
}

/// What reading gave, with every finding. Where one is an error, the file is for looking at only.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// What could be read.
    pub file: CalendarFile,
    /// Errors and warnings.
    pub findings: Vec<Finding>,
}

/// Reads a calendar of either format.
#[must_use]
pub fn read(bytes: &[u8], reader: &Reader) -> Reading {
    let mut found = Findings::default();
    if bytes.len() > BYTES_MAX {
        let fault = format!(
            "the file has {} bytes, at most {BYTES_MAX} are read (limit BYTES_MAX)",
            bytes.len()
        );
        found.error(0, "file", fault, "leave out years that nobody asks for");
        return Reading { file: CalendarFile::default(), findings: found.into_vec() };
    }
    let gathered = if ics::is(bytes) {
        ics::read(bytes, reader, &mut found)
    } else {
        table::read(bytes, &mut found)
    };
    let file = judged(gathered, &mut found);
    if !found.refused() && file == CalendarFile::default() {
        found.error(0, "file", "it names no day and no school term", "give at least one");
    }
    Reading { file, findings: found.into_vec() }
}

/// Every day once: what contradicts itself is an error, what changes nothing is told.
fn judged(gathered: Gathered, found: &mut Findings) -> CalendarFile {
    let mut seen: BTreeMap<Date, (DayKind, usize)> = BTreeMap::new();
    let mut idle: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for NamedDay { row, date, kind } in gathered.days {
        if !(YEARS.0..=YEARS.1).contains(&date.year()) {
            let fault = format!("{date} is not kept");
            let remedy = format!("give days of the years {} to {}", YEARS.0, YEARS.1);
            found.error(row, "date", fault, remedy);
            continue;
        }
        match seen.get(&date) {
            Some((other, first)) if *other == kind => {
                let fault = format!("{date} stands in row {first} already");
                found.warning(row, "date", fault, "once is enough");
                continue;
            }
            Some((other, first)) => {
                let fault = format!(
                    "{date} is a {} here and a {} in row {first}",
                    kind.code(),
                    other.code()
                );
                found.error(row, "date", fault, "a day is one or the other: take one out");
                continue;
            }
            None => {}
        }
        if seen.len() == DAYS_MAX {
            let fault = format!("more than {DAYS_MAX} days (limit DAYS_MAX)");
            found.error(row, "file", fault, "leave out years that nobody asks for");
            break;
        }
        seen.insert(date, (kind, row));
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        if weekend == (kind == DayKind::Holiday) {
            idle.entry(row).or_default().push(date.to_string());
        }
    }
    for (row, days) in idle {
        let many = if days.len() > 1 { "are days" } else { "is a day" };
        let fault = match seen.values().find(|(_, at)| *at == row) {
            Some((DayKind::MakeUp, _)) => {
                format!("{} {many} that are worked anyway", days.join(", "))
            }
            _ => format!("{} {many} of a weekend anyway", days.join(", ")),
        };
        found.warning(row, "date", fault, "nothing need be done: it changes nothing");
    }
    let days = seen.into_iter().map(|(date, (kind, _))| (date, kind)).collect();
    CalendarFile { days, terms: terms(gathered.terms, found) }
}

/// Terms in order, none within another.
fn terms(mut given: Vec<NamedTerm>, found: &mut Findings) -> Vec<(Date, Date)> {
    given.sort_by_key(|term| (term.first, term.last));
    let mut kept: Vec<NamedTerm> = Vec::new();
    for term in given {
        let NamedTerm { row, first, last } = term;
        let days = first.duration_until(last).as_hours() / 24;
        let fits = (0..i64::from(EVENT_DAYS_MAX)).contains(&days);
        if !fits || !(YEARS.0..=YEARS.1).contains(&first.year()) {
            let fault = format!("the school term {first} to {last} is none");
            let remedy = format!("give its first day and a last one within {EVENT_DAYS_MAX} days");
            found.error(row, "date", fault, remedy);
        } else if kept.len() == TERMS_MAX {
            let fault = format!("more than {TERMS_MAX} school terms (limit TERMS_MAX)");
            found.error(row, "file", fault, "leave out years that nobody asks for");
            break;
        } else if let Some(before) = kept.last().filter(|before| before.last >= first) {
            if (before.first, before.last) == (first, last) {
                let fault = format!("the term stands in row {} already", before.row);
                found.warning(row, "date", fault, "once is enough");
            } else {
                let fault = format!(
                    "the school term {first} to {last} begins within that of row {}, {} to {}",
                    before.row, before.first, before.last
                );
                found.error(row, "date", fault, "end the one before the other begins");
            }
        } else {
            kept.push(NamedTerm { row, first, last });
        }
    }
    kept.into_iter().map(|term| (term.first, term.last)).collect()
}

#[cfg(test)]
mod tests;
