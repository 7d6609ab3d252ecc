//! Segments that meet only at ends -> regions of the plane, and who lies over each.
//!
//! Every segment is two darts, one each way; a dart's region is to its left. Darts that follow each
//! other around a region make a cycle. A connected piece of linework has one cycle that runs around
//! the outside of all of it; which region that one lies in is asked along a line westwards.

use std::cmp::Ordering;

use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::disjoint::Disjoint;
use crate::geom::coverage::build::exact::{by_angle, crossed_westwards, farther_east, twice_area};
use crate::geom::coverage::build::fault::{BuildFault, WORK_MAX};
use crate::geom::coverage::build::linework::Linework;
use crate::geom::coverage::build::tree::Tree;

/// The outside, which no segment encloses.
pub(super) const OUTSIDE: u32 = 0;

/// The plane, cut up by segments.
pub(super) struct Plane {
    /// The region left and right of each segment.
    pub(super) sides: Vec<[u32; 2]>,
    /// How many regions there are, the outside being the first.
    pub(super) regions: usize,
    /// The dart that comes after each around its region. Dart `2 i` runs along segment `i`, the
    /// next one back.
    pub(super) next: Vec<u32>,
}

impl Plane {
    /// Cuts the plane up.
    pub(super) fn cut(linework: &Linework) -> Self {
        let ends = &linework.ends;
        let next = next_darts(ends);
        let cycles = Cycles::walk(ends, &next);
        let (region_of, regions) = cycles.regions(ends);
        let of = |dart: usize| region_of[cycles.of[dart] as usize];
        let sides = (0..ends.len()).map(|i| [of(2 * i), of(2 * i + 1)]).collect();
        Self { sides, regions, next }
    }

    /// The region in which a place lies; of one on a border, the region just above it, east of the
    /// border, as in [`crate::geom::locate`].
    pub(super) fn region_at(&self, p: GridPoint, ends: &[[GridPoint; 2]], tree: &Tree) -> u32 {
        let dart = first_westwards(p, ends, tree, |_| true);
        dart.map_or(OUTSIDE, |dart| self.sides[dart as usize / 2][dart as usize % 2])
    }

    /// The polygons that lie over each region.
    pub(super) fn over(&self, linework: &Linework) -> Result<Vec<Vec<u32>>, BuildFault> {
        let beside = Beside::of(self);
        let mut over: Vec<Option<Vec<u32>>> = vec![None; self.regions];
        over[OUTSIDE as usize] = Some(Vec::new());
        let (mut stack, mut work) = (vec![OUTSIDE], 0);
        while let Some(region) = stack.pop() {
            for &segment in beside.segments(region) {
                let [left, right] = self.sides[segment as usize];
                let other = if left == region { right } else { left };
                if over[other as usize].is_some() {
                    continue;
                }
                let own = over[region as usize].as_deref().unwrap_or_default();
                let theirs = either(own, linework.polygons(segment as usize));
                work += theirs.len() as u64;
                if work > WORK_MAX {
                    return Err(BuildFault::TooEntangled {
                        at: linework.ends[segment as usize][0],
                    });
                }
                over[other as usize] = Some(theirs);
                stack.push(other);
            }
        }
        Ok(over.into_iter().map(Option::unwrap_or_default).collect())
    }
}

/// The segments beside each region.
pub(super) struct Beside {
    starts: Vec<u32>,
    all: Vec<u32>,
}

impl Beside {
    pub(super) fn of(plane: &Plane) -> Self {
        let mut starts = vec![0_u32; plane.regions + 1];
        for &side in plane.sides.iter().flatten() {
            starts[side as usize + 1] += 1;
        }
        for region in 0..plane.regions {
            starts[region + 1] += starts[region];
        }
        let mut fill = starts.clone();
        let mut all = vec![0; plane.sides.len() * 2];
        for (segment, sides) in (0..).zip(&plane.sides) {
            for &side in sides {
                all[fill[side as usize] as usize] = segment;
                fill[side as usize] += 1;
            }
        }
        Self { starts, all }
    }

    pub(super) fn segments(&self, region: u32) -> &[u32] {
        let range = self.starts[region as usize]..self.starts[region as usize + 1];
        &self.all[range.start as usize..range.end as usize]
    }
}

/// What is in one of two sorted lists and not in both.
fn either(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut out = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a, b);
    while let (Some(&x), Some(&y)) = (a.first(), b.first()) {
        match x.cmp(&y) {
            Ordering::Less => {
                out.push(x);
                a = &a[1..];
            }
            Ordering::Greater => {
                out.push(y);
                b = &b[1..];
            }
            Ordering::Equal => (a, b) = (&a[1..], &b[1..]),
        }
    }
    out.extend_from_slice(a);
    out.extend_from_slice(b);
    out
}

/// Where a dart starts.
pub(super) fn start(ends: &[[GridPoint; 2]], dart: u32) -> GridPoint {
    ends[dart as usize / 2][dart as usize % 2]
}

/// For each dart the one that follows it around the region to its left.
fn next_darts(ends: &[[GridPoint; 2]]) -> Vec<u32> {
    // Those that run from the smaller ends are in order already, which a stable sort makes use of.
    let forth = (0..).step_by(2).zip(ends).map(|(dart, ends)| (ends[0], dart));
    let back = (1..).step_by(2).zip(ends).map(|(dart, ends)| (ends[1], dart));
    let mut out: Vec<(GridPoint, u32)> = forth.chain(back).collect();
    out.sort();
    let mut next = vec![0; ends.len() * 2];
    for star in out.chunk_by_mut(|a, b| a.0 == b.0) {
        if star.len() > 2 {
            star.sort_unstable_by(|&(o, d), &(_, e)| {
                by_angle(o, start(ends, d ^ 1), start(ends, e ^ 1))
            });
        }
        for (k, &(_, dart)) in star.iter().enumerate() {
            // Who comes in along a dart's back turns clockwise from it: so the region stays left.
            let before = if k == 0 { star.len() - 1 } else { k - 1 };
            next[dart as usize ^ 1] = star[before].1;
        }
    }
    next
}

/// The cycles of darts.
struct Cycles {
    /// The cycle of each dart.
    of: Vec<u32>,
    /// Whether each runs around the outside of its piece of linework.
    around: Vec<bool>,
    /// The smallest place of each, by x, then y.
    least: Vec<GridPoint>,
}

impl Cycles {
    fn walk(ends: &[[GridPoint; 2]], next: &[u32]) -> Self {
        let mut all = Self { of: vec![u32::MAX; next.len()], around: vec![], least: vec![] };
        for first in 0..u32::try_from(next.len()).unwrap_or(u32::MAX) {
            if all.of[first as usize] != u32::MAX {
                continue;
            }
            let cycle = u32::try_from(all.least.len()).unwrap_or(u32::MAX);
            let (mut twice, mut least) = (0, start(ends, first));
            let mut dart = first;
            while all.of[dart as usize] == u32::MAX {
                all.of[dart as usize] = cycle;
                let (from, to) = (start(ends, dart), start(ends, dart ^ 1));
                twice += twice_area(from, to);
                least = least.min(from);
                dart = next[dart as usize];
            }
            all.around.push(twice < 0);
            all.least.push(least);
        }
        all
    }

    /// The region of each cycle, and how many regions there are.
    fn regions(&self, ends: &[[GridPoint; 2]]) -> (Vec<u32>, usize) {
        let mut region_of = vec![OUTSIDE; self.least.len()];
        let mut regions = 1;
        for (cycle, region) in region_of.iter_mut().enumerate() {
            if !self.around[cycle] {
                *region = regions;
                regions += 1;
            }
        }
        let mut pieces: Vec<u32> =
            (0..).zip(&self.around).filter(|(_, a)| **a).map(|(c, _)| c).collect();
        if pieces.len() > 1 {
            let mut same = Disjoint::new(self.least.len());
            for pair in self.of.chunks_exact(2) {
                same.join(pair[0], pair[1]);
            }
            // What a piece lies in reaches farther west than it: so it is settled before.
            pieces.sort_unstable_by_key(|&cycle| self.least[cycle as usize]);
            let tree = Tree::build(ends);
            for cycle in pieces {
                if let Some(dart) = self.enclosing(cycle, ends, &tree, &mut same) {
                    region_of[cycle as usize] = region_of[self.of[dart as usize] as usize];
                }
            }
        }
        (region_of, regions as usize)
    }

    /// The dart of another piece that a line westwards from the piece of `cycle` comes to first,
    /// from its left; `None` when there is none.
    fn enclosing(
        &self,
        cycle: u32,
        ends: &[[GridPoint; 2]],
        tree: &Tree,
        same: &mut Disjoint,
    ) -> Option<u32> {
        let p = self.least[cycle as usize];
        let own = same.root(cycle);
        first_westwards(p, ends, tree, |segment| same.root(self.of[2 * segment as usize]) != own)
    }
}

/// The dart that a line westwards from just above `p` comes to first, from its left, of the segments
/// that count; `None` when there is none.
fn first_westwards(
    p: GridPoint,
    ends: &[[GridPoint; 2]],
    tree: &Tree,
    mut counts: impl FnMut(u32) -> bool,
) -> Option<u32> {
    let best = std::cell::Cell::new(None::<u32>);
    let least_x = |i: u32| ends[i as usize].map(|p| p.x).into_iter().min();
    tree.westwards(
        p,
        &|east| best.get().and_then(least_x).is_none_or(|west| west <= east),
        &mut |segment| {
            let line = ends[segment as usize];
            if !crossed_westwards(p, line) || !counts(segment) {
                return;
            }
            let nearer =
                best.get().is_none_or(|old| farther_east(p, line, ends[old as usize]).is_gt());
            if nearer {
                best.set(Some(segment));
            }
        },
    );
    // Going down, the left is the east.
    best.get().map(|segment| {
        let [a, b] = ends[segment as usize];
        2 * segment + u32::from(a.y < b.y)
    })
}
