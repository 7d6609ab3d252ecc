//! Drafts of a plan.

use crate::domain::drafts::docket::{DraftDocket, DraftKey};
use crate::domain::drafts::step::DraftStep;
use crate::domain::id::{CityId, DraftId};
use crate::domain::time::Instant;
use crate::store::promise::{DraftFilter, StoreError};
use crate::store::{Driver, Store};

impl Store {
    /// One draft.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn draft(
        &self,
        city: &CityId,
        id: DraftId,
    ) -> Result<Option<DraftDocket>, StoreError> {
        asked!(self.draft(city, id))
    }

    /// The steps of a draft behind a revision, in order, at most `limit` (and [`ROWS_MAX`](crate::store::ROWS_MAX)),
    /// and no more behind the one with which they are [`STEPS_BYTES_MAX`](crate::store::STEPS_BYTES_MAX) long. None
    /// only where there are no more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn draft_steps(
        &self,
        city: &CityId,
        id: DraftId,
        after: u32,
        limit: u32,
    ) -> Result<Vec<DraftStep>, StoreError> {
        asked!(self.draft_steps(city, id, after, limit))
    }

    /// Drafts, the last begun first, from behind `after`, at most `limit` (and [`ROWS_MAX`](crate::store::ROWS_MAX)).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn drafts(
        &self,
        city: &CityId,
        filter: &DraftFilter,
        after: Option<DraftKey>,
        limit: u32,
    ) -> Result<Vec<DraftDocket>, StoreError> {
        asked!(self.drafts(city, filter, after, limit))
    }

    /// How many drafts are not over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn drafts_open(&self, city: &CityId) -> Result<u64, StoreError> {
        asked!(self.drafts_open(city))
    }

    /// Scheduled drafts whose time has come, the earliest first, at most `limit` (and [`ROWS_MAX`](crate::store::ROWS_MAX)).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn drafts_due(
        &self,
        city: &CityId,
        now: Instant,
        limit: u32,
    ) -> Result<Vec<DraftDocket>, StoreError> {
        asked!(self.drafts_due(city, now, limit))
    }
}
