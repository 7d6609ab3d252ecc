//! What was in force when: stretches of time, and the plans of the past.

use crate::domain::atlas::zone::Plan;
use crate::domain::time::Instant;

/// The stretch of time in which one atlas version stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stood {
    /// The atlas version.
    pub version: i64,
    /// From when on, that instant included.
    pub from: Instant,
    /// Until when, that instant excluded; `None`: it stands.
    pub to: Option<Instant>,
    /// The plan in force then.
    pub plan: i64,
    /// From when that plan was in force.
    pub plan_from: Instant,
    /// Until when; `None`: it is.
    pub plan_to: Option<Instant>,
}

/// A published plan and what is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The plan.
    pub plan: Plan,
    /// When the next one ended it; `None`: it is in force.
    pub effective_to: Option<Instant>,
    /// Who published it; empty for one of which that is not known.
    pub actor: String,
    /// The atlas version that brought it into force; 0 for one of which that is not known.
    pub from_atlas: i64,
    /// How many zones it has.
    pub zones: usize,
}
