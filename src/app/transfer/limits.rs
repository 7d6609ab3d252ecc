//! The city's time limits as a file.

use std::sync::Arc;

use crate::app::refusal::Refusal;
use crate::app::state::App;
use crate::app::transfer::calendar::no_city;
use crate::app::transfer::decide::{Tally, Verdict};
use crate::app::transfer::import::{Outcome, blocking, may, turns, which};
use crate::domain::accounts::Caller;
use crate::domain::atlas::city::CityState;
use crate::domain::change::Change;
use crate::domain::id::CityId;
use crate::domain::time::Instant;
use crate::formats::layer::Findings;
use crate::formats::limits::{self, Settings};

/// What to do with a table of limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitsImport {
    /// The file.
    pub bytes: Arc<[u8]>,
    /// Take away what the file does not set. Else it stays as it is.
    pub replace: bool,
    /// Only look.
    pub dry_run: bool,
}

/// Imports time limits.
///
/// # Errors
/// As [`super::import::import`].
pub async fn import(
    app: &App,
    caller: &Caller,
    named: Option<&str>,
    ask: LimitsImport,
) -> Result<Outcome, Refusal> {
    may(caller)?;
    let city = which(app, named).await?;
    let bytes = Arc::clone(&ask.bytes);
    let read = blocking(move || limits::read(&bytes)).await?;
    let (rows, file, replace) = (read.settings.len(), read.settings, ask.replace);
    let decide = {
        let city = city.clone();
        move |state: Option<&CityState>, _: Instant| decide(&city, &file, replace, state)
    };
    turns(app, caller, (city, rows), Arc::new(decide), read.findings, (ask.dry_run, None)).await
}

fn decide(id: &CityId, file: &Settings, replace: bool, state: Option<&CityState>) -> Verdict {
    let mut found = Findings::default();
    let Some(state) = state else {
        return no_city(id, found);
    };
    let old = limits::settings(&state.city.limits);
    let mut new = if replace { Settings::new() } else { old.clone() };
    new.extend(file.clone());
    let mut tally = Tally::default();
    for (place, set) in file {
        match old.get(place) {
            None => tally.added += 1,
            Some(was) if was == set => tally.same += 1,
            Some(_) => tally.changed += 1,
        }
    }
    tally.removed = old.keys().filter(|place| !new.contains_key(place)).count();
    let mut made = state.clone();
    match limits::limits(&new) {
        Ok(limits) => made.city.limits = limits,
        Err(fault) => found.error(0, "file", fault, "set limits for fewer branches"),
    }
    let moved = tally.added + tally.changed + tally.removed > 0;
    let changes = moved.then(|| Change::CitySet(made.city.clone()));
    Verdict::of(made, changes.into_iter().collect(), found, tally)
}

/// The city's time limits as a table.
///
/// # Errors
/// [`Refusal::NoCity`], [`Refusal::Unavailable`].
pub async fn export(app: &App, city: &CityId) -> Result<Vec<u8>, Refusal> {
    let state = app.store().load(city).await?;
    let state = state.ok_or_else(|| Refusal::NoCity { given: city.to_string() })?;
    Ok(limits::write(&state.city.limits))
}
