//! Leaves: the few edges that decide within one cell.
//!
//! A **near** leaf has at most eight edges, all ends within 2^15 steps of the cell: coordinates
//! relative to the cell fit 16 bits, a cross product 32. In 32-bit words:
//!
//! - head: bits 0..4 number of edges `n`; 4..8 of owners; 8..16 owners that hold the cell's
//!   reference; 16..24 edges prolonged below; 24..32 edges prolonged above;
//! - `n` lower ends: x in the low half, y in the high;
//! - `n` directions: minus dy in the low half, dx in the high, so that one multiply-and-add with
//!   (x, y) gives the cross product;
//! - owners by number of area: area in the low half, edges that toggle it, edges that touch it.
//!
//! A **far** leaf is everything else: number of owners, then for each owner by number of area the
//! area with bit 16 when it holds the reference, the number of its edges, and the edges, bit 31
//! when the edge toggles it. It is decided on the full coordinates.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "packed words: every narrowing keeps the bits that are meant"
)]

#[cfg(not(target_arch = "x86_64"))]
use self::plain_masks as masks;
use crate::geom::coord::GridPoint;
use crate::geom::locate::edges::{Edge, Outline, count};
#[cfg(target_arch = "x86_64")]
use crate::geom::locate::wide::lanes::masks;

/// Most edges, and most owners, of a near leaf.
pub(super) const NEAR_MAX: usize = 8;
/// Log2 of the widest near cell.
pub(super) const NEAR_SHIFT_MAX: u32 = 15;
const TOGGLES: u32 = 1 << 31;
const REFERENCE: u32 = 1 << 16;

/// The two lowest areas that hold a point.
pub(super) type Holders = (Option<u16>, Option<u16>);

/// The cell of a leaf: its south-western corner and its size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) x0: i64,
    pub(super) y0: i64,
    pub(super) kx: u32,
    pub(super) ky: u32,
}

/// A polygon with a part in a leaf.
pub(super) struct LeafOwner {
    pub(super) area: u16,
    pub(super) piece: u32,
    pub(super) reference: bool,
    /// Positions in the leaf's list of edges, and whether the edge toggles.
    pub(super) edges: Vec<(u32, bool)>,
}

/// Whether the cell and its edges fit the near form.
pub(super) fn is_near(cell: Cell, edges: &[u32], outline: &Outline) -> bool {
    edges.len() <= NEAR_MAX && all_short(cell, edges, outline)
}

fn all_short(cell: Cell, edges: &[u32], outline: &Outline) -> bool {
    let fits = |n: i64, size: u32| ((1_i64 << size) - (1 << 15)..1 << 15).contains(&n);
    let end = |p: GridPoint| {
        fits(i64::from(p.x) - cell.x0, cell.kx) && fits(i64::from(p.y) - cell.y0, cell.ky)
    };
    cell.kx <= NEAR_SHIFT_MAX
        && cell.ky <= NEAR_SHIFT_MAX
        && edges.iter().all(|&edge| {
            let Edge { low, high } = outline.edges[edge as usize];
            let short = |a: i32, b: i32| a.abs_diff(b) < 1 << 15;
            end(low) && end(high) && short(low.x, high.x) && short(low.y, high.y)
        })
}

/// Appends a near leaf.
pub(super) fn write_near(
    pool: &mut Vec<u32>,
    cell: Cell,
    edges: &[u32],
    owners: &[LeafOwner],
    outline: &Outline,
) {
    let mut head = count(edges.len()) | count(owners.len()) << 4;
    let mut ends = [0_u32; NEAR_MAX];
    let mut ways = [0_u32; NEAR_MAX];
    for (at, &edge) in edges.iter().enumerate() {
        let Edge { low, high } = outline.edges[edge as usize];
        head |= u32::from(i64::from(low.x) < cell.x0) << (16 + at);
        head |= u32::from(i64::from(high.x) < cell.x0) << (24 + at);
        ends[at] = halves(i64::from(low.x) - cell.x0, i64::from(low.y) - cell.y0);
        ways[at] =
            halves(i64::from(low.y) - i64::from(high.y), i64::from(high.x) - i64::from(low.x));
    }
    for (at, owner) in owners.iter().enumerate() {
        head |= u32::from(owner.reference) << (8 + at);
    }
    pool.push(head);
    pool.extend_from_slice(&ends[..edges.len()]);
    pool.extend_from_slice(&ways[..edges.len()]);
    pool.extend(owners.iter().map(|owner| {
        owner.edges.iter().fold(u32::from(owner.area), |word, &(at, toggles)| {
            word | 1 << (24 + at) | u32::from(toggles) << (16 + at)
        })
    }));
}

fn halves(low: i64, high: i64) -> u32 {
    (low as u32 & 0xffff) | (high as u32) << 16
}

fn split(word: u32) -> (i32, i32) {
    (i32::from(word as u16 as i16), i32::from((word >> 16) as u16 as i16))
}

/// The two lowest areas that hold the point at (`x`, `y`) relative to the cell.
#[inline]
pub(super) fn near_holders(leaf: &[u32], x: u32, y: u32) -> Holders {
    let head = leaf[0];
    let (n, owners) = ((head & 15) as usize, (head >> 4 & 15) as usize);
    let (toggles, aligned) = near_masks(leaf, x, y);
    let mut found = Holders::default();
    for (at, &owner) in leaf[1 + 2 * n..1 + 2 * n + owners].iter().enumerate() {
        if holds(owner, head >> (8 + at), toggles) {
            match found.0 {
                None => found.0 = Some(owner as u16),
                Some(area) if area != owner as u16 => {
                    found.1 = Some(owner as u16);
                    break;
                }
                Some(_) => {}
            }
        }
    }
    if found.0.is_none() && aligned != 0 {
        found.0 = near_touched(leaf, aligned, x, y);
    }
    found
}

/// The lowest area that holds the point at (`x`, `y`) relative to the cell.
///
/// Which of two neighbours it is cannot be foreseen: both are asked, and one is chosen without a
/// branch. A leaf has words behind it, so that the second may be asked where there is none.
#[inline]
pub(super) fn near_holder(leaf: &[u32], x: u32, y: u32) -> Option<u16> {
    let head = leaf[0];
    let (n, owners) = ((head & 15) as usize, (head >> 4 & 15) as usize);
    let (toggles, aligned) = near_masks(leaf, x, y);
    let owner = &leaf[1 + 2 * n..][..owners.max(2)];
    let first = holds(owner[0], head >> 8, toggles);
    let second = holds(owner[1], head >> 9, toggles) && owners > 1;
    if first | second {
        return Some(std::hint::select_unpredictable(first, owner[0], owner[1]) as u16);
    }
    let more = (2..owners).find(|&at| holds(owner[at], head >> (8 + at), toggles));
    match more {
        Some(at) => Some(owner[at] as u16),
        None if aligned == 0 => None,
        None => near_touched(leaf, aligned, x, y),
    }
}

/// Whether an owner that holds the cell's reference by the lowest bit holds the point.
#[inline]
fn holds(owner: u32, reference: u32, toggles: u32) -> bool {
    (odd(owner >> 16 & toggles) ^ reference) & 1 == 1
}

/// The parity of eight bits; many processors this is built for have no instruction to count bits.
#[inline]
fn odd(bits: u32) -> u32 {
    0x6996 >> ((bits ^ bits >> 4) & 15) & 1
}

/// The edges that toggle at the point, and those on whose line it lies.
#[inline]
fn near_masks(leaf: &[u32], x: u32, y: u32) -> (u32, u32) {
    let head = leaf[0];
    let n = (head & 15) as usize;
    // Behind each leaf there are words enough: see `finish`.
    let eight = |from: usize| leaf.get(from..).and_then(<[u32]>::first_chunk::<NEAR_MAX>);
    let (Some(ends), Some(ways)) = (eight(1), eight(1 + n)) else { return (0, 0) };
    let (toggles, aligned) = masks(head, ends, ways, x, y);
    let valid = (1 << n) - 1;
    (toggles & valid, aligned & valid)
}

/// All eight, whatever stands in those that there are not.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn plain_masks(
    head: u32,
    ends: &[u32; NEAR_MAX],
    ways: &[u32; NEAR_MAX],
    x: u32,
    y: u32,
) -> (u32, u32) {
    let (x, y) = (x as i32, y as i32);
    let (mut toggles, mut aligned) = (0_u32, 0_u32);
    for (at, (&end, &way)) in ends.iter().zip(ways).enumerate() {
        let ((ax, ay), (minus_dy, dx)) = (split(end), split(way));
        let (px, py) = (x - ax, y - ay);
        let side = px.wrapping_mul(minus_dy).wrapping_add(py.wrapping_mul(dx));
        let below = py >= 0 || head >> (16 + at) & 1 == 1;
        let above = py + minus_dy < 0 || head >> (24 + at) & 1 == 1;
        toggles |= u32::from(below && above && side <= 0) << at;
        aligned |= u32::from(side == 0) << at;
    }
    (toggles, aligned)
}

/// Appends the words that are read beyond a last leaf and then left aside.
pub(super) fn finish(pool: &mut Vec<u32>) {
    pool.extend_from_slice(&[0; 2 * NEAR_MAX]);
}

/// The lowest area with an edge through the point.
#[cold]
pub(super) fn near_touched(leaf: &[u32], aligned: u32, x: u32, y: u32) -> Option<u16> {
    let head = leaf[0];
    let (n, owners) = ((head & 15) as usize, (head >> 4 & 15) as usize);
    let mut on_edge = 0_u32;
    for at in (0..n).filter(|at| aligned >> at & 1 == 1) {
        let ((ax, ay), (minus_dy, dx)) = (split(leaf[1 + at]), split(leaf[1 + n + at]));
        let (px, py) = (x as i32 - ax, y as i32 - ay);
        let between = (0..=-minus_dy).contains(&py) && (dx.min(0)..=dx.max(0)).contains(&px);
        on_edge |= u32::from(between) << at;
    }
    leaf[1 + 2 * n..1 + 2 * n + owners]
        .iter()
        .find(|&owner| owner >> 24 & on_edge != 0)
        .map(|&owner| owner as u16)
}

/// Appends a far leaf.
pub(super) fn write_far(pool: &mut Vec<u32>, edges: &[u32], owners: &[LeafOwner]) {
    pool.push(count(owners.len()));
    for owner in owners {
        pool.push(u32::from(owner.area) | if owner.reference { REFERENCE } else { 0 });
        pool.push(count(owner.edges.len()));
        pool.extend(
            owner
                .edges
                .iter()
                .map(|&(at, toggles)| edges[at as usize] | if toggles { TOGGLES } else { 0 }),
        );
    }
}

/// The two lowest areas that hold `p`, in the cell that begins at longitude `west`.
pub(super) fn far_holders(leaf: &[u32], edges: &[Edge], west: i64, p: GridPoint) -> Holders {
    let mut held = Holders::default();
    let mut touched = None;
    let mut rest = &leaf[1..];
    for _ in 0..leaf[0] {
        let (area, n) = (rest[0] as u16, rest[1] as usize);
        let mut inside = rest[0] & REFERENCE != 0;
        let mut aligned = false;
        for &word in &rest[2..2 + n] {
            let edge = edges[(word & !TOGGLES) as usize];
            inside ^= word & TOGGLES != 0 && edge.toggles(west, p);
            aligned |= edge.side(p) == 0;
        }
        if inside {
            match held.0 {
                None => held.0 = Some(area),
                Some(first) if first != area => {
                    held.1 = Some(area);
                    break;
                }
                Some(_) => {}
            }
        }
        if aligned && touched.is_none() {
            let on = |word: &u32| edges[(word & !TOGGLES) as usize].holds(p);
            touched = rest[2..2 + n].iter().any(on).then_some(area);
        }
        rest = &rest[2 + n..];
    }
    (held.0.or(touched), held.1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn edges_side_by_side_are_told_as_one_by_one(
            head in any::<u32>(),
            ends in prop::array::uniform8((-16_000_i64..16_000, -16_000_i64..16_000)),
            ways in prop::array::uniform8((-16_000_i64..=0, -16_000_i64..16_000)),
            point in (0_u32..4_096, 0_u32..4_096),
            through in 0_usize..8,
        ) {
            let mut ends = ends.map(|(x, y)| halves(x, y));
            let ways = ways.map(|(minus_dy, dx)| halves(minus_dy, dx));
            // One edge begins at the point, so that lines are met.
            ends[through] = halves(i64::from(point.0), i64::from(point.1));
            prop_assert_eq!(
                masks(head, &ends, &ways, point.0, point.1),
                plain_masks(head, &ends, &ways, point.0, point.1)
            );
        }
    }
}
