//! Drafts of a plan.

use crate::domain::drafts::docket::{DraftDocket, DraftKey};
use crate::domain::drafts::step::DraftStep;
use crate::domain::id::{CityId, DraftId};
use crate::domain::time::Instant;
use crate::store::drafts;
use crate::store::postgres::Postgres;
use crate::store::promise::{DraftFilter, StoreError, rows_at_most};
use crate::store::statement::{Row, Value};

impl Postgres {
    pub(in crate::store) async fn draft(
        &self,
        city: &CityId,
        id: DraftId,
    ) -> Result<Option<DraftDocket>, StoreError> {
        let values = [Value::text(city.as_str()), Value::owned(id.to_string())];
        Ok(self.read(drafts::ONE, &values, drafts::read).await?.pop())
    }

    pub(in crate::store) async fn draft_steps(
        &self,
        city: &CityId,
        id: DraftId,
        after: u32,
        limit: u32,
    ) -> Result<Vec<DraftStep>, StoreError> {
        let values = drafts::steps_values(city, id, after, rows_at_most(limit));
        self.read(drafts::STEPS, &values, drafts::read_step).await
    }

    pub(in crate::store) async fn drafts(
        &self,
        city: &CityId,
        filter: &DraftFilter,
        after: Option<DraftKey>,
        limit: u32,
    ) -> Result<Vec<DraftDocket>, StoreError> {
        let (text, values) = drafts::page(city, filter, after, rows_at_most(limit));
        self.read(&text, &values, drafts::read).await
    }

    pub(in crate::store) async fn drafts_open(&self, city: &CityId) -> Result<u64, StoreError> {
        let values = [Value::text(city.as_str())];
        let found = self.read(drafts::OPEN, &values, |row| row.int(0)).await?.pop();
        Ok(found.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
    }

    pub(in crate::store) async fn drafts_due(
        &self,
        city: &CityId,
        now: Instant,
        limit: u32,
    ) -> Result<Vec<DraftDocket>, StoreError> {
        let values = drafts::due_values(city, now, rows_at_most(limit));
        self.read(drafts::DUE, &values, drafts::read).await
    }
}
