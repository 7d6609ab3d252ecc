//! Faces as lists of arcs, in the manner of TopoJSON: every border is told once.

use crate::geom::coord::GridPoint;
use crate::geom::coverage::arc::Arc;
use crate::geom::coverage::exact::Spot;
use crate::geom::coverage::hash::FoldMap;
use crate::geom::coverage::map::Coverage;

/// All arcs, and the faces that they bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    /// The arcs, as [`Coverage::arcs`] lists them.
    pub arcs: Vec<Arc>,
    /// The faces, ascending.
    pub faces: Vec<FaceArcs>,
}

/// A face by its arcs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaceArcs {
    /// The face.
    pub face: u16,
    /// Its polygons; of each the rings, shell first; of each the arcs along it, by number. An arc that
    /// is walked backwards stands as `-1 - number`.
    pub polygons: Vec<Vec<Vec<i32>>>,
}

impl Coverage {
    /// Arcs and faces. The rings are those of [`Coverage::polygons`]; one with nodes begins at a node.
    #[must_use]
    pub fn topology(&self) -> Topology {
        let arcs = self.arcs();
        let mut begins: FoldMap<(GridPoint, GridPoint), i32> = FoldMap::default();
        for (number, arc) in (0..).zip(&arcs) {
            let last = arc.points.len() - 1;
            begins.insert((arc.points[0], arc.points[1]), number);
            begins.insert((arc.points[last], arc.points[last - 1]), -1 - number);
        }
        let along = |ring: &[Spot]| along(ring, &arcs, &begins);
        let face = |face: u16| {
            let rings = |part: &crate::geom::coverage::rings::Part| {
                let all = std::iter::once(&part.shell).chain(&part.holes);
                all.map(|ring| along(ring)).collect()
            };
            FaceArcs { face, polygons: self.parts(Some(face)).iter().map(rings).collect() }
        };
        let faces = self.faces().into_iter().map(face).collect();
        Topology { arcs, faces }
    }
}

/// The arcs along a ring.
fn along(ring: &[Spot], arcs: &[Arc], begins: &FoldMap<(GridPoint, GridPoint), i32>) -> Vec<i32> {
    let at = |n: usize| ring[n % ring.len()].grid();
    let begun = |n: usize| begins.get(&(at(n), at(n + 1))).copied();
    let Some(start) = (0..ring.len()).find(|&n| begun(n).is_some()) else { return Vec::new() };
    let mut numbers = Vec::new();
    let mut n = start;
    while n < start + ring.len() {
        let Some(number) = begun(n) else { return numbers };
        numbers.push(number);
        let index = if number < 0 { -1 - number } else { number };
        let length = usize::try_from(index).ok().and_then(|index| arcs.get(index));
        n += length.map_or(1, |arc| arc.points.len() - 1);
    }
    numbers
}
