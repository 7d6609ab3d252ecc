//! A review as it stands, and how an edit changes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use geo_types::{Coord, MultiPolygon};

use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::{UnitId, ZoneId};
use crate::domain::zoning::outline::OutlineChange;
use crate::domain::zoning::review::borders::Borders;
use crate::domain::zoning::review::outline::Gap;
use crate::domain::zoning::review::piles::Piles;
use crate::domain::zoning::review::shape::Shape;
use crate::domain::zoning::review::tally::Tally;
use crate::domain::zoning::review::things::{Sign, Things, box_of};
use crate::domain::zoning::working::{Applied, Working};
use crate::geom::coord::GridBox;
use crate::geom::coverage::patch::Patch;
use crate::geom::coverage::side::Side;
use crate::geom::locate::AreaIndex;
use crate::geom::locate::area::NOWHERE;
use crate::geom::measure::between_m;

/// A review of a draft against the plan in force.
///
/// What is kept is where each thing lies, and sums of what lies in which zone of the plan in force and in which of
/// the draft at once. Everything that is told is made of these sums.
#[derive(Clone)]
pub struct Review {
    things: Arc<Things>,
    /// The draft's face of each thing, or [`NOWHERE`].
    faces: Vec<u16>,
    /// By zone of the plan in force and face of the draft.
    sums: BTreeMap<(u16, u16), Tally>,
    /// Incidents and facilities, by the same.
    piles: Piles,
    shapes: BTreeMap<u16, Shape>,
    borders: Borders,
    gaps: Vec<Gap>,
    outline: OutlineChange,
}

/// What an edit changed in a review.
#[derive(Default)]
pub struct Followed {
    moved: Vec<(usize, u16)>,
    shapes: Vec<(u16, Option<Shape>)>,
    patches: Vec<Patch>,
    /// The gaps before, and what had been won and lost, where the outline was touched.
    outline: Option<(Vec<Gap>, OutlineChange)>,
    /// What there was before all was reviewed anew.
    whole: Option<Box<Review>>,
}

/// A zone of a draft in figures.
#[derive(Clone, Debug, PartialEq)]
pub struct ZoneFigures {
    /// Which.
    pub zone: ZoneId,
    /// The unit that answers first.
    pub lead: UnitId,
    /// Its shape.
    pub shape: Shape,
    /// What lies in it.
    pub tally: Tally,
    /// By how much of the mean its weight is above it, or below where negative; `None` without weights.
    pub deviation: Option<f64>,
    /// How far (m) the middle of its area is from the seat of its lead unit, where that is known.
    pub seat_m: Option<f64>,
}

/// A draft in figures.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanFigures {
    /// How many zones.
    pub zones: usize,
    /// Area of all of them.
    pub area_m2: f64,
    /// Length of the borders between zones.
    pub cut_m: f64,
    /// The mean of the zones' Polsby–Popper figures.
    pub polsby_popper_mean: f64,
    /// By how much of the mean the heaviest zone is above it or the lightest below it, whichever is more; `None`
    /// without weights.
    pub deviation: Option<f64>,
    /// What lies in all zones.
    pub tally: Tally,
}

impl Review {
    /// A review from scratch.
    #[must_use]
    pub fn of(things: Arc<Things>, working: &Working) -> Self {
        let coverage = working.coverage();
        let faces: Vec<u16> = coverage.faces();
        let areas: Vec<MultiPolygon<f64>> =
            faces.iter().map(|face| coverage.polygons(*face)).collect();
        let index = AreaIndex::build(&areas.iter().collect::<Vec<_>>());
        let xs: Vec<i32> = things.all().iter().map(|thing| thing.at.x).collect();
        let ys: Vec<i32> = things.all().iter().map(|thing| thing.at.y).collect();
        let mut found = vec![NOWHERE; xs.len()];
        index.locate_batch(&xs, &ys, &mut found);
        for number in &mut found {
            *number = faces.get(usize::from(*number)).copied().unwrap_or(NOWHERE);
        }
        let mut sums: BTreeMap<(u16, u16), Tally> = BTreeMap::new();
        let mut piles = Piles::new(things.all().len());
        for ((number, thing), face) in (0_u32..).zip(things.all()).zip(&found) {
            let pair = (thing.zone, *face);
            thing.count(sums.entry(pair).or_default(), Sign::Add);
            if thing.is_named() {
                piles.put(pair, number);
            }
        }
        let shapes = faces.iter().zip(&areas).map(|(face, area)| (*face, Shape::of(area)));
        Self {
            shapes: shapes.collect(),
            borders: Borders::of(coverage),
            gaps: things.before().gaps_of(coverage),
            outline: things.before().outline_of(coverage),
            things,
            faces: found,
            sums,
            piles,
        }
    }

    /// What was reviewed.
    #[must_use]
    pub fn things(&self) -> &Arc<Things> {
        &self.things
    }

    /// The draft's face of each thing, in the order of [`Things::all`].
    #[must_use]
    pub fn faces(&self) -> &[u16] {
        &self.faces
    }

    /// What lies in which zone of the plan in force and in which face of the draft.
    #[must_use]
    pub fn sums(&self) -> &BTreeMap<(u16, u16), Tally> {
        &self.sums
    }

    /// The shapes by face.
    #[must_use]
    pub fn shapes(&self) -> &BTreeMap<u16, Shape> {
        &self.shapes
    }

    /// The borders.
    #[must_use]
    pub fn borders(&self) -> &Borders {
        &self.borders
    }

    /// Nobody's land that zones enclose.
    #[must_use]
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// What was won and lost at the outline.
    #[must_use]
    pub fn outline(&self) -> &OutlineChange {
        &self.outline
    }

    /// The incidents and facilities that lie in a zone of the plan in force and in a face of the draft, by their places in
    /// [`Things::all`], in no order.
    #[must_use]
    pub fn named(&self, pair: (u16, u16)) -> &[u32] {
        self.piles.of(pair)
    }

    /// Takes note of edits that were done to the draft: `working` is as they left it.
    pub fn follow(&mut self, working: &Working, applied: &Applied) -> Followed {
        if applied.is_whole() {
            let made = Self::of(Arc::clone(&self.things), working);
            let whole = Some(Box::new(std::mem::replace(self, made)));
            return Followed { whole, ..Followed::default() };
        }
        let boxes: Vec<GridBox> = applied.moved.iter().filter_map(|it| box_of(&it.area)).collect();
        let mut near = Vec::new();
        let things = Arc::clone(&self.things);
        for frame in boxes {
            things.in_box(frame, |at| near.push(at));
        }
        let mut moved = Vec::new();
        for at in near {
            let face = working.coverage().locate(things.all()[at].at).unwrap_or(NOWHERE);
            let was = self.faces[at];
            if face != was {
                moved.push((at, was));
                self.put(at, face);
            }
        }
        let faces = applied.reshaped.iter().filter_map(|zone| working.face(zone));
        let gone = self.shapes.keys().copied().filter(|face| !working.coverage().has(*face));
        let mut changed: Vec<u16> = faces.chain(gone).collect();
        changed.sort_unstable();
        changed.dedup();
        let shapes = changed.into_iter().map(|face| {
            let shape =
                working.coverage().has(face).then(|| Shape::of(&working.coverage().polygons(face)));
            (face, self.shape(face, shape))
        });
        let shapes = shapes.collect();
        let patches: Vec<Patch> = applied.patches().collect();
        for patch in &patches {
            self.segments(patch.removed(), patch.added());
        }
        let sides = patches.iter().flat_map(|patch| patch.removed().iter().chain(patch.added()));
        let touched = sides.into_iter().any(|side| side.left.is_none() || side.right.is_none());
        let outline = touched.then(|| {
            let (before, coverage) = (self.things.before(), working.coverage());
            let (gaps, outline) = (before.gaps_of(coverage), before.outline_of(coverage));
            (std::mem::replace(&mut self.gaps, gaps), std::mem::replace(&mut self.outline, outline))
        });
        Followed { moved, shapes, patches, outline, whole: None }
    }

    fn segments(&mut self, removed: &[Side], added: &[Side]) {
        for side in removed {
            self.borders.take(*side);
        }
        for side in added {
            self.borders.add(*side);
        }
    }

    /// Takes back what [`Self::follow`] did.
    pub fn take_back(&mut self, followed: Followed) {
        if let Some(before) = followed.whole {
            *self = *before;
            return;
        }
        // A thing that lies in two boxes was moved once only, so the order does not matter.
        for (at, was) in followed.moved {
            self.put(at, was);
        }
        for (face, shape) in followed.shapes {
            self.shape(face, shape);
        }
        for patch in followed.patches.iter().rev() {
            self.segments(patch.added(), patch.removed());
        }
        if let Some((gaps, outline)) = followed.outline {
            (self.gaps, self.outline) = (gaps, outline);
        }
    }

    fn put(&mut self, at: usize, face: u16) {
        let thing = self.things.all()[at];
        let before = (thing.zone, std::mem::replace(&mut self.faces[at], face));
        if let Some(tally) = self.sums.get_mut(&before) {
            thing.count(tally, Sign::Take);
            if tally.is_empty() {
                self.sums.remove(&before);
            }
        }
        let after = (thing.zone, face);
        thing.count(self.sums.entry(after).or_default(), Sign::Add);
        if let Some(number) = u32::try_from(at).ok().filter(|_| thing.is_named()) {
            self.piles.take(before, number);
            self.piles.put(after, number);
        }
    }

    fn shape(&mut self, face: u16, shape: Option<Shape>) -> Option<Shape> {
        match shape {
            Some(shape) => self.shapes.insert(face, shape),
            None => self.shapes.remove(&face),
        }
    }

    /// What lies in a face.
    #[must_use]
    pub fn tally(&self, face: u16) -> Tally {
        let mut all = Tally::default();
        for ((_, in_face), tally) in &self.sums {
            if *in_face == face {
                all.add(tally);
            }
        }
        all
    }

    /// A zone in figures.
    #[must_use]
    pub fn zone(&self, atlas: &Atlas, working: &Working, zone: &ZoneId) -> Option<ZoneFigures> {
        let face = working.face(zone)?;
        let shape = self.shapes.get(&face).cloned().unwrap_or_default();
        let lead = working.lead(face)?.clone();
        let seat = atlas.unit(&lead).and_then(|unit| unit.seat);
        let centre = Coord { x: shape.centre[0], y: shape.centre[1] };
        let seat_m = seat.map(|at| {
            let at = at.degrees();
            between_m(centre, Coord { x: at.lon(), y: at.lat() })
        });
        let tally = self.tally(face);
        let faces = working.coverage().faces();
        let in_zones = self.sums.iter().filter(|((_, face), _)| faces.binary_search(face).is_ok());
        let all: i64 = in_zones.map(|(_, some)| some.weight_milli).sum();
        #[expect(clippy::cast_precision_loss, reason = "sums below 2^53")]
        let (mine, all) = (tally.weight_milli as f64, all as f64);
        let deviation = (all > 0.0).then(|| mine * whole(faces.len()) / all - 1.0);
        Some(ZoneFigures { zone: zone.clone(), lead, shape, tally, deviation, seat_m })
    }

    /// The draft in figures.
    #[must_use]
    pub fn plan(&self, working: &Working) -> PlanFigures {
        let faces = working.coverage().faces();
        let mut weights: BTreeMap<u16, i64> = faces.iter().map(|face| (*face, 0)).collect();
        let mut tally = Tally::default();
        for ((_, face), some) in &self.sums {
            if let Some(weight) = weights.get_mut(face) {
                *weight += some.weight_milli;
                tally.add(some);
            }
        }
        let shapes = faces.iter().filter_map(|face| self.shapes.get(face));
        let count = whole(faces.len());
        Self::figures(
            &weights,
            count,
            PlanFigures {
                zones: faces.len(),
                area_m2: shapes.clone().map(|shape| shape.area_m2).sum(),
                cut_m: self.borders.cut_m(),
                polsby_popper_mean: shapes.map(|shape| shape.polsby_popper).sum::<f64>()
                    / count.max(1.0),
                deviation: None,
                tally,
            },
        )
    }

    fn figures(weights: &BTreeMap<u16, i64>, count: f64, mut of: PlanFigures) -> PlanFigures {
        #[expect(clippy::cast_precision_loss, reason = "sums below 2^53")]
        let weight = |milli: i64| milli as f64;
        let mean = weights.values().map(|milli| weight(*milli)).sum::<f64>() / count.max(1.0);
        if mean > 0.0 {
            let off = weights.values().map(|milli| (weight(*milli) / mean - 1.0).abs());
            of.deviation = off.reduce(f64::max);
        }
        of
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of zones")]
fn whole(count: usize) -> f64 {
    count as f64
}
