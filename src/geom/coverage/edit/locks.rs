//! What no edit may change.

use std::collections::BTreeSet;

use crate::geom::coverage::side::FaceLabel;

/// The faces whose area stays as it is, and whether the outline of all does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locks {
    /// The faces.
    pub faces: BTreeSet<u16>,
    /// Whether what lies outside stays outside, and nothing comes to it: the city's border.
    pub outline: bool,
}

impl Locks {
    /// Whether the area of this label may not change.
    #[must_use]
    pub fn hold(&self, label: FaceLabel) -> bool {
        label.map_or(self.outline, |face| self.faces.contains(&face))
    }

    /// Whether nothing is locked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.faces.is_empty() && !self.outline
    }
}
