//! One proposal: rounds of a start, a push and a cooling, and the best of them.

use thiserror::Error;

use crate::domain::zoning::balance::anneal::{Broken, Search};
use crate::domain::zoning::balance::ask::{Ask, AskFault, Watch, faults};
use crate::domain::zoning::balance::dice::Dice;
use crate::domain::zoning::balance::figures::{Figures, figures};
use crate::domain::zoning::balance::graph::Graph;
use crate::domain::zoning::balance::plan::Plan;
use crate::domain::zoning::balance::push::push;
use crate::domain::zoning::balance::repair::repair;
use crate::domain::zoning::balance::setting::{Setting, real};
use crate::domain::zoning::balance::start::{claims, power_diagram};

/// Blocks times rounds: small graphs are searched again and again from other starts.
const ROUND_BLOCKS: usize = 1_000;
/// Most rounds.
const ROUNDS_MAX: usize = 24;

/// A plan that is proposed.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The zone of each block; no zone is empty.
    pub zones: Vec<u16>,
    /// What it comes to.
    pub figures: Figures,
}

/// Why there is no proposal.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Refusal {
    /// The ask has faults.
    #[error("{} faults in what is asked for", .0.len())]
    Faults(Vec<AskFault>),
    /// The watch broke the search off.
    #[error("broken off")]
    Broken,
}

/// Draws a plan: contiguous zones, within the tolerances where that can be reached, then of the
/// least cost found.
///
/// Costs what the watch grants; the same ask and the same answers of the watch give the same plan.
///
/// # Errors
///
/// Every fault of the ask, or that the watch broke off.
pub fn propose(graph: &Graph, ask: &Ask, watch: &mut Watch<'_>) -> Result<Proposal, Refusal> {
    let faults = faults(graph, ask);
    if !faults.is_empty() {
        return Err(Refusal::Faults(faults));
    }
    let setting = Setting::new(graph, ask);
    let mut search = Search::new(watch);
    let rounds = (ROUND_BLOCKS / graph.len()).clamp(1, ROUNDS_MAX);
    for round in 0..rounds {
        let span = (real(round) / real(rounds), real(round + 1) / real(rounds));
        self::round(&setting, ask.seed.wrapping_add(round as u64), span, &mut search)
            .map_err(|Broken| Refusal::Broken)?;
    }
    let zones = search.best.map(|best| best.zone).unwrap_or_default();
    let figures = figures(graph, ask, &setting, &zones);
    Ok(Proposal { zones, figures })
}

fn round(
    setting: &Setting<'_>,
    seed: u64,
    span: (f64, f64),
    search: &mut Search<'_, '_>,
) -> Result<(), Broken> {
    let mut dice = Dice::new(seed, 1);
    let zone = match &setting.today {
        Some(today) => today.clone(),
        None => power_diagram(setting, &mut dice, search)?,
    };
    let mut plan = Plan::new(setting, zone);
    repair(&mut plan, &claims(setting), &mut dice);
    search.look()?;
    push(&mut plan, &mut dice, setting.zones);
    search.anneal(&mut plan, &mut dice, span)
}
