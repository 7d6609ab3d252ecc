//! Content lines, and the values in them.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};

use crate::domain::time::Instant;
use crate::formats::calendar::days::Reader;
use crate::formats::layer::Findings;

/// A content line, unfolded: `NAME;PARAMETER=x:value`.
pub(super) struct Line<'a> {
    pub(super) row: usize,
    pub(super) name: String,
    pub(super) parameters: &'a str,
    pub(super) value: &'a str,
}

/// A day, with the time where one is said.
#[derive(Clone, Copy)]
pub(super) struct When {
    pub(super) date: Date,
    pub(super) time: Option<Time>,
}

impl When {
    pub(super) fn at(self) -> DateTime {
        self.date.to_datetime(self.time.unwrap_or(Time::midnight()))
    }
}

/// The lines with what was folded put together again, each with the number of its first part. A fold may
/// cut a character in two, so bytes are joined before they are read as text.
pub(super) fn unfolded(bytes: &[u8], found: &mut Findings) -> Vec<(usize, String)> {
    let body = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    let mut joined: Vec<(usize, Vec<u8>)> = Vec::new();
    for (row, line) in (1..).zip(body.split(|byte| *byte == b'\n')) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line.first(), joined.last_mut()) {
            (Some(b' ' | b'\t'), Some((_, before))) => before.extend_from_slice(&line[1..]),
            _ if line.trim_ascii().is_empty() => {}
            _ => joined.push((row, line.to_vec())),
        }
    }
    let mut lines = Vec::with_capacity(joined.len());
    for (row, line) in joined {
        match String::from_utf8(line) {
            Ok(line) => lines.push((row, line)),
            Err(_) => found.error(row, "line", "the text is not UTF-8", "save the file as UTF-8"),
        }
    }
    lines
}

/// The parts of a content line; a colon in quotes belongs to a parameter.
pub(super) fn line(row: usize, text: &str) -> Option<Line<'_>> {
    let mut quoted = false;
    let colon = text.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b':' && !quoted
    })?;
    let (head, value) = (&text[..colon], &text[colon + 1..]);
    let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
    let name = name.trim().to_ascii_uppercase();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (!name.is_empty() && name.chars().all(plain)).then_some(Line { row, name, parameters, value })
}

/// A text without its escapes.
pub(super) fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(other) => text.push(other),
                None => {}
            },
            other => text.push(other),
        }
    }
    text
}

/// `20261001`, `20261001T090000` or `20260930T170000Z`.
pub(super) fn when(text: &str, reader: &Reader) -> Option<When> {
    let digits = |from: usize, to: usize| -> Option<i16> {
        let part = text.get(from..to)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten()
    };
    let small = |from, to| digits(from, to).and_then(|number| i8::try_from(number).ok());
    let date = Date::new(digits(0, 4)?, small(4, 6)?, small(6, 8)?).ok()?;
    if text.len() == 8 {
        return Some(When { date, time: None });
    }
    let utc = text.len() == 16 && text.ends_with(['Z', 'z']);
    if !(text.len() == 15 || utc) || !matches!(text.as_bytes()[8], b'T' | b't') {
        return None;
    }
    // The 60th second is a leap second.
    let time = Time::new(small(9, 11)?, small(11, 13)?, small(13, 15)?.min(59), 0).ok()?;
    if !utc {
        return Some(When { date, time: Some(time) });
    }
    let at = jiff::tz::TimeZone::UTC.to_timestamp(date.to_datetime(time)).ok()?;
    let local = Instant(at.as_microsecond()).local(&reader.zone);
    Some(When { date: local.date, time: Some(local.time) })
}

/// `P1W`, `P7D`, `PT9H`, `P1DT12H30M`; nothing negative.
pub(super) fn duration(text: &str) -> Option<SignedDuration> {
    let body = text.trim().to_ascii_uppercase();
    let body = body.strip_prefix('+').unwrap_or(&body).strip_prefix('P')?;
    let (mut seconds, mut number, mut any, mut in_time) = (0_i64, String::new(), false, false);
    for c in body.chars() {
        let unit = match (c, in_time) {
            ('0'..='9', _) if number.len() < 9 => {
                number.push(c);
                continue;
            }
            ('T', false) if number.is_empty() => {
                in_time = true;
                continue;
            }
            ('W', false) => 7 * 86_400,
            ('D', false) => 86_400,
            ('H', true) => 3_600,
            ('M', true) => 60,
            ('S', true) => 1,
            _ => return None,
        };
        let count: i64 = number.parse().ok()?;
        seconds = seconds.checked_add(count.checked_mul(unit)?)?;
        number.clear();
        any = true;
    }
    (any && number.is_empty()).then(|| SignedDuration::from_secs(seconds))
}

pub(super) fn days(first: Date, last: Date) -> i64 {
    first.duration_until(last).as_hours() / 24
}
