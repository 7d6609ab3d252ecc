//! What the public hears of cases.

use crate::domain::id::{CityId, ZoneId};
use crate::domain::time::Instant;
use crate::store::incidents::public;
use crate::store::promise::{PublicCase, StepKey, StoreError, rows_at_most};
use crate::store::sqlite::Sqlite;
use crate::store::sqlite::rows::all;

impl Sqlite {
    pub(in crate::store) async fn public_steps(
        &self,
        city: &CityId,
        stretch: (Instant, Instant),
        after: Option<StepKey>,
        limit: u32,
    ) -> Result<Vec<StepKey>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            let values = public::steps_values(&city, stretch, after, rows_at_most(limit));
            all(it, public::STEPS, &values, |row| public::read_step(row))
        })
        .await
    }

    pub(in crate::store) async fn public_cases(
        &self,
        city: &CityId,
        zone: Option<&ZoneId>,
        since: (Instant, Instant),
        limit: u32,
    ) -> Result<Vec<PublicCase>, StoreError> {
        let (city, zone) = (city.clone(), zone.cloned());
        self.read(move |it| {
            let values = public::cases_values(&city, zone.as_ref(), since, rows_at_most(limit));
            all(it, &public::cases(zone.is_some()), &values, |row| public::read_case(row))
        })
        .await
    }
}
