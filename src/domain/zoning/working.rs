//! A plan at work: the ground as faces with shared borders, and beside each face what is known of its zone.
//!
//! Every edit has an exact inverse: taken back, the ground is what it was bit for bit. What an edit that is
//! asked for would do, and what keeps it from being done, is decided here alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use geo_types::MultiPolygon;

use crate::domain::atlas::zone::Zone;
use crate::domain::id::{UnitId, ZoneId};
use crate::domain::text::{Attributes, Names};
use crate::domain::zoning::edit::{
    DrawnZone, NamesGiven, NewZone, ZONES_MAX, ZoningEdit, on_the_ground,
};
use crate::domain::zoning::facts::{Facts, beside, most_of};
use crate::domain::zoning::fault::{EditFault, in_zones};
use crate::domain::zoning::found::mends;
use crate::domain::zoning::held::Held;
use crate::domain::zoning::mended::{AllMended, Words};
use crate::domain::zoning::outline::OutlineChange;
use crate::domain::zoning::redraw::zone_of;
use crate::geom::coord::GridPoint;
use crate::geom::coverage::build::settings::BuildSettings;
use crate::geom::coverage::build::{Built, build, build_telling};
use crate::geom::coverage::edit::locks::Locks;
use crate::geom::coverage::edit::place::Place;
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::patch::Patch;
use crate::geom::coverage::side::FaceLabel;
use crate::geom::measure::polygon_area_m2;

/// How far (grid steps) a place that came in another coordinate system may lie from the vertex it names: two
/// roundings and a conversion.
const SNAP_STEPS: i32 = 3;

/// A plan at work.
#[derive(Clone, Default)]
pub struct Working {
    coverage: Coverage,
    /// What is known of the zone of each face.
    facts: BTreeMap<u16, Facts>,
    faces: BTreeMap<ZoneId, u16>,
    /// Areas as they were given, with what the ground first made of them: an area that nobody touched is
    /// given back as it came, vertex for vertex.
    given: Arc<BTreeMap<u16, AsGiven>>,
    /// What was wrong in the areas as they were given, where that was asked for.
    mended: Arc<AllMended>,
}

/// What the ground first made of an area, and the area as it was given.
type AsGiven = (MultiPolygon<f64>, MultiPolygon<f64>);

/// An area that goes from one zone to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// Whose it was; `None`: nobody's.
    pub from: Option<ZoneId>,
    /// Whose it is; `None`: nobody's.
    pub to: Option<ZoneId>,
    /// The area, WGS84.
    pub area: MultiPolygon<f64>,
    /// Its size.
    pub area_m2: f64,
}

/// What edits did, and how it is undone.
#[derive(Clone, Default)]
pub struct Applied {
    /// Backwards, the last first when it is undone.
    back: Vec<Back>,
    /// Zones that are otherwise, new or gone.
    pub touched: BTreeSet<ZoneId>,
    /// Those of them whose area is otherwise.
    pub reshaped: BTreeSet<ZoneId>,
    /// Whether ground was won or lost at the outline of all zones, or in what they enclose.
    pub outline: bool,
    /// The areas that change hands; where the ground was drawn anew `handed` tells them.
    pub moved: Vec<Moved>,
    /// Where a border was bent by a grid step, so that everything stays on the grid.
    pub bent: Vec<GridPoint>,
}

#[derive(Clone)]
enum Back {
    Ground(Patch),
    Facts(u16, Option<Facts>),
    Whole(Arc<Working>),
}

/// A border between two zones, or between a zone and nobody's land.
#[derive(Clone, Debug, PartialEq)]
pub struct Border {
    /// Its vertices; a ring's first is repeated at the end.
    pub points: Vec<GridPoint>,
    /// The zone to the left of the way along the points.
    pub left: Option<ZoneId>,
    /// The zone to the right.
    pub right: Option<ZoneId>,
}

/// The ground is not as an edit left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAsLeft(String);

impl fmt::Display for NotAsLeft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the ground is not as the edit left it: {}", self.0)
    }
}

impl std::error::Error for NotAsLeft {}

impl fmt::Debug for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Applied").field("touched", &self.touched).finish_non_exhaustive()
    }
}

impl Applied {
    /// What undoing it does.
    #[must_use]
    pub fn turned(&self) -> Self {
        let mut turned = Self { back: Vec::new(), ..self.clone() };
        for moved in &mut turned.moved {
            std::mem::swap(&mut moved.from, &mut moved.to);
        }
        turned
    }

    /// Whether the ground was drawn anew: faces have other numbers, and what changed is not told segment by segment.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.back.iter().any(|back| matches!(back, Back::Whole(_)))
    }

    /// The changes of the ground's segments, in the order in which they were done.
    pub fn patches(&self) -> impl Iterator<Item = Patch> + '_ {
        self.back.iter().filter_map(|back| match back {
            Back::Ground(back) => Some(back.inverse()),
            Back::Facts(..) | Back::Whole(_) => None,
        })
    }

    /// This, and then what came after it.
    pub fn join(&mut self, next: Self) {
        self.back.extend(next.back);
        self.touched.extend(next.touched);
        self.reshaped.extend(next.reshaped);
        self.outline |= next.outline;
        self.moved.extend(next.moved);
        self.bent.extend(next.bent);
    }
}

/// Faults in words.
fn words<T: ToString>(faults: &[T]) -> Vec<String> {
    faults.iter().map(ToString::to_string).collect()
}

impl Working {
    /// A plan at work.
    ///
    /// # Errors
    /// Why its zones are no areas, in words.
    pub fn of(zones: &[Zone]) -> Result<Self, Vec<String>> {
        let areas: Vec<&MultiPolygon<f64>> = zones.iter().map(|zone| &zone.area).collect();
        let built = build(&areas, &BuildSettings::default()).map_err(|faults| words(&faults))?;
        Self::made(zones, &built)
    }

    /// A plan at work that knows what of its areas was mended.
    ///
    /// # Errors
    /// As [`Self::of`].
    ///
    /// # Cost
    /// That of [`Self::of`], and where vertices were snapped as much again.
    pub fn taken_up(zones: &[Zone]) -> Result<Self, Vec<String>> {
        let areas: Vec<&MultiPolygon<f64>> = zones.iter().map(|zone| &zone.area).collect();
        let built =
            build_telling(&areas, &BuildSettings::default()).map_err(|faults| words(&faults))?;
        let mut working = Self::made(zones, &built)?;
        let zone = |face: u16| zones.get(usize::from(face)).map(|zone| &zone.id);
        working.mended = Arc::new(AllMended::of(&built.findings, &Words { zone: &zone }));
        Ok(working)
    }

    /// A plan at work on what was built of its areas.
    fn made(zones: &[Zone], built: &Built) -> Result<Self, Vec<String>> {
        let coverage = Coverage::from_sides(&built.sides).map_err(|faults| words(&faults))?;
        // What was mended is not given back as it came.
        let mended = built.findings.iter().any(mends);
        let mut given = BTreeMap::new();
        let (mut known, mut faces) = (BTreeMap::new(), BTreeMap::new());
        for (face, zone) in (0..=u16::MAX).zip(zones) {
            if !mended {
                given.insert(face, (coverage.polygons(face), zone.area.clone()));
            }
            faces.insert(zone.id.clone(), face);
            known.insert(face, Facts::of(zone));
        }
        let (given, mended) = (Arc::new(given), Arc::default());
        Ok(Self { coverage, facts: known, faces, given, mended })
    }

    /// What was mended in the areas that it was made of; nothing where [`Self::of`] made it.
    #[must_use]
    pub fn mended(&self) -> &AllMended {
        &self.mended
    }

    /// Whether there is a zone.
    #[must_use]
    pub fn has(&self, zone: &ZoneId) -> bool {
        self.faces.contains_key(zone)
    }

    /// The ground.
    #[must_use]
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// The face of a zone.
    #[must_use]
    pub fn face(&self, zone: &ZoneId) -> Option<u16> {
        self.faces.get(zone).copied()
    }

    /// The zone of a face.
    #[must_use]
    pub fn zone_of(&self, label: FaceLabel) -> Option<&ZoneId> {
        self.facts.get(&label?).map(|facts| &facts.id)
    }

    /// The unit that leads a face's zone.
    #[must_use]
    pub fn lead(&self, face: u16) -> Option<&UnitId> {
        self.facts.get(&face).map(|facts| &facts.lead)
    }

    /// What is known of the zones beside their areas, by id.
    pub fn facts(&self) -> impl Iterator<Item = &Facts> {
        self.faces.values().filter_map(|face| self.facts.get(face))
    }

    /// The zones' codes, in order.
    #[must_use]
    pub fn ids(&self) -> Vec<ZoneId> {
        self.faces.keys().cloned().collect()
    }

    /// The zones as they are now, by id.
    #[must_use]
    pub fn zones(&self) -> Vec<Zone> {
        self.faces.values().filter_map(|face| self.zone(*face)).collect()
    }

    fn zone(&self, face: u16) -> Option<Zone> {
        let facts = self.facts.get(&face)?;
        let area = self.coverage.polygons(face);
        Some(facts.zone(match self.given.get(&face) {
            Some((was, given)) if *was == area => given.clone(),
            _ => area,
        }))
    }

    /// The borders, each once.
    #[must_use]
    pub fn borders(&self) -> Vec<Border> {
        let arcs = self.coverage.arcs().into_iter().map(|arc| Border {
            left: self.zone_of(arc.left).cloned(),
            right: self.zone_of(arc.right).cloned(),
            points: arc.points,
        });
        arcs.collect()
    }

    /// Every law of the ground that is broken, in words. None after edits alone.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        self.coverage.check().iter().map(ToString::to_string).collect()
    }

    /// Does edits, all of them or none. `locked` are zones whose areas stay as they are.
    ///
    /// # Errors
    /// The first edit that does not fit, with what would be right and the place; then nothing has changed.
    pub fn apply(
        &mut self,
        edits: &[ZoningEdit],
        locked: &BTreeSet<ZoneId>,
    ) -> Result<Applied, Vec<EditFault>> {
        self.apply_held(edits, &Held { zones: locked.clone(), outline: false })
    }

    /// [`Self::apply`] where also the outline may be locked.
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub fn apply_held(
        &mut self,
        edits: &[ZoningEdit],
        held: &Held,
    ) -> Result<Applied, Vec<EditFault>> {
        let mut applied = Applied::default();
        for (number, edit) in edits.iter().enumerate() {
            match self.one(edit, held) {
                Ok(next) => applied.join(next),
                Err(mut fault) => {
                    fault.edit = number;
                    // What was done is known to fit: it is taken back as it was left.
                    return match self.take_back(&applied) {
                        Ok(()) => Err(vec![fault]),
                        Err(broken) => Err(vec![fault, said(broken.to_string(), None)]),
                    };
                }
            }
        }
        Ok(applied)
    }

    /// Undoes what edits did, bit for bit.
    ///
    /// # Errors
    /// [`NotAsLeft`] when something else was done since and not undone.
    pub fn take_back(&mut self, applied: &Applied) -> Result<(), NotAsLeft> {
        for back in applied.back.iter().rev() {
            match back {
                Back::Ground(patch) => {
                    self.coverage.apply(patch).map_err(|fault| NotAsLeft(fault.to_string()))?;
                }
                Back::Facts(face, facts) => {
                    self.put(*face, facts.clone());
                }
                Back::Whole(before) => *self = Self::clone(before),
            }
        }
        Ok(())
    }

    /// Moves places that came in another coordinate system onto the vertices that they name.
    pub fn snap(&self, edits: &mut [ZoningEdit]) {
        for edit in edits {
            edit.each_place(|place| {
                if let Some(vertex) = self.vertex_near(place.0) {
                    *place = Place(vertex);
                }
            });
        }
    }

    /// The nearest vertex within [`SNAP_STEPS`].
    fn vertex_near(&self, p: GridPoint) -> Option<GridPoint> {
        let reach = -SNAP_STEPS..=SNAP_STEPS;
        let around = reach.clone().flat_map(|dx| reach.clone().map(move |dy| (dx, dy)));
        around
            .filter_map(|(dx, dy)| {
                let q = GridPoint { x: p.x.checked_add(dx)?, y: p.y.checked_add(dy)? };
                self.coverage.has_node(q).then_some((dx * dx + dy * dy, q))
            })
            .min()
            .map(|(_, q)| q)
    }

    fn one(&mut self, edit: &ZoningEdit, held: &Held) -> Result<Applied, EditFault> {
        if let Some(named) = edit.named() {
            return Err(said(format!("{named} was not looked up; give its area or line"), None));
        }
        let new = match made_by(edit) {
            Some(zone) => {
                self.new_zone(zone)?;
                self.free_face()?
            }
            None => 0,
        };
        let asked =
            on_the_ground(edit, new, |zone| self.face(zone)).map_err(|zone| no_zone(&zone))?;
        match (asked, edit) {
            (Some(asked), _) => {
                let (keep, outline) = match edit {
                    ZoningEdit::Thin { keep, keep_outline, .. } => (Some(keep), *keep_outline),
                    _ => (None, false),
                };
                let zones = held.zones.iter().chain(keep.into_iter().flatten());
                let faces = zones.filter_map(|zone| self.face(zone)).collect();
                let locks = Locks { faces, outline: outline || held.outline };
                let planned = self.coverage.plan(&asked, &locks).map_err(|fault| {
                    said(in_zones(&fault.to_string(), |face| self.zone_of(Some(face))), fault.at())
                })?;
                self.reshape(edit, new, &planned.patch, planned.bent)
            }
            (None, ZoningEdit::Redraw { zones }) => self.redraw(zones, held),
            (None, edit) => self.set(edit),
        }
    }

    /// Carries a patch out, and gives the zones that it makes and ends their facts.
    fn reshape(
        &mut self,
        edit: &ZoningEdit,
        new: u16,
        patch: &Patch,
        bent: Vec<GridPoint>,
    ) -> Result<Applied, EditFault> {
        let mut applied = Applied { bent, ..Applied::default() };
        let made = made_by(edit).map(|zone| self.facts_of(edit, zone, patch)).transpose()?;
        self.coverage.apply(patch).map_err(|fault| said(fault.to_string(), None))?;
        applied.back.push(Back::Ground(patch.inverse()));
        if let Some(facts) = made {
            applied.touched.insert(facts.id.clone());
            applied.reshaped.insert(facts.id.clone());
            applied.back.push(Back::Facts(new, self.put(new, Some(facts))));
        }
        for side in patch.removed().iter().chain(patch.added()) {
            for zone in [side.left, side.right].into_iter().filter_map(|it| self.zone_of(it)) {
                applied.touched.insert(zone.clone());
            }
        }
        let labels = patch.changed();
        applied.outline = labels.contains_key(&None);
        let changed: Vec<u16> = labels.into_keys().flatten().collect();
        let reshaped = changed.iter().filter_map(|face| self.zone_of(Some(*face)).cloned());
        applied.reshaped.extend(reshaped);
        applied.moved = patch
            .moved()
            .into_iter()
            .map(|it| Moved {
                from: self.zone_of(it.from).cloned(),
                to: self.zone_of(it.to).cloned(),
                area_m2: area_m2(&it.area),
                area: it.area,
            })
            .collect();
        // A zone without an area is gone.
        for face in changed.into_iter().filter(|face| !self.coverage.has(*face)).collect::<Vec<_>>()
        {
            let was = self.put(face, None);
            applied.back.push(Back::Facts(face, was));
        }
        applied.touched.extend(applied.reshaped.iter().cloned());
        Ok(applied)
    }

    /// The facts of a zone that an edit makes; what is not said is that of the zone it was part of.
    fn facts_of(
        &self,
        edit: &ZoningEdit,
        new: &NewZone,
        patch: &Patch,
    ) -> Result<Facts, EditFault> {
        let of = match edit {
            ZoningEdit::Split { zone, .. } | ZoningEdit::AddHole { zone, .. } => self.face(zone),
            ZoningEdit::Carve { .. } => most_of(patch),
            _ => None,
        };
        let lead = of.and_then(|face| self.facts.get(&face)).map(|facts| facts.lead.clone());
        let lead = new
            .lead
            .clone()
            .or(lead)
            .ok_or_else(|| said("the new zone has no unit; name its lead".to_owned(), None))?;
        let plain = Names { zh: String::new(), en: new.id.to_string() };
        Ok(Facts {
            id: new.id.clone(),
            number: new.number.unwrap_or_else(|| self.free_number()),
            names: new.names.as_ref().and_then(NamesGiven::kept).unwrap_or(plain),
            co: beside(&new.co, &lead),
            lead,
            attributes: Attributes::new(),
        })
    }

    fn new_zone(&self, new: &NewZone) -> Result<(), EditFault> {
        if self.has(&new.id) {
            let says = format!("there is a zone {} already; give the new one another code", new.id);
            return Err(said(says, None));
        }
        if self.facts.len() >= ZONES_MAX {
            return Err(said(
                format!("a draft has at most {ZONES_MAX} zones; merge some first"),
                None,
            ));
        }
        Ok(())
    }

    /// Other facts of a zone.
    fn set(&mut self, edit: &ZoningEdit) -> Result<Applied, EditFault> {
        let ZoningEdit::SetZone { zone, .. } = edit else {
            return Err(said("is no edit of a zone".to_owned(), None));
        };
        let face = self.face(zone).ok_or_else(|| no_zone(zone))?;
        let facts = self.facts.get(&face).cloned().ok_or_else(|| no_zone(zone))?;
        let was = self.put(face, Some(facts.with(edit)));
        let mut applied = Applied { back: vec![Back::Facts(face, was)], ..Applied::default() };
        applied.touched.insert(zone.clone());
        Ok(applied)
    }

    /// All zones are others.
    fn redraw(&mut self, drawn: &[DrawnZone], held: &Held) -> Result<Applied, EditFault> {
        let mut zones: Vec<Zone> = drawn.iter().map(zone_of).collect();
        zones.sort_by(|a, b| a.id.cmp(&b.id));
        let then = Self::taken_up(&zones).map_err(|faults| said(faults.join("; "), None))?;
        let area = |of: &Self, zone: &ZoneId| of.face(zone).map(|face| of.coverage.polygons(face));
        for zone in &held.zones {
            if area(self, zone) != area(&then, zone) {
                let says = format!("the area of zone {zone} is locked, and this draws another one");
                return Err(said(says, None));
            }
        }
        let (was, is) = (self.coverage.together(), then.coverage.together());
        let outline = OutlineChange::between(&was, &is);
        if held.outline && outline.is_some() {
            let says = "the outline is locked, and this draws another one".to_owned();
            return Err(said(says, outline.largest().map(|piece| piece.at)));
        }
        let mut applied = Applied { outline: outline.is_some(), ..Applied::default() };
        for id in self.faces.keys().chain(then.faces.keys()) {
            let facts = |of: &Self| of.face(id).and_then(|face| of.facts.get(&face).cloned());
            if area(self, id) != area(&then, id) {
                applied.reshaped.insert(id.clone());
            } else if facts(self) == facts(&then) {
                continue;
            }
            applied.touched.insert(id.clone());
        }
        let before = std::mem::replace(self, then);
        applied.back.push(Back::Whole(Arc::new(before)));
        Ok(applied)
    }

    /// Puts facts beside a face; gives those that stood there.
    fn put(&mut self, face: u16, facts: Option<Facts>) -> Option<Facts> {
        let was = match &facts {
            Some(facts) => self.facts.insert(face, facts.clone()),
            None => self.facts.remove(&face),
        };
        if let Some(was) = &was {
            self.faces.remove(&was.id);
        }
        if let Some(facts) = facts {
            self.faces.insert(facts.id, face);
        }
        was
    }

    /// The lowest number that no face has.
    fn free_face(&self) -> Result<u16, EditFault> {
        let taken = |face: &u16| self.facts.contains_key(face) || self.coverage.has(*face);
        (0..u16::MAX)
            .find(|face| !taken(face))
            .ok_or_else(|| said("there are as many zones as there can be".to_owned(), None))
    }

    /// The lowest number above all zones' numbers.
    fn free_number(&self) -> u32 {
        self.facts.values().map(|facts| facts.number).max().unwrap_or(0).saturating_add(1)
    }
}

/// The zone that an edit makes.
fn made_by(edit: &ZoningEdit) -> Option<&NewZone> {
    match edit {
        ZoningEdit::Split { new, .. } | ZoningEdit::Carve { new, .. } => Some(new),
        ZoningEdit::AddHole { new, .. } => new.as_ref(),
        _ => None,
    }
}

fn area_m2(area: &MultiPolygon<f64>) -> f64 {
    area.iter().map(|part| polygon_area_m2(part).abs()).sum()
}

fn said(says: String, at: Option<GridPoint>) -> EditFault {
    EditFault { edit: 0, says, at }
}

fn no_zone(zone: &ZoneId) -> EditFault {
    said(format!("the draft has no zone {zone}"), None)
}

#[cfg(test)]
mod tests;
