//! The review of an edit against a review from scratch, and both against a slow look.

mod found;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::findings::{ReviewFinding, Weight, findings};
use super::movers::{flows, movers, staying};
use super::outline::Before;
use super::state::Review;
use super::things::{OpenCase, PastReport, Things, What};
use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::{CategoryCode, IncidentId, UnitId, ZoneId};
use crate::domain::sample::{self, Recipe};
use crate::domain::time::Instant;
use crate::domain::zoning::edit::ZoningEdit;
use crate::domain::zoning::redraw::drawn;
use crate::domain::zoning::stays::Stays;
use crate::domain::zoning::working::Working;
use crate::geom::coord::GridPoint;
use crate::geom::coverage::edit::place::Place;

/// Every third incident is given to its unit by a rule, every fourth of the others was by a person.
fn stays(case: &OpenCase) -> Option<Stays> {
    match case.id.0.as_u128() {
        id if id.is_multiple_of(3) => Some(Stays::Ruled),
        id if id.is_multiple_of(4) => Some(Stays::ByHand),
        _ => None,
    }
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }
}

fn city() -> Arc<Atlas> {
    Arc::new(Atlas::build(sample::city(&Recipe::default())).unwrap())
}

fn things(atlas: &Atlas, count: usize, dice: &mut Dice) -> Arc<Things> {
    let at = |dice: &mut Dice| GridPoint {
        x: 1_094_500_000 + i32::try_from(dice.roll(700_000)).unwrap(),
        y: 365_600_000 + i32::try_from(dice.roll(500_000)).unwrap(),
    };
    let cases = (0..count).map(|n| OpenCase {
        id: IncidentId(uuid::Uuid::from_u128(n as u128)),
        position: at(dice),
        category: CategoryCode::new(
            ["event.05.parking", "event.01.litter", "component.01.manhole"][n % 3],
        )
        .ok(),
        happened_at: Instant(1_780_000_000_000_000),
        transferable: true,
        unit: None,
    });
    let cases: Vec<OpenCase> = cases.collect();
    let reports: Vec<PastReport> =
        (0..count).map(|_| PastReport { position: at(dice), load_min: 5 }).collect();
    let weigh = |block: &Facility| if block.id.as_str().ends_with('1') { 2.5 } else { 1.0 };
    let before = Before::of(atlas);
    Arc::new(Things::gather((atlas, before), cases, &reports, &weigh, &|case, _| stays(case)))
}

/// An edit that may or may not fit.
fn some_edit(working: &Working, atlas: &Atlas, dice: &mut Dice) -> ZoningEdit {
    let zones = working.zones();
    let zone = &zones[dice.roll(zones.len())];
    let other = &zones[dice.roll(zones.len())];
    match dice.roll(9) {
        0 => ZoningEdit::SetZone {
            zone: zone.id.clone(),
            number: None,
            names: None,
            lead: Some(atlas.units()[dice.roll(atlas.units().len())].id.clone()),
            co: None,
            attributes: None,
        },
        1 => ZoningEdit::Merge { into: zone.id.clone(), from: other.id.clone() },
        2 => ZoningEdit::Redraw { zones: zones.iter().skip(1).rev().map(drawn).collect() },
        3 => ZoningEdit::Give {
            from: Some(zone.id.clone()),
            to: Some(other.id.clone()),
            area: None,
            part: None,
            block: None,
        },
        _ => {
            let ring = zone.area.0[0].exterior();
            let at = ring.0[dice.roll(ring.0.len())];
            let from =
                GridPoint { x: crate::geom::coord::step(at.x), y: crate::geom::coord::step(at.y) };
            let to = GridPoint {
                x: from.x + i32::try_from(dice.roll(20_000)).unwrap() - 10_000,
                y: from.y + i32::try_from(dice.roll(20_000)).unwrap() - 10_000,
            };
            ZoningEdit::MoveVertex { from: Place(from), to: Place(to) }
        }
    }
}

fn same(a: &Review, b: &Review) {
    assert_eq!(a.faces(), b.faces());
    assert_eq!(a.sums(), b.sums());
    assert_eq!(a.shapes(), b.shapes());
    assert_eq!(a.borders(), b.borders());
    assert_eq!(a.gaps(), b.gaps());
    assert_eq!(a.outline(), b.outline());
    for pair in a.sums().keys() {
        let named = |of: &Review| of.named(*pair).iter().copied().collect::<BTreeSet<u32>>();
        assert_eq!(named(a), named(b));
    }
}

#[test]
fn what_edits_change_is_what_a_review_from_scratch_finds_and_is_taken_back() {
    let atlas = city();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let things = things(&atlas, 3_000, &mut dice);
    let mut working = Working::of(atlas.zones()).unwrap();
    let mut review = Review::of(Arc::clone(&things), &working);
    let mut done = 0;
    for _ in 0..120 {
        let edit = some_edit(&working, &atlas, &mut dice);
        let Ok(applied) = working.apply(&[edit], &BTreeSet::new()) else { continue };
        let before = review.clone();
        let followed = review.follow(&working, &applied);
        same(&review, &Review::of(Arc::clone(&things), &working));
        if dice.roll(2) == 0 {
            review.take_back(followed);
            working.take_back(&applied).unwrap();
            same(&review, &before);
        }
        done += 1;
    }
    assert!(done > 30, "{done} edits fitted");
    let told = review.plan(&working);
    assert_eq!(told.zones, working.zones().len());
    assert!(told.cut_m > 1_000.0 && told.polsby_popper_mean > 0.0 && told.deviation.is_some());
}

#[test]
fn who_moves_is_whose_place_has_another_lead_and_whom_nothing_keeps() {
    let atlas = city();
    let mut dice = Dice(77);
    let things = things(&atlas, 2_000, &mut dice);
    let mut working = Working::of(atlas.zones()).unwrap();
    let mut review = Review::of(Arc::clone(&things), &working);
    let (a, b) = (atlas.zones()[3].id.clone(), atlas.zones()[40].lead.clone());
    let edits = [
        ZoningEdit::SetZone {
            zone: a.clone(),
            number: None,
            names: None,
            lead: Some(b.clone()),
            co: None,
            attributes: None,
        },
        ZoningEdit::Give {
            from: Some(atlas.zones()[10].id.clone()),
            to: Some(atlas.zones()[11].id.clone()),
            area: None,
            part: None,
            block: None,
        },
    ];
    let applied = working.apply(&edits, &BTreeSet::new()).unwrap();
    review.follow(&working, &applied);
    let mut state = atlas.state().clone();
    state.zones = working.zones();
    let then = Atlas::build(state).unwrap();
    let lead = |of: &Atlas, p: GridPoint| {
        let zone = of.areas().locate(p).map(|zone| of.zones()[usize::from(zone)].lead.clone());
        zone.unwrap_or_else(|| of.city().fallback.clone())
    };
    let mut expected = BTreeSet::new();
    for case in things.cases() {
        let (from, to) = (lead(&atlas, case.position), lead(&then, case.position));
        if from != to {
            expected.insert((case.id, from, to, stays(case)));
        }
    }
    let listed = movers(&review, &atlas, &working, usize::MAX);
    let mut cases = BTreeSet::new();
    for it in &listed {
        if let What::Case(n) = it.thing.what {
            let id = things.cases()[n as usize].id;
            cases.insert((id, it.from.clone(), it.to.clone(), it.thing.stays));
        }
    }
    assert_eq!(cases, expected, "each, with what keeps it where it is");
    let kept = expected.iter().filter(|(_, _, _, stays)| stays.is_some()).count();
    assert!(kept > 0 && kept < expected.len(), "{kept} of {}", expected.len());
    let (first, last) = (listed.first().unwrap(), listed.last().unwrap());
    assert!(matches!(first.thing.what, What::Case(_)) && first.thing.stays.is_none());
    assert!(matches!(last.thing.what, What::Case(_)) && last.thing.stays.is_some());
    let counted: u32 = flows(&review, &atlas, &working).iter().map(|it| it.tally.incidents).sum();
    assert_eq!(counted as usize, expected.len() - kept, "only those that go are counted");
    assert_eq!(staying(&review, &atlas, &working), kept as u64);
    let schools = listed.iter().filter(|it| {
        matches!(it.thing.what, What::Facility(n)
            if atlas.facilities()[n as usize].kind == FacilityKind::School)
    });
    let counted: u32 =
        flows(&review, &atlas, &working).iter().map(|it| it.tally.of(FacilityKind::School)).sum();
    assert_eq!(schools.count(), counted as usize);
    assert_eq!(movers(&review, &atlas, &working, 3).len(), 3);
}

#[test]
fn the_plan_in_force_has_nothing_that_blocks_and_moves_nobody() {
    let atlas = city();
    let things = things(&atlas, 500, &mut Dice(5));
    let working = Working::of(atlas.zones()).unwrap();
    let review = Review::of(things, &working);
    let found = findings(&review, &atlas, &working);
    assert!(found.iter().all(|it| it.weight() != Weight::Blocks), "{found:?}");
    let gaps = found
        .iter()
        .filter(|it| matches!(it, ReviewFinding::Gap { .. } | ReviewFinding::Outline { .. }));
    assert_eq!(gaps.count(), 0);
    assert_eq!(flows(&review, &atlas, &working), []);
    assert_eq!(movers(&review, &atlas, &working, 10), []);
    let zone = &atlas.zones()[0];
    let told = review.zone(&atlas, &working, &zone.id).unwrap();
    assert_eq!(told.lead, zone.lead);
    assert!(
        (told.shape.area_m2
            - crate::geom::measure::area_m2(&geo_types::Geometry::MultiPolygon(zone.area.clone())))
        .abs()
            < 1e-3
    );
    let streets: i64 = review.sums().values().map(|tally| tally.street_mm).sum();
    let expected: f64 = atlas
        .facilities()
        .iter()
        .filter(|it| it.kind == FacilityKind::Street)
        .map(|it| crate::geom::measure::length_m(&it.geometry))
        .sum();
    let streets_m = f64::from(i32::try_from(streets / 1_000).unwrap());
    assert!((streets_m - expected).abs() < 2.0, "{streets_m} {expected}");
    assert!(review.zone(&atlas, &working, &ZoneId::new("nowhere").unwrap()).is_none());
}

#[test]
fn a_unit_that_is_none_blocks_and_a_hole_is_found() {
    let atlas = city();
    let things = things(&atlas, 10, &mut Dice(9));
    let mut working = Working::of(atlas.zones()).unwrap();
    let mut review = Review::of(things, &working);
    let zone = atlas.zones()[20].clone();
    let shape = review.zone(&atlas, &working, &zone.id).unwrap().shape;
    let middle = GridPoint {
        x: crate::geom::coord::step(shape.centre[0]),
        y: crate::geom::coord::step(shape.centre[1]),
    };
    let corner = |x: i32, y: i32| Place(GridPoint { x: middle.x + x, y: middle.y + y });
    let edits = [
        ZoningEdit::SetZone {
            zone: zone.id.clone(),
            number: None,
            names: None,
            lead: UnitId::new("nobody").ok(),
            co: None,
            attributes: None,
        },
        ZoningEdit::AddHole {
            zone: zone.id.clone(),
            ring: vec![corner(-900, -900), corner(900, -900), corner(900, 900), corner(-900, 900)],
            new: None,
        },
    ];
    let applied = working.apply(&edits, &BTreeSet::new()).unwrap();
    review.follow(&working, &applied);
    let found = findings(&review, &atlas, &working);
    assert_eq!(
        found[0],
        ReviewFinding::NoUnit { zone: zone.id, unit: UnitId::new("nobody").unwrap() }
    );
    let gap = found.iter().find_map(|it| match it {
        ReviewFinding::Gap { area_m2, .. } => Some(*area_m2),
        _ => None,
    });
    // 1,800 steps are 20 m from south to north and 16 m from west to east.
    assert!(gap.is_some_and(|area_m2| (area_m2 - 322.0).abs() < 10.0), "{gap:?}");
    assert!(
        found
            .iter()
            .any(|it| matches!(it, ReviewFinding::Outline { more_m2, .. } if *more_m2 < -300.0))
    );
}
