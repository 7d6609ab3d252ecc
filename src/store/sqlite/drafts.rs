//! Drafts of a plan.

use crate::domain::drafts::docket::{DraftDocket, DraftKey};
use crate::domain::drafts::step::DraftStep;
use crate::domain::id::{CityId, DraftId};
use crate::domain::time::Instant;
use crate::store::drafts;
use crate::store::promise::{DraftFilter, StoreError, rows_at_most};
use crate::store::sqlite::Sqlite;
use crate::store::sqlite::rows::all;
use crate::store::statement::{Row, Value};

impl Sqlite {
    pub(in crate::store) async fn draft(
        &self,
        city: &CityId,
        id: DraftId,
    ) -> Result<Option<DraftDocket>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            let values = [Value::text(city.as_str()), Value::owned(id.to_string())];
            Ok(all(it, drafts::ONE, &values, |row| drafts::read(row))?.pop())
        })
        .await
    }

    pub(in crate::store) async fn draft_steps(
        &self,
        city: &CityId,
        id: DraftId,
        after: u32,
        limit: u32,
    ) -> Result<Vec<DraftStep>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            let values = drafts::steps_values(&city, id, after, rows_at_most(limit));
            all(it, drafts::STEPS, &values, |row| drafts::read_step(row))
        })
        .await
    }

    pub(in crate::store) async fn drafts(
        &self,
        city: &CityId,
        filter: &DraftFilter,
        after: Option<DraftKey>,
        limit: u32,
    ) -> Result<Vec<DraftDocket>, StoreError> {
        let (city, filter) = (city.clone(), filter.clone());
        self.read(move |it| {
            let (text, values) = drafts::page(&city, &filter, after, rows_at_most(limit));
            all(it, &text, &values, |row| drafts::read(row))
        })
        .await
    }

    pub(in crate::store) async fn drafts_open(&self, city: &CityId) -> Result<u64, StoreError> {
        let city = city.clone();
        let found = self
            .read(move |it| all(it, drafts::OPEN, &[Value::text(city.as_str())], |row| row.int(0)));
        Ok(found.await?.pop().and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
    }

    pub(in crate::store) async fn drafts_due(
        &self,
        city: &CityId,
        now: Instant,
        limit: u32,
    ) -> Result<Vec<DraftDocket>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            let values = drafts::due_values(&city, now, rows_at_most(limit));
            all(it, drafts::DUE, &values, |row| drafts::read(row))
        })
        .await
    }
}
