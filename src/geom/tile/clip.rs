//! Polygons cut to a tile.
//!
//! Every ring is cut into chains that run within the window; from where one goes out, the window's edge is
//! followed, as a shell goes, to where the next comes in (Weiler and Atherton 1977, for a box). Which comes
//! next is decided on exact fractions, so that it is right however near crossings lie to each other. Of
//! what is drawn only the crossings themselves are rounded, alike for both sides of a border; where that
//! makes rings touch, they are mended.

use crate::geom::segments::conflict;
use crate::geom::tile::exact::{inside, twice_area};
use crate::geom::tile::grid::{Tile, Unit};
use crate::geom::tile::mend::mended;
use crate::geom::tile::passage::{
    CORNERS, Crossing, Passage, is_inside, is_on_edge, on_one_side, passage,
};
use crate::geom::tile::rings::{Rings, tidied};

/// What polygons, valid and in the units of the tile's zoom, have in a tile and the buffer around it, in
/// units from its corner. Empty when that is nothing.
#[must_use]
pub fn polygons(polygons: &[Rings], tile: Tile) -> Vec<Rings> {
    let mut cut = Vec::new();
    for rings in polygons {
        polygon(rings, tile.origin(), &mut cut);
    }
    cut
}

/// A part of a ring within the window.
struct Chain {
    entry: Crossing,
    points: Vec<Unit>,
    exit: Crossing,
}

fn polygon(rings: &Rings, origin: Unit, cut: &mut Vec<Rings>) {
    let (mut chains, mut whole) = (Vec::new(), Vec::new());
    for ring in rings {
        if let Some(ring) = chained(ring, origin, &mut chains) {
            whole.push(ring);
        }
    }
    if chains.is_empty() {
        if whole.len() < rings.len() && holds_window(rings, origin) {
            whole.insert(0, frame());
            cut.push(whole);
        } else if whole.len() == rings.len() {
            cut.push(whole);
        }
        return;
    }
    let drawn = joined(&chains);
    if is_sound(&drawn, &whole) {
        let shells = drawn.into_iter().map(|shell| vec![shell]).collect();
        cut.extend(with_holes(shells, whole));
    } else {
        // Also what is not drawn as a shell: an odd number of times inside is inside.
        let mut all = drawn;
        all.extend(whole);
        cut.extend(mended(&[all]));
    }
}

/// Cuts a ring into chains. One that lies inside the window as a whole is given back, moved to the tile.
fn chained(ring: &[Unit], origin: Unit, chains: &mut Vec<Chain>) -> Option<Vec<Unit>> {
    let local = |p: &Unit| Unit { x: p.x - origin.x, y: p.y - origin.y };
    let Some(start) = ring.iter().position(|p| !is_inside(local(p))) else {
        return Some(ring.iter().map(local).collect());
    };
    let mut open: Option<(Crossing, Vec<Unit>)> = None;
    let mut from = local(&ring[start]);
    for p in ring[start + 1..].iter().chain(&ring[..=start]) {
        let to = local(p);
        if let Some((_, points)) = &mut open
            && is_inside(to)
        {
            points.push(to);
        } else if let Some(Passage { entry, exit }) = passage(from, to) {
            if let Some(entry) = entry {
                open = Some((entry, vec![entry.at()]));
            }
            match (exit, open.take()) {
                (Some(exit), Some((entry, mut points))) => {
                    points.push(exit.at());
                    chains.push(Chain { entry, points, exit });
                }
                (_, begun) => {
                    open = begun;
                    if let Some((_, points)) = &mut open {
                        points.push(to);
                    }
                }
            }
        }
        from = to;
    }
    None
}

/// The rings that chains make with the window's edge.
fn joined(chains: &[Chain]) -> Vec<Vec<Unit>> {
    let mut entries: Vec<usize> = (0..chains.len()).collect();
    entries.sort_unstable_by(|&m, &n| chains[m].entry.order(&chains[n].entry));
    let mut used = vec![false; chains.len()];
    let mut rings = Vec::new();
    for first in 0..chains.len() {
        let mut ring = Vec::new();
        let mut at = first;
        while !used[at] {
            used[at] = true;
            ring.extend_from_slice(&chains[at].points);
            let exit = &chains[at].exit;
            let next = entries.partition_point(|&n| chains[n].entry.order(exit).is_lt());
            let around = next == entries.len();
            at = entries[if around { 0 } else { next }];
            let entry = &chains[at].entry;
            let laps = if around { 4 } else { 0 };
            let corners = entry.side + laps - exit.side;
            ring.extend((0..corners).map(|n| CORNERS[(exit.side + n) % 4]));
        }
        let ring = tidied(ring);
        // What rounding left without an inside is not drawn.
        if twice_area(&ring) > 0 {
            rings.push(ring);
        }
    }
    rings
}

/// Whether the window lies in the polygon, of which no ring crosses it.
fn holds_window(rings: &Rings, origin: Unit) -> bool {
    // The tile's own corner will do; it may lie on no ring, since none comes into the window, unless it is
    // a hole that lies in it whole.
    let outside = rings.iter().filter(|ring| {
        ring.first().is_some_and(|p| !is_inside(Unit { x: p.x - origin.x, y: p.y - origin.y }))
    });
    inside(outside.map(Vec::as_slice), origin) == Some(true)
}

/// The window itself, as a shell.
fn frame() -> Vec<Unit> {
    vec![CORNERS[3], CORNERS[0], CORNERS[1], CORNERS[2]]
}

/// Whether rounding the crossings left the rings valid. Only segments with an end on the window's edge are
/// otherwise than they were.
fn is_sound(drawn: &[Vec<Unit>], whole: &[Vec<Unit>]) -> bool {
    let mut on_edge: Vec<Unit> =
        drawn.iter().flatten().copied().filter(|&p| is_on_edge(p)).collect();
    on_edge.sort_unstable();
    if on_edge.windows(2).any(|pair| pair[0] == pair[1]) {
        return false;
    }
    let all: Vec<(Unit, Unit)> = drawn
        .iter()
        .chain(whole)
        .flat_map(|ring| ring.iter().enumerate().map(move |(at, &p)| (p, behind(ring, at))))
        .collect();
    let bent = |a: Unit, b: Unit| (is_on_edge(a) || is_on_edge(b)) && !on_one_side(a, b);
    all.iter().enumerate().filter(|(_, (a, b))| bent(*a, *b)).all(|(at, &(a, b))| {
        let clear = |(other, &(c, d)): (usize, &(Unit, Unit))| other == at || !conflict(a, b, c, d);
        all.iter().enumerate().all(clear)
    })
}

/// The place behind one in a ring.
fn behind(ring: &[Unit], at: usize) -> Unit {
    ring[(at + 1) % ring.len()]
}

/// Shells with the holes that lie in them.
fn with_holes(mut shells: Vec<Rings>, holes: Vec<Vec<Unit>>) -> Vec<Rings> {
    for hole in holes {
        let holder = match &shells[..] {
            [_] => Some(0),
            all => all.iter().position(|shell| {
                // A hole may touch its shell at a place, and lies inside with the others.
                let told = |p: &Unit| inside(std::iter::once(shell[0].as_slice()), *p);
                hole.iter().find_map(told) == Some(true)
            }),
        };
        if let Some(holder) = holder {
            shells[holder].push(hole);
        }
    }
    shells
}
