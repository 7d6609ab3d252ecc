//! The index: a packed R-tree over features that stand along a Hilbert curve.

use std::cmp::Reverse;

use crate::formats::flatgeobuf::wire::{NODE_BYTES, NODE_SIZE};

/// Cells of the curve along each side, less one.
const CELL_MAX: u32 = 65_535;

/// A box and where what is in it stands: a feature's first byte, or the number of the first child.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Node {
    /// Least x, least y, greatest x, greatest y.
    pub(super) sides: [f64; 4],
    pub(super) at: u64,
}

impl Node {
    pub(super) fn put(self, out: &mut Vec<u8>) {
        for side in self.sides {
            out.extend(side.to_le_bytes());
        }
        out.extend(self.at.to_le_bytes());
    }
}

/// The box around boxes; `None` around none.
pub(super) fn around(boxes: &[[f64; 4]]) -> Option<[f64; 4]> {
    boxes
        .iter()
        .copied()
        .reduce(|[a, b, c, d], [e, f, g, h]| [a.min(e), b.min(f), c.max(g), d.max(h)])
}

/// The order along the curve of the boxes' middles.
pub(super) fn order(boxes: &[[f64; 4]]) -> Vec<usize> {
    let [west, south, east, north] = around(boxes).unwrap_or_default();
    let place = |[a, b, c, d]: [f64; 4]| {
        let x = cell(f64::midpoint(a, c) - west, east - west);
        hilbert(x, cell(f64::midpoint(b, d) - south, north - south))
    };
    let mut order: Vec<(u32, usize)> = boxes.iter().map(|it| place(*it)).zip(0..).collect();
    order.sort_by_key(|(place, at)| (Reverse(*place), *at));
    order.into_iter().map(|(_, at)| at).collect()
}

/// How far along a side, in cells.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "held within the cells just before; what is no number becomes 0"
)]
fn cell(from: f64, side: f64) -> u32 {
    if side > 0.0 {
        (from / side * f64::from(CELL_MAX)).clamp(0.0, f64::from(CELL_MAX)) as u32
    } else {
        0
    }
}

/// The place of a cell along the curve.
fn hilbert(mut x: u32, mut y: u32) -> u32 {
    let (mut place, mut side) = (0, CELL_MAX.div_ceil(2));
    while side > 0 {
        let (right, up) = (u32::from(x & side > 0), u32::from(y & side > 0));
        place += side * side * ((3 * right) ^ up);
        if up == 0 {
            if right == 1 {
                (x, y) = (CELL_MAX - x, CELL_MAX - y);
            }
            (x, y) = (y, x);
        }
        side /= 2;
    }
    place
}

/// All nodes over the leaves, the topmost first, the leaves last. There is at least one leaf.
pub(super) fn nodes(leaves: Vec<Node>) -> Vec<Node> {
    let children = usize::from(NODE_SIZE);
    let mut levels = vec![leaves];
    loop {
        let below = levels.last().map_or(&[][..], Vec::as_slice);
        let above: Vec<Node> = below
            .chunks(children)
            .map(|them| {
                let boxes: Vec<[f64; 4]> = them.iter().map(|it| it.sides).collect();
                Node { sides: around(&boxes).unwrap_or_default(), at: 0 }
            })
            .collect();
        let is_top = above.len() <= 1;
        levels.push(above);
        if is_top {
            break;
        }
    }
    let mut all: Vec<Node> = Vec::new();
    for (level, nodes) in levels.iter().enumerate().rev() {
        let below = all.len() + nodes.len();
        let told = nodes.iter().zip((below..).step_by(children));
        all.extend(told.map(|(node, child)| {
            let child = if level == 0 { node.at } else { u64::try_from(child).unwrap_or(u64::MAX) };
            Node { at: child, ..*node }
        }));
    }
    all
}

/// How many bytes the index over so many features takes; `None` for what cannot be.
pub(super) fn bytes(features: u64, node_size: u16) -> Option<u64> {
    if node_size < 2 {
        return None;
    }
    let (mut level, mut nodes) = (features, features);
    loop {
        level = level.div_ceil(u64::from(node_size));
        nodes = nodes.checked_add(level)?;
        if level <= 1 {
            return nodes.checked_mul(u64::try_from(NODE_BYTES).ok()?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_passes_every_cell_once_and_goes_from_neighbour_to_neighbour() {
        // The coarsest cells of 8 by 8, each by its first corner.
        let step = (CELL_MAX + 1) / 8;
        let mut places: Vec<(u32, u32, u32)> = Vec::new();
        for x in 0..8 {
            for y in 0..8 {
                places.push((hilbert(x * step, y * step) / (step * step), x, y));
            }
        }
        places.sort_unstable();
        let numbers: Vec<u32> = places.iter().map(|it| it.0).collect();
        assert_eq!(numbers, (0..64).collect::<Vec<u32>>());
        for pair in places.windows(2) {
            let ((_, a, b), (_, c, d)) = (pair[0], pair[1]);
            assert_eq!(a.abs_diff(c) + b.abs_diff(d), 1, "{pair:?}");
        }
    }

    #[test]
    fn every_node_holds_its_children_and_leads_to_them() {
        for count in [1, 2, 16, 17, 256, 257, 1_000] {
            let leaf = |n: u32| {
                let (x, y) = (f64::from(n % 37), f64::from(n % 11));
                Node { sides: [x, y, x + 1.0, y + 1.0], at: u64::from(n) }
            };
            let all = nodes((0..count).map(leaf).collect());
            let expected = bytes(u64::from(count), NODE_SIZE).unwrap();
            assert_eq!(all.len() * NODE_BYTES, usize::try_from(expected).unwrap(), "{count}");
            let leaves = all.len() - usize::try_from(count).unwrap();
            let mut next = 1;
            for node in &all[..leaves] {
                let first = usize::try_from(node.at).unwrap();
                assert_eq!(first, next, "{count}");
                // The last node of a level leads to fewer.
                let until = all[1..leaves].iter().map(|it| it.at).find(|at| *at > node.at);
                let last = until.map_or(all.len(), |at| usize::try_from(at).unwrap());
                let boxes: Vec<[f64; 4]> = all[first..last].iter().map(|it| it.sides).collect();
                assert_eq!(around(&boxes), Some(node.sides), "{count}");
                next = last;
            }
            assert_eq!(next, all.len(), "{count}");
        }
        assert_eq!((bytes(1, 1), bytes(u64::MAX, 2)), (None, None));
    }
}
