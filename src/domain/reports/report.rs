//! Reports 举报 / 上报 and their assignments.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::id::{CategoryCode, PictureId, ReportId, UnitId, ZoneId};
use crate::domain::reports::person::SealedPerson;
use crate::domain::time::Instant;
use crate::geom::coord::GridPoint;
use crate::geom::crs::Crs;

/// What somebody told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Made by the service, `UUIDv7`.
    pub id: ReportId,
    /// Through which door it came: `hotline`, `wechat`, `open311`, `patrol` …
    pub source: String,
    /// What it is about, where that is known.
    pub category: Option<CategoryCode>,
    /// Where, WGS84.
    pub position: GridPoint,
    /// In which system the position was given.
    pub given_crs: Crs,
    /// Accuracy radius (m, 68 %) as the device stated it.
    pub accuracy_m: Option<f64>,
    /// What was said.
    pub words: String,
    /// When it happened, by the person who tells.
    pub happened_at: Instant,
    /// When the service received it.
    pub received_at: Instant,
    /// Who stands behind it, sealed; gone when it was forgotten. Not even so does it leave with the report.
    #[serde(skip)]
    pub person: Option<Box<SealedPerson>>,
    /// The caller's idempotency key, behind who that is: unique in the city.
    pub idempotency_key: Option<String>,
    /// SHA-256 of the request's body, hex, keyed where a person stands in it: the same idempotency key with
    /// another body is refused.
    pub request_hash: String,
    /// What else was told.
    pub further: Further,
}

/// What a report may tell beyond what every report has. Kept as one JSON text, members sorted,
/// empty ones left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Further {
    /// The place in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The place's id in a register of addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_id: Option<String>,
    /// Answers to the category's questions, by code.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, Vec<String>>,
    /// What came of links that were followed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub followed: BTreeMap<String, Followed>,
    /// Pictures elsewhere, as links; each is followed later, see [`crate::domain::reports::links`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    /// Pictures that were sent along, or fetched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<PictureId>,
}

/// What came of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Followed {
    /// A picture, which is also among those of the report.
    Picture(PictureId),
    /// Nothing, and why: it is followed no more.
    GivenUp(String),
}

impl Followed {
    /// Why nothing came of it.
    #[must_use]
    pub fn words(&self) -> Option<&String> {
        match self {
            Self::Picture(_) => None,
            Self::GivenUp(words) => Some(words),
        }
    }
}

impl Further {
    /// Whether it tells nothing, as most reports do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// To whom a report went, and why. Append-only: a new decision adds one with the next `turn`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// Which report.
    pub report: ReportId,
    /// 1 for the first, then 2, 3 …
    pub turn: u32,
    /// The plan that was in force.
    pub plan_version: i64,
    /// The atlas that decided.
    pub atlas_version: i64,
    /// The zone, where the place lies in one.
    pub zone: Option<ZoneId>,
    /// The unit that answers.
    pub unit: UnitId,
    /// Units beside it.
    pub co: Vec<UnitId>,
    /// The rule that fired: a rule's code, or `zone`, or `fallback`.
    pub rule: String,
    /// 0 to 1.
    pub confidence: f64,
    /// To the nearest border of the zone (m); from a place outside every zone, to the nearest zone.
    pub border_m: Option<f64>,
    /// The zone that would be next.
    pub runner_up: Option<ZoneId>,
    /// Waits for a dispatcher, because the confidence is below the city's floor.
    pub for_dispatcher: bool,
    /// Who decided: a key's code, or `router`.
    pub actor: String,
    /// When.
    pub at: Instant,
}

/// A report with the assignment in force.
#[derive(Clone, Debug, PartialEq)]
pub struct AssignedReport {
    /// What was told.
    pub report: Report,
    /// The last assignment.
    pub assignment: Assignment,
}
