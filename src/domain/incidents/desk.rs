//! The desk 受理: what becomes of a report that nobody has taken up yet.
//!
//! Every report opens a case. One whose unit the rules are sure of goes to that unit at once; one
//! that tells of a matter that is open already stands behind that one; all else waits for a
//! dispatcher. A city that wants a person to look at each sets its confidence floor to 1.

use crate::domain::accounts::{Caller, Role};
use crate::domain::id::UnitId;
use crate::domain::incidents::case::{Ask, Case, Pair};
use crate::domain::incidents::docket::incident_of;
use crate::domain::incidents::duplicates::nearby::Candidate;
use crate::domain::incidents::refusal::Refusal;
use crate::domain::incidents::step::{CO_UNITS_MAX, Carried, Move};
use crate::domain::reports::report::{Assignment, Report};
use crate::domain::time::Instant;

/// What a candidate must be worth more than to be merged without a person. Only one of the very same
/// category is; at one place it may lie the whole of the category's time apart, at one time the
/// whole of its distance, and in between accordingly.
pub const SAME_MATTER: f64 = 0.5;

/// The rules' own caller: what it does is a dispatcher's work.
#[must_use]
pub fn router() -> Caller {
    Caller { role: Role::Dispatcher, unit: None, actor: "router".to_owned() }
}

/// Opens the case of a report, and sends it to its unit when the rules are sure. What the law of the
/// workflow does not admit of the sending is left to a dispatcher.
///
/// # Errors
/// A [`Refusal`] when not even the opening is admitted.
pub fn take_up(report: &Report, to: &Assignment, now: Instant) -> Result<Case, Refusal> {
    let case = opened(report, now)?;
    if to.for_dispatcher {
        return Ok(case);
    }
    let why = format!("{}, confidence {:.2}", to.rule, to.confidence);
    let mut co: Vec<UnitId> = Vec::new();
    for unit in &to.co {
        if *unit != to.unit && !co.contains(unit) && co.len() < CO_UNITS_MAX {
            co.push(unit.clone());
        }
    }
    let sent = Carried { words: why, unit: Some(to.unit.clone()), co, ..Carried::default() };
    let steps = [
        (Move::Verify, Carried::default()),
        (Move::File, Carried::default()),
        (Move::Dispatch, sent),
    ];
    let caller = router();
    let sent = steps.into_iter().try_fold(case.clone(), |case, (act, carried)| {
        let ask = Ask { seen: case.state().revision, act, carried };
        case.decide(ask, &caller, now)
    });
    Ok(sent.unwrap_or(case))
}

/// Opens the case of a report as one more voice on a matter that is open already. Gives both cases,
/// the new one first.
///
/// # Errors
/// A [`Refusal`] when the other takes none in: then it is [taken up](take_up) by itself.
pub fn join(
    report: &Report,
    whole: &Case,
    like: &Candidate,
    now: Instant,
) -> Result<(Case, Case), Refusal> {
    let part = opened(report, now)?;
    let pair = Pair {
        part: &part,
        part_seen: part.state().revision,
        whole,
        whole_seen: whole.state().revision,
    };
    let why = format!("same category, {:.0} m and {:.0} s apart", like.distance_m, like.apart_s);
    pair.merge(&why, &router(), now)
}

fn opened(report: &Report, now: Instant) -> Result<Case, Refusal> {
    // Opened when it was received; a clock that was set back meanwhile changes nothing.
    let at = report.received_at.min(now);
    Case::open(incident_of(report.id), report.id, String::new(), &Caller::public(), at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::ReportId;
    use crate::domain::incidents::step::Stage;
    use crate::domain::reports::report::Further;
    use crate::geom::coord::GridPoint;
    use crate::geom::crs::Crs;

    fn report(n: u128) -> Report {
        Report {
            id: ReportId(uuid::Uuid::from_u128(n)),
            source: "hotline".to_owned(),
            category: None,
            position: GridPoint { x: 1, y: 1 },
            given_crs: Crs::Wgs84,
            accuracy_m: None,
            words: String::new(),
            happened_at: Instant(5),
            received_at: Instant(10),
            person: None,
            idempotency_key: None,
            request_hash: String::new(),
            further: Further::default(),
        }
    }

    fn assigned(report: &Report, for_dispatcher: bool) -> Assignment {
        let unit = |code| UnitId::new(code).unwrap();
        Assignment {
            report: report.id,
            turn: 1,
            plan_version: 1,
            atlas_version: 1,
            zone: None,
            unit: unit("u1"),
            co: vec![unit("u1"), unit("u2"), unit("u2")],
            rule: "zone".to_owned(),
            confidence: 0.9,
            border_m: None,
            runner_up: None,
            for_dispatcher,
            actor: "router".to_owned(),
            at: Instant(10),
        }
    }

    #[test]
    fn a_sure_report_goes_to_its_unit_and_a_doubtful_one_waits() {
        let report = report(1);
        let sure = take_up(&report, &assigned(&report, false), Instant(20)).unwrap();
        assert_eq!(sure.state().stage, Stage::Dispatched);
        assert_eq!(sure.state().unit, Some(UnitId::new("u1").unwrap()));
        assert_eq!(sure.state().co, [UnitId::new("u2").unwrap()]);
        assert_eq!(sure.steps()[0].at, Instant(10));
        assert!(sure.steps()[3].carried.words.contains("confidence 0.90"));
        let doubtful = take_up(&report, &assigned(&report, true), Instant(20)).unwrap();
        assert_eq!(doubtful.state().stage, Stage::Collected);
    }

    #[test]
    fn one_more_voice_stands_behind_the_open_matter() {
        let (first, second) = (report(1), report(2));
        let whole = take_up(&first, &assigned(&first, false), Instant(20)).unwrap();
        let like =
            Candidate { incident: whole.state().id, distance_m: 12.0, apart_s: 60.0, score: 0.8 };
        let (part, whole) = join(&second, &whole, &like, Instant(30)).unwrap();
        assert_eq!(part.state().stage, Stage::Merged);
        assert_eq!(whole.state().supporters(), 2);
        assert!(part.steps()[1].carried.words.contains("12 m and 60 s apart"));
    }
}
