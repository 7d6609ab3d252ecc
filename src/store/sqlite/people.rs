//! The people behind reports.

use crate::domain::id::{CityId, ReportId};
use crate::domain::reports::people::ClearPerson;
use crate::domain::reports::person::SealedPerson;
use crate::domain::reports::picture::PictureSent;
use crate::domain::time::Instant;
use crate::store::promise::{StoreError, rows_at_most};
use crate::store::sql::Dialect;
use crate::store::sqlite::Sqlite;
use crate::store::sqlite::rows::all;
use crate::store::statement::Value;
use crate::store::{people, pictures};

impl Sqlite {
    pub(in crate::store) async fn reports_marked(
        &self,
        city: &CityId,
        marks: &[String],
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<ReportId>, StoreError> {
        let values = people::marked_values(city, marks, after, rows_at_most(limit));
        self.read(move |it| {
            all(it, &people::marked(Dialect::Sqlite), &values, |row| people::read_id(row))
        })
        .await
    }

    pub(in crate::store) async fn people_before(
        &self,
        city: &CityId,
        before: Instant,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<ReportId>, StoreError> {
        let values = people::before_values(city, before, after, rows_at_most(limit));
        self.read(move |it| all(it, people::BEFORE, &values, |row| people::read_id(row))).await
    }

    pub(in crate::store) async fn people(
        &self,
        city: &CityId,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<(ReportId, SealedPerson)>, StoreError> {
        let values = people::behind_values(city, after, rows_at_most(limit));
        self.read(move |it| all(it, people::EVERYBODY, &values, |row| people::read_person(row)))
            .await
    }

    pub(in crate::store) async fn people_in_clear(
        &self,
        city: &CityId,
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<ClearPerson>, StoreError> {
        let values = people::behind_values(city, after, rows_at_most(limit));
        self.read(move |it| all(it, people::IN_CLEAR, &values, |row| people::read_clear(row))).await
    }

    pub(in crate::store) async fn pictures_of(
        &self,
        city: &CityId,
        report: ReportId,
    ) -> Result<usize, StoreError> {
        let values = [Value::owned(city.to_string()), Value::owned(report.to_string())];
        let counted = self
            .read(move |it| all(it, pictures::COUNT, &values, |row| pictures::read_count(row)))
            .await?;
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
        self.read(move |it| all(it, pictures::AS_SENT, &values, |row| pictures::read_sent(row)))
            .await
    }
}
