//! Reports counted by squares, as kept for tiles.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::tiles::collection::HEAT;
use crate::domain::accounts::Scope;
use crate::domain::catalogue::whole::Catalogue;
use crate::domain::id::UnitId;
use crate::domain::reports::report::AssignedReport;
use crate::formats::mvt::layer::Layer;
use crate::formats::mvt::vocabulary::{Tag, Value, Vocabulary};
use crate::geom::coord::GridPoint;
use crate::geom::tile::grid::{Tile, Unit};
use crate::geom::tile::pins::Pins;

/// The public is told of a square from so many reports on.
pub const COUNT_MIN: u32 = 3;
/// A square is 2^7 units wide: 32 to a tile, each way.
const SQUARE_BITS: u32 = 7;
/// What is too few to be told goes into a square 2^2 times as wide.
const WIDER_BITS: u32 = 2;

/// Reports by place.
#[derive(Debug)]
pub struct Heat {
    /// What says how far places are blurred.
    catalogue: Arc<Catalogue>,
    /// Who may see each as a unit; empty where nobody asked as one.
    units: Vec<Vec<UnitId>>,
    /// Where each is.
    all: Pins,
    /// Where the public is told that each is which it may see.
    public: Pins,
}

/// Gathers reports, pile by pile.
#[derive(Debug)]
pub struct Gathering {
    catalogue: Arc<Catalogue>,
    units: Vec<Vec<UnitId>>,
    all: Vec<GridPoint>,
    public: Vec<GridPoint>,
}

/// Whose a report is to see.
pub type Parties<'a> = dyn Fn(&AssignedReport) -> Vec<UnitId> + 'a;

impl Gathering {
    /// Of a city with this catalogue.
    #[must_use]
    pub fn by(catalogue: Arc<Catalogue>) -> Self {
        Self { catalogue, units: Vec::new(), all: Vec::new(), public: Vec::new() }
    }

    /// Adds reports. With a rule that tells whose each is to see that is kept.
    pub fn add(&mut self, reports: &[AssignedReport], parties: Option<&Parties<'_>>) {
        for filed in reports {
            let report = &filed.report;
            self.all.push(report.position);
            if let Some(parties) = parties {
                self.units.push(parties(filed));
            }
            if report.is_public() {
                self.public.push(report.public_place(&self.catalogue).at);
            }
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All of them, by place.
    #[must_use]
    pub fn done(self) -> Heat {
        let pins = |places: Vec<GridPoint>| Pins::of((0..).zip(places));
        let catalogue = self.catalogue;
        Heat { catalogue, units: self.units, all: pins(self.all), public: pins(self.public) }
    }
}

impl Heat {
    /// Whether places are blurred as this catalogue says.
    #[must_use]
    pub fn is_by(&self, catalogue: &Arc<Catalogue>) -> bool {
        self.catalogue == *catalogue
    }

    /// A tile of the squares in which there are reports of a caller's scope. Who has none is told what the public
    /// may see, of [`COUNT_MIN`] reports and more. A unit is told of nothing where it was not kept whose they are.
    #[must_use]
    pub fn tile(&self, tile: Tile, scope: &Scope) -> Vec<u8> {
        let squares = match scope {
            Scope::Nothing => blurred(counted(self.public.in_tile(tile).map(|(_, at)| at))),
            Scope::Everything => counted(self.all.in_tile(tile).map(|(_, at)| at)).told(),
            Scope::Unit(own) => {
                let is_own = |n: u32| self.units.get(n as usize).is_some_and(|it| it.contains(own));
                let mine = self.all.in_tile(tile).filter(|(n, _)| is_own(*n));
                counted(mine.map(|(_, at)| at)).told()
            }
        };
        let mut words = Vocabulary::default();
        let told: Vec<(Unit, Tag)> = squares
            .into_iter()
            .map(|(at, count)| (at, words.tag("count", Value::Whole(i64::from(count)))))
            .collect();
        let mut layer = Layer::new(HEAT.id, &words);
        for (id, (at, tag)) in (1..).zip(&told) {
            layer.point(id, &[*tag], *at);
        }
        let mut bytes = Vec::new();
        layer.write_to(&mut bytes);
        bytes
    }
}

/// Counts by square, squares by column and row in the tile.
#[derive(Default)]
struct Squares {
    bits: u32,
    counts: BTreeMap<(i32, i32), u32>,
}

fn counted(points: impl Iterator<Item = Unit>) -> Squares {
    let mut squares = Squares { bits: SQUARE_BITS, ..Squares::default() };
    for Unit { x, y } in points {
        *squares.counts.entry((x >> SQUARE_BITS, y >> SQUARE_BITS)).or_default() += 1;
    }
    squares
}

impl Squares {
    /// The middle of each square, and how many are in it.
    fn told(self) -> Vec<(Unit, u32)> {
        let middle = |n: i32| (n << self.bits) + (1 << (self.bits - 1));
        let told = self.counts.into_iter();
        told.map(|((x, y), count)| (Unit { x: middle(x), y: middle(y) }, count)).collect()
    }
}

/// Squares with enough in them; those with too few together, by wider squares, where these have enough.
fn blurred(mut squares: Squares) -> Vec<(Unit, u32)> {
    let mut wider = Squares { bits: squares.bits + WIDER_BITS, ..Squares::default() };
    squares.counts.retain(|(x, y), count| {
        if *count < COUNT_MIN {
            *wider.counts.entry((*x >> WIDER_BITS, *y >> WIDER_BITS)).or_default() += *count;
        }
        *count >= COUNT_MIN
    });
    wider.counts.retain(|_, count| *count >= COUNT_MIN);
    let mut told = squares.told();
    told.extend(wider.told());
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_is_told_of_few_reports_only_together_with_others() {
        let places = |list: &[(i32, i32)]| counted(list.iter().map(|&(x, y)| Unit { x, y }));
        // Four in one square; one beside it and two a little off, in one wider square; one far off.
        let near = [(0, 0), (5, 5), (127, 127), (64, 1)];
        let few = [(130, 0), (300, 0), (301, 0), (4_000, 4_000)];
        let told = blurred(places(&[near.as_slice(), few.as_slice()].concat()));
        assert_eq!(told, [(Unit { x: 64, y: 64 }, 4), (Unit { x: 256, y: 256 }, 3)]);
        assert!(blurred(places(&few[2..])).is_empty());
        assert_eq!(places(&few).told().len(), 3);
    }
}
