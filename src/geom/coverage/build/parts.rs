//! Parts of faces that lie apart from the rest of them.

use std::collections::HashMap;

use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::disjoint::Disjoint;
use crate::geom::coverage::build::finding::Finding;
use crate::geom::coverage::build::metres::length_m;
use crate::geom::coverage::build::regions::{Regions, borders};
use crate::geom::coverage::build::width::spot;

/// A part of a face under way.
#[derive(Default)]
struct Part {
    /// Each segment of its border with the part to its left.
    darts: Vec<[GridPoint; 2]>,
    /// Pieces of border with other faces.
    beside: Vec<(u16, f64)>,
}

/// Tells of every part of a face but its largest: slivers, and what is merely detached.
pub(super) fn list(regions: &Regions<'_>, sliver_width_m: f64, findings: &mut Vec<Finding>) {
    let (sides, labels) = (&regions.plane.sides, &regions.labels);
    let mut parts = Disjoint::new(labels.len());
    for &[left, right] in sides {
        if labels[left as usize].is_some() && labels[left as usize] == labels[right as usize] {
            parts.join(left, right);
        }
    }
    let mut small = smaller_parts(regions, &mut parts);
    if small.is_empty() {
        return;
    }
    for (&[a, b], &[left, right]) in regions.ends.iter().zip(sides) {
        let roots = [parts.root(left), parts.root(right)];
        if roots[0] == roots[1] {
            continue;
        }
        for (root, other, dart) in [(roots[0], right, [a, b]), (roots[1], left, [b, a])] {
            if let Some(part) = small.get_mut(&root) {
                part.darts.push(dart);
                part.beside.extend(labels[other as usize].map(|face| (face, length_m([a, b]))));
            }
        }
    }
    let mut listed: Vec<(u16, u32, Part)> = small
        .into_iter()
        .filter_map(|(root, part)| Some((labels[root as usize]?, root, part)))
        .collect();
    listed.sort_unstable_by_key(|&(face, root, _)| (face, root));
    for (face, _, part) in listed {
        let spot = spot(&part.darts, sliver_width_m);
        let neighbours = borders(part.beside);
        findings.push(if spot.width_m <= sliver_width_m {
            Finding::Sliver { face, spot, neighbours }
        } else {
            Finding::Detached { face, at: spot.at, area_m2: spot.area_m2, neighbours }
        });
    }
}

/// The roots of all parts but the largest of each face.
fn smaller_parts(regions: &Regions<'_>, parts: &mut Disjoint) -> HashMap<u32, Part> {
    let mut areas: HashMap<u32, i128> = HashMap::new();
    for (region, twice) in (0..).zip(&regions.twice_areas) {
        if regions.labels[region as usize].is_some() {
            *areas.entry(parts.root(region)).or_default() += twice;
        }
    }
    let mut all: Vec<_> = areas
        .into_iter()
        .map(|(root, twice)| (regions.labels[root as usize], std::cmp::Reverse(twice), root))
        .collect();
    all.sort_unstable();
    all.chunk_by(|a, b| a.0 == b.0)
        .flat_map(|same| same[1..].iter().map(|&(.., root)| (root, Part::default())))
        .collect()
}
