//! The people behind reports.

use crate::domain::id::{CityId, ReportId};
use crate::domain::reports::people::ClearPerson;
use crate::domain::reports::person::SealedPerson;
use crate::domain::reports::picture::PictureSent;
use crate::domain::time::Instant;
use crate::store::postgres::Postgres;
use crate::store::promise::{StoreError, rows_at_most};
use crate::store::sql::Dialect;
use crate::store::statement::Value;
use crate::store::{people, pictures};

impl Postgres {
    pub(in crate::store) async fn reports_marked(
        &self,
        city: &CityId,
        marks: &[String],
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<ReportId>, StoreError> {
        let values = people::marked_values(city, marks, after, rows_at_most(limit));
        self.read(&people::marked(Dialect::Postgres), &values, people::read_id).await
    }

    pub(in crate::store) async fn people_before(
        &self,
        city: &CityId,
        before: Instant,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<ReportId>, StoreError> {
        let values = people::before_values(city, before, after, rows_at_most(limit));
        self.read(people::BEFORE, &values, people::read_id).await
    }

    pub(in crate::store) async fn people(
        &self,
        city: &CityId,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<(ReportId, SealedPerson)>, StoreError> {
        let values = people::behind_values(city, after, rows_at_most(limit));
        self.read(people::EVERYBODY, &values, people::read_person).await
    }

    pub(in crate::store) async fn people_in_clear(
        &self,
        city: &CityId,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<ClearPerson>, StoreError> {
        let values = people::behind_values(city, after, rows_at_most(limit));
        self.read(people::IN_CLEAR, &values, people::read_clear).await
    }

    pub(in crate::store) async fn pictures_of(
        &self,
        city: &CityId,
        report: ReportId,
    ) -> Result<usize, StoreError> {
        let values = [Value::text(city.as_str()), Value::owned(report.to_string())];
        let counted = self.read(pictures::COUNT, &values, pictures::read_count).await?;
        Ok(counted.into_iter().sum())
    }

    pub(in crate::store) async fn pictures_as_sent(
        &self,
        city: &CityId,
        before: Instant,
        after: Option<&PictureSent>,
        limit: u32,
    ) -> Result<Vec<PictureSent>, StoreError> {
        let values = pictures::as_sent_values(city, before, after, rows_at_most(limit));
        self.read(pictures::AS_SENT, &values, pictures::read_sent).await
    }
}
