//! Units that edits name must be units of the city.

use crate::app::refusal::Fault;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::UnitId;
use crate::domain::zoning::edit::{NewZone, ZoningEdit};

/// A fault for each unit that there is not.
pub(super) fn unknown(atlas: &Atlas, edits: &[ZoningEdit]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (n, edit) in edits.iter().enumerate() {
        let mut named: Vec<(&str, &UnitId)> = Vec::new();
        match edit {
            ZoningEdit::Split { new, .. }
            | ZoningEdit::Carve { new, .. }
            | ZoningEdit::AddHole { new: Some(new), .. } => {
                named.extend(of_new(new));
            }
            ZoningEdit::SetZone { lead, co, .. } => {
                named.extend(lead.iter().map(|unit| ("lead", unit)));
                named.extend(co.iter().flatten().map(|unit| ("co", unit)));
            }
            // An import has told of its units, and publishing asks again.
            _ => {}
        }
        let lacks = named.into_iter().filter(|(_, unit)| atlas.unit(unit).is_none());
        faults.extend(lacks.map(|(field, unit)| {
            Fault::new(format!("edits[{n}].{field}"), format!("the city has no unit {unit}"))
        }));
    }
    faults
}

fn of_new(new: &NewZone) -> impl Iterator<Item = (&'static str, &UnitId)> {
    let lead = new.lead.iter().map(|unit| ("new.lead", unit));
    lead.chain(new.co.iter().map(|unit| ("new.co", unit)))
}
