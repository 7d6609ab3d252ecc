//! Tiles of what changes all the time, as far as a caller may see it.

use std::sync::Arc;

use crate::app::incidents::standing::Standing;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat, must};
use crate::app::tiles::cases::Cases;
use crate::app::tiles::heat::{Gathering, Heat};
use crate::app::tiles::readings::Reading;
use crate::domain::accounts::{Caller, Operation, Scope};
use crate::domain::catalogue::whole::Catalogue;
use crate::domain::id::UnitId;
use crate::domain::incidents::docket::IncidentOrder;
use crate::domain::reports::report::AssignedReport;
use crate::domain::time::Instant;
use crate::geom::tile::grid::Tile;
use crate::store::{IncidentFilter, ROWS_MAX, ReportFilter, ReportKey};

/// Most open incidents that tiles are made of: those with the nearest deadlines.
const CASES_MAX: usize = 200_000;
/// So long (µs) tiles may lag behind the incidents.
const CASES_FRESH_US: i64 = 2_000_000;
/// Reports of so many days are counted.
pub const HEAT_DAYS: i64 = 30;
/// Most reports that are counted: the newest.
const REPORTS_MAX: usize = 500_000;
/// So long (µs) tiles may lag behind the reports.
const HEAT_FRESH_US: i64 = 60_000_000;
const DAY_US: i64 = 24 * 3_600 * 1_000_000;

/// A tile of the open incidents in the caller's scope.
///
/// # Errors
/// [`Refusal::NotFound`] for a caller without a scope; [`Refusal::Unavailable`].
pub async fn incidents(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    tile: Tile,
) -> Result<Vec<u8>, Refusal> {
    must(caller, Operation::ListIncidents)?;
    let unit = match caller.scope() {
        Scope::Nothing => return Err(Refusal::NotFound),
        Scope::Everything => None,
        Scope::Unit(own) => Some(own),
    };
    let now = app.now();
    let seq = *seat.journal().borrow();
    let fresh = |it: &Reading<Cases>| it.seq == seq || is_fresh(it.at, now, CASES_FRESH_US);
    let reading = app.drawings().cases.get(&seat.city, fresh, read_cases(app, seat, seq)).await?;
    Ok(reading.what.tile(tile, unit.as_ref(), now))
}

async fn read_cases(app: &App, seat: &Seat, seq: i64) -> Result<Reading<Cases>, Refusal> {
    let (filter, order) = (IncidentFilter::default(), IncidentOrder::Urgent);
    let at = app.now();
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = app.store().incidents(&seat.city, &filter, order, after, ROWS_MAX).await?;
        after = page.last().map(|docket| order.key(docket));
        all.extend(page);
        if after.is_none() || all.len() >= CASES_MAX {
            return Ok(Reading { at, seq, what: Cases::of(&all) });
        }
    }
}

/// A tile of the reports of the last days that the caller may see, counted by squares: a unit is told of those that
/// its lists hold ([`Standing::concerns`]), who has no scope of those that are public.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not; [`Refusal::Unavailable`].
pub async fn heat(app: &App, seat: &Seat, caller: &Caller, tile: Tile) -> Result<Vec<u8>, Refusal> {
    must(caller, Operation::GetTile)?;
    let now = app.now();
    let catalogue = Arc::clone(&seat.atlas()?.city().catalogue);
    // What was read before a category was blurred more may tell too much.
    let fresh =
        |it: &Reading<Heat>| is_fresh(it.at, now, HEAT_FRESH_US) && it.what.is_by(&catalogue);
    let scope = caller.scope();
    let is_of_units = matches!(scope, Scope::Unit(_));
    let drawings = app.drawings();
    let readings = if is_of_units { &drawings.heat_of_units } else { &drawings.heat };
    let read = read_heat(app, seat, &catalogue, (now, is_of_units));
    let reading = readings.get(&seat.city, fresh, read).await?;
    Ok(reading.what.tile(tile, &scope))
}

async fn read_heat(
    app: &App,
    seat: &Seat,
    catalogue: &Arc<Catalogue>,
    (at, is_of_units): (Instant, bool),
) -> Result<Reading<Heat>, Refusal> {
    let since = Instant(at.0.saturating_sub(HEAT_DAYS * DAY_US));
    let filter = ReportFilter { from: Some(since), ..ReportFilter::default() };
    let mut gathering = Gathering::by(Arc::clone(catalogue));
    let mut after = None;
    loop {
        let page = app.store().reports(&seat.city, &filter, after, ROWS_MAX).await?;
        let key = |row: &AssignedReport| ReportKey {
            received_at: row.report.received_at,
            id: row.report.id,
        };
        after = page.last().map(key);
        if is_of_units {
            let standing = Standing::read(app, seat, page.iter().map(|it| it.report.id)).await?;
            let parties = |filed: &AssignedReport| -> Vec<UnitId> {
                standing.parties(filed).into_iter().cloned().collect()
            };
            gathering.add(&page, Some(&parties));
        } else {
            gathering.add(&page, None);
        }
        if after.is_none() || gathering.len() >= REPORTS_MAX {
            return Ok(Reading { at, seq: 0, what: gathering.done() });
        }
    }
}

/// Whether what was read at a moment will do now. A clock that was set back makes nothing fresh.
fn is_fresh(at: Instant, now: Instant, for_us: i64) -> bool {
    (0..for_us).contains(&now.0.saturating_sub(at.0))
}
