//! The words of the workflow: stages, moves, and the step that records a move.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::accounts::Role;
use crate::domain::clocks::escalation::Act;
use crate::domain::clocks::limits::{Awaited, ClockOf};
use crate::domain::id::{IncidentId, PictureId, ReportId, UnitId};
use crate::domain::time::Instant;

/// Most pictures on one step.
pub const PICTURES_MAX: usize = 20;
/// Most pictures that are kept with one incident, those of its report among them; of some that come at one moment
/// each may be the last.
pub const KEPT_PICTURES_MAX: usize = 200;
/// Most units beside the lead.
pub const CO_UNITS_MAX: usize = 16;
/// Most steps of one incident. A case that needs more is stuck in a loop of two machines.
pub const STEPS_MAX: usize = 2_000;
/// Steps of these that are kept for bringing a case to its end; an incident taken in needs one more,
/// to be released. So about half of the steps can take an incident in, be their reports few; what comes then opens
/// a case that takes in what follows.
pub const STEPS_KEPT: usize = 100;
/// Most reports behind one incident.
pub const REPORTS_MAX: usize = 10_000;

macro_rules! named {
    ($(#[$top:meta])* $name:ident { $($(#[$doc:meta])* $item:ident = $code:literal, $zh:literal;)* }) => {
        $(#[$top])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$doc])* $item,)* }

        impl $name {
            /// Every one, in the order of the workflow.
            pub const ALL: &'static [Self] = &[$(Self::$item,)*];

            /// The code in tables and on the wire.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$item => $code,)* }
            }

            /// The Chinese name.
            #[must_use]
            pub fn zh(self) -> &'static str {
                match self { $(Self::$item => $zh,)* }
            }

            /// The one with this code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.code() == code)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}

named! {
    /// Where a case stands (GB/T 30428.8).
    Stage {
        /// A report opened it.
        Collected = "collected", "信息收集";
        /// Somebody made sure that it is so.
        Verified = "verified", "核实";
        /// It counts as a case.
        Filed = "filed", "立案";
        /// It lies with a unit that has not yet begun.
        Dispatched = "dispatched", "派遣";
        /// The unit is at it.
        Handling = "handling", "处置";
        /// The unit says that it is the wrong one; it answers until a dispatcher decides.
        SentBack = "sent_back", "回退";
        /// The clock is paused, with approval.
        Suspended = "suspended", "挂账";
        /// The unit says that it is done.
        Handled = "handled", "反馈";
        /// Somebody else has seen that it is done.
        Checked = "checked", "核查";
        /// Closed.
        Closed = "closed", "结案";
        /// Closed and assessed.
        Evaluated = "evaluated", "综合评价";
        /// Never became a case.
        Refused = "refused", "不予受理";
        /// Was filed in error.
        Void = "void", "作废";
        /// Lives on within another incident.
        Merged = "merged", "并案";
    }
}

named! {
    /// What can be done with a case.
    Move {
        /// A report opens it. Only ever the first step.
        Collect = "collect", "信息收集";
        /// It is so.
        Verify = "verify", "核实";
        /// It counts.
        File = "file", "立案";
        /// It goes to a unit.
        Dispatch = "dispatch", "派遣";
        /// The unit begins.
        Handle = "handle", "处置";
        /// The unit says that it is done.
        Feedback = "feedback", "反馈";
        /// Seen to be done.
        Check = "check", "核查";
        /// The end.
        Close = "close", "结案";
        /// Assessed.
        Evaluate = "evaluate", "综合评价";
        /// Not for the city.
        Refuse = "refuse", "不予受理";
        /// Filed in error.
        Void = "void", "作废";
        /// The unit says that it is the wrong one.
        SendBack = "send_back", "回退";
        /// A dispatcher names another unit.
        Reassign = "reassign", "改派";
        /// Another plan makes another unit answer here.
        HandOver = "hand_over", "移交";
        /// The unit asks for more time.
        AskExtension = "ask_extension", "申请延时";
        /// The unit asks to pause the clock.
        AskSuspension = "ask_suspension", "申请挂账";
        /// What was asked is given.
        Grant = "grant", "批准";
        /// What was asked is not given; a sent-back case returns to its unit.
        Deny = "deny", "驳回";
        /// The clock runs again.
        Resume = "resume", "恢复";
        /// The same unit does it again after a failed check.
        Rework = "rework", "返工";
        /// Urged from above.
        Supervise = "supervise", "督办";
        /// The clock reminds whoever has an overdue case, the unit or the desk.
        Remind = "remind", "催办";
        /// The clock calls those who supervise to an overdue case.
        Urge = "urge", "超期督办";
        /// The clock lays an overdue case before those who run the city.
        Raise = "raise", "升级";
        /// The unit contests how the case was judged.
        Appeal = "appeal", "申诉";
        /// Taken up again.
        Reopen = "reopen", "重新立案";
        /// It is the same matter as another incident and lives on there.
        Merge = "merge", "并案";
        /// A merge is undone.
        Split = "split", "拆案";
        /// The other side of a merge: this incident takes another in.
        Absorb = "absorb", "并入";
        /// The other side of a split.
        Release = "release", "拆出";
        /// Words or pictures that move nothing.
        Note = "note", "备注";
    }
}

impl Stage {
    /// Whether nothing more is expected to happen.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Evaluated | Self::Refused | Self::Void | Self::Merged)
    }

    /// Whether the public is told no more what was said and shown: it never was a case, or it was one in error. So
    /// staff withhold what is abusive.
    #[must_use]
    pub fn is_withheld(self) -> bool {
        matches!(self, Self::Refused | Self::Void)
    }

    /// Whether a unit has to answer for the case here.
    #[must_use]
    pub fn has_unit(self) -> bool {
        matches!(
            self,
            Self::Dispatched
                | Self::Handling
                | Self::SentBack
                | Self::Suspended
                | Self::Handled
                | Self::Checked
                | Self::Closed
                | Self::Evaluated
        )
    }

    /// What it waits for.
    #[must_use]
    pub fn awaited(self) -> Option<Awaited> {
        match self {
            Self::Collected => Some(Awaited::Verify),
            Self::Verified => Some(Awaited::File),
            Self::Filed | Self::SentBack => Some(Awaited::Dispatch),
            Self::Dispatched | Self::Handling | Self::Suspended => Some(Awaited::Handle),
            Self::Handled => Some(Awaited::Check),
            Self::Checked => Some(Awaited::Close),
            Self::Closed | Self::Evaluated | Self::Refused | Self::Void | Self::Merged => None,
        }
    }
}

impl Move {
    /// The move that takes a step of a ladder.
    #[must_use]
    pub fn climbing(act: Act) -> Self {
        match act {
            Act::Remind => Self::Remind,
            Act::Urge => Self::Urge,
            Act::Raise => Self::Raise,
        }
    }

    /// The step of a ladder that it takes; `None` for what people do.
    #[must_use]
    pub fn rung(self) -> Option<Act> {
        Act::ALL.into_iter().find(|act| Self::climbing(*act) == self)
    }
}

/// What a step brings along.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Carried {
    /// What was said or done, or the reason.
    pub words: String,
    /// Pictures.
    pub pictures: Vec<PictureId>,
    /// The unit that is to answer; with a send-back the one proposed.
    pub unit: Option<UnitId>,
    /// Units beside it.
    pub co: Vec<UnitId>,
    /// Until when an extension or suspension is asked.
    pub until: Option<Instant>,
    /// The other incident of a merge or split.
    pub other: Option<IncidentId>,
    /// The reports that open the case, or come or go with the other incident.
    pub reports: Vec<ReportId>,
    /// The sender's own key of what it added: with the same key it is added once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Of a step of the clock, which one is overdue. Journals of old say nothing: that of the whole case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockOf>,
}

/// One step of a case, as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which case.
    pub incident: IncidentId,
    /// 1 for the first, then 2, 3 …
    pub revision: u32,
    /// What was done.
    pub act: Move,
    /// In which role.
    pub role: Role,
    /// By whom: a key's code, or `cli`, or `public`.
    pub actor: String,
    /// For which unit the actor spoke.
    pub speaks_for: Option<UnitId>,
    /// When. Never before the step before it.
    pub at: Instant,
    /// What it brings along.
    pub carried: Carried,
}
