//! What a store is asked and what it answers: the nouns of the promise.

use crate::domain::answers::KeptAnswer;
use crate::domain::clocks::escalation::Act;
use crate::domain::drafts::step::Stage as DraftStage;
use crate::domain::id::{CategoryCode, CityId, IncidentId, ReportId, UnitId, ZoneId};
use crate::domain::incidents::docket::Docket;
use crate::domain::incidents::step::{Stage, Step};
use crate::domain::time::Instant;
use crate::geom::coord::GridBox;

/// Who writes, where and when; the same for all changes of one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// In which city.
    pub city: CityId,
    /// A key's code, `cli`, `public`.
    pub actor: String,
    /// When, by the app's clock.
    pub at: Instant,
}

/// On what the writer decided. The commit is refused when it has moved meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Basis {
    /// The atlas version that was read; `None` when the decision does not depend on it; `Some(0)`
    /// for a city that does not exist yet.
    pub atlas_version: Option<i64>,
}

/// Where a city stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Counts every change of the atlas.
    pub atlas_version: i64,
    /// The journal's last number.
    pub journal_seq: i64,
}

/// Why a commit changed nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CommitError {
    /// The atlas has moved: read again, decide again.
    #[error("the atlas is at version {now}, not at the one this was decided on")]
    Moved { now: i64 },
    /// The idempotency key was used before, for this report.
    #[error("this idempotency key was used before, for report {report}")]
    KeyUsed { report: ReportId, request_hash: String },
    /// An answer is kept under the idempotency key.
    #[error("this idempotency key was used before, and its answer is kept")]
    AnsweredBefore(KeptAnswer),
    /// There is no such city.
    #[error("there is no city {0}")]
    NoCity(CityId),
    /// The id is taken, or what should change is not there.
    #[error("{0}")]
    Conflict(String),
    /// The store failed; whether the commit happened is not known unless it says so.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The store itself failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, is full, read-only, or too busy.
    #[error("the store does not answer: {0}")]
    Unavailable(String),
    /// What it holds cannot be read back: a damaged row, a newer schema.
    #[error("the store holds what cannot be read: {0}")]
    Damaged(String),
}

/// Which reports; every condition given must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReportFilter {
    /// In this zone.
    pub zone: Option<ZoneId>,
    /// Assigned to this unit, or beside it.
    pub unit: Option<UnitId>,
    /// Of one of these categories or below one; empty: of any or none.
    pub categories: Vec<CategoryCode>,
    /// Received at or after.
    pub from: Option<Instant>,
    /// Received before.
    pub to: Option<Instant>,
    /// Only those that wait for a dispatcher, or only those that do not.
    pub for_dispatcher: Option<bool>,
    /// One of these; empty: any.
    pub ids: Vec<ReportId>,
    /// Within this box or on its edge.
    pub frame: Option<GridBox>,
    /// Only those that the public may see.
    pub public: bool,
    /// Only those whose case says this.
    pub case: CaseFilter,
}

/// What the case behind a report is to say; a report without one is open, and changed when it was received.
///
/// Judged by the report's own case, or by the one which that was merged into. A report whose case lives on further
/// than that is listed whatever is asked for: who asks has to look closer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// That it is over, or that it is not.
    pub closed: Option<bool>,
    /// That report or case changed at or after.
    pub changed_from: Option<Instant>,
    /// That report and case changed before.
    pub changed_to: Option<Instant>,
}

/// The place of a report in a list: newest first, within one instant the highest id first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReportKey {
    /// When it was received.
    pub received_at: Instant,
    /// Its id.
    pub id: ReportId,
}

/// Which incidents; every condition given must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IncidentFilter {
    /// In this zone.
    pub zone: Option<ZoneId>,
    /// Led by this unit, or with it beside the lead.
    pub unit: Option<UnitId>,
    /// Of this category or below it.
    pub category: Option<CategoryCode>,
    /// At this stage.
    pub stage: Option<Stage>,
    /// Only those that are not over; in an order that lists these alone it says nothing.
    pub open: bool,
    /// Only those that wait for a dispatcher because the rules were not sure.
    pub for_dispatcher: bool,
    /// Only those whose ladder was climbed at least so far.
    pub escalated: Option<Act>,
    /// Due at or after.
    pub due_from: Option<Instant>,
    /// Due before.
    pub due_to: Option<Instant>,
    /// Opened at or after.
    pub opened_from: Option<Instant>,
    /// Opened before.
    pub opened_to: Option<Instant>,
}

/// The place of a step in a list of what happened: the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepKey {
    /// When it was taken.
    pub at: Instant,
    /// In which case.
    pub incident: IncidentId,
    /// Which of the case's steps.
    pub revision: u32,
}

impl StepKey {
    /// The place of a step.
    #[must_use]
    pub fn of(step: &Step) -> Self {
        Self { at: step.at, incident: step.incident, revision: step.revision }
    }
}

/// A case behind which a public report stands.
#[derive(Clone, Debug, PartialEq)]
pub struct PublicCase {
    /// As it stands.
    pub docket: Docket,
    /// The public report that told of it first.
    pub report: ReportId,
}

/// Which drafts; every condition given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftFilter {
    /// At this stage.
    pub stage: Option<DraftStage>,
    /// Only those that are not over, or only those that are.
    pub open: Option<bool>,
    /// Begun by this actor.
    pub owner: Option<String>,
}

/// Which deliveries of a webhook; every condition given must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Those that are tried no more, or those that still are.
    pub dead: bool,
    /// Only those whose next attempt is due by then, or lies further off than any attempt does.
    pub due: Option<Instant>,
}

/// Most rows that one read of reports, incidents or journal gives; a higher limit is lowered to it.
pub const ROWS_MAX: u32 = 10_000;

/// Most bytes of edits that one read of a draft's steps gives. The step that goes beyond it is the last one, so
/// that no page is empty before the end.
pub const STEPS_BYTES_MAX: usize = 8 * 1024 * 1024;

pub(super) fn rows_at_most(limit: u32) -> usize {
    usize::try_from(limit.min(ROWS_MAX)).unwrap_or(usize::MAX)
}
