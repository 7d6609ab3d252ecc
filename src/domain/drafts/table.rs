//! THE table of a draft's stages and acts, and of who may do which.

use crate::domain::drafts::step::{Act, Stage};

/// Who may do something with a draft. Planners and admins see all drafts; nobody else sees any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever sees it.
    Readers,
    /// The owner, those it is shared with, and admins.
    Editors,
    /// The owner and admins.
    Owner,
    /// Who neither owns it nor drew nor proposed it.
    Second,
    /// Editors, and who approved it.
    Publishers,
    /// The clock.
    Clock,
}

impl Who {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Readers => "planners and admins",
            Self::Editors => "its owner, those it is shared with, and admins",
            Self::Owner => "its owner and admins",
            Self::Second => "a planner or admin who neither owns it nor drew nor proposed it",
            Self::Publishers => "its owner, those it is shared with, who approved it, and admins",
            Self::Clock => "the clock alone",
        }
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The act.
    pub act: Act,
    /// The stages in which it is open.
    pub from: &'static [Stage],
    /// Where it leads; `None`: the stage stays.
    pub to: Option<Stage>,
    /// Who may do it.
    pub who: Who,
}

use Stage::{Approved, Dropped, Open, Proposed, Published, Scheduled};

const fn row(act: Act, from: &'static [Stage], to: Option<Stage>, who: Who) -> Row {
    Row { act, from, to, who }
}

/// Who may do what, when, and where it leads. [`Act::Open`] has no row: it only begins a draft.
///
/// Whether a draft that nobody approved may be published is the city's setting, and asked beside it.
pub const TABLE: &[Row] = &[
    row(Act::Edit, &[Open], None, Who::Editors),
    row(Act::Undo, &[Open], None, Who::Editors),
    row(Act::Redo, &[Open], None, Who::Editors),
    row(Act::Rename, &[Open, Proposed], None, Who::Editors),
    row(Act::Comment, &[Open, Proposed, Approved, Scheduled, Published], None, Who::Readers),
    row(Act::Share, &[Open, Proposed, Approved], None, Who::Owner),
    row(Act::Lock, &[Open], None, Who::Editors),
    row(Act::Rebase, &[Open], None, Who::Editors),
    row(Act::Propose, &[Open], Some(Proposed), Who::Editors),
    row(Act::Approve, &[Proposed], Some(Approved), Who::Second),
    row(Act::Refuse, &[Proposed, Approved, Scheduled], Some(Open), Who::Second),
    row(Act::Withdraw, &[Proposed, Approved, Scheduled], Some(Open), Who::Editors),
    row(Act::Schedule, &[Open, Proposed, Approved], Some(Scheduled), Who::Publishers),
    row(Act::Publish, &[Open, Proposed, Approved], Some(Published), Who::Publishers),
    row(Act::Publish, &[Scheduled], Some(Published), Who::Clock),
    row(Act::PutBack, &[Scheduled], Some(Open), Who::Clock),
    row(Act::Drop, &[Open, Proposed, Approved], Some(Dropped), Who::Owner),
];

/// The line for an act at a stage.
#[must_use]
pub fn line(act: Act, stage: Stage) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.act == act && row.from.contains(&stage))
}

/// The stages in which an act is open.
#[must_use]
pub fn open_in(act: Act) -> Vec<Stage> {
    let rows = TABLE.iter().filter(|row| row.act == act);
    rows.flat_map(|row| row.from.iter().copied()).collect()
}

/// The acts that are open at a stage.
#[must_use]
pub fn open_at(stage: Stage) -> Vec<Act> {
    TABLE.iter().filter(|row| row.from.contains(&stage)).map(|row| row.act).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_act_has_two_lines_for_one_stage_and_every_act_but_the_first_has_one() {
        for act in Act::ALL {
            let stages = open_in(*act);
            let mut once = stages.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), stages.len(), "{act}");
            assert_eq!(stages.is_empty(), *act == Act::Open, "{act}");
        }
    }

    #[test]
    fn what_is_over_is_only_talked_of() {
        assert_eq!(open_at(Published), [Act::Comment]);
        assert_eq!(open_at(Dropped), []);
    }
}
