//! Steps and pictures, each once under its idempotency key. Who asks again is told what was told first, though the case
//! has gone on since, and though he would not see it any more.

use std::sync::Arc;

use crate::app::incidents::offers::Offers;
use crate::app::incidents::taken::Taken;
use crate::app::incidents::{Answering, Shown, Wish, load, picture, step_answered};
use crate::app::once::Pass;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::id::{IncidentId, PictureId};
use crate::domain::incidents::case::Case;
use crate::domain::incidents::docket::Docket;

/// What a step came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Acted {
    /// The incident behind the step.
    pub shown: Shown,
    /// What is offered with it; nothing where nobody asked for that.
    pub offers: Offers,
    /// Whether it had been taken before under the same key.
    pub again: bool,
}

/// Takes one step; with a merge or a split one in each of the two cases, or none. The same request under the same
/// key is one step.
///
/// # Errors
/// [`Refusal::NotFound`] for what the caller may not see; [`Refusal::Case`] with what would be right,
/// and for a case that has gone on since the caller looked with what has changed;
/// [`Refusal::Invalid`] for units that the city does not have; [`Refusal::KeyReused`];
/// [`Refusal::Unavailable`], after which it is not known whether the step was taken: ask again with the same key.
pub async fn act(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: IncidentId,
    wish: &Wish,
    pass: Option<&Pass>,
) -> Result<Acted, Refusal> {
    acted(app, seat, caller, id, wish, Answering { pass, offers: false }).await
}

/// The same, with what is offered to the caller then.
///
/// # Errors
/// As [`act`].
pub async fn act_and_offer(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: IncidentId,
    wish: &Wish,
    pass: Option<&Pass>,
) -> Result<Acted, Refusal> {
    acted(app, seat, caller, id, wish, Answering { pass, offers: true }).await
}

async fn acted(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: IncidentId,
    wish: &Wish,
    answering: Answering<'_>,
) -> Result<Acted, Refusal> {
    must(caller, Operation::ActOnIncident)?;
    match (step_answered(app, seat, caller, id, wish, answering).await, answering.pass) {
        (Ok((shown, offers)), _) => Ok(Acted { shown, offers, again: false }),
        (Err(refusal), None) => Err(refusal),
        (Err(refusal), Some(pass)) => match pass.recall::<Taken>(app, seat).await? {
            Some(taken) => {
                let shown = as_it_was(app, seat, &taken).await?;
                Ok(Acted { shown, offers: taken.offers().clone(), again: true })
            }
            None => Err(refusal),
        },
    }
}

/// An incident as it stood behind a step that was taken; of its words those that are still kept.
///
/// # Errors
/// [`Refusal::NotFound`] for an incident that is gone; [`Refusal::Damaged`]; [`Refusal::Unavailable`].
pub async fn as_it_was(app: &App, seat: &Seat, taken: &Taken) -> Result<Shown, Refusal> {
    let now = load(app, seat, taken.incident).await?;
    let then = now.case.steps().iter().filter(|step| step.revision <= taken.revision);
    let case = Case::fold(then.cloned().collect()).map_err(|fault| {
        Refusal::Damaged(format!("incident {} cannot be read: {fault}", taken.incident))
    })?;
    let docket = Docket::of(&case, taken.matter(&now.docket.matter), taken.due());
    Ok(Shown { docket, case })
}

/// What became of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What a step names it by.
    pub id: PictureId,
    /// Whether it had been kept before under the same key.
    pub again: bool,
}

/// Keeps a picture with an incident; a step names it by its id. The same request under the same key is one picture.
///
/// # Errors
/// [`Refusal::NotFound`] for who does not see the incident; [`Refusal::Invalid`] for what is no
/// picture; [`Refusal::KeyReused`]; [`Refusal::Unavailable`].
pub async fn keep_picture(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: IncidentId,
    bytes: Arc<[u8]>,
    pass: Option<&Pass>,
) -> Result<Kept, Refusal> {
    must(caller, Operation::KeepPicture)?;
    match (picture(app, seat, caller, id, bytes, pass).await, pass) {
        (Ok(id), _) => Ok(Kept { id, again: false }),
        (Err(refusal), None) => Err(refusal),
        (Err(refusal), Some(pass)) => match pass.recall::<PictureId>(app, seat).await? {
            Some(id) => Ok(Kept { id, again: true }),
            None => Err(refusal),
        },
    }
}
