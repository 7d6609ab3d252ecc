//! What edits mean: looked through before the ground is asked, and laid onto it. One way for a step and for a trial,
//! so that what was tried is what is done.

use crate::app::drafts::named::look_up;
use crate::app::drafts::refused::unlawful;
use crate::app::drafts::units::unknown;
use crate::app::refusal::Refusal;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::drafts::state::fit_for_a_step;
use crate::domain::zoning::edit::ZoningEdit;
use crate::domain::zoning::held::Held;
use crate::domain::zoning::working::Working;

/// Looks through edits that would be one step: their own faults, then the units, blocks and streets that they name.
///
/// # Errors
/// [`Refusal::Invalid`] with every fault.
pub(super) fn looked_through(atlas: &Atlas, edits: &mut [ZoningEdit]) -> Result<(), Refusal> {
    fit_for_a_step(edits).map_err(unlawful)?;
    let mut faults = unknown(atlas, edits);
    faults.extend(look_up(atlas, edits));
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
}

/// Edits as they are done on a ground: places of another system mean the vertices next to them (`foreign`), and where all
/// borders are thinned those of what is locked are left.
pub(super) fn laid_on(working: &Working, edits: &mut [ZoningEdit], held: &Held, foreign: bool) {
    if foreign {
        working.snap(edits);
    }
    for edit in edits {
        if let ZoningEdit::Thin { arc: None, keep, keep_outline, .. } = edit {
            keep.extend(held.zones.iter().cloned());
            *keep_outline |= held.outline;
        }
    }
}
