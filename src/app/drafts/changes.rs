//! What a draft changes, against the plan it is drawn on, another plan, or another draft.

use std::sync::Arc;

use crate::app::drafts::bench::plan_zones;
use crate::app::drafts::read::drawn;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::atlas::zone::Zone;
use crate::domain::id::DraftId;
use crate::domain::zoning::diff::{Differs, changed_areas, differences};
use crate::domain::zoning::working::Moved;

/// With what a draft is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// The plan it is drawn on.
    Base,
    /// A plan.
    Plan(i64),
    /// Another draft.
    Draft(DraftId),
}

/// Two sets of zones, and the areas that change hands between them.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The draft's revision.
    pub revision: u32,
    /// With what it was compared; the plan it is drawn on by its version.
    pub against: Against,
    before: Arc<Vec<Zone>>,
    after: Arc<Vec<Zone>>,
    /// The areas.
    pub moved: Vec<Moved>,
}

impl Compared {
    /// The zones that are not alike, by id.
    #[must_use]
    pub fn differences(&self) -> Vec<Differs<'_>> {
        differences(&self.before, &self.after)
    }
}

/// Compares a draft.
///
/// # Errors
/// [`Refusal::NotFound`] for who sees no drafts, and for a draft or plan that there is not.
pub async fn compare(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: DraftId,
    against: Against,
) -> Result<Compared, Refusal> {
    must(caller, Operation::CompareDraft)?;
    let (base, found) = drawn(app, seat, id).await?;
    let (against, before) = match against {
        Against::Base => (Against::Plan(found.base), base),
        Against::Plan(version) => {
            (against, Arc::new(plan_zones(app.store(), &seat.city, version).await?))
        }
        Against::Draft(other) => (against, Arc::new(drawn(app, seat, other).await?.1.zones)),
    };
    let after = Arc::new(found.zones);
    let (was, is) = (Arc::clone(&before), Arc::clone(&after));
    let moved = app.benches().work(move || changed_areas(&was, &is)).await?;
    let moved = moved
        .into_iter()
        .map(|it| Moved { from: it.from, to: it.to, area: it.area, area_m2: it.area_m2 })
        .collect();
    Ok(Compared { revision: found.revision, against, before, after, moved })
}
