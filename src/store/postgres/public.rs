//! What the public hears of cases.

use crate::domain::id::{CityId, ZoneId};
use crate::domain::time::Instant;
use crate::store::incidents::public;
use crate::store::postgres::Postgres;
use crate::store::promise::{PublicCase, StepKey, StoreError, rows_at_most};

impl Postgres {
    pub(in crate::store) async fn public_steps(
        &self,
        city: &CityId,
        stretch: (Instant, Instant),
        after: Option<StepKey>,
        limit: u32,
    ) -> Result<Vec<StepKey>, StoreError> {
        let values = public::steps_values(city, stretch, after, rows_at_most(limit));
        self.read(public::STEPS, &values, public::read_step).await
    }

    pub(in crate::store) async fn public_cases(
        &self,
        city: &CityId,
        zone: Option<&ZoneId>,
        since: (Instant, Instant),
        limit: u32,
    ) -> Result<Vec<PublicCase>, StoreError> {
        let values = public::cases_values(city, zone, since, rows_at_most(limit));
        self.read(&public::cases(zone.is_some()), &values, public::read_case).await
    }
}
