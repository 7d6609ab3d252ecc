//! Areas as they come -> edges on the grid. The one rounding.

use geo_types::{Coord, LineString, MultiPolygon};

use crate::geom::coord::{GridPoint, step};
use crate::geom::coverage::build::exact::ordered;
use crate::geom::coverage::build::fault::{BuildFault, FACES_MAX, FAULTS_MAX, VERTICES_MAX};

/// An edge of a polygon; which way the ring goes does not matter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    /// The smaller end, then the larger.
    pub(super) ends: [GridPoint; 2],
    /// The polygon it bounds.
    pub(super) polygon: u32,
}

/// All edges of all areas.
#[derive(Default)]
pub(super) struct Input {
    pub(super) edges: Vec<Edge>,
    /// The face of each polygon.
    pub(super) face_of: Vec<u16>,
    /// A place of each face; `None` when it was given without coordinates.
    pub(super) places: Vec<Option<GridPoint>>,
}

/// Reads the areas; area `i` is face `i`.
pub(super) fn read(areas: &[&MultiPolygon<f64>]) -> Result<Input, Vec<BuildFault>> {
    if areas.len() > FACES_MAX {
        return Err(vec![BuildFault::TooManyFaces { faces: areas.len() }]);
    }
    let rings = || areas.iter().flat_map(|area| area.iter());
    let vertices = rings()
        .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
        .map(|ring| ring.0.len())
        .sum();
    if vertices > VERTICES_MAX {
        return Err(vec![BuildFault::TooManyVertices { vertices }]);
    }
    let mut input = Input { edges: Vec::with_capacity(vertices), ..Input::default() };
    let mut faults = Vec::new();
    for (face, area) in (0..=u16::MAX).zip(areas) {
        input.places.push(None);
        for (part, shape) in area.iter().enumerate() {
            let rings = std::iter::once(shape.exterior()).chain(shape.interiors());
            for (number, ring) in rings.enumerate() {
                let place = [usize::from(face), part, number];
                input.ring(ring, place, &mut faults);
            }
            input.face_of.push(face);
        }
    }
    if faults.len() > FAULTS_MAX {
        faults.truncate(FAULTS_MAX);
        faults.push(BuildFault::MoreFaults);
    }
    if faults.is_empty() { Ok(input) } else { Err(faults) }
}

impl Input {
    /// Takes a ring of the polygon that comes next; an open one is closed.
    fn ring(&mut self, ring: &LineString<f64>, place: [usize; 3], faults: &mut Vec<BuildFault>) {
        let polygon = u32::try_from(self.face_of.len()).unwrap_or(u32::MAX);
        let Some(&last) = ring.0.last() else { return };
        let mut from = None;
        for &c in std::iter::once(&last).chain(&ring.0) {
            match on_grid(c, place) {
                Ok(to) => {
                    if let Some(from) = from.filter(|&from| from != to) {
                        self.edges.push(Edge { ends: ordered(from, to), polygon });
                    }
                    from = Some(to);
                }
                Err(fault) => {
                    if faults.len() <= FAULTS_MAX && faults.last() != Some(&fault) {
                        faults.push(fault);
                    }
                }
            }
        }
        if let Some(seen) = self.places.last_mut() {
            *seen = seen.or(from);
        }
    }
}

fn on_grid(at: Coord<f64>, [area, part, ring]: [usize; 3]) -> Result<GridPoint, BuildFault> {
    if !(at.x.is_finite() && at.y.is_finite()) {
        return Err(BuildFault::NotFinite { at, area, part, ring });
    }
    if at.x.abs() > 180.0 || at.y.abs() > 90.0 {
        return Err(BuildFault::OutOfRange { at, area, part, ring });
    }
    Ok(GridPoint { x: step(at.x), y: step(at.y) })
}
