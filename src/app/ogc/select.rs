//! Features of what is in force: found by place, filtered, and paged by their ids.

use std::borrow::Cow;

use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::{FacilityId, UnitId, ZoneId};
use crate::domain::ogc::collection::Collection;
use crate::domain::ogc::feature::{Feature, Thing};
use crate::domain::ogc::filter::Test;
use crate::geom::coord::GridBox;

/// Which features; every condition given must hold.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Within one of these boxes, or on its edge.
    pub frames: Option<Vec<GridBox>>,
    /// Those that it keeps.
    pub test: Option<Test>,
    /// Behind the feature of this id.
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
}

/// A page of features, by their numbers in the atlas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Those on the page.
    pub numbers: Vec<u32>,
    /// How many there are on all pages.
    pub matched: usize,
    /// Whether more follow.
    pub more: bool,
}

/// Finds a page. Looks at every feature that the boxes, or those of the filter, leave; where neither is given it
/// costs what is on the page.
#[must_use]
pub fn page(atlas: &Atlas, collection: Collection, wish: &Wish) -> Page {
    let tested = || wish.test.as_ref().and_then(Test::frame).map(|frame| vec![frame]);
    let frames = wish.frames.clone().or_else(tested);
    let mut numbers = numbers(atlas, collection, frames.as_deref());
    if let Some(test) = &wish.test {
        let keeps = |number: &u32| {
            feature(atlas, collection, *number).is_some_and(|feature| test.keeps(&feature))
        };
        numbers = Cow::Owned(numbers.iter().copied().filter(keeps).collect());
    }
    let stands = |number: u32, after: &str| {
        feature(atlas, collection, number).is_some_and(|found| found.id().as_ref() <= after)
    };
    cut(&numbers, wish, stands)
}

/// The page that is wanted of all features that are, ascending by id. `stands` tells whether one has this id or a
/// smaller one.
#[must_use]
pub fn cut(numbers: &[u32], wish: &Wish, stands: impl Fn(u32, &str) -> bool) -> Page {
    // The feature itself may be gone since: go on behind where it stood.
    let from = wish
        .after
        .as_deref()
        .map_or(0, |after| numbers.partition_point(|number| stands(*number, after)));
    let rest = &numbers[from..];
    let page = &rest[..rest.len().min(wish.limit)];
    Page { numbers: page.to_vec(), matched: numbers.len(), more: rest.len() > page.len() }
}

/// The numbers of the features that lie in one of the boxes, ascending, which is by id.
fn numbers<'a>(
    atlas: &'a Atlas,
    collection: Collection,
    frames: Option<&[GridBox]>,
) -> Cow<'a, [u32]> {
    let Some(frames) = frames else {
        return match collection {
            Collection::Zones => (0..).zip(atlas.zones()).map(|(n, _)| n).collect(),
            Collection::Units => (0..).zip(atlas.units()).map(|(n, _)| n).collect(),
            Collection::Incidents | Collection::DraftZones(_) | Collection::DraftArcs(_) => {
                Cow::Borrowed(&[])
            }
            Collection::Facilities(kind) => Cow::Borrowed(atlas.of_kind(kind)),
        };
    };
    let within = |frame: &GridBox| match collection {
        Collection::Zones => atlas.zones_in(*frame),
        Collection::Units => {
            let seated = (0..).zip(atlas.units());
            let inside = seated.filter(|(_, unit)| unit.seat.is_some_and(|at| frame.holds(at)));
            inside.map(|(n, _)| n).collect()
        }
        Collection::Incidents | Collection::DraftZones(_) | Collection::DraftArcs(_) => Vec::new(),
        Collection::Facilities(kind) => atlas.in_box(&[kind], *frame),
    };
    let mut found: Vec<u32> = frames.iter().flat_map(within).collect();
    found.sort_unstable();
    found.dedup();
    Cow::Owned(found)
}

/// The feature of a number; `None` for incidents and drafts, which the atlas does not hold.
#[must_use]
pub fn feature(atlas: &Atlas, collection: Collection, number: u32) -> Option<Feature<'_>> {
    let at = number as usize;
    let thing = match collection {
        Collection::Zones => Thing::Zone(atlas.zones().get(at)?),
        Collection::Units => Thing::Unit(atlas.units().get(at)?),
        Collection::Incidents | Collection::DraftZones(_) | Collection::DraftArcs(_) => {
            return None;
        }
        Collection::Facilities(_) => Thing::Facility(atlas.facilities().get(at)?),
    };
    Some(Feature { atlas, thing })
}

/// The feature with an id; `None` for incidents and drafts, which the atlas does not hold.
#[must_use]
pub fn find<'a>(atlas: &'a Atlas, collection: Collection, id: &str) -> Option<Feature<'a>> {
    let thing = match collection {
        Collection::Zones => Thing::Zone(atlas.zone(&ZoneId::new(id).ok()?)?),
        Collection::Units => Thing::Unit(atlas.unit(&UnitId::new(id).ok()?)?),
        Collection::Incidents | Collection::DraftZones(_) | Collection::DraftArcs(_) => {
            return None;
        }
        Collection::Facilities(kind) => {
            let found = atlas.facility(&FacilityId::new(id).ok()?)?;
            Thing::Facility(Some(found).filter(|facility| facility.kind == kind)?)
        }
    };
    Some(Feature { atlas, thing })
}
