//! Why an edit does not fit the ground.

use std::fmt;

use crate::geom::coord::GridPoint;

/// An edit that does not fit, with what would be right and the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditFault {
    /// Which edit of those asked together, from 0.
    pub edit: usize,
    /// What is wrong and what would be right.
    pub says: String,
    /// Where.
    pub at: Option<GridPoint>,
}

impl fmt::Display for EditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => {
                let at = at.degrees();
                write!(f, "{} (at {}, {})", self.says, at.lon(), at.lat())
            }
            None => f.write_str(&self.says),
        }
    }
}

impl std::error::Error for EditFault {}
