//! The city's catalogue as a file: its categories, the questions of its services, and how far places are blurred.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::refusal::Refusal;
use crate::app::state::App;
use crate::app::transfer::calendar::no_city;
use crate::app::transfer::decide::{Tally, Verdict};
use crate::app::transfer::import::{Outcome, blocking, may, turns, which};
use crate::domain::accounts::Caller;
use crate::domain::atlas::city::CityState;
use crate::domain::catalogue::category::Category;
use crate::domain::catalogue::whole::Catalogue;
use crate::domain::change::Change;
use crate::domain::id::CityId;
use crate::domain::time::Instant;
use crate::formats::catalogue::{read, write};
use crate::formats::layer::Findings;

/// What to do with a catalogue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CategoriesImport {
    /// The file. What it does not hold goes: a catalogue is always whole.
    pub bytes: Arc<[u8]>,
    /// Only look.
    pub dry_run: bool,
    /// The atlas version that was looked at; another one in force is not overwritten.
    pub seen: Option<i64>,
}

/// Sets a city's catalogue.
///
/// # Errors
/// As [`super::import::import`].
pub async fn import(
    app: &App,
    caller: &Caller,
    named: Option<&str>,
    ask: CategoriesImport,
) -> Result<Outcome, Refusal> {
    may(caller)?;
    let city = which(app, named).await?;
    let bytes = Arc::clone(&ask.bytes);
    let catalogue = match blocking(move || read(&bytes)).await? {
        Ok(catalogue) => Arc::new(catalogue),
        Err(faults) => {
            let mut found = Findings::default();
            for it in faults {
                found.error(0, it.place, it.fault, it.remedy);
            }
            let (findings, tally) = (found.into_vec(), Tally::default());
            return Ok(Outcome { city, rows: 0, findings, tally, committed: None, made: None });
        }
    };
    let rows = catalogue.categories().len();
    let decide = {
        let city = city.clone();
        move |state: Option<&CityState>, _: Instant| decide(&city, &catalogue, state)
    };
    turns(app, caller, (city, rows), Arc::new(decide), Vec::new(), (ask.dry_run, ask.seen)).await
}

fn decide(id: &CityId, catalogue: &Arc<Catalogue>, state: Option<&CityState>) -> Verdict {
    let found = Findings::default();
    let Some(state) = state else {
        return no_city(id, found);
    };
    let by_code = |it: &Catalogue| -> BTreeMap<String, Category> {
        it.categories().iter().map(|it| (it.code.clone(), it.clone())).collect()
    };
    let (old, new) = (by_code(&state.city.catalogue), by_code(catalogue));
    let mut tally = Tally::default();
    for (code, category) in &new {
        match old.get(code) {
            None => tally.added += 1,
            Some(was) if was == category => tally.same += 1,
            Some(_) => tally.changed += 1,
        }
    }
    tally.removed = old.keys().filter(|code| !new.contains_key(*code)).count();
    let mut made = state.clone();
    made.city.catalogue = Arc::clone(catalogue);
    let moved = tally.added + tally.changed + tally.removed > 0;
    let changes = moved.then(|| Change::CitySet(made.city.clone()));
    Verdict::of(made, changes.into_iter().collect(), found, tally)
}

/// The city's catalogue as a file.
///
/// # Errors
/// [`Refusal::NoCity`], [`Refusal::Unavailable`].
pub async fn export(app: &App, city: &CityId) -> Result<Vec<u8>, Refusal> {
    let state = app.store().load(city).await?;
    let state = state.ok_or_else(|| Refusal::NoCity { given: city.to_string() })?;
    write(&state.city.catalogue).map_err(Refusal::Inner)
}
