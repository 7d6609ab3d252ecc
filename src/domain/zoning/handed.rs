//! The areas that change hands where all zones were drawn anew.

use crate::domain::zoning::diff::changed_areas;
use crate::domain::zoning::working::{Applied, Moved, NotAsLeft, Working};

/// The areas that changed hands by edits among which one drew the ground anew; `working` is as they left it.
///
/// # Errors
/// [`NotAsLeft`] when it is not.
///
/// # Cost
/// That of laying each redrawn zone over those it meets.
pub fn handed(working: &Working, applied: &Applied) -> Result<Vec<Moved>, NotAsLeft> {
    let mut former = working.clone();
    former.take_back(applied)?;
    let changed = changed_areas(&former.zones(), &working.zones()).into_iter();
    let moved =
        changed.map(|it| Moved { from: it.from, to: it.to, area: it.area, area_m2: it.area_m2 });
    Ok(moved.collect())
}
