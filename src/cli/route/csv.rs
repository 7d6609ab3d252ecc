//! Delimited text: every byte of the input stays, our columns follow.

use crate::cli::route::columns::{self, Asked};
use crate::cli::route::desk::{Desk, Given, Question, RowFault};
use crate::cli::route::pump::{Feed, PumpFault, Tally};
use crate::cli::zones::Naming;
use crate::domain::reports::routing::Brief;
use crate::formats::fixed::put_decimal;
use crate::formats::records::{self, UNWANTED, WANTED, put_field, record, unquoted, whole_records};
use crate::geom::locate::area::Surroundings;

/// Rows that are answered together.
const TOGETHER: usize = 4_096;

/// What the header said.
pub(super) struct Table {
    pub(super) delimiter: u8,
    columns: usize,
    slots: Vec<u8>,
    /// What is told to the person.
    pub(super) notes: Vec<String>,
    /// The header with our columns.
    pub(super) head: Vec<u8>,
}

impl Table {
    /// Reads the header.
    ///
    /// # Errors
    /// What is wrong with the input or its columns.
    pub(super) fn read(
        feed: &mut Feed<'_>,
        asked: &Asked,
        delimiter: Option<u8>,
    ) -> Result<Self, PumpFault> {
        let shape = |words: &str| PumpFault::Shape(words.to_owned());
        let first = feed.until(|text| {
            let whole = record(text, 0, delimiter.unwrap_or(b','), &[]);
            (whole.end > whole.text_end && !whole.unclosed).then_some(whole.end)
        })?;
        if first.starts_with(&[0xff, 0xfe]) || first.starts_with(&[0xfe, 0xff]) {
            return Err(shape("the input is UTF-16; save it as UTF-8"));
        }
        let marked = first.starts_with(&[0xef, 0xbb, 0xbf]);
        let body = &first[if marked { 3 } else { 0 }..];
        let text_end = body.len() - line_end(body).len();
        let (text, line_end) = body.split_at(text_end);
        if text.trim_ascii().is_empty() {
            return Err(shape("the input is empty: a table begins with a line of column names"));
        }
        if memchr::memchr(b'\r', text).is_some() && line_end.is_empty() {
            return Err(shape("the lines end with CR alone; save the file with LF or CRLF"));
        }
        let delimiter = delimiter.unwrap_or_else(|| guess_delimiter(text));
        let header: Vec<String> = records::fields(text, delimiter)
            .iter()
            .map(|field| String::from_utf8_lossy(field).into_owned())
            .collect();
        let places = columns::find(&header, asked).map_err(|faults| {
            let there = header.join(", ");
            PumpFault::Shape(format!("{}\nthe columns are: {there}", faults.join("\n")))
        })?;
        let (names, notes) = columns::added(&header);
        let mut slots = vec![UNWANTED; header.len()];
        for (slot, place) in (0_u8..).zip(places) {
            if let Some(place) = place {
                slots[place] = slot;
            }
        }
        let mut head = first[..first.len() - line_end.len()].to_vec();
        for name in names {
            head.push(delimiter);
            put_field(&mut head, &name, delimiter);
        }
        head.extend_from_slice(if line_end.is_empty() { b"\n" } else { line_end });
        Ok(Self { delimiter, columns: header.len(), slots, notes, head })
    }

    /// The length of the whole records at the beginning of `text`.
    pub(super) fn cut(&self, text: &[u8], at_end: bool) -> usize {
        if at_end { text.len() } else { whole_records(text, self.delimiter) }
    }

    /// Routes a piece of whole records.
    pub(super) fn work(
        &self,
        desk: &Desk<'_>,
        labels: &Labels,
        text: &[u8],
        out: &mut Vec<u8>,
        tally: &mut Tally,
    ) {
        out.reserve(text.len() * 2);
        let mut rows = Vec::with_capacity(TOGETHER);
        let mut points = Vec::with_capacity(TOGETHER);
        let mut at = 0;
        while at < text.len() {
            while at < text.len() && rows.len() < TOGETHER {
                let row = self.read_row(desk, text, at, points.len());
                at = row.end;
                points.extend(row.asked.iter().map(|(asked, _)| asked.position));
                rows.push(row);
            }
            let found = desk.atlas.areas().surroundings_batch(&points);
            for row in rows.drain(..) {
                out.extend_from_slice(&text[row.begin..row.text_end]);
                // A line without anything is no row: it stays as it is.
                if row.text_end > row.begin {
                    tally.rows += 1;
                    self.answer(desk, labels, &row, &found, out, tally);
                }
                out.extend_from_slice(&text[row.text_end..row.end]);
            }
            points.clear();
        }
    }

    /// `place` is that of its position, if it has one, among those asked together.
    fn read_row(&self, desk: &Desk<'_>, text: &[u8], begin: usize, place: usize) -> Row {
        let row = record(text, begin, self.delimiter, &self.slots);
        let asked = if row.unclosed {
            Err(RowFault::Unclosed)
        } else if row.fields != self.columns {
            Err(RowFault::Ragged { fields: row.fields, columns: self.columns })
        } else {
            // Rarely a field has quotes; to take them off costs more than all else here.
            let cells = row.wanted.each_ref().map(|place| &text[place.clone()]);
            let asked = if cells.iter().any(|cell| cell.starts_with(b"\"")) {
                let cells = cells.map(unquoted);
                desk.read(&given(cells.each_ref().map(AsRef::as_ref)))
            } else {
                desk.read(&given(cells))
            };
            asked.map(|asked| (asked, place))
        };
        Row { begin, text_end: row.text_end, end: row.end, fields: row.fields, asked }
    }

    fn answer(
        &self,
        desk: &Desk<'_>,
        labels: &Labels,
        row: &Row,
        found: &[Surroundings],
        out: &mut Vec<u8>,
        tally: &mut Tally,
    ) {
        match &row.asked {
            Ok((asked, place)) => {
                let brief = desk.decide(asked, found[*place]);
                tally.outside += u64::from(brief.zone.is_none());
                labels.put(out, &brief, self.delimiter);
            }
            Err(fault) => {
                tally.faults[fault.kind()] += 1;
                if matches!(fault, RowFault::Unclosed) {
                    out.push(b'"');
                }
                // Our columns stay under their names also behind a row that is too short.
                let missing = self.columns.saturating_sub(row.fields);
                out.extend(std::iter::repeat_n(self.delimiter, missing + columns::ADDED.len()));
                put_field(out, &fault.to_string(), self.delimiter);
            }
        }
    }
}

/// A row that was read and is not answered yet.
struct Row {
    begin: usize,
    /// Behind the last field, before the line end.
    text_end: usize,
    /// Behind the line end.
    end: usize,
    fields: usize,
    /// What is asked, and the place of its position among those asked together.
    asked: Result<(Question, usize), RowFault>,
}

/// The wanted fields in their order.
fn given([lon, lat, accuracy, category, at]: [&[u8]; WANTED]) -> Given<'_> {
    Given { lon, lat, accuracy, category, at }
}

fn line_end(text: &[u8]) -> &[u8] {
    if text.ends_with(b"\r\n") {
        b"\r\n"
    } else if text.ends_with(b"\n") {
        b"\n"
    } else {
        b""
    }
}

/// The delimiter that the header has most of; a comma where it has none.
fn guess_delimiter(header: &[u8]) -> u8 {
    let count = |delimiter: u8| records::fields(header, delimiter).len();
    let mut best = b',';
    for other in [b';', b'\t', b'|'] {
        if count(other) > count(best) {
            best = other;
        }
    }
    best
}

/// Everything that answers are written with, escaped once.
pub(super) struct Labels {
    /// Zone, lead unit and rule `zone`, each behind a delimiter: what nearly every row says.
    by_zone: Vec<Vec<u8>>,
    /// Fallback unit and rule, behind an empty zone.
    outside: Vec<u8>,
    zones: Vec<Vec<u8>>,
    rules: Vec<Vec<u8>>,
    /// Plan and empty fault.
    tail: Vec<u8>,
}

impl Labels {
    /// Labels of a desk's atlas, as fields between `delimiter`s.
    pub(super) fn new(desk: &Desk<'_>, name: Naming, delimiter: u8) -> Self {
        let field = |text: &str| {
            let mut out = vec![delimiter];
            put_field(&mut out, text, delimiter);
            out
        };
        let atlas = desk.atlas;
        let zones: Vec<Vec<u8>> = atlas.zones().iter().map(|z| field(name.zone(z))).collect();
        let three =
            |zone: &[u8], unit: &str, rule: &str| [zone, &field(unit), &field(rule)].concat();
        let leads = atlas.zones().iter().map(|zone| name.unit(atlas, &zone.lead));
        let by_zone = zones.iter().zip(leads).map(|(z, unit)| three(z, unit, "zone")).collect();
        let fallback = name.unit(atlas, &atlas.city().fallback);
        let outside = three(&field(""), fallback, "fallback");
        let rules = atlas.rules().iter().map(|rule| field(rule.id.as_str())).collect();
        let tail = [field(&desk.plan.to_string()), field("")].concat();
        Self { by_zone, outside, zones, rules, tail }
    }

    fn put(&self, out: &mut Vec<u8>, brief: &Brief<'_>, delimiter: u8) {
        match (brief.rule, brief.zone) {
            (None, Some(zone)) => out.extend_from_slice(&self.by_zone[usize::from(zone)]),
            (None, None) => out.extend_from_slice(&self.outside),
            (Some(rule), zone) => {
                match zone {
                    Some(zone) => out.extend_from_slice(&self.zones[usize::from(zone)]),
                    None => out.push(delimiter),
                }
                out.push(delimiter);
                // Rules come from a store alone, where a unit goes by its code.
                put_field(out, brief.unit.as_str(), delimiter);
                out.extend_from_slice(&self.rules[rule as usize]);
            }
        }
        out.push(delimiter);
        if let Some(border_m) = brief.border_m {
            put_decimal(out, border_m, 2);
        }
        match brief.runner_up {
            Some((zone, _)) => out.extend_from_slice(&self.zones[usize::from(zone)]),
            None => out.push(delimiter),
        }
        out.push(delimiter);
        put_decimal(out, brief.confidence, 4);
        out.extend_from_slice(&self.tail);
    }
}
