//! Random partitions, whole and broken.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};

use crate::geom::coord::GridPoint;

/// Steps between two vertices of a partition: about 11 m.
pub(super) const PITCH: i32 = 1_000;

/// Numbers that look random, the same on every run.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From 0 to below `n`.
    pub(super) fn below(&mut self, n: i32) -> i32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i32::try_from((self.0 >> 33) % u64::try_from(n).unwrap()).unwrap()
    }

    pub(super) fn index(&mut self, n: usize) -> usize {
        usize::try_from(self.below(i32::try_from(n).unwrap())).unwrap()
    }

    /// From `-n` to `n`.
    pub(super) fn about(&mut self, n: i32) -> i32 {
        self.below(2 * n + 1) - n
    }
}

pub(super) type Ring = Vec<GridPoint>;

/// A partition of a jittered lattice by cuts: one ring for each area.
pub(super) fn whole(dice: &mut Dice, size: i32) -> Vec<Ring> {
    let lattice: Vec<Vec<GridPoint>> = (0..=size)
        .map(|i| {
            let at = |j: i32, dice: &mut Dice| GridPoint {
                x: i * PITCH + dice.about(PITCH / 3),
                y: j * PITCH + dice.about(PITCH / 3),
            };
            (0..=size).map(|j| at(j, dice)).collect()
        })
        .collect();
    let at = |i: i32, j: i32| lattice[usize::try_from(i).unwrap()][usize::try_from(j).unwrap()];
    let mut open = vec![[0, 0, size, size]];
    let mut rings = Vec::new();
    while let Some([w, s, e, n]) = open.pop() {
        if (e - w) * (n - s) > 3 {
            if e - w >= n - s {
                let x = w + 1 + dice.below(e - w - 1);
                open.extend([[w, s, x, n], [x, s, e, n]]);
            } else {
                let y = s + 1 + dice.below(n - s - 1);
                open.extend([[w, s, e, y], [w, y, e, n]]);
            }
            continue;
        }
        let mut ring = Vec::new();
        ring.extend((w..e).map(|i| at(i, s)));
        ring.extend((s..n).map(|j| at(e, j)));
        ring.extend((w + 1..=e).rev().map(|i| at(i, n)));
        ring.extend((s + 1..=n).rev().map(|j| at(w, j)));
        rings.push(ring);
    }
    rings
}

/// Breaks rings in one of many ways.
pub(super) fn break_one(dice: &mut Dice, rings: &mut Vec<Ring>, far: i32) {
    let i = dice.index(rings.len());
    let ring = &mut rings[i];
    let v = dice.index(ring.len());
    match dice.below(8) {
        0 => {
            ring[v].x += dice.about(far);
            ring[v].y += dice.about(far);
        }
        1 if ring.len() > 4 => {
            ring.remove(v);
        }
        2 => {
            let (dx, dy) = (dice.about(far), dice.about(far));
            for p in ring.iter_mut() {
                (p.x, p.y) = (p.x + dx, p.y + dy);
            }
        }
        3 => {
            let twin = ring.clone();
            rings.push(twin);
        }
        4 => {
            // A spike out and back.
            let p = ring[v];
            let tip = GridPoint { x: p.x + dice.about(far * 3), y: p.y + dice.about(far * 3) };
            ring.splice(v..=v, [p, tip, p]);
        }
        5 => {
            let w = dice.index(ring.len());
            ring.swap(v, w);
        }
        6 => {
            // A vertex more on an edge, exactly or nearly.
            let q = ring[(v + 1) % ring.len()];
            let middle = GridPoint {
                x: i32::midpoint(ring[v].x, q.x) + dice.about(2),
                y: i32::midpoint(ring[v].y, q.y) + dice.about(2),
            };
            ring.insert(v + 1, middle);
        }
        _ => {
            ring.reverse();
        }
    }
}

pub(super) fn area(ring: &Ring) -> MultiPolygon<f64> {
    let coord = |p: &GridPoint| Coord { x: f64::from(p.x) / 1e7, y: f64::from(p.y) / 1e7 };
    let mut line: LineString<f64> = ring.iter().map(coord).collect();
    line.close();
    MultiPolygon(vec![Polygon::new(line, vec![])])
}
