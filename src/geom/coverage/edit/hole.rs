//! Holes cut and filled, and parts of faces given.

use crate::geom::coord::GridPoint;
use crate::geom::coverage::edit::carve::{Standing, Stroke, carve};
use crate::geom::coverage::edit::change::{Change, relabelled, simple_line};
use crate::geom::coverage::edit::fault::EditFault;
use crate::geom::coverage::edit::give::{around, give, open};
use crate::geom::coverage::exact::{Spot, ray_crosses, twice_area, upward};
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::rings::Part;
use crate::geom::coverage::side::{FaceLabel, Side};

/// Cuts a ring out of `face`; what lies in it becomes `new_face`, which is free, or outside.
pub(super) fn add_hole(
    coverage: &Coverage,
    face: u16,
    ring: &[GridPoint],
    new_face: FaceLabel,
) -> Result<Change, EditFault> {
    let mut ring = open(ring)?;
    let closed: Vec<GridPoint> = ring.iter().chain(ring.first()).copied().collect();
    simple_line(&closed)?;
    let spots: Vec<Spot> = ring.iter().map(|&p| p.into()).collect();
    if twice_area(&spots) < 0 {
        ring.reverse();
    }
    let strokes = around(&ring);
    let carved = carve(coverage, Some(face), &strokes, &[])?;
    let met = carved.strokes.iter().find(|stroke| stroke.len() > 2).map(|stroke| stroke[1]);
    let met = met.or_else(|| ring.iter().copied().find(|&p| carved.on_border(p)));
    if let Some(at) = met {
        return Err(EditFault::RingNotInside { at, face });
    }
    // No border is met: one piece stands for all.
    if carved.standings(&closed[..2]) != [Standing::Inside] {
        return Err(EditFault::RingNotInside { at: ring[0], face });
    }
    let pieces: Vec<(Stroke, Standing)> =
        strokes.into_iter().map(|stroke| (stroke, Standing::Inside)).collect();
    let given = give(&carved, &pieces, new_face);
    if given.relabelled > 0 {
        let at = given.change.patch.removed().first().map_or(ring[0], |side| side.a);
        return Err(EditFault::RingAroundAnother { at, face });
    }
    Ok(given.change)
}

/// Gives the part that holds `at`, which one face surrounds, to this face.
pub(super) fn dissolve_hole(coverage: &Coverage, at: GridPoint) -> Result<Change, EditFault> {
    let label = coverage.locate(at);
    let part = part_at(coverage, label, at).ok_or(EditFault::NotAHole { at })?;
    let mut surrounding = sides_of(coverage, &part.shell)
        .into_iter()
        .map(|side| if side.left == label { side.right } else { side.left });
    let first = surrounding.next().flatten();
    if first.is_none() || surrounding.any(|other| other != first) {
        return Err(EditFault::NotAHole { at });
    }
    Ok(give_rings(coverage, &part, label, first))
}

/// Gives the part of a face that holds `at` to another.
pub(super) fn give_part(
    coverage: &Coverage,
    at: GridPoint,
    from: FaceLabel,
    to: FaceLabel,
) -> Result<Change, EditFault> {
    let lies_in = coverage.locate(at);
    if lies_in != from {
        return Err(EditFault::NotInFace { at, face: from, lies_in });
    }
    let part =
        part_at(coverage, from, at).ok_or(EditFault::NotInFace { at, face: from, lies_in })?;
    let change = give_rings(coverage, &part, from, to);
    if change.patch.removed().len() == coverage.around_len(from) {
        return Err(EditFault::WouldEmpty { at, face: from });
    }
    Ok(change)
}

/// The part of a label that holds a place; of the outside only what faces enclose.
fn part_at(coverage: &Coverage, label: FaceLabel, at: GridPoint) -> Option<Part> {
    let holds = |part: &Part| {
        let mut inside = false;
        for ring in std::iter::once(&part.shell).chain(&part.holes) {
            for (n, &p) in ring.iter().enumerate() {
                let (low, high) = upward(p, ring[(n + 1) % ring.len()]);
                inside ^= ray_crosses(low, high, at.into());
            }
        }
        inside
    };
    coverage.parts(label).into_iter().find(holds)
}

pub(super) fn sides_of(coverage: &Coverage, ring: &[Spot]) -> Vec<Side> {
    let next = ring.iter().skip(1).chain(ring.first());
    ring.iter().zip(next).filter_map(|(p, q)| coverage.between(p.grid(), q.grid())).collect()
}

/// Another label for one part. The area is bounded by borders as they are: a partition by its making.
pub(super) fn give_rings(
    coverage: &Coverage,
    part: &Part,
    from: FaceLabel,
    to: FaceLabel,
) -> Change {
    let rings = std::iter::once(&part.shell).chain(&part.holes);
    let removed: Vec<Side> = rings.flat_map(|ring| sides_of(coverage, ring)).collect();
    let added = removed.iter().filter_map(|&side| relabelled(side, from, to)).collect();
    Change::sure(removed, added)
}
