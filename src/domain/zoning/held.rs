//! What no edit may change.

use std::collections::BTreeSet;

use crate::domain::id::ZoneId;

/// What no edit may change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Zones whose areas stay as they are.
    pub zones: BTreeSet<ZoneId>,
    /// Whether no ground is won or lost at the outline of all zones: the city's border.
    pub outline: bool,
}
