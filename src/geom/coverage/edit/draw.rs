//! A face drawn as a whole.
//!
//! First the drawing and all borders are cut where they meet, once, so that whatever is given along it afterwards
//! meets the same vertices on both sides.

use std::collections::{BTreeMap, BTreeSet};

use crate::geom::coord::{GridBox, GridPoint};
use crate::geom::coverage::apply::PatchFault;
use crate::geom::coverage::edit::carve::{Stroke, cut_all};
use crate::geom::coverage::edit::change::Change;
use crate::geom::coverage::edit::command::Rings;
use crate::geom::coverage::edit::fault::EditFault;
use crate::geom::coverage::edit::give::{around, give_ringed, upright};
use crate::geom::coverage::edit::hole::{give_rings, sides_of};
use crate::geom::coverage::edit::merge::give_whole;
use crate::geom::coverage::face::nanometres;
use crate::geom::coverage::map::{Coverage, frame};
use crate::geom::coverage::patch::Patch;
use crate::geom::coverage::rings::Part;
use crate::geom::coverage::side::{FaceLabel, Side};
use crate::geom::locate::area::AREAS_MAX;

/// Gives `polygons` to `face`, whoever has them, and what it has beside to those around.
///
/// Of what it leaves nothing goes to the faces `past` where somebody else is around.
///
/// A face that would be left without an area is no neighbour any more, and that is refused; so is an area that has
/// nothing in common with the face as it is.
pub(super) fn draw(
    coverage: &Coverage,
    face: u16,
    polygons: &[Rings],
    past: &BTreeSet<u16>,
) -> Result<Change, EditFault> {
    if usize::from(face) >= AREAS_MAX {
        return Err(EditFault::FaceInUse { face });
    }
    let mut work = Work { now: coverage.clone(), ends: BTreeSet::new(), bent: Vec::new() };
    let rings = work.laid(&upright(polygons)?)?;
    let first = rings.first().and_then(|ring| ring.first()).copied();
    let first = first.ok_or(EditFault::TooFewPoints { at: None })?;
    let to = work.parted(face, &rings)?;
    for other in work.under(&rings, first) {
        if other != Some(face) && other != Some(to) {
            match give_ringed(&work.now, &rings, other, Some(to)) {
                Ok(change) => work.take(change)?,
                Err(EditFault::AreaMissesFace { .. }) => {}
                Err(fault) => return Err(fault),
            }
        }
    }
    if to != face {
        work.leave(face, to, past)?;
    }
    Ok(work.net(coverage))
}

/// A coverage on which one change is done after the other.
struct Work {
    now: Coverage,
    /// The ends of every segment that was changed.
    ends: BTreeSet<(GridPoint, GridPoint)>,
    bent: Vec<GridPoint>,
}

impl Work {
    fn take(&mut self, change: Change) -> Result<(), EditFault> {
        // Planned on what it is done on: it fits.
        self.now.apply(&change.patch).map_err(|fault| match fault {
            PatchFault::NotThere { at, .. }
            | PatchFault::InTheWay { at, .. }
            | PatchFault::NoSide { at, .. } => EditFault::TooTight { at },
        })?;
        let sides = change.patch.removed().iter().chain(change.patch.added());
        self.ends.extend(sides.map(|side| (side.a, side.b)));
        self.bent.extend(change.bent);
        Ok(())
    }

    /// The rings with a vertex wherever they meet a border, which has one there too.
    fn laid(&mut self, rings: &[Vec<GridPoint>]) -> Result<Vec<Vec<GridPoint>>, EditFault> {
        let strokes: Vec<Stroke> = rings.iter().flat_map(|ring| around(ring)).collect();
        let cutting = cut_all(&self.now, &strokes)?;
        let mut chains = cutting.strokes.into_iter();
        let laid = rings
            .iter()
            .map(|ring| {
                let mut points = Vec::with_capacity(ring.len());
                for mut chain in chains.by_ref().take(ring.len()) {
                    // Each stroke ends where the next one begins.
                    chain.pop();
                    points.append(&mut chain);
                }
                points
            })
            .collect();
        let patch = Patch::new(cutting.removed, cutting.added);
        self.take(Change { patch, bent: cutting.bent })?;
        Ok(laid)
    }

    /// Which face gets what is drawn: the face itself where nothing of it is left beside, else one that is not there
    /// yet and already has what the face had of it.
    fn parted(&mut self, face: u16, rings: &[Vec<GridPoint>]) -> Result<u16, EditFault> {
        if !self.now.has(face) {
            return Ok(face);
        }
        let free = (0..=u16::MAX).find(|other| !self.now.has(*other));
        let free = free.filter(|other| usize::from(*other) < AREAS_MAX);
        let free = free.ok_or(EditFault::FaceInUse { face })?;
        match give_ringed(&self.now, rings, Some(face), Some(free)) {
            Ok(change) => {
                self.take(change)?;
                Ok(free)
            }
            Err(EditFault::WouldEmpty { .. }) => Ok(face),
            Err(fault) => Err(fault),
        }
    }

    /// Whose area may lie under rings, outside among them.
    fn under(&self, rings: &[Vec<GridPoint>], first: GridPoint) -> BTreeSet<FaceLabel> {
        let places = rings.iter().flatten().map(|&p| frame(p, p));
        let within = places.fold(frame(first, first), GridBox::with);
        let near = self.now.near_box(within).flat_map(|side| [side.left, side.right]);
        near.chain([self.now.locate(first)]).collect()
    }

    /// What is left of `face` goes to those around, and `to` becomes the face.
    fn leave(&mut self, face: u16, to: u16, past: &BTreeSet<u16>) -> Result<(), EditFault> {
        for part in self.now.parts(Some(face)) {
            let heir = self.heir(&part, (face, to), past);
            self.take(give_rings(&self.now, &part, Some(face), heir))?;
        }
        self.take(give_whole(&self.now, to, Some(face)))
    }

    /// Who has the longest border with a part of `face`, one of those `passed` only where no other is around; nobody where only
    /// `to` is.
    fn heir(&self, part: &Part, (face, to): (u16, u16), passed: &BTreeSet<u16>) -> FaceLabel {
        let rings = std::iter::once(&part.shell).chain(&part.holes);
        let sides: Vec<Side> = rings.flat_map(|ring| sides_of(&self.now, ring)).collect();
        let mut lengths: BTreeMap<FaceLabel, i128> = BTreeMap::new();
        for side in sides {
            let other = if side.left == Some(face) { side.right } else { side.left };
            if other != Some(to) {
                *lengths.entry(other).or_default() += nanometres(side);
            }
        }
        let is_passed = |label: FaceLabel| label.is_some_and(|face| passed.contains(&face));
        lengths
            .into_iter()
            .max_by_key(|&(label, length)| (!is_passed(label), length, label))
            .and_then(|(label, _)| label)
    }

    /// All of it as one change of the coverage as it was.
    fn net(mut self, base: &Coverage) -> Change {
        let held = |of: &Coverage| -> Vec<Side> {
            self.ends.iter().filter_map(|&(a, b)| of.between(a, b)).collect()
        };
        let patch = Patch::new(held(base), held(&self.now));
        self.bent.sort_unstable();
        self.bent.dedup();
        Change { patch, bent: self.bent }
    }
}
