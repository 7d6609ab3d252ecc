//! Zones and units by their names: how every answer speaks of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::zone::Zone;
use crate::domain::id::UnitId;
use crate::domain::text::Names;
use crate::http::json::Json;

/// A name in Chinese and in English; either may be empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Names)]
pub struct NamesBody {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl From<&Names> for NamesBody {
    fn from(names: &Names) -> Self {
        Self { zh: names.zh.clone(), en: names.en.clone() }
    }
}

/// A unit, named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UnitRef {
    /// Its code.
    #[schema(example = "u01")]
    pub id: String,
    /// Its name.
    pub names: NamesBody,
}

/// A zone, named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ZoneRef {
    /// Its code.
    #[schema(example = "z01")]
    pub id: String,
    /// Its number on the map.
    pub number: u32,
    /// Its name.
    pub names: NamesBody,
}

/// Writes a unit as [`UnitRef`] documents it.
pub fn unit(json: &mut Json, atlas: &Atlas, id: &UnitId) {
    named_unit(json, id, atlas.unit(id).map(|unit| &unit.names));
}

/// Writes a unit of these names as [`UnitRef`] documents it.
pub fn named_unit(json: &mut Json, id: &UnitId, found: Option<&Names>) {
    json.raw("{\"id\":").text(id.as_str()).raw(",\"names\":");
    match found {
        Some(found) => names(json, found),
        None => {
            json.raw("{\"zh\":\"\",\"en\":\"\"}");
        }
    }
    json.raw("}");
}

/// Writes a zone as [`ZoneRef`] documents it.
pub fn zone(json: &mut Json, zone: &Zone) {
    json.raw("{\"id\":").text(zone.id.as_str());
    json.raw(",\"number\":").whole(i64::from(zone.number));
    json.raw(",\"names\":");
    names(json, &zone.names);
    json.raw("}");
}

/// Writes a name as [`NamesBody`] documents it.
pub fn names(json: &mut Json, names: &Names) {
    json.raw("{\"zh\":").text(&names.zh).raw(",\"en\":").text(&names.en).raw("}");
}
