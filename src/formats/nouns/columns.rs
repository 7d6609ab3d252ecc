//! Which column of a file is meant, and what stands in a row's cell.

use std::collections::BTreeSet;
use std::fmt::Display;

use serde_json::Value;

use crate::domain::text::{
    Attributes, NAME_CHARS_MAX, Names, TextFault, WORDS_CHARS_MAX, line, words,
};
use crate::formats::label::clip;
use crate::formats::layer::{Feature, Findings, Layer};

/// Before an attribute whose name is that of a column of ours.
const ESCAPE: &str = "attr.";
/// Longest name of an attribute, in characters.
const ATTRIBUTE_CHARS_MAX: usize = 128;

/// A column of ours: its name and what else files call it, in any case.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) aliases: &'static [&'static str],
}

/// The names of a thing in both languages, and the one column that may hold either.
pub(super) const NAMES: [Column; 3] = [
    Column {
        name: "name_zh", aliases: &["name:zh", "name_cn", "namezh", "中文名", "中文名称"]
    },
    Column { name: "name_en", aliases: &["name:en", "nameen", "英文名", "英文名称"] },
    Column { name: "name", aliases: &["名称", "名字", "label", "title"] },
];

/// The columns of a file that are ours.
pub(super) struct Columns {
    ours: Vec<(&'static str, Option<String>)>,
}

fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}

impl Columns {
    /// Finds each column by its name, else by the first alias that the file has. `id` names the
    /// column that is taken for `id` whatever it is called.
    pub(super) fn find(
        layer: &Layer,
        columns: &[&[Column]],
        id: Option<&str>,
        found: &mut Findings,
    ) -> Self {
        let names: BTreeSet<&str> = layer
            .features
            .iter()
            .flat_map(|feature| feature.fields.keys().map(String::as_str))
            .collect();
        if let Some(id) = id
            && !names.contains(id)
            && !layer.features.is_empty()
        {
            let there: Vec<String> = names.iter().take(30).map(|name| clip(name)).collect();
            found.error(
                0,
                "columns",
                format!("there is no column `{}`", clip(id)),
                format!("name one of: {}", there.join(", ")),
            );
        }
        let find = |column: &Column| {
            if let (Some(id), "id") = (id, column.name) {
                return Some(id.to_owned());
            }
            std::iter::once(&column.name)
                .chain(column.aliases)
                .find_map(|wanted| {
                    names.iter().find(|name| plain(name) == *wanted && id != Some(**name))
                })
                .map(|name| (*name).to_owned())
        };
        let ours = columns.iter().flat_map(|part| part.iter()).map(|c| (c.name, find(c))).collect();
        Self { ours }
    }

    /// What the file calls the column.
    pub(super) fn name(&self, column: &str) -> Option<&str> {
        self.ours.iter().find(|(name, _)| *name == column).and_then(|(_, found)| found.as_deref())
    }

    /// A row, to be read by column.
    pub(super) fn row<'a>(&'a self, feature: &'a Feature, found: &'a mut Findings) -> Row<'a> {
        Row { columns: self, feature, found, faulty: false }
    }
}

/// Whether a file's column of this name is read as one of ours.
fn is_ours(columns: &[&[Column]], key: &str) -> bool {
    let key = plain(key);
    columns
        .iter()
        .flat_map(|part| part.iter())
        .any(|c| c.name == key || c.aliases.contains(&key.as_str()))
}

/// The name under which an attribute stands in a layer.
pub(super) fn escaped(columns: &[&[Column]], key: &str) -> String {
    let escaped = is_ours(columns, key) || key.starts_with(ESCAPE);
    if escaped { format!("{ESCAPE}{key}") } else { key.to_owned() }
}

/// Fields for a layer: `column` fields first come from ours, attributes that bear the name of one of
/// ours (or begin like an escaped one) get an escape before them.
pub(super) fn with_attributes(
    ours: impl IntoIterator<Item = (&'static str, Value)>,
    columns: &[&[Column]],
    attributes: &Attributes,
) -> Attributes {
    let mut fields: Attributes =
        attributes.iter().map(|(key, value)| (escaped(columns, key), value.clone())).collect();
    fields.extend(ours.into_iter().map(|(name, value)| (name.to_owned(), value)));
    fields
}

/// One row. Every fault it meets becomes a finding.
pub(super) struct Row<'a> {
    columns: &'a Columns,
    pub(super) feature: &'a Feature,
    pub(super) found: &'a mut Findings,
    /// Whether an error was found in this row.
    pub(super) faulty: bool,
}

impl Row<'_> {
    pub(super) fn error(
        &mut self,
        place: impl Into<String>,
        fault: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.faulty = true;
        self.found.error(self.feature.row, place, fault, remedy);
    }

    /// The raw value, unless it is absent, null or blank.
    fn value(&self, column: &str) -> Option<&Value> {
        self.feature.fields.get(self.columns.name(column)?).filter(|value| match value {
            Value::Null => false,
            Value::String(text) => !text.trim().is_empty(),
            _ => true,
        })
    }

    /// The column under the name the file has for it.
    pub(super) fn place(&self, column: &'static str) -> String {
        clip(self.columns.name(column).unwrap_or(column))
    }

    /// Text, or a number as text.
    pub(super) fn text(&mut self, column: &'static str) -> Option<String> {
        match self.value(column)? {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(whole(number).unwrap_or_else(|| number.to_string())),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => {
                let place = self.place(column);
                self.error(place, "holds a list or an object", "give a text");
                None
            }
        }
    }

    /// Any value; a text that is JSON as what it says.
    pub(super) fn json(&self, column: &str) -> Option<Value> {
        match self.value(column)? {
            Value::String(text) => {
                Some(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str())))
            }
            other => Some(other.clone()),
        }
    }

    /// The text as a code or whatever `read` makes of it.
    pub(super) fn parse<T, E: Display>(
        &mut self,
        column: &'static str,
        remedy: &str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(column)?;
        match read(&text) {
            Ok(value) => Some(value),
            Err(fault) => {
                let place = self.place(column);
                self.error(place, fault.to_string(), remedy);
                None
            }
        }
    }

    /// A must.
    pub(super) fn required<T>(
        &mut self,
        column: &'static str,
        value: Option<T>,
        remedy: &str,
    ) -> Option<T> {
        if value.is_none() && !self.faulty {
            let place = self.place(column);
            self.error(place, "is missing", remedy);
        }
        value
    }

    /// A list of codes: an array of texts, or one text with `;`, commas or blanks between them.
    pub(super) fn list(&mut self, column: &'static str) -> Vec<String> {
        match self.value(column) {
            None => Vec::new(),
            Some(Value::Array(items)) => {
                let texts: Option<Vec<String>> =
                    items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
                texts.unwrap_or_else(|| {
                    let place = self.place(column);
                    self.error(place, "is not a list of texts", "give texts with ; between them");
                    Vec::new()
                })
            }
            Some(_) => {
                let text = self.text(column).unwrap_or_default();
                text.split(|c: char| matches!(c, ';' | '；' | '、' | ',') || c.is_whitespace())
                    .filter(|part| !part.is_empty())
                    .map(str::to_owned)
                    .collect()
            }
        }
    }

    /// Every item of a list as a code.
    pub(super) fn codes<T, E: Display>(
        &mut self,
        column: &'static str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let mut codes = Vec::new();
        for text in self.list(column) {
            match read(&text) {
                Ok(code) => codes.push(code),
                Err(fault) => {
                    let place = self.place(column);
                    self.error(place, fault.to_string(), "give codes with ; between them");
                }
            }
        }
        codes
    }

    /// Both names; `fallback` where the row has none.
    pub(super) fn names(&mut self, fallback: &str) -> Names {
        let mut zh = self.text("name_zh").unwrap_or_default();
        let mut en = self.text("name_en").unwrap_or_default();
        if zh.is_empty() && en.is_empty() {
            let name = self.text("name").unwrap_or_else(|| fallback.to_owned());
            let chinese = name
                .chars()
                .any(|c| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}'));
            if chinese { zh = name } else { en = name }
        }
        match Names::new(&zh, &en) {
            Ok(names) => names,
            // A row without an id has no name to fall back on: the id's fault says enough.
            Err(TextFault::Empty) if self.faulty => Names::default(),
            Err(fault) => {
                let column = if line(&zh, NAME_CHARS_MAX).is_err() { "name_zh" } else { "name_en" };
                let place = self.place(column);
                self.error(place, fault.to_string(), "give a name of one line");
                Names::default()
            }
        }
    }

    /// Everything that is no column of ours.
    pub(super) fn attributes(&mut self) -> Attributes {
        let mut kept = Attributes::new();
        for (key, value) in &self.feature.fields {
            if value.is_null()
                || self.columns.ours.iter().any(|(_, found)| found.as_ref() == Some(key))
            {
                continue;
            }
            let key = key.strip_prefix(ESCAPE).unwrap_or(key);
            let value = match value {
                Value::String(text) => words(text, WORDS_CHARS_MAX).map(Value::String),
                other => Ok(other.clone()),
            };
            match (line(key, ATTRIBUTE_CHARS_MAX), value) {
                (Ok(key), Ok(value)) => {
                    kept.insert(key, value);
                }
                (Err(fault), _) => {
                    self.faulty = true;
                    self.found.error(
                        self.feature.row,
                        clip(key),
                        format!("the column's name {fault}"),
                        "rename the column",
                    );
                }
                (_, Err(fault)) => {
                    self.faulty = true;
                    self.found.error(
                        self.feature.row,
                        clip(key),
                        fault.to_string(),
                        "mend the text",
                    );
                }
            }
        }
        kept
    }
}

/// A whole number that a file holds as `12.0`.
#[expect(clippy::cast_possible_truncation, reason = "within ±1e15 by the check before")]
fn whole(number: &serde_json::Number) -> Option<String> {
    let value = number.as_f64().filter(|_| number.is_f64())?;
    (value.fract() == 0.0 && value.abs() < 1e15).then(|| (value as i64).to_string())
}
