//! An empty store gets the demonstration city.

use crate::app::refusal::Refusal;
use crate::app::state::App;
use crate::domain::accounts::Caller;
use crate::domain::atlas::city::CityState;
use crate::domain::change::Change;
use crate::domain::id::CityId;
use crate::domain::sample::{self, Recipe};
use crate::store::{Basis, CommitError};

/// Makes the city of `recipe` where the store holds no city at all; says which, if it did.
///
/// # Errors
/// [`Refusal::Unavailable`].
pub async fn if_empty(app: &App, recipe: &Recipe) -> Result<Option<CityId>, Refusal> {
    if !app.store().cities().await?.is_empty() {
        return Ok(None);
    }
    let recipe = recipe.clone();
    let state = tokio::task::spawn_blocking(move || sample::city(&recipe))
        .await
        .map_err(|fault| Refusal::Inner(format!("the demonstration city failed: {fault}")))?;
    let city = state.city.id.clone();
    match found(app, state).await {
        Ok(()) => Ok(Some(city)),
        // Another process was faster: its city is as good.
        Err(CommitError::Moved { .. } | CommitError::Conflict(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Makes a city that does not exist yet, whole, in one commit.
///
/// # Errors
/// [`CommitError::Moved`] when it exists.
pub async fn found(app: &App, state: CityState) -> Result<(), CommitError> {
    let city = state.city.id.clone();
    let basis = Basis { atlas_version: Some(0) };
    app.commit(&city, &Caller::cli(), basis, changes(state)).await.map(|_| ())
}

/// The changes that make a city out of nothing.
#[must_use]
pub fn changes(state: CityState) -> Vec<Change> {
    let mut changes = vec![Change::CitySet(state.city), Change::UnitsSet(state.units)];
    changes.push(Change::PlanPublished { plan: state.plan, zones: state.zones });
    if !state.facilities.is_empty() {
        changes.push(Change::FacilitiesSet(state.facilities));
    }
    if !state.rules.is_empty() {
        changes.push(Change::RulesSet(state.rules));
    }
    changes
}
