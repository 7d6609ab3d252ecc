//! Responsibility rules as data: what stands above and beside the polygons.

use geo_types::Geometry;
use serde::{Deserialize, Serialize};

use crate::domain::atlas::facility::FacilityKind;
use crate::domain::id::{CategoryCode, FacilityId, RuleId, UnitId};
use crate::domain::text::Names;
use crate::domain::time::Window;

/// Where a rule holds. The order of the variants is the order of precedence.
#[derive(Clone, Debug, PartialEq)]
pub enum Reach {
    /// The owner of a component or other facility of `kind` no farther than `within_m`: the
    /// nearest one answers, through its own unit unless the rule names one.
    Component { kind: FacilityKind, within_m: f64 },
    /// A road or river section owned by another body: no farther than `buffer_m` from the line.
    Line { line: Geometry<f64>, buffer_m: f64 },
    /// The ring around every facility of `kind` (or the one `facility`): within its grounds or no
    /// farther than `radius_m` from them. 校园周边 is 200 m.
    Ring { kind: FacilityKind, facility: Option<FacilityId>, radius_m: f64 },
    /// An enclave or named site: inside the polygons.
    Area { area: Geometry<f64> },
    /// Everywhere: a category goes to a functional unit 条.
    Everywhere,
}

impl Reach {
    /// The class's code in files, tables and answers.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Component { .. } => "component",
            Self::Line { .. } => "line",
            Self::Ring { .. } => "ring",
            Self::Area { .. } => "area",
            Self::Everywhere => "category",
        }
    }

    /// 0 for the class that is asked first.
    #[must_use]
    pub fn precedence(&self) -> u8 {
        match self {
            Self::Component { .. } => 0,
            Self::Line { .. } => 1,
            Self::Ring { .. } => 2,
            Self::Area { .. } => 3,
            Self::Everywhere => 4,
        }
    }
}

/// How the rule's unit stands to the zone's lead unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The rule's unit leads; the zone's units have no part.
    Instead,
    /// The rule's unit leads, the zone's lead becomes co-responsible 条块结合.
    Beside,
}

impl Mode {
    /// The code in files and tables.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Instead => "instead",
            Self::Beside => "beside",
        }
    }

    /// The mode with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "instead" => Some(Self::Instead),
            "beside" => Some(Self::Beside),
            _ => None,
        }
    }
}

/// One routing rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its code.
    pub id: RuleId,
    /// What people call it.
    pub names: Names,
    /// Where it holds.
    pub reach: Reach,
    /// For which categories (each with the whole branch below); empty: for all, and for a report
    /// that names none.
    pub categories: Vec<CategoryCode>,
    /// When it holds.
    pub window: Window,
    /// Who answers. `None`, for a component, ring or area: the facility's own unit.
    pub unit: Option<UnitId>,
    /// Instead of the zone's lead, or beside it.
    pub mode: Mode,
    /// Switched off rules are kept and shown, never fire.
    pub enabled: bool,
}
