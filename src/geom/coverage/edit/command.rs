//! What a planner asks for, in terms of places, so that it can be asked again of another base.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::geom::coverage::edit::place::Place;
use crate::geom::coverage::side::FaceLabel;

/// Most places in one edit.
pub const EDIT_VERTICES_MAX: usize = 20_000;

/// A polygon of an edit: its shell, then its holes; closed or not, turning either way.
pub type Rings = Vec<Vec<Place>>;

/// One edit. Faces are numbers; where a face may be `null`, that is the outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Edit {
    /// Moves a vertex with all borders that end there; at a node every arc comes along.
    MoveVertex {
        /// The vertex.
        from: Place,
        /// Where it goes; no vertex is there.
        to: Place,
    },
    /// Puts a vertex into a segment.
    InsertVertex {
        /// Where; on the segment or beside it, which then bends.
        at: Place,
        /// The two ends of the segment.
        between: [Place; 2],
    },
    /// Takes away a vertex where no more than two segments meet.
    DeleteVertex {
        /// The vertex.
        at: Place,
    },
    /// Replaces what lies of a border between the two ends of a line by the line.
    ReshapeArc {
        /// The new course; both ends are vertices of one arc.
        line: Vec<Place>,
    },
    /// Lays a border between two of its vertices along a line that is there already, such as a street.
    Straighten {
        /// The vertices, of one arc.
        between: [Place; 2],
        /// The line; the part between the places nearest to the two vertices is taken.
        along: Vec<Place>,
    },
    /// Parts a face along a line from border to border; what lies left of the line becomes the new
    /// face.
    Split {
        /// The face.
        face: u16,
        /// The line. Its ends lie on the border, or beyond it.
        line: Vec<Place>,
        /// A number that no face has.
        new_face: u16,
    },
    /// Joins a face to one that it has a border with.
    Merge {
        /// The face that grows.
        into: u16,
        /// The face that is no more afterwards.
        from: u16,
    },
    /// Gives what a face has of an area, or all of it, to another.
    Give {
        /// What is given.
        what: Share,
        /// Whose it is.
        from: FaceLabel,
        /// Whose it becomes; a face that has an area already.
        to: FaceLabel,
    },
    /// The area of a face becomes this: it takes what others have of it. What it has beside goes, part by part, to
    /// whom the part has the longest border with, outside among them.
    Draw {
        /// The face. One that has no area yet is new.
        face: u16,
        /// The area, each polygon by its rings.
        polygons: Vec<Rings>,
        /// Faces that get nothing of what it leaves where somebody else is around.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        past: BTreeSet<u16>,
    },
    /// Takes away the vertices that shape borders least, once for both sides.
    Thin {
        /// A vertex goes while the triangle with its neighbours is smaller than the square of this.
        tolerance_m: f64,
        /// A segment of the arc to thin; of all arcs when it is not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arc: Option<[Place; 2]>,
    },
    /// Cuts a hole into a face.
    AddHole {
        /// The face.
        face: u16,
        /// The hole's border, inside the face.
        ring: Vec<Place>,
        /// The face in the hole, a number that no face has; outside when it is not given.
        #[serde(default)]
        new_face: FaceLabel,
    },
    /// Gives what lies in a hole of one face to this face.
    DissolveHole {
        /// A place in the hole.
        at: Place,
    },
}

/// What of a face is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Share {
    /// All of it.
    Whole,
    /// The part that hangs together and holds a place.
    Part {
        /// The place.
        at: Place,
    },
    /// What lies in an area.
    Area {
        /// The area, each polygon by its rings.
        polygons: Vec<Rings>,
    },
}

impl Edit {
    /// Every place of the edit.
    #[must_use]
    pub fn places(&self) -> Box<dyn Iterator<Item = Place> + '_> {
        match self {
            Self::MoveVertex { from, to } => Box::new([*from, *to].into_iter()),
            Self::InsertVertex { at, between } => Box::new(between.iter().copied().chain([*at])),
            Self::DeleteVertex { at }
            | Self::DissolveHole { at }
            | Self::Give { what: Share::Part { at }, .. } => Box::new(std::iter::once(*at)),
            Self::ReshapeArc { line } | Self::Split { line, .. } => Box::new(line.iter().copied()),
            Self::Straighten { between, along } => Box::new(between.iter().chain(along).copied()),
            Self::Give { what: Share::Area { polygons }, .. } | Self::Draw { polygons, .. } => {
                Box::new(polygons.iter().flatten().flatten().copied())
            }
            Self::AddHole { ring, .. } => Box::new(ring.iter().copied()),
            Self::Thin { arc, .. } => Box::new(arc.iter().flatten().copied()),
            Self::Merge { .. } | Self::Give { what: Share::Whole, .. } => {
                Box::new(std::iter::empty())
            }
        }
    }
}
