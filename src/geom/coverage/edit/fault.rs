//! Why an edit is refused, with the facts, the place, and what would be right.

use std::fmt;

use crate::geom::coord::GridPoint;
use crate::geom::coverage::edit::command::EDIT_VERTICES_MAX;
use crate::geom::coverage::fault::{named, placed};
use crate::geom::coverage::side::FaceLabel;

/// Why an edit is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditFault {
    /// More places than [`EDIT_VERTICES_MAX`].
    TooManyVertices { count: usize, at: GridPoint },
    /// A place beyond ±180 or ±90 degrees.
    OutOfRange { at: GridPoint },
    /// A line of fewer than two places or a ring of fewer than three.
    TooFewPoints { at: Option<GridPoint> },
    /// A tolerance that is no length above 0.
    NoTolerance,
    /// A face that has no area.
    UnknownFace { face: FaceLabel },
    /// The number of a new face is that of another, or too high.
    FaceInUse { face: u16 },
    /// Two faces are the same.
    SameFace { face: FaceLabel },
    /// The edit changes the area of a locked face, or the locked outline.
    Locked { face: FaceLabel, at: GridPoint },
    /// There is no vertex.
    NoVertex { at: GridPoint },
    /// There is no segment.
    NoSegment { at: GridPoint, to: GridPoint },
    /// There is a vertex already.
    VertexAtPlace { at: GridPoint },
    /// Borders meet at the vertex, which cannot be deleted.
    VertexIsNode { at: GridPoint, degree: usize },
    /// Borders would cross or touch.
    WouldCross { at: GridPoint },
    /// A face would come to lie on the wrong side of its border, or another inside it.
    WouldTurnOver { at: GridPoint, face: FaceLabel },
    /// A face, or a part of it, would have no area left.
    WouldEmpty { at: GridPoint, face: FaceLabel },
    /// The line crosses or touches itself.
    CrossesItself { at: GridPoint },
    /// No part of the line lies in the face.
    LineMissesFace { at: GridPoint, face: u16 },
    /// The line ends inside the face.
    LineEndsInside { at: GridPoint, face: u16 },
    /// The line leaves the face and enters it again.
    LineLeavesFace { at: GridPoint, face: u16 },
    /// The line touches the face's border on its way.
    LineTouchesBorder { at: GridPoint, face: u16 },
    /// The line runs along the face's border.
    LineAlongBorder { at: GridPoint, face: u16 },
    /// The line joins two rings of the border, and the face still hangs together.
    LineDoesNotPart { at: GridPoint, face: u16 },
    /// The two places are no vertices of one arc.
    NotOneArc { at: GridPoint, to: GridPoint },
    /// The ring meets the face's border or lies outside of it.
    RingNotInside { at: GridPoint, face: u16 },
    /// The ring is laid around another face or hole.
    RingAroundAnother { at: GridPoint, face: u16 },
    /// The faces have no border in common.
    FacesDoNotTouch { into: u16, from: u16, at: GridPoint },
    /// Nothing of the face lies in the area.
    AreaMissesFace { at: GridPoint, face: FaceLabel },
    /// The place lies in another face.
    NotInFace { at: GridPoint, face: FaceLabel, lies_in: FaceLabel },
    /// What holds the place is not surrounded by one face.
    NotAHole { at: GridPoint },
    /// A crossing cannot be rounded to the grid without touching another border.
    TooTight { at: GridPoint },
}

impl EditFault {
    /// The place to show; none where the fault is one of numbers.
    #[must_use]
    pub fn at(&self) -> Option<GridPoint> {
        match *self {
            Self::TooFewPoints { at } => at,
            Self::NoTolerance
            | Self::UnknownFace { .. }
            | Self::FaceInUse { .. }
            | Self::SameFace { .. } => None,
            Self::TooManyVertices { at, .. }
            | Self::OutOfRange { at }
            | Self::Locked { at, .. }
            | Self::NoVertex { at }
            | Self::NoSegment { at, .. }
            | Self::VertexAtPlace { at }
            | Self::VertexIsNode { at, .. }
            | Self::WouldCross { at }
            | Self::WouldTurnOver { at, .. }
            | Self::WouldEmpty { at, .. }
            | Self::CrossesItself { at }
            | Self::LineMissesFace { at, .. }
            | Self::LineEndsInside { at, .. }
            | Self::LineLeavesFace { at, .. }
            | Self::LineTouchesBorder { at, .. }
            | Self::LineAlongBorder { at, .. }
            | Self::LineDoesNotPart { at, .. }
            | Self::NotOneArc { at, .. }
            | Self::RingNotInside { at, .. }
            | Self::RingAroundAnother { at, .. }
            | Self::FacesDoNotTouch { at, .. }
            | Self::AreaMissesFace { at, .. }
            | Self::NotInFace { at, .. }
            | Self::NotAHole { at }
            | Self::TooTight { at } => Some(at),
        }
    }

    /// What is wrong, and what would be right.
    fn words(&self) -> (String, &'static str) {
        match *self {
            Self::TooManyVertices { .. }
            | Self::OutOfRange { .. }
            | Self::TooFewPoints { .. }
            | Self::NoTolerance
            | Self::UnknownFace { .. }
            | Self::FaceInUse { .. }
            | Self::SameFace { .. } => self.words_of_request(),
            Self::NoVertex { .. }
            | Self::NoSegment { .. }
            | Self::VertexAtPlace { .. }
            | Self::VertexIsNode { .. }
            | Self::NotOneArc { .. } => self.words_of_vertices(),
            Self::CrossesItself { .. }
            | Self::LineMissesFace { .. }
            | Self::LineEndsInside { .. }
            | Self::LineLeavesFace { .. }
            | Self::LineTouchesBorder { .. }
            | Self::LineAlongBorder { .. }
            | Self::LineDoesNotPart { .. } => self.words_of_lines(),
            _ => self.words_of_areas(),
        }
    }

    fn words_of_request(&self) -> (String, &'static str) {
        match *self {
            Self::TooManyVertices { count, .. } => (
                format!(
                    "the edit has {count} places (limit EDIT_VERTICES_MAX, {EDIT_VERTICES_MAX})"
                ),
                "thin the line or edit in steps",
            ),
            Self::OutOfRange { .. } => (
                "a place lies outside the globe".to_owned(),
                "longitude lies within ±180, latitude within ±90 degrees",
            ),
            Self::TooFewPoints { .. } => {
                ("too few different places".to_owned(), "a line needs two, a ring three")
            }
            Self::NoTolerance => {
                ("the tolerance is no length above 0".to_owned(), "give it in metres")
            }
            Self::UnknownFace { face } => {
                (format!("{} has no area", named(face)), "name a face of this coverage")
            }
            Self::FaceInUse { face } => (
                format!("face {face} cannot be a new one"),
                "give a number that is free and below 65,534",
            ),
            Self::SameFace { face } => {
                (format!("{} is named twice", named(face)), "name two different faces")
            }
            _ => (String::new(), ""),
        }
    }

    fn words_of_vertices(&self) -> (String, &'static str) {
        match *self {
            Self::NoVertex { .. } => {
                ("there is no vertex".to_owned(), "take a vertex of a border exactly")
            }
            Self::NoSegment { to, .. } => (
                format!("there is no border to {} from here", placed(to)),
                "name two neighbouring vertices of a border",
            ),
            Self::VertexAtPlace { .. } => (
                "there is a vertex already".to_owned(),
                "choose a place beside it, or delete one of the two",
            ),
            Self::VertexIsNode { degree, .. } => (
                format!("{degree} borders meet at the vertex"),
                "only a vertex between two segments can be deleted",
            ),
            Self::NotOneArc { to, .. } => (
                format!("no single border leads to {} from here", placed(to)),
                "begin and end on vertices of the same border between the same two faces",
            ),
            _ => (String::new(), ""),
        }
    }

    fn words_of_lines(&self) -> (String, &'static str) {
        let line = |does: &str, face: u16| format!("the line {does} face {face}");
        match *self {
            Self::CrossesItself { .. } => {
                ("the drawing crosses or touches itself".to_owned(), "draw it without a crossing")
            }
            Self::LineMissesFace { face, .. } => {
                (line("misses", face), "draw it across the face from border to border")
            }
            Self::LineEndsInside { face, .. } => {
                (line("ends inside", face), "draw both ends to the border or beyond")
            }
            Self::LineLeavesFace { face, .. } => (
                line("enters a second time", face),
                "keep it inside between its two ends, or split in two steps",
            ),
            Self::LineTouchesBorder { face, .. } => (
                line("touches on its way the border of", face),
                "keep off the border between the two ends",
            ),
            Self::LineAlongBorder { face, .. } => {
                (line("runs along the border of", face), "let it touch the border at its ends only")
            }
            Self::LineDoesNotPart { face, .. } => (
                line("joins a hole and a border of", face),
                "begin and end on the same ring of the border",
            ),
            _ => (String::new(), ""),
        }
    }

    fn words_of_areas(&self) -> (String, &'static str) {
        match *self {
            Self::Locked { face, .. } => (
                format!("the area of {} would change, which is locked", named(face)),
                "unlock it, or edit elsewhere",
            ),
            Self::WouldCross { .. } => {
                ("borders would cross or touch".to_owned(), "keep the new border off the others")
            }
            Self::WouldTurnOver { face, .. } => (
                format!("{} would come to lie on the wrong side of its border", named(face)),
                "move less far, and not over other borders",
            ),
            Self::WouldEmpty { face, .. } => (
                format!("nothing would be left of {} here", named(face)),
                "merge the face, or give it whole",
            ),
            Self::RingNotInside { face, .. } => (
                format!("the ring meets the border of face {face} or lies outside"),
                "draw it inside the face; to cut along the border, split",
            ),
            Self::RingAroundAnother { face, .. } => (
                format!("the ring is laid around another border of face {face}"),
                "draw it beside, or give that face first",
            ),
            Self::FacesDoNotTouch { into, from, .. } => (
                format!("faces {into} and {from} have no border in common"),
                "merge neighbours, or give the face whole",
            ),
            Self::AreaMissesFace { face, .. } => (
                format!("nothing of {} lies in the area", named(face)),
                "draw the area over the face",
            ),
            Self::NotInFace { face, lies_in, .. } => (
                format!("the place lies in {}, not in {}", named(lies_in), named(face)),
                "choose a place in the face",
            ),
            Self::NotAHole { .. } => (
                "what lies here is not surrounded by one face".to_owned(),
                "choose a place in a hole, or merge",
            ),
            Self::TooTight { .. } => (
                "there is no room on the grid to cut the border".to_owned(),
                "cut at the next vertex, or some centimetres beside",
            ),
            _ => (String::new(), ""),
        }
    }
}

impl fmt::Display for EditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, remedy) = self.words();
        match self.at() {
            Some(at) => write!(f, "at {}: {what}; {remedy}", placed(at)),
            None => write!(f, "{what}; {remedy}"),
        }
    }
}

impl std::error::Error for EditFault {}
