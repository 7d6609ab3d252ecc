//! Why a step is refused, with what would be right.

use std::fmt;

use crate::domain::accounts::Role;
use crate::domain::id::{IncidentId, UnitId};
use crate::domain::incidents::step::{Move, Stage, Step};

/// Most steps or incidents that a sentence names; the facts hold all of them.
const NAMED_MAX: usize = 10;

/// A move that is open, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The move.
    pub act: Move,
    /// Who may do it.
    pub who: &'static [Role],
}

/// One fault of what a step carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// Which thing: `words`, `pictures`, `unit`, `co`, `until`, `other`, `reports`, `clock`.
    pub field: &'static str,
    /// What would be right.
    pub says: String,
}

/// Why a step is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The caller does not see the case; to them it does not exist.
    Unseen,
    /// The case has moved on since the caller looked.
    Stale { seen: u32, now: u32, stage: Stage, since: Vec<Step> },
    /// The move is not open in this stage.
    NotOpen { act: Move, stage: Stage, open_in: Vec<Stage>, open: Vec<Opening> },
    /// The move is open, but not to this role.
    NotForRole { act: Move, stage: Stage, role: Role, who: &'static [Role], yours: Vec<Move> },
    /// The move is the lead unit's, and the caller speaks for a unit beside it.
    NotLead { act: Move, lead: Option<UnitId> },
    /// Merge, split and their other sides are decided over both cases at once.
    Paired(Move),
    /// The clock takes it when the case is overdue, and nobody else.
    ByTheClock(Move),
    /// What the step carries has faults: all of them.
    Carried { act: Move, lacks: Vec<Lack> },
    /// Nothing was asked that could be granted or denied.
    NothingAsked { act: Move, stage: Stage },
    /// Something was asked before and waits for its answer.
    AlreadyAsked { act: Move, waits: Move },
    /// The case lies with this unit already.
    SameUnit { act: Move, unit: UnitId },
    /// The other incident is not the one.
    WrongOther { act: Move, given: IncidentId, right: Vec<IncidentId> },
    /// More than `max` would be kept.
    Full { what: &'static str, max: usize },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unseen => f.write_str("there is no such incident"),
            Self::Stale { seen, now, stage, since } => stale(f, *seen, *now, *stage, since),
            Self::NotOpen { act, stage, open_in, open } => not_open(f, *act, *stage, open_in, open),
            Self::NotForRole { act, stage, role, who, yours } => {
                let who = list(who.iter().map(|role| role.code()));
                write!(f, "{act} at {stage} is for {who}, not for {}", role.code())?;
                if yours.is_empty() {
                    f.write_str("; nothing is open to you here")
                } else {
                    write!(f, "; open to you: {}", list(yours.iter().map(|act| act.code())))
                }
            }
            Self::NotLead { act, lead } => match lead {
                Some(lead) => {
                    write!(f, "{act} is for the lead unit {lead}; yours stands beside it")
                }
                None => write!(f, "{act} is for the lead unit, and the case has none yet"),
            },
            Self::Paired(act) => {
                write!(f, "{act} changes two cases: ask for a merge or a split of both")
            }
            Self::ByTheClock(act) => {
                write!(
                    f,
                    "{act} is taken by the clock, once the case is overdue; a person urges by supervise"
                )
            }
            Self::Carried { act, lacks } => {
                write!(f, "{act} ")?;
                for (n, lack) in lacks.iter().enumerate() {
                    let and = if n == 0 { "" } else { "; " };
                    write!(f, "{and}{}: {}", lack.field, lack.says)?;
                }
                Ok(())
            }
            Self::NothingAsked { act, stage } => {
                write!(f, "{act} answers what a unit asked, and nothing is asked at {stage}")
            }
            Self::AlreadyAsked { act, waits } => {
                write!(f, "{act} must wait until {waits} is granted or denied")
            }
            Self::SameUnit { act, unit } => {
                write!(f, "{act} needs another unit: the case lies with {unit} already")
            }
            Self::WrongOther { act, given, right } if right.is_empty() => {
                write!(f, "{act} with {given} is not possible: give another incident")
            }
            Self::WrongOther { act, given, right } => {
                let named: Vec<String> =
                    right.iter().take(NAMED_MAX).map(ToString::to_string).collect();
                let more = if right.len() > NAMED_MAX { " and others" } else { "" };
                let named = named.join(", ");
                write!(
                    f,
                    "{act} with {given} is not possible: the incidents here are {named}{more}"
                )
            }
            Self::Full { what, max } => write!(f, "at most {max} {what} are kept on one incident"),
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
    since: &[Step],
) -> fmt::Result {
    write!(f, "the case was at revision {seen} when you looked and is at {now} now")?;
    let left_out = since.len().saturating_sub(NAMED_MAX);
    if left_out > 0 {
        write!(f, "; after {left_out} other steps")?;
    }
    for step in &since[left_out..] {
        write!(f, "; {} by {} at {}", step.act, step.actor, step.at.rfc3339())?;
    }
    write!(f, "; it stands at {stage}: look again, then decide")
}

fn not_open(
    f: &mut fmt::Formatter<'_>,
    act: Move,
    stage: Stage,
    open_in: &[Stage],
    open: &[Opening],
) -> fmt::Result {
    write!(f, "{act} is not open while the case stands at {stage}; ")?;
    if open_in.is_empty() {
        f.write_str("it only begins a case")?;
    } else {
        write!(f, "it is at {}", list(open_in.iter().map(|stage| stage.code())))?;
    }
    f.write_str("; open now: ")?;
    for (n, opening) in open.iter().enumerate() {
        let comma = if n == 0 { "" } else { ", " };
        let who = list(opening.who.iter().map(|role| role.code()));
        write!(f, "{comma}{} ({who})", opening.act)?;
    }
    Ok(())
}
