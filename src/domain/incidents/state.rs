//! What a case stands at: folded from its steps, and the one law for the next step.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::accounts::Role;
use crate::domain::id::{IncidentId, ReportId, UnitId};
use crate::domain::incidents::refusal::{Lack, Opening, Refusal};
use crate::domain::incidents::step::{
    CO_UNITS_MAX, Move, PICTURES_MAX, REPORTS_MAX, STEPS_MAX, Stage, Step,
};
use crate::domain::incidents::table::{self, Need, Row, To};
use crate::domain::text::{WORDS_CHARS_MAX, words};
use crate::domain::time::Instant;

/// What a unit asked and nobody has answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// [`Move::AskExtension`], [`Move::AskSuspension`] or [`Move::Appeal`].
    pub act: Move,
    /// Until when, where it is about time.
    pub until: Option<Instant>,
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
    /// Sent back 回退.
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

    /// The case after one more step. The same law judges a step that is asked for and a step that
    /// a journal holds.
    ///
    /// # Errors
    /// A [`Refusal`] that says what would be right.
    pub fn after(&self, step: &Step) -> Result<Self, Refusal> {
        let row = self.permit(step.act, step.role, step.speaks_for.as_ref())?;
        if usize::try_from(self.revision).is_ok_and(|steps| steps >= STEPS_MAX) {
            return Err(Refusal::Full { what: "steps", max: STEPS_MAX });
        }
        check_carried(step)?;
        self.guard(step)?;
        let mut next = self.clone();
        next.revision += 1;
        next.last_at = step.at;
        next.act(step);
        next.enter(row, step, self);
        Ok(next)
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
        if !self.is_seen_by(role, speaks_for) {
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
        if !row.who.contains(&role) {
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
            _ => true,
        }
    }

    /// What the table cannot say: a move that depends on what happened before.
    fn guard(&self, step: &Step) -> Result<(), Refusal> {
        let act = step.act;
        let wrong = |right: Vec<IncidentId>| match step.carried.other {
            Some(given) => Err(Refusal::WrongOther { act, given, right }),
            None => Ok(()),
        };
        match act {
            Move::Grant | Move::Deny if !self.makes_sense(act) => {
                Err(Refusal::NothingAsked { act, stage: self.stage })
            }
            Move::AskExtension | Move::AskSuspension | Move::Appeal => match self.asked {
                Some(asked) => Err(Refusal::AlreadyAsked { act, waits: asked.act }),
                None => Ok(()),
            },
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
            _ => Ok(()),
        }
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
        let mine: BTreeSet<ReportId> = self.reports().collect();
        if step.carried.reports.iter().any(|report| mine.contains(report)) {
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
            }
            Move::SendBack => self.counts.sent_back += 1,
            Move::AskExtension | Move::AskSuspension | Move::Appeal => {
                self.asked = Some(Asked { act: step.act, until: carried.until });
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
            | Move::Handle
            | Move::Feedback
            | Move::Check
            | Move::Close
            | Move::Evaluate
            | Move::Refuse
            | Move::Void
            | Move::Resume
            | Move::Split
            | Move::Note => {}
        }
    }

    fn grant(&mut self) {
        match self.asked {
            Some(Asked { act: Move::AskExtension, until }) => {
                self.extended_until = until;
                self.counts.extended += 1;
            }
            Some(Asked { act: Move::AskSuspension, until }) => {
                self.suspended_until = until;
                self.counts.suspended += 1;
            }
            Some(Asked { act: Move::Appeal, .. }) => self.counts.appeals_granted += 1,
            Some(_) | None => {}
        }
    }

    /// Goes where the table leads, and drops what belonged to the stage before.
    fn enter(&mut self, row: &Row, step: &Step, before: &Self) {
        let suspension = before.asked.is_some_and(|asked| asked.act == Move::AskSuspension);
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
        // An appeal outlives the assessment; anything else asked ends with the stage or the unit.
        let moved = stage != before.stage || self.unit != before.unit;
        if moved && step.act != Move::Evaluate {
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

/// Compares what a step carries with what its move needs: every fault at once.
fn check_carried(step: &Step) -> Result<(), Refusal> {
    let carried = &step.carried;
    let needs = table::needs(step.act);
    let mut lacks = Vec::new();
    let mut say = |field: &'static str, says: String| lacks.push(Lack { field, says });
    let present = [
        ("words", needs.words, !carried.words.trim().is_empty(), "say what was done, or why"),
        ("pictures", needs.pictures, !carried.pictures.is_empty(), "add at least one picture"),
        ("unit", needs.unit, carried.unit.is_some(), "name the unit that is to answer"),
        ("until", needs.until, carried.until.is_some(), "say until when"),
        ("other", needs.other, carried.other.is_some(), "name the other incident"),
        ("reports", needs.reports, !carried.reports.is_empty(), "name at least one report"),
    ];
    for (field, need, given, remedy) in present {
        match (need, given) {
            (Need::Must, false) => say(field, remedy.to_owned()),
            (Need::No, true) => say(field, format!("leave it out, {} takes none", step.act)),
            _ => {}
        }
    }
    if step.act == Move::Note && carried.words.trim().is_empty() && carried.pictures.is_empty() {
        say("words", "a note holds words or pictures".to_owned());
    }
    if let Err(fault) = words(&carried.words, WORDS_CHARS_MAX) {
        say("words", fault.to_string());
    }
    if carried.pictures.len() > PICTURES_MAX {
        say("pictures", format!("at most {PICTURES_MAX} are kept on one step"));
    }
    if needs.unit != Need::Must && !carried.co.is_empty() {
        say("co", format!("leave it out, {} takes none", step.act));
    }
    if carried.co.len() > CO_UNITS_MAX {
        say("co", format!("at most {CO_UNITS_MAX} units stand beside the lead"));
    }
    let mut seen: BTreeSet<&UnitId> = carried.unit.iter().collect();
    if let Some(twice) = carried.co.iter().find(|unit| !seen.insert(unit)) {
        say("co", format!("{twice} is named twice"));
    }
    if carried.until.is_some_and(|until| until <= step.at) {
        say("until", format!("must lie after {}", step.at.rfc3339()));
    }
    let reports: BTreeSet<&ReportId> = carried.reports.iter().collect();
    if reports.len() < carried.reports.len() {
        say("reports", "a report is named twice".to_owned());
    }
    if carried.reports.len() > REPORTS_MAX {
        say("reports", format!("at most {REPORTS_MAX} stand behind one incident"));
    }
    if lacks.is_empty() { Ok(()) } else { Err(Refusal::Carried { act: step.act, lacks }) }
}
