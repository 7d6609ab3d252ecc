//! What a build of the ground found, in words about zones.

use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::finding::{Border, EmptyCause, Finding, Overlap, OverlapReason};

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
pub fn told(finding: &Finding, name: impl Fn(u16) -> String) -> Option<Told> {
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
        Finding::Unmatched { .. } | Finding::Hole { .. } | Finding::Detached { .. } => None,
        Finding::Overlap(overlap) => Some(overlapping(overlap, &name)),
        Finding::Gap(gap) => {
            let fault = format!(
                "between {} is a gap: {:.1} m², {:.2} m wide",
                around(&gap.neighbours),
                gap.spot.area_m2,
                gap.spot.width_m
            );
            let remedy = match gap.closed {
                Some(_) => "it was closed",
                None => "give it to a neighbour, or leave it where nobody answers",
            };
            one(None, Some(gap.spot.at), true, fault, remedy)
        }
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

fn overlapping(overlap: &Overlap, name: &impl Fn(u16) -> String) -> Told {
    let hair = overlap.reason != OverlapReason::LowestNumber;
    let all: Vec<String> = overlap.faces.iter().map(|face| name(*face)).collect();
    let fault = format!(
        "{} lie over each other: {:.1} m², {:.2} m wide",
        all.join(", "),
        overlap.spot.area_m2,
        overlap.spot.width_m
    );
    let remedy = if hair {
        format!("it went to {}", name(overlap.given))
    } else {
        "say whose it is: draw it for one of them".to_owned()
    };
    let face = overlap.faces.last().copied();
    Told { face, at: Some(overlap.spot.at), warning: hair, fault, remedy }
}
