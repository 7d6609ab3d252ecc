//! What the planners of edits share.

use crate::geom::coord::GridPoint;
use crate::geom::coverage::check::meeting;
use crate::geom::coverage::edit::fault::EditFault;
use crate::geom::coverage::exact::Spot;
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::patch::Patch;
use crate::geom::coverage::side::{FaceLabel, Side};
use crate::geom::coverage::sweep::pairs;
use crate::geom::coverage::verify::Violation;
use crate::geom::segments::conflict;

/// A patch, and the places where a border was bent to pass a point of the grid.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) patch: Patch,
    pub(super) bent: Vec<GridPoint>,
}

impl Change {
    /// A change that is a partition by its making.
    pub(super) fn sure(removed: Vec<Side>, added: Vec<Side>) -> Self {
        Self { patch: Patch::new(removed, added), bent: Vec::new() }
    }
}

/// A change that has to be verified.
pub(super) fn verified(
    coverage: &Coverage,
    removed: Vec<Side>,
    added: Vec<Side>,
) -> Result<Change, EditFault> {
    let change = Change::sure(removed, added);
    coverage.verify(&change.patch).map_err(|violation| match violation {
        Violation::Crossing(at) => EditFault::WouldCross { at },
        Violation::TurnedOver(at, face) => EditFault::WouldTurnOver { at, face },
    })?;
    Ok(change)
}

/// The labels left and right of a side for one who walks it from `from`.
pub(super) fn labels_from(side: Side, from: GridPoint) -> (FaceLabel, FaceLabel) {
    if side.a == from { (side.left, side.right) } else { (side.right, side.left) }
}

/// The side with its label `from` on one side made `to`; `None` when its two labels then are one.
pub(super) fn relabelled(side: Side, from: FaceLabel, to: FaceLabel) -> Option<Side> {
    let other = |label| if label == from { to } else { label };
    let new = Side { left: other(side.left), right: other(side.right), ..side };
    (new.left != new.right).then_some(new)
}

/// A drawn line without repeated places; it has two, and does not meet itself save that it may
/// end where it begins.
pub(super) fn simple_line(line: &[GridPoint]) -> Result<Vec<GridPoint>, EditFault> {
    let mut points = line.to_vec();
    points.dedup();
    if points.len() < 2 {
        return Err(EditFault::TooFewPoints { at: points.first().copied() });
    }
    let segments: Vec<(Spot, Spot)> =
        points.windows(2).map(|pair| (pair[0].into(), pair[1].into())).collect();
    let mut meets: Option<GridPoint> = None;
    pairs(&segments, |i, j| {
        let (one, other) = (segments[i], segments[j]);
        let at = if conflict(one.0, one.1, other.0, other.1) {
            meeting(one.0, one.1, other.0, other.1).grid()
        } else {
            // A common end is right between neighbours, and between the first and the last.
            let common = [(i + 1, j + 1), (i, j + 1), (i + 1, j), (i, j)];
            let common = common.into_iter().find(|&(one, other)| points[one] == points[other]);
            match common {
                Some(ends) if ends.0 != ends.1 && ends != (0, points.len() - 1) => points[ends.0],
                _ => return,
            }
        };
        meets = Some(meets.map_or(at, |held| held.min(at)));
    });
    meets.map_or(Ok(points), |at| Err(EditFault::CrossesItself { at }))
}
