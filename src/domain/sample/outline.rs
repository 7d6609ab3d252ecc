//! Whole cells become polygons: edges that two cells of a group share fall away, the rest is
//! chained. Nothing is computed, so nothing can gape or overlap.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};

use crate::domain::sample::mesh::Mesh;
use crate::geom::coord::GridPoint;

/// Which group each cell belongs to.
pub(super) type Groups = [u32];

/// The area of the cells of `group`; `cells` are all of them.
pub(super) fn outline(mesh: &Mesh, groups: &Groups, group: u32, cells: &[u32]) -> MultiPolygon {
    let mut outer: Vec<(Vec<GridPoint>, Vec<LineString>)> = Vec::new();
    let mut holes = Vec::new();
    for ring in rings(mesh, groups, group, cells) {
        if doubled_area(&ring) > 0 { outer.push((ring, Vec::new())) } else { holes.push(ring) }
    }
    for hole in holes {
        let home = outer.iter().position(|(ring, _)| holds(ring, &hole)).unwrap_or(0);
        if let Some((_, inner)) = outer.get_mut(home) {
            inner.push(closed(&hole));
        }
    }
    outer.into_iter().map(|(ring, inner)| Polygon::new(closed(&ring), inner)).collect()
}

/// The outer border of a group as open rings, interior to the left.
pub(super) fn rings(
    mesh: &Mesh,
    groups: &Groups,
    group: u32,
    cells: &[u32],
) -> Vec<Vec<GridPoint>> {
    let inside = |cell: Option<u32>| cell.is_some_and(|cell| groups[cell as usize] == group);
    let border = |cell: u32, at: usize| {
        let (edge, _) = mesh.cells[cell as usize].edges[at];
        !inside(mesh.edges[edge as usize].across(cell))
    };
    let mut seen = std::collections::BTreeSet::new();
    let mut out = Vec::new();
    for &start in cells {
        for first in 0..mesh.cells[start as usize].edges.len() {
            if !border(start, first) || seen.contains(&(start, first)) {
                continue;
            }
            let (mut cell, mut at, mut ring) = (start, first, Vec::new());
            while seen.insert((cell, at)) {
                let (edge, forward) = mesh.cells[cell as usize].edges[at];
                ring.extend(mesh.along(edge, forward));
                at = (at + 1) % mesh.cells[cell as usize].edges.len();
                // Turn about the node, from cell to cell, until a border comes.
                while !border(cell, at) {
                    let (edge, _) = mesh.cells[cell as usize].edges[at];
                    let Some(other) = mesh.edges[edge as usize].across(cell) else { break };
                    let edges = &mesh.cells[other as usize].edges;
                    let entry = edges.iter().position(|(one, _)| *one == edge).unwrap_or(0);
                    (cell, at) = (other, (entry + 1) % edges.len());
                }
            }
            out.push(ring);
        }
    }
    out
}

/// Twice the area of an open ring in square grid steps; positive counter-clockwise.
pub(super) fn doubled_area(ring: &[GridPoint]) -> i128 {
    let mut sum = 0;
    for at in 0..ring.len() {
        let (a, b) = (ring[at], ring[(at + 1) % ring.len()]);
        sum += i128::from(a.x) * i128::from(b.y) - i128::from(b.x) * i128::from(a.y);
    }
    sum
}

/// Whether the hole lies in the ring: one of its points that is not on the ring does.
fn holds(ring: &[GridPoint], hole: &[GridPoint]) -> bool {
    let corners: std::collections::BTreeSet<_> = ring.iter().collect();
    hole.iter().find(|point| !corners.contains(point)).is_some_and(|point| within(ring, *point))
}

/// Whether a point that is no vertex lies within an open ring.
pub(super) fn within(ring: &[GridPoint], p: GridPoint) -> bool {
    let mut inside = false;
    for at in 0..ring.len() {
        let (a, b) = (ring[at], ring[(at + 1) % ring.len()]);
        if (a.y > p.y) == (b.y > p.y) {
            continue;
        }
        let (low, high) = if a.y < b.y { (a, b) } else { (b, a) };
        let wide = |one: i32, two: i32| i64::from(one) - i64::from(two);
        let cross = i128::from(wide(high.x, low.x)) * i128::from(wide(p.y, low.y))
            - i128::from(wide(high.y, low.y)) * i128::from(wide(p.x, low.x));
        inside ^= cross > 0;
    }
    inside
}

/// Grid points as a line in degrees.
pub(super) fn line(points: impl IntoIterator<Item = GridPoint>) -> LineString {
    points.into_iter().map(degrees).collect()
}

/// An open ring, closed, in degrees.
pub(super) fn closed(ring: &[GridPoint]) -> LineString {
    line(ring.iter().copied().chain(ring.first().copied()))
}

/// A grid point in degrees.
pub(super) fn degrees(point: GridPoint) -> Coord {
    let place = point.degrees();
    Coord { x: place.lon(), y: place.lat() }
}
