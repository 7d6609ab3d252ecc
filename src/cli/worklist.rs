//! `zonewarden worklist`: incidents that are to be handled, as a file.

use std::path::PathBuf;

use miette::{IntoDiagnostic, WrapErr};

use crate::app::incidents::Wanted;
use crate::app::incidents::worklist::{self, Due};
use crate::app::transfer::Format;
use crate::cli::common::Common;
use crate::cli::export::only;
use crate::cli::import::layer_format;
use crate::cli::print::print;
use crate::cli::whole::write_whole;
use crate::domain::accounts::Caller;
use crate::domain::clocks::escalation::Act;
use crate::domain::id::{CategoryCode, CityId, UnitId, ZoneId};
use crate::domain::incidents::docket::IncidentOrder;
use crate::domain::incidents::step::Stage;

/// Write a work list: incidents of a unit, zone, category or stage, or those overdue.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zonewarden worklist --unit U07
  zonewarden worklist --due overdue -o overdue.csv
  zonewarden worklist --for-dispatcher --format geojson > doubtful.geojson
  zonewarden worklist --zone Z12 --all -o zone-12.gpkg

Open incidents, the nearest deadline first; with --all also those that are over, the last opened
first. `light` is that of the nearest deadline as of now (green, from 80 % of the limit yellow, after
it red), `light_of` its clock: whole, or what the stage waits for. No cell of a CSV is a formula.")]
pub struct WorklistArgs {
    /// Led by this unit, or with it beside the lead.
    #[arg(long, value_name = "CODE", value_parser = UnitId::new)]
    unit: Option<UnitId>,
    /// In this zone.
    #[arg(long, value_name = "CODE", value_parser = ZoneId::new)]
    zone: Option<ZoneId>,
    /// Of this category or below it.
    #[arg(long, value_name = "CODE", value_parser = CategoryCode::new)]
    category: Option<CategoryCode>,
    /// At this stage: collected, dispatched, handling, handled …
    #[arg(long, value_parser = stage)]
    stage: Option<Stage>,
    /// overdue, or soon: due within 24 hours.
    #[arg(long, value_parser = Due::from_code)]
    due: Option<Due>,
    /// Only those that wait for a dispatcher because the rules were not sure.
    #[arg(long)]
    for_dispatcher: bool,
    /// Only those escalated at least so far: remind, urge or raise.
    #[arg(long, value_parser = rung)]
    escalated: Option<Act>,
    /// Also those that are over.
    #[arg(long, conflicts_with = "due")]
    all: bool,
    /// The file [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// csv, geojson, gpkg, shapefile (a zip), kml, gpx or fgb [default: by the file's name, else csv]
    #[arg(long, value_parser = layer_format)]
    format: Option<Format>,
}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(common: &Common, args: &WorklistArgs) -> miette::Result<()> {
    let by_name = match &args.output {
        Some(path) => Format::of_name(&path.display().to_string()).ok_or_else(|| {
            miette::miette!("{}: its name does not say the format; give --format", path.display())
        }),
        None => Ok(Format::Csv),
    };
    let format = args.format.map_or(by_name, Ok)?;
    common.must_exist(None)?;
    let runtime = tokio::runtime::Runtime::new().into_diagnostic()?;
    let bytes = runtime.block_on(async {
        let app = common.app_without_atlases().await?;
        let city = match &common.city {
            Some(named) => CityId::new(named).into_diagnostic()?,
            None => only(app.store().cities().await.into_diagnostic()?)?,
        };
        let order = if args.all { IncidentOrder::Newest } else { IncidentOrder::Urgent };
        let wanted = Wanted {
            unit: args.unit.clone(),
            zone: args.zone.clone(),
            category: args.category.clone(),
            stage: args.stage,
            for_dispatcher: args.for_dispatcher,
            escalated: args.escalated,
            order,
            ..Wanted::default()
        };
        let wanted = args.due.map_or(wanted.clone(), |due| due.narrow(wanted, app.now()));
        worklist::write(&app, &city, &Caller::cli(), wanted, format).await.into_diagnostic()
    })?;
    match &args.output {
        Some(path) => {
            write_whole(path, &bytes).into_diagnostic().wrap_err(path.display().to_string())
        }
        None => print(&bytes),
    }
}

fn rung(text: &str) -> Result<Act, &'static str> {
    Act::from_code(text).ok_or("give one of remind, urge, raise")
}

fn stage(text: &str) -> Result<Stage, String> {
    Stage::from_code(text).ok_or_else(|| {
        let all: Vec<&str> = Stage::ALL.iter().map(|stage| stage.code()).collect();
        format!("give one of {}", all.join(", "))
    })
}
