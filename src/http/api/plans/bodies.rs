//! Plans as they are told.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use geo_types::Geometry;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::refusal::Refusal;
use crate::domain::atlas::history::Published;
use crate::domain::atlas::zone::Zone;
use crate::domain::id::ZoneId;
use crate::domain::time::Instant;
use crate::domain::zoning::diff::{ChangedArea, Differs};
use crate::formats::geojson;
use crate::formats::nouns::zones::to_layer;

/// A published plan.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PublishedPlan)]
pub struct PublishedBody {
    /// Its version.
    pub version: i64,
    /// From when it was in force.
    pub effective_from: String,
    /// Until when; null of the one that is.
    #[schema(required = true)]
    pub effective_to: Option<String>,
    /// Why it was made.
    pub note: String,
    /// Who published it: a key's code, `cli`; null where that is not known, or not yours to know.
    #[schema(required = true)]
    pub actor: Option<String>,
    /// The atlas version that brought it into force; null where that is not known.
    #[schema(required = true)]
    pub atlas_version: Option<i64>,
    /// How many zones it has.
    pub zones: usize,
}

impl PublishedBody {
    /// As it is told.
    #[must_use]
    pub fn of(it: &Published) -> Self {
        Self {
            version: it.plan.version,
            effective_from: it.plan.effective_from.rfc3339(),
            effective_to: it.effective_to.map(Instant::rfc3339),
            note: it.plan.note.clone(),
            actor: Some(it.actor.clone()).filter(|actor| !actor.is_empty()),
            atlas_version: Some(it.from_atlas).filter(|version| *version > 0),
            zones: it.zones,
        }
    }
}

/// A page of plans.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PublishedPlans)]
pub struct PublishedPlansBody {
    /// The plans, the last first.
    pub plans: Vec<PublishedBody>,
    /// What to send as `until` for the next page; null on the last.
    #[schema(required = true)]
    pub next: Option<i64>,
}

/// What differs between two plans.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PlanDifferences)]
pub struct DifferencesBody {
    /// The earlier plan; 0 for none.
    pub since: i64,
    /// The later plan.
    pub version: i64,
    /// The zones that they do not have alike, by code.
    pub zones: Vec<ZoneDifferenceBody>,
    /// The areas that went from one zone to another, by the codes of both.
    pub areas: Vec<ChangedAreaBody>,
    /// How much changed hands in all (m²).
    pub area_m2: f64,
}

/// A zone that two plans do not have alike.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ZoneDifference)]
pub struct ZoneDifferenceBody {
    /// The zone.
    pub id: String,
    /// `added`, `changed` or `removed`.
    pub change: String,
    /// Of a changed one what differs, by its name in the GeoJSON; `geometry` for its area, without values.
    pub fields: Vec<ZoneFieldBody>,
}

/// A field of a zone that differs.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ZoneFieldDifference)]
pub struct ZoneFieldBody {
    /// Which.
    pub field: String,
    /// What it was; null of an area.
    pub was: Value,
    /// What it is; null of an area.
    pub is: Value,
}

/// An area that went from one zone to another.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ChangedArea)]
pub struct ChangedAreaBody {
    /// Whose it was; null for no zone's.
    #[schema(required = true)]
    pub from: Option<String>,
    /// Whose it is; null for no zone's.
    #[schema(required = true)]
    pub to: Option<String>,
    /// How large (m²).
    pub area_m2: f64,
    /// Where, GeoJSON, WGS84; null when left out.
    #[schema(value_type = Option<Object>, required = true)]
    pub geometry: Option<Value>,
}

impl ZoneDifferenceBody {
    /// As it is told.
    #[must_use]
    pub fn of(differs: &Differs<'_>) -> Self {
        let (change, fields) = match (differs.was, differs.is) {
            (None, _) => ("added", Vec::new()),
            (_, None) => ("removed", Vec::new()),
            (Some(was), Some(is)) => ("changed", fields(was, is)),
        };
        Self { id: differs.id.to_string(), change: change.to_owned(), fields }
    }
}

/// What differs of a zone as files have it.
fn fields(was: &Zone, is: &Zone) -> Vec<ZoneFieldBody> {
    let told = |zone: &Zone| {
        let bytes = geojson::write(&to_layer(std::slice::from_ref(zone)));
        let mut all: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        all["features"][0]["properties"].take().as_object().cloned().unwrap_or_default()
    };
    let (mut before, after) = (told(was), told(is));
    let mut fields: Vec<ZoneFieldBody> = Vec::new();
    let names: std::collections::BTreeSet<String> =
        before.keys().chain(after.keys()).cloned().collect();
    for field in names {
        let was = before.remove(&field).unwrap_or_default();
        let is = after.get(&field).cloned().unwrap_or_default();
        if was != is {
            fields.push(ZoneFieldBody { field, was, is });
        }
    }
    if was.area != is.area {
        let field = "geometry".to_owned();
        fields.push(ZoneFieldBody { field, was: Value::Null, is: Value::Null });
    }
    fields
}

impl ChangedAreaBody {
    /// As it is told, with its geometry or without.
    #[must_use]
    pub fn of(it: &ChangedArea, shape: bool) -> Self {
        let code = |zone: &Option<ZoneId>| zone.as_ref().map(ToString::to_string);
        let told = || {
            let text = geojson::geometry_text(&Geometry::MultiPolygon(it.area.clone()));
            serde_json::from_str(&text).unwrap_or_default()
        };
        Self {
            from: code(&it.from),
            to: code(&it.to),
            area_m2: (it.area_m2 * 100.0).round() / 100.0,
            geometry: shape.then(told),
        }
    }
}

/// A whole number in a parameter.
///
/// # Errors
/// Words.
pub fn number(text: &str) -> Result<i64, &'static str> {
    text.parse().map_err(|_| "is no whole number")
}

/// The version in a path; what is none is not there.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn named(text: &str) -> Result<i64, Refusal> {
    text.parse().map_err(|_| Refusal::NotFound)
}

/// An answer that is not to be kept.
#[must_use]
pub fn private(mut response: Response) -> Response {
    let value = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    response
}
