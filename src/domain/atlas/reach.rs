//! The rules by place: which of them reach a point, and by how much. Asks neither category nor
//! time.
//!
//! Every rule's shapes stand in one [`HaloIndex`], each with the rule's reach as its halo: one look
//! finds all rules that are near, and measures each exactly.

use std::cmp::Ordering;
use std::collections::HashMap;

use geo::CoordsIter;

use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::rule::{Reach, Rule};
use crate::domain::id::RuleId;
use crate::domain::time::Window;
use crate::geom::coord::GridPoint;
use crate::geom::index::halo::{HaloIndex, Lie};
use crate::geom::measure::area_m2;

/// How far (m) beyond its reach a rule is still looked at: a position that lies so near may truly
/// lie within.
pub const NEAR_M_MAX: f64 = 100.0;
/// Most shapes that the rules of a city are about. A rule about a kind has one for each facility of it.
pub const REACH_SHAPES_MAX: usize = 2_000_000;
/// Most vertices of those shapes together.
pub const REACH_VERTICES_MAX: usize = 20_000_000;

/// What an index of rules would hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volume<'a> {
    /// Shapes, one for each facility that a rule is about.
    pub shapes: usize,
    /// Their vertices.
    pub vertices: usize,
    /// The rule with the most vertices.
    pub most: Option<&'a RuleId>,
}

impl<'a> Volume<'a> {
    /// Counts what [`ReachIndex::build`] would index, and builds nothing. Facilities are sorted by id.
    #[must_use]
    pub fn of(rules: &'a [Rule], facilities: &[Facility]) -> Self {
        let mut kinds: HashMap<FacilityKind, (usize, usize)> = HashMap::new();
        for facility in facilities {
            let (shapes, vertices) = kinds.entry(facility.kind).or_default();
            *shapes += 1;
            *vertices += facility.geometry.coords_count();
        }
        let (mut volume, mut largest) = (Self::default(), 0);
        for rule in rules.iter().filter(|rule| rule.enabled) {
            let (shapes, vertices) = match &rule.reach {
                Reach::Component { kind, .. } | Reach::Ring { kind, facility: None, .. } => {
                    kinds.get(kind).copied().unwrap_or_default()
                }
                Reach::Ring { facility: Some(id), .. } => facilities
                    .binary_search_by(|f| f.id.cmp(id))
                    .map_or((0, 0), |at| (1, facilities[at].geometry.coords_count())),
                Reach::Line { line: shape, .. } | Reach::Area { area: shape } => {
                    (1, shape.coords_count())
                }
                Reach::Everywhere => (0, 0),
            };
            volume.shapes = volume.shapes.saturating_add(shapes);
            volume.vertices = volume.vertices.saturating_add(vertices);
            if vertices > largest {
                (volume.most, largest) = (Some(&rule.id), vertices);
            }
        }
        volume
    }
}

/// A rule near a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// The rule's place in the list.
    pub rule: u32,
    /// The facility by which it reaches the point, by its place in the list.
    pub facility: Option<u32>,
    /// Distance (m) to the component, line or grounds; 0 within them, and for areas and everywhere.
    pub distance_m: f64,
    /// How far (m) the point lies within the rule's own border; negative outside. Infinite for a
    /// rule that holds everywhere.
    pub inside_m: f64,
}

/// What is known of a rule beforehand.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Its place in the order of precedence, as far as class, being for one named facility, and
    /// size decide it: square metres of an area, metres of reach of the others. Equals share one.
    pub rank: u32,
    /// Whether it holds at any time.
    pub always: bool,
}

/// The rules by place.
pub struct ReachIndex {
    known: Vec<Known>,
    everywhere: Vec<u32>,
    shapes: HaloIndex,
    /// What each shape is, rule after rule.
    items: Vec<Item>,
}

/// A shape that a rule is about.
struct Item {
    rule: u32,
    facility: Option<u32>,
    /// Metres around the shape; `None` for an area.
    reach_m: Option<f64>,
}

impl ReachIndex {
    /// Indexes the rules that are switched on. Geometries, facilities and numbers are checked by
    /// the caller; facilities are sorted by id.
    #[must_use]
    pub fn build(rules: &[Rule], facilities: &[Facility]) -> Self {
        let mut items = Vec::new();
        let mut shapes = Vec::new();
        let mut everywhere = Vec::new();
        for (rule, on) in (0u32..).zip(rules).filter(|(_, rule)| rule.enabled) {
            let mut shape = |facility, geometry, reach_m: Option<f64>| {
                items.push(Item { rule, facility, reach_m });
                shapes.push((geometry, reach_m.unwrap_or(0.0) + NEAR_M_MAX));
            };
            match &on.reach {
                Reach::Component { kind, within_m: reach_m }
                | Reach::Ring { kind, facility: None, radius_m: reach_m } => {
                    for (at, of_kind) in (0u32..).zip(facilities).filter(|(_, f)| f.kind == *kind) {
                        shape(Some(at), &of_kind.geometry, Some(*reach_m));
                    }
                }
                Reach::Ring { facility: Some(id), radius_m, .. } => {
                    if let Ok(at) = facilities.binary_search_by(|f| f.id.cmp(id)) {
                        let number = u32::try_from(at).ok();
                        shape(number, &facilities[at].geometry, Some(*radius_m));
                    }
                }
                Reach::Line { line, buffer_m } => shape(None, line, Some(*buffer_m)),
                Reach::Area { area } => shape(None, area, None),
                Reach::Everywhere => everywhere.push(rule),
            }
        }
        let shapes = HaloIndex::build(shapes.into_iter());
        Self { known: known(rules), everywhere, shapes, items }
    }

    /// What is known of a rule beforehand, by its number.
    #[must_use]
    pub fn known(&self, rule: u32) -> Known {
        self.known[rule as usize]
    }

    /// Hands over the rules that reach the point or end no farther than `margin_m` (at most
    /// [`NEAR_M_MAX`]) before it, each once, as far as they are `wanted`.
    pub fn near(
        &self,
        p: GridPoint,
        margin_m: f64,
        mut wanted: impl FnMut(u32) -> bool,
        mut take: impl FnMut(Near),
    ) {
        let margin_m = margin_m.min(NEAR_M_MAX);
        let mut give = |near: Near| {
            if near.inside_m >= -margin_m {
                take(near);
            }
        };
        let mut best: Option<Near> = None;
        let (mut asked, mut answer) = (u32::MAX, false);
        let wanted_item = |item: u32| {
            let rule = self.items[item as usize].rule;
            if rule != asked {
                (asked, answer) = (rule, wanted(rule));
            }
            answer
        };
        self.shapes.around(p, wanted_item, |lie| {
            let near = self.items[lie.item as usize].near(lie);
            match &mut best {
                // Of several facilities the nearest, the first in the list of equals.
                Some(best) if best.rule == near.rule => {
                    if near.distance_m < best.distance_m {
                        *best = near;
                    }
                }
                other => {
                    if let Some(done) = other.replace(near) {
                        give(done);
                    }
                }
            }
        });
        best.into_iter().for_each(&mut give);
        for &rule in &self.everywhere {
            if wanted(rule) {
                give(Near { rule, facility: None, distance_m: 0.0, inside_m: f64::INFINITY });
            }
        }
    }
}

impl Item {
    fn near(&self, lie: Lie) -> Near {
        let Self { rule, facility, .. } = *self;
        let inside_m = match (self.reach_m, lie.inside) {
            (Some(reach_m), true) => reach_m,
            (Some(reach_m), false) => reach_m - lie.border_m,
            // Farther from its border than any accuracy that is weighed: as good as infinitely far.
            (None, true) => lie.border_m,
            (None, false) => -lie.border_m,
        };
        let distance_m = if lie.inside { 0.0 } else { lie.border_m };
        Near { rule, facility, distance_m, inside_m }
    }
}

fn known(rules: &[Rule]) -> Vec<Known> {
    let extents: Vec<f64> = rules.iter().map(|rule| extent(&rule.reach)).collect();
    let order = |a: usize, b: usize| -> Ordering {
        let kind_wide =
            |at: usize| !matches!(rules[at].reach, Reach::Ring { facility: Some(_), .. });
        let class = |at: usize| (rules[at].reach.precedence(), kind_wide(at));
        class(a).cmp(&class(b)).then_with(|| extents[a].total_cmp(&extents[b]))
    };
    let mut sorted: Vec<usize> = (0..rules.len()).collect();
    sorted.sort_by(|a, b| order(*a, *b));
    let always = |rule: &Rule| rule.window == Window::default();
    let mut known: Vec<Known> =
        rules.iter().map(|rule| Known { rank: 0, always: always(rule) }).collect();
    let mut rank = 0;
    for pair in sorted.windows(2) {
        rank += u32::from(order(pair[0], pair[1]) != Ordering::Equal);
        known[pair[1]].rank = rank;
    }
    known
}

/// The size by which two rules of one class are compared: square metres of an area, metres of
/// reach of a component, line or ring, 0 everywhere.
fn extent(reach: &Reach) -> f64 {
    match reach {
        Reach::Component { within_m: reach_m, .. }
        | Reach::Line { buffer_m: reach_m, .. }
        | Reach::Ring { radius_m: reach_m, .. } => *reach_m,
        Reach::Area { area } => area_m2(area),
        Reach::Everywhere => 0.0,
    }
}
