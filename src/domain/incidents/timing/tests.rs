use jiff::tz::TimeZone;
use uuid::Uuid;

use super::*;
use crate::domain::accounts::{Caller, Role};
use crate::domain::clocks::hours::OfficeHours;
use crate::domain::clocks::limits::CaseLimits;
use crate::domain::id::{CategoryCode, IncidentId, PictureId, ReportId};
use crate::domain::incidents::case::{Ask, Pair};
use crate::domain::incidents::step::Carried;
use crate::domain::time::Calendar;

fn at(text: &str) -> Instant {
    Instant::parse(&format!("{text}:00+08:00")).unwrap()
}

fn work(hours: &str) -> WorkTime {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    WorkTime::new(&Calendar::default(), zone, OfficeHours::parse(hours).unwrap())
}

/// Each line is a time, who does it, the move, and what else it needs: a unit or until when.
fn case(journal: &str) -> Case {
    let mut lines = journal.lines().map(str::trim).filter(|line| !line.is_empty());
    let opened = at(lines.next().unwrap().split_whitespace().next().unwrap());
    let (id, report) = (IncidentId(Uuid::from_u128(1)), ReportId(Uuid::from_u128(1)));
    let words = "rubbish".to_owned();
    let case = Case::open(id, report, words, &Caller::public(), opened).unwrap();
    lines.fold(case, |case, line| then(&case, line))
}

/// The case after one line more.
fn then(before: &Case, line: &str) -> Case {
    let mut words = line.split_whitespace();
    let (time, who) = (at(words.next().unwrap()), words.next().unwrap());
    let (act, rest) = (Move::from_code(words.next().unwrap()).unwrap(), words.next());
    let role = Role::from_code(who).unwrap_or(Role::Unit);
    let unit = (role == Role::Unit).then(|| UnitId::new(who).unwrap());
    let by = Caller { role, unit, actor: who.to_owned() };
    let until = rest.filter(|text| text.contains('T')).map(at);
    let to = rest.filter(|text| !text.contains('T')).map(|text| UnitId::new(text).unwrap());
    let pictures = if act == Move::Feedback { vec![PictureId::new("p").unwrap()] } else { vec![] };
    let carried =
        Carried { words: "said".to_owned(), pictures, unit: to, until, ..Carried::default() };
    let ask = Ask { seen: before.state().revision, act, carried };
    before.decide(ask, &by, time).unwrap_or_else(|fault| panic!("{line}: {fault}"))
}

/// Exposed rubbish: 4 office hours in all, 3 of them the unit's.
fn read(case: &Case, now: &str) -> TimingReading {
    let category = CategoryCode::new("event.01.rubbish").unwrap();
    let limits = CaseLimits::default().of(Some(&category));
    let (city, unit) = (work("08:00-12:00,14:00-18:00"), work("daily 00:00-24:00"));
    Timing::of(case, &limits, at(now)).read(Hours { city: &city, unit: &unit })
}

fn check(journal: &str, now: &str, stage: Option<&str>, due: Option<&str>, light: Option<Light>) {
    let reading = read(&case(journal), now);
    let awaited = reading.stage.map(|(awaited, _)| awaited.code());
    assert_eq!(
        (awaited, reading.due(), reading.light()),
        (stage, due.map(at), light),
        "{journal} read at {now}: {reading:?}"
    );
}

const OPENED: &str = "2026-11-23T08:00 public collect
    2026-11-23T08:30 inspector verify
    2026-11-23T09:00 dispatcher file
    2026-11-23T09:30 dispatcher dispatch cleaners";

#[test]
fn every_stage_has_its_own_limit_and_the_whole_case_runs_from_its_filing() {
    let line = |n: usize| OPENED.lines().take(n).collect::<Vec<_>>().join("\n");
    let green = Some(Light::Green);
    // To verify: 2 office hours; to file and to dispatch 1 each.
    check(&line(1), "2026-11-23T09:00", Some("verify"), Some("2026-11-23T10:00"), green);
    check(&line(2), "2026-11-23T09:00", Some("file"), Some("2026-11-23T09:30"), green);
    check(&line(3), "2026-11-23T09:00", Some("dispatch"), Some("2026-11-23T10:00"), green);
    // To handle: 3 hours, counted in the hours of a unit that works day and night; the case is due at 15:00.
    check(OPENED, "2026-11-23T10:00", Some("handle"), Some("2026-11-23T12:30"), green);
    check(OPENED, "2026-11-23T13:00", Some("handle"), Some("2026-11-23T12:30"), Some(Light::Red));
    let done =
        format!("{OPENED}\n2026-11-23T10:00 cleaners handle\n2026-11-23T11:00 cleaners feedback");
    // To check: 4 office hours, but the case is due before.
    check(&done, "2026-11-23T11:00", Some("check"), Some("2026-11-23T15:00"), green);
    let closed =
        format!("{done}\n2026-11-23T11:30 inspector check\n2026-11-23T11:45 dispatcher close");
    check(&closed, "2026-12-23T00:00", None, None, green);
}

#[test]
fn a_suspension_pauses_both_clocks_and_ends_by_itself() {
    let asked = format!(
        "{OPENED}
        2026-11-23T10:00 cleaners handle
        2026-11-23T10:30 cleaners ask_suspension 2026-11-25T08:00
        2026-11-23T10:30 dispatcher grant"
    );
    let handle = Some("handle");
    // 2 of 3 hours are left to the unit, 2.5 of 4 to the case.
    check(&asked, "2026-11-24T10:30", handle, Some("2026-11-25T10:00"), Some(Light::Green));
    check(&asked, "2026-11-25T09:00", handle, Some("2026-11-25T10:00"), Some(Light::Green));
    check(&asked, "2026-11-25T10:01", handle, Some("2026-11-25T10:00"), Some(Light::Red));
    let resumed = format!("{asked}\n2026-11-24T08:00 cleaners resume");
    check(&resumed, "2026-11-24T08:00", handle, Some("2026-11-24T10:00"), Some(Light::Green));
    let late = format!("{asked}\n2026-11-25T11:00 cleaners resume");
    check(&late, "2026-11-25T11:00", handle, Some("2026-11-25T10:00"), Some(Light::Red));
    // Another unit begins with a fresh clock, and the pause holds for it.
    let other = format!("{asked}\n2026-11-24T08:00 dispatcher hand_over gardeners");
    check(&other, "2026-11-24T08:00", handle, Some("2026-11-25T10:30"), Some(Light::Green));
}

#[test]
fn an_extension_holds_for_the_stage_and_for_the_whole_case() {
    let extended = format!(
        "{OPENED}
        2026-11-23T10:30 cleaners ask_extension 2026-11-24T17:00
        2026-11-23T10:30 dispatcher grant"
    );
    let due = Some("2026-11-24T17:00");
    check(&extended, "2026-11-23T18:00", Some("handle"), due, Some(Light::Green));
    // The next unit has its own time, the citizens were told of the case's.
    let other = format!("{extended}\n2026-11-23T11:00 dispatcher reassign gardeners");
    check(&other, "2026-11-23T11:00", Some("handle"), Some("2026-11-23T14:00"), Some(Light::Green));
    assert_eq!(read(&case(&other), "2026-11-23T11:00").whole.unwrap().due, due.map(at));
}

#[test]
fn work_that_has_to_be_done_again_runs_on_and_what_was_sent_back_stands_still() {
    let done = format!(
        "{OPENED}
        2026-11-23T10:00 cleaners handle
        2026-11-23T11:30 cleaners feedback
        2026-11-23T12:30 inspector rework"
    );
    // An hour of the three is left, and 1.5 of the case's 4: 14:00 to 15:00 after the 3 of the morning.
    check(&done, "2026-11-23T12:30", Some("handle"), Some("2026-11-23T13:30"), Some(Light::Green));
    let back = format!("{OPENED}\n2026-11-23T10:30 cleaners send_back");
    check(
        &back,
        "2026-11-23T10:30",
        Some("dispatch"),
        Some("2026-11-23T11:30"),
        Some(Light::Green),
    );
    let denied = format!("{back}\n2026-11-23T11:30 dispatcher deny");
    check(
        &denied,
        "2026-11-23T11:30",
        Some("handle"),
        Some("2026-11-23T13:30"),
        Some(Light::Green),
    );
    let other = format!("{back}\n2026-11-23T11:30 dispatcher reassign gardeners");
    check(&other, "2026-11-23T11:30", Some("handle"), Some("2026-11-23T14:30"), Some(Light::Green));
}

#[test]
fn what_is_taken_up_again_runs_on_and_what_was_void_begins_anew() {
    let closed = format!(
        "{OPENED}
        2026-11-23T10:00 cleaners handle
        2026-11-23T11:00 cleaners feedback
        2026-11-23T11:00 inspector check
        2026-11-23T11:00 dispatcher close
        2026-11-24T08:00 inspector reopen"
    );
    // The case has used 2 of its 4 hours; the unit has 3 again.
    check(
        &closed,
        "2026-11-24T08:00",
        Some("handle"),
        Some("2026-11-24T10:00"),
        Some(Light::Green),
    );
    let void = format!("{OPENED}\n2026-11-23T10:00 dispatcher void");
    check(&void, "2026-12-24T08:00", None, None, Some(Light::Green));
    let reopened = format!("{void}\n2026-11-25T08:00 inspector reopen");
    check(
        &reopened,
        "2026-11-25T08:00",
        Some("verify"),
        Some("2026-11-25T10:00"),
        Some(Light::Green),
    );
    let again = format!(
        "{reopened}\n2026-11-25T08:10 inspector verify\n2026-11-25T08:20 dispatcher file
        2026-11-25T08:30 dispatcher dispatch cleaners"
    );
    check(&again, "2026-11-25T08:30", Some("handle"), Some("2026-11-25T11:30"), Some(Light::Green));
}

#[test]
fn a_merged_case_waits_for_nothing_until_it_is_split_off_again() {
    let desk = Caller { role: Role::Dispatcher, unit: None, actor: "desk".to_owned() };
    let part = case(OPENED);
    let whole = {
        let (id, report) = (IncidentId(Uuid::from_u128(2)), ReportId(Uuid::from_u128(2)));
        let time = at("2026-11-23T08:00");
        Case::open(id, report, "rubbish too".to_owned(), &Caller::public(), time).unwrap()
    };
    let pair = |part, whole| {
        let seen = |case: &Case| case.state().revision;
        Pair { part, part_seen: seen(part), whole, whole_seen: seen(whole) }
    };
    let (merged, whole) = pair(&part, &whole).merge("same", &desk, at("2026-11-23T10:30")).unwrap();
    let reading = read(&merged, "2026-11-24T12:00");
    assert_eq!((reading.due(), reading.light()), (None, Some(Light::Green)));
    let (split, _) = pair(&merged, &whole).split("not", &desk, at("2026-11-24T08:00")).unwrap();
    let reading = read(&split, "2026-11-24T08:00");
    assert_eq!(reading.due(), Some(at("2026-11-24T10:00")), "one of three hours was used");
}

/// The case after the clock has looked, which must find these steps due, and no more at a second look.
fn looked(case: &Case, now: &str, expected: &[&str]) -> Case {
    let category = CategoryCode::new("event.01.rubbish").unwrap();
    let limits = CaseLimits::default().of(Some(&category));
    let (city, unit) = (work("08:00-12:00,14:00-18:00"), work("daily 00:00-24:00"));
    let hours = Hours { city: &city, unit: &unit };
    let ladder = limits.ladder.as_ref().unwrap();
    let rungs = |case: &Case| Timing::of(case, &limits, at(now)).rungs(ladder, hours);
    let due = rungs(case);
    let told: Vec<String> =
        due.iter().map(|rung| format!("{} {}", rung.of.code(), rung.step.act.code())).collect();
    assert_eq!(told, expected, "at {now}");
    let clock = Caller { role: Role::Dispatcher, unit: None, actor: "clock".to_owned() };
    let case = case.escalate(&due, &clock, at(now)).unwrap();
    assert_eq!(rungs(&case), [], "twice at {now}");
    case
}

#[test]
fn what_waits_at_the_desk_climbs_a_ladder_and_the_next_stage_begins_its_own() {
    let waits = case(OPENED.lines().next().unwrap());
    // Two office hours to verify: until 10:00, one and a half times as many at 11:00, twice at 12:00.
    let waits = looked(&waits, "2026-11-23T10:00", &[]);
    let waits = looked(&waits, "2026-11-23T10:01", &["verify remind"]);
    let waits = looked(&waits, "2026-11-23T11:01", &["verify urge"]);
    let waits = looked(&waits, "2026-11-23T13:00", &["verify raise"]);
    let waits = looked(&waits, "2026-11-27T13:00", &[]);
    assert_eq!(loudest(&waits), Some(Act::Raise));
    let filed = then(&waits, "2026-11-27T14:00 inspector verify");
    assert_eq!(loudest(&filed), None);
    // An hour to file, and nobody had looked.
    looked(&filed, "2026-11-27T16:01", &["file remind", "file urge", "file raise"]);
    let filed = looked(&filed, "2026-11-27T15:01", &["file remind"]);
    let filed = then(&filed, "2026-11-27T15:10 dispatcher file");
    // To dispatch an hour, the case four: the one is overdue before the other.
    let late = ["dispatch remind", "dispatch urge", "dispatch raise", "whole remind"];
    looked(&filed, "2026-11-30T10:00", &late);
}

#[test]
fn a_clock_that_runs_on_goes_on_with_its_ladder_and_another_unit_s_begins_anew() {
    // The unit has three hours of the day, until 12:30; the case four office hours, until 15:00.
    let late = looked(&case(OPENED), "2026-11-23T12:31", &["handle remind"]);
    let done = then(&late, "2026-11-23T12:40 cleaners handle");
    let done = then(&done, "2026-11-23T13:00 cleaners feedback");
    let done = looked(&done, "2026-11-23T13:20", &[]);
    let again = then(&done, "2026-11-23T13:30 inspector rework");
    // Half an hour it stood still: four and a half hours are used at 14:30.
    let again = looked(&again, "2026-11-23T14:30", &[]);
    let again = looked(&again, "2026-11-23T14:31", &["handle urge"]);
    assert_eq!(loudest(&again), Some(Act::Urge));
    let back = then(&again, "2026-11-23T14:32 cleaners send_back");
    assert_eq!(loudest(&back), None, "the desk has it");
    let kept = then(&back, "2026-11-23T14:33 dispatcher deny");
    assert_eq!(loudest(&kept), Some(Act::Urge), "and the unit again, as late as it was");
    let other = then(&kept, "2026-11-23T14:40 dispatcher reassign gardeners");
    assert_eq!(loudest(&other), None);
    let late = ["whole remind", "whole urge", "handle remind"];
    looked(&other, "2026-11-23T17:41", &late);
}

#[test]
fn without_limits_there_are_no_clocks() {
    let timing = Timing::of(&case(OPENED), &Limits::default(), at("2026-11-23T10:00"));
    assert_eq!((timing.whole(), timing.stage()), (None, None));
}
