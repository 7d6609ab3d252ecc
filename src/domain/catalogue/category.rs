//! One category of a city's catalogue, and what may be wrong with it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::catalogue::questions::{Both, Question};

/// The widest square in which a place is told.
pub const BLUR_M_MAX: u32 = 500;
/// Most categories of a city.
pub const CATEGORIES_MAX: usize = 2_000;
/// Most questions of a service.
pub const QUESTIONS_MAX: usize = 50;
/// Most choices of a question.
pub const CHOICES_MAX: usize = 200;
/// Longest description, question or hint, and longest list of keywords, in characters.
pub const TOLD_CHARS_MAX: usize = 500;

/// A category as people see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Category {
    /// The code, dotted from major to minor.
    pub code: String,
    /// Its name.
    pub names: Both,
    /// Where a place may point to a person (whose house, whose stall), the public is told only in which
    /// square of so many metres it lies; 0 where it is told the place itself.
    pub blur_m: u32,
    /// Of a service: what it is for. Empty where the name says it.
    #[serde(skip_serializing_if = "Both::is_empty")]
    pub description: Both,
    /// Of a service: words by which people find it, separated by commas.
    #[serde(skip_serializing_if = "Both::is_empty")]
    pub keywords: Both,
    /// Of a service: what is asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
}

impl Category {
    /// What it is for.
    #[must_use]
    pub fn told(&self) -> &Both {
        if self.description.is_empty() { &self.names } else { &self.description }
    }
}

/// Something wrong with a catalogue, with what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueFault {
    /// Where, as in `categories[3].questions[0].code`, counted from 0.
    pub place: String,
    /// What is wrong.
    pub fault: String,
    /// What would be right.
    pub remedy: String,
}

impl fmt::Display for CatalogueFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.fault, self.remedy)
    }
}
