//! The store that forgets: plain maps behind a lock. It is the oracle of the suite, so it says what
//! the promise means in the fewest words.

mod answers;
mod answers_asked;
mod cases;
mod drafts;
mod people;
mod past;
mod plans;
mod people_asked;
mod links;
mod links_asked;
mod heard;
mod public;
mod follow;
mod sift;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use crate::domain::accounts::ApiKey;
use crate::domain::atlas::city::{City, CityState};
use crate::domain::atlas::facility::Facility;
use crate::domain::atlas::rule::Rule;
use crate::domain::atlas::rule_set::RuleSet;
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::{Plan, Zone};
use crate::domain::change::{Change, JournalEntry};
use crate::domain::drafts::docket::DraftDocket;
use crate::domain::drafts::step::DraftStep;
use crate::domain::id::{
    CityId, DraftId, FacilityId, IncidentId, KeyId, PictureId, ReportId, RuleId, UnitId, WebhookId,
};
use crate::domain::incidents::docket::{Docket, IncidentKey, IncidentOrder};
use crate::domain::incidents::proposals::Dismissed;
use crate::domain::incidents::step::Step;
use crate::domain::reports::picture::Picture;
use crate::domain::reports::rehearse::Told;
use crate::domain::reports::report::AssignedReport;
use crate::domain::time::Instant;
use crate::domain::webhooks::delivery::Delivery;
use crate::domain::webhooks::webhook::Standing;
use crate::store::mailroom::Mailroom;
use crate::store::memory::answers::Beside;
use crate::store::memory::follow::{
    cases_follow, drafts_follow, drafts_keep, plans_follow, steps_follow, turns_follow,
};
use crate::store::memory::heard::Heard;
use crate::store::memory::links::Links;
use crate::store::memory::past::Past;
use crate::store::memory::sift::{remove, stands, wants, wants_incident};
use crate::store::promise::{
    Basis, CommitError, DeliveryFilter, Head, IncidentFilter, ReportFilter, ReportKey, Stamp,
    rows_at_most,
};
use crate::store::{atlas, history, words};

/// All cities of one process.
#[derive(Clone, Default)]
pub(super) struct Memory(Arc<RwLock<BTreeMap<CityId, Held>>>);

#[derive(Default)]
struct Held {
    head: Head,
    small: Small,
    /// By atlas version.
    former: BTreeMap<i64, Small>,
    rule_sets: BTreeMap<i64, RuleSet>,
    reports: BTreeMap<ReportId, AssignedReport>,
    by_time: BTreeSet<ReportKey>,
    by_key: BTreeMap<String, ReportId>,
    pictures: BTreeMap<PictureId, Picture>,
    /// Pictures whose original is gone.
    cleaned: BTreeSet<PictureId>,
    waiting: BTreeSet<ReportId>,
    links: Links,
    incidents: BTreeMap<IncidentId, (Docket, Vec<Step>)>,
    heard: Heard,
    dismissed: BTreeMap<RuleId, Dismissed>,
    drafts: BTreeMap<DraftId, (DraftDocket, Vec<DraftStep>)>,
    journal: Vec<JournalEntry>,
    past: Past,
    beside: Beside,
}

/// What is small enough to be copied before a commit, and put in place when all of it succeeded.
#[derive(Clone, Default)]
struct Small {
    city: Option<City>,
    plan: Option<Plan>,
    zones: Vec<Zone>,
    units: BTreeMap<UnitId, Unit>,
    /// There may be very many, and every version keeps them.
    facilities: Arc<BTreeMap<FacilityId, Facility>>,
    rules: BTreeMap<RuleId, Rule>,
    keys: BTreeMap<KeyId, ApiKey>,
    mail: Mailroom,
}

impl Memory {
    pub(super) fn cities(&self) -> Vec<CityId> {
        self.read(|cities| cities.keys().cloned().collect())
    }

    pub(super) fn load(&self, city: &CityId) -> Option<CityState> {
        self.held(city, |held| held.small.state(held.head.atlas_version))
    }

    pub(super) fn load_at(&self, city: &CityId, version: i64) -> Option<CityState> {
        self.held(city, |held| held.former.get(&version)?.state(version))
    }

    pub(super) fn rules_at(&self, city: &CityId, version: i64) -> Vec<Rule> {
        self.held(city, |held| Some(held.former.get(&version)?.rules.values().cloned().collect()))
            .unwrap_or_default()
    }

    pub(super) fn rule_sets(&self, city: &CityId, until: i64, limit: u32) -> Vec<RuleSet> {
        self.held(city, |held| {
            let found = held.rule_sets.range(..=until).rev().map(|(_, it)| it.clone());
            Some(found.take(rows_at_most(limit)).collect())
        })
        .unwrap_or_default()
    }

    pub(super) fn head(&self, city: &CityId) -> Option<Head> {
        self.held(city, |held| Some(held.head))
    }

    pub(super) fn commit(
        &self,
        stamp: &Stamp,
        basis: Basis,
        changes: &[Change],
    ) -> Result<Head, CommitError> {
        let mut cities = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let fresh = Held::default();
        let held = cities.get(&stamp.city).unwrap_or(&fresh);
        for change in changes {
            if let Change::ReportFiled { report, .. } = change
                && let Some(earlier) =
                    report.idempotency_key.as_ref().and_then(|key| held.by_key.get(key))
                && let Some(earlier) = held.reports.get(earlier)
            {
                let earlier = &earlier.report;
                let request_hash = earlier.request_hash.clone();
                return Err(CommitError::KeyUsed { report: earlier.id, request_hash });
            }
        }
        if let Some(earlier) = held.beside.answered(changes) {
            return Err(CommitError::AnsweredBefore(earlier.clone()));
        }
        let made_here = matches!(changes.first(), Some(Change::CitySet(_)));
        if held.small.city.is_none() && !made_here {
            return Err(CommitError::NoCity(stamp.city.clone()));
        }
        let now = held.head.atlas_version;
        if basis.atlas_version.is_some_and(|read| read != now) {
            return Err(CommitError::Moved { now });
        }
        for change in changes {
            if let Change::ReportFiled { report, .. } = change
                && held.reports.contains_key(&report.id)
            {
                return Err(CommitError::Conflict(words::taken("report", &report.id)));
            }
        }
        for change in changes {
            if let Change::PictureKept(picture) = change
                && held.pictures.contains_key(&picture.id)
            {
                return Err(CommitError::Conflict(words::taken("picture", &picture.id)));
            }
        }
        let last = held.small.plan.as_ref().map_or(0, |plan| plan.version);
        plans_follow(last, changes).map_err(CommitError::Conflict)?;
        let small = in_turn(held, changes)?;
        cases_follow(&held.waiting, &held.incidents, changes).map_err(CommitError::Conflict)?;
        let held = cities.entry(stamp.city.clone()).or_default();
        if let Some(small) = small {
            held.small = small;
        }
        held.keep(stamp, changes);
        Ok(held.head)
    }

    pub(super) fn report(&self, city: &CityId, id: ReportId) -> Option<AssignedReport> {
        self.held(city, |held| held.reports.get(&id).cloned())
    }

    pub(super) fn picture(&self, city: &CityId, id: &PictureId) -> Option<Picture> {
        self.held(city, |held| held.pictures.get(id).cloned())
    }

    pub(super) fn reports(
        &self,
        city: &CityId,
        filter: &ReportFilter,
        after: Option<ReportKey>,
        limit: u32,
    ) -> Vec<AssignedReport> {
        self.held(city, |held| {
            let newest_first = held.by_time.iter().rev();
            let behind = newest_first.filter(|key| after.is_none_or(|after| **key < after));
            let wanted = behind
                .filter_map(|key| held.reports.get(&key.id))
                .filter(|it| wants(filter, it))
                .filter(|it| stands(&held.incidents, filter.case, &it.report))
                .take(rows_at_most(limit));
            Some(wanted.cloned().collect())
        })
        .unwrap_or_default()
    }

    pub(super) fn filed_under(
        &self,
        city: &CityId,
        keys: &[String],
    ) -> HashMap<String, (ReportId, String)> {
        let found = |held: &Held, key: &String| {
            let id = *held.by_key.get(key)?;
            Some((key.clone(), (id, held.reports.get(&id)?.report.request_hash.clone())))
        };
        self.held(city, |held| Some(keys.iter().filter_map(|key| found(held, key)).collect()))
            .unwrap_or_default()
    }

    pub(super) fn told(
        &self,
        city: &CityId,
        since: Instant,
        after: Option<ReportKey>,
        limit: u32,
    ) -> Vec<Told> {
        self.held(city, |held| {
            let behind = held
                .by_time
                .iter()
                .filter(|key| key.received_at >= since && after.is_none_or(|after| **key > after));
            let found = behind.filter_map(|key| held.reports.get(&key.id));
            let told = found.map(|AssignedReport { report, .. }| Told {
                id: report.id,
                received_at: report.received_at,
                happened_at: report.happened_at,
                category: report.category.clone(),
                accuracy_m: report.accuracy_m,
                position: report.position,
            });
            Some(told.take(rows_at_most(limit)).collect())
        })
        .unwrap_or_default()
    }

    pub(super) fn waiting(&self, city: &CityId, limit: u32) -> Vec<AssignedReport> {
        self.held(city, |held| {
            let waiting = held.waiting.iter().filter_map(|id| held.reports.get(id));
            Some(waiting.take(rows_at_most(limit)).cloned().collect())
        })
        .unwrap_or_default()
    }

    pub(super) fn incident(&self, city: &CityId, id: IncidentId) -> Option<(Docket, Vec<Step>)> {
        self.held(city, |held| held.incidents.get(&id).cloned())
    }

    pub(super) fn incidents_of(&self, city: &CityId, ids: &[IncidentId]) -> Vec<Docket> {
        let ids: BTreeSet<&IncidentId> = ids.iter().collect();
        self.held(city, |held| {
            let found = ids.iter().filter_map(|id| held.incidents.get(id));
            Some(found.map(|(docket, _)| docket.clone()).collect())
        })
        .unwrap_or_default()
    }

    pub(super) fn steps_of(&self, city: &CityId, ids: &[IncidentId]) -> Vec<Step> {
        let ids: BTreeSet<&IncidentId> = ids.iter().collect();
        self.held(city, |held| {
            let found = ids.iter().filter_map(|id| held.incidents.get(id));
            Some(found.flat_map(|(_, steps)| steps.iter().cloned()).collect())
        })
        .unwrap_or_default()
    }

    pub(super) fn timed_otherwise(
        &self,
        city: &CityId,
        edition: i64,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Vec<Docket> {
        self.held(city, |held| {
            let dockets = held.incidents.values().map(|(docket, _)| docket);
            let wanted = dockets.filter(|docket| {
                docket.is_open()
                    && docket.timed_by != edition
                    && after.is_none_or(|after| docket.id > after)
            });
            Some(wanted.take(rows_at_most(limit)).cloned().collect())
        })
        .unwrap_or_default()
    }

    pub(super) fn dismissed(&self, city: &CityId) -> Vec<Dismissed> {
        self.held(city, |held| Some(held.dismissed.values().cloned().collect())).unwrap_or_default()
    }

    pub(super) fn escalating(
        &self,
        city: &CityId,
        before: Instant,
        after: Option<IncidentKey>,
        limit: u32,
    ) -> Vec<Docket> {
        self.held(city, |held| {
            let open = held.incidents.values().map(|(docket, _)| docket).filter(|it| it.is_open());
            let mut found: Vec<(IncidentKey, &Docket)> = open
                .filter_map(|it| Some((IncidentKey { at: it.escalates_at?, id: it.id }, it)))
                .filter(|(key, _)| key.at < before && after.is_none_or(|after| *key > after))
                .collect();
            found.sort_unstable_by_key(|(key, _)| *key);
            let page = found.into_iter().take(rows_at_most(limit));
            Some(page.map(|(_, docket)| docket.clone()).collect())
        })
        .unwrap_or_default()
    }

    pub(super) fn incidents(
        &self,
        city: &CityId,
        filter: &IncidentFilter,
        order: IncidentOrder,
        after: Option<IncidentKey>,
        limit: u32,
    ) -> Vec<Docket> {
        self.held(city, |held| {
            let dockets = held.incidents.values().map(|(docket, _)| docket);
            let mut found: Vec<(IncidentKey, &Docket)> = dockets
                .filter(|docket| wants_incident(filter, order, docket))
                .map(|docket| (order.key(docket), docket))
                .collect();
            found.sort_unstable_by_key(|(key, _)| *key);
            if order == IncidentOrder::Newest {
                found.reverse();
            }
            let behind = |key: IncidentKey| match (after, order) {
                (None, _) => true,
                (Some(after), IncidentOrder::Urgent) => key > after,
                (Some(after), IncidentOrder::Newest) => key < after,
            };
            let page = found.into_iter().filter(|(key, _)| behind(*key)).take(rows_at_most(limit));
            Some(page.map(|(_, docket)| docket.clone()).collect())
        })
        .unwrap_or_default()
    }

    pub(super) fn journal(&self, city: &CityId, after: i64, limit: u32) -> Vec<JournalEntry> {
        self.held(city, |held| {
            let from = usize::try_from(after).unwrap_or(0).min(held.journal.len());
            Some(held.journal.iter().skip(from).take(rows_at_most(limit)).cloned().collect())
        })
        .unwrap_or_default()
    }

    pub(super) fn key(&self, city: &CityId, id: &KeyId) -> Option<ApiKey> {
        self.held(city, |held| held.small.keys.get(id).cloned())
    }

    pub(super) fn keys(&self, city: &CityId) -> Vec<ApiKey> {
        self.held(city, |held| Some(held.small.keys.values().cloned().collect()))
            .unwrap_or_default()
    }

    pub(super) fn webhooks(&self, city: &CityId) -> Vec<Standing> {
        self.held(city, |held| Some(held.small.mail.all())).unwrap_or_default()
    }

    pub(super) fn webhook(&self, city: &CityId, id: &WebhookId) -> Option<Standing> {
        self.held(city, |held| held.small.mail.one(id))
    }

    pub(super) fn deliveries(
        &self,
        city: &CityId,
        webhook: &WebhookId,
        filter: DeliveryFilter,
        after: i64,
        limit: u32,
    ) -> Vec<Delivery> {
        self.held(city, |held| Some(held.small.mail.deliveries(webhook, filter, after, limit)))
            .unwrap_or_default()
    }

    fn read<T>(&self, look: impl FnOnce(&BTreeMap<CityId, Held>) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn held<T>(&self, city: &CityId, look: impl FnOnce(&Held) -> Option<T>) -> Option<T> {
        self.read(|cities| cities.get(city).and_then(look))
    }
}

impl Small {
    fn state(&self, atlas_version: i64) -> Option<CityState> {
        Some(CityState {
            atlas_version,
            city: self.city.clone()?,
            plan: self.plan.clone().unwrap_or_else(atlas::no_plan),
            zones: self.zones.clone(),
            units: self.units.values().cloned().collect(),
            facilities: self.facilities.values().cloned().collect(),
            rules: self.rules.values().cloned().collect(),
        })
    }
}

impl Held {
    fn keep(&mut self, stamp: &Stamp, changes: &[Change]) {
        if changes.iter().any(Change::moves_atlas) {
            self.head.atlas_version += 1;
            let version = self.head.atlas_version;
            self.former.insert(version, self.small.clone());
            self.past.begun(stamp, changes, version);
            self.rule_sets
                .extend(history::rule_set(stamp, changes, version).map(|it| (version, it)));
        }
        for change in changes {
            self.head.journal_seq += 1;
            self.journal.push(JournalEntry {
                seq: self.head.journal_seq,
                at: stamp.at,
                actor: stamp.actor.clone(),
                kind: change.kind().to_owned(),
                subject: change.subject(),
                facts: change.facts(),
            });
            if let Change::ProposalDismissed(told) = change {
                let (told, at, actor) = (told.clone(), stamp.at, stamp.actor.clone());
                self.dismissed.insert(told.id.clone(), Dismissed { told, at, actor });
            }
            people::apply(&mut self.reports, &mut self.pictures, &mut self.cleaned, change);
            self.links.apply(&mut self.reports, change);
            self.past.apply(&mut self.reports, change);
            self.beside.keep(change);
            if let Change::PictureKept(picture) = change {
                self.pictures.insert(picture.id.clone(), picture.clone());
            }
            if let Change::ReportFiled { report, assignment } = change {
                if let Some(key) = &report.idempotency_key {
                    self.by_key.insert(key.clone(), report.id);
                }
                self.by_time.insert(ReportKey { received_at: report.received_at, id: report.id });
                let (report, assignment) = (report.clone(), assignment.clone());
                self.waiting.insert(report.id);
                self.reports.insert(report.id, AssignedReport { report, assignment });
            }
        }
        self.links.wait(changes);
        drafts_keep(&mut self.drafts, changes);
        // Behind all reports: a commit may file one and open its case.
        cases::keep(&mut self.waiting, &mut self.incidents, changes);
        self.heard.keep(&self.reports, changes);
    }
}

/// What is small with all of it done. Of drafts and what is small, the first change that does not fit is told, as a store
/// that writes one after another does.
fn in_turn(held: &Held, changes: &[Change]) -> Result<Option<Small>, CommitError> {
    let tried = |changes: &[Change]| applied(held, changes, changes.iter().all(is_large));
    let found = tried(changes);
    let before = match &found {
        Ok(_) => changes.len(),
        Err(_) => (1..=changes.len()).find(|n| tried(&changes[..*n]).is_err()).unwrap_or(0),
    };
    drafts_follow(&held.drafts, &changes[..before]).map_err(CommitError::Conflict)?;
    found
}

/// Whether a change has nothing to do with what is copied before a commit.
fn is_large(change: &Change) -> bool {
    matches!(
        change,
        Change::ReportFiled { .. }
            | Change::PictureKept(_)
            | Change::LinksFollowed(_)
            | Change::LinksDropped(_)
            | Change::PeopleSeen(_)
            | Change::PeopleForgotten(_)
            | Change::PeopleSealed(_)
            | Change::WordsMasked(_)
            | Change::StepsMasked(_)
            | Change::WordsDone { .. }
            | Change::AnswerKept(_)
            | Change::PicturesCleaned(_)
            | Change::CaseMoved(_)
            | Change::CasesTimed(_)
            | Change::DraftMoved(_)
            | Change::HandedOver(_)
            | Change::ReportsRerouted(_)
    )
}

/// The small tables after all changes.
fn applied(
    held: &Held,
    changes: &[Change],
    nothing_small: bool,
) -> Result<Option<Small>, CommitError> {
    let mut small = (!nothing_small).then(|| held.small.clone());
    for change in changes {
        if let Some(small) = &mut small {
            step(small, change).map_err(CommitError::Conflict)?;
        }
        people::follow(&held.reports, &held.pictures, change).map_err(CommitError::Conflict)?;
        held.links.follows(change).map_err(CommitError::Conflict)?;
        held.past.follows(change).map_err(CommitError::Conflict)?;
        turns_follow(&held.reports, change).map_err(CommitError::Conflict)?;
        steps_follow(&held.incidents, change).map_err(CommitError::Conflict)?;
    }
    Ok(small)
}

fn step(small: &mut Small, change: &Change) -> Result<(), String> {
    match change {
        Change::CitySet(city) => small.city = Some(city.clone()),
        Change::UnitsSet(them) => {
            small.units.extend(them.iter().map(|it| (it.id.clone(), it.clone())));
        }
        Change::UnitsRemoved(ids) => remove("units", &mut small.units, ids)?,
        Change::PlanPublished { plan, zones } => {
            small.plan = Some(plan.clone());
            small.zones.clone_from(zones);
            small.zones.sort_by(|a, b| a.id.cmp(&b.id));
        }
        Change::FacilitiesSet(them) => {
            let held = Arc::make_mut(&mut small.facilities);
            held.extend(them.iter().map(|it| (it.id.clone(), it.clone())));
        }
        Change::FacilitiesRemoved(ids) => {
            remove("facilities", Arc::make_mut(&mut small.facilities), ids)?;
        }
        Change::RulesSet(them) => {
            small.rules.extend(them.iter().map(|it| (it.id.clone(), it.clone())));
        }
        Change::RulesRemoved(ids) => remove("rules", &mut small.rules, ids)?,
        Change::ReportFiled { .. }
        | Change::PictureKept(_)
        | Change::LinksFollowed(_)
        | Change::LinksDropped(_)
        | Change::PeopleSeen(_)
        | Change::PeopleForgotten(_)
        | Change::PeopleSealed(_)
        | Change::WordsMasked(_)
        | Change::StepsMasked(_)
        | Change::WordsDone { .. }
        | Change::AnswerKept(_)
        | Change::PicturesCleaned(_)
        | Change::CaseMoved(_)
        | Change::CasesTimed(_)
        | Change::HandedOver(_)
        | Change::ReportsRerouted(_)
        | Change::RulesNoted(_)
        | Change::DraftMoved(_)
        | Change::ProposalDismissed(_) => {}
        Change::KeyIssued(key) => {
            if small.keys.contains_key(&key.id) {
                return Err(words::taken("key", &key.id));
            }
            small.keys.insert(key.id.clone(), key.clone());
        }
        Change::KeyRevoked { key, at } => match small.keys.get_mut(key) {
            Some(held) if held.revoked_at.is_none() => held.revoked_at = Some(*at),
            _ => return Err(words::no_key_in_force(key)),
        },
        Change::WebhookMade { .. }
        | Change::WebhookSet(_)
        | Change::WebhookRemoved { .. }
        | Change::WebhookPosted(_)
        | Change::DeliveriesReplayed { .. } => small.mail.step(change)?,
    }
    Ok(())
}
