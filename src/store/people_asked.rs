//! What is asked about the people behind reports: by what they can be found by, by time, and what of them
//! is not sealed yet.

use crate::domain::id::{CityId, ReportId};
use crate::domain::reports::people::ClearPerson;
use crate::domain::reports::person::SealedPerson;
use crate::domain::reports::picture::PictureSent;
use crate::domain::time::Instant;
use crate::store::promise::StoreError;
use crate::store::{Driver, Store};

impl Store {
    /// The reports whose person has one of the marks, by id, from behind `after`, at most `limit` (and
    /// [`ROWS_MAX`](crate::store::ROWS_MAX)).
    ///
    /// # Errors
    /// [`StoreError`], as for every read below.
    pub async fn reports_marked(
        &self,
        city: &CityId,
        marks: &[String],
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<ReportId>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.reports_marked(city, marks, after, limit)),
            Driver::Sqlite(sqlite) => sqlite.reports_marked(city, marks, after, limit).await,
            Driver::Postgres(postgres) => postgres.reports_marked(city, marks, after, limit).await,
        }
    }

    /// Reports received before an instant behind which somebody stands, by id, from behind `after`, at
    /// most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn people_before(
        &self,
        city: &CityId,
        before: Instant,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<ReportId>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.people_before(city, before, after, limit)),
            Driver::Sqlite(sqlite) => sqlite.people_before(city, before, after, limit).await,
            Driver::Postgres(postgres) => postgres.people_before(city, before, after, limit).await,
        }
    }

    /// Everybody who stands behind a report, sealed, by the report's id, from behind `after`, at most
    /// `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn people(
        &self,
        city: &CityId,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<(ReportId, SealedPerson)>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.people(city, after, limit)),
            Driver::Sqlite(sqlite) => sqlite.people(city, after, limit).await,
            Driver::Postgres(postgres) => postgres.people(city, after, limit).await,
        }
    }

    /// Everybody who stands in clear, from before people were sealed, as [`Self::people`]. Nobody does in a
    /// store that was made since.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn people_in_clear(
        &self,
        city: &CityId,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<ClearPerson>, StoreError> {
        match &self.driver {
            Driver::Memory(_) => Ok(Vec::new()),
            Driver::Sqlite(sqlite) => sqlite.people_in_clear(city, after, limit).await,
            Driver::Postgres(postgres) => postgres.people_in_clear(city, after, limit).await,
        }
    }

    /// Pictures of which the original is still kept, received before an instant, the oldest first, from
    /// behind `after`, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pictures_as_sent(
        &self,
        city: &CityId,
        before: Instant,
        after: Option<&PictureSent>,
        limit: u32,
    ) -> Result<Vec<PictureSent>, StoreError> {
        match &self.driver {
            Driver::Memory(memory) => Ok(memory.pictures_as_sent(city, before, after, limit)),
            Driver::Sqlite(sqlite) => sqlite.pictures_as_sent(city, before, after, limit).await,
            Driver::Postgres(postgres) => {
                postgres.pictures_as_sent(city, before, after, limit).await
            }
        }
    }
}
