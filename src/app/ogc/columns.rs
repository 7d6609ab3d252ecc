//! Columns of the properties that filters ask about, so that a filter looks at what it may keep and not at all there is.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::atlas::in_force::Atlas;
use crate::domain::id::CityId;
use crate::domain::ogc::collection::Collection;
use crate::domain::ogc::column::{Column, stretches};
use crate::domain::ogc::feature::Feature;
use crate::domain::ogc::filter::{Term, Test, Value};

/// Fewer features are looked through as fast.
const FEATURES_MIN: usize = 1_000;
/// Most columns of a collection.
const COLUMNS_MAX: usize = 64;

/// The columns of the newest atlas of every city that was asked about. Making one takes longer than looking through
/// all features once: the first who asks about a property does that, the second makes the column.
#[derive(Default)]
pub struct Columns {
    kept: Mutex<HashMap<(CityId, Collection), OfAtlas>>,
}

#[derive(Default)]
struct OfAtlas {
    version: i64,
    /// By what they are sorted; none yet where it was asked about once.
    columns: HashMap<String, Option<Arc<Column>>>,
}

/// A collection of an atlas: all its features, ascending, and how they are read.
pub struct Shelf<'a> {
    /// The atlas.
    pub atlas: &'a Atlas,
    /// The collection.
    pub collection: Collection,
    /// Its features.
    pub all: &'a [u32],
    /// The feature of a number.
    pub feature: fn(&Atlas, Collection, u32) -> Option<Feature<'_>>,
}

impl<'a> Shelf<'a> {
    /// What a feature has of a term that has a column.
    fn value(&self, term: &Term, number: u32) -> Value<'a> {
        let feature = (self.feature)(self.atlas, self.collection, number);
        feature.map_or(Value::Null, |feature| value(&feature, term))
    }
}

fn value<'a>(feature: &Feature<'a>, term: &Term) -> Value<'a> {
    match term {
        Term::Property(name) => feature.property(name),
        Term::Folded(fold, inner) => match value(feature, inner) {
            Value::Text(text) => Value::Text(Cow::Owned(fold.folded(&text))),
            _ => Value::Null,
        },
        _ => Value::Null,
    }
}

/// Features that a filter may keep, by stretches of columns.
pub struct Narrowed {
    pieces: Vec<(Arc<Column>, Range<usize>)>,
}

impl Narrowed {
    /// How many there are at most.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pieces.iter().map(|(_, range)| range.len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their numbers, ascending, each once.
    #[must_use]
    pub fn numbers(&self) -> Vec<u32> {
        let each = self.pieces.iter().flat_map(|(column, range)| column.get(range.clone()));
        let mut all: Vec<u32> = each.copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl Columns {
    /// What a filter may keep of a collection; `None` where no column tells.
    #[must_use]
    pub fn narrowed(&self, among: &Shelf<'_>, test: &Test) -> Option<Narrowed> {
        if among.all.len() < FEATURES_MIN {
            return None;
        }
        match test {
            Test::All(parts) => {
                parts.iter().filter_map(|part| self.narrowed(among, part)).min_by_key(Narrowed::len)
            }
            Test::Any(parts) => {
                let each = parts.iter().map(|part| self.narrowed(among, part));
                let each: Vec<Narrowed> = each.collect::<Option<_>>()?;
                let pieces = each.into_iter().flat_map(|one| one.pieces).collect();
                Some(Narrowed { pieces })
            }
            leaf => {
                let (term, stretches) = stretches(leaf)?;
                let column = self.column(among, term)?;
                let range = |stretch| {
                    let range = column.range(stretch, |number| among.value(term, number));
                    (Arc::clone(&column), range)
                };
                Some(Narrowed { pieces: stretches.iter().map(range).collect() })
            }
        }
    }

    /// The column of a term, unless it is asked about for the first time or the atlas is one of the past.
    fn column(&self, among: &Shelf<'_>, term: &Term) -> Option<Arc<Column>> {
        let name = format!("{term:?}");
        {
            let mut kept = self.lock();
            let key = (among.atlas.city().id.clone(), among.collection);
            let of_atlas = kept.entry(key).or_default();
            if among.atlas.version() < of_atlas.version {
                return None;
            }
            if among.atlas.version() > of_atlas.version {
                *of_atlas = OfAtlas { version: among.atlas.version(), columns: HashMap::new() };
            }
            match of_atlas.columns.get(&name) {
                Some(Some(column)) => return Some(Arc::clone(column)),
                Some(None) => {}
                None => {
                    if of_atlas.columns.len() < COLUMNS_MAX {
                        of_atlas.columns.insert(name, None);
                    }
                    return None;
                }
            }
        }
        let column = Arc::new(Column::of(among.all, |number| among.value(term, number)));
        let mut kept = self.lock();
        let key = (among.atlas.city().id.clone(), among.collection);
        let of_atlas = kept.get_mut(&key).filter(|it| it.version == among.atlas.version());
        if let Some(of_atlas) = of_atlas {
            of_atlas.columns.insert(name, Some(Arc::clone(&column)));
        }
        Some(column)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(CityId, Collection), OfAtlas>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
