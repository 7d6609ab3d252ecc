//! The words of a draft's way: stages, acts, and the step that records one.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::accounts::Role;
use crate::domain::id::{DraftId, KeyId, ZoneId};
use crate::domain::time::Instant;
use crate::domain::zoning::edit::{REDRAW_VERTICES_MAX, ZoningEdit};
use crate::geom::coord::GridPoint;

/// Most edits of one draft that hold.
pub const EDITS_MAX: usize = 10_000;
/// Most places of one draft's edits that hold: two whole sets of zones, as large as one may be.
pub const PLACES_MAX: usize = 2 * REDRAW_VERTICES_MAX;
/// Most bytes of one draft's edits, those that were undone included: its steps are all kept.
pub const BYTES_MAX: usize = 128 * 1024 * 1024;
/// Most steps of one draft. One that needs more is copied, and the copy goes on.
pub const STEPS_MAX: usize = 50_000;
/// Steps of these that are kept for bringing a draft to its end.
pub const STEPS_KEPT: usize = 100;
/// Most edits in one step: what is undone together.
pub const STEP_EDITS_MAX: usize = 1_000;
/// Most places of the edits in one step.
pub const STEP_PLACES_MAX: usize = 200_000;
/// Most bytes of the edits in one step, as JSON.
pub const STEP_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most keys that a draft is shared with.
pub const SHARED_MAX: usize = 100;
/// Most drafts of a city that are not over.
pub const OPEN_MAX: usize = 1_000;

macro_rules! named {
    ($(#[$top:meta])* $name:ident { $($(#[$doc:meta])* $item:ident = $code:literal, $zh:literal;)* }) => {
        $(#[$top])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$doc])* $item,)* }

        impl $name {
            /// Every one, in the order of a draft's way.
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
    /// Where a draft stands.
    Stage {
        /// It is being drawn.
        Open = "open", "编辑中";
        /// It waits for a second person.
        Proposed = "proposed", "待审批";
        /// A second person has approved it.
        Approved = "approved", "已批准";
        /// It comes into force at its time.
        Scheduled = "scheduled", "待生效";
        /// It became a plan.
        Published = "published", "已发布";
        /// It was given up.
        Dropped = "dropped", "已放弃";
    }
}

named! {
    /// What can be done with a draft.
    Act {
        /// It begins. Only ever the first step.
        Open = "open", "新建";
        /// Zones are redrawn or renamed.
        Edit = "edit", "编辑";
        /// The last edit is taken back.
        Undo = "undo", "撤销";
        /// What was taken back last is done again.
        Redo = "redo", "重做";
        /// It gets another name or other words.
        Rename = "rename", "改名";
        /// Somebody says something of it, or of a place.
        Comment = "comment", "批注";
        /// Others may edit it too.
        Share = "share", "共享";
        /// Zones are locked: no edit may change their areas.
        Lock = "lock", "锁定";
        /// It stands on the plan that is in force now.
        Rebase = "rebase", "变基";
        /// It is laid before a second person.
        Propose = "propose", "提交审批";
        /// A second person wants it.
        Approve = "approve", "批准";
        /// A second person does not want it so.
        Refuse = "refuse", "退回修改";
        /// It is drawn on after all.
        Withdraw = "withdraw", "撤回";
        /// It is to come into force at a time.
        Schedule = "schedule", "定时发布";
        /// It is in force.
        Publish = "publish", "发布";
        /// The clock could not publish it.
        PutBack = "put_back", "退回编辑";
        /// It is given up.
        Drop = "drop", "放弃";
    }
}

impl Stage {
    /// Whether nothing more is expected to happen.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Published | Self::Dropped)
    }
}

/// The draft that another one is a copy of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedFrom {
    /// Which.
    pub draft: DraftId,
    /// As it was at this revision.
    pub revision: u32,
}

/// What a step does, with what it brings along.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Deed {
    /// It begins.
    Open {
        /// What it is called.
        name: String,
        /// What it is for.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        words: String,
        /// The plan it is drawn on.
        base: i64,
        /// The draft it is a copy of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        copied_from: Option<CopiedFrom>,
        /// Who has drawn what it begins with: they approve it no more than who draws on it.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        drew: BTreeSet<String>,
        /// The edits that it begins with: a copy's, or what was imported; each list is undone together.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        edits: Vec<Vec<ZoningEdit>>,
    },
    /// Edits, all of them or none; they are undone together.
    Edit {
        /// What is done, in order.
        edits: Vec<ZoningEdit>,
    },
    /// The last edit is taken back.
    Undo,
    /// What was taken back last is done again.
    Redo,
    /// Another name, other words.
    Rename {
        /// What it is called.
        name: String,
        /// What it is for.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        words: String,
    },
    /// A remark.
    Comment {
        /// What was said.
        words: String,
        /// Of which place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<GridPoint>,
    },
    /// Whose keys may edit it besides the owner's: all of them, those before no more.
    Share {
        /// The keys.
        with: BTreeSet<KeyId>,
    },
    /// What is locked: all of it, what was before no more.
    Lock {
        /// The zones.
        zones: BTreeSet<ZoneId>,
        /// Whether the outline of all zones is, too: no ground is won or lost there.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        outline: bool,
    },
    /// It stands on another plan.
    Rebase {
        /// Which.
        base: i64,
        /// The edits that no longer fit and were left out, by their numbers from 0.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        dropped: Vec<usize>,
    },
    /// It is laid before a second person.
    Propose {
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        words: String,
    },
    /// A second person wants it.
    Approve {
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        words: String,
    },
    /// A second person does not want it so.
    Refuse {
        /// Why not.
        words: String,
    },
    /// It is drawn on after all.
    Withdraw {
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        words: String,
    },
    /// It is to come into force at a time.
    Schedule {
        /// When.
        at: Instant,
        /// Why: the plan's note; the draft's name when empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// It is in force.
    Publish {
        /// The plan that it became.
        plan: i64,
    },
    /// The clock could not publish it.
    PutBack {
        /// Why.
        words: String,
    },
    /// It is given up.
    Drop {
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        words: String,
    },
}

impl Deed {
    /// What it is.
    #[must_use]
    pub fn act(&self) -> Act {
        match self {
            Self::Open { .. } => Act::Open,
            Self::Edit { .. } => Act::Edit,
            Self::Undo => Act::Undo,
            Self::Redo => Act::Redo,
            Self::Rename { .. } => Act::Rename,
            Self::Comment { .. } => Act::Comment,
            Self::Share { .. } => Act::Share,
            Self::Lock { .. } => Act::Lock,
            Self::Rebase { .. } => Act::Rebase,
            Self::Propose { .. } => Act::Propose,
            Self::Approve { .. } => Act::Approve,
            Self::Refuse { .. } => Act::Refuse,
            Self::Withdraw { .. } => Act::Withdraw,
            Self::Schedule { .. } => Act::Schedule,
            Self::Publish { .. } => Act::Publish,
            Self::PutBack { .. } => Act::PutBack,
            Self::Drop { .. } => Act::Drop,
        }
    }

    /// What somebody said with it.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::Open { words, .. }
            | Self::Rename { words, .. }
            | Self::Comment { words, .. }
            | Self::Propose { words }
            | Self::Approve { words }
            | Self::Refuse { words }
            | Self::Withdraw { words }
            | Self::PutBack { words }
            | Self::Drop { words } => words,
            Self::Edit { .. }
            | Self::Undo
            | Self::Redo
            | Self::Share { .. }
            | Self::Lock { .. }
            | Self::Rebase { .. }
            | Self::Schedule { .. }
            | Self::Publish { .. } => "",
        }
    }
}

/// One step of a draft, as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DraftStep {
    /// Which draft.
    pub draft: DraftId,
    /// 1 for the first, then 2, 3 …
    pub revision: u32,
    /// In which role.
    pub role: Role,
    /// By whom: a key's code, `cli`, `clock`.
    pub actor: String,
    /// When. Never before the step before it.
    pub at: Instant,
    /// What was done.
    pub deed: Deed,
}
