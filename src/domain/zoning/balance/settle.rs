//! The last people: what a zone carries too much is handed from zone to zone to the nearest that has room.
//!
//! Where single blocks are larger than what the tolerance leaves, two zones exchange a block or two for another, so that just
//! the difference changes hands; where no exchange fits, the line between the two is drawn anew.

use crate::domain::zoning::balance::dice::{Dice, below};
use crate::domain::zoning::balance::plan::{Plan, centi};
use crate::domain::zoning::balance::setting::NONE;
use crate::domain::zoning::balance::split::split_within;

/// Exchanges of two zones that are tried, the cheapest first.
const TRIED: usize = 24;
/// Most blocks of one zone along a border that are exchanged in threes: their number grows with its third power.
const THREES_MAX: usize = 40;
/// Longest way of zones.
const WAY_MAX: usize = 8;
/// Trees from which a line is drawn anew.
const TREES: u32 = 30;
/// One in so many steps that no exchange does away from the zone itself is a line drawn anew.
const LINES: u64 = 4;
/// The least part of what a zone has too much that is handed on.
const LEAST: f64 = 0.2;
/// How much dearer, in mean borders, an exchange may look by chance: so that another turn tries another.
const CHANCE: f64 = 1.0;
/// In the time of how many proposals a turn is done, and a line drawn.
const TURN_PROPOSALS: u64 = 600;
const LINE_PROPOSALS: u64 = 12_000;

/// A zone hands on to another.
struct Step {
    giver: u16,
    taker: u16,
    /// Which load.
    nth: usize,
    /// At least and at most so much of it.
    low: f64,
    high: f64,
}

/// Brings zones within the tolerances as long as a turn helps, at most so often; what is no better is taken back. Gives
/// the proposals in whose time that was done.
pub(super) fn settle(plan: &mut Plan<'_>, dice: &mut Dice, turns: u32) -> u64 {
    let mut spent = 0;
    for _ in 0..turns {
        if plan.beyond == 0 {
            break;
        }
        spent += TURN_PROPOSALS;
        let before = beyond(plan);
        let kept = plan.zone.clone();
        if !turn(plan, dice, &mut spent) || beyond(plan) >= before {
            plan.set(&kept);
        }
    }
    spent
}

/// All that is beyond the tolerances, in mean loads.
fn beyond(plan: &Plan<'_>) -> f64 {
    (0..plan.load.len()).map(|row| plan.row_beyond(row)).sum()
}

/// Takes one load of one zone that is beyond, and hands what is too much along a way of zones. Whether it came through.
fn turn(plan: &mut Plan<'_>, dice: &mut Dice, spent: &mut u64) -> bool {
    let setting = plan.setting;
    let off: Vec<usize> = (0..plan.load.len()).filter(|row| plan.row_beyond(*row) > 0.0).collect();
    let Some(row) = off.get(below(dice.word(), off.len())).copied() else { return false };
    let (zone, nth) = (row / setting.loads, row % setting.loads);
    // What is too little is handed the other way: all signs turn.
    let sign = (plan.load[row] - setting.target[row]).signum();
    // All of it, or a part where nobody has room for so much.
    let excess = -room(plan, zone, (nth, sign)) * (LEAST + dice.unit()).min(1.0);
    let Some(way) = way(plan, zone, excess, (nth, sign), dice) else { return false };
    // From the far end, so that each has room before something comes.
    for (at, pair) in way.windows(2).enumerate().rev() {
        let [near, far] = [usize::from(pair[0]), usize::from(pair[1])];
        let first = at == 0;
        let low = if first { excess } else { (excess - room(plan, near, (nth, sign))).max(1.0) };
        let high = room(plan, far, (nth, sign)).min(room(plan, near, (nth, -sign)));
        if low > high {
            return false;
        }
        let (giver, taker) = if sign > 0.0 { (pair[0], pair[1]) } else { (pair[1], pair[0]) };
        let step = Step { giver, taker, nth, low, high };
        if exchange(plan, &step, dice) {
            continue;
        }
        // Another line farther off may take away what the first zone borders on: seldom.
        if !first && !dice.word().is_multiple_of(LINES) {
            return false;
        }
        *spent += LINE_PROPOSALS;
        if !line(plan, &step, dice) {
            return false;
        }
    }
    true
}

/// How much of a load a zone can take before it is beyond; with a negative sign how much it can give.
fn room(plan: &Plan<'_>, zone: usize, (nth, sign): (usize, f64)) -> f64 {
    let row = zone * plan.setting.loads + nth;
    plan.setting.slack[row] - sign * (plan.load[row] - plan.setting.target[row])
}

/// Zones next to next from one to the nearest that has room for so much.
fn way(
    plan: &Plan<'_>,
    zone: usize,
    need: f64,
    load: (usize, f64),
    dice: &mut Dice,
) -> Option<Vec<u16>> {
    let setting = plan.setting;
    let mut next: Vec<Vec<u16>> = vec![Vec::new(); setting.zones];
    for &edge in &plan.cut {
        let [a, b] = setting.graph.ends(edge).map(|block| plan.zone[block as usize]);
        next[usize::from(a)].push(b);
        next[usize::from(b)].push(a);
    }
    let first = u16::try_from(zone).ok()?;
    let mut before = vec![NONE; setting.zones];
    before[zone] = first;
    let mut near = vec![first];
    for _ in 0..WAY_MAX {
        let (mut further, mut fit) = (Vec::new(), Vec::new());
        for &at in &near {
            for &to in &next[usize::from(at)] {
                if before[usize::from(to)] == NONE {
                    before[usize::from(to)] = at;
                    further.push(to);
                    if room(plan, usize::from(to), load) >= need * (1.0 + dice.unit()) {
                        fit.push(to);
                    }
                }
            }
        }
        if let Some(&far) = fit.get(below(dice.word(), fit.len())) {
            let mut way = vec![far];
            let mut at = far;
            while at != first {
                at = before[usize::from(at)];
                way.push(at);
            }
            way.reverse();
            return Some(way);
        }
        near = further;
    }
    None
}

/// One or two blocks against none or one, so that what changes hands is what the step asks for; the shortest border
/// first.
fn exchange(plan: &mut Plan<'_>, step: &Step, dice: &mut Dice) -> bool {
    let setting = plan.setting;
    let load = |block: u32| setting.load[block as usize * setting.loads + step.nth];
    let out = border(plan, step.giver, step.taker);
    let back = border(plan, step.taker, step.giver);
    let threes = out.len().max(back.len()) <= THREES_MAX;
    let mut all: Vec<(f64, [Option<u32>; 3])> = Vec::new();
    let mut take = |blocks: [Option<(u32, f64)>; 3]| {
        let [one, two, less] = blocks.map(|it| it.map_or(0.0, |(block, _)| load(block)));
        if (step.low..=step.high).contains(&(one + two - less)) {
            let cost_m: f64 = blocks.iter().flatten().map(|(_, cost_m)| cost_m).sum();
            let chance_m = dice.unit() * CHANCE * setting.step_m;
            all.push((cost_m + chance_m, blocks.map(|it| it.map(|(block, _)| block))));
        }
    };
    for (n, &one) in out.iter().enumerate() {
        take([Some(one), None, None]);
        for less in &back {
            take([Some(one), None, Some(*less)]);
        }
        for &two in &out[n + 1..] {
            take([Some(one), Some(two), None]);
            for less in back.iter().filter(|_| threes) {
                take([Some(one), Some(two), Some(*less)]);
            }
        }
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    all.into_iter().take(TRIED).any(|(_, blocks)| carry_out(plan, step, blocks))
}

/// Blocks of one zone that border on another and may go there, with what that costs.
fn border(plan: &Plan<'_>, from: u16, to: u16) -> Vec<(u32, f64)> {
    let setting = plan.setting;
    let mut found = Vec::new();
    for &edge in &plan.cut {
        let [a, b] = setting.graph.ends(edge);
        match (plan.zone[a as usize], plan.zone[b as usize]) {
            (one, two) if (one, two) == (from, to) => found.push(a),
            (one, two) if (two, one) == (from, to) => found.push(b),
            _ => {}
        }
    }
    found.sort_unstable();
    found.dedup();
    found.retain(|block| setting.locked[*block as usize] == NONE);
    let cost_m = |block: u32| {
        let cut_m = setting.border * centi(plan.cut_change_cm(block, from, to));
        cut_m + if setting.has_terms() { plan.terms_change_m(block, from, to) } else { 0.0 }
    };
    found.into_iter().map(|block| (block, cost_m(block))).collect()
}

/// Whether all of them went; none did otherwise.
fn carry_out(plan: &mut Plan<'_>, step: &Step, [one, two, less]: [Option<u32>; 3]) -> bool {
    let Step { giver, taker, .. } = *step;
    let moves = [(one, giver, taker), (two, giver, taker), (less, taker, giver)];
    let mut gone = Vec::with_capacity(moves.len());
    for (block, from, to) in moves.into_iter().filter_map(|(block, a, b)| Some((block?, a, b))) {
        let mut sides = plan.setting.graph.sides(block).iter();
        let beside = sides.any(|side| plan.zone[side.to as usize] == to);
        if !beside || !plan.may_leave(block) {
            for (block, from) in gone.into_iter().rev() {
                plan.flip(block, from);
            }
            return false;
        }
        plan.flip(block, to);
        gone.push((block, from));
    }
    true
}

/// The line between the two drawn anew.
fn line(plan: &mut Plan<'_>, step: &Step, dice: &mut Dice) -> bool {
    let row = usize::from(step.taker) * plan.setting.loads + step.nth;
    let load = plan.load[row] + f64::midpoint(step.low, step.high);
    let miss = (step.high - step.low) / 2.0;
    split_within(plan, (step.giver, step.taker), (load, miss), TREES, dice)
}
