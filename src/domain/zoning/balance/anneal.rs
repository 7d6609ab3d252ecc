//! The search proper: blocks at the border of two zones change sides, singly or two at once, while
//! it gets colder and balance dearer (simulated annealing).

use std::ops::ControlFlow;

use crate::domain::zoning::balance::ask::{Progress, Watch};
use crate::domain::zoning::balance::dice::{Dice, below};
use crate::domain::zoning::balance::plan::{Plan, centi};
use crate::domain::zoning::balance::push::push;
use crate::domain::zoning::balance::setting::{NONE, Setting};
use crate::domain::zoning::balance::settle::settle;

/// Proposals between two questions to the watch.
const BATCH: u32 = 4_096;
/// Entries of the table of logarithms; a power of two.
const THROWS: usize = 4_096;
/// First and last temperature, in mean borders of a block, and the first of the last stretch.
const HOT: f64 = 2.0;
const COLD: f64 = 0.05;
const WARM: f64 = 0.1;
/// What a mean load beyond the tolerance costs at first and after the cooling, in mean borders.
const CHEAP: f64 = 40.0;
const DEAR: f64 = 200.0;
/// The part of a round that the cooling takes; in the rest the plan is brought within the tolerance.
const MAIN: f64 = 0.85;
/// How fast the price rises while a plan is beyond the tolerance, and falls while it is within:
/// exponents for a whole round.
const RISE: f64 = 30.0;
const FALL: f64 = 100.0;
const SCARCE_MAX: f64 = 300.0;
/// Zones farther off than this, as a part of their target, are pushed before the last stretch, so often.
const FAR: f64 = 0.05;
const PUSHES: usize = 12;
/// A plan beyond the tolerance is settled: so many turns at the beginning of the last stretch, and between two batches.
const TURNS_FIRST: u32 = 40;
const TURNS: u32 = 4;

/// The best plan of a search.
#[derive(Clone)]
pub(super) struct Best {
    pub(super) zone: Vec<u16>,
    pub(super) misses: f64,
    pub(super) cost_m: f64,
}

/// A search's memory over its rounds.
pub(super) struct Search<'w, 'f> {
    watch: &'w mut Watch<'f>,
    pub(super) progress: Progress,
    pub(super) best: Option<Best>,
    /// Minus the logarithm of an even throw.
    throws: Vec<f64>,
}

/// Somebody broke the search off.
pub(super) struct Broken;

impl<'w, 'f> Search<'w, 'f> {
    pub(super) fn new(watch: &'w mut Watch<'f>) -> Self {
        let throw = |n: u32| -libm::log((f64::from(n) + 0.5) / 4_096.0);
        Self {
            watch,
            progress: Progress { proposals: 0, spent: 0.0, misses: None },
            best: None,
            throws: (0..4_096).map(throw).collect(),
        }
    }

    /// Asks the watch.
    pub(super) fn look(&mut self) -> Result<f64, Broken> {
        self.progress.misses = self.best.as_ref().map(|best| best.misses);
        match (self.watch)(&self.progress) {
            ControlFlow::Continue(spent) => {
                let spent = if spent >= 0.0 { spent.min(1.0) } else { 0.0 };
                self.progress.spent = self.progress.spent.max(spent);
                Ok(self.progress.spent)
            }
            ControlFlow::Break(()) => Err(Broken),
        }
    }

    /// Cools the plan down while the budget is spent from one part to the other.
    pub(super) fn anneal(
        &mut self,
        plan: &mut Plan<'_>,
        dice: &mut Dice,
        (from, to): (f64, f64),
    ) -> Result<(), Broken> {
        let step_m = plan.setting.step_m;
        let mut walk = Walk {
            cost_m: plan.cost_m(),
            best: None,
            temperature_m: 0.0,
            price_m: 0.0,
            late: true,
        };
        let (mut before, mut scarce, mut last) = (0.0, 1.0, false);
        walk.note(plan);
        loop {
            let part = ((self.look()? - from) / (to - from)).max(0.0);
            if part >= 1.0 {
                break;
            }
            let (temperature, price) = course(part);
            if part >= MAIN {
                if !last {
                    self.progress.proposals += walk.begin_last(plan, dice);
                } else if !walk.is_within() {
                    self.progress.proposals += walk.settle(plan, dice, TURNS);
                }
                last = true;
                let pace = if plan.beyond > 0 { RISE } else { -FALL };
                scarce = f64::clamp(scarce * libm::exp(pace * (part - before)), 1.0, SCARCE_MAX);
            }
            before = part;
            walk.late = last;
            walk.temperature_m = step_m * temperature;
            walk.price_m = step_m * price * scarce;
            for _ in 0..BATCH {
                walk.propose(plan, dice, &self.throws);
            }
            self.progress.proposals += u64::from(BATCH);
            walk.cost_m = plan.cost_m();
        }
        if let Some(best) = walk.best {
            self.keep(best);
        }
        Ok(())
    }

    /// Keeps the better: less beyond the tolerance, then less cost.
    pub(super) fn keep(&mut self, plan: Best) {
        let better = self
            .best
            .as_ref()
            .is_none_or(|best| (plan.misses, plan.cost_m) < (best.misses, best.cost_m));
        if better {
            self.best = Some(plan);
        }
    }
}

/// The temperature and price of a part of the round.
fn course(part: f64) -> (f64, f64) {
    if part < MAIN {
        let part = part / MAIN;
        return (HOT * libm::pow(COLD / HOT, part), CHEAP * libm::pow(DEAR / CHEAP, part));
    }
    let part = (part - MAIN) / (1.0 - MAIN);
    (WARM * libm::pow(COLD / WARM, part), DEAR)
}

/// A walk from plan to plan.
struct Walk {
    cost_m: f64,
    best: Option<Best>,
    temperature_m: f64,
    /// Of a mean load beyond the tolerance.
    price_m: f64,
    /// Plans beyond the tolerance are worth remembering too.
    late: bool,
}

impl Walk {
    /// Goes back to the best plan within the tolerance; where there is none, settles, and carries what is far off to
    /// where it lacks. Gives the proposals in whose time that was done.
    fn begin_last(&mut self, plan: &mut Plan<'_>, dice: &mut Dice) -> u64 {
        let spent = if self.is_within() { 0 } else { self.settle(plan, dice, TURNS_FIRST) };
        match &self.best {
            Some(best) if best.misses <= 0.0 => plan.set(&best.zone),
            _ if plan.misses() > FAR => push(plan, dice, PUSHES),
            _ => {}
        }
        self.cost_m = plan.cost_m();
        spent
    }

    /// Whether a plan within the tolerance was found.
    fn is_within(&self) -> bool {
        self.best.as_ref().is_some_and(|best| best.misses <= 0.0)
    }

    /// Settles the plan; gives the proposals in whose time that was done.
    fn settle(&mut self, plan: &mut Plan<'_>, dice: &mut Dice, turns: u32) -> u64 {
        let spent = settle(plan, dice, turns);
        self.cost_m = plan.cost_m();
        self.late = true;
        self.note(plan);
        spent
    }

    fn propose(&mut self, plan: &mut Plan<'_>, dice: &mut Dice, throws: &[f64]) {
        let word = dice.word();
        let edge = match plan.cut.get(below(word, plan.cut.len())) {
            Some(edge) => *edge,
            None => return,
        };
        let [a, b] = plan.setting.graph.ends(edge);
        let (block, other) = if word & 1 == 0 { (a, b) } else { (b, a) };
        let setting = plan.setting;
        let (from, to) = (plan.zone[block as usize], plan.zone[other as usize]);
        if setting.locked[block as usize] != NONE || plan.count[usize::from(from)] < 2 {
            return;
        }
        let throw = throws[(word >> 2) as usize & (THROWS - 1)] * self.temperature_m;
        let cut_m = setting.border * centi(plan.cut_change_cm(block, from, to));
        if word & 2 != 0 && self.two(plan, dice.word(), (block, from, to), (cut_m, throw)) {
            return;
        }
        let mut change_m = cut_m;
        if setting.has_terms() {
            change_m += plan.terms_change_m(block, from, to);
        }
        // What the throw allows is spent by the cut alone far more often than not.
        let balance_m = self.price_m * one(plan, block, from, to);
        if change_m + balance_m <= throw && plan.may_leave(block) {
            plan.flip(block, to);
            self.cost_m += change_m;
            self.note(plan);
        }
    }

    /// The same with a second block nearby that leaves the zone which gains the first. Whether
    /// there was one.
    fn two(
        &mut self,
        plan: &mut Plan<'_>,
        word: u64,
        (first, from, to): (u32, u16, u16),
        (cut_m, throw): (f64, f64),
    ) -> bool {
        let Some((second, target)) = partner(plan, word, first, to) else { return false };
        let setting = plan.setting;
        plan.zone[first as usize] = to;
        let then_m = setting.border * centi(plan.cut_change_cm(second, to, target));
        plan.zone[first as usize] = from;
        let mut change_m = cut_m + then_m;
        let balance_m = self.price_m * both(plan, (first, from, to), (second, target));
        if setting.has_terms() {
            // The second's nearness as if the first had stayed: exact enough to choose by, and the
            // sum is taken anew with every batch.
            change_m += plan.terms_change_m(first, from, to);
            change_m += plan.terms_change_m(second, to, target);
        }
        if change_m + balance_m > throw || !plan.may_leave(first) {
            return true;
        }
        plan.flip(first, to);
        if plan.may_leave(second) {
            plan.flip(second, target);
            self.cost_m += change_m;
            self.note(plan);
        } else {
            plan.flip(first, from);
        }
        true
    }

    /// Remembers the plan if it is the best of the walk.
    fn note(&mut self, plan: &Plan<'_>) {
        let (worst, cost_m) = match &self.best {
            Some(best) if best.misses <= 0.0 => {
                if plan.beyond > 0 || self.cost_m >= best.cost_m {
                    return;
                }
                (0.0, best.cost_m)
            }
            Some(best) => (best.misses, best.cost_m),
            None => (f64::INFINITY, f64::INFINITY),
        };
        if plan.beyond > 0 && !self.late {
            return;
        }
        let misses = plan.misses();
        if (misses, self.cost_m) < (worst, cost_m) {
            let mut best = self.best.take().unwrap_or_else(|| Best {
                zone: plan.zone.clone(),
                misses,
                cost_m: self.cost_m,
            });
            best.zone.copy_from_slice(&plan.zone);
            (best.misses, best.cost_m) = (misses, self.cost_m);
            self.best = Some(best);
        }
    }
}

/// A block two steps from the first, in the zone that gains it, and a zone next to it.
fn partner(plan: &Plan<'_>, word: u64, first: u32, to: u16) -> Option<(u32, u16)> {
    let graph = plan.setting.graph;
    let step = |at: u32, word: u64| {
        let sides = graph.sides(at);
        sides[below(word, sides.len())].to
    };
    let second = step(step(first, word), word << 16);
    if second == first
        || plan.zone[second as usize] != to
        || plan.setting.locked[second as usize] != NONE
    {
        return None;
    }
    let beside = step(second, word << 32);
    let target = plan.zone[beside as usize];
    (target != to && beside != first).then_some((second, target))
}

/// How much more is paid for loads when one block moves, in mean loads.
#[inline]
fn one(plan: &Plan<'_>, block: u32, from: u16, to: u16) -> f64 {
    let Setting { loads, load, .. } = plan.setting;
    let mut sum = 0.0;
    for nth in 0..*loads {
        let part = load[block as usize * loads + nth];
        sum += more(plan, usize::from(from) * loads + nth, -part);
        sum += more(plan, usize::from(to) * loads + nth, part);
    }
    sum
}

/// The same when two blocks move.
fn both(plan: &Plan<'_>, (first, from, to): (u32, u16, u16), (second, target): (u32, u16)) -> f64 {
    let Setting { loads, load, .. } = plan.setting;
    let mut sum = 0.0;
    for nth in 0..*loads {
        let out = load[first as usize * loads + nth];
        let back = load[second as usize * loads + nth];
        let row = |zone: u16| usize::from(zone) * loads + nth;
        sum += more(plan, row(to), out - back);
        if target == from {
            sum += more(plan, row(from), back - out);
        } else {
            sum += more(plan, row(from), -out) + more(plan, row(target), back);
        }
    }
    sum
}

#[inline]
fn more(plan: &Plan<'_>, row: usize, part: f64) -> f64 {
    let load = plan.load[row];
    plan.setting.pays(row, load + part) - plan.setting.pays(row, load)
}
