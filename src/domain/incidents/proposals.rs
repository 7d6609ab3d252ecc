//! Rules that corrections propose: what units sent back and what dispatchers decided otherwise, as rules that
//! somebody may set. Nothing is ever set here.
//!
//! A correction speaks for a rule when the rules in force would still send it elsewhere today. Against it
//! speaks every incident of the category in its reach that another unit has taken for its own. Of the reaches
//! that explain enough the one with most corrections is proposed, among equals the narrowest; what it explains
//! counts for no second proposal.

use std::collections::{BTreeMap, BTreeSet};

use geo_types::Geometry;
use sha2::{Digest, Sha256};

use crate::domain::atlas::facility::FacilityKind;
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::rule::{Mode, Reach, Rule};
use crate::domain::id::{CategoryCode, FacilityId, IncidentId, RuleId, UnitId, ZoneId};
use crate::domain::incidents::docket::Docket;
use crate::domain::incidents::step::{Move, Stage, Step};
use crate::domain::reports::routing::{Ask, route};
use crate::domain::text::Names;
use crate::domain::time::{Instant, Window};
use crate::geom::coord::GridPoint;

/// Fewest corrections that propose a rule, when nothing is said.
pub const SUPPORT_LEAST: usize = 5;
/// Least share of the incidents of its reach that a rule must be right for, when nothing is said.
pub const PRECISION_LEAST: f64 = 0.8;
/// How wide (m) a proposed ring is: 校园周边.
pub const RING_M: f64 = 200.0;
/// Most proposals made at once, those with most corrections first.
pub const PROPOSALS_MAX: usize = 100;
/// What the codes of proposed rules begin with.
pub const PREFIX: &str = "learnt-";

/// Facilities around which a rule may be proposed: what draws people.
const KINDS: [FacilityKind; 7] = [
    FacilityKind::School,
    FacilityKind::Market,
    FacilityKind::BusStop,
    FacilityKind::ScenicSpot,
    FacilityKind::ConstructionSite,
    FacilityKind::Square,
    FacilityKind::InspectionStation,
];

/// How an incident came to another unit than the one that the rules had named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Correction {
    /// A unit sent it back 回退, and rightly so.
    SentBack,
    /// The rules were not sure, and a dispatcher decided otherwise.
    Doubtful,
    /// A dispatcher named another unit 改派.
    Reassigned,
}

/// An incident that says which unit is right.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Which incident.
    pub incident: IncidentId,
    /// What it is about.
    pub category: CategoryCode,
    /// Where, WGS84.
    pub position: GridPoint,
    /// When it happened.
    pub at: Instant,
    /// The unit that answers.
    pub unit: UnitId,
    /// How it came there; `None`: as the rules said, and the unit has begun with it.
    pub corrected: Option<Correction>,
}

impl Evidence {
    /// What an incident says, if it says anything: one that nobody has taken for its own says nothing, nor does
    /// one that a new plan handed over. The steps are asked for only where another unit answers than the rules
    /// named.
    #[must_use]
    pub fn of(docket: &Docket, steps: &[Step]) -> Option<Self> {
        let (unit, category) = (docket.unit.clone()?, docket.matter.category.clone()?);
        let begun = matches!(
            docket.stage,
            Stage::Handling
                | Stage::Suspended
                | Stage::Handled
                | Stage::Checked
                | Stage::Closed
                | Stage::Evaluated
        );
        let corrected = if unit == docket.matter.routed {
            begun.then_some(None)
        } else if begun || docket.stage == Stage::Dispatched {
            correction(docket, steps).map(Some)
        } else {
            None
        };
        Some(Self {
            incident: docket.id,
            category,
            position: docket.matter.position,
            at: docket.matter.happened_at,
            unit,
            corrected: corrected?,
        })
    }
}

fn correction(docket: &Docket, steps: &[Step]) -> Option<Correction> {
    let named = |step: &&Step| matches!(step.act, Move::Dispatch | Move::Reassign | Move::HandOver);
    let last = steps.iter().rfind(named)?;
    match last.act {
        Move::HandOver => None,
        _ if steps.iter().any(|step| step.act == Move::SendBack) => Some(Correction::SentBack),
        _ if docket.matter.doubtful => Some(Correction::Doubtful),
        _ => Some(Correction::Reassigned),
    }
}

/// Where a proposed rule holds; the narrower first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Where {
    /// Around one facility.
    Around(FacilityKind, FacilityId),
    /// In a zone.
    Zone(ZoneId),
    /// Around every facility of a kind.
    AroundEvery(FacilityKind),
    /// Everywhere.
    Everywhere,
}

/// What a rule must explain to be proposed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Least {
    /// Corrections.
    pub support: usize,
    /// Share of the incidents that speak for or against it, 0 to 1.
    pub precision: f64,
}

impl Default for Least {
    fn default() -> Self {
        Self { support: SUPPORT_LEAST, precision: PRECISION_LEAST }
    }
}

/// A rule that corrections propose.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The rule: its code tells the same proposal from all others.
    pub rule: Rule,
    /// Where it holds.
    pub reach: Where,
    /// The corrections that it explains, and how each came about.
    pub support: Vec<(IncidentId, Correction)>,
    /// Incidents in its reach that another unit took.
    pub against: Vec<IncidentId>,
}

impl Proposal {
    /// For how many of the incidents that say anything it is right, 0 to 1.
    #[must_use]
    pub fn precision(&self) -> f64 {
        share(self.support.len(), self.against.len())
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of incidents")]
fn share(support: usize, against: usize) -> f64 {
    support as f64 / (support + against).max(1) as f64
}

/// The rules that these incidents propose beside those in force, those with most corrections first.
#[must_use]
pub fn propose(atlas: &Atlas, evidence: &[Evidence], least: Least) -> Vec<Proposal> {
    let mut piles: BTreeMap<(&CategoryCode, Where), Pile> = BTreeMap::new();
    for (at, one) in evidence.iter().enumerate() {
        let ask = Ask {
            position: one.position,
            accuracy_m: None,
            category: Some(&one.category),
            at: one.at,
        };
        let answer = route(atlas, &ask);
        let open = one.corrected.is_some() && *answer.unit != one.unit;
        for place in places(atlas, one.position, answer.zone.map(|zone| &zone.id)) {
            let pile = piles.entry((&one.category, place)).or_default();
            pile.all.push(at);
            if open {
                pile.open.entry(&one.unit).or_default().push(at);
            }
        }
    }
    let mut wanted: BTreeMap<(&CategoryCode, &UnitId), Vec<Candidate>> = BTreeMap::new();
    for ((category, place), pile) in piles {
        for (unit, support) in pile.open {
            let against = pile.all.iter().filter(|at| evidence[**at].unit != *unit).copied();
            let against: Vec<usize> = against.collect();
            if support.len() >= least.support
                && share(support.len(), against.len()) >= least.precision
            {
                let held = wanted.entry((category, unit)).or_default();
                held.push(Candidate { place: place.clone(), support, against });
            }
        }
    }
    let mut found = Vec::new();
    for ((category, unit), candidates) in wanted {
        for Candidate { place, support, against } in best(candidates, least.support) {
            let support = support
                .iter()
                .filter_map(|at| Some((evidence[*at].incident, evidence[*at].corrected?)));
            found.extend(rule(atlas, category, unit, &place).map(|rule| Proposal {
                rule,
                reach: place.clone(),
                support: support.collect(),
                against: against.iter().map(|at| evidence[*at].incident).collect(),
            }));
        }
    }
    found.sort_by(|a, b| {
        b.support.len().cmp(&a.support.len()).then_with(|| a.rule.id.cmp(&b.rule.id))
    });
    found.truncate(PROPOSALS_MAX);
    effective(atlas, evidence, found, least.support)
}

/// What is known of one reach.
#[derive(Default)]
struct Pile<'a> {
    all: Vec<usize>,
    /// Corrections that the rules in force still send elsewhere, by the unit that is right.
    open: BTreeMap<&'a UnitId, Vec<usize>>,
}

/// A reach for which one unit is right often enough.
struct Candidate {
    place: Where,
    support: Vec<usize>,
    against: Vec<usize>,
}

/// The reaches that hold a place.
fn places(atlas: &Atlas, position: GridPoint, zone: Option<&ZoneId>) -> BTreeSet<Where> {
    let mut all = BTreeSet::from([Where::Everywhere]);
    all.extend(zone.cloned().map(Where::Zone));
    for hit in atlas.within(position, &KINDS, RING_M) {
        let Some(facility) = atlas.facilities().get(hit.item as usize) else { continue };
        all.insert(Where::AroundEvery(facility.kind));
        all.insert(Where::Around(facility.kind, facility.id.clone()));
    }
    all
}

/// Of several reaches for one category and unit those that explain most, none of them what another has.
fn best(mut candidates: Vec<Candidate>, support_least: usize) -> Vec<Candidate> {
    let mut chosen = Vec::new();
    loop {
        candidates.retain(|it| it.support.len() >= support_least);
        let first = candidates.iter().enumerate().min_by(|(_, a), (_, b)| {
            b.support.len().cmp(&a.support.len()).then_with(|| a.place.cmp(&b.place))
        });
        let Some((at, _)) = first else { return chosen };
        let taken = candidates.swap_remove(at);
        let explained: BTreeSet<usize> = taken.support.iter().copied().collect();
        for it in &mut candidates {
            it.support.retain(|at| !explained.contains(at));
        }
        chosen.push(taken);
    }
}

/// The rule of a reach; `None` when zone or facility are not there.
fn rule(atlas: &Atlas, category: &CategoryCode, unit: &UnitId, place: &Where) -> Option<Rule> {
    let (reach, zh, en) = match place {
        Where::Around(kind, facility) => (
            Reach::Ring { kind: *kind, facility: Some(facility.clone()), radius_m: RING_M },
            format!("{facility} 周边"),
            format!("around {facility}"),
        ),
        Where::Zone(zone) => (
            Reach::Area { area: Geometry::MultiPolygon(atlas.zone(zone)?.area.clone()) },
            format!("责任区 {zone}"),
            format!("in zone {zone}"),
        ),
        Where::AroundEvery(kind) => {
            let (zh, en) = kind.label();
            let reach = Reach::Ring { kind: *kind, facility: None, radius_m: RING_M };
            (reach, format!("{zh}周边"), format!("around each: {en}"))
        }
        Where::Everywhere => (Reach::Everywhere, "全市".to_owned(), "everywhere".to_owned()),
    };
    Some(Rule {
        id: code(category, unit, place)?,
        names: Names {
            zh: format!("改派所得：{category} {zh} → {unit}"),
            en: format!("Learnt: {category} {en} to {unit}"),
        },
        reach,
        categories: vec![category.clone()],
        window: Window::default(),
        unit: Some(unit.clone()),
        mode: Mode::Instead,
        enabled: true,
    })
}

/// The same for the same proposal, whenever it is made.
fn code(category: &CategoryCode, unit: &UnitId, place: &Where) -> Option<RuleId> {
    let whole = format!("{category} {unit} {place:?}");
    let hash = Sha256::digest(whole.as_bytes());
    let first = u64::from_be_bytes(*hash.first_chunk()?);
    RuleId::new(&format!("{PREFIX}{first:016x}")).ok()
}

/// Whether a code is that of a proposed rule.
#[must_use]
pub fn is_proposed(id: &RuleId) -> bool {
    let hex = id.as_str().strip_prefix(PREFIX);
    hex.is_some_and(|hex| hex.len() == 16 && hex.bytes().all(|it| it.is_ascii_hexdigit()))
}

/// Only what would be settled: a rule that another in force goes before helps nobody.
fn effective(
    atlas: &Atlas,
    evidence: &[Evidence],
    mut found: Vec<Proposal>,
    support_least: usize,
) -> Vec<Proposal> {
    if found.is_empty() {
        return found;
    }
    let mut state = atlas.state().clone();
    state.rules.retain(|rule| found.iter().all(|it| it.rule.id != rule.id));
    state.rules.extend(found.iter().map(|it| it.rule.clone()));
    let Ok(then) = Atlas::build(state) else { return Vec::new() };
    let by_id: BTreeMap<IncidentId, &Evidence> =
        evidence.iter().map(|one| (one.incident, one)).collect();
    for proposal in &mut found {
        proposal.support.retain(|(incident, _)| {
            by_id.get(incident).is_some_and(|one| {
                let ask = Ask {
                    position: one.position,
                    accuracy_m: None,
                    category: Some(&one.category),
                    at: one.at,
                };
                *route(&then, &ask).unit == one.unit
            })
        });
    }
    found.retain(|it| it.support.len() >= support_least);
    found
}

/// A proposal that somebody does not want.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dismissal {
    /// The code of its rule.
    pub id: RuleId,
    /// How many corrections spoke for it then.
    pub support: usize,
    /// Why.
    pub words: String,
}

impl Dismissal {
    /// Whether it still holds: with twice as many corrections the question is another one.
    #[must_use]
    pub fn holds(&self, proposal: &Proposal) -> bool {
        proposal.support.len() < self.support.saturating_mul(2)
    }
}

/// A dismissal, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dismissed {
    /// What was dismissed, and why.
    pub told: Dismissal,
    /// When.
    pub at: Instant,
    /// By whom.
    pub actor: String,
}

#[cfg(test)]
mod tests;
