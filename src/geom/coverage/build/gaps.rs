//! What is enclosed by faces and in none of them: gaps, which may be closed, and holes.

use std::collections::HashSet;

use crate::geom::coverage::build::finding::{Border, Finding, Gap, Gift, RemedyReason};
use crate::geom::coverage::build::middle::{Middle, middle};
use crate::geom::coverage::build::plane::OUTSIDE;
use crate::geom::coverage::build::regions::Regions;
use crate::geom::coverage::build::settings::{BuildSettings, Remedy};
use crate::geom::coverage::build::width::spot;

/// Closes gaps that are narrow enough, and tells of all of them; what was split along its middle is
/// handed back, with its region.
pub(super) fn close(
    regions: &mut Regions<'_>,
    faces: usize,
    settings: &BuildSettings,
    findings: &mut Vec<Finding>,
) -> Vec<(u32, Middle)> {
    let empty: Vec<u32> = (OUTSIDE + 1..)
        .zip(regions.labels.iter().skip(OUTSIDE as usize + 1))
        .filter(|(_, label)| label.is_none())
        .map(|(region, _)| region)
        .collect();
    if empty.is_empty() {
        return Vec::new();
    }
    let view = View { touching: regions.touching(), areas: regions.face_areas(faces) };
    let (mut given, mut split) = (Vec::new(), Vec::new());
    for region in empty {
        let spot = spot(&regions.darts(region), f64::INFINITY);
        let neighbours = regions.borders(region);
        let Some((longest, largest)) = view.gifts(&neighbours) else { continue };
        if spot.width_m > settings.hole_width_m.max(settings.gap_width_m) {
            findings.push(Finding::Hole { spot, neighbours });
            continue;
        }
        let between = if neighbours.len() == 2 { middle(regions, region) } else { None };
        let (proposed, reason) = propose(&neighbours, &longest, &largest, between.is_some());
        let wanted = settings.remedy.unwrap_or(proposed);
        let narrow = spot.width_m <= settings.gap_width_m;
        let closed = narrow.then_some(match (wanted, &between) {
            // What has no middle goes to the longest border.
            (Remedy::Middle, None) => Remedy::Longest,
            _ => wanted,
        });
        match closed {
            Some(Remedy::Longest) => given.push((region, longest.face)),
            Some(Remedy::Largest) => given.push((region, largest.face)),
            Some(Remedy::Middle) => split.extend(between.clone().map(|line| (region, line))),
            None => {}
        }
        let middle = between.map(|middle| middle.line);
        let gap = Gap { spot, neighbours, longest, largest, middle, proposed, reason, closed };
        findings.push(Finding::Gap(gap));
    }
    for (region, face) in given {
        regions.labels[region as usize] = Some(face);
    }
    split
}

/// What is asked of the faces around a gap.
struct View {
    touching: HashSet<(u16, u16)>,
    areas: Vec<i128>,
}

impl View {
    /// What giving a gap to the neighbour with the longest border, and to the largest, would do.
    fn gifts(&self, neighbours: &[Border]) -> Option<(Gift, Gift)> {
        let gift = |face: u16| {
            let others = neighbours.iter().map(|border| border.face).filter(|&other| other != face);
            let joins = others.filter(|&other| !self.touching.contains(&(face, other))).collect();
            Gift { face, joins }
        };
        let longest = neighbours.first()?.face;
        let area = |border: &&Border| {
            (self.areas[usize::from(border.face)], std::cmp::Reverse(border.face))
        };
        let largest = neighbours.iter().max_by_key(area)?.face;
        Some((gift(longest), gift(largest)))
    }
}

/// Which remedy is proposed, and why.
fn propose(
    neighbours: &[Border],
    longest: &Gift,
    largest: &Gift,
    has_middle: bool,
) -> (Remedy, RemedyReason) {
    if neighbours.len() == 1 {
        (Remedy::Longest, RemedyReason::OnlyNeighbour)
    } else if longest.joins.is_empty() {
        (Remedy::Longest, RemedyReason::JoinsNothing)
    } else if largest.joins.is_empty() {
        (Remedy::Largest, RemedyReason::LongestJoins)
    } else {
        (if has_middle { Remedy::Middle } else { Remedy::Longest }, RemedyReason::AllJoin)
    }
}
