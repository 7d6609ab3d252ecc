//! What the zones enclose and leave to nobody, and which ground they cover, against the plan in force.

use geo_types::{MultiPolygon, Polygon};

use crate::domain::atlas::in_force::Atlas;
use crate::domain::zoning::outline::OutlineChange;
use crate::domain::zoning::working::Working;
use crate::geom::coord::{GridPoint, step};
use crate::geom::coverage::map::Coverage;
use crate::geom::measure::{between_m, polygon_area_m2};

/// The ground of the plan in force.
#[derive(Clone, Debug, Default)]
pub struct Before {
    /// All its zones together; `None` where they give no ground.
    outline: Option<MultiPolygon<f64>>,
    /// What they enclose and leave to nobody.
    gaps: Vec<Polygon<f64>>,
}

/// Nobody's land, enclosed by zones.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// A corner of it.
    pub at: GridPoint,
    /// Its size.
    pub area_m2: f64,
    /// How wide (m): `2 area / perimeter` of its outer ring.
    pub width_m: f64,
    /// The faces around it, ascending.
    pub around: Vec<u16>,
    /// Whether the plan in force has it too, border for border.
    pub inherited: bool,
}

impl Before {
    /// The ground of an atlas. Zones that give none, which no plan in force has, leave no gaps.
    #[must_use]
    pub fn of(atlas: &Atlas) -> Self {
        let Ok(ground) = Working::of(atlas.zones()) else { return Self::default() };
        // Of the ground, not of the areas as they came: what lies twice is no area that a draft loses.
        let coverage = ground.coverage();
        Self { outline: Some(coverage.together()), gaps: coverage.gaps() }
    }

    /// What a ground has more and less at its outline than this one, and in places that it encloses.
    #[must_use]
    pub fn outline_of(&self, coverage: &Coverage) -> OutlineChange {
        let was = self.outline.as_ref();
        was.map_or_else(OutlineChange::default, |was| {
            OutlineChange::between(was, &coverage.together())
        })
    }

    /// The gaps of a ground, and which of them this one has too.
    #[must_use]
    pub fn gaps_of(&self, coverage: &Coverage) -> Vec<Gap> {
        let gap = |(gap, around): (Polygon<f64>, Vec<u16>)| {
            let first = gap.exterior().0.first()?;
            let at = GridPoint { x: step(first.x), y: step(first.y) };
            let area_m2 = polygon_area_m2(&gap);
            let ring_m: f64 = gap.exterior().lines().map(|it| between_m(it.start, it.end)).sum();
            let width_m = if ring_m > 0.0 { 2.0 * area_m2 / ring_m } else { 0.0 };
            let inherited = self.gaps.contains(&gap);
            Some(Gap { at, area_m2, width_m, around, inherited })
        };
        coverage.gaps_between().into_iter().filter_map(gap).collect()
    }
}
