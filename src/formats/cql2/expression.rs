//! From what a client wrote to a filter.

use crate::domain::ogc::filter::Test;
use crate::domain::ogc::schema::Schema;
use crate::formats::cql2::reading::{BYTES_MAX, Language, Reading};
use crate::formats::cql2::{bind, json, text};

/// The filter that an expression spells over the features of a collection.
///
/// # Errors
/// Words that name the place, or the property.
pub fn read(
    text: &str,
    language: Language,
    reading: &Reading,
    schema: &Schema,
) -> Result<Test, String> {
    if text.len() > BYTES_MAX {
        return Err(format!("has {} bytes, at most {BYTES_MAX} are read", text.len()));
    }
    let node = match language {
        Language::Text => text::parse(text, reading)?,
        Language::Json => json::parse(text, reading)?,
    };
    bind::bind(&node, reading, schema)
}

#[cfg(test)]
mod tests;
