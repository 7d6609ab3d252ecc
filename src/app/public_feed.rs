//! What the public may follow: incidents that are open or were closed lately, without what is personal.
//!
//! Only what was told in public is in it (see [`crate::domain::reports::public`]); a place is told as blurred
//! as its category asks.

use std::collections::{BTreeMap, HashMap};

use crate::app::open311::Seen;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::catalogue::whole::Catalogue;
use crate::domain::id::{CategoryCode, IncidentId, ReportId, UnitId, ZoneId};
use crate::domain::incidents::docket::incident_of;
use crate::domain::incidents::step::Stage;
use crate::domain::reports::public::{PublicPlace, masked};
use crate::domain::time::Instant;
use crate::store::{PublicCase, ReportFilter};

/// Most incidents in a feed.
pub const FEED_MAX: u32 = 500;
/// So long ago an incident may have been told.
const REPORTED_US: i64 = 90 * DAY_US;
/// So long a closed incident stays in the feed.
const CLOSED_US: i64 = 14 * DAY_US;
const DAY_US: i64 = 24 * 3_600 * 1_000_000;

/// An incident as the public sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Which.
    pub id: IncidentId,
    /// The public report that told of it first.
    pub report: ReportId,
    /// What it is about, where that is known.
    pub category: Option<CategoryCode>,
    /// Where it stands.
    pub stage: Stage,
    /// Whether something is still expected to happen.
    pub is_open: bool,
    /// When it was told first.
    pub told_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
    /// By when it should be over, while it is not: see [`Seen::expected_at`].
    pub expected_at: Option<Instant>,
    /// The zone, where the place lies in one.
    pub zone: Option<ZoneId>,
    /// The unit that answers.
    pub unit: UnitId,
    /// Where.
    pub place: PublicPlace,
    /// What was said, numbers and addresses taken out; nothing where it is withheld.
    pub words: String,
    /// How many stand behind it.
    pub supporters: u32,
}

/// The feed of a city or of one zone, what changed last first. The store is asked for the incidents of that zone
/// alone, however many others were told since.
///
/// # Errors
/// [`Refusal::Unavailable`]; [`Refusal::Invalid`] for a zone that there is not.
pub async fn items(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    operation: Operation,
    zone: Option<ZoneId>,
    limit: u32,
) -> Result<Vec<Item>, Refusal> {
    must(caller, operation)?;
    let atlas = seat.atlas()?;
    let catalogue = &*atlas.city().catalogue;
    if let Some(zone) = &zone
        && atlas.zone(zone).is_none()
    {
        return Err(Refusal::fault("zone", format!("there is no zone {zone}")));
    }
    let limit = limit.min(FEED_MAX);
    let now = app.now();
    let told_from = Instant(now.0.saturating_sub(REPORTED_US));
    let over_from = Instant(now.0.saturating_sub(CLOSED_US));
    // What waits is read first: what is taken up meanwhile is then found as an incident.
    let mut by_case: BTreeMap<IncidentId, Item> = BTreeMap::new();
    for seen in waiting(app, seat, zone.as_ref(), told_from, limit).await? {
        let item = item(&seen, catalogue);
        by_case.insert(item.id, item);
    }
    let (store, city) = (app.store(), &seat.city);
    let cases = store.public_cases(city, zone.as_ref(), (told_from, over_from), limit).await?;
    for seen in with_reports(app, seat, cases).await? {
        let item = item(&seen, catalogue);
        by_case.insert(item.id, item);
    }
    let mut all: Vec<Item> = by_case.into_values().collect();
    all.sort_by_key(|it| std::cmp::Reverse((it.updated_at, it.id)));
    all.truncate(limit as usize);
    Ok(all)
}

/// The newest public reports of which the desk has not opened an incident yet.
async fn waiting(
    app: &App,
    seat: &Seat,
    zone: Option<&ZoneId>,
    from: Instant,
    limit: u32,
) -> Result<Vec<Seen>, Refusal> {
    let store = app.store();
    if store.waiting(&seat.city, 1).await?.is_empty() {
        return Ok(Vec::new());
    }
    let zone = zone.cloned();
    let filter = ReportFilter { zone, from: Some(from), public: true, ..ReportFilter::default() };
    let newest = store.reports(&seat.city, &filter, None, limit).await?;
    let ids: Vec<IncidentId> = newest.iter().map(|it| incident_of(it.report.id)).collect();
    let opened = store.incidents_of(&seat.city, &ids).await?;
    let waits = |id: ReportId| !opened.iter().any(|it| it.id == incident_of(id));
    let waiting = newest.into_iter().filter(|it| waits(it.report.id));
    Ok(waiting.map(|filed| Seen { filed, case: None }).collect())
}

/// The cases with the public reports that told of them first.
async fn with_reports(
    app: &App,
    seat: &Seat,
    cases: Vec<PublicCase>,
) -> Result<Vec<Seen>, Refusal> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<ReportId> = cases.iter().map(|it| it.report).collect();
    let filter = ReportFilter { ids, public: true, ..ReportFilter::default() };
    let found = app.store().reports(&seat.city, &filter, None, FEED_MAX).await?;
    let mut filed: HashMap<ReportId, _> = found.into_iter().map(|it| (it.report.id, it)).collect();
    let seen = cases
        .into_iter()
        .filter_map(|it| Some(Seen { filed: filed.remove(&it.report)?, case: Some(it.docket) }));
    Ok(seen.collect())
}

fn item(seen: &Seen, catalogue: &Catalogue) -> Item {
    let (report, case) = (&seen.filed.report, seen.case.as_ref());
    Item {
        id: case.map_or(incident_of(report.id), |case| case.id),
        report: report.id,
        category: report.category.clone(),
        stage: case.map_or(Stage::Collected, |case| case.stage),
        is_open: !seen.is_closed(),
        told_at: report.received_at,
        updated_at: seen.updated_at(),
        expected_at: seen.expected_at(),
        zone: seen.zone().cloned(),
        unit: seen.unit().clone(),
        place: report.public_place(catalogue),
        words: if seen.is_withheld() { String::new() } else { masked(&report.words) },
        supporters: case.map_or(1, |case| case.supporters),
    }
}
