//! Two plans that followed each other: the atlases before and with the later one, and where they differ.

use std::sync::Arc;

use crate::app::refusal::Refusal;
use crate::app::state::App;
use crate::domain::atlas::history::Published;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::CityId;
use crate::domain::zoning::diff::{Hands, boxes};
use crate::geom::coord::GridBox;

/// Most boxes in which is looked for what changed hands.
const BOXES_MAX: usize = 16;

/// A plan and the atlases before and with it.
#[derive(Clone)]
pub struct Between {
    /// What was in force before.
    pub before: Arc<Atlas>,
    /// What the plan brought.
    pub after: Arc<Atlas>,
    /// Boxes that hold every place which changed hands.
    pub boxes: Vec<GridBox>,
}

impl Between {
    /// The step to a plan from the one before; `None` where nothing is known of either.
    ///
    /// # Errors
    /// [`Refusal::Busy`], [`Refusal::Unavailable`].
    pub async fn of(app: &App, city: &CityId, plan: &Published) -> Result<Option<Self>, Refusal> {
        if plan.from_atlas == 0 {
            return Ok(None);
        }
        let get = async |version| app.former().get(app.store(), city, version).await;
        let (before, after) = (get(plan.from_atlas - 1).await?, get(plan.from_atlas).await?);
        let (Some(before), Some(after)) = (before, after) else { return Ok(None) };
        Self::from(before, after).await.map(Some)
    }

    /// The step from one atlas to another.
    ///
    /// # Errors
    /// [`Refusal::Inner`].
    pub async fn from(before: Arc<Atlas>, after: Arc<Atlas>) -> Result<Self, Refusal> {
        let (one, other) = (Arc::clone(&before), Arc::clone(&after));
        let boxes =
            tokio::task::spawn_blocking(move || boxes(one.zones(), other.zones(), BOXES_MAX))
                .await
                .map_err(|fault| Refusal::Inner(format!("two plans were not compared: {fault}")))?;
        Ok(Self { before, after, boxes })
    }

    /// By whose zones it is decided what changed hands.
    #[must_use]
    pub fn hands(&self) -> Hands<'_> {
        Hands { before: &self.before, after: &self.after }
    }
}
