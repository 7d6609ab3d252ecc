//! Every write there is. What cannot be said here cannot happen to a store.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::accounts::ApiKey;
use crate::domain::answers::KeptAnswer;
use crate::domain::atlas::city::City;
use crate::domain::atlas::facility::Facility;
use crate::domain::atlas::rule::Rule;
use crate::domain::atlas::rule_set::RulesNote;
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::{Plan, Zone};
use crate::domain::clocks::limits::ClockOf;
use crate::domain::drafts::docket::DraftMoved;
use crate::domain::id::{
    CategoryCode, FacilityId, KeyId, ReportId, RuleId, UnitId, WebhookId, ZoneId,
};
use crate::domain::incidents::docket::{CaseMoved, CaseTimed};
use crate::domain::incidents::handover::HandedOver;
use crate::domain::incidents::masked::StepMasked;
use crate::domain::incidents::proposals::Dismissal;
use crate::domain::incidents::step::Step;
use crate::domain::reports::links::LinksFollowed;
use crate::domain::reports::people::{
    PeopleForgotten, PeopleSeen, PersonSealed, PictureCleaned, WordsMasked,
};
use crate::domain::reports::picture::Picture;
use crate::domain::reports::report::{Assignment, Report};
use crate::domain::reports::reroute::Rerouted;
use crate::domain::time::Instant;
use crate::domain::webhooks::delivery::Posted;
use crate::domain::webhooks::webhook::Webhook;

/// One write.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A city is made or its settings change.
    CitySet(City),
    /// Units are made or replaced by id.
    UnitsSet(Vec<Unit>),
    /// Units go.
    UnitsRemoved(Vec<UnitId>),
    /// A plan comes into force; the one before ends at its `effective_from`.
    PlanPublished { plan: Plan, zones: Vec<Zone> },
    /// Facilities are made or replaced by id.
    FacilitiesSet(Vec<Facility>),
    /// Facilities go.
    FacilitiesRemoved(Vec<FacilityId>),
    /// Rules are made or replaced by id.
    RulesSet(Vec<Rule>),
    /// Rules go.
    RulesRemoved(Vec<RuleId>),
    /// What is said of the rules that the same commit changes.
    RulesNoted(RulesNote),
    /// A report came in and was routed.
    ReportFiled { report: Report, assignment: Assignment },
    /// A picture came with a report of the same commit, belongs to a step of its case, or was fetched.
    PictureKept(Picture),
    /// Links of a report are claimed to be followed, or something came of them.
    LinksFollowed(Box<LinksFollowed>),
    /// Links of reports are not followed, whatever of them waits.
    LinksDropped(Vec<ReportId>),
    /// Somebody was shown who stands behind reports: the audit, nothing else.
    PeopleSeen(PeopleSeen),
    /// Who stands behind reports was forgotten.
    PeopleForgotten(PeopleForgotten),
    /// People were sealed anew, or for the first time.
    PeopleSealed(Vec<PersonSealed>),
    /// Words of reports were masked.
    WordsMasked(Vec<WordsMasked>),
    /// Words of steps were masked.
    StepsMasked(Vec<StepMasked>),
    /// The words of cases that were over before an instant have been masked in time.
    WordsDone { until: Instant },
    /// Originals of pictures were replaced by what the public is shown of them.
    PicturesCleaned(Vec<PictureCleaned>),
    /// A case was opened, or went on by one step or more.
    CaseMoved(CaseMoved),
    /// Deadlines were told anew, after the calendar, limits or hours were others.
    CasesTimed(Vec<CaseTimed>),
    /// Incidents were handed over with a plan, and how far that has come.
    HandedOver(HandedOver),
    /// Stored reports got a further assignment.
    ReportsRerouted(Vec<Rerouted>),
    /// An answer is kept under an idempotency key, with what it tells of.
    AnswerKept(KeptAnswer),
    /// A rule that corrections propose is not wanted.
    ProposalDismissed(Dismissal),
    /// A draft was begun, or went on by one step or more.
    DraftMoved(Box<DraftMoved>),
    /// An API key was issued.
    KeyIssued(ApiKey),
    /// An API key no longer opens anything.
    KeyRevoked { key: KeyId, at: Instant },
    /// A webhook was made; it tells of what stands in the journal behind `read_to`.
    WebhookMade { webhook: Webhook, read_to: i64 },
    /// A webhook is otherwise, decided on the revision before.
    WebhookSet(Webhook),
    /// A webhook and what it has not delivered are gone.
    WebhookRemoved { webhook: WebhookId, unit: Option<UnitId> },
    /// A process claims a webhook, or tells what it delivered.
    WebhookPosted(Posted),
    /// Dead letters are tried again.
    DeliveriesReplayed { webhook: WebhookId, unit: Option<UnitId>, seqs: Vec<i64>, at: Instant },
}

impl Change {
    /// The change's name in the journal.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CitySet(_) => "city_set",
            Self::UnitsSet(_) => "units_set",
            Self::UnitsRemoved(_) => "units_removed",
            Self::PlanPublished { .. } => "plan_published",
            Self::FacilitiesSet(_) => "facilities_set",
            Self::FacilitiesRemoved(_) => "facilities_removed",
            Self::RulesSet(_) => "rules_set",
            Self::RulesRemoved(_) => "rules_removed",
            Self::RulesNoted(_) => "rules_noted",
            Self::ReportFiled { .. } => "report_filed",
            Self::PictureKept(_) => "picture_kept",
            Self::LinksFollowed(_) => "links_followed",
            Self::LinksDropped(_) => "links_dropped",
            Self::PeopleSeen(_) => "people_seen",
            Self::PeopleForgotten(_) => "people_forgotten",
            Self::PeopleSealed(_) => "people_sealed",
            Self::WordsMasked(_) => "words_masked",
            Self::StepsMasked(_) => "steps_masked",
            Self::WordsDone { .. } => "words_done",
            Self::PicturesCleaned(_) => "pictures_cleaned",
            Self::CaseMoved(moved) if moved.seen == 0 => "case_opened",
            Self::CaseMoved(_) => "case_moved",
            Self::CasesTimed(_) => "cases_timed",
            Self::HandedOver(_) => "plan_handed_over",
            Self::ReportsRerouted(_) => "reports_rerouted",
            Self::AnswerKept(_) => "answer_kept",
            Self::ProposalDismissed(_) => "proposal_dismissed",
            Self::DraftMoved(moved) if moved.seen == 0 => "draft_opened",
            Self::DraftMoved(_) => "draft_moved",
            Self::KeyIssued(_) => "key_issued",
            Self::KeyRevoked { .. } => "key_revoked",
            Self::WebhookMade { .. } => "webhook_made",
            Self::WebhookSet(_) => "webhook_set",
            Self::WebhookRemoved { .. } => "webhook_removed",
            Self::WebhookPosted(_) => "webhook_posted",
            Self::DeliveriesReplayed { .. } => "deliveries_replayed",
        }
    }

    /// What it is about: a report's, picture's, key's, webhook's or city's id, else empty.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::CitySet(city) => city.id.to_string(),
            Self::ReportFiled { report, .. } => report.id.to_string(),
            Self::PictureKept(picture) => picture.id.to_string(),
            Self::LinksFollowed(it) => it.report.to_string(),
            Self::LinksDropped(reports)
            | Self::PeopleSeen(PeopleSeen { reports, .. })
            | Self::PeopleForgotten(PeopleForgotten { reports, .. }) => match reports.as_slice() {
                [one] => one.to_string(),
                _ => String::new(),
            },
            Self::CaseMoved(moved) => moved.docket.id.to_string(),
            Self::ProposalDismissed(told) => told.id.to_string(),
            Self::DraftMoved(moved) => moved.docket.id.to_string(),
            Self::KeyIssued(key) => key.id.to_string(),
            Self::KeyRevoked { key, .. } => key.to_string(),
            Self::WebhookMade { webhook, .. } | Self::WebhookSet(webhook) => webhook.id.to_string(),
            Self::WebhookRemoved { webhook, .. } | Self::DeliveriesReplayed { webhook, .. } => {
                webhook.to_string()
            }
            Self::WebhookPosted(posted) => posted.webhook.to_string(),
            Self::PlanPublished { plan, .. } => plan.version.to_string(),
            Self::HandedOver(it) => (it.seen.plan + 1).to_string(),
            Self::UnitsSet(_)
            | Self::UnitsRemoved(_)
            | Self::FacilitiesSet(_)
            | Self::FacilitiesRemoved(_)
            | Self::RulesSet(_)
            | Self::RulesRemoved(_)
            | Self::RulesNoted(_)
            | Self::PeopleSealed(_)
            | Self::WordsMasked(_)
            | Self::StepsMasked(_)
            | Self::WordsDone { .. }
            | Self::PicturesCleaned(_)
            | Self::AnswerKept(_)
            | Self::ReportsRerouted(_)
            | Self::CasesTimed(_) => String::new(),
        }
    }

    /// The facts the journal keeps, JSON: counts for bulk, but of who was looked at each report; never words,
    /// contacts or secrets.
    #[must_use]
    pub fn facts(&self) -> serde_json::Value {
        use serde_json::json;
        match self {
            // A key may hold whatever its caller put into it.
            Self::CitySet(_) | Self::KeyRevoked { .. } | Self::AnswerKept(_) => json!({}),
            Self::UnitsSet(units) => json!({ "count": units.len() }),
            Self::UnitsRemoved(ids) => json!({ "count": ids.len() }),
            Self::PlanPublished { plan, zones } => {
                json!({ "version": plan.version, "zones": zones.len() })
            }
            Self::FacilitiesSet(facilities) => json!({ "count": facilities.len() }),
            Self::FacilitiesRemoved(ids) => json!({ "count": ids.len() }),
            Self::RulesSet(rules) => json!({ "count": rules.len() }),
            Self::RulesRemoved(ids) => json!({ "count": ids.len() }),
            Self::RulesNoted(told) => json!({
                "added": told.added,
                "changed": told.changed,
                "removed": told.removed,
                "restored": told.restored,
            }),
            Self::ReportFiled { report, assignment } => json!({
                "category": report.category,
                "confidence": assignment.confidence,
                "for_dispatcher": assignment.for_dispatcher,
                "rule": assignment.rule,
                "unit": assignment.unit,
                "zone": assignment.zone,
            }),
            Self::PictureKept(picture) => json!({
                "bytes": picture.bytes.len(),
                "media": picture.media.code(),
                "report": picture.report,
            }),
            Self::LinksFollowed(it) => link_facts(it),
            Self::LinksDropped(reports) => json!({ "count": reports.len() }),
            Self::PeopleSeen(seen) => seen_facts(seen),
            Self::PeopleForgotten(it) => {
                json!({ "count": it.reports.len(), "why": it.why.code() })
            }
            Self::PeopleSealed(people) => json!({ "count": people.len() }),
            Self::WordsMasked(masked) => json!({ "count": masked.len() }),
            Self::StepsMasked(masked) => json!({ "count": masked.len() }),
            Self::WordsDone { until } => json!({ "until": until.rfc3339() }),
            Self::PicturesCleaned(pictures) => json!({ "count": pictures.len() }),
            Self::CaseMoved(moved) => case_facts(moved),
            Self::CasesTimed(timed) => json!({ "count": timed.len() }),
            Self::HandedOver(it) => {
                json!({ "count": it.handed.len(), "done": it.now.plan > it.seen.plan })
            }
            Self::ReportsRerouted(them) => json!({ "count": them.len() }),
            Self::ProposalDismissed(told) => json!({ "support": told.support }),
            Self::DraftMoved(moved) => draft_facts(moved),
            Self::KeyIssued(key) => json!({ "role": key.role.code(), "unit": key.unit }),
            Self::WebhookMade { webhook, .. } | Self::WebhookSet(webhook) => webhook_facts(webhook),
            Self::WebhookRemoved { unit, .. } => json!({ "unit": unit }),
            Self::WebhookPosted(posted) => {
                json!({ "done": posted.done.len(), "kept": posted.kept.len() })
            }
            Self::DeliveriesReplayed { unit, seqs, .. } => {
                json!({ "count": seqs.len(), "unit": unit })
            }
        }
    }

    /// Whether the atlas is another one afterwards.
    #[must_use]
    pub fn moves_atlas(&self) -> bool {
        !matches!(
            self,
            Self::ReportFiled { .. }
                | Self::PictureKept(_)
                | Self::LinksFollowed(_)
                | Self::LinksDropped(_)
                | Self::PeopleSeen(_)
                | Self::PeopleForgotten(_)
                | Self::PeopleSealed(_)
                | Self::WordsMasked(_)
                | Self::StepsMasked(_)
                | Self::WordsDone { .. }
                | Self::PicturesCleaned(_)
                | Self::AnswerKept(_)
                | Self::CaseMoved(_)
                | Self::CasesTimed(_)
                | Self::HandedOver(_)
                | Self::ReportsRerouted(_)
                | Self::RulesNoted(_)
                | Self::ProposalDismissed(_)
                | Self::DraftMoved(_)
                | Self::KeyIssued(_)
                | Self::KeyRevoked { .. }
                | Self::WebhookMade { .. }
                | Self::WebhookSet(_)
                | Self::WebhookRemoved { .. }
                | Self::WebhookPosted(_)
                | Self::DeliveriesReplayed { .. }
        )
    }
}

/// Not the address, which may hold a secret of its own.
fn webhook_facts(webhook: &Webhook) -> serde_json::Value {
    let topics: Vec<&str> = webhook.topics.iter().map(|topic| topic.code()).collect();
    let off = webhook.off.map(|off| off.why.code());
    serde_json::json!({ "off": off, "topics": topics, "unit": webhook.unit })
}

/// Each report is named by the subject or, of several, here.
fn seen_facts(seen: &PeopleSeen) -> serde_json::Value {
    let mut facts = serde_json::json!({
        "count": seen.reports.len(),
        "how": seen.how.code(),
        "reason": seen.reason,
    });
    if seen.reports.len() > 1 {
        facts["reports"] = serde_json::json!(seen.reports);
    }
    facts
}

fn link_facts(it: &LinksFollowed) -> serde_json::Value {
    serde_json::json!({ "attempt": it.attempts, "over": it.next_at.is_none() })
}

fn draft_facts(moved: &DraftMoved) -> serde_json::Value {
    let docket = &moved.docket;
    let acts: Vec<&str> = moved.steps.iter().map(|step| step.deed.act().code()).collect();
    serde_json::json!({
        "acts": acts,
        "base": docket.base,
        "edits": docket.edits,
        "plan": docket.plan,
        "revision": docket.revision,
        "stage": docket.stage.code(),
    })
}

fn case_facts(moved: &CaseMoved) -> serde_json::Value {
    let docket = &moved.docket;
    let acts: Vec<&str> = moved.steps.iter().map(|step: &Step| step.act.code()).collect();
    // Whom the steps of a ladder are addressed to, and which clocks are overdue; none of them moves the stage.
    let rungs = || moved.steps.iter().filter_map(|step| Some((step, step.act.rung()?)));
    let awaited = docket.stage.awaited().into_iter();
    let roles = awaited.flat_map(|it| rungs().flat_map(move |(_, rung)| it.hears(rung)));
    let hears: BTreeSet<&str> = roles.map(|role| role.code()).collect();
    let clocks: BTreeSet<&str> =
        rungs().map(|(step, _)| step.carried.clock.unwrap_or(ClockOf::Whole).code()).collect();
    let mut facts = serde_json::json!({
        "acts": acts,
        "category": docket.matter.category.as_ref().map(CategoryCode::as_str),
        "co": docket.co,
        "for_dispatcher": docket.for_dispatcher(),
        "left": moved.left,
        "revision": docket.revision,
        "stage": docket.stage.code(),
        "supporters": docket.supporters,
        "unit": docket.unit,
        "zone": docket.matter.zone.as_ref().map(ZoneId::as_str),
    });
    if let Some(rung) = docket.rung {
        facts["escalated"] = rung.code().into();
    }
    if !hears.is_empty() {
        facts["hears"] = hears.into_iter().collect::<Vec<_>>().into();
        facts["clocks"] = clocks.into_iter().collect::<Vec<_>>().into();
    }
    facts
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// 1, 2, 3 … within the city, without gaps.
    pub seq: i64,
    /// When.
    pub at: Instant,
    /// Who: a key's code, or `cli`.
    pub actor: String,
    /// [`Change::kind`].
    pub kind: String,
    /// [`Change::subject`].
    pub subject: String,
    /// [`Change::facts`].
    pub facts: serde_json::Value,
}

impl JournalEntry {
    /// Whether it is a unit's matter: a report that went to it, a case that it has or had a part in, its own
    /// webhook, and whatever concerns all. Keys and the machinery of delivery are the admin's, drafts and
    /// proposals the planners'; a picture's entry names a report and no unit, so that it is told to none.
    #[must_use]
    pub fn concerns(&self, unit: &UnitId) -> bool {
        let is_own = |code: &serde_json::Value| code.as_str() == Some(unit.as_str());
        let leads = self.facts.get("unit").is_some_and(is_own);
        let any = |name: &str| {
            let list = self.facts.get(name).and_then(|list| list.as_array());
            list.is_some_and(|list| list.iter().any(is_own))
        };
        match self.kind.as_str() {
            "report_filed"
            | "webhook_made"
            | "webhook_set"
            | "webhook_removed"
            | "deliveries_replayed" => leads,
            "case_opened" | "case_moved" => leads || any("co") || any("left"),
            "city_set" | "units_set" | "units_removed" | "plan_published" | "facilities_set"
            | "facilities_removed" | "rules_set" | "rules_removed" | "rules_noted"
            | "cases_timed" | "plan_handed_over" | "reports_rerouted" => true,
            // What all may see is listed: a new kind is told to no unit until somebody has thought of it.
            _ => false,
        }
    }
}

impl Webhook {
    /// Whether an entry is to be told.
    #[must_use]
    pub fn wants(&self, entry: &JournalEntry) -> bool {
        self.tells(&entry.kind) && self.unit.as_ref().is_none_or(|unit| entry.concerns(unit))
    }
}
