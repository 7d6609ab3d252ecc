//! Plans 分区方案 and their zones 责任区.

use geo_types::MultiPolygon;
use serde::{Deserialize, Serialize};

use crate::domain::id::{UnitId, ZoneId};
use crate::domain::text::{Attributes, Names};
use crate::domain::time::Instant;

/// A published partition of the city. It never changes; the next one ends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// 1, 2, 3 … within the city.
    pub version: i64,
    /// From when it is in force.
    pub effective_from: Instant,
    /// Why it was made.
    pub note: String,
}

/// One responsibility zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// Its code.
    pub id: ZoneId,
    /// Its number on the map.
    pub number: u32,
    /// Its name.
    pub names: Names,
    /// The unit that answers first.
    pub lead: UnitId,
    /// Units that answer beside the lead, in order.
    pub co: Vec<UnitId>,
    /// Its area, WGS84, every coordinate on the grid; valid, exterior rings counter-clockwise.
    pub area: MultiPolygon<f64>,
    /// Further facts.
    pub attributes: Attributes,
}
