//! A city's blocks 街区 as what is divided: a graph of who borders on whom, and a division of it as zones.

use std::collections::BTreeMap;

use geo_types::{Coord, Geometry, MultiPolygon};

use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::Zone;
use crate::domain::id::{UnitId, ZoneId};
use crate::domain::text::{Attributes, Names};
use crate::domain::zoning::balance::graph::{Blocks, Border, Graph};
use crate::domain::zoning::balance::units::{Assignment, assign_by};
use crate::domain::zoning::found::told;
use crate::domain::zoning::review::shape::Shape;
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
    /// The zone of the plan in force in which each block lies, by its place in the atlas.
    today: Vec<Option<u16>>,
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
        let (mut areas, mut blocks, mut today) = (Vec::new(), Vec::new(), Vec::new());
        let all = atlas.facilities().iter().filter(|it| it.kind == FacilityKind::Block);
        for block in all {
            let Some((area, shape)) = area_of(&block.geometry) else {
                faults.push(format!("the block {} has no area; import it as a polygon", block.id));
                continue;
            };
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
        Ok(Self { coverage, graph, today, origin, scale })
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

    /// A place in the plane of the graph.
    #[must_use]
    pub fn flat(&self, at: LonLat) -> [f64; 2] {
        [
            (at.lon() - self.origin.x) * self.scale.lon_m,
            (at.lat() - self.origin.y) * self.scale.lat_m,
        ]
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
                    return Zone { area: MultiPolygon::new(Vec::new()), ..zone.clone() };
                }
                number = number.saturating_add(1);
                new_zone(atlas, number)
            })
            .collect()
    }
}

/// Gives every zone the unit whose seat is near: first the farthest way is as short as it can be, then the sum of all.
/// A unit takes at most `most` zones; one without a seat takes none.
///
/// # Errors
/// In words, when there are too few units.
pub fn lead_by_seat(zones: &mut [Zone], units: &[Unit], most: u32) -> Result<Assignment, String> {
    let seated: Vec<(&Unit, Coord<f64>)> = units
        .iter()
        .filter_map(|unit| {
            let at = unit.seat?.degrees();
            Some((unit, Coord { x: at.lon(), y: at.lat() }))
        })
        .collect();
    let middles: Vec<Coord<f64>> = zones
        .iter()
        .map(|zone| Shape::of(&zone.area).centre)
        .map(|centre| Coord { x: centre[0], y: centre[1] })
        .collect();
    let way = |zone: usize, unit: usize| between_m(middles[zone], seated[unit].1);
    let capacity = vec![most; seated.len()];
    let assigned =
        assign_by(zones.len(), seated.len(), &capacity, way).map_err(|fault| fault.to_string())?;
    for (zone, unit) in zones.iter_mut().zip(&assigned.unit) {
        let lead: &UnitId = &seated[*unit as usize].0.id;
        zone.co.retain(|beside| beside != lead);
        zone.lead = lead.clone();
    }
    Ok(assigned)
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
    let grave = built.findings.iter().filter_map(|finding| told(finding, name));
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
mod tests {
    use super::*;
    use crate::domain::sample::{self, Recipe};
    use crate::domain::zoning::balance::ask::{Ask, proposals};
    use crate::domain::zoning::balance::search::propose;
    use crate::geom::measure::area_m2;

    fn terrain(locked: &[&str]) -> Terrain {
        Terrain {
            weights: vec!["people".to_owned()],
            natural: 0.5,
            locked: locked.iter().map(|id| ZoneId::new(id).unwrap()).collect(),
        }
    }

    #[test]
    fn the_citys_blocks_are_divided_and_the_zones_are_its_ground() {
        let atlas = Atlas::build(sample::city(&Recipe::default())).unwrap();
        let locked = atlas.zones()[6].id.clone();
        let tract = Tract::of(&atlas, &terrain(&[locked.as_str()])).unwrap();
        let count = atlas.zones().len() - 1;
        assert!(tract.today().iter().all(Option::is_some));
        let ask = Ask::even(count, 0.05, 7);
        let found = propose(tract.graph(), &ask, &mut proposals(400_000)).unwrap();
        assert_eq!(found.figures.broken, 0);
        let facts = tract.facts(&atlas, &found.zones, count, std::slice::from_ref(&locked));
        let zones = tract.zones(&found.zones, &facts);
        let mut ids: Vec<&ZoneId> = zones.iter().map(|zone| &zone.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "each zone takes over another one of today");
        assert!(!ids.contains(&&locked));
        let sum = |zones: &[Zone]| -> f64 {
            zones.iter().map(|zone| area_m2(&Geometry::MultiPolygon(zone.area.clone()))).sum()
        };
        let today: Vec<Zone> =
            atlas.zones().iter().filter(|zone| zone.id != locked).cloned().collect();
        assert!((sum(&zones) - sum(&today)).abs() < 1.0);
        assert!(zones.iter().all(|zone| !zone.area.0.is_empty()));
    }

    #[test]
    fn a_zone_is_led_by_a_unit_that_sits_near_and_none_twice() {
        let atlas = Atlas::build(sample::city(&Recipe::default())).unwrap();
        let mut zones = atlas.zones().to_vec();
        let assigned = lead_by_seat(&mut zones, atlas.units(), 1).unwrap();
        let mut leads: Vec<&UnitId> = zones.iter().map(|zone| &zone.lead).collect();
        leads.sort_unstable();
        leads.dedup();
        assert_eq!(leads.len(), zones.len());
        assert!(zones.iter().all(|zone| !zone.co.contains(&zone.lead)));
        assert!(assigned.mean_m <= assigned.farthest_m);
        let few = &atlas.units()[..5];
        assert!(lead_by_seat(&mut zones, few, 1).is_err(), "too few units are told");
    }

    #[test]
    fn what_cannot_be_divided_is_told_with_every_reason() {
        let mut state = sample::city(&Recipe::default());
        state.facilities.retain(|it| it.kind != FacilityKind::Block);
        let atlas = Atlas::build(state).unwrap();
        let faults = Tract::of(&atlas, &terrain(&["nowhere"])).map(|_| ()).unwrap_err();
        assert_eq!(faults.len(), 2, "{faults:?}");
    }
}
