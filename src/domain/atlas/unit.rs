//! Responsible units 责任单位.

use serde::{Deserialize, Serialize};

use crate::domain::clocks::hours::OfficeHours;
use crate::domain::id::UnitId;
use crate::domain::text::{Attributes, Names};
use crate::geom::coord::GridPoint;

/// What sort of body a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// A department of the city 市直部门.
    Department,
    /// A public institution 事业单位.
    Institution,
    /// A state, central or provincial body 中省驻市单位.
    StateBody,
    /// A private firm 民营企业.
    Firm,
}

impl UnitKind {
    /// Every kind, in the order shown.
    pub const ALL: [Self; 4] = [Self::Department, Self::Institution, Self::StateBody, Self::Firm];

    /// The code in files, tables and on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Department => "department",
            Self::Institution => "institution",
            Self::StateBody => "state_body",
            Self::Firm => "firm",
        }
    }

    /// The kind with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// A body that answers for zones, facilities or categories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// Its code.
    pub id: UnitId,
    /// Its name.
    pub names: Names,
    /// What sort of body it is.
    pub kind: UnitKind,
    /// Where it sits.
    pub seat: Option<GridPoint>,
    /// Staff it can send out.
    pub capacity: u32,
    /// When it works; `None`: the default hours, 08:00–12:00 and 14:00–18:00 on working days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<OfficeHours>,
    /// Further facts.
    pub attributes: Attributes,
}

impl Unit {
    /// A unit of which nothing is known but that it is named.
    #[must_use]
    pub fn named_only(id: UnitId) -> Self {
        Self {
            names: Names { zh: String::new(), en: id.to_string() },
            id,
            kind: UnitKind::Department,
            seat: None,
            capacity: 0,
            hours: None,
            attributes: Attributes::new(),
        }
    }
}
