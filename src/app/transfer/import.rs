//! A file in: every finding, then one commit or none.

use std::sync::Arc;

use crate::app::refusal::Refusal;
use crate::app::state::App;
use crate::app::transfer::decide::{Plea, Tally, Verdict, decide};
use crate::app::transfer::settings::Settings;
use crate::app::transfer::{Format, Kind, file};
use crate::domain::accounts::{Caller, Role};
use crate::domain::atlas::city::CityState;
use crate::domain::id::{CityId, UnitId};
use crate::domain::text::{WORDS_CHARS_MAX, words};
use crate::domain::time::Instant;
use crate::formats::layer::{Finding, Findings};
use crate::formats::nouns::system;
use crate::geom::crs::Crs;
use crate::store::{Basis, CommitError};

/// How often an import is decided again because the atlas moved meanwhile.
const TURNS_MAX: usize = 5;

/// What to import, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// What the file holds.
    pub kind: Kind,
    /// How it is written.
    pub format: Format,
    /// Which layer of a file that holds several.
    pub layer: Option<String>,
    /// The system, where the file does not say it.
    pub crs: Option<Crs>,
    /// The column that holds the id.
    pub id: Option<String>,
    /// The unit that leads zones whose rows name none; of a new city also the fallback, where the
    /// settings name none.
    pub lead: Option<UnitId>,
    /// Make units that are named and not there.
    pub make_units: bool,
    /// The city's own settings, where they are to be others.
    pub settings: Settings,
    /// Take away what the file does not hold. A plan of zones is always whole unless this is off.
    pub replace: bool,
    /// Only look.
    pub dry_run: bool,
    /// Why.
    pub note: String,
    /// The atlas version that was looked at; another one in force is not overwritten.
    pub seen: Option<i64>,
}

/// What an import did or would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Which city.
    pub city: CityId,
    /// Rows of the file.
    pub rows: usize,
    /// Every finding.
    pub findings: Vec<Finding>,
    /// What is new, differs, goes.
    pub tally: Tally,
    /// The atlas version that the commit made; `None` when nothing was written.
    pub committed: Option<i64>,
    /// Of a dry run: the city as it would be, unless it was refused.
    pub made: Option<Box<CityState>>,
}

impl Outcome {
    /// Whether an error kept everything out.
    #[must_use]
    pub fn refused(&self) -> bool {
        self.findings.iter().any(|finding| !finding.warning)
    }
}

/// Imports a file into the city named, or the only one. One that does not exist is made by its
/// units, or by zones that may make them.
///
/// # Errors
/// [`Refusal`] when the city is not clear, the caller may not, or the store fails. What is wrong
/// with the file is no error: it stands in the outcome, and then nothing was written.
pub async fn import(
    app: &App,
    caller: &Caller,
    city: Option<&str>,
    bytes: Arc<[u8]>,
    ask: &Import,
) -> Result<Outcome, Refusal> {
    may(caller)?;
    let note = words(&ask.note, WORDS_CHARS_MAX)
        .map_err(|fault| Refusal::fault("note", fault.to_string()))?;
    let city = which(app, city).await?;
    let read = {
        let ask = ask.clone();
        blocking(move || file::read(&bytes, ask.format, ask.layer.as_deref())).await?
    };
    let rows = read.layer.features.len();
    // Where the file as a whole is not understood, what its rows would say is noise.
    if read.findings.iter().any(|finding| !finding.warning && finding.row == 0) {
        let (findings, tally) = (read.findings, Tally::default());
        return Ok(Outcome { city, rows, findings, tally, committed: None, made: None });
    }
    let mut found = Findings::default();
    found.extend(read.findings);
    let crs =
        system(&read.layer, ask.crs, file::prescribed(ask.format)).unwrap_or_else(|finding| {
            found.push(*finding);
            Crs::Wgs84
        });
    let unclear = found.refused() && rows == 0;
    let (layer, before) = (Arc::new(read.layer), found.into_vec());
    if unclear {
        let tally = Tally::default();
        return Ok(Outcome { city, rows, findings: before, tally, committed: None, made: None });
    }
    let plea = Plea {
        kind: ask.kind,
        city,
        crs,
        id: ask.id.clone(),
        lead: ask.lead.clone(),
        make_units: ask.make_units,
        settings: ask.settings.clone(),
        replace: ask.replace,
        note,
        now: app.now(),
    };
    let city = plea.city.clone();
    let decide =
        move |state: Option<&CityState>, now| decide(&layer, &Plea { now, ..plea.clone() }, state);
    let basis = ask.seen;
    turns(app, caller, (city, rows), Arc::new(decide), before, (ask.dry_run, basis)).await
}

/// Refuses who may not import.
pub(super) fn may(caller: &Caller) -> Result<(), Refusal> {
    let may = matches!(caller.role, Role::Admin | Role::Planner);
    if may { Ok(()) } else { Err(Refusal::NotFound) }
}

/// Decides on a state of the city at a moment.
pub(super) type Decide = dyn Fn(Option<&CityState>, Instant) -> Verdict + Send + Sync;

/// Decides and commits, again where the atlas moved meanwhile. Given are the city and how many rows
/// its file has.
pub(super) async fn turns(
    app: &App,
    caller: &Caller,
    (city, rows): (CityId, usize),
    decide: Arc<Decide>,
    before: Vec<Finding>,
    (dry_run, seen): (bool, Option<i64>),
) -> Result<Outcome, Refusal> {
    for _ in 0..TURNS_MAX {
        let now = app.now();
        let state = app.store().load(&city).await?;
        let now_at = state.as_ref().map_or(0, |state| state.atlas_version);
        if seen.is_some_and(|seen| seen != now_at) {
            return Err(Refusal::Conflict(format!(
                "the city is at atlas version {now_at} and was changed since you looked; look again"
            )));
        }
        let basis = Basis { atlas_version: Some(now_at) };
        let decide = Arc::clone(&decide);
        let verdict = blocking(move || decide(state.as_ref(), now)).await?;
        let Verdict { changes, findings, tally, made } = verdict;
        let mut found = Findings::default();
        found.extend(before.iter().cloned());
        found.extend(findings);
        let refused = found.refused();
        let mut outcome = Outcome {
            city: city.clone(),
            rows,
            findings: found.into_vec(),
            tally,
            committed: None,
            made: made.filter(|_| dry_run && !refused).map(Box::new),
        };
        if refused || dry_run || changes.is_empty() {
            return Ok(outcome);
        }
        match app.commit(&city, caller, basis, changes).await {
            Ok(head) => {
                outcome.committed = Some(head.atlas_version);
                return Ok(outcome);
            }
            Err(CommitError::Moved { .. }) => {} // read again, decide again
            Err(error) => return Err(error.into()),
        }
    }
    Err(Refusal::Moved)
}

/// The city named, whether it exists or not; else the only one.
pub(super) async fn which(app: &App, named: Option<&str>) -> Result<CityId, Refusal> {
    if let Some(named) = named {
        return CityId::new(named).map_err(|fault| Refusal::fault("city", fault.to_string()));
    }
    let mut cities = app.store().cities().await?;
    match cities.len() {
        0 => Err(Refusal::fault(
            "city",
            "the store holds no city yet; name the one to make (--city)",
        )),
        1 => Ok(cities.remove(0)),
        _ => Err(Refusal::WhichCity { cities }),
    }
}

/// Long work, off the workers that answer.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|fault| Refusal::Inner(format!("the file was not worked through: {fault}")))
}
