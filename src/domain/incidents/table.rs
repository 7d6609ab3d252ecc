//! THE table of stages, moves and roles, and what each move must carry.

use crate::domain::accounts::Role;
use crate::domain::incidents::step::{Move, Stage};

/// Where a move leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// The stage stays.
    Stay,
    /// To this stage.
    Go(Stage),
    /// As the thing that was asked says: a granted suspension pauses, all else stays.
    AsAsked,
    /// To the stage before the merge.
    BeforeMerge,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The move.
    pub act: Move,
    /// The stages in which it is open.
    pub from: &'static [Stage],
    /// Where it leads.
    pub to: To,
    /// Who may do it. [`Role::Unit`] means the lead unit of the case, for a note also the units
    /// beside it. The public adds notes, and sees no case: the door that takes them in is asked for it.
    pub who: &'static [Role],
}

use Role::{Admin, Dispatcher, Inspector, Planner, Unit};
use Stage::{
    Checked, Closed, Collected, Dispatched, Evaluated, Filed, Handled, Handling, Merged, Refused,
    SentBack, Suspended, Verified, Void,
};

const DESK: &[Role] = &[Dispatcher, Admin];
const FIELD: &[Role] = &[Dispatcher, Inspector, Admin];
const LEAD: &[Role] = &[Unit];
const WATCH: &[Role] = &[Inspector, Admin];
const STAFF: &[Role] = &[Unit, Dispatcher, Planner, Inspector, Admin];

/// Where the clock of the whole case runs; of a suspended one, once its pause is over.
const RUNNING: &[Stage] = &[Filed, Dispatched, Handling, SentBack, Suspended, Handled, Checked];
/// Where a clock runs: that of the stage from the beginning on.
const TIMED: &[Stage] =
    &[Collected, Verified, Filed, Dispatched, Handling, SentBack, Suspended, Handled, Checked];

const fn row(act: Move, from: &'static [Stage], to: To, who: &'static [Role]) -> Row {
    Row { act, from, to, who }
}

/// Who may do what, when, and where it leads. A move may have several rows, with stages apart.
/// [`Move::Collect`] has none: it only begins a case, and anybody may.
pub const TABLE: &[Row] = &[
    row(Move::Verify, &[Collected], To::Go(Verified), FIELD),
    row(Move::File, &[Verified], To::Go(Filed), DESK),
    row(Move::Dispatch, &[Filed], To::Go(Dispatched), DESK),
    row(Move::Handle, &[Dispatched], To::Go(Handling), LEAD),
    row(Move::Feedback, &[Handling], To::Go(Handled), LEAD),
    row(Move::Check, &[Handled], To::Go(Checked), FIELD),
    row(Move::Close, &[Checked], To::Go(Closed), DESK),
    row(Move::Evaluate, &[Closed], To::Go(Evaluated), WATCH),
    row(Move::Refuse, &[Collected, Verified], To::Go(Refused), DESK),
    row(
        Move::Void,
        &[Filed, Dispatched, Handling, SentBack, Suspended, Handled],
        To::Go(Void),
        DESK,
    ),
    row(Move::SendBack, &[Dispatched, Handling], To::Go(SentBack), LEAD),
    row(Move::Reassign, &[Dispatched, Handling, SentBack], To::Go(Dispatched), DESK),
    row(
        Move::HandOver,
        &[Dispatched, Handling, SentBack],
        To::Go(Dispatched),
        &[Dispatcher, Planner, Admin],
    ),
    // The reason to pause lies in the place, so it outlives a change of hands.
    row(Move::HandOver, &[Suspended], To::Stay, &[Dispatcher, Planner, Admin]),
    row(Move::AskExtension, &[Dispatched, Handling], To::Stay, LEAD),
    row(Move::AskSuspension, &[Handling], To::Stay, LEAD),
    row(Move::Grant, &[Dispatched, Handling], To::AsAsked, DESK),
    row(Move::Grant, &[Closed, Evaluated], To::Stay, WATCH),
    row(Move::Deny, &[Dispatched, Handling], To::Stay, DESK),
    row(Move::Deny, &[SentBack], To::Go(Dispatched), DESK),
    row(Move::Deny, &[Closed, Evaluated], To::Stay, WATCH),
    row(Move::Resume, &[Suspended], To::Go(Handling), &[Unit, Dispatcher, Admin]),
    row(Move::Rework, &[Handled, Checked], To::Go(Handling), FIELD),
    row(Move::Supervise, RUNNING, To::Stay, WATCH),
    // The clock speaks as the desk does; `Case::decide` refuses them to everybody else.
    row(Move::Remind, TIMED, To::Stay, DESK),
    row(Move::Urge, TIMED, To::Stay, DESK),
    row(Move::Raise, TIMED, To::Stay, DESK),
    row(Move::Appeal, &[Closed, Evaluated], To::Stay, LEAD),
    row(Move::Reopen, &[Closed, Evaluated], To::Go(Dispatched), FIELD),
    // What was refused or void has to be looked at again from the beginning.
    row(Move::Reopen, &[Refused, Void], To::Go(Collected), FIELD),
    row(
        Move::Merge,
        &[Collected, Verified, Filed, Dispatched, Handling, SentBack],
        To::Go(Merged),
        DESK,
    ),
    row(Move::Split, &[Merged], To::BeforeMerge, DESK),
    row(
        Move::Absorb,
        &[Collected, Verified, Filed, Dispatched, Handling, SentBack, Suspended, Handled, Checked],
        To::Stay,
        DESK,
    ),
    row(
        Move::Release,
        &[
            Collected, Verified, Filed, Dispatched, Handling, SentBack, Suspended, Handled,
            Checked, Closed, Evaluated, Refused, Void,
        ],
        To::Stay,
        DESK,
    ),
    row(Move::Note, Stage::ALL, To::Stay, STAFF),
];

/// The table's line for a move in a stage, where it is open.
#[must_use]
pub fn line(stage: Stage, act: Move) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.act == act && row.from.contains(&stage))
}

/// Every line that is open in a stage.
pub fn open(stage: Stage) -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(move |row| row.from.contains(&stage))
}

/// The stages in which a move is open.
#[must_use]
pub fn stages(act: Move) -> Vec<Stage> {
    let lines = TABLE.iter().filter(|row| row.act == act);
    let mut found: Vec<Stage> = lines.flat_map(|row| row.from.iter().copied()).collect();
    found.sort_unstable();
    found
}

/// Whether a move takes a thing along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must.
    Must,
    /// It may.
    May,
    /// It must not.
    No,
}

/// What a move carries. Units beside the lead may come wherever a unit must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Words or a reason.
    pub words: Need,
    /// Pictures.
    pub pictures: Need,
    /// A unit.
    pub unit: Need,
    /// A time until when.
    pub until: Need,
    /// Another incident.
    pub other: Need,
    /// Reports.
    pub reports: Need,
}

const PLAIN: Needs = Needs {
    words: Need::May,
    pictures: Need::May,
    unit: Need::No,
    until: Need::No,
    other: Need::No,
    reports: Need::No,
};
const WORDS: Needs = Needs { words: Need::Must, ..PLAIN };

/// What a move must, may and must not carry.
#[must_use]
pub fn needs(act: Move) -> Needs {
    use Need::{May, Must};
    match act {
        Move::Collect => Needs { reports: Must, ..PLAIN },
        Move::Verify | Move::File | Move::Handle | Move::Grant | Move::Resume | Move::Note => PLAIN,
        Move::Dispatch => Needs { unit: Must, ..PLAIN },
        Move::Feedback => Needs { pictures: Must, ..WORDS },
        Move::Reassign | Move::HandOver => Needs { unit: Must, ..WORDS },
        Move::SendBack => Needs { unit: May, ..WORDS },
        Move::AskExtension | Move::AskSuspension => Needs { until: Must, ..WORDS },
        Move::Merge | Move::Split | Move::Release => Needs { other: Must, ..PLAIN },
        Move::Absorb => Needs { other: Must, reports: Must, ..PLAIN },
        Move::Check
        | Move::Close
        | Move::Evaluate
        | Move::Refuse
        | Move::Void
        | Move::Deny
        | Move::Rework
        | Move::Supervise
        | Move::Remind
        | Move::Urge
        | Move::Raise
        | Move::Appeal
        | Move::Reopen => WORDS,
    }
}
