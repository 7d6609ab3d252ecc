//! Work lists: what is due, and a whole list as a file, with lights as of now.

use crate::app::incidents::{PAGE_MAX, Wanted, wanted_in};
use crate::app::refusal::Refusal;
use crate::app::state::{App, must};
use crate::app::transfer::{Format, file};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::id::CityId;
use crate::domain::time::Instant;
use crate::formats::layer::FEATURES_MAX;
use crate::formats::nouns::incidents::{to_layer, to_table};

/// What is due within so long (µs) is due soon.
pub const SOON_US: i64 = 24 * 3_600 * 1_000_000;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Its deadline has passed.
    Overdue,
    /// Its deadline comes within [`SOON_US`].
    Soon,
}

impl Due {
    /// By its word.
    ///
    /// # Errors
    /// What the words are.
    pub fn from_code(text: &str) -> Result<Self, &'static str> {
        match text {
            "overdue" => Ok(Self::Overdue),
            "soon" => Ok(Self::Soon),
            _ => Err("is neither overdue nor soon"),
        }
    }

    /// The same list, of what is due alone.
    #[must_use]
    pub fn narrow(self, wanted: Wanted, now: Instant) -> Wanted {
        let soon = Instant(now.0.saturating_add(SOON_US));
        match self {
            Self::Overdue => Wanted { due_to: Some(now), ..wanted },
            Self::Soon => Wanted { due_from: Some(now), due_to: Some(soon), ..wanted },
        }
    }
}

/// A whole list as a file.
///
/// # Errors
/// [`Refusal::Invalid`] for more incidents than one file holds; [`Refusal::Unavailable`].
pub async fn write(
    app: &App,
    city: &CityId,
    caller: &Caller,
    wanted: Wanted,
    format: Format,
) -> Result<Vec<u8>, Refusal> {
    must(caller, Operation::ListIncidents)?;
    let state = app.store().load(city).await?;
    let state = state.ok_or_else(|| Refusal::NoCity { given: city.to_string() })?;
    let catalogue = state.city.catalogue;
    let (mut all, now) = (Vec::new(), app.now());
    let mut wanted = Wanted { limit: PAGE_MAX, ..wanted };
    loop {
        let page = wanted_in(app, city, caller, &wanted).await?;
        wanted.after = page.last().map(|last| wanted.order.key(last));
        let whole = page.len() < PAGE_MAX as usize;
        all.extend(page);
        if all.len() > FEATURES_MAX {
            let words = format!("is longer than {FEATURES_MAX}; ask for a part of it");
            return Err(Refusal::fault("the list", words));
        }
        if whole {
            break;
        }
    }
    let written = tokio::task::spawn_blocking(move || match format {
        Format::Csv => Ok(to_table(&all, &catalogue, now)),
        _ => file::write(&to_layer(&all, &catalogue, now), format),
    })
    .await
    .map_err(|fault| Refusal::Inner(fault.to_string()))?;
    written.map_err(|words| Refusal::fault("incidents", words))
}
