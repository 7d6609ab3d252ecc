//! Answers that are kept under idempotency keys, and how far words have been masked in time.

use crate::domain::answers::KeptAnswer;
use crate::domain::id::CityId;
use crate::domain::time::Instant;
use crate::store::promise::StoreError;
use crate::store::sql::Dialect;
use crate::store::sqlite::Sqlite;
use crate::store::sqlite::rows::all;
use crate::store::statement::{Row, Value};
use crate::store::{answers, people};

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
}
