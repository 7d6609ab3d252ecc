//! What a build found in the areas it was given, with the place of each.
//!
//! Areas and widths are metres on the ellipsoid's scale at the latitude of the place. A width is
//! the diameter of the largest circle inside, to within a tenth; where the search for it is given
//! up, as in a hair-line of a kilometre, it is the mean width if that is more: twice the area by
//! the perimeter.

use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::settings::Remedy;
use crate::geom::validity::Fault;

/// Most places listed of one kind.
pub const PLACES_MAX: usize = 1_000;

/// Something found in the areas, and what was done about it.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// The area is no valid polygon. It was read by odd and even: a place belongs to it when an odd
    /// number of a polygon's borders lies west of it, as everywhere in `geom`.
    Invalid { face: u16, fault: Fault },
    /// The face has no area.
    Empty { face: u16, cause: EmptyCause },
    /// The face is the same as another one, which keeps the place.
    Duplicate { face: u16, of: u16, at: GridPoint, area_m2: f64 },
    /// Vertices were moved, or borders bent, onto those of another area, at most `snap_m`.
    Snapped(Snapped),
    /// Vertices of one area lie on a segment of another that has none there; it has now.
    Unmatched { vertices: usize, places: Vec<GridPoint> },
    /// Faces lie over each other.
    Overlap(Overlap),
    /// Enclosed by faces and in none of them, and not wide enough to be a hole on purpose.
    Gap(Gap),
    /// A gap or an overlap of the areas as they came of which snapping left nothing; it is told only
    /// where it is asked for.
    Together(Hair),
    /// Enclosed by faces, in none of them, and wide: an information, no fault.
    Hole { spot: Spot, neighbours: Vec<Border> },
    /// A part of a face, not its largest, so narrow that it is hardly meant.
    Sliver { face: u16, spot: Spot, neighbours: Vec<Border> },
    /// A part of a face, not its largest: an information, no fault.
    Detached { face: u16, at: GridPoint, area_m2: f64, neighbours: Vec<Border> },
}

impl Finding {
    /// Whether it only informs: nothing is wrong.
    #[must_use]
    pub fn informs(&self) -> bool {
        matches!(self, Self::Hole { .. } | Self::Detached { .. })
    }
}

/// Why a face has no area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyCause {
    /// It was given without coordinates.
    Given,
    /// On the grid nothing of it is left; it was here.
    Collapsed(GridPoint),
    /// Others lie over all of it, and the overlaps were settled for them.
    Covered,
}

/// A place, how large and how wide what lies there is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// The middle of the largest circle inside, moved to the grid.
    pub at: GridPoint,
    pub area_m2: f64,
    pub width_m: f64,
}

/// A face beside something, with the length of the shared border.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Border {
    pub face: u16,
    pub length_m: f64,
}

/// Vertices moved and borders bent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapped {
    pub vertices: usize,
    pub farthest_m: f64,
    /// Where the farthest move ended.
    pub at: Option<GridPoint>,
    /// What the moved borders swept, once for each area that has them: no less than what any area
    /// won and lost.
    pub moved_m2: f64,
    /// Between which faces, the largest moved area first; at most [`PLACES_MAX`].
    pub between: Vec<SnappedPair>,
    /// Between how many.
    pub pairs: usize,
}

/// What was snapped between two faces.
#[derive(Clone, Debug, PartialEq)]
pub struct SnappedPair {
    /// The lower number first.
    pub faces: [u16; 2],
    pub vertices: usize,
    pub farthest_m: f64,
    /// Where the farthest move ended.
    pub at: GridPoint,
    /// What the borders of both swept there.
    pub moved_m2: f64,
}

impl Snapped {
    pub(super) fn farthest(&mut self, at: GridPoint, moved_m: f64) {
        let known = self.at.map(|old| (self.farthest_m, old));
        if known.is_none_or(|known| is_farther((moved_m, at), known)) {
            (self.farthest_m, self.at) = (moved_m, Some(at));
        }
    }
}

impl SnappedPair {
    pub(super) fn of(faces: [u16; 2], at: GridPoint) -> Self {
        Self { faces, vertices: 0, farthest_m: 0.0, at, moved_m2: 0.0 }
    }

    pub(super) fn add(&mut self, at: GridPoint, moved_m: f64) {
        self.vertices += 1;
        if is_farther((moved_m, at), (self.farthest_m, self.at)) {
            (self.farthest_m, self.at) = (moved_m, at);
        }
    }
}

/// Of two moves that are as far the one to the smaller place is told.
fn is_farther(one: (f64, GridPoint), known: (f64, GridPoint)) -> bool {
    one.0.total_cmp(&known.0).then(known.1.cmp(&one.1)).is_gt()
}

/// Why a place where faces overlap went to the one it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OverlapReason {
    /// It has the longest border with the place.
    LongestBorder,
    /// It would have nothing left otherwise, as an enclave drawn over what is around it.
    WouldVanish,
    /// It has the lowest number: the overlap is wider than is settled by itself, and this is who
    /// `geom::locate` says answers there. Somebody has to decide.
    LowestNumber,
}

/// Faces over each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlap {
    pub spot: Spot,
    /// Those that lie there, by number.
    pub faces: Vec<u16>,
    /// What lies around it, longest border first.
    pub borders: Vec<Border>,
    pub given: u16,
    pub reason: OverlapReason,
}

/// What becomes of a gap under a remedy that gives it to one face.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gift {
    pub face: u16,
    /// The faces that it would come to touch along a line and never did before.
    pub joins: Vec<u16>,
}

/// Why a remedy is proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RemedyReason {
    /// It has one neighbour.
    OnlyNeighbour,
    /// The longest border, and no faces are joined that never touched.
    JoinsNothing,
    /// The longest border would join faces that never touched; this one does not.
    LongestJoins,
    /// Whatever is done joins faces that never touched.
    AllJoin,
}

/// What was snapped away: the borders beside it were brought together.
#[derive(Clone, Debug, PartialEq)]
pub enum Hair {
    Gap(Gap),
    Overlap(Overlap),
}

/// An enclosed place in no face.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    pub spot: Spot,
    /// The faces around it, longest border first.
    pub neighbours: Vec<Border>,
    pub longest: Gift,
    pub largest: Gift,
    /// The line in its middle, where it lies between two neighbours and has one.
    pub middle: Option<Vec<GridPoint>>,
    pub proposed: Remedy,
    pub reason: RemedyReason,
    /// How it was closed; `None` when it is wider than is closed, and stays.
    pub closed: Option<Remedy>,
}
