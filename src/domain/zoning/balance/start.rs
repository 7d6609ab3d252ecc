//! A first plan: the balanced power diagram, each block to the nearest of as many centres, where
//! a centre that is too busy counts as farther off (Aurenhammer, Hoffmann, Aronov 1998).

use crate::domain::zoning::balance::anneal::{Broken, Search};
use crate::domain::zoning::balance::dice::{Dice, below};
use crate::domain::zoning::balance::graph::index;
use crate::domain::zoning::balance::setting::{NONE, Setting, apart2};

/// Rounds of assigning and moving centres, and the most distances that they may cost together.
const ROUNDS: usize = 40;
const DISTANCES_MAX: usize = 40_000_000;
/// How much of a centre's surplus goes into its handicap each round.
const GAIN: f64 = 0.6;

/// Each block's zone, not yet contiguous, some zones perhaps empty.
pub(super) fn power_diagram(
    setting: &Setting<'_>,
    dice: &mut Dice,
    search: &mut Search<'_, '_>,
) -> Result<Vec<u16>, Broken> {
    let at = &setting.graph.blocks().centroid_m;
    let mut centres = centres(setting, dice);
    let mut handicap = vec![0.0; setting.zones];
    let mut zone = vec![NONE; at.len()];
    let rounds = (DISTANCES_MAX / (at.len() * setting.zones)).clamp(2, ROUNDS);
    let area2 = setting.radius_m * setting.radius_m;
    for _ in 0..rounds {
        search.look()?;
        for (block, zone) in zone.iter_mut().enumerate() {
            *zone = nearest(at[block], &centres, &handicap);
            if setting.locked[block] != NONE {
                *zone = setting.locked[block];
            }
        }
        let mut load = vec![0.0; setting.zones];
        let mut middle = vec![([0.0, 0.0], 0.0); setting.zones];
        for (block, &zone) in zone.iter().enumerate() {
            let zone = usize::from(zone);
            let mass = setting.mass[block].max(1e-12);
            load[zone] += setting.load[block * setting.loads];
            middle[zone].0[0] += mass * at[block][0];
            middle[zone].0[1] += mass * at[block][1];
            middle[zone].1 += mass;
        }
        for (n, &([x, y], mass)) in middle.iter().enumerate() {
            let target = setting.target[n * setting.loads];
            let surplus = ((load[n] - target) / target).clamp(-1.0, 1.0);
            handicap[n] += GAIN * area2 * surplus;
            if setting.seats_m[n].is_none() && mass > 0.0 {
                centres[n] = [x / mass, y / mass];
            }
        }
    }
    Ok(zone)
}

fn nearest(at: [f64; 2], centres: &[[f64; 2]], handicap: &[f64]) -> u16 {
    let mut best = (f64::INFINITY, 0);
    for (zone, (centre, handicap)) in (0..).zip(centres.iter().zip(handicap)) {
        let far = apart2(at, *centre) + handicap;
        if far < best.0 {
            best = (far, zone);
        }
    }
    best.1
}

/// Seats where there are some, else blocks far from each other, the busier the likelier
/// (k-means++).
fn centres(setting: &Setting<'_>, dice: &mut Dice) -> Vec<[f64; 2]> {
    let at = &setting.graph.blocks().centroid_m;
    let mut gap = vec![f64::INFINITY; at.len()];
    let mut centres = setting.seats_m.clone();
    let see = |gap: &mut [f64], centre: [f64; 2]| {
        for (gap, at) in gap.iter_mut().zip(at) {
            *gap = gap.min(apart2(*at, centre));
        }
    };
    for seat in setting.seats_m.iter().flatten() {
        see(&mut gap, *seat);
    }
    for centre in centres.iter_mut().filter(|centre| centre.is_none()) {
        let weight = |n: usize| setting.mass[n] * gap[n].min(1e15);
        let total: f64 = (0..at.len()).map(weight).sum();
        let mut throw = dice.unit() * total;
        let found = (0..at.len()).find(|n| {
            throw -= weight(*n);
            throw < 0.0
        });
        let block = found.unwrap_or_else(|| below(dice.word(), at.len()));
        *centre = Some(at[block]);
        see(&mut gap, at[block]);
    }
    centres.into_iter().flatten().collect()
}

/// Blocks that the locked blocks of a zone need to hang together: the shortest ways between them
/// over blocks that no other zone has claimed, in the order of the zones.
pub(super) fn claims(setting: &Setting<'_>) -> Vec<u16> {
    let mut claimed = setting.locked.clone();
    let mut zones: Vec<u16> = claimed.iter().copied().filter(|zone| *zone != NONE).collect();
    zones.sort_unstable();
    zones.dedup();
    for zone in zones {
        let locked = (0..index(claimed.len())).filter(|b| setting.locked[*b as usize] == zone);
        let locked: Vec<u32> = locked.collect();
        while let Some(way) = way(setting, &claimed, &locked, zone) {
            for block in way {
                claimed[block as usize] = zone;
            }
        }
    }
    claimed
}

/// The blocks between what hangs together with the first locked block and the nearest that does
/// not; `None` when there is none or no way to it.
fn way(setting: &Setting<'_>, claimed: &[u16], locked: &[u32], zone: u16) -> Option<Vec<u32>> {
    let first = *locked.first()?;
    let mut before = vec![None; claimed.len()];
    before[first as usize] = Some(first);
    let mut near = vec![first];
    let mut at = 0;
    // What hangs together already comes first, then ever farther blocks.
    while let Some(&open) = near.get(at) {
        at += 1;
        for side in setting.graph.sides(open) {
            if before[side.to as usize].is_none() && claimed[side.to as usize] == zone {
                before[side.to as usize] = Some(side.to);
                near.push(side.to);
            }
        }
    }
    let mut at = 0;
    while let Some(&open) = near.get(at) {
        at += 1;
        for side in setting.graph.sides(open) {
            let claim = claimed[side.to as usize];
            if before[side.to as usize].is_some() || (claim != NONE && claim != zone) {
                continue;
            }
            before[side.to as usize] = Some(open);
            if claim == zone {
                return Some(back(&before, open));
            }
            near.push(side.to);
        }
    }
    None
}

fn back(before: &[Option<u32>], from: u32) -> Vec<u32> {
    let mut way = vec![from];
    let mut at = from;
    while let Some(prior) = before[at as usize]
        && prior != at
    {
        way.push(prior);
        at = prior;
    }
    way
}
