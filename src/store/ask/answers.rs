//! Answers that are kept under idempotency keys, and how far words have been masked in time.

use crate::domain::answers::KeptAnswer;
use crate::domain::id::CityId;
use crate::domain::incidents::step::Step;
use crate::domain::time::Instant;
use crate::store::promise::{StepKey, StoreError};
use crate::store::{Driver, Store};

impl Store {
    /// The answers that are kept under idempotency keys, as far as there are any, by key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn answers(
        &self,
        city: &CityId,
        keys: &[String],
    ) -> Result<Vec<KeptAnswer>, StoreError> {
        asked!(self.answers(city, keys))
    }

    /// Before which instant the words of cases that were over have been masked; `None` when nobody has looked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn words_done(&self, city: &CityId) -> Result<Option<Instant>, StoreError> {
        asked!(self.words_done(city))
    }

    /// Steps of all incidents taken at or after `from` and before `to`, the oldest first, from behind
    /// `after`, at most `limit` (and [`ROWS_MAX`](crate::store::ROWS_MAX)).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn steps_between(
        &self,
        city: &CityId,
        (from, to): (Instant, Instant),
        after: Option<StepKey>,
        limit: u32,
    ) -> Result<Vec<Step>, StoreError> {
        let stretch = (from, to);
        asked!(self.steps_between(city, stretch, after, limit))
    }
}
