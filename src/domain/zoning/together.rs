//! What a build of the ground found, with the gaps and overlaps of which snapping leaves no trace.

use std::collections::BTreeMap;

use geo_types::MultiPolygon;

use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::build;
use crate::geom::coverage::build::finding::{Finding, Spot};
use crate::geom::coverage::build::settings::BuildSettings;

/// A finding of a build.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What was found.
    pub finding: Finding,
    /// A gap or an overlap that is no more: the borders beside it were snapped together.
    pub together: bool,
}

/// A gap or an overlap and the faces that it is about.
type Which = (bool, Vec<u16>);

/// Everything that is wrong in areas: what a build with these settings found, and then the gaps and overlaps
/// which are there in the areas as they came and were snapped away.
///
/// # Cost
/// Where vertices were snapped, that of another build.
#[must_use]
pub fn all_found(
    areas: &[&MultiPolygon<f64>],
    settings: &BuildSettings,
    findings: Vec<Finding>,
) -> Vec<Found> {
    let snapped = findings.iter().any(|it| matches!(it, Finding::Snapped(_)));
    let plain = |finding| Found { finding, together: false };
    let mut all: Vec<Found> = findings.into_iter().map(plain).collect();
    if !snapped {
        return all;
    }
    // What could be built of once can be again.
    let exact = BuildSettings { snap_m: 0.0, ..*settings };
    let as_given = build(areas, &exact).map(|built| built.findings).unwrap_or_default();
    let gone = gone(&all, as_given, settings.snap_m);
    all.extend(gone.into_iter().map(|finding| Found { finding, together: true }));
    all
}

/// Those of the gaps and overlaps as given that are not among what is left.
fn gone(left: &[Found], as_given: Vec<Finding>, snap_m: f64) -> Vec<Finding> {
    let mut by_faces: BTreeMap<Which, Vec<Spot>> = BTreeMap::new();
    for (which, spot) in left.iter().filter_map(|found| placed(&found.finding)) {
        by_faces.entry(which).or_default().push(spot);
    }
    // Each that is left is the nearest of its size.
    let mut stays = vec![false; as_given.len()];
    let mut given: BTreeMap<Which, Vec<(usize, Spot)>> = BTreeMap::new();
    for (number, finding) in as_given.iter().enumerate() {
        if let Some((which, spot)) = placed(finding) {
            given.entry(which).or_default().push((number, spot));
        }
    }
    for (which, spots) in by_faces {
        let Some(mut near) = given.remove(&which) else { continue };
        for spot in spots {
            let alike = near.iter().enumerate().filter(|(_, (_, it))| like(it, &spot));
            let nearest = alike.min_by_key(|(_, (_, it))| apart(it.at, spot.at)).map(|it| it.0);
            if let Some(nearest) = nearest {
                stays[near.swap_remove(nearest).0] = true;
            }
        }
    }
    // Of what is wider than both borders can be moved something is left, and told.
    let narrow = |spot: Spot| spot.width_m <= 2.2 * snap_m;
    as_given
        .into_iter()
        .zip(stays)
        .filter(|(finding, stays)| !stays && placed(finding).is_some_and(|(_, spot)| narrow(spot)))
        .map(|(finding, _)| finding)
        .collect()
}

/// Of about one size.
fn like(one: &Spot, other: &Spot) -> bool {
    let (less, more) = (one.area_m2.min(other.area_m2), one.area_m2.max(other.area_m2));
    2.0 * less >= more
}

/// The squared distance in steps.
fn apart(a: GridPoint, b: GridPoint) -> i64 {
    let (dx, dy) = (i64::from(a.x) - i64::from(b.x), i64::from(a.y) - i64::from(b.y));
    dx.saturating_mul(dx).saturating_add(dy.saturating_mul(dy))
}

/// Which gap or overlap it is, and where.
fn placed(finding: &Finding) -> Option<(Which, Spot)> {
    match finding {
        Finding::Overlap(it) => Some(((true, it.faces.clone()), it.spot)),
        Finding::Gap(it) => {
            let mut faces: Vec<u16> = it.neighbours.iter().map(|border| border.face).collect();
            faces.sort_unstable();
            Some(((false, faces), it.spot))
        }
        _ => None,
    }
}
