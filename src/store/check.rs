//! What no store may be asked to keep: looked at once, before any driver, so that all stores refuse
//! the same with the same words.

use std::collections::BTreeSet;
use std::fmt::Display;

use geo_types::Geometry;

use crate::domain::accounts::ApiKey;
use crate::domain::answers::KeptAnswer;
use crate::domain::atlas::city::City;
use crate::domain::atlas::facility::Facility;
use crate::domain::atlas::rule::{Reach, Rule};
use crate::domain::atlas::rule_set::RulesNote;
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::{Plan, Zone};
use crate::domain::change::Change;
use crate::domain::drafts::docket::DraftMoved;
use crate::domain::id::{PictureId, ReportId};
use crate::domain::incidents::docket::{CaseMoved, CaseTimed, Due, NEVER};
use crate::domain::incidents::handover::HandedOver;
use crate::domain::incidents::masked::StepMasked;
use crate::domain::reports::people::Was;
use crate::domain::reports::person::SealedPerson;
use crate::domain::reports::report::{Assignment, Followed, Further, Report};
use crate::domain::reports::reroute::Rerouted;
use crate::domain::text::Names;
use crate::domain::time::Instant;
use crate::domain::webhooks::delivery::Posted;
use crate::domain::webhooks::webhook::Webhook;
use crate::store::promise::{CommitError, Stamp};

/// Most changes in one commit.
pub(super) const CHANGES_MAX: usize = 10_000;

/// Whether every change can be kept by every store.
///
/// # Errors
/// [`CommitError::Conflict`] with what is wrong and where.
pub(super) fn changes(stamp: &Stamp, changes: &[Change]) -> Result<(), CommitError> {
    look(stamp, changes).map_err(CommitError::Conflict)
}

fn look(stamp: &Stamp, changes: &[Change]) -> Result<(), String> {
    text("the actor", &stamp.actor)?;
    whole(changes)?;
    let mut reports = BTreeSet::new();
    let mut keys = BTreeSet::new();
    let mut pictures = BTreeSet::new();
    let mut cases = BTreeSet::new();
    let mut drafts = BTreeSet::new();
    let mut people = BTreeSet::new();
    for change in changes {
        match change {
            Change::CitySet(it) => city(stamp, it)?,
            Change::UnitsSet(them) => {
                once("unit", them.iter().map(|it| &it.id))?;
                them.iter().try_for_each(unit)?;
            }
            Change::UnitsRemoved(ids) => once("unit", ids.iter())?,
            Change::PlanPublished { plan: it, zones } => plan(it, zones)?,
            Change::FacilitiesSet(them) => {
                once("facility", them.iter().map(|it| &it.id))?;
                them.iter().try_for_each(facility)?;
            }
            Change::FacilitiesRemoved(ids) => once("facility", ids.iter())?,
            Change::RulesSet(them) => {
                once("rule", them.iter().map(|it| &it.id))?;
                them.iter().try_for_each(rule)?;
            }
            Change::RulesRemoved(ids) => once("rule", ids.iter())?,
            Change::RulesNoted(told) => rules_noted(told, changes)?,
            Change::ReportFiled { report: it, assignment: to } => {
                filed(it, to, &mut reports, &mut keys)?;
            }
            Change::PictureKept(_) | Change::PicturesCleaned(_) => {
                of_pictures(change, &mut pictures)?;
            }
            Change::LinksFollowed(_)
            | Change::LinksDropped(_)
            | Change::PeopleSeen(_)
            | Change::PeopleForgotten(_)
            | Change::PeopleSealed(_)
            | Change::WordsMasked(_) => of_people(change, &mut people)?,
            Change::StepsMasked(them) => steps_masked(them)?,
            Change::AnswerKept(it) => answer(it)?,
            Change::CaseMoved(it) => {
                case(it)?;
                first(&mut cases, "incident", it.docket.id)?;
            }
            Change::DraftMoved(it) => {
                draft(it)?;
                first(&mut drafts, "draft", it.docket.id)?;
            }
            Change::CasesTimed(them) => cases_timed(them)?,
            Change::HandedOver(it) => handed_over(it)?,
            Change::ReportsRerouted(them) => rerouted(them)?,
            Change::ProposalDismissed(told) => text("a dismissal", &told.words)?,
            Change::KeyIssued(it) => key(it)?,
            Change::KeyRevoked { .. }
            | Change::WebhookRemoved { .. }
            | Change::WordsDone { .. } => {}
            Change::WebhookMade { webhook: it, .. } | Change::WebhookSet(it) => webhook(it)?,
            Change::WebhookPosted(it) => posted(it)?,
            Change::DeliveriesReplayed { seqs, .. } => once("delivery", seqs.iter())?,
        }
    }
    Ok(())
}

/// What is looked at over all changes together.
fn whole(changes: &[Change]) -> Result<(), String> {
    if changes.len() > CHANGES_MAX {
        return Err(format!("{} changes in one commit; at most {CHANGES_MAX}", changes.len()));
    }
    let alone = |it: &&Change| matches!(it, Change::HandedOver(_) | Change::ReportsRerouted(_));
    let kinds: Vec<&str> = changes.iter().filter(alone).map(Change::kind).collect();
    once("change", kinds.iter())?;
    let masked = changes.iter().filter_map(|change| match change {
        Change::WordsMasked(them) => Some(them.iter().map(|it| it.report)),
        _ => None,
    });
    let masked: BTreeSet<ReportId> = masked.flatten().collect();
    // What comes of a link is told beside what stood there before.
    let unmasks =
        |it: &&Change| matches!(it, Change::LinksFollowed(it) if masked.contains(&it.report));
    if let Some(Change::LinksFollowed(it)) = changes.iter().find(unmasks) {
        return Err(format!("report {} is given twice", it.report));
    }
    let keys = changes.iter().filter_map(|change| match change {
        Change::AnswerKept(it) => Some(&it.key),
        _ => None,
    });
    once("idempotency key", keys)
}

fn answer(it: &KeptAnswer) -> Result<(), String> {
    text("an idempotency key", &it.key)?;
    text("an answer", &it.request_hash)
}

fn steps_masked(them: &[StepMasked]) -> Result<(), String> {
    let names: Vec<String> =
        them.iter().map(|it| format!("{} of incident {}", it.revision, it.incident)).collect();
    once("step", names.iter())?;
    them.iter().try_for_each(|it| text("a step's words", &it.carried.words))
}

fn filed<'a>(
    it: &'a Report,
    to: &Assignment,
    reports: &mut BTreeSet<ReportId>,
    keys: &mut BTreeSet<&'a String>,
) -> Result<(), String> {
    report(it)?;
    assignment(it, to)?;
    if !reports.insert(it.id) {
        return Err(format!("report {} is given twice", it.id));
    }
    if it.idempotency_key.as_ref().is_some_and(|key| !keys.insert(key)) {
        return Err(format!("report {} repeats an idempotency key", it.id));
    }
    Ok(())
}

fn rules_noted(told: &RulesNote, changes: &[Change]) -> Result<(), String> {
    text("the note on the rules", &told.note)?;
    let other = |it: &Change| matches!(it, Change::RulesSet(_) | Change::RulesRemoved(_));
    if changes.iter().any(other) {
        Ok(())
    } else {
        Err("a note on the rules goes with a change of them".to_owned())
    }
}

fn cases_timed(them: &[CaseTimed]) -> Result<(), String> {
    once("incident", them.iter().map(|it| &it.id))?;
    let ends = |at: Option<Instant>| at == Some(NEVER);
    let never = |due: &Due| ends(due.at) || ends(due.whole_at) || ends(due.escalates_at);
    match them.iter().find(|it| never(&it.due)) {
        Some(it) => Err(format!("incident {} is due at the end of time", it.id)),
        None => Ok(()),
    }
}

fn handed_over(it: &HandedOver) -> Result<(), String> {
    once("incident", it.handed.iter().map(|handed| &handed.incident))?;
    once("incident", it.rezoned.iter().map(|rezoned| &rezoned.incident))?;
    let plan = it.seen.plan + 1;
    if it.now <= it.seen || it.now.plan > plan || it.handed.iter().any(|of| of.plan != plan) {
        return Err(format!("a hand-over with plan {plan} goes on, and to no other plan"));
    }
    Ok(())
}

fn rerouted(them: &[Rerouted]) -> Result<(), String> {
    once("report", them.iter().map(|it| &it.to.report))?;
    them.iter().try_for_each(|it| {
        if it.to.turn < 2 {
            return Err(format!("a further assignment of report {} is its first", it.to.report));
        }
        numbers(&it.to)
    })
}

/// Pictures; a commit does one thing to each.
fn of_pictures(change: &Change, pictures: &mut BTreeSet<PictureId>) -> Result<(), String> {
    let mut first = |id: &PictureId, sha256: &str| {
        text("a picture's hash", sha256)?;
        if pictures.insert(id.clone()) {
            Ok(())
        } else {
            Err(format!("picture {id} is given twice"))
        }
    };
    match change {
        Change::PictureKept(it) => first(&it.id, &it.sha256),
        Change::PicturesCleaned(them) => them.iter().try_for_each(|it| first(&it.id, &it.sha256)),
        _ => Ok(()),
    }
}

/// What is done to people and to links that wait, which go with them; a commit does one thing to each.
fn of_people(change: &Change, people: &mut BTreeSet<ReportId>) -> Result<(), String> {
    let mut first = |id: ReportId| first(people, "report", id);
    match change {
        Change::LinksFollowed(it) => {
            first(it.report)?;
            let turns = it.seen..=it.seen.saturating_add(1);
            if it.attempts == 0 || !turns.contains(&it.attempts) {
                let words = "an attempt at links is the one that was looked at, or the next";
                return Err(words.to_owned());
            }
            it.further.as_ref().map_or(Ok(()), |told| further("what a report tells", told))
        }
        Change::LinksDropped(reports) => reports.iter().try_for_each(|id| first(*id)),
        Change::PeopleSeen(it) => text("the reason of a look", &it.reason),
        Change::PeopleForgotten(it) => it.reports.iter().try_for_each(|id| first(*id)),
        Change::PeopleSealed(them) => them.iter().try_for_each(|it| {
            let what = format!("report {}", it.report);
            first(it.report)?;
            person(&what, &it.person)?;
            match &it.was {
                Was::Sealed(before) => text(&what, before),
                Was::Clear { request_hash, further: told } => {
                    text(&what, request_hash)?;
                    further(&what, told)
                }
            }
        }),
        Change::WordsMasked(them) => {
            once("report", them.iter().map(|it| &it.report))?;
            them.iter().try_for_each(|it| {
                text("a report's words", &it.words)?;
                further("what a report tells", &it.further)
            })
        }
        _ => Ok(()),
    }
}

fn city(stamp: &Stamp, city: &City) -> Result<(), String> {
    if city.id != stamp.city {
        return Err(format!("city {} cannot be set in a commit for {}", city.id, stamp.city));
    }
    names("the city", &city.names)?;
    text("the time zone", &city.time_zone)?;
    finite("the confidence floor", city.confidence_floor)?;
    finite("the assumed accuracy", city.assumed_accuracy_m)
}

fn unit(unit: &Unit) -> Result<(), String> {
    names(&format!("unit {}", unit.id), &unit.names)
}

fn plan(plan: &Plan, zones: &[Zone]) -> Result<(), String> {
    text("the plan's note", &plan.note)?;
    once("zone", zones.iter().map(|it| &it.id))?;
    for zone in zones {
        let what = format!("zone {}", zone.id);
        names(&what, &zone.names)?;
        polygons(&what, &zone.area.0)?;
    }
    Ok(())
}

fn facility(facility: &Facility) -> Result<(), String> {
    let what = format!("facility {}", facility.id);
    names(&what, &facility.names)?;
    geometry(&what, &facility.geometry)
}

fn rule(rule: &Rule) -> Result<(), String> {
    let what = format!("rule {}", rule.id);
    names(&what, &rule.names)?;
    match &rule.reach {
        Reach::Component { within_m, .. } => finite(&what, *within_m),
        Reach::Line { line, buffer_m } => {
            finite(&what, *buffer_m)?;
            geometry(&what, line)
        }
        Reach::Ring { radius_m, .. } => finite(&what, *radius_m),
        Reach::Area { area } => geometry(&what, area),
        Reach::Everywhere => Ok(()),
    }
}

fn report(report: &Report) -> Result<(), String> {
    let what = format!("report {}", report.id);
    text(&what, &report.source)?;
    text(&what, &report.words)?;
    text(&what, &report.request_hash)?;
    report.person.as_ref().map_or(Ok(()), |it| person(&what, it))?;
    text(&what, report.idempotency_key.as_deref().unwrap_or_default())?;
    further(&what, &report.further)?;
    report.accuracy_m.map_or(Ok(()), |it| finite(&what, it))
}

fn person(what: &str, it: &SealedPerson) -> Result<(), String> {
    once("mark", it.marks.iter())?;
    std::iter::once(&it.sealed).chain(&it.marks).try_for_each(|one| text(what, one))
}

fn further(what: &str, it: &Further) -> Result<(), String> {
    let answers = it.answers.iter().flat_map(|(code, given)| std::iter::once(code).chain(given));
    [&it.address, &it.address_id]
        .into_iter()
        .flatten()
        .chain(answers)
        .chain(&it.links)
        .chain(it.followed.keys())
        .chain(it.followed.values().filter_map(Followed::words))
        .try_for_each(|told| text(what, told))
}

fn assignment(report: &Report, to: &Assignment) -> Result<(), String> {
    let what = format!("the assignment of report {}", report.id);
    if to.report != report.id || to.turn != 1 {
        return Err(format!("{what} is that of report {}, turn {}", to.report, to.turn));
    }
    numbers(to)
}

fn numbers(to: &Assignment) -> Result<(), String> {
    let what = format!("the assignment of report {}", to.report);
    text(&what, &to.rule)?;
    text(&what, &to.actor)?;
    finite(&what, to.confidence)?;
    to.border_m.map_or(Ok(()), |it| finite(&what, it))
}

/// The steps must be those that lead from the revision it was decided on to the one it is at.
fn case(moved: &CaseMoved) -> Result<(), String> {
    let CaseMoved { docket, seen, steps, .. } = moved;
    let what = format!("incident {}", docket.id);
    let in_turn = (seen + 1..=docket.revision).eq(steps.iter().map(|step| step.revision));
    if steps.is_empty() || !in_turn || steps.iter().any(|step| step.incident != docket.id) {
        return Err(format!(
            "{what} is at revision {} and was at {seen}; its steps do not lead from there to here",
            docket.revision
        ));
    }
    if [docket.due_at, docket.whole_due_at, docket.escalates_at].contains(&Some(NEVER)) {
        return Err(format!("{what} is due at the end of time; leave the deadline out"));
    }
    text(&what, &docket.matter.source)?;
    steps.iter().try_for_each(|step| {
        text(&what, &step.actor)?;
        text(&what, &step.carried.words)
    })
}

/// The steps must be those that lead from the revision it was decided on to the one it is at.
fn draft(moved: &DraftMoved) -> Result<(), String> {
    let DraftMoved { docket, seen, steps } = moved;
    let what = format!("draft {}", docket.id);
    let in_turn = (seen + 1..=docket.revision).eq(steps.iter().map(|step| step.revision));
    if steps.is_empty() || !in_turn || steps.iter().any(|step| step.draft != docket.id) {
        return Err(format!(
            "{what} is at revision {} and was at {seen}; its steps do not lead from there to here",
            docket.revision
        ));
    }
    text(&what, &docket.name)?;
    text(&what, &docket.owner)?;
    steps.iter().try_for_each(|step| {
        text(&what, &step.actor)?;
        text(&what, step.deed.words())
    })
}

fn key(key: &ApiKey) -> Result<(), String> {
    let what = format!("key {}", key.id);
    text(&what, &key.hash)?;
    text(&what, &key.label)
}

fn webhook(webhook: &Webhook) -> Result<(), String> {
    let what = format!("webhook {}", webhook.id);
    text(&what, &webhook.url)?;
    text(&what, &webhook.label)?;
    text(&what, &webhook.secret)?;
    text(&what, webhook.former.as_ref().map_or("", |former| &former.secret))?;
    if webhook.revision == 0 {
        return Err(format!("{what} has the revision 0; the first is 1"));
    }
    Ok(())
}

fn posted(it: &Posted) -> Result<(), String> {
    let what = format!("what was posted for webhook {}", it.webhook);
    text(&what, &it.holder)?;
    once("delivery", it.kept.iter().map(|kept| &kept.seq).chain(&it.done))?;
    if it.holder.is_empty() || it.read_to < it.seen {
        return Err(format!("{what} goes back to {} or has no holder", it.read_to));
    }
    for kept in &it.kept {
        text(&what, &kept.fault)?;
        if kept.webhook != it.webhook {
            return Err(format!("{what} holds a delivery of webhook {}", kept.webhook));
        }
    }
    Ok(())
}

fn names(what: &str, names: &Names) -> Result<(), String> {
    text(what, &names.zh)?;
    text(what, &names.en)
}

fn text(what: &str, text: &str) -> Result<(), String> {
    if text.contains('\0') {
        return Err(format!("{what} holds the character U+0000, which no store keeps"));
    }
    Ok(())
}

fn finite(what: &str, number: f64) -> Result<(), String> {
    if number.is_finite() { Ok(()) } else { Err(format!("{what} holds the number {number}")) }
}

fn first<Id: Ord + Copy + Display>(
    seen: &mut BTreeSet<Id>,
    what: &str,
    id: Id,
) -> Result<(), String> {
    if seen.insert(id) { Ok(()) } else { Err(format!("{what} {id} is given twice")) }
}

fn once<'a, Id: Ord + Display + 'a>(
    what: &str,
    ids: impl Iterator<Item = &'a Id>,
) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(format!("{what} {id} is given twice"));
        }
    }
    Ok(())
}

/// Stored kinds only, no empty part, no NaN: PostGIS would keep NaN and read an empty point as one.
fn geometry(what: &str, geometry: &Geometry<f64>) -> Result<(), String> {
    match geometry {
        Geometry::Point(it) => coords(what, std::iter::once(it.0)),
        Geometry::LineString(it) => coords(what, it.coords().copied()),
        Geometry::Polygon(it) => polygons(what, std::slice::from_ref(it)),
        Geometry::MultiPoint(it) => coords(what, it.iter().map(|point| point.0)),
        Geometry::MultiLineString(it) => {
            if it.0.is_empty() {
                return Err(format!("{what} has an empty geometry"));
            }
            it.iter().try_for_each(|line| coords(what, line.coords().copied()))
        }
        Geometry::MultiPolygon(it) => polygons(what, &it.0),
        Geometry::Line(_)
        | Geometry::Rect(_)
        | Geometry::Triangle(_)
        | Geometry::GeometryCollection(_) => {
            Err(format!("{what} has a geometry that is neither points, lines nor polygons"))
        }
    }
}

fn polygons(what: &str, polygons: &[geo_types::Polygon<f64>]) -> Result<(), String> {
    if polygons.is_empty() {
        return Err(format!("{what} has an empty geometry"));
    }
    for polygon in polygons {
        coords(what, polygon.exterior().coords().copied())?;
        for ring in polygon.interiors() {
            coords(what, ring.coords().copied())?;
        }
    }
    Ok(())
}

fn coords(what: &str, coords: impl Iterator<Item = geo_types::Coord<f64>>) -> Result<(), String> {
    let mut none = true;
    for at in coords {
        none = false;
        if !(at.x.is_finite() && at.y.is_finite()) {
            return Err(format!("{what} has the coordinate {}, {}", at.x, at.y));
        }
    }
    if none { Err(format!("{what} has an empty geometry")) } else { Ok(()) }
}
