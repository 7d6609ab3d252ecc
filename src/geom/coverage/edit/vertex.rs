//! Vertices moved, put in and taken away.

use crate::geom::coord::GridPoint;
use crate::geom::coverage::arc::far;
use crate::geom::coverage::edit::change::{Change, labels_from, verified};
use crate::geom::coverage::edit::fault::EditFault;
use crate::geom::coverage::exact::{on_segment, turn};
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::side::Side;

/// Moves a vertex with every segment that ends there.
pub(super) fn move_vertex(
    coverage: &Coverage,
    from: GridPoint,
    to: GridPoint,
) -> Result<Change, EditFault> {
    let removed: Vec<Side> = coverage.star(from).collect();
    if removed.is_empty() {
        return Err(EditFault::NoVertex { at: from });
    }
    if from == to {
        return Ok(Change::sure(Vec::new(), Vec::new()));
    }
    if coverage.has_node(to) {
        return Err(EditFault::VertexAtPlace { at: to });
    }
    let moved = |side: &Side| {
        let (left, right) = labels_from(*side, from);
        Side::new(to, far(*side, from), left, right)
    };
    let added = removed.iter().map(moved).collect();
    verified(coverage, removed, added)
}

/// Puts a vertex into the segment between two others.
pub(super) fn insert_vertex(
    coverage: &Coverage,
    at: GridPoint,
    [p, q]: [GridPoint; 2],
) -> Result<Change, EditFault> {
    let side = coverage.between(p, q).ok_or(EditFault::NoSegment { at: p, to: q })?;
    if coverage.has_node(at) {
        return Err(EditFault::VertexAtPlace { at });
    }
    let Side { a, b, left, right } = side;
    let added = vec![Side::new(a, at, left, right), Side::new(at, b, left, right)];
    if on_segment(a.into(), b.into(), at.into()) {
        return Ok(Change::sure(vec![side], added));
    }
    verified(coverage, vec![side], added)
}

/// Takes a vertex between two segments away.
pub(super) fn delete_vertex(coverage: &Coverage, at: GridPoint) -> Result<Change, EditFault> {
    let removed: Vec<Side> = coverage.star(at).collect();
    let &[one, other] = &removed[..] else {
        return Err(if removed.is_empty() {
            EditFault::NoVertex { at }
        } else {
            EditFault::VertexIsNode { at, degree: removed.len() }
        });
    };
    let (p, q) = (far(one, at), far(other, at));
    let (left, right) = labels_from(one, p);
    if coverage.between(p, q).is_some() {
        let inner = turn(p.into(), at.into(), q.into()).is_gt();
        return Err(EditFault::WouldEmpty { at, face: if inner { left } else { right } });
    }
    verified(coverage, removed, vec![Side::new(p, q, left, right)])
}
