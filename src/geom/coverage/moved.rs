//! Who moves: the areas whose face a change changes.

use std::collections::BTreeMap;

use geo_types::MultiPolygon;

use crate::geom::coord::GridPoint;
use crate::geom::coverage::delta::{Bit, Delta, Tally, bits};
use crate::geom::coverage::exact::{Spot, upward};
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::node::{Cut, node};
use crate::geom::coverage::patch::Patch;
use crate::geom::coverage::rings::{parts, polygon};
use crate::geom::coverage::side::FaceLabel;

/// Parts of a grid step in which old and new borders that cross are cut: 0.02 mm.
const PARTS: i64 = 512;

/// The area that goes from one face to another.
#[derive(Clone, Debug, PartialEq)]
pub struct MovedArea {
    /// Whose it was; none is outside.
    pub from: FaceLabel,
    /// Whose it becomes.
    pub to: FaceLabel,
    /// The area in degrees, valid polygons.
    pub area: MultiPolygon<f64>,
}

/// A piece of an old or a new border, low end first, and what changes from its left to its right.
struct Piece {
    low: Spot,
    high: Spot,
    jump: Tally,
}

impl Patch {
    /// The areas whose face changes, ascending by labels; together they are the change.
    ///
    /// Vertices of the coverage are exact; where an old and a new border cross, the place is rounded
    /// to 1/512 of a grid step. The boxes thus narrow down a search, and who lies on the edge is told by
    /// [`Coverage::locate`] and [`Coverage::locate_after`]. The cost is that of the patch alone.
    #[must_use]
    pub fn moved(&self) -> Vec<MovedArea> {
        let pieces = pieces(self);
        let delta = delta(&pieces);
        let mut borders: BTreeMap<(FaceLabel, FaceLabel), Vec<(Spot, Spot)>> = BTreeMap::new();
        let mut asked = Tally::default();
        for Piece { low, high, jump } in &pieces {
            asked.clear();
            let q = Spot { x: low.x + high.x, y: low.y + high.y };
            delta.add_at(q, &mut asked);
            let mut beyond = asked.clone();
            // Asked east of a segment, north of a level one: there its left.
            let level = low.y == high.y;
            beyond.add_all(jump, if level { 1 } else { -1 });
            let (left, right) = if level { (&asked, &beyond) } else { (&beyond, &asked) };
            let (left, right) = (change(left), change(right));
            if left != right {
                if let Some(labels) = left {
                    borders.entry(labels).or_default().push((*low, *high));
                }
                if let Some(labels) = right {
                    borders.entry(labels).or_default().push((*high, *low));
                }
            }
        }
        let area = |((from, to), border): ((FaceLabel, FaceLabel), Vec<(Spot, Spot)>)| {
            #[expect(clippy::cast_precision_loss, reason = "512")]
            let area = parts(border).iter().map(|part| polygon(part, PARTS as f64)).collect();
            MovedArea { from, to, area: MultiPolygon(area) }
        };
        borders.into_iter().map(area).collect()
    }

    /// The labels whose area changes, outside among them, each with a place where its border does.
    #[must_use]
    pub fn changed(&self) -> BTreeMap<FaceLabel, GridPoint> {
        let mut changed = BTreeMap::new();
        for piece in pieces(self) {
            let at = Spot { x: piece.low.x / PARTS, y: piece.low.y / PARTS }.grid();
            for (label, _) in piece.jump.counted() {
                changed.entry(label).or_insert(at);
            }
        }
        changed
    }
}

impl Coverage {
    /// The face that will hold `p` after `patch`, by the rule of [`Coverage::locate`].
    ///
    /// For many points it is quicker to apply the patch, to locate, and to apply its inverse.
    #[must_use]
    pub fn locate_after(&self, patch: &Patch, p: GridPoint) -> FaceLabel {
        use crate::geom::coverage::exact::on_segment;
        use crate::geom::coverage::ray::Beside;
        let q = Spot::from(p).finer(2);
        let old = self.label_at(q, Beside::East);
        Delta::of_patch(patch).relabel(old, q).unwrap_or(old).or_else(|| {
            let stays = self.touching(p).filter(|s| patch.removed().binary_search(s).is_err());
            let new = patch.added().iter().copied();
            stays
                .chain(new.filter(|s| on_segment(s.a.into(), s.b.into(), p.into())))
                .flat_map(|side| [side.left, side.right])
                .flatten()
                .min()
        })
    }
}

/// From which label to which a place goes.
fn change(tally: &Tally) -> Option<(FaceLabel, FaceLabel)> {
    let (mut from, mut to) = (None, None);
    for (label, count) in tally.counted() {
        match count {
            -1 => from = Some(label),
            1 => to = Some(label),
            _ => {}
        }
    }
    from.zip(to)
}

/// The old and new borders cut where they meet, each piece once; what cancels is dropped.
fn pieces(patch: &Patch) -> Vec<Piece> {
    let bits = bits(patch, PARTS);
    let cuts: Vec<Cut> = bits
        .iter()
        .map(|bit| Cut { from: bit.low, to: bit.high, via: None, steady: false })
        .collect();
    // Where cutting finds no end, what is cut so far is near enough for people.
    let chains =
        node(&cuts).unwrap_or_else(|_| cuts.iter().map(|cut| vec![cut.from, cut.to]).collect());
    let mut all: Vec<Bit> = Vec::with_capacity(bits.len());
    for (bit, chain) in bits.iter().zip(&chains) {
        all.extend(chain.windows(2).map(|pair| Bit::new(pair[0], pair[1], bit.gain, bit.lose)));
    }
    all.sort_unstable_by_key(|bit| (bit.low, bit.high));
    let mut pieces: Vec<Piece> = Vec::with_capacity(all.len());
    for bit in all {
        let same = pieces.last().is_some_and(|last| (last.low, last.high) == (bit.low, bit.high));
        if !same {
            pieces.push(Piece { low: bit.low, high: bit.high, jump: Tally::default() });
        }
        if let Some(piece) = pieces.last_mut() {
            piece.jump.add(bit.gain, 1);
            piece.jump.add(bit.lose, -1);
        }
    }
    pieces.retain(|piece| !piece.jump.is_zero());
    pieces
}

/// The pieces in half of their steps.
fn delta(pieces: &[Piece]) -> Delta {
    let mut bits = Vec::new();
    for piece in pieces {
        let (low, high) = upward(piece.low.finer(2), piece.high.finer(2));
        let (mut gains, mut losses) = (Vec::new(), Vec::new());
        for (label, count) in piece.jump.counted() {
            let list = if count > 0 { &mut gains } else { &mut losses };
            list.extend((0..count.unsigned_abs()).map(|_| label));
        }
        // As many gains as losses: every segment has two sides.
        for (gain, lose) in gains.into_iter().zip(losses) {
            bits.push(Bit { low, high, gain, lose });
        }
    }
    Delta::of(bits)
}
