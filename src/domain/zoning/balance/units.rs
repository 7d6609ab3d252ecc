//! Units to zones: the farthest way as short as can be, then the sum of all ways, with a proof.
//!
//! The farthest is found by raising a threshold only when a set of zones proves that it must rise
//! (Hall's theorem); the sum by shortest augmenting paths with prices (Jonker, Volgenant 1987).
//! Distances are whole centimetres within, so that the proof holds exactly.

use thiserror::Error;

/// Most zones, and most units.
pub const PLACES_MAX: usize = 10_000;
/// Longest way in metres.
pub const WAY_MAX_M: f64 = 4e7;

/// Who answers for which zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Of each zone: its unit.
    pub unit: Vec<u32>,
    /// The longest way of any zone to its unit.
    pub farthest_m: f64,
    /// The mean way.
    pub mean_m: f64,
    /// Why neither can be less.
    pub proof: Proof,
}

/// The dual of an assignment. See [`Proof::holds`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The longest way.
    pub farthest_cm: u32,
    /// Zones which together have more than the capacity of all units nearer than that.
    pub squeezed: Vec<u32>,
    /// What each zone pays; may be anything.
    pub zone_price_cm: Vec<i64>,
    /// What each unit takes off the way of its zones; none above 0, and below only when full.
    pub unit_price_cm: Vec<i64>,
}

/// Why there is no assignment.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
pub enum UnitFault {
    /// More zones or units than [`PLACES_MAX`], or none.
    #[error("{zones} zones and {units} units: there must be some, and at most {PLACES_MAX}")]
    Places {
        /// Zones given.
        zones: usize,
        /// Units given.
        units: usize,
    },
    /// Not one capacity for each unit.
    #[error("{capacities} capacities for {units} units")]
    Capacities {
        /// Capacities given.
        capacities: usize,
        /// Units given.
        units: usize,
    },
    /// The units can take fewer zones than there are.
    #[error("the units can take {capacity} zones of {zones}")]
    Capacity {
        /// What they can take.
        capacity: u64,
        /// Zones given.
        zones: usize,
    },
    /// A way that is not finite, negative or beyond [`WAY_MAX_M`].
    #[error("the way from zone {zone} to unit {unit} is {way_m} m")]
    Way {
        /// From which zone.
        zone: usize,
        /// To which unit.
        unit: usize,
        /// How long.
        way_m: f64,
    },
}

/// Assigns units by straight distance from the zones' middles to the units' seats.
///
/// `capacity` says how many zones each unit can take. Costs well below a millisecond for 60 zones
/// and 76 units; memory of 4 bytes for each pair.
///
/// # Errors
///
/// The first fault found.
pub fn assign_units(
    middle_m: &[[f64; 2]],
    seat_m: &[[f64; 2]],
    capacity: &[u32],
) -> Result<Assignment, UnitFault> {
    let way = |zone: usize, unit: usize| {
        let ([ax, ay], [bx, by]) = (middle_m[zone], seat_m[unit]);
        ((ax - bx) * (ax - bx) + (ay - by) * (ay - by)).sqrt()
    };
    assign_by(middle_m.len(), seat_m.len(), capacity, way)
}

/// The same by any measure of the way from zone to unit, in metres: over the streets.
///
/// # Errors
///
/// The first fault found.
pub fn assign_by(
    zones: usize,
    units: usize,
    capacity: &[u32],
    way_m: impl Fn(usize, usize) -> f64,
) -> Result<Assignment, UnitFault> {
    let ways = Ways::new(zones, units, capacity, way_m)?;
    let (nearby, farthest_cm, squeezed) = Matching::bottleneck(&ways);
    let mut priced = Priced::new(&ways, farthest_cm, nearby);
    priced.run();
    let Priced { unit, zone_price, unit_price, .. } = priced;
    let way = |(zone, unit): (usize, &u32)| u64::from(ways.cm(zone, *unit as usize));
    let sum: u64 = unit.iter().enumerate().map(way).sum();
    Ok(Assignment {
        unit,
        farthest_m: f64::from(farthest_cm) / 100.0,
        mean_m: metres(sum) / metres(100 * zones as u64),
        proof: Proof {
            farthest_cm,
            squeezed,
            zone_price_cm: zone_price,
            unit_price_cm: unit_price,
        },
    })
}

impl Proof {
    /// Whether the proof shows that the assignment is best: nobody can make the farthest way
    /// shorter, nor with it the sum. `way_m` and `capacity` as they were given.
    pub fn holds(
        &self,
        unit: &[u32],
        capacity: &[u32],
        way_m: impl Fn(usize, usize) -> f64,
    ) -> bool {
        let Ok(ways) = Ways::new(unit.len(), capacity.len(), capacity, way_m) else { return false };
        let right = self.zone_price_cm.len() == ways.zones
            && self.unit_price_cm.len() == ways.units
            && unit.iter().all(|unit| (*unit as usize) < ways.units)
            && self.squeezed.iter().all(|zone| (*zone as usize) < ways.zones);
        right && self.farthest_holds(&ways, unit) && self.sum_holds(&ways, unit)
    }

    fn farthest_holds(&self, ways: &Ways, unit: &[u32]) -> bool {
        let mut squeezed = self.squeezed.clone();
        squeezed.sort_unstable();
        squeezed.dedup();
        let near = |unit: &usize| {
            squeezed.iter().any(|zone| ways.cm(*zone as usize, *unit) < self.farthest_cm)
        };
        let room: u64 =
            (0..ways.units).filter(near).map(|unit| u64::from(ways.capacity[unit])).sum();
        let longest = unit.iter().enumerate().map(|(zone, unit)| ways.cm(zone, *unit as usize));
        longest.max() == Some(self.farthest_cm) && room < squeezed.len() as u64
    }

    fn sum_holds(&self, ways: &Ways, unit: &[u32]) -> bool {
        let mut taken = vec![0_u64; ways.units];
        let mut sum = 0;
        for (zone, unit) in unit.iter().enumerate() {
            taken[*unit as usize] += 1;
            sum += i64::from(ways.cm(zone, *unit as usize));
        }
        let fits = (0..ways.units).all(|unit| taken[unit] <= u64::from(ways.capacity[unit]));
        let cheap = (0..ways.zones).all(|zone| {
            (0..ways.units).all(|unit| {
                let way = ways.cm(zone, unit);
                ways.capacity[unit] == 0
                    || way > self.farthest_cm
                    || self.zone_price_cm[zone] + self.unit_price_cm[unit] <= i64::from(way)
            })
        });
        let below = self.unit_price_cm.iter().all(|price| *price <= 0);
        let room = |(price, room): (&i64, &u32)| i128::from(*price) * i128::from(*room);
        let dual: i128 = self.zone_price_cm.iter().map(|price| i128::from(*price)).sum::<i128>()
            + self.unit_price_cm.iter().zip(&ways.capacity).map(room).sum::<i128>();
        fits && cheap && below && dual == i128::from(sum)
    }
}

#[expect(clippy::cast_precision_loss, reason = "sums of ways are far below 2^53 cm")]
fn metres(n: u64) -> f64 {
    n as f64
}

/// The checked ways, zone by zone.
struct Ways {
    zones: usize,
    units: usize,
    capacity: Vec<u32>,
    cm: Vec<u32>,
}

impl Ways {
    #[expect(clippy::cast_possible_truncation, reason = "checked against the longest way")]
    #[expect(clippy::cast_sign_loss, reason = "checked against zero")]
    fn new(
        zones: usize,
        units: usize,
        capacity: &[u32],
        way_m: impl Fn(usize, usize) -> f64,
    ) -> Result<Self, UnitFault> {
        if zones.min(units) == 0 || zones.max(units) > PLACES_MAX {
            return Err(UnitFault::Places { zones, units });
        }
        if capacity.len() != units {
            return Err(UnitFault::Capacities { capacities: capacity.len(), units });
        }
        let whole: u64 = capacity.iter().map(|room| u64::from(*room)).sum();
        if whole < zones as u64 {
            return Err(UnitFault::Capacity { capacity: whole, zones });
        }
        let mut cm = Vec::with_capacity(zones * units);
        for zone in 0..zones {
            for unit in 0..units {
                let way_m = way_m(zone, unit);
                if !(0.0..=WAY_MAX_M).contains(&way_m) {
                    return Err(UnitFault::Way { zone, unit, way_m });
                }
                cm.push((way_m * 100.0).round() as u32);
            }
        }
        Ok(Self { zones, units, capacity: capacity.to_vec(), cm })
    }

    #[inline]
    fn cm(&self, zone: usize, unit: usize) -> u32 {
        self.cm[zone * self.units + unit]
    }

    #[inline]
    fn row(&self, zone: usize) -> &[u32] {
        &self.cm[zone * self.units..(zone + 1) * self.units]
    }
}

/// Zones with and without a unit, every way within a threshold.
struct Matching<'a> {
    ways: &'a Ways,
    unit: Vec<Option<u32>>,
    takers: Vec<Vec<u32>>,
    /// Of each unit in the walk: the zone it was reached from.
    from: Vec<u32>,
    seen: Vec<bool>,
}

impl<'a> Matching<'a> {
    /// An assignment, the least threshold that allows one, and the zones that prove it.
    fn bottleneck(ways: &'a Ways) -> (Vec<u32>, u32, Vec<u32>) {
        let nearest = |zone: usize| {
            let open = ways.row(zone).iter().zip(&ways.capacity).filter(|(_, room)| **room > 0);
            open.map(|(cm, _)| *cm).min().unwrap_or(0)
        };
        let first = (0..ways.zones).max_by_key(|zone| nearest(*zone)).unwrap_or(0);
        let mut threshold = nearest(first);
        let mut squeezed = vec![narrow(first)];
        let mut matching = Self {
            ways,
            unit: vec![None; ways.zones],
            takers: vec![Vec::new(); ways.units],
            from: vec![0; ways.units],
            seen: vec![false; ways.units],
        };
        for zone in 0..ways.zones {
            while let Err((reached, next)) = matching.place(zone, threshold) {
                threshold = next;
                squeezed = reached;
            }
        }
        (matching.unit.into_iter().flatten().collect(), threshold, squeezed)
    }

    /// Finds a unit for the zone by letting others move on; else the zones that were asked, which
    /// have too few units within the threshold, and the nearest way out for them.
    fn place(&mut self, zone: usize, threshold: u32) -> Result<(), (Vec<u32>, u32)> {
        self.seen.fill(false);
        let mut reached = vec![narrow(zone)];
        let mut at = 0;
        let mut out = u32::MAX;
        while let Some(&open) = reached.get(at) {
            at += 1;
            for unit in 0..self.ways.units {
                let way = self.ways.cm(open as usize, unit);
                if self.seen[unit] || self.ways.capacity[unit] == 0 {
                    continue;
                }
                if way > threshold {
                    out = out.min(way);
                    continue;
                }
                self.seen[unit] = true;
                self.from[unit] = open;
                if self.takers[unit].len() < self.ways.capacity[unit] as usize {
                    self.shift(unit, zone);
                    return Ok(());
                }
                reached.extend(&self.takers[unit]);
            }
        }
        // A unit reached later within the threshold is no way out, and its way was not the least.
        let far = reached.iter().flat_map(|zone| self.ways.row(*zone as usize).iter().enumerate());
        let far = far.filter(|(unit, _)| !self.seen[*unit] && self.ways.capacity[*unit] > 0);
        let next = far.map(|(_, way)| *way).min().unwrap_or(out);
        Err((reached, next))
    }

    fn shift(&mut self, last: usize, first: usize) {
        let mut unit = last;
        loop {
            let zone = self.from[unit];
            let before = self.unit[zone as usize].replace(narrow(unit));
            self.takers[unit].push(zone);
            let Some(before) = before.filter(|_| zone as usize != first) else { return };
            unit = before as usize;
            self.takers[unit].retain(|taker| *taker != zone);
        }
    }
}

fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The least sum, by prices under which no way is cheaper than what its ends pay.
struct Priced<'a> {
    ways: &'a Ways,
    threshold: u32,
    unit: Vec<u32>,
    takers: Vec<Vec<u32>>,
    zone_price: Vec<i64>,
    unit_price: Vec<i64>,
    /// Of the walk: the way to each unit, and the zone before it.
    far: Vec<i64>,
    from: Vec<u32>,
    done: Vec<bool>,
}

impl<'a> Priced<'a> {
    fn new(ways: &'a Ways, threshold: u32, any: Vec<u32>) -> Self {
        Self {
            ways,
            threshold,
            unit: any,
            takers: vec![Vec::new(); ways.units],
            zone_price: vec![0; ways.zones],
            unit_price: vec![0; ways.units],
            far: vec![0; ways.units],
            from: vec![0; ways.units],
            done: vec![false; ways.units],
        }
    }

    /// First whoever finds the nearest unit open, then one by one along the cheapest paths.
    fn run(&mut self) {
        let mut later = Vec::new();
        for zone in 0..self.ways.zones {
            let row = self.ways.row(zone).iter().enumerate();
            let open = row.filter(|(unit, _)| self.ways.capacity[*unit] > 0);
            let Some((unit, way)) = open.min_by_key(|(_, way)| **way) else { continue };
            self.zone_price[zone] = i64::from(*way);
            if self.takers[unit].len() < self.ways.capacity[unit] as usize {
                self.takers[unit].push(narrow(zone));
                self.unit[zone] = narrow(unit);
            } else {
                later.push(zone);
            }
        }
        for zone in later {
            self.place(zone);
        }
    }

    fn place(&mut self, zone: usize) {
        self.far.fill(i64::MAX);
        self.done.fill(false);
        self.relax(zone, 0);
        let mut tree = Vec::new();
        let last = loop {
            let open = (0..self.ways.units).filter(|unit| !self.done[*unit]);
            let Some(unit) = open.min_by_key(|unit| self.far[*unit]) else { return };
            if self.far[unit] == i64::MAX {
                // Cannot be: an assignment within the threshold was found before.
                return;
            }
            if self.takers[unit].len() < self.ways.capacity[unit] as usize {
                break unit;
            }
            self.done[unit] = true;
            tree.push(unit);
            for at in 0..self.takers[unit].len() {
                self.relax(self.takers[unit][at] as usize, self.far[unit]);
            }
        };
        let end = self.far[last];
        self.zone_price[zone] += end;
        for unit in tree {
            let gain = end - self.far[unit];
            self.unit_price[unit] -= gain;
            for &taker in &self.takers[unit] {
                self.zone_price[taker as usize] += gain;
            }
        }
        self.shift(last, zone);
    }

    /// Sees what is reached over a zone that is `so_far` along the path.
    fn relax(&mut self, zone: usize, so_far: i64) {
        let base = so_far - self.zone_price[zone];
        for (unit, &way) in self.ways.row(zone).iter().enumerate() {
            let far = base + i64::from(way) - self.unit_price[unit];
            let open = way <= self.threshold && self.ways.capacity[unit] > 0 && !self.done[unit];
            if open && far < self.far[unit] {
                self.far[unit] = far;
                self.from[unit] = narrow(zone);
            }
        }
    }

    fn shift(&mut self, last: usize, first: usize) {
        let mut unit = last;
        loop {
            let zone = self.from[unit];
            let before = std::mem::replace(&mut self.unit[zone as usize], narrow(unit));
            self.takers[unit].push(zone);
            if zone as usize == first {
                return;
            }
            unit = before as usize;
            self.takers[unit].retain(|taker| *taker != zone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::zoning::balance::dice::{Dice, below};

    fn places(dice: &mut Dice, count: usize) -> Vec<[f64; 2]> {
        (0..count).map(|_| [(dice.unit() * 9.0).floor() * 100.0, dice.unit() * 1e3]).collect()
    }

    /// Every assignment tried: the least (farthest, sum) in centimetres.
    fn tried(ways: &Ways, zone: usize, room: &mut [u32], sofar: (u32, u64)) -> Option<(u32, u64)> {
        if zone == ways.zones {
            return Some(sofar);
        }
        let mut best = None;
        for unit in 0..ways.units {
            if room[unit] == 0 {
                continue;
            }
            room[unit] -= 1;
            let way = ways.cm(zone, unit);
            let next = (sofar.0.max(way), sofar.1 + u64::from(way));
            let found = tried(ways, zone + 1, room, next);
            room[unit] += 1;
            best = match (best, found) {
                (Some(best), Some(found)) => Some(std::cmp::min(best, found)),
                (best, found) => best.or(found),
            };
        }
        best
    }

    #[test]
    fn no_assignment_of_few_zones_is_better() {
        for seed in 0..400 {
            let mut dice = Dice::new(seed, 7);
            let zones = 1 + below(dice.word(), 5);
            let units = 1 + below(dice.word(), 5);
            let (middle, seat) = (places(&mut dice, zones), places(&mut dice, units));
            let capacity: Vec<u32> = (0..units).map(|_| (dice.word() % 4) as u32).collect();
            let way = |zone: usize, unit: usize| {
                ((middle[zone][0] - seat[unit][0]).powi(2)
                    + (middle[zone][1] - seat[unit][1]).powi(2))
                .sqrt()
            };
            let found = assign_units(&middle, &seat, &capacity);
            let Ok(ways) = Ways::new(zones, units, &capacity, way) else {
                assert!(matches!(found, Err(UnitFault::Capacity { .. })));
                continue;
            };
            let found = found.unwrap();
            let best = tried(&ways, 0, &mut capacity.clone(), (0, 0)).unwrap();
            let sum: u64 =
                (0..).zip(&found.unit).map(|(z, u)| u64::from(ways.cm(z, *u as usize))).sum();
            assert_eq!((found.proof.farthest_cm, sum), best, "seed {seed}");
            assert!(found.proof.holds(&found.unit, &capacity, way), "seed {seed}: {found:?}");
        }
    }

    #[test]
    fn a_proof_holds_for_many_and_for_nothing_worse() {
        for (zones, units, room) in [(60, 76, 1), (76, 60, 2), (300, 300, 1)] {
            let mut dice = Dice::new(zones as u64, 7);
            let (middle, seat) = (places(&mut dice, zones), places(&mut dice, units));
            let capacity = vec![room; units];
            let way = |zone: usize, unit: usize| {
                let ([ax, ay], [bx, by]) = (middle[zone], seat[unit]);
                ((ax - bx) * (ax - bx) + (ay - by) * (ay - by)).sqrt()
            };
            let found = assign_units(&middle, &seat, &capacity).unwrap();
            assert!(found.proof.holds(&found.unit, &capacity, way));
            let mut worse = found.unit.clone();
            worse.swap(0, 1);
            assert!(!found.proof.holds(&worse, &capacity, way) || worse == found.unit);
        }
    }

    #[test]
    fn what_cannot_be_assigned_is_refused() {
        let at = [[0.0, 0.0], [1.0, 0.0]];
        let refused = |capacity: &[u32]| assign_units(&at, &at, capacity).unwrap_err();
        assert_eq!(refused(&[1, 0]), UnitFault::Capacity { capacity: 1, zones: 2 });
        assert_eq!(refused(&[1]), UnitFault::Capacities { capacities: 1, units: 2 });
        let nowhere = assign_units(&[[f64::NAN, 0.0]], &at, &[1, 1]);
        assert!(matches!(nowhere, Err(UnitFault::Way { zone: 0, unit: 0, .. })));
        assert_eq!(assign_units(&[], &at, &[1, 1]), Err(UnitFault::Places { zones: 0, units: 2 }));
    }
}
