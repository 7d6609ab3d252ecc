//! What an expression does not say itself, and how much of one is read.

use jiff::tz::TimeZone;

use crate::geom::crs::wire::WireCrs;

/// Largest expression read, in bytes.
pub const BYTES_MAX: usize = 100 * 1024;
/// Deepest nesting read.
pub const DEPTH_MAX: usize = 40;
/// Most values, properties and operators of one expression.
pub const PARTS_MAX: usize = 2_000;

/// In which language an expression is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// `cql2-text`
    #[default]
    Text,
    /// `cql2-json`
    Json,
}

impl Language {
    /// The language with this name; `cql-text` is what older clients call the first.
    ///
    /// # Errors
    /// Words.
    pub fn from_name(name: &str) -> Result<Self, &'static str> {
        match name {
            "cql2-text" | "cql-text" => Ok(Self::Text),
            "cql2-json" | "cql-json" => Ok(Self::Json),
            _ => Err("is no language of filters here; cql2-text and cql2-json are"),
        }
    }
}

/// What an expression does not say itself.
#[derive(Clone, Debug)]
pub struct Reading {
    /// On whose wall clock a date is a day.
    pub zone: TimeZone,
    /// In which system its coordinates are.
    pub crs: WireCrs,
}
