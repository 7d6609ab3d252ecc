//! The last people: what a zone carries too much is handed from zone to zone to the nearest that has room.
//!
//! Where single blocks are larger than what the tolerance leaves, two zones exchange a few blocks for a few, so that just the
//! difference changes hands; where no exchange fits, the line between the two is drawn anew.

use crate::domain::zoning::balance::dice::{Dice, below};
use crate::domain::zoning::balance::plan::{Plan, centi};
use crate::domain::zoning::balance::setting::NONE;
use crate::domain::zoning::balance::split::split_within;

/// Exchanges of two zones that are tried, the cheapest first.
const TRIED: usize = 24;
/// Most blocks of one zone along a border of which several go at once: their handfuls grow with a power of that.
const THREES_MAX: usize = 40;
/// Against a border of so few blocks three of the other side go at once.
const FEW: usize = 3;
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
        let more = turn(plan, dice, &mut spent);
        if more.is_none_or(|more| beyond(plan) >= before + more) {
            plan.set(&kept);
        }
    }
    spent
}

/// All that is beyond the tolerances, in mean loads.
fn beyond(plan: &Plan<'_>) -> f64 {
    (0..plan.load.len()).map(|row| plan.row_beyond(row)).sum()
}

/// Takes one load of one zone that is beyond, and hands what is too much along a way of zones. Where it came through: how
/// much more than before may be beyond, in mean loads.
fn turn(plan: &mut Plan<'_>, dice: &mut Dice, spent: &mut u64) -> Option<f64> {
    let setting = plan.setting;
    let off: Vec<usize> = (0..plan.load.len()).filter(|row| plan.row_beyond(*row) > 0.0).collect();
    let row = off.get(below(dice.word(), off.len())).copied()?;
    let (zone, nth) = (row / setting.loads, row % setting.loads);
    // What is too little is handed the other way: all signs turn.
    let sign = (plan.load[row] - setting.target[row]).signum();
    // All of it, or a part where nobody has room for so much.
    let whole = -room(plan, zone, (nth, sign));
    let excess = whole * (LEAST + dice.unit()).min(1.0);
    let Some(way) = way(plan, zone, excess, (nth, sign), dice) else {
        let spare = 2.0 * setting.slack[row];
        let to = beside(plan, zone, dice)?;
        let zone = u16::try_from(zone).ok()?;
        let (giver, taker) = if sign > 0.0 { (zone, to) } else { (to, zone) };
        let step = Step { giver, taker, nth, low: whole, high: whole + spare };
        *spent += LINE_PROPOSALS;
        let drawn = exchange(plan, &step, dice) || line(plan, &step, dice);
        return drawn.then_some(spare * setting.per_mean);
    };
    // From the far end, so that each has room before something comes.
    for (at, pair) in way.windows(2).enumerate().rev() {
        let [near, far] = [usize::from(pair[0]), usize::from(pair[1])];
        let first = at == 0;
        let low = if first { excess } else { (excess - room(plan, near, (nth, sign))).max(1.0) };
        let high = room(plan, far, (nth, sign)).min(room(plan, near, (nth, -sign)));
        if low > high {
            return None;
        }
        let (giver, taker) = if sign > 0.0 { (pair[0], pair[1]) } else { (pair[1], pair[0]) };
        let step = Step { giver, taker, nth, low, high };
        if exchange(plan, &step, dice) {
            continue;
        }
        // Another line farther off may take away what the first zone borders on: seldom.
        if !first && !dice.word().is_multiple_of(LINES) {
            return None;
        }
        *spent += LINE_PROPOSALS;
        if !line(plan, &step, dice) {
            return None;
        }
    }
    Some(0.0)
}

/// A zone beside this one.
fn beside(plan: &Plan<'_>, zone: usize, dice: &mut Dice) -> Option<u16> {
    let ends = |edge: &u32| {
        let [a, b] = plan.setting.graph.ends(*edge).map(|block| plan.zone[block as usize]);
        [(a, b), (b, a)]
    };
    let all = plan.cut.iter().flat_map(ends).filter(|(from, _)| usize::from(*from) == zone);
    let mut all: Vec<u16> = all.map(|(_, to)| to).collect();
    all.sort_unstable();
    all.dedup();
    all.get(below(dice.word(), all.len())).copied()
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

/// A few blocks against none or a few, so that what changes hands is what the step asks for; the shortest border
/// first.
fn exchange(plan: &mut Plan<'_>, step: &Step, dice: &mut Dice) -> bool {
    let setting = plan.setting;
    let out = border(plan, step.giver, step.taker);
    let back = border(plan, step.taker, step.giver);
    // One block of a zone that has hardly more may weigh as much as several of the other's.
    let most = |len: usize, other: usize| match () {
        () if len > THREES_MAX => 1,
        () if other <= FEW => 3,
        () => 2,
    };
    let load = |block: u32| setting.load[block as usize * setting.loads + step.nth];
    let given = handfuls(&out, most(out.len(), back.len()).max(2), load);
    let mut taken = handfuls(&back, most(back.len(), out.len()), load);
    taken.push(Handful::default());
    taken.sort_by(|a, b| a.load.total_cmp(&b.load).then(a.blocks.cmp(&b.blocks)));
    let mut all: Vec<(f64, Blocks, Blocks)> = Vec::new();
    for there in &given {
        let from = taken.partition_point(|it| it.load < there.load - step.high);
        for here in taken[from..].iter().take_while(|it| it.load <= there.load - step.low) {
            let chance_m = dice.unit() * CHANCE * setting.step_m;
            all.push((there.cost_m + here.cost_m + chance_m, there.blocks, here.blocks));
        }
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    all.into_iter().take(TRIED).any(|(_, there, here)| carry_out(plan, step, there, here))
}

/// Up to three blocks.
type Blocks = [Option<u32>; 3];

/// Some blocks along a border.
#[derive(Clone, Copy, Default)]
struct Handful {
    blocks: Blocks,
    load: f64,
    cost_m: f64,
}

/// Every handful of so many at most.
fn handfuls(border: &[(u32, f64)], most: usize, load: impl Fn(u32) -> f64) -> Vec<Handful> {
    let mut all: Vec<(Handful, usize)> = vec![(Handful::default(), 0)];
    let mut from = 0;
    for nth in 0..most.min(3) {
        let to = all.len();
        for at in from..to {
            let (held, next) = all[at];
            for (n, &(block, cost_m)) in border.iter().enumerate().skip(next) {
                let mut more = held;
                more.blocks[nth] = Some(block);
                more.load += load(block);
                more.cost_m += cost_m;
                all.push((more, n + 1));
            }
        }
        from = to;
    }
    all.into_iter().skip(1).map(|(handful, _)| handful).collect()
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
fn carry_out(plan: &mut Plan<'_>, step: &Step, there: Blocks, here: Blocks) -> bool {
    let Step { giver, taker, .. } = *step;
    let there = there.into_iter().flatten().map(|block| (block, giver, taker));
    let here = here.into_iter().flatten().map(|block| (block, taker, giver));
    let mut gone = Vec::new();
    for (block, from, to) in there.chain(here) {
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
