//! `zonewarden sample`: make the demonstration city as files.

use std::io::Write;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use miette::{IntoDiagnostic, WrapErr};

use crate::app::transfer::city;
use crate::cli::common::Common;
use crate::cli::print::print;
use crate::domain::atlas::city::CityState;
use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::sample::reports::{HEADER, Reports};
use crate::domain::sample::{self, CITIES_MAX, Recipe, ZONES_MAX, ZONES_MIN};
use crate::formats::layer::Layer;
use crate::formats::{geojson, nouns};

/// Most reports of one file.
const REPORTS_MAX: u64 = 1_000_000_000;
/// Most times the model city's restaurants, markets, toilets, components and building sites.
const FACILITIES_MAX: u32 = 200;
/// Most cameras of one city.
const CAMERAS_MAX: u32 = 10_000_000;
/// Rows that one thread makes at a time.
const ROWS_AT_ONCE: u64 = 65_536;

/// Make the demonstration city as files.
///
/// The same options make the same bytes on every machine. The city is illustrative: no street, zone
/// or unit of it is real.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zonewarden sample --out geodata
  zonewarden sample --out big --zones 1000 --facilities 5 --cameras
  zonewarden sample --out trial --reports 10000000")]
pub struct SampleArgs {
    /// The folder to write to; made when absent, files of the same names are replaced.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Another seed makes another city.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many zones; more zones make a larger city.
    #[arg(long, default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(i64::from(ZONES_MIN)..=i64::from(ZONES_MAX)))]
    zones: u32,
    /// How many cities, each in a place and a folder of its own.
    #[arg(long, default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(CITIES_MAX)))]
    cities: u32,
    /// So many times the model city's restaurants, markets, toilets, components and building sites.
    #[arg(long, default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(FACILITIES_MAX)))]
    facilities: u32,
    /// Cameras, too: the model city's 42,248, or as many as said.
    #[arg(long, num_args = 0..=1, default_value_t = 0, default_missing_value = "42248",
        value_parser = clap::value_parser!(u32).range(0..=i64::from(CAMERAS_MAX)))]
    cameras: u32,
    /// Write so many citizens' reports as well, to `reports.csv`.
    #[arg(long, value_name = "N", default_value_t = 0,
        value_parser = clap::value_parser!(u64).range(0..=REPORTS_MAX))]
    reports: u64,
}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(_common: &Common, args: &SampleArgs) -> miette::Result<()> {
    for nth in 0..args.cities {
        let recipe = Recipe {
            seed: args.seed,
            zones: args.zones,
            facilities: args.facilities,
            cameras: args.cameras,
            city: nth,
        };
        let state = sample::city(&recipe);
        let folder = match args.cities {
            1 => args.out.clone(),
            _ => args.out.join(state.city.id.as_str()),
        };
        for (name, bytes) in files(&state)? {
            write(&folder.join(name), |file| file.write_all(&bytes))?;
        }
        if args.reports > 0 {
            let reports = Reports::new(&recipe, args.reports);
            write(&folder.join("reports.csv"), |file| write_reports(&reports, file))?;
        }
        let CityState { zones, units, facilities, rules, .. } = &state;
        let line = format!(
            "{}: {} zones, {} units, {} facilities, {} rules, {} reports in {}\n",
            state.city.id,
            zones.len(),
            units.len(),
            facilities.len(),
            rules.len(),
            args.reports,
            folder.display()
        );
        print(line.as_bytes())?;
    }
    Ok(())
}

/// A city as files: name below the folder, and bytes. What `zonewarden import` reads.
///
/// # Errors
/// When the city's settings cannot be put into JSON.
pub fn files(state: &CityState) -> miette::Result<Vec<(String, Vec<u8>)>> {
    let settings = city::write(&state.city).map_err(|fault| miette::miette!("{fault}"))?;
    let mut out = vec![
        ("city.json".to_owned(), settings),
        layer("units.geojson", &nouns::units::to_layer(&state.units)),
        layer("zones.geojson", &nouns::zones::to_layer(&state.zones)),
        layer("rules.geojson", &nouns::rules::to_layer(&state.rules)),
    ];
    for kind in FacilityKind::ALL {
        let own: Vec<Facility> =
            state.facilities.iter().filter(|at| at.kind == *kind).cloned().collect();
        if !own.is_empty() {
            let name = format!("facilities/{}.geojson", kind.code());
            out.push(layer(&name, &nouns::facilities::to_layer(&own)));
        }
    }
    Ok(out)
}

fn layer(name: &str, layer: &Layer) -> (String, Vec<u8>) {
    (name.to_owned(), geojson::write(layer))
}

/// Writes a file whole before it bears its name; what a failed attempt leaves is taken away.
fn write(
    path: &Path,
    content: impl FnOnce(&mut std::fs::File) -> std::io::Result<()>,
) -> miette::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".part");
    let all = || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = std::fs::File::create(&draft)?;
        content(&mut file)?;
        std::fs::rename(&draft, path)
    };
    let written = all();
    if written.is_err() {
        // A full disk is to be left no fuller.
        let _ = std::fs::remove_file(&draft);
    }
    written.into_diagnostic().wrap_err_with(|| format!("cannot write {}", path.display()))
}

/// Every row in order; all processors make them.
fn write_reports(reports: &Reports, file: &mut std::fs::File) -> std::io::Result<()> {
    file.write_all(HEADER.as_bytes())?;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let bar = progress(reports.rows());
    let mut buffers = vec![Vec::new(); threads];
    let mut at = 0;
    while at < reports.rows() {
        std::thread::scope(|scope| {
            let mut from = at;
            for buffer in &mut buffers {
                let range = from..from + ROWS_AT_ONCE;
                from = range.end;
                scope.spawn(move || {
                    buffer.clear();
                    reports.write(range, buffer);
                });
            }
            at = from;
        });
        for buffer in &buffers {
            file.write_all(buffer)?;
        }
        bar.set_position(at.min(reports.rows()));
    }
    bar.finish_and_clear();
    Ok(())
}

fn progress(rows: u64) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:32} {human_pos} of {human_len} reports, {eta} left");
    let bar = ProgressBar::new(rows);
    if let Ok(style) = style { bar.with_style(style) } else { bar }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_could_not_be_written_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reports.csv");
        let full = |file: &mut std::fs::File| -> std::io::Result<()> {
            file.write_all(b"half")?;
            Err(std::io::ErrorKind::StorageFull.into())
        };
        assert!(write(&path, full).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        write(&path, |file| file.write_all(b"whole")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
    }
}
