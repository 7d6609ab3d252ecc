//! Facilities from a map: one at a time, by the same import that takes whole files, so that the same law
//! judges them.

use std::sync::Arc;

use serde_json::Value;

use crate::app::clock;
use crate::app::refusal::{Fault, Refusal};
use crate::app::state::{App, Seat, must};
use crate::app::transfer::import::{Import, import};
use crate::app::transfer::settings::Settings;
use crate::app::transfer::{Format, Kind};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::change::Change;
use crate::domain::id::{FacilityId, UnitId};
use crate::domain::ogc::schema::ID;
use crate::domain::text::{Attributes, Names};
use crate::formats::geojson;
use crate::formats::layer::{Feature, Finding};
use crate::formats::nouns::facilities::to_layer;
use crate::geom::crs::Crs;
use crate::geom::crs::wire::WireCrs;
use crate::store::{Basis, CommitError};

/// How often a removal is decided again because the atlas moved meanwhile.
const TURNS_MAX: usize = 5;
/// Properties that are told and follow from others.
const TOLD: [&str; 2] = ["unit_zh", "unit_en"];
/// Properties that a facility has whatever its source added.
const OWN: [&str; 7] = [ID, "kind", "name_zh", "name_en", "unit", "unit_zh", "unit_en"];

/// Whether a property is one that every facility has.
#[must_use]
pub fn is_own(name: &str) -> bool {
    OWN.contains(&name)
}

/// What is to be kept.
#[derive(Clone, Copy, Debug)]
pub struct Edit<'a> {
    /// Of what kind.
    pub kind: FacilityKind,
    /// Which facility it takes the place of; `None`: a new one.
    pub id: Option<&'a str>,
    /// The feature, GeoJSON, whole.
    pub feature: &'a [u8],
    /// The system of its coordinates.
    pub crs: WireCrs,
    /// The atlas version that was looked at; another one in force is not overwritten.
    pub seen: Option<i64>,
}

/// Makes a facility, or replaces one. What a feature does not say is gone; its id stays.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not, and for what is not there; [`Refusal::Invalid`] with every fault;
/// [`Refusal::Conflict`] for a code that is in use or another atlas than `seen`; as [`import`].
pub async fn put(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    edit: Edit<'_>,
) -> Result<FacilityId, Refusal> {
    must(caller, Operation::EditFacilities)?;
    let atlas = seat.atlas()?;
    let known = edit.id.map(|id| existing(&atlas, edit.kind, id)).transpose()?;
    let reading = geojson::read(edit.feature);
    let mut faults = faults(&reading.findings);
    if reading.layer.crs.is_some_and(|crs| !crs.same_degrees(Crs::Wgs84)) {
        faults.push(Fault::new("crs", "is not taken from the body; name it in Content-Crs"));
    }
    let [feature] = &reading.layer.features[..] else {
        if faults.is_empty() {
            faults.push(Fault::new("body", "holds no feature, or several; send one"));
        }
        return Err(Refusal::Invalid(faults));
    };
    let facility = facility(edit, known, feature, &mut faults);
    let Some(facility) = facility.filter(|_| faults.is_empty()) else {
        return Err(Refusal::Invalid(faults));
    };
    if known.is_none() && atlas.facility(&facility.id).is_some() {
        return Err(Refusal::Conflict(format!("there is a facility {} already", facility.id)));
    }
    let bytes: Arc<[u8]> = geojson::write(&to_layer(std::slice::from_ref(&facility))).into();
    let outcome = import(app, caller, Some(seat.city.as_str()), bytes, &asked(edit.seen)).await?;
    let faults = self::faults(&outcome.findings);
    if faults.is_empty() { Ok(facility.id) } else { Err(Refusal::Invalid(faults)) }
}

fn asked(seen: Option<i64>) -> Import {
    Import {
        kind: Kind::Facilities,
        format: Format::GeoJson,
        layer: None,
        crs: None,
        id: None,
        lead: None,
        make_units: false,
        settings: Settings::default(),
        replace: false,
        dry_run: false,
        note: String::new(),
        seen,
    }
}

/// Removes a facility.
///
/// # Errors
/// As [`put`]; [`Refusal::Conflict`] also for one that a rule names.
pub async fn remove(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    (kind, id): (FacilityKind, &str),
    seen: Option<i64>,
) -> Result<(), Refusal> {
    must(caller, Operation::EditFacilities)?;
    let atlas = seat.atlas()?;
    let id = existing(&atlas, kind, id)?.id.clone();
    for _ in 0..TURNS_MAX {
        let Some(mut state) = app.store().load(&seat.city).await? else {
            return Err(Refusal::NotFound);
        };
        let version = state.atlas_version;
        if seen.is_some_and(|seen| seen != version) {
            return Err(Refusal::Conflict(format!(
                "the city is at atlas version {version} and was changed since you looked; look again"
            )));
        }
        let before = state.facilities.len();
        state.facilities.retain(|facility| facility.id != id);
        if state.facilities.len() == before {
            return Err(Refusal::NotFound);
        }
        // Building takes tenths of a second: never on the workers that answer.
        let built = tokio::task::spawn_blocking(move || Atlas::build(state).map(drop))
            .await
            .map_err(|fault| Refusal::Inner(format!("the atlas was not built: {fault}")))?;
        if let Err(faults) = built {
            let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
            return Err(Refusal::Conflict(words.join("; ")));
        }
        let basis = Basis { atlas_version: Some(version) };
        let changes = vec![Change::FacilitiesRemoved(vec![id.clone()])];
        match app.commit(&seat.city, caller, basis, changes).await {
            Ok(_) => return Ok(()),
            Err(CommitError::Moved { .. }) => {} // read again, decide again
            Err(error) => return Err(error.into()),
        }
    }
    Err(Refusal::Moved)
}

/// The facility of this kind with an id.
fn existing<'a>(atlas: &'a Atlas, kind: FacilityKind, id: &str) -> Result<&'a Facility, Refusal> {
    let id = FacilityId::new(id).map_err(|_| Refusal::NotFound)?;
    let found = atlas.facility(&id).filter(|facility| facility.kind == kind);
    found.ok_or(Refusal::NotFound)
}

/// What keeps it out, each with what would be right.
fn faults(findings: &[Finding]) -> Vec<Fault> {
    let told = |it: &Finding| Fault::new(it.place.clone(), format!("{}; {}", it.fault, it.remedy));
    findings.iter().filter(|finding| !finding.warning).map(told).collect()
}

/// What a feature says, every fault collected. Whether its shape is valid and its unit known is the import's
/// to say.
fn facility(
    edit: Edit<'_>,
    known: Option<&Facility>,
    feature: &Feature,
    faults: &mut Vec<Fault>,
) -> Option<Facility> {
    let mut fields = feature.fields.clone();
    for name in TOLD {
        fields.remove(name);
    }
    if text(&mut fields, "kind", faults).is_some_and(|kind| kind != edit.kind.code()) {
        let words = format!("is not `{}`, of which this collection is", edit.kind.code());
        faults.push(Fault::new("kind", words));
    }
    let code = text(&mut fields, ID, faults);
    let id = if let Some(known) = known {
        if code.is_some_and(|code| code != known.id.as_str()) {
            faults.push(Fault::new(ID, "is another one than in the path; ids stay"));
        }
        Some(known.id.clone())
    } else {
        let code = code.or_else(|| feature.id.clone()).unwrap_or_else(clock::code);
        read(ID, FacilityId::new(&code), faults)
    };
    let zh = text(&mut fields, "name_zh", faults).unwrap_or_default();
    let en = text(&mut fields, "name_en", faults).unwrap_or_default();
    // Who draws first and names later has a name all the same.
    let nameless = zh.trim().is_empty() && en.trim().is_empty();
    let en = if nameless { id.as_ref().map_or(en, ToString::to_string) } else { en };
    let names = read("name_zh", Names::new(&zh, &en), faults);
    let unit = text(&mut fields, "unit", faults);
    let unit = unit.and_then(|unit| read("unit", UnitId::new(&unit), faults));
    let geometry = feature.geometry.as_ref().map(|shape| edit.crs.read_geometry(shape));
    if geometry.is_none() {
        faults.push(Fault::new("geometry", "is missing; give the facility's place"));
    }
    fields.retain(|_, value| !value.is_null());
    // A fact that bears the name of such a property cannot be said here, and stays.
    let hidden = known.into_iter().flat_map(|known| &known.attributes);
    let hidden = hidden.filter(|(name, _)| is_own(name));
    fields.extend(hidden.map(|(name, value)| (name.clone(), value.clone())));
    Some(Facility {
        id: id?,
        kind: edit.kind,
        names: names?,
        geometry: geometry?,
        unit,
        attributes: fields,
    })
}

fn read<T, E: std::fmt::Display>(
    place: &str,
    result: Result<T, E>,
    faults: &mut Vec<Fault>,
) -> Option<T> {
    result.map_err(|fault| faults.push(Fault::new(place, fault.to_string()))).ok()
}

/// Takes a text out; null and an empty one say nothing.
fn text(fields: &mut Attributes, name: &str, faults: &mut Vec<Fault>) -> Option<String> {
    match fields.remove(name)? {
        Value::Null => None,
        Value::String(text) => Some(text).filter(|text| !text.is_empty()),
        _ => {
            faults.push(Fault::new(name, "is no text"));
            None
        }
    }
}
