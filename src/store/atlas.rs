//! The atlas wing: city, plans, zones, units, facilities, rules.

use crate::domain::atlas::zone::Plan;
use crate::domain::time::Instant;

/// What a city has before its first plan.
pub(super) fn no_plan() -> Plan {
    Plan { version: 0, effective_from: Instant(0), note: String::new() }
}
