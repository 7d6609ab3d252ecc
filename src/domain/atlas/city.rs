//! The city 城市: the tenant, with what holds for all of it.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::atlas::facility::Facility;
use crate::domain::atlas::reaches::Reaches;
use crate::domain::atlas::rule::Rule;
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::{Plan, Zone};
use crate::domain::catalogue::whole::Catalogue;
use crate::domain::clocks::limits::CaseLimits;
use crate::domain::id::{CityId, UnitId};
use crate::domain::text::Names;
use crate::domain::time::Calendar;

/// A city and its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct City {
    /// Its code, `jurisdiction_id` on the wire.
    pub id: CityId,
    /// Its name.
    pub names: Names,
    /// IANA time zone, `Asia/Shanghai`.
    pub time_zone: String,
    /// Who answers when nothing else does 属地兜底.
    pub fallback: UnitId,
    /// Confidence (0 to 1) below which a dispatcher decides.
    pub confidence_floor: f64,
    /// Accuracy radius (m, 68 %) taken for a position that states none.
    pub assumed_accuracy_m: f64,
    /// Holidays, make-up days and school terms.
    pub calendar: Calendar,
    /// How long cases may take, by category.
    #[serde(default)]
    pub limits: CaseLimits,
    /// Days after the end of a case until who stands behind its reports is forgotten, and what cameras
    /// wrote into their pictures.
    #[serde(default = "contact_days")]
    pub contact_days: u32,
    /// Whether a draft must be approved before it is published.
    #[serde(default)]
    pub approval: Approval,
    /// How near in place and time two reports of a category tell of one matter.
    #[serde(default, skip_serializing_if = "Reaches::is_seed")]
    pub reaches: Reaches,
    /// What its reports are about: names, services and their questions, and how far places are blurred.
    #[serde(default = "Catalogue::seed", skip_serializing_if = "is_seed")]
    pub catalogue: Arc<Catalogue>,
}

fn is_seed(catalogue: &Arc<Catalogue>) -> bool {
    catalogue.is_seed()
}

/// Whether a draft must be approved before it is published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// Whoever may edit it may publish it.
    #[default]
    Off,
    /// By a second person, who neither owns it nor drew nor proposed it.
    SecondPerson,
}

impl Approval {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Off, Self::SecondPerson];

    /// The code in files, tables and on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::SecondPerson => "second_person",
        }
    }

    /// The one with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

impl fmt::Display for Approval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Of a city that says nothing else: half a year, within which a case is appealed or comes up again.
pub const CONTACT_DAYS: u32 = 180;
/// Most days: ten years.
pub const CONTACT_DAYS_MAX: u32 = 3_650;

fn contact_days() -> u32 {
    CONTACT_DAYS
}

/// Everything in force in one city at one moment: what a store loads and an atlas is built from.
///
/// Lists are sorted by id, so that two stores that hold the same city give equal values.
#[derive(Clone, Debug, PartialEq)]
pub struct CityState {
    /// Counts every change to anything below; the ETag of all answers.
    pub atlas_version: i64,
    /// The city.
    pub city: City,
    /// The plan in force.
    pub plan: Plan,
    /// The plan's zones.
    pub zones: Vec<Zone>,
    /// Units.
    pub units: Vec<Unit>,
    /// Facilities of every kind.
    pub facilities: Vec<Facility>,
    /// Rules above and beside the polygons.
    pub rules: Vec<Rule>,
}
