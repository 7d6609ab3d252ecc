//! Why an open incident stays with whom it is when its place goes to another unit.

use std::fmt;

/// What keeps an open incident where it is though its place goes to another unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stays {
    /// No unit has it yet.
    Undispatched,
    /// Its unit is done with it, and it is being checked.
    Handled,
    /// It lies with another unit than the one that the rules name: a person sent it there.
    ByHand,
    /// A rule names its unit, whatever the zone.
    Ruled,
}

impl Stays {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Undispatched, Self::Handled, Self::ByHand, Self::Ruled];

    /// The code on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Undispatched => "undispatched",
            Self::Handled => "handled",
            Self::ByHand => "by_hand",
            Self::Ruled => "ruled",
        }
    }
}

impl fmt::Display for Stays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Undispatched => "no unit has it yet: it is routed anew when it is dispatched",
            Self::Handled => "its unit is done with it, and it is being checked",
            Self::ByHand => "it was given to another unit than the one that the rules name",
            Self::Ruled => "a rule names its unit, whatever the zone",
        })
    }
}
