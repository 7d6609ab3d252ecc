//! `zonewarden route`: route a file of points, of any size.

mod columns;
mod csv;
mod desk;
mod json;
mod output;
mod pump;

use std::fs::File;
use std::io::{ErrorKind, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::time::Instant as Stopwatch;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use miette::{IntoDiagnostic, WrapErr, miette};

use crate::app::clock::Clock;
use crate::cli::common::Common;
use crate::cli::print::ReaderGone;
use crate::cli::route::columns::Asked;
use crate::cli::route::csv::{Labels, Table};
use crate::cli::route::desk::{Desk, RowFault};
use crate::cli::route::json::{Document, Lines, Words};
use crate::cli::route::output::Output;
use crate::cli::route::pump::{Feed, PumpFault, Tally, pump};
use crate::cli::zones::{self, Reader, ZonesArgs};
use crate::domain::reports::confidence::accuracy;
use crate::domain::time::Instant;
use crate::geom::crs::Crs;

/// Most worker threads.
const WORKERS_MAX: usize = 64;

/// Route a file of points, of any size, to the responsible units.
///
/// Every row keeps its place and its bytes; added are the columns zone, unit, rule, `border_m`,
/// `runner_up`, confidence, plan and fault. A row that cannot be routed says why in `fault`. A
/// column of yours that has one of these names stays; ours is then called `zw_zone` and so on.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, verbatim_doc_comment)]
pub struct RouteArgs {
    /// The points: CSV, NDJSON or GeoJSON; `-` for standard input.
    file: PathBuf,
    /// The format [default: by the file's extension; of standard input csv].
    #[arg(long, value_enum)]
    format: Option<Format>,
    #[command(flatten)]
    zones: ZonesArgs,
    /// The column of longitudes [default: lon, lng, longitude, long, x or 经度].
    #[arg(long, value_name = "COLUMN")]
    lon: Option<String>,
    /// The column of latitudes [default: lat, latitude, y or 纬度].
    #[arg(long, value_name = "COLUMN")]
    lat: Option<String>,
    /// The system of the positions: wgs84, cgcs2000, gcj02 or bd09.
    #[arg(long, default_value = "wgs84", value_parser = crs)]
    crs: Crs,
    /// The column of accuracy radii in metres (68 %).
    #[arg(long, value_name = "COLUMN")]
    accuracy: Option<String>,
    /// Accuracy radius in metres of rows that state none [default: the city's; 10 with --zones].
    #[arg(long, value_name = "METRES", value_parser = metres)]
    assume_accuracy: Option<f64>,
    /// The column of category codes.
    #[arg(long, value_name = "COLUMN")]
    category: Option<String>,
    /// The column of times, RFC 3339 [default: now, for every row].
    #[arg(long, value_name = "COLUMN")]
    at: Option<String>,
    /// What separates the columns of a CSV [default: the most frequent of , ; tab | in the header].
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// Where to write [default: standard output]. The file appears when it is whole.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Neither progress nor summary.
    #[arg(short, long)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  zonewarden route points.csv --zones precincts.geojson --zone-id precinct \\
      --lon lon --lat lat --crs wgs84 -o out.csv
  zonewarden route reports.csv --crs gcj02 --category code --at time -o routed.csv
  gzip -dc big.ndjson.gz | zonewarden route - --format ndjson > routed.ndjson

Exit status: 0 when every row was read (also when some have a fault), 1 when the input, the zones
or the output could not be used (then -o leaves nothing behind, nor when it is interrupted), 2 for a
wrong option, 141 when nobody reads the output any more.";

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Delimited text with a header.
    Csv,
    /// A JSON object a line; also GeoJSON features.
    Ndjson,
    /// A GeoJSON FeatureCollection or Feature.
    Geojson,
}

fn crs(text: &str) -> Result<Crs, String> {
    Crs::from_code(text).ok_or_else(|| "one of wgs84, cgcs2000, gcj02, bd09 is right".to_owned())
}

fn metres(text: &str) -> Result<f64, String> {
    let metres: f64 = text.parse().map_err(|_| "a number of metres is right".to_owned())?;
    accuracy(metres).map_err(|fault| fault.to_string())
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"\\t" | b"tab" => Ok(b'\t'),
        [byte]
            if !byte.is_ascii_alphanumeric()
                && !matches!(byte, b'"' | b'\n' | b'\r' | b'.' | b'-') =>
        {
            Ok(*byte)
        }
        _ => Err("one character such as , ; | or tab is right".to_owned()),
    }
}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(common: &Common, args: &RouteArgs) -> miette::Result<()> {
    let stdin = args.file == Path::new("-");
    let format = format(args, stdin)?;
    let mut source: Box<dyn Read> = if stdin {
        Box::new(std::io::stdin().lock())
    } else {
        let opened = File::open(&args.file).into_diagnostic();
        Box::new(opened.wrap_err_with(|| format!("opening `{}`", args.file.display()))?)
    };
    let reader = if args.quiet { Reader::Nobody } else { Reader::Person };
    let loaded = zones::load(common, &args.zones, reader)?;
    if reader == Reader::Person {
        loaded.notes.iter().for_each(|note| eprintln!("{note}"));
    }
    let desk = Desk {
        atlas: &loaded.atlas,
        crs: args.crs,
        at: now(),
        accuracy_m: args.assume_accuracy,
        plan: loaded.atlas.plan().version,
    };
    let mut output = Output::open(args.output.as_deref(), (!stdin).then_some(args.file.as_path()))?;
    let asked = Asked {
        lon: args.lon.clone(),
        lat: args.lat.clone(),
        accuracy: args.accuracy.clone(),
        category: args.category.clone(),
        at: args.at.clone(),
    };
    let stream = Stream { args, desk: &desk, naming: loaded.naming, asked };
    let bar = bar(args, stdin);
    let watch = Stopwatch::now();
    let routed = stream.run(format, &mut *source, &mut output, &bar);
    bar.finish_and_clear();
    let tally = match routed {
        Err(PumpFault::Write(fault))
            if fault.kind() == ErrorKind::BrokenPipe && args.output.is_none() =>
        {
            return Err(ReaderGone.into());
        }
        Err(fault) => return Err(miette!("{fault}").wrap_err(args.file.display().to_string())),
        Ok(tally) => tally,
    };
    output.finish()?;
    if !args.quiet {
        summary(&tally, watch.elapsed().as_secs_f64());
    }
    Ok(())
}

fn now() -> Instant {
    Clock::system().now()
}

fn format(args: &RouteArgs, stdin: bool) -> miette::Result<Format> {
    if let Some(format) = args.format {
        return Ok(format);
    }
    let extension = args.file.extension().map(|e| e.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("csv" | "tsv" | "txt") => Ok(Format::Csv),
        Some("ndjson" | "jsonl" | "geojsonl" | "geojsons") => Ok(Format::Ndjson),
        Some("geojson" | "json") => Ok(Format::Geojson),
        _ if stdin => Ok(Format::Csv),
        _ => Err(miette!(
            help = "name it: --format csv, ndjson or geojson",
            "the format of `{}` does not show in its name",
            args.file.display()
        )),
    }
}

fn bar(args: &RouteArgs, stdin: bool) -> ProgressBar {
    if args.quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let size = if stdin { None } else { std::fs::metadata(&args.file).ok().map(|m| m.len()) };
    let (bar, template) = match size {
        Some(size) => (
            ProgressBar::new(size),
            "{bar:30} {bytes} of {total_bytes}, {binary_bytes_per_sec}, {eta} left",
        ),
        None => (ProgressBar::new_spinner(), "{spinner} {bytes}, {binary_bytes_per_sec}"),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Says on standard error what became of the rows.
fn summary(tally: &Tally, seconds: f64) {
    let faults: u64 = tally.faults.iter().sum();
    let routed = tally.rows - faults;
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = tally.rows as f64 / seconds.max(1e-9);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "for people")]
    let rate = HumanCount(rate as u64);
    eprintln!(
        "{} rows, {} routed ({} outside every zone), {} with a fault; {seconds:.1} s, {rate} rows/s",
        HumanCount(tally.rows),
        HumanCount(routed),
        HumanCount(tally.outside),
        HumanCount(faults),
    );
    for (name, count) in RowFault::NAMES.iter().zip(tally.faults).filter(|(_, count)| *count > 0) {
        eprintln!("  {}: {name}", HumanCount(count));
    }
    if tally.renamed > 0 {
        eprintln!("  {} rows have a member of our name: ours begins with zw_", tally.renamed);
    }
}

/// What is the same for every format.
struct Stream<'a> {
    args: &'a RouteArgs,
    desk: &'a Desk<'a>,
    naming: zones::Naming,
    asked: Asked,
}

impl Stream<'_> {
    fn run(
        &self,
        format: Format,
        source: &mut dyn Read,
        out: &mut Output,
        bar: &ProgressBar,
    ) -> Result<Tally, PumpFault> {
        let progress = |bytes| bar.inc(bytes);
        let mut feed = Feed::new(source, &progress);
        match format {
            Format::Csv => self.csv(&mut feed, out),
            Format::Ndjson => self.ndjson(&mut feed, out),
            Format::Geojson => self.geojson(&mut feed, out),
        }
    }

    fn csv(&self, feed: &mut Feed<'_>, out: &mut Output) -> Result<Tally, PumpFault> {
        let table = Table::read(feed, &self.asked, self.args.delimiter)?;
        if !self.args.quiet {
            table.notes.iter().for_each(|note| eprintln!("{note}"));
        }
        std::io::Write::write_all(out, &table.head).map_err(PumpFault::Write)?;
        let labels = Labels::new(self.desk, self.naming, table.delimiter);
        let mut cut = |text: &[u8], at_end| Ok(table.cut(text, at_end));
        let work = |text: &[u8], out: &mut Vec<u8>, tally: &mut Tally| {
            table.work(self.desk, &labels, text, out, tally);
        };
        pump(feed, &mut cut, &work, out, workers())
    }

    fn ndjson(&self, feed: &mut Feed<'_>, out: &mut Output) -> Result<Tally, PumpFault> {
        let words = Words::new(self.desk, self.naming, &self.asked);
        let mut cut = |text: &[u8], at_end| Ok(Lines::cut(text, at_end));
        let work = |text: &[u8], out: &mut Vec<u8>, tally: &mut Tally| {
            Lines::work(&words, text, out, tally);
        };
        pump(feed, &mut cut, &work, out, workers())
    }

    fn geojson(&self, feed: &mut Feed<'_>, out: &mut Output) -> Result<Tally, PumpFault> {
        let words = Words::new(self.desk, self.naming, &self.asked);
        let mut document = Document::read(feed, self.args.crs)?;
        std::io::Write::write_all(out, &document.head).map_err(PumpFault::Write)?;
        let mut cut = |text: &[u8], at_end| document.cut(text, at_end);
        let work = |text: &[u8], out: &mut Vec<u8>, tally: &mut Tally| {
            Document::work(&words, text, out, tally);
        };
        pump(feed, &mut cut, &work, out, workers())
    }
}

fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).clamp(1, WORKERS_MAX)
}
