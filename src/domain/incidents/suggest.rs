//! Who else might answer for a case: what a dispatcher is offered, never what is done.
//!
//! For a case that was sent back 回退, and for one whose unit the rules are not sure of.

use serde::{Deserialize, Serialize};

use crate::domain::id::UnitId;
use crate::domain::incidents::case::Case;
use crate::domain::incidents::step::Move;
use crate::domain::reports::routing::{Answer, LostWhy};

/// Most suggestions: a person picks one.
pub const SUGGESTIONS_MAX: usize = 8;

/// Why a unit is suggested, in the order of what it is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The unit that sent it back named this one.
    Proposed,
    /// The rules name it at this place and time, as they are now.
    Rules,
    /// A rule, by its code, that would have decided had the place lain so many metres nearer: what the rules doubt.
    Missed(String, u32),
    /// It stands beside the one the rules name.
    Beside,
    /// A rule that another outranked, by its code.
    Outranked(String),
    /// The lead unit of the nearest other zone, so many metres away.
    RunnerUp(u32),
}

/// A unit that might answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// Which unit.
    pub unit: UnitId,
    /// Why.
    pub why: Why,
}

/// The units that might answer for a case, best first, each once; not the one that has it, nor those
/// that sent it back before. Ask for the answer [in doubt](crate::domain::reports::routing::route_in_doubt).
#[must_use]
pub fn suggest(case: &Case, answer: &Answer<'_>) -> Vec<Suggestion> {
    let state = case.state();
    let sent_back = case.steps().iter().filter(|step| step.act == Move::SendBack);
    let mut out: Vec<&UnitId> = sent_back.filter_map(|step| step.speaks_for.as_ref()).collect();
    out.extend(&state.unit);
    let proposed = state.proposed.iter().map(|unit| (unit, Why::Proposed));
    let rules = std::iter::once((answer.unit, Why::Rules));
    let beside = answer.co.iter().map(|unit| (*unit, Why::Beside));
    let outranked = answer.lost.iter().filter(|lost| lost.why == LostWhy::Outranked);
    let outranked = outranked
        .filter_map(|lost| Some((lost.unit?, Why::Outranked(lost.rule.code().to_owned()))));
    let missed = answer.missed.iter().map(|missed| {
        (missed.unit, Why::Missed(missed.rule.id.to_string(), metres(missed.away_m)))
    });
    let next = answer.runner_up.iter();
    let next = next.map(|next| (&next.zone.lead, Why::RunnerUp(metres(next.distance_m))));
    let mut found: Vec<Suggestion> = Vec::new();
    let rules = proposed.chain(rules).chain(missed).chain(beside).chain(outranked);
    for (unit, why) in rules.chain(next) {
        if !out.contains(&unit) && found.len() < SUGGESTIONS_MAX {
            out.push(unit);
            found.push(Suggestion { unit: unit.clone(), why });
        }
    }
    found
}

/// Whole metres.
#[expect(clippy::cast_possible_truncation, reason = "clamped")]
#[expect(clippy::cast_sign_loss, reason = "clamped")]
fn metres(away_m: f64) -> u32 {
    away_m.clamp(0.0, 1e6).round() as u32
}
