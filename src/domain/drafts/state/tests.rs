//! The law of drafts, step by step.

use uuid::Uuid;

use super::*;

fn by(role: Role, actor: &str) -> Caller {
    Caller { role, unit: None, actor: actor.to_owned() }
}

fn planner(actor: &str) -> Caller {
    by(Role::Planner, actor)
}

fn edit(zone: &str) -> ZoningEdit {
    serde_json::from_value(serde_json::json!({
        "kind": "set_zone", "zone": zone, "names": { "zh": zone },
    }))
    .unwrap()
}

/// A draft at work, with its steps.
struct Work {
    draft: Draft,
    steps: Vec<DraftStep>,
}

impl Work {
    fn new() -> Self {
        let deed = Deed::Open {
            name: " 北岸 ".to_owned(),
            words: String::new(),
            base: 3,
            copied_from: None,
            drew: BTreeSet::new(),
            edits: Vec::new(),
        };
        let id = DraftId(Uuid::from_u128(1));
        let (draft, step) = Draft::open(id, deed, &planner("a"), Instant(5)).unwrap();
        Self { draft, steps: vec![step] }
    }

    fn ask(&mut self, caller: &Caller, deed: Deed) -> Result<(), Refusal> {
        let ask = Ask { seen: self.draft.revision, deed };
        let step = self.draft.decide(ask, Vec::new, caller, Instant(9))?;
        self.draft.take(&step);
        self.steps.push(step);
        Ok(())
    }

    fn edited(&mut self, zones: &[&str]) {
        for zone in zones {
            self.ask(&planner("a"), Deed::Edit { edits: vec![edit(zone)] }).unwrap();
        }
    }

    fn holds(&self) -> Vec<String> {
        let edits = self.draft.held().concat();
        edits
            .iter()
            .map(|edit| match edit {
                ZoningEdit::SetZone { zone, .. } => zone.to_string(),
                other => other.kind().to_owned(),
            })
            .collect()
    }
}

fn words() -> String {
    "why".to_owned()
}

#[test]
fn what_is_undone_can_be_done_again_until_something_else_is_drawn() {
    let mut work = Work::new();
    assert_eq!(work.draft.name, "北岸");
    let a = planner("a");
    assert_eq!(work.ask(&a, Deed::Undo), Err(Refusal::NothingTo(Act::Undo)));
    work.edited(&["x", "y", "z"]);
    work.ask(&a, Deed::Undo).unwrap();
    work.ask(&a, Deed::Undo).unwrap();
    assert_eq!(work.holds(), ["x"]);
    work.ask(&a, Deed::Redo).unwrap();
    assert_eq!(work.holds(), ["x", "y"]);
    work.edited(&["w"]);
    assert_eq!(work.holds(), ["x", "y", "w"]);
    assert_eq!(work.ask(&a, Deed::Redo), Err(Refusal::NothingTo(Act::Redo)));
    assert_eq!(Draft::fold(&work.steps), Ok(work.draft));
}

#[test]
fn a_draft_is_edited_by_its_owner_those_it_is_shared_with_and_admins_and_seen_by_no_others() {
    let mut work = Work::new();
    let drawn = || Deed::Edit { edits: vec![edit("x")] };
    let refused = |result: Result<(), Refusal>| matches!(result, Err(Refusal::NotYours { .. }));
    assert!(refused(work.ask(&planner("b"), drawn())));
    assert!(refused(work.ask(&by(Role::Dispatcher, "a"), drawn())));
    let with = BTreeSet::from([KeyId::new("b").unwrap()]);
    assert!(refused(work.ask(&planner("b"), Deed::Share { with: with.clone() })));
    work.ask(&planner("a"), Deed::Share { with }).unwrap();
    work.ask(&planner("b"), drawn()).unwrap();
    work.ask(&by(Role::Admin, "c"), drawn()).unwrap();
    assert!(refused(work.ask(&planner("b"), Deed::Drop { words: words() })));
    work.ask(&planner("d"), Deed::Comment { words: words(), place: None }).unwrap();
    assert_eq!(work.draft.drew, BTreeSet::from(["b".to_owned(), "c".to_owned()]));
}

#[test]
fn nobody_approves_what_they_own_drew_or_proposed() {
    let mut work = Work::new();
    work.edited(&["x"]);
    work.ask(&by(Role::Admin, "c"), Deed::Undo).unwrap();
    work.ask(&by(Role::Admin, "p"), Deed::Propose { words: words() }).unwrap();
    for actor in ["a", "c", "p"] {
        let refused = work.ask(&by(Role::Admin, actor), Deed::Approve { words: words() });
        assert!(matches!(refused, Err(Refusal::NotYours { who: Who::Second, .. })), "{actor}");
    }
    work.ask(&planner("z"), Deed::Approve { words: words() }).unwrap();
    assert_eq!((work.draft.stage, work.draft.approved_by.as_deref()), (Stage::Approved, Some("z")));
    let drawn = work.ask(&planner("a"), Deed::Edit { edits: vec![edit("y")] });
    assert!(drawn.unwrap_err().to_string().contains("withdraw"));
    work.ask(&planner("a"), Deed::Withdraw { words: words() }).unwrap();
    assert_eq!((work.draft.stage, work.draft.approved_by), (Stage::Open, None));
}

#[test]
fn a_step_on_an_old_revision_is_told_what_came_since_and_by_whom() {
    let mut work = Work::new();
    work.edited(&["x"]);
    let since = work.steps[1..].to_vec();
    let ask = Ask { seen: 1, deed: Deed::Undo };
    let refused = work.draft.decide(ask, || since, &planner("b"), Instant(9)).unwrap_err();
    let words = refused.to_string();
    assert!(words.contains("revision 1") && words.contains("edit by a"), "{words}");
}

#[test]
fn a_rebase_leaves_out_what_no_longer_fits_and_what_was_undone() {
    let mut work = Work::new();
    let a = planner("a");
    let both = Deed::Edit { edits: vec![edit("x"), edit("y")] };
    work.ask(&a, both).unwrap();
    work.edited(&["z", "w"]);
    work.ask(&a, Deed::Undo).unwrap();
    work.ask(&a, Deed::Rebase { base: 4, dropped: vec![0, 2] }).unwrap();
    assert_eq!((work.holds(), work.draft.base), (vec!["y".to_owned()], 4));
    assert_eq!(work.ask(&a, Deed::Redo), Err(Refusal::NothingTo(Act::Redo)));
    work.ask(&a, Deed::Undo).unwrap();
    assert_eq!(work.holds(), Vec::<String>::new());
}

#[test]
fn the_clock_alone_publishes_what_is_scheduled_and_nothing_goes_on_after_the_end() {
    let mut work = Work::new();
    work.edited(&["x"]);
    work.ask(&planner("a"), Deed::Schedule { at: Instant(50), note: String::new() }).unwrap();
    let early = work.ask(&by(Role::Admin, "c"), Deed::Publish { plan: 4 });
    assert!(matches!(early, Err(Refusal::NotYours { who: Who::Clock, .. })));
    let clock = by(Role::Admin, CLOCK);
    work.ask(&clock, Deed::Publish { plan: 4 }).unwrap();
    assert_eq!((work.draft.stage, work.draft.plan), (Stage::Published, Some(4)));
    for deed in [Deed::Undo, Deed::Drop { words: words() }, Deed::Withdraw { words: words() }] {
        let refused = work.ask(&planner("a"), deed).unwrap_err();
        assert!(matches!(refused, Refusal::NotOpen { stage: Stage::Published, .. }), "{refused}");
    }
    assert_eq!(work.draft.open_to(&planner("a")), [Act::Comment]);
}

#[test]
fn every_fault_of_a_step_is_told_and_the_limits_have_names() {
    let mut work = Work::new();
    let a = planner("a");
    let check = |refused: Result<(), Refusal>, places: &[&str]| {
        let Err(Refusal::Carried { lacks, .. }) = refused else { panic!("{refused:?}") };
        let found: Vec<&str> = lacks.iter().map(|lack| lack.field.as_str()).collect();
        assert_eq!(found, places);
    };
    check(
        work.ask(&a, Deed::Rename { name: " ".into(), words: "\u{202e}".into() }),
        &["name", "words"],
    );
    check(work.ask(&a, Deed::Edit { edits: Vec::new() }), &["edits"]);
    let thin = |m: f64| ZoningEdit::Thin {
        tolerance_m: m,
        arc: None,
        keep: BTreeSet::new(),
        keep_outline: false,
    };
    check(
        work.ask(&a, Deed::Edit { edits: vec![thin(-1.0), thin(2.0), thin(f64::NAN)] }),
        &["edits[0].tolerance_m", "edits[2].tolerance_m"],
    );
    let many = || Deed::Edit { edits: vec![edit("x"); STEP_EDITS_MAX] };
    check(work.ask(&a, Deed::Edit { edits: vec![edit("x"); STEP_EDITS_MAX + 1] }), &["edits"]);
    for _ in 0..EDITS_MAX / STEP_EDITS_MAX {
        work.ask(&a, many()).unwrap();
    }
    let refused = work.ask(&a, Deed::Edit { edits: vec![edit("x")] }).unwrap_err();
    assert_eq!(refused, Refusal::Full { what: Room::Edits, max: EDITS_MAX });
    let said = refused.to_string();
    assert!(said.contains("at most 10000 edits (limit EDITS_MAX); publish it"), "{said}");
    work.ask(&a, Deed::Undo).unwrap();
    work.ask(&a, many()).unwrap();
}

fn moved() -> Deed {
    let edit = r#"{"kind":"move_vertex","from":[1.0,2.0],"to":[1.1,2.1]}"#;
    Deed::Edit { edits: vec![serde_json::from_str(edit).unwrap()] }
}

/// Edits whose attributes are 60,000 characters each.
fn wordy(edits: usize) -> Deed {
    let edit = serde_json::json!({
        "kind": "set_zone", "zone": "x", "attributes": { "note": "x".repeat(60_000) },
    });
    Deed::Edit { edits: vec![serde_json::from_value(edit).unwrap(); edits] }
}

#[test]
fn a_step_with_too_many_places_or_bytes_is_refused_with_the_limit_by_name() {
    let mut work = Work::new();
    let place: crate::geom::coverage::edit::place::Place =
        serde_json::from_str("[1.0,2.0]").unwrap();
    let line = |places: usize| ZoningEdit::ReshapeArc { line: vec![place; places] };
    let most = Deed::Edit { edits: vec![line(STEP_PLACES_MAX / 10); 10] };
    work.ask(&planner("a"), most).unwrap();
    let mut edits = vec![line(STEP_PLACES_MAX / 10); 10];
    edits.push(line(2));
    for (deed, says) in [
        (Deed::Edit { edits }, "have 200002 places; at most 200000 go into one step"),
        (wordy(140), "bytes; at most 8388608 go into one step (limit STEP_BYTES_MAX)"),
    ] {
        let Err(Refusal::Carried { lacks, .. }) = work.ask(&planner("a"), deed) else {
            panic!("{says}")
        };
        let [lack] = &lacks[..] else { panic!("{lacks:?}") };
        assert_eq!(lack.field, "edits");
        assert!(lack.says.contains(says), "{}", lack.says);
    }
    work.ask(&planner("a"), wordy(130)).unwrap();
    assert_eq!(work.draft.revision, 3);
}

#[test]
fn a_draft_keeps_so_many_places_that_hold_and_so_many_bytes_in_all() {
    let mut work = Work::new();
    let a = planner("a");
    work.ask(&a, moved()).unwrap();
    work.draft.strokes[0].size.places = PLACES_MAX - 1;
    let refused = work.ask(&a, moved()).unwrap_err();
    assert_eq!(refused, Refusal::Full { what: Room::Places, max: PLACES_MAX });
    assert!(refused.to_string().contains("(limit PLACES_MAX); publish it"), "{refused}");
    work.edited(&["x"]);
    work.ask(&a, Deed::Undo).unwrap();
    work.ask(&a, Deed::Undo).unwrap();
    work.ask(&a, moved()).unwrap();
    // What was undone is kept in its step all the same.
    work.draft.bytes = BYTES_MAX;
    work.ask(&a, Deed::Undo).unwrap();
    let refused = work.ask(&a, moved()).unwrap_err();
    assert_eq!(refused, Refusal::Full { what: Room::Bytes, max: BYTES_MAX });
    assert!(refused.to_string().contains("make a copy of it"), "{refused}");
    work.ask(&a, Deed::Redo).unwrap();
}

#[test]
fn the_size_of_a_draft_follows_its_edits() {
    let mut work = Work::new();
    let a = planner("a");
    let Deed::Edit { edits: one } = moved() else { unreachable!() };
    let size = Size::of(&one);
    work.ask(&a, Deed::Edit { edits: [&one[..], &one].concat() }).unwrap();
    work.ask(&a, moved()).unwrap();
    work.ask(&a, Deed::Undo).unwrap();
    assert_eq!((work.draft.bytes, work.draft.strokes[0].size), (3 * size.bytes, size + size));
    work.ask(&a, Deed::Rebase { base: 4, dropped: vec![1] }).unwrap();
    assert_eq!(work.draft.strokes[0].size, size);
    assert_eq!(work.draft.bytes, 3 * size.bytes, "the steps are still there");
    assert_eq!(Draft::fold(&work.steps), Ok(work.draft));
}

#[test]
fn a_draft_begins_with_no_more_than_it_keeps() {
    let Deed::Edit { edits } = wordy(1) else { unreachable!() };
    let deed = Deed::Open {
        name: "x".to_owned(),
        words: String::new(),
        base: 3,
        copied_from: None,
        drew: BTreeSet::new(),
        edits: vec![vec![edits[0].clone(); 1_000], vec![edits[0].clone(); 1_250]],
    };
    let id = DraftId(Uuid::from_u128(1));
    let refused = Draft::open(id, deed, &planner("a"), Instant(5)).unwrap_err();
    let Refusal::Carried { lacks, .. } = refused else { panic!("{refused}") };
    assert_eq!(lacks.len(), 1, "{lacks:?}");
    assert!(lacks[0].says.contains("(limit BYTES_MAX)"), "{}", lacks[0].says);
}

#[test]
fn a_draft_that_was_drawn_before_steps_were_bounded_is_still_read() {
    let mut work = Work::new();
    work.edited(&["x"]);
    work.steps[1].deed = wordy(140);
    assert_eq!(Draft::fold(&work.steps).unwrap().edits(), 140);
}

#[test]
fn steps_that_make_no_draft_are_named() {
    let mut work = Work::new();
    work.edited(&["x", "y"]);
    let check = |steps: &[DraftStep], says: &str| {
        let fault = Draft::fold(steps).unwrap_err().to_string();
        assert!(fault.contains(says), "{fault}");
    };
    check(&[], "begins");
    check(&work.steps[1..], "begins");
    check(&[work.steps[0].clone(), work.steps[2].clone()], "missing");
    let mut other = work.steps.clone();
    other[1].draft = DraftId(Uuid::from_u128(2));
    check(&other, "another draft");
    let mut stranger = work.steps.clone();
    stranger[1].actor = "b".to_owned();
    check(&stranger, "step 2");
}

#[test]
fn a_deed_reads_back_from_its_json() {
    let at = crate::geom::coord::GridPoint { x: 1, y: -2 };
    for deed in [
        Deed::Undo,
        Deed::Edit { edits: vec![edit("x")] },
        Deed::Comment { words: words(), place: Some(at) },
        Deed::Rebase { base: 2, dropped: vec![1] },
        Deed::Schedule { at: Instant(7), note: String::new() },
        Deed::Publish { plan: 3 },
    ] {
        let text = serde_json::to_string(&deed).unwrap();
        assert_eq!(serde_json::from_str::<Deed>(&text).unwrap(), deed, "{text}");
    }
}

#[test]
fn a_copy_knows_who_drew_what_it_holds() {
    let mut work = Work::new();
    work.edited(&["x"]);
    work.ask(&by(Role::Admin, "c"), Deed::Edit { edits: vec![edit("y")] }).unwrap();
    let copied = |of: &Draft, by: &str, id: u128| {
        let deed = Deed::Open {
            name: "copy".to_owned(),
            words: String::new(),
            base: of.base,
            copied_from: Some(CopiedFrom { draft: of.id, revision: of.revision }),
            drew: of.drawers(),
            edits: of.held(),
        };
        Draft::open(DraftId(Uuid::from_u128(id)), deed, &planner(by), Instant(9)).unwrap()
    };
    let (copy, step) = copied(&work.draft, "k", 2);
    let text = serde_json::to_string(&step.deed).unwrap();
    assert_eq!(serde_json::from_str::<Deed>(&text).unwrap(), step.deed);
    for actor in ["a", "c", "k"] {
        assert!(!copy.is(Who::Second, Role::Admin, actor), "{actor}");
    }
    assert!(copy.is(Who::Second, Role::Planner, "z"));
    assert!(!copy.is(Who::Editors, Role::Planner, "a"), "who drew the original owns no copy");
    // What somebody copied is theirs in the next copy.
    let (next, _) = copied(&copy, "m", 3);
    for actor in ["a", "c", "k", "m"] {
        assert!(!next.is(Who::Second, Role::Planner, actor), "{actor}");
    }
    // What was kept before copies told of it reads on.
    let old = r#"{"act":"open","name":"x","base":1,"copied_from":{"draft":"00000000-0000-0000-0000-000000000001","revision":3}}"#;
    let Ok(Deed::Open { drew, .. }) = serde_json::from_str::<Deed>(old) else { panic!("{old}") };
    assert!(drew.is_empty());
}
