//! Blocks as what is divided, and who leads what comes of it, on the demonstration city.

use super::*;
use crate::domain::sample::{self, Recipe};
use crate::domain::zoning::balance::ask::{Ask, proposals};
use crate::domain::zoning::balance::search::propose;
use crate::geom::measure::area_m2;

fn terrain(locked: &[&str]) -> Terrain {
    Terrain {
        weights: vec!["people".to_owned()],
        natural: 0.5,
        locked: locked.iter().map(|id| ZoneId::new(id).unwrap()).collect(),
    }
}

#[test]
fn the_citys_blocks_are_divided_and_the_zones_are_its_ground() {
    let atlas = Atlas::build(sample::city(&Recipe::default())).unwrap();
    let locked = atlas.zones()[6].id.clone();
    let tract = Tract::of(&atlas, &terrain(&[locked.as_str()])).unwrap();
    let count = atlas.zones().len() - 1;
    assert!(tract.today().iter().all(Option::is_some));
    let ask = Ask::even(count, 0.05, 7);
    let found = propose(tract.graph(), &ask, &mut proposals(400_000)).unwrap();
    assert_eq!(found.figures.broken, 0);
    let facts = tract.facts(&atlas, &found.zones, count, std::slice::from_ref(&locked));
    let zones = tract.zones(&found.zones, &facts);
    let mut ids: Vec<&ZoneId> = zones.iter().map(|zone| &zone.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "each zone takes over another one of today");
    assert!(!ids.contains(&&locked));
    let sum = |zones: &[Zone]| -> f64 {
        zones.iter().map(|zone| area_m2(&Geometry::MultiPolygon(zone.area.clone()))).sum()
    };
    let today: Vec<Zone> = atlas.zones().iter().filter(|zone| zone.id != locked).cloned().collect();
    assert!((sum(&zones) - sum(&today)).abs() < 1.0);
    assert!(zones.iter().all(|zone| !zone.area.0.is_empty()));
}

#[test]
fn a_zone_is_led_by_a_unit_that_sits_near_and_none_twice() {
    let atlas = Atlas::build(sample::city(&Recipe::default())).unwrap();
    let mut zones = atlas.zones().to_vec();
    let units = seated(atlas.units(), &[]);
    let ways = lead_by_seat(&mut zones, &units).unwrap();
    let mut leads: Vec<&UnitId> = zones.iter().map(|zone| &zone.lead).collect();
    leads.sort_unstable();
    leads.dedup();
    assert_eq!(leads.len(), zones.len());
    assert!(zones.iter().all(|zone| !zone.co.contains(&zone.lead)));
    assert!(ways.mean_m <= ways.farthest_m && ways.proven, "{ways:?}");
    assert!(lead_by_seat(&mut zones, &[]).is_err(), "no unit is told");
}

#[test]
fn few_units_with_a_seat_share_the_zones_and_who_leads_a_kept_one_gets_no_more() {
    let mut state = sample::city(&Recipe::default());
    for unit in state.units.iter_mut().skip(30) {
        unit.seat = None;
    }
    let atlas = Atlas::build(state).unwrap();
    let sits = |zone: &&Zone| atlas.unit(&zone.lead).unwrap().seat.is_some();
    let kept = atlas.zones().iter().find(sits).unwrap();
    let units = seated(atlas.units(), &[kept]);
    assert_eq!((seated(atlas.units(), &[]).len(), units.len()), (30, 29));
    let mut zones: Vec<Zone> =
        atlas.zones().iter().filter(|zone| zone.id != kept.id).cloned().collect();
    assert_eq!(zones.len(), 59);
    let ways = lead_by_seat(&mut zones, &units).unwrap();
    assert!(ways.proven);
    assert!(zones.iter().all(|zone| zone.lead != kept.lead));
    for unit in units {
        let led = zones.iter().filter(|zone| zone.lead == unit.id).count();
        assert!(led <= 3, "{} leads {led}", unit.id);
    }
}

#[test]
fn what_cannot_be_divided_is_told_with_every_reason() {
    let mut state = sample::city(&Recipe::default());
    state.facilities.retain(|it| it.kind != FacilityKind::Block);
    let atlas = Atlas::build(state).unwrap();
    let faults = Tract::of(&atlas, &terrain(&["nowhere"])).map(|_| ()).unwrap_err();
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[test]
fn where_units_are_few_those_with_more_staff_take_more_zones() {
    assert_eq!(places(3, &[0, 9, 90]), [1, 1, 1]);
    assert_eq!(places(10, &[0, 0, 0]), [4, 4, 4]);
    let by_staff = places(10, &[10, 30, 60]);
    assert_eq!(by_staff, [1, 3, 6]);
    assert_eq!(places(10, &[0, 1, 99]), [1, 1, 10]);
    assert!(places(5, &[]).is_empty());
}
