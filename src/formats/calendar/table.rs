//! A table of days: `date,kind,name` with a header line.
//!
//! `kind` is `holiday` 放假, `makeup` 调休, `term_from` 开学 or `term_to` 放学; what stands under `name` is for
//! people. A date is `2026-10-01`, `2026/10/1`, `20261001` or `2026年10月1日`.

use std::fmt::Write;

use jiff::civil::Date;

use crate::domain::time::Calendar;
use crate::formats::calendar::days::{BYTES_MAX, DayKind, Gathered, NamedDay, NamedTerm};
use crate::formats::csv::{delimiter, unguard};
use crate::formats::label::clip;
use crate::formats::layer::Findings;
use crate::formats::text_of;

const DATE: [&str; 3] = ["date", "day", "日期"];
const KIND: [&str; 4] = ["kind", "type", "类型", "类别"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Day(DayKind),
    TermFrom,
    TermTo,
}

fn kind(text: &str) -> Option<Kind> {
    Some(match text.trim().to_lowercase().as_str() {
        "holiday" | "off" | "放假" | "假期" | "休" | "休息" => Kind::Day(DayKind::Holiday),
        "makeup" | "make-up" | "make_up" | "workday" | "调休" | "调休上班" | "补班" | "上班"
        | "班" => Kind::Day(DayKind::MakeUp),
        "term_from" | "开学" => Kind::TermFrom,
        "term_to" | "放学" | "学期结束" => Kind::TermTo,
        _ => return None,
    })
}

/// A date as people write it.
#[must_use]
pub fn date(text: &str) -> Option<Date> {
    let text = text.trim();
    let text = text.strip_suffix('日').unwrap_or(text);
    let parts: Vec<&str> = text.split(['-', '/', '.', '年', '月']).collect();
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<i16>().ok()).flatten()
    };
    let (year, month, day) = match parts.as_slice() {
        [whole] if whole.len() == 8 && whole.is_ascii() => {
            (number(&whole[..4])?, number(&whole[4..6])?, number(&whole[6..])?)
        }
        [year, month, day] if year.len() == 4 => (number(year)?, number(month)?, number(day)?),
        _ => return None,
    };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The days and terms of a table.
pub(super) fn read(bytes: &[u8], found: &mut Findings) -> Gathered {
    let mut gathered = Gathered::default();
    let text = match text_of(bytes, BYTES_MAX) {
        Ok((text, _)) => text,
        Err(finding) => {
            found.push(finding);
            return gathered;
        }
    };
    let remedy = "begin with a line `date,kind,name`, or give an iCalendar";
    let mut reader = ::csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .flexible(true)
        .from_reader(text.as_bytes());
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(fault) => {
            found.error(1, "header", fault.to_string(), remedy);
            return gathered;
        }
    };
    let find = |names: &[&str]| {
        headers
            .iter()
            .position(|name| names.contains(&unguard(name.trim()).to_lowercase().as_str()))
    };
    let (Some(date_at), Some(kind_at)) = (find(&DATE), find(&KIND)) else {
        found.error(1, "header", "there is no column `date`, or none `kind`", remedy);
        return gathered;
    };
    let mut marks: Vec<(Date, usize, Kind)> = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(fault) => {
                found.error(0, "file", fault.to_string(), "mend the text");
                break;
            }
        };
        let line = record.position().map_or(0, ::csv::Position::line);
        let row = usize::try_from(line).unwrap_or(usize::MAX);
        let cell = |at: usize| unguard(record.get(at).unwrap_or_default()).trim();
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let (day, what) = (date(cell(date_at)), kind(cell(kind_at)));
        if day.is_none() {
            let fault = format!("`{}` is no date", clip(cell(date_at)));
            found.error(row, "date", fault, "give one such as 2026-10-01");
        }
        if what.is_none() {
            let fault = format!("`{}` is no kind of day", clip(cell(kind_at)));
            let remedy = "give holiday, makeup, term_from or term_to (放假, 调休, 开学, 放学)";
            found.error(row, "kind", fault, remedy);
        }
        match (day, what) {
            (Some(date), Some(Kind::Day(kind))) => gathered.days.push(NamedDay { row, date, kind }),
            (Some(date), Some(term)) => marks.push((date, row, term)),
            _ => {}
        }
    }
    gathered.terms = paired(marks, found);
    gathered
}

/// Every first day with the next last one.
fn paired(mut marks: Vec<(Date, usize, Kind)>, found: &mut Findings) -> Vec<NamedTerm> {
    marks.sort_by_key(|(date, row, kind)| (*date, *kind == Kind::TermTo, *row));
    let mut terms = Vec::new();
    let mut open: Option<(Date, usize)> = None;
    let mut lacks = |row: usize, date: Date, what: &str| {
        let fault = format!("the school term of {date} has no {what}");
        found.error(row, "kind", fault, "give each term one term_from and one term_to");
    };
    for (date, row, kind) in marks {
        match (kind, open.take()) {
            (Kind::TermTo, Some((first, from))) => {
                terms.push(NamedTerm { row: from, first, last: date });
            }
            (Kind::TermTo, None) => lacks(row, date, "first day"),
            (_, before) => {
                if let Some((first, from)) = before {
                    lacks(from, first, "last day");
                }
                open = Some((date, row));
            }
        }
    }
    if let Some((first, from)) = open {
        lacks(from, first, "last day");
    }
    terms
}

/// Writes a calendar as a table, in the order of the days.
#[must_use]
pub fn write(calendar: &Calendar) -> Vec<u8> {
    let mut rows: Vec<(Date, &str, &str)> = Vec::new();
    rows.extend(calendar.holidays.iter().map(|day| (*day, "holiday", "放假")));
    rows.extend(calendar.makeup_days.iter().map(|day| (*day, "makeup", "调休上班")));
    for (first, last) in &calendar.terms {
        rows.push((*first, "term_from", "开学"));
        rows.push((*last, "term_to", "放学"));
    }
    rows.sort_unstable();
    rows.dedup();
    // Spreadsheets need the mark to see UTF-8.
    let mut out = "\u{feff}date,kind,name\n".to_owned();
    for (date, kind, name) in rows {
        let _ = writeln!(out, "{date},{kind},{name}");
    }
    out.into_bytes()
}
