//! What the city holds as geometry, kind by kind.

use crate::domain::atlas::facility::Facility;
use crate::domain::id::CodeFault;
use crate::domain::sample::plot::Plot;
use crate::domain::sample::register::Register;
use crate::domain::sample::spread::Spread;
use crate::domain::sample::{areas, lines, points};

/// Schools of the model city, and how many of them lie in the built-up area.
const SCHOOLS: usize = 502;
const URBAN_SCHOOLS: usize = 35;

/// Every facility, by id: so many times the model city's, and so many cameras.
pub(super) fn facilities(
    plot: &Plot,
    spread: &Spread,
    seed: u64,
    (times, cameras): (usize, usize),
) -> Result<Vec<Facility>, CodeFault> {
    let mut register = Register::default();
    let crossings = lines::crossings(plot);
    lines::streets(plot, &mut register)?;
    lines::rivers(plot, &mut register)?;
    lines::bridge(plot, &mut register)?;
    lines::intersections(plot, &crossings, &mut register)?;
    areas::communities(plot, &mut register)?;
    areas::squares(plot, &mut register)?;
    areas::sites(plot, seed, &mut register)?;
    areas::fences(plot, spread, seed, &mut register)?;
    let urban = areas::schools(plot, spread, seed, (URBAN_SCHOOLS, SCHOOLS), &mut register)?;
    areas::construction(plot, spread, (seed, times), &mut register)?;
    points::county_schools(plot, seed, (urban, SCHOOLS), &mut register)?;
    points::posts(plot, &crossings, seed, &mut register)?;
    points::patrol_posts(plot, &crossings, &mut register)?;
    points::trade(plot, spread, (seed, times), &mut register)?;
    points::bus_stops(plot, &mut register)?;
    points::cameras(plot, spread, &crossings, (seed, cameras), &mut register)?;
    register.list.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(register.list)
}
