//! A table that says which block 街区 belongs to which zone: the zones are the dissolved blocks. Pure.

use std::collections::{BTreeMap, BTreeSet};

use geo_types::{Geometry, MultiPolygon};
use serde_json::Value;

use crate::domain::atlas::city::CityState;
use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::zone::Zone;
use crate::domain::id::{UnitId, ZoneId};
use crate::domain::text::{Attributes, Names};
use crate::formats::layer::{Feature, Findings, Layer};

const BLOCK: &[&str] = &["block", "block_id", "facility", "id", "街区"];
const ZONE: &[&str] = &["zone", "zone_id", "责任区"];

/// Blocks with the zone that each goes to, and the zones without areas.
pub(super) struct Assigned {
    /// The blocks' areas, each with the number of its zone in `zones`.
    pub blocks: Vec<(MultiPolygon<f64>, u16)>,
    /// What the blocks are called.
    pub names: Vec<String>,
    /// The zones, by id; their areas are empty.
    pub zones: Vec<Zone>,
}

/// Reads the table against a city's blocks. A zone that the plan has keeps what is known of it; another one is
/// led by `lead`.
pub(super) fn read(
    layer: &Layer,
    state: &CityState,
    lead: Option<&UnitId>,
    found: &mut Findings,
) -> Assigned {
    let blocks: BTreeMap<&str, &Facility> = state
        .facilities
        .iter()
        .filter(|it| it.kind == FacilityKind::Block)
        .map(|it| (it.id.as_str(), it))
        .collect();
    if blocks.is_empty() {
        found.error(
            0,
            "file",
            "the city has no blocks",
            "import facilities of the kind `block` first",
        );
    }
    if layer.features.is_empty() {
        found.error(0, "file", "there is no row in it", "give a row `block,zone` for each block");
    }
    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    let mut of: Vec<(&Facility, ZoneId)> = Vec::new();
    for feature in &layer.features {
        let (row, block) = (feature.row, cell(feature, BLOCK));
        let zone = match cell(feature, ZONE).map(|zone| ZoneId::new(&zone)) {
            Some(Ok(zone)) => zone,
            Some(Err(fault)) => {
                found.error(row, "zone", fault.to_string(), "give the zone's code");
                continue;
            }
            None => {
                found.error(row, "zone", "is missing", "give the zone that the block goes to");
                continue;
            }
        };
        let Some((known, it)) = block.as_deref().and_then(|block| blocks.get_key_value(block))
        else {
            let fault = match &block {
                Some(block) => format!("the city has no block {}", clip(block)),
                None => "is missing".to_owned(),
            };
            found.error(row, "block", fault, "give the code of a facility of the kind `block`");
            continue;
        };
        if let Some(first) = rows.insert(known, row) {
            let fault = format!("the block {known} stands in row {first} already");
            found.error(row, "block", fault, "give each block one zone");
            continue;
        }
        of.push((it, zone));
    }
    let left = blocks.len().saturating_sub(rows.len());
    if left > 0 && !rows.is_empty() {
        let fault = format!("{left} blocks of the city are in no row");
        found.warning(
            0,
            "file",
            fault,
            "they are in no zone; give them one to have them answered for",
        );
    }
    assigned(&of, state, lead, found)
}

fn assigned(
    of: &[(&Facility, ZoneId)],
    state: &CityState,
    lead: Option<&UnitId>,
    found: &mut Findings,
) -> Assigned {
    let ids: BTreeSet<&ZoneId> = of.iter().map(|(_, zone)| zone).collect();
    let mut next = state.zones.iter().map(|zone| zone.number).max().unwrap_or(0);
    let mut zones: Vec<Zone> = Vec::with_capacity(ids.len());
    for id in ids {
        let known = state.zones.iter().find(|zone| zone.id == *id);
        if let Some(zone) = known {
            zones.push(Zone { area: MultiPolygon::new(Vec::new()), ..zone.clone() });
            continue;
        }
        next = next.saturating_add(1);
        let Some(lead) = lead else {
            let fault = format!("the plan has no zone {id}, and nothing says who leads it");
            found.error(0, "zone", fault, "name the unit that leads new zones (lead)");
            continue;
        };
        zones.push(Zone {
            id: id.clone(),
            number: next,
            names: Names { zh: String::new(), en: id.to_string() },
            lead: lead.clone(),
            co: Vec::new(),
            area: MultiPolygon::new(Vec::new()),
            attributes: Attributes::new(),
        });
    }
    let place = |id: &ZoneId| zones.binary_search_by(|zone| zone.id.cmp(id)).ok();
    let (mut blocks, mut names) = (Vec::with_capacity(of.len()), Vec::with_capacity(of.len()));
    for (block, zone) in of {
        let area = match &block.geometry {
            Geometry::Polygon(one) => MultiPolygon::new(vec![one.clone()]),
            Geometry::MultiPolygon(parts) => parts.clone(),
            _ => {
                let fault = format!("the block {} has no area", block.id);
                found.error(0, "block", fault, "import it as a polygon");
                continue;
            }
        };
        if let Some(place) = place(zone).and_then(|place| u16::try_from(place).ok()) {
            blocks.push((area, place));
            names.push(block.id.to_string());
        }
    }
    Assigned { blocks, names, zones }
}

/// The text of the first of these columns that the row has.
fn cell(feature: &Feature, names: &[&str]) -> Option<String> {
    let found = names.iter().find_map(|name| {
        feature.fields.iter().find(|(field, _)| field.trim().to_lowercase() == **name)
    });
    match found?.1 {
        Value::Null => None,
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        other => Some(other.to_string()),
    }
}

fn clip(text: &str) -> String {
    text.chars().take(64).flat_map(char::escape_debug).collect()
}
