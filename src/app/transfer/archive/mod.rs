//! A whole city as one file: its settings, units, zones of every plan, facilities by kind and rules, and nothing
//! of what was reported or of who has keys.
//!
//! Imported into a deployment without that city, or into a city that has no plan yet, the plans keep their
//! versions and times, and exporting again gives the same bytes. A city that has plans gets the zones as its
//! next one, and all else as the archive has it.

pub mod members;
mod decide;

use std::sync::Arc;

use crate::app::past;
use crate::app::refusal::Refusal;
use crate::app::state::App;
use crate::app::transfer::archive::decide::decide;
use crate::app::transfer::archive::members::{FORMAT, VERSION, Whole, packed};
use crate::app::transfer::decide::Tally;
use crate::app::transfer::import::{Outcome, blocking, may, turns, which};
use crate::domain::accounts::Caller;
use crate::domain::atlas::city::CityState;
use crate::domain::atlas::zone::{Plan, Zone};
use crate::domain::id::CityId;
use crate::domain::text::{WORDS_CHARS_MAX, words};
use crate::domain::time::Instant;
use crate::formats::layer::Findings;
use crate::formats::parcel;

/// Plans that are asked for at once.
const PAGE: u32 = 1_000;

/// What to do with an archive.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArchiveImport {
    /// The file.
    pub bytes: Arc<[u8]>,
    /// Only look.
    pub dry_run: bool,
    /// Why: the note of a next plan, and of the new version of the rules.
    pub note: String,
    /// The atlas version that was looked at; another one in force is not overwritten.
    pub seen: Option<i64>,
}

/// Exports all that is in force in a city, or was at a moment, with its plans until then.
///
/// # Errors
/// [`Refusal::NoCity`], [`Refusal::Unavailable`]; [`Refusal::Invalid`] for what is no moment of which anything is
/// known, or more than one archive holds.
pub async fn export(app: &App, city: &CityId, datetime: Option<&str>) -> Result<Vec<u8>, Refusal> {
    let none = || Refusal::NoCity { given: city.to_string() };
    let state = match datetime {
        Some(datetime) => past::state(app, city, datetime).await?.0,
        None => app.store().load(city).await?.ok_or_else(none)?,
    };
    let plans = plans(app, city, state.plan.version).await?;
    blocking(move || packed(&state, &plans)).await?.map_err(|words| Refusal::fault("city", words))
}

/// The plans up to a version, the first one first, each with its zones.
async fn plans(app: &App, city: &CityId, until: i64) -> Result<Vec<(Plan, Vec<Zone>)>, Refusal> {
    let (mut all, mut next) = (Vec::new(), until);
    while next > 0 {
        let page = app.store().plans(city, next, PAGE).await?;
        let Some(last) = page.last() else { break };
        next = last.plan.version - 1;
        for it in page {
            let zones = app.store().plan_zones(city, it.plan.version).await?;
            all.push((it.plan, zones));
        }
    }
    all.reverse();
    Ok(all)
}

/// Imports an archive into the city that it is of.
///
/// # Errors
/// As [`super::import::import`].
pub async fn import(
    app: &App,
    caller: &Caller,
    named: Option<&str>,
    ask: ArchiveImport,
) -> Result<Outcome, Refusal> {
    may(caller)?;
    let note = words(&ask.note, WORDS_CHARS_MAX)
        .map_err(|fault| Refusal::fault("note", fault.to_string()))?;
    let bytes = Arc::clone(&ask.bytes);
    let (whole, mut found) = blocking(move || {
        let mut found = Findings::default();
        let members = parcel::unpack(&bytes, FORMAT, VERSION, &mut found);
        let whole = (!found.refused()).then(|| Whole::read(members, &mut found));
        (whole.unwrap_or_default(), found)
    })
    .await?;
    let city = match (&whole.city, named) {
        (Some(city), None) => city.clone(),
        (None, None) if found.refused() => return Err(refused(found)),
        _ => which(app, named).await?,
    };
    if let Some(id) = whole.city.as_ref().filter(|id| **id != city) {
        let fault = format!("the archive is of the city {id}, the option says {city}");
        found.error(0, "city", fault, "leave the option out, or name that city");
    }
    let rows = whole.rows();
    let before = found.into_vec();
    if before.iter().any(|finding| !finding.warning) {
        let tally = Tally::default();
        return Ok(Outcome { city, rows, findings: before, tally, committed: None, made: None });
    }
    let decide = {
        let city = city.clone();
        move |state: Option<&CityState>, now: Instant| decide(&city, &whole, &note, state, now)
    };
    turns(app, caller, (city, rows), Arc::new(decide), before, (ask.dry_run, ask.seen)).await
}

/// The errors of an archive of which not even the city is known.
fn refused(found: Findings) -> Refusal {
    let errors = found.into_vec().into_iter().filter(|finding| !finding.warning);
    Refusal::Invalid(
        errors
            .map(|it| {
                let words = format!("{}; {}", it.fault, it.remedy);
                crate::app::refusal::Fault::new(it.place, words)
            })
            .collect(),
    )
}
