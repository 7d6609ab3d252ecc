//! What a file writes otherwise and means the same: it is taken as what there is.
//!
//! Other programs write a whole number where ours had a decimal point, and a shape of several parts where there is one;
//! that changes nothing of the city.

use std::collections::BTreeMap;

use geo_types::Geometry;

use crate::domain::atlas::facility::Facility;
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::Zone;
use crate::domain::text::{Attributes, says_same};

/// Zones as there are, where they differ in writing alone.
pub(super) fn zones(file: &mut [Zone], there: &[Zone]) {
    let known: BTreeMap<_, _> = there.iter().map(|it| (&it.id, it)).collect();
    for zone in file {
        if let Some(before) = known.get(&zone.id) {
            attributes(&mut zone.attributes, &before.attributes);
        }
    }
}

/// Units as there are.
pub(super) fn units(file: &mut [Unit], there: &[Unit]) {
    let known: BTreeMap<_, _> = there.iter().map(|it| (&it.id, it)).collect();
    for unit in file {
        if let Some(before) = known.get(&unit.id) {
            attributes(&mut unit.attributes, &before.attributes);
        }
    }
}

/// Facilities as there are.
pub(super) fn facilities(file: &mut [Facility], there: &[Facility]) {
    let known: BTreeMap<_, _> = there.iter().map(|it| (&it.id, it)).collect();
    for facility in file {
        if let Some(before) = known.get(&facility.id) {
            attributes(&mut facility.attributes, &before.attributes);
            if single(&facility.geometry) == single(&before.geometry) {
                facility.geometry = before.geometry.clone();
            }
        }
    }
}

fn attributes(given: &mut Attributes, before: &Attributes) {
    for (name, value) in given {
        if let Some(held) = before.get(name).filter(|held| says_same(value, held)) {
            *value = held.clone();
        }
    }
}

/// The one part of a shape of several kinds of parts; the shape itself where there are more.
fn single(shape: &Geometry<f64>) -> Geometry<f64> {
    match shape {
        Geometry::MultiPoint(some) if some.0.len() == 1 => some.0[0].into(),
        Geometry::MultiLineString(some) if some.0.len() == 1 => some.0[0].clone().into(),
        Geometry::MultiPolygon(some) if some.0.len() == 1 => some.0[0].clone().into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use geo_types::{MultiPoint, Point, point};

    use super::*;

    #[test]
    fn a_shape_of_one_part_is_that_part() {
        let one: Geometry<f64> = point!(x: 1.0, y: 2.0).into();
        let several = |points: Vec<Point<f64>>| Geometry::from(MultiPoint(points));
        assert_eq!(single(&several(vec![point!(x: 1.0, y: 2.0)])), one);
        let two = several(vec![point!(x: 1.0, y: 2.0), point!(x: 2.0, y: 2.0)]);
        assert_eq!(single(&two), two);
    }
}
