//! The city itself: its settings as a file of JSON, and one by one.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::app::refusal::{Fault, Refusal};
use crate::app::state::App;
use crate::app::transfer::decide::{Tally, Verdict, founded};
use crate::app::transfer::import::{Outcome, may, turns, which};
use crate::app::transfer::settings::Settings;
use crate::domain::accounts::Caller;
use crate::domain::atlas::city::{City, CityState};
use crate::domain::atlas::unit::Unit;
use crate::domain::change::Change;
use crate::domain::id::CityId;
use crate::domain::text::{Names, nearest};
use crate::domain::time::Instant;
use crate::formats::layer::{BYTES_MAX, Findings};

/// What a file of settings may say.
const FIELDS: [&str; 12] = [
    "id",
    "names",
    "time_zone",
    "fallback",
    "confidence_floor",
    "assumed_accuracy_m",
    "calendar",
    "limits",
    "contact_days",
    "approval",
    "reaches",
    "catalogue",
];

/// What to do with a city's settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CityImport {
    /// The file, if there is one: the JSON that [`write()`] gives, or a part of it.
    pub bytes: Option<Arc<[u8]>>,
    /// What the options say; they go before the file.
    pub settings: Settings,
    /// Make the fallback unit when it is not there.
    pub make_units: bool,
    /// Only look.
    pub dry_run: bool,
}

/// Sets a city's settings; a city that is not there yet is made when its fallback unit may be.
///
/// # Errors
/// As [`super::import::import`].
pub async fn import(
    app: &App,
    caller: &Caller,
    named: Option<&str>,
    ask: CityImport,
) -> Result<Outcome, Refusal> {
    may(caller)?;
    let mut found = Findings::default();
    let (id, file) = match &ask.bytes {
        Some(bytes) => read(bytes, &mut found),
        None => (None, Settings::default()),
    };
    let city = match (&id, named) {
        (Some(id), None) => id.clone(),
        _ => match which(app, named).await {
            Ok(city) => city,
            // Without a city there is no outcome, and what is wrong with the file is told here.
            Err(refusal) => return Err(with_faults(found, refusal)),
        },
    };
    if let Some(id) = id.filter(|id| *id != city) {
        let fault = format!("the file is of the city {id}, the option says {city}");
        found.error(0, "id", fault, "leave the option out, or mend the file");
    }
    let settings = ask.settings.or(file);
    let decide = {
        let (city, make_units) = (city.clone(), ask.make_units);
        move |state: Option<&CityState>, now| decide(&city, &settings, make_units, state, now)
    };
    turns(app, caller, (city, 1), Arc::new(decide), found.into_vec(), (ask.dry_run, None)).await
}

/// The errors found, and why there is no city; the latter alone where none was found.
fn with_faults(found: Findings, refusal: Refusal) -> Refusal {
    if !found.refused() {
        return refusal;
    }
    let told = match refusal {
        Refusal::Invalid(faults) => faults,
        Refusal::WhichCity { .. } => vec![Fault::new("city", refusal.to_string())],
        other => return other,
    };
    let errors = found.into_vec().into_iter().filter(|finding| !finding.warning);
    let mut faults: Vec<Fault> = errors
        .map(|error| Fault::new(error.place, format!("{}; {}", error.fault, error.remedy)))
        .collect();
    faults.extend(told);
    Refusal::Invalid(faults)
}

fn decide(
    id: &CityId,
    settings: &Settings,
    make_units: bool,
    state: Option<&CityState>,
    now: Instant,
) -> Verdict {
    let mut found = Findings::default();
    let mut changes = Vec::new();
    let mut made = state.cloned().unwrap_or_else(|| founded(id, now));
    settings.settle(&mut made.city, &mut found);
    let fallback = &made.city.fallback;
    let lacks = !made.units.iter().any(|unit| unit.id == *fallback);
    let mut tally = Tally::default();
    if state.is_none() && settings.fallback.is_none() {
        let fault = format!("there is no city {id}, and nothing says which unit answers last");
        found.error(0, "fallback", fault, "name it in the file, or with --fallback");
    } else if lacks && make_units {
        let fault = format!("there is no unit {fallback}: it is made");
        found.warning(0, "fallback", fault, "import the units to give it its name, kind and seat");
        let unit = Unit::named_only(fallback.clone());
        changes.push(Change::UnitsSet(vec![unit.clone()]));
        made.units.push(unit);
        made.units.sort_by(|a, b| a.id.cmp(&b.id));
    } else if lacks {
        let fault = format!("there is no unit {fallback}");
        found.error(0, "fallback", fault, "import the units first, or have it made (--make-units)");
    }
    match state {
        Some(state) if state.city == made.city => tally.same = 1,
        Some(_) => tally.changed = 1,
        None => tally.added = 1,
    }
    if tally.same == 0 {
        changes.insert(0, Change::CitySet(made.city.clone()));
    }
    Verdict::of(made, changes, found, tally)
}

/// The city of a file and its settings; every fault of the file is told to `found`.
pub(super) fn read(bytes: &[u8], found: &mut Findings) -> (Option<CityId>, Settings) {
    if bytes.len() > BYTES_MAX {
        let fault = format!("has {} bytes, at most {BYTES_MAX} (limit BYTES_MAX)", bytes.len());
        found.error(0, "file", fault, "give the settings of one city");
        return (None, Settings::default());
    }
    let mut fields: Map<String, Value> = match serde_json::from_slice(bytes) {
        Ok(fields) => fields,
        Err(fault) => {
            let fault = format!("is no JSON object: {fault}");
            found.error(0, "file", fault, "give what `zonewarden export city` writes");
            return (None, Settings::default());
        }
    };
    let id = field(&mut fields, "id", found);
    let names: Option<Names> = field(&mut fields, "names", found);
    let settings = Settings {
        name_zh: names.as_ref().map(|names| names.zh.clone()),
        name_en: names.map(|names| names.en),
        time_zone: field(&mut fields, "time_zone", found),
        fallback: field(&mut fields, "fallback", found),
        confidence_floor: field(&mut fields, "confidence_floor", found),
        assumed_accuracy_m: field(&mut fields, "assumed_accuracy_m", found),
        calendar: field(&mut fields, "calendar", found),
        limits: field(&mut fields, "limits", found),
        contact_days: field(&mut fields, "contact_days", found),
        approval: field(&mut fields, "approval", found),
        reaches: field(&mut fields, "reaches", found),
        catalogue: field(&mut fields, "catalogue", found),
    };
    for name in fields.keys() {
        let shown: String = name.chars().take(40).collect();
        let remedy = match nearest(&shown, FIELDS) {
            Some(near) => format!("`{near}` is one"),
            None => format!("these are: {}", FIELDS.join(", ")),
        };
        found.error(0, shown, "is no setting of a city", remedy);
    }
    (id, settings)
}

fn field<T: DeserializeOwned>(
    fields: &mut Map<String, Value>,
    name: &str,
    found: &mut Findings,
) -> Option<T> {
    match serde_json::from_value(fields.remove(name)?) {
        Ok(value) => Some(value),
        Err(fault) => {
            found.error(0, name, fault.to_string(), "see what `zonewarden export city` writes");
            None
        }
    }
}

/// The settings as a file.
///
/// # Errors
/// In words, when they cannot be put into JSON.
pub fn write(city: &City) -> Result<Vec<u8>, String> {
    let mut bytes = serde_json::to_vec_pretty(city).map_err(|fault| fault.to_string())?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// A city's settings as a file.
///
/// # Errors
/// [`Refusal::NoCity`], [`Refusal::Unavailable`].
pub async fn export(app: &App, city: &CityId) -> Result<Vec<u8>, Refusal> {
    let state = app.store().load(city).await?;
    let state = state.ok_or_else(|| Refusal::NoCity { given: city.to_string() })?;
    write(&state.city).map_err(Refusal::Inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, expected: &[&str]) {
        let mut found = Findings::default();
        read(file.as_bytes(), &mut found);
        let found: Vec<String> = found.into_vec().iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found} lacks {expected}");
        }
    }

    #[test]
    fn every_fault_of_a_file_of_settings_is_told() {
        check("[]", &["file: is no JSON object"]);
        check(
            r#"{"id":"a b","timezone":"UTC","confidence_floor":"high","calendar":{"holiday":[]}}"#,
            &[
                "id: ",
                "confidence_floor: ",
                "calendar: ",
                "timezone: is no setting of a city; `time_zone` is one",
            ],
        );
        check(include_str!("../../../geodata/city.json"), &[]);
    }
}
