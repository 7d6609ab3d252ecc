//! What a dispatcher is offered with an open case: incidents that may be the same matter, and units that might answer.

use serde::{Deserialize, Serialize};

use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::domain::accounts::{Caller, Role};
use crate::domain::incidents::case::Case;
use crate::domain::incidents::docket::{Docket, report_of};
use crate::domain::incidents::duplicates::nearby::Candidate;
use crate::domain::incidents::suggest::{Suggestion, suggest};
use crate::domain::reports::routing;

/// What is offered with an incident, as of a moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Offers {
    /// Open incidents that may be the same matter, best first.
    pub candidates: Vec<Candidate>,
    /// Units that might answer instead, best first.
    pub suggestions: Vec<Suggestion>,
}

impl Offers {
    /// Whether nothing is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty() && self.suggestions.is_empty()
    }

    /// What is offered with a case as it stands; nothing to those who neither merge nor name units, and with what
    /// is over.
    ///
    /// # Errors
    /// [`Refusal::NotReady`] before the first atlas; [`Refusal::Unavailable`].
    pub async fn with(
        app: &App,
        seat: &Seat,
        caller: &Caller,
        docket: &Docket,
        case: &Case,
    ) -> Result<Self, Refusal> {
        if !matches!(caller.role, Role::Dispatcher | Role::Admin) || !docket.is_open() {
            return Ok(Self::default());
        }
        let candidates = candidates(app, seat, docket).await?;
        Ok(Self { candidates, suggestions: suggestions(app, seat, docket, case).await? })
    }
}

async fn candidates(app: &App, seat: &Seat, docket: &Docket) -> Result<Vec<Candidate>, Refusal> {
    let mut board = seat.board().await;
    board.catch_up(app.store(), &seat.city, app.now()).await?;
    let atlas = seat.atlas()?;
    Ok(board.candidates(&docket.spot(), &atlas.city().reaches))
}

async fn suggestions(
    app: &App,
    seat: &Seat,
    docket: &Docket,
    case: &Case,
) -> Result<Vec<Suggestion>, Refusal> {
    let (atlas, matter) = (seat.atlas()?, &docket.matter);
    // As accurate as the report says: of what the rules doubt because of that, others are suggested.
    let report = app.store().report(&seat.city, report_of(docket.id)).await?;
    let ask = routing::Ask {
        position: matter.position,
        accuracy_m: report.and_then(|filed| filed.report.accuracy_m),
        category: matter.category.as_ref(),
        at: matter.happened_at,
    };
    Ok(suggest(case, &routing::route_in_doubt(&atlas, &ask)))
}
