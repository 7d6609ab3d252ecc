//! What a case stands at: folded from its steps, and the one law for the next step.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::accounts::Role;
use crate::domain::clocks::limits::ClockOf;
use crate::domain::id::{IncidentId, ReportId, UnitId};
use crate::domain::incidents::load::check_carried;
use crate::domain::incidents::refusal::{Lack, Opening, Refusal};
use crate::domain::incidents::step::{Move, REPORTS_MAX, STEPS_KEPT, STEPS_MAX, Stage, Step};
use crate::domain::incidents::table::{self, Row, To};
use crate::domain::time::Instant;

/// What a unit asked and nobody has answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// More time 延时, until then.
    Extension(Instant),
    /// To pause the clock 挂账, until then.
    Suspension(Instant),
    /// To be judged anew 申诉.
    Appeal,
}

impl Asked {
    fn by(step: &Step) -> Option<Self> {
        match (step.act, step.carried.until) {
            (Move::AskExtension, Some(until)) => Some(Self::Extension(until)),
            (Move::AskSuspension, Some(until)) => Some(Self::Suspension(until)),
            (Move::Appeal, _) => Some(Self::Appeal),
            _ => None,
        }
    }

    /// The move that asked.
    #[must_use]
    pub fn act(self) -> Move {
        match self {
            Self::Extension(_) => Move::AskExtension,
            Self::Suspension(_) => Move::AskSuspension,
            Self::Appeal => Move::Appeal,
        }
    }

    fn until(self) -> Option<Instant> {
        match self {
            Self::Extension(until) | Self::Suspension(until) => Some(until),
            Self::Appeal => None,
        }
    }
}

/// Where a merged case lives on, and what a split brings back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergedInto {
    /// The incident that took it in.
    pub into: IncidentId,
    /// The stage before.
    pub stage: Stage,
    /// Since when it stood there.
    pub since: Instant,
}

/// How often things happened: what the indicators count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Dispatched to a unit, in whatever way.
    pub dispatched: u32,
    /// Sent back 回退, and rightly so: another unit was named.
    pub sent_back: u32,
    /// Done again 返工.
    pub reworked: u32,
    /// Urged 督办.
    pub supervised: u32,
    /// Extended 延时.
    pub extended: u32,
    /// Suspended 挂账.
    pub suspended: u32,
    /// Taken up again.
    pub reopened: u32,
    /// Appeals granted 申诉.
    pub appeals_granted: u32,
}

/// What a case stands at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// How many steps there were.
    pub revision: u32,
    /// The stage.
    pub stage: Stage,
    /// Since when.
    pub since: Instant,
    /// The unit that answers; once there was one it is never empty again.
    pub unit: Option<UnitId>,
    /// Units beside it.
    pub co: Vec<UnitId>,
    /// The unit that a send-back proposes instead.
    pub proposed: Option<UnitId>,
    /// What waits for an answer.
    pub asked: Option<Asked>,
    /// Until when the unit was given more time.
    pub extended_until: Option<Instant>,
    /// Until when the clock is paused, while it is.
    pub suspended_until: Option<Instant>,
    /// The reports that opened it.
    pub own_reports: Vec<ReportId>,
    /// The incidents taken in, each with the reports it brought.
    pub absorbed: BTreeMap<IncidentId, Vec<ReportId>>,
    /// Where it lives on, when it was merged.
    pub merged: Option<MergedInto>,
    /// How often things happened.
    pub counts: Counts,
    /// The last step's time.
    pub last_at: Instant,
}

impl Incident {
    /// The case that a first step begins.
    ///
    /// # Errors
    /// A [`Refusal`] when it is another move than [`Move::Collect`], or carries the wrong things.
    pub fn begun(first: &Step) -> Result<Self, Refusal> {
        if first.act != Move::Collect {
            return Err(Refusal::NotOpen {
                act: first.act,
                stage: Stage::Collected,
                open_in: table::stages(first.act),
                open: vec![Opening { act: Move::Collect, who: &Role::ALL }],
            });
        }
        check_carried(first)?;
        Ok(Self {
            id: first.incident,
            revision: 1,
            stage: Stage::Collected,
            since: first.at,
            unit: None,
            co: Vec::new(),
            proposed: None,
            asked: None,
            extended_until: None,
            suspended_until: None,
            own_reports: first.carried.reports.clone(),
            absorbed: BTreeMap::new(),
            merged: None,
            counts: Counts::default(),
            last_at: first.at,
        })
    }

    /// The case after one more step.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub fn after(&self, step: &Step) -> Result<Self, Refusal> {
        let mut next = self.clone();
        next.advance(step)?;
        Ok(next)
    }

    /// Takes one more step. The same law judges a step that is asked for and a step that a journal
    /// holds.
    ///
    /// # Errors
    /// A [`Refusal`] that says what would be right; then nothing has changed.
    pub fn advance(&mut self, step: &Step) -> Result<(), Refusal> {
        let row = self.permit(step.act, step.role, step.speaks_for.as_ref())?;
        let max = self.steps_max(step);
        if usize::try_from(self.revision).is_ok_and(|steps| steps >= max) {
            return Err(Refusal::Full { what: "steps", max });
        }
        check_carried(step)?;
        self.guard(step)?;
        let before = Before { stage: self.stage, unit: self.unit.clone(), asked: self.asked };
        self.revision += 1;
        self.last_at = step.at;
        self.act(step);
        self.enter(row, step, &before);
        Ok(())
    }

    /// How many steps there may be before this move: what can be done without end leaves room to
    /// release every incident that was taken in, and to bring the case to its end.
    fn steps_max(&self, step: &Step) -> usize {
        let endless = match step.act {
            Move::Note
            | Move::Supervise
            | Move::Absorb
            | Move::AskExtension
            | Move::AskSuspension
            | Move::Appeal => true,
            // A stage that is entered again begins its ladder anew.
            Move::Remind | Move::Urge | Move::Raise => {
                matches!(step.carried.clock, Some(ClockOf::Stage(_)))
            }
            _ => false,
        };
        let kept = if endless { STEPS_KEPT + self.absorbed.len() } else { 0 };
        STEPS_MAX.saturating_sub(kept)
    }

    /// The table's line for a move, when it is open to this role, speaking for this unit.
    ///
    /// # Errors
    /// [`Refusal::Unseen`], [`Refusal::NotOpen`], [`Refusal::NotForRole`] or [`Refusal::NotLead`].
    pub fn permit(
        &self,
        act: Move,
        role: Role,
        speaks_for: Option<&UnitId>,
    ) -> Result<&'static Row, Refusal> {
        // What the public adds moves nothing; the door that takes it in knows whose case it is.
        let added = role == Role::Public && act == Move::Note;
        if !added && !self.is_seen_by(role, speaks_for) {
            return Err(Refusal::Unseen);
        }
        let Some(row) = table::line(self.stage, act) else {
            return Err(Refusal::NotOpen {
                act,
                stage: self.stage,
                open_in: table::stages(act),
                open: self.openings(),
            });
        };
        if !added && !row.who.contains(&role) {
            let yours = self.open_to(role, speaks_for);
            return Err(Refusal::NotForRole { act, stage: self.stage, role, who: row.who, yours });
        }
        if role == Role::Unit && act != Move::Note && self.unit.as_ref() != speaks_for {
            return Err(Refusal::NotLead { act, lead: self.unit.clone() });
        }
        Ok(row)
    }

    /// Whether the caller sees the case at all.
    #[must_use]
    pub fn is_seen_by(&self, role: Role, speaks_for: Option<&UnitId>) -> bool {
        match (role, speaks_for) {
            (Role::Public, _) | (Role::Unit, None) => false,
            (Role::Unit, Some(unit)) => self.unit.as_ref() == Some(unit) || self.co.contains(unit),
            (Role::Dispatcher | Role::Planner | Role::Inspector | Role::Admin, _) => true,
        }
    }

    /// The moves that are open now, and to whom.
    #[must_use]
    pub fn openings(&self) -> Vec<Opening> {
        let lines = table::open(self.stage).filter(|row| self.makes_sense(row.act));
        lines.map(|row| Opening { act: row.act, who: row.who }).collect()
    }

    /// The moves that are open now to this role, speaking for this unit.
    #[must_use]
    pub fn open_to(&self, role: Role, speaks_for: Option<&UnitId>) -> Vec<Move> {
        if !self.is_seen_by(role, speaks_for) {
            return Vec::new();
        }
        let lead = role != Role::Unit || self.unit.as_ref() == speaks_for;
        let mine =
            |opening: &Opening| opening.who.contains(&role) && (lead || opening.act == Move::Note);
        self.openings().into_iter().filter(mine).map(|opening| opening.act).collect()
    }

    /// Every report behind the case: its own, then those of the incidents taken in.
    pub fn reports(&self) -> impl Iterator<Item = ReportId> {
        self.own_reports.iter().chain(self.absorbed.values().flatten()).copied()
    }

    /// How many reports stand behind the case.
    #[must_use]
    pub fn supporters(&self) -> usize {
        self.own_reports.len() + self.absorbed.values().map(Vec::len).sum::<usize>()
    }

    /// Whether an open line of the table can be walked as the case is.
    fn makes_sense(&self, act: Move) -> bool {
        match act {
            Move::Grant => self.asked.is_some(),
            Move::Deny => self.asked.is_some() || self.stage == Stage::SentBack,
            Move::AskExtension | Move::AskSuspension | Move::Appeal => self.asked.is_none(),
            Move::Release => !self.absorbed.is_empty(),
            // The clock takes them; nobody asks for them.
            Move::Remind | Move::Urge | Move::Raise => false,
            _ => true,
        }
    }

    /// What the table cannot say: a move that depends on what happened before.
    fn guard(&self, step: &Step) -> Result<(), Refusal> {
        let act = step.act;
        let lack =
            |act, says| Err(Refusal::Carried { act, lacks: vec![Lack { field: "until", says }] });
        let wrong = |right: Vec<IncidentId>| match step.carried.other {
            Some(given) => Err(Refusal::WrongOther { act, given, right }),
            None => Ok(()),
        };
        match act {
            Move::Grant | Move::Deny if !self.makes_sense(act) => {
                Err(Refusal::NothingAsked { act, stage: self.stage })
            }
            Move::Grant => match self.asked.and_then(Asked::until) {
                Some(until) if until <= step.at => {
                    let until = until.rfc3339();
                    lack(act, format!("what was asked ended at {until}: deny it, to be asked anew"))
                }
                _ => Ok(()),
            },
            Move::AskExtension | Move::AskSuspension | Move::Appeal => {
                match (self.asked, self.extended_until) {
                    (Some(asked), _) => Err(Refusal::AlreadyAsked { act, waits: asked.act() }),
                    (None, Some(given))
                        if act == Move::AskExtension && step.carried.until <= Some(given) =>
                    {
                        lack(act, format!("must lie after {}, which was granted", given.rfc3339()))
                    }
                    _ => Ok(()),
                }
            }
            Move::Reassign | Move::HandOver | Move::SendBack => {
                match step.carried.unit.clone().filter(|unit| Some(unit) == self.unit.as_ref()) {
                    Some(unit) => Err(Refusal::SameUnit { act, unit }),
                    None => Ok(()),
                }
            }
            Move::Merge if step.carried.other == Some(self.id) => wrong(Vec::new()),
            Move::Split if self.merged.map(|merged| merged.into) != step.carried.other => {
                wrong(self.merged.iter().map(|merged| merged.into).collect())
            }
            Move::Release
                if step.carried.other.is_none_or(|other| !self.absorbed.contains_key(&other)) =>
            {
                wrong(self.absorbed.keys().copied().collect())
            }
            Move::Absorb => self.guard_absorb(step),
            Move::Remind | Move::Urge | Move::Raise => self.guard_rung(step),
            _ => Ok(()),
        }
    }

    /// Only a clock that runs is overdue: that of the whole case from its filing on.
    fn guard_rung(&self, step: &Step) -> Result<(), Refusal> {
        let runs = match step.carried.clock {
            Some(ClockOf::Stage(awaited)) => self.stage.awaited() == Some(awaited),
            Some(ClockOf::Whole) | None => {
                !matches!(self.stage, Stage::Collected | Stage::Verified)
            }
        };
        if runs {
            return Ok(());
        }
        let says = format!("name one that runs while the case stands at {}", self.stage);
        Err(Refusal::Carried { act: step.act, lacks: vec![Lack { field: "clock", says }] })
    }

    fn guard_absorb(&self, step: &Step) -> Result<(), Refusal> {
        if let Some(given) = step.carried.other
            && (given == self.id || self.absorbed.contains_key(&given))
        {
            return Err(Refusal::WrongOther { act: step.act, given, right: Vec::new() });
        }
        if self.supporters() + step.carried.reports.len() > REPORTS_MAX {
            return Err(Refusal::Full { what: "reports", max: REPORTS_MAX });
        }
        let brought: BTreeSet<&ReportId> = step.carried.reports.iter().collect();
        if self.reports().any(|report| brought.contains(&report)) {
            let says = "one of them stands behind this incident already".to_owned();
            return Err(Refusal::Carried {
                act: step.act,
                lacks: vec![Lack { field: "reports", says }],
            });
        }
        Ok(())
    }

    /// What a move does besides leading to a stage.
    fn act(&mut self, step: &Step) {
        let carried = &step.carried;
        match step.act {
            Move::Dispatch | Move::Reassign | Move::HandOver => {
                self.unit.clone_from(&carried.unit);
                self.co.clone_from(&carried.co);
                self.extended_until = None;
                self.counts.dispatched += 1;
                self.counts.sent_back += u32::from(self.stage == Stage::SentBack);
            }
            Move::AskExtension | Move::AskSuspension | Move::Appeal => {
                self.asked = Asked::by(step);
            }
            Move::Grant => self.grant(),
            Move::Deny => self.asked = None,
            Move::Rework => self.counts.reworked += 1,
            Move::Supervise => self.counts.supervised += 1,
            Move::Reopen => {
                self.counts.reopened += 1;
                self.extended_until = None;
            }
            Move::Merge => {
                self.merged = carried.other.map(|into| MergedInto {
                    into,
                    stage: self.stage,
                    since: self.since,
                });
            }
            Move::Absorb => {
                if let Some(other) = carried.other {
                    self.absorbed.insert(other, carried.reports.clone());
                }
            }
            Move::Release => {
                if let Some(other) = carried.other {
                    self.absorbed.remove(&other);
                }
            }
            Move::Collect
            | Move::Verify
            | Move::File
            | Move::Remind
            | Move::Urge
            | Move::Raise
            | Move::Handle
            | Move::Feedback
            | Move::Check
            | Move::Close
            | Move::Evaluate
            | Move::Refuse
            | Move::Void
            | Move::SendBack
            | Move::Resume
            | Move::Split
            | Move::Note => {}
        }
    }

    fn grant(&mut self) {
        match self.asked {
            Some(Asked::Extension(until)) => {
                self.extended_until = Some(until);
                self.counts.extended += 1;
            }
            Some(Asked::Suspension(until)) => {
                self.suspended_until = Some(until);
                self.counts.suspended += 1;
            }
            Some(Asked::Appeal) => self.counts.appeals_granted += 1,
            None => {}
        }
    }

    /// Goes where the table leads, and drops what belonged to the stage before.
    fn enter(&mut self, row: &Row, step: &Step, before: &Before) {
        let suspension = matches!(before.asked, Some(Asked::Suspension(_)));
        let (stage, since) = match (row.to, self.merged) {
            (To::Go(stage), _) => (stage, step.at),
            (To::AsAsked, _) if suspension => (Stage::Suspended, step.at),
            (To::BeforeMerge, Some(merged)) => (merged.stage, merged.since),
            (To::Stay | To::AsAsked | To::BeforeMerge, _) => (self.stage, self.since),
        };
        (self.stage, self.since) = (stage, since);
        if step.act == Move::Grant {
            self.asked = None;
        }
        // A merged case keeps everything as it was, so that a split can bring it back.
        if stage == Stage::Merged {
            return;
        }
        if step.act == Move::Split {
            self.merged = None;
            return;
        }
        // An appeal outlives the assessment, and what is asked before the work begins its beginning;
        // else it ends with the stage or the unit.
        let moved = stage != before.stage || self.unit != before.unit;
        if moved && !matches!(step.act, Move::Evaluate | Move::Handle) {
            self.asked = None;
        }
        if stage != Stage::Suspended {
            self.suspended_until = None;
        }
        if step.act == Move::SendBack {
            self.proposed.clone_from(&step.carried.unit);
        } else if stage != Stage::SentBack {
            self.proposed = None;
        }
    }
}

/// What a step may leave behind.
struct Before {
    stage: Stage,
    unit: Option<UnitId>,
    asked: Option<Asked>,
}
