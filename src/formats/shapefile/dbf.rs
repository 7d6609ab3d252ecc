//! The .dbf: a dBASE III table.
//!
//! By hand: the crate for it drops rows marked as deleted without saying which, so that rows and
//! shapes no longer belong together, and reads some numbers as 32-bit floats.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use encoding_rs::{Encoding, GB18030, UTF_8, WINDOWS_1252};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::text::Attributes;
use crate::formats::cell::encode;
use crate::formats::label::clip;
use crate::formats::layer::{FEATURES_MAX, FINDINGS_MAX, Feature, Layer};

/// Longest text of one cell, in bytes.
const TEXT_MAX: usize = 254;
/// Longest name of a column, in bytes.
const NAME_MAX: usize = 10;
/// Most columns of a table.
pub(super) const COLUMNS_MAX: usize = 255;
/// Most cells of a table: rows times columns.
const CELLS_MAX: usize = 50_000_000;

/// What to do about a cell that cannot be read.
const CELL_REMEDY: &str = "mend the cell, or name the encoding in a .cpg";

/// Which short name is which column: one row of the archive's table of names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Alias {
    pub(super) short: String,
    pub(super) column: String,
    /// From 1: which piece of a text that is too long for one column.
    pub(super) part: usize,
}

/// What a table holds.
pub(super) struct Table {
    /// The rows in order, texts as they stand in their cells; `None` for one marked as deleted.
    pub(super) rows: Vec<Option<Attributes>>,
    /// Faults: the row from 1 (`None` for a warning about the table), what is wrong, what to do.
    pub(super) faults: Vec<(Option<usize>, String, &'static str)>,
}

struct Field {
    name: String,
    kind: u8,
    from: usize,
    length: usize,
}

/// Reads a table; `cpg` is the member that names its encoding.
///
/// # Errors
/// In words, when this is no table, is cut short, is in an encoding that is not read, or passes a
/// limit.
pub(super) fn read(bytes: &[u8], cpg: Option<&[u8]>) -> Result<Table, String> {
    let short = || "the table is cut short".to_owned();
    let head: &[u8; 32] = bytes.first_chunk().ok_or_else(short)?;
    let count = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
    let header = usize::from(u16::from_le_bytes([head[8], head[9]]));
    let width = usize::from(u16::from_le_bytes([head[10], head[11]]));
    let body = bytes.get(header..).ok_or_else(short)?;
    let text = encoding(cpg, head[29], body)?;
    let mut faults = Vec::new();
    let fields = fields(bytes.get(32..header).ok_or_else(short)?, text, &mut faults)?;
    let used = fields.last().map_or(1, |field| field.from + field.length);
    if width < used || width == 0 || count.checked_mul(width).is_none_or(|need| need > body.len()) {
        return Err(short());
    }
    if count > FEATURES_MAX {
        return Err(format!("{count} rows, at most {FEATURES_MAX} (limit FEATURES_MAX)"));
    }
    let cells = count.saturating_mul(fields.len());
    if fields.len() > COLUMNS_MAX || cells > CELLS_MAX {
        let columns = fields.len();
        return Err(format!(
            "{count} rows of {columns} columns, at most {COLUMNS_MAX} columns (limit COLUMNS_MAX) \
             and {CELLS_MAX} cells (limit CELLS_MAX)"
        ));
    }
    let mut bad_cells = 0_usize;
    let mut rows = Vec::with_capacity(count);
    for (i, record) in body.chunks_exact(width).take(count).enumerate() {
        if record[0] == b'*' {
            rows.push(None);
            continue;
        }
        let mut row = Attributes::new();
        for field in &fields {
            match value(field, &record[field.from..field.from + field.length], text) {
                Ok(Some(value)) => {
                    row.insert(field.name.clone(), value);
                }
                Ok(None) => {}
                Err(fault) => {
                    bad_cells += 1;
                    if bad_cells <= FINDINGS_MAX {
                        let fault = format!("{}: {fault}", clip(&field.name));
                        faults.push((Some(i + 1), fault, CELL_REMEDY));
                    }
                }
            }
        }
        rows.push(Some(row));
    }
    if bad_cells > FINDINGS_MAX {
        let fault = format!("{} further cells cannot be read", bad_cells - FINDINGS_MAX);
        faults.push((Some(count), fault, CELL_REMEDY));
    }
    Ok(Table { rows, faults })
}

/// UTF-8, GBK and its like, Latin-1: as .cpg says, else as the table's mark says, else UTF-8.
fn encoding(cpg: Option<&[u8]>, mark: u8, body: &[u8]) -> Result<&'static Encoding, String> {
    let label = cpg.map(|cpg| String::from_utf8_lossy(cpg).trim().to_uppercase());
    match (label.as_deref(), mark) {
        (Some("UTF-8" | "UTF8" | "65001"), _) => Ok(UTF_8),
        (Some("GBK" | "936" | "CP936" | "GB2312" | "GB18030" | "54936" | "EUC-CN"), _)
        | (None, 0x4d) => Ok(GB18030),
        (
            Some(
                "ISO-8859-1" | "ISO 88591" | "ISO8859-1" | "88591" | "1252" | "CP1252" | "LATIN1"
                | "ANSI 1252",
            ),
            _,
        ) => Ok(WINDOWS_1252),
        (Some(other), _) => Err(format!(
            "the encoding `{}` is not read: save the table as UTF-8 or GBK",
            clip(other)
        )),
        (None, _) if std::str::from_utf8(body).is_ok() => Ok(UTF_8),
        (None, 0x03 | 0x57) => Ok(WINDOWS_1252),
        (None, _) => Err("nothing says in which encoding the texts are, and it is not UTF-8: \
                          add a .cpg that says UTF-8 or GBK"
            .to_owned()),
    }
}

fn fields(
    mut raw: &[u8],
    text: &'static Encoding,
    faults: &mut Vec<(Option<usize>, String, &'static str)>,
) -> Result<Vec<Field>, String> {
    let mut fields = Vec::new();
    let mut from = 1;
    while let Some(&first) = raw.first() {
        if first == b'\r' {
            break;
        }
        let field = raw.first_chunk::<32>().ok_or("the header of the table is cut short")?;
        let end = field[..11].iter().position(|b| *b == 0).unwrap_or(11);
        let name = text.decode_without_bom_handling(&field[..end]).0.trim().to_owned();
        let length = usize::from(field[16]);
        let kind = field[11].to_ascii_uppercase();
        if matches!(kind, b'C' | b'N' | b'F' | b'L' | b'D' | b'I' | b'O') {
            fields.push(Field { name, kind, from, length });
        } else {
            let fault = format!("the column `{}` is of a kind that is not read", clip(&name));
            faults.push((None, fault, "it is left out"));
        }
        from += length;
        raw = &raw[32..];
    }
    Ok(fields)
}

fn value(field: &Field, raw: &[u8], text: &'static Encoding) -> Result<Option<Value>, String> {
    match field.kind {
        b'I' => {
            let raw = raw.first_chunk().ok_or("is cut short")?;
            return Ok(Some(Value::from(i32::from_le_bytes(*raw))));
        }
        b'O' => {
            let raw = raw.first_chunk().ok_or("is cut short")?;
            return Ok(Some(Value::from(f64::from_le_bytes(*raw))).filter(|value| !value.is_null()));
        }
        _ => {}
    }
    let (cell, faulty) = text.decode_without_bom_handling(raw);
    if faulty {
        return Err(format!("the text is not {}", text.name()));
    }
    let cell: Cow<'_, str> = cell;
    let cell = cell.trim_end_matches(['\0', ' ']).trim_start_matches(' ');
    if cell.is_empty() {
        return Ok(None);
    }
    Ok(match field.kind {
        b'C' => Some(Value::from(cell)),
        // Stars stand for a number that did not fit, which databases write for "none".
        b'N' | b'F' if cell.starts_with('*') => None,
        b'N' | b'F' => match (cell.parse::<i64>(), cell.parse::<f64>()) {
            (Ok(whole), _) => Some(Value::from(whole)),
            (_, Ok(number)) if number.is_finite() => Some(Value::from(number)),
            _ => return Err(format!("`{}` is no number", clip(cell))),
        },
        b'L' => match cell {
            "T" | "t" | "Y" | "y" => Some(Value::from(true)),
            "F" | "f" | "N" | "n" => Some(Value::from(false)),
            _ => None,
        },
        _ if cell.len() == 8 && cell.bytes().all(|b| b.is_ascii_digit()) => {
            Some(Value::from(format!("{}-{}-{}", &cell[..4], &cell[4..6], &cell[6..])))
        }
        _ => Some(Value::from(cell)),
    })
}

/// Which columns a layer is written in.
pub(super) struct Plan {
    columns: Vec<Planned>,
}

struct Planned {
    field: String,
    short: Vec<String>,
    /// Whole numbers only: a number column, which maps can sort by.
    number: bool,
    widths: Vec<usize>,
}

impl Plan {
    /// Measures a layer.
    ///
    /// # Errors
    /// In words, when it needs more columns than a table holds.
    pub(super) fn of(layer: &Layer) -> Result<Self, String> {
        let mut widest: BTreeMap<&String, (usize, bool)> = BTreeMap::new();
        for (name, value) in layer.features.iter().flat_map(|feature| &feature.fields) {
            if value.is_null() {
                continue;
            }
            let whole = value.as_i64().is_some_and(|n| n.abs() < 1_000_000_000_000_000);
            let known = widest.entry(name).or_insert((1, true));
            *known = (known.0.max(encode(value).len()), known.1 && whole);
        }
        let mut taken = BTreeSet::new();
        let mut columns = Vec::new();
        for (field, (width, number)) in widest {
            // A piece may end up to three bytes early, so as not to cut a character.
            let parts = if width <= TEXT_MAX { 1 } else { width.div_ceil(TEXT_MAX - 3) };
            let widths = if parts == 1 { vec![width] } else { vec![TEXT_MAX; parts] };
            let short = (0..parts).map(|_| short(field, &mut taken)).collect();
            columns.push(Planned { field: field.clone(), short, number, widths });
        }
        let count: usize = columns.iter().map(|column| column.short.len()).sum();
        if count > COLUMNS_MAX {
            return Err(format!("{count} columns; a shapefile holds at most {COLUMNS_MAX}"));
        }
        if columns.is_empty() {
            // A table without any column is none that others read.
            let (field, short) = ("id".to_owned(), vec!["id".to_owned()]);
            columns.push(Planned { field, short, number: false, widths: vec![1] });
        }
        Ok(Self { columns })
    }

    /// Which short name is which column.
    pub(super) fn aliases(&self) -> Vec<Alias> {
        let of = |column: &Planned| {
            let column_name = column.field.clone();
            let parts = column.short.clone().into_iter().enumerate();
            parts
                .map(|(i, short)| Alias { short, column: column_name.clone(), part: i + 1 })
                .collect::<Vec<_>>()
        };
        self.columns.iter().flat_map(of).collect()
    }

    /// The table of some of the layer's features.
    ///
    /// # Errors
    /// In words, when a row is wider than a table holds.
    pub(super) fn write(&self, features: &[&Feature]) -> Result<Vec<u8>, String> {
        let count: usize = self.columns.iter().map(|column| column.short.len()).sum();
        let width = 1 + self.columns.iter().flat_map(|column| &column.widths).sum::<usize>();
        let too_wide = |_| format!("a row of {width} bytes is wider than a shapefile holds");
        let rows = u32::try_from(features.len()).map_err(|_| "too many rows".to_owned())?;
        let mut out = vec![0x03, 70, 1, 1];
        out.extend(rows.to_le_bytes());
        out.extend(u16::try_from(33 + 32 * count).map_err(too_wide)?.to_le_bytes());
        out.extend(u16::try_from(width).map_err(too_wide)?.to_le_bytes());
        out.resize(32, 0);
        for column in &self.columns {
            for (short, width) in column.short.iter().zip(&column.widths) {
                let mut field = [0_u8; 32];
                field[..short.len()].copy_from_slice(short.as_bytes());
                field[11] = if column.number { b'N' } else { b'C' };
                field[16] = u8::try_from(*width).unwrap_or(u8::MAX);
                out.extend(field);
            }
        }
        out.push(b'\r');
        for feature in features {
            out.push(b' ');
            for column in &self.columns {
                let value = feature.fields.get(&column.field).filter(|value| !value.is_null());
                let cell = value.map(encode).unwrap_or_default();
                put(&mut out, &cell, column);
            }
        }
        out.push(0x1a);
        Ok(out)
    }
}

/// A cell in its pieces, each filled up with blanks.
fn put(out: &mut Vec<u8>, cell: &str, column: &Planned) {
    let mut rest = cell;
    for width in &column.widths {
        let mut end = rest.len().min(*width);
        // A blank at a piece's end would be lost, and half a character is none.
        while !rest.is_char_boundary(end) || (end < rest.len() && rest[..end].ends_with(' ')) {
            end -= 1;
        }
        let (piece, tail) = rest.split_at(end);
        let blanks = width - piece.len();
        if column.number {
            out.extend(std::iter::repeat_n(b' ', blanks));
            out.extend(piece.bytes());
        } else {
            out.extend(piece.bytes());
            out.extend(std::iter::repeat_n(b' ', blanks));
        }
        rest = tail;
    }
}

/// A name of at most ten ASCII bytes that no other column has, whatever the case.
fn short(field: &str, taken: &mut BTreeSet<String>) -> String {
    let plain: String =
        field.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(NAME_MAX).collect();
    let plain = if plain.is_empty() { "c".to_owned() } else { plain };
    let mut name = plain.clone();
    let mut n = 1;
    while !taken.insert(name.to_lowercase()) {
        n += 1;
        let tail = n.to_string();
        name = format!("{}{tail}", &plain[..plain.len().min(NAME_MAX - tail.len())]);
    }
    name
}
