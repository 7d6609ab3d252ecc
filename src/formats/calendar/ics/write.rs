//! A calendar as an iCalendar.

use std::fmt::Write;

use jiff::civil::Date;

use crate::domain::time::Calendar;
use crate::formats::calendar::days::EVENT_DAYS_MAX;
use crate::formats::calendar::ics::lines::days as days_between;

/// Writes a calendar as an iCalendar that ours and other programs read: one event for each row of days of
/// one kind, and one for each school term.
#[must_use]
pub fn write(calendar: &Calendar) -> Vec<u8> {
    let mut out = String::from(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//zonewarden//calendar//EN\r\nCALSCALE:GREGORIAN\r\n",
    );
    let mut event =
        |code: &str, summary: &str, category: &str, special: &str, first: Date, last: Date| {
            let plain = |date: Date| date.strftime("%Y%m%d").to_string();
            let after = last.tomorrow().unwrap_or(last);
            let _ = write!(
                out,
                "BEGIN:VEVENT\r\nUID:{code}-{first}@zonewarden\r\nDTSTAMP:19700101T000000Z\r\n\
             DTSTART;VALUE=DATE:{}\r\nDTEND;VALUE=DATE:{}\r\nSUMMARY:{summary}\r\n\
             CATEGORIES:{category}\r\nTRANSP:TRANSPARENT\r\n{special}END:VEVENT\r\n",
                plain(first),
                plain(after)
            );
        };
    let work = "X-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY\r\n";
    for (first, last) in rows(&calendar.holidays) {
        event(
            "holiday",
            "放假（休）",
            "HOLIDAY",
            "X-APPLE-SPECIAL-DAY:WORK-HOLIDAY\r\n",
            first,
            last,
        );
    }
    for (first, last) in rows(&calendar.makeup_days) {
        event("makeup", "补班（班）", "WORKDAY", work, first, last);
    }
    for (first, last) in &calendar.terms {
        event("term", "学期 School term", "SCHOOL-TERM", "", *first, *last);
    }
    out.push_str("END:VCALENDAR\r\n");
    out.into_bytes()
}

/// Days that follow each other, as first and last.
fn rows(days: &[Date]) -> Vec<(Date, Date)> {
    let mut days = days.to_vec();
    days.sort_unstable();
    days.dedup();
    let mut rows: Vec<(Date, Date)> = Vec::new();
    for day in days {
        match rows.last_mut() {
            Some((first, last))
                if last.tomorrow().ok() == Some(day)
                    && days_between(*first, day) < i64::from(EVENT_DAYS_MAX) =>
            {
                *last = day;
            }
            _ => rows.push((day, day)),
        }
    }
    rows
}
