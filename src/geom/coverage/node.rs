//! Segments cut at every place where they meet, on whole numbers.

use crate::geom::coverage::check::meeting;
use crate::geom::coverage::exact::{Spot, cross_inside, crossing, on_segment, share};
use crate::geom::coverage::sweep::pairs;
use crate::geom::segments::conflict;

/// Rounding a crossing bends two segments, which can make them meet others; after so many rounds it
/// is given up. Two or three are the rule.
const ROUNDS_MAX: usize = 16;
/// How far a crossing is moved along a border to a place that lies exactly on it.
const ALONG_MAX: i64 = 2;

/// A segment to be cut. Two that are `steady` lie right to each other as they are, and are not asked
/// about until one is bent.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    pub(super) from: Spot,
    pub(super) to: Spot,
    /// A place that it is to pass.
    pub(super) via: Option<Spot>,
    pub(super) steady: bool,
}

/// For each segment its places, from first to last, so that no two of all the pieces share more
/// than an end, or they are the same piece.
///
/// A crossing goes to the nearest whole place; where a steady segment carries one near by, to that,
/// so that the steady one stays straight. `Err` is a place where this does not come to an end.
pub(super) fn node(cuts: &[Cut]) -> Result<Vec<Vec<Spot>>, Spot> {
    let chain = |cut: &Cut| std::iter::once(cut.from).chain(cut.via).chain([cut.to]).collect();
    let mut chains: Vec<Vec<Spot>> = cuts.iter().map(chain).collect();
    let mut last = None;
    for _ in 0..ROUNDS_MAX {
        let mut pieces = Vec::new();
        let mut owners = Vec::new();
        for (owner, chain) in chains.iter().enumerate() {
            for (at, pair) in chain.windows(2).enumerate() {
                pieces.push((pair[0], pair[1]));
                owners.push((owner, at));
            }
        }
        let still = |owner: usize| cuts[owner].steady && chains[owner].len() == 2;
        let mut found: Vec<(usize, usize, Spot)> = Vec::new();
        pairs(&pieces, |i, j| {
            let [(a, b), (c, d)] = [pieces[i], pieces[j]];
            let ((one, one_at), (other, other_at)) = (owners[i], owners[j]);
            if (still(one) && still(other)) || !conflict(a, b, c, d) {
                return;
            }
            let mut insert = |at: Spot, owner, place, (from, to): (Spot, Spot)| {
                if at != from && at != to {
                    found.push((owner, place, at));
                }
            };
            if cross_inside(a, b, c, d) {
                let steady = (cuts[one].steady, cuts[other].steady);
                let at = place(pieces[i], pieces[j], steady);
                insert(at, one, one_at, pieces[i]);
                insert(at, other, other_at, pieces[j]);
            } else {
                for at in [c, d].into_iter().filter(|&at| on_segment(a, b, at)) {
                    insert(at, one, one_at, pieces[i]);
                }
                for at in [a, b].into_iter().filter(|&at| on_segment(c, d, at)) {
                    insert(at, other, other_at, pieces[j]);
                }
            }
            last = Some(meeting(a, b, c, d));
        });
        if found.is_empty() {
            return Ok(chains);
        }
        put(&mut chains, found);
    }
    Err(last.unwrap_or(Spot { x: 0, y: 0 }))
}

/// Puts places into the chains, in the order along the pieces that they cut.
fn put(chains: &mut [Vec<Spot>], mut found: Vec<(usize, usize, Spot)>) {
    let along = |chains: &[Vec<Spot>], owner: usize, at: usize, p: Spot| {
        let (a, b) = (chains[owner][at], chains[owner][at + 1]);
        let wide = |m: i64, n: i64| i128::from(m) * i128::from(n);
        wide(p.x - a.x, b.x - a.x) + wide(p.y - a.y, b.y - a.y)
    };
    found.sort_unstable_by_key(|&(owner, at, p)| (owner, at, along(chains, owner, at, p), p));
    found.dedup();
    for &(owner, at, p) in found.iter().rev() {
        chains[owner].insert(at + 1, p);
    }
}

/// Where two pieces that cross are cut.
fn place(one: (Spot, Spot), other: (Spot, Spot), steady: (bool, bool)) -> Spot {
    let nearest = crossing(one.0, one.1, other.0, other.1);
    let exact = match steady {
        (true, false) => carried(one, nearest),
        (false, true) => carried(other, nearest),
        _ => None,
    };
    exact.unwrap_or(nearest)
}

/// The whole place on a segment that is nearest to `p`, if one is near.
fn carried((a, b): (Spot, Spot), p: Spot) -> Option<Spot> {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let parts = greatest_divisor(dx.abs(), dy.abs());
    let part = if dx.abs() >= dy.abs() {
        share(parts, (p.x - a.x).into(), dx.into())
    } else {
        share(parts, (p.y - a.y).into(), dy.into())
    }
    .clamp(0, parts);
    let at = Spot { x: a.x + dx / parts * part, y: a.y + dy / parts * part };
    let near = (at.x - p.x).abs().max((at.y - p.y).abs()) <= ALONG_MAX;
    near.then_some(at)
}

fn greatest_divisor(mut m: i64, mut n: i64) -> i64 {
    while n != 0 {
        (m, n) = (n, m % n);
    }
    m.max(1)
}
