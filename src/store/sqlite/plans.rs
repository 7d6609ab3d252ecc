//! Plans in time.

use crate::domain::atlas::history::{Published, Stood};
use crate::domain::atlas::zone::Zone;
use crate::domain::id::{CityId, IncidentId, ReportId};
use crate::domain::incidents::docket::Docket;
use crate::domain::incidents::handover::{Handed, Pointer};
use crate::domain::reports::report::Assignment;
use crate::domain::reports::reroute::Stored;
use crate::domain::time::Instant;
use crate::geom::coord::GridBox;
use crate::store::promise::{StoreError, rows_at_most};
use crate::store::sql::Dialect;
use crate::store::sqlite::Sqlite;
use crate::store::sqlite::rows::all;
use crate::store::statement::Value;
use crate::store::{atlas, incidents, plans};

impl Sqlite {
    pub(in crate::store) async fn stood_at(
        &self,
        city: &CityId,
        at: Instant,
    ) -> Result<Option<Stood>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            Ok(all(it, plans::STOOD, &[Value::text(city.as_str()), Value::Int(at.0)], |row| {
                plans::read_stood(row)
            })?
            .pop())
        })
        .await
    }

    pub(in crate::store) async fn first_instant(
        &self,
        city: &CityId,
    ) -> Result<Option<Instant>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            Ok(all(it, plans::FIRST, &[Value::text(city.as_str())], |row| plans::read_first(row))?
                .pop())
        })
        .await
    }

    pub(in crate::store) async fn plans(
        &self,
        city: &CityId,
        until: i64,
        limit: u32,
    ) -> Result<Vec<Published>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            all(
                it,
                plans::PUBLISHED,
                &plans::page_values(&city, until, rows_at_most(limit)),
                |row| plans::read_published(row),
            )
        })
        .await
    }

    pub(in crate::store) async fn plan_zones(
        &self,
        city: &CityId,
        version: i64,
    ) -> Result<Vec<Zone>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            all(it, atlas::ZONES, &plans::version_values(&city, version), |row| {
                atlas::read_zone(row)
            })
        })
        .await
    }

    pub(in crate::store) async fn open_within(
        &self,
        city: &CityId,
        frame: GridBox,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Result<Vec<Docket>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            all(
                it,
                &plans::open_within(),
                &plans::within_values(&city, frame, after, rows_at_most(limit)),
                |row| incidents::rows::docket(row),
            )
        })
        .await
    }

    pub(in crate::store) async fn handover(&self, city: &CityId) -> Result<Pointer, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            Ok(all(it, plans::POINTER, &[Value::text(city.as_str())], |row| {
                plans::read_pointer(row)
            })?
            .pop()
            .unwrap_or_default())
        })
        .await
    }

    pub(in crate::store) async fn handed(
        &self,
        city: &CityId,
        plan: i64,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Result<Vec<Handed>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            all(
                it,
                &plans::handed(),
                &plans::handed_values(&city, plan, after, rows_at_most(limit)),
                |row| plans::read_handed(row),
            )
        })
        .await
    }

    pub(in crate::store) async fn stored_within(
        &self,
        city: &CityId,
        frame: GridBox,
        since: (Instant, i64),
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<Stored>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            all(
                it,
                &plans::stored(Dialect::Sqlite),
                &plans::stored_values(
                    Dialect::Sqlite,
                    &city,
                    frame,
                    since,
                    after,
                    usize::try_from(limit).unwrap_or(usize::MAX),
                ),
                |row| plans::read_stored(row),
            )
        })
        .await
    }

    pub(in crate::store) async fn assignments(
        &self,
        city: &CityId,
        report: ReportId,
    ) -> Result<Vec<Assignment>, StoreError> {
        let city = city.clone();
        self.read(move |it| {
            all(it, &plans::assignments(), &plans::report_values(&city, report), |row| {
                plans::read_assignment(row)
            })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::file;

    #[test]
    fn stored_reports_are_looked_for_by_place_and_never_all() {
        let folder = tempfile::TempDir::new().unwrap();
        let (connection, _) = file::open(&folder.path().join("a.gpkg"), true).unwrap();
        let stored = plans::stored(Dialect::Sqlite);
        let text = format!("explain query plan {}", Dialect::Sqlite.spell(&stored));
        let mut statement = connection.prepare(&text).unwrap();
        let (mut rows, mut looks) = (statement.raw_query(), Vec::new());
        while let Some(row) = rows.next().unwrap() {
            looks.push(row.get::<_, String>(3).unwrap());
        }
        let by = |look: &str| looks.iter().any(|it| it.starts_with(look));
        assert!(by("SEARCH p USING PRIMARY KEY (block=? AND at_x>? AND at_x<?)"), "{looks:?}");
        assert!(by("SEARCH r USING INTEGER PRIMARY KEY (rowid=?)"), "{looks:?}");
        for table in ["r", "a", "p", "report"] {
            assert!(!by(&format!("SCAN {table} ")), "{looks:?}");
            assert!(!looks.contains(&format!("SCAN {table}")), "{looks:?}");
        }
    }
}
