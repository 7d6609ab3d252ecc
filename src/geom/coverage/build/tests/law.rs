//! The laws of a coverage's sides, checked slowly and by nothing of ours.

use std::collections::HashMap;

use geo_types::MultiPolygon;

use crate::geom::coord::GridPoint;
use crate::geom::coverage::side::{FaceLabel, Side};

fn cross(o: GridPoint, a: GridPoint, b: GridPoint) -> i128 {
    let way = |p: GridPoint| (i128::from(p.x) - i128::from(o.x), i128::from(p.y) - i128::from(o.y));
    let ((ax, ay), (bx, by)) = (way(a), way(b));
    ax * by - ay * bx
}

fn on_inside(p: GridPoint, [a, b]: [GridPoint; 2]) -> bool {
    let within =
        p.x >= a.x.min(b.x) && p.x <= a.x.max(b.x) && p.y >= a.y.min(b.y) && p.y <= a.y.max(b.y);
    p != a && p != b && within && cross(a, b, p) == 0
}

/// Panics where sides break a law.
pub(super) fn keep(sides: &[Side]) {
    for side in sides {
        assert!(side.a < side.b, "spelled from the smaller end: {side:?}");
        assert_ne!(side.left, side.right, "{side:?}");
    }
    assert!(sides.is_sorted());
    for (i, one) in sides.iter().enumerate() {
        // Those that begin east of its end, and all after them, are out of reach.
        for other in sides[i + 1..].iter().take_while(|other| other.a.x <= one.b.x) {
            let (s, t) = ([one.a, one.b], [other.a, other.b]);
            assert_ne!(s, t, "twice");
            let meet = s.iter().any(|&p| on_inside(p, t)) || t.iter().any(|&p| on_inside(p, s));
            let split = |s: [GridPoint; 2], t: [GridPoint; 2]| {
                cross(s[0], s[1], t[0]).signum() * cross(s[0], s[1], t[1]).signum() < 0
            };
            assert!(!(meet || split(s, t) && split(t, s)), "{one:?} meets {other:?}");
        }
    }
    labels_agree(sides);
}

fn labels_agree(sides: &[Side]) {
    /// A way out of a node with the labels to its left and right.
    type Out = (f64, GridPoint, FaceLabel, FaceLabel);
    let mut stars: HashMap<GridPoint, Vec<Out>> = HashMap::new();
    for side in sides {
        for (from, to, left, right) in
            [(side.a, side.b, side.left, side.right), (side.b, side.a, side.right, side.left)]
        {
            let [dx, dy] =
                [f64::from(to.x) - f64::from(from.x), f64::from(to.y) - f64::from(from.y)];
            stars.entry(from).or_default().push((dy.atan2(dx), to, left, right));
        }
    }
    for (node, mut star) in stars {
        assert!(star.len() > 1, "a dead end at {node:?}");
        // In doubles first; neighbours that they cannot tell apart, exactly.
        star.sort_by(|a, b| a.0.total_cmp(&b.0));
        star.sort_by(|a, b| {
            if (a.0 - b.0).abs() < 1e-9 {
                0.cmp(&cross(node, a.1, b.1))
            } else {
                a.0.total_cmp(&b.0)
            }
        });
        for (i, one) in star.iter().enumerate() {
            let after = &star[(i + 1) % star.len()];
            assert_eq!(one.2, after.3, "between two ways of {node:?}: {star:?}");
        }
    }
}

/// The face at a place between grid points: a little east and north of `p`.
pub(super) fn face_at(sides: &[Side], p: GridPoint) -> FaceLabel {
    let [px, py] = [f64::from(p.x) + 0.3, f64::from(p.y) + 0.4];
    let mut nearest = (f64::NEG_INFINITY, None);
    for side in sides {
        let (low, high, east) = if side.a.y < side.b.y {
            (side.a, side.b, side.right)
        } else {
            (side.b, side.a, side.left)
        };
        let [lx, ly, hx, hy] = [low.x, low.y, high.x, high.y].map(f64::from);
        if ly <= py && py < hy {
            let x = lx + (hx - lx) * (py - ly) / (hy - ly);
            if x < px && x > nearest.0 {
                nearest = (x, east);
            }
        }
    }
    nearest.1
}

/// Whether an area holds the place, by odd and even of each polygon, and how far its border is, both
/// in grid steps.
pub(super) fn holds(area: &MultiPolygon<f64>, p: GridPoint) -> (bool, f64) {
    let [px, py] = [f64::from(p.x) + 0.3, f64::from(p.y) + 0.4];
    let (mut held, mut nearest) = (false, f64::INFINITY);
    for polygon in area {
        let mut odd = false;
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            for line in ring.lines() {
                let [ax, ay, bx, by] =
                    [line.start.x, line.start.y, line.end.x, line.end.y].map(|v| v * 1e7);
                if (ay > py) != (by > py) {
                    odd ^= px > ax + (bx - ax) * (py - ay) / (by - ay);
                }
                let length2 = (bx - ax).powi(2) + (by - ay).powi(2);
                let t = ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length2.max(1e-9);
                let t = t.clamp(0.0, 1.0);
                let far = (ax + t * (bx - ax) - px).hypot(ay + t * (by - ay) - py);
                nearest = nearest.min(far);
            }
        }
        held |= odd;
    }
    (held, nearest)
}
