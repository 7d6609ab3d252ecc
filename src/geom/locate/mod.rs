//! Which area holds this point? THE border rule, and the index that answers by it.
//!
//! # The rule
//!
//! A point `p` of the grid is asked for as `p + (ε, ε²)`: moved east by an infinitely small step,
//! and north by an infinitely smaller one. So moved it lies on no edge whatever, and an area holds
//! it or does not. Hence, on a shared arc, the point belongs to the area **east** of the arc; on an
//! arc that runs due east, to the area **north** of it; on a vertex, to the area whose wedge opens
//! due east (just above the due-east ray). In integers: the ray westwards from the moved point
//! crosses an edge from `low` to `high` exactly when `low.y <= p.y < high.y` and `p` does not lie
//! left of the edge.
//!
//! 1. An area holds the point when one of its polygons does: an odd number of crossings with the
//!    polygon's edges, shell and holes alike. An edge that one polygon uses twice (rounding folds a
//!    hair-line onto itself) is crossed twice, and bounds nothing.
//! 2. Of several that hold it (a partition broken by overlaps) the lowest number wins.
//! 3. Where none holds it, but it lies on the border of some (their outer border seen from the
//!    west or the south, a hair-line gap, an edge folded onto itself), the lowest number of those
//!    wins: the outer border belongs to the area inside.
//! 4. Otherwise it lies in no area.
//!
//! Every point of the union of the closed areas thus belongs to exactly one area, and no point
//! besides. Longitudes do not wrap at ±180.

pub mod area;
mod around;
mod batch;
mod cells;
mod edges;
mod leaf;
mod measure;
#[cfg(test)]
mod plain;
mod runs;
mod thin;
mod tree;
#[cfg(target_arch = "x86_64")]
mod wide;

use geo_types::MultiPolygon;

use crate::geom::coord::{GridBox, GridPoint};
use crate::geom::locate::area::{NOWHERE, Surroundings};

/// What lies around a point of an empty index.
const NOTHING: Surroundings = Surroundings { area: None, border_m: None, runner_up: None };

/// Areas by point. Areas are numbered in the order given.
pub struct AreaIndex {
    tree: Option<tree::Tree>,
    around: Option<around::Around>,
    extent: Option<GridBox>,
}

impl AreaIndex {
    /// Builds the index. Every coordinate on the grid, at most [`area::AREAS_MAX`] areas
    /// (the caller has checked both).
    #[must_use]
    pub fn build(areas: &[&MultiPolygon<f64>]) -> Self {
        let outline = edges::Outline::read(areas);
        let Some(extent) = outline.extent else {
            return Self { tree: None, around: None, extent: None };
        };
        // Both from the outline alone, beside one another.
        let (tree, around) = std::thread::scope(|scope| {
            let around = scope.spawn(|| around::Around::build(&outline, extent));
            let tree = tree::Tree::build(&outline, extent);
            (tree, around.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault)))
        });
        Self { tree: Some(tree), around: Some(around), extent: Some(extent) }
    }

    /// The area that holds `p`. Where several do (a broken partition), the one with the lowest
    /// number.
    #[must_use]
    pub fn locate(&self, p: GridPoint) -> Option<u16> {
        self.tree.as_ref()?.holder(p)
    }

    /// The area of every point, [`NOWHERE`] outside all: the same answers as [`Self::locate`],
    /// many look-ups in flight. The three slices are of one length.
    pub fn locate_batch(&self, xs: &[i32], ys: &[i32], out: &mut [u16]) {
        #[cfg(target_arch = "x86_64")]
        if self.tree.as_ref().is_some_and(|tree| wide::locate(tree, xs, ys, out)) {
            return;
        }
        self.locate_batch_portable(xs, ys, out);
    }

    /// [`Self::locate_batch`] without wide vectors, whatever the processor has.
    pub fn locate_batch_portable(&self, xs: &[i32], ys: &[i32], out: &mut [u16]) {
        match &self.tree {
            Some(tree) => batch::locate(tree, xs, ys, out),
            None => out.fill(NOWHERE),
        }
    }

    /// Bytes held for [`Self::locate`] alone.
    #[must_use]
    pub fn bytes_to_locate(&self) -> usize {
        self.tree.as_ref().map_or(0, tree::Tree::bytes)
    }

    /// Bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes_to_locate() + self.around.as_ref().map_or(0, around::Around::bytes)
    }

    /// The area, the distance to its border and the runner-up.
    #[must_use]
    pub fn surroundings(&self, p: GridPoint) -> Surroundings {
        let (Some(tree), Some(around)) = (&self.tree, &self.around) else { return NOTHING };
        let holders = tree.holders(p);
        #[cfg(target_arch = "x86_64")]
        if let Some(found) = wide::surroundings(around, p, holders) {
            return found;
        }
        around.surroundings(p, holders)
    }

    /// [`Self::surroundings`] of every point, in the order given: the same answers, found along a
    /// walk through the cells. Worth it from some thousand points on.
    #[must_use]
    pub fn surroundings_batch(&self, points: &[GridPoint]) -> Vec<Surroundings> {
        let mut found = vec![NOTHING; points.len()];
        let (Some(tree), Some(around)) = (&self.tree, &self.around) else { return found };
        let mut order: Vec<(u32, u32)> =
            (0..).zip(points).map(|(at, &p)| (around.walk(p), at)).collect();
        order.sort_unstable();
        let walk: Vec<GridPoint> = order.iter().map(|&(_, at)| points[at as usize]).collect();
        let mut take = |at: usize, one| found[order[at].1 as usize] = one;
        #[cfg(target_arch = "x86_64")]
        if wide::surroundings_batch(tree, around, &walk, &mut take) {
            return found;
        }
        for (at, &p) in walk.iter().enumerate() {
            take(at, around.surroundings(p, tree.holders(p)));
        }
        found
    }

    /// [`Self::surroundings`] without wide vectors, whatever the processor has.
    #[must_use]
    pub fn surroundings_portable(&self, p: GridPoint) -> Surroundings {
        match (&self.tree, &self.around) {
            (Some(tree), Some(around)) => around.surroundings(p, tree.holders(p)),
            _ => NOTHING,
        }
    }

    /// The box around all areas; `None` when there are none.
    #[must_use]
    pub fn extent(&self) -> Option<GridBox> {
        self.extent
    }
}

#[cfg(test)]
mod tests;
