//! Carrying surplus to where it lacks: along a path of zones each pair is divided anew, so that
//! the load moves on while every zone between keeps its own.

use crate::domain::zoning::balance::dice::Dice;
use crate::domain::zoning::balance::plan::Plan;
use crate::domain::zoning::balance::split::split;

/// What annealing evens out by itself, in parts of the target.
const ENOUGH: f64 = 0.10;

/// Pushes until no zone is far off, at most so often.
pub(super) fn push(plan: &mut Plan<'_>, dice: &mut Dice, pushes: usize) {
    let setting = plan.setting;
    for _ in 0..pushes {
        let off = |zone: usize| {
            let row = zone * setting.loads;
            (plan.load[row] - setting.target[row]) / setting.target[row]
        };
        let worst = (0..setting.zones).max_by(|a, b| off(*a).abs().total_cmp(&off(*b).abs()));
        let Some(worst) = worst.filter(|zone| off(*zone).abs() > ENOUGH) else { break };
        let Some(path) = path(plan, worst) else { break };
        let far = path.last().map_or(worst, |zone| usize::from(*zone));
        let surplus = |zone: usize| {
            let row = zone * setting.loads;
            plan.load[row] - setting.target[row]
        };
        let amount = surplus(worst).abs().min(surplus(far).abs()).copysign(surplus(worst));
        for pair in path.windows(2) {
            let load = plan.load[usize::from(pair[1]) * setting.loads] + amount;
            if !split(plan, (pair[0], pair[1]), load.max(0.0), dice) {
                break;
            }
        }
    }
}

/// Zones from one that is off to one off the other way, next to next: the most that can be carried
/// for each step.
fn path(plan: &Plan<'_>, from: usize) -> Option<Vec<u16>> {
    let setting = plan.setting;
    let off = |zone: usize| {
        let row = zone * setting.loads;
        plan.load[row] - setting.target[row]
    };
    let mut next: Vec<Vec<u16>> = vec![Vec::new(); setting.zones];
    for &edge in &plan.cut {
        let [a, b] = setting.graph.ends(edge).map(|block| plan.zone[block as usize]);
        next[usize::from(a)].push(b);
        next[usize::from(b)].push(a);
    }
    let first = u16::try_from(from).ok()?;
    let mut before: Vec<Option<(u16, u32)>> = vec![None; setting.zones];
    before[from] = Some((first, 0));
    let mut near = vec![first];
    let mut best: Option<(f64, u16)> = None;
    let mut at = 0;
    while let Some(&open) = near.get(at) {
        at += 1;
        let steps = before[usize::from(open)].map_or(0, |(_, steps)| steps);
        let there = off(usize::from(open));
        if there * off(from) < 0.0 {
            let worth = there.abs().min(off(from).abs()) / f64::from(steps.max(1));
            if best.is_none_or(|best| worth > best.0) {
                best = Some((worth, open));
            }
        }
        next[usize::from(open)].sort_unstable();
        next[usize::from(open)].dedup();
        for &other in &next[usize::from(open)] {
            if before[usize::from(other)].is_none() {
                before[usize::from(other)] = Some((open, steps + 1));
                near.push(other);
            }
        }
    }
    let (_, last) = best?;
    let mut path = vec![last];
    while let Some((prior, _)) = before[usize::from(path[path.len() - 1])]
        && prior != path[path.len() - 1]
    {
        path.push(prior);
    }
    path.reverse();
    Some(path)
}
