//! What a planner has to know of a draft before it is published.

use std::collections::{BTreeMap, BTreeSet};

use geo_types::{LineString, MultiPolygon, Polygon};

use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::{UnitId, ZoneId};
use crate::domain::zoning::review::state::Review;
use crate::domain::zoning::working::Working;
use crate::geom::coord::{GridPoint, step};
use crate::geom::measure::{polygon_area_m2, ring_area_m2};

/// A part narrower (m) than this is a sliver: `2 area / perimeter` of its outer ring.
pub const SLIVER_M: f64 = 5.0;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The draft cannot be published with it.
    Blocks,
    /// Hardly meant.
    Warns,
    /// May be meant.
    Informs,
}

/// What is found in a draft.
#[derive(Clone, Debug, PartialEq)]
pub enum ReviewFinding {
    /// There is no zone.
    Empty,
    /// A law of the partition is broken.
    Broken { says: String, at: Option<GridPoint> },
    /// A zone's unit is not one of the city's.
    NoUnit { zone: ZoneId, unit: UnitId },
    /// A zone lies in several parts.
    Parts { zone: ZoneId, at: GridPoint, area_m2: f64 },
    /// A part of a zone is so narrow that it is hardly meant.
    Sliver { zone: ZoneId, at: GridPoint, area_m2: f64, width_m: f64 },
    /// Enclosed by zones and in none of them.
    Gap { at: GridPoint, area_m2: f64 },
    /// The zones together have another area than those in force: square metres more, or less when negative.
    Outline { more_m2: f64 },
    /// A zone lies wholly within another.
    Enclave { zone: ZoneId, within: ZoneId },
    /// A zone touches no other.
    Island { zone: ZoneId },
    /// A unit has no part in any zone.
    IdleUnit { unit: UnitId },
}

impl ReviewFinding {
    /// How much it weighs.
    #[must_use]
    pub fn weight(&self) -> Weight {
        match self {
            Self::Empty | Self::Broken { .. } | Self::NoUnit { .. } => Weight::Blocks,
            Self::Parts { .. } | Self::Sliver { .. } | Self::Gap { .. } | Self::Outline { .. } => {
                Weight::Warns
            }
            Self::Enclave { .. } | Self::Island { .. } | Self::IdleUnit { .. } => Weight::Informs,
        }
    }
}

/// Everything found in a draft, the weightiest first.
#[must_use]
pub fn findings(review: &Review, atlas: &Atlas, working: &Working) -> Vec<ReviewFinding> {
    let mut found = Vec::new();
    if working.coverage().is_empty() {
        found.push(ReviewFinding::Empty);
    }
    let broken = working.check().into_iter();
    found.extend(broken.map(|(at, says)| ReviewFinding::Broken { says, at }));
    units(atlas, working, &mut found);
    shapes(review, working, &mut found);
    neighbours(working, &mut found);
    outline(review, atlas, working, &mut found);
    found.sort_by_key(ReviewFinding::weight);
    found
}

fn units(atlas: &Atlas, working: &Working, found: &mut Vec<ReviewFinding>) {
    let mut busy: BTreeSet<&UnitId> = BTreeSet::new();
    for face in working.coverage().faces() {
        let (Some(zone), Some(lead)) = (working.zone_of(Some(face)), working.lead(face)) else {
            continue;
        };
        for unit in std::iter::once(lead).chain(working.co(face)) {
            if atlas.unit(unit).is_none() {
                found.push(ReviewFinding::NoUnit { zone: zone.clone(), unit: unit.clone() });
            }
            busy.insert(unit);
        }
    }
    let idle = atlas.units().iter().filter(|unit| !busy.contains(&unit.id));
    found.extend(idle.map(|unit| ReviewFinding::IdleUnit { unit: unit.id.clone() }));
}

fn shapes(review: &Review, working: &Working, found: &mut Vec<ReviewFinding>) {
    for (face, shape) in review.shapes() {
        let Some(zone) = working.zone_of(Some(*face)) else { continue };
        let several = shape.parts.len() > 1;
        for (number, part) in shape.parts.iter().enumerate() {
            let at = GridPoint { x: step(part.at[0]), y: step(part.at[1]) };
            let width_m = if part.outer_m > 0.0 { 2.0 * part.area_m2 / part.outer_m } else { 0.0 };
            let (zone, area_m2) = (zone.clone(), part.area_m2);
            if width_m < SLIVER_M {
                found.push(ReviewFinding::Sliver { zone, at, area_m2, width_m });
            } else if several && number > 0 {
                found.push(ReviewFinding::Parts { zone, at, area_m2 });
            }
        }
    }
}

fn neighbours(working: &Working, found: &mut Vec<ReviewFinding>) {
    let coverage = working.coverage();
    let mut beside: BTreeMap<u16, BTreeSet<Option<u16>>> = BTreeMap::new();
    for border in coverage.shared_borders() {
        for (mine, other) in [(border.one, border.other), (border.other, border.one)] {
            if let Some(mine) = mine {
                beside.entry(mine).or_default().insert(other);
            }
        }
    }
    let several = beside.len() > 1;
    for (face, others) in beside {
        let Some(zone) = working.zone_of(Some(face)).cloned() else { continue };
        let mut others = others.into_iter();
        match (others.next(), others.next()) {
            (Some(None), None) if several => found.push(ReviewFinding::Island { zone }),
            (Some(Some(one)), None) => {
                if let Some(within) = working.zone_of(Some(one)).cloned() {
                    found.push(ReviewFinding::Enclave { zone, within });
                }
            }
            _ => {}
        }
    }
}

/// Gaps that the plan in force has not, and what is won or lost at the outline.
fn outline(review: &Review, atlas: &Atlas, working: &Working, found: &mut Vec<ReviewFinding>) {
    let coverage = working.coverage();
    let most = coverage.faces().last().map_or(0, |face| usize::from(*face) + 1);
    let union: MultiPolygon<f64> = coverage.relabelled(&vec![Some(0); most]).polygons(0);
    for hole in union.iter().flat_map(Polygon::interiors) {
        let Some(first) = hole.0.first() else { continue };
        let area_m2 = ring_area_m2(hole).abs();
        let at = GridPoint { x: step(first.x), y: step(first.y) };
        // One that was there before, with the same border, is none of this draft's.
        let known = atlas.zones().iter().any(|zone| {
            zone.area.iter().any(|part| part.interiors().iter().any(|ring| same_ring(ring, hole)))
        });
        if !known {
            found.push(ReviewFinding::Gap { at, area_m2 });
        }
    }
    let now: f64 =
        atlas.zones().iter().map(|zone| zone.area.iter().map(polygon_area_m2).sum::<f64>()).sum();
    let then: f64 = review.shapes().values().map(|shape| shape.area_m2).sum();
    // A square metre over the whole city is rounding of the figures themselves.
    if (then - now).abs() > 1.0 {
        found.push(ReviewFinding::Outline { more_m2: then - now });
    }
}

fn same_ring(a: &LineString<f64>, b: &LineString<f64>) -> bool {
    let corners = |ring: &LineString<f64>| {
        let mut all: Vec<(i32, i32)> = ring.0.iter().map(|at| (step(at.x), step(at.y))).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    corners(a) == corners(b)
}
