//! Features of what is in force: found by place, filtered, and paged by their ids.

use std::borrow::Cow;

use crate::app::ogc::columns::{Columns, Narrowed, Shelf};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::{FacilityId, UnitId, ZoneId};
use crate::domain::ogc::collection::Collection;
use crate::domain::ogc::feature::{Feature, Thing};
use crate::domain::ogc::filter::Test;
use crate::geom::coord::GridBox;

/// So many features that a column leaves are looked at before any box is.
const FEW: usize = 1_000;

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

/// Finds a page. Looks at the features that the boxes, or those of the filter, or the columns of the properties that
/// it asks about leave.
#[must_use]
pub fn page(atlas: &Atlas, collection: Collection, wish: &Wish, columns: &Columns) -> Page {
    let all = all(atlas, collection);
    let frames = wish.frames.as_deref();
    let numbers = match &wish.test {
        None => frames.map_or(all, |frames| Cow::Owned(within(atlas, collection, frames))),
        Some(test) => {
            let shelf = Shelf { atlas, collection, all: &all, feature };
            let narrowed = columns.narrowed(&shelf, test);
            let mut numbers = looked_at(&shelf, test, frames, narrowed.as_ref());
            let keeps = |number: &u32| {
                feature(atlas, collection, *number).is_some_and(|feature| test.keeps(&feature))
            };
            numbers.retain(keeps);
            Cow::Owned(numbers)
        }
    };
    let stands = |number: u32, after: &str| {
        feature(atlas, collection, number).is_some_and(|found| found.id().as_ref() <= after)
    };
    cut(&numbers, wish, stands)
}

/// The features at which a filter has to be asked, ascending.
fn looked_at(
    shelf: &Shelf<'_>,
    test: &Test,
    frames: Option<&[GridBox]>,
    narrowed: Option<&Narrowed>,
) -> Vec<u32> {
    if let Some(frames) = frames {
        let mut inside = within(shelf.atlas, shelf.collection, frames);
        if let Some(narrowed) = narrowed.filter(|narrowed| narrowed.len() < inside.len()) {
            let listed = narrowed.numbers();
            inside.retain(|number| listed.binary_search(number).is_ok());
        }
        return inside;
    }
    match (test.frame(), narrowed) {
        // How much lies in a box is not known before it is looked at.
        (_, Some(narrowed)) if narrowed.len() <= FEW => narrowed.numbers(),
        (Some(frame), _) => within(shelf.atlas, shelf.collection, &[frame]),
        (None, Some(narrowed)) => narrowed.numbers(),
        (None, None) => shelf.all.to_vec(),
    }
}

/// The page that is wanted of all features that are, ascending by id. `stands` tells whether one has this id or a
/// smaller one.
#[must_use]
pub fn cut(numbers: &[u32], wish: &Wish, stands: impl Fn(u32, &str) -> bool) -> Page {
    // The feature that was last may be gone since: go on behind where it stood.
    let from = wish
        .after
        .as_ref()
        .map_or(0, |after| numbers.partition_point(|number| stands(*number, after)));
    let rest = numbers.get(from..).unwrap_or_default();
    let on_page = rest.get(..wish.limit).unwrap_or(rest).to_vec();
    Page { matched: numbers.len(), more: rest.len() > on_page.len(), numbers: on_page }
}

/// The numbers of all features, ascending, which is by id.
fn all(atlas: &Atlas, collection: Collection) -> Cow<'_, [u32]> {
    match collection {
        Collection::Zones => (0..).zip(atlas.zones()).map(|(n, _)| n).collect(),
        Collection::Units => (0..).zip(atlas.units()).map(|(n, _)| n).collect(),
        Collection::Incidents | Collection::DraftZones(_) | Collection::DraftArcs(_) => {
            Cow::Borrowed(&[])
        }
        Collection::Facilities(kind) => Cow::Borrowed(atlas.of_kind(kind)),
    }
}

/// The feature of a rank among all of a collection's that the atlas holds.
#[must_use]
pub fn ranked(atlas: &Atlas, collection: Collection, rank: usize) -> Option<Feature<'_>> {
    let number = match collection {
        Collection::Facilities(kind) => *atlas.of_kind(kind).get(rank)?,
        _ => u32::try_from(rank).ok()?,
    };
    feature(atlas, collection, number)
}

/// The rank of the feature of a number.
#[must_use]
pub fn rank(atlas: &Atlas, collection: Collection, number: u32) -> Option<usize> {
    match collection {
        Collection::Facilities(kind) => atlas.of_kind(kind).binary_search(&number).ok(),
        _ => usize::try_from(number).ok(),
    }
}

/// The numbers of the features that lie in one of the boxes, ascending.
fn within(atlas: &Atlas, collection: Collection, frames: &[GridBox]) -> Vec<u32> {
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
    found
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::atlas::facility::FacilityKind;
    use crate::domain::ogc::filter::{Comparison, Place, Term, Value};
    use crate::domain::ogc::pattern::{Fold, Pattern};
    use crate::domain::sample::{Recipe, city};
    use crate::geom::coord::GridPoint;
    use crate::geom::relate::Relation;

    const CAMERAS: Collection = Collection::Facilities(FacilityKind::Camera);

    fn property(name: &str) -> Term {
        Term::Property(name.to_owned())
    }

    fn text(text: &str) -> Term {
        Term::Literal(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn compare(how: Comparison, name: &str, with: &str) -> Test {
        Test::Compare(how, property(name), text(with))
    }

    /// Filters that columns narrow, and some that they do not.
    fn tests(atlas: &Atlas) -> Vec<Test> {
        let cameras = atlas.of_kind(FacilityKind::Camera);
        let middle = feature(atlas, CAMERAS, cameras[700]).unwrap();
        let last = feature(atlas, CAMERAS, cameras[1_900]).unwrap();
        let (code, later) = (middle.id().into_owned(), last.id().into_owned());
        let area = Box::new(middle.geometry().unwrap().into_owned());
        let here = Test::Spatial(Relation::Intersects, Place::Own, Place::Given(area));
        let unit = match middle.property("unit") {
            Value::Text(unit) => unit.into_owned(),
            _ => String::new(),
        };
        let of_unit = || compare(Comparison::Equal, "unit", &unit);
        let begins = code[..code.len() - 1].to_owned() + "%";
        let large = Term::Folded(Fold::Case, Box::new(property("code")));
        vec![
            compare(Comparison::Equal, "code", &code),
            compare(Comparison::Less, "code", &code),
            compare(Comparison::GreaterEqual, "code", &code),
            compare(Comparison::Unequal, "code", &code),
            of_unit(),
            Test::Compare(Comparison::Greater, text(&code), property("code")),
            Test::Between(property("code"), text(&code), text(&later)),
            Test::OneOf(property("code"), vec![text(&later), text("none"), text(&code)]),
            Test::Like(property("code"), Pattern::new(&begins)),
            Test::Compare(Comparison::Equal, large, text(&code.to_lowercase())),
            Test::Any(vec![compare(Comparison::Equal, "code", &later), of_unit()]),
            Test::Any(vec![compare(Comparison::Equal, "code", &later), here.clone()]),
            Test::All(vec![here, of_unit()]),
            Test::All(vec![compare(Comparison::LessEqual, "code", &later), of_unit()]),
            Test::Not(Box::new(of_unit())),
            Test::Any(Vec::new()),
        ]
    }

    #[test]
    fn what_columns_leave_is_what_looking_at_all_finds() {
        let atlas = Atlas::build(city(&Recipe { cameras: 2_000, ..Recipe::default() })).unwrap();
        let all = atlas.of_kind(FacilityKind::Camera);
        assert_eq!(all.len(), 2_000);
        let extent = atlas.areas().extent().unwrap();
        let west = GridPoint { x: i32::midpoint(extent.min.x, extent.max.x), y: extent.max.y };
        let half = vec![GridBox { min: extent.min, max: west }];
        let columns = Columns::default();
        let mut some = 0;
        for test in tests(&atlas) {
            for frames in [None, Some(half.clone())] {
                let inside = frames.as_deref().map(|frames| within(&atlas, CAMERAS, frames));
                let expected: Vec<u32> = all
                    .iter()
                    .copied()
                    .filter(|n| inside.as_ref().is_none_or(|inside| inside.contains(n)))
                    .filter(|n| test.keeps(&feature(&atlas, CAMERAS, *n).unwrap()))
                    .collect();
                let wish =
                    Wish { frames, test: Some(test.clone()), after: None, limit: usize::MAX };
                // At first all is looked through, then the column is made, then it is there.
                for _ in 0..3 {
                    let found = page(&atlas, CAMERAS, &wish, &columns);
                    assert_eq!(found.numbers, expected, "{test:?}");
                    assert_eq!((found.matched, found.more), (expected.len(), false));
                }
                some += usize::from(!expected.is_empty());
            }
        }
        assert!(some > 20, "{some} filters keep any");
    }

    #[test]
    fn a_column_narrows_from_the_second_time_on() {
        let atlas = Atlas::build(city(&Recipe { cameras: 1_500, ..Recipe::default() })).unwrap();
        let all = all(&atlas, CAMERAS);
        let code = feature(&atlas, CAMERAS, all[7]).unwrap().id().into_owned();
        let shelf = Shelf { atlas: &atlas, collection: CAMERAS, all: &all, feature };
        let test = compare(Comparison::Equal, "code", &code);
        let columns = Columns::default();
        let narrowed = || columns.narrowed(&shelf, &test).map(|it| it.numbers());
        assert_eq!(narrowed(), None);
        assert_eq!(narrowed(), Some(vec![all[7]]));
        assert_eq!(narrowed(), Some(vec![all[7]]));
        // So few are looked through as fast.
        let few = Shelf { all: &all[..900], ..shelf };
        assert!(columns.narrowed(&few, &test).is_none());
    }

    #[test]
    fn a_page_begins_behind_its_mark_and_tells_whether_more_follow() {
        let stands = |number: u32, after: &str| number.to_string().as_str() <= after;
        let wish = |after: Option<&str>, limit| Wish {
            after: after.map(str::to_owned),
            limit,
            ..Wish::default()
        };
        for (after, limit, numbers, more) in [
            (None, 2, vec![1, 3], true),
            (None, 4, vec![1, 3, 5, 7], false),
            (None, usize::MAX, vec![1, 3, 5, 7], false),
            (Some("3"), 1, vec![5], true),
            // It is gone since.
            (Some("4"), 2, vec![5, 7], false),
            (Some("9"), 2, vec![], false),
        ] {
            let page = cut(&[1, 3, 5, 7], &wish(after, limit), stands);
            assert_eq!(page, Page { numbers, matched: 4, more }, "{after:?} {limit}");
        }
    }
}
