use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::accounts::Role;
use crate::domain::clocks::clock::ClockState;
use crate::domain::clocks::limits::CaseLimits;
use crate::domain::id::{PictureId, UnitId};
use crate::domain::incidents::state::Asked;
use crate::domain::incidents::step::STEPS_KEPT;
use crate::domain::incidents::table::{self, Need, TABLE};
use crate::domain::incidents::timing::Timing;

mod ladders;

/// Who may do what, spelled a second time: one line a move, one column a stage in the order of
/// the workflow. U unit, D dispatcher, P planner, I inspector, A admin; `.` nobody.
const GRID: &str = "
                col  ver  fil  dis   han   sen  sus  hnd  chk  clo  eva  ref  voi  mer
collect         .    .    .    .     .     .    .    .    .    .    .    .    .    .
verify          DIA  .    .    .     .     .    .    .    .    .    .    .    .    .
file            .    DA   .    .     .     .    .    .    .    .    .    .    .    .
dispatch        .    .    DA   .     .     .    .    .    .    .    .    .    .    .
handle          .    .    .    U     .     .    .    .    .    .    .    .    .    .
feedback        .    .    .    .     U     .    .    .    .    .    .    .    .    .
check           .    .    .    .     .     .    .    DIA  .    .    .    .    .    .
close           .    .    .    .     .     .    .    .    DA   .    .    .    .    .
evaluate        .    .    .    .     .     .    .    .    .    IA   .    .    .    .
refuse          DA   DA   .    .     .     .    .    .    .    .    .    .    .    .
void            .    .    DA   DA    DA    DA   DA   DA   .    .    .    .    .    .
send_back       .    .    .    U     U     .    .    .    .    .    .    .    .    .
reassign        .    .    .    DA    DA    DA   .    .    .    .    .    .    .    .
hand_over       .    .    .    DPA   DPA   DPA  DPA  .    .    .    .    .    .    .
ask_extension   .    .    .    U     U     .    .    .    .    .    .    .    .    .
ask_suspension  .    .    .    .     U     .    .    .    .    .    .    .    .    .
grant           .    .    .    DA    DA    .    .    .    .    IA   IA   .    .    .
deny            .    .    .    DA    DA    DA   .    .    .    IA   IA   .    .    .
resume          .    .    .    .     .     .    UDA  .    .    .    .    .    .    .
rework          .    .    .    .     .     .    .    DIA  DIA  .    .    .    .    .
supervise       .    .    IA   IA    IA    IA   IA   IA   IA   .    .    .    .    .
remind          DA   DA   DA   DA   DA    DA    DA   DA   DA   .    .    .    .    .
urge            DA   DA   DA   DA   DA    DA    DA   DA   DA   .    .    .    .    .
raise           DA   DA   DA   DA   DA    DA    DA   DA   DA   .    .    .    .    .
appeal          .    .    .    .     .     .    .    .    .    U    U    .    .    .
reopen          .    .    .    .     .     .    .    .    .    DIA  DIA  DIA  DIA  .
merge           DA   DA   DA   DA    DA    DA   .    .    .    .    .    .    .    .
split           .    .    .    .     .     .    .    .    .    .    .    .    .    DA
absorb          DA   DA   DA   DA    DA    DA   DA   DA   DA   .    .    .    .    .
release         DA   DA   DA   DA    DA    DA   DA   DA   DA   DA   DA   DA   DA   .
note            UDPIA UDPIA UDPIA UDPIA UDPIA UDPIA UDPIA UDPIA UDPIA UDPIA UDPIA UDPIA UDPIA UDPIA
";

fn incident(n: u128) -> IncidentId {
    IncidentId(Uuid::from_u128(n))
}

fn report(n: u128) -> ReportId {
    ReportId(Uuid::from_u128(n))
}

fn unit(code: &str) -> UnitId {
    UnitId::new(code).unwrap()
}

fn caller(role: Role) -> Caller {
    let speaks_for = (role == Role::Unit).then(|| unit("u1"));
    Caller { role, unit: speaks_for, actor: role.code().to_owned() }
}

/// What the move must carry, and no more.
fn load(act: Move, at: i64) -> Carried {
    let needs = table::needs(act);
    let must = |need| need == Need::Must;
    Carried {
        words: if must(needs.words) || act == Move::Note {
            "said".to_owned()
        } else {
            String::new()
        },
        pictures: if must(needs.pictures) { vec![PictureId::new("p").unwrap()] } else { vec![] },
        unit: must(needs.unit).then(|| unit(if act == Move::Dispatch { "u1" } else { "u2" })),
        co: vec![],
        until: must(needs.until).then_some(Instant(at + 1_000)),
        other: must(needs.other).then(|| incident(9)),
        reports: if must(needs.reports) { vec![report(9)] } else { vec![] },
        key: None,
        clock: None,
    }
}

fn fresh(n: u128) -> Case {
    let words = "rubbish".to_owned();
    Case::open(incident(n), report(n), words, &Caller::public(), Instant(0)).unwrap()
}

/// One lawful step by whoever the table lets.
fn go(case: &Case, act: Move) -> Case {
    let who = table::line(case.state.stage, act).unwrap().who[0];
    let mut by = caller(who);
    by.unit = by.unit.and(case.state.unit.clone());
    let at = case.state.last_at.0 + 10;
    let mut carried = load(act, at);
    if carried.unit.is_some() && carried.unit == case.state.unit {
        carried.unit = Some(unit("u3"));
    }
    let ask = Ask { seen: case.state.revision, act, carried };
    case.then(ask, &by, Instant(at)).unwrap()
}

fn walk(acts: &[Move]) -> Case {
    acts.iter().fold(fresh(1), |case, act| go(&case, *act))
}

/// A case of the unit `u1`, where it has one, at a stage.
fn at_stage(stage: Stage) -> Case {
    use Move::{
        AskSuspension, Check, Close, Dispatch, Evaluate, Feedback, File, Grant, Handle, Merge,
        Refuse, SendBack, Verify, Void,
    };
    let main = [Verify, File, Dispatch, Handle, Feedback, Check, Close, Evaluate];
    let to = |n: usize, side: &[Move]| walk(&[&main[..n], side].concat());
    match stage {
        Stage::Collected => to(0, &[]),
        Stage::Verified => to(1, &[]),
        Stage::Filed => to(2, &[]),
        Stage::Dispatched => to(3, &[]),
        Stage::Handling => to(4, &[]),
        Stage::SentBack => to(3, &[SendBack]),
        Stage::Suspended => to(4, &[AskSuspension, Grant]),
        Stage::Handled => to(5, &[]),
        Stage::Checked => to(6, &[]),
        Stage::Closed => to(7, &[]),
        Stage::Evaluated => to(8, &[]),
        Stage::Refused => to(0, &[Refuse]),
        Stage::Void => to(4, &[Void]),
        Stage::Merged => to(3, &[Merge]),
    }
}

fn letter(role: Role) -> char {
    match role {
        Role::Public => '?',
        Role::Unit => 'U',
        Role::Dispatcher => 'D',
        Role::Planner => 'P',
        Role::Inspector => 'I',
        Role::Admin => 'A',
    }
}

#[test]
fn every_stage_move_and_role_is_as_the_grid_spells_it() {
    let lines: Vec<Vec<&str>> =
        GRID.lines().skip(2).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines.len(), Move::ALL.len());
    for (line, act) in lines.iter().zip(Move::ALL) {
        assert_eq!(line[0], act.code());
        assert_eq!(line.len(), 1 + Stage::ALL.len(), "{act}");
        for (cell, stage) in line[1..].iter().zip(Stage::ALL) {
            let mut case = at_stage(*stage);
            assert_eq!(case.state.stage, *stage);
            // The public may add words and has no other say, and a unit sees what lies with it.
            let public = case.state.permit(*act, Role::Public, None);
            match act {
                Move::Note => assert!(public.is_ok()),
                _ => assert_eq!(public, Err(Refusal::Unseen)),
            }
            let stranger = unit("u7");
            let seen = case.state.permit(*act, Role::Unit, Some(&stranger));
            assert_eq!(seen, Err(Refusal::Unseen));
            case.state.unit = Some(unit("u1"));
            for role in &Role::ALL[1..] {
                let by = caller(*role);
                let permitted = case.state.permit(*act, *role, by.unit.as_ref());
                match permitted {
                    Ok(row) => {
                        assert!(cell.contains(letter(*role)), "{act} at {stage} by {role:?}");
                        assert_eq!(row.act, *act);
                    }
                    Err(Refusal::NotOpen { .. }) => assert_eq!(*cell, ".", "{act} at {stage}"),
                    Err(Refusal::NotForRole { .. }) => {
                        assert!(*cell != "." && !cell.contains(letter(*role)), "{act} at {stage}");
                    }
                    Err(other) => panic!("{act} at {stage} by {role:?}: {other}"),
                }
            }
        }
    }
}

#[test]
fn the_table_is_whole() {
    for act in Move::ALL {
        let stages = table::stages(*act);
        assert!(stages.is_sorted_by(|a, b| a < b), "{act} stands twice at one stage");
        assert_eq!(stages.is_empty(), *act == Move::Collect, "{act}");
        assert_eq!(Move::from_code(act.code()), Some(*act));
        assert_eq!(serde_json::to_value(act).unwrap(), act.code());
        assert!(!act.zh().is_empty());
    }
    for row in TABLE {
        assert!(!row.who.is_empty() && !row.who.contains(&Role::Public));
    }
    for stage in Stage::ALL {
        assert_eq!(Stage::from_code(stage.code()), Some(*stage));
        assert_eq!(serde_json::to_value(stage).unwrap(), stage.code());
        let leaves = table::open(*stage).any(|row| !matches!(row.to, table::To::Stay));
        assert!(leaves, "{stage} is a dead end");
    }
}

#[test]
fn a_refusal_says_what_is_open_now_and_to_whom() {
    let case = at_stage(Stage::Closed);
    let ask = |act| Ask { seen: case.state.revision, act, carried: load(act, 500) };
    let says =
        |act, role| case.decide(ask(act), &caller(role), Instant(500)).unwrap_err().to_string();
    assert_eq!(
        says(Move::Feedback, Role::Unit),
        "feedback is not open while the case stands at closed; it is at handling; open now: \
         evaluate (inspector, admin), appeal (unit), reopen (dispatcher, inspector, admin), \
         note (unit, dispatcher, planner, inspector, admin)"
    );
    assert_eq!(
        says(Move::Reopen, Role::Unit),
        "reopen at closed is for dispatcher, inspector, admin, not for unit; open to you: appeal, note"
    );
    assert_eq!(
        says(Move::Grant, Role::Inspector),
        "grant answers what a unit asked, and nothing is asked at closed"
    );
    assert!(says(Move::Release, Role::Admin).contains("changes two cases"));
}

#[test]
fn a_step_on_a_stale_revision_names_what_has_changed() {
    let case = at_stage(Stage::Dispatched);
    let ask = Ask { seen: 2, act: Move::Reassign, carried: load(Move::Reassign, 0) };
    let refusal = case.decide(ask, &caller(Role::Dispatcher), Instant(99)).unwrap_err();
    let Refusal::Stale { seen: 2, now: 4, stage: Stage::Dispatched, since } = &refusal else {
        panic!("{refusal}")
    };
    assert_eq!(since.iter().map(|step| step.act).collect::<Vec<_>>(), [Move::File, Move::Dispatch]);
    assert!(refusal.to_string().contains("file by dispatcher at 1970-01-01T00:00:00.00002Z"));
}

#[test]
fn a_long_list_of_changes_is_cut_to_the_latest() {
    let case = (0..15).fold(at_stage(Stage::Dispatched), |case, _| go(&case, Move::Note));
    let ask = Ask { seen: 1, act: Move::Verify, carried: Carried::default() };
    let says = case.decide(ask, &caller(Role::Admin), Instant(999)).unwrap_err().to_string();
    assert!(says.contains("; after 8 other steps; note by"), "{says}");
    assert_eq!(says.matches("note by").count(), 10);
}

#[test]
fn all_that_a_step_lacks_or_has_too_much_is_said_at_once() {
    let case = at_stage(Stage::Handling);
    let carried = Carried { unit: Some(unit("u2")), co: vec![unit("u2")], ..Carried::default() };
    let ask = Ask { seen: case.state.revision, act: Move::Feedback, carried };
    let refusal = case.decide(ask, &caller(Role::Unit), Instant(99)).unwrap_err();
    let Refusal::Carried { lacks, .. } = refusal else { panic!("{refusal}") };
    let fields: Vec<&str> = lacks.iter().map(|lack| lack.field).collect();
    assert_eq!(fields, ["words", "pictures", "unit", "co", "co"]);
}

#[test]
fn a_move_without_what_it_must_carry_is_refused_and_with_it_taken() {
    for row in TABLE.iter().filter(|row| row.act != Move::Note) {
        let needs = table::needs(row.act);
        let all =
            [needs.words, needs.pictures, needs.unit, needs.until, needs.other, needs.reports];
        let mut case = at_stage(row.from[0]);
        case.state.unit = Some(unit("u1"));
        let by = caller(row.who[0]);
        let ask = Ask { seen: case.state.revision, act: row.act, carried: Carried::default() };
        let lacking = matches!(case.then(ask, &by, Instant(900)), Err(Refusal::Carried { .. }));
        assert_eq!(lacking, all.contains(&Need::Must), "{}", row.act);
        match row.act {
            Move::Grant | Move::Deny => case.state.asked = Some(Asked::Extension(Instant(5_000))),
            Move::Release => drop(case.state.absorbed.insert(incident(9), vec![report(9)])),
            _ => {}
        }
        let clock = row.act.rung().and(row.from[0].awaited()).map(ClockOf::Stage);
        let carried = Carried { clock, ..load(row.act, 900) };
        let ask = Ask { seen: case.state.revision, act: row.act, carried };
        let taken = case.then(ask, &by, Instant(900)).map(|case| case.state.revision);
        assert_eq!(taken, Ok(case.state.revision + 1), "{}", row.act);
    }
}

#[test]
fn a_unit_beside_the_lead_sees_and_notes_and_nothing_more() {
    let case = at_stage(Stage::Filed);
    let carried = Carried { co: vec![unit("u2")], ..load(Move::Dispatch, 0) };
    let ask = Ask { seen: 3, act: Move::Dispatch, carried };
    let case = case.decide(ask, &caller(Role::Admin), Instant(60)).unwrap();
    let beside = unit("u2");
    assert_eq!(case.state.open_to(Role::Unit, Some(&beside)), [Move::Note]);
    let refusal = case.state.permit(Move::Handle, Role::Unit, Some(&beside)).unwrap_err();
    assert_eq!(refusal.to_string(), "handle is for the lead unit u1; yours stands beside it");
}

#[test]
fn asking_granting_and_pausing_follow_each_other() {
    let case = go(&at_stage(Stage::Handling), Move::AskExtension);
    let ask = Ask { seen: 6, act: Move::AskSuspension, carried: load(Move::AskSuspension, 100) };
    let refusal = case.decide(ask, &caller(Role::Unit), Instant(100)).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "ask_suspension must wait until ask_extension is granted or denied"
    );
    let case = go(&case, Move::Grant);
    assert_eq!((case.state.stage, case.state.counts.extended), (Stage::Handling, 1));
    assert_eq!(case.state.extended_until, Some(Instant(1_050)));
    let case = go(&go(&case, Move::AskSuspension), Move::Grant);
    assert_eq!(case.state.stage, Stage::Suspended);
    assert!(case.state.suspended_until.is_some());
    let case = go(&case, Move::Resume);
    assert_eq!((case.state.stage, case.state.suspended_until), (Stage::Handling, None));
    // More time than was given, asked before the work begins, outlives its beginning.
    let asked = go(&go(&at_stage(Stage::Dispatched), Move::AskExtension), Move::Handle);
    let given = go(&asked, Move::Grant);
    let until = given.state.extended_until.unwrap();
    let refused = |case: &Case, act, role, until, at| {
        let carried = Carried { until, ..load(act, at) };
        let ask = Ask { seen: case.state.revision, act, carried };
        case.decide(ask, &caller(role), Instant(at)).unwrap_err().to_string()
    };
    let less = refused(&given, Move::AskExtension, Role::Unit, Some(until), 100);
    assert!(less.contains("must lie after"), "{less}");
    let late = refused(&asked, Move::Grant, Role::Admin, None, until.0);
    assert!(late.contains("what was asked ended at"), "{late}");
    let appealed = go(&go(&at_stage(Stage::Closed), Move::Appeal), Move::Evaluate);
    assert_eq!(go(&appealed, Move::Grant).state.counts.appeals_granted, 1);
}

#[test]
fn a_sent_back_case_stays_with_its_unit_until_another_is_named() {
    let case = at_stage(Stage::SentBack);
    assert_eq!(case.state.unit, Some(unit("u1")));
    let denied = go(&case, Move::Deny).state;
    assert_eq!((denied.unit, denied.counts.sent_back), (Some(unit("u1")), 0));
    assert_eq!(go(&case, Move::Reassign).state.counts.sent_back, 1);
    assert_eq!(go(&case, Move::Reassign).state.unit, Some(unit("u2")));
    let same = Carried { unit: Some(unit("u1")), ..load(Move::Reassign, 0) };
    let ask = Ask { seen: case.state.revision, act: Move::Reassign, carried: same };
    let refusal = case.decide(ask, &caller(Role::Admin), Instant(99)).unwrap_err();
    assert_eq!(refusal.to_string(), "reassign needs another unit: the case lies with u1 already");
}

#[test]
fn a_case_that_is_full_of_notes_can_still_be_brought_to_its_end() {
    let mut case = at_stage(Stage::Checked);
    case.state.revision = u32::try_from(STEPS_MAX - STEPS_KEPT).unwrap();
    let ask = |act| Ask { seen: case.state.revision, act, carried: load(act, 99) };
    let by = caller(Role::Admin);
    let full = case.then(ask(Move::Note), &by, Instant(99)).unwrap_err();
    assert_eq!(full, Refusal::Full { what: "steps", max: STEPS_MAX - STEPS_KEPT });
    assert_eq!(case.then(ask(Move::Close), &by, Instant(99)).unwrap().state.stage, Stage::Closed);
}

#[test]
fn words_are_kept_clean_also_those_that_open_a_case() {
    let by = Caller::public();
    let words = format!("  rubbish{}", " \r".repeat(5_000));
    let case = Case::open(incident(1), report(1), words, &by, Instant(0)).unwrap();
    assert_eq!(case.steps[0].carried.words, "rubbish");
    let mut steps = case.steps;
    steps[0].carried.words = "rubbish ".to_owned();
    assert!(matches!(Case::fold(steps), Err(JournalFault::Unlawful { revision: 1, .. })));
}

#[test]
fn a_clock_that_was_set_back_stands_still() {
    let case = at_stage(Stage::Verified);
    let ask = Ask { seen: 2, act: Move::File, carried: Carried::default() };
    let case = case.decide(ask, &caller(Role::Admin), Instant(-5)).unwrap();
    assert_eq!(case.steps.last().unwrap().at, Instant(10));
}

#[test]
fn a_journal_with_a_gap_a_stranger_or_an_unlawful_step_is_no_case() {
    let steps = at_stage(Stage::Handling).steps;
    assert!(Case::fold(steps.clone()).is_ok());
    assert_eq!(Case::fold(vec![]), Err(JournalFault::Empty));
    let broken = |change: fn(&mut Vec<Step>)| {
        let mut steps = steps.clone();
        change(&mut steps);
        Case::fold(steps).unwrap_err()
    };
    let gap = broken(|steps| drop(steps.remove(2)));
    assert_eq!(gap, JournalFault::Gap { nth: 3, revision: 4 });
    let stranger = broken(|steps| steps[1].incident = incident(5));
    assert_eq!(stranger, JournalFault::Stranger { revision: 2, incident: incident(5) });
    let back = broken(|steps| steps[1].at = Instant(-1));
    assert_eq!(back, JournalFault::TimeRunsBack { revision: 2 });
    let unlawful = broken(|steps| steps[3].role = Role::Planner);
    assert!(matches!(unlawful, JournalFault::Unlawful { revision: 4, .. }));
    let headless = broken(|steps| steps[0].act = Move::Note);
    assert!(matches!(headless, JournalFault::Unlawful { revision: 1, .. }));
}

fn pair<'a>(part: &'a Case, whole: &'a Case) -> Pair<'a> {
    Pair { part, part_seen: part.state.revision, whole, whole_seen: whole.state.revision }
}

#[test]
fn a_merge_counts_supporters_and_a_split_undoes_it_exactly() {
    let desk = caller(Role::Dispatcher);
    let (a, b, c) = (go(&at_stage(Stage::Dispatched), Move::SendBack), fresh(2), fresh(3));
    let (b1, c1) = pair(&b, &c).merge("same", &desk, Instant(200)).unwrap();
    let (c2, a1) = pair(&c1, &a).merge("same", &desk, Instant(300)).unwrap();
    assert_eq!((c1.state.supporters(), a1.state.supporters()), (2, 3));
    // The inner merge can only be undone after the outer one.
    let early = pair(&b1, &c2).split("", &desk, Instant(400)).unwrap_err();
    assert!(matches!(early, Refusal::NotOpen { act: Move::Release, stage: Stage::Merged, .. }));
    let (c3, a2) = pair(&c2, &a1).split("", &desk, Instant(400)).unwrap();
    let (b2, c4) = pair(&b1, &c3).split("", &desk, Instant(500)).unwrap();
    for (before, after) in [(&a, &a2), (&b, &b2), (&c, &c4)] {
        let same = Incident {
            revision: before.state.revision,
            last_at: before.state.last_at,
            ..after.state.clone()
        };
        assert_eq!(same, before.state);
        assert_eq!(Case::fold(after.steps.clone()).as_ref(), Ok(after));
    }
    // Neither with itself, nor into what is over, nor twice.
    assert!(matches!(pair(&a, &a).merge("", &desk, Instant(9)), Err(Refusal::WrongOther { .. })));
    let over = at_stage(Stage::Closed);
    assert!(matches!(pair(&b, &over).merge("", &desk, Instant(9)), Err(Refusal::NotOpen { .. })));
    assert!(matches!(pair(&b1, &a).merge("", &desk, Instant(9)), Err(Refusal::NotOpen { .. })));
    let wrong = pair(&b1, &a).split("", &desk, Instant(9)).unwrap_err();
    assert_eq!(
        wrong,
        Refusal::WrongOther { act: Move::Split, given: a.state.id, right: vec![c.state.id] }
    );
}

/// What the clocks of a case have that its stage does not.
fn clocks_disagree(case: &Case) -> Option<String> {
    let timing = Timing::of(case, &CaseLimits::default().of(None), case.state.last_at);
    let mut clocks = timing.whole().into_iter().chain(timing.stage().map(|(_, clock)| clock));
    if let Some(clock) = clocks.find(|clock| !clock.faults().is_empty()) {
        return Some(format!("{:?}", clock.faults()));
    }
    let merged = case.state.merged.map(|merged| merged.stage);
    let waits = merged.unwrap_or(case.state.stage).awaited();
    let paused = case.state.suspended_until.is_some_and(|until| until > case.state.last_at);
    let expected = match case.state.stage {
        Stage::Merged => ClockState::Stopped,
        _ if paused => ClockState::Suspended,
        _ => ClockState::Running,
    };
    let found = timing.stage().map(|(awaited, clock)| (awaited, clock.state()));
    (found != waits.map(|awaited| (awaited, expected))).then(|| format!("{found:?}"))
}

proptest! {
    #[test]
    fn any_sequence_of_moves_keeps_the_laws(
        moves in proptest::collection::vec((0..Move::ALL.len(), 1..Role::ALL.len(), 0..3_u8, -20_i64..50), 1..120)
    ) {
        let mut case = fresh(1);
        let mut was_dispatched = false;
        for (act, role, which, later) in moves {
            // Half of the time something that is open, or no case would come far.
            let open = case.state.openings();
            let opening = &open[act % open.len()];
            let guided = later % 2 == 0;
            let role = if guided { opening.who[role % opening.who.len()] } else { Role::ALL[role] };
            let act = if guided { opening.act } else { Move::ALL[act] };
            let at = case.state.last_at.0 + later;
            let mut by = caller(role);
            if by.role == Role::Unit && which > 0 {
                by.unit.clone_from(&case.state.unit);
            }
            let mut carried = load(act, at.max(case.state.last_at.0));
            if carried.unit.is_some() {
                carried.unit = Some(unit(["u1", "u2", "u3"][usize::from(which)]));
            }
            carried.other = carried.other.map(|_| incident(8 + u128::from(which)));
            if !carried.reports.is_empty() {
                carried.reports = vec![report(20 + u128::from(which))];
            }
            if act.rung().is_some() && which > 0 {
                carried.clock = case.state.stage.awaited().map(ClockOf::Stage);
            }
            let before = case.clone();
            let ask = Ask { seen: case.state.revision, act, carried };
            let offered = case.state.open_to(by.role, by.unit.as_ref()).contains(&act);
            match case.then(ask, &by, Instant(at)) {
                Ok(next) => {
                    // The clock's own moves are offered to nobody.
                    let by_the_clock = act.rung().is_some();
                    prop_assert!(offered || by_the_clock, "{act} was taken but not offered");
                    prop_assert_eq!(next.state.revision, before.state.revision + 1);
                    let over = before.state.stage.is_over();
                    let stays = next.state.stage == before.state.stage;
                    let opens = matches!(act, Move::Reopen | Move::Split | Move::Evaluate);
                    prop_assert!(!over || stays || opens, "{act} moved what was over");
                    case = next;
                }
                Err(refusal) => {
                    prop_assert!(!refusal.to_string().is_empty());
                    let depends = matches!(refusal, Refusal::SameUnit { .. } | Refusal::WrongOther { .. } | Refusal::Carried { .. });
                    prop_assert!(!offered || depends, "{act} was offered: {refusal}");
                }
            }
            was_dispatched |= case.state.counts.dispatched > 0;
            prop_assert!(!was_dispatched || case.state.unit.is_some());
            prop_assert!(!case.state.stage.has_unit() || case.state.unit.is_some());
            prop_assert_eq!(usize::try_from(case.state.revision).unwrap(), case.steps.len());
            let distinct: std::collections::BTreeSet<_> = case.state.reports().collect();
            prop_assert_eq!(case.state.supporters(), distinct.len());
            prop_assert_eq!(case.state.merged.is_some(), case.state.stage == Stage::Merged);
            prop_assert_eq!(case.state.suspended_until.is_some(), case.state.stage == Stage::Suspended);
        }
        prop_assert!(case.steps.is_sorted_by_key(|step| step.at));
        prop_assert_eq!(clocks_disagree(&case), None);
        let folded = Case::fold(case.steps.clone());
        prop_assert_eq!(folded, Ok(case));
    }
}
