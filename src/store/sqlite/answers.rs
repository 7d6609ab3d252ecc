//! Answers that are kept under idempotency keys, and how far words have been masked in time.

use crate::domain::answers::KeptAnswer;
use crate::domain::id::CityId;
use crate::domain::incidents::step::Step;
use crate::domain::time::Instant;
use crate::store::incidents::public;
use crate::store::promise::{StepKey, StoreError, rows_at_most};
use crate::store::sql::Dialect;
use crate::store::sqlite::Sqlite;
use crate::store::sqlite::rows::all;
use crate::store::statement::{Row, Value};
use crate::store::{answers, incidents, people};

impl Sqlite {
    pub(in crate::store) async fn answers(
        &self,
        city: &CityId,
        keys: &[String],
    ) -> Result<Vec<KeptAnswer>, StoreError> {
        let (city, keys) = (city.clone(), keys.to_vec());
        self.read(move |it| {
            let values = answers::kept_values(&city, keys);
            all(it, &answers::kept(Dialect::Sqlite), &values, |row| answers::read(row))
        })
        .await
    }

    pub(in crate::store) async fn words_done(
        &self,
        city: &CityId,
    ) -> Result<Option<Instant>, StoreError> {
        let city = city.clone();
        let found = self.read(move |it| {
            all(it, people::WORDS_DONE, &[Value::text(city.as_str())], |row| row.int(0))
        });
        Ok(found.await?.pop().map(Instant))
    }

    pub(in crate::store) async fn steps_between(
        &self,
        city: &CityId,
        stretch: (Instant, Instant),
        after: Option<StepKey>,
        limit: u32,
    ) -> Result<Vec<Step>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            let values = public::steps_values(&city, stretch, after, rows_at_most(limit));
            all(it, &incidents::steps_between(), &values, |row| incidents::rows::step(row))
        })
        .await
    }
}
