//! Reports: may I? -> decide on the atlas in force -> commit, and again when it moved meanwhile.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::app::clock;
use crate::app::incidents::standing::{Standing, concerns};
use crate::app::keyring::hex;
use crate::app::locate::{self, Place};
use crate::app::once::{Once, lawful, own_key};
use crate::app::people::seal::sealed;
use crate::app::refusal::{Fault, Refusal};
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation, Scope};
use crate::domain::change::Change;
use crate::domain::id::{CategoryCode, ReportId, UnitId, ZoneId};
use crate::domain::incidents::docket::{IncidentKey, IncidentOrder, incident_of, report_of};
use crate::domain::reports::person::Person;
use crate::domain::reports::picture::{Media, Picture};
use crate::domain::reports::report::{AssignedReport, Further, Report};
use crate::domain::reports::routing::assign::assign;
use crate::domain::text::{self, WORDS_CHARS_MAX};
use crate::domain::time::Instant;
use crate::store::{Basis, CommitError, IncidentFilter, ReportFilter, ReportKey};

/// How often a decision is made again on an atlas that moved.
const DECISIONS_MAX: u32 = 8;
/// Longest source, in characters.
pub const SOURCE_CHARS_MAX: usize = 64;
/// Longest contact, in characters.
pub const CONTACT_CHARS_MAX: usize = 200;
/// Most reports on one page.
pub const PAGE_MAX: u32 = 1_000;
/// How far (µs) ahead of our clock a report may say that it happened: clocks of phones are off.
const AHEAD_US_MAX: i64 = 24 * 3_600 * 1_000_000;

/// What somebody tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Telling {
    /// Through which door.
    pub source: String,
    /// What it is about.
    pub category: Option<CategoryCode>,
    /// Where.
    pub place: Place,
    /// What was said.
    pub words: String,
    /// When it happened; `None`: now.
    pub happened_at: Option<Instant>,
    /// Who tells it; account and device checked by who took them in.
    pub person: Person,
    /// What else was told; checked by who took it in, pictures left out.
    pub further: Further,
    /// Pictures that came with it, checked by who took them in.
    pub pictures: Vec<(Media, Arc<[u8]>)>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Filed {
    /// The report with its assignment.
    pub filed: AssignedReport,
    /// Whether it had been filed before under the same key.
    pub again: bool,
}

/// Stores a report durably and assigns it. The same key with the same body gives the same report.
///
/// # Errors
/// [`Refusal::Invalid`] with every fault; [`Refusal::KeyReused`]; [`Refusal::Moved`] when the atlas
/// moved at each of several decisions; [`Refusal::Unavailable`], after which it is not known whether the
/// report was filed: ask again with the same key.
pub async fn file(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    telling: Telling,
    once: Once,
) -> Result<Filed, Refusal> {
    must(caller, Operation::FileReport)?;
    let now = app.now();
    let mut telling = telling;
    let pictures = std::mem::take(&mut telling.pictures);
    let mut report = checked(app, seat, caller, telling, once, now)?;
    let pictures = kept(&mut report, pictures);
    for _ in 0..DECISIONS_MAX {
        let atlas = seat.atlas()?;
        let assignment = assign(&atlas, &report, now);
        let basis = Basis { atlas_version: Some(atlas.version()) };
        let change = Change::ReportFiled { report: report.clone(), assignment: assignment.clone() };
        let changes = std::iter::once(change).chain(pictures.iter().cloned()).collect();
        match app.commit(&seat.city, caller, basis, changes).await {
            Ok(_) => {
                return Ok(Filed { filed: AssignedReport { report, assignment }, again: false });
            }
            Err(CommitError::Moved { .. }) => app.refresh_city(&seat.city).await?,
            Err(CommitError::KeyUsed { report: earlier, request_hash }) => {
                return filed_before(app, seat, earlier, &request_hash, &report).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Refusal::Moved)
}

/// The pictures as they are kept, in the same commit; the report names them.
fn kept(report: &mut Report, given: Vec<(Media, Arc<[u8]>)>) -> Vec<Change> {
    let mut changes = Vec::with_capacity(given.len());
    for (media, bytes) in given {
        let picture = Picture {
            id: clock::picture_id(),
            report: report.id,
            media,
            sha256: hex(&Sha256::digest(&bytes)),
            received_at: report.received_at,
            bytes,
        };
        report.further.pictures.push(picture.id.clone());
        changes.push(Change::PictureKept(picture));
    }
    changes
}

async fn filed_before(
    app: &App,
    seat: &Seat,
    earlier: ReportId,
    earlier_hash: &str,
    report: &Report,
) -> Result<Filed, Refusal> {
    if earlier_hash != report.request_hash {
        return Err(Refusal::KeyReused);
    }
    match app.store().report(&seat.city, earlier).await? {
        Some(filed) => Ok(Filed { filed: as_answered(app, seat, filed).await?, again: true }),
        None => Err(Refusal::Conflict(format!("report {earlier} was filed and is gone"))),
    }
}

/// A report with the assignment that its filer was told: a repeat is answered as the first was, though the
/// report has gone elsewhere since.
pub(super) async fn as_answered(
    app: &App,
    seat: &Seat,
    mut filed: AssignedReport,
) -> Result<AssignedReport, Refusal> {
    if filed.assignment.turn > 1 {
        let all = app.store().assignments(&seat.city, filed.report.id).await?;
        if let Some(first) = all.into_iter().next() {
            filed.assignment = first;
        }
    }
    Ok(filed)
}

/// A report of what was told, or every fault of it.
pub(super) fn checked(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    telling: Telling,
    once: Once,
    now: Instant,
) -> Result<Report, Refusal> {
    let mut faults = Vec::new();
    let atlas = seat.atlas()?;
    let position = locate::enter(&atlas, &telling.place);
    let source = text::line(&telling.source, SOURCE_CHARS_MAX);
    let words = text::words(&telling.words, WORDS_CHARS_MAX);
    let mut person = telling.person;
    let contact = person.contact.take().map(|raw| text::line(&raw, CONTACT_CHARS_MAX)).transpose();
    let key = once.key.map(|raw| lawful(&raw)).transpose();
    if let Err(found) = &position {
        faults.extend(found.iter().cloned());
    }
    let texts = [
        ("source", source.as_ref().err()),
        ("words", words.as_ref().err()),
        ("contact", contact.as_ref().err()),
    ];
    faults.extend(
        texts
            .into_iter()
            .filter_map(|(place, fault)| fault.map(|fault| Fault::new(place, fault.to_string()))),
    );
    faults.extend(key.as_ref().err().map(|words| Fault::new("Idempotency-Key", words.as_str())));
    let happened_at = telling.happened_at.unwrap_or(now);
    if happened_at.0 > now.0.saturating_add(AHEAD_US_MAX) {
        let words = format!(
            "lies more than a day after now, {}; say when it happened, with its offset, or leave it out",
            now.rfc3339()
        );
        faults.push(Fault::new("happened_at", words));
    }
    match (position, source, words, contact, key) {
        (Ok(position), Ok(source), Ok(words), Ok(contact), Ok(key)) if faults.is_empty() => {
            person.contact = contact.filter(|contact| !contact.is_empty());
            let id = clock::report_id();
            let (person, request_hash) = sealed(app, seat, id, &person, once.request_hash)?;
            Ok(Report {
                id,
                source: if source.is_empty() { "api".to_owned() } else { source },
                category: telling.category,
                position,
                given_crs: telling.place.crs,
                accuracy_m: telling.place.accuracy_m,
                words,
                happened_at,
                received_at: now,
                person,
                idempotency_key: key.map(|key| own_key(caller, &key)),
                request_hash,
                further: telling.further,
            })
        }
        _ => Err(Refusal::Invalid(faults)),
    }
}

/// One report, when the caller's scope holds it.
///
/// # Errors
/// [`Refusal::NotFound`] for what does not exist and for what the caller may not see alike.
pub async fn get(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: ReportId,
) -> Result<AssignedReport, Refusal> {
    must(caller, Operation::GetReport)?;
    let found = app.store().report(&seat.city, id).await?.ok_or(Refusal::NotFound)?;
    let seen = match caller.scope() {
        Scope::Nothing => false,
        Scope::Everything => true,
        Scope::Unit(unit) => concerns(app, seat, &unit, &found).await?,
    };
    if seen { Ok(found) } else { Err(Refusal::NotFound) }
}

/// Which reports are asked for; every condition given must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// In this zone.
    pub zone: Option<ZoneId>,
    /// Assigned to this unit, or beside it; to a unit itself, all that is its own to see.
    pub unit: Option<UnitId>,
    /// Of this category or below it.
    pub category: Option<CategoryCode>,
    /// Received at or after.
    pub from: Option<Instant>,
    /// Received before.
    pub to: Option<Instant>,
    /// Only those that wait for a dispatcher, or only those that do not.
    pub for_dispatcher: Option<bool>,
    /// Behind this place of the list: when that report was received, and its id.
    pub after: Option<(Instant, ReportId)>,
    /// At most so many.
    pub limit: u32,
}

/// Reports of the caller's scope, newest first.
///
/// # Errors
/// [`Refusal::NotFound`] for a caller without a scope.
pub async fn list(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    wanted: Wanted,
) -> Result<Vec<AssignedReport>, Refusal> {
    must(caller, Operation::ListReports)?;
    let (own, unit) = match (caller.scope(), wanted.unit) {
        (Scope::Nothing, _) => return Err(Refusal::NotFound),
        (Scope::Everything, unit) => (None, unit),
        (Scope::Unit(own), Some(unit)) if own != unit => return Ok(Vec::new()),
        (Scope::Unit(own), _) => (Some(own), None),
    };
    let filter = ReportFilter {
        zone: wanted.zone,
        unit,
        categories: wanted.category.into_iter().collect(),
        from: wanted.from,
        to: wanted.to,
        for_dispatcher: wanted.for_dispatcher,
        ..ReportFilter::default()
    };
    let after = wanted.after.map(|(received_at, id)| ReportKey { received_at, id });
    let limit = wanted.limit.min(PAGE_MAX + 1);
    match own {
        Some(own) => of_unit(app, seat, &own, &filter, after, limit).await,
        None => Ok(app.store().reports(&seat.city, &filter, after, limit).await?),
    }
}

/// Reports that are a unit's to see, newest first: those that the rules gave it and that no case has taken elsewhere,
/// and those whose cases came to it. The two lists stand in one order, because a case is opened when its report was
/// received; they are read side by side, no further than both were read.
async fn of_unit(
    app: &App,
    seat: &Seat,
    unit: &UnitId,
    filter: &ReportFilter,
    mut after: Option<ReportKey>,
    limit: u32,
) -> Result<Vec<AssignedReport>, Refusal> {
    let assigned = ReportFilter { unit: Some(unit.clone()), ..filter.clone() };
    let cases = IncidentFilter {
        unit: Some(unit.clone()),
        category: filter.categories.first().cloned(),
        opened_from: filter.from,
        opened_to: filter.to,
        ..IncidentFilter::default()
    };
    let (store, city) = (app.store(), &seat.city);
    let mut found: Vec<AssignedReport> = Vec::new();
    loop {
        let filed = store.reports(city, &assigned, after, limit).await?;
        let place = after.map(|it| IncidentKey { at: it.received_at, id: incident_of(it.id) });
        let held = store.incidents(city, &cases, IncidentOrder::Newest, place, limit).await?;
        let whole = |read: usize| read >= limit as usize;
        let ends = [
            filed.last().filter(|_| whole(filed.len())).map(key),
            held.last().filter(|_| whole(held.len())).map(|it| {
                let at = IncidentOrder::Newest.key(it);
                ReportKey { received_at: at.at, id: report_of(at.id) }
            }),
        ];
        let end = ends.into_iter().flatten().max();
        let known: BTreeSet<ReportId> = filed.iter().map(|it| it.report.id).collect();
        let ids: Vec<ReportId> =
            held.iter().map(|it| report_of(it.id)).filter(|id| !known.contains(id)).collect();
        let mut page = filed;
        if !ids.is_empty() {
            let came = ReportFilter { ids, ..filter.clone() };
            page.extend(store.reports(city, &came, None, limit).await?);
        }
        page.retain(|it| {
            after.is_none_or(|after| key(it) < after) && end.is_none_or(|end| key(it) >= end)
        });
        let standing = Standing::read(app, seat, page.iter().map(|it| it.report.id)).await?;
        page.retain(|it| standing.concerns(unit, it));
        page.sort_unstable_by_key(|it| Reverse(key(it)));
        found.extend(page);
        if end.is_none() || found.len() >= limit as usize {
            found.truncate(limit as usize);
            return Ok(found);
        }
        after = end;
    }
}

/// The place of a report in a list.
fn key(filed: &AssignedReport) -> ReportKey {
    ReportKey { received_at: filed.report.received_at, id: filed.report.id }
}
