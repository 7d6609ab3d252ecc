//! Who gets a place over which several faces lie.

use std::collections::HashMap;

use crate::geom::coverage::build::finding::{EmptyCause, Finding, Overlap, OverlapReason, Spot};
use crate::geom::coverage::build::plane::OUTSIDE;
use crate::geom::coverage::build::read::Input;
use crate::geom::coverage::build::regions::Regions;
use crate::geom::coverage::build::width::spot;

/// Labels every region over which a face lies, and tells of faces over each other, faces that are
/// there twice, and faces that have nothing.
///
/// `over` has the polygons over each region.
pub(super) fn settle(
    regions: &mut Regions<'_>,
    over: &[Vec<u32>],
    input: &Input,
    overlap_width_m: f64,
    findings: &mut Vec<Finding>,
) {
    let faces: Vec<Vec<u16>> = over
        .iter()
        .map(|polygons| {
            let mut faces: Vec<u16> =
                polygons.iter().map(|&polygon| input.face_of[polygon as usize]).collect();
            faces.sort_unstable();
            faces.dedup();
            faces
        })
        .collect();
    for (label, faces) in regions.labels.iter_mut().zip(&faces) {
        if let &[only] = faces.as_slice() {
            *label = Some(only);
        }
    }
    let claims = Claims::of(regions, &faces, input.places.len());
    claims.list_repeated(regions, findings);
    let contested: Vec<u32> =
        (0..).zip(&faces).filter(|(_, f)| f.len() > 1).map(|(r, _)| r).collect();
    let mut given = Vec::with_capacity(contested.len());
    for region in contested {
        let overlap = claims.judge(regions, region, &faces[region as usize], overlap_width_m);
        given.push((region, overlap.given));
        // Of faces that are all the same one it is told that they are.
        if overlap.faces.iter().any(|&face| claims.first(face) != claims.first(overlap.given)) {
            findings.push(Finding::Overlap(overlap));
        }
    }
    for (region, face) in given {
        regions.labels[region as usize] = Some(face);
    }
    claims.list_empty(regions, input, findings);
}

/// What each face would have.
struct Claims {
    /// Twice the area over which each face lies.
    twice_areas: Vec<i128>,
    /// Whether a face lies alone anywhere.
    alone: Vec<bool>,
    /// For a face that is there twice the lowest number of those that are the same.
    same_as: HashMap<u16, u16>,
    /// The regions of the faces that are in `same_as`.
    repeated: Vec<(u16, Vec<u32>)>,
}

impl Claims {
    fn of(regions: &Regions<'_>, faces: &[Vec<u16>], count: usize) -> Self {
        let (mut twice_areas, mut alone) = (vec![0; count], vec![false; count]);
        for (own, twice) in faces.iter().zip(&regions.twice_areas).skip(OUTSIDE as usize + 1) {
            for &face in own {
                twice_areas[usize::from(face)] += twice;
                alone[usize::from(face)] |= own.len() == 1;
            }
        }
        // Only what lies nowhere alone can be the same as another.
        let mut under: HashMap<u16, Vec<u32>> = HashMap::new();
        for (region, own) in (0..).zip(faces) {
            for &face in own.iter().filter(|&&face| !alone[usize::from(face)]) {
                under.entry(face).or_default().push(region);
            }
        }
        let mut by_regions: Vec<(Vec<u32>, u16)> =
            under.into_iter().map(|(face, regions)| (regions, face)).collect();
        by_regions.sort_unstable();
        let (mut same_as, mut repeated) = (HashMap::new(), Vec::new());
        for same in by_regions.chunk_by(|a, b| a.0 == b.0) {
            for (regions, face) in &same[1..] {
                same_as.insert(*face, same[0].1);
                repeated.push((*face, regions.clone()));
            }
        }
        repeated.sort_unstable();
        Self { twice_areas, alone, same_as, repeated }
    }

    /// The lowest number of the faces that are the same as this one.
    fn first(&self, face: u16) -> u16 {
        self.same_as.get(&face).copied().unwrap_or(face)
    }

    fn list_repeated(&self, regions: &Regions<'_>, findings: &mut Vec<Finding>) {
        for (face, under) in &self.repeated {
            let spots = under.iter().map(|&region| spot(&regions.darts(region), f64::INFINITY));
            let (mut area_m2, mut widest) = (0.0, None::<Spot>);
            for spot in spots {
                area_m2 += spot.area_m2;
                widest = widest.filter(|old| old.width_m >= spot.width_m).or(Some(spot));
            }
            let Some(Spot { at, .. }) = widest else { continue };
            findings.push(Finding::Duplicate { face: *face, of: self.first(*face), at, area_m2 });
        }
    }

    fn judge(
        &self,
        regions: &Regions<'_>,
        region: u32,
        faces: &[u16],
        overlap_width_m: f64,
    ) -> Overlap {
        let spot = spot(&regions.darts(region), f64::INFINITY);
        let borders = regions.borders(region);
        let area = |face: u16| self.twice_areas[usize::from(face)];
        let nowhere_else = faces
            .iter()
            .copied()
            .filter(|&face| !self.alone[usize::from(face)] && self.first(face) == face)
            .min_by_key(|&face| (area(face), face));
        let longest = borders.iter().map(|border| border.face).find(|face| faces.contains(face));
        let (given, reason) = match (nowhere_else, longest) {
            (Some(face), _) => (face, OverlapReason::WouldVanish),
            (None, Some(face)) if spot.width_m <= overlap_width_m => {
                (face, OverlapReason::LongestBorder)
            }
            _ => (faces[0], OverlapReason::LowestNumber),
        };
        Overlap { spot, faces: faces.to_vec(), borders, given, reason }
    }

    fn list_empty(&self, regions: &Regions<'_>, input: &Input, findings: &mut Vec<Finding>) {
        let left = regions.face_areas(input.places.len());
        for (face, (left, place)) in (0..=u16::MAX).zip(left.iter().zip(&input.places)) {
            if *left > 0 || self.same_as.contains_key(&face) {
                continue;
            }
            let cause = match place {
                None => EmptyCause::Given,
                Some(_) if self.twice_areas[usize::from(face)] > 0 => EmptyCause::Covered,
                Some(at) => EmptyCause::Collapsed(*at),
            };
            findings.push(Finding::Empty { face, cause });
        }
    }
}
