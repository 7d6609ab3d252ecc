//! What a step carries: made clean before, and judged whole.

use std::collections::BTreeSet;

use crate::domain::id::{ReportId, UnitId};
use crate::domain::incidents::refusal::{Lack, Refusal};
use crate::domain::incidents::step::{CO_UNITS_MAX, Move, PICTURES_MAX, REPORTS_MAX, Step};
use crate::domain::incidents::table::{self, Need};
use crate::domain::text::{WORDS_CHARS_MAX, words};

/// Words as they are kept. What cannot be made clean stays as it is, and the law refuses it.
pub(super) fn kept(given: String) -> String {
    words(&given, WORDS_CHARS_MAX).unwrap_or(given)
}

/// Compares what a step carries with what its move needs: every fault at once.
///
/// # Errors
/// [`Refusal::Carried`].
pub(super) fn check_carried(step: &Step) -> Result<(), Refusal> {
    let carried = &step.carried;
    let needs = table::needs(step.act);
    let mut lacks = Vec::new();
    let mut say = |field: &'static str, says: String| lacks.push(Lack { field, says });
    let present = [
        ("words", needs.words, !carried.words.trim().is_empty(), "say what was done, or why"),
        ("pictures", needs.pictures, !carried.pictures.is_empty(), "add at least one picture"),
        ("unit", needs.unit, carried.unit.is_some(), "name the unit that is to answer"),
        ("until", needs.until, carried.until.is_some(), "say until when"),
        ("other", needs.other, carried.other.is_some(), "name the other incident"),
        ("reports", needs.reports, !carried.reports.is_empty(), "name at least one report"),
    ];
    for (field, need, given, remedy) in present {
        match (need, given) {
            (Need::Must, false) => say(field, remedy.to_owned()),
            (Need::No, true) => say(field, format!("leave it out, {} takes none", step.act)),
            _ => {}
        }
    }
    if step.act == Move::Note && carried.words.trim().is_empty() && carried.pictures.is_empty() {
        say("words", "a note holds words or pictures".to_owned());
    }
    match words(&carried.words, WORDS_CHARS_MAX) {
        Err(fault) => say("words", fault.to_string()),
        Ok(clean) if clean != carried.words => say("words", "are not as they are kept".to_owned()),
        Ok(_) => {}
    }
    if carried.pictures.len() > PICTURES_MAX {
        say("pictures", format!("at most {PICTURES_MAX} are kept on one step"));
    }
    if needs.unit != Need::Must && !carried.co.is_empty() {
        say("co", format!("leave it out, {} takes none", step.act));
    }
    if carried.co.len() > CO_UNITS_MAX {
        say("co", format!("at most {CO_UNITS_MAX} units stand beside the lead"));
    }
    let mut seen: BTreeSet<&UnitId> = carried.unit.iter().collect();
    if let Some(twice) = carried.co.iter().find(|unit| !seen.insert(unit)) {
        say("co", format!("{twice} is named twice"));
    }
    if carried.until.is_some_and(|until| until <= step.at) {
        say("until", format!("must lie after {}", step.at.rfc3339()));
    }
    if carried.clock.is_some() && step.act.rung().is_none() {
        say("clock", format!("leave it out, {} takes none", step.act));
    }
    let reports: BTreeSet<&ReportId> = carried.reports.iter().collect();
    if reports.len() < carried.reports.len() {
        say("reports", "a report is named twice".to_owned());
    }
    if carried.reports.len() > REPORTS_MAX {
        say("reports", format!("at most {REPORTS_MAX} stand behind one incident"));
    }
    if lacks.is_empty() { Ok(()) } else { Err(Refusal::Carried { act: step.act, lacks }) }
}
