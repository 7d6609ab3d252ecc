//! Cases walked at random through time: what is kept with a case must come true as time passes, and each
//! clock climbs its ladder once.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use uuid::Uuid;

use crate::domain::accounts::{Caller, Role};
use crate::domain::clocks::clock::{Clock, ClockEvent, Happening, Light};
use crate::domain::clocks::escalation::Ladder;
use crate::domain::clocks::hours::OfficeHours;
use crate::domain::clocks::limit::{Limit, LimitKind};
use crate::domain::clocks::limits::{Awaited, CaseLimits, ClockOf, Limits};
use crate::domain::clocks::work::WorkTime;
use crate::domain::id::{CategoryCode, IncidentId, PictureId, ReportId, UnitId};
use crate::domain::incidents::case::{Ask, Case, Rung};
use crate::domain::incidents::step::{Carried, Move};
use crate::domain::incidents::table::{self, Need};
use crate::domain::incidents::timing::{Hours, Timing};
use crate::domain::time::{Calendar, Instant};

const MINUTE_US: i64 = 60_000_000;
/// Office hours, continuous hours, calendar days, working days.
const CATEGORIES: [&str; 4] = ["event.01.litter", "event.04", "component.01", "event.06"];

/// What a case's clocks are read by.
struct By {
    limits: Limits,
    city: WorkTime,
    unit: WorkTime,
}

impl By {
    fn of(category: &str) -> Self {
        let work = |hours: &str| {
            let zone = TimeZone::get("Asia/Shanghai").unwrap();
            WorkTime::new(&Calendar::default(), zone, OfficeHours::parse(hours).unwrap())
        };
        let limits = CaseLimits::default().of(Some(&CategoryCode::new(category).unwrap()));
        let city = work("08:00-12:00,14:00-18:00");
        Self { limits, city, unit: work("daily 06:00-22:00") }
    }

    fn hours(&self) -> Hours<'_> {
        Hours { city: &self.city, unit: &self.unit }
    }

    fn timing(&self, case: &Case, now: Instant) -> Timing {
        Timing::of(case, &self.limits, now)
    }

    fn ladder(&self) -> &Ladder {
        self.limits.ladder.as_ref().unwrap()
    }

    fn rungs(&self, case: &Case, now: Instant) -> Vec<Rung> {
        self.timing(case, now).rungs(self.ladder(), self.hours())
    }
}

/// A step that somebody tries; which, who and until when is drawn.
fn tried(case: &Case, at: Instant, (which, until_min): (usize, i64)) -> Option<Case> {
    // A merge needs another case.
    let pairs = [Move::Merge, Move::Split, Move::Absorb, Move::Release];
    let mut open = case.state().openings();
    open.retain(|opening| !pairs.contains(&opening.act) && opening.act != Move::Note);
    let opening = &open[which % open.len()];
    let role = opening.who[which / 7 % opening.who.len()];
    let unit = case.state().unit.clone().filter(|_| role == Role::Unit);
    let by = Caller { role, unit, actor: role.code().to_owned() };
    let needs = table::needs(opening.act);
    let must = |need| need == Need::Must;
    let unit = ["u1", "u2", "u3"][which / 3 % 3];
    let carried = Carried {
        words: "said".to_owned(),
        pictures: if must(needs.pictures) { vec![PictureId::new("p").unwrap()] } else { vec![] },
        unit: must(needs.unit).then(|| UnitId::new(unit).unwrap()),
        until: must(needs.until).then_some(Instant(at.0 + until_min * MINUTE_US)),
        ..Carried::default()
    };
    case.decide(Ask { seen: case.state().revision, act: opening.act, carried }, &by, at).ok()
}

/// Holds what is kept of a case against what its clocks tell at a later moment before its next step.
fn comes_true(by: &By, case: &Case, now: Instant) -> Result<(), TestCaseError> {
    let kept = by.timing(case, case.state().last_at);
    let words = format!("{kept:?} at {now:?}");
    let rungs = by.rungs(case, now);
    let next = kept.escalates_at(by.ladder(), by.hours());
    // At that very moment a pause may just have ended.
    if next != Some(now) {
        prop_assert_eq!(next.is_some_and(|at| at < now), !rungs.is_empty(), "{}", words);
    }
    let reading = by.timing(case, now).read(by.hours());
    let Some((due, turns)) = kept.nearest(by.hours()) else {
        prop_assert_eq!(reading.due(), None, "{}", words);
        return Ok(());
    };
    prop_assert_eq!(reading.due(), Some(due), "{}", words);
    let of = match turns.of {
        ClockOf::Whole => reading.whole,
        ClockOf::Stage(awaited) => reading.stage.filter(|it| it.0 == awaited).map(|it| it.1),
    };
    let light = of.map(|reading| (reading.due, reading.light));
    prop_assert_eq!(light, Some((Some(due), turns.light(now))), "{}", words);
    Ok(())
}

/// The moments between two steps at which something kept turns, and one at random.
fn moments(by: &By, case: &Case, to: Instant, at_random: i64) -> Vec<Instant> {
    let from = case.state().last_at;
    let kept = by.timing(case, from);
    let turns = kept.nearest(by.hours());
    let kept = turns.into_iter().flat_map(|(due, turns)| [due, turns.yellow_at, turns.red_at]);
    let next = by.timing(case, from).escalates_at(by.ladder(), by.hours());
    let edges = kept.chain(next).flat_map(|at| [at.0 - 1, at.0, at.0 + 1]);
    let drawn = from.0 + at_random % (to.0 - from.0 + 1);
    let all = edges.chain([drawn, from.0, to.0]).map(Instant);
    all.filter(|at| (from..=to).contains(at)).collect()
}

/// Whether each clock climbs its ladder once; what begins one anew is spelled a second time.
fn climbs_once(by: &By, case: &Case) -> Result<(), TestCaseError> {
    let (mut whole, mut stage) = (0, 0);
    let (mut handle, mut waited) = (0, Some(Awaited::Verify));
    for (step, behind) in case.staged() {
        let awaited = behind.awaited();
        let fresh =
            matches!(step.act, Move::Dispatch | Move::Reassign | Move::HandOver | Move::Reopen);
        if fresh {
            handle = 0;
        }
        if step.act == Move::File {
            whole = 0;
        }
        if awaited != waited || fresh {
            (stage, waited) = (0, awaited);
        }
        let Some(rung) = step.act.rung() else { continue };
        let taken = match step.carried.clock {
            Some(ClockOf::Stage(Awaited::Handle)) => &mut handle,
            Some(ClockOf::Stage(_)) => &mut stage,
            _ => &mut whole,
        };
        let expected = by.ladder().steps().get(*taken).map(|step| step.act);
        prop_assert_eq!(expected, Some(rung), "{:?}", case.steps());
        *taken += 1;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_is_kept_with_a_case_comes_true_and_each_clock_climbs_once(
        category in 0..CATEGORIES.len(),
        opened_min in 0_i64..7 * 1440,
        steps in prop::collection::vec(
            (
                0..1_000_usize,
                prop_oneof![0..90_i64, 0..3_000_i64],
                1..5_000_i64,
                0..i64::MAX,
                any::<bool>(),
            ),
            1..20,
        ),
    ) {
        let by = By::of(CATEGORIES[category]);
        let monday = Instant::parse("2026-11-23T00:00:00+08:00").unwrap();
        let opened = Instant(monday.0 + opened_min * MINUTE_US);
        let (id, report) = (IncidentId(Uuid::from_u128(1)), ReportId(Uuid::from_u128(1)));
        let mut case = Case::open(id, report, String::new(), &Caller::public(), opened).unwrap();
        let clock = Caller { role: Role::Dispatcher, unit: None, actor: "clock".to_owned() };
        for (which, gap_min, until_min, at_random, look) in steps {
            let next = Instant(case.state().last_at.0 + gap_min * MINUTE_US);
            for now in moments(&by, &case, next, at_random) {
                comes_true(&by, &case, now)?;
            }
            if look {
                case = case.escalate(&by.rungs(&case, next), &clock, next).unwrap();
                prop_assert_eq!(by.rungs(&case, next), [], "{:?}", case.steps());
            }
            case = tried(&case, next, (which, until_min)).unwrap_or(case);
        }
        climbs_once(&by, &case)?;
    }
}

#[test]
fn a_clock_that_is_paused_at_its_deadline_turns_red_when_the_pause_ends() {
    let by = By::of("event.04");
    let at = |minute: i64| Instant(minute * MINUTE_US);
    let events = [
        ClockEvent { at: at(0), what: Happening::Started },
        ClockEvent { at: at(60), what: Happening::SuspendedUntil { until: at(90) } },
    ];
    let clock = |now: Instant| Clock::replay(Limit::hours(LimitKind::Continuous, 1), &events, now);
    let kept = clock(at(60));
    assert_eq!(kept.reaches(&by.city, 100), Some(at(60)));
    assert_eq!(kept.turns_yellow(&by.city), Some(at(48)));
    assert_eq!(kept.turns_red(&by.city), Some(at(90)));
    assert_eq!(clock(Instant(at(90).0 - 1)).read(&by.city).light, Light::Yellow);
    assert_eq!(clock(at(90)).read(&by.city).light, Light::Red);
}
