//! From the directed borders of an area to rings and parts that are valid polygons.

use std::collections::HashMap;

use geo_types::{Coord, LineString, Polygon};

use crate::geom::coverage::exact::{Spot, ray_crosses, turn, turns_first, twice_area, upward};

/// A shell and its holes; rings are not closed by repetition.
pub(super) struct Part {
    pub(super) shell: Vec<Spot>,
    pub(super) holes: Vec<Vec<Spot>>,
}

/// A hole that touches no shell, with the place west of which its surroundings lie.
struct Loose {
    at: Spot,
    ring: Vec<Spot>,
}

/// The parts of an area from its border: segments with the area on their left, in any order.
///
/// The border is walked along the inside: at a node the next segment is the first one clockwise, so
/// that areas which touch at a point come out apart. Where a walk comes to a place again, what lies
/// between is a ring of its own: a hole that touches its shell, or another hole. Shells run
/// counter-clockwise, holes clockwise, each from its smallest place on; parts stand in the order of those.
pub(super) fn parts(mut border: Vec<(Spot, Spot)>) -> Vec<Part> {
    border.sort_unstable();
    let mut used = vec![false; border.len()];
    let (mut parts, mut loose) = (Vec::new(), Vec::new());
    for start in 0..border.len() {
        if !used[start] {
            let at = border[start].0;
            let (mut shells, holes) = walk(&border, &mut used, start)
                .into_iter()
                .partition::<Vec<_>, _>(|ring| twice_area(ring) > 0);
            if shells.is_empty() {
                loose.extend(holes.into_iter().map(|ring| Loose { at, ring }));
            } else {
                // One shell for one walk along the inside.
                let shell = shells.swap_remove(0);
                parts.push(Part { shell, holes });
            }
        }
    }
    place_holes(&mut parts, loose);
    for part in &mut parts {
        part.holes.iter_mut().for_each(|hole| from_smallest(hole));
        from_smallest(&mut part.shell);
        part.holes.sort_unstable();
    }
    parts.sort_unstable_by(|one, other| one.shell.cmp(&other.shell));
    parts
}

fn from_smallest(ring: &mut [Spot]) {
    let smallest = (0..ring.len()).min_by_key(|&at| ring[at]).unwrap_or(0);
    ring.rotate_left(smallest);
}

/// The simple rings of one walk.
fn walk(border: &[(Spot, Spot)], used: &mut [bool], start: usize) -> Vec<Vec<Spot>> {
    let mut rings = Vec::new();
    let mut path = vec![border[start].0];
    // Only places with several ways out can be come to twice, and the start.
    let mut seen: HashMap<Spot, usize> = HashMap::from([(border[start].0, 0)]);
    let mut at = start;
    loop {
        used[at] = true;
        let (from, node) = border[at];
        if let Some(&back) = seen.get(&node) {
            for gone in &path[back + 1..] {
                seen.remove(gone);
            }
            rings.push(path[back..].to_vec());
            path.truncate(back + 1);
        } else {
            path.push(node);
        }
        let first = border.partition_point(|&(p, _)| p < node);
        let ways = border[first..].iter().take_while(|&&(p, _)| p == node).count();
        if ways > 1 {
            seen.insert(node, path.len() - 1);
        }
        let Some(next) = (first..first + ways).reduce(|best, way| {
            let last = turns_first(node, from, border[best].1, border[way].1);
            if last { way } else { best }
        }) else {
            return rings;
        };
        if used[next] {
            return rings;
        }
        at = next;
    }
}

/// Puts every hole that touches no shell into the smallest shell around it.
fn place_holes(parts: &mut [Part], loose: Vec<Loose>) {
    let areas: Vec<i128> = parts.iter().map(|part| twice_area(&part.shell)).collect();
    let spans: Vec<(i64, i64)> = parts.iter().map(|part| span(&part.shell)).collect();
    for Loose { at, ring } in loose {
        let around = (0..parts.len())
            .filter(|&n| spans[n].0 <= at.y && at.y <= spans[n].1)
            .filter(|&n| holds_west_of(&parts[n].shell, at))
            .min_by_key(|&n| areas[n]);
        if let Some(n) = around {
            parts[n].holes.push(ring);
        }
    }
}

fn span(ring: &[Spot]) -> (i64, i64) {
    ring.iter().fold((i64::MAX, i64::MIN), |(low, high), p| (low.min(p.y), high.max(p.y)))
}

/// Whether the ring holds `p - (ε, -ε²)`: the segments strictly west of `p` count.
fn holds_west_of(ring: &[Spot], p: Spot) -> bool {
    let mut inside = false;
    for (at, &a) in ring.iter().enumerate() {
        let (low, high) = upward(a, ring[(at + 1) % ring.len()]);
        inside ^= ray_crosses(low, high, p) && turn(low, high, p).is_ne();
    }
    inside
}

/// A part as a polygon in degrees, of positions in steps of one `parts`-th of the grid's.
pub(super) fn polygon(part: &Part, parts: f64) -> Polygon<f64> {
    let line = |ring: &[Spot]| -> LineString<f64> {
        ring.iter().chain(ring.first()).map(|&p| degrees(p, parts)).collect()
    };
    Polygon::new(line(&part.shell), part.holes.iter().map(|hole| line(hole)).collect())
}

#[expect(clippy::cast_precision_loss, reason = "below 2^53")]
fn degrees(p: Spot, parts: f64) -> Coord<f64> {
    let steps = crate::geom::coord::STEPS_PER_DEGREE * parts;
    Coord { x: p.x as f64 / steps, y: p.y as f64 / steps }
}
