//! The laws of the partition.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::sample::outline::doubled_area;
use crate::domain::sample::zones::Division;
use crate::geom::coord::{GridPoint, step};
use crate::geom::validity::faults;
use geo_types::LineString;

type Step = (GridPoint, GridPoint);

fn open(ring: &LineString) -> Vec<GridPoint> {
    let points = ring.0.iter().map(|c| GridPoint { x: step(c.x), y: step(c.y) });
    points.take(ring.0.len() - 1).collect()
}

fn steps(ring: &[GridPoint]) -> impl Iterator<Item = Step> + '_ {
    (0..ring.len()).map(|at| (ring[at], ring[(at + 1) % ring.len()]))
}

/// Checks that areas tile: every step between two vertices belongs to one area, its reverse to
/// one other area or to the outside; what is left over is one simple ring that encloses exactly
/// the sum of the areas. With all areas counter-clockwise, every place inside is covered once.
fn check_tiling<'a>(areas: impl Iterator<Item = &'a MultiPolygon>) {
    let (mut used, mut sum) = (BTreeSet::new(), 0);
    for area in areas {
        assert_eq!(area.0.len(), 1, "in one piece");
        assert!(area.0[0].interiors().is_empty(), "without holes");
        let ring = open(area.0[0].exterior());
        let doubled = doubled_area(&ring);
        assert!(doubled > 0, "counter-clockwise");
        sum += doubled;
        for pair in steps(&ring) {
            assert!(used.insert(pair), "{pair:?} is used twice in one direction");
        }
    }
    let outer: BTreeMap<GridPoint, GridPoint> =
        used.iter().filter(|(a, b)| !used.contains(&(*b, *a))).copied().collect();
    let (&first, _) = outer.first_key_value().unwrap();
    let (mut at, mut ring) = (first, Vec::new());
    while ring.is_empty() || at != first {
        ring.push(at);
        at = outer[&at];
    }
    assert_eq!(ring.len(), outer.len(), "the outer border is one ring");
    assert_eq!(doubled_area(&ring), sum, "nothing gapes, nothing overlaps");
    check_simple(&ring);
}

/// No two steps of the ring meet but neighbours at their common end.
fn check_simple(ring: &[GridPoint]) {
    let all: Vec<Step> = steps(ring).collect();
    let mut sorted: Vec<usize> = (0..all.len()).collect();
    let left = |at: usize| all[at].0.x.min(all[at].1.x);
    let right = |at: usize| all[at].0.x.max(all[at].1.x);
    sorted.sort_by_key(|at| left(*at));
    for (nth, &one) in sorted.iter().enumerate() {
        for &two in sorted[nth + 1..].iter().take_while(|two| left(**two) <= right(one)) {
            let near = (one + 1) % all.len() == two || (two + 1) % all.len() == one;
            assert!(near || !meet(all[one], all[two]), "{:?} meets {:?}", all[one], all[two]);
        }
    }
}

fn turn(a: GridPoint, b: GridPoint, c: GridPoint) -> i128 {
    let wide = |one: i32, two: i32| i128::from(one) - i128::from(two);
    (wide(b.x, a.x) * wide(c.y, a.y) - wide(b.y, a.y) * wide(c.x, a.x)).signum()
}

fn meet((a, b): Step, (c, d): Step) -> bool {
    let apart = |a: i32, b: i32, c: i32, d: i32| a.max(b) < c.min(d) || c.max(d) < a.min(b);
    !apart(a.x, b.x, c.x, d.x)
        && !apart(a.y, b.y, c.y, d.y)
        && turn(a, b, c) * turn(a, b, d) <= 0
        && turn(c, d, a) * turn(c, d, b) <= 0
}

#[test]
fn zones_tile_the_city_exactly_for_any_seed_size_and_place() {
    let model = Recipe::default();
    let recipes = [
        model.clone(),
        Recipe { seed: 2, ..model.clone() },
        Recipe { seed: u64::MAX, zones: 10, ..model.clone() },
        Recipe { seed: 7, zones: 333, city: 5, ..model.clone() },
        Recipe { seed: 3, zones: 3, city: 63, ..model },
    ];
    for recipe in recipes {
        let plot = recipe.plot();
        let areas: Vec<MultiPolygon> = (0u32..)
            .zip(&plot.division.zones)
            .map(|(zone, cells)| outline(&plot.mesh, &plot.division.zone_of, zone, cells))
            .collect();
        assert_eq!(areas.len(), recipe.zones as usize, "{recipe:?}");
        check_tiling(areas.iter());
    }
}

#[test]
fn every_cell_lies_in_one_block_one_community_and_one_zone() {
    let plot = Recipe::default().plot();
    let Division { zones, communities, blocks, zone_of, .. } = &plot.division;
    let mut seen = vec![(0, 0, 0); plot.mesh.cells.len()];
    for cells in zones {
        for cell in cells {
            seen[*cell as usize].0 += 1;
        }
    }
    for (zone, cells) in communities {
        for cell in cells {
            seen[*cell as usize].1 += 1;
            assert_eq!(zone_of[*cell as usize], number(*zone));
        }
    }
    for block in blocks {
        for cell in &block.cells {
            seen[*cell as usize].2 += 1;
            assert!(communities[block.community].1.contains(cell));
        }
    }
    assert!(seen.iter().all(|times| *times == (1, 1, 1)));
    let areas: Vec<MultiPolygon> = blocks
        .iter()
        .map(|block| {
            let mut groups = vec![0; seen.len()];
            for cell in &block.cells {
                groups[*cell as usize] = 1;
            }
            outline(&plot.mesh, &groups, 1, &block.cells)
        })
        .collect();
    check_tiling(areas.iter());
}

#[test]
fn zones_are_roughly_balanced_by_workload_and_compact() {
    let plot = Recipe::default().plot();
    let loads: Vec<f64> = plot
        .division
        .zones
        .iter()
        .map(|cells| cells.iter().map(|cell| plot.division.weights[*cell as usize]).sum())
        .collect();
    let usual = loads.iter().sum::<f64>() / 60.0;
    let worst = loads.iter().map(|load| (load / usual - 1.0).abs()).fold(0.0, f64::max);
    assert!(worst < 0.3, "{worst}: {loads:?}");
}

#[test]
fn streets_wind_with_a_vertex_every_twenty_to_thirty_metres() {
    let plot = Recipe::default().plot();
    for edge in &plot.mesh.edges {
        let pieces = dice::real(edge.inner.len() + 1);
        let pace = edge.length_m / pieces;
        assert!(pace < 40.0 && (pace > 17.0 || pieces < 2.0), "{pace} {edge:?}");
    }
}

#[test]
fn every_unit_is_there_and_every_zone_has_a_lead_of_its_own() {
    let state = city(&Recipe::default());
    assert_eq!((state.zones.len(), state.units.len()), (60, 76));
    let mut leads: Vec<_> = state.zones.iter().map(|zone| zone.lead.clone()).collect();
    leads.sort();
    leads.dedup();
    assert_eq!(leads.len(), 60);
    assert!(state.units.is_sorted_by(|a, b| a.id < b.id));
    assert!(state.zones.is_sorted_by(|a, b| a.id < b.id));
    let known = |id| state.units.iter().any(|unit| unit.id == id);
    assert!(leads.into_iter().all(known) && known(state.city.fallback));
    let helpers: std::collections::BTreeSet<_> =
        state.zones.iter().flat_map(|zone| &zone.co).collect();
    assert_eq!(helpers.len(), 16, "the units without a zone of their own help in others");
}

#[test]
fn facilities_have_the_model_citys_numbers() {
    use crate::domain::atlas::facility::FacilityKind as Kind;
    let state = city(&Recipe::default());
    let count = |kind| state.facilities.iter().filter(|at| at.kind == kind).count();
    let expected = [
        (Kind::School, 502),
        (Kind::InspectionStation, 41),
        (Kind::Checkpoint, 84),
        (Kind::ElectronicFence, 44),
        (Kind::PatrolPost, 96),
        (Kind::Restaurant, 4_700),
        (Kind::Bridge, 3),
        (Kind::Square, 4),
        (Kind::Site, 6),
        (Kind::Camera, 0),
    ];
    for (kind, number) in expected {
        assert_eq!(count(kind), number, "{kind:?}");
    }
    assert!(count(Kind::Intersection) >= 84);
    for street in ["中心街", "东关街", "百米大道", "北关街", "南关街", "七里铺街", "210国道"]
    {
        assert!(state.facilities.iter().any(|at| at.names.zh == street), "{street}");
    }
    let urban = |at: &&crate::domain::atlas::facility::Facility| {
        at.attributes.get("urban") == Some(&true.into())
    };
    assert_eq!(state.facilities.iter().filter(urban).count(), 35);
    let cameras = city(&Recipe { cameras: MODEL_CAMERAS, ..Recipe::default() });
    assert_eq!(cameras.facilities.len(), state.facilities.len() + 42_248);
}

#[test]
fn patrol_posts_stand_at_every_intersection_of_the_six_streets_and_at_no_other() {
    use crate::domain::atlas::facility::FacilityKind as Kind;
    const STREETS: [&str; 6] = ["中心街", "东关街", "百米大道", "北关街", "南关街", "七里铺街"];
    for recipe in [Recipe::default(), Recipe { seed: 4, zones: 90, city: 2, ..Recipe::default() }] {
        let state = city(&recipe);
        let of = |kind| state.facilities.iter().filter(move |at| at.kind == kind);
        let on = |name: &str| STREETS.iter().any(|street| name.contains(street));
        let expected: Vec<_> = of(Kind::Intersection)
            .filter(|at| on(&at.names.zh))
            .map(|at| (format!("{}巡逻岗", at.names.zh), &at.geometry))
            .collect();
        let posts: Vec<_> =
            of(Kind::PatrolPost).map(|at| (at.names.zh.clone(), &at.geometry)).collect();
        assert!(!posts.is_empty() && posts == expected, "{recipe:?}: {posts:?}");
        let daily = |at: &crate::domain::atlas::facility::Facility| {
            at.attributes.get("hours") == Some(&"10:00-14:00".into())
        };
        assert!(of(Kind::PatrolPost).all(daily));
        for street in STREETS {
            assert!(posts.iter().any(|(name, _)| name.contains(street)), "{street}");
        }
    }
}

#[test]
fn every_facility_stands_on_the_grid_in_order_with_sound_outlines_and_known_units() {
    use geo_types::Geometry;
    for recipe in [
        Recipe::default(),
        Recipe { zones: 500, facilities: 2, city: 3, seed: 9, ..Recipe::default() },
    ] {
        let state = city(&recipe);
        assert!(state.facilities.is_sorted_by(|a, b| a.id < b.id));
        assert!(state.rules.is_sorted_by(|a, b| a.id < b.id));
        let known = |id: &UnitId| state.units.iter().any(|unit| unit.id == *id);
        for rule in &state.rules {
            assert!(rule.unit.as_ref().is_none_or(known), "{}", rule.id);
        }
        for zone in &state.zones {
            assert_eq!(faults(&zone.area.clone().into()), [], "{}", zone.id);
        }
        for facility in &state.facilities {
            assert!(facility.unit.as_ref().is_none_or(known), "{}", facility.id);
            assert_eq!(faults(&facility.geometry), [], "{}", facility.id);
            let rings: Vec<&LineString> = match &facility.geometry {
                Geometry::Polygon(area) => vec![area.exterior()],
                Geometry::MultiPolygon(areas) => {
                    areas.0.iter().map(geo_types::Polygon::exterior).collect()
                }
                Geometry::LineString(line) => {
                    assert!(line.0.windows(2).all(|pair| pair[0] != pair[1]), "{}", facility.id);
                    vec![]
                }
                _ => vec![],
            };
            for ring in rings {
                let ring = open(ring);
                assert!(doubled_area(&ring) > 0, "{}", facility.id);
                check_simple(&ring);
            }
        }
    }
}

#[test]
fn rules_of_every_class_are_there() {
    let state = city(&Recipe::default());
    let classes: std::collections::BTreeSet<_> =
        state.rules.iter().map(|rule| rule.reach.code()).collect();
    assert_eq!(classes, ["area", "category", "component", "line", "ring"].into());
}

#[test]
fn the_same_seed_makes_the_same_city_and_another_seed_another() {
    let model = Recipe::default();
    assert_eq!(city(&model), city(&model));
    assert_ne!(city(&model).zones, city(&Recipe { seed: 2, ..model.clone() }).zones);
    let other = city(&Recipe { city: 1, ..model.clone() });
    assert_ne!(other.city.id, city(&model).city.id);
}
