//! From commits to statements: who is admitted, under which numbers, and what is then written. Pure,
//! so that both databases decide alike; the driver reads before and runs after.

use std::collections::HashSet;

use crate::domain::answers::KeptAnswer;
use crate::domain::change::Change;
use crate::domain::id::{CityId, ReportId};
use crate::domain::incidents::docket::{CaseMoved, CaseTimed, report_of};
use crate::domain::reports::people::WordsMasked;
use crate::store::promise::{Basis, CommitError, Head, Stamp, StoreError};
use crate::store::reports::{Filed, Known};
use crate::store::sql::Dialect;
use crate::store::statement::{Row, Statement, Value};
use crate::store::{
    accounts, answers, atlas, drafts, history, incidents, journal, links, people, pictures, plans,
    proposals, reports, webhooks, words,
};

/// Makes the row of a city that is about to be made, so that there is something to lock.
pub(super) const MAKE_HEAD: &str = "insert into zonewarden.city_head (city_id, atlas_version, plan_version, journal_seq) \
     values ($1, 0, 0, 0) on conflict (city_id) do nothing";

/// Where a city stands; nothing while it is being made.
pub(super) const HEAD: &str = "select atlas_version, plan_version, journal_seq \
     from zonewarden.city_head where city_id = $1 and atlas_version > 0";

const MOVE_HEAD: &str = "update zonewarden.city_head \
     set atlas_version = $2, plan_version = $3, journal_seq = $4 where city_id = $1";

/// Reads and locks where a city stands.
pub(super) fn lock_head(dialect: Dialect) -> String {
    format!(
        "select atlas_version, plan_version, journal_seq from zonewarden.city_head \
         where city_id = $1{}",
        dialect.for_update()
    )
}

/// The row that every commit locks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct HeadRow {
    pub(super) atlas_version: i64,
    pub(super) plan_version: i64,
    pub(super) journal_seq: i64,
}

impl HeadRow {
    /// A row of [`HEAD`] or [`lock_head`].
    pub(super) fn read(row: &impl Row) -> Result<Self, StoreError> {
        Ok(Self { atlas_version: row.int(0)?, plan_version: row.int(1)?, journal_seq: row.int(2)? })
    }

    /// What the promise shows of it.
    pub(super) fn head(self) -> Head {
        Head { atlas_version: self.atlas_version, journal_seq: self.journal_seq }
    }
}

/// What somebody asks to be written.
#[derive(Debug)]
pub(super) struct Commit {
    pub(super) stamp: Stamp,
    pub(super) basis: Basis,
    pub(super) changes: Vec<Change>,
    /// The texts of each change that have to be made. Whoever asks makes them, so that the one who
    /// writes for all does not.
    texts: Vec<Texts>,
}

#[derive(Debug)]
struct Texts {
    entry: journal::Texts,
    report: Option<reports::Texts>,
}

impl Texts {
    fn of(change: &Change) -> Self {
        let report = match change {
            Change::ReportFiled { report, assignment } => {
                Some(reports::Texts::of(report, assignment))
            }
            _ => None,
        };
        Self { entry: journal::Texts::of(change), report }
    }
}

impl Commit {
    pub(super) fn new(stamp: Stamp, basis: Basis, changes: Vec<Change>) -> Self {
        let texts = changes.iter().map(Texts::of).collect();
        Self { stamp, basis, changes, texts }
    }

    /// Whether it may share a transaction: nothing but filed reports.
    pub(super) fn may_share(&self) -> bool {
        !self.changes.is_empty()
            && self.changes.iter().all(|change| matches!(change, Change::ReportFiled { .. }))
    }

    /// Whether something has to be gone for good when it is done.
    pub(super) fn erases(&self) -> bool {
        self.changes.iter().any(|change| {
            matches!(
                change,
                Change::PeopleForgotten(_)
                    | Change::PeopleSealed(_)
                    | Change::WordsMasked(_)
                    | Change::StepsMasked(_)
                    | Change::PicturesCleaned(_)
            )
        })
    }

    /// Whether it changes what is in force.
    pub(super) fn moves_atlas(&self) -> bool {
        self.changes.iter().any(Change::moves_atlas)
    }

    /// Whether it may make a city.
    pub(super) fn makes_city(&self) -> bool {
        matches!(self.changes.first(), Some(Change::CitySet(_)))
    }

    /// The deadlines it tells anew.
    fn timed(&self) -> impl Iterator<Item = &[CaseTimed]> {
        self.changes.iter().filter_map(|change| match change {
            Change::CasesTimed(timed) => Some(timed.as_slice()),
            _ => None,
        })
    }

    /// The cases it moves.
    fn cases(&self) -> Vec<&CaseMoved> {
        self.changes
            .iter()
            .filter_map(|change| match change {
                Change::CaseMoved(moved) => Some(moved),
                _ => None,
            })
            .collect()
    }

    /// The answers it keeps.
    pub(super) fn answers(&self) -> impl Iterator<Item = &KeptAnswer> {
        self.changes.iter().filter_map(|change| match change {
            Change::AnswerKept(answer) => Some(answer),
            _ => None,
        })
    }

    /// The reports it files.
    pub(super) fn filed(&self) -> impl Iterator<Item = Filed<'_>> {
        self.changes.iter().zip(&self.texts).filter_map(|(change, texts)| match change {
            Change::ReportFiled { report, assignment } => {
                texts.report.as_ref().map(|texts| Filed { report, assignment, texts })
            }
            _ => None,
        })
    }
}

/// Commits to one city that share a transaction.
pub(super) struct Group<'a> {
    city: &'a CityId,
    head: Option<HeadRow>,
    known: Option<Known>,
    /// Each with the journal's number before it and the atlas version that it makes.
    admitted: Vec<(&'a Commit, i64, i64)>,
}

impl Known {
    /// The report that used one of the commit's keys before, and its request's hash.
    fn used(&self, commit: &Commit) -> Option<&(ReportId, String)> {
        commit.filed().find_map(|it| self.by_key.get(it.report.idempotency_key.as_ref()?))
    }

    /// The answer that is kept under one of the commit's keys.
    fn answered(&self, commit: &Commit) -> Option<&KeptAnswer> {
        commit.answers().find_map(|it| self.answers.get(&it.key))
    }

    /// A report of the commit whose id is in use.
    fn taken(&self, commit: &Commit) -> Option<ReportId> {
        commit.filed().map(|it| it.report.id).find(|id| self.ids.contains(id))
    }
}

impl<'a> Group<'a> {
    /// A group that has been told where the city stands and what is known of its reports; `None`
    /// when nobody has looked, and the tables themselves refuse what is taken.
    pub(super) fn new(city: &'a CityId, head: Option<HeadRow>, known: Option<Known>) -> Self {
        Self { city, head, known, admitted: Vec::new() }
    }

    /// Admits a commit, or says why not; a refused one leaves no trace in the group.
    pub(super) fn admit(&mut self, commit: &'a Commit) -> Result<Head, CommitError> {
        if let Some((report, request_hash)) = self.known.as_ref().and_then(|it| it.used(commit)) {
            let request_hash = request_hash.clone();
            return Err(CommitError::KeyUsed { report: *report, request_hash });
        }
        if let Some(earlier) = self.known.as_ref().and_then(|it| it.answered(commit)) {
            return Err(CommitError::AnsweredBefore(earlier.clone()));
        }
        let head = self.head.filter(|head| head.atlas_version > 0);
        if head.is_none() && !commit.makes_city() {
            return Err(CommitError::NoCity(self.city.clone()));
        }
        let mut head = head.unwrap_or_default();
        let now = head.atlas_version;
        if commit.basis.atlas_version.is_some_and(|read| read != now) {
            return Err(CommitError::Moved { now });
        }
        if let Some(report) = self.known.as_ref().and_then(|it| it.taken(commit)) {
            return Err(CommitError::Conflict(words::taken("report", &report)));
        }
        for change in &commit.changes {
            if let Change::PlanPublished { plan, .. } = change {
                if plan.version != head.plan_version + 1 {
                    return Err(CommitError::Conflict(words::plan_order(plan.version)));
                }
                head.plan_version = plan.version;
            }
        }
        if commit.moves_atlas() {
            head.atlas_version += 1;
        }
        self.admitted.push((commit, head.journal_seq, head.atlas_version));
        head.journal_seq += i64::try_from(commit.changes.len()).unwrap_or(i64::MAX);
        if let Some(known) = &mut self.known {
            commit.filed().for_each(|it| known.file(it.report));
            known.answers.extend(commit.answers().map(|it| (it.key.clone(), it.clone())));
        }
        self.head = Some(head);
        Ok(head.head())
    }

    /// Where the city stands afterwards; `None` when nobody was admitted.
    pub(super) fn moved(&self) -> Option<HeadRow> {
        self.head.filter(|_| !self.admitted.is_empty())
    }

    /// What the admitted commits write; nothing when there are none.
    pub(super) fn statements(&self, dialect: Dialect) -> Vec<Statement<'a>> {
        let mut all = Vec::new();
        let mut entries = Vec::new();
        let mut filed = Vec::new();
        let mut opened = HashSet::new();
        let mut told = Vec::new();
        for (commit, seq, version) in &self.admitted {
            let changes = commit.changes.iter().zip(&commit.texts);
            for ((change, texts), seq) in changes.zip(seq + 1..) {
                entries.push(journal::row(self.city, seq, &commit.stamp, change, &texts.entry));
                put(&mut all, dialect, (self.city, *version, &commit.stamp), change);
                if let Change::ProposalDismissed(told) = change {
                    all.push(proposals::dismiss(self.city, &commit.stamp, told));
                }
            }
            if commit.moves_atlas() {
                let at = plans::begins(&commit.stamp, &commit.changes);
                all.push(plans::begun(self.city, *version, at));
            }
            let rules = history::rule_set(&commit.stamp, &commit.changes, *version);
            all.extend(rules.map(|it| history::keep_rule_set(self.city, it)));
            filed.extend(commit.filed());
            let cases = commit.cases();
            opened.extend(cases.iter().map(|it| report_of(it.docket.id)));
            let here = |report| commit.filed().any(|it| it.report.id == report);
            all.extend(incidents::moved(dialect, self.city, &cases, here));
            told.extend(incidents::public::heard(dialect, self.city, &cases));
            all.extend(commit.timed().flat_map(|timed| incidents::due::timed(self.city, timed)));
        }
        let Some(head) = self.head.filter(|_| !entries.is_empty()) else { return Vec::new() };
        if !filed.is_empty() {
            all.extend(reports::file(dialect, self.city, &filed, |report| {
                opened.contains(&report)
            }));
        }
        // Behind all reports, which are looked up.
        all.extend(told);
        all.push(Statement::Bulk { table: &journal::JOURNAL, rows: entries });
        all.push(Statement::One {
            text: MOVE_HEAD,
            values: vec![
                Value::text(self.city.as_str()),
                Value::Int(head.atlas_version),
                Value::Int(head.plan_version),
                Value::Int(head.journal_seq),
            ],
            must: Some((1, "the city is gone".to_owned())),
        });
        all
    }
}

/// The statements of one change; those of filed reports are gathered for the whole group.
fn put<'a>(
    all: &mut Vec<Statement<'a>>,
    dialect: Dialect,
    (city, version, stamp): (&'a CityId, i64, &'a Stamp),
    change: &'a Change,
) {
    use crate::store::atlas::Removable;
    let remove = |all: &mut Vec<Statement<'a>>, what, ids: Vec<String>| {
        if !ids.is_empty() {
            all.push(atlas::remove(dialect, city, what, ids.clone()));
            all.push(history::removed(dialect, city, what, ids, version));
        }
    };
    let set = |all: &mut Vec<Statement<'a>>, written: Statement<'a>| {
        let kept = history::set(dialect, city, &written, version);
        all.push(written);
        all.extend(kept);
    };
    match change {
        Change::UnitsRemoved(ids) => remove(all, Removable::Units, texts(ids)),
        Change::FacilitiesRemoved(ids) => remove(all, Removable::Facilities, texts(ids)),
        Change::RulesRemoved(ids) => remove(all, Removable::Rules, texts(ids)),
        Change::CitySet(city) => set(all, atlas::set_city(city)),
        Change::UnitsSet(units) => set(all, atlas::set_units(city, units)),
        Change::PlanPublished { plan, zones } => {
            all.extend(atlas::publish(city, plan, zones, (version, stamp)));
        }
        Change::FacilitiesSet(them) => set(all, atlas::set_facilities(city, them)),
        Change::RulesSet(rules) => set(all, atlas::set_rules(city, rules)),
        // These are written together, or behind what they are about.
        Change::ReportFiled { .. }
        | Change::CaseMoved(_)
        | Change::CasesTimed(_)
        | Change::RulesNoted(_)
        | Change::ProposalDismissed(_)
        // A look is in the journal alone.
        | Change::PeopleSeen(_) => {}
        Change::HandedOver(it) => all.extend(plans::handed_over(city, it)),
        Change::ReportsRerouted(them) => all.extend(plans::rerouted(dialect, city, them)),
        Change::PictureKept(picture) => all.push(pictures::keep(city, picture)),
        Change::LinksFollowed(it) => all.extend(links::followed(city, it)),
        Change::LinksDropped(reports) => all.push(links::drop(dialect, city, texts(reports))),
        Change::PeopleForgotten(it) => {
            all.push(links::drop(dialect, city, texts(&it.reports)));
            all.extend(people::forget(dialect, city, it));
        }
        Change::PeopleSealed(people) => all.extend(people::seal(dialect, city, people)),
        Change::WordsMasked(them) => mask(all, dialect, city, them),
        Change::StepsMasked(them) => {
            all.extend(them.iter().map(|it| incidents::masked::mask(city, it)));
        }
        Change::WordsDone { until } => all.push(people::words_done(city, *until)),
        Change::AnswerKept(it) => all.push(answers::keep(city, it, stamp.at)),
        Change::PicturesCleaned(them) => {
            all.extend(them.iter().map(|it| pictures::clean(city, it)));
        }
        Change::DraftMoved(moved) => all.extend(drafts::moved(city, moved)),
        Change::KeyIssued(key) => all.push(accounts::issue(city, key)),
        Change::KeyRevoked { key, at } => all.push(accounts::revoke(city, key, *at)),
        Change::WebhookMade { webhook, read_to } => {
            all.push(webhooks::make(city, webhook, *read_to));
        }
        Change::WebhookSet(webhook) => all.push(webhooks::set(city, webhook)),
        Change::WebhookRemoved { webhook, .. } => all.extend(webhooks::remove(city, webhook)),
        Change::WebhookPosted(posted) => all.extend(webhooks::post(city, posted)),
        Change::DeliveriesReplayed { webhook, seqs, at, .. } => {
            all.extend(webhooks::replay(city, webhook, seqs, *at));
        }
    }
}

/// Masks words. Their links wait no more: who has begun to follow one would put back what it had read.
fn mask<'a>(
    all: &mut Vec<Statement<'a>>,
    dialect: Dialect,
    city: &'a CityId,
    them: &'a [WordsMasked],
) {
    let reports = them.iter().map(|it| it.report.to_string()).collect();
    all.push(links::drop(dialect, city, reports));
    all.extend(them.iter().map(|it| people::mask(city, it)));
}

fn texts(ids: &[impl ToString]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}
