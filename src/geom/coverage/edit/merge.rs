//! A whole face given to another.

use crate::geom::coord::GridPoint;
use crate::geom::coverage::edit::change::{Change, relabelled};
use crate::geom::coverage::edit::fault::EditFault;
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::side::{FaceLabel, Side};

/// Joins `from` to `into`, with which it has a border.
pub(super) fn merge(coverage: &Coverage, into: u16, from: u16) -> Result<Change, EditFault> {
    let touches = |side: &Side| side.left == Some(into) || side.right == Some(into);
    if !coverage.around(Some(from)).any(|(side, _)| touches(&side)) {
        let at = coverage.around(Some(from)).map(|(side, _)| side.a).min();
        let at = at.unwrap_or(GridPoint { x: 0, y: 0 });
        return Err(EditFault::FacesDoNotTouch { into, from, at });
    }
    Ok(give_whole(coverage, from, Some(into)))
}

/// Gives all of `from` to `to`, wherever the two lie.
pub(super) fn give_whole(coverage: &Coverage, from: u16, to: FaceLabel) -> Change {
    let removed: Vec<Side> = coverage.around(Some(from)).map(|(side, _)| side).collect();
    let added = removed.iter().filter_map(|&side| relabelled(side, Some(from), to)).collect();
    Change::sure(removed, added)
}
