//! Re-routing of what is stored: reports whose place changed hands get a further assignment.

use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::{ReportId, UnitId};
use crate::domain::reports::rehearse::Told;
use crate::domain::reports::report::Assignment;
use crate::domain::reports::routing::assign::assign_told;
use crate::domain::time::Instant;

/// A stored report as re-routing has to know it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// What was told.
    pub told: Told,
    /// Which assignment is in force.
    pub turn: u32,
    /// The unit that it names.
    pub unit: UnitId,
    /// Units beside it.
    pub co: Vec<UnitId>,
}

/// A further assignment of a stored report.
#[derive(Clone, Debug, PartialEq)]
pub struct Rerouted {
    /// The new one; its turn follows that of the one in force.
    pub to: Assignment,
    /// When the report was received.
    pub received_at: Instant,
    /// The units of the one before, each once, the lead first.
    pub left: Vec<UnitId>,
}

/// The further assignment of a report whose place changed hands.
#[must_use]
pub fn reroute(after: &Atlas, stored: &Stored, now: Instant) -> Rerouted {
    let to = Assignment { turn: stored.turn + 1, ..assign_told(after, &stored.told, now) };
    let mut left = vec![stored.unit.clone()];
    for unit in &stored.co {
        if !left.contains(unit) {
            left.push(unit.clone());
        }
    }
    Rerouted { to, received_at: stored.told.received_at, left }
}

impl Rerouted {
    /// Which report.
    #[must_use]
    pub fn report(&self) -> ReportId {
        self.to.report
    }
}
