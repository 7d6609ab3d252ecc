//! Sealing: at the door, of what stands in clear from before, and anew under a newer key.

use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::domain::accounts::{Caller, Role};
use crate::domain::change::Change;
use crate::domain::id::{CityId, ReportId};
use crate::domain::reports::people::{ClearPerson, PersonSealed, Was};
use crate::domain::reports::person::{Person, SealedPerson};
use crate::store::{Basis, CommitError};

/// Most people sealed in one commit.
const PAGE: u32 = 500;
/// How often a page is looked at again that others have changed meanwhile.
const LOOKS_MAX: u32 = 8;

/// A person and the hash of its request as they are kept. Costs nothing where nobody is named.
///
/// # Errors
/// [`Refusal::NoContactKeys`], where somebody is.
pub fn sealed(
    app: &App,
    seat: &Seat,
    report: ReportId,
    person: &Person,
    request_hash: String,
) -> Result<(Option<Box<SealedPerson>>, String), Refusal> {
    if person.is_empty() {
        return Ok((None, request_hash));
    }
    let keys = app.contact_keys()?;
    let sealed = keys.seal(&seat.city, report, person)?;
    Ok((Some(Box::new(sealed)), keys.request_hash(&request_hash)))
}

/// Who seals without being asked.
fn sealer() -> Caller {
    Caller { role: Role::Admin, unit: None, actor: "sealer".to_owned() }
}

/// Seals everybody who stands in clear, as people did before they were sealed; how many those were.
///
/// # Errors
/// [`Refusal::NoContactKeys`] when somebody does and there is no key; [`Refusal::Unavailable`]. What was
/// sealed until then is.
pub async fn seal_clear(app: &App, city: &CityId) -> Result<usize, Refusal> {
    let (mut sealed, mut after) = (0, None);
    let mut looks = 0;
    loop {
        let page = app.store().people_in_clear(city, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(sealed) };
        let last = last.report;
        let keys = app.contact_keys()?;
        let mut people = Vec::with_capacity(page.len());
        for ClearPerson { report, person, request_hash, further } in page {
            if person.is_empty() {
                continue;
            }
            let request_hash = keys.request_hash(&request_hash);
            let was = Was::Clear { request_hash, further };
            people.push(PersonSealed { report, person: keys.seal(city, report, &person)?, was });
        }
        let count = people.len();
        if commit(app, city, people).await? {
            (sealed, after, looks) = (sealed + count, Some(last), 0);
        } else {
            looks += 1;
            if looks > LOOKS_MAX {
                return Err(Refusal::Busy);
            }
        }
    }
}

/// What sealing anew came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Sealed under the first key now, and under an older one before.
    pub anew: usize,
    /// Under the first key already.
    pub current: usize,
    /// Could not be opened, and stay as they are: why, for each.
    pub faults: Vec<String>,
}

/// Seals everybody under the first key who is sealed under an older one, which can be taken away afterwards.
///
/// # Errors
/// [`Refusal::NoContactKeys`], [`Refusal::Unavailable`]. What was sealed until then is.
pub async fn reseal(app: &App, city: &CityId) -> Result<Resealed, Refusal> {
    let keys = app.contact_keys()?;
    let (mut done, mut after, mut looks) = (Resealed::default(), None, 0);
    loop {
        let page = app.store().people(city, after, PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(done) };
        let last = *last;
        let (mut people, mut current, mut faults) = (Vec::new(), 0, Vec::new());
        for (report, before) in page {
            if keys.is_current(&before) {
                current += 1;
                continue;
            }
            match keys.open(city, report, &before) {
                Ok(person) => {
                    let person = keys.seal(city, report, &person)?;
                    people.push(PersonSealed { report, person, was: Was::Sealed(before.sealed) });
                }
                Err(Refusal::Sealed(words)) => faults.push(words),
                Err(refusal) => return Err(refusal),
            }
        }
        let anew = people.len();
        if commit(app, city, people).await? {
            done.anew += anew;
            done.current += current;
            done.faults.extend(faults);
            (after, looks) = (Some(last), 0);
        } else {
            looks += 1;
            if looks > LOOKS_MAX {
                return Err(Refusal::Busy);
            }
        }
    }
}

/// Whether they were sealed; not, when one of them has been forgotten or sealed by others meanwhile.
async fn commit(app: &App, city: &CityId, people: Vec<PersonSealed>) -> Result<bool, Refusal> {
    if people.is_empty() {
        return Ok(true);
    }
    let changes = vec![Change::PeopleSealed(people)];
    match app.commit(city, &sealer(), Basis::default(), changes).await {
        Ok(_) => Ok(true),
        Err(CommitError::Conflict(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
