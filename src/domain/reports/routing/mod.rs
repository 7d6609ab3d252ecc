//! Who answers here, and why: rules over the atlas.
//!
//! # Order
//!
//! 1. Rules above and beside the polygons, by class: component, line, ring, area, then those that
//!    hold everywhere for a category. Within a class the more specific first: a ring around one
//!    named facility before one around every facility of a kind; then the smaller reach (m, of an
//!    area m²); then the nearer; then the one for the narrower category; then one with a time
//!    window before one without; then by rule code.
//! 2. The zone's lead unit.
//! 3. The fallback unit 属地兜底, also outside every zone.
//!
//! The first that fits category and time and has a unit fires. A component or ring without a unit
//! of its own takes the nearest facility's; where that has none either, the rule loses.
//!
//! # Confidence
//!
//! The probability that the true position gives the same units: `Φ(d/σ)` for each border that
//! matters, and of several the smallest (they may be one and the same border, so the chances are
//! not multiplied). What matters: the zone's border when the zone's lead answers or stands beside;
//! the border of the fired rule's reach; and the border of a rule's reach, no farther than 3σ and
//! [`NEAR_M_MAX`], that would have gone first with another unit, had the place lain within. A rule
//! that holds everywhere, instead of the zone, has no border: 1.

pub mod assign;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::reach::{Known, NEAR_M_MAX, Near};
use crate::domain::atlas::rule::{Mode, Rule};
use crate::domain::atlas::zone::Zone;
use crate::domain::id::{CategoryCode, UnitId};
use crate::domain::reports::confidence::{same_side, sigma_m};
use crate::domain::time::{Instant, Local};
use crate::geom::coord::GridPoint;
use crate::geom::locate::area::Surroundings;

/// Why the unit answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fired<'a> {
    /// A rule above or beside the polygons.
    Rule(&'a Rule),
    /// The zone's lead unit.
    Zone,
    /// The fallback unit 属地兜底.
    Fallback,
}

impl<'a> Fired<'a> {
    /// The rule's code, `zone` or `fallback`.
    #[must_use]
    pub fn code(self) -> &'a str {
        match self {
            Self::Rule(rule) => rule.id.as_str(),
            Self::Zone => "zone",
            Self::Fallback => "fallback",
        }
    }
}

/// A rule that did not decide, and why not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lost<'a> {
    /// What did not decide.
    pub rule: Fired<'a>,
    /// Who would have answered.
    pub unit: Option<&'a UnitId>,
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

/// A rule that would have decided, with another unit, had the place lain within its reach: it keeps the confidence
/// down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Missed<'a> {
    /// Which rule.
    pub rule: &'a Rule,
    /// Who would have answered.
    pub unit: &'a UnitId,
    /// How far (m) outside its reach the place lies.
    pub away_m: f64,
}

/// A zone that is not the answer, and how far (m) its area is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour<'a> {
    /// Which zone; its lead unit would answer.
    pub zone: &'a Zone,
    /// How far (m) its area is from the place.
    pub distance_m: f64,
}

/// The explained answer to "who is responsible here?". There is always a unit.
///
/// It is borrowed from the atlas: nothing is copied for an answer that is only written out.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer<'a> {
    /// The plan in force.
    pub plan_version: i64,
    /// The atlas that answered.
    pub atlas_version: i64,
    /// The zone; `None` outside every zone.
    pub zone: Option<&'a Zone>,
    /// The unit that answers.
    pub unit: &'a UnitId,
    /// Units beside it, in order, without the unit itself.
    pub co: Vec<&'a UnitId>,
    /// Why.
    pub fired: Fired<'a>,
    /// Every rule that reaches the place and did not decide, in order of precedence.
    pub lost: Vec<Lost<'a>>,
    /// Rules that the place is nearly within, the nearest first; told by [`route_in_doubt`] alone.
    pub missed: Vec<Missed<'a>>,
    /// Distance (m) to the nearest border of the zone; outside every zone, to the nearest zone.
    pub border_m: Option<f64>,
    /// The nearest other zone.
    pub runner_up: Option<Neighbour<'a>>,
    /// Probability, 0 to 1, that the true position has the same responsible units.
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

/// The answer without its reasons: what routing a file of millions needs. Nothing is allocated
/// where no rule is near.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Brief<'a> {
    /// The zone's place in [`Atlas::zones`]; `None` outside every zone.
    pub zone: Option<u16>,
    /// The unit that answers.
    pub unit: &'a UnitId,
    /// The rule that fired, by its place in [`Atlas::rules`]; `None`: the zone, or outside every
    /// zone the fallback.
    pub rule: Option<u32>,
    /// As in [`Answer`].
    pub border_m: Option<f64>,
    /// The nearest other zone's place in [`Atlas::zones`], and how far (m) it is.
    pub runner_up: Option<(u16, f64)>,
    /// As in [`Answer`].
    pub confidence: f64,
}

impl Brief<'_> {
    /// Whether the confidence is below the floor of the atlas that answered, so that a dispatcher decides.
    #[must_use]
    pub fn for_dispatcher(&self, atlas: &Atlas) -> bool {
        self.confidence < atlas.city().confidence_floor
    }
}

/// Who answers, and why. Total: every place and every ask has an answer.
#[must_use]
pub fn route<'a>(atlas: &'a Atlas, ask: &Ask<'_>) -> Answer<'a> {
    let around = atlas.areas().surroundings(ask.position);
    Decision::make(atlas, ask, Look::Every, around).answer()
}

/// The same, with the rules that the place is nearly within: for who has to choose where the answer is not sure.
#[must_use]
pub fn route_in_doubt<'a>(atlas: &'a Atlas, ask: &Ask<'_>) -> Answer<'a> {
    let around = atlas.areas().surroundings(ask.position);
    let decision = Decision::make(atlas, ask, Look::Every, around);
    let mut answer = decision.answer();
    let told = |it: &Standing<'a>| {
        let (rule, away_m) = (it.rule, -it.near.inside_m);
        it.unit.map(|unit| Missed { rule, unit, away_m })
    };
    answer.missed = decision.missed(answer.unit).filter_map(told).collect();
    answer.missed.sort_by(|a, b| a.away_m.total_cmp(&b.away_m));
    answer
}

/// Who answers: the same as [`route`] says, without the reasons.
#[must_use]
pub fn route_brief<'a>(atlas: &'a Atlas, ask: &Ask<'_>) -> Brief<'a> {
    route_brief_within(atlas, ask, atlas.areas().surroundings(ask.position))
}

/// [`route_brief`] for who has found the position's surroundings already, with those of others.
#[must_use]
pub fn route_brief_within<'a>(atlas: &'a Atlas, ask: &Ask<'_>, around: Surroundings) -> Brief<'a> {
    Decision::make(atlas, ask, Look::Fitting, around).brief()
}

/// Who answers, without distances and confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Named<'a> {
    /// The unit that answers.
    pub unit: &'a UnitId,
    /// As in [`Brief`].
    pub rule: Option<u32>,
}

/// The unit that [`route`] names, for who has found the zone of the position already: its place in
/// [`Atlas::zones`].
#[must_use]
pub fn route_unit<'a>(atlas: &'a Atlas, ask: &Ask<'_>, zone: Option<u16>) -> Named<'a> {
    // Without confidence only rules matter that hold at the very place.
    let standings = standings(atlas, ask, Look::Fitting, 0.0);
    let fitting = standings.iter().filter(|it| it.reaches() && it.why.is_none());
    let fired = fitting.min_by(|a, b| a.order(b));
    let lead = || zone.map(|number| &atlas.zones()[usize::from(number)].lead);
    let unit = fired.and_then(|it| it.unit).or_else(lead);
    Named { unit: unit.unwrap_or(&atlas.city().fallback), rule: fired.map(|it| it.near.rule) }
}

/// Units beside the one that [`route_brief`] names: as in [`Answer`].
#[must_use]
pub fn units_beside<'a>(atlas: &'a Atlas, brief: &Brief<'_>) -> Vec<&'a UnitId> {
    let zone = brief.zone.map(|number| &atlas.zones()[usize::from(number)]);
    let mode = brief.rule.map(|number| atlas.rules()[number as usize].mode);
    beside(zone, mode, brief.unit)
}

/// How far (m) around a place rules bear on the answer, if only on how sure it is. Accuracy radius (m, 68 %) as in
/// [`Ask`].
#[must_use]
pub fn looked_m(atlas: &Atlas, accuracy_m: Option<f64>) -> f64 {
    margin_m(deviation_m(atlas, accuracy_m))
}

/// Units beside the one that answers, by the mode of the rule that fired.
fn beside<'a>(zone: Option<&'a Zone>, mode: Option<Mode>, unit: &UnitId) -> Vec<&'a UnitId> {
    let Some(zone) = zone else { return Vec::new() };
    let beside: &'a [UnitId] = match mode {
        None => &zone.co,
        Some(Mode::Beside) => std::slice::from_ref(&zone.lead),
        Some(Mode::Instead) => &[],
    };
    let mut co: Vec<&'a UnitId> = Vec::with_capacity(beside.len());
    for other in beside {
        if other != unit && !co.contains(&other) {
            co.push(other);
        }
    }
    co
}

/// Which rules are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Every rule that reaches the place, to list those that lose.
    Every,
    /// Only those whose category and time fit.
    Fitting,
}

/// A rule near the place.
struct Standing<'a> {
    rule: &'a Rule,
    near: Near,
    known: Known,
    /// Dots and one of the narrowest category that fits; 0 for a rule for all.
    depth: usize,
    unit: Option<&'a UnitId>,
    /// Why it cannot decide, apart from its place.
    why: Option<LostWhy>,
}

impl Standing<'_> {
    /// Whether the place lies within the rule's reach.
    fn reaches(&self) -> bool {
        self.near.inside_m >= 0.0
    }

    /// The order of the module's documentation. Rules are numbered in the order of their codes.
    fn order(&self, other: &Self) -> Ordering {
        (self.known.rank.cmp(&other.known.rank))
            .then_with(|| self.near.distance_m.total_cmp(&other.near.distance_m))
            .then_with(|| other.depth.cmp(&self.depth))
            .then_with(|| self.known.always.cmp(&other.known.always))
            .then_with(|| self.near.rule.cmp(&other.near.rule))
    }
}

/// Everything that bears on one answer.
struct Decision<'a> {
    atlas: &'a Atlas,
    around: Surroundings,
    zone: Option<&'a Zone>,
    sigma_m: f64,
    /// In order.
    standings: Vec<Standing<'a>>,
    fired: Option<usize>,
}

impl<'a> Decision<'a> {
    fn make(atlas: &'a Atlas, ask: &Ask<'_>, look: Look, around: Surroundings) -> Self {
        let zone = around.area.map(|number| &atlas.zones()[usize::from(number)]);
        let sigma_m = deviation_m(atlas, ask.accuracy_m);
        let mut standings = standings(atlas, ask, look, sigma_m);
        standings.sort_by(Standing::order);
        let fired = standings.iter().position(|s| s.reaches() && s.why.is_none());
        Self { atlas, around, zone, sigma_m, standings, fired }
    }

    fn fired(&self) -> Option<&Standing<'a>> {
        self.fired.map(|at| &self.standings[at])
    }

    fn unit(&self) -> &'a UnitId {
        match (self.fired().and_then(|standing| standing.unit), self.zone) {
            (Some(unit), _) => unit,
            (None, Some(zone)) => &zone.lead,
            (None, None) => &self.atlas.city().fallback,
        }
    }

    fn answer(&self) -> Answer<'a> {
        let (atlas, brief) = (self.atlas, self.brief());
        let confidence = brief.confidence;
        let fired = match (self.fired(), self.zone) {
            (Some(standing), _) => Fired::Rule(standing.rule),
            (None, Some(_)) => Fired::Zone,
            (None, None) => Fired::Fallback,
        };
        Answer {
            plan_version: atlas.plan().version,
            atlas_version: atlas.version(),
            zone: self.zone,
            unit: brief.unit,
            co: self.co(brief.unit),
            fired,
            lost: self.lost(),
            missed: Vec::new(),
            border_m: brief.border_m,
            runner_up: brief.runner_up.map(|(number, distance_m)| Neighbour {
                zone: &atlas.zones()[usize::from(number)],
                distance_m,
            }),
            confidence,
            for_dispatcher: brief.for_dispatcher(atlas),
        }
    }

    fn brief(&self) -> Brief<'a> {
        let unit = self.unit();
        Brief {
            zone: self.around.area,
            unit,
            rule: self.fired().map(|standing| standing.near.rule),
            border_m: self.around.border_m,
            runner_up: self.around.runner_up,
            confidence: self.confidence(unit),
        }
    }

    fn confidence(&self, unit: &UnitId) -> f64 {
        let zone_m = match self.fired() {
            Some(standing) if standing.rule.mode == Mode::Instead => None,
            _ => self.around.border_m,
        };
        let fired_m = self.fired().map(|standing| standing.near.inside_m);
        let missed = self.missed(unit).map(|s| -s.near.inside_m);
        let nearest = zone_m.into_iter().chain(fired_m).chain(missed).reduce(f64::min);
        nearest.map_or(1.0, |border_m| same_side(border_m, self.sigma_m))
    }

    /// Rules beyond their reach that would have gone first with another unit than this.
    fn missed<'s>(&'s self, unit: &'s UnitId) -> impl Iterator<Item = &'s Standing<'a>> {
        let before = &self.standings[..self.fired.unwrap_or(self.standings.len())];
        before.iter().filter(move |s| !s.reaches() && s.why.is_none() && s.unit != Some(unit))
    }

    fn co(&self, unit: &UnitId) -> Vec<&'a UnitId> {
        beside(self.zone, self.fired().map(|standing| standing.rule.mode), unit)
    }

    fn lost(&self) -> Vec<Lost<'a>> {
        let mut lost = Vec::with_capacity(self.standings.len() + 2);
        for (at, standing) in self.standings.iter().enumerate() {
            if standing.reaches() && self.fired != Some(at) {
                let why = standing.why.unwrap_or(LostWhy::Outranked);
                lost.push(Lost { rule: Fired::Rule(standing.rule), unit: standing.unit, why });
            }
        }
        let outranked =
            |rule, unit: &'a UnitId| Lost { rule, unit: Some(unit), why: LostWhy::Outranked };
        if let (Some(_), Some(zone)) = (self.fired, self.zone) {
            lost.push(outranked(Fired::Zone, &zone.lead));
        }
        if self.fired.is_some() || self.zone.is_some() {
            lost.push(outranked(Fired::Fallback, &self.atlas.city().fallback));
        }
        lost
    }
}

/// The standard deviation (m) along one axis of a position, by the city's assumption where none is stated.
fn deviation_m(atlas: &Atlas, accuracy_m: Option<f64>) -> f64 {
    let stated = accuracy_m.filter(|radius_m| radius_m.is_finite() && *radius_m >= 0.0);
    sigma_m(stated.unwrap_or(atlas.city().assumed_accuracy_m))
}

fn margin_m(sigma_m: f64) -> f64 {
    (3.0 * sigma_m).min(NEAR_M_MAX)
}

fn standings<'a>(atlas: &'a Atlas, ask: &Ask<'_>, look: Look, sigma_m: f64) -> Vec<Standing<'a>> {
    let reach = atlas.reach();
    let mut fit = Fit { atlas, ask, local: None };
    let mut found = Vec::with_capacity(if look == Look::Every { 16 } else { 0 });
    let wanted = |number| look == Look::Every || fit.look(number).1.is_none();
    reach.near(ask.position, margin_m(sigma_m), wanted, |near| {
        let rule = &atlas.rules()[near.rule as usize];
        let own = |item: u32| atlas.facilities()[item as usize].unit.as_ref();
        let unit = rule.unit.as_ref().or_else(|| near.facility.and_then(own));
        let known = reach.known(near.rule);
        found.push(Standing { rule, near, known, depth: 0, unit, why: None });
    });
    for standing in &mut found {
        let (depth, misfit) = fit.look(standing.near.rule);
        standing.depth = depth;
        standing.why = misfit.or_else(|| standing.unit.is_none().then_some(LostWhy::NoUnit));
    }
    found
}

/// Whether rules fit what is asked, apart from the place.
struct Fit<'a, 'q> {
    atlas: &'a Atlas,
    ask: &'q Ask<'q>,
    local: Option<Local>,
}

impl Fit<'_, '_> {
    /// How narrow the rule's category is (0 when it does not fit), and why the rule does not fit.
    fn look(&mut self, number: u32) -> (usize, Option<LostWhy>) {
        let rule = &self.atlas.rules()[number as usize];
        let Some(depth) = depth(rule, self.ask.category) else {
            return (0, Some(LostWhy::Category));
        };
        if self.atlas.reach().known(number).always {
            return (depth, None);
        }
        let (at, zone) = (self.ask.at, self.atlas.time_zone());
        let local = *self.local.get_or_insert_with(|| at.local(zone));
        let open = rule.window.holds(local, &self.atlas.city().calendar);
        (depth, if open { None } else { Some(LostWhy::Window) })
    }
}

/// How narrow the rule's category is that holds the asked one; `None` when none does.
#[must_use]
pub fn depth(rule: &Rule, asked: Option<&CategoryCode>) -> Option<usize> {
    if rule.categories.is_empty() {
        return Some(0);
    }
    let asked = asked?;
    let holds = rule.categories.iter().filter(|branch| asked.is_within(branch));
    holds.map(|branch| branch.as_str().split('.').count()).max()
}
