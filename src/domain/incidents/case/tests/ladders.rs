//! What follows when a clock is overdue, as steps of a case.

use super::*;
use crate::domain::clocks::limits::Awaited;
use crate::domain::incidents::timing;

/// What a look finds due of a clock: its whole ladder.
fn rungs(of: ClockOf) -> Vec<Rung> {
    escalation::Ladder::default().steps().iter().map(|step| Rung { of, step: *step }).collect()
}

#[test]
fn a_step_of_a_ladder_is_the_clock_s_and_is_forgotten_with_its_clock() {
    let case = at_stage(Stage::Handled);
    let ask = Ask { seen: 6, act: Move::Urge, carried: load(Move::Urge, 99) };
    let refused = case.decide(ask, &caller(Role::Admin), Instant(99)).unwrap_err();
    assert_eq!(refused, Refusal::ByTheClock(Move::Urge));
    let by = caller(Role::Dispatcher);
    let raised = case.escalate(&rungs(ClockOf::Whole), &by, Instant(99)).unwrap();
    let acts: Vec<Move> = raised.steps()[6..].iter().map(|step| step.act).collect();
    assert_eq!(acts, [Move::Remind, Move::Urge, Move::Raise]);
    assert_eq!(timing::loudest(&raised), Some(escalation::Act::Raise));
    assert_eq!(raised.state.stage, Stage::Handled);
    let void = go(&raised, Move::Void);
    assert_eq!(timing::loudest(&void), Some(escalation::Act::Raise), "until its clock begins anew");
    assert_eq!(timing::loudest(&go(&void, Move::Reopen)), None);
    let reminded = &rungs(ClockOf::Stage(Awaited::Check))[..1];
    let reminded = case.escalate(reminded, &by, Instant(99)).unwrap();
    assert_eq!(timing::loudest(&reminded), Some(escalation::Act::Remind));
    assert_eq!(timing::loudest(&go(&reminded, Move::Check)), None, "closing has its own clock");
    let over = at_stage(Stage::Closed).escalate(&rungs(ClockOf::Whole), &by, Instant(99));
    assert!(matches!(over, Err(Refusal::NotOpen { .. })));
}

#[test]
fn only_a_clock_that_runs_is_overdue() {
    let by = caller(Role::Dispatcher);
    for stage in Stage::ALL {
        let case = at_stage(*stage);
        let mut runs: Vec<ClockOf> =
            case.state.stage.awaited().map(ClockOf::Stage).into_iter().collect();
        if !stage.is_over() && !matches!(stage, Stage::Collected | Stage::Verified) {
            runs.push(ClockOf::Whole);
        }
        for of in Awaited::ALL.map(ClockOf::Stage).into_iter().chain([ClockOf::Whole]) {
            let taken = case.escalate(&rungs(of)[..1], &by, Instant(99));
            assert_eq!(taken.is_ok(), runs.contains(&of), "{of:?} at {stage}: {taken:?}");
        }
    }
    let carried = Carried { clock: Some(ClockOf::Whole), ..load(Move::Note, 99) };
    let ask = Ask { seen: 1, act: Move::Note, carried };
    let refused = fresh(1).decide(ask, &caller(Role::Admin), Instant(99)).unwrap_err();
    assert!(refused.to_string().contains("clock: leave it out"), "{refused}");
}

#[test]
fn a_journal_from_before_stages_had_ladders_means_the_clock_of_the_whole_case() {
    let by = caller(Role::Dispatcher);
    let case = at_stage(Stage::Handling);
    let reminded = case.escalate(&rungs(ClockOf::Whole)[..1], &by, Instant(99)).unwrap();
    let mut steps = reminded.steps.clone();
    let last = steps.last_mut().unwrap();
    last.carried =
        serde_json::from_str(r#"{"words":"overdue: 100 % of the time limit is used"}"#).unwrap();
    assert_eq!(last.carried.clock, None);
    let json = serde_json::to_value(&last.carried).unwrap();
    assert!(json.get("clock").is_none(), "{json}");
    let folded = Case::fold(steps).unwrap();
    assert_eq!(timing::loudest(&folded), Some(escalation::Act::Remind));
    let limits = CaseLimits::default().of(None);
    let of = |case: &Case| Timing::of(case, &limits, Instant(99));
    assert_eq!(of(&folded), of(&reminded));
    assert_ne!(of(&folded), of(&case));
}

#[test]
fn ladders_that_begin_anew_leave_room_to_bring_the_case_to_its_end() {
    let mut case = at_stage(Stage::Checked);
    case.state.revision = u32::try_from(STEPS_MAX - STEPS_KEPT).unwrap();
    let by = caller(Role::Dispatcher);
    let full = case.escalate(&rungs(ClockOf::Stage(Awaited::Close))[..1], &by, Instant(99));
    assert!(matches!(full, Err(Refusal::Full { .. })), "{full:?}");
    assert!(case.escalate(&rungs(ClockOf::Whole)[..1], &by, Instant(99)).is_ok());
}
