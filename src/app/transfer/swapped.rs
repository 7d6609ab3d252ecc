//! Longitude and latitude exchanged, where both are still degrees: what lies far from the zones and
//! would lie among them the other way round.

use geo::CoordsIter;
use geo_types::{Coord, Geometry};

use crate::domain::atlas::facility::Facility;
use crate::domain::atlas::in_force::{SWAP_MARGIN_STEPS, grown};
use crate::domain::atlas::rule::{Reach, Rule};
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::Zone;
use crate::formats::layer::Findings;
use crate::formats::nouns::Mapped;
use crate::geom::coord::{GridBox, GridPoint, PositionFault, step};

/// The frame about the zones in which the atlas takes every position as it stands; `None` without
/// zones, when nothing is known.
pub(super) struct Near(Option<GridBox>);

impl Near {
    pub(super) fn of(zones: &[Zone]) -> Self {
        let shells = zones.iter().flat_map(|zone| zone.area.exterior_coords_iter());
        let frame = shells.map(grid).map(|at| GridBox { min: at, max: at }).reduce(GridBox::with);
        Self(frame.map(|frame| grown(frame, SWAP_MARGIN_STEPS)))
    }

    pub(super) fn seats(&self, units: &Mapped<Unit>, found: &mut Findings) {
        for (row, unit) in units.rows.iter().zip(&units.items) {
            self.judge(*row, unit.seat.into_iter(), found);
        }
    }

    pub(super) fn places(&self, facilities: &Mapped<Facility>, found: &mut Findings) {
        for (row, facility) in facilities.rows.iter().zip(&facilities.items) {
            self.judge(*row, vertices(&facility.geometry), found);
        }
    }

    pub(super) fn reaches(&self, rules: &Mapped<Rule>, found: &mut Findings) {
        for (row, rule) in rules.rows.iter().zip(&rules.items) {
            match &rule.reach {
                Reach::Line { line: shape, .. } | Reach::Area { area: shape } => {
                    self.judge(*row, vertices(shape), found);
                }
                Reach::Component { .. } | Reach::Ring { .. } | Reach::Everywhere => {}
            }
        }
    }

    /// Tells the first vertex of a row that the atlas would not take.
    fn judge(
        &self,
        row: usize,
        mut vertices: impl Iterator<Item = GridPoint>,
        found: &mut Findings,
    ) {
        let Some(near) = self.0 else { return };
        let is_swapped =
            |at: &GridPoint| !near.holds(*at) && near.holds(GridPoint { x: at.y, y: at.x });
        if let Some(at) = vertices.find(is_swapped) {
            let at = at.degrees();
            let fault = PositionFault::Swapped { lon: at.lon(), lat: at.lat() };
            found.error(
                row,
                "geometry",
                format!("{fault}; as it stands it lies far from every zone"),
                "exchange the two coordinates: longitude stands first",
            );
        }
    }
}

fn vertices(shape: &Geometry<f64>) -> impl Iterator<Item = GridPoint> {
    shape.coords_iter().map(grid)
}

fn grid(at: Coord<f64>) -> GridPoint {
    GridPoint { x: step(at.x), y: step(at.y) }
}
