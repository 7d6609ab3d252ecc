//! A change carried out.

use std::fmt;

use crate::geom::coord::GridPoint;
use crate::geom::coverage::fault::placed;
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::patch::Patch;
use crate::geom::coverage::side::Side;

/// Why a change does not fit a coverage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchFault {
    /// A segment to be removed is not there, or has other labels.
    NotThere { at: GridPoint, to: GridPoint },
    /// A segment to be added is there already.
    InTheWay { at: GridPoint, to: GridPoint },
    /// A segment to be added has one face on both sides, or no length, or runs from its larger end.
    NoSide { at: GridPoint, to: GridPoint },
}

impl fmt::Display for PatchFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, to, says) = match *self {
            Self::NotThere { at, to } => (at, to, "is not there as the change removes it"),
            Self::InTheWay { at, to } => (at, to, "is there already and the change adds it"),
            Self::NoSide { at, to } => (at, to, "parts no two faces and the change adds it"),
        };
        write!(f, "the border {} to {} {says}; plan the edit anew", placed(at), placed(to))
    }
}

impl std::error::Error for PatchFault {}

impl Coverage {
    /// Carries a change out. Its inverse, carried out next, restores every segment and label.
    ///
    /// The laws are the planner's matter: here it is only seen that what is removed is there, as
    /// labelled, and what is added is not.
    ///
    /// # Errors
    /// A [`PatchFault`]; then nothing has changed.
    pub fn apply(&mut self, patch: &Patch) -> Result<(), PatchFault> {
        let changes = patch.changes();
        let mut numbers = Vec::with_capacity(changes.len());
        for change in &changes {
            numbers.push(self.fits(*change)?);
        }
        for ((_, new), number) in changes.into_iter().zip(numbers) {
            match (number, new) {
                (Some(number), Some(new)) => self.relabel(number, new),
                (Some(number), None) => self.remove(number),
                (None, Some(new)) => self.insert(new),
                (None, None) => {}
            }
        }
        Ok(())
    }

    /// The number of the segment that is there, if the change finds what it expects.
    fn fits(&self, (old, new): (Option<Side>, Option<Side>)) -> Result<Option<u32>, PatchFault> {
        let mut number = None;
        if let Some(old) = old {
            let held = self.numbered(old.a, old.b).filter(|&(_, held)| held == old);
            let (found, _) = held.ok_or(PatchFault::NotThere { at: old.a, to: old.b })?;
            number = Some(found);
        }
        if let Some(Side { a, b, left, right }) = new {
            if left == right || a >= b {
                return Err(PatchFault::NoSide { at: a, to: b });
            }
            if old.is_none() && self.numbered(a, b).is_some() {
                return Err(PatchFault::InTheWay { at: a, to: b });
            }
        }
        Ok(number)
    }
}
