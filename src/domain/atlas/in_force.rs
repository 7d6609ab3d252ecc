//! The atlas: everything in force in a city, indexed. Decides nothing about reports.

use geo::CoordsIter;
use geo_types::{Geometry, MultiPolygon};
use jiff::tz::TimeZone;

use crate::domain::atlas::city::{City, CityState};
use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::fault::AtlasFault;
use crate::domain::atlas::places::Places;
use crate::domain::atlas::reach::{REACH_SHAPES_MAX, REACH_VERTICES_MAX, ReachIndex, Volume};
use crate::domain::atlas::rule::{Reach, Rule};
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::{Plan, Zone};
use crate::domain::id::{FacilityId, UnitId, ZoneId};
use crate::geom::coord::{GridBox, GridPoint, LonLat, PositionFault};
use crate::geom::crs::Crs;
use crate::geom::index::{Hit, PlaceIndex};
use crate::geom::locate::AreaIndex;
use crate::geom::locate::area::AREAS_MAX;

/// Most facilities of one city.
pub const FACILITIES_MAX: usize = 5_000_000;
/// Most rules of one city.
pub const RULES_MAX: usize = 100_000;
/// Widest reach of a rule: distance to a component, buffer of a line, radius of a ring (m).
pub const REACH_M_MAX: f64 = 100_000.0;
/// Largest accuracy radius (m) a city may assume.
pub const ASSUMED_ACCURACY_M_MAX: f64 = 100_000.0;
/// How far (grid steps, 1 degree) around the zones a position may lie and never be taken for one
/// with longitude and latitude exchanged.
///
/// A position farther off is refused as swapped only when, exchanged, it lies within this margin.
pub const SWAP_MARGIN_STEPS: i32 = 10_000_000;

/// Everything in force in a city, indexed: immutable, shared, swapped whole.
pub struct Atlas {
    state: CityState,
    time_zone: TimeZone,
    areas: AreaIndex,
    zone_places: PlaceIndex,
    places: Places,
    reach: ReachIndex,
    /// The zones' extent and [`SWAP_MARGIN_STEPS`] around it.
    near: Option<GridBox>,
}

impl Atlas {
    /// Indexes a city's state. Lists are sorted by id where they are not.
    ///
    /// # Errors
    /// Every [`AtlasFault`] of the state.
    pub fn build(mut state: CityState) -> Result<Self, Vec<AtlasFault>> {
        state.zones.sort_by(|a, b| a.id.cmp(&b.id));
        state.units.sort_by(|a, b| a.id.cmp(&b.id));
        state.facilities.sort_by(|a, b| a.id.cmp(&b.id));
        state.rules.sort_by(|a, b| a.id.cmp(&b.id));
        let faults = faults(&state);
        if !faults.is_empty() {
            return Err(faults);
        }
        let Ok(time_zone) = TimeZone::get(&state.city.time_zone) else {
            return Err(vec![AtlasFault::UnknownTimeZone { name: state.city.time_zone }]);
        };
        let shapes: Vec<&MultiPolygon<f64>> = state.zones.iter().map(|zone| &zone.area).collect();
        let areas = AreaIndex::build(&shapes);
        let whole: Vec<Geometry<f64>> =
            shapes.into_iter().map(|area| Geometry::MultiPolygon(area.clone())).collect();
        let zone_places = PlaceIndex::build(whole.iter());
        let places = Places::build(&state.facilities);
        let reach = ReachIndex::build(&state.rules, &state.facilities);
        let near = areas.extent().map(|extent| grown(extent, SWAP_MARGIN_STEPS));
        Ok(Self { state, time_zone, areas, zone_places, places, reach, near })
    }

    /// Counts every change; the ETag of all answers.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.state.atlas_version
    }

    /// The state it was built from.
    #[must_use]
    pub fn state(&self) -> &CityState {
        &self.state
    }

    /// The city.
    #[must_use]
    pub fn city(&self) -> &City {
        &self.state.city
    }

    /// The city's time zone.
    #[must_use]
    pub fn time_zone(&self) -> &TimeZone {
        &self.time_zone
    }

    /// The plan in force.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.state.plan
    }

    /// The zones of the plan, by id; an area's number in [`Self::areas`] is its place here.
    #[must_use]
    pub fn zones(&self) -> &[Zone] {
        &self.state.zones
    }

    /// The units, by id.
    #[must_use]
    pub fn units(&self) -> &[Unit] {
        &self.state.units
    }

    /// The facilities, by id; a [`Hit`]'s item is the place here.
    #[must_use]
    pub fn facilities(&self) -> &[Facility] {
        &self.state.facilities
    }

    /// The rules, by id.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.state.rules
    }

    /// The zone with this code.
    #[must_use]
    pub fn zone(&self, id: &ZoneId) -> Option<&Zone> {
        find(&self.state.zones, id, |zone| &zone.id)
    }

    /// The unit with this code.
    #[must_use]
    pub fn unit(&self, id: &UnitId) -> Option<&Unit> {
        find(&self.state.units, id, |unit| &unit.id)
    }

    /// The facility with this code.
    #[must_use]
    pub fn facility(&self, id: &FacilityId) -> Option<&Facility> {
        find(&self.state.facilities, id, |facility| &facility.id)
    }

    /// The zones by point.
    #[must_use]
    pub fn areas(&self) -> &AreaIndex {
        &self.areas
    }

    /// The facilities by place.
    #[must_use]
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// The rules by place.
    #[must_use]
    pub fn reach(&self) -> &ReachIndex {
        &self.reach
    }

    /// The zones that touch a box, by number.
    #[must_use]
    pub fn zones_in(&self, frame: GridBox) -> Vec<u32> {
        self.zone_places.in_box(frame)
    }

    /// The `k` nearest facilities of the kinds (none: of any), no farther than `max_m`.
    #[must_use]
    pub fn nearest(
        &self,
        from: GridPoint,
        kinds: &[FacilityKind],
        k: usize,
        max_m: f64,
    ) -> Vec<Hit> {
        self.places.nearest(from, kinds, k, max_m)
    }

    /// The facilities of the kinds (none: of any) within `radius_m`, nearest first.
    #[must_use]
    pub fn within(&self, from: GridPoint, kinds: &[FacilityKind], radius_m: f64) -> Vec<Hit> {
        self.places.within(from, kinds, radius_m)
    }

    /// The facilities of a kind, by number, which is by id.
    #[must_use]
    pub fn of_kind(&self, kind: FacilityKind) -> &[u32] {
        self.places.of_kind(kind)
    }

    /// The facilities of the kinds (none: of any) that touch the box, by number.
    #[must_use]
    pub fn in_box(&self, kinds: &[FacilityKind], frame: GridBox) -> Vec<u32> {
        self.places.in_box(kinds, frame)
    }

    /// The facilities of the kinds (none: of any) that touch `area`, by number.
    #[must_use]
    pub fn intersecting(&self, kinds: &[FacilityKind], area: &Geometry<f64>) -> Vec<u32> {
        self.places.intersecting(kinds, area)
    }

    /// A pair of numbers in a named system as a WGS84 grid point.
    ///
    /// A position far outside the city is a position: the fallback unit answers for it.
    ///
    /// # Errors
    /// What `LonLat::new` refuses, and [`PositionFault::Swapped`] also for a pair that lies more
    /// than [`SWAP_MARGIN_STEPS`] away from the zones as given but not with longitude and latitude
    /// exchanged.
    pub fn enter(&self, lon: f64, lat: f64, crs: Crs) -> Result<GridPoint, PositionFault> {
        let given = LonLat::new(lon, lat)?;
        if let Some(near) = self.near
            && !near.holds(given.grid())
            && LonLat::new(lat, lon).is_ok_and(|other| near.holds(other.grid()))
        {
            return Err(PositionFault::Swapped { lon, lat });
        }
        Ok(crs.to_wgs84(given).grid())
    }

    /// Whether a WGS84 grid point needs no further look at the door: it lies in or near the city
    /// and is none of the pairs that mean "no position". Others go through [`Self::enter`].
    #[must_use]
    pub fn is_plain(&self, p: GridPoint) -> bool {
        const MINUS_ONE: i32 = -10_000_000;
        self.near.is_some_and(|near| near.holds(p))
            && (p.x, p.y) != (0, 0)
            && (p.x, p.y) != (MINUS_ONE, MINUS_ONE)
    }
}

/// The box and so many steps around it, within the globe.
#[must_use]
pub fn grown(frame: GridBox, by: i32) -> GridBox {
    // Clamped to the globe, so that a point that is plain is also a position.
    let (x_max, y_max) = (1_800_000_000, 900_000_000);
    GridBox {
        min: GridPoint {
            x: frame.min.x.saturating_sub(by).max(-x_max),
            y: frame.min.y.saturating_sub(by).max(-y_max),
        },
        max: GridPoint {
            x: frame.max.x.saturating_add(by).min(x_max),
            y: frame.max.y.saturating_add(by).min(y_max),
        },
    }
}

fn find<'a, T, I: Ord>(list: &'a [T], id: &I, key: impl Fn(&T) -> &I) -> Option<&'a T> {
    list.binary_search_by(|item| key(item).cmp(id)).ok().map(|at| &list[at])
}

fn faults(state: &CityState) -> Vec<AtlasFault> {
    let mut faults = Vec::new();
    count_faults(state, &mut faults);
    city_faults(state, &mut faults);
    let known = |unit: &UnitId| find(&state.units, unit, |u| &u.id).is_some();
    let mut name_unit = |by: &dyn Fn() -> String, unit: &UnitId| {
        if !known(unit) {
            faults.push(AtlasFault::UnknownUnit { by: by(), unit: unit.clone() });
        }
    };
    name_unit(&|| "the city's fallback".to_owned(), &state.city.fallback);
    for zone in &state.zones {
        for unit in std::iter::once(&zone.lead).chain(&zone.co) {
            name_unit(&|| format!("zone {}", zone.id), unit);
        }
    }
    for facility in &state.facilities {
        facility
            .unit
            .iter()
            .for_each(|unit| name_unit(&|| format!("facility {}", facility.id), unit));
    }
    for rule in &state.rules {
        rule.unit.iter().for_each(|unit| name_unit(&|| format!("rule {}", rule.id), unit));
    }
    twice(&mut faults, "zone", &state.zones, |zone| &zone.id);
    twice(&mut faults, "unit", &state.units, |unit| &unit.id);
    twice(&mut faults, "facility", &state.facilities, |facility| &facility.id);
    twice(&mut faults, "rule", &state.rules, |rule| &rule.id);
    for zone in &state.zones {
        if !drawn(zone.area.coords_iter()) {
            faults.push(AtlasFault::Shape { by: format!("zone {}", zone.id) });
        }
    }
    for facility in state.facilities.iter().filter(|facility| !is_shape(&facility.geometry)) {
        faults.push(AtlasFault::Shape { by: format!("facility {}", facility.id) });
    }
    for rule in &state.rules {
        rule_faults(state, rule, &mut faults);
    }
    faults
}

fn count_faults(state: &CityState, faults: &mut Vec<AtlasFault>) {
    let zones = state.zones.len();
    if zones > AREAS_MAX {
        faults.push(AtlasFault::TooManyZones { zones, max: AREAS_MAX });
    }
    let counts = [
        ("facilities", state.facilities.len(), FACILITIES_MAX),
        ("rules", state.rules.len(), RULES_MAX),
    ];
    for (what, count, max) in counts.into_iter().filter(|(_, count, max)| count > max) {
        faults.push(AtlasFault::TooMany { what, count, max });
    }
    let volume = Volume::of(&state.rules, &state.facilities);
    let sums = [
        ("shapes", volume.shapes, REACH_SHAPES_MAX, "REACH_SHAPES_MAX"),
        ("vertices", volume.vertices, REACH_VERTICES_MAX, "REACH_VERTICES_MAX"),
    ];
    for (what, count, max, limit) in sums.into_iter().filter(|(_, count, max, _)| count > max) {
        if let Some(most) = volume.most.cloned() {
            faults.push(AtlasFault::Volume { what, count, max, limit, most });
        }
    }
}

fn city_faults(state: &CityState, faults: &mut Vec<AtlasFault>) {
    let city = &state.city;
    if TimeZone::get(&city.time_zone).is_err() {
        faults.push(AtlasFault::UnknownTimeZone { name: city.time_zone.clone() });
    }
    number(faults, || "the city's confidence floor".to_owned(), city.confidence_floor, 1.0);
    number(
        faults,
        || "the city's assumed accuracy".to_owned(),
        city.assumed_accuracy_m,
        ASSUMED_ACCURACY_M_MAX,
    );
}

fn rule_faults(state: &CityState, rule: &Rule, faults: &mut Vec<AtlasFault>) {
    let by = || format!("rule {}", rule.id);
    let reach = |what: &str| format!("rule {}'s {what}", rule.id);
    match &rule.reach {
        Reach::Component { within_m, .. } => {
            number(faults, || reach("within_m"), *within_m, REACH_M_MAX);
        }
        Reach::Line { line, buffer_m } => {
            number(faults, || reach("buffer_m"), *buffer_m, REACH_M_MAX);
            if !is_shape(line) {
                faults.push(AtlasFault::Shape { by: by() });
            }
        }
        Reach::Ring { kind, facility, radius_m } => {
            number(faults, || reach("radius_m"), *radius_m, REACH_M_MAX);
            if let Some(id) = facility
                && find(&state.facilities, id, |f| &f.id).is_none_or(|f| f.kind != *kind)
            {
                faults.push(AtlasFault::UnknownFacility { by: by(), facility: id.clone() });
            }
        }
        Reach::Area { area } => {
            if !is_shape(area) {
                faults.push(AtlasFault::Shape { by: by() });
            }
        }
        Reach::Everywhere => {}
    }
}

fn number(faults: &mut Vec<AtlasFault>, by: impl Fn() -> String, value: f64, max: f64) {
    if !(0.0..=max).contains(&value) {
        faults.push(AtlasFault::Number { by: by(), value, max });
    }
}

fn twice<T, I: Ord + std::fmt::Display>(
    faults: &mut Vec<AtlasFault>,
    what: &str,
    sorted: &[T],
    id: impl Fn(&T) -> &I,
) {
    for pair in sorted.windows(2).filter(|pair| id(&pair[0]) == id(&pair[1])) {
        faults.push(AtlasFault::Twice { what: format!("{what} {}", id(&pair[0])) });
    }
}

fn is_shape(geometry: &Geometry<f64>) -> bool {
    !matches!(geometry, Geometry::GeometryCollection(_)) && drawn(geometry.coords_iter())
}

/// Whether there is a coordinate, and every one is on the globe.
fn drawn(coords: impl Iterator<Item = geo_types::Coord<f64>>) -> bool {
    let mut some = false;
    for c in coords {
        some = true;
        // NaN fails both.
        if !(c.x.abs() <= 180.0 && c.y.abs() <= 90.0) {
            return false;
        }
    }
    some
}
