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

/// Cells of 0.001 degree along a line: zone `a` is the first two, `b` the next two. Blocks end where `ends` say, in steps.
fn row(ends: &[i32]) -> Atlas {
    let rect = |from: i32, to: i32| {
        let corner = |east: i32, north: i32| Coord {
            x: f64::from(1_094_000_000 + east) / 1e7,
            y: f64::from(365_000_000 + north) / 1e7,
        };
        let ring = [(from, 0), (to, 0), (to, 10_000), (from, 10_000), (from, 0)];
        let ring = ring.map(|(east, north)| corner(east, north)).to_vec();
        geo_types::Polygon::new(geo_types::LineString(ring), Vec::new())
    };
    let mut state = sample::city(&Recipe::default());
    let zone = |id: &str, number: u32, from: i32| Zone {
        id: ZoneId::new(id).unwrap(),
        number,
        area: MultiPolygon::new(vec![rect(from, from + 20_000)]),
        ..bare(&state.zones[0])
    };
    state.zones = vec![zone("a", 1, 0), zone("b", 2, 20_000)];
    state.rules.clear();
    let begins = std::iter::once(&0).chain(ends);
    let blocks = begins.zip(ends).enumerate().map(|(nth, (from, to))| Facility {
        id: FacilityId::new(&format!("k{nth}")).unwrap(),
        kind: FacilityKind::Block,
        names: Names { zh: String::new(), en: format!("k{nth}") },
        geometry: rect(*from, *to).into(),
        unit: None,
        attributes: Attributes::new(),
    });
    state.facilities = blocks.collect();
    Atlas::build(state).unwrap()
}

/// Six blocks by four, wider in all from west to east, and a river between the northern and the southern half.
fn with_a_river() -> Atlas {
    let corner = |column: i32, row: i32| Coord {
        x: f64::from(1_094_000_000 + column * 20_000) / 1e7,
        y: f64::from(365_000_000 + row * 20_000) / 1e7,
    };
    let facility = |id: String, kind: FacilityKind, geometry: Geometry<f64>| Facility {
        names: Names { zh: String::new(), en: id.clone() },
        id: FacilityId::new(&id).unwrap(),
        kind,
        geometry,
        unit: None,
        attributes: Attributes::new(),
    };
    let mut state = sample::city(&Recipe::default());
    state.rules.clear();
    state.facilities = (0..4)
        .flat_map(|row| (0..6).map(move |column| (row, column)))
        .map(|(row, column)| {
            let block = geo_types::Rect::new(corner(column, row), corner(column + 1, row + 1));
            let id = format!("k{row}{column}");
            facility(id, FacilityKind::Block, block.to_polygon().into())
        })
        .collect();
    let river = geo_types::LineString(vec![corner(-1, 2), corner(7, 2)]);
    state.facilities.push(facility("river".to_owned(), FacilityKind::River, river.into()));
    Atlas::build(state).unwrap()
}

#[test]
fn where_a_river_runs_through_the_middle_the_border_lies_along_it_and_not_where_it_were_shorter() {
    let atlas = with_a_river();
    // Of the six borders over the river those that part two zones.
    let along = |natural: f64| {
        let terrain = Terrain { natural, ..by_area(&[]) };
        let tract = Tract::of(&atlas, &terrain).unwrap();
        let ask = Ask::even(2, 0.05, 3);
        let found = propose(tract.graph(), &ask, &mut proposals(400_000)).unwrap();
        assert_eq!(found.figures.broken, 0);
        assert!(found.figures.misses <= 0.0);
        let zone = |row: usize, column: usize| {
            let id = format!("k{row}{column}");
            let at = tract.ids.iter().position(|it| it.as_str() == id).unwrap();
            found.zones[at]
        };
        let parted = (0..6).filter(|column| zone(1, *column) != zone(2, *column)).count();
        (parted, found.figures.cut_m)
    };
    let (without, straight_m) = along(1.0);
    let (with, cut_m) = along(0.5);
    // From south to north it is 4 times 222 m, along the river 6 times 179 m.
    assert_eq!((without, with), (0, 6), "{straight_m} and {cut_m}");
    assert!(
        (straight_m - 888.0).abs() < 5.0 && (cut_m - 1_074.0).abs() < 8.0,
        "{straight_m} and {cut_m}"
    );
}

fn by_area(locked: &[&str]) -> Terrain {
    Terrain { weights: vec!["area".to_owned()], ..terrain(locked) }
}

#[test]
fn a_block_that_lies_partly_in_a_locked_zone_is_told_with_the_zone_and_the_way_out() {
    // The second block reaches half a cell into `b`; of the third the greater part lies in `b`.
    for (ends, block) in
        [([10_000, 25_000, 30_000, 40_000], "k1"), ([10_000, 15_000, 30_000, 40_000], "k2")]
    {
        let atlas = row(&ends);
        let faults = Tract::of(&atlas, &by_area(&["b"])).map(|_| ()).unwrap_err();
        let [fault] = &faults[..] else { panic!("{faults:?}") };
        let said = format!("the block {block} lies partly in zone b, which is locked");
        assert!(fault.starts_with(&said) && fault.ends_with("do not lock the zone"), "{fault}");
        assert!(Tract::of(&atlas, &by_area(&[])).is_ok(), "unlocked it is divided like any other");
        let both = Tract::of(&atlas, &by_area(&["a", "b"])).map(|_| ()).unwrap_err();
        assert!(both[0].contains("no blocks to be divided"), "it lies wholly in locked zones");
    }
}

#[test]
fn a_locked_zone_stays_bit_for_bit_or_it_is_told_however_near_the_blocks_are_drawn_to_it() {
    let mut stayed = 0;
    for off in -60..=60 {
        let atlas = row(&[10_000, 20_000 + off, 30_000, 40_000]);
        let before = Working::of(atlas.zones()).unwrap();
        let Ok(tract) = Tract::of(&atlas, &by_area(&["b"])) else {
            assert_ne!(off, 0, "blocks along the border disturb nothing");
            continue;
        };
        let free = bare(&atlas.zones()[0]);
        let mut zones = tract.zones(&vec![0; tract.today().len()], &[free]);
        zones.push(atlas.zones()[1].clone());
        let told = tract.disturbed(&zones).unwrap();
        let then = Working::of(&zones).unwrap();
        let area = |of: &Working| {
            let face = of.face(&atlas.zones()[1].id).unwrap();
            of.coverage().polygons(face)
        };
        assert_eq!(told.is_empty(), area(&before) == area(&then), "{off} steps: {told:?}");
        stayed += usize::from(told.is_empty());
    }
    assert!(stayed > 0);
}
