//! What a planner has to know of a draft before it is published.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::unit::Unit;
use crate::domain::id::{UnitId, ZoneId};
use crate::domain::zoning::mended::{Mended, list};
use crate::domain::zoning::outline::{NOTHING_M2, OutlineChange, sum_m2};
use crate::domain::zoning::review::borders::Beside;
use crate::domain::zoning::review::outline::Gap;
use crate::domain::zoning::review::state::Review;
use crate::domain::zoning::working::Working;
use crate::geom::coord::{GridPoint, step};

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
    /// A zone's unit is not one of the city's.
    NoUnit { zone: ZoneId, unit: UnitId },
    /// Two zones have one number: two answers on the map to "which zone is 12?".
    SameNumber { zone: ZoneId, other: ZoneId, number: u32 },
    /// A zone lies in several parts.
    Parts { zone: ZoneId, at: GridPoint, area_m2: f64 },
    /// A part of a zone is so narrow that it is hardly meant.
    Sliver { zone: ZoneId, at: GridPoint, area_m2: f64, width_m: f64 },
    /// Enclosed by zones and in none of them; the plan in force may have it too.
    Gap { at: GridPoint, area_m2: f64, width_m: f64, around: Vec<ZoneId>, inherited: bool },
    /// The plan that the draft stands on had a fault, which was mended when the draft took it up.
    Mended(Arc<Mended>),
    /// So many more faults than are listed were mended.
    MendedMore { count: usize },
    /// The zones together have ground that those in force have not, or, where negative, have not what those have, in so
    /// many places, of which the largest is told.
    Outline { more_m2: f64, at: GridPoint, places: usize },
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
            Self::Empty | Self::NoUnit { .. } => Weight::Blocks,
            Self::SameNumber { .. }
            | Self::Parts { .. }
            | Self::Sliver { .. }
            | Self::Gap { inherited: false, .. }
            | Self::Outline { .. } => Weight::Warns,
            Self::Mended(it) if it.undecided => Weight::Warns,
            Self::Gap { .. }
            | Self::Mended(_)
            | Self::MendedMore { .. }
            | Self::Enclave { .. }
            | Self::Island { .. }
            | Self::IdleUnit { .. } => Weight::Informs,
        }
    }
}

impl fmt::Display for ReviewFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "there is no zone; draw at least one"),
            Self::NoUnit { zone, unit } => {
                write!(
                    f,
                    "zone {zone} names unit {unit}, which is none of the city's; name one that is"
                )
            }
            Self::SameNumber { zone, other, number } => {
                write!(f, "zones {zone} and {other} both have the number {number}")
            }
            Self::Parts { zone, area_m2, .. } => {
                write!(f, "zone {zone} has a part apart from the rest, {area_m2:.0} m²")
            }
            Self::Sliver { zone, width_m, .. } => {
                write!(f, "zone {zone} has a part only {width_m:.1} m wide")
            }
            Self::Gap { area_m2, width_m, around, inherited, .. } => {
                let too = if *inherited { ", as in the plan in force" } else { "" };
                let zones = list(around);
                write!(
                    f,
                    "{area_m2:.0} m² between zones {zones}, {width_m:.1} m wide, belong to none{too}"
                )
            }
            Self::Mended(it) => f.write_str(&it.words),
            Self::MendedMore { count } => {
                write!(f, "mended on taking up: {count} more faults, smaller than those listed")
            }
            Self::Outline { more_m2, at, places } => {
                let how = if *more_m2 > 0.0 { "in no zone now" } else { "in a zone now" };
                let not = if *more_m2 > 0.0 { "would be in one" } else { "would be in none" };
                let (m2, at) = (more_m2.abs(), at.degrees());
                let places = match places {
                    1 => "at".to_owned(),
                    several => format!("in {several} places, the largest at"),
                };
                write!(f, "{m2:.0} m² that are {how} {not}, {places} {}, {}", at.lon(), at.lat())
            }
            Self::Enclave { zone, within } => {
                write!(f, "zone {zone} lies wholly within zone {within}")
            }
            Self::Island { zone } => write!(f, "zone {zone} touches no other"),
            Self::IdleUnit { unit } => write!(f, "unit {unit} has no part in any zone"),
        }
    }
}

/// Everything found in a draft, the weightiest first. That the zones are a partition is no finding: no edit ends that;
/// what the areas that it began with lacked for one is told as mended.
#[must_use]
pub fn findings(review: &Review, atlas: &Atlas, working: &Working) -> Vec<ReviewFinding> {
    let mut found = of_facts(atlas.units(), working);
    shapes(review, working, &mut found);
    neighbours(review, working, &mut found);
    outline(review, working, &mut found);
    let mended = working.mended();
    found.extend(mended.listed.iter().map(|it| ReviewFinding::Mended(Arc::clone(it))));
    if mended.more > 0 {
        found.push(ReviewFinding::MendedMore { count: mended.more });
    }
    found.sort_by_key(ReviewFinding::weight);
    found
}

/// What is found in the zones without their areas; all that blocks is among it.
#[must_use]
pub fn of_facts(units: &[Unit], working: &Working) -> Vec<ReviewFinding> {
    let mut found = Vec::new();
    if working.coverage().is_empty() {
        found.push(ReviewFinding::Empty);
    }
    let known: BTreeSet<&UnitId> = units.iter().map(|unit| &unit.id).collect();
    let mut busy: BTreeSet<&UnitId> = BTreeSet::new();
    let mut numbers: BTreeMap<u32, &ZoneId> = BTreeMap::new();
    for facts in working.facts() {
        let zone = &facts.id;
        for unit in std::iter::once(&facts.lead).chain(&facts.co) {
            if !known.contains(unit) {
                found.push(ReviewFinding::NoUnit { zone: zone.clone(), unit: unit.clone() });
            }
            busy.insert(unit);
        }
        if let Some(first) = numbers.get(&facts.number) {
            let (zone, other) = ((*first).clone(), zone.clone());
            found.push(ReviewFinding::SameNumber { zone, other, number: facts.number });
        } else {
            numbers.insert(facts.number, zone);
        }
    }
    let idle = units.iter().filter(|unit| !busy.contains(&unit.id));
    found.extend(idle.map(|unit| ReviewFinding::IdleUnit { unit: unit.id.clone() }));
    found
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

fn neighbours(review: &Review, working: &Working, found: &mut Vec<ReviewFinding>) {
    let beside = review.borders().beside();
    let several = beside.len() > 1;
    for (face, beside) in beside {
        let Some(zone) = working.zone_of(Some(face)).cloned() else { continue };
        match beside {
            Beside::Nothing if several => found.push(ReviewFinding::Island { zone }),
            Beside::One(other) => {
                if let Some(within) = working.zone_of(Some(other)).cloned() {
                    found.push(ReviewFinding::Enclave { zone, within });
                }
            }
            Beside::Nothing | Beside::Several => {}
        }
    }
}

/// Gaps, and what is won or lost at the outline.
fn outline(review: &Review, working: &Working, found: &mut Vec<ReviewFinding>) {
    let zone = |face: &u16| working.zone_of(Some(*face)).cloned();
    let gap = |gap: &Gap| ReviewFinding::Gap {
        at: gap.at,
        area_m2: gap.area_m2,
        width_m: gap.width_m,
        around: gap.around.iter().filter_map(zone).collect(),
        inherited: gap.inherited,
    };
    found.extend(review.gaps().iter().map(gap));
    let OutlineChange { won, lost } = review.outline();
    for (pieces, sign) in [(won, 1.0), (lost, -1.0)] {
        let sum_m2 = sum_m2(pieces);
        if let Some(largest) = pieces.first().filter(|_| sum_m2 > NOTHING_M2) {
            let (at, places) = (largest.at, pieces.len());
            found.push(ReviewFinding::Outline { more_m2: sign * sum_m2, at, places });
        }
    }
}
