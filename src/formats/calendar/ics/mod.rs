//! iCalendar (RFC 5545): the events whose days are off or worked.
//!
//! Read are DTSTART, DTEND (which is the first day after, as the RFC says; a feed that repeats DTSTART there
//! means one day), DURATION, RRULE with FREQ=YEARLY, EXDATE, SUMMARY, CATEGORIES, DESCRIPTION, STATUS and
//! Apple's X-APPLE-SPECIAL-DAY. A time in UTC counts on the day it is in the city, any other on the day it is
//! written on. All else, alarms and time zones among it, says nothing about days.

mod lines;
pub mod write;

use jiff::civil::Date;
use jiff::{SignedDuration, Span};

use crate::formats::calendar::days::{
    DayKind, EVENT_DAYS_MAX, Gathered, NamedDay, NamedTerm, REPEAT_YEARS, Reader,
};
use crate::formats::calendar::ics::lines::{
    Line, When, days, duration, line, unescaped, unfolded, when,
};
use crate::formats::calendar::mark::{self, Mark};
use crate::formats::label::clip;
use crate::formats::layer::Findings;

/// Most events of one file.
pub const EVENTS_MAX: usize = 20_000;
/// Most names that are listed of events that were left out.
const NAMED_MAX: usize = 8;
const MARK_REMEDY: &str =
    "write 休 or 班 (holiday or work day) into its SUMMARY or CATEGORIES, or import days as CSV";

/// Whether the bytes begin as an iCalendar does.
#[must_use]
pub fn is(bytes: &[u8]) -> bool {
    let body = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes).trim_ascii_start();
    body.get(..6).is_some_and(|head| head.eq_ignore_ascii_case(b"BEGIN:"))
}

/// What was read of one event.
#[derive(Default)]
struct Event {
    row: usize,
    start: Option<When>,
    end: Option<When>,
    duration: Option<SignedDuration>,
    rule: Option<(usize, String)>,
    except: Vec<Date>,
    summary: String,
    categories: String,
    description: String,
    special: Option<Mark>,
    cancelled: bool,
    /// Whether something of it could not be read.
    faulty: bool,
}

/// The days and terms of an iCalendar.
pub(super) fn read(bytes: &[u8], reader: &Reader, found: &mut Findings) -> Gathered {
    let lines = unfolded(bytes, found);
    let mut file = File {
        reader,
        found: &mut *found,
        gathered: Gathered::default(),
        left_out: Vec::new(),
        events: 0,
        blunt: 0,
    };
    let mut within: Vec<String> = Vec::new();
    let mut event: Option<Event> = None;
    for (row, text) in &lines {
        let Some(line) = line(*row, text) else {
            let fault = format!("`{}` is no property", clip(text));
            file.found.error(
                *row,
                "line",
                fault,
                "give NAME:value, longer lines folded with a blank",
            );
            continue;
        };
        let value = line.value.trim().to_ascii_uppercase();
        match line.name.as_str() {
            "BEGIN" => {
                if value == "VEVENT" && within.last().is_some_and(|name| name == "VCALENDAR") {
                    event = Some(Event { row: line.row, ..Event::default() });
                }
                within.push(value);
            }
            "END" => {
                if within.pop().as_ref() != Some(&value) {
                    let fault = format!("{} ends here and did not begin", clip(&value));
                    file.found.error(*row, "END", fault, "end what began last");
                    return file.gathered;
                }
                if value == "VEVENT"
                    && let Some(event) = event.take()
                {
                    file.close(&event);
                }
            }
            _ => {
                if let Some(event) =
                    event.as_mut().filter(|_| within.last().is_some_and(|name| name == "VEVENT"))
                {
                    file.property(event, &line);
                }
            }
        }
    }
    if let Some(open) = within.last() {
        let fault = format!("the file ends within {}", clip(open));
        file.found.error(0, "file", fault, "it was cut short: fetch it again");
    }
    file.end()
}

struct File<'a> {
    reader: &'a Reader,
    found: &'a mut Findings,
    gathered: Gathered,
    /// Names of events that say nothing of the kind of their days.
    left_out: Vec<String>,
    events: usize,
    /// Events that end on the day they begin, which the RFC forbids.
    blunt: usize,
}

impl File<'_> {
    fn property(&mut self, event: &mut Event, line: &Line<'_>) {
        match line.name.as_str() {
            "DTSTART" => event.start = self.when(event, line),
            "DTEND" => event.end = self.when(event, line),
            "DURATION" => {
                event.duration = duration(line.value);
                if event.duration.is_none() {
                    self.fault(event, line, "is no duration", "give one such as P1D, or DTEND");
                }
            }
            "RRULE" => event.rule = Some((line.row, line.value.to_ascii_uppercase())),
            "EXDATE" => {
                for part in line.value.split(',') {
                    let one = Line {
                        row: line.row,
                        name: line.name.clone(),
                        parameters: line.parameters,
                        value: part,
                    };
                    let when = self.when(event, &one);
                    event.except.extend(when.map(|when| when.date));
                }
            }
            "RDATE" | "EXRULE" | "RECURRENCE-ID" => {
                self.fault(event, line, "is not read", "write each day as an event of its own");
            }
            "SUMMARY" => event.summary = unescaped(line.value),
            "CATEGORIES" => {
                event.categories.push_str(&unescaped(line.value));
                event.categories.push(' ');
            }
            "DESCRIPTION" => event.description = unescaped(line.value),
            "STATUS" => event.cancelled = line.value.trim().eq_ignore_ascii_case("cancelled"),
            "X-APPLE-SPECIAL-DAY" => event.special = mark::of_special_day(line.value),
            _ => {}
        }
    }

    fn fault(&mut self, event: &mut Event, line: &Line<'_>, fault: &str, remedy: &str) {
        event.faulty = true;
        let fault = format!("`{}` {fault}", clip(line.value));
        self.found.error(line.row, line.name.clone(), fault, remedy);
    }

    fn when(&mut self, event: &mut Event, line: &Line<'_>) -> Option<When> {
        let read = when(line.value.trim(), self.reader);
        if read.is_none() {
            self.fault(
                event,
                line,
                "is no day or time",
                "give one such as 20261001 or 20261001T090000",
            );
        }
        read
    }

    /// An event is whole.
    fn close(&mut self, event: &Event) {
        self.events += 1;
        if self.events > EVENTS_MAX {
            if self.events == EVENTS_MAX + 1 {
                let fault = format!("more than {EVENTS_MAX} events (limit EVENTS_MAX)");
                self.found.error(event.row, "file", fault, "leave out years that nobody asks for");
            }
            return;
        }
        if event.cancelled {
            let fault = format!("`{}` is cancelled", clip(&event.summary));
            self.found.warning(event.row, "STATUS", fault, "it is left out");
            return;
        }
        let mark = event
            .special
            .or_else(|| mark::of(&event.summary))
            .or_else(|| mark::of(&event.categories));
        let mark = mark
            .or_else(|| mark::of_description(&event.description))
            .or_else(|| self.reader.unmarked_holidays.then_some(Mark::Days(DayKind::Holiday)));
        match mark {
            // What is faulty of an event that says nothing of days was told all the same.
            None => self.left_out.push(clip(event.summary.lines().next().unwrap_or_default())),
            Some(Mark::Unclear) => {
                let fault = format!("`{}` may be a day off or a day worked", clip(&event.summary));
                self.found.error(event.row, "SUMMARY", fault, "write 放假 or 补班");
            }
            Some(mark) => {
                if let Some((first, last)) = self.span(event) {
                    self.repeat(event, mark, first, last);
                }
            }
        }
    }

    /// The first and the last day of an event.
    fn span(&mut self, event: &Event) -> Option<(Date, Date)> {
        if event.faulty {
            return None;
        }
        let Some(start) = event.start else {
            let fault = format!("`{}` has no DTSTART", clip(&event.summary));
            self.found.error(event.row, "DTSTART", fault, "say when it begins");
            return None;
        };
        let end = match (event.end, event.duration) {
            (Some(end), _) => Some(end.at()),
            (None, Some(duration)) => start.at().checked_add(duration).ok(),
            (None, None) => start.date.tomorrow().ok().map(Date::into),
        };
        let place = if event.end.is_some() { "DTEND" } else { "DURATION" };
        let Some(end) = end.filter(|end| *end >= start.at()) else {
            let fault = format!("`{}` ends before it begins", clip(&event.summary));
            self.found.error(event.row, place, fault, "give the first day after it");
            return None;
        };
        if end == start.at() && start.time.is_none() {
            self.blunt += 1;
        }
        let last = if end == start.at() {
            start.date
        } else {
            end.checked_sub(Span::new().nanoseconds(1)).ok()?.date()
        };
        if days(start.date, last) >= i64::from(EVENT_DAYS_MAX) {
            let fault = format!(
                "`{}` lasts more than {EVENT_DAYS_MAX} days (limit EVENT_DAYS_MAX)",
                clip(&event.summary)
            );
            self.found.error(event.row, place, fault, "end it earlier");
            return None;
        }
        Some((start.date, last))
    }

    /// Takes the event's days, and those of the years in which it comes back.
    fn repeat(&mut self, event: &Event, mark: Mark, first: Date, last: Date) {
        let times = match &event.rule {
            None => vec![(first, last)],
            Some((row, text)) => match Yearly::read(text, first, self.reader) {
                Ok(rule) => rule.times(first, last, self.reader.year),
                Err(why) => {
                    let fault = format!("`{}`: {why}", clip(text));
                    let remedy = "only FREQ=YEARLY is read: write the days as events of their own";
                    return self.found.error(*row, "RRULE", fault, remedy);
                }
            },
        };
        for (first, last) in times {
            if event.except.contains(&first) {
                continue;
            }
            match mark {
                Mark::Days(kind) => {
                    let row = event.row;
                    let each = first.series(Span::new().days(1)).take_while(|date| *date <= last);
                    self.gathered.days.extend(each.map(|date| NamedDay { row, date, kind }));
                }
                Mark::Term | Mark::Unclear => {
                    self.gathered.terms.push(NamedTerm { row: event.row, first, last });
                }
            }
        }
    }

    fn end(self) -> Gathered {
        if self.events == 0 {
            self.found.error(
                0,
                "file",
                "there is no event in it",
                "give one VEVENT for each holiday",
            );
        }
        if !self.left_out.is_empty() {
            let mut names = self.left_out.clone();
            names.dedup();
            let more = if names.len() > NAMED_MAX { " …" } else { "" };
            names.truncate(NAMED_MAX);
            let fault = format!(
                "{} events say neither that a day is off nor that it is worked: {}{more}",
                self.left_out.len(),
                names.join(", ")
            );
            let nothing = self.gathered.days.is_empty() && self.gathered.terms.is_empty();
            let remedy = format!(
                "they are left out; {MARK_REMEDY}, or take them for holidays (--unmarked-holidays)"
            );
            if nothing {
                self.found.error(0, "SUMMARY", fault, remedy);
            } else {
                self.found.warning(0, "SUMMARY", fault, remedy);
            }
        }
        if self.blunt > 0 {
            let fault = format!("{} events end on the day they begin", self.blunt);
            self.found.warning(
                0,
                "DTEND",
                fault,
                "each is taken for one day; DTEND is the day after",
            );
        }
        self.gathered
    }
}

/// A rule that repeats an event every so many years.
struct Yearly {
    every: i16,
    count: Option<u32>,
    until: Option<Date>,
}

impl Yearly {
    fn read(text: &str, first: Date, reader: &Reader) -> Result<Self, String> {
        let mut rule = Self { every: 1, count: None, until: None };
        let mut yearly = false;
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let is = |number: i8| value.parse::<i8>().is_ok_and(|value| value == number);
            match name {
                "FREQ" if value == "YEARLY" => yearly = true,
                "INTERVAL" => match value.parse() {
                    Ok(every @ 1..=100) => rule.every = every,
                    _ => return Err(format!("INTERVAL={} is none of 1 to 100", clip(value))),
                },
                "COUNT" => match value.parse() {
                    Ok(count @ 1..) => rule.count = Some(count),
                    _ => return Err(format!("COUNT={} is no number from 1", clip(value))),
                },
                "UNTIL" => match when(value, reader) {
                    Some(until) => rule.until = Some(until.date),
                    None => return Err(format!("UNTIL={} is no day", clip(value))),
                },
                "WKST" => {}
                "BYMONTH" if is(first.month()) => {}
                "BYMONTHDAY" if is(first.day()) => {}
                _ => return Err(format!("{} is not read", clip(part))),
            }
        }
        if yearly { Ok(rule) } else { Err("FREQ=YEARLY is missing".to_owned()) }
    }

    /// The event's days in each of its years that lies within [`REPEAT_YEARS`] of the present.
    fn times(&self, first: Date, last: Date, year: i16) -> Vec<(Date, Date)> {
        let length = days(first, last);
        let (from, to) = (year.saturating_sub(REPEAT_YEARS), year.saturating_add(REPEAT_YEARS));
        let mut found = Vec::new();
        let mut met = 0;
        let mut at = first.year();
        while at <= to && self.count.is_none_or(|count| met < count) {
            // The 29th of February comes back every four years only.
            if let Ok(begins) = Date::new(at, first.month(), first.day()) {
                if self.until.is_some_and(|until| begins > until) {
                    break;
                }
                met += 1;
                if at >= from
                    && let Ok(ends) = begins.checked_add(Span::new().days(length))
                {
                    found.push((begins, ends));
                }
            }
            at = at.saturating_add(self.every);
            if at == i16::MAX {
                break;
            }
        }
        found
    }
}
