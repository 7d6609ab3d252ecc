//! A city's blocks 街区 as what is divided: a graph of who borders on whom, and a division of it as zones.

mod stays;

use std::collections::BTreeMap;

use geo_types::{Coord, Geometry, MultiPolygon};

use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::Zone;
use crate::domain::id::{FacilityId, UnitId, ZoneId};
use crate::domain::text::{Attributes, Names};
use crate::domain::zoning::balance::graph::{Blocks, Border, Graph};
use crate::domain::zoning::balance::units::assign_by;
use crate::domain::zoning::found::told;
use crate::domain::zoning::review::shape::Shape;
use crate::domain::zoning::tract::stays::{Stays, unlike};
use crate::domain::zoning::working::Working;
use crate::geom::coord::{GridPoint, LonLat, step};
use crate::geom::coverage::build::build;
use crate::geom::coverage::build::settings::BuildSettings;
use crate::geom::coverage::map::Coverage;
use crate::geom::measure::between_m;
use crate::geom::project::Scale;

/// How near (m) the middle of a border's segment must be to a street or river to lie along it.
const ALONG_M: f64 = 20.0;

/// Blocks that are to be divided into zones.
pub struct Tract {
    coverage: Coverage,
    graph: Graph,
    /// What the blocks are called.
    ids: Vec<FacilityId>,
    /// The zone of the plan in force in which each block lies, by its place in the atlas.
    today: Vec<Option<u16>>,
    /// The zones that stay, with their areas on the ground of the plan in force.
    stays: Vec<(ZoneId, MultiPolygon<f64>)>,
    origin: Coord<f64>,
    scale: Scale,
}

/// What is divided, and by what it is weighed.
#[derive(Clone, Debug, PartialEq)]
pub struct Terrain {
    /// Attributes of blocks, each one weight; `area` for square metres, `one` for the number of blocks.
    pub weights: Vec<String>,
    /// What a metre of border costs along a street or a river, where one elsewhere costs 1.
    pub natural: f64,
    /// Zones that stay as they are: their blocks are not divided.
    pub locked: Vec<ZoneId>,
}

/// The weight of a block by an attribute.
#[must_use]
pub fn weight_of(block: &Facility, attribute: &str) -> f64 {
    match attribute {
        "area" => crate::geom::measure::area_m2(&block.geometry),
        "one" => 1.0,
        name => block.attributes.get(name).and_then(serde_json::Value::as_f64).unwrap_or(0.0),
    }
}

impl Tract {
    /// The blocks of a city that do not lie in locked zones.
    ///
    /// # Errors
    /// In words, why they cannot be divided; every reason.
    pub fn of(atlas: &Atlas, terrain: &Terrain) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let locked: Vec<u16> = terrain.locked.iter().filter_map(|id| place(atlas, id)).collect();
        for id in terrain.locked.iter().filter(|id| atlas.zone(id).is_none()) {
            faults.push(format!("there is no zone {id} to be locked"));
        }
        let stays = Stays::of(atlas, &locked)?;
        let (mut areas, mut blocks, mut today) = (Vec::new(), Vec::new(), Vec::new());
        let all = atlas.facilities().iter().filter(|it| it.kind == FacilityKind::Block);
        for block in all {
            let Some((area, shape)) = area_of(&block.geometry) else {
                faults.push(format!("the block {} has no area; import it as a polygon", block.id));
                continue;
            };
            if let Some(says) = stays.straddled(block, &area) {
                faults.push(says);
                continue;
            }
            let zone = atlas.areas().locate(inside(&block.geometry, &shape));
            if zone.is_none_or(|zone| !locked.contains(&zone)) {
                areas.push(area);
                blocks.push((block, shape));
                today.push(zone);
            }
        }
        if blocks.is_empty() {
            faults.push(
                "there are no blocks to be divided; import facilities of the kind `block`"
                    .to_owned(),
            );
        }
        if faults.is_empty() {
            faults = stays.changed(&areas)?;
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let coverage = ground(&areas, &blocks)?;
        let first = blocks[0].1.centre;
        let origin = Coord { x: first[0], y: first[1] };
        let scale = Scale::at(origin.y);
        let flat =
            |at: [f64; 2]| [(at[0] - origin.x) * scale.lon_m, (at[1] - origin.y) * scale.lat_m];
        let (borders, outer_border_m) = borders(&coverage, blocks.len(), atlas, terrain.natural);
        let weigh = |attribute: &String| {
            blocks.iter().map(|(block, _)| weight_of(block, attribute)).collect::<Vec<f64>>()
        };
        let given = Blocks {
            centroid_m: blocks.iter().map(|(_, shape)| flat(shape.centre)).collect(),
            area_m2: blocks.iter().map(|(_, shape)| shape.area_m2).collect(),
            outer_border_m,
            weights: terrain.weights.iter().map(weigh).collect(),
            borders,
        };
        let graph = Graph::build(given)
            .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        let ids = blocks.iter().map(|(block, _)| block.id.clone()).collect();
        Ok(Self { coverage, graph, ids, today, stays: stays.grounds(), origin, scale })
    }

    /// What a set of zones would do to those that stay, in words: nothing, when each is drawn as it is now, bit for bit.
    ///
    /// # Errors
    /// Why the zones give no ground, in words.
    pub fn disturbed(&self, zones: &[Zone]) -> Result<Vec<String>, Vec<String>> {
        if self.stays.is_empty() {
            return Ok(Vec::new());
        }
        let then = Working::of(zones)?;
        let area = |zone: &ZoneId| then.face(zone).map(|face| then.coverage().polygons(face));
        let changed = self.stays.iter().filter(|(zone, was)| area(zone).as_ref() != Some(was));
        Ok(changed.map(|(zone, _)| unlike(zone, None)).collect())
    }

    /// The graph.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The zone of the plan in force in which each block lies.
    #[must_use]
    pub fn today(&self) -> &[Option<u16>] {
        &self.today
    }

    /// The blocks that lie in no zone of the plan in force.
    pub fn strays(&self) -> impl Iterator<Item = &FacilityId> {
        let zoned = self.ids.iter().zip(&self.today);
        zoned.filter(|(_, zone)| zone.is_none()).map(|(id, _)| id)
    }

    /// A place in the plane of the graph.
    #[must_use]
    pub fn flat(&self, at: LonLat) -> [f64; 2] {
        self.plane([at.lon(), at.lat()])
    }

    /// The middle of a zone in the plane of the graph.
    #[must_use]
    pub fn middle(&self, zone: &Zone) -> [f64; 2] {
        self.plane(Shape::of(&zone.area).centre)
    }

    fn plane(&self, at: [f64; 2]) -> [f64; 2] {
        [(at[0] - self.origin.x) * self.scale.lon_m, (at[1] - self.origin.y) * self.scale.lat_m]
    }

    /// A division as zones: `labels` gives each block its number, `names` each number what is known of its zone.
    #[must_use]
    pub fn zones(&self, labels: &[u16], facts: &[Zone]) -> Vec<Zone> {
        let labels: Vec<Option<u16>> = labels.iter().copied().map(Some).collect();
        let dissolved = self.coverage.relabelled(&labels);
        (0..=u16::MAX)
            .zip(facts)
            .map(|(face, zone)| Zone { area: dissolved.polygons(face), ..zone.clone() })
            .collect()
    }

    /// What the zones of a division are called, and who leads them: each takes over the zone of today with which it
    /// shares most of its area, as far as there are any; what is more gets a code of its own and the city's
    /// fallback unit. `locked` zones are taken over by none.
    ///
    /// Only for labels that mean nothing by themselves. Where a number was given its unit's share, seat or blocks of
    /// today, it keeps that zone's facts ([`bare`]).
    #[must_use]
    pub fn facts(
        &self,
        atlas: &Atlas,
        labels: &[u16],
        count: usize,
        locked: &[ZoneId],
    ) -> Vec<Zone> {
        let mut shared: BTreeMap<(u16, u16), f64> = BTreeMap::new();
        for ((label, today), area_m2) in
            labels.iter().zip(&self.today).zip(&self.graph.blocks().area_m2)
        {
            if let Some(today) = today {
                *shared.entry((*label, *today)).or_default() += area_m2;
            }
        }
        let mut pairs: Vec<((u16, u16), f64)> = shared.into_iter().collect();
        pairs.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut heirs: Vec<Option<u16>> = vec![None; count];
        let mut taken: Vec<bool> =
            atlas.zones().iter().map(|zone| locked.contains(&zone.id)).collect();
        for ((label, today), _) in pairs {
            let (label, today) = (usize::from(label), usize::from(today));
            if heirs[label].is_none() && !taken[today] {
                heirs[label] = u16::try_from(today).ok();
                taken[today] = true;
            }
        }
        let mut number = atlas.zones().iter().map(|zone| zone.number).max().unwrap_or(0);
        heirs
            .into_iter()
            .map(|heir| {
                if let Some(zone) = heir.and_then(|heir| atlas.zones().get(usize::from(heir))) {
                    return bare(zone);
                }
                number = number.saturating_add(1);
                new_zone(atlas, number)
            })
            .collect()
    }
}

/// What is known of a zone but for its area.
#[must_use]
pub fn bare(zone: &Zone) -> Zone {
    Zone {
        id: zone.id.clone(),
        number: zone.number,
        names: zone.names.clone(),
        lead: zone.lead.clone(),
        co: zone.co.clone(),
        area: MultiPolygon::new(Vec::new()),
        attributes: zone.attributes.clone(),
    }
}

/// The units that may be given zones by their seats: they have one, and lead none of the zones that stay.
#[must_use]
pub fn seated<'a>(units: &'a [Unit], kept: &[&Zone]) -> Vec<&'a Unit> {
    let free = |unit: &&Unit| unit.seat.is_some() && kept.iter().all(|zone| zone.lead != unit.id);
    units.iter().filter(free).collect()
}

/// The ways from zones to the units that lead them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ways {
    /// The farthest, metres.
    pub farthest_m: f64,
    /// The mean of all, metres.
    pub mean_m: f64,
    /// Whether it is proven that the farthest cannot be shorter, nor with it the mean.
    pub proven: bool,
}

/// Gives every zone the unit whose seat is near: first the farthest way is as short as it can be, then the sum of all.
/// The units share the zones: none leads more than it must when all lead about as many. One without a seat leads none.
///
/// # Errors
/// In words, when no unit has a seat.
pub fn lead_by_seat(zones: &mut [Zone], units: &[&Unit]) -> Result<Ways, String> {
    let seats: Vec<(&UnitId, Coord<f64>)> = units
        .iter()
        .filter_map(|unit| {
            let at = unit.seat?.degrees();
            Some((&unit.id, Coord { x: at.lon(), y: at.lat() }))
        })
        .collect();
    let middles: Vec<Coord<f64>> = zones
        .iter()
        .map(|zone| Shape::of(&zone.area).centre)
        .map(|centre| Coord { x: centre[0], y: centre[1] })
        .collect();
    let way = |zone: usize, unit: usize| between_m(middles[zone], seats[unit].1);
    let staff: Vec<u32> =
        units.iter().filter(|unit| unit.seat.is_some()).map(|unit| unit.capacity).collect();
    let capacity = places(zones.len(), &staff);
    let assigned =
        assign_by(zones.len(), seats.len(), &capacity, way).map_err(|fault| fault.to_string())?;
    for (zone, unit) in zones.iter_mut().zip(&assigned.unit) {
        let lead = seats[*unit as usize].0;
        zone.co.retain(|beside| beside != lead);
        zone.lead = lead.clone();
    }
    let proven = assigned.proof.holds(&assigned.unit, &capacity, way);
    Ok(Ways { farthest_m: assigned.farthest_m, mean_m: assigned.mean_m, proven })
}

/// How many zones each unit takes: one each where there are units enough, else by their staff, and alike where nothing is
/// known of it.
fn places(zones: usize, staff: &[u32]) -> Vec<u32> {
    let all: u64 = staff.iter().map(|staff| u64::from(*staff)).sum();
    let share = |mine: &u32| {
        if zones <= staff.len() {
            return 1;
        }
        if all == 0 {
            return zones.div_ceil(staff.len());
        }
        let part = (zones as u64 * u64::from(*mine)).div_ceil(all).max(1);
        usize::try_from(part).unwrap_or(usize::MAX)
    };
    staff.iter().map(|mine| u32::try_from(share(mine)).unwrap_or(u32::MAX)).collect()
}

fn new_zone(atlas: &Atlas, number: u32) -> Zone {
    let code = (number..)
        .map(|n| format!("zone-{n:02}"))
        .find_map(|code| ZoneId::new(&code).ok().filter(|id| atlas.zone(id).is_none()));
    // Codes of this form are never used up.
    let id = code.unwrap_or_else(|| atlas.zones()[0].id.clone());
    Zone {
        names: Names { zh: format!("{number}号责任区"), en: format!("Zone {number}") },
        id,
        number,
        lead: atlas.city().fallback.clone(),
        co: Vec::new(),
        area: MultiPolygon::new(Vec::new()),
        attributes: Attributes::new(),
    }
}

fn place(atlas: &Atlas, id: &ZoneId) -> Option<u16> {
    let at = atlas.zones().binary_search_by(|zone| zone.id.cmp(id)).ok()?;
    u16::try_from(at).ok()
}

fn area_of(geometry: &Geometry<f64>) -> Option<(MultiPolygon<f64>, Shape)> {
    let area = match geometry {
        Geometry::Polygon(one) => MultiPolygon::new(vec![one.clone()]),
        Geometry::MultiPolygon(parts) => parts.clone(),
        _ => return None,
    };
    let shape = Shape::of(&area);
    Some((area, shape))
}

/// A place inside a block, so that it is found in the zone that the block lies in.
fn inside(geometry: &Geometry<f64>, shape: &Shape) -> GridPoint {
    use geo::InteriorPoint;
    let at = geometry.interior_point().map_or(shape.centre, |at| [at.x(), at.y()]);
    GridPoint { x: step(at[0]), y: step(at[1]) }
}

fn ground(
    areas: &[MultiPolygon<f64>],
    blocks: &[(&Facility, Shape)],
) -> Result<Coverage, Vec<String>> {
    let given: Vec<&MultiPolygon<f64>> = areas.iter().collect();
    let built = build(&given, &BuildSettings::default())
        .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let name = |face: u16| {
        blocks.get(usize::from(face)).map_or_else(String::new, |it| format!("block {}", it.0.id))
    };
    let grave = built.findings.iter().filter_map(|finding| told(finding, &name));
    let grave: Vec<String> = grave
        .filter(|told| !told.warning)
        .map(|told| {
            let which = told.face.map_or_else(|| "the blocks".to_owned(), name);
            format!("{which}: {}; {}", told.fault, told.remedy)
        })
        .collect();
    if !grave.is_empty() {
        return Err(grave);
    }
    Coverage::from_sides(&built.sides)
        .map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

/// Who borders on whom, and what of each block's border is the outer one.
fn borders(
    coverage: &Coverage,
    count: usize,
    atlas: &Atlas,
    natural: f64,
) -> (Vec<Border>, Vec<f64>) {
    let mut outer = vec![0.0; count];
    // Length and cost of what two blocks share.
    let mut shared: BTreeMap<[u32; 2], (f64, f64)> = BTreeMap::new();
    let kinds = [FacilityKind::Street, FacilityKind::River];
    let degrees = |p: GridPoint| {
        let at = p.degrees();
        Coord { x: at.lon(), y: at.lat() }
    };
    for arc in coverage.arcs() {
        let pair = match (arc.left, arc.right) {
            (Some(a), Some(b)) => [u32::from(a.min(b)), u32::from(a.max(b))],
            (one, other) => {
                let whole = arc.points.windows(2).map(|e| between_m(degrees(e[0]), degrees(e[1])));
                if let Some(block) = one.or(other).and_then(|it| outer.get_mut(usize::from(it))) {
                    *block += whole.sum::<f64>();
                }
                continue;
            }
        };
        let sum = shared.entry(pair).or_default();
        for edge in arc.points.windows(2) {
            let length_m = between_m(degrees(edge[0]), degrees(edge[1]));
            let middle = GridPoint {
                x: i32::midpoint(edge[0].x, edge[1].x),
                y: i32::midpoint(edge[0].y, edge[1].y),
            };
            let along = !atlas.within(middle, &kinds, ALONG_M).is_empty();
            sum.0 += length_m;
            sum.1 += length_m * if along { natural } else { 1.0 };
        }
    }
    let borders = shared
        .into_iter()
        .filter(|(_, (length_m, _))| *length_m > 0.0)
        .map(|(blocks, (length_m, cost))| Border { blocks, length_m, factor: cost / length_m });
    (borders.collect(), outer)
}

#[cfg(test)]
mod tests;
