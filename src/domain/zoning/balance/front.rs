//! Several plans to choose from, none worse than another in everything.

use std::ops::ControlFlow;

use crate::domain::zoning::balance::ask::{Ask, Progress, Watch};
use crate::domain::zoning::balance::figures::{Figures, misses};
use crate::domain::zoning::balance::graph::Graph;
use crate::domain::zoning::balance::search::{Proposal, Refusal, propose};
use crate::domain::zoning::balance::setting::real;

/// Most alternatives of a front.
pub const ALTERNATIVES_MAX: usize = 32;
/// How much an alternative stresses what it stresses.
const STRESS: f64 = 4.0;

/// What an alternative stresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stress {
    /// Nothing: the plan as it was asked for.
    AsAsked,
    /// Short borders.
    Borders,
    /// Half the tolerance, a quarter, and so on.
    Balance,
    /// Near to the seat where there are seats, else to the zone's middle.
    Nearness,
    /// Little change, where there is a plan of today.
    Change,
}

impl Stress {
    /// Its code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AsAsked => "as_asked",
            Self::Borders => "borders",
            Self::Balance => "balance",
            Self::Nearness => "nearness",
            Self::Change => "change",
        }
    }
}

/// A plan of a front.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// What it stresses.
    pub stress: Stress,
    /// The plan.
    pub proposal: Proposal,
}

/// Up to `count` plans of one ask, each stressing something else, each with an equal part of the
/// budget. Those that another beats or equals in deviation, cost of the cut, nearness, way to the seat and
/// change at once are left out, so there may be fewer. All keep the ask's tolerance where it can
/// be reached.
///
/// # Errors
///
/// As [`propose`].
pub fn front(
    graph: &Graph,
    ask: &Ask,
    count: usize,
    watch: &mut Watch<'_>,
) -> Result<Vec<Alternative>, Refusal> {
    let count = count.min(ALTERNATIVES_MAX);
    let mut found: Vec<Alternative> = Vec::new();
    let mut before = 0;
    for nth in 0..count {
        let (stress, asked) = variant(ask, nth);
        let mut last = 0;
        let mut ours = |progress: &Progress| {
            last = progress.proposals;
            let spent = (real(nth) + progress.spent) / real(count);
            let told = Progress { proposals: before + progress.proposals, spent, ..*progress };
            match watch(&told) {
                ControlFlow::Continue(all) => ControlFlow::Continue(all * real(count) - real(nth)),
                ControlFlow::Break(()) => ControlFlow::Break(()),
            }
        };
        let mut proposal = propose(graph, &asked, &mut ours)?;
        before += last;
        // Judged by what was asked, not by what was stressed.
        proposal.figures.misses = misses(&proposal.figures.deviation, &ask.loads);
        let figures = &proposal.figures;
        if !found.iter().any(|other| beats(&other.proposal.figures, figures)) {
            found.retain(|other| !beats(figures, &other.proposal.figures));
            found.push(Alternative { stress, proposal });
        }
    }
    Ok(found)
}

/// The ask of the nth alternative.
fn variant(ask: &Ask, nth: usize) -> (Stress, Ask) {
    let mut kinds = vec![Stress::Borders, Stress::Balance, Stress::Nearness];
    if ask.today.is_some() {
        kinds.push(Stress::Change);
    }
    let mut asked = Ask { seed: ask.seed.wrapping_add(1_000 * nth as u64), ..ask.clone() };
    let Some(at) = nth.checked_sub(1) else { return (Stress::AsAsked, asked) };
    let stress = kinds[at % kinds.len()];
    let turn = i32::try_from(at / kinds.len()).unwrap_or(0) + 1;
    let more = |strength: f64| (strength.max(0.5) * STRESS.powi(turn)).min(1_000.0);
    let terms = &mut asked.terms;
    match stress {
        Stress::AsAsked => {}
        Stress::Borders => {
            for term in [&mut terms.nearness, &mut terms.seats, &mut terms.change] {
                *term /= STRESS.powi(turn);
            }
        }
        Stress::Balance => {
            for load in &mut asked.loads {
                load.tolerance /= 2.0_f64.powi(turn);
            }
        }
        Stress::Nearness if ask.seats_m.iter().any(Option::is_some) => {
            terms.seats = more(terms.seats);
        }
        Stress::Nearness => terms.nearness = more(terms.nearness),
        Stress::Change => terms.change = more(terms.change),
    }
    (stress, asked)
}

/// Whether the first is at least as good in all that counts.
fn beats(one: &Figures, other: &Figures) -> bool {
    let all = |figures: &Figures| {
        let mut all = vec![figures.misses, figures.cut_cost_m, figures.nearness_m];
        all.extend(figures.seat_m);
        all.extend(&figures.deviation);
        all.extend(&figures.changed);
        all
    };
    all(one).iter().zip(all(other)).all(|(one, other)| *one <= other)
}
