//! Why a step of a draft is refused, with what would be right.

use std::fmt;

use crate::domain::drafts::step::{Act, DraftStep, Stage};
use crate::domain::drafts::table::Who;
use crate::domain::time::Instant;

/// Most steps that a sentence names; the facts hold all of them.
const NAMED_MAX: usize = 10;

/// One fault of what a step carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// Which thing.
    pub field: String,
    /// What would be right.
    pub says: String,
}

/// What there is only so much room for in one draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Steps of every kind.
    Steps,
    /// Edits that hold.
    Edits,
    /// Places of the edits that hold.
    Places,
    /// Bytes of all edits, those that were undone included.
    Bytes,
}

impl Room {
    fn name(self) -> &'static str {
        match self {
            Self::Steps => "steps",
            Self::Edits => "edits",
            Self::Places => "places of edits",
            Self::Bytes => "bytes of edits, those that were undone included",
        }
    }

    fn limit(self) -> &'static str {
        match self {
            Self::Steps => "STEPS_MAX",
            Self::Edits => "EDITS_MAX",
            Self::Places => "PLACES_MAX",
            Self::Bytes => "BYTES_MAX",
        }
    }

    /// What to do. A copy begins with the edits that hold: it has none of the steps, and just as many edits.
    fn remedy(self) -> &'static str {
        match self {
            Self::Steps | Self::Bytes => {
                "make a copy of it, which begins with the edits that hold, and go on there"
            }
            Self::Edits | Self::Places => {
                "publish it and go on in a new draft, or begin one by importing the zones of this one, \
                 which is a single edit; or undo steps"
            }
        }
    }
}

/// Why a step is refused.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// The draft has gone on since the caller looked.
    Stale {
        /// What the caller looked at.
        seen: u32,
        /// Where it is.
        now: u32,
        /// Its stage.
        stage: Stage,
        /// What came since.
        since: Vec<DraftStep>,
    },
    /// The act is not open at this stage.
    NotOpen { act: Act, stage: Stage, open_in: Vec<Stage>, open: Vec<Act> },
    /// The act is open, but not to this caller.
    NotYours { act: Act, stage: Stage, who: Who },
    /// What the step carries has faults: all of them.
    Carried { act: Act, lacks: Vec<Lack> },
    /// Nothing was edited that could be taken back, or taken back that could be done again.
    NothingTo(Act),
    /// More than `max` would be kept.
    Full { what: Room, max: usize },
    /// The city wants a second person's approval first.
    Unapproved { act: Act },
    /// The draft stands on a plan that is no longer in force.
    OldBase { base: i64, now: i64 },
    /// It stands on the plan in force already.
    SameBase { base: i64 },
    /// The time has passed.
    Past { at: Instant, now: Instant },
    /// The last edit changed the area of a zone that is locked now.
    Locked { act: Act, zones: Vec<String> },
    /// It leaves everything as it is.
    Idle,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale { seen, now, stage, since } => stale(f, *seen, *now, *stage, since),
            Self::NotOpen { act, stage, open_in, open } => {
                write!(f, "{act} is not open while the draft stands at {stage}; it is at ")?;
                f.write_str(&list(open_in.iter().map(|stage| stage.code())))?;
                if open.is_empty() {
                    f.write_str("; nothing is open any more: make a copy of it")
                } else {
                    write!(f, "; open now: {}", list(open.iter().map(|act| act.code())))?;
                    let over = matches!(stage, Stage::Published | Stage::Dropped);
                    f.write_str(if over { "; make a copy of it to go on" } else { "" })
                }
            }
            Self::NotYours { act, stage, who } => {
                write!(f, "{act} at {stage} is for {}", who.words())
            }
            Self::Carried { act, lacks } => {
                write!(f, "{act} ")?;
                for (n, lack) in lacks.iter().enumerate() {
                    let and = if n == 0 { "" } else { "; " };
                    write!(f, "{and}{}: {}", lack.field, lack.says)?;
                }
                Ok(())
            }
            Self::NothingTo(act) => write!(f, "there is nothing to {act}"),
            Self::Full { what, max } => {
                let (name, limit, then) = (what.name(), what.limit(), what.remedy());
                write!(f, "a draft keeps at most {max} {name} (limit {limit}); {then}")
            }
            Self::Unapproved { act } => write!(
                f,
                "the city wants a second person's approval before {act}: propose the draft, and let a \
                 planner or admin approve it who neither owns it nor drew nor proposed it"
            ),
            Self::OldBase { base, now } => write!(
                f,
                "the draft is drawn on plan {base}, and plan {now} is in force: rebase it first"
            ),
            Self::SameBase { base } => {
                write!(f, "the draft stands on plan {base} already, which is in force")
            }
            Self::Past { at, now } => write!(
                f,
                "{} has passed, it is {}; give a time to come, or none for now",
                at.rfc3339(),
                now.rfc3339()
            ),
            Self::Locked { act, zones } => write!(
                f,
                "{act} would change the area of what is locked: {}; unlock it first",
                zones.join(", ")
            ),
            Self::Idle => f.write_str("the draft is the plan in force as it is; edit it first"),
        }
    }
}

impl std::error::Error for Refusal {}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

fn stale(
    f: &mut fmt::Formatter<'_>,
    seen: u32,
    now: u32,
    stage: Stage,
    since: &[DraftStep],
) -> fmt::Result {
    write!(f, "the draft was at revision {seen} when you looked and is at {now} now")?;
    let left_out = since.len().saturating_sub(NAMED_MAX);
    if left_out > 0 {
        write!(f, "; after {left_out} other steps")?;
    }
    for step in &since[left_out..] {
        write!(f, "; {} by {} at {}", step.deed.act(), step.actor, step.at.rfc3339())?;
    }
    write!(f, "; it stands at {stage}: look again, then decide")
}
