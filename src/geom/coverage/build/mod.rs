//! Polygons as they come in the world -> the sides of a coverage, and all that was wrong with them.
//!
//! One way in for every partition: areas are rounded to the grid, once; equal segments are matched;
//! vertices of borders that nearly match are snapped, as little as is asked for; what still crosses
//! is noded exactly (`node`); the plane is cut up into regions, each with the polygons that lie over
//! it; overlaps are given to one face and narrow gaps closed. Every step tells what it found and
//! did, with the place.
//!
//! What it returns keeps the laws of a coverage whatever came in: segments meet only at common
//! ends, the faces beside a segment differ, and labels agree around every node.
//!
//! [`check`](mod@check) mends nothing: it tells which edges of areas do not match, as the coverage
//! validator of JTS does.

pub mod settings;
pub mod fault;
pub mod finding;
mod exact;
mod metres;
mod disjoint;
mod tree;
mod read;
mod linework;
mod snap;
mod node;
mod plane;
mod regions;
mod width;
mod overlaps;
mod middle;
mod gaps;
mod parts;
mod layout;
mod hair;
pub mod check;

use geo_types::{Geometry, MultiPolygon};

use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::fault::BuildFault;
use crate::geom::coverage::build::finding::{Finding, PLACES_MAX};
use crate::geom::coverage::build::layout::Layout;
use crate::geom::coverage::build::linework::Linework;
use crate::geom::coverage::build::middle::Middle;
use crate::geom::coverage::build::plane::OUTSIDE;
use crate::geom::coverage::build::read::Input;
use crate::geom::coverage::build::regions::Regions;
use crate::geom::coverage::build::settings::BuildSettings;
use crate::geom::coverage::build::snap::Snap;
use crate::geom::coverage::side::{FaceLabel, Side};
use crate::geom::validity;

/// A coverage's sides, and what was found on the way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Built {
    /// Every segment with the faces beside it, sorted.
    pub sides: Vec<Side>,
    /// What was found: invalid areas, snapping, overlaps, gaps, parts, and then, where it was asked
    /// for, what was snapped away; each kind in the order of places from west to east, or of faces.
    pub findings: Vec<Finding>,
}

/// Builds a coverage out of areas; area `i` becomes face `i`.
///
/// A gap or an overlap that was snapped away leaves no finding of its own; [`build_telling`] tells it.
///
/// # Errors
/// Every coordinate that is no place on the globe; more areas or vertices than are built from, or
/// more entangled ones.
///
/// # Cost
/// Sorting the vertices, and some ten pairs of segments for each. A hundred thousand vertices take
/// about a tenth of a second.
pub fn build(
    areas: &[&MultiPolygon<f64>],
    settings: &BuildSettings,
) -> Result<Built, Vec<BuildFault>> {
    let mut input = read::read(areas)?;
    let linework = Linework::gather(std::mem::take(&mut input.edges));
    built(areas, &input, linework, settings).map(|(built, _)| built).map_err(|fault| vec![fault])
}

/// Builds as [`build`] does, with the same sides, and tells every gap and overlap of the areas as
/// they came: those that were snapped away as [`Finding::Together`]. Hair lines that are there only
/// because of the snapping, and were mended, are no findings, but counted as moved.
///
/// # Errors
/// As [`build`].
///
/// # Cost
/// That of [`build`], and where vertices were snapped as much again.
pub fn build_telling(
    areas: &[&MultiPolygon<f64>],
    settings: &BuildSettings,
) -> Result<Built, Vec<BuildFault>> {
    let mut input = read::read(areas)?;
    let linework = Linework::gather(std::mem::take(&mut input.edges));
    let came = linework.clone();
    let (mut built, snapped) =
        built(areas, &input, linework, settings).map_err(|fault| vec![fault])?;
    let is_snapped = built.findings.iter().any(|it| matches!(it, Finding::Snapped(_)));
    // What is too entangled to be built of as it came is still told as it was snapped.
    if is_snapped && let Ok(came) = Layout::of(came) {
        hair::tell(&came, &snapped, &input, settings, &mut built.findings);
    }
    Ok(built)
}

fn built(
    areas: &[&MultiPolygon<f64>],
    input: &Input,
    linework: Linework,
    settings: &BuildSettings,
) -> Result<(Built, Layout), BuildFault> {
    let mut findings = Vec::new();
    list_invalid(areas, &mut findings);
    let Snap { linework, snapped, unmatched } =
        snap::snap(linework, &input.face_of, settings.snap_m)?;
    if snapped.vertices > 0 {
        findings.push(Finding::Snapped(snapped));
    }
    let layout = Layout::of(linework)?;
    list_unmatched([unmatched.as_slice(), &layout.unmatched].concat(), &mut findings);
    let (regions, split) = layout.settled(input, settings, &mut findings);
    parts::list(&regions, settings.sliver_width_m, &mut findings);
    let sides = sides(&regions, &split);
    Ok((Built { sides, findings }, layout))
}

fn list_unmatched(mut places: Vec<GridPoint>, findings: &mut Vec<Finding>) {
    places.sort_unstable();
    places.dedup();
    let vertices = places.len();
    places.truncate(PLACES_MAX);
    if vertices > 0 {
        findings.push(Finding::Unmatched { vertices, places });
    }
}

/// Adds the faults of every area that is no valid polygon.
fn list_invalid(areas: &[&MultiPolygon<f64>], findings: &mut Vec<Finding>) {
    for (face, &area) in (0..=u16::MAX).zip(areas) {
        let faults = validity::faults(&Geometry::MultiPolygon(area.clone()));
        findings.extend(faults.into_iter().map(|fault| Finding::Invalid { face, fault }));
    }
}

/// The sides of the settled regions. A region that was split along its middle goes, beside each
/// segment, to the face that is there.
fn sides(regions: &Regions<'_>, split: &[(u32, Middle)]) -> Vec<Side> {
    let is_split = |region: u32| split.binary_search_by_key(&region, |&(r, _)| r).is_ok();
    let label = |region: u32| -> FaceLabel { regions.labels[region as usize] };
    let mut sides: Vec<Side> = regions
        .ends
        .iter()
        .zip(&regions.plane.sides)
        .filter(|(_, of)| !of.iter().any(|&region| region != OUTSIDE && is_split(region)))
        .filter(|(_, of)| label(of[0]) != label(of[1]))
        .map(|(&[a, b], of)| Side { a, b, left: label(of[0]), right: label(of[1]) })
        .collect();
    for (_, middle) in split {
        let pairs = middle.line.windows(2);
        sides.extend(pairs.map(|p| Side::new(p[0], p[1], Some(middle.left), Some(middle.right))));
    }
    sides.sort_unstable();
    sides
}

#[cfg(test)]
mod tests;
