//! Who answers here, and why: rules over the atlas.

use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::{CategoryCode, RuleId, UnitId, ZoneId};
use crate::domain::time::Instant;
use crate::geom::coord::GridPoint;

/// Why the unit answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Fired {
    /// A rule above or beside the polygons.
    Rule(RuleId),
    /// The zone's lead unit.
    Zone,
    /// The fallback unit 属地兜底.
    Fallback,
}

impl Fired {
    /// The rule's code, `zone` or `fallback`.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Rule(id) => id.as_str(),
            Self::Zone => "zone",
            Self::Fallback => "fallback",
        }
    }
}

/// A rule that did not decide, and why not.
#[derive(Clone, Debug, PartialEq)]
pub struct Lost {
    /// The rule's code, `zone` or `fallback`.
    pub rule: String,
    /// Who would have answered.
    pub unit: Option<UnitId>,
    /// Why it lost.
    pub why: LostWhy,
}

/// Why a rule that reaches the place did not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostWhy {
    /// A more specific rule fired.
    Outranked,
    /// Another category.
    Category,
    /// Another time.
    Window,
    /// Neither the rule nor the facility names a unit.
    NoUnit,
}

/// A zone that is not the answer, and how far (m) its area is.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbour {
    /// Which zone.
    pub zone: ZoneId,
    /// Its lead unit.
    pub unit: UnitId,
    /// How far (m) its area is from the place.
    pub distance_m: f64,
}

/// The explained answer to "who is responsible here?". There is always a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The plan in force.
    pub plan_version: i64,
    /// The atlas that answered.
    pub atlas_version: i64,
    /// The zone; `None` outside every zone.
    pub zone: Option<ZoneId>,
    /// The unit that answers.
    pub unit: UnitId,
    /// Units beside it, in order, without the unit itself.
    pub co: Vec<UnitId>,
    /// Why.
    pub fired: Fired,
    /// Every rule that reaches the place and did not decide, in order of precedence.
    pub lost: Vec<Lost>,
    /// Distance (m) to the nearest border of the zone; outside every zone, to the nearest zone.
    pub border_m: Option<f64>,
    /// The nearest other zone.
    pub runner_up: Option<Neighbour>,
    /// Probability, 0 to 1, that the true position lies in the same zone.
    pub confidence: f64,
    /// Whether the confidence is below the city's floor, so that a dispatcher decides.
    pub for_dispatcher: bool,
}

/// A question to the router.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask<'a> {
    /// Where, WGS84.
    pub position: GridPoint,
    /// Accuracy radius (m, 68 %); `None`: the city's assumption.
    pub accuracy_m: Option<f64>,
    /// What it is about.
    pub category: Option<&'a CategoryCode>,
    /// When it happened.
    pub at: Instant,
}

/// Who answers, and why. Total: every place and every ask has an answer.
#[must_use]
pub fn route(_atlas: &Atlas, _ask: &Ask<'_>) -> Answer {
    todo!()
}
