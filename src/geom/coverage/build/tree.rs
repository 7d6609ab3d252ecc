//! Boxes by place: a packed tree over boxes sorted along a Z-curve.
//!
//! It is built once and asked for all pairs that meet; for that a walk of the tree against itself
//! is several times faster than a search for each box.

use std::ops::ControlFlow;

use crate::geom::coord::{GridBox, GridPoint};

/// Children of a node.
const FAN: usize = 8;

/// A box with both ends inclusive.
#[derive(Clone, Copy)]
struct Frame {
    x: [i32; 2],
    y: [i32; 2],
}

impl Frame {
    fn of([a, b]: [GridPoint; 2]) -> Self {
        Self { x: [a.x.min(b.x), a.x.max(b.x)], y: [a.y.min(b.y), a.y.max(b.y)] }
    }

    fn with(self, other: Self) -> Self {
        let both = |a: [i32; 2], b: [i32; 2]| [a[0].min(b[0]), a[1].max(b[1])];
        Self { x: both(self.x, other.x), y: both(self.y, other.y) }
    }

    fn meets(&self, other: &Self, reach: [i64; 2]) -> bool {
        let near = |a: [i32; 2], b: [i32; 2], reach: i64| {
            i64::from(a[0]) <= i64::from(b[1]) + reach && i64::from(b[0]) <= i64::from(a[1]) + reach
        };
        near(self.x, other.x, reach[0]) && near(self.y, other.y, reach[1])
    }
}

/// The boxes of segments, by place. Segments are numbered in the order given.
pub(super) struct Tree {
    /// From the leaves to the root.
    levels: Vec<Vec<Frame>>,
    /// The segment of each leaf.
    order: Vec<u32>,
}

impl Tree {
    /// Builds the tree over segments.
    pub(super) fn build(segments: &[[GridPoint; 2]]) -> Self {
        let mut keyed: Vec<(u64, u32)> = (0..)
            .zip(segments)
            .map(|(i, &[a, b])| (z_order(i32::midpoint(a.x, b.x), i32::midpoint(a.y, b.y)), i))
            .collect();
        keyed.sort_unstable();
        let order: Vec<u32> = keyed.iter().map(|&(_, i)| i).collect();
        let mut levels = vec![Vec::with_capacity(order.len())];
        levels[0].extend(order.iter().map(|&i| Frame::of(segments[i as usize])));
        while let Some(last) = levels.last().filter(|level| level.len() > 1) {
            let joined = |few: &[Frame]| few[1..].iter().fold(few[0], |all, &one| all.with(one));
            levels.push(last.chunks(FAN).map(joined).collect());
        }
        Self { levels, order }
    }

    /// Hands on each two segments whose boxes lie within `reach` steps (east, north) of each other,
    /// until `take` breaks off.
    pub(super) fn pairs(
        &self,
        reach: [i64; 2],
        take: &mut impl FnMut(u32, u32) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut stack = Vec::new();
        if !self.order.is_empty() {
            stack.push((self.levels.len() - 1, 0, 0));
        }
        while let Some((level, i, j)) = stack.pop() {
            if level == 0 {
                if i != j {
                    take(self.order[i], self.order[j])?;
                }
                continue;
            }
            let below = &self.levels[level - 1];
            for k in self.children(level, i) {
                let start = if i == j { k } else { j * FAN };
                for l in start..((j + 1) * FAN).min(below.len()) {
                    if below[k].meets(&below[l], reach) {
                        stack.push((level - 1, k, l));
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Hands on each segment whose box lies within `reach` steps of the frame.
    pub(super) fn near(&self, frame: GridBox, reach: [i64; 2], take: &mut impl FnMut(u32)) {
        let frame = Frame::of([frame.min, frame.max]);
        self.search(&mut |other| other.meets(&frame, reach), take);
    }

    /// Hands on each segment that may meet the line westwards of `p`, the eastern part of the tree
    /// first; `wanted` is told how far east a box reaches and may leave it out.
    pub(super) fn westwards(
        &self,
        p: GridPoint,
        wanted: &dyn Fn(i32) -> bool,
        take: &mut impl FnMut(u32),
    ) {
        self.search(
            &mut |frame| {
                frame.y[0] <= p.y && p.y <= frame.y[1] && frame.x[0] <= p.x && wanted(frame.x[1])
            },
            take,
        );
    }

    fn search(&self, wanted: &mut dyn FnMut(&Frame) -> bool, take: &mut impl FnMut(u32)) {
        let mut stack = Vec::new();
        if !self.order.is_empty() {
            stack.push((self.levels.len() - 1, 0));
        }
        while let Some((level, i)) = stack.pop() {
            // Asked when it is taken off the stack: by then more may be known.
            if !wanted(&self.levels[level][i]) {
                continue;
            }
            if level == 0 {
                take(self.order[i]);
            } else {
                stack.extend(self.children(level, i).map(|child| (level - 1, child)));
            }
        }
    }

    fn children(&self, level: usize, i: usize) -> std::ops::Range<usize> {
        i * FAN..((i + 1) * FAN).min(self.levels[level - 1].len())
    }
}

/// The bits of both coordinates in turn.
fn z_order(x: i32, y: i32) -> u64 {
    let spread = |v: i32| {
        let mut v = u64::from(v.cast_unsigned() ^ 0x8000_0000);
        v = (v | (v << 16)) & 0x0000_ffff_0000_ffff;
        v = (v | (v << 8)) & 0x00ff_00ff_00ff_00ff;
        v = (v | (v << 4)) & 0x0f0f_0f0f_0f0f_0f0f;
        v = (v | (v << 2)) & 0x3333_3333_3333_3333;
        (v | (v << 1)) & 0x5555_5555_5555_5555
    };
    spread(x) | (spread(y) << 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_boxes_that_meet_is_found_once() {
        let mut seed = 7_u32;
        let mut dice = |n: i32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i32::try_from(seed >> 8).unwrap() % n
        };
        for count in [0, 1, 2, 9, 130] {
            let segments: Vec<[GridPoint; 2]> = (0..count)
                .map(|_| {
                    let a = GridPoint { x: dice(200) - 100, y: dice(200) - 100 };
                    [a, GridPoint { x: a.x + dice(30), y: a.y - dice(30) }]
                })
                .collect();
            let mut found = Vec::new();
            let done = Tree::build(&segments).pairs([2, 1], &mut |i, j| {
                found.push((i.min(j), i.max(j)));
                ControlFlow::Continue(())
            });
            assert!(done.is_continue());
            found.sort_unstable();
            let mut expected = Vec::new();
            for i in 0..segments.len() {
                for j in i + 1..segments.len() {
                    if Frame::of(segments[i]).meets(&Frame::of(segments[j]), [2, 1]) {
                        expected.push((u32::try_from(i).unwrap(), u32::try_from(j).unwrap()));
                    }
                }
            }
            assert_eq!(found, expected);
        }
    }
}
