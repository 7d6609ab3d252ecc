//! An answer as it is kept with a report.

use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::ReportId;
use crate::domain::reports::rehearse::Told;
use crate::domain::reports::report::{Assignment, Report};
use crate::domain::reports::routing::{Ask, route};
use crate::domain::time::Instant;

/// To whom a report goes, and why. The same atlas gives the same for the same report, whenever it is asked.
#[must_use]
pub fn assign(atlas: &Atlas, report: &Report, now: Instant) -> Assignment {
    let ask = Ask {
        position: report.position,
        accuracy_m: report.accuracy_m,
        category: report.category.as_ref(),
        at: report.happened_at,
    };
    first(atlas, report.id, &ask, now)
}

/// The same for what routing has to know of a report.
#[must_use]
pub fn assign_told(atlas: &Atlas, told: &Told, now: Instant) -> Assignment {
    let ask = Ask {
        position: told.position,
        accuracy_m: told.accuracy_m,
        category: told.category.as_ref(),
        at: told.happened_at,
    };
    first(atlas, told.id, &ask, now)
}

fn first(atlas: &Atlas, report: ReportId, ask: &Ask<'_>, now: Instant) -> Assignment {
    let answer = route(atlas, ask);
    Assignment {
        report,
        turn: 1,
        plan_version: answer.plan_version,
        atlas_version: answer.atlas_version,
        zone: answer.zone.map(|zone| zone.id.clone()),
        unit: answer.unit.clone(),
        co: answer.co.iter().copied().cloned().collect(),
        rule: answer.fired.code().to_owned(),
        confidence: answer.confidence,
        border_m: answer.border_m,
        runner_up: answer.runner_up.map(|next| next.zone.id.clone()),
        for_dispatcher: answer.for_dispatcher,
        actor: "router".to_owned(),
        at: now,
    }
}
