//! What the public may follow: incidents that are open or were closed lately, without what is personal.
//!
//! Only what was told in public is in it (see [`crate::domain::reports::public`]); a place is told as blurred
//! as its category asks.

use std::collections::BTreeMap;

use crate::app::open311::{self, Seen};
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::id::{CategoryCode, IncidentId, ReportId, UnitId, ZoneId};
use crate::domain::incidents::docket::incident_of;
use crate::domain::incidents::step::Stage;
use crate::domain::reports::public::{PublicPlace, masked};
use crate::domain::time::Instant;

/// Most incidents in a feed.
pub const FEED_MAX: u32 = 500;
/// So many of the newest public reports are looked at.
const LOOKED_AT: u32 = 2_000;
/// So long ago a report may have come in.
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
    /// By when it should be done, while it is not.
    pub expected_at: Option<Instant>,
    /// The zone, where the place lies in one.
    pub zone: Option<ZoneId>,
    /// The unit that answers.
    pub unit: UnitId,
    /// Where.
    pub place: PublicPlace,
    /// What was said, numbers and addresses taken out.
    pub words: String,
    /// How many stand behind it.
    pub supporters: u32,
}

/// The feed of a city or of one zone, what changed last first.
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
    if let Some(zone) = &zone
        && seat.atlas()?.zone(zone).is_none()
    {
        return Err(Refusal::fault("zone", format!("there is no zone {zone}")));
    }
    let now = app.now();
    let from = Some(Instant(now.0.saturating_sub(REPORTED_US)));
    let wanted = open311::Wanted { zone, from, limit: LOOKED_AT, ..open311::Wanted::default() };
    let seen = open311::list(app, seat, caller, &wanted).await?;
    let since = Instant(now.0.saturating_sub(CLOSED_US));
    let lately = |it: &Seen| !it.is_closed() || it.updated_at() >= since;
    // The newest first, so that of one incident's reports the first to be told is the last to be put in.
    let mut by_case: BTreeMap<IncidentId, Item> = BTreeMap::new();
    for it in seen.iter().filter(|it| lately(it)) {
        let item = item(it);
        by_case.insert(item.id, item);
    }
    let mut all: Vec<Item> = by_case.into_values().collect();
    all.sort_by_key(|it| std::cmp::Reverse((it.updated_at, it.id)));
    all.truncate(limit.min(FEED_MAX) as usize);
    Ok(all)
}

fn item(seen: &Seen) -> Item {
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
        place: report.public_place(),
        words: masked(&report.words),
        supporters: case.map_or(1, |case| case.supporters),
    }
}
