//! A redrawn plan out of a file, or a table of blocks and zones, as a draft: first every finding is listed,
//! then the draft is begun, or nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use geo_types::MultiPolygon;

use crate::app::drafts::blocks;
use crate::app::drafts::make::made_of;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat, must};
use crate::app::transfer::{Format, file};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::atlas::city::CityState;
use crate::domain::atlas::zone::Zone;
use crate::domain::drafts::state::Draft;
use crate::domain::id::{UnitId, ZoneId};
use crate::domain::zoning::edit::{ZONES_MAX, ZoningEdit};
use crate::domain::zoning::found::told;
use crate::domain::zoning::redraw::drawn;
use crate::formats::layer::{Finding, Findings, Layer};
use crate::formats::nouns::{Invalid, Mapping, system, zones};
use crate::geom::coverage::build::build;
use crate::geom::coverage::build::settings::BuildSettings;
use crate::geom::coverage::map::Coverage;
use crate::geom::crs::Crs;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Zones in one of the formats of layers.
    Zones(Format),
    /// A table of blocks and zones (CSV).
    Blocks,
}

/// What to import, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftImport {
    /// What the draft is called.
    pub name: String,
    /// What it is for.
    pub words: String,
    /// What the file holds.
    pub source: Source,
    /// Which layer of a file that holds several.
    pub layer: Option<String>,
    /// The system, where the file does not say it.
    pub crs: Option<Crs>,
    /// The column that holds the id.
    pub id: Option<String>,
    /// The unit that leads zones whose rows name none.
    pub lead: Option<UnitId>,
    /// Only look.
    pub dry_run: bool,
}

/// What an import did or would do.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Rows of the file.
    pub rows: usize,
    /// Zones drawn.
    pub zones: usize,
    /// Every finding.
    pub findings: Vec<Finding>,
    /// The draft; `None` when nothing was written.
    pub draft: Option<Draft>,
}

impl Imported {
    /// Whether an error kept everything out.
    #[must_use]
    pub fn refused(&self) -> bool {
        self.findings.iter().any(|finding| !finding.warning)
    }
}

/// Begins a draft on the plan in force with the zones of a file.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not. What is wrong with the file is no error: it stands in the outcome,
/// and then nothing was written.
pub async fn import(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    bytes: Arc<[u8]>,
    ask: &DraftImport,
) -> Result<Imported, Refusal> {
    must(caller, Operation::ImportDraft)?;
    let state = app.store().load(&seat.city).await?.ok_or(Refusal::NotReady)?;
    let base = state.plan.version;
    let plea = ask.clone();
    let Read { rows, zones, findings } =
        app.benches().work(move || read(&bytes, &plea, &state)).await?;
    let mut outcome = Imported { rows, zones: zones.len(), findings, draft: None };
    if outcome.refused() || ask.dry_run {
        return Ok(outcome);
    }
    let told = (ask.name.clone(), ask.words.clone(), base);
    let edit = ZoningEdit::Redraw { zones: zones.iter().map(drawn).collect() };
    outcome.draft = Some(made_of(app, seat, caller, told, vec![edit]).await?);
    Ok(outcome)
}

/// What a file gave.
struct Read {
    rows: usize,
    zones: Vec<Zone>,
    findings: Vec<Finding>,
}

fn read(bytes: &[u8], ask: &DraftImport, state: &CityState) -> Read {
    let format = match ask.source {
        Source::Zones(format) => format,
        Source::Blocks => Format::Csv,
    };
    let reading = file::read(bytes, format, ask.layer.as_deref());
    let rows = reading.layer.features.len();
    // Where the file as a whole is not understood, what its rows would say is noise.
    if reading.findings.iter().any(|finding| !finding.warning && finding.row == 0) {
        return Read { rows, zones: Vec::new(), findings: reading.findings };
    }
    let mut found = Findings::default();
    found.extend(reading.findings);
    let zones = match ask.source {
        Source::Zones(_) => of_zones(&reading.layer, (ask, format), state, &mut found),
        Source::Blocks => of_blocks(&reading.layer, ask, state, &mut found),
    };
    if zones.len() > ZONES_MAX {
        let fault = format!("{} zones, at most {ZONES_MAX} go into a draft", zones.len());
        found.error(0, "file", fault, "merge zones");
    }
    let empty = zones.iter().filter(|zone| zone.area.0.is_empty());
    let empty: Vec<&ZoneId> = empty.map(|zone| &zone.id).collect();
    if !found.refused() {
        for zone in empty {
            found.error(
                0,
                "zone",
                format!("zone {zone} has no area"),
                "give it one, or leave it out",
            );
        }
    }
    Read { rows, zones, findings: found.into_vec() }
}

fn of_zones(
    layer: &Layer,
    (ask, format): (&DraftImport, Format),
    state: &CityState,
    found: &mut Findings,
) -> Vec<Zone> {
    let crs = match system(layer, ask.crs, file::prescribed(format)) {
        Ok(crs) => crs,
        Err(finding) => {
            found.push(*finding);
            return Vec::new();
        }
    };
    let known: BTreeSet<UnitId> = state.units.iter().map(|unit| unit.id.clone()).collect();
    let mapping = Mapping {
        crs,
        id: ask.id.clone(),
        lead: ask.lead.clone(),
        units: Some(known),
        // The build has a reading of every shape, and tells which it had to read.
        invalid: Invalid::Kept,
    };
    let mapped = zones::from_layer(layer, &mapping);
    let readable = !mapped.refused();
    found.extend(mapped.findings);
    if !readable {
        return mapped.items;
    }
    let areas: Vec<&MultiPolygon<f64>> = mapped.items.iter().map(|zone| &zone.area).collect();
    let called: Vec<(String, usize)> =
        mapped.items.iter().map(|zone| zone.id.to_string()).zip(mapped.rows).collect();
    let Some(ground) = ground(&areas, &called, found) else { return mapped.items };
    let mut zones = mapped.items;
    for (face, zone) in (0..=u16::MAX).zip(&mut zones) {
        zone.area = ground.polygons(face);
    }
    zones
}

fn of_blocks(
    layer: &Layer,
    ask: &DraftImport,
    state: &CityState,
    found: &mut Findings,
) -> Vec<Zone> {
    let assigned = blocks::read(layer, state, ask.lead.as_ref(), found);
    if let Some(lead) =
        ask.lead.as_ref().filter(|lead| !state.units.iter().any(|it| it.id == **lead))
    {
        found.error(0, "lead", format!("there is no unit {lead}"), "name a unit of the city");
    }
    if found.refused() {
        return assigned.zones;
    }
    let areas: Vec<&MultiPolygon<f64>> = assigned.blocks.iter().map(|(area, _)| area).collect();
    let called: Vec<(String, usize)> = assigned.names.iter().map(|it| (it.clone(), 0)).collect();
    let Some(ground) = ground(&areas, &called, found) else { return assigned.zones };
    let labels: Vec<Option<u16>> = assigned.blocks.iter().map(|(_, zone)| Some(*zone)).collect();
    let dissolved = ground.relabelled(&labels);
    let mut zones = assigned.zones;
    for (face, zone) in (0..=u16::MAX).zip(&mut zones) {
        zone.area = dissolved.polygons(face);
    }
    zones
}

/// The ground of areas, each with what it is called and its row; every finding of the build is told.
fn ground(
    areas: &[&MultiPolygon<f64>],
    called: &[(String, usize)],
    found: &mut Findings,
) -> Option<Coverage> {
    let built = match build(areas, &BuildSettings::default()) {
        Ok(built) => built,
        Err(faults) => {
            for fault in faults {
                found.error(0, "geometry", fault.to_string(), "mend the areas");
            }
            return None;
        }
    };
    let name = |face: u16| {
        called.get(usize::from(face)).map_or_else(|| face.to_string(), |(name, _)| name.clone())
    };
    for told in built.findings.iter().filter_map(|finding| told(finding, name)) {
        let row = told.face.and_then(|face| called.get(usize::from(face))).map_or(0, |it| it.1);
        let place = match told.at.map(crate::geom::coord::GridPoint::degrees) {
            Some(at) => format!("at {}, {}", at.lon(), at.lat()),
            None => told.face.map_or_else(|| "geometry".to_owned(), name),
        };
        if told.warning {
            found.warning(row, place, told.fault, told.remedy);
        } else {
            found.error(row, place, told.fault, told.remedy);
        }
    }
    match Coverage::from_sides(&built.sides) {
        Ok(ground) => Some(ground),
        Err(faults) => {
            for fault in faults {
                found.error(0, "geometry", fault.to_string(), "mend the areas");
            }
            None
        }
    }
}
