//! Dividing the blocks of two zones anew: one edge of a random spanning tree is cut (the step of
//! recombination, `ReCom`: `DeFord`, Duchin, Solomon 2021).

use crate::domain::zoning::balance::dice::Dice;
use crate::domain::zoning::balance::graph::index;
use crate::domain::zoning::balance::plan::Plan;

/// Trees tried; the cut that misses the load least and is shortest is taken.
const TREES: u32 = 6;
/// What missing the load by a mean load costs, in mean borders.
const MISS: f64 = 60.0;

/// Gives the second zone a part that carries about `load` of the first load. False, and nothing
/// changed, when the blocks do not hang together or locks forbid every cut.
pub(super) fn split(
    plan: &mut Plan<'_>,
    (one, two): (u16, u16),
    load: f64,
    dice: &mut Dice,
) -> bool {
    split_within(plan, (one, two), (load, f64::INFINITY), TREES, dice)
}

/// The same from so many trees, and only where the load is missed by less than so much. The two zones as they are, or
/// with their names exchanged, are no answer unless any will do.
pub(super) fn split_within(
    plan: &mut Plan<'_>,
    (one, two): (u16, u16),
    (load, miss): (f64, f64),
    trees: u32,
    dice: &mut Dice,
) -> bool {
    let blocks: Vec<u32> = (0..)
        .zip(&plan.zone)
        .filter(|(_, zone)| **zone == one || **zone == two)
        .map(|(block, _)| block)
        .collect();
    let both = Both::new(plan, &blocks);
    let mut best: Option<(f64, Vec<bool>)> = None;
    for _ in 0..trees {
        let Some(part) = both.cut(plan, (one, two), load, dice) else { continue };
        let (cost, off) = both.cost(plan, &part, load);
        if off > miss || miss.is_finite() && same(plan, &blocks, &part, two) {
            continue;
        }
        if best.as_ref().is_none_or(|best| cost < best.0) {
            best = Some((cost, part));
        }
    }
    let Some((_, part)) = best else { return false };
    for (block, second) in blocks.iter().zip(part) {
        plan.flip(*block, if second { two } else { one });
    }
    true
}

/// Whether a part is what one of the two zones has already.
fn same(plan: &Plan<'_>, blocks: &[u32], part: &[bool], two: u16) -> bool {
    let mut seconds = blocks.iter().map(|block| plan.zone[*block as usize] == two).zip(part);
    let first = seconds.next().map(|(was, is)| was == *is);
    first.is_some_and(|first| seconds.all(|(was, is)| (was == *is) == first))
}

/// The blocks of two zones by themselves.
struct Both<'b> {
    blocks: &'b [u32],
    /// Edges between them: places among the blocks, and the cost.
    edges: Vec<(u32, u32, i32)>,
}

/// A spanning tree from its root: each block's parent, and the blocks in an order in which parents
/// come first.
struct Tree {
    parent: Vec<u32>,
    order: Vec<u32>,
}

impl<'b> Both<'b> {
    fn new(plan: &Plan<'_>, blocks: &'b [u32]) -> Self {
        let place = |block: u32| blocks.binary_search(&block).ok().map(index);
        let mut edges = Vec::new();
        for (at, &block) in (0..).zip(blocks) {
            for side in plan.setting.graph.sides(block) {
                if let Some(other) = place(side.to).filter(|_| side.to > block) {
                    edges.push((at, other, side.cost_cm));
                }
            }
        }
        Self { blocks, edges }
    }

    /// Which blocks go to the second zone by the best edge of one tree.
    fn cut(
        &self,
        plan: &Plan<'_>,
        (one, two): (u16, u16),
        load: f64,
        dice: &mut Dice,
    ) -> Option<Vec<bool>> {
        let setting = plan.setting;
        let tree = self.tree(dice)?;
        let mut below: Vec<(f64, u32, u32)> = self
            .blocks
            .iter()
            .map(|block| {
                let lock = setting.locked[*block as usize];
                let load = setting.load[*block as usize * setting.loads];
                (load, u32::from(lock == one), u32::from(lock == two))
            })
            .collect();
        for &at in tree.order.iter().skip(1).rev() {
            let (load, ones, twos) = below[at as usize];
            let above = &mut below[tree.parent[at as usize] as usize];
            *above = (above.0 + load, above.1 + ones, above.2 + twos);
        }
        let (whole, ones, twos) = below[tree.order[0] as usize];
        let mut best: Option<(f64, u32, bool)> = None;
        for &at in tree.order.iter().skip(1) {
            let part = below[at as usize];
            let as_two = (part.1 == 0 && part.2 == twos).then(|| (part.0 - load).abs());
            let as_one = (part.1 == ones && part.2 == 0).then(|| (whole - part.0 - load).abs());
            for (miss, second) in [(as_two, true), (as_one, false)] {
                if let Some(miss) = miss
                    && best.is_none_or(|best| miss < best.0)
                {
                    best = Some((miss, at, second));
                }
            }
        }
        let (_, top, second) = best?;
        let mut part = vec![!second; self.blocks.len()];
        part[top as usize] = second;
        for &at in tree.order.iter().skip(1) {
            let parent = tree.parent[at as usize] as usize;
            if at != top && part[parent] == second {
                part[at as usize] = second;
            }
        }
        Some(part)
    }

    /// A tree that prefers long borders, so that what it leaves open is short. `None` when the
    /// blocks do not hang together.
    fn tree(&self, dice: &mut Dice) -> Option<Tree> {
        let mut edges: Vec<(f64, u32)> = (0..)
            .zip(&self.edges)
            .map(|(at, edge)| (dice.unit() / f64::from(edge.2.max(1)), at))
            .collect();
        edges.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut above: Vec<u32> = (0..index(self.blocks.len())).collect();
        let mut next: Vec<Vec<u32>> = vec![Vec::new(); self.blocks.len()];
        for (_, edge) in edges {
            let (a, b, _) = self.edges[edge as usize];
            let (top_a, top_b) = (top(&mut above, a), top(&mut above, b));
            if top_a != top_b {
                above[top_a as usize] = top_b;
                next[a as usize].push(b);
                next[b as usize].push(a);
            }
        }
        let mut parent = vec![u32::MAX; self.blocks.len()];
        let mut order = vec![0];
        let mut at = 0;
        while let Some(&open) = order.get(at) {
            at += 1;
            for &other in &next[open as usize] {
                if other != parent[open as usize] {
                    parent[other as usize] = open;
                    order.push(other);
                }
            }
        }
        (order.len() == self.blocks.len() && order.len() > 1).then_some(Tree { parent, order })
    }

    /// What a part costs, and how far it is off the load.
    fn cost(&self, plan: &Plan<'_>, part: &[bool], load: f64) -> (f64, f64) {
        let setting = plan.setting;
        let cut = self.edges.iter().filter(|(a, b, _)| part[*a as usize] != part[*b as usize]);
        let cut_m: f64 = cut.map(|(_, _, cm)| f64::from(*cm) / 100.0).sum();
        let given = self.blocks.iter().zip(part).filter(|(_, second)| **second);
        let given: f64 =
            given.map(|(block, _)| setting.load[*block as usize * setting.loads]).sum();
        let off = (given - load).abs();
        (cut_m + off * setting.per_mean * MISS * setting.step_m, off)
    }
}

fn top(above: &mut [u32], at: u32) -> u32 {
    let mut at = at;
    while above[at as usize] != at {
        let next = above[above[at as usize] as usize];
        above[at as usize] = next;
        at = next;
    }
    at
}
