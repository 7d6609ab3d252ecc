//! What the answer to a step is told again from.

use serde::{Deserialize, Serialize};

use crate::app::incidents::offers::Offers;
use crate::domain::id::{IncidentId, ZoneId};
use crate::domain::incidents::docket::{Docket, Due, Matter};
use crate::domain::incidents::timing::Turns;
use crate::domain::time::Instant;

/// A step that was taken, and what of its docket the steps do not tell: zone and deadlines are told anew later, and
/// others are offered with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    /// In which case.
    pub incident: IncidentId,
    /// Which step.
    pub revision: u32,
    zone: Option<ZoneId>,
    due_at: Option<Instant>,
    /// Not in what was kept before it was told.
    #[serde(default)]
    whole_due_at: Option<Instant>,
    turns: Option<Turns>,
    escalates_at: Option<Instant>,
    timed_by: i64,
    #[serde(default, skip_serializing_if = "Offers::is_empty")]
    offers: Offers,
}

impl Taken {
    /// The last step of a docket.
    #[must_use]
    pub fn of(docket: &Docket) -> Self {
        Self::offering(docket, Offers::default())
    }

    /// The same, and what was offered with it.
    #[must_use]
    pub fn offering(docket: &Docket, offers: Offers) -> Self {
        Self {
            incident: docket.id,
            revision: docket.revision,
            zone: docket.matter.zone.clone(),
            due_at: docket.due_at,
            whole_due_at: docket.whole_due_at,
            turns: docket.turns,
            escalates_at: docket.escalates_at,
            timed_by: docket.timed_by,
            offers,
        }
    }

    /// What the case was about then.
    #[must_use]
    pub fn matter(&self, now: &Matter) -> Matter {
        Matter { zone: self.zone.clone(), ..now.clone() }
    }

    /// What was offered with it then.
    #[must_use]
    pub fn offers(&self) -> &Offers {
        &self.offers
    }

    /// When it was due then.
    #[must_use]
    pub fn due(&self) -> Due {
        Due {
            at: self.due_at,
            whole_at: self.whole_due_at,
            turns: self.turns,
            escalates_at: self.escalates_at,
            edition: self.timed_by,
        }
    }
}
