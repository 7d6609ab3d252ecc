//! Answers that are kept under idempotency keys, and how far words have been masked in time.

use crate::domain::answers::KeptAnswer;
use crate::domain::id::CityId;
use crate::domain::incidents::step::Step;
use crate::domain::time::Instant;
use crate::store::incidents::public;
use crate::store::postgres::Postgres;
use crate::store::promise::{StepKey, StoreError, rows_at_most};
use crate::store::sql::Dialect;
use crate::store::statement::{Row, Value};
use crate::store::{answers, incidents, people};

impl Postgres {
    pub(in crate::store) async fn answers(
        &self,
        city: &CityId,
        keys: &[String],
    ) -> Result<Vec<KeptAnswer>, StoreError> {
        let values = answers::kept_values(city, keys.to_vec());
        self.read(&answers::kept(Dialect::Postgres), &values, answers::read).await
    }

    pub(in crate::store) async fn words_done(
        &self,
        city: &CityId,
    ) -> Result<Option<Instant>, StoreError> {
        let values = [Value::text(city.as_str())];
        let mut found = self.read(people::WORDS_DONE, &values, |row| row.int(0)).await?;
        Ok(found.pop().map(Instant))
    }

    pub(in crate::store) async fn steps_between(
        &self,
        city: &CityId,
        stretch: (Instant, Instant),
        after: Option<StepKey>,
        limit: u32,
    ) -> Result<Vec<Step>, StoreError> {
        let values = public::steps_values(city, stretch, after, rows_at_most(limit));
        self.read(&incidents::steps_between(), &values, incidents::rows::step).await
    }
}
