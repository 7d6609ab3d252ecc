//! Where the nodes of the lattice lie, which lines join them and which plots lie between.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::domain::sample::dice::{Dice, count, real, smooth};
use crate::domain::sample::valley::{Arm, Side, Spot, Valley, corner};

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// The larger river, from the far end of the west arm to that of the east arm.
    MainRiver,
    /// The smaller river, from the confluence up the south arm.
    SideRiver,
    /// A street along the valleys, round the corner of a sector; row 1 is the embankment.
    Row { sector: Arm, row: usize },
    /// A street across, from the river to the hills.
    Column { arm: Arm, side: Side, column: usize },
    /// A street across a side gully.
    Gully { gully: usize, step: usize },
}

/// A cell to be.
#[derive(Clone, Debug)]
pub(super) struct Plot {
    pub(super) arm: Arm,
    pub(super) side: Side,
    pub(super) sector: Arm,
    pub(super) column: i32,
    pub(super) row: i32,
    /// Nodes, counter-clockwise.
    pub(super) corners: [u32; 4],
}

/// The laid-out lattice.
pub(super) struct Lattice {
    pub(super) size: f64,
    pub(super) rows: usize,
    pub(super) spots: Vec<Spot>,
    pub(super) lines: Vec<(Way, Vec<u32>)>,
    pub(super) plots: Vec<Plot>,
}

type Key = (Arm, Side, usize, usize);

/// Half the river bed's width, in metres.
const BANK_M: f64 = 38.0;
/// From the confluence, where the first side gully may open.
const GULLY_FROM_M: f64 = 1_300.0;

struct Layout {
    seed: u64,
    size: f64,
    rows: usize,
    valleys: [Valley; 3],
    /// By arm: where the columns stand.
    columns: [Vec<f64>; 3],
    /// By sector: where the rows stand between bank (0) and hill foot (1).
    shares: [Vec<f64>; 3],
    spots: Vec<Spot>,
    nodes: BTreeMap<Key, u32>,
    gullies: Vec<Gully>,
}

struct Gully {
    arm: Arm,
    side: Side,
    columns: (usize, usize),
    steps: usize,
}

fn index(arm: Arm) -> usize {
    match arm {
        Arm::East => 0,
        Arm::West => 1,
        Arm::South => 2,
    }
}

fn sector_of(arm: Arm, side: Side) -> Arm {
    if side == Side::Left { arm } else { arm.before() }
}

/// One node, one key: the river belongs to both sides, the seam to both arms.
fn canonical((arm, side, column, row): Key) -> Key {
    match (column, row, side) {
        (0, 0, _) => (Arm::East, Side::Left, 0, 0),
        (_, 0, _) => (arm, Side::Left, column, 0),
        (0, _, Side::Right) => (arm.before(), Side::Left, 0, row),
        _ => (arm, side, column, row),
    }
}

impl Lattice {
    /// The lattice for about this many zones: more cells, and a larger city.
    pub(super) fn new(seed: u64, zones: u32) -> Self {
        let ratio = (f64::from(zones) / 60.0).max(1.0);
        let size = libm::pow(ratio, 0.30);
        let fine = size * libm::pow(ratio, 0.11);
        let mut layout = Layout::new(seed, size, fine);
        layout.place_nodes();
        layout.place_gullies(fine);
        let lines = layout.lines();
        let plots = layout.plots();
        let spots = layout.spots.iter().map(|spot| spot.times(size)).collect();
        Self { size, rows: layout.rows, spots, lines, plots }
    }
}

impl Layout {
    fn new(seed: u64, size: f64, fine: f64) -> Self {
        let rows = 1 + count(4.0 * fine);
        let mut dice = Dice::for_purpose(seed, "lattice");
        let valleys = Arm::ALL.map(|arm| Valley::new(arm, seed));
        let columns = [0, 1, 2].map(|arm| {
            let length = valleys[arm].length_m();
            let (mut at, mut out) = (0.0, vec![0.0]);
            while at < length {
                let usual = 175.0 + 65.0 * at / length;
                at += usual * dice.between(0.74, 1.30) / fine;
                out.push(at);
            }
            out
        });
        let shares = [0, 1, 2].map(|_| {
            let gaps: Vec<f64> = (1..rows).map(|_| dice.between(0.86, 1.16)).collect();
            let whole: f64 = gaps.iter().sum();
            let mut at = 0.0;
            let mut out = vec![0.0];
            for gap in gaps {
                at += gap / whole;
                out.push(at);
            }
            out
        });
        let (spots, nodes, gullies) = (Vec::new(), BTreeMap::new(), Vec::new());
        Self { seed, size, rows, valleys, columns, shares, spots, nodes, gullies }
    }

    /// Where a node lies by its own arm alone, and how much the sector's corner still matters.
    fn raw(&self, (arm, side, column, row): Key) -> (Spot, f64) {
        let valley = &self.valleys[index(arm)];
        let along = self.columns[index(arm)][column];
        let river = valley.river_m(along);
        if row == 0 {
            let (place, direction) = valley.axis(along);
            return (place.plus(direction.left(), river), 0.0);
        }
        let sign = if side == Side::Left { 1.0 } else { -1.0 };
        let sector = sector_of(arm, side);
        let bank = river + sign * BANK_M / self.size;
        let half = valley.half_m(side, along);
        let aside = bank + (sign * half - bank) * self.shares[index(sector)][row - 1];
        let near = 1.0 - smooth(along / (3.4 * half));
        let first = self.valleys[index(sector)].axis(0.0).1;
        let second = self.valleys[index(sector.next())].axis(0.0).1;
        // What lies nearer to the river turns its corner sooner: banks face each other at once.
        let shear = 1.0 - smooth(along / (3.4 * aside.abs()));
        let (place, direction) = valley.axis(along + aside.abs() * corner(first, second) * shear);
        (place.plus(direction.left(), aside), near)
    }

    fn place_nodes(&mut self) {
        let mut dice = Dice::for_purpose(self.seed, "nodes");
        for arm in Arm::ALL {
            for side in [Side::Left, Side::Right] {
                for column in 0..self.columns[index(arm)].len() {
                    for row in 0..=self.rows {
                        self.place((arm, side, column, row), &mut dice);
                    }
                }
            }
        }
    }

    fn place(&mut self, key: Key, dice: &mut Dice) {
        let (arm, side, column, row) = key;
        let name = canonical(key);
        if self.nodes.contains_key(&name) {
            return;
        }
        let (mut spot, near) = self.raw(key);
        if row > 0 && near > 0.0 {
            // Both arms must agree on the seam; what they differ by fades along the arm.
            let sector = sector_of(arm, side);
            let one = self.raw((sector, Side::Left, 0, row)).0;
            let two = self.raw((sector.next(), Side::Right, 0, row)).0;
            let own = if side == Side::Left { one } else { two };
            spot = spot.plus(one.between(two, 0.5).minus(own), near);
        }
        if row > 1 && column > 0 {
            let columns = &self.columns[index(arm)];
            let step = columns[column] - columns[column - 1];
            let gap = self.valleys[index(arm)].half_m(side, columns[column]) / real(self.rows);
            let direction = self.valleys[index(arm)].axis(columns[column]).1;
            spot = spot
                .plus(direction, dice.between(-0.09, 0.09) * step)
                .plus(direction.left(), dice.between(-0.10, 0.10) * gap);
        }
        self.nodes.insert(name, u32::try_from(self.spots.len()).unwrap_or(u32::MAX));
        self.spots.push(spot);
    }

    fn node(&self, key: Key) -> Option<u32> {
        self.nodes.get(&canonical(key)).copied()
    }

    fn spot(&self, key: Key) -> Option<Spot> {
        self.node(key).map(|node| self.spots[node as usize])
    }

    fn place_gullies(&mut self, fine: f64) {
        let mut dice = Dice::for_purpose(self.seed, "gullies");
        for arm in Arm::ALL {
            for side in [Side::Left, Side::Right] {
                let length = self.valleys[index(arm)].length_m();
                let mut at = GULLY_FROM_M + dice.between(0.0, 900.0);
                while at < length - 700.0 {
                    let wide = dice.between(330.0, 560.0);
                    let deep = dice.between(380.0, 1_150.0);
                    let bend = dice.between(-0.5, 0.5);
                    self.place_gully((arm, side), (at, wide), (deep, bend), fine);
                    at += wide + dice.between(1_000.0, 2_100.0);
                }
            }
        }
    }

    /// A gully opens over a few columns, narrows and bends up into the hills.
    fn place_gully(
        &mut self,
        (arm, side): (Arm, Side),
        (from_m, wide_m): (f64, f64),
        (deep_m, bend): (f64, f64),
        fine: f64,
    ) {
        let columns = &self.columns[index(arm)];
        let first = columns.partition_point(|at| *at < from_m);
        let last = columns.partition_point(|at| *at < from_m + wide_m).max(first + 2);
        if last >= columns.len() {
            return;
        }
        let mouth: Vec<Spot> =
            (first..=last).filter_map(|column| self.spot((arm, side, column, self.rows))).collect();
        let middle = mouth[0].between(mouth[mouth.len() - 1], 0.5);
        let forward = mouth[mouth.len() - 1].minus(mouth[0]).unit();
        let mut out = if side == Side::Left { forward.left() } else { forward.left().times(-1.0) };
        let steps = count(deep_m * fine / 165.0).max(2);
        let step_m = deep_m / real(steps);
        let (mut centre, mut fresh) = (middle, Vec::new());
        for step in 1..=steps {
            out = out.plus(out.left(), bend / real(steps)).unit();
            centre = centre.plus(out, step_m);
            let across = if side == Side::Left { out.left().times(-1.0) } else { out.left() };
            let narrow = 1.0 - 0.45 * smooth(real(step) / real(steps));
            for (at, spot) in mouth.iter().enumerate() {
                let aside = spot.minus(middle).dot(forward) * narrow;
                let key = (arm, side, first + at, self.rows + step);
                fresh.push((key, centre.plus(across, aside)));
            }
        }
        if self.crowded((arm, side), first..=last, &fresh) {
            return;
        }
        for (key, spot) in fresh {
            self.nodes.insert(key, u32::try_from(self.spots.len()).unwrap_or(u32::MAX));
            self.spots.push(spot);
        }
        self.gullies.push(Gully { arm, side, columns: (first, last), steps });
    }

    /// Whether a gully's nodes come too near to others than those of its mouth.
    fn crowded(
        &self,
        (arm, side): (Arm, Side),
        columns: RangeInclusive<usize>,
        fresh: &[(Key, Spot)],
    ) -> bool {
        const APART_M: f64 = 60.0;
        let reach = |at: fn(&Spot) -> f64| {
            let low = fresh.iter().map(|(_, spot)| at(spot)).fold(f64::MAX, f64::min);
            let high = fresh.iter().map(|(_, spot)| at(spot)).fold(f64::MIN, f64::max);
            low - APART_M..=high + APART_M
        };
        let (wide, tall) = (reach(|spot| spot.x), reach(|spot| spot.y));
        self.nodes.iter().any(|((other_arm, other_side, column, _), node)| {
            let other = self.spots[*node as usize];
            let own = (*other_arm, *other_side) == (arm, side) && columns.contains(column);
            !own && wide.contains(&other.x)
                && tall.contains(&other.y)
                && fresh.iter().any(|(_, spot)| spot.minus(other).length() < APART_M)
        })
    }

    fn lines(&self) -> Vec<(Way, Vec<u32>)> {
        let mut out = Vec::new();
        let last = |arm: Arm| self.columns[index(arm)].len() - 1;
        let chain = |keys: &mut dyn Iterator<Item = Key>| -> Vec<u32> {
            keys.filter_map(|key| self.node(key)).collect()
        };
        let mut down = (0..=last(Arm::West))
            .rev()
            .map(|at| (Arm::West, Side::Left, at, 0))
            .chain((1..=last(Arm::East)).map(|at| (Arm::East, Side::Left, at, 0)));
        out.push((Way::MainRiver, chain(&mut down)));
        let mut up = (0..=last(Arm::South)).map(|at| (Arm::South, Side::Left, at, 0));
        out.push((Way::SideRiver, chain(&mut up)));
        for sector in Arm::ALL {
            let other = sector.next();
            for row in 1..=self.rows {
                let mut keys = (0..=last(sector))
                    .rev()
                    .map(|at| (sector, Side::Left, at, row))
                    .chain((1..=last(other)).map(|at| (other, Side::Right, at, row)));
                out.push((Way::Row { sector, row }, chain(&mut keys)));
            }
        }
        for arm in Arm::ALL {
            for side in [Side::Left, Side::Right] {
                // The seam is one line, the left one's.
                for column in usize::from(side == Side::Right)..=last(arm) {
                    let mut rows = (0..)
                        .map(|row| (arm, side, column, row))
                        .take_while(|key| self.node(*key).is_some());
                    out.push((Way::Column { arm, side, column }, chain(&mut rows)));
                }
            }
        }
        for (gully, at) in self.gullies.iter().enumerate() {
            for step in 1..=at.steps {
                let mut keys = (at.columns.0..=at.columns.1)
                    .map(|column| (at.arm, at.side, column, self.rows + step));
                out.push((Way::Gully { gully, step }, chain(&mut keys)));
            }
        }
        out
    }

    fn plots(&self) -> Vec<Plot> {
        let mut out = Vec::new();
        for arm in Arm::ALL {
            for side in [Side::Left, Side::Right] {
                for column in 0..self.columns[index(arm)].len() - 1 {
                    for row in 0.. {
                        let at = |c: usize, r: usize| self.node((arm, side, column + c, row + r));
                        let (Some(a), Some(b), Some(c), Some(d)) =
                            (at(0, 0), at(1, 0), at(1, 1), at(0, 1))
                        else {
                            break;
                        };
                        let along = i32::try_from(column).unwrap_or(i32::MAX);
                        let left = side == Side::Left;
                        out.push(Plot {
                            arm,
                            side,
                            sector: sector_of(arm, side),
                            column: if left { -1 - along } else { along },
                            row: i32::try_from(row).unwrap_or(i32::MAX),
                            corners: if left { [a, b, c, d] } else { [a, d, c, b] },
                        });
                    }
                }
            }
        }
        out
    }
}
