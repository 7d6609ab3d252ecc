//! Zones that stay as they are, and the blocks beside them: no block may change one, by however little.
//!
//! A block that lies partly in such a zone is not cut: where its border crosses the zone's between two places of the
//! grid, the cut would bend the zone's border.

use geo::InteriorPoint;
use geo_types::{MultiPolygon, Polygon};

use crate::domain::atlas::facility::Facility;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::zone::Zone;
use crate::domain::id::ZoneId;
use crate::domain::zoning::working::Working;
use crate::geom::coord::{GridBox, GridPoint};
use crate::geom::coverage::build::build;
use crate::geom::coverage::build::finding::Finding;
use crate::geom::coverage::build::settings::BuildSettings;
use crate::geom::coverage::map::Coverage;
use crate::geom::measure::{between_m, polygon_area_m2};
use crate::geom::overlay::{Sheet, frame, meet};

/// Two drawings of one border may lie so far (m) apart: a part no wider does not make a block straddle.
const HAIR_M: f64 = 0.5;

/// What to do about it.
const REMEDY: &str = "draw the blocks along the zone's border, or do not lock the zone";

/// The zones that stay.
pub(super) struct Stays<'a> {
    zones: Vec<Stay<'a>>,
}

struct Stay<'a> {
    zone: &'a Zone,
    around: GridBox,
    /// Its area on the ground of the plan in force.
    ground: MultiPolygon<f64>,
}

impl<'a> Stays<'a> {
    /// Those of an atlas, by their places in it.
    ///
    /// # Errors
    /// Why the plan in force gives no ground, in words.
    pub(super) fn of(atlas: &'a Atlas, locked: &[u16]) -> Result<Self, Vec<String>> {
        if locked.is_empty() {
            return Ok(Self { zones: Vec::new() });
        }
        let ground = Working::of(atlas.zones())?;
        let stay = |at: &u16| {
            let zone = atlas.zones().get(usize::from(*at))?;
            let around = frame(&zone.area)?;
            Some(Stay { zone, around, ground: ground.coverage().polygons(ground.face(&zone.id)?) })
        };
        Ok(Self { zones: locked.iter().filter_map(stay).collect() })
    }

    /// That a block lies partly in one of them and partly in none, in words.
    pub(super) fn straddled(&self, block: &Facility, area: &MultiPolygon<f64>) -> Option<String> {
        let own = frame(area)?;
        let near: Vec<&Stay<'_>> = self.zones.iter().filter(|it| meet(own, it.around)).collect();
        if near.is_empty() {
            return None;
        }
        let sheet = Sheet::around(near.iter().map(|it| it.around).fold(own, GridBox::with));
        let laid = sheet.lay(area);
        let zones: Vec<MultiPolygon<f64>> =
            near.iter().map(|it| sheet.lay(&it.zone.area)).collect();
        let (stay, part) = near.iter().zip(&zones).find_map(|(stay, zone)| {
            Some((stay, widest(&sheet.shared(&laid, zone)).filter(is_wide)?))
        })?;
        let others: Vec<&MultiPolygon<f64>> = zones.iter().collect();
        widest(&sheet.alone(&laid, &others)).filter(is_wide)?;
        let area_m2 = polygon_area_m2(&part);
        let at = part
            .interior_point()
            .map_or_else(String::new, |at| format!(" (at {:.6}, {:.6})", at.x(), at.y()));
        let (block, zone) = (&block.id, &stay.zone.id);
        Some(format!(
            "the block {block} lies partly in zone {zone}, which is locked: {area_m2:.0} m² of it{at}; {REMEDY}"
        ))
    }

    /// Which of them the ground of `blocks` would change, in words.
    ///
    /// # Errors
    /// Why they give no ground, in words.
    pub(super) fn changed(&self, blocks: &[MultiPolygon<f64>]) -> Result<Vec<String>, Vec<String>> {
        if self.zones.is_empty() {
            return Ok(Vec::new());
        }
        let areas: Vec<&MultiPolygon<f64>> =
            self.zones.iter().map(|it| &it.ground).chain(blocks).collect();
        let built = build(&areas, &BuildSettings::default())
            .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        let coverage = Coverage::from_sides(&built.sides)
            .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        let changed = (0..=u16::MAX)
            .zip(&self.zones)
            .filter(|(face, it)| coverage.polygons(*face) != it.ground)
            .map(|(face, it)| unlike(&it.zone.id, place(&built.findings, face)));
        Ok(changed.collect())
    }

    /// The areas, by zone.
    pub(super) fn grounds(self) -> Vec<(ZoneId, MultiPolygon<f64>)> {
        self.zones.into_iter().map(|it| (it.zone.id.clone(), it.ground)).collect()
    }
}

/// That a zone would not stay as it is, in words.
pub(super) fn unlike(zone: &ZoneId, at: Option<GridPoint>) -> String {
    let at = at.map_or_else(String::new, |at| {
        let at = at.degrees();
        format!(" (at {}, {})", at.lon(), at.lat())
    });
    format!(
        "zone {zone} is locked, and the blocks beside it lie a hair line off its border{at}, so that it would be \
         drawn otherwise; {REMEDY}"
    )
}

/// Where something was found about a face; else where its border, or any, was snapped farthest.
fn place(findings: &[Finding], face: u16) -> Option<GridPoint> {
    let about = findings.iter().find_map(|it| match it {
        Finding::Overlap(it) if it.faces.contains(&face) => Some(it.spot.at),
        Finding::Gap(it) if it.neighbours.iter().any(|border| border.face == face) => {
            Some(it.spot.at)
        }
        _ => None,
    });
    let snapped = || {
        findings.iter().find_map(|it| match it {
            Finding::Snapped(it) => {
                let own = it.between.iter().find(|pair| pair.faces.contains(&face));
                own.map(|pair| pair.at).or(it.at)
            }
            _ => None,
        })
    };
    about.or_else(snapped)
}

/// The part with the largest mean width.
fn widest(parts: &MultiPolygon<f64>) -> Option<Polygon<f64>> {
    parts.iter().max_by(|a, b| width_m(a).total_cmp(&width_m(b))).cloned()
}

fn is_wide(part: &Polygon<f64>) -> bool {
    width_m(part) > HAIR_M
}

/// Twice the area by the length of the outer ring.
fn width_m(part: &Polygon<f64>) -> f64 {
    let ring_m: f64 = part.exterior().lines().map(|it| between_m(it.start, it.end)).sum();
    if ring_m > 0.0 { 2.0 * polygon_area_m2(part) / ring_m } else { 0.0 }
}
