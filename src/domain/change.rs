//! Every write there is. What cannot be said here cannot happen to a store.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::accounts::ApiKey;
use crate::domain::atlas::city::City;
use crate::domain::atlas::facility::Facility;
use crate::domain::atlas::rule::Rule;
use crate::domain::atlas::rule_set::RulesNote;
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::{Plan, Zone};
use crate::domain::id::{CategoryCode, FacilityId, KeyId, RuleId, UnitId, ZoneId};
use crate::domain::incidents::docket::{CaseMoved, CaseTimed};
use crate::domain::incidents::proposals::Dismissal;
use crate::domain::incidents::step::Step;
use crate::domain::reports::picture::Picture;
use crate::domain::reports::report::{Assignment, Report};
use crate::domain::time::Instant;

/// One write.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every change is a filed report: a box would cost each one an allocation"
)]
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
    /// A picture came with a report of the same commit.
    PictureKept(Picture),
    /// A case was opened, or went on by one step or more.
    CaseMoved(CaseMoved),
    /// Deadlines were told anew, after the calendar, limits or hours were others.
    CasesTimed(Vec<CaseTimed>),
    /// A rule that corrections propose is not wanted.
    ProposalDismissed(Dismissal),
    /// An API key was issued.
    KeyIssued(ApiKey),
    /// An API key no longer opens anything.
    KeyRevoked { key: KeyId, at: Instant },
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
            Self::CaseMoved(moved) if moved.seen == 0 => "case_opened",
            Self::CaseMoved(_) => "case_moved",
            Self::CasesTimed(_) => "cases_timed",
            Self::ProposalDismissed(_) => "proposal_dismissed",
            Self::KeyIssued(_) => "key_issued",
            Self::KeyRevoked { .. } => "key_revoked",
        }
    }

    /// What it is about: a report's, picture's, key's or city's id, else empty.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::CitySet(city) => city.id.to_string(),
            Self::ReportFiled { report, .. } => report.id.to_string(),
            Self::PictureKept(picture) => picture.id.to_string(),
            Self::CaseMoved(moved) => moved.docket.id.to_string(),
            Self::ProposalDismissed(told) => told.id.to_string(),
            Self::KeyIssued(key) => key.id.to_string(),
            Self::KeyRevoked { key, .. } => key.to_string(),
            Self::PlanPublished { plan, .. } => plan.version.to_string(),
            Self::UnitsSet(_)
            | Self::UnitsRemoved(_)
            | Self::FacilitiesSet(_)
            | Self::FacilitiesRemoved(_)
            | Self::RulesSet(_)
            | Self::RulesRemoved(_)
            | Self::RulesNoted(_)
            | Self::CasesTimed(_) => String::new(),
        }
    }

    /// The facts the journal keeps, JSON: counts for bulk, never words, contacts or secrets.
    #[must_use]
    pub fn facts(&self) -> serde_json::Value {
        use serde_json::json;
        match self {
            Self::CitySet(_) | Self::KeyRevoked { .. } => json!({}),
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
            Self::CaseMoved(moved) => case_facts(moved),
            Self::CasesTimed(timed) => json!({ "count": timed.len() }),
            Self::ProposalDismissed(told) => json!({ "support": told.support }),
            Self::KeyIssued(key) => json!({ "role": key.role.code(), "unit": key.unit }),
        }
    }

    /// Whether the atlas is another one afterwards.
    #[must_use]
    pub fn moves_atlas(&self) -> bool {
        !matches!(
            self,
            Self::ReportFiled { .. }
                | Self::PictureKept(_)
                | Self::CaseMoved(_)
                | Self::CasesTimed(_)
                | Self::RulesNoted(_)
                | Self::ProposalDismissed(_)
                | Self::KeyIssued(_)
                | Self::KeyRevoked { .. }
        )
    }
}

fn case_facts(moved: &CaseMoved) -> serde_json::Value {
    let docket = &moved.docket;
    let acts: Vec<&str> = moved.steps.iter().map(|step: &Step| step.act.code()).collect();
    // Whom the steps of a ladder are addressed to.
    let rungs = moved.steps.iter().filter_map(|step| step.act.rung());
    let hears: BTreeSet<&str> =
        rungs.flat_map(|rung| rung.hears().iter().map(|role| role.code())).collect();
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
