use std::sync::Arc;

use geo_types::{MultiPolygon, Rect, coord};

use super::*;
use crate::domain::atlas::city::CityState;
use crate::domain::atlas::facility::FacilityKind;
use crate::domain::atlas::rule::{Mode, Reach};
use crate::domain::id::RuleId;
use crate::domain::reports::routing::route;
use crate::domain::sample::{self, Recipe};
use crate::domain::text::Names;
use crate::domain::time::Window;

const PLACES: usize = 3_000;

fn told() -> Vec<Told> {
    let codes = ["event.01", "event.01.litter", "event.02"].map(CategoryCode::new);
    let radii_m = [None, Some(3.0), Some(40.0), Some(400.0), Some(0.0)];
    let step = |n: i32| GridPoint {
        x: 1_094_600_000 + (n * 7_919) % 500_000,
        y: 365_700_000 + (n * 104_729) % 300_000,
    };
    (0_i32..)
        .take(PLACES)
        .map(|n| Told {
            id: ReportId(uuid::Uuid::from_u128(u128::from(n.cast_unsigned()))),
            received_at: Instant(0),
            happened_at: Instant(1_780_000_000_000_000 + i64::from(n) * 60_000_000),
            category: codes[n.cast_unsigned() as usize % 3].clone().ok(),
            accuracy_m: radii_m[n.cast_unsigned() as usize % 5],
            position: step(n),
        })
        .collect()
}

/// What two explained answers say of every report.
fn plainly(now: &Atlas, then: &Atlas, told: &[Told]) -> Rehearsal {
    let mut found = Rehearsal::default();
    for one in told {
        let ask = Ask {
            position: one.position,
            accuracy_m: one.accuracy_m,
            category: one.category.as_ref(),
            at: one.happened_at,
        };
        let (a, b) = (route(now, &ask), route(then, &ask));
        let (report, from, to) = (one.id, a.unit.clone(), b.unit.clone());
        let (rule, rule_then) = (a.fired.code().to_owned(), b.fired.code().to_owned());
        found.reports += 1;
        if a.for_dispatcher != b.for_dispatcher {
            let (count, listed) = if b.for_dispatcher {
                (&mut found.to_queue, &mut found.listed_to_queue)
            } else {
                (&mut found.from_queue, &mut found.listed_from_queue)
            };
            *count += 1;
            listed.push(Queued {
                report,
                from: from.clone(),
                to: to.clone(),
                rule: rule.clone(),
                rule_then: rule_then.clone(),
                confidence: a.confidence,
                confidence_then: b.confidence,
            });
        }
        if from != to {
            found.elsewhere += 1;
            *found.flows.entry((from.clone(), to.clone())).or_default() += 1;
            found.listed.push(Elsewhere { report, from, to, rule, rule_then });
        } else if a.co != b.co {
            let [co, co_then] = [a.co, b.co].map(|co| co.into_iter().cloned().collect());
            found.others_beside += 1;
            let beside = OthersBeside { report, unit: from, co, co_then, rule, rule_then };
            found.listed_beside.push(beside);
        }
    }
    found
}

/// What a rehearsal finds, which is what two explained answers say.
fn check(state: CityState, other: CityState) -> Rehearsal {
    let told = told();
    let (now, then) =
        (Arc::new(Atlas::build(state).unwrap()), Arc::new(Atlas::build(other).unwrap()));
    let mut found = Rehearsal::default();
    Trial::new(Arc::clone(&now), Arc::clone(&then)).rehearse(&told, &mut found);
    let expected = plainly(&now, &then, &told);
    assert_eq!(found, expected);
    assert_eq!(found.reports, PLACES as u64);
    found
}

fn rule(code: &str, reach: Reach, unit: &UnitId, mode: Mode) -> Rule {
    Rule {
        id: RuleId::new(code).unwrap(),
        names: Names { zh: String::new(), en: "A rule".to_owned() },
        reach,
        categories: vec![CategoryCode::new("event.01").unwrap()],
        window: Window::default(),
        unit: Some(unit.clone()),
        mode,
        enabled: true,
    }
}

fn last_unit(state: &CityState) -> UnitId {
    state.units.last().unwrap().id.clone()
}

#[test]
fn what_would_go_elsewhere_is_what_two_explained_answers_say() {
    let state = sample::city(&Recipe::default());
    let mut other = state.clone();
    let to = last_unit(&state);
    other.rules.push(rule("parking-elsewhere", Reach::Everywhere, &to, Mode::Instead));
    let found = check(state, other);
    assert!(found.elsewhere > 500 && found.elsewhere < 2_500, "{}", found.elsewhere);
    assert!(found.listed.iter().all(|it| it.to == to && it.from != to));
    assert_eq!(found.others_beside, 0);
    let flows: u64 = found.largest().iter().map(|(_, _, count)| count).sum();
    assert_eq!(flows, found.elsewhere);
}

#[test]
fn a_zone_with_another_unit_beside_its_lead_is_told_apart_from_one_with_another_lead() {
    let state = sample::city(&Recipe::default());
    let mut other = state.clone();
    let beside = last_unit(&state);
    for zone in &mut other.zones {
        zone.co = vec![beside.clone()];
    }
    let found = check(state, other);
    assert!(found.others_beside > 300, "{}", found.others_beside);
    // The same borders: the rules are as sure as before.
    assert_eq!((found.elsewhere, found.to_queue, found.from_queue), (0, 0, 0));
}

#[test]
fn a_rule_without_the_zone_s_lead_beside_its_unit_takes_reports_at_borders_from_the_queue() {
    let mut state = sample::city(&Recipe::default());
    let unit = last_unit(&state);
    state.rules.push(rule("a-rule", Reach::Everywhere, &unit, Mode::Beside));
    let mut other = state.clone();
    other.rules.last_mut().unwrap().mode = Mode::Instead;
    let found = check(state.clone(), other.clone());
    assert!(found.others_beside > 300, "{}", found.others_beside);
    assert!(found.from_queue > 10, "{}", found.from_queue);
    assert_eq!((found.elsewhere, found.to_queue), (0, 0));
    assert!(found.listed_from_queue.iter().all(|it| it.from == it.to && it.confidence < 0.6));
    // The other way about.
    let back = check(other, state);
    assert_eq!((back.to_queue, back.from_queue), (found.from_queue, 0));
}

#[test]
fn a_rule_that_ends_nearby_sends_reports_outside_of_it_to_the_queue_and_their_unit_stays() {
    let state = sample::city(&Recipe::default());
    let mut other = state.clone();
    let reach = Reach::Ring { kind: FacilityKind::School, facility: None, radius_m: 100.0 };
    other.rules.push(rule("near-schools", reach, &last_unit(&state), Mode::Instead));
    let found = check(state, other);
    let stays = found.listed_to_queue.iter().filter(|it| it.from == it.to).count();
    assert!(stays > 3, "{stays} of {}", found.to_queue);
    assert!(found.elsewhere > 0);
}

#[test]
fn a_border_that_goes_takes_reports_beside_it_from_the_queue() {
    let state = sample::city(&Recipe::default());
    let mut other = state.clone();
    let first = other.zones.remove(0);
    other.zones[0].area.0.extend(first.area.0);
    check(state.clone(), other);
    // The same hands everywhere, and no border left between them.
    let mut parted = state.clone();
    let lead = last_unit(&state);
    for zone in &mut parted.zones {
        (zone.lead, zone.co) = (lead.clone(), Vec::new());
    }
    let mut whole = parted.clone();
    whole.zones.truncate(1);
    let all = Rect::new(coord! { x: 109.0, y: 36.0 }, coord! { x: 110.0, y: 37.0 });
    whole.zones[0].area = MultiPolygon(vec![all.to_polygon()]);
    let found = check(parted.clone(), whole.clone());
    assert!(found.listed_from_queue.iter().filter(|it| it.from == it.to).count() > 10);
    let back = check(whole, parted);
    assert_eq!(back.to_queue, found.from_queue);
}

#[test]
fn another_floor_or_another_assumed_accuracy_moves_reports_between_unit_and_queue() {
    let state = sample::city(&Recipe::default());
    let mut strict = state.clone();
    strict.city.confidence_floor = 0.95;
    let found = check(state.clone(), strict);
    assert!(found.to_queue > 30, "{}", found.to_queue);
    assert_eq!((found.elsewhere, found.others_beside, found.from_queue), (0, 0, 0));
    let mut vague = state.clone();
    vague.city.assumed_accuracy_m = 500.0;
    let found = check(state, vague);
    assert!(found.to_queue > 30, "{}", found.to_queue);
    assert_eq!((found.elsewhere, found.others_beside), (0, 0));
}
