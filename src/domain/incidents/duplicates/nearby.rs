//! Open incidents by place and time, and which of them a report may belong to.

use std::collections::{BTreeMap, HashMap};

use geo_types::Coord;
use serde::{Deserialize, Serialize};

use crate::domain::atlas::reaches::{Reach, Reaches};
use crate::domain::id::{CategoryCode, IncidentId};
use crate::domain::time::Instant;
use crate::geom::coord::{GridPoint, STEPS_PER_DEGREE};
use crate::geom::measure::between_m;
use crate::geom::project::Scale;

/// Most candidates of one answer: a person compares a few.
pub const CANDIDATES_MAX: usize = 20;
/// The side of a cell, in steps of the grid: 0.001 degree, some 100 m.
const CELL_STEPS: i32 = 10_000;
/// What a candidate is worth whose category is only a branch of the other's, or not known.
const VAGUE: f64 = 0.5;
const MICROS_PER_S: i64 = 1_000_000;

/// What is compared: where, when and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Which incident.
    pub incident: IncidentId,
    /// What it is about, where that is known.
    pub category: Option<CategoryCode>,
    /// Where.
    pub position: GridPoint,
    /// When it happened.
    pub at: Instant,
}

/// An incident that may be the same matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Which one.
    pub incident: IncidentId,
    /// How far away (m).
    pub distance_m: f64,
    /// How much time lies between (s).
    pub apart_s: f64,
    /// From 0 to 1. It orders the candidates and is no probability.
    pub score: f64,
}

type Cell = (i32, i32);

/// The open incidents of a city. Whoever keeps it puts in what is opened and takes out what is
/// over or merged.
#[derive(Clone, Debug, Default)]
pub struct Nearby {
    cells: HashMap<Cell, BTreeMap<(Instant, IncidentId), Spot>>,
    homes: HashMap<IncidentId, (Cell, Instant)>,
}

impl Nearby {
    /// How many incidents are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.homes.len()
    }

    /// Whether none is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.homes.is_empty()
    }

    /// Whether an incident is in it.
    #[must_use]
    pub fn holds(&self, incident: IncidentId) -> bool {
        self.homes.contains_key(&incident)
    }

    /// Puts an incident in, or in another place when it was in it before.
    pub fn insert(&mut self, spot: Spot) {
        self.remove(spot.incident);
        let cell = cell(spot.position);
        self.homes.insert(spot.incident, (cell, spot.at));
        self.cells.entry(cell).or_default().insert((spot.at, spot.incident), spot);
    }

    /// Takes an incident out; whether it was in.
    pub fn remove(&mut self, incident: IncidentId) -> bool {
        let Some((cell, at)) = self.homes.remove(&incident) else { return false };
        if let Some(spots) = self.cells.get_mut(&cell) {
            spots.remove(&(at, incident));
            if spots.is_empty() {
                self.cells.remove(&cell);
            }
        }
        true
    }

    /// Takes out what happened before `at`, which no window reaches any more; how many those were.
    pub fn forget_before(&mut self, at: Instant) -> usize {
        let before = self.homes.len();
        self.homes.retain(|_, (_, then)| *then >= at);
        self.cells.retain(|_, spots| {
            *spots = spots.split_off(&(at, IncidentId(uuid::Uuid::nil())));
            !spots.is_empty()
        });
        before - self.homes.len()
    }

    /// The incidents that `spot` may belong to, best first, at most [`CANDIDATES_MAX`]; `spot`
    /// itself is none.
    ///
    /// Costs the cells around it, and in those what lies within the window of its category, from its
    /// own time outwards as far as anything can still be better than what was found.
    #[must_use]
    pub fn candidates(&self, spot: &Spot, reaches: &Reaches) -> Vec<Candidate> {
        let reach = reaches.of(spot.category.as_ref());
        let mut found = Best::default();
        let (low, high) = cells_around(spot.position, reach.radius_m);
        let in_frame = |n: i32, a: i32, b: i32| (a..=b).contains(&n);
        let across = i64::from(high.0) - i64::from(low.0) + 1;
        let along = i64::from(high.1) - i64::from(low.1) + 1;
        // Near the poles the frame holds more cells than there are.
        if usize::try_from(across * along).is_ok_and(|cells| cells <= self.cells.len()) {
            for x in low.0..=high.0 {
                for y in low.1..=high.1 {
                    if let Some(spots) = self.cells.get(&(x, y)) {
                        gather(spots, spot, reach, reaches, &mut found);
                    }
                }
            }
        } else {
            for ((x, y), spots) in &self.cells {
                if in_frame(*x, low.0, high.0) && in_frame(*y, low.1, high.1) {
                    gather(spots, spot, reach, reaches, &mut found);
                }
            }
        }
        found.into_sorted()
    }
}

/// Compares two spots: a candidate, or `None` when they are too far apart in place, time or
/// category. It does not matter which is which.
///
/// The reach is the narrower of both categories'. The score is 1 at the same place and time and
/// falls evenly to 0 at the reach of both: `1 - d / 2r - t / 2w`; it is halved where one category
/// is only a branch of the other, or not known.
#[must_use]
pub fn compare(asked: &Spot, other: &Spot, reaches: &Reaches) -> Option<Candidate> {
    compare_within(reaches.of(asked.category.as_ref()), asked, other, reaches)
}

/// [`compare`] for who has found the reach of the one that is asked for.
fn compare_within(
    reach: Reach,
    asked: &Spot,
    other: &Spot,
    reaches: &Reaches,
) -> Option<Candidate> {
    if asked.incident == other.incident || !may_reach(reach, asked.position, other.position) {
        return None;
    }
    let likeness = match (&asked.category, &other.category) {
        (Some(a), Some(b)) if a == b => 1.0,
        (Some(a), Some(b)) if !a.is_within(b) && !b.is_within(a) => return None,
        _ => VAGUE,
    };
    // Looked up only where it may be another one: most that lie near are of one category.
    let reach = if asked.category == other.category {
        reach
    } else {
        reach.narrower(reaches.of(other.category.as_ref()))
    };
    let apart = asked.at.0.abs_diff(other.at.0);
    if apart > window_micros(reach).unsigned_abs() {
        return None;
    }
    // From the lower to the higher id, so that both directions round alike.
    let (a, b) = if asked.incident < other.incident { (asked, other) } else { (other, asked) };
    let distance_m = between_m(degrees(a.position), degrees(b.position));
    if distance_m > reach.radius_m {
        return None;
    }
    let (apart_s, window_s) = (seconds(apart), window_s(reach));
    let score = likeness * (1.0 - distance_m / reach.radius_m / 2.0 - apart_s / window_s / 2.0);
    Some(Candidate { incident: other.incident, distance_m, apart_s, score: score.max(0.0) })
}

/// Whether the places are no farther apart than the reach from south to north, which is told without
/// measuring; a degree of latitude has at least 110,574 m.
fn may_reach(reach: Reach, a: GridPoint, b: GridPoint) -> bool {
    f64::from(a.y.abs_diff(b.y)) * (110_500.0 / STEPS_PER_DEGREE) <= reach.radius_m
}

/// The best so far.
#[derive(Default)]
struct Best {
    found: Vec<Candidate>,
    /// What a candidate must be worth at least, once there are enough.
    floor: f64,
}

impl Best {
    fn push(&mut self, candidate: Candidate) {
        self.found.push(candidate);
        if self.found.len() == 2 * CANDIDATES_MAX {
            self.found = best(std::mem::take(&mut self.found));
            self.floor = self.found.last().map_or(0.0, |worst| worst.score);
        }
    }

    fn into_sorted(self) -> Vec<Candidate> {
        best(self.found)
    }
}

fn gather(
    spots: &BTreeMap<(Instant, IncidentId), Spot>,
    asked: &Spot,
    reach: Reach,
    reaches: &Reaches,
    found: &mut Best,
) {
    let window = window_micros(reach);
    let (nil, last) = (IncidentId(uuid::Uuid::nil()), IncidentId(uuid::Uuid::max()));
    let from = (Instant(asked.at.0.saturating_sub(window)), nil);
    let to = (Instant(asked.at.0.saturating_add(window)), last);
    let here = (asked.at, nil);
    let mut take = |other: &Spot| {
        // At the same place, and of the same category and reach, it could be worth no more.
        let most = 1.0 - seconds(asked.at.0.abs_diff(other.at.0)) / window_s(reach) / 2.0;
        let worth = most >= found.floor;
        if worth && let Some(candidate) = compare_within(reach, asked, other, reaches) {
            found.push(candidate);
        }
        worth
    };
    let _ = spots.range(from..here).rev().all(|(_, other)| take(other));
    let _ = spots.range(here..=to).all(|(_, other)| take(other));
}

/// Best first; alike ones nearest first, then by id, so that every run answers alike.
fn best(mut found: Vec<Candidate>) -> Vec<Candidate> {
    found.sort_unstable_by(|a, b| {
        let by_score = b.score.total_cmp(&a.score);
        by_score.then(a.distance_m.total_cmp(&b.distance_m)).then(a.incident.cmp(&b.incident))
    });
    found.truncate(CANDIDATES_MAX);
    found
}

#[expect(clippy::cast_precision_loss, reason = "a window has fewer than 2^53 microseconds")]
fn seconds(micros: u64) -> f64 {
    micros as f64 / MICROS_PER_S as f64
}

#[expect(clippy::cast_precision_loss, reason = "a window has fewer than 2^53 seconds")]
fn window_s(reach: Reach) -> f64 {
    reach.window_s as f64
}

fn window_micros(reach: Reach) -> i64 {
    reach.window_s.saturating_mul(MICROS_PER_S)
}

fn degrees(p: GridPoint) -> Coord<f64> {
    let at = p.degrees();
    Coord { x: at.lon(), y: at.lat() }
}

fn cell(p: GridPoint) -> Cell {
    (p.x.div_euclid(CELL_STEPS), p.y.div_euclid(CELL_STEPS))
}

/// The lowest and highest cell that a place within `radius_m` can lie in.
fn cells_around(p: GridPoint, radius_m: f64) -> (Cell, Cell) {
    /// A degree of latitude varies by 1 % between equator and pole, and a step is rounded.
    const MARGIN: f64 = 1.02;
    let lat_deg = f64::from(p.y) / STEPS_PER_DEGREE;
    let north_deg = radius_m * MARGIN / Scale::at(lat_deg).lat_m;
    // A degree of longitude is shortest at the end that is farthest from the equator.
    let far_deg = (lat_deg.abs() + north_deg).min(90.0);
    let lon_m = Scale::at(far_deg).lon_m.max(1e-3);
    let east_deg = (radius_m * MARGIN / lon_m).min(360.0);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast of a double saturates, as it should"
    )]
    let edge = |at: i32, degrees: f64| (f64::from(at) + degrees * STEPS_PER_DEGREE) as i32;
    let corner = |east, north| GridPoint { x: edge(p.x, east), y: edge(p.y, north) };
    (cell(corner(-east_deg, -north_deg)), cell(corner(east_deg, north_deg)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::domain::atlas::reaches::SEED;
    use crate::domain::catalogue::whole::Catalogue;

    #[test]
    fn every_reach_of_a_new_city_is_a_category_s_and_within_the_limits() {
        let mut reaches = Reaches::default();
        for (code, reach) in SEED {
            assert!(Catalogue::seed().lists(code), "{code}");
            reaches.set(&CategoryCode::new(code).unwrap(), reach).unwrap();
        }
        assert_eq!(reaches, Reaches::default());
    }

    fn spot(n: u128, category: &str, x: i32, y: i32, at_s: i64) -> Spot {
        Spot {
            incident: IncidentId(Uuid::from_u128(n)),
            category: CategoryCode::new(category).ok(),
            position: GridPoint { x, y },
            at: Instant(at_s * MICROS_PER_S),
        }
    }

    fn filled(spots: &[Spot]) -> Nearby {
        let mut nearby = Nearby::default();
        spots.iter().cloned().for_each(|spot| nearby.insert(spot));
        nearby
    }

    fn ids(found: &[Candidate]) -> Vec<u128> {
        found.iter().map(|candidate| candidate.incident.0.as_u128()).collect()
    }

    const X: i32 = 1_000_000_000;
    const Y: i32 = 250_000_000;

    #[test]
    fn candidates_are_near_in_place_time_and_category_and_the_best_comes_first() {
        let hour = 3_600;
        let nearby = filled(&[
            spot(1, "event.01.litter", X + 4_000, Y, 0), // 40 m, 10 h
            spot(2, "event.01.litter", X + 1_000, Y, 9 * hour), // 10 m, 1 h
            spot(3, "event.01.litter", X + 6_000, Y, 9 * hour), // 60 m: too far
            spot(4, "event.01.litter", X, Y, -15 * hour), // 25 h: too long ago
            spot(5, "event.02", X, Y, 10 * hour),        // something else
            spot(6, "event.01", X, Y, 10 * hour),        // not told exactly
            spot(7, "", X, Y, 12 * hour),                // not known
        ]);
        let found =
            nearby.candidates(&spot(9, "event.01.litter", X, Y, 10 * hour), &Reaches::default());
        assert_eq!(ids(&found), [2, 6, 7, 1]);
        assert!(
            (found[0].distance_m - 10.1).abs() < 0.1 && (found[0].apart_s - 3_600.0).abs() < 1e-9
        );
    }

    #[test]
    fn a_category_of_its_own_reach_finds_more_or_less() {
        let far = |category| {
            let nearby = filled(&[spot(1, category, X + 15_000, Y, 0)]);
            nearby.candidates(&spot(2, category, X, Y, 60), &Reaches::default()).len()
        };
        assert_eq!((far("event.04.fire"), far("event.05.parking")), (1, 0));
    }

    #[test]
    fn what_is_taken_out_moved_or_forgotten_is_not_found() {
        let mut nearby = filled(&[spot(1, "event", X, Y, 0), spot(2, "event", X, Y, 60)]);
        let asked = spot(3, "event", X, Y, 30);
        let found = |nearby: &Nearby| ids(&nearby.candidates(&asked, &Reaches::default()));
        assert_eq!(found(&nearby), [1, 2]);
        nearby.insert(spot(2, "event", X + 1_000_000, Y, 60));
        assert_eq!((found(&nearby), nearby.len()), (vec![1], 2));
        assert_eq!(nearby.forget_before(Instant(1)), 1);
        assert_eq!((found(&nearby), nearby.len()), (vec![], 1));
        let second = IncidentId(Uuid::from_u128(2));
        assert!(nearby.holds(second) && nearby.remove(second));
        assert!(!nearby.holds(second) && !nearby.remove(second) && nearby.is_empty());
        assert!(nearby.cells.is_empty());
    }

    #[test]
    fn no_answer_is_longer_than_a_person_compares() {
        let spots: Vec<Spot> = (0..50).map(|n| spot(n, "event", X, Y, 0)).collect();
        let found = filled(&spots).candidates(&spot(99, "event", X, Y, 0), &Reaches::default());
        assert_eq!(ids(&found), (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn among_many_at_one_place_the_best_are_those_of_a_plain_loop() {
        let reaches = Reaches::default();
        let spots: Vec<Spot> = (0..3_000_i32)
            .map(|n| {
                let at_s = i64::from(n * 7_919 % 3_000) * 20;
                let (x, y) = (X + n * 31 % 4_000, Y + n * 17 % 4_000);
                spot(u128::from(n.unsigned_abs()), "event.01.litter", x, y, at_s)
            })
            .collect();
        let asked = spot(9_999, "event.01.litter", X + 500, Y + 500, 30_000);
        let plain = best(spots.iter().filter_map(|s| compare(&asked, s, &reaches)).collect());
        assert_eq!(filled(&spots).candidates(&asked, &reaches), plain);
        assert_eq!(plain.len(), CANDIDATES_MAX);
    }

    fn any_spot(y: i32) -> impl Strategy<Value = (&'static str, i32, i32, i64)> {
        let categories =
            ["event.05.parking", "event.05", "event.04", "component.02", "event.06.tourism", ""];
        (
            proptest::sample::select(categories.to_vec()),
            X - 30_000..X + 30_000,
            y - 30_000..y + 30_000,
            0..100_000_i64,
        )
    }

    proptest! {
        #[test]
        fn the_index_answers_as_a_plain_loop_over_all_does(
            (y, all, gone, asked) in proptest::sample::select(vec![Y, -Y, 0, 650_000_000, 899_960_000])
                .prop_flat_map(|y| (
                    Just(y),
                    proptest::collection::vec(any_spot(y), 0..150),
                    proptest::collection::vec(0..150_u128, 0..30),
                    any_spot(y),
                ))
        ) {
            let reaches = Reaches::default();
            let mut spots: Vec<Spot> = (0..)
                .zip(&all)
                .map(|(n, (category, x, y, at))| spot(n, category, *x, *y, *at))
                .collect();
            let mut nearby = filled(&spots);
            for n in gone {
                nearby.remove(IncidentId(Uuid::from_u128(n)));
                spots.retain(|spot| spot.incident.0.as_u128() != n);
            }
            let asked = spot(1_000, asked.0, asked.1, asked.2, asked.3);
            let plain = best(spots.iter().filter_map(|s| compare(&asked, s, &reaches)).collect());
            prop_assert_eq!(nearby.candidates(&asked, &reaches), plain, "at {}", y);
            for other in &spots {
                let (there, back) = (compare(&asked, other, &reaches), compare(other, &asked, &reaches));
                prop_assert_eq!(there.map(|c| c.score.to_bits()), back.map(|c| c.score.to_bits()));
            }
        }
    }
}
