//! Polygons under check, step by step.
//!
//! First every two edges whose boxes meet are looked at; then, for rings that do not cross, which
//! lies in which; then whether rings that touch cut a polygon in two.

use geo_types::Polygon;

use crate::geom::validity::fault::{FaultKind, List};
use crate::geom::validity::nesting;
use crate::geom::validity::rings::Rings;

/// Adds the faults of polygons that are the parts of one geometry, counted from `part`; their
/// number.
pub(super) fn faults(polygons: &[Polygon<f64>], part: usize, list: &mut List) -> usize {
    let mut rings = Rings::default();
    for (i, polygon) in polygons.iter().enumerate() {
        rings.take(i, part + i, polygon, list);
    }
    rings.mark_repeated(list);
    let pairs = rings.near_pairs();
    let done = rings.meet(&pairs, list);
    rings.list_along(list);
    if done.is_continue() {
        nesting::faults(&rings, &pairs, list);
    } else if !list.full() {
        let at = rings.all.first().and_then(|ring| ring.chain.points.first());
        list.limit(FaultKind::TooEntangled, at.copied().unwrap_or_default());
    }
    polygons.len()
}
