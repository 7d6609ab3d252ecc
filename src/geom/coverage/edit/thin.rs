//! Arcs thinned for good.

use crate::geom::coord::{GridBox, GridPoint};
use crate::geom::coverage::edit::change::Change;
use crate::geom::coverage::edit::fault::EditFault;
use crate::geom::coverage::edit::locks::Locks;
use crate::geom::coverage::hash::FoldSet;
use crate::geom::coverage::map::{Coverage, frame};
use crate::geom::coverage::side::Side;

/// Thins the arc with a given segment, or all arcs that no locked area lies beside.
pub(super) fn thin(
    coverage: &Coverage,
    tolerance_m: f64,
    arc: Option<[GridPoint; 2]>,
    locks: &Locks,
) -> Result<Change, EditFault> {
    if !(tolerance_m.is_finite() && tolerance_m > 0.0) {
        return Err(EditFault::NoTolerance);
    }
    let patch = if let Some([p, q]) = arc {
        let side = coverage.between(p, q).ok_or(EditFault::NoSegment { at: p, to: q })?;
        let both = [coverage.chain(side.a, side.b), coverage.chain(side.b, side.a)];
        let vertices: FoldSet<GridPoint> = both.into_iter().flatten().collect();
        let around = vertices.iter().map(|&at| GridBox { min: at, max: at });
        let around = around.reduce(GridBox::with).unwrap_or(frame(p, q));
        let near: Vec<Side> = coverage.near_box(around).collect();
        coverage.thinning_patch(tolerance_m, &near, &|at| vertices.contains(&at))
    } else {
        let free =
            |at| coverage.star(at).all(|side| !locks.hold(side.left) && !locks.hold(side.right));
        let all: Vec<Side> = coverage.each().collect();
        coverage.thinning_patch(tolerance_m, &all, &free)
    };
    Ok(Change { patch, bent: Vec::new() })
}
