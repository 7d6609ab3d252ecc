//! An edit planned: the patch that it comes to, or why it is refused.

use crate::geom::coord::GridPoint;
use crate::geom::coverage::edit::change::Change;
use crate::geom::coverage::edit::command::{EDIT_VERTICES_MAX, Edit, Share};
use crate::geom::coverage::edit::draw::draw;
use crate::geom::coverage::edit::fault::EditFault;
use crate::geom::coverage::edit::give::give_area;
use crate::geom::coverage::edit::hole::{add_hole, dissolve_hole, give_part};
use crate::geom::coverage::edit::locks::Locks;
use crate::geom::coverage::edit::merge::{give_whole, merge};
use crate::geom::coverage::edit::place::Place;
use crate::geom::coverage::edit::reshape::{reshape, straighten};
use crate::geom::coverage::edit::split::split;
use crate::geom::coverage::edit::thin::thin;
use crate::geom::coverage::edit::vertex::{delete_vertex, insert_vertex, move_vertex};
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::patch::Patch;
use crate::geom::coverage::side::FaceLabel;
use crate::geom::locate::area::AREAS_MAX;

/// What an edit comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The change. Its inverse undoes the edit; `moved` of it tells who moves.
    pub patch: Patch,
    /// Where a border was bent, by less than a step, to pass the point of the grid at which a
    /// drawing crosses it.
    pub bent: Vec<GridPoint>,
}

impl Coverage {
    /// What an edit comes to here; nothing changes.
    ///
    /// Applied, the patch leaves a partition. Equal coverages plan equal patches, whatever their
    /// history.
    ///
    /// # Errors
    /// An [`EditFault`] with its place. An edit that would change the area of what is locked is refused;
    /// only the thinning of all arcs leaves out those beside locked areas.
    pub fn plan(&self, edit: &Edit, locks: &Locks) -> Result<Planned, EditFault> {
        within_limits(edit)?;
        let Change { patch, bent } = self.change(edit, locks)?;
        if !locks.is_empty() {
            for (face, at) in patch.changed() {
                if locks.hold(face) {
                    return Err(EditFault::Locked { face, at });
                }
            }
        }
        Ok(Planned { patch, bent })
    }

    fn change(&self, edit: &Edit, locks: &Locks) -> Result<Change, EditFault> {
        match edit {
            Edit::MoveVertex { from, to } => move_vertex(self, from.0, to.0),
            Edit::InsertVertex { at, between } => insert_vertex(self, at.0, pair(*between)),
            Edit::DeleteVertex { at } => delete_vertex(self, at.0),
            Edit::ReshapeArc { line } => reshape(self, &points(line)),
            Edit::Straighten { between, along } => straighten(self, pair(*between), &points(along)),
            Edit::Split { face, line, new_face } => {
                self.known(Some(*face))?;
                self.free(*new_face)?;
                split(self, *face, &points(line), *new_face)
            }
            Edit::Merge { into, from } => {
                self.two(Some(*into), Some(*from))?;
                merge(self, *into, *from)
            }
            Edit::Give { what, from, to } => {
                self.two(*from, *to)?;
                match (what, *from) {
                    (Share::Whole, Some(face)) => Ok(give_whole(self, face, *to)),
                    (Share::Whole, None) => Err(EditFault::UnknownFace { face: None }),
                    (Share::Part { at }, from) => give_part(self, at.0, from, *to),
                    (Share::Area { polygons }, from) => give_area(self, polygons, from, *to),
                }
            }
            Edit::Draw { face, polygons, past } => draw(self, *face, polygons, past),
            Edit::Thin { tolerance_m, arc } => thin(self, *tolerance_m, arc.map(pair), locks),
            Edit::AddHole { face, ring, new_face } => {
                self.known(Some(*face))?;
                if let Some(new_face) = new_face {
                    self.free(*new_face)?;
                }
                add_hole(self, *face, &points(ring), *new_face)
            }
            Edit::DissolveHole { at } => dissolve_hole(self, at.0),
        }
    }

    fn known(&self, face: FaceLabel) -> Result<(), EditFault> {
        match face {
            Some(number) if !self.has(number) => Err(EditFault::UnknownFace { face }),
            _ => Ok(()),
        }
    }

    fn two(&self, one: FaceLabel, other: FaceLabel) -> Result<(), EditFault> {
        if one == other {
            return Err(EditFault::SameFace { face: one });
        }
        self.known(one)?;
        self.known(other)
    }

    fn free(&self, face: u16) -> Result<(), EditFault> {
        if self.has(face) || usize::from(face) >= AREAS_MAX {
            return Err(EditFault::FaceInUse { face });
        }
        Ok(())
    }
}

fn pair([p, q]: [Place; 2]) -> [GridPoint; 2] {
    [p.0, q.0]
}

fn points(line: &[Place]) -> Vec<GridPoint> {
    line.iter().map(|place| place.0).collect()
}

fn within_limits(edit: &Edit) -> Result<(), EditFault> {
    let mut count = 0;
    for Place(at) in edit.places() {
        count += 1;
        if at.x.unsigned_abs() > 1_800_000_000 || at.y.unsigned_abs() > 900_000_000 {
            return Err(EditFault::OutOfRange { at });
        }
    }
    match edit.places().next() {
        Some(Place(at)) if count > EDIT_VERTICES_MAX => {
            Err(EditFault::TooManyVertices { count, at })
        }
        _ => Ok(()),
    }
}
