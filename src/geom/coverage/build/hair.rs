//! Gaps and overlaps before and after snapping: which are no more, and which are there since.
//!
//! Both planes are at hand, that of the areas as they came and that of the snapped ones. What was
//! found in one is in the other when the same is found there; else what lies over the middle of it
//! decides.

use std::collections::HashSet;

use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::finding::{Finding, Hair, OverlapReason, Spot};
use crate::geom::coverage::build::layout::Layout;
use crate::geom::coverage::build::plane::OUTSIDE;
use crate::geom::coverage::build::read::Input;
use crate::geom::coverage::build::settings::BuildSettings;
use crate::geom::coverage::build::tree::Tree;

/// Adds the gaps and overlaps of the areas as they came that were snapped away, and takes out those
/// that snapping made itself and that were mended: their area is counted as moved.
pub(super) fn tell(
    came: &Layout,
    snapped: &Layout,
    input: &Input,
    settings: &BuildSettings,
    findings: &mut Vec<Finding>,
) {
    let mut before = Vec::new();
    came.settled(input, settings, &mut before);
    let (was, is) = (keys(&before), keys(findings));
    let (then, now) = (Places::of(came, input), Places::of(snapped, input));
    let mut made_m2 = 0.0;
    findings.retain(|finding| {
        let made = key(finding).is_some_and(|key| !was.contains(&key))
            && is_made(finding, &then, settings.snap_m);
        if made {
            made_m2 += spot(finding).map_or(0.0, |spot| spot.area_m2);
        }
        !made
    });
    for finding in findings.iter_mut() {
        if let Finding::Snapped(all) = finding {
            all.moved_m2 += made_m2;
        }
    }
    let gone = before.into_iter().filter(|it| key(it).is_some_and(|key| !is.contains(&key)));
    findings.extend(gone.filter_map(|finding| away(finding, &now)));
}

/// What a gap or an overlap of the areas as they came is told as when nothing of it is left.
fn away(finding: Finding, now: &Places<'_>) -> Option<Finding> {
    let hair = match finding {
        Finding::Gap(gap) if now.faces_at(gap.spot.at) != Some(0) => Hair::Gap(gap),
        Finding::Overlap(it) if now.faces_at(it.spot.at).is_none_or(|faces| faces < 2) => {
            Hair::Overlap(it)
        }
        _ => return None,
    };
    Some(Finding::Together(hair))
}

/// Whether a finding is a hair line where before there was none, and was mended. One that is wider
/// than both its borders can have been moved was there before, if only open to the outside.
fn is_made(finding: &Finding, then: &Places<'_>, snap_m: f64) -> bool {
    let (spot, mended) = match finding {
        Finding::Gap(gap) => (gap.spot, gap.closed.is_some()),
        Finding::Overlap(it) => (it.spot, it.reason == OverlapReason::LongestBorder),
        _ => return false,
    };
    mended && spot.width_m <= 2.0 * snap_m && then.faces_at(spot.at) == Some(1)
}

/// What tells a gap or an overlap from all others: its middle, its area, whether it is a gap.
type Key = (GridPoint, u64, bool);

fn keys(all: &[Finding]) -> HashSet<Key> {
    all.iter().filter_map(key).collect()
}

fn key(finding: &Finding) -> Option<Key> {
    let spot = spot(finding)?;
    Some((spot.at, spot.area_m2.to_bits(), matches!(finding, Finding::Gap(_))))
}

fn spot(finding: &Finding) -> Option<Spot> {
    match finding {
        Finding::Gap(gap) => Some(gap.spot),
        Finding::Overlap(overlap) => Some(overlap.spot),
        _ => None,
    }
}

/// Asks a plane how many faces lie over a place.
struct Places<'a> {
    layout: &'a Layout,
    input: &'a Input,
    tree: Tree,
}

impl<'a> Places<'a> {
    fn of(layout: &'a Layout, input: &'a Input) -> Self {
        Self { layout, input, tree: Tree::build(&layout.linework.ends) }
    }

    /// How many faces lie over a place; `None` outside of everything.
    fn faces_at(&self, p: GridPoint) -> Option<usize> {
        let Layout { linework, plane, over, .. } = self.layout;
        let region = plane.region_at(p, &linework.ends, &self.tree);
        let mut faces: Vec<u16> = over[region as usize]
            .iter()
            .map(|&polygon| self.input.face_of[polygon as usize])
            .collect();
        faces.sort_unstable();
        faces.dedup();
        (region != OUTSIDE).then_some(faces.len())
    }
}
