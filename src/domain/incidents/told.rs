//! What of a case's steps those who reported it hear: where it went, and what they added themselves.

use crate::domain::accounts::Role;
use crate::domain::id::ReportId;
use crate::domain::incidents::refusal::Refusal;
use crate::domain::incidents::state::Incident;
use crate::domain::incidents::step::{Move, Stage, Step};

/// A step that is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told<'a> {
    /// The step.
    pub step: &'a Step,
    /// Where the case stood behind it.
    pub stage: Stage,
    /// The reports that stood behind the case then, those that went elsewhere with a merge included.
    pub reports: Vec<ReportId>,
}

impl Told<'_> {
    /// Whether nothing more was expected to happen. A merged case lives on.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.stage.is_over() && self.stage != Stage::Merged
    }

    /// What the reporter added, when it is that.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        added(self.step).then_some(self.step.carried.words.as_str())
    }
}

/// Whether a step is what the public added.
#[must_use]
pub fn added(step: &Step) -> bool {
    step.act == Move::Note && step.role == Role::Public
}

/// The steps of a case that are told, in order: those that led to another stage, of several at one
/// instant the last, and what the public added. The opening is not: that is the report itself.
///
/// # Errors
/// The [`Refusal`] of a step that could never have been taken.
pub fn told(steps: &[Step]) -> Result<Vec<Told<'_>>, Refusal> {
    let Some((first, rest)) = steps.split_first() else { return Ok(Vec::new()) };
    let mut state = Incident::begun(first)?;
    let mut all: Vec<Told<'_>> = Vec::new();
    for step in rest {
        let before = state.stage;
        state.advance(step)?;
        let moved = state.stage != before;
        if !moved && !added(step) {
            continue;
        }
        let same = |last: &Told<'_>| moved && last.step.at == step.at && !added(last.step);
        if all.last().is_some_and(same) {
            all.pop();
        }
        all.push(Told { step, stage: state.stage, reports: state.reports().collect() });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::accounts::Caller;
    use crate::domain::id::{IncidentId, UnitId};
    use crate::domain::incidents::case::{Ask, Case};
    use crate::domain::incidents::step::Carried;
    use crate::domain::time::Instant;

    fn go(case: &Case, act: Move, caller: &Caller, at: i64) -> Case {
        let unit = (act == Move::Dispatch).then(|| UnitId::new("u1").unwrap());
        let carried = Carried { words: "said".to_owned(), unit, ..Carried::default() };
        let ask = Ask { seen: case.state().revision, act, carried };
        case.decide(ask, caller, Instant(at)).unwrap()
    }

    #[test]
    fn stages_and_the_public_s_own_words_are_told_and_nothing_of_the_staff_s() {
        let (id, report) = (IncidentId(Uuid::from_u128(1)), ReportId(Uuid::from_u128(2)));
        let desk = Caller { role: Role::Dispatcher, unit: None, actor: "d".to_owned() };
        let mut case =
            Case::open(id, report, "rubbish".to_owned(), &Caller::public(), Instant(0)).unwrap();
        for (act, caller, at) in [
            (Move::Verify, &desk, 5),
            (Move::File, &desk, 5),
            (Move::Dispatch, &desk, 5),
            (Move::Note, &desk, 6),
            (Move::Note, &Caller::public(), 7),
            (Move::Void, &desk, 7),
        ] {
            case = go(&case, act, caller, at);
        }
        let told = told(case.steps()).unwrap();
        let seen: Vec<_> = told
            .iter()
            .map(|it| (it.step.revision, it.stage, it.words(), it.is_closed()))
            .collect();
        assert_eq!(
            seen,
            [
                (4, Stage::Dispatched, None, false),
                (6, Stage::Dispatched, Some("said"), false),
                (7, Stage::Void, None, true),
            ]
        );
        assert!(told.iter().all(|it| it.reports == [report]));
    }
}
