//! A case: its steps and what they fold to, and the decisions that add a step.

use std::fmt;

use crate::domain::accounts::{Caller, Role};
use crate::domain::clocks::escalation;
use crate::domain::clocks::limits::ClockOf;
use crate::domain::id::{IncidentId, ReportId};
use crate::domain::incidents::load::kept;
use crate::domain::incidents::refusal::Refusal;
use crate::domain::incidents::state::Incident;
use crate::domain::incidents::step::{Carried, Move, STEPS_MAX, Stage, Step};
use crate::domain::time::Instant;

/// What somebody asks to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The revision the caller looked at.
    pub seen: u32,
    /// The move.
    pub act: Move,
    /// What it brings along.
    pub carried: Carried,
}

/// A step of a ladder that has become due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Which clock is overdue.
    pub of: ClockOf,
    /// What is done about it.
    pub step: escalation::Step,
}

/// A case: the state cannot disagree with the steps, because nothing but steps changes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    steps: Vec<Step>,
    state: Incident,
}

/// Why a list of steps is no case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalFault {
    /// No step at all.
    Empty,
    /// More steps than [`STEPS_MAX`].
    TooLong { steps: usize },
    /// Step number `nth` (from 1) has another revision, so one is missing or stands twice.
    Gap { nth: u32, revision: u32 },
    /// The step is another incident's.
    Stranger { revision: u32, incident: IncidentId },
    /// The step lies before the one before it.
    TimeRunsBack { revision: u32 },
    /// The step could never have been taken.
    Unlawful { revision: u32, refusal: Refusal },
}

impl fmt::Display for JournalFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a case begins with a step, and there is none"),
            Self::TooLong { steps } => write!(f, "{steps} steps, at most {STEPS_MAX} are kept"),
            Self::Gap { nth, revision } => {
                write!(f, "step {nth} calls itself {revision}: one is missing or stands twice")
            }
            Self::Stranger { revision, incident } => {
                write!(f, "step {revision} belongs to the incident {incident}")
            }
            Self::TimeRunsBack { revision } => {
                write!(f, "step {revision} lies before the one before it")
            }
            Self::Unlawful { revision, refusal } => write!(f, "step {revision}: {refusal}"),
        }
    }
}

impl std::error::Error for JournalFault {}

impl Case {
    /// Opens a case with the report that tells of it.
    ///
    /// # Errors
    /// [`Refusal::Carried`] when the words are too long or hide something.
    pub fn open(
        id: IncidentId,
        report: ReportId,
        words: String,
        caller: &Caller,
        at: Instant,
    ) -> Result<Self, Refusal> {
        let carried = Carried { words: kept(words), reports: vec![report], ..Carried::default() };
        let first = Step {
            incident: id,
            revision: 1,
            act: Move::Collect,
            role: caller.role,
            actor: caller.actor.clone(),
            speaks_for: caller.unit.clone(),
            at,
            carried,
        };
        Ok(Self { state: Incident::begun(&first)?, steps: vec![first] })
    }

    /// The case that a journal's steps make, each judged by the law that let it in.
    ///
    /// # Errors
    /// The first [`JournalFault`].
    pub fn fold(steps: Vec<Step>) -> Result<Self, JournalFault> {
        if steps.len() > STEPS_MAX {
            return Err(JournalFault::TooLong { steps: steps.len() });
        }
        let mut state: Option<Incident> = None;
        for (nth, step) in (1_u32..).zip(&steps) {
            let revision = step.revision;
            if revision != nth {
                return Err(JournalFault::Gap { nth, revision });
            }
            let unlawful = |refusal| JournalFault::Unlawful { revision, refusal };
            match &mut state {
                None => state = Some(Incident::begun(step).map_err(unlawful)?),
                Some(case) if case.id != step.incident => {
                    return Err(JournalFault::Stranger { revision, incident: step.incident });
                }
                Some(case) if step.at < case.last_at => {
                    return Err(JournalFault::TimeRunsBack { revision });
                }
                Some(case) => case.advance(step).map_err(unlawful)?,
            }
        }
        state.map(|state| Self { steps, state }).ok_or(JournalFault::Empty)
    }

    /// The steps, oldest first.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What the case stands at.
    #[must_use]
    pub fn state(&self) -> &Incident {
        &self.state
    }

    /// The steps, oldest first, each with the stage that the case stood at behind it.
    pub fn staged(&self) -> impl Iterator<Item = (&Step, Stage)> {
        let mut state: Option<Incident> = None;
        self.steps.iter().map(move |step| {
            // The steps of a case are lawful, or it would be none.
            match &mut state {
                None => state = Incident::begun(step).ok(),
                Some(case) => drop(case.advance(step)),
            }
            (step, state.as_ref().map_or(Stage::Collected, |case| case.stage))
        })
    }

    /// The case after what was asked. A clock that was set back counts as standing still, so that
    /// times never run backwards within a case.
    ///
    /// # Errors
    /// A [`Refusal`] that says what would be right; [`Refusal::Stale`] names what has changed.
    pub fn decide(&self, ask: Ask, caller: &Caller, at: Instant) -> Result<Self, Refusal> {
        match ask.act {
            Move::Merge | Move::Split | Move::Absorb | Move::Release => {
                // Who may not do it anyway is told that first.
                self.admit(&ask, caller)?;
                Err(Refusal::Paired(ask.act))
            }
            Move::Remind | Move::Urge | Move::Raise => {
                self.admit(&ask, caller)?;
                Err(Refusal::ByTheClock(ask.act))
            }
            _ => self.then(ask, caller, at),
        }
    }

    /// The case after steps of its ladders that have become due; each is recorded by itself.
    ///
    /// # Errors
    /// A [`Refusal`] when the case is full, or stands where that clock does not run.
    pub fn escalate(&self, rungs: &[Rung], caller: &Caller, at: Instant) -> Result<Self, Refusal> {
        rungs.iter().try_fold(self.clone(), |case, rung| {
            let of = match rung.of {
                ClockOf::Whole => String::new(),
                ClockOf::Stage(awaited) => format!(" to {}", awaited.code()),
            };
            let words = format!("overdue: {} % of the time limit{of} is used", rung.step.percent);
            let carried = Carried { words, clock: Some(rung.of), ..Carried::default() };
            let act = Move::climbing(rung.step.act);
            case.then(Ask { seen: case.state.revision, act, carried }, caller, at)
        })
    }

    /// Sight before staleness before the table: a stale view explains most wrong moves.
    fn admit(&self, ask: &Ask, caller: &Caller) -> Result<(), Refusal> {
        let added = caller.role == Role::Public && ask.act == Move::Note;
        if !added && !self.state.is_seen_by(caller.role, caller.unit.as_ref()) {
            return Err(Refusal::Unseen);
        }
        if ask.seen != self.state.revision {
            let known = |step: &&Step| step.revision > ask.seen;
            return Err(Refusal::Stale {
                seen: ask.seen,
                now: self.state.revision,
                stage: self.state.stage,
                since: self.steps.iter().filter(known).cloned().collect(),
            });
        }
        self.state.permit(ask.act, caller.role, caller.unit.as_ref()).map(|_| ())
    }

    fn then(&self, ask: Ask, caller: &Caller, at: Instant) -> Result<Self, Refusal> {
        self.admit(&ask, caller)?;
        let carried = Carried { words: kept(ask.carried.words), ..ask.carried };
        let step = Step {
            incident: self.state.id,
            revision: self.state.revision + 1,
            act: ask.act,
            role: caller.role,
            actor: caller.actor.clone(),
            speaks_for: caller.unit.clone(),
            at: at.max(self.state.last_at),
            carried,
        };
        let state = self.state.after(&step)?;
        let mut steps = self.steps.clone();
        steps.push(step);
        Ok(Self { steps, state })
    }
}

/// Two cases that are decided together, each at the revision the caller looked at.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The case that goes into the other, or comes out of it.
    pub part: &'a Case,
    /// The revision of `part` the caller looked at.
    pub part_seen: u32,
    /// The case that lives on.
    pub whole: &'a Case,
    /// The revision of `whole` the caller looked at.
    pub whole_seen: u32,
}

impl Pair<'_> {
    /// Merges `part` into `whole`, which then counts the reports of both. Gives both as they then
    /// are, the part first.
    ///
    /// # Errors
    /// The [`Refusal`] of either side; then neither changes.
    pub fn merge(self, why: &str, caller: &Caller, at: Instant) -> Result<(Case, Case), Refusal> {
        let reports = self.part.state.reports().collect();
        self.both([Move::Merge, Move::Absorb], reports, why, caller, at)
    }

    /// Undoes a merge: both stand as if it had not been, save for the steps that tell of it.
    ///
    /// # Errors
    /// The [`Refusal`] of either side; then neither changes.
    pub fn split(self, why: &str, caller: &Caller, at: Instant) -> Result<(Case, Case), Refusal> {
        self.both([Move::Split, Move::Release], Vec::new(), why, caller, at)
    }

    fn both(
        self,
        [of_part, of_whole]: [Move; 2],
        reports: Vec<ReportId>,
        why: &str,
        caller: &Caller,
        at: Instant,
    ) -> Result<(Case, Case), Refusal> {
        let carried = |other: &Case, reports| Carried {
            words: why.to_owned(),
            other: Some(other.state.id),
            reports,
            ..Carried::default()
        };
        let ask = |seen, act, carried| Ask { seen, act, carried };
        let part = ask(self.part_seen, of_part, carried(self.whole, Vec::new()));
        let whole = ask(self.whole_seen, of_whole, carried(self.part, reports));
        // One time for both, so that neither side of the pair comes first.
        let at = at.max(self.part.state.last_at).max(self.whole.state.last_at);
        Ok((self.part.then(part, caller, at)?, self.whole.then(whole, caller, at)?))
    }
}

#[cfg(test)]
mod tests;
