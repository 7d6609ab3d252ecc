//! What a planner asks for, checked against the graph.

use std::ops::ControlFlow;

use thiserror::Error;

use crate::domain::zoning::balance::graph::{Graph, REACH_MAX_M};

/// Most zones of a plan.
pub const ZONES_MAX: usize = 5_000;
/// Most loads that are balanced at once.
pub const LOADS_MAX: usize = 8;
/// Most that a term's strength may be.
pub const STRENGTH_MAX: f64 = 1_000.0;

/// A plan to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// How many zones; none is empty.
    pub zones: usize,
    /// What is to be balanced, the chief load first.
    pub loads: Vec<Load>,
    /// What each zone should carry, in any unit (its unit's staff); empty for all the same.
    pub targets: Vec<f64>,
    /// Where each zone's unit sits, `None` where it does not matter; empty for nowhere.
    pub seats_m: Vec<Option<[f64; 2]>>,
    /// Blocks that must lie in a zone. Together they may force a zone apart.
    pub locked: Vec<(u32, u16)>,
    /// The zone of each block today; the search starts from it.
    pub today: Option<Vec<u16>>,
    /// What counts beside balance.
    pub terms: Terms,
    /// The same seed and budget give the same plan.
    pub seed: u64,
}

/// A mix of the graph's weights that every zone should carry its share of.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// How much of the load each weight makes; each weight counts by its share of the city's total.
    pub shares: Vec<f64>,
    /// How far a zone may be from its target, as a part of it: 0.01 for 1 %.
    pub tolerance: f64,
}

/// Strengths of what counts beside balance: 0 for nothing, 1 for about as much as the length of
/// borders by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Short borders between zones, each metre by its factor.
    pub border: f64,
    /// Nearness within a zone: squared distance of the load from the zone's middle.
    pub nearness: f64,
    /// Nearness to the zone's seat: distance of the load from it.
    pub seats: f64,
    /// As little as possible leaves the zone it is in today.
    pub change: f64,
}

impl Default for Terms {
    fn default() -> Self {
        Self { border: 1.0, nearness: 0.0, seats: 0.0, change: 0.0 }
    }
}

impl Ask {
    /// So many zones, equal in the graph's first weight within the tolerance, with short borders.
    #[must_use]
    pub fn even(zones: usize, tolerance: f64, seed: u64) -> Self {
        Self {
            zones,
            loads: vec![Load { shares: vec![1.0], tolerance }],
            targets: Vec::new(),
            seats_m: Vec::new(),
            locked: Vec::new(),
            today: None,
            terms: Terms::default(),
            seed,
        }
    }
}

/// What is wrong with an [`Ask`].
#[derive(Clone, Copy, Debug, Error, PartialEq)]
pub enum AskFault {
    /// No zones, more than [`ZONES_MAX`], or more than blocks.
    #[error("{zones} zones for {blocks} blocks")]
    Zones {
        /// Zones asked for.
        zones: usize,
        /// Blocks there are.
        blocks: usize,
    },
    /// No loads, or more than [`LOADS_MAX`].
    #[error("{loads} loads, not 1 to {LOADS_MAX}")]
    Loads {
        /// How many.
        loads: usize,
    },
    /// More shares than the graph has weights, a share that is no share, or nothing to balance
    /// behind them.
    #[error("load {load} has no use: its shares must be of weights that are there")]
    Shares {
        /// Which load.
        load: usize,
    },
    /// A tolerance that is not finite or negative.
    #[error("load {load} has tolerance {tolerance}")]
    Tolerance {
        /// Which load.
        load: usize,
        /// The tolerance.
        tolerance: f64,
    },
    /// A list has not one row for each zone, or for each block.
    #[error("{list:?} has {rows} rows, not {expected}")]
    Rows {
        /// Which list.
        list: List,
        /// Its rows.
        rows: usize,
        /// How many it should have.
        expected: usize,
    },
    /// A row of a list is no number, out of range, or names what is not there.
    #[error("row {row} of {list:?} is out of range")]
    Row {
        /// Which list.
        list: List,
        /// Which row.
        row: usize,
    },
    /// A block is locked to two zones.
    #[error("block {block} is locked to two zones")]
    LockedTwice {
        /// Which block.
        block: u32,
    },
    /// The locks leave too few blocks for the zones without a lock.
    #[error("{free} blocks are not locked, {zones} zones have none")]
    LockedOut {
        /// Blocks without a lock.
        free: usize,
        /// Zones without a lock.
        zones: usize,
    },
}

/// A list of an [`Ask`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// `targets`.
    Targets,
    /// `seats_m`.
    Seats,
    /// `locked`.
    Locked,
    /// `today`.
    Today,
    /// `terms`, in their order.
    Terms,
}

/// How far a search is; handed to its watch every few thousand proposals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Changes tried so far; never falls.
    pub proposals: u64,
    /// The part of the budget that the watch last said was spent.
    pub spent: f64,
    /// How far the best plan so far is beyond the tolerance, 0 when within; `None` before the first.
    pub misses: Option<f64>,
}

/// Who watches a search: says what part of its budget is spent, 0 to 1, or breaks it off.
///
/// The search cools down along what is spent and ends at 1 with the best plan found. A watch that
/// looks at a clock makes plans that depend on the machine; [`proposals`] does not.
pub type Watch<'a> = dyn FnMut(&Progress) -> ControlFlow<(), f64> + 'a;

/// The watch that grants so many proposals.
pub fn proposals(limit: u64) -> impl FnMut(&Progress) -> ControlFlow<(), f64> {
    #[expect(clippy::cast_precision_loss, reason = "a part of a budget")]
    move |progress| ControlFlow::Continue(progress.proposals as f64 / limit.max(1) as f64)
}

/// Every fault of the ask, each with its place.
pub(super) fn faults(graph: &Graph, ask: &Ask) -> Vec<AskFault> {
    let blocks = graph.len();
    let mut faults = Vec::new();
    if ask.zones == 0 || ask.zones > blocks.min(ZONES_MAX) {
        faults.push(AskFault::Zones { zones: ask.zones, blocks });
    }
    if ask.loads.is_empty() || ask.loads.len() > LOADS_MAX {
        faults.push(AskFault::Loads { loads: ask.loads.len() });
    }
    for (at, load) in ask.loads.iter().enumerate() {
        let weights = &graph.blocks().weights;
        let used = |(share, rows): (&f64, &Vec<f64>)| *share > 0.0 && rows.iter().any(|w| *w > 0.0);
        let right = load.shares.len() <= weights.len()
            && load.shares.iter().all(|share| (0.0..=1e9).contains(share))
            && load.shares.iter().zip(weights).any(used);
        if !right {
            faults.push(AskFault::Shares { load: at });
        }
        if !(0.0..=1e6).contains(&load.tolerance) {
            faults.push(AskFault::Tolerance { load: at, tolerance: load.tolerance });
        }
    }
    let strengths = [ask.terms.border, ask.terms.nearness, ask.terms.seats, ask.terms.change];
    let good = |strength: &f64| (0.0..=STRENGTH_MAX).contains(strength);
    rows(&mut faults, List::Terms, strengths.iter().map(good));
    listed(&mut faults, List::Targets, ask.targets.len(), ask.zones);
    rows(&mut faults, List::Targets, ask.targets.iter().map(|t| (1e-6..=1e12).contains(t)));
    listed(&mut faults, List::Seats, ask.seats_m.len(), ask.zones);
    let near = |at: &Option<[f64; 2]>| at.iter().flatten().all(|x| x.abs() <= REACH_MAX_M);
    rows(&mut faults, List::Seats, ask.seats_m.iter().map(near));
    if let Some(today) = &ask.today {
        let expected = blocks;
        if today.len() != expected {
            faults.push(AskFault::Rows { list: List::Today, rows: today.len(), expected });
        }
        rows(&mut faults, List::Today, today.iter().map(|zone| usize::from(*zone) < ask.zones));
    }
    locks(graph, ask, &mut faults);
    faults
}

fn listed(faults: &mut Vec<AskFault>, list: List, rows: usize, expected: usize) {
    if rows != 0 && rows != expected {
        faults.push(AskFault::Rows { list, rows, expected });
    }
}

fn rows(faults: &mut Vec<AskFault>, list: List, right: impl Iterator<Item = bool>) {
    let wrong = right.enumerate().filter(|(_, right)| !right);
    faults.extend(wrong.map(|(row, _)| AskFault::Row { list, row }));
}

fn locks(graph: &Graph, ask: &Ask, faults: &mut Vec<AskFault>) {
    let there = |(block, zone): &(u32, u16)| {
        (*block as usize) < graph.len() && usize::from(*zone) < ask.zones
    };
    rows(faults, List::Locked, ask.locked.iter().map(there));
    let mut locked = ask.locked.clone();
    locked.sort_unstable();
    locked.dedup();
    let twice = locked.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    faults.extend(twice.map(|pair| AskFault::LockedTwice { block: pair[0].0 }));
    let mut zones: Vec<u16> = locked.iter().map(|(_, zone)| *zone).collect();
    zones.sort_unstable();
    zones.dedup();
    let free = graph.len().saturating_sub(locked.len());
    let empty = ask.zones.saturating_sub(zones.len());
    if !ask.locked.is_empty() && free < empty {
        faults.push(AskFault::LockedOut { free, zones: empty });
    }
}
