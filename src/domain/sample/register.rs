//! The list that facilities are entered in.

use std::collections::BTreeSet;
use std::f64::consts::TAU;

use geo_types::{Geometry, Point, Polygon};
use serde_json::Value;

use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::id::{CodeFault, FacilityId, UnitId};
use crate::domain::sample::dice::{Dice, real};
use crate::domain::sample::mesh::Mesh;
use crate::domain::sample::outline::{closed, degrees, line};
use crate::domain::sample::valley::Spot;
use crate::domain::text::{Attributes, Names};
use crate::geom::coord::GridPoint;

/// What is entered beside kind, name and place.
#[derive(Default)]
pub(super) struct Facts<'a> {
    pub(super) unit: Option<&'a str>,
    pub(super) attributes: Vec<(&'a str, Value)>,
}

/// Facilities as they come.
#[derive(Default)]
pub(super) struct Register {
    pub(super) list: Vec<Facility>,
    /// Cells that grounds of something already fill.
    pub(super) taken: BTreeSet<u32>,
}

impl Register {
    pub(super) fn add(
        &mut self,
        kind: FacilityKind,
        id: &str,
        names: Names,
        geometry: Geometry<f64>,
        facts: Facts<'_>,
    ) -> Result<(), CodeFault> {
        let attributes: Attributes =
            facts.attributes.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        self.list.push(Facility {
            id: FacilityId::new(id)?,
            kind,
            names,
            geometry,
            unit: facts.unit.map(UnitId::new).transpose()?,
            attributes,
        });
        Ok(())
    }

    /// Enters the `nth` (from 0) of `all` of a kind.
    pub(super) fn add_nth(
        &mut self,
        kind: FacilityKind,
        (nth, all): (usize, usize),
        names: Names,
        geometry: Geometry<f64>,
        facts: Facts<'_>,
    ) -> Result<(), CodeFault> {
        let digits = all.to_string().len().max(3);
        let id = format!("{}-{:0digits$}", kind.code().replace('_', "-"), nth + 1);
        self.add(kind, &id, names, geometry, facts)
    }
}

/// A name in both languages.
pub(super) fn names(zh: impl Into<String>, en: impl Into<String>) -> Names {
    Names { zh: zh.into(), en: en.into() }
}

/// A spot as a point on the grid.
pub(super) fn point(mesh: &Mesh, spot: Spot) -> Geometry<f64> {
    Point(degrees(mesh.frame.grid(spot))).into()
}

/// Grid points as a line.
pub(super) fn path(points: &[GridPoint]) -> Geometry<f64> {
    line(points.iter().copied()).into()
}

/// Grid points, counter-clockwise, as a polygon without holes.
pub(super) fn ground(ring: &[GridPoint]) -> Polygon {
    Polygon::new(closed(ring), Vec::new())
}

/// A cell drawn together towards its middle.
pub(super) fn inset(mesh: &Mesh, cell: u32, keep: f64) -> Vec<GridPoint> {
    let of = &mesh.cells[cell as usize];
    of.edges
        .iter()
        .flat_map(|&(edge, forward)| mesh.along(edge, forward))
        .map(|at| mesh.frame.grid(of.middle.between(mesh.frame.spot(at), keep)))
        .collect()
}

/// A roundish area about a spot.
pub(super) fn blob(mesh: &Mesh, centre: Spot, radius_m: f64, dice: &mut Dice) -> Vec<GridPoint> {
    const CORNERS: usize = 24;
    let (two, three) = (dice.between(0.0, TAU), dice.between(0.0, TAU));
    (0..CORNERS)
        .map(|at| {
            let turn = real(at) / real(CORNERS) * TAU;
            let wobble = 0.14 * libm::sin(2.0 * turn + two) + 0.08 * libm::sin(3.0 * turn + three);
            let (sin, cos) = libm::sincos(turn);
            let reach = radius_m * (1.0 + wobble);
            mesh.frame.grid(centre.plus(Spot { x: cos, y: sin }, reach))
        })
        .collect()
}
