//! What a face has of an area goes to another.

use geo_types::{Geometry, LineString, MultiPolygon, Polygon};

use crate::geom::coord::{GridBox, GridPoint, step};
use crate::geom::coverage::delta::{Bit, Delta, Tally, asked_on_right};
use crate::geom::coverage::edit::carve::{Carved, Standing, Stroke, carve};
use crate::geom::coverage::edit::change::{Change, relabelled};
use crate::geom::coverage::edit::command::Rings;
use crate::geom::coverage::edit::fault::EditFault;
use crate::geom::coverage::exact::{Spot, cross, middle, twice_area};
use crate::geom::coverage::face::coord;
use crate::geom::coverage::hash::FoldMap;
use crate::geom::coverage::map::{Coverage, frame};
use crate::geom::coverage::patch::Patch;
use crate::geom::coverage::side::{FaceLabel, Side};
use crate::geom::validity;

/// A face with few segments is gone through whole, one with more of them than this for each stroke
/// is searched by place.
const SIDES_PER_STROKE: usize = 8;

/// Gives what face `from` has of `polygons` to `to`.
pub(super) fn give_area(
    coverage: &Coverage,
    polygons: &[Rings],
    from: FaceLabel,
    to: FaceLabel,
) -> Result<Change, EditFault> {
    give_ringed(coverage, &upright(polygons)?, from, to)
}

/// As [`give_area`], of rings as [`upright`] gives them.
pub(super) fn give_ringed(
    coverage: &Coverage,
    rings: &[Vec<GridPoint>],
    from: FaceLabel,
    to: FaceLabel,
) -> Result<Change, EditFault> {
    let strokes: Vec<Stroke> = rings.iter().flat_map(|ring| around(ring)).collect();
    let at = strokes.first().ok_or(EditFault::TooFewPoints { at: None })?.0;
    let carved = carve(coverage, from, &strokes, &[])?;
    let mut pieces = Vec::new();
    // A stroke begins where another one ended, so that each is asked about for itself.
    for chain in &carved.strokes {
        pieces.extend(chain.windows(2).map(|pair| (pair[0], pair[1])).zip(carved.standings(chain)));
    }
    let given = give(&carved, &pieces, to);
    if given.relabelled == 0 && given.drawn == 0 {
        return Err(EditFault::AreaMissesFace { at, face: from });
    }
    if let Some(face) = from
        && coverage.area_twice(face) + area_change_twice(&given.change.patch, from) == 0
    {
        return Err(EditFault::WouldEmpty { at, face: from });
    }
    Ok(given.change)
}

/// What was given.
pub(super) struct Given {
    pub(super) change: Change,
    /// Borders that have another face on one side now.
    pub(super) relabelled: usize,
    /// Borders that were not there.
    pub(super) drawn: usize,
}

/// Gives what the face of a carved coverage has left of closed chains of pieces to `to`.
///
/// A partition by its making: the pieces meet borders at vertices only, and each side of each segment
/// is labelled by whether it lies in the area.
pub(super) fn give(carved: &Carved<'_>, pieces: &[(Stroke, Standing)], to: FaceLabel) -> Given {
    let area = Area::of(pieces.iter().map(|&(stroke, _)| stroke));
    let from = carved.face;
    let (mut removed, mut added) = (carved.removed.clone(), Vec::new());
    let mut count = 0;
    let mut take = |side: Side| {
        let (left, right) = area.holds(side.a, side.b);
        let given = (side.left == from && left) || (side.right == from && right);
        count += usize::from(given);
        given
    };
    for side in borders_in(carved, area.frame, pieces.len()) {
        if take(side) {
            removed.push(side);
            added.extend(relabelled(side, from, to));
        }
    }
    for &side in &carved.added {
        if (side.left == from || side.right == from) && take(side) {
            added.extend(relabelled(side, from, to));
        } else {
            added.push(side);
        }
    }
    let mut drawn: Vec<(GridPoint, GridPoint)> = pieces
        .iter()
        .filter(|(_, standing)| *standing == Standing::Inside)
        .map(|&((p, q), _)| (p.min(q), p.max(q)))
        .collect();
    drawn.sort_unstable();
    drawn.dedup();
    let before = added.len();
    added.extend(drawn.into_iter().filter_map(|(a, b)| {
        let (left, right) = area.holds(a, b);
        let label = |inside: bool| if inside { to } else { from };
        (left != right).then(|| Side { a, b, left: label(left), right: label(right) })
    }));
    let drawn = added.len() - before;
    let change = Change { patch: Patch::new(removed, added), bent: carved.bent.clone() };
    Given { change, relabelled: count, drawn }
}

/// The borders of the face that are not cut and whose boxes touch a box.
fn borders_in(carved: &Carved<'_>, within: GridBox, strokes: usize) -> Vec<Side> {
    let (base, face) = (carved.base, carved.face);
    let ours = |side: &Side| {
        let one = frame(side.a, side.b);
        let apart = one.max.x < within.min.x
            || one.max.y < within.min.y
            || within.max.x < one.min.x
            || within.max.y < one.min.y;
        (side.left == face || side.right == face) && !apart && !carved.is_cut(side)
    };
    if base.around_len(face) > SIDES_PER_STROKE * strokes {
        base.near_box(within).filter(ours).collect()
    } else {
        base.around(face).map(|(side, _)| side).filter(ours).collect()
    }
}

/// What lies left of closed chains.
struct Area {
    winding: Delta,
    /// For pieces from the smaller end: how often they run so, less how often back.
    net: FoldMap<(GridPoint, GridPoint), i32>,
    frame: GridBox,
}

/// What the winding counts, as a label.
const INSIDE: FaceLabel = Some(0);

impl Area {
    fn of(strokes: impl Iterator<Item = Stroke>) -> Self {
        let mut bits = Vec::new();
        let mut net: FoldMap<(GridPoint, GridPoint), i32> = FoldMap::default();
        let mut frame_of_all: Option<GridBox> = None;
        for (p, q) in strokes {
            let (from, to) = (Spot::from(p).finer(2), Spot::from(q).finer(2));
            bits.push(Bit::new(from, to, None, INSIDE));
            *net.entry((p.min(q), p.max(q))).or_default() += if p < q { 1 } else { -1 };
            let one = frame(p, q);
            frame_of_all = Some(frame_of_all.map_or(one, |held| held.with(one)));
        }
        // Who crosses a stroke backwards gains the area: so the chains hang together as they come.
        bits.reverse();
        let nowhere = GridPoint { x: 0, y: 0 };
        let frame = frame_of_all.unwrap_or(GridBox { min: nowhere, max: nowhere });
        Self { winding: Delta::of(bits), net, frame }
    }

    /// Whether the area lies left and right beside the segment from its smaller end `a` to `b`,
    /// which crosses no chain.
    fn holds(&self, a: GridPoint, b: GridPoint) -> (bool, bool) {
        let mut tally = Tally::default();
        self.winding.add_at(middle(a, b), &mut tally);
        let asked = tally.count(INSIDE);
        let net = self.net.get(&(a, b)).copied().unwrap_or(0);
        let right = if asked_on_right(a.into(), b.into()) { asked } else { asked - net };
        (right + net > 0, right > 0)
    }
}

/// Twice how much the area of a label grows by a patch, in square steps.
fn area_change_twice(patch: &Patch, label: FaceLabel) -> i128 {
    let origin = Spot { x: 0, y: 0 };
    let part = |side: &Side| {
        let twice = cross(origin, side.a.into(), origin, side.b.into());
        let once = |held: FaceLabel| i128::from(held == label);
        twice * (once(side.left) - once(side.right))
    };
    let sum = |sides: &[Side]| sides.iter().map(part).sum::<i128>();
    sum(patch.added()) - sum(patch.removed())
}

/// The rings of polygons without repeated places, shells counter-clockwise and holes clockwise.
pub(super) fn upright(polygons: &[Rings]) -> Result<Vec<Vec<GridPoint>>, EditFault> {
    let mut rings = Vec::new();
    let mut shapes = Vec::new();
    for polygon in polygons {
        let mut lines = Vec::new();
        for (at, ring) in polygon.iter().enumerate() {
            let ring = open(&ring.iter().map(|place| place.0).collect::<Vec<_>>())?;
            let closed = ring.iter().chain(ring.first());
            lines.push(closed.map(|&p| coord(p)).collect::<LineString<f64>>());
            let spots: Vec<Spot> = ring.iter().map(|&p| p.into()).collect();
            let turned = (twice_area(&spots) > 0) != (at == 0);
            rings.push(if turned { ring.into_iter().rev().collect() } else { ring });
        }
        if !lines.is_empty() {
            let shell = lines.remove(0);
            shapes.push(Polygon::new(shell, lines));
        }
    }
    let faults = validity::faults(&Geometry::MultiPolygon(MultiPolygon(shapes)));
    match faults.first() {
        Some(fault) => {
            let at = GridPoint { x: step(fault.at.x), y: step(fault.at.y) };
            Err(EditFault::CrossesItself { at })
        }
        None => Ok(rings),
    }
}

/// A ring without its repeated places, of three or more.
pub(super) fn open(ring: &[GridPoint]) -> Result<Vec<GridPoint>, EditFault> {
    let mut points = ring.to_vec();
    points.dedup();
    if points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    if points.len() < 3 {
        return Err(EditFault::TooFewPoints { at: points.first().copied() });
    }
    Ok(points)
}

/// The segments of an open ring, the closing one last.
pub(super) fn around(ring: &[GridPoint]) -> Vec<Stroke> {
    let next = ring.iter().skip(1).chain(ring.first());
    ring.iter().copied().zip(next.copied()).collect()
}
