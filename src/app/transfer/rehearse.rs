//! What a change of zones or rules would have done with past reports.

use std::sync::Arc;

use crate::app::refusal::Refusal;
use crate::app::state::App;
use crate::app::transfer::import::{blocking, may};
use crate::domain::accounts::Caller;
use crate::domain::atlas::city::CityState;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::CityId;
use crate::domain::reports::rehearse::{Rehearsal, Trial};
use crate::domain::time::Instant;
use crate::store::{ROWS_MAX, ReportKey};

/// Days looked back when nothing is said.
pub const DAYS_DEFAULT: u32 = 90;
/// Most days looked back.
pub const DAYS_MAX: u32 = 3_660;
const DAY_US: i64 = 24 * 3_600 * 1_000_000;

/// Routes the reports of the last days under the atlas in force and under the one that `made` gives.
///
/// The store is read page by page, the next while one is routed; what is kept does not grow with the
/// number of reports.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not change the city; [`Refusal::NoCity`],
/// [`Refusal::Unavailable`]; [`Refusal::Invalid`] when either state is no atlas.
pub async fn rehearse(
    app: &App,
    caller: &Caller,
    city: &CityId,
    made: CityState,
    days: u32,
) -> Result<Rehearsal, Refusal> {
    may(caller)?;
    let state = app.store().load(city).await?;
    let state = state.ok_or_else(|| Refusal::NoCity { given: city.to_string() })?;
    let (now, then) = blocking(move || (Atlas::build(state), Atlas::build(made))).await?;
    let atlas = |built: Result<Atlas, Vec<_>>| {
        built.map(Arc::new).map_err(|faults| {
            let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Refusal::fault("city", words.join("; "))
        })
    };
    let (now, then) = (atlas(now)?, atlas(then)?);
    let trial = blocking(move || Arc::new(Trial::new(now, then))).await?;
    let back = i64::from(days.min(DAYS_MAX)).saturating_mul(DAY_US);
    let since = Instant(app.now().0.saturating_sub(back));
    let mut found = Rehearsal::default();
    let mut page = app.store().told(city, since, None, ROWS_MAX).await?;
    while let Some(last) = page.last() {
        let after = Some(ReportKey { received_at: last.received_at, id: last.id });
        let trial = Arc::clone(&trial);
        let routed = blocking(move || {
            trial.rehearse(&page, &mut found);
            found
        });
        let (routed, next) = tokio::join!(routed, app.store().told(city, since, after, ROWS_MAX));
        (found, page) = (routed?, next?);
    }
    Ok(found)
}
