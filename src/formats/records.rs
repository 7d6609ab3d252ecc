//! The records of a delimited text: where they end, and where the wanted fields of one lie.
//!
//! Quotes as everybody writes them (RFC 4180): a field that begins with `"` ends at the next `"`
//! that is not doubled, and may hold delimiters and line ends. A quote further inside a field is a
//! character like any other.

use std::borrow::Cow;
use std::ops::Range;

/// Columns that may be wanted of a record.
pub const WANTED: usize = 5;
/// No column is wanted here.
pub const UNWANTED: u8 = u8::MAX;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Behind the last field, before the line end.
    pub text_end: usize,
    /// Behind the line end.
    pub end: usize,
    /// How many fields it has.
    pub fields: usize,
    /// Where the wanted fields lie, quotes included; empty for a column it lacks.
    pub wanted: [Range<usize>; WANTED],
    /// Whether a quote was opened and never closed.
    pub unclosed: bool,
}

/// Reads the record that begins at `from`, which is not behind the end. `slots` says for each column to which place of `wanted`
/// it belongs.
#[must_use]
pub fn record(text: &[u8], from: usize, delimiter: u8, slots: &[u8]) -> Record {
    let mut wanted = [const { 0..0 }; WANTED];
    let (mut at, mut fields, mut unclosed) = (from, 0, false);
    let (text_end, end) = loop {
        let begin = at;
        if text.get(at) == Some(&b'"') {
            let close = closing(text, at);
            unclosed = close.is_none();
            at = close.unwrap_or(text.len());
        }
        let stop = memchr::memchr2(delimiter, b'\n', &text[at..]).map_or(text.len(), |n| at + n);
        let last = text.get(stop) != Some(&delimiter);
        let until = if last && !unclosed && stop > begin && text[stop - 1] == b'\r' {
            stop - 1
        } else {
            stop
        };
        if let Some(slot) = slots.get(fields).filter(|slot| **slot != UNWANTED) {
            wanted[usize::from(*slot)] = begin..until;
        }
        fields += 1;
        if last {
            break (until, (stop + 1).min(text.len()));
        }
        at = stop + 1;
    };
    Record { text_end, end, fields, wanted, unclosed }
}

/// Behind the quote that closes the one at `open`.
fn closing(text: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        at += memchr::memchr(b'"', &text[at..])?;
        if text.get(at + 1) != Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Behind the last line end that ends a record; 0 when there is none. `text` begins with a record.
#[must_use]
pub fn whole_records(text: &[u8], delimiter: u8) -> usize {
    if memchr::memchr(b'"', text).is_none() {
        return memchr::memrchr(b'\n', text).map_or(0, |at| at + 1);
    }
    let (mut at, mut whole) = (0, 0);
    while at < text.len() {
        let record = record(text, at, delimiter, &[]);
        if record.unclosed || text[record.end - 1] != b'\n' || record.end == record.text_end {
            break;
        }
        (at, whole) = (record.end, record.end);
    }
    whole
}

/// A field without its quotes.
#[must_use]
pub fn unquoted(field: &[u8]) -> Cow<'_, [u8]> {
    let Some(inner) = field.strip_prefix(b"\"") else { return Cow::Borrowed(field) };
    let inner = inner.strip_suffix(b"\"").unwrap_or(inner);
    if memchr::memchr(b'"', inner).is_none() {
        return Cow::Borrowed(inner);
    }
    let mut plain = Vec::with_capacity(inner.len());
    let mut pending = false;
    for byte in inner {
        if *byte == b'"' && pending {
            pending = false;
        } else {
            plain.push(*byte);
            pending = *byte == b'"';
        }
    }
    Cow::Owned(plain)
}

/// All fields of a record, without quotes.
#[must_use]
pub fn fields(text: &[u8], delimiter: u8) -> Vec<Cow<'_, [u8]>> {
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        let close = if text.get(at) == Some(&b'"') { closing(text, at) } else { Some(at) };
        let close = close.unwrap_or(text.len());
        let stop = memchr::memchr(delimiter, &text[close..]).map(|n| close + n);
        found.push(unquoted(&text[at..stop.unwrap_or(text.len())]));
        match stop {
            Some(stop) => at = stop + 1,
            None => return found,
        }
    }
}

/// Writes a text as a field: in quotes where it must be, and behind an apostrophe where a
/// spreadsheet would take it for a formula.
pub fn put_field(out: &mut Vec<u8>, text: &str, delimiter: u8) {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let quotes = text.bytes().any(|b| b == delimiter || matches!(b, b'"' | b'\n' | b'\r'));
    if quotes {
        out.push(b'"');
    }
    if formula {
        out.push(b'\'');
    }
    if quotes {
        out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records as `fields` would split them, one after the other.
    fn split(text: &str) -> Vec<Vec<String>> {
        let text = text.as_bytes();
        let (mut at, mut found) = (0, Vec::new());
        while at < text.len() {
            let record = record(text, at, b',', &[]);
            let texts = fields(&text[at..record.text_end], b',');
            assert_eq!(texts.len(), record.fields);
            found.push(texts.iter().map(|f| String::from_utf8_lossy(f).into_owned()).collect());
            at = record.end;
        }
        found
    }

    #[test]
    fn quotes_hold_delimiters_line_ends_and_doubled_quotes() {
        let rows = split("a,\"b,\r\nc\"\"d\",e\r\n5\" pipe,,\n\"\",x");
        let expected: [&[&str]; 3] = [&["a", "b,\r\nc\"d", "e"], &["5\" pipe", "", ""], &["", "x"]];
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_wanted_column_is_found_and_a_missing_one_is_empty() {
        let slots = [UNWANTED, 0, 1];
        let text = b"9,\"1.5\",2\r\n9,3\n";
        let first = record(text, 0, b',', &slots);
        assert_eq!(&text[first.wanted[0].clone()], b"\"1.5\"");
        assert_eq!(&text[first.wanted[1].clone()], b"2");
        assert_eq!(&text[first.text_end..first.end], b"\r\n");
        let second = record(text, first.end, b',', &slots);
        assert_eq!((second.fields, second.wanted[1].clone()), (2, 0..0));
    }

    #[test]
    fn a_cut_never_falls_into_a_quoted_field() {
        for (text, whole) in [
            ("a,b\nc", 4),
            ("a,b", 0),
            ("a,\"b\nc", 0),
            ("a\n\"b\nc\"\nd", 8),
            ("a\n\"b\nc\"", 2),
            ("a,5\"\nb\n", 7),
            ("\"a\"\"\n", 0),
        ] {
            assert_eq!(whole_records(text.as_bytes(), b','), whole, "{text:?}");
        }
    }

    #[test]
    fn what_we_write_is_no_formula() {
        let field = |text| {
            let mut out = Vec::new();
            put_field(&mut out, text, b',');
            String::from_utf8(out).unwrap()
        };
        assert_eq!(field("-1"), "'-1");
        assert_eq!(field("=a,\"b\""), "\"'=a,\"\"b\"\"\"");
        assert_eq!(field("75"), "75");
    }
}
