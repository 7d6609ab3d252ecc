//! What a draft's steps fold to, and the decision that adds one.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::domain::accounts::{Caller, Role};
use crate::domain::drafts::refusal::{Lack, Refusal, Room};
use crate::domain::drafts::size::Size;
use crate::domain::drafts::step::{
    Act, BYTES_MAX, CopiedFrom, Deed, DraftStep, EDITS_MAX, PLACES_MAX, SHARED_MAX, STEP_BYTES_MAX,
    STEP_EDITS_MAX, STEP_PLACES_MAX, STEPS_KEPT, STEPS_MAX, Stage,
};
use crate::domain::drafts::table::{Who, line, open_at, open_in};
use crate::domain::id::{DraftId, KeyId, ZoneId};
use crate::domain::text::{self, WORDS_CHARS_MAX};
use crate::domain::time::Instant;
use crate::domain::zoning::edit::ZoningEdit;
use crate::domain::zoning::held::Held;

/// Edits that are undone together.
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    /// The step that brought them.
    pub revision: u32,
    /// By whom.
    pub actor: String,
    /// When.
    pub at: Instant,
    /// In order. There may be very many, and a draft is copied for each answer.
    pub edits: Arc<Vec<ZoningEdit>>,
    /// How much they bring along.
    pub size: Size,
}

impl Stroke {
    fn of(step: &DraftStep, edits: &[ZoningEdit]) -> Self {
        Self {
            revision: step.revision,
            actor: step.actor.clone(),
            at: step.at,
            size: Size::of(edits),
            edits: Arc::new(edits.to_vec()),
        }
    }
}

/// What a draft stands at.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Its id.
    pub id: DraftId,
    /// How many steps there were.
    pub revision: u32,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub words: String,
    /// The plan it is drawn on.
    pub base: i64,
    /// Where it stands.
    pub stage: Stage,
    /// Who began it.
    pub owner: String,
    /// Whose keys may edit it too.
    pub shared: BTreeSet<KeyId>,
    /// Zones whose areas no edit may change.
    pub locked: BTreeSet<ZoneId>,
    /// Whether no edit may win or lose ground at the outline of all zones.
    pub locked_outline: bool,
    /// The edits, oldest first; behind `done` those that were taken back and may be done again.
    pub strokes: Vec<Stroke>,
    /// How many of the strokes hold.
    pub done: usize,
    /// Bytes of all edits that were ever done, those that were undone included.
    pub bytes: usize,
    /// Who has drawn on it.
    pub drew: BTreeSet<String>,
    /// When it is to come into force.
    pub effective_at: Option<Instant>,
    /// The note that its plan gets then; its name when empty.
    pub note: String,
    /// Who laid it before a second person.
    pub proposed_by: Option<String>,
    /// The second person that approved it.
    pub approved_by: Option<String>,
    /// The plan that it became.
    pub plan: Option<i64>,
    /// The draft that it is a copy of.
    pub copied_from: Option<CopiedFrom>,
    /// When it was begun.
    pub opened_at: Instant,
    /// When the last step was taken.
    pub last_at: Instant,
    /// By whom.
    pub last_by: String,
}

/// What somebody asks to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The revision the caller looked at.
    pub seen: u32,
    /// What is to be done.
    pub deed: Deed,
}

/// Why a list of steps is no draft.
#[derive(Clone, Debug, PartialEq)]
pub enum StepsFault {
    /// No step at all, or the first one does not begin a draft.
    NoBeginning,
    /// Step number `nth` has another revision, so one is missing or stands twice.
    Gap { nth: u32, revision: u32 },
    /// The step is another draft's, or lies before the one before it.
    Misplaced { revision: u32 },
    /// The step could never have been taken.
    Unlawful { revision: u32, refusal: Box<Refusal> },
}

impl fmt::Display for StepsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBeginning => f.write_str("a draft begins with the step that opens it"),
            Self::Gap { nth, revision } => {
                write!(f, "step {nth} calls itself {revision}: one is missing or stands twice")
            }
            Self::Misplaced { revision } => {
                write!(f, "step {revision} is another draft's, or lies before the one before it")
            }
            Self::Unlawful { revision, refusal } => write!(f, "step {revision}: {refusal}"),
        }
    }
}

impl std::error::Error for StepsFault {}

impl Draft {
    /// What no edit may change.
    #[must_use]
    pub fn locks(&self) -> Held {
        Held { zones: self.locked.clone(), outline: self.locked_outline }
    }

    /// The first step of a draft.
    ///
    /// # Errors
    /// [`Refusal::Carried`] with every fault of name, words and edits.
    pub fn open(
        id: DraftId,
        deed: Deed,
        caller: &Caller,
        at: Instant,
    ) -> Result<(Self, DraftStep), Refusal> {
        let deed = cleaned(deed)?;
        let step = DraftStep {
            draft: id,
            revision: 1,
            role: caller.role,
            actor: caller.actor.clone(),
            at,
            deed,
        };
        let draft = Self::begun(&step).ok_or_else(|| Refusal::Carried {
            act: Act::Open,
            lacks: vec![Lack { field: "act".to_owned(), says: "must open the draft".to_owned() }],
        })?;
        Ok((draft, step))
    }

    /// The draft that steps make, each judged by the law that let it in.
    ///
    /// # Errors
    /// The first [`StepsFault`].
    pub fn fold(steps: &[DraftStep]) -> Result<Self, StepsFault> {
        let (first, rest) = steps.split_first().ok_or(StepsFault::NoBeginning)?;
        let mut draft = Self::begun(first).ok_or(StepsFault::NoBeginning)?;
        draft.follow(rest)?;
        Ok(draft)
    }

    /// Goes on with the steps behind its own.
    ///
    /// # Errors
    /// The first [`StepsFault`]; the draft is then where the step before it left it.
    pub fn follow(&mut self, steps: &[DraftStep]) -> Result<(), StepsFault> {
        for step in steps {
            let revision = step.revision;
            if revision != self.revision + 1 {
                return Err(StepsFault::Gap { nth: self.revision + 1, revision });
            }
            if step.draft != self.id || step.at < self.last_at {
                return Err(StepsFault::Misplaced { revision });
            }
            self.judge(step.role, &step.actor, &step.deed)
                .map_err(|refusal| StepsFault::Unlawful { revision, refusal: Box::new(refusal) })?;
            self.take(step);
        }
        Ok(())
    }

    fn begun(step: &DraftStep) -> Option<Self> {
        let Deed::Open { name, words, base, copied_from, drew, edits } = &step.deed else {
            return None;
        };
        let strokes: Vec<Stroke> = edits.iter().map(|edits| Stroke::of(step, edits)).collect();
        (step.revision == 1).then(|| Self {
            id: step.draft,
            revision: 1,
            name: name.clone(),
            words: words.clone(),
            base: *base,
            stage: Stage::Open,
            owner: step.actor.clone(),
            shared: BTreeSet::new(),
            locked: BTreeSet::new(),
            locked_outline: false,
            done: edits.len(),
            bytes: strokes.iter().map(|stroke| stroke.size.bytes).sum(),
            strokes,
            drew: drew.clone(),
            effective_at: None,
            note: String::new(),
            proposed_by: None,
            approved_by: None,
            plan: None,
            copied_from: *copied_from,
            opened_at: step.at,
            last_at: step.at,
            last_by: step.actor.clone(),
        })
    }

    /// The step that does what was asked. A clock that was set back counts as standing still. `since` are
    /// the steps behind the revision that the caller looked at, for the words of a conflict.
    ///
    /// # Errors
    /// A [`Refusal`] that says what would be right; [`Refusal::Stale`] names what has changed.
    pub fn decide(
        &self,
        ask: Ask,
        since: impl FnOnce() -> Vec<DraftStep>,
        caller: &Caller,
        at: Instant,
    ) -> Result<DraftStep, Refusal> {
        if ask.seen != self.revision {
            return Err(Refusal::Stale {
                seen: ask.seen,
                now: self.revision,
                stage: self.stage,
                since: since(),
            });
        }
        // Who may not do it anyway is told that first.
        self.judge(caller.role, &caller.actor, &ask.deed)?;
        let deed = cleaned(ask.deed)?;
        self.keeps(&deed)?;
        Ok(DraftStep {
            draft: self.id,
            revision: self.revision + 1,
            role: caller.role,
            actor: caller.actor.clone(),
            at: at.max(self.last_at),
            deed,
        })
    }

    /// Whether the law lets somebody do it now.
    ///
    /// # Errors
    /// The [`Refusal`] that says why not.
    pub fn judge(&self, role: Role, actor: &str, deed: &Deed) -> Result<(), Refusal> {
        let (act, stage) = (deed.act(), self.stage);
        let Some(row) = line(act, stage) else {
            let (open_in, open) = (open_in(act), open_at(stage));
            return Err(Refusal::NotOpen { act, stage, open_in, open });
        };
        if !self.is(row.who, role, actor) {
            return Err(Refusal::NotYours { act, stage, who: row.who });
        }
        self.room_for(deed)
    }

    /// Whether somebody is one of these.
    #[must_use]
    pub fn is(&self, who: Who, role: Role, actor: &str) -> bool {
        let reads = matches!(role, Role::Planner | Role::Admin);
        let owns = role == Role::Admin || self.owner == actor;
        let edits = owns || self.shared.iter().any(|key| key.as_str() == actor);
        let drew = self.owner == actor
            || self.drew.contains(actor)
            || self.proposed_by.as_deref() == Some(actor);
        match who {
            Who::Readers => reads,
            Who::Editors => reads && edits,
            Who::Owner => reads && owns,
            Who::Second => reads && !drew,
            Who::Publishers => reads && (edits || self.approved_by.as_deref() == Some(actor)),
            Who::Clock => actor == CLOCK,
        }
    }

    /// The acts that are open to somebody now.
    #[must_use]
    pub fn open_to(&self, caller: &Caller) -> Vec<Act> {
        let open = open_at(self.stage).into_iter().filter(|act| {
            line(*act, self.stage).is_some_and(|row| self.is(row.who, caller.role, &caller.actor))
        });
        open.filter(|act| match act {
            Act::Undo => self.done > 0,
            Act::Redo => self.done < self.strokes.len(),
            _ => true,
        })
        .collect()
    }

    fn room_for(&self, deed: &Deed) -> Result<(), Refusal> {
        let ends = matches!(
            deed.act(),
            Act::Approve
                | Act::Refuse
                | Act::Withdraw
                | Act::Publish
                | Act::PutBack
                | Act::Drop
                | Act::Propose
                | Act::Schedule
        );
        let most = if ends { STEPS_MAX } else { STEPS_MAX - STEPS_KEPT };
        if self.revision as usize >= most {
            return Err(Refusal::Full { what: Room::Steps, max: STEPS_MAX });
        }
        match deed {
            Deed::Undo if self.done == 0 => Err(Refusal::NothingTo(Act::Undo)),
            Deed::Redo if self.done == self.strokes.len() => Err(Refusal::NothingTo(Act::Redo)),
            Deed::Edit { edits } if self.edits() + edits.len() > EDITS_MAX => {
                Err(Refusal::Full { what: Room::Edits, max: EDITS_MAX })
            }
            _ => Ok(()),
        }
    }

    /// Who has a part in what is drawn: who drew on it, and whose edits it began with.
    #[must_use]
    pub fn drawers(&self) -> BTreeSet<String> {
        let held = self.strokes[..self.done].iter().map(|stroke| stroke.actor.clone());
        self.drew.iter().cloned().chain(held).collect()
    }

    /// Whether there is room for what edits bring along. Not a part of [`Draft::judge`]: a draft that was drawn
    /// before there were such limits is still read.
    ///
    /// # Errors
    /// [`Refusal::Carried`] for a step that is too large, [`Refusal::Full`] for a draft that would be.
    pub fn keeps(&self, deed: &Deed) -> Result<(), Refusal> {
        let Deed::Edit { edits } = deed else { return Ok(()) };
        let size = Size::of(edits);
        let mut lacks = Vec::new();
        too_large(size, &mut |field, says| lacks.push(Lack { field, says }));
        if !lacks.is_empty() {
            return Err(Refusal::Carried { act: Act::Edit, lacks });
        }
        let held: usize = self.strokes[..self.done].iter().map(|it| it.size.places).sum();
        if held + size.places > PLACES_MAX {
            return Err(Refusal::Full { what: Room::Places, max: PLACES_MAX });
        }
        if self.bytes + size.bytes > BYTES_MAX {
            return Err(Refusal::Full { what: Room::Bytes, max: BYTES_MAX });
        }
        Ok(())
    }

    /// How many edits hold.
    #[must_use]
    pub fn edits(&self) -> usize {
        self.strokes[..self.done].iter().map(|stroke| stroke.edits.len()).sum()
    }

    /// The edits that hold, each list undone together.
    #[must_use]
    pub fn held(&self) -> Vec<Vec<ZoningEdit>> {
        self.strokes[..self.done].iter().map(|stroke| stroke.edits.to_vec()).collect()
    }

    /// Takes a step that was judged.
    pub fn take(&mut self, step: &DraftStep) {
        self.revision = step.revision;
        self.last_at = step.at;
        self.last_by.clone_from(&step.actor);
        if let Some(to) = line(step.deed.act(), self.stage).and_then(|row| row.to) {
            self.stage = to;
        }
        match &step.deed {
            Deed::Edit { edits } => {
                self.strokes.truncate(self.done);
                let stroke = Stroke::of(step, edits);
                self.bytes += stroke.size.bytes;
                self.strokes.push(stroke);
                self.done += 1;
                self.drew.insert(step.actor.clone());
            }
            Deed::Undo | Deed::Redo => {
                let redone = matches!(step.deed, Deed::Redo);
                self.done = if redone { self.done + 1 } else { self.done - 1 };
                self.drew.insert(step.actor.clone());
            }
            Deed::Rename { name, words } => {
                self.name.clone_from(name);
                self.words.clone_from(words);
            }
            Deed::Share { with } => self.shared.clone_from(with),
            Deed::Lock { zones, outline } => {
                self.locked.clone_from(zones);
                self.locked_outline = *outline;
            }
            Deed::Rebase { base, dropped } => self.rebase(*base, dropped, &step.actor),
            Deed::Propose { .. } => self.proposed_by = Some(step.actor.clone()),
            Deed::Approve { .. } => self.approved_by = Some(step.actor.clone()),
            Deed::Refuse { .. } | Deed::Withdraw { .. } | Deed::PutBack { .. } => {
                (self.proposed_by, self.approved_by, self.effective_at) = (None, None, None);
            }
            Deed::Schedule { at, note } => {
                self.effective_at = Some(*at);
                self.note.clone_from(note);
            }
            Deed::Publish { plan } => self.plan = Some(*plan),
            Deed::Open { .. } | Deed::Comment { .. } | Deed::Drop { .. } => {}
        }
    }

    /// What was taken back goes; so do the edits that no longer fit, by their numbers over all strokes.
    fn rebase(&mut self, base: i64, dropped: &[usize], actor: &str) {
        self.base = base;
        self.strokes.truncate(self.done);
        let dropped: BTreeSet<usize> = dropped.iter().copied().collect();
        let mut number = 0;
        for stroke in &mut self.strokes {
            let before = stroke.edits.len();
            Arc::make_mut(&mut stroke.edits).retain(|_| {
                number += 1;
                !dropped.contains(&(number - 1))
            });
            if stroke.edits.len() < before {
                stroke.size = Size::of(&stroke.edits);
            }
        }
        self.strokes.retain(|stroke| !stroke.edits.is_empty());
        self.done = self.strokes.len();
        self.drew.insert(actor.to_owned());
    }
}

/// How the clock signs.
pub const CLOCK: &str = "clock";

/// The deed with its texts as they are kept.
fn cleaned(deed: Deed) -> Result<Deed, Refusal> {
    let act = deed.act();
    let mut lacks: Vec<Lack> = Vec::new();
    let mut lack = |field: String, says: String| lacks.push(Lack { field, says });
    let deed = match deed {
        Deed::Open { name, words, base, copied_from, drew, edits } => {
            let name = named(&name, &mut lack);
            let words = said(&words, false, &mut lack);
            let all: usize = edits.iter().map(Vec::len).sum();
            if all > EDITS_MAX {
                lack("edits".to_owned(), format!("are {all}, at most {EDITS_MAX} are kept"));
            }
            all_too_large(&edits, &mut lack);
            faults_of(&edits.concat(), &mut lack);
            Deed::Open { name, words, base, copied_from, drew, edits }
        }
        Deed::Edit { edits } => {
            faults_of_step(&edits, &mut lack);
            Deed::Edit { edits }
        }
        Deed::Rename { name, words } => {
            Deed::Rename { name: named(&name, &mut lack), words: said(&words, false, &mut lack) }
        }
        Deed::Comment { words, place } => {
            Deed::Comment { words: said(&words, true, &mut lack), place }
        }
        Deed::Share { with } => {
            if with.len() > SHARED_MAX {
                let says = format!("are {} keys, at most {SHARED_MAX} are kept", with.len());
                lack("with".to_owned(), says);
            }
            Deed::Share { with }
        }
        Deed::Propose { words } => Deed::Propose { words: said(&words, false, &mut lack) },
        Deed::Approve { words } => Deed::Approve { words: said(&words, false, &mut lack) },
        Deed::Refuse { words } => Deed::Refuse { words: said(&words, true, &mut lack) },
        Deed::Withdraw { words } => Deed::Withdraw { words: said(&words, false, &mut lack) },
        Deed::Drop { words } => Deed::Drop { words: said(&words, false, &mut lack) },
        Deed::PutBack { words } => {
            let words: String = words.chars().take(WORDS_CHARS_MAX).collect();
            Deed::PutBack { words }
        }
        other => other,
    };
    if lacks.is_empty() { Ok(deed) } else { Err(Refusal::Carried { act, lacks }) }
}

fn named(name: &str, lack: &mut impl FnMut(String, String)) -> String {
    text::name(name).unwrap_or_else(|fault| {
        lack("name".to_owned(), fault.to_string());
        String::new()
    })
}

fn said(words: &str, must: bool, lack: &mut impl FnMut(String, String)) -> String {
    match text::words(words, WORDS_CHARS_MAX) {
        Ok(words) => {
            if must && words.is_empty() {
                lack("words".to_owned(), "are missing; say why".to_owned());
            }
            words
        }
        Err(fault) => {
            lack("words".to_owned(), fault.to_string());
            String::new()
        }
    }
}

/// What keeps edits from being one step, whatever the draft.
///
/// # Errors
/// [`Refusal::Carried`] with every fault.
pub fn fit_for_a_step(edits: &[ZoningEdit]) -> Result<(), Refusal> {
    let mut lacks = Vec::new();
    faults_of_step(edits, &mut |field, says| lacks.push(Lack { field, says }));
    if lacks.is_empty() { Ok(()) } else { Err(Refusal::Carried { act: Act::Edit, lacks }) }
}

fn faults_of_step(edits: &[ZoningEdit], lack: &mut impl FnMut(String, String)) {
    if edits.is_empty() || edits.len() > STEP_EDITS_MAX {
        let says = format!("are {}; 1 to {STEP_EDITS_MAX} go into one step", edits.len());
        lack("edits".to_owned(), says);
    }
    too_large(Size::of(edits), lack);
    faults_of(edits, lack);
}

/// What is wrong with the size of a step.
fn too_large(size: Size, lack: &mut impl FnMut(String, String)) {
    let Size { places, bytes } = size;
    for (has, unit, max, limit) in [
        (places, "places", STEP_PLACES_MAX, "STEP_PLACES_MAX"),
        (bytes, "bytes", STEP_BYTES_MAX, "STEP_BYTES_MAX"),
    ] {
        if has > max {
            let says = format!(
                "have {has} {unit}; at most {max} go into one step (limit {limit}): make several steps \
                 of them, or simplify the lines"
            );
            lack("edits".to_owned(), says);
        }
    }
}

/// What is wrong with the size of the edits that a draft begins with.
fn all_too_large(edits: &[Vec<ZoningEdit>], lack: &mut impl FnMut(String, String)) {
    let mut size = Size::default();
    for stroke in edits {
        size += Size::of(stroke);
    }
    for (has, unit, max, limit) in [
        (size.places, "places", PLACES_MAX, "PLACES_MAX"),
        (size.bytes, "bytes", BYTES_MAX, "BYTES_MAX"),
    ] {
        if has > max {
            let says = format!(
                "have {has} {unit}; a draft keeps at most {max} (limit {limit}): simplify the areas, or \
                 leave out attributes of zones"
            );
            lack("edits".to_owned(), says);
        }
    }
}

fn faults_of(edits: &[ZoningEdit], lack: &mut impl FnMut(String, String)) {
    for (n, edit) in edits.iter().enumerate() {
        for (place, says) in edit.faults() {
            lack(format!("edits[{n}].{place}"), says);
        }
    }
}

#[cfg(test)]
mod tests;
