//! `zonewarden export`: export zones, units, facilities, rules, or a city's own settings.

use std::io::Write;
use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic, WrapErr};

use crate::app::transfer::export::export;
use crate::app::transfer::{self, Format};
use crate::cli::common::Common;
use crate::cli::import::{What, crs, format, no_layer, what};
use crate::cli::print::print;
use crate::domain::id::CityId;
use crate::geom::crs::Crs;

/// Export zones, units, facilities, rules, or a city's own settings.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zonewarden export zones -o zones.gpkg
  zonewarden export facilities --format geojson > facilities.geojson
  zonewarden export city -o city.json
  zonewarden export zones --crs gcj02 -o zones-for-amap.geojson

A file that is written is whole or not there at all. Importing it again gives the same city; in
GCJ-02 and BD-09 long straight borders get more vertices.")]
pub struct ExportArgs {
    /// What to write: zones, units, facilities, rules or city (its settings, JSON).
    #[arg(value_parser = what)]
    what: What,
    /// The file [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// geojson, csv, gpkg or shapefile (a zip) [default: by the file's name, else geojson]
    #[arg(long, value_parser = format)]
    format: Option<Format>,
    /// The coordinate system: wgs84, cgcs2000, gcj02 or bd09 [default: wgs84]
    #[arg(long, value_parser = crs)]
    crs: Option<Crs>,
}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(common: &Common, args: &ExportArgs) -> miette::Result<()> {
    if args.what == What::City {
        no_layer(&[("--format", args.format.is_some()), ("--crs", args.crs.is_some())])?;
    }
    let by_name = match &args.output {
        Some(_) if args.what == What::City => Ok(Format::GeoJson),
        Some(path) => Format::of_name(&path.display().to_string()).ok_or_else(|| {
            miette::miette!("{}: its name does not say the format; give --format", path.display())
        }),
        None => Ok(Format::GeoJson),
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
        match args.what {
            What::City => transfer::city::export(&app, &city).await.into_diagnostic(),
            What::Layer(kind) => {
                let crs = args.crs.unwrap_or_default();
                export(&app, &city, kind, format, crs).await.into_diagnostic()
            }
        }
    })?;
    match &args.output {
        Some(path) => {
            write_whole(path, &bytes).into_diagnostic().wrap_err(path.display().to_string())
        }
        None => print(&bytes),
    }
}

fn only(mut cities: Vec<CityId>) -> miette::Result<CityId> {
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

/// Writes the file under another name beside it and renames it when all of it is on the disk, so
/// that nobody ever reads half a file.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}.part", std::process::id()));
    let draft = PathBuf::from(draft);
    let written = std::fs::File::create_new(&draft).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&draft, path)
    });
    if written.is_err() {
        // What is left of a failed attempt is of no use to anybody.
        let _ = std::fs::remove_file(&draft);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("zones.csv");
        write_whole(&path, b"old").unwrap();
        write_whole(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert!(write_whole(&folder.path().join("missing/zones.csv"), b"x").is_err());
        let taken = folder.path().join("folder");
        std::fs::create_dir(&taken).unwrap();
        std::fs::write(taken.join("x"), b"x").unwrap();
        assert!(write_whole(&taken, b"x").is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
