//! What lies in zones and changes hands with them, by place.
//!
//! Everything is a place with something to be counted: an open incident, a report of the last days, a
//! facility at its middle, a block with its weight, a street cut into pieces so short that half of one is the
//! most by which its length in a zone is wrong at each border that it crosses. A street that runs along a border
//! belongs to the zone to which its places belong.

use std::collections::HashMap;

use geo::InteriorPoint;
use geo_types::{Coord, Geometry, LineString};

use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::{CategoryCode, IncidentId, UnitId};
use crate::domain::time::Instant;
use crate::domain::zoning::review::outline::Before;
use crate::domain::zoning::review::tally::Tally;
use crate::domain::zoning::stays::Stays;
use crate::geom::coord::{GridBox, GridPoint, step};
use crate::geom::locate::area::NOWHERE;
use crate::geom::measure::between_m;

/// Longest piece (m) of a street.
pub const PIECE_M_MAX: f64 = 10.0;
/// Most pieces of one edge of a street.
const PIECES_MAX: f64 = 100_000.0;
/// Side of a cell, in steps of the grid: some 220 m.
const CELL_STEPS: i32 = 20_000;

/// An open incident, as a review has to know it.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenCase {
    /// Which.
    pub id: IncidentId,
    /// Where.
    pub position: GridPoint,
    /// What it is about.
    pub category: Option<CategoryCode>,
    /// When it happened: rules with hours ask for it.
    pub happened_at: Instant,
    /// Whether it stands where an incident can be handed over.
    pub transferable: bool,
    /// The unit that it lies with.
    pub unit: Option<UnitId>,
}

/// A report of the time looked back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PastReport {
    /// Where.
    pub position: GridPoint,
    /// Working minutes that its category allows.
    pub load_min: i64,
}

/// What a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A facility, by its place in the atlas.
    Facility(u32),
    /// An open incident, by its place in the list.
    Case(u32),
    /// A report.
    Report,
    /// A piece of a street.
    Piece,
}

/// A thing.
#[derive(Clone, Copy, Debug)]
pub struct Thing {
    /// What it is.
    pub what: What,
    /// Where.
    pub at: GridPoint,
    /// Its zone's place in the atlas in force, or [`NOWHERE`].
    pub zone: u16,
    /// What it counts: minutes of a report, millimetres of a piece, thousandths of a block's weight.
    pub amount: i64,
    /// Of an incident why it stays with whom it is, whoever gets its place; `None`: it goes with its place.
    pub stays: Option<Stays>,
    /// The kind of a facility, by its place among all.
    pub kind: u8,
}

impl Thing {
    /// Whether it is named when its place changes hands: incidents and facilities. Reports and pieces of streets are
    /// only counted.
    #[must_use]
    pub fn is_named(&self) -> bool {
        match self.what {
            What::Case(_) | What::Facility(_) => true,
            What::Report | What::Piece => false,
        }
    }

    /// Counts it.
    pub fn count(&self, into: &mut Tally, sign: Sign) {
        let one = |count: &mut u32| match sign {
            Sign::Add => *count += 1,
            Sign::Take => *count -= 1,
        };
        let signed = if sign == Sign::Add { self.amount } else { -self.amount };
        match self.what {
            What::Facility(_) => {
                one(&mut into.facilities[usize::from(self.kind)]);
                into.weight_milli += signed;
            }
            What::Case(_) => {
                one(&mut into.incidents);
                if self.stays.is_some() {
                    one(&mut into.staying);
                }
            }
            What::Report => {
                one(&mut into.reports);
                into.load_min += signed;
            }
            What::Piece => into.street_mm += signed,
        }
    }
}

/// Whether something comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It comes.
    Add,
    /// It goes.
    Take,
}

/// Everything that lies in zones, cell by cell.
pub struct Things {
    all: Vec<Thing>,
    /// Of each cell the range in `all`.
    cells: HashMap<(i32, i32), (u32, u32)>,
    cases: Vec<OpenCase>,
    before: Before,
}

impl Things {
    /// What lies in the zones of an atlas; `before` is its ground. `weigh` gives the weight of a block, such as its people; `stays` says why an
    /// incident in a zone, by its place in [`Atlas::zones`], would not go with its place.
    #[must_use]
    pub fn gather(
        (atlas, before): (&Atlas, Before),
        cases: Vec<OpenCase>,
        reports: &[PastReport],
        weigh: &dyn Fn(&Facility) -> f64,
        stays: &dyn Fn(&OpenCase, Option<u16>) -> Option<Stays>,
    ) -> Self {
        let mut all = Vec::new();
        for (number, facility) in (0_u32..).zip(atlas.facilities()) {
            if facility.kind == FacilityKind::Street {
                each_line(&facility.geometry, &mut |line| pieces(line, &mut all));
            }
            if let Some(at) = middle(&facility.geometry) {
                let kind = FacilityKind::ALL.iter().position(|kind| *kind == facility.kind);
                let kind = kind.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX);
                let amount = if facility.kind == FacilityKind::Block {
                    thousandths(weigh(facility))
                } else {
                    0
                };
                let what = What::Facility(number);
                all.push(Thing { what, at, zone: NOWHERE, amount, stays: None, kind });
            }
        }
        for (number, case) in (0_u32..).zip(&cases) {
            let what = What::Case(number);
            let at = case.position;
            all.push(Thing { what, at, zone: NOWHERE, amount: 0, stays: None, kind: 0 });
        }
        all.extend(reports.iter().map(|report| Thing {
            what: What::Report,
            at: report.position,
            zone: NOWHERE,
            amount: report.load_min,
            stays: None,
            kind: 0,
        }));
        all.sort_by_key(|thing| cell(thing.at));
        place(atlas, &mut all);
        for thing in &mut all {
            if let What::Case(number) = thing.what {
                let zone = (thing.zone != NOWHERE).then_some(thing.zone);
                thing.stays = stays(&cases[number as usize], zone);
            }
        }
        let cells = cells(&all);
        Self { all, cells, cases, before }
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Thing] {
        &self.all
    }

    /// The open incidents; [`What::Case`] has their places in it.
    #[must_use]
    pub fn cases(&self) -> &[OpenCase] {
        &self.cases
    }

    /// The ground of the plan in force.
    #[must_use]
    pub fn before(&self) -> &Before {
        &self.before
    }

    /// Hands over the places in [`Self::all`] of what lies in a box, and perhaps of some beside it.
    pub fn in_box(&self, frame: GridBox, mut take: impl FnMut(usize)) {
        let (low, high) = (cell(frame.min), cell(frame.max));
        let mut range = |(from, to): (u32, u32)| {
            for at in from as usize..to as usize {
                if frame.holds(self.all[at].at) {
                    take(at);
                }
            }
        };
        let across = i64::from(high.0) - i64::from(low.0) + 1;
        let along = i64::from(high.1) - i64::from(low.1) + 1;
        if usize::try_from(across.saturating_mul(along)).is_ok_and(|n| n <= self.cells.len()) {
            for x in low.0..=high.0 {
                for y in low.1..=high.1 {
                    if let Some(found) = self.cells.get(&(x, y)) {
                        range(*found);
                    }
                }
            }
        } else {
            for ((x, y), found) in &self.cells {
                if (low.0..=high.0).contains(x) && (low.1..=high.1).contains(y) {
                    range(*found);
                }
            }
        }
    }
}

/// Finds the zone of each.
fn place(atlas: &Atlas, all: &mut [Thing]) {
    const TOGETHER: usize = 4_096;
    let mut zones = [NOWHERE; TOGETHER];
    for some in all.chunks_mut(TOGETHER) {
        let xs: Vec<i32> = some.iter().map(|thing| thing.at.x).collect();
        let ys: Vec<i32> = some.iter().map(|thing| thing.at.y).collect();
        atlas.areas().locate_batch(&xs, &ys, &mut zones[..some.len()]);
        for (thing, zone) in some.iter_mut().zip(zones) {
            thing.zone = zone;
        }
    }
}

fn cells(all: &[Thing]) -> HashMap<(i32, i32), (u32, u32)> {
    let mut cells = HashMap::new();
    let mut from = 0;
    for some in all.chunk_by(|a, b| cell(a.at) == cell(b.at)) {
        let to = from + u32::try_from(some.len()).unwrap_or(u32::MAX);
        cells.insert(cell(some[0].at), (from, to));
        from = to;
    }
    cells
}

fn cell(p: GridPoint) -> (i32, i32) {
    (p.x.div_euclid(CELL_STEPS), p.y.div_euclid(CELL_STEPS))
}

fn grid(at: Coord<f64>) -> GridPoint {
    GridPoint { x: step(at.x), y: step(at.y) }
}

/// Where a facility counts: a point is itself, a line counts at its middle, an area at a place inside.
fn middle(geometry: &Geometry<f64>) -> Option<GridPoint> {
    match geometry {
        Geometry::Point(at) => Some(grid(at.0)),
        Geometry::LineString(line) => line.0.get(line.0.len() / 2).map(|at| grid(*at)),
        other => other.interior_point().map(|at| grid(at.0)),
    }
}

fn each_line(geometry: &Geometry<f64>, take: &mut dyn FnMut(&LineString<f64>)) {
    match geometry {
        Geometry::LineString(line) => take(line),
        Geometry::MultiLineString(lines) => lines.iter().for_each(take),
        _ => {}
    }
}

/// Cuts a street into pieces of at most [`PIECE_M_MAX`], each of which counts at its middle.
fn pieces(line: &LineString<f64>, into: &mut Vec<Thing>) {
    for edge in line.0.windows(2) {
        let (a, b) = (edge[0], edge[1]);
        let length_m = between_m(a, b);
        let count = (length_m / PIECE_M_MAX).ceil().clamp(1.0, PIECES_MAX);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 1 and PIECES_MAX"
        )]
        let whole = count as u32;
        let mm = thousandths(length_m);
        // What is cut off by rounding goes to the first pieces, so that the sum is the street's.
        let (each, more) = (mm / i64::from(whole), mm % i64::from(whole));
        for n in 0..whole {
            let t = (f64::from(n) + 0.5) / count;
            let at = Coord { x: a.x + t * (b.x - a.x), y: a.y + t * (b.y - a.y) };
            let amount = each + i64::from(i64::from(n) < more);
            let (what, at) = (What::Piece, grid(at));
            into.push(Thing { what, at, zone: NOWHERE, amount, stays: None, kind: 0 });
        }
    }
}

fn thousandths(number: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "a cast of a double saturates")]
    let whole = (number.clamp(0.0, 1e12) * 1_000.0).round() as i64;
    whole
}

/// The box of some rings' coordinates.
#[must_use]
pub fn box_of(area: &geo_types::MultiPolygon<f64>) -> Option<GridBox> {
    let points = area.iter().flat_map(|part| part.exterior().0.iter()).map(|at| grid(*at));
    let one = |p: GridPoint| GridBox { min: p, max: p };
    points.map(one).reduce(GridBox::with)
}
