//! Answers that are kept under idempotency keys, and how far words have been masked in time.

use crate::domain::answers::KeptAnswer;
use crate::domain::id::CityId;
use crate::domain::time::Instant;
use crate::store::promise::StoreError;
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
}
