//! Links of reports that wait to be followed.

use crate::domain::id::CityId;
use crate::domain::reports::links::LinksWaiting;
use crate::domain::time::Instant;
use crate::store::links;
use crate::store::promise::{StoreError, rows_at_most};
use crate::store::sqlite::Sqlite;
use crate::store::sqlite::rows::all;

impl Sqlite {
    pub(in crate::store) async fn links_due(
        &self,
        city: &CityId,
        now: Instant,
        limit: u32,
    ) -> Result<Vec<LinksWaiting>, StoreError> {
        let values = links::due_values(city, now, rows_at_most(limit));
        self.read(move |it| all(it, links::DUE, &values, |row| links::read(row))).await
    }
}
