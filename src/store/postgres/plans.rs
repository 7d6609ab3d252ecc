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
use crate::store::postgres::Postgres;
use crate::store::promise::{StoreError, rows_at_most};
use crate::store::sql::Dialect;
use crate::store::statement::Value;
use crate::store::{atlas, incidents, plans};

impl Postgres {
    pub(in crate::store) async fn stood_at(
        &self,
        city: &CityId,
        at: Instant,
    ) -> Result<Option<Stood>, StoreError> {
        Ok(self
            .read(plans::STOOD, &[Value::text(city.as_str()), Value::Int(at.0)], plans::read_stood)
            .await?
            .pop())
    }

    pub(in crate::store) async fn first_instant(
        &self,
        city: &CityId,
    ) -> Result<Option<Instant>, StoreError> {
        Ok(self.read(plans::FIRST, &[Value::text(city.as_str())], plans::read_first).await?.pop())
    }

    pub(in crate::store) async fn plans(
        &self,
        city: &CityId,
        until: i64,
        limit: u32,
    ) -> Result<Vec<Published>, StoreError> {
        self.read(
            plans::PUBLISHED,
            &plans::page_values(city, until, rows_at_most(limit)),
            plans::read_published,
        )
        .await
    }

    pub(in crate::store) async fn plan_zones(
        &self,
        city: &CityId,
        version: i64,
    ) -> Result<Vec<Zone>, StoreError> {
        self.read(atlas::ZONES, &plans::version_values(city, version), atlas::read_zone).await
    }

    pub(in crate::store) async fn open_within(
        &self,
        city: &CityId,
        frame: GridBox,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Result<Vec<Docket>, StoreError> {
        self.read(
            &plans::open_within(),
            &plans::within_values(city, frame, after, rows_at_most(limit)),
            incidents::rows::docket,
        )
        .await
    }

    pub(in crate::store) async fn handover(&self, city: &CityId) -> Result<Pointer, StoreError> {
        Ok(self
            .read(plans::POINTER, &[Value::text(city.as_str())], plans::read_pointer)
            .await?
            .pop()
            .unwrap_or_default())
    }

    pub(in crate::store) async fn handed(
        &self,
        city: &CityId,
        plan: i64,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Result<Vec<Handed>, StoreError> {
        self.read(
            &plans::handed(),
            &plans::handed_values(city, plan, after, rows_at_most(limit)),
            plans::read_handed,
        )
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
        self.read(
            &plans::stored(Dialect::Postgres),
            &plans::stored_values(
                Dialect::Postgres,
                city,
                frame,
                since,
                after,
                usize::try_from(limit).unwrap_or(usize::MAX),
            ),
            plans::read_stored,
        )
        .await
    }

    pub(in crate::store) async fn assignments(
        &self,
        city: &CityId,
        report: ReportId,
    ) -> Result<Vec<Assignment>, StoreError> {
        self.read(
            &plans::assignments(),
            &plans::report_values(city, report),
            plans::read_assignment,
        )
        .await
    }
}
