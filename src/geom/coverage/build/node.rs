//! Snap rounding: segments that meet anywhere -> segments that meet only at common ends.
//!
//! Every end and every crossing, rounded, is a hot pixel; every segment that passes through one is
//! bent to its centre. What results meets only at pixel centres (Hobby, Practical segment
//! intersection with finite precision output, 1999), and no segment has left its half step. All of
//! it is decided in integers.

use std::ops::ControlFlow;

use crate::geom::coord::{GridBox, GridPoint};
use crate::geom::coverage::build::exact::{along, crossing_rounded, meets_pixel, ordered};
use crate::geom::coverage::build::fault::{BuildFault, WORK_MAX};
use crate::geom::coverage::build::linework::Linework;
use crate::geom::coverage::build::tree::Tree;

/// Segments that meet only at common ends.
pub(super) struct Noded {
    pub(super) linework: Linework,
    /// Ends that lay on the inside of a segment.
    pub(super) unmatched: Vec<GridPoint>,
}

/// Bends and cuts segments so that they meet only at common ends.
pub(super) fn node(linework: Linework) -> Result<Noded, BuildFault> {
    let tree = Tree::build(&linework.ends);
    let mut cuts = Cuts::default();
    let mut given_up = None;
    let _ = tree.pairs([1, 1], &mut |i, j| {
        cuts.work += 1;
        if cuts.work > WORK_MAX {
            given_up = Some(linework.ends[i as usize][0]);
            return ControlFlow::Break(());
        }
        cuts.pair(&linework, i, j);
        ControlFlow::Continue(())
    });
    if let Some(at) = given_up {
        return Err(BuildFault::TooEntangled { at });
    }
    cuts.hot.sort_unstable();
    cuts.hot.dedup();
    for &centre in &cuts.hot {
        tree.near(GridBox { min: centre, max: centre }, [1, 1], &mut |segment| {
            cuts.work += 1;
            let ends = linework.ends[segment as usize];
            if !ends.contains(&centre) && meets_pixel(ends, centre) {
                cuts.all.push((segment, centre));
            }
        });
        if cuts.work > WORK_MAX {
            return Err(BuildFault::TooEntangled { at: centre });
        }
    }
    let Cuts { mut all, mut unmatched, .. } = cuts;
    unmatched.sort_unstable();
    unmatched.dedup();
    if all.is_empty() {
        return Ok(Noded { linework, unmatched });
    }
    let linework = cut(&linework, &mut all, along);
    Ok(Noded { linework, unmatched })
}

/// Replaces segments by the ways through the places where they are cut, which `order` puts in order.
pub(super) fn cut(
    linework: &Linework,
    cuts: &mut [(u32, GridPoint)],
    order: impl Fn([GridPoint; 2], GridPoint, GridPoint) -> std::cmp::Ordering,
) -> Linework {
    cuts.sort_unstable_by(|&(i, p), &(j, q)| {
        i.cmp(&j).then_with(|| order(linework.ends[i as usize], p, q)).then(p.cmp(&q))
    });
    let mut rest = &*cuts;
    let edges = linework.edges_with(|segment, pieces| {
        let own = rest.iter().take_while(|&&(i, _)| i as usize == segment).count();
        let (mine, others) = rest.split_at(own);
        rest = others;
        let [mut from, end] = linework.ends[segment];
        for to in mine.iter().map(|&(_, p)| p).chain([end]) {
            if from != to {
                pieces.push(ordered(from, to));
            }
            from = to;
        }
    });
    Linework::gather(edges)
}

#[derive(Default)]
struct Cuts {
    /// Segment and the place to which it is bent.
    all: Vec<(u32, GridPoint)>,
    /// Crossings, rounded.
    hot: Vec<GridPoint>,
    unmatched: Vec<GridPoint>,
    work: u64,
}

impl Cuts {
    fn pair(&mut self, linework: &Linework, i: u32, j: u32) {
        let [one, other] = [i, j].map(|i| linework.ends[i as usize]);
        if one[1] == other[0] && apart(one, other) {
            return;
        }
        for (ends, on, segment) in [(one, other, j), (other, one, i)] {
            for end in ends {
                if !on.contains(&end) && near(on, end) && meets_pixel(on, end) {
                    self.all.push((segment, end));
                    self.unmatched.push(end);
                }
            }
        }
        // Segments that share an end do not cross besides.
        if one.iter().any(|p| other.contains(p)) {
            return;
        }
        if let Some(centre) = crossing_rounded(one, other) {
            self.hot.push(centre);
        }
    }
}

/// Whether segments that follow each other eastwards cannot be near anywhere else: the ordinary
/// case, told quickly.
fn apart(before: [GridPoint; 2], after: [GridPoint; 2]) -> bool {
    i64::from(before[1].x) - i64::from(before[0].x) > 1
        && i64::from(after[1].x) - i64::from(after[0].x) > 1
}

/// Whether a place lies within a step of a segment's box.
fn near([a, b]: [GridPoint; 2], p: GridPoint) -> bool {
    let within = |v: i32, a: i32, b: i32| {
        i64::from(v) >= i64::from(a.min(b)) - 1 && i64::from(v) <= i64::from(a.max(b)) + 1
    };
    within(p.x, a.x, b.x) && within(p.y, a.y, b.y)
}
