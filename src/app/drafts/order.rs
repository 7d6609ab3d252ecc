//! What is asked of a draft, and what became of it.

use std::sync::Arc;

use crate::domain::drafts::state::Draft;
use crate::domain::drafts::step::Deed;
use crate::domain::time::Instant;
use crate::domain::zoning::fault::EditFault;
use crate::domain::zoning::overwritten::Overwritten;
use crate::domain::zoning::working::Applied;

/// What somebody wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// As it stands: an edit, undo, redo, a name, a remark, a share, locks, a proposal, a verdict, the end.
    Deed(Deed),
    /// Onto the plan in force.
    Rebase(Conflicting),
    /// Into force.
    Publish {
        /// When; `None` for now.
        effective_at: Option<Instant>,
        /// Why: the plan's note; the draft's name when empty.
        note: String,
    },
}

/// What becomes of edits that do not go with what was published meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conflicting {
    /// Leave out the edits that no longer fit.
    pub drop_conflicts: bool,
    /// Let an edit that draws all zones anew stand, whatever was published meanwhile.
    pub overdraw: bool,
    /// Let the facts of zones stand as the draft has them, also those that were published otherwise meanwhile.
    pub overwrite: bool,
}

/// A wish on the revision that the caller looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The revision.
    pub seen: u32,
    /// What is wanted.
    pub wish: Wish,
    /// Only look what it would do.
    pub dry_run: bool,
    /// The places came in another coordinate system: they mean the vertices next to them.
    pub foreign: bool,
}

/// An edit that does not fit the plan in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The edit, by its number from 0 over all that hold.
    pub edit: usize,
    /// Which kind of edit.
    pub kind: &'static str,
    /// By whom it was.
    pub actor: String,
    /// Why it does not fit, and where.
    pub fault: EditFault,
    /// The facts that it and the plan have set, each otherwise.
    pub overwritten: Vec<Overwritten>,
}

/// What became of a wish.
#[derive(Clone, Debug)]
pub struct Done {
    /// The draft as it is now, or of a dry run as it was.
    pub draft: Arc<Draft>,
    /// What an edit, undo or redo did to the zones, or would do.
    pub applied: Option<Applied>,
    /// The edits that a rebase left out, or would.
    pub conflicts: Vec<Conflict>,
    /// What was noticed and keeps nothing from being done.
    pub warnings: Vec<String>,
}

impl Done {
    /// A draft to which nothing happened on the ground.
    #[must_use]
    pub fn plain(draft: &Draft) -> Self {
        Self {
            draft: Arc::new(draft.clone()),
            applied: None,
            conflicts: Vec::new(),
            warnings: Vec::new(),
        }
    }
}
