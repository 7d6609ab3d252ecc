//! Contiguity and no empty zone, from any zones.

use crate::domain::zoning::balance::dice::Dice;
use crate::domain::zoning::balance::plan::Plan;
use crate::domain::zoning::balance::setting::{NONE, Setting, real};
use crate::domain::zoning::balance::split::split;

/// Every zone keeps its heaviest piece (those with claimed blocks first); the rest goes to
/// neighbours. Empty zones get a part of the zone that can best spare one.
pub(super) fn repair(plan: &mut Plan<'_>, claimed: &[u16], dice: &mut Dice) {
    for (zone, claim) in plan.zone.iter_mut().zip(claimed) {
        *zone = if *claim == NONE { *zone } else { *claim };
    }
    let setting = plan.setting;
    let mut pieces: Vec<(u16, bool, f64, Vec<u32>)> = Vec::new();
    for blocks in plan.pieces() {
        let held = blocks.iter().any(|block| claimed[*block as usize] != NONE);
        let mass = blocks.iter().map(|block| setting.mass[*block as usize]).sum::<f64>();
        let zone = plan.zone[blocks[0] as usize];
        pieces.push((zone, held, mass + 1e-9 * real(blocks.len()), blocks));
    }
    pieces.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)).then(b.2.total_cmp(&a.2)));
    let mut last = NONE;
    let mut loose = Vec::new();
    for (zone, _, _, blocks) in pieces {
        if zone == last {
            let free = blocks.iter().filter(|block| setting.locked[**block as usize] == NONE);
            loose.extend(free);
        }
        last = zone;
    }
    for &block in &loose {
        plan.zone[block as usize] = NONE;
    }
    adopt(setting, &mut plan.zone, loose);
    plan.recount();
    fill(plan, dice);
}

/// Gives blocks without a zone to the neighbour with which they share most, those first that
/// border on a zone.
fn adopt(setting: &Setting<'_>, zone: &mut [u16], mut loose: Vec<u32>) {
    while !loose.is_empty() {
        let before = loose.len();
        let mut later = Vec::new();
        for block in loose {
            let mut shared: Vec<(u16, i64)> = Vec::new();
            for side in setting.graph.sides(block) {
                let zone = zone[side.to as usize];
                if zone != NONE {
                    match shared.iter_mut().find(|(other, _)| *other == zone) {
                        Some((_, cm)) => *cm += i64::from(side.cost_cm),
                        None => shared.push((zone, i64::from(side.cost_cm))),
                    }
                }
            }
            match shared.iter().max_by_key(|(zone, cm)| (*cm, *zone)) {
                Some((best, _)) => zone[block as usize] = *best,
                None => later.push(block),
            }
        }
        if later.len() == before {
            // Nothing has a zone at all: the first block begins one.
            zone[later[0] as usize] = 0;
        }
        loose = later;
    }
}

fn fill(plan: &mut Plan<'_>, dice: &mut Dice) {
    let setting = plan.setting;
    for empty in 0..u16::try_from(setting.zones).unwrap_or(u16::MAX) {
        if plan.count[usize::from(empty)] > 0 {
            continue;
        }
        let mut donors: Vec<u16> = (0..).take(setting.zones).collect();
        let spare = |zone: u16| {
            let row = usize::from(zone) * setting.loads;
            plan.load[row] / setting.target[row]
        };
        donors.sort_by(|a, b| spare(*b).total_cmp(&spare(*a)).then(a.cmp(b)));
        let target = setting.target[usize::from(empty) * setting.loads];
        for donor in donors {
            let load = plan.load[usize::from(donor) * setting.loads];
            let give = target.min(load / 2.0);
            if plan.count[usize::from(donor)] > 1 && split(plan, (donor, empty), give, dice) {
                break;
            }
        }
    }
}
