//! A draft as stores and lists hold it, and what one decision adds to it.

use std::collections::BTreeSet;

use crate::domain::drafts::state::Draft;
use crate::domain::drafts::step::{DraftStep, Stage};
use crate::domain::id::{DraftId, KeyId};
use crate::domain::time::Instant;

/// A draft as lists show it.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftDocket {
    /// Its id.
    pub id: DraftId,
    /// How many steps there were.
    pub revision: u32,
    /// What it is called.
    pub name: String,
    /// Where it stands.
    pub stage: Stage,
    /// Who began it.
    pub owner: String,
    /// Whose keys may edit it too.
    pub shared: BTreeSet<KeyId>,
    /// The plan it is drawn on.
    pub base: i64,
    /// How many edits hold.
    pub edits: u32,
    /// When it was begun.
    pub opened_at: Instant,
    /// When the last step was taken.
    pub last_at: Instant,
    /// By whom.
    pub last_by: String,
    /// When it is to come into force.
    pub effective_at: Option<Instant>,
    /// The plan that it became.
    pub plan: Option<i64>,
}

impl DraftDocket {
    /// The docket of a draft.
    #[must_use]
    pub fn of(draft: &Draft) -> Self {
        Self {
            id: draft.id,
            revision: draft.revision,
            name: draft.name.clone(),
            stage: draft.stage,
            owner: draft.owner.clone(),
            shared: draft.shared.clone(),
            base: draft.base,
            edits: u32::try_from(draft.edits()).unwrap_or(u32::MAX),
            opened_at: draft.opened_at,
            last_at: draft.last_at,
            last_by: draft.last_by.clone(),
            effective_at: draft.effective_at,
            plan: draft.plan,
        }
    }

    /// The draft's place in a list.
    #[must_use]
    pub fn key(&self) -> DraftKey {
        DraftKey { opened_at: self.opened_at, id: self.id }
    }
}

/// The place of a draft in a list: the last begun first, within one instant the highest id first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DraftKey {
    /// When it was begun.
    pub opened_at: Instant,
    /// Its id.
    pub id: DraftId,
}

/// A draft with the steps that one decision added: all a store has to know.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftMoved {
    /// As it is now.
    pub docket: DraftDocket,
    /// The revision on which it was decided; 0 for a draft that is begun.
    pub seen: u32,
    /// The steps behind `seen`.
    pub steps: Vec<DraftStep>,
}

impl DraftMoved {
    /// A draft after its last step.
    #[must_use]
    pub fn by(draft: &Draft, step: DraftStep) -> Self {
        Self { docket: DraftDocket::of(draft), seen: step.revision - 1, steps: vec![step] }
    }
}
