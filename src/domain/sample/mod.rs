//! The demonstration city: an illustrative valley town, the same for the same seed.
//!
//! A lattice of streets is bent along three valley arms that meet where two rivers meet
//! (`valley`, `lattice`). Every edge of it is kept once (`mesh`); blocks, communities and
//! zones are sets of whole cells (`zones`) and become polygons by cancelling the edges they share
//! (`outline`), so that they tile the built-up area exactly. Only whole numbers, the four
//! operations, square roots and `libm` take part: every machine makes the same bytes.

mod dice;
mod valley;
mod lattice;
mod mesh;
mod outline;
mod streets;
mod divide;
mod zones;
mod plot;
mod spread;
mod units;
mod register;
mod lines;
mod areas;
mod points;
mod facilities;
mod rules;
pub mod reports;

use geo_types::MultiPolygon;

use crate::domain::atlas::city::{Approval, CONTACT_DAYS, City, CityState};
use crate::domain::atlas::reaches::Reaches;
use crate::domain::atlas::zone::{Plan, Zone};
use crate::domain::catalogue::whole::Catalogue;
use crate::domain::clocks::limits::CaseLimits;
use crate::domain::id::{CityId, CodeFault, UnitId, ZoneId};
use crate::domain::sample::dice::number;
use crate::domain::sample::outline::outline;
use crate::domain::sample::plot::Plot;
use crate::domain::sample::spread::Spread;
use crate::domain::sample::units::{FALLBACK, Posting, posting};
use crate::domain::text::{Attributes, Names};
use crate::domain::time::Instant;

/// Fewest zones of one city: one on each side of the confluence.
pub const ZONES_MIN: u32 = 3;
/// Most zones of one city.
pub const ZONES_MAX: u32 = 10_000;
/// Most cities that lie apart.
pub const CITIES_MAX: u32 = 64;
/// Cameras of the model city.
pub const MODEL_CAMERAS: u32 = 42_248;

/// What to make.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// How many zones (60), [`ZONES_MIN`] to [`ZONES_MAX`].
    pub zones: u32,
    /// How many restaurants, markets, stops … as a multiple of the model city's numbers (1).
    pub facilities: u32,
    /// How many cameras (42,248, or 0 to leave them out).
    pub cameras: u32,
    /// Which of several cities, from 0; each lies elsewhere.
    pub city: u32,
}

impl Default for Recipe {
    fn default() -> Self {
        Self { seed: 1, zones: 60, facilities: 1, cameras: 0, city: 0 }
    }
}

impl Recipe {
    fn city_seed(&self) -> u64 {
        self.seed ^ (u64::from(self.city) << 40)
    }

    fn plot(&self) -> Plot {
        Plot::new(self.city_seed(), self.city, self.zones.clamp(ZONES_MIN, ZONES_MAX))
    }
}

/// Makes the city; atlas and plan are at version 1.
#[must_use]
pub fn city(recipe: &Recipe) -> CityState {
    // Every code is spelled in this room; a test makes them all.
    try_city(recipe).unwrap_or_else(|fault| unreachable!("{fault}"))
}

fn try_city(recipe: &Recipe) -> Result<CityState, CodeFault> {
    let seed = recipe.city_seed();
    let plot = recipe.plot();
    let spread = Spread::new(&plot.mesh, &plot.division.weights);
    let mut posting = posting(&plot.mesh, &plot.division, &spread, seed)?;
    let zones = zones(&plot, &posting)?;
    let facilities = facilities::facilities(
        &plot,
        &spread,
        seed,
        (recipe.facilities.max(1) as usize, recipe.cameras as usize),
    )?;
    let rules = rules::rules(&facilities)?;
    posting.units.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(CityState {
        atlas_version: 1,
        city: head(recipe.city)?,
        plan: Plan {
            version: 1,
            effective_from: Instant(1_767_196_800_000_000),
            note: "演示方案 demonstration plan".to_owned(),
        },
        zones,
        units: posting.units,
        facilities,
        rules,
    })
}

fn head(nth: u32) -> Result<City, CodeFault> {
    let (id, names) = if nth == 0 {
        ("yanhe".to_owned(), ("延河示范市".to_owned(), "Yanhe Demonstration City".to_owned()))
    } else {
        let nth = nth + 1;
        let names = (format!("延河示范{nth}市"), format!("Yanhe Demonstration City {nth}"));
        (format!("yanhe-{nth:02}"), names)
    };
    Ok(City {
        id: CityId::new(&id)?,
        names: Names { zh: names.0, en: names.1 },
        time_zone: "Asia/Shanghai".to_owned(),
        fallback: UnitId::new(FALLBACK)?,
        confidence_floor: 0.6,
        assumed_accuracy_m: 15.0,
        calendar: rules::calendar(),
        limits: CaseLimits::default(),
        contact_days: CONTACT_DAYS,
        approval: Approval::Off,
        reaches: Reaches::default(),
        catalogue: Catalogue::seed(),
    })
}

fn zones(plot: &Plot, posting: &Posting) -> Result<Vec<Zone>, CodeFault> {
    let Plot { mesh, division, .. } = plot;
    let mut out = Vec::with_capacity(division.zones.len());
    for (zone, cells) in division.zones.iter().enumerate() {
        let nth = zone + 1;
        let (lead, co) = &posting.zones[zone];
        let area: MultiPolygon = outline(mesh, &division.zone_of, number(zone), cells);
        let place = plot.place_name(cells);
        let mut attributes = Attributes::new();
        let area_m2: f64 = cells.iter().map(|cell| mesh.cells[*cell as usize].area_m2).sum();
        let workload: f64 = cells.iter().map(|cell| division.weights[*cell as usize]).sum();
        attributes.insert("area_m2".to_owned(), area_m2.round().into());
        attributes.insert("workload".to_owned(), ((workload * 10.0).round() / 10.0).into());
        out.push(Zone {
            id: ZoneId::new(&plot.zone_code(zone))?,
            number: number(nth),
            names: Names {
                zh: format!("{}第{nth}责任区", place.zh),
                en: format!("Zone {nth}, {}", place.en),
            },
            lead: posting.units[*lead].id.clone(),
            co: co.iter().map(|unit| posting.units[*unit].id.clone()).collect(),
            area,
            attributes,
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests;
