//! Longitude and latitude exchanged, where both are still degrees: what lies far from the zones and
//! would lie among them the other way round.
//!
//! Before there are zones, a file in one of China's own systems is held against the frame of the
//! country. Of one in WGS84 nothing is known then: what it brought is looked at again when zones come.

use geo::CoordsIter;
use geo_types::{Coord, Geometry};

use crate::domain::atlas::city::CityState;
use crate::domain::atlas::facility::Facility;
use crate::domain::atlas::in_force::{SWAP_MARGIN_STEPS, grown};
use crate::domain::atlas::rule::{Reach, Rule};
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::Zone;
use crate::formats::layer::Findings;
use crate::formats::nouns::Mapped;
use crate::geom::coord::{GridBox, GridPoint, PositionFault, step};
use crate::geom::crs::Crs;

/// China's frame and a margin: longitude 73 to 136, latitude 3 to 54. No longitude of it is a latitude.
const CHINA: GridBox = GridBox {
    min: GridPoint { x: 730_000_000, y: 30_000_000 },
    max: GridPoint { x: 1_360_000_000, y: 540_000_000 },
};

/// The frame in which positions are taken as they stand, and what it is called; `None` when nothing
/// is known.
pub(super) struct Near(Option<(GridBox, &'static str)>);

impl Near {
    /// About the zones; before there are any, of the country whose system this is.
    pub(super) fn of(zones: &[Zone], crs: Crs) -> Self {
        let shells = zones.iter().flat_map(|zone| zone.area.exterior_coords_iter());
        let frame = shells.map(grid).map(|at| GridBox { min: at, max: at }).reduce(GridBox::with);
        Self(match (frame, crs) {
            (Some(frame), _) => Some((grown(frame, SWAP_MARGIN_STEPS), "far from every zone")),
            (None, Crs::Cgcs2000 | Crs::Gcj02 | Crs::Bd09) => Some((CHINA, "outside China")),
            (None, Crs::Wgs84) => None,
        })
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
            if let Some(shape) = shape(&rule.reach) {
                self.judge(*row, vertices(shape), found);
            }
        }
    }

    /// What the city has already, and would lie among the zones the other way round: it came before
    /// them, or they are what is exchanged.
    pub(super) fn there(&self, city: &CityState, found: &mut Findings) {
        let seats = city.units.iter().map(|it| (it.id.as_str(), self.swapped(it.seat.into_iter())));
        told("unit", "units", seats, found);
        let places = city.facilities.iter();
        let places = places.map(|it| (it.id.as_str(), self.swapped(vertices(&it.geometry))));
        told("facility", "facilities", places, found);
        let reaches = city.rules.iter().filter_map(|it| Some((it, shape(&it.reach)?)));
        let reaches = reaches.map(|(it, shape)| (it.id.as_str(), self.swapped(vertices(shape))));
        told("rule", "rules", reaches, found);
    }

    /// Tells the first vertex of a row that the atlas would not take.
    fn judge(&self, row: usize, vertices: impl Iterator<Item = GridPoint>, found: &mut Findings) {
        if let Some((fault, lies)) = self.swapped(vertices) {
            found.error(
                row,
                "geometry",
                format!("{fault}; as it stands it lies {lies}"),
                "exchange the two coordinates: longitude stands first",
            );
        }
    }

    /// The first vertex that lies outside the frame and would lie within it the other way round.
    fn swapped(
        &self,
        mut vertices: impl Iterator<Item = GridPoint>,
    ) -> Option<(PositionFault, &'static str)> {
        let (near, lies) = self.0?;
        let is_swapped =
            |at: &GridPoint| !near.holds(*at) && near.holds(GridPoint { x: at.y, y: at.x });
        let at = vertices.find(is_swapped)?.degrees();
        Some((PositionFault::Swapped { lon: at.lon(), lat: at.lat() }, lies))
    }
}

/// Tells the first of the things that were found exchanged, and how many more there are.
fn told<'a>(
    one: &str,
    all: &str,
    things: impl Iterator<Item = (&'a str, Option<(PositionFault, &'static str)>)>,
    found: &mut Findings,
) {
    let mut swapped = things.filter_map(|(id, fault)| Some((id, fault?)));
    let Some((id, (fault, lies))) = swapped.next() else { return };
    let more = match swapped.count() {
        0 => String::new(),
        more => format!(" ({more} more of the {all})"),
    };
    found.warning(
        0,
        format!("{one} {id}"),
        format!("{fault}; as it stands it lies {lies}{more}"),
        format!(
            "import the {all} anew with longitude first, or the zones where they are exchanged"
        ),
    );
}

fn shape(reach: &Reach) -> Option<&Geometry<f64>> {
    match reach {
        Reach::Line { line: shape, .. } | Reach::Area { area: shape } => Some(shape),
        Reach::Component { .. } | Reach::Ring { .. } | Reach::Everywhere => None,
    }
}

fn vertices(shape: &Geometry<f64>) -> impl Iterator<Item = GridPoint> {
    shape.coords_iter().map(grid)
}

fn grid(at: Coord<f64>) -> GridPoint {
    GridPoint { x: step(at.x), y: step(at.y) }
}
