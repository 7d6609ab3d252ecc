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
use crate::domain::zoning::found::{Told, told, told_pair};
use crate::domain::zoning::redraw::drawn;
use crate::domain::zoning::repair::{Repair, Snaps};
use crate::formats::layer::{FINDINGS_MAX, Finding, Findings, Layer};
use crate::formats::nouns::{Invalid, Mapping, system, zones};
use crate::geom::coverage::build::build_telling;
use crate::geom::coverage::build::finding::Finding as Built;
use crate::geom::coverage::build::settings::{BuildSettings, Remedy};
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

/// Narrowest width (m) up to which gaps may be closed: whatever takes zones up closes those that are narrower.
pub const GAP_WIDTH_M_MIN: f64 = 0.5;
/// Widest.
pub const GAP_WIDTH_M_MAX: f64 = 100.0;

/// How gaps between areas are closed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closing {
    /// Those up to this width (m), from [`GAP_WIDTH_M_MIN`] to [`GAP_WIDTH_M_MAX`].
    pub width_m: f64,
    /// In which way; `None`: as is proposed for each.
    pub remedy: Option<Remedy>,
}

impl Default for Closing {
    fn default() -> Self {
        Self { width_m: GAP_WIDTH_M_MIN, remedy: None }
    }
}

impl Closing {
    /// A width (m) up to which gaps may be closed.
    ///
    /// # Errors
    /// What is none, in words.
    pub fn width(text: &str) -> Result<f64, String> {
        match text.parse::<f64>() {
            Ok(width_m) if (GAP_WIDTH_M_MIN..=GAP_WIDTH_M_MAX).contains(&width_m) => Ok(width_m),
            _ => Err(format!("is no width from {GAP_WIDTH_M_MIN} to {GAP_WIDTH_M_MAX} metres")),
        }
    }

    /// A way of closing gaps by its code; `None`: as is proposed.
    ///
    /// # Errors
    /// What is none, in words.
    pub fn remedy(text: &str) -> Result<Option<Remedy>, &'static str> {
        if text == "proposed" {
            return Ok(None);
        }
        let way = Remedy::ALL.into_iter().find(|way| way.code() == text);
        way.map(Some).ok_or("is none of proposed, longest, largest, middle")
    }

    fn settings(self) -> BuildSettings {
        let Self { width_m, remedy } = self;
        BuildSettings { gap_width_m: width_m, remedy, ..BuildSettings::default() }
    }
}

/// Of each gap and overlap of the areas as they came, what is proposed, why, and what was done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Repairs {
    /// In the order of the build; where there are more than [`FINDINGS_MAX`], the largest first.
    pub listed: Vec<Repair>,
    /// How many more.
    pub more: usize,
    /// What was snapped.
    pub snapped: Option<Snaps>,
}

impl Repairs {
    fn of(findings: &[Built], name: &dyn Fn(u16) -> String) -> Self {
        let mut listed: Vec<Repair> =
            findings.iter().filter_map(|finding| Repair::of(finding, name)).collect();
        let more = listed.len().saturating_sub(FINDINGS_MAX);
        if more > 0 {
            listed.sort_by(|a, b| b.area_m2.total_cmp(&a.area_m2));
            listed.truncate(FINDINGS_MAX);
        }
        let snapped = findings.iter().find_map(|finding| Snaps::of(finding, name));
        Self { listed, more, snapped }
    }
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
    /// How gaps are closed.
    pub closing: Closing,
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
    /// Of gaps and overlaps, what is proposed, why, and what was done; and what was snapped.
    pub repairs: Repairs,
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
    let Read { rows, zones, findings, repairs } =
        app.benches().work(move || read(&bytes, &plea, &state)).await?;
    let mut outcome = Imported { rows, zones: zones.len(), findings, repairs, draft: None };
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
    repairs: Repairs,
}

/// What was found on the way.
#[derive(Default)]
struct Noted {
    found: Findings,
    repairs: Repairs,
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
        let (zones, findings, repairs) = (Vec::new(), reading.findings, Repairs::default());
        return Read { rows, zones, findings, repairs };
    }
    let mut noted = Noted::default();
    noted.found.extend(reading.findings);
    let zones = match ask.source {
        Source::Zones(_) => of_zones(&reading.layer, (ask, format), state, &mut noted),
        Source::Blocks => of_blocks(&reading.layer, ask, state, &mut noted),
    };
    let Noted { mut found, repairs } = noted;
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
    Read { rows, zones, findings: found.into_vec(), repairs }
}

fn of_zones(
    layer: &Layer,
    (ask, format): (&DraftImport, Format),
    state: &CityState,
    noted: &mut Noted,
) -> Vec<Zone> {
    let crs = match system(layer, ask.crs, file::prescribed(format)) {
        Ok(crs) => crs,
        Err(finding) => {
            noted.found.push(*finding);
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
    noted.found.extend(mapped.findings);
    if !readable {
        return mapped.items;
    }
    let areas: Vec<&MultiPolygon<f64>> = mapped.items.iter().map(|zone| &zone.area).collect();
    let called: Vec<(String, usize)> =
        mapped.items.iter().map(|zone| zone.id.to_string()).zip(mapped.rows).collect();
    let Some(ground) = ground(&areas, &called, ask.closing, noted) else { return mapped.items };
    let mut zones = mapped.items;
    for (face, zone) in (0..=u16::MAX).zip(&mut zones) {
        zone.area = ground.polygons(face);
    }
    zones
}

fn of_blocks(layer: &Layer, ask: &DraftImport, state: &CityState, noted: &mut Noted) -> Vec<Zone> {
    let assigned = blocks::read(layer, state, ask.lead.as_ref(), &mut noted.found);
    if let Some(lead) =
        ask.lead.as_ref().filter(|lead| !state.units.iter().any(|it| it.id == **lead))
    {
        noted.found.error(0, "lead", format!("there is no unit {lead}"), "name a unit of the city");
    }
    if noted.found.refused() {
        return assigned.zones;
    }
    let areas: Vec<&MultiPolygon<f64>> = assigned.blocks.iter().map(|(area, _)| area).collect();
    let called: Vec<(String, usize)> = assigned.names.iter().map(|it| (it.clone(), 0)).collect();
    let Some(ground) = ground(&areas, &called, ask.closing, noted) else { return assigned.zones };
    let labels: Vec<Option<u16>> = assigned.blocks.iter().map(|(_, zone)| Some(*zone)).collect();
    let dissolved = ground.relabelled(&labels);
    let mut zones = assigned.zones;
    for (face, zone) in (0..=u16::MAX).zip(&mut zones) {
        zone.area = dissolved.polygons(face);
    }
    zones
}

/// The ground of areas, each with what it is called and its row; every finding of the build is told, also what
/// snapping leaves no trace of.
fn ground(
    areas: &[&MultiPolygon<f64>],
    called: &[(String, usize)],
    closing: Closing,
    noted: &mut Noted,
) -> Option<Coverage> {
    let settings = closing.settings();
    let built = match build_telling(areas, &settings) {
        Ok(built) => built,
        Err(faults) => {
            for fault in faults {
                noted.found.error(0, "geometry", fault.to_string(), "mend the areas");
            }
            return None;
        }
    };
    let name = |face: u16| {
        called.get(usize::from(face)).map_or_else(|| face.to_string(), |(name, _)| name.clone())
    };
    for told in in_words(&built.findings, &name) {
        let row = told.face.and_then(|face| called.get(usize::from(face))).map_or(0, |it| it.1);
        let place = match told.at.map(crate::geom::coord::GridPoint::degrees) {
            Some(at) => format!("at {}, {}", at.lon(), at.lat()),
            None => told.face.map_or_else(|| "geometry".to_owned(), name),
        };
        if told.warning {
            noted.found.warning(row, place, told.fault, told.remedy);
        } else {
            noted.found.error(row, place, told.fault, told.remedy);
        }
    }
    noted.repairs = Repairs::of(&built.findings, &name);
    match Coverage::from_sides(&built.sides) {
        Ok(ground) => Some(ground),
        Err(faults) => {
            for fault in faults {
                noted.found.error(0, "geometry", fault.to_string(), "mend the areas");
            }
            None
        }
    }
}

/// Findings of a build in words; what was snapped is told as a whole and of each two areas.
fn in_words(findings: &[Built], name: &dyn Fn(u16) -> String) -> Vec<Told> {
    let mut all = Vec::new();
    for finding in findings {
        all.extend(told(finding, name));
        if let Built::Snapped(snapped) = finding {
            all.extend(snapped.between.iter().map(|pair| told_pair(pair, name)));
            let more = snapped.pairs.saturating_sub(snapped.between.len());
            if more > 0 {
                all.push(Told {
                    face: None,
                    at: None,
                    warning: true,
                    fault: format!(
                        "between {more} further pairs of areas borders were brought together"
                    ),
                    remedy: "look at those where most went from hand to hand".to_owned(),
                });
            }
        }
    }
    // What keeps the file out stands before what may be too much to be listed.
    all.sort_by_key(|told| told.warning);
    all
}
