//! What a build of the ground found, in words about zones.

use crate::domain::zoning::repair::{Broken, Repair};
use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::finding::{Border, EmptyCause, Finding, Hair, SnappedPair};

/// A finding in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The area it is about, by its number in what was built.
    pub face: Option<u16>,
    /// Where.
    pub at: Option<GridPoint>,
    /// Whether it may go on in spite of it.
    pub warning: bool,
    /// What is wrong.
    pub fault: String,
    /// What was done, or would be right.
    pub remedy: String,
}

/// Whether the ground is otherwise than the areas it was built from.
#[must_use]
pub fn mends(finding: &Finding) -> bool {
    match finding {
        Finding::Invalid { .. }
        | Finding::Empty { .. }
        | Finding::Duplicate { .. }
        | Finding::Snapped(_)
        | Finding::Together(_)
        | Finding::Overlap(_) => true,
        Finding::Gap(gap) => gap.closed.is_some(),
        Finding::Unmatched { .. }
        | Finding::Hole { .. }
        | Finding::Sliver { .. }
        | Finding::Detached { .. } => false,
    }
}

/// What a build made of an area that is not valid.
const READ_AS_IT_IS: &str = "it was read by odd and even: a place is in it where an odd number of its borders lies west of it";

/// A finding in words; `name` gives what an area is called. `None` for what is no fault.
#[must_use]
pub fn told(finding: &Finding, name: &dyn Fn(u16) -> String) -> Option<Told> {
    match Repair::of(finding, name) {
        Some(repair) => {
            let face = match finding {
                Finding::Overlap(it) | Finding::Together(Hair::Overlap(it)) => {
                    it.faces.last().copied()
                }
                _ => None,
            };
            Some(broken(&repair, face))
        }
        None => in_itself(finding, name),
    }
}

/// What was snapped between two areas, in words.
#[must_use]
pub fn told_pair(pair: &SnappedPair, name: &dyn Fn(u16) -> String) -> Told {
    let [one, other] = pair.faces.map(name);
    let fault = format!(
        "between {one} and {other} borders were brought together at {} vertices, the farthest by {:.3} m: {:.2} m² \
         went from hand to hand",
        pair.vertices, pair.farthest_m, pair.moved_m2
    );
    let remedy = "look whether a hair line was meant there".to_owned();
    Told { face: None, at: Some(pair.at), warning: true, fault, remedy }
}

/// A gap or an overlap in words; it is told of a face where it has one.
fn broken(repair: &Repair, face: Option<u16>) -> Told {
    let areas = repair.areas.join(", ");
    let size = format!("{:.1} m², {:.2} m wide", repair.area_m2, repair.width_m);
    let fault = match repair.broken {
        Broken::Gap => format!("between {areas} is a gap: {size}"),
        Broken::Overlap => format!("{areas} lie over each other: {size}"),
    };
    let remedy = if repair.undecided {
        "say whose it is: draw it for one of them".to_owned()
    } else {
        repair.words()
    };
    Told { face, at: Some(repair.at), warning: !repair.undecided, fault, remedy }
}

/// What is wrong in an area itself.
fn in_itself(finding: &Finding, name: &dyn Fn(u16) -> String) -> Option<Told> {
    let around = |borders: &[Border]| {
        borders.iter().map(|border| name(border.face)).collect::<Vec<_>>().join(", ")
    };
    let one = |face, at, warning, fault: String, remedy: &str| {
        Some(Told { face, at, warning, fault, remedy: remedy.to_owned() })
    };
    match finding {
        Finding::Invalid { face, fault } => {
            let (what, remedy) = fault.kind.words();
            let fault = format!("{what} (at {}, {})", fault.at.x, fault.at.y);
            one(
                Some(*face),
                None,
                true,
                fault,
                &format!("{READ_AS_IT_IS}; to have another, {remedy}"),
            )
        }
        Finding::Empty { face, cause } => {
            let (fault, at) = match cause {
                EmptyCause::Given => ("has no area", None),
                EmptyCause::Collapsed(at) => ("is smaller than the grid of 1e-7 degree", Some(*at)),
                EmptyCause::Covered => ("is covered by others", None),
            };
            one(Some(*face), at, false, fault.to_owned(), "draw it where nothing else lies")
        }
        Finding::Duplicate { face, of, at, .. } => {
            let fault = format!("has the same area as {}", name(*of));
            one(Some(*face), Some(*at), false, fault, "leave one of them out")
        }
        Finding::Snapped(snapped) => {
            let fault = format!(
                "{} vertices next to others' borders were moved onto them, the farthest {:.2} m; {:.1} \
                 m² went from hand to hand",
                snapped.vertices, snapped.farthest_m, snapped.moved_m2
            );
            one(None, snapped.at, true, fault, "look at the place where the farthest was")
        }
        Finding::Unmatched { .. }
        | Finding::Hole { .. }
        | Finding::Detached { .. }
        | Finding::Together(_)
        | Finding::Overlap(_)
        | Finding::Gap(_) => None,
        Finding::Sliver { face, spot, neighbours } => {
            let fault = format!(
                "has a part of {:.1} m² that is {:.2} m wide, beside {}",
                spot.area_m2,
                spot.width_m,
                around(neighbours)
            );
            one(Some(*face), Some(spot.at), true, fault, "give it to the neighbour")
        }
    }
}
