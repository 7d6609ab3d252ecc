//! What a plan comes to, from its zones alone.

use crate::domain::zoning::balance::ask::{Ask, Load};
use crate::domain::zoning::balance::graph::{Graph, index};
use crate::domain::zoning::balance::plan::centi;
use crate::domain::zoning::balance::setting::{HAIR, Setting, apart2, real};

/// The figures of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Of each load: how far the zone that is farthest off is from its target, as a part of it.
    pub deviation: Vec<f64>,
    /// The same of each weight of the graph, whether it is balanced or not; 0 where there is none.
    pub weight_deviation: Vec<f64>,
    /// How far the worst zone is beyond the tolerance, as a part of its target; 0 when all are
    /// within.
    pub misses: f64,
    /// Length of the borders between zones, each once.
    pub cut_m: f64,
    /// The same with each border's factor.
    pub cut_cost_m: f64,
    /// 4π × area / perimeter², mean over the zones: 1 for a disc.
    pub polsby_popper: f64,
    /// Zones in several pieces that not even bridges tie together; only locks can force that.
    pub broken: usize,
    /// Zones that hang together over a bridge alone.
    pub bridged: usize,
    /// Mean distance of the mass (load and some area) from its zone's middle.
    pub nearness_m: f64,
    /// Mean distance of the mass from its zone's seat; `None` without seats.
    pub seat_m: Option<f64>,
    /// Part of each weight that leaves its zone of today; empty without one.
    pub changed: Vec<f64>,
}

impl Figures {
    /// The greatest deviation of all loads.
    #[must_use]
    pub fn max_deviation(&self) -> f64 {
        self.deviation.iter().copied().fold(0.0, f64::max)
    }
}

/// The figures of these zones.
pub(super) fn figures(graph: &Graph, ask: &Ask, setting: &Setting<'_>, zone: &[u16]) -> Figures {
    let loads = setting.loads;
    let mut carried = vec![0.0; setting.target.len()];
    for (block, &zone) in zone.iter().enumerate() {
        for load in 0..loads {
            carried[usize::from(zone) * loads + load] += setting.load[block * loads + load];
        }
    }
    let off = |row: usize| (carried[row] - setting.target[row]).abs() / setting.target[row];
    let deviation: Vec<f64> = (0..loads)
        .map(|load| (0..setting.zones).map(|zone| off(zone * loads + load)).fold(0.0, f64::max))
        .collect();
    let (cut_m, cut_cost_m, polsby_popper) = shape(graph, setting.zones, zone);
    let (broken, bridged) = pieces(graph, setting.zones, zone);
    let (nearness_m, seat_m) = nearness(setting, zone);
    Figures {
        misses: misses(&deviation, &ask.loads),
        deviation,
        weight_deviation: weights(graph, setting, zone),
        cut_m,
        cut_cost_m,
        polsby_popper,
        broken,
        bridged,
        nearness_m,
        seat_m,
        changed: changed(graph, ask, zone),
    }
}

/// How far the worst deviation is beyond its tolerance.
pub(super) fn misses(deviation: &[f64], loads: &[Load]) -> f64 {
    let beyond = deviation.iter().zip(loads).map(|(off, load)| off - load.tolerance);
    beyond.filter(|beyond| *beyond > HAIR).fold(0.0, f64::max)
}

fn weights(graph: &Graph, setting: &Setting<'_>, zone: &[u16]) -> Vec<f64> {
    let whole: f64 = setting.target.iter().step_by(setting.loads).sum();
    let of = |rows: &Vec<f64>| {
        let total: f64 = rows.iter().sum();
        let mut carried = vec![0.0; setting.zones];
        for (zone, weight) in zone.iter().zip(rows) {
            carried[usize::from(*zone)] += weight;
        }
        let off = carried.iter().enumerate().map(|(zone, carried)| {
            let target = total * setting.target[zone * setting.loads] / whole;
            if target > 0.0 { (carried - target).abs() / target } else { 0.0 }
        });
        off.fold(0.0, f64::max)
    };
    graph.blocks().weights.iter().map(of).collect()
}

/// Cut, cost of the cut, mean Polsby–Popper.
fn shape(graph: &Graph, zones: usize, zone: &[u16]) -> (f64, f64, f64) {
    let mut area = vec![0.0; zones];
    let mut perimeter = vec![0.0; zones];
    for (block, &zone) in zone.iter().enumerate() {
        area[usize::from(zone)] += graph.blocks().area_m2[block];
        perimeter[usize::from(zone)] += graph.blocks().outer_border_m[block];
    }
    let (mut cut_m, mut cost_cm) = (0.0, 0_i64);
    for edge in 0..index(graph.edges().len() - graph.bridges()) {
        let [a, b] = graph.ends(edge).map(|block| usize::from(zone[block as usize]));
        if a != b {
            cut_m += graph.length_m(edge);
            cost_cm += i64::from(graph.cost_cm(edge));
            perimeter[a] += graph.length_m(edge);
            perimeter[b] += graph.length_m(edge);
        }
    }
    let round = |(area, perimeter): (&f64, &f64)| {
        let round = 4.0 * std::f64::consts::PI * area / (perimeter * perimeter);
        if round.is_finite() { round } else { 0.0 }
    };
    let sum: f64 = area.iter().zip(&perimeter).map(round).sum();
    (cut_m, centi(cost_cm), sum / real(zones))
}

/// Zones in several pieces even with bridges, and those whole with bridges alone.
fn pieces(graph: &Graph, zones: usize, zone: &[u16]) -> (usize, usize) {
    let several = |bridges: bool| -> Vec<bool> {
        let mut met = vec![0_u32; zones];
        let mut seen = vec![false; zone.len()];
        for first in 0..index(zone.len()) {
            if std::mem::replace(&mut seen[first as usize], true) {
                continue;
            }
            let own = zone[first as usize];
            met[usize::from(own)] += 1;
            let mut open = vec![first];
            while let Some(block) = open.pop() {
                for side in graph.sides(block) {
                    let tied = bridges || !graph.is_bridge(side.edge);
                    if tied && zone[side.to as usize] == own && !seen[side.to as usize] {
                        seen[side.to as usize] = true;
                        open.push(side.to);
                    }
                }
            }
        }
        met.into_iter().map(|pieces| pieces != 1).collect()
    };
    let (with, without) = (several(true), several(false));
    let broken = with.iter().filter(|several| **several).count();
    (broken, without.iter().filter(|several| **several).count() - broken)
}

fn nearness(setting: &Setting<'_>, zone: &[u16]) -> (f64, Option<f64>) {
    let at = &setting.graph.blocks().centroid_m;
    let mut middle = vec![[0.0; 3]; setting.zones];
    for (block, &zone) in zone.iter().enumerate() {
        let mass = setting.mass[block];
        let sum = &mut middle[usize::from(zone)];
        *sum = [sum[0] + mass * at[block][0], sum[1] + mass * at[block][1], sum[2] + mass];
    }
    let (mut far, mut whole, mut seat, mut seated) = (0.0, 0.0, 0.0, 0.0);
    for (block, &zone) in (0..).zip(zone) {
        let mass = setting.mass[block as usize];
        let [x, y, sum] = middle[usize::from(zone)];
        if sum > 0.0 {
            far += mass * apart2(at[block as usize], [x / sum, y / sum]).sqrt();
        }
        whole += mass;
        if setting.seats_m[usize::from(zone)].is_some() {
            seat += mass * setting.seat_away_m(block, zone);
            seated += mass;
        }
    }
    (far / whole, (seated > 0.0).then(|| seat / seated))
}

fn changed(graph: &Graph, ask: &Ask, zone: &[u16]) -> Vec<f64> {
    let Some(today) = &ask.today else { return Vec::new() };
    let of = |rows: &Vec<f64>| {
        let total: f64 = rows.iter().sum();
        let moved = rows.iter().zip(today.iter().zip(zone)).filter(|(_, (a, b))| a != b);
        let moved: f64 = moved.map(|(weight, _)| weight).sum();
        if total > 0.0 { moved / total } else { 0.0 }
    };
    graph.blocks().weights.iter().map(of).collect()
}
