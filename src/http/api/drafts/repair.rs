//! How what is proposed for a gap or an overlap, and what was snapped, stand in answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::zoning::repair::{Between, Offer, Repair, Snaps, Way};
use crate::geom::crs::Crs;
use crate::http::api::drafts::ground::position;

/// A way that is open for a gap or an overlap.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RepairOffer)]
pub struct OfferBody {
    /// As `proposed` has them.
    pub way: String,
    /// Whose the place becomes; null where it is split.
    #[schema(required = true)]
    pub to: Option<String>,
    /// What that area never touched and would if a gap became its own.
    pub joins: Vec<String>,
}

/// A gap or an overlap of areas as they came: what is proposed for it, why, and what was done.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Repair)]
pub struct RepairBody {
    /// `gap` or `overlap`.
    pub kind: String,
    /// Where it is widest.
    pub at: [f64; 2],
    /// How large, square metres.
    pub area_m2: f64,
    /// How wide, metres.
    pub width_m: f64,
    /// The areas around a gap, the longest border first; those that lie over each other.
    pub areas: Vec<String>,
    /// Of a gap `longest` (it goes to the area with the longest border), `largest` (to the largest around it) or
    /// `middle` (it is split along its middle line); of an overlap `given`.
    pub proposed: String,
    /// Whose the place becomes by the proposal; null where it is split.
    #[schema(required = true)]
    pub to: Option<String>,
    /// Why that is proposed: of a gap `only_neighbour`, `joins_nothing`, `longest_joins` (by the longest border,
    /// areas would touch that never did) or `all_join` (every way does that); of an overlap `longest_border`,
    /// `would_vanish` (the area would have nothing left otherwise) or `lowest_number` (it stands first; somebody has
    /// to decide).
    pub reason: String,
    /// Every way that is open: of a gap the longest border, the largest area and, where there is one, the middle
    /// line; of an overlap each area that lies there.
    pub offers: Vec<OfferBody>,
    /// The middle line of a gap, where it has one.
    pub middle: Vec<[f64; 2]>,
    /// What was done: as `proposed`, or `together`, where the borders were so near that they were brought together;
    /// null: the gap is wider than is closed, and stays.
    #[schema(required = true)]
    pub done: Option<String>,
}

impl OfferBody {
    fn of(it: &Offer) -> Self {
        Self { way: it.way.code().to_owned(), to: it.to.clone(), joins: it.joins.clone() }
    }
}

impl RepairBody {
    /// In a system.
    #[must_use]
    pub fn of(it: &Repair, crs: Crs) -> Self {
        Self {
            kind: it.broken.code().to_owned(),
            at: position(it.at, crs),
            area_m2: rounded(it.area_m2, 100.0),
            width_m: rounded(it.width_m, 1_000.0),
            areas: it.areas.clone(),
            proposed: it.proposed.code().to_owned(),
            to: it.to.clone(),
            reason: it.why.code().to_owned(),
            offers: it.offers.iter().map(OfferBody::of).collect(),
            middle: it.middle.iter().map(|at| position(*at, crs)).collect(),
            done: it.done.map(Way::code).map(str::to_owned),
        }
    }
}

/// What was snapped: vertices that nearly met another area's border, which were moved onto it, and borders that were bent
/// onto such a vertex.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Snapped)]
pub struct SnappedBody {
    /// How many vertices and bends.
    pub vertices: usize,
    /// How far the farthest, metres.
    pub farthest_m: f64,
    /// What the borders swept, once for each area that has them, square metres.
    pub moved_m2: f64,
    /// Between which areas, the largest moved area first; a thousand at most.
    pub between: Vec<BetweenBody>,
    /// Between how many more.
    pub more: usize,
}

/// What was snapped between two areas.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = SnappedBetween)]
pub struct BetweenBody {
    /// Which two.
    pub areas: Vec<String>,
    /// How many vertices and bends.
    pub vertices: usize,
    /// How far the farthest, metres.
    pub farthest_m: f64,
    /// Where the farthest was moved to.
    pub at: [f64; 2],
    /// What the borders of both swept, square metres.
    pub moved_m2: f64,
}

impl SnappedBody {
    /// In a system.
    #[must_use]
    pub fn of(it: &Snaps, crs: Crs) -> Self {
        Self {
            vertices: it.vertices,
            farthest_m: rounded(it.farthest_m, 1_000.0),
            moved_m2: rounded(it.moved_m2, 100.0),
            between: it.between.iter().map(|pair| BetweenBody::of(pair, crs)).collect(),
            more: it.more,
        }
    }
}

impl BetweenBody {
    fn of(it: &Between, crs: Crs) -> Self {
        Self {
            areas: it.areas.to_vec(),
            vertices: it.vertices,
            farthest_m: rounded(it.farthest_m, 1_000.0),
            at: position(it.at, crs),
            moved_m2: rounded(it.moved_m2, 100.0),
        }
    }
}

/// To so many parts of one.
pub(super) fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}
