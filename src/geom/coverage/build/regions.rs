//! The regions of the plane as places: whose they are, what is beside them.

use std::collections::HashSet;

use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::exact::twice_area;
use crate::geom::coverage::build::finding::Border;
use crate::geom::coverage::build::metres::length_m;
use crate::geom::coverage::build::plane::{Beside, Plane};
use crate::geom::coverage::side::FaceLabel;

/// The regions of a plane with the face of each.
pub(super) struct Regions<'a> {
    pub(super) plane: &'a Plane,
    pub(super) ends: &'a [[GridPoint; 2]],
    pub(super) beside: Beside,
    /// The face of each region, as far as it is settled.
    pub(super) labels: Vec<FaceLabel>,
    /// Twice the area of each region in square steps; that of the outside means nothing.
    pub(super) twice_areas: Vec<i128>,
}

impl<'a> Regions<'a> {
    /// The regions, none of them settled.
    pub(super) fn of(plane: &'a Plane, ends: &'a [[GridPoint; 2]]) -> Self {
        let mut twice_areas = vec![0; plane.regions];
        for (&[left, right], &[a, b]) in plane.sides.iter().zip(ends) {
            let twice = twice_area(a, b);
            twice_areas[left as usize] += twice;
            twice_areas[right as usize] -= twice;
        }
        let labels = vec![None; plane.regions];
        Self { plane, ends, beside: Beside::of(plane), labels, twice_areas }
    }

    /// The border of a region, each segment the way that has the region to its left.
    pub(super) fn darts(&self, region: u32) -> Vec<[GridPoint; 2]> {
        let dart = |&segment: &u32| {
            let [a, b] = self.ends[segment as usize];
            if self.plane.sides[segment as usize][0] == region { [a, b] } else { [b, a] }
        };
        self.beside.segments(region).iter().map(dart).collect()
    }

    /// The faces beside a region, longest border first.
    pub(super) fn borders(&self, region: u32) -> Vec<Border> {
        let parts = self.beside.segments(region).iter().filter_map(|&segment| {
            let [left, right] = self.plane.sides[segment as usize];
            let other = if left == region { right } else { left };
            let face = self.labels[other as usize]?;
            Some((face, length_m(self.ends[segment as usize])))
        });
        borders(parts.collect())
    }

    /// Which two faces touch along a line; each pair stands there both ways.
    pub(super) fn touching(&self) -> HashSet<(u16, u16)> {
        let mut all = HashSet::new();
        let mut last = None;
        for sides in &self.plane.sides {
            let [left, right] = sides.map(|region| self.labels[region as usize]);
            if let (Some(left), Some(right)) = (left, right)
                && left != right
                && last != Some((left, right))
            {
                all.insert((left, right));
                all.insert((right, left));
                last = Some((left, right));
            }
        }
        all
    }

    /// Twice the area of every face in square steps.
    pub(super) fn face_areas(&self, faces: usize) -> Vec<i128> {
        let mut areas = vec![0; faces];
        for (label, twice) in self.labels.iter().zip(&self.twice_areas) {
            if let Some(face) = label {
                areas[usize::from(*face)] += twice;
            }
        }
        areas
    }
}

/// Sums up pieces of border by face, longest first.
pub(super) fn borders(mut pieces: Vec<(u16, f64)>) -> Vec<Border> {
    pieces.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut all: Vec<Border> = pieces
        .chunk_by(|a, b| a.0 == b.0)
        .map(|same| Border { face: same[0].0, length_m: same.iter().map(|piece| piece.1).sum() })
        .collect();
    all.sort_by(|a, b| b.length_m.total_cmp(&a.length_m).then(a.face.cmp(&b.face)));
    all
}
