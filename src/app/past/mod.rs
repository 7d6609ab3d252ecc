//! Any day in the past: which atlas stood then, and what it held.

pub mod former;

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::domain::atlas::city::CityState;
use crate::domain::atlas::history::Stood;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::CityId;
use crate::domain::time::{Instant, Moment};

/// A caller's clock may be ahead by so much (µs): what it calls now is now.
const AHEAD_US: i64 = 60_000_000;

/// What was in force at a moment.
#[derive(Clone)]
pub struct Then {
    /// The atlas that stood.
    pub atlas: Arc<Atlas>,
    /// The instant that is meant.
    pub at: Instant,
    /// From when to when it stood, and its plan.
    pub stood: Stood,
}

/// What was in force in a city at a moment: an instant (RFC 3339), or the beginning of a day on the city's
/// wall clock; of the day on which history begins, what it begins with.
///
/// # Errors
/// [`Refusal::Invalid`] for what is no moment, lies in the future or before all that is known, with the first
/// moment that is; [`Refusal::Busy`], [`Refusal::Unavailable`].
pub async fn at(app: &App, seat: &Seat, text: &str) -> Result<Then, Refusal> {
    let now = seat.atlas()?;
    let (at, stood) = stood(app, &seat.city, text, now.time_zone()).await?;
    if stood.version == now.version() {
        return Ok(Then { atlas: now, at, stood });
    }
    let former = app.former().get(app.store(), &seat.city, stood.version).await?;
    match former {
        Some(atlas) => Ok(Then { atlas, at, stood }),
        None => Err(unknown(app, &seat.city, text).await?),
    }
}

/// The state of a city at a moment, as [`at`], without an atlas over it.
///
/// # Errors
/// As [`at`], and [`Refusal::NoCity`].
pub async fn state(app: &App, city: &CityId, text: &str) -> Result<(CityState, When), Refusal> {
    let none = || Refusal::NoCity { given: city.to_string() };
    let now = app.store().load(city).await?.ok_or_else(none)?;
    let zone = TimeZone::get(&now.city.time_zone)
        .map_err(|fault| Refusal::Inner(format!("the city's time zone: {fault}")))?;
    let (at, stood) = stood(app, city, text, &zone).await?;
    if stood.version == now.atlas_version {
        return Ok((now, When { at, stood }));
    }
    match app.store().load_at(city, stood.version).await? {
        Some(state) => Ok((state, When { at, stood })),
        None => Err(unknown(app, city, text).await?),
    }
}

/// When it stood, of a state without an atlas.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// The instant that is meant.
    pub at: Instant,
    /// From when to when it stood, and its plan.
    pub stood: Stood,
}

async fn stood(
    app: &App,
    city: &CityId,
    text: &str,
    zone: &TimeZone,
) -> Result<(Instant, Stood), Refusal> {
    let moment = Moment::parse(text, zone).map_err(|words| Refusal::fault("datetime", words))?;
    let mut at = moment.instant();
    let now = app.now();
    if at > now && at.0 - now.0 <= AHEAD_US {
        at = now;
    }
    if at > now {
        let words =
            format!("{} lies in the future; what will be in force then is not known", at.rfc3339());
        return Err(Refusal::fault("datetime", words));
    }
    if let Some(found) = app.store().stood_at(city, at).await? {
        return Ok((at, found));
    }
    let first = app.store().first_instant(city).await?;
    if let (Moment::Day(_, ends), Some(first)) = (moment, first)
        && first < ends
        && first <= now
    {
        at = first;
        if let Some(found) = app.store().stood_at(city, at).await? {
            return Ok((at, found));
        }
    }
    Err(unknown(app, city, text).await?)
}

/// The refusal of a moment before the beginning of history.
async fn unknown(app: &App, city: &CityId, text: &str) -> Result<Refusal, Refusal> {
    let first = app.store().first_instant(city).await?;
    let known = first.map_or("nothing is known of the past".to_owned(), |first| {
        format!("the first moment known is {}", first.rfc3339())
    });
    let text: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    Ok(Refusal::fault(
        "datetime",
        format!("`{text}` lies before the beginning of history; {known}"),
    ))
}
