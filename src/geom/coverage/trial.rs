//! Partitions for tests: a net of bent quadrilaterals with faces drawn by lot.

use crate::geom::coord::GridPoint;
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::side::{FaceLabel, Side};

/// A small generator of numbers (splitmix64), so that a failure is told by its seed.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut n = self.0;
        n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        n ^ (n >> 31)
    }

    /// A number in `from..to`.
    pub(super) fn within(&mut self, from: i32, to: i32) -> i32 {
        let span = u64::try_from(i64::from(to) - i64::from(from)).unwrap();
        i32::try_from(i64::from(from) + i64::try_from(self.next() % span).unwrap()).unwrap()
    }

    pub(super) fn chance(&mut self, percent: i32) -> bool {
        self.within(0, 100) < percent
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.next() % u64::try_from(from.len()).unwrap()).unwrap()]
    }
}

/// How a net is made.
#[derive(Clone, Copy)]
pub(super) struct Net {
    /// Cells in a row, and rows.
    pub(super) across: i32,
    /// Steps between two knots.
    pub(super) mesh: i32,
    /// How far a knot may stand from its place, below a third of the mesh.
    pub(super) bend: i32,
    /// Faces drawn from; one more stands for outside.
    pub(super) faces: u16,
    /// South-western corner.
    pub(super) corner: GridPoint,
}

pub(super) const SMALL: Net =
    Net { across: 6, mesh: 40, bend: 9, faces: 5, corner: GridPoint { x: -100, y: -100 } };

/// The net's knots, by row.
fn knots(net: Net, dice: &mut Dice) -> Vec<Vec<GridPoint>> {
    let row = |y: i32, dice: &mut Dice| {
        (0..=net.across)
            .map(|x| GridPoint {
                x: net.corner.x + x * net.mesh + dice.within(-net.bend, net.bend + 1),
                y: net.corner.y + y * net.mesh + dice.within(-net.bend, net.bend + 1),
            })
            .collect()
    };
    (0..=net.across).map(|y| row(y, dice)).collect()
}

/// The sides of a random partition.
pub(super) fn sides(net: Net, dice: &mut Dice) -> Vec<Side> {
    let knots = knots(net, dice);
    let n = usize::try_from(net.across).unwrap();
    let cells: Vec<Vec<FaceLabel>> = (0..n)
        .map(|_| {
            (0..n)
                .map(|_| u16::try_from(dice.within(0, i32::from(net.faces) + 1)).unwrap())
                .map(|face| (face < net.faces).then_some(face))
                .collect()
        })
        .collect();
    let cell = |x: usize, y: usize| -> FaceLabel {
        // Beyond the net the numbers wrap around and are no index.
        *cells.get(y)?.get(x)?
    };
    let mut sides = Vec::new();
    for y in 0..=n {
        for x in 0..=n {
            if x < n {
                let (left, right) = (cell(x, y), cell(x, y.wrapping_sub(1)));
                sides.push(Side::new(knots[y][x], knots[y][x + 1], left, right));
            }
            if y < n {
                let (left, right) = (cell(x.wrapping_sub(1), y), cell(x, y));
                sides.push(Side::new(knots[y][x], knots[y + 1][x], left, right));
            }
        }
    }
    sides.retain(|side| side.left != side.right);
    sides
}

pub(super) fn coverage(net: Net, seed: u64) -> Coverage {
    Coverage::from_sides(&sides(net, &mut Dice(seed))).unwrap()
}

/// A coverage from areas drawn as text: each face a ring, `x y` by comma; the faces fit exactly.
pub(super) fn drawn(faces: &[&str]) -> Coverage {
    use std::collections::BTreeMap;
    let mut held: BTreeMap<(GridPoint, GridPoint), [FaceLabel; 2]> = BTreeMap::new();
    for (face, text) in (0..).zip(faces) {
        for ring in text.split(';').filter(|ring| !ring.trim().is_empty()) {
            let points = line(ring);
            for (n, &p) in points.iter().enumerate() {
                let q = points[(n + 1) % points.len()];
                let entry = held.entry((p.min(q), p.max(q))).or_default();
                entry[usize::from(p > q)] = Some(face);
            }
        }
    }
    let side = |(&(a, b), &[left, right]): (&(GridPoint, GridPoint), &[FaceLabel; 2])| Side {
        a,
        b,
        left,
        right,
    };
    Coverage::from_sides(&held.iter().map(side).collect::<Vec<_>>()).unwrap()
}

/// Points drawn as text.
pub(super) fn line(text: &str) -> Vec<GridPoint> {
    text.split(',').map(point).collect()
}

pub(super) fn point(text: &str) -> GridPoint {
    let mut numbers = text.split_whitespace().map(|n| n.parse().unwrap());
    GridPoint { x: numbers.next().unwrap(), y: numbers.next().unwrap() }
}
