//! Links of reports that wait to be followed.

use crate::domain::id::CityId;
use crate::domain::reports::links::LinksWaiting;
use crate::domain::time::Instant;
use crate::store::promise::StoreError;
use crate::store::{Driver, Store};

impl Store {
    /// Links that are to be followed by an instant, the longest due first, at most `limit` (and
    /// [`ROWS_MAX`](crate::store::ROWS_MAX)).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn links_due(
        &self,
        city: &CityId,
        now: Instant,
        limit: u32,
    ) -> Result<Vec<LinksWaiting>, StoreError> {
        asked!(self.links_due(city, now, limit))
    }
}
