//! `zonewarden export`: export zones, units, facilities, rules, a calendar, time limits, categories, a city's own
//! settings, or the whole city.

use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic, WrapErr};

use crate::app::transfer::export::{Which, export};
use crate::app::transfer::{self, Format, Kind, calendar};
use crate::cli::common::Common;
use crate::cli::import::{FileFormat, What, crs, format, no_layer, of_layer, what};
use crate::cli::print::print;
use crate::cli::whole::write_whole;
use crate::domain::id::CityId;
use crate::geom::crs::Crs;

/// Export zones, units, facilities, rules, a calendar, time limits, categories, a city's own settings, or the whole city.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zonewarden export zones -o zones.gpkg
  zonewarden export facilities --format geojson > facilities.geojson
  zonewarden export city -o city.json
  zonewarden export calendar -o calendar.ics
  zonewarden export limits -o limits.csv
  zonewarden export categories -o categories.json
  zonewarden export zones --crs gcj02 -o zones-for-amap.geojson
  zonewarden export zones --at 2026-03-03 -o zones-of-march.gpkg
  zonewarden export zones --plan 3 -o zones-of-plan-3.kml
  zonewarden export city -o city.zip

A file that is written is whole or not there at all. Importing it again gives the same city; in
GCJ-02 and BD-09 long straight borders get more vertices.")]
pub struct ExportArgs {
    /// What to write: zones, units, facilities, rules, calendar (iCalendar or CSV), limits (CSV), categories (with
    /// their questions, JSON) or city (its settings, JSON; with -o NAME.zip or --format zip all of it and its plans).
    #[arg(value_parser = what)]
    what: What,
    /// The file [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// geojson, csv, gpkg, shapefile (a zip), kml, gpx or fgb, of a calendar csv or ics [default: by the
    /// file's name, else geojson, of a calendar csv]
    #[arg(long, value_parser = format)]
    format: Option<FileFormat>,
    /// The coordinate system: wgs84, cgcs2000, gcj02 or bd09 [default: wgs84]
    #[arg(long, value_parser = crs)]
    crs: Option<Crs>,
    /// As it was then: RFC 3339, or a date in the city's time zone (its beginning).
    #[arg(long, visible_alias = "at", value_name = "TIME")]
    datetime: Option<String>,
    /// Of zones: those of this published plan.
    #[arg(long, value_name = "N", conflicts_with = "datetime",
        value_parser = clap::value_parser!(i64).range(1..))]
    plan: Option<i64>,
}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(common: &Common, args: &ExportArgs) -> miette::Result<()> {
    let plan = plan(args)?;
    common.must_exist(None)?;
    let runtime = tokio::runtime::Runtime::new().into_diagnostic()?;
    let bytes = runtime.block_on(async {
        let app = common.app_without_atlases().await?;
        let city = match &common.city {
            Some(named) => CityId::new(named).into_diagnostic()?,
            None => only(app.store().cities().await.into_diagnostic()?)?,
        };
        let bytes = match plan {
            Plan::City => transfer::city::export(&app, &city).await,
            Plan::Archive => transfer::archive::export(&app, &city, args.datetime.as_deref()).await,
            Plan::Calendar(format) => transfer::calendar::export(&app, &city, format).await,
            Plan::Limits => transfer::limits::export(&app, &city).await,
            Plan::Categories => transfer::categories::export(&app, &city).await,
            Plan::Layer(kind, format) => {
                let which = Which::of(kind, args.plan, args.datetime.as_deref());
                let which = which.map_err(|words| miette::miette!("--plan: {words}"))?;
                export(&app, &city, kind, format, args.crs.unwrap_or_default(), which).await
            }
        };
        bytes.into_diagnostic()
    })?;
    match &args.output {
        Some(path) => {
            write_whole(path, &bytes).into_diagnostic().wrap_err(path.display().to_string())
        }
        None => print(&bytes),
    }
}

/// What is to be written, and how.
#[derive(Clone, Copy)]
enum Plan {
    City,
    Archive,
    Calendar(calendar::Format),
    Limits,
    Categories,
    Layer(Kind, Format),
}

fn plan(args: &ExportArgs) -> miette::Result<Plan> {
    let (format, output) = (args.format, args.output.as_deref());
    let csv = matches!(format, None | Some(FileFormat::Layer(Format::Csv)));
    let (crs, then) = (("--crs", args.crs.is_some()), ("--datetime", args.datetime.is_some()));
    let of_plan = ("--plan", args.plan.is_some());
    let ends =
        |ending| output.and_then(Path::extension).is_some_and(|it| it.eq_ignore_ascii_case(ending));
    match args.what {
        What::City => {
            let zip = matches!(format, Some(FileFormat::Layer(Format::Shapefile)));
            if zip || (format.is_none() && ends("zip")) {
                no_layer(&[crs, of_plan])?;
                return Ok(Plan::Archive);
            }
            no_layer(&[("--format", format.is_some()), crs, then, of_plan])?;
            Ok(Plan::City)
        }
        What::Limits => {
            no_layer(&[("--format", !csv), crs, then, of_plan])?;
            Ok(Plan::Limits)
        }
        What::Categories => {
            no_layer(&[("--format", format.is_some()), crs, then, of_plan])?;
            Ok(Plan::Categories)
        }
        What::Calendar => {
            no_layer(&[crs, then, of_plan])?;
            match format {
                Some(FileFormat::Ics) => Ok(Plan::Calendar(calendar::Format::Ics)),
                None if ends("ics") => Ok(Plan::Calendar(calendar::Format::Ics)),
                None if output.is_none() || ends("csv") => {
                    Ok(Plan::Calendar(calendar::Format::Csv))
                }
                Some(FileFormat::Layer(Format::Csv)) => Ok(Plan::Calendar(calendar::Format::Csv)),
                _ => Err(miette::miette!("a calendar is written as ics or csv; give --format")),
            }
        }
        What::Layer(kind) => {
            let by_name = match output {
                Some(path) => Format::of_name(&path.display().to_string()).ok_or_else(|| {
                    miette::miette!(
                        "{}: its name does not say the format; give --format",
                        path.display()
                    )
                }),
                None => Ok(Format::GeoJson),
            };
            Ok(Plan::Layer(kind, of_layer(format)?.map_or(by_name, Ok)?))
        }
    }
}

pub(super) fn only(mut cities: Vec<CityId>) -> miette::Result<CityId> {
    match cities.len() {
        0 => Err(miette::miette!("the store holds no city")),
        1 => Ok(cities.remove(0)),
        _ => {
            let names: Vec<&str> = cities.iter().map(CityId::as_str).collect();
            Err(miette::miette!(
                "the store holds several cities; name one (--city): {}",
                names.join(", ")
            ))
        }
    }
}
