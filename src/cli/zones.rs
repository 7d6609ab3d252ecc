//! The atlas that a command asks: a city of the store, or zones of a file and no database at all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use geo::CoordsIter;
use geo_types::{Geometry, MultiPolygon};
use miette::{IntoDiagnostic, WrapErr, miette};
use serde_json::Value;

use crate::app::past::{self, When};
use crate::app::transfer::{Format, file};
use crate::cli::common::Common;
use crate::domain::atlas::city::{Approval, CONTACT_DAYS, City, CityState};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::reaches::Reaches;
use crate::domain::atlas::unit::{Unit, UnitKind};
use crate::domain::atlas::zone::{Plan, Zone};
use crate::domain::catalogue::whole::Catalogue;
use crate::domain::clocks::limits::CaseLimits;
use crate::domain::id::{CityId, CodeFault, UnitId, ZoneId};
use crate::domain::text::{Attributes, Names, nearest};
use crate::domain::time::{Calendar, Instant};
use crate::formats::layer::{BYTES_MAX, Feature, Finding, Findings, Layer};
use crate::formats::nouns::collection::one_shape;
use crate::formats::nouns::{cover, system};
use crate::geom::coord::{LonLat, PositionFault};
use crate::geom::crs::{Crs, convert_geometry};
use crate::geom::measure::on_grid;
use crate::geom::validity::faults;
use crate::store::open::{Migrate, Place, open};

/// Accuracy radius (m, 68 %) taken for a position that states none, where no city says otherwise:
/// a phone under an open sky.
const ASSUMED_ACCURACY_M: f64 = 10.0;
/// How many findings of a zone file that is refused are shown.
const SHOWN_MAX: usize = 20;
/// How many of one that is used.
const NOTES_MAX: usize = 5;
/// Most vertices of pairs of zones that are laid over one another to tell overlaps: some seconds of
/// work, which somebody waits for who only wants an answer.
const PAIR_VERTICES_MAX: usize = 10_000_000;

/// Zones from a file instead of the store.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ZonesArgs {
    /// Take the zones from this file; no database is opened. GeoJSON, CSV with a column of WKT,
    /// `GeoPackage` (.gpkg), zipped Shapefile (.zip), KML (.kml) or `FlatGeobuf` (.fgb), by its name.
    #[arg(long, value_name = "FILE")]
    pub zones: Option<PathBuf>,
    /// The property of a zone that names it [default: its own id, then `id`, `zone`, `name`].
    #[arg(long, value_name = "FIELD", requires = "zones")]
    pub zone_id: Option<String>,
    /// The property that names a zone's unit [default: each zone is its own unit].
    #[arg(long, value_name = "FIELD", requires = "zones")]
    pub unit_field: Option<String>,
    /// The layer of a `GeoPackage` that holds several.
    #[arg(long, value_name = "NAME", requires = "zones")]
    pub zones_layer: Option<String>,
    /// The system of the zones, where their file does not say it: wgs84, cgcs2000, gcj02 or bd09.
    #[arg(long, value_name = "CRS", requires = "zones", value_parser = crs)]
    pub zones_crs: Option<Crs>,
}

fn crs(text: &str) -> Result<Crs, String> {
    Crs::from_name(text).map_err(|fault| fault.to_string())
}

/// What zones and units are called in answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// By their codes.
    Codes,
    /// As the file of zones calls them, which need not be codes.
    File,
}

impl Naming {
    /// A zone's name in answers.
    #[must_use]
    pub fn zone(self, zone: &Zone) -> &str {
        if self == Self::Codes { zone.id.as_str() } else { zone.names.any() }
    }

    /// A unit's name in answers.
    #[must_use]
    pub fn unit<'a>(self, atlas: &'a Atlas, id: &'a UnitId) -> &'a str {
        let named = atlas.unit(id).filter(|_| self == Self::File);
        named.map_or(id.as_str(), |unit| unit.names.any())
    }
}

/// An atlas, what its zones are called, and what should be told to the person.
pub struct Loaded {
    /// The atlas.
    pub atlas: Atlas,
    /// Of an atlas of the past: the moment that was asked for, and when it stood.
    pub when: Option<When>,
    /// What its zones are called.
    pub naming: Naming,
    /// Warnings about the file.
    pub notes: Vec<String>,
}

/// Whether a person reads warnings about a file of zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Somebody does.
    Person,
    /// Nobody does: what is doubtful about the shapes is not looked for, which takes longer than
    /// everything else.
    Nobody,
}

/// Loads the zones of the file that is named, else the city of the store.
///
/// # Errors
/// Every fault of the file or the store, for people.
pub fn load(common: &Common, args: &ZonesArgs, reader: Reader) -> miette::Result<Loaded> {
    match &args.zones {
        Some(path) => from_file(path, args, reader),
        None => from_store(common),
    }
}

/// Loads the city of the store as it was at a moment.
///
/// # Errors
/// What is no moment, or lies before all that is known; every fault of the store.
pub fn load_then(common: &Common, datetime: &str) -> miette::Result<Loaded> {
    common.must_exist(None)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let (state, when) = runtime.into_diagnostic()?.block_on(async {
        let app = common.app_without_atlases().await?;
        let cities = app.store().cities().await.into_diagnostic()?;
        let city = one_city(&cities, common.city.as_deref())?;
        past::state(&app, city, datetime).await.into_diagnostic()
    })?;
    let (naming, notes) = (Naming::Codes, Vec::new());
    Ok(Loaded { atlas: built(state)?, when: Some(when), naming, notes })
}

fn from_store(common: &Common) -> miette::Result<Loaded> {
    let from_file = "take the zones from a file: --zones precincts.geojson --zone-id precinct";
    common.must_exist(Some(from_file))?;
    let place = Place::parse(&common.database);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let state = runtime.into_diagnostic()?.block_on(async {
        let store = open(&place, Migrate::Require).await.into_diagnostic()?;
        let cities = store.cities().await.into_diagnostic()?;
        let city = one_city(&cities, common.city.as_deref())?;
        let state = store.load(city).await.into_diagnostic()?;
        state.ok_or_else(|| miette!("there is no city `{city}` in the store"))
    });
    let state = state.wrap_err_with(|| format!("reading the store `{place}`"))?;
    let (naming, notes) = (Naming::Codes, Vec::new());
    Ok(Loaded { atlas: built(state)?, when: None, naming, notes })
}

fn one_city<'a>(cities: &'a [CityId], named: Option<&str>) -> miette::Result<&'a CityId> {
    let list = || cities.iter().map(CityId::as_str).collect::<Vec<_>>().join(", ");
    match (cities, named) {
        ([], _) => Err(miette!(
            help =
                "`zonewarden serve` seeds the demonstration city; `zonewarden import` brings yours",
            "the store holds no city"
        )),
        (_, Some(name)) => cities.iter().find(|city| city.as_str() == name).ok_or_else(|| {
            miette!(
                help = format!("it holds: {}", list()),
                "there is no city `{name}` in the store"
            )
        }),
        ([one], None) => Ok(one),
        (_, None) => Err(miette!(help = "name one with --city", "the store holds {}", list())),
    }
}

fn built(state: CityState) -> miette::Result<Atlas> {
    Atlas::build(state).map_err(|faults| {
        let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
        miette!("the zones cannot be used: {}", words.join("; "))
    })
}

fn from_file(path: &Path, args: &ZonesArgs, reader: Reader) -> miette::Result<Loaded> {
    let shown = path.display();
    let size = std::fs::metadata(path)
        .into_diagnostic()
        .wrap_err_with(|| format!("opening the zones `{shown}`"))?
        .len();
    if size > BYTES_MAX as u64 {
        return Err(miette!("`{shown}` has {size} bytes, at most {BYTES_MAX} (limit BYTES_MAX)"));
    }
    let bytes =
        std::fs::read(path).into_diagnostic().wrap_err_with(|| format!("reading `{shown}`"))?;
    let format = Format::of_name(&shown.to_string()).unwrap_or(Format::GeoJson);
    let reading = file::read(&bytes, format, args.zones_layer.as_deref());
    let mut findings = Findings::default();
    findings.extend(reading.findings.into_iter().map(in_our_options));
    let crs = system(&reading.layer, args.zones_crs, file::prescribed(format));
    let crs = crs.unwrap_or_else(|finding| {
        findings.push(in_our_options(*finding));
        Crs::Wgs84
    });
    let state = if findings.refused() {
        None
    } else {
        Some(state(&reading.layer, crs, args, &mut findings).into_diagnostic()?)
    };
    match state {
        Some(state) if !findings.refused() => {
            let atlas = match reader {
                Reader::Nobody => built(state),
                Reader::Person => {
                    let (atlas, doubts) = checked(state);
                    findings.extend(doubts);
                    atlas
                }
            };
            let notes = shortly(&findings.into_vec(), NOTES_MAX);
            Ok(Loaded { atlas: atlas?, when: None, naming: Naming::File, notes })
        }
        _ => Err(miette!(
            help = "the zones are polygons: of GeoJSON, a CSV with a column wkt, a GeoPackage, a \
                    zipped Shapefile, KML or FlatGeobuf",
            "`{shown}` cannot be used as zones:\n{}",
            shortly(&findings.into_vec(), SHOWN_MAX).join("\n")
        )),
    }
}

/// The atlas of the zones, and what is doubtful about their shapes: it is answered by the border
/// rule, which has an answer for every shape, but perhaps not the one that was meant.
fn checked(state: CityState) -> (miette::Result<Atlas>, Vec<Finding>) {
    let zones = state.zones.clone();
    std::thread::scope(|scope| {
        let doubts = scope.spawn(|| doubts(&zones));
        let atlas = built(state);
        (atlas, doubts.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault)))
    })
}

/// Shapes that are not valid, overlaps, and gaps between zones: as warnings.
fn doubts(zones: &[Zone]) -> Vec<Finding> {
    let rows: Vec<usize> = zones.iter().map(|zone| zone.number as usize).collect();
    let mut found = Findings::default();
    for (zone, row) in zones.iter().zip(&rows) {
        for fault in faults(&Geometry::MultiPolygon(zone.area.clone())) {
            let (what, remedy) = fault.kind.words();
            let place = format!("{} at {}, {}", zone.names.any(), fault.at.x, fault.at.y);
            found.warning(*row, place, what, remedy);
        }
    }
    let zones: Vec<&Zone> = zones.iter().collect();
    let cover = cover::findings_called(&zones, &rows, PAIR_VERTICES_MAX, |zone| zone.names.any());
    found.extend(cover.into_iter().map(|finding| Finding { warning: true, ..finding }));
    found.into_vec()
}

/// A finding about the file as a whole names, in its remedy, the option of `import`: here it is
/// called otherwise.
fn in_our_options(finding: Finding) -> Finding {
    if finding.row > 0 {
        return finding;
    }
    let remedy = finding.remedy.replacen("(--layer)", "(--zones-layer)", 1);
    Finding { remedy: remedy.replacen("(--crs)", "(--zones-crs)", 1), ..finding }
}

/// The first of the findings, and how many more there are.
fn shortly(findings: &[Finding], shown_max: usize) -> Vec<String> {
    let mut lines: Vec<String> = findings.iter().take(shown_max).map(ToString::to_string).collect();
    if findings.len() > shown_max {
        lines.push(format!("and {} more", findings.len() - shown_max));
    }
    lines
}

/// A city of the file's zones; what keeps it from being one is told to `found`.
fn state(
    layer: &Layer,
    crs: Crs,
    args: &ZonesArgs,
    found: &mut Findings,
) -> Result<CityState, CodeFault> {
    let mut units = Units::default();
    let fallback = units.named("fallback", "fallback")?;
    let mut zones = Vec::new();
    let mut rows: BTreeMap<String, usize> = BTreeMap::new();
    for feature in &layer.features {
        let label = label(feature, args, &mut rows, found);
        let unit = match args.unit_field.as_deref() {
            Some(field) => unit_label(feature, field, found),
            None => label.as_ref().map(|names| names.any().to_owned()),
        };
        let area = area(feature, crs, found);
        let (Some(names), Some(unit), Some(area)) = (label, unit, area) else { continue };
        let lead = units.named(&format!("unit-{unit}"), &unit)?;
        zones.push(Zone {
            id: ZoneId::new(&format!("z{:07}", zones.len()))?,
            number: u32::try_from(feature.row).unwrap_or(u32::MAX),
            names,
            lead,
            co: Vec::new(),
            area,
            attributes: Attributes::new(),
        });
    }
    if zones.is_empty() {
        found.error(0, "file", "holds no zone", "give polygons, a row for each zone");
    }
    let city = city_of_file(fallback)?;
    let plan = Plan { version: 0, effective_from: Instant(0), note: String::new() };
    let (facilities, rules) = (Vec::new(), Vec::new());
    Ok(CityState { atlas_version: 0, city, plan, zones, units: units.list, facilities, rules })
}

/// What the zone is called; `rows` has the rows of the names so far.
fn label(
    feature: &Feature,
    args: &ZonesArgs,
    rows: &mut BTreeMap<String, usize>,
    found: &mut Findings,
) -> Option<Names> {
    let place = args.zone_id.as_deref().unwrap_or("id");
    let Some(label) = zone_label(feature, args.zone_id.as_deref()) else {
        let fault = format!("has no property that names it{}", there_are(feature, place));
        found.error(feature.row, place, fault, "name the property with --zone-id");
        return None;
    };
    if let Some(first) = rows.insert(label.clone(), feature.row) {
        let fault = format!("`{label}` is also the name of row {first}");
        let remedy = "dissolve the two, or name another property with --zone-id";
        found.error(feature.row, place, fault, remedy);
    }
    let named = Names::new("", &label);
    named
        .map_err(|fault| {
            found.error(feature.row, place, fault.to_string(), "shorten it or clean it");
        })
        .ok()
}

/// What the zone's unit is called.
fn unit_label(feature: &Feature, field: &str, found: &mut Findings) -> Option<String> {
    let unit = text_of(feature, field);
    if unit.is_none() {
        let fault = format!("is not there or empty{}", there_are(feature, field));
        found.error(feature.row, field, fault, "name the units' property with --unit-field");
    }
    unit
}

fn city_of_file(fallback: UnitId) -> Result<City, CodeFault> {
    Ok(City {
        id: CityId::new("file")?,
        names: Names { zh: String::new(), en: "Zones of a file".to_owned() },
        time_zone: "UTC".to_owned(),
        fallback,
        confidence_floor: 0.0,
        assumed_accuracy_m: ASSUMED_ACCURACY_M,
        calendar: Calendar::default(),
        limits: CaseLimits::default(),
        contact_days: CONTACT_DAYS,
        approval: Approval::Off,
        reaches: Reaches::default(),
        catalogue: Catalogue::seed(),
    })
}

/// The units that zones name, in the order met.
#[derive(Default)]
struct Units {
    list: Vec<Unit>,
    known: BTreeMap<String, UnitId>,
}

impl Units {
    fn named(&mut self, key: &str, name: &str) -> Result<UnitId, CodeFault> {
        if let Some(id) = self.known.get(key) {
            return Ok(id.clone());
        }
        let id = UnitId::new(&format!("u{:07}", self.list.len()))?;
        self.known.insert(key.to_owned(), id.clone());
        self.list.push(Unit {
            id: id.clone(),
            names: Names { zh: String::new(), en: name.to_owned() },
            kind: UnitKind::Department,
            seat: None,
            capacity: 0,
            hours: None,
            attributes: Attributes::new(),
        });
        Ok(id)
    }
}

fn zone_label(feature: &Feature, field: Option<&str>) -> Option<String> {
    match field {
        Some(field) => text_of(feature, field),
        None => feature
            .id
            .clone()
            .or_else(|| ["id", "zone", "name"].iter().find_map(|field| text_of(feature, field))),
    }
}

/// A property as a text: of a whole number its digits, `75` also for 75.0.
fn text_of(feature: &Feature, field: &str) -> Option<String> {
    let text = match feature.fields.get(field)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => {
            let digits = number.to_string();
            digits.strip_suffix(".0").map_or(digits.clone(), str::to_owned)
        }
        Value::Bool(value) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn there_are(feature: &Feature, field: &str) -> String {
    let names: Vec<&str> = feature.fields.keys().map(String::as_str).take(12).collect();
    let meant = nearest(field, feature.fields.keys().map(String::as_str))
        .filter(|meant| *meant != field)
        .map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
    format!(" (there are: {}){meant}", names.join(", "))
}

fn area(feature: &Feature, crs: Crs, found: &mut Findings) -> Option<MultiPolygon<f64>> {
    let given = feature.geometry.as_ref();
    let one = given.and_then(|given| one_shape(given, feature.row, found));
    if given.is_some() && one.is_none() {
        return None;
    }
    let areal = one.filter(|geometry| {
        matches!(**geometry, Geometry::Polygon(_) | Geometry::MultiPolygon(_))
            && geometry.coords_count() > 0
    });
    let Some(geometry) = areal else {
        found.error(feature.row, "geometry", "is no polygon", "give polygons or multipolygons");
        return None;
    };
    let off = geometry.coords_iter().find_map(|at| match LonLat::new(at.x, at.y) {
        // A corner at 0, 0 is a corner.
        Ok(_) | Err(PositionFault::Null { .. }) => None,
        Err(fault) => Some(fault),
    });
    if let Some(fault) = off {
        found.error(feature.row, "geometry", fault.to_string(), "mend the position");
        return None;
    }
    let geometry = if crs.same_degrees(Crs::Wgs84) {
        on_grid(&geometry)
    } else {
        on_grid(&convert_geometry(&geometry, crs, Crs::Wgs84))
    };
    match geometry {
        Geometry::Polygon(polygon) => Some(MultiPolygon(vec![polygon])),
        Geometry::MultiPolygon(polygons) => Some(polygons),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubts_that_nobody_reads_are_not_looked_for() {
        let ring = "[[[109.4,36.5],[109.6,36.5],[109.6,36.6],[109.4,36.5]]]";
        let feature = |id: &str| {
            format!(
                r#"{{"type":"Feature","id":"{id}","properties":{{}},"geometry":{{"type":"Polygon","coordinates":{ring}}}}}"#
            )
        };
        let both = format!("{},{}", feature("a"), feature("b"));
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = format!(r#"{{"type":"FeatureCollection","features":[{both}]}}"#);
        std::fs::write(file.path(), text).unwrap();
        let notes = |reader| from_file(file.path(), &ZonesArgs::default(), reader).unwrap().notes;
        assert_eq!(notes(Reader::Person).len(), 1);
        assert_eq!(notes(Reader::Nobody), Vec::<String>::new());
    }
}
