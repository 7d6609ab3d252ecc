//! What differs between two partitions of a city: zones, and the places that changed hands.
//!
//! Whether a place changed hands is always decided by the two exact zone indexes ([`Hands`]). The boxes of
//! [`boxes`] hold every such place and narrow a search; the areas of [`changed_areas`] are for people.

use std::collections::BTreeMap;

use geo_types::{Geometry, MultiPolygon};

use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::zone::Zone;
use crate::domain::id::ZoneId;
use crate::geom::coord::{GridBox, GridPoint};
use crate::geom::measure::area_m2;
use crate::geom::overlay::{Sheet, differing, frame, meet, merged};

/// A zone that two plans do not have alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Differs<'a> {
    /// Its code.
    pub id: &'a ZoneId,
    /// As it was; `None`: it was not there.
    pub was: Option<&'a Zone>,
    /// As it is; `None`: it is gone.
    pub is: Option<&'a Zone>,
}

impl Differs<'_> {
    /// Whether another unit leads there, in what both have of the zone.
    #[must_use]
    pub fn led_otherwise(&self) -> bool {
        matches!((self.was, self.is), (Some(was), Some(is)) if was.lead != is.lead)
    }

    /// Whether its area is another one.
    #[must_use]
    pub fn redrawn(&self) -> bool {
        self.was.map(|zone| &zone.area) != self.is.map(|zone| &zone.area)
    }
}

/// The zones that two plans do not have alike, by code.
#[must_use]
pub fn differences<'a>(before: &'a [Zone], after: &'a [Zone]) -> Vec<Differs<'a>> {
    let mut all: BTreeMap<&ZoneId, (Option<&Zone>, Option<&Zone>)> = BTreeMap::new();
    for zone in before {
        all.entry(&zone.id).or_default().0 = Some(zone);
    }
    for zone in after {
        all.entry(&zone.id).or_default().1 = Some(zone);
    }
    let differ = all.into_iter().filter(|(_, (was, is))| was != is);
    differ.map(|(id, (was, is))| Differs { id, was, is }).collect()
}

/// An area that went from one zone to another.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangedArea {
    /// Whose it was; `None`: no zone's.
    pub from: Option<ZoneId>,
    /// Whose it is; `None`: no zone's.
    pub to: Option<ZoneId>,
    /// Where, WGS84.
    pub area: MultiPolygon<f64>,
    /// How large.
    pub area_m2: f64,
}

/// The areas that went from one zone to another, by the codes of both. Zones that were not redrawn are not
/// looked at; what is narrower than a grid step is left out.
#[must_use]
pub fn changed_areas(before: &[Zone], after: &[Zone]) -> Vec<ChangedArea> {
    let differ = differences(before, after);
    let redrawn: Vec<&Differs<'_>> = differ.iter().filter(|it| it.redrawn()).collect();
    let was: Vec<&Zone> = redrawn.iter().filter_map(|it| it.was).collect();
    let is: Vec<&Zone> = redrawn.iter().filter_map(|it| it.is).collect();
    let frames = was.iter().chain(&is).filter_map(|zone| frame(&zone.area));
    let Some(whole) = frames.reduce(GridBox::with) else { return Vec::new() };
    let sheet = Sheet::around(whole);
    let (was, is) = (laid(&sheet, &was), laid(&sheet, &is));
    let mut all = Vec::new();
    for from in &was {
        for to in is.iter().filter(|to| to.id != from.id && from.meets(to)) {
            push(&mut all, Some(from.id), Some(to.id), sheet.shared(&from.area, &to.area));
        }
        push(&mut all, Some(from.id), None, from.outside(&sheet, &is));
    }
    for to in &is {
        push(&mut all, None, Some(to.id), to.outside(&sheet, &was));
    }
    all.sort_by(|a, b| (&a.from, &a.to).cmp(&(&b.from, &b.to)));
    all
}

/// A redrawn zone on the sheet.
struct Laid<'a> {
    id: &'a ZoneId,
    frame: Option<GridBox>,
    area: MultiPolygon<f64>,
}

fn laid<'a>(sheet: &Sheet, zones: &[&'a Zone]) -> Vec<Laid<'a>> {
    let lay = |zone: &&'a Zone| Laid {
        id: &zone.id,
        frame: frame(&zone.area),
        area: sheet.lay(&zone.area),
    };
    zones.iter().map(lay).collect()
}

impl Laid<'_> {
    fn meets(&self, other: &Laid<'_>) -> bool {
        self.frame.zip(other.frame).is_some_and(|(a, b)| meet(a, b))
    }

    /// What none of the others has of it.
    fn outside(&self, sheet: &Sheet, others: &[Laid<'_>]) -> MultiPolygon<f64> {
        let near = others.iter().filter(|other| self.meets(other)).map(|other| &other.area);
        sheet.alone(&self.area, &near.collect::<Vec<_>>())
    }
}

fn push(
    all: &mut Vec<ChangedArea>,
    from: Option<&ZoneId>,
    to: Option<&ZoneId>,
    area: MultiPolygon<f64>,
) {
    if area.0.is_empty() {
        return;
    }
    let area_m2 = area_m2(&Geometry::MultiPolygon(area.clone()));
    all.push(ChangedArea { from: from.cloned(), to: to.cloned(), area, area_m2 });
}

/// At most `most` boxes that hold every place which changed hands, borders included.
#[must_use]
pub fn boxes(before: &[Zone], after: &[Zone], most: usize) -> Vec<GridBox> {
    let nowhere = MultiPolygon::new(Vec::new());
    let mut all = Vec::new();
    for it in differences(before, after) {
        let was = it.was.map_or(&nowhere, |zone| &zone.area);
        let is = it.is.map_or(&nowhere, |zone| &zone.area);
        all.extend(differing(was, is));
        if it.led_otherwise() {
            all.extend([it.was, it.is].into_iter().flatten().filter_map(|zone| frame(&zone.area)));
        }
    }
    merged(all, most)
}

/// Two atlases by whose zones it is decided what changed hands.
#[derive(Clone, Copy)]
pub struct Hands<'a> {
    /// The former one.
    pub before: &'a Atlas,
    /// The later one.
    pub after: &'a Atlas,
}

/// Whose a place was and whose it is; `None`: no zone's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Changed<'a> {
    /// Whose it was.
    pub from: Option<&'a Zone>,
    /// Whose it is.
    pub to: Option<&'a Zone>,
}

impl<'a> Hands<'a> {
    /// Whether a place has another owner: another zone, or the same under another unit.
    #[must_use]
    pub fn changed(&self, p: GridPoint) -> Option<Changed<'a>> {
        let zone = |atlas: &'a Atlas| {
            let number = atlas.areas().locate(p);
            number.and_then(|number| atlas.zones().get(usize::from(number)))
        };
        let (from, to) = (zone(self.before), zone(self.after));
        let owner = |zone: Option<&'a Zone>| zone.map(|zone| (&zone.id, &zone.lead));
        (owner(from) != owner(to)).then_some(Changed { from, to })
    }
}

#[cfg(test)]
mod tests;
