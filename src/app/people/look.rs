//! A look at who stands behind a report.

use crate::app::refusal::{Fault, Refusal};
use crate::app::reports;
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::change::Change;
use crate::domain::id::ReportId;
use crate::domain::reports::people::{Look, PeopleSeen};
use crate::domain::reports::person::Person;
use crate::domain::reports::public::masked;
use crate::domain::text::{self, NAME_CHARS_MAX};
use crate::store::Basis;

/// How to reach the person behind one report of the caller's scope. The look is journalled, with the reason,
/// before this returns.
///
/// # Errors
/// [`Refusal::NotFound`] for what does not exist and for what the caller may not see alike;
/// [`Refusal::Nobody`]; [`Refusal::Sealed`]; a fault of the reason; [`Refusal::Unavailable`], when the look
/// could not be journalled.
pub async fn see(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: ReportId,
    reason: &str,
) -> Result<Person, Refusal> {
    must(caller, Operation::SeeContact)?;
    let reason = stated(reason).map_err(|fault| Refusal::Invalid(vec![fault]))?;
    let found = reports::get(app, seat, caller, id).await?;
    let sealed = found.report.person.ok_or(Refusal::Nobody)?;
    let person = app.contact_keys()?.open(&seat.city, id, &sealed)?;
    let seen = PeopleSeen { reports: vec![id], how: Look::Contact, reason };
    journal(app, seat, caller, vec![seen]).await?;
    Ok(person)
}

/// Looks are in the journal when this returns, all or none.
pub(super) async fn journal(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    seen: Vec<PeopleSeen>,
) -> Result<(), Refusal> {
    let changes = seen.into_iter().map(Change::PeopleSeen).collect();
    app.commit(&seat.city, caller, Basis::default(), changes).await?;
    Ok(())
}

/// The reason of a look: not empty, and without the numbers and addresses that the journal never holds.
pub(super) fn stated(reason: &str) -> Result<String, Fault> {
    match text::line(reason, NAME_CHARS_MAX) {
        Ok(reason) if reason.is_empty() => {
            Err(Fault::new("reason", "is missing; say for what the contact is needed"))
        }
        Ok(reason) => Ok(masked(&reason)),
        Err(fault) => Err(Fault::new("reason", fault.to_string())),
    }
}
