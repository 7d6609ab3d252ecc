//! On request: all that is kept of a person, and forgetting it. For who runs the service; each is journalled,
//! without what the person was found by.

use crate::app::incidents::standing::Standing;
use crate::app::people::forget::clean;
use crate::app::people::look::{journal, stated};
use crate::app::people::seal::seal_clear;
use crate::app::people::words::{self, read};
use crate::app::refusal::{Fault, Refusal};
use crate::app::reports::CONTACT_CHARS_MAX;
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::change::Change;
use crate::domain::id::{IncidentId, ReportId};
use crate::domain::incidents::docket::Docket;
use crate::domain::incidents::masked::StepMasked;
use crate::domain::reports::people::{Forgetting, Look, PeopleForgotten, PeopleSeen, WordsMasked};
use crate::domain::reports::person::{Handle, Person};
use crate::domain::reports::report::AssignedReport;
use crate::domain::reports::traces::Traces;
use crate::domain::text;
use crate::store::{Basis, CommitError};

/// Most reports of one person.
pub const REPORTS_MAX: usize = 10_000;
/// How many are read, and forgotten, at once.
const PAGE: u32 = 500;
/// How often a page is looked at again that others have changed meanwhile.
const LOOKS_MAX: u32 = 8;

/// Whose reports are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// All that can be found by a telephone number, an e-mail address, an account or a device.
    Handle(Handle),
    /// One report alone.
    Report(ReportId),
}

/// One report of a person.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The report with its assignment.
    pub filed: AssignedReport,
    /// Who stands behind it, or why that cannot be read; `None` when it was forgotten.
    pub person: Option<Result<Person, String>>,
    /// The case behind it.
    pub case: Option<Docket>,
}

/// All that is kept of a person. The look is journalled before this returns.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not; [`Refusal::NoContactKeys`]; [`Refusal::Invalid`] for a missing
/// reason, and for more reports than [`REPORTS_MAX`].
pub async fn export(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    who: &Who,
    reason: &str,
) -> Result<Vec<Kept>, Refusal> {
    must(caller, Operation::ExportPerson)?;
    let mut faults: Vec<Fault> = checked(who).err().into_iter().collect();
    let reason = stated(reason).map_err(|fault| faults.push(fault)).unwrap_or_default();
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults));
    }
    let keys = app.contact_keys()?;
    let mut kept = Vec::new();
    let ids = found(app, seat, who).await?;
    for page in ids.chunks(PAGE as usize) {
        let filed = read(app, seat, page).await?;
        let cases = Standing::read(app, seat, page.iter().copied()).await?;
        for filed in filed {
            let id = filed.report.id;
            let person = match filed.report.person.as_deref() {
                None => None,
                Some(sealed) => match keys.open(&seat.city, id, sealed) {
                    Err(Refusal::Sealed(words)) => Some(Err(words)),
                    opened => Some(Ok(opened?)),
                },
            };
            kept.push(Kept { filed, person, case: cases.behind(id).cloned() });
        }
    }
    if !kept.is_empty() {
        // By pages, so that no entry of the journal grows with what a person told.
        let pages = kept.chunks(PAGE as usize).map(|page| PeopleSeen {
            reports: page.iter().map(|it| it.filed.report.id).collect(),
            how: Look::Export,
            reason: reason.clone(),
        });
        journal(app, seat, caller, pages.collect()).await?;
    }
    Ok(kept)
}

/// How far a person is forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erasing {
    /// Also take numbers and addresses out of the words of the reports and of their places, and of what the public added
    /// to their cases; answers that may point to a person; and what the person is known by out of what staff wrote.
    pub words: bool,
    /// Only tell what would be done.
    pub dry_run: bool,
}

/// What was erased.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// The reports that are meant.
    pub reports: Vec<ReportId>,
    /// Behind so many of them somebody stood.
    pub people: usize,
    /// So many had words or answers with something to take out.
    pub words: usize,
    /// So many steps of their cases had: what the public added, or staff wrote of the person.
    pub steps: usize,
    /// So many pictures came with them; what cameras wrote into them goes.
    pub pictures: usize,
}

/// Forgets a person: contact, account and device, and what cameras wrote into the pictures; links that wait
/// are not followed any more. The reports
/// themselves stay, because the city works on what they tell.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not; [`Refusal::NoContactKeys`]; [`Refusal::Invalid`] for more reports
/// than [`REPORTS_MAX`]; [`Refusal::Busy`] when others change the same again and again. What was erased until
/// then is.
pub async fn erase(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    who: &Who,
    how: Erasing,
) -> Result<Erased, Refusal> {
    must(caller, Operation::ErasePerson)?;
    checked(who).map_err(|fault| Refusal::Invalid(vec![fault]))?;
    let reports = found(app, seat, who).await?;
    let mut done = Erased::default();
    for page in reports.chunks(PAGE as usize) {
        erase_page(app, seat, caller, page, (who, how), &mut done).await?;
    }
    done.reports = reports;
    Ok(done)
}

async fn erase_page(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    page: &[ReportId],
    (who, how): (&Who, Erasing),
    done: &mut Erased,
) -> Result<(), Refusal> {
    if !how.dry_run {
        // First, so that no picture comes behind the back of what is decided below.
        drop_links(app, seat, caller, page).await?;
    }
    for _ in 0..LOOKS_MAX {
        let filed = read(app, seat, page).await?;
        let people: Vec<ReportId> =
            filed.iter().filter(|it| it.report.person.is_some()).map(|it| it.report.id).collect();
        let (masked, steps) =
            if how.words { said(app, seat, who, &filed).await? } else { (Vec::new(), Vec::new()) };
        let pictures = filed.iter().flat_map(|it| &it.report.further.pictures);
        let (of_people, of_words, of_steps) = (people.len(), masked.len(), steps.len());
        if !how.dry_run {
            let gone = PeopleForgotten { reports: people, why: Forgetting::Request };
            let gone = (of_people > 0).then_some(Change::PeopleForgotten(gone));
            let changes: Vec<Change> =
                gone.into_iter().chain(words::changes(masked, steps)).collect();
            if !changes.is_empty() {
                match app.commit(&seat.city, caller, Basis::default(), changes).await {
                    Ok(_) => {}
                    Err(CommitError::Conflict(_)) => continue,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        done.people += of_people;
        done.words += of_words;
        done.steps += of_steps;
        for id in pictures {
            done.pictures += usize::from(how.dry_run || clean(app, &seat.city, caller, id).await?);
        }
        return Ok(());
    }
    Err(Refusal::Busy)
}

/// Links of these reports that wait are followed no more.
async fn drop_links(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    page: &[ReportId],
) -> Result<(), Refusal> {
    let filed = read(app, seat, page).await?;
    let linked = filed.iter().filter(|it| !it.report.further.unfollowed().is_empty());
    let reports: Vec<ReportId> = linked.map(|it| it.report.id).collect();
    if !reports.is_empty() {
        let changes = vec![Change::LinksDropped(reports)];
        app.commit(&seat.city, caller, Basis::default(), changes).await?;
    }
    Ok(())
}

/// What is to be masked of what was said in reports, and in the cases behind them.
async fn said(
    app: &App,
    seat: &Seat,
    who: &Who,
    filed: &[AssignedReport],
) -> Result<(Vec<WordsMasked>, Vec<StepMasked>), Refusal> {
    let mut traces = Traces::default();
    if let Who::Handle(handle) = who {
        traces.add_handle(handle);
    }
    words::trace(app, seat, filed, &mut traces);
    let atlas = seat.atlas()?;
    let catalogue = &atlas.city().catalogue;
    let masked = |it: &AssignedReport| WordsMasked::of(&it.report, &traces, catalogue);
    let masked = filed.iter().filter_map(masked).collect();
    let ids: Vec<ReportId> = filed.iter().map(|it| it.report.id).collect();
    let standing = Standing::read(app, seat, ids.into_iter()).await?;
    let mut cases: Vec<IncidentId> = standing.all().map(|docket| docket.id).collect();
    cases.sort_unstable();
    Ok((masked, words::in_steps(app, seat, &cases, &traces).await?))
}

fn checked(who: &Who) -> Result<(), Fault> {
    let (place, given) = match who {
        Who::Report(_) => return Ok(()),
        Who::Handle(Handle::Contact(given)) => ("contact", given),
        Who::Handle(Handle::Account(given)) => ("account", given),
        Who::Handle(Handle::Device(given)) => ("device", given),
    };
    match text::line(given, CONTACT_CHARS_MAX) {
        Ok(line) if line.is_empty() => Err(Fault::new(place, "is empty")),
        Ok(_) => Ok(()),
        Err(fault) => Err(Fault::new(place, fault.to_string())),
    }
}

/// The reports that are meant, by id.
async fn found(app: &App, seat: &Seat, who: &Who) -> Result<Vec<ReportId>, Refusal> {
    // Whoever stands in clear has no marks yet, and is sealed first.
    seal_clear(app, &seat.city).await?;
    let handle = match who {
        Who::Handle(handle) => handle,
        Who::Report(id) => {
            app.store().report(&seat.city, *id).await?.ok_or(Refusal::NotFound)?;
            return Ok(vec![*id]);
        }
    };
    let marks = app.contact_keys()?.marks(&seat.city, handle);
    let mut all: Vec<ReportId> = Vec::new();
    loop {
        let after = all.last().copied();
        let page = app.store().reports_marked(&seat.city, &marks, after, PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
        if all.len() > REPORTS_MAX {
            let words = format!("is of more than {REPORTS_MAX} reports; that is no one person");
            return Err(Refusal::fault("contact", words));
        }
    }
}
