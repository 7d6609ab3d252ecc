//! What a map client sends to a draft's collections: a feature, or a part of one, as a drawing.

use geo::CoordsIter;
use geo_types::{Coord, Geometry, LineString, MultiPolygon};
use serde_json::{Map, Value};

use crate::app::clock;
use crate::app::drafts::draw::{Drawing, draw};
use crate::app::refusal::{Fault, Refusal};
use crate::app::state::{App, Seat};
use crate::domain::accounts::Caller;
use crate::domain::id::{DraftId, UnitId, ZoneId};
use crate::domain::ogc::collection::Collection;
use crate::domain::text::Attributes;
use crate::domain::zoning::drawing::{FactsGiven, OWN};
use crate::domain::zoning::edit::{NamesGiven, NewZone};
use crate::formats::geojson;
use crate::formats::layer::{Feature, Finding};
use crate::geom::coord::{GridPoint, step};
use crate::geom::crs::Crs;
use crate::geom::crs::wire::WireCrs;

/// What was given.
#[derive(Clone, Copy, Debug)]
pub enum Sent<'a> {
    /// A feature, whole: what it does not say of further facts is gone.
    Whole(&'a [u8]),
    /// A merge patch of one (RFC 7396): what it does not say stays.
    Part(&'a [u8]),
}

/// Where it goes.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The draft.
    pub draft: DraftId,
    /// Which of its collections.
    pub collection: Collection,
    /// The feature.
    pub id: &'a str,
    /// The revision that the caller looked at, where it says so.
    pub seen: Option<u32>,
}

/// A new zone of a draft.
///
/// # Errors
/// [`Refusal::Invalid`] with every fault; as [`draw`].
pub async fn create(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    (draft, seen): (DraftId, Option<u32>),
    (feature, crs): (&[u8], WireCrs),
) -> Result<ZoneId, Refusal> {
    let given = read(Sent::Whole(feature), crs)?;
    let mut faults = Vec::new();
    let area = given.geometry.as_ref().map(|shape| area(shape, &mut faults));
    if area.is_none() {
        faults.push(Fault::new("geometry", "is missing; draw the zone's area"));
    }
    let facts = facts(given.properties.unwrap_or_default(), true, &mut faults);
    let code = facts.code.or(given.id).unwrap_or_else(clock::code);
    let id = taken("code", ZoneId::new(&code), &mut faults);
    let (Some(id), Some(area), true) = (id, area, faults.is_empty()) else {
        return Err(Refusal::Invalid(faults));
    };
    let FactsGiven { number, zh, en, lead, co, attributes, .. } = facts.given;
    let names = NamesGiven { zh: zh.unwrap_or_default(), en: en.unwrap_or_default() };
    // Who draws first and names later has a name all the same.
    let nameless = names.zh.trim().is_empty() && names.en.trim().is_empty();
    let names = Some(names).filter(|_| !nameless);
    let new = NewZone { id: id.clone(), number, names, lead, co: co.unwrap_or_default() };
    let attributes = attributes.into_iter().filter(|(_, value)| !value.is_null()).collect();
    let drawing = Drawing::New { new, attributes, area };
    draw(app, seat, caller, (draft, seen), &drawing).await?;
    Ok(id)
}

/// A zone or a border is otherwise.
///
/// # Errors
/// As [`create`]; [`Refusal::NotFound`] for what there is not.
pub async fn change(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    target: Target<'_>,
    (form, crs): (Sent<'_>, WireCrs),
) -> Result<(), Refusal> {
    let whole = matches!(form, Sent::Whole(_));
    let given = read(form, crs)?;
    let drawing = match target.collection {
        Collection::DraftZones(_) => {
            let zone = ZoneId::new(target.id).map_err(|_| Refusal::NotFound)?;
            of_zone(zone, given, whole)?
        }
        Collection::DraftArcs(_) => of_border(target.id, given)?,
        Collection::Zones
        | Collection::Units
        | Collection::Incidents
        | Collection::Facilities(_) => return Err(Refusal::NotFound),
    };
    draw(app, seat, caller, (target.draft, target.seen), &drawing).await
}

/// A zone is no more: the one that it has the longest border with takes it in.
///
/// # Errors
/// As [`change`].
pub async fn remove(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    target: Target<'_>,
) -> Result<(), Refusal> {
    let zone = ZoneId::new(target.id).map_err(|_| Refusal::NotFound)?;
    draw(app, seat, caller, (target.draft, target.seen), &Drawing::Gone { zone }).await
}

fn of_zone(zone: ZoneId, given: Given, whole: bool) -> Result<Drawing, Refusal> {
    let mut faults = Vec::new();
    let area = given.geometry.as_ref().map(|shape| area(shape, &mut faults));
    if whole && area.is_none() {
        faults.push(Fault::new(
            "geometry",
            "is missing; draw the zone's area, or send a part (PATCH)",
        ));
    }
    let whole = whole && given.properties.is_some();
    let facts = facts(given.properties.unwrap_or_default(), whole, &mut faults);
    if facts.code.is_some_and(|code| code != zone.as_str()) {
        faults.push(Fault::new("code", "is another one than in the path; codes stay"));
    }
    if faults.is_empty() {
        Ok(Drawing::Zone { zone, area, facts: facts.given })
    } else {
        Err(Refusal::Invalid(faults))
    }
}

fn of_border(id: &str, given: Given) -> Result<Drawing, Refusal> {
    let Some(shape) = given.geometry else {
        let words =
            "is missing; of a border its line alone is drawn, the rest follows from the zones";
        return Err(Refusal::fault("geometry", words));
    };
    let mut faults = Vec::new();
    let line = match shape {
        Geometry::LineString(line) => line,
        Geometry::MultiLineString(mut lines) if lines.0.len() == 1 => lines.0.remove(0),
        _ => {
            faults.push(Fault::new("geometry", "is no single line; a border is one LineString"));
            LineString::new(Vec::new())
        }
    };
    let line: Vec<GridPoint> = line.0.iter().map(|at| on_grid(*at)).collect();
    if faults.is_empty() {
        Ok(Drawing::Border { id: id.to_owned(), line })
    } else {
        Err(Refusal::Invalid(faults))
    }
}

fn on_grid(at: Coord<f64>) -> GridPoint {
    GridPoint { x: step(at.x), y: step(at.y) }
}

/// A feature as it was read; places are WGS84, on the globe.
struct Given {
    id: Option<String>,
    geometry: Option<Geometry<f64>>,
    properties: Option<Attributes>,
}

fn read(given: Sent<'_>, crs: WireCrs) -> Result<Given, Refusal> {
    let given = match given {
        Sent::Whole(feature) => {
            let Feature { id, geometry, fields, .. } = feature_of(feature)?;
            Given { id, geometry, properties: Some(fields) }
        }
        Sent::Part(patch) => part(patch)?,
    };
    let geometry = given.geometry.as_ref().map(|shape| crs.read_geometry(shape));
    if let Some(Coord { x, y }) = geometry.as_ref().and_then(off_the_globe) {
        return Err(Refusal::fault(
            "geometry",
            format!(
                "has a place off the globe, at longitude {x}, latitude {y}; its numbers are read as {}, see \
                 Content-Crs",
                crs.uri()
            ),
        ));
    }
    Ok(Given { geometry, ..given })
}

/// The one feature of a GeoJSON text.
fn feature_of(bytes: &[u8]) -> Result<Feature, Refusal> {
    let mut reading = geojson::read(bytes);
    let told = |it: &Finding| Fault::new(it.place.clone(), format!("{}; {}", it.fault, it.remedy));
    let mut faults: Vec<Fault> =
        reading.findings.iter().filter(|finding| !finding.warning).map(told).collect();
    if reading.layer.crs.is_some_and(|crs| !crs.same_degrees(Crs::Wgs84)) {
        faults.push(Fault::new("crs", "is not taken from the body; name it in Content-Crs"));
    }
    if reading.layer.features.len() != 1 && faults.is_empty() {
        faults.push(Fault::new("body", "holds no feature, or several; send one"));
    }
    match reading.layer.features.pop() {
        Some(feature) if faults.is_empty() => Ok(feature),
        _ => Err(Refusal::Invalid(faults)),
    }
}

/// What a merge patch says.
fn part(bytes: &[u8]) -> Result<Given, Refusal> {
    let patch: Map<String, Value> = serde_json::from_slice(bytes)
        .map_err(|fault| Refusal::fault("body", format!("is no JSON object: {fault}")))?;
    let geometry = match patch.get("geometry") {
        None => None,
        Some(shape) if shape.is_object() => {
            let alone =
                serde_json::json!({ "type": "Feature", "properties": {}, "geometry": shape });
            feature_of(alone.to_string().as_bytes())?.geometry
        }
        Some(_) => {
            return Err(Refusal::fault("geometry", "is no geometry; it cannot be taken away"));
        }
    };
    let properties = match patch.get("properties") {
        None => None,
        Some(Value::Object(told)) => {
            Some(told.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
        }
        Some(_) => return Err(Refusal::fault("properties", "are no JSON object")),
    };
    Ok(Given { id: None, geometry, properties })
}

/// A place of a geometry that is none.
fn off_the_globe(shape: &Geometry<f64>) -> Option<Coord<f64>> {
    // Not a number is not within either.
    shape.coords_iter().find(|at| !(at.x.abs() <= 180.0 && at.y.abs() <= 90.0))
}

/// The polygons of a shape.
fn area(shape: &Geometry<f64>, faults: &mut Vec<Fault>) -> MultiPolygon<f64> {
    match shape {
        Geometry::Polygon(one) => MultiPolygon(vec![one.clone()]),
        Geometry::MultiPolygon(some) => some.clone(),
        _ => {
            faults
                .push(Fault::new("geometry", "is no area; a zone is a Polygon or a MultiPolygon"));
            MultiPolygon(Vec::new())
        }
    }
}

/// What was told of a zone.
struct Told {
    code: Option<String>,
    given: FactsGiven,
}

fn facts(mut told: Attributes, whole: bool, faults: &mut Vec<Fault>) -> Told {
    let co = told.contains_key("co") || whole;
    let mut given = FactsGiven {
        number: number(&mut told, faults),
        zh: text(&mut told, "name_zh", faults),
        en: text(&mut told, "name_en", faults),
        whole,
        ..FactsGiven::default()
    };
    let lead = text(&mut told, "lead", faults).filter(|unit| !unit.is_empty());
    given.lead = lead.and_then(|unit| taken("lead", UnitId::new(&unit), faults));
    let units = text(&mut told, "co", faults).unwrap_or_default();
    let units = units.split([' ', ',']).filter(|unit| !unit.is_empty());
    let units: Vec<UnitId> =
        units.filter_map(|unit| taken("co", UnitId::new(unit), faults)).collect();
    given.co = co.then_some(units);
    let code = text(&mut told, "code", faults).filter(|code| !code.is_empty());
    // What else every zone has follows from the rest.
    told.retain(|name, _| !OWN.contains(&name.as_str()));
    given.attributes = told;
    Told { code, given }
}

/// Takes a text out; null is an empty one.
fn text(told: &mut Attributes, name: &str, faults: &mut Vec<Fault>) -> Option<String> {
    match told.remove(name)? {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text),
        _ => {
            faults.push(Fault::new(name, "is no text"));
            None
        }
    }
}

/// Takes the number on the map out; null says nothing.
fn number(told: &mut Attributes, faults: &mut Vec<Fault>) -> Option<u32> {
    let given = told.remove("number").filter(|given| !given.is_null())?;
    let whole = given.as_u64().and_then(|number| u32::try_from(number).ok());
    if whole.is_none() {
        faults.push(Fault::new("number", "is no whole number from 0 on"));
    }
    whole
}

fn taken<T, E: std::fmt::Display>(
    place: &str,
    result: Result<T, E>,
    faults: &mut Vec<Fault>,
) -> Option<T> {
    result.map_err(|fault| faults.push(Fault::new(place, fault.to_string()))).ok()
}
