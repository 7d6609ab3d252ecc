//! A drawing laid over a face: the face's borders get a vertex wherever the drawing meets them.

use crate::geom::coord::{GridBox, GridPoint};
use crate::geom::coverage::delta::Delta;
use crate::geom::coverage::edit::fault::EditFault;
use crate::geom::coverage::exact::{Spot, cross, middle, on_segment, turn};
use crate::geom::coverage::hash::FoldSet;
use crate::geom::coverage::map::{Coverage, frame};
use crate::geom::coverage::node::{Cut, node};
use crate::geom::coverage::patch::Patch;
use crate::geom::coverage::ray::Beside;
use crate::geom::coverage::side::{FaceLabel, Side};
use crate::geom::coverage::verify::Violation;

/// A segment that is drawn, with its direction.
pub(super) type Stroke = (GridPoint, GridPoint);

/// How a piece of a drawing lies to the face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Inside,
    /// Along a border.
    Border,
    Outside,
}

/// A coverage whose borders of one face have a vertex wherever a drawing meets them.
pub(super) struct Carved<'a> {
    pub(super) base: &'a Coverage,
    pub(super) face: FaceLabel,
    /// Borders that were cut, as they were; sorted.
    pub(super) removed: Vec<Side>,
    /// Their pieces.
    pub(super) added: Vec<Side>,
    /// New vertices that do not lie on the border as it was.
    pub(super) bent: Vec<GridPoint>,
    /// Each stroke of the drawing, by its vertices.
    pub(super) strokes: Vec<Vec<GridPoint>>,
    delta: Delta,
}

/// Cuts the borders of `face` and the strokes where they meet; `snapped` are places that a border
/// beside is to pass.
///
/// Where a crossing is no point of the grid, it is rounded and both are bent, which is verified.
pub(super) fn carve<'a>(
    base: &'a Coverage,
    face: FaceLabel,
    strokes: &[Stroke],
    snapped: &[(Side, GridPoint)],
) -> Result<Carved<'a>, EditFault> {
    let ours = |side: &Side| side.left == face || side.right == face;
    let borders = borders_near(base, &ours, strokes, snapped);
    let Cutting { removed, added, bent, strokes } = cut(base, &borders, strokes, snapped)?;
    let delta = Delta::of_patch(&Patch::new(removed.clone(), added.clone()));
    Ok(Carved { base, face, removed, added, bent, strokes, delta })
}

/// Borders and strokes cut where they meet.
pub(super) struct Cutting {
    /// Borders that were cut, as they were; sorted.
    pub(super) removed: Vec<Side>,
    /// Their pieces.
    pub(super) added: Vec<Side>,
    /// New vertices that do not lie on the border as it was.
    pub(super) bent: Vec<GridPoint>,
    /// Each stroke of the drawing, by its vertices.
    pub(super) strokes: Vec<Vec<GridPoint>>,
}

/// Cuts the borders of all faces and the strokes where they meet, as [`carve`] does for one face.
pub(super) fn cut_all(base: &Coverage, strokes: &[Stroke]) -> Result<Cutting, EditFault> {
    cut(base, &borders_near(base, &|_| true, strokes, &[]), strokes, &[])
}

fn cut(
    base: &Coverage,
    borders: &[Side],
    strokes: &[Stroke],
    snapped: &[(Side, GridPoint)],
) -> Result<Cutting, EditFault> {
    let cut =
        |&(from, to): &Stroke| Cut { from: from.into(), to: to.into(), via: None, steady: false };
    let mut cuts: Vec<Cut> = strokes.iter().map(cut).collect();
    cuts.extend(borders.iter().map(|side| Cut {
        from: side.a.into(),
        to: side.b.into(),
        via: snapped.iter().find(|(held, _)| held == side).map(|&(_, at)| at.into()),
        steady: true,
    }));
    let tight = |at: Spot| EditFault::TooTight { at: at.grid() };
    let mut chains = node(&cuts).map_err(tight)?.into_iter().map(|chain| grid(&chain));
    let drawn: Vec<Vec<GridPoint>> = chains.by_ref().take(strokes.len()).collect();
    for (&(p, q), chain) in strokes.iter().zip(&drawn) {
        if let Some(&at) = chain.iter().find(|&&at| !beside(p, q, at)) {
            return Err(EditFault::TooTight { at });
        }
    }
    let (mut removed, mut added, mut bent) = (Vec::new(), Vec::new(), Vec::new());
    for (side, chain) in borders.iter().zip(chains).filter(|(_, chain)| chain.len() > 2) {
        let inner = &chain[1..chain.len() - 1];
        let beside = |p: &&GridPoint| !on_segment(side.a.into(), side.b.into(), (**p).into());
        bent.extend(inner.iter().filter(beside));
        removed.push(*side);
        let piece = |pair: &[GridPoint]| Side::new(pair[0], pair[1], side.left, side.right);
        added.extend(chain.windows(2).map(piece));
    }
    removed.sort_unstable();
    let patch = Patch::new(removed.clone(), added.clone());
    if !bent.is_empty() {
        base.verify(&patch).map_err(|violation| match violation {
            Violation::Crossing(at) | Violation::TurnedOver(at, _) => EditFault::TooTight { at },
        })?;
    }
    bent.sort_unstable();
    bent.dedup();
    Ok(Cutting { removed, added, bent, strokes: drawn })
}

fn grid(chain: &[Spot]) -> Vec<GridPoint> {
    chain.iter().map(|spot| spot.grid()).collect()
}

/// Those of our borders whose boxes touch those of strokes, and those that something is snapped to.
fn borders_near(
    base: &Coverage,
    ours: &dyn Fn(&Side) -> bool,
    strokes: &[Stroke],
    snapped: &[(Side, GridPoint)],
) -> Vec<Side> {
    let mut seen: FoldSet<(GridPoint, GridPoint)> = FoldSet::default();
    let mut borders = Vec::new();
    let near = strokes.iter().flat_map(|&(p, q)| {
        let reached = move |side: &Side| reaches(p, q, *side);
        parts(base, p, q).into_iter().flat_map(|part| base.near_box(part)).filter(reached)
    });
    for side in near.chain(snapped.iter().map(|&(side, _)| side)) {
        if ours(&side) && seen.insert((side.a, side.b)) {
            borders.push(side);
        }
    }
    // The tree's order is that of its history.
    borders.sort_unstable();
    borders
}

/// A long stroke is looked along in so many parts.
const PARTS_MAX: i32 = 16;
/// How far the cutting may bend a stroke or a border, in steps.
const BEND: i32 = 4;

/// Boxes that hold a stroke, and all that it may be bent to.
fn parts(base: &Coverage, p: GridPoint, q: GridPoint) -> Vec<GridBox> {
    let less = |m: i32, n: i32| (f64::from(m) - f64::from(n)).abs();
    let length = less(p.x, q.x).max(less(p.y, q.y)) / base.window();
    #[expect(clippy::cast_possible_truncation, reason = "held within 1 and PARTS_MAX")]
    let count = (length.min(f64::from(PARTS_MAX)) as i32).max(1);
    let at = |n: i32| {
        let along = |from: i32, to: i32| {
            let (from, to) = (i64::from(from), i64::from(to));
            from + (to - from) * i64::from(n) / i64::from(count)
        };
        Spot { x: along(p.x, q.x), y: along(p.y, q.y) }.grid()
    };
    let wider = |GridBox { min, max }: GridBox| GridBox {
        min: GridPoint { x: min.x.saturating_sub(BEND), y: min.y.saturating_sub(BEND) },
        max: GridPoint { x: max.x.saturating_add(BEND), y: max.y.saturating_add(BEND) },
    };
    (0..count).map(|n| wider(frame(at(n), at(n + 1)))).collect()
}

/// Whether a place lies so near to the line of a stroke that no border out of reach is met.
fn beside(p: GridPoint, q: GridPoint, at: GridPoint) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "compared with a whole step of spare room")]
    let twice = cross(p.into(), q.into(), p.into(), at.into()).unsigned_abs() as f64;
    let less = |m: i32, n: i32| f64::from(m) - f64::from(n);
    twice <= f64::from(BEND - 1) * less(q.x, p.x).hypot(less(q.y, p.y))
}

/// Whether the line of a stroke comes near to the box of a segment.
fn reaches(p: GridPoint, q: GridPoint, side: Side) -> bool {
    let GridBox { min, max } = frame(side.a, side.b);
    let (west, south) = (i64::from(min.x) - i64::from(BEND), i64::from(min.y) - i64::from(BEND));
    let (east, north) = (i64::from(max.x) + i64::from(BEND), i64::from(max.y) + i64::from(BEND));
    let corners = [(west, south), (east, south), (east, north), (west, north)];
    let turns = corners.map(|(x, y)| turn(p.into(), q.into(), Spot { x, y }));
    !(turns.iter().all(|turn| turn.is_lt()) || turns.iter().all(|turn| turn.is_gt()))
}

impl Carved<'_> {
    /// The segments that end at `p`, the cut borders as their pieces.
    pub(super) fn star(&self, p: GridPoint) -> impl Iterator<Item = Side> + '_ {
        let stays = self.base.star(p).filter(|side| !self.is_cut(side));
        stays.chain(self.added.iter().copied().filter(move |side| side.a == p || side.b == p))
    }

    pub(super) fn is_cut(&self, side: &Side) -> bool {
        self.removed.binary_search(side).is_ok()
    }

    /// Whether a border ends at `p`.
    pub(super) fn on_border(&self, p: GridPoint) -> bool {
        self.star(p).next().is_some()
    }

    /// How each piece of a chain lies to the face.
    pub(super) fn standings(&self, chain: &[GridPoint]) -> Vec<Standing> {
        let mut standings: Vec<Standing> = Vec::with_capacity(chain.len());
        for pair in chain.windows(2) {
            let last = standings.last().copied();
            let standing = match last {
                Some(last) if !self.on_border(pair[0]) => last,
                _ => self.standing(pair[0], pair[1]),
            };
            standings.push(standing);
        }
        standings
    }

    fn standing(&self, p: GridPoint, q: GridPoint) -> Standing {
        if self.star(p).any(|side| side.a == q || side.b == q) {
            return Standing::Border;
        }
        let at = middle(p, q);
        let label = self.delta.relabel(self.base.label_at(at, Beside::East), at);
        if label == Some(self.face) { Standing::Inside } else { Standing::Outside }
    }
}
