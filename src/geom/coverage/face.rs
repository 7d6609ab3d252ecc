//! Faces as polygons, and what lies beside them.

use geo_types::{Coord, MultiPolygon, Polygon};

use crate::geom::coord::GridPoint;
use crate::geom::coverage::exact::Spot;
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::rings::{Part, parts, polygon};
use crate::geom::coverage::side::{FaceLabel, Side};
use crate::geom::measure::between_m;

impl Coverage {
    /// A face as polygons in degrees, the grid's coordinates exactly: shells counter-clockwise, holes
    /// clockwise, valid as [`crate::geom::validity`] has it. Empty when the face has no area.
    #[must_use]
    pub fn polygons(&self, face: u16) -> MultiPolygon<f64> {
        MultiPolygon(self.parts(Some(face)).iter().map(|part| polygon(part, 1.0)).collect())
    }

    /// Every face from 0 to the highest that has an area, as polygons; the index is the face.
    #[must_use]
    pub fn all_polygons(&self) -> Vec<MultiPolygon<f64>> {
        let count = self.faces().last().map_or(0, |&face| usize::from(face) + 1);
        (0..=u16::MAX).take(count).map(|face| self.polygons(face)).collect()
    }

    /// All faces together, as [`Self::polygons`] spells them. Costs what the outline has of segments.
    #[must_use]
    pub fn together(&self) -> MultiPolygon<f64> {
        // What has the outside on one side has a face on the other.
        let border = self.around(None).map(|(side, right)| {
            let (a, b) = (Spot::from(side.a), Spot::from(side.b));
            if right { (a, b) } else { (b, a) }
        });
        MultiPolygon(parts(border.collect()).iter().map(|part| polygon(part, 1.0)).collect())
    }

    /// What lies outside of all faces and is enclosed by them, as [`Self::polygons`] spells it.
    #[must_use]
    pub fn gaps(&self) -> Vec<Polygon<f64>> {
        self.parts(None).iter().map(|part| polygon(part, 1.0)).collect()
    }

    /// [`Self::gaps`], each with the faces around it, ascending.
    #[must_use]
    pub fn gaps_between(&self) -> Vec<(Polygon<f64>, Vec<u16>)> {
        let along = |ring: &[Spot]| -> Vec<Side> {
            let ends = (0..ring.len()).map(|at| (ring[at], ring[(at + 1) % ring.len()]));
            ends.filter_map(|(a, b)| self.between(a.grid(), b.grid())).collect()
        };
        let around = |part: &Part| {
            let rings = std::iter::once(&part.shell).chain(&part.holes);
            let sides = rings.flat_map(|ring| along(ring));
            let mut faces: Vec<u16> =
                sides.flat_map(|side| [side.left, side.right]).flatten().collect();
            faces.sort_unstable();
            faces.dedup();
            faces
        };
        self.parts(None).iter().map(|part| (polygon(part, 1.0), around(part))).collect()
    }

    /// The parts of a face; of the outside, its holes have no shell and are dropped.
    pub(super) fn parts(&self, face: FaceLabel) -> Vec<Part> {
        let border = self.around(face).map(|(side, right)| {
            let (a, b) = (Spot::from(side.a), Spot::from(side.b));
            if right { (b, a) } else { (a, b) }
        });
        parts(border.collect())
    }
}

/// The length of a segment in whole nanometres: sums of them do not depend on their order.
#[must_use]
pub fn nanometres(side: Side) -> i128 {
    let metres = between_m(coord(side.a), coord(side.b));
    #[expect(clippy::cast_possible_truncation, reason = "at most 4e7 m: below 2^56")]
    let whole = (metres * 1e9).round() as i128;
    whole
}

/// A grid point as the coordinate that files and databases hold.
pub(super) fn coord(p: GridPoint) -> Coord<f64> {
    let place = p.degrees();
    Coord { x: place.lon(), y: place.lat() }
}
