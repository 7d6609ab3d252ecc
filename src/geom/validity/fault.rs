//! What can be wrong with a geometry, in words.

use std::fmt;

use geo_types::Coord;

use crate::geom::validity::contact::compare;

/// Most faults listed for one geometry.
pub const FAULTS_MAX: usize = 1_000;
/// A coordinate beyond this, in either direction, is more than can be computed with exactly.
pub const COORDINATE_MAX: f64 = 1e100;

/// What is wrong with a geometry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// NaN or infinite coordinate.
    NotFinite,
    /// A coordinate too large to compute with.
    TooLarge,
    /// A line of fewer than two places or a ring of fewer than three.
    TooFewPoints,
    /// A ring whose last coordinate is not its first.
    RingNotClosed,
    /// A ring that crosses itself, or runs twice along the same line.
    SelfIntersection,
    /// A ring that touches itself at a point.
    SelfTouch,
    /// Two rings of a polygon that cross, or run along the same line.
    RingsCross,
    /// Parts whose borders cross or run along the same line.
    PartsOverlap,
    /// A ring that is there twice.
    DuplicateRing,
    /// A hole, or what of it does not cross the shell, outside its shell.
    HoleOutsideShell,
    /// A hole inside another hole.
    NestedHoles,
    /// A part inside another part.
    NestedShells,
    /// Holes that touch each other or the shell so that they cut the polygon in two.
    DisconnectedInterior,
    /// The geometry has more vertices than are checked.
    TooManyVertices,
    /// So many edges lie so close that the check was given up.
    TooEntangled,
    /// There are more faults than are listed.
    MoreFaults,
}

impl FaultKind {
    /// What is wrong, and what to do, for people.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NotFinite => ("a coordinate is no finite number", "give the real coordinate"),
            Self::TooLarge => ("a coordinate is too large", "give coordinates in degrees"),
            Self::TooFewPoints => (
                "too few different points: a line needs two, a ring three",
                "add the missing points or remove the ring or line",
            ),
            Self::RingNotClosed => {
                ("the ring is not closed", "repeat the first coordinate at the end")
            }
            Self::SelfIntersection => (
                "the ring crosses or overlaps itself",
                "move the vertices so that the border does not cross itself",
            ),
            Self::SelfTouch => (
                "the ring touches itself at a point",
                "split the ring there, or make the enclosed part a hole",
            ),
            Self::RingsCross => (
                "two rings of the polygon cross or overlap",
                "keep each hole inside the shell and apart from the other holes",
            ),
            Self::PartsOverlap => {
                ("two parts cross or share a border", "merge the parts or move them apart")
            }
            Self::DuplicateRing => ("the ring is there twice", "remove one of the two"),
            Self::HoleOutsideShell => {
                ("the hole lies outside its shell", "move the hole to the part it lies in")
            }
            Self::NestedHoles => ("the hole lies inside another hole", "remove the inner hole"),
            Self::NestedShells => {
                ("the part lies inside another part", "remove it, or cut a hole for it")
            }
            Self::DisconnectedInterior => {
                ("touching rings cut the polygon in two", "make the pieces polygons of their own")
            }
            Self::TooManyVertices => (
                "the geometry has more vertices than are checked (limit VERTICES_MAX, 2,000,000)",
                "simplify or split it",
            ),
            Self::TooEntangled => (
                "too many edges lie across each other's boxes to check (limit WORK_MAX)",
                "simplify or split it",
            ),
            Self::MoreFaults => (
                "there are more faults than are listed (limit FAULTS_MAX, 1,000)",
                "mend those listed and check again",
            ),
        }
    }
}

/// A fault and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// Where, in the geometry's own coordinates.
    pub at: Coord<f64>,
    /// Which polygon of a multi-polygon, from 0.
    pub part: usize,
    /// Which ring, 0 the exterior.
    pub ring: usize,
    /// The part and ring that it crosses, repeats or lies in, where that is another one.
    pub other: Option<(usize, usize)>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, at, part, ring, other } = self;
        write!(f, "{} at {} {} (part {part}, ring {ring}", kind.words().0, at.x, at.y)?;
        match other {
            Some((part, ring)) => write!(f, "; with part {part}, ring {ring})"),
            None => f.write_str(")"),
        }
    }
}

/// The faults found so far, at most [`FAULTS_MAX`].
#[derive(Default)]
pub(super) struct List {
    faults: Vec<Fault>,
    more: bool,
    last: Vec<Fault>,
}

impl List {
    /// Adds a fault of a part's ring. Beyond the limit it is only noted that there are more.
    pub(super) fn add(
        &mut self,
        kind: FaultKind,
        at: Coord<f64>,
        (part, ring): (usize, usize),
        other: Option<(usize, usize)>,
    ) {
        if self.full() {
            self.more = true;
        } else {
            self.faults.push(Fault { kind, at, part, ring, other });
        }
    }

    /// Adds a fault for every coordinate that cannot be computed with; whether there is none.
    pub(super) fn finite(&mut self, points: &[Coord<f64>], place: (usize, usize)) -> bool {
        let mut all = true;
        for &p in points {
            if !(p.x.is_finite() && p.y.is_finite()) {
                self.add(FaultKind::NotFinite, p, place, None);
                all = false;
            } else if p.x.abs().max(p.y.abs()) > COORDINATE_MAX {
                self.add(FaultKind::TooLarge, p, place, None);
                all = false;
            }
        }
        all
    }

    /// Notes that the check was not finished.
    pub(super) fn limit(&mut self, kind: FaultKind, at: Coord<f64>) {
        self.last.push(Fault { kind, at, part: 0, ring: 0, other: None });
    }

    /// Notes that there may be more faults than are listed.
    pub(super) fn more(&mut self) {
        self.more = true;
    }

    /// Whether a further fault would not be listed.
    pub(super) fn full(&self) -> bool {
        self.faults.len() >= FAULTS_MAX
    }

    pub(super) fn into_vec(mut self) -> Vec<Fault> {
        self.faults.sort_by(|a, b| {
            let place = (a.part, a.ring).cmp(&(b.part, b.ring));
            place.then(compare(a.at, b.at)).then(a.kind.cmp(&b.kind)).then(a.other.cmp(&b.other))
        });
        self.faults.dedup_by(|b, a| {
            compare(a.at, b.at).is_eq()
                && (a.kind, a.part, a.ring, a.other) == (b.kind, b.part, b.ring, b.other)
        });
        if self.more {
            let at = self.faults.last().map(|fault| fault.at).unwrap_or_default();
            self.limit(FaultKind::MoreFaults, at);
        }
        self.faults.append(&mut self.last);
        self.faults
    }
}
