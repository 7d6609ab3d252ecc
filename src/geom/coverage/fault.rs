//! What can be wrong with a partition, each fault with its place.

use std::fmt;

use crate::geom::coord::GridPoint;
use crate::geom::coverage::side::FaceLabel;

/// Most faults that are listed.
pub const COVERAGE_FAULTS_MAX: usize = 1_000;

/// A broken law of a coverage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CoverageFault {
    /// A segment beyond ±180 or ±90 degrees.
    OutOfRange { at: GridPoint },
    /// A segment of no length.
    NoLength { at: GridPoint },
    /// A segment that does not run from its smaller end to its larger.
    Reversed { at: GridPoint, to: GridPoint },
    /// A segment with the same face on both sides.
    OneFace { at: GridPoint, to: GridPoint, face: FaceLabel },
    /// A segment that is there twice.
    Twice { at: GridPoint, to: GridPoint },
    /// Two segments that share more than a common end; `at` is the place, rounded.
    Crossing { at: GridPoint },
    /// A node where the wedge between two neighbouring segments has two labels.
    LabelsDisagree { at: GridPoint, one: FaceLabel, other: FaceLabel },
    /// Segments that hang together, and the face around them is not the one that they are labelled
    /// with.
    WrongSurroundings { at: GridPoint, labelled: FaceLabel, lies_in: FaceLabel },
    /// There are more faults than are listed.
    MoreFaults,
}

/// A label in words.
pub(super) fn named(label: FaceLabel) -> String {
    label.map_or_else(|| "outside".to_owned(), |face| format!("face {face}"))
}

/// A place in words.
pub(super) fn placed(at: GridPoint) -> String {
    let place = at.degrees();
    format!("{} {}", place.lon(), place.lat())
}

impl fmt::Display for CoverageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::OutOfRange { at } => {
                write!(f, "the segment at {} lies beyond ±180 or ±90 degrees", placed(at))
            }
            Self::NoLength { at } => write!(f, "the segment at {} has no length", placed(at)),
            Self::Reversed { at, to } => {
                write!(f, "the segment {} to {} runs from its larger end", placed(at), placed(to))
            }
            Self::OneFace { at, to, face } => write!(
                f,
                "the segment {} to {} has {} on both sides",
                placed(at),
                placed(to),
                named(face)
            ),
            Self::Twice { at, to } => {
                write!(f, "the segment {} to {} is there twice", placed(at), placed(to))
            }
            Self::Crossing { at } => write!(f, "borders cross or overlap at {}", placed(at)),
            Self::LabelsDisagree { at, one, other } => write!(
                f,
                "between two borders at {} lies {} by one and {} by the other",
                placed(at),
                named(one),
                named(other)
            ),
            Self::WrongSurroundings { at, labelled, lies_in } => write!(
                f,
                "the borders at {} are labelled to lie in {} and lie in {}",
                placed(at),
                named(labelled),
                named(lies_in)
            ),
            Self::MoreFaults => f.write_str("there are more faults than are listed"),
        }
    }
}
