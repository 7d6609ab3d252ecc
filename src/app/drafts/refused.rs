//! Refusals of the law and of the ground, as the app tells them.

use crate::app::refusal::{Fault, Refusal};
use crate::domain::drafts::refusal::Refusal as Unlawful;
use crate::domain::zoning::fault::EditFault;

/// What the law of drafts does not admit.
pub(super) fn unlawful(refusal: Unlawful) -> Refusal {
    match refusal {
        Unlawful::Carried { lacks, .. } => {
            let faults = lacks.into_iter().map(|lack| Fault::new(lack.field, lack.says));
            Refusal::Invalid(faults.collect())
        }
        Unlawful::Past { .. } => Refusal::fault("effective_at", refusal.to_string()),
        refusal => Refusal::Draft(Box::new(refusal)),
    }
}

/// Edits that do not fit the ground, each with its place.
pub(super) fn edit_faults(faults: &[EditFault]) -> Refusal {
    Refusal::Invalid(faults.iter().map(edit_fault).collect())
}

/// One of them.
pub(super) fn edit_fault(fault: &EditFault) -> Fault {
    Fault { at: fault.at, ..Fault::new(format!("edits[{}]", fault.edit), fault.says.clone()) }
}
