//! Faces as polygons, and what lies beside them.

use std::collections::BTreeMap;

use geo_types::{Coord, MultiPolygon};

use crate::geom::coord::GridPoint;
use crate::geom::coverage::exact::Spot;
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::rings::{Part, parts, polygon};
use crate::geom::coverage::side::{FaceLabel, Side};
use crate::geom::measure::between_m;

/// A border that two faces share, or a face and the outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SharedBorder {
    /// The smaller label; outside is the smallest.
    pub one: FaceLabel,
    /// The larger label.
    pub other: FaceLabel,
    /// The length of all their common segments.
    pub length_m: f64,
}

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

    /// The borders of every two faces that share one, ascending by labels. Touching at a point is
    /// no border.
    #[must_use]
    pub fn shared_borders(&self) -> Vec<SharedBorder> {
        // Summed in whole nanometres, so that the order of segments does not matter.
        let mut sums: BTreeMap<(FaceLabel, FaceLabel), i128> = BTreeMap::new();
        for Side { a, b, left, right } in self.each() {
            let metres = between_m(coord(a), coord(b));
            #[expect(clippy::cast_possible_truncation, reason = "at most 4e7 m: below 2^56")]
            let nanometres = (metres * 1e9).round() as i128;
            *sums.entry((left.min(right), left.max(right))).or_default() += nanometres;
        }
        let border = |((one, other), nanometres): ((FaceLabel, FaceLabel), i128)| {
            #[expect(clippy::cast_precision_loss, reason = "a length for people")]
            let length_m = nanometres as f64 / 1e9;
            SharedBorder { one, other, length_m }
        };
        sums.into_iter().map(border).collect()
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

/// A grid point as the coordinate that files and databases hold.
pub(super) fn coord(p: GridPoint) -> Coord<f64> {
    let place = p.degrees();
    Coord { x: place.lon(), y: place.lat() }
}
