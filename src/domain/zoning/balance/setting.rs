//! An ask in the search's own numbers.

use crate::domain::zoning::balance::ask::Ask;
use crate::domain::zoning::balance::graph::Graph;

/// No zone.
pub(super) const NONE: u16 = u16::MAX;
/// A deviation that is none: rounding of loads and targets.
pub(super) const HAIR: f64 = 1e-9;
/// What a load sums to: loads of blocks are whole parts of it, so that their sums are exact.
const WHOLE: f64 = 1_099_511_627_776.0;
/// The search aims within the tolerance by this part of it, but by no more than that part of a mean block's load: a block
/// more or less then keeps within.
const LEEWAY: f64 = 0.2;
const LEEWAY_BLOCK: f64 = 0.1;
/// What it costs to be off the target by all that the tolerance leaves, as a part of what so much beyond it costs: little,
/// but what is too large together finds its way to where there is too little.
const PULL: f64 = 0.04;
/// The pull of a tolerance of nothing is that of this part of a mean block's load.
const PULL_BLOCK: f64 = 0.25;
/// How much of a block's mass is its load; the rest is its area, so that empty blocks belong
/// somewhere too.
const LOAD_IN_MASS: f64 = 0.9;

/// What the search needs of an ask, flat.
pub(super) struct Setting<'a> {
    pub(super) graph: &'a Graph,
    pub(super) zones: usize,
    pub(super) loads: usize,
    /// Of block × loads + load, in whole parts of [`WHOLE`].
    pub(super) load: Vec<f64>,
    /// Of zone × loads + load.
    pub(super) target: Vec<f64>,
    /// How far from its target, of zone × loads + load.
    pub(super) slack: Vec<f64>,
    /// How far of that the search allows for free.
    aim: Vec<f64>,
    pull: Vec<f64>,
    /// One over a zone's mean load.
    pub(super) per_mean: f64,
    /// The zone a block is locked to, or [`NONE`].
    pub(super) locked: Vec<u16>,
    pub(super) seats_m: Vec<Option<[f64; 2]>>,
    pub(super) today: Option<Vec<u16>>,
    /// Load and area in one, a zone's mean is 1.
    pub(super) mass: Vec<f64>,
    /// What a unit of each term costs, in metres of border.
    pub(super) border: f64,
    pub(super) nearness: f64,
    pub(super) seats: f64,
    pub(super) change: f64,
    /// About how far a zone reaches from its middle.
    pub(super) radius_m: f64,
    /// What a border between two blocks costs on average.
    pub(super) step_m: f64,
}

impl<'a> Setting<'a> {
    /// Of an ask without faults.
    pub(super) fn new(graph: &'a Graph, ask: &Ask) -> Self {
        let zones = ask.zones;
        let loads = ask.loads.len();
        let blocks = graph.blocks();
        let columns: Vec<Vec<f64>> =
            ask.loads.iter().map(|load| mix(&load.shares, &blocks.weights, graph.len())).collect();
        let load: Vec<f64> = (0..graph.len())
            .flat_map(|block| columns.iter().map(move |rows| rows[block]))
            .collect();
        let share = shares(&ask.targets, zones);
        let totals: Vec<f64> = columns.iter().map(|rows| rows.iter().sum()).collect();
        let target: Vec<f64> =
            share.iter().flat_map(|share| totals.iter().map(move |total| share * total)).collect();
        let tolerances = ask.loads.iter().map(|load| load.tolerance).cycle();
        let slack: Vec<f64> =
            target.iter().zip(tolerances).map(|(t, part)| t * (part + HAIR / 2.0)).collect();
        let block = WHOLE / real(graph.len());
        let area: f64 = blocks.area_m2.iter().sum();
        let mass: Vec<f64> = (0..graph.len())
            .map(|block| {
                let part = if area > 0.0 { blocks.area_m2[block] / area } else { 0.0 };
                let load = columns[0][block] / totals[0];
                (LOAD_IN_MASS * load + (1.0 - LOAD_IN_MASS) * part) * real(zones)
            })
            .collect();
        let radius_m = (area / real(zones) / std::f64::consts::PI).sqrt().max(1.0);
        let costs = (0..graph.edges().len() - graph.bridges()).map(|edge| {
            f64::from(graph.cost_cm(crate::domain::zoning::balance::graph::index(edge))) / 100.0
        });
        let borders = real(costs.len()).max(1.0);
        let step_m = (costs.sum::<f64>() / borders).max(0.01);
        let mut locked = vec![NONE; graph.len()];
        for &(block, zone) in &ask.locked {
            locked[block as usize] = zone;
        }
        let seats_m = if ask.seats_m.is_empty() { vec![None; zones] } else { ask.seats_m.clone() };
        Self {
            graph,
            zones,
            loads,
            load,
            target,
            aim: slack.iter().map(|s| s - (s * LEEWAY).min(block * LEEWAY_BLOCK)).collect(),
            pull: slack.iter().map(|s| PULL / s.max(block * PULL_BLOCK)).collect(),
            slack,
            per_mean: real(zones) / WHOLE,
            locked,
            seats_m,
            today: ask.today.clone(),
            mass,
            border: ask.terms.border,
            nearness: ask.terms.nearness * 4.0 / radius_m,
            seats: if ask.seats_m.is_empty() { 0.0 } else { ask.terms.seats * 2.0 },
            change: if ask.today.is_some() { ask.terms.change * 4.0 * radius_m } else { 0.0 },
            radius_m,
            step_m,
        }
    }

    /// Whether more counts than balance and borders.
    #[inline]
    pub(super) fn has_terms(&self) -> bool {
        self.nearness + self.seats + self.change > 0.0
    }

    /// How far a load is beyond what the zone may carry, in mean loads of a zone.
    #[inline]
    pub(super) fn beyond(&self, row: usize, load: f64) -> f64 {
        ((load - self.target[row]).abs() - self.slack[row]).max(0.0) * self.per_mean
    }

    /// What the search pays for a load, in mean loads beyond what it aims at.
    #[inline]
    pub(super) fn pays(&self, row: usize, load: f64) -> f64 {
        let off = (load - self.target[row]).abs();
        ((off - self.aim[row]).max(0.0) + self.pull[row] * off * off) * self.per_mean
    }

    /// Distance from the zone's seat; 0 without one.
    #[inline]
    pub(super) fn seat_away_m(&self, block: u32, zone: u16) -> f64 {
        let at = self.graph.blocks().centroid_m[block as usize];
        self.seats_m[usize::from(zone)].map_or(0.0, |seat| apart2(at, seat).sqrt())
    }
}

/// Square of the distance.
#[inline]
pub(super) fn apart2(a: [f64; 2], b: [f64; 2]) -> f64 {
    let [dx, dy] = [a[0] - b[0], a[1] - b[1]];
    dx * dx + dy * dy
}

/// A count as a double.
#[expect(clippy::cast_precision_loss, reason = "counts of this room are far below 2^53")]
pub(super) fn real(n: usize) -> f64 {
    n as f64
}

/// Each zone's part of the whole.
pub(super) fn shares(targets: &[f64], zones: usize) -> Vec<f64> {
    let total: f64 = targets.iter().sum();
    if targets.is_empty() {
        return vec![1.0 / real(zones); zones];
    }
    targets.iter().map(|target| target / total).collect()
}

/// The mix of weights as whole parts of [`WHOLE`].
fn mix(shares: &[f64], weights: &[Vec<f64>], blocks: usize) -> Vec<f64> {
    let parts: Vec<(f64, &Vec<f64>)> = shares
        .iter()
        .zip(weights)
        .map(|(share, rows)| (*share, rows, rows.iter().sum::<f64>()))
        .filter(|(share, _, total)| *share > 0.0 && *total > 0.0)
        .map(|(share, rows, total)| (share / total, rows))
        .collect();
    let whole: f64 = parts.iter().map(|(factor, rows)| factor * rows.iter().sum::<f64>()).sum();
    (0..blocks)
        .map(|block| {
            let load: f64 = parts.iter().map(|(factor, rows)| factor * rows[block]).sum();
            (load / whole * WHOLE).round()
        })
        .collect()
}
