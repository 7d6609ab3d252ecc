//! Seeded random runs of commands on all stores; every answer and every read is the oracle's.

use std::collections::BTreeSet;

use zonewarden::domain::accounts::Caller;
use zonewarden::domain::atlas::city::City;
use zonewarden::domain::atlas::rule_set::RulesNote;
use zonewarden::domain::change::Change;
use zonewarden::domain::clocks::escalation::{Act, Ladder};
use zonewarden::domain::clocks::limits::{Awaited, ClockOf};
use zonewarden::domain::id::{CityId, IncidentId, ReportId, ZoneId};
use zonewarden::domain::incidents::case::{Ask, Case, Rung};
use zonewarden::domain::incidents::desk::take_up;
use zonewarden::domain::incidents::docket::{
    CaseMoved, CaseTimed, Docket, Due, IncidentKey, IncidentOrder, Matter, incident_of,
};
use zonewarden::domain::incidents::proposals::Dismissal;
use zonewarden::domain::incidents::step::{Carried, Move, Stage};
use zonewarden::domain::incidents::timing::Turns;
use zonewarden::domain::reports::report::AssignedReport;
use zonewarden::domain::time::Instant;
use zonewarden::geom::coord::{GridBox, GridPoint};
use zonewarden::store::{
    Basis, CaseFilter, DeliveryFilter, Head, IncidentFilter, ReportFilter, ReportKey, Stamp,
    StepKey, Store,
};

use super::made::{Dice, city, stamp};
use super::places::{all, block_on};
use super::{answers, drafts, links, people, plans, public};

const COMMANDS: usize = 150;

#[test]
fn random_runs_leave_every_store_as_the_oracle_is() {
    block_on(async {
        let places = all().await;
        let mut stores = Vec::new();
        for place in &places {
            stores.push((place.name(), place.open().await));
        }
        for seed in 1..=4 {
            run(seed, &stores).await;
        }
    });
}

struct Run {
    dice: Dice,
    cities: Vec<CityId>,
    filed: Vec<ReportId>,
}

async fn run(seed: u64, stores: &[(&str, Store)]) {
    let cities = ["甲", "b"].map(|name| CityId::new(&format!("{name}-{seed}")).unwrap());
    let mut run = Run { dice: Dice(seed), cities: cities.to_vec(), filed: Vec::new() };
    let (_, oracle) = &stores[0];
    for step in 0..COMMANDS {
        let (stamp, basis, changes) = run.command(oracle, step).await;
        let expected = oracle.commit(stamp.clone(), basis, changes.clone()).await;
        for (name, store) in &stores[1..] {
            let got = store.commit(stamp.clone(), basis, changes.clone()).await;
            assert_eq!(got, expected, "{name}, seed {seed}, step {step}: {changes:?}");
        }
        if step % 25 == 24 || step + 1 == COMMANDS {
            for (name, store) in &stores[1..] {
                run.compare(oracle, store, &format!("{name}, seed {seed}, step {step}")).await;
            }
        }
    }
}

impl Run {
    async fn command(&mut self, oracle: &Store, step: usize) -> (Stamp, Basis, Vec<Change>) {
        let at = usize::try_from(self.dice.below(2)).unwrap();
        let id = self.cities[at].clone();
        let head = oracle.head(&id).await.unwrap();
        let stamp = Stamp {
            city: id.clone(),
            actor: "cli".to_owned(),
            at: Instant(i64::try_from(step).unwrap()),
        };
        let now = head.map_or(0, |head: Head| head.atlas_version);
        let basis = match self.dice.below(8) {
            0 => Some(now + 1),
            1..4 => Some(now),
            _ => None,
        };
        let n = 1 + self.dice.below(3);
        let mut changes = Vec::new();
        if head.is_none() && self.dice.below(5) > 0 {
            changes.push(Change::CitySet(city(&id)));
        }
        for _ in 0..n {
            let change = self.change(oracle, &id).await;
            changes.push(change);
        }
        (stamp, Basis { atlas_version: basis }, changes)
    }

    async fn change(&mut self, oracle: &Store, id: &CityId) -> Change {
        let dice = &mut self.dice;
        match dice.below(45) {
            0 => {
                let (limits, catalogue) = (dice.limits(), dice.catalogue());
                Change::CitySet(City { limits, catalogue, ..city(id) })
            }
            1 => Change::UnitsSet((0..3).map(|_| dice.unit()).collect()),
            2 => Change::UnitsRemoved(BTreeSet::from([dice.unit_id()]).into_iter().collect()),
            3 => {
                let plan = oracle.load(id).await.unwrap().map_or(0, |state| state.plan.version);
                let off = i64::from(dice.below(6) == 0);
                dice.plan(plan + 1 + off)
            }
            4 | 5 => Change::FacilitiesSet((0..4).map(|_| dice.facility()).collect()),
            6 => {
                let ids = BTreeSet::from([dice.facility_id(), dice.facility_id()]);
                Change::FacilitiesRemoved(ids.into_iter().collect())
            }
            7 => Change::RulesSet((0..2).map(|_| dice.rule()).collect()),
            8 => Change::RulesRemoved(vec![dice.rule_id()]),
            9 => Change::KeyIssued(dice.key()),
            10 => Change::KeyRevoked { key: dice.key_id(), at: dice.instant() },
            11 => Change::RulesRemoved(Vec::new()),
            12..14 => self.case_opened(oracle, id).await,
            14 | 15 => self.case_moved(oracle, id).await,
            16 => self.cases_timed(oracle, id).await,
            18 => Change::ProposalDismissed(Dismissal {
                id: dice.rule_id(),
                support: dice.small_of(9),
                words: "不要 '\"$1".to_owned(),
            }),
            17 => Change::RulesNoted(RulesNote {
                note: "试一试 '\"$1".to_owned(),
                added: dice.small_of(9),
                restored: dice.maybe().then_some(2),
                ..RulesNote::default()
            }),
            19..24 => self.webhook(oracle, id).await,
            33..36 => drafts::change(&mut self.dice, oracle, id).await,
            24..27 => people::change(&mut self.dice, oracle, id).await,
            36..39 => plans::change(&mut self.dice, oracle, id).await,
            39..41 => links::change(&mut self.dice, oracle, id).await,
            41.. => answers::change(&mut self.dice, oracle, id).await,
            _ => {
                let key = dice.maybe().then(|| dice.below(40));
                let mut filed = dice.filed(key);
                if let Change::ReportFiled { report, assignment } = &mut filed {
                    if !self.filed.is_empty() && dice.below(12) == 0 {
                        let n = u64::try_from(self.filed.len()).unwrap();
                        report.id = self.filed[usize::try_from(dice.below(n)).unwrap()];
                        assignment.report = report.id;
                    }
                    self.filed.push(report.id);
                }
                filed
            }
        }
    }

    /// Mostly of a report that waits; else of one that does not, or is not there.
    async fn case_opened(&mut self, oracle: &Store, id: &CityId) -> Change {
        let waiting = oracle.waiting(id, 3).await.unwrap();
        let Some(AssignedReport { mut report, mut assignment }) = waiting.into_iter().next() else {
            return Change::RulesRemoved(Vec::new());
        };
        if self.dice.below(6) == 0 {
            let first = self.filed.first().copied().unwrap_or(report.id);
            match oracle.report(id, first).await.unwrap() {
                Some(held) => AssignedReport { report, assignment } = held,
                None => report.id = first,
            }
        }
        let case = take_up(&report, &assignment, self.dice.instant()).unwrap();
        let matter = Matter::of(&report, &assignment);
        let due = self.due();
        Change::CaseMoved(CaseMoved::between(None, &case, matter, due))
    }

    /// One is made, changed, claimed, posted for or removed; some on what is no longer so.
    async fn webhook(&mut self, oracle: &Store, id: &CityId) -> Change {
        let dice = &mut self.dice;
        let made = dice.webhook(1);
        let Some(held) = oracle.webhook(id, &made.id).await.unwrap() else {
            return Change::WebhookMade { webhook: made, read_to: 0 };
        };
        let (webhook, unit) = (held.webhook.id.clone(), None);
        match dice.below(8) {
            0 => Change::WebhookMade { webhook: made, read_to: 0 },
            1 => Change::WebhookSet(dice.webhook(2)),
            2 => Change::WebhookRemoved { webhook: dice.webhook_id(), unit },
            3 => {
                let seqs = vec![i64::try_from(dice.below(6)).unwrap()];
                Change::DeliveriesReplayed { webhook, unit, seqs, at: dice.instant() }
            }
            _ => {
                let off = i64::from(dice.below(6) == 0);
                Change::WebhookPosted(dice.posted(webhook, held.round.read_to + off))
            }
        }
    }

    async fn compare_webhooks(&mut self, oracle: &Store, store: &Store, id: &CityId, what: &str) {
        let held = oracle.webhooks(id).await;
        assert_eq!(store.webhooks(id).await, held, "{what}");
        for of in held.unwrap() {
            let of = of.webhook.id;
            assert_eq!(store.webhook(id, &of).await, oracle.webhook(id, &of).await, "{what}");
            for dead in [false, true] {
                let due = self.dice.maybe().then(|| self.dice.instant());
                let filter = DeliveryFilter { dead, due };
                let after = i64::try_from(self.dice.below(4)).unwrap();
                assert_eq!(
                    store.deliveries(id, &of, filter, after, 3).await,
                    oracle.deliveries(id, &of, filter, after, 3).await,
                    "{what}"
                );
            }
        }
    }

    fn due(&mut self) -> Due {
        let at = self.dice.maybe().then(|| self.dice.instant());
        let whole_at = self.dice.maybe().then(|| self.dice.instant());
        let escalates_at = self.dice.maybe().then(|| self.dice.instant());
        let of = match self.dice.small_of(7) {
            0 => ClockOf::Whole,
            n => ClockOf::Stage(Awaited::ALL[n - 1]),
        };
        let (yellow_at, red_at) = (self.dice.instant(), self.dice.instant());
        let turns = at.filter(|_| self.dice.below(4) > 0).map(|_| Turns { of, yellow_at, red_at });
        let edition = i64::try_from(self.dice.below(2)).unwrap();
        Due { at, whole_at, turns, escalates_at, edition }
    }

    /// Some at the revision they are at, some at another, one that is not there.
    async fn cases_timed(&mut self, oracle: &Store, id: &CityId) -> Change {
        let found = oracle.timed_otherwise(id, 0, None, 3).await.unwrap();
        let mut timed: Vec<CaseTimed> = found
            .iter()
            .map(|it| CaseTimed {
                id: it.id,
                revision: it.revision + u32::from(self.dice.below(3) == 0),
                due: self.due(),
            })
            .collect();
        let nobody = incident_of(self.dice.report_id());
        timed.push(CaseTimed { id: nobody, revision: 1, due: self.due() });
        Change::CasesTimed(timed)
    }

    /// Any move that is open to a dispatcher, sometimes decided on an older revision.
    async fn case_moved(&mut self, oracle: &Store, id: &CityId) -> Change {
        let order = IncidentOrder::Newest;
        let found =
            oracle.incidents(id, &IncidentFilter::default(), order, None, 50).await.unwrap();
        if found.is_empty() {
            return self.dice.filed(None);
        }
        let n = u64::try_from(found.len()).unwrap();
        let mut before = found[usize::try_from(self.dice.below(n)).unwrap()].clone();
        let (_, steps) = oracle.incident(id, before.id).await.unwrap().unwrap();
        let case = Case::fold(steps).unwrap();
        let carried = Carried { words: "看过 '\"\\ $1".to_owned(), ..Carried::default() };
        let act = if self.dice.maybe() { Move::Void } else { Move::Note };
        let ask = Ask { seen: before.revision, act, carried };
        let at = self.dice.instant();
        let awaited = case.state().stage.awaited().filter(|_| self.dice.maybe());
        let of = awaited.map_or(ClockOf::Whole, ClockOf::Stage);
        let rungs: Vec<Rung> =
            Ladder::default().steps().iter().map(|step| Rung { of, step: *step }).collect();
        let rungs = &rungs[..=self.dice.small_of(3)];
        let climbed = self.dice.maybe().then(|| case.escalate(rungs, &Caller::cli(), at).ok());
        let case = climbed
            .flatten()
            .map_or_else(|| case.decide(ask, &Caller::cli(), at), Ok)
            .or_else(|_| {
                let carried = Carried { words: "x".to_owned(), ..Carried::default() };
                case.decide(
                    Ask { seen: before.revision, act: Move::Note, carried },
                    &Caller::cli(),
                    at,
                )
            })
            .unwrap();
        if self.dice.below(5) == 0 {
            before.revision -= 1;
        }
        let due = self.due();
        Change::CaseMoved(CaseMoved::between(Some(&before), &case, before.matter.clone(), due))
    }

    async fn compare_cases(&mut self, oracle: &Store, store: &Store, id: &CityId, what: &str) {
        assert_eq!(store.waiting(id, 7).await, oracle.waiting(id, 7).await, "{what}");
        let after = oracle.timed_otherwise(id, 1, None, 2).await.unwrap().last().map(|it| it.id);
        assert_eq!(
            store.timed_otherwise(id, 1, after, 9).await,
            oracle.timed_otherwise(id, 1, after, 9).await,
            "{what}"
        );
        let before = self.dice.instant();
        for after in [
            None,
            Some(IncidentKey { at: self.dice.instant(), id: incident_of(self.dice.report_id()) }),
        ] {
            assert_eq!(
                store.escalating(id, before, after, 7).await,
                oracle.escalating(id, before, after, 7).await,
                "{what}"
            );
        }
        let keys: Vec<String> = (0..45).map(|n| format!("key-{n}")).collect();
        let (got, expected) = (store.filed_under(id, &keys), oracle.filed_under(id, &keys));
        assert_eq!(got.await, expected.await, "{what}");
        let since = self.dice.instant();
        let after = self
            .dice
            .maybe()
            .then(|| ReportKey { received_at: self.dice.instant(), id: self.dice.report_id() });
        let (got, expected) = (store.told(id, since, after, 9), oracle.told(id, since, after, 9));
        assert_eq!(got.await, expected.await, "{what}");
        let ids: Vec<IncidentId> = self.filed.iter().map(|report| incident_of(*report)).collect();
        let (got, expected) = (store.incidents_of(id, &ids), oracle.incidents_of(id, &ids));
        assert_eq!(got.await, expected.await, "{what}");
        let (got, expected) = (store.steps_of(id, &ids), oracle.steps_of(id, &ids));
        let steps = expected.await.unwrap();
        assert_eq!(got.await.unwrap(), steps, "{what}");
        let (from, to) = (self.dice.instant(), self.dice.instant());
        let stretch = (from.min(to), from.max(to));
        let after = steps.get(steps.len() / 3).filter(|_| self.dice.maybe()).map(StepKey::of);
        let got = store.steps_between(id, stretch, after, 7).await;
        let expected = oracle.steps_between(id, stretch, after, 7).await;
        assert_eq!(got, expected, "{what}: {stretch:?} after {after:?}");
        public::compare(&mut self.dice, oracle, store, id, what).await;
        for incident in ids {
            let (got, expected) = (store.incident(id, incident), oracle.incident(id, incident));
            assert_eq!(got.await, expected.await, "{what}");
        }
        for _ in 0..12 {
            let (filter, dice) = (self.incident_filter(), &mut self.dice);
            let order = if dice.maybe() { IncidentOrder::Urgent } else { IncidentOrder::Newest };
            let after = dice
                .maybe()
                .then(|| IncidentKey { at: dice.instant(), id: incident_of(dice.report_id()) });
            let limit = u32::try_from(dice.below(9)).unwrap();
            assert_eq!(
                store.incidents(id, &filter, order, after, limit).await,
                oracle.incidents(id, &filter, order, after, limit).await,
                "{what}: {filter:?} {order:?} after {after:?}, {limit}"
            );
        }
    }

    fn incident_filter(&mut self) -> IncidentFilter {
        let dice = &mut self.dice;
        let zone = format!("z{}", dice.below(6));
        let stages = [Stage::Collected, Stage::Dispatched, Stage::Void];
        let stage = stages[usize::try_from(dice.below(3)).unwrap()];
        IncidentFilter {
            zone: (dice.below(4) == 0).then(|| ZoneId::new(&zone).unwrap()),
            unit: (dice.below(3) == 0).then(|| dice.unit_id()),
            category: (dice.below(4) == 0).then(|| dice.category()),
            stage: (dice.below(3) == 0).then_some(stage),
            open: dice.below(3) == 0,
            for_dispatcher: dice.below(5) == 0,
            escalated: (dice.below(5) == 0).then_some(Act::Urge),
            due_from: (dice.below(4) == 0).then(|| dice.instant()),
            due_to: (dice.below(4) == 0).then(|| dice.instant()),
            opened_from: (dice.below(4) == 0).then(|| dice.instant()),
            opened_to: (dice.below(4) == 0).then(|| dice.instant()),
        }
    }

    /// Every version as it was when it was in force.
    async fn compare_history(&mut self, oracle: &Store, store: &Store, id: &CityId, what: &str) {
        let now = oracle.head(id).await.unwrap().map_or(0, |head| head.atlas_version);
        let last = store.load_at(id, now).await;
        assert_eq!(last, oracle.load(id).await, "{what}");
        for version in 0..=now + 1 {
            let (got, expected) = (store.load_at(id, version), oracle.load_at(id, version));
            let (got, expected) = (got.await.unwrap(), expected.await.unwrap());
            assert_eq!(got, expected, "{what}, version {version}");
            assert_eq!(got.is_some(), (1..=now).contains(&version), "{what}, version {version}");
            let rules = store.rules_at(id, version.min(now)).await.unwrap();
            assert_eq!(rules, oracle.rules_at(id, version.min(now)).await.unwrap(), "{what}");
        }
        for (until, limit) in [(i64::MAX, 9), (now / 2, 2), (0, 1)] {
            let (got, expected) =
                (store.rule_sets(id, until, limit), oracle.rule_sets(id, until, limit));
            assert_eq!(got.await, expected.await, "{what}");
        }
    }

    async fn compare(&mut self, oracle: &Store, store: &Store, what: &str) {
        assert_eq!(store.cities().await, oracle.cities().await, "{what}");
        for id in self.cities.clone() {
            assert_eq!(store.head(&id).await, oracle.head(&id).await, "{what}");
            assert_eq!(store.load(&id).await, oracle.load(&id).await, "{what}");
            self.compare_history(oracle, store, &id, what).await;
            assert_eq!(store.dismissed(&id).await, oracle.dismissed(&id).await, "{what}");
            assert_eq!(store.keys(&id).await, oracle.keys(&id).await, "{what}");
            let key = self.dice.key_id();
            assert_eq!(store.key(&id, &key).await, oracle.key(&id, &key).await, "{what}");
            let after = i64::try_from(self.dice.below(20)).unwrap();
            let limit = u32::try_from(self.dice.below(300)).unwrap();
            assert_eq!(
                store.journal(&id, after, limit).await,
                oracle.journal(&id, after, limit).await,
                "{what}"
            );
            for report in &self.filed {
                let (got, expected) = (store.report(&id, *report), oracle.report(&id, *report));
                assert_eq!(got.await, expected.await, "{what}");
            }
            self.compare_cases(oracle, store, &id, what).await;
            self.compare_webhooks(oracle, store, &id, what).await;
            drafts::compare(&mut self.dice, oracle, store, &id, what).await;
            people::compare(&mut self.dice, oracle, store, &id, what).await;
            links::compare(&mut self.dice, oracle, store, &id, what).await;
            answers::compare(oracle, store, &id, what).await;
            plans::compare(&mut self.dice, oracle, store, (&id, &self.filed), what).await;
            for _ in 0..12 {
                let filter = self.filter();
                let after = self.dice.maybe().then(|| ReportKey {
                    received_at: self.dice.instant(),
                    id: self.dice.report_id(),
                });
                let limit = u32::try_from(self.dice.below(9)).unwrap();
                assert_eq!(
                    store.reports(&id, &filter, after, limit).await,
                    oracle.reports(&id, &filter, after, limit).await,
                    "{what}: {filter:?} after {after:?}, {limit}"
                );
            }
        }
    }

    fn filter(&mut self) -> ReportFilter {
        let dice = &mut self.dice;
        let zone = format!("z{}", dice.below(6));
        ReportFilter {
            zone: (dice.below(4) == 0).then(|| ZoneId::new(&zone).unwrap()),
            unit: (dice.below(3) == 0).then(|| dice.unit_id()),
            categories: (0..dice.below(4).saturating_sub(1)).map(|_| dice.category()).collect(),
            from: (dice.below(4) == 0).then(|| dice.instant()),
            to: (dice.below(4) == 0).then(|| dice.instant()),
            for_dispatcher: (dice.below(4) == 0).then(|| dice.maybe()),
            ids: Vec::new(),
            frame: (dice.below(3) == 0).then(|| half(dice.place())),
            public: dice.below(3) == 0,
            case: CaseFilter {
                closed: (dice.below(4) == 0).then(|| dice.maybe()),
                changed_from: (dice.below(6) == 0).then(|| dice.instant()),
                changed_to: (dice.below(6) == 0).then(|| dice.instant()),
            },
        }
    }
}

/// A case that a report of the suite's city has opened, as it is listed.
pub(super) async fn opened_case(store: &Store, dice: &mut Dice) -> Docket {
    let Change::ReportFiled { report, assignment } = dice.filed(None) else { unreachable!() };
    let case = take_up(&report, &assignment, report.received_at).unwrap();
    let matter = Matter::of(&report, &assignment);
    let moved = CaseMoved::between(None, &case, matter, Due::default());
    let docket = moved.docket.clone();
    let changes = vec![Change::ReportFiled { report, assignment }, Change::CaseMoved(moved)];
    store.commit(stamp(350), Basis::default(), changes).await.unwrap();
    docket
}

/// Everything to the south-west of a place, which lies on the edge.
fn half(corner: GridPoint) -> GridBox {
    GridBox { min: GridPoint { x: 1_094_000_000, y: 365_000_000 }, max: corner }
}
