//! The city's nouns as layers, and layers of any origin as nouns.
//!
//! Reading finds columns by our names or by what others call them (in any case, `-` and blanks as
//! `_`); a column that is none of ours becomes an attribute. Writing uses our names, and
//! `attr.NAME` for an attribute that bears the name of one of our columns.
//!
//! | noun | columns |
//! |---|---|
//! | zone | `id`, `number`, `name_zh`, `name_en`, `lead`, `co` (`;` between) and an area |
//! | unit | `id`, `name_zh`, `name_en`, `kind`, `capacity`, `office_hours` (`08:00-12:00,14:00-18:00`) and the seat, a point, where known |
//! | facility | `id`, `kind`, `name_zh`, `name_en`, `unit` and any one geometry ([collections](collection) of one kind are one) |
//! | rule | `id`, `name_zh`, `name_en`, `reach`, `kind`, `facility`, `distance_m`, `categories`, `window` (JSON), `unit`, `mode`, `enabled`, and a line or area where the reach has one |

mod columns;
mod told;
pub mod collection;
mod place;
pub mod cover;
pub mod zones;
pub mod units;
pub mod facilities;
pub mod incidents;
pub mod handover;
pub mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use crate::domain::id::UnitId;
use crate::formats::layer::{Finding, Findings, Layer};
use crate::geom::crs::Crs;

/// How a layer is read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapping {
    /// The system of the coordinates.
    pub crs: Crs,
    /// The column that holds the id, where it is called otherwise than we know.
    pub id: Option<String>,
    /// The unit that leads a zone whose row names none.
    pub lead: Option<UnitId>,
    /// The units there are; `None`: any unit may be named.
    pub units: Option<BTreeSet<UnitId>>,
    /// What becomes of a zone's area that is not valid.
    pub invalid: Invalid,
}

/// What becomes of an area that is not valid as it was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Invalid {
    /// Each fault of it is an error.
    #[default]
    Refused,
    /// It is kept as it is, on the grid: whoever builds a ground of it tells what is wrong.
    Kept,
}

/// What a layer gave: nouns with the rows they came from, and every finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapped<T> {
    /// The nouns, in the file's order.
    pub items: Vec<T>,
    /// The row of each.
    pub rows: Vec<usize>,
    /// Errors and warnings.
    pub findings: Vec<Finding>,
}

impl<T> Mapped<T> {
    /// Whether any finding is an error.
    #[must_use]
    pub fn refused(&self) -> bool {
        self.findings.iter().any(|finding| !finding.warning)
    }
}

/// The system of a layer: what the file says, else what the caller states, else what the format
/// prescribes. The two may not contradict each other.
///
/// # Errors
/// The finding when nothing says it, or two say different things.
pub fn system(
    layer: &Layer,
    stated: Option<Crs>,
    prescribed: Option<Crs>,
) -> Result<Crs, Box<Finding>> {
    match (layer.crs, stated) {
        (Some(file), Some(stated)) if file != stated => Err(Box::new(Finding::error(
            0,
            "crs",
            format!("the file says {}, the option says {}", file.code(), stated.code()),
            "leave the option out, or take the label out of the file when it is wrong",
        ))),
        (Some(crs), _) | (None, Some(crs)) => Ok(crs),
        (None, None) => match prescribed {
            Some(crs) => Ok(crs),
            None if layer.features.iter().all(|feature| feature.geometry.is_none()) => {
                Ok(Crs::Wgs84)
            }
            None => Err(Box::new(Finding::error(
                0,
                "crs",
                "nothing says in which coordinate system the positions are",
                "state it (--crs): wgs84, cgcs2000, gcj02 or bd09",
            ))),
        },
    }
}

/// Keeps the nouns whose ids stand once; names both rows of those that stand twice.
fn unique<T, K: Ord + Display>(
    items: Vec<(usize, T)>,
    key: impl Fn(&T) -> K,
    place: &str,
    mut found: Findings,
) -> Mapped<T> {
    let mut seen: BTreeMap<K, usize> = BTreeMap::new();
    let (mut kept, mut rows) = (Vec::with_capacity(items.len()), Vec::with_capacity(items.len()));
    for (row, item) in items {
        let id = key(&item);
        if let Some(first) = seen.get(&id) {
            found.error(
                row,
                place,
                format!("the id {id} stands in row {first} already"),
                "give each its own id",
            );
            continue;
        }
        seen.insert(id, row);
        kept.push(item);
        rows.push(row);
    }
    Mapped { items: kept, rows, findings: found.into_vec() }
}

/// A finding for a unit that there is not.
fn check_unit(mapping: &Mapping, unit: &UnitId, row: &mut columns::Row<'_>, column: &'static str) {
    if mapping.units.as_ref().is_some_and(|units| !units.contains(unit)) {
        let place = row.place(column);
        row.error(
            place,
            format!("there is no unit {unit}"),
            "import the units first, or let zones make them (--make-units)",
        );
    }
}

#[cfg(test)]
mod tests;
