//! What the public hears of cases.

use crate::domain::id::{CityId, ZoneId};
use crate::domain::time::Instant;
use crate::store::promise::{PublicCase, StepKey, StoreError};
use crate::store::{Driver, Store};

impl Store {
    /// Steps that somebody public is told of, taken at or after `from` and before `to`, the oldest first, from
    /// behind `after`, at most `limit` (and [`ROWS_MAX`](crate::store::ROWS_MAX)). Of several steps that one case
    /// took at one instant there may be more than are told.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn public_steps(
        &self,
        city: &CityId,
        (from, to): (Instant, Instant),
        after: Option<StepKey>,
        limit: u32,
    ) -> Result<Vec<StepKey>, StoreError> {
        let stretch = (from, to);
        asked!(self.public_steps(city, stretch, after, limit))
    }

    /// Cases behind which a public report stands, of one zone or of all, that were opened at or after
    /// `opened_from` and are open, or took their last step at or after `over_from`; what changed last first, at
    /// most `limit` (and [`ROWS_MAX`](crate::store::ROWS_MAX)). The zone is the case's, which follows the plan in
    /// force while it is open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn public_cases(
        &self,
        city: &CityId,
        zone: Option<&ZoneId>,
        (opened_from, over_from): (Instant, Instant),
        limit: u32,
    ) -> Result<Vec<PublicCase>, StoreError> {
        let since = (opened_from, over_from);
        asked!(self.public_cases(city, zone, since, limit))
    }
}
