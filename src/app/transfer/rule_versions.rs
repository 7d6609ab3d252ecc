//! Versions of the rules: which there were, what differs, and one restored as a new one.

use std::sync::Arc;

use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat, must};
use crate::app::transfer::calendar::no_city;
use crate::app::transfer::decide::restore_rules;
use crate::app::transfer::import::{Outcome, may, turns};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::atlas::city::CityState;
use crate::domain::atlas::rule::Rule;
use crate::domain::atlas::rule_set::{RuleSet, RulesNote};
use crate::domain::text::{WORDS_CHARS_MAX, words};
use crate::domain::time::Instant;
use crate::formats::layer::Findings;

/// Most versions on one page.
pub const PAGE_MAX: u32 = 1_000;

/// A version and its rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// What is told of it.
    pub set: RuleSet,
    /// Its rules, by id.
    pub rules: Vec<Rule>,
}

/// The versions that are not higher than `until`, the last first.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not read the rules; [`Refusal::Unavailable`].
pub async fn list(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    until: Option<i64>,
    limit: u32,
) -> Result<Vec<RuleSet>, Refusal> {
    must(caller, Operation::ListRuleVersions)?;
    let until = until.unwrap_or(i64::MAX);
    Ok(app.store().rule_sets(&seat.city, until, limit.min(PAGE_MAX + 1)).await?)
}

/// The version that was in force in an atlas version.
///
/// # Errors
/// [`Refusal::NotFound`] for one that is not yet, or of which nothing is known; [`Refusal::Unavailable`].
pub async fn get(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    atlas_version: i64,
) -> Result<Version, Refusal> {
    must(caller, Operation::GetRuleVersion)?;
    let head = app.store().head(&seat.city).await?.ok_or(Refusal::NotFound)?;
    if atlas_version > head.atlas_version {
        return Err(Refusal::NotFound);
    }
    let found = app.store().rule_sets(&seat.city, atlas_version, 1).await?.pop();
    let found = found.ok_or(Refusal::NotFound)?;
    let rules = app.store().rules_at(&seat.city, found.version).await?;
    Ok(Version { set: found, rules })
}

/// The version before another; `None` for the first.
///
/// # Errors
/// [`Refusal::Unavailable`].
pub async fn before(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    version: i64,
) -> Result<Option<Version>, Refusal> {
    match get(app, seat, caller, version - 1).await {
        Ok(version) => Ok(Some(version)),
        Err(Refusal::NotFound) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// How a version is restored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restore {
    /// The atlas version whose rules are wanted.
    pub version: i64,
    /// Why.
    pub note: String,
    /// Only look.
    pub dry_run: bool,
    /// The atlas version that was looked at; another one in force is not overwritten.
    pub seen: Option<i64>,
}

/// Sets the rules as they were in a version; that makes a new one.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not, and for a version that there is not; else as an import. That the
/// rules name units or facilities that are gone is no error: it stands in the outcome.
pub async fn restore(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    ask: Restore,
) -> Result<Outcome, Refusal> {
    may(caller)?;
    let note = words(&ask.note, WORDS_CHARS_MAX)
        .map_err(|fault| Refusal::fault("note", fault.to_string()))?;
    let Version { set, rules } = get(app, seat, caller, ask.version).await?;
    let city = seat.city.clone();
    let rows = rules.len();
    let note = RulesNote { note, restored: Some(set.version), ..RulesNote::default() };
    let decide = {
        let city = city.clone();
        move |state: Option<&CityState>, _: Instant| match state {
            Some(state) => restore_rules(rules.clone(), note.clone(), state),
            None => no_city(&city, Findings::default()),
        }
    };
    turns(app, caller, (city, rows), Arc::new(decide), Vec::new(), (ask.dry_run, ask.seen)).await
}
