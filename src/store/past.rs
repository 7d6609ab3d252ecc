//! What a store tells of plans in time: see [`crate::store::plans`].

use crate::domain::atlas::history::{Published, Stood};
use crate::domain::atlas::zone::Zone;
use crate::domain::id::{CityId, IncidentId, ReportId};
use crate::domain::incidents::docket::Docket;
use crate::domain::incidents::handover::{Handed, Pointer};
use crate::domain::reports::report::Assignment;
use crate::domain::reports::reroute::Stored;
use crate::domain::time::Instant;
use crate::geom::coord::GridBox;
use crate::store::promise::StoreError;
use crate::store::{Driver, Store};

/// Asks the driver at hand, as the reads beside this file do.
macro_rules! asked {
    ($self:ident.$name:ident($($given:expr),*)) => {
        match &$self.driver {
            Driver::Memory(memory) => Ok(memory.$name($($given),*)),
            Driver::Sqlite(sqlite) => sqlite.$name($($given),*).await,
            Driver::Postgres(postgres) => postgres.$name($($given),*).await,
        }
    };
}

impl Store {
    /// The atlas version that stood at an instant; `None` before the first of which anything is known.
    ///
    /// # Errors
    /// [`StoreError`], as for every read below.
    pub async fn stood_at(&self, city: &CityId, at: Instant) -> Result<Option<Stood>, StoreError> {
        asked!(self.stood_at(city, at))
    }

    /// The first instant of which anything is known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn first_instant(&self, city: &CityId) -> Result<Option<Instant>, StoreError> {
        asked!(self.first_instant(city))
    }

    /// The plans that are not higher than `until`, the last first, at most `limit` (and
    /// [`ROWS_MAX`](crate::store::ROWS_MAX)).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn plans(
        &self,
        city: &CityId,
        until: i64,
        limit: u32,
    ) -> Result<Vec<Published>, StoreError> {
        asked!(self.plans(city, until, limit))
    }

    /// The zones of a plan, by id; none for one that there is not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn plan_zones(&self, city: &CityId, version: i64) -> Result<Vec<Zone>, StoreError> {
        asked!(self.plan_zones(city, version))
    }

    /// Open incidents in a box or on its edge, by id, from behind `after`, at most `limit` (and
    /// [`ROWS_MAX`](crate::store::ROWS_MAX)).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_within(
        &self,
        city: &CityId,
        frame: GridBox,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Result<Vec<Docket>, StoreError> {
        asked!(self.open_within(city, frame, after, limit))
    }

    /// How far the city's incidents have been handed over; nothing yet for a new city.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn handover(&self, city: &CityId) -> Result<Pointer, StoreError> {
        asked!(self.handover(city))
    }

    /// What was handed over with a plan, by incident, from behind `after`, at most `limit` (and
    /// [`ROWS_MAX`](crate::store::ROWS_MAX)).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn handed(
        &self,
        city: &CityId,
        plan: i64,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Result<Vec<Handed>, StoreError> {
        asked!(self.handed(city, plan, after, limit))
    }

    /// Reports in a box or on its edge that were received at or after `since`, with an assignment in force
    /// of an earlier plan than `plan`, by id, from behind `after`, at most `limit` (and
    /// [`STORED_MAX`](Self::STORED_MAX)).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stored_within(
        &self,
        city: &CityId,
        frame: GridBox,
        since: (Instant, i64),
        after: Option<ReportId>,
        limit: u32,
    ) -> Result<Vec<Stored>, StoreError> {
        let limit = limit.min(Self::STORED_MAX);
        asked!(self.stored_within(city, frame, since, after, limit))
    }

    /// Most reports that [`Self::stored_within`] gives at once.
    pub const STORED_MAX: u32 = crate::store::plans::STORED_MAX;

    /// Every assignment of a report, the first one first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn assignments(
        &self,
        city: &CityId,
        report: ReportId,
    ) -> Result<Vec<Assignment>, StoreError> {
        asked!(self.assignments(city, report))
    }
}
