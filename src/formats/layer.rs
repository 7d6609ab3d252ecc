//! What every vector format is read into and written from.

use std::fmt;

use geo_types::Geometry;

use crate::domain::text::Attributes;
use crate::geom::crs::Crs;

/// Largest file that is read, in bytes; of an archive, largest member once unpacked.
pub const BYTES_MAX: usize = 512 << 20;
/// Most features of one file.
pub const FEATURES_MAX: usize = 1_000_000;
/// Most vertices of one feature.
pub const FEATURE_VERTICES_MAX: usize = 2_000_000;
/// Most vertices of one file.
pub const VERTICES_MAX: usize = 20_000_000;
/// Most columns of one feature.
pub const FIELDS_MAX: usize = 1_000;
/// Most findings that are listed one by one; the rest is counted.
pub const FINDINGS_MAX: usize = 1_000;

/// An overlap or gap that is narrower than this (m) is a hair line: real boundary files are full
/// of them, where two bodies drew the same street.
pub const HAIR_M: f64 = 0.1;

/// Features of one file, in the file's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// The layer's name; the file's own, where it has one.
    pub name: String,
    /// The system the file says its coordinates are in; `None` when it says nothing.
    pub crs: Option<Crs>,
    /// The features.
    pub features: Vec<Feature>,
}

/// One feature as the file has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Feature {
    /// The row people would look for: line of a CSV, place in a FeatureCollection; from 1.
    pub row: usize,
    /// The feature's own id, where the format has one.
    pub id: Option<String>,
    /// Its geometry, in the layer's system, as written.
    pub geometry: Option<Geometry<f64>>,
    /// Its properties or columns.
    pub fields: Attributes,
}

/// Something wrong with a file or one of its rows, with what would be right.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Finding {
    /// The row, from 1; 0 for the file as a whole.
    pub row: usize,
    /// Where in the row: a column, a ring with a coordinate, a byte offset.
    pub place: String,
    /// What is wrong.
    pub fault: String,
    /// What to do about it.
    pub remedy: String,
    /// Whether the import may go on in spite of it.
    pub warning: bool,
}

impl Finding {
    /// A finding that stops the import.
    #[must_use]
    pub fn error(
        row: usize,
        place: impl Into<String>,
        fault: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (place, fault, remedy) = (place.into(), fault.into(), remedy.into());
        Self { row, place, fault, remedy, warning: false }
    }

    /// A finding in spite of which the import may go on.
    #[must_use]
    pub fn warning(
        row: usize,
        place: impl Into<String>,
        fault: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { warning: true, ..Self::error(row, place, fault, remedy) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = if self.warning { "warning" } else { "error" };
        match self.row {
            0 => write!(f, "{level}: {}: {}; {}", self.place, self.fault, self.remedy),
            row => write!(f, "{level}: row {row}, {}: {}; {}", self.place, self.fault, self.remedy),
        }
    }
}

/// What reading a file gave: the rows that could be read, and everything that was found. Where
/// [`Self::refused`] holds, the layer is for looking at only.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The features that could be read.
    pub layer: Layer,
    /// Errors and warnings, in the file's order; at most [`FINDINGS_MAX`] and one that counts the
    /// rest.
    pub findings: Vec<Finding>,
}

impl Reading {
    /// A file of which nothing could be read.
    #[must_use]
    pub fn refusal(finding: Finding) -> Self {
        Self { layer: Layer::default(), findings: vec![finding] }
    }

    /// Whether any finding is an error.
    #[must_use]
    pub fn refused(&self) -> bool {
        self.findings.iter().any(|finding| !finding.warning)
    }
}

/// Gathers findings; past [`FINDINGS_MAX`] it only counts, so that a file of a million bad rows
/// is answered with a list that a person can read. An error takes the place of the last warning on a full
/// list: what hinders is named before what only may be wrong.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    list: Vec<Finding>,
    warnings: usize,
    more_errors: usize,
    more_warnings: usize,
}

impl Findings {
    /// Adds a finding.
    pub fn push(&mut self, finding: Finding) {
        let full = self.list.len() >= FINDINGS_MAX;
        if full && finding.warning {
            self.more_warnings += 1;
            return;
        }
        if full {
            let last = if self.warnings > 0 {
                self.list.iter().rposition(|listed| listed.warning)
            } else {
                None
            };
            let Some(last) = last else {
                self.more_errors += 1;
                return;
            };
            self.list.remove(last);
            self.warnings -= 1;
            self.more_warnings += 1;
        }
        self.warnings += usize::from(finding.warning);
        self.list.push(finding);
    }

    /// Adds an error.
    pub fn error(
        &mut self,
        row: usize,
        place: impl Into<String>,
        fault: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.push(Finding::error(row, place, fault, remedy));
    }

    /// Adds a warning.
    pub fn warning(
        &mut self,
        row: usize,
        place: impl Into<String>,
        fault: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.push(Finding::warning(row, place, fault, remedy));
    }

    /// Adds many.
    pub fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            self.push(finding);
        }
    }

    /// Adds what others gathered, with what they only counted.
    pub fn absorb(&mut self, others: Self) {
        self.extend(others.list);
        self.more_errors += others.more_errors;
        self.more_warnings += others.more_warnings;
    }

    /// Whether an error was found.
    #[must_use]
    pub fn refused(&self) -> bool {
        self.more_errors > 0 || self.list.iter().any(|finding| !finding.warning)
    }

    /// The list, with a last line for those that are not on it.
    #[must_use]
    pub fn into_vec(mut self) -> Vec<Finding> {
        let more = self.more_errors + self.more_warnings;
        if more > 0 {
            self.list.push(Finding {
                warning: self.more_errors == 0,
                ..Finding::error(
                    0,
                    "file",
                    format!("{more} further findings ({} errors) are not listed", self.more_errors),
                    format!("mend the first {FINDINGS_MAX} and check the file again"),
                )
            });
        }
        self.list
    }
}

/// Counts vertices against [`FEATURE_VERTICES_MAX`] and [`VERTICES_MAX`].
#[derive(Clone, Copy, Debug, Default)]
pub struct VertexCount {
    file: usize,
    feature: usize,
}

impl VertexCount {
    /// A new feature begins.
    pub fn feature(&mut self) {
        self.feature = 0;
    }

    /// Adds vertices.
    ///
    /// # Errors
    /// The name of the limit that is passed, in words.
    pub fn add(&mut self, vertices: usize) -> Result<(), String> {
        self.feature = self.feature.saturating_add(vertices);
        self.file = self.file.saturating_add(vertices);
        if self.feature > FEATURE_VERTICES_MAX {
            return Err(format!(
                "has more than {FEATURE_VERTICES_MAX} vertices (limit FEATURE_VERTICES_MAX)"
            ));
        }
        if self.file > VERTICES_MAX {
            return Err(format!(
                "brings the file past {VERTICES_MAX} vertices (limit VERTICES_MAX)"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_named_however_many_warnings_stand_before_them() {
        let mut findings = Findings::default();
        for row in 1..=FINDINGS_MAX + 5 {
            findings.warning(row, "names", "repeats", "rename");
        }
        findings.error(7_000, "geometry", "crosses itself", "redraw");
        findings.error(7_001, "geometry", "is empty", "draw");
        assert!(findings.refused());
        let list = findings.into_vec();
        assert_eq!(list.len(), FINDINGS_MAX + 1);
        assert_eq!(list[FINDINGS_MAX - 3].row, FINDINGS_MAX - 2, "the first warnings stay");
        assert_eq!((list[FINDINGS_MAX - 2].row, list[FINDINGS_MAX - 1].row), (7_000, 7_001));
        assert!(list[FINDINGS_MAX].fault.starts_with("7 further findings (0 errors)"));
        assert!(list[FINDINGS_MAX].warning);
    }

    #[test]
    fn a_list_full_of_errors_counts_the_rest() {
        let mut findings = Findings::default();
        for row in 1..=FINDINGS_MAX + 2 {
            findings.error(row, "id", "is empty", "name it");
        }
        findings.warning(1, "id", "is long", "shorten it");
        let list = findings.into_vec();
        assert!(list[..FINDINGS_MAX].iter().all(|finding| !finding.warning));
        assert!(list[FINDINGS_MAX].fault.starts_with("3 further findings (2 errors)"));
    }
}
