//! A plan in the making: each block's zone, with loads and cut kept along.

use crate::domain::zoning::balance::graph::index;
use crate::domain::zoning::balance::setting::{NONE, Setting};

/// No place in the list of cut edges.
const AWAY: u32 = u32::MAX;

/// The blocks' zones and what follows from them, kept up to date flip by flip.
pub(super) struct Plan<'s> {
    pub(super) setting: &'s Setting<'s>,
    pub(super) zone: Vec<u16>,
    /// Blocks of each zone.
    pub(super) count: Vec<u32>,
    /// Of zone × loads + load.
    pub(super) load: Vec<f64>,
    /// Edges between two zones, in no order, and where each edge stands among them.
    pub(super) cut: Vec<u32>,
    place: Vec<u32>,
    /// What the cut edges cost.
    pub(super) cut_cm: i64,
    /// Rows of `load` that are beyond their slack.
    pub(super) beyond: usize,
    /// Of each zone: mass, and its moments.
    moments: Vec<Moments>,
    stamp: Vec<u32>,
    now: u32,
    queue: Vec<u32>,
}

/// Sums over a zone's blocks: of mass, of mass times place, of mass times squared distance from
/// the origin.
#[derive(Clone, Copy, Default)]
pub(super) struct Moments {
    mass: f64,
    at: [f64; 2],
    square: f64,
}

impl Moments {
    fn add(&mut self, mass: f64, at: [f64; 2]) {
        self.mass += mass;
        self.at[0] += mass * at[0];
        self.at[1] += mass * at[1];
        self.square += mass * (at[0] * at[0] + at[1] * at[1]);
    }

    /// Mass times squared distance from the middle.
    fn spread(&self) -> f64 {
        if self.mass <= 0.0 {
            return 0.0;
        }
        let [x, y] = self.at;
        (self.square - (x * x + y * y) / self.mass).max(0.0)
    }
}

impl<'s> Plan<'s> {
    /// A plan of these zones; every block has one.
    pub(super) fn new(setting: &'s Setting<'s>, zone: Vec<u16>) -> Self {
        let blocks = zone.len();
        let mut plan = Self {
            setting,
            zone,
            count: Vec::new(),
            load: Vec::new(),
            cut: Vec::new(),
            place: vec![AWAY; setting.graph.edges().len()],
            cut_cm: 0,
            beyond: 0,
            moments: Vec::new(),
            stamp: vec![0; blocks],
            now: 0,
            queue: Vec::new(),
        };
        plan.recount();
        plan
    }

    /// Takes over other zones.
    pub(super) fn set(&mut self, zone: &[u16]) {
        self.zone.copy_from_slice(zone);
        self.recount();
    }

    /// Everything that is kept, from the zones alone.
    pub(super) fn recount(&mut self) {
        let Setting { graph, zones, loads, .. } = *self.setting;
        self.count = vec![0; zones];
        self.load = vec![0.0; zones * loads];
        self.moments = vec![Moments::default(); zones];
        for (block, &zone) in self.zone.iter().enumerate() {
            let zone = usize::from(zone);
            self.count[zone] += 1;
            for load in 0..loads {
                self.load[zone * loads + load] += self.setting.load[block * loads + load];
            }
            self.moments[zone].add(self.setting.mass[block], graph.blocks().centroid_m[block]);
        }
        self.cut.clear();
        self.place.fill(AWAY);
        self.cut_cm = 0;
        for edge in 0..index(graph.edges().len()) {
            let [a, b] = graph.ends(edge);
            if self.zone[a as usize] != self.zone[b as usize] {
                self.open(edge);
                self.cut_cm += i64::from(graph.cost_cm(edge));
            }
        }
        self.beyond = (0..self.load.len()).filter(|row| self.row_beyond(*row) > 0.0).count();
    }

    fn open(&mut self, edge: u32) {
        self.place[edge as usize] = index(self.cut.len());
        self.cut.push(edge);
    }

    fn close(&mut self, edge: u32) {
        let at = std::mem::replace(&mut self.place[edge as usize], AWAY);
        if let Some(last) = self.cut.pop()
            && last != edge
        {
            self.cut[at as usize] = last;
            self.place[last as usize] = at;
        }
    }

    /// How far a row of the loads is beyond its slack, in mean loads.
    #[inline]
    pub(super) fn row_beyond(&self, row: usize) -> f64 {
        self.setting.beyond(row, self.load[row])
    }

    /// How far the worst zone is beyond its tolerance, as a part of its target.
    pub(super) fn misses(&self) -> f64 {
        if self.beyond == 0 {
            return 0.0;
        }
        let part = |row: usize| {
            let Setting { target, slack, .. } = self.setting;
            ((self.load[row] - target[row]).abs() - slack[row]) / target[row]
        };
        (0..self.load.len()).map(part).fold(0.0, f64::max)
    }

    /// Moves a block, whatever that does to contiguity.
    pub(super) fn flip(&mut self, block: u32, to: u16) {
        let setting = self.setting;
        let from = std::mem::replace(&mut self.zone[block as usize], to);
        if from == to {
            return;
        }
        for side in setting.graph.sides(block) {
            let zone = self.zone[side.to as usize];
            if zone == from {
                self.open(side.edge);
                self.cut_cm += i64::from(side.cost_cm);
            } else if zone == to {
                self.close(side.edge);
                self.cut_cm -= i64::from(side.cost_cm);
            }
        }
        self.count[usize::from(from)] -= 1;
        self.count[usize::from(to)] += 1;
        for load in 0..setting.loads {
            let part = setting.load[block as usize * setting.loads + load];
            for (zone, part) in [(from, -part), (to, part)] {
                let row = usize::from(zone) * setting.loads + load;
                let before = self.row_beyond(row) > 0.0;
                self.load[row] += part;
                self.beyond += usize::from(self.row_beyond(row) > 0.0);
                self.beyond -= usize::from(before);
            }
        }
        if setting.nearness > 0.0 {
            let mass = setting.mass[block as usize];
            let at = setting.graph.blocks().centroid_m[block as usize];
            self.moments[usize::from(from)].add(-mass, at);
            self.moments[usize::from(to)].add(mass, at);
        }
    }

    /// What moving a block would change in the cut.
    #[inline]
    pub(super) fn cut_change_cm(&self, block: u32, from: u16, to: u16) -> i64 {
        let mut change = 0;
        for side in self.setting.graph.sides(block) {
            let zone = self.zone[side.to as usize];
            let sign = i64::from(zone == from) - i64::from(zone == to);
            change += sign * i64::from(side.cost_cm);
        }
        change
    }

    /// What moving a block would change in nearness, seats and change, in metres of border.
    pub(super) fn terms_change_m(&self, block: u32, from: u16, to: u16) -> f64 {
        let setting = self.setting;
        let mass = setting.mass[block as usize];
        let mut change = 0.0;
        if setting.nearness > 0.0 {
            let at = setting.graph.blocks().centroid_m[block as usize];
            for (zone, mass) in [(from, -mass), (to, mass)] {
                let mut moments = self.moments[usize::from(zone)];
                let before = moments.spread();
                moments.add(mass, at);
                change += setting.nearness * (moments.spread() - before);
            }
        }
        if setting.seats > 0.0 {
            let away = setting.seat_away_m(block, to) - setting.seat_away_m(block, from);
            change += setting.seats * mass * away;
        }
        if setting.change > 0.0
            && let Some(today) = &setting.today
        {
            let zone = today[block as usize];
            let leaves = f64::from(u8::from(zone != to)) - f64::from(u8::from(zone != from));
            change += setting.change * mass * leaves;
        }
        change
    }

    /// All that counts but balance, in metres of border, from the zones alone.
    pub(super) fn cost_m(&self) -> f64 {
        let setting = self.setting;
        let spread: f64 = self.moments.iter().map(Moments::spread).sum();
        let mut sum = setting.border * centi(self.cut_cm) + setting.nearness * spread;
        for (block, &zone) in (0..).zip(&self.zone) {
            let mass = setting.mass[block as usize];
            if setting.seats > 0.0 {
                sum += setting.seats * mass * setting.seat_away_m(block, zone);
            }
            let moved = setting.today.as_ref().is_some_and(|today| today[block as usize] != zone);
            sum += if moved { setting.change * mass } else { 0.0 };
        }
        sum
    }

    /// Whether a block's zone hangs together as before without it: the neighbours in its zone
    /// reach each other, around the block or farther off. Never for the last block of a zone.
    #[inline]
    pub(super) fn may_leave(&mut self, block: u32) -> bool {
        let zone = self.zone[block as usize];
        if self.count[usize::from(zone)] < 2 {
            return false;
        }
        let (ring, touches) = self.setting.graph.ring(block);
        if ring.is_empty() {
            return self.reach_far(block, zone);
        }
        let mut within = 0_u64;
        for (bit, &other) in ring.iter().enumerate() {
            within |= u64::from(self.zone[other as usize] == zone) << bit;
        }
        let degree = self.setting.graph.sides(block).len();
        let near = within & (u64::MAX >> (64 - degree));
        let mut reached = near & near.wrapping_neg();
        let mut open = reached;
        while open != 0 && near & !reached != 0 {
            let bit = open.trailing_zeros();
            open &= open - 1;
            let fresh = touches[bit as usize] & within & !reached;
            reached |= fresh;
            open |= fresh;
        }
        near & !reached == 0 || self.reach_far(block, zone)
    }

    /// The same by walking through the zone.
    fn reach_far(&mut self, block: u32, zone: u16) -> bool {
        let graph = self.setting.graph;
        let inside = |zones: &[u16], other: u32| zones[other as usize] == zone;
        let sides = graph.sides(block).iter();
        let mut wanted = sides.clone().filter(|side| inside(&self.zone, side.to)).count();
        let Some(first) = sides.clone().find(|side| inside(&self.zone, side.to)) else {
            return true;
        };
        let now = self.next_stamp();
        for side in sides.filter(|side| inside(&self.zone, side.to)) {
            self.stamp[side.to as usize] = now - 1;
        }
        self.stamp[block as usize] = now;
        self.stamp[first.to as usize] = now;
        wanted -= 1;
        self.queue.clear();
        self.queue.push(first.to);
        while wanted > 0 {
            let Some(at) = self.queue.pop() else { return false };
            for side in graph.sides(at) {
                let stamp = &mut self.stamp[side.to as usize];
                if *stamp != now && self.zone[side.to as usize] == zone {
                    wanted -= usize::from(*stamp == now - 1);
                    *stamp = now;
                    self.queue.push(side.to);
                }
            }
        }
        true
    }

    /// Two fresh stamps, the second of which is given.
    fn next_stamp(&mut self) -> u32 {
        if self.now > u32::MAX - 4 {
            self.now = 0;
            self.stamp.fill(0);
        }
        self.now += 2;
        self.now
    }

    /// The pieces a zone consists of, bridges counted as ties: blocks piece by piece.
    pub(super) fn pieces(&mut self) -> Vec<Vec<u32>> {
        let graph = self.setting.graph;
        let now = self.next_stamp();
        let mut pieces = Vec::new();
        for block in 0..index(graph.len()) {
            let zone = self.zone[block as usize];
            if zone == NONE || self.stamp[block as usize] == now {
                continue;
            }
            self.stamp[block as usize] = now;
            let mut piece = vec![block];
            let mut at = 0;
            while let Some(&open) = piece.get(at) {
                at += 1;
                for side in graph.sides(open) {
                    let stamp = &mut self.stamp[side.to as usize];
                    if *stamp != now && self.zone[side.to as usize] == zone {
                        *stamp = now;
                        piece.push(side.to);
                    }
                }
            }
            pieces.push(piece);
        }
        pieces
    }
}

/// Centimetres in metres.
#[expect(clippy::cast_precision_loss, reason = "sums of borders are far below 2^53 cm")]
#[inline]
pub(super) fn centi(cm: i64) -> f64 {
    cm as f64 / 100.0
}
