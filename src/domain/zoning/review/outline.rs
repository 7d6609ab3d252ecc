//! What the zones enclose and leave to nobody, and how much ground they cover, against the plan in force.

use geo_types::Polygon;

use crate::domain::atlas::in_force::Atlas;
use crate::domain::zoning::working::Working;
use crate::geom::coord::{GridPoint, step};
use crate::geom::coverage::map::Coverage;
use crate::geom::measure::polygon_area_m2;

/// The ground of the plan in force.
#[derive(Clone, Debug, Default)]
pub struct Before {
    /// The area of all its zones.
    pub area_m2: f64,
    /// What they enclose and leave to nobody.
    gaps: Vec<Polygon<f64>>,
}

/// Nobody's land, enclosed by zones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// A corner of it.
    pub at: GridPoint,
    /// Its size.
    pub area_m2: f64,
}

impl Before {
    /// The ground of an atlas. Zones that give none, which no plan in force has, leave no gaps.
    #[must_use]
    pub fn of(atlas: &Atlas) -> Self {
        let area = |zone: &crate::domain::atlas::zone::Zone| -> f64 {
            zone.area.iter().map(polygon_area_m2).sum()
        };
        let ground = Working::of(atlas.zones());
        Self {
            area_m2: atlas.zones().iter().map(area).sum(),
            gaps: ground.map_or_else(|_| Vec::new(), |ground| ground.coverage().gaps()),
        }
    }

    /// The gaps of a ground that this one has not, border for border.
    #[must_use]
    pub fn new_gaps(&self, coverage: &Coverage) -> Vec<Gap> {
        let new = coverage.gaps().into_iter().filter(|gap| !self.gaps.contains(gap));
        let gap = |gap: Polygon<f64>| {
            let first = gap.exterior().0.first()?;
            let at = GridPoint { x: step(first.x), y: step(first.y) };
            Some(Gap { at, area_m2: polygon_area_m2(&gap) })
        };
        new.filter_map(gap).collect()
    }
}
