//! `zonewarden import`: import zones, units, facilities, rules, a calendar, time limits, categories, a city's own
//! settings, or a whole city.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{IntoDiagnostic, WrapErr};

use crate::app::state::App;
use crate::app::transfer::archive::ArchiveImport;
use crate::app::transfer::calendar::{CalendarImport, Scope};
use crate::app::transfer::categories::CategoriesImport;
use crate::app::transfer::city::CityImport;
use crate::app::transfer::import::{Import, Outcome, import};
use crate::app::transfer::limits::LimitsImport;
use crate::app::transfer::rehearse::{DAYS_DEFAULT, DAYS_MAX, rehearse};
use crate::app::transfer::settings::Settings;
use crate::app::transfer::{self, Format, Kind};
use crate::cli::common::Common;
use crate::cli::print::print;
use crate::cli::rehearsed;
use crate::domain::accounts::Caller;
use crate::domain::id::UnitId;
use crate::formats::layer::{BYTES_MAX, Finding};
use crate::formats::parcel::is_zip;
use crate::geom::crs::Crs;

/// Import zones, units, facilities, rules, a calendar, time limits, categories, a city's own settings, or a whole city.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zonewarden import units units.csv --crs gcj02 --city yanan
  zonewarden import zones plan.geojson --dry-run
  zonewarden import zones precincts.geojson --zone-id precinct --lead police --make-units
  zonewarden import rules rules.geojson --dry-run --days 30 --moved moved.csv
  zonewarden import facilities schools.gpkg --layer schools --merge
  zonewarden import calendar holidays-2026.ics --dry-run
  zonewarden import limits limits.csv
  zonewarden import categories categories.json --dry-run
  zonewarden import city city.json
  zonewarden import city city.zip --dry-run
  zonewarden import city --fallback police --time-zone Asia/Urumqi --name-en Yanan

Everything wrong with the file is listed first; then all of it is imported, or nothing.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct ImportArgs {
    /// What the file holds: zones, units, facilities, rules, calendar (iCalendar or CSV), limits (CSV),
    /// categories (with their questions, JSON) or city (its settings, JSON, or all of it: a zip that `export city` wrote).
    #[arg(value_parser = what)]
    what: What,
    /// The file; `-` for standard input. Of a city the options alone may do.
    #[arg(required_unless_present_any = ["fallback", "time_zone", "name_zh", "name_en"])]
    file: Option<PathBuf>,
    /// The unit that answers when nothing else does; of a new city the leading or first one if
    /// nothing is said.
    #[arg(long, value_name = "UNIT", value_parser = unit)]
    fallback: Option<UnitId>,
    /// The city's time zone, such as Asia/Shanghai, which a new one has if nothing is said.
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// The city's name in Chinese.
    #[arg(long, value_name = "NAME")]
    name_zh: Option<String>,
    /// The city's name in English.
    #[arg(long, value_name = "NAME")]
    name_en: Option<String>,
    /// geojson, csv, gpkg, shapefile (a zip), kml, gpx or fgb [default: by the file's name; a calendar says
    /// itself whether it is ics or csv]
    #[arg(long, value_parser = format)]
    format: Option<FileFormat>,
    /// The coordinate system, where the file does not say it: wgs84, cgcs2000, gcj02 or bd09.
    #[arg(long, value_parser = crs)]
    crs: Option<Crs>,
    /// The layer of a `GeoPackage` that holds several.
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// The column that holds the id, where it is called otherwise than we know.
    #[arg(long, visible_alias = "id", value_name = "FIELD")]
    zone_id: Option<String>,
    /// The unit that leads zones whose rows name none.
    #[arg(long, value_name = "UNIT", value_parser = unit)]
    lead: Option<UnitId>,
    /// Make units that zones name and that are not there.
    #[arg(long)]
    make_units: bool,
    /// Take away what the file does not hold (zones: always, unless --merge; of a calendar the years
    /// that the file names: always, unless --merge).
    #[arg(long, conflicts_with = "merge")]
    replace: bool,
    /// Keep what the file does not hold (all but zones: always, unless --replace).
    #[arg(long)]
    merge: bool,
    /// Of a calendar: take events that say neither holiday nor work day for holidays.
    #[arg(long)]
    unmarked_holidays: bool,
    /// Only list what is wrong and what would change.
    #[arg(long)]
    dry_run: bool,
    /// How many days of reports a dry run of zones or rules looks back on.
    #[arg(long, value_name = "N", default_value_t = DAYS_DEFAULT, requires = "dry_run",
        value_parser = clap::value_parser!(u32).range(1..=i64::from(DAYS_MAX)))]
    days: u32,
    /// Where a dry run of zones or rules writes the reports that would have gone elsewhere, to the same unit with
    /// others beside it, or to the dispatcher's queue or from it (CSV).
    #[arg(long, value_name = "FILE", requires = "dry_run")]
    moved: Option<PathBuf>,
    /// Why: the note of the new plan, or of the new version of the rules.
    #[arg(long, default_value = "")]
    note: String,
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A city's own settings.
    City,
    /// Its holidays, make-up days and school terms.
    Calendar,
    /// Its time limits.
    Limits,
    /// Its categories, with the questions of its services.
    Categories,
    /// A layer.
    Layer(Kind),
}

impl What {
    /// What is counted of it.
    fn rows(self) -> &'static str {
        match self {
            Self::City => "settings",
            Self::Calendar => "days and terms",
            Self::Limits => "limits",
            Self::Categories => "categories",
            Self::Layer(Kind::Zones) => "zones rows",
            Self::Layer(Kind::Units) => "units rows",
            Self::Layer(Kind::Facilities) => "facilities rows",
            Self::Layer(Kind::Rules) => "rules rows",
        }
    }
}

/// What a file holds by its word.
pub(super) fn what(text: &str) -> Result<What, String> {
    let found = Kind::ALL.into_iter().find(|kind| kind.code() == text).map(What::Layer);
    let own = match text {
        "city" => Some(What::City),
        "calendar" => Some(What::Calendar),
        "limits" => Some(What::Limits),
        "categories" => Some(What::Categories),
        _ => None,
    };
    let remedy = "give zones, units, facilities, rules, calendar, limits, categories or city";
    found.or(own).ok_or_else(|| remedy.to_owned())
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileFormat {
    /// As layers and tables are.
    Layer(Format),
    /// As calendars are.
    Ics,
}

/// A format by its word.
pub(super) fn format(text: &str) -> Result<FileFormat, String> {
    let text = text.to_lowercase();
    let layer = match text.as_str() {
        "ics" | "icalendar" => return Ok(FileFormat::Ics),
        "geopackage" => Format::GeoPackage,
        "shp" | "zip" | "shapefile.zip" => Format::Shapefile,
        "json" => Format::GeoJson,
        "flatgeobuf" => Format::FlatGeobuf,
        _ => Format::ALL.into_iter().find(|format| format.code() == text).ok_or_else(|| {
            "give geojson, csv, gpkg, shapefile, kml, gpx or fgb; of a calendar ics".to_owned()
        })?,
    };
    Ok(FileFormat::Layer(layer))
}

/// The format of a layer by its word.
pub(super) fn layer_format(text: &str) -> Result<Format, String> {
    match format(text)? {
        FileFormat::Layer(format) => Ok(format),
        FileFormat::Ics => Err("an iCalendar holds a calendar, and no layer".to_owned()),
    }
}

/// The format of a layer.
pub(super) fn of_layer(format: Option<FileFormat>) -> miette::Result<Option<Format>> {
    match format {
        Some(FileFormat::Ics) => {
            Err(miette::miette!("an iCalendar holds a calendar, and no layer"))
        }
        Some(FileFormat::Layer(format)) => Ok(Some(format)),
        None => Ok(None),
    }
}

/// A coordinate system by any of its names.
pub(super) fn crs(text: &str) -> Result<Crs, String> {
    Crs::from_name(text).map_err(|fault| fault.to_string())
}

fn unit(text: &str) -> Result<UnitId, String> {
    UnitId::new(text).map_err(|fault| fault.to_string())
}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(common: &Common, args: &ImportArgs) -> miette::Result<()> {
    let ask = ask(args)?;
    let runtime = tokio::runtime::Runtime::new().into_diagnostic()?;
    let mut rehearsal = None;
    let outcome = runtime.block_on(async {
        // A store that is not there yet is made for what goes in, and not for a refusal.
        if let Some(app) = common.app_on_trial().await? {
            let outcome = imported(&app, common, &ask, true).await?;
            if outcome.refused() || args.dry_run {
                return Ok(outcome);
            }
        }
        let app = common.app_without_atlases().await?;
        let mut outcome = imported(&app, common, &ask, args.dry_run).await?;
        let tells = matches!(args.what, What::Layer(Kind::Rules | Kind::Zones));
        if let Some(made) = outcome.made.take().filter(|_| tells) {
            let city = outcome.city.clone();
            let past = rehearse(&app, &Caller::cli(), &city, *made, args.days).await;
            rehearsal = past.map(Some).into_diagnostic()?;
        }
        Ok::<_, miette::Report>(outcome)
    })?;
    let whole = matches!(ask, Plea::Archive(_));
    print(told(&outcome, args, whole).as_bytes())?;
    if let Some(found) = &rehearsal {
        print(rehearsed::told(found, args.days).as_bytes())?;
        if let Some(path) = &args.moved {
            rehearsed::write(found, path)?;
        }
    }
    if outcome.refused() {
        let name = args.file.as_ref().map_or("it".into(), |file| file.display().to_string());
        let errors = outcome.findings.iter().filter(|finding| !finding.warning).count();
        return Err(miette::miette!("{name} was refused: {errors} errors; nothing was written"));
    }
    Ok(())
}

/// What is to be imported.
enum Plea {
    City(Box<CityImport>),
    Archive(ArchiveImport),
    Calendar(CalendarImport),
    Limits(LimitsImport),
    Categories(CategoriesImport),
    Layer(Box<Import>, Arc<[u8]>),
}

/// Refuses, for what is no layer, the options that say how a layer is read or written. Given are their
/// names, and whether they were used.
pub(super) fn no_layer(options: &[(&str, bool)]) -> miette::Result<()> {
    let used: Vec<&str> = options.iter().filter(|(_, used)| *used).map(|(name, _)| *name).collect();
    if used.is_empty() {
        return Ok(());
    }
    Err(miette::miette!(
        "leave out {}; settings, a calendar, limits, categories and a whole city are no layer",
        used.join(", ")
    ))
}

fn no_layer_of(args: &ImportArgs) -> miette::Result<()> {
    let city = args.what == What::City;
    // These are JSON, and whole.
    let whole = city || args.what == What::Categories;
    no_layer(&[
        ("--format", args.format.is_some() && whole),
        ("--crs", args.crs.is_some()),
        ("--layer", args.layer.is_some()),
        ("--zone-id", args.zone_id.is_some()),
        ("--lead", args.lead.is_some()),
        ("--replace", args.replace && whole),
        ("--merge", args.merge && whole),
        ("--note", !args.note.is_empty()),
        ("--make-units", args.make_units && !city),
        ("--fallback", args.fallback.is_some() && !city),
        ("--time-zone", args.time_zone.is_some() && !city),
        ("--name-zh", args.name_zh.is_some() && !city),
        ("--name-en", args.name_en.is_some() && !city),
    ])?;
    // A calendar says itself which of both it is.
    let fits = match args.format {
        None | Some(FileFormat::Layer(Format::Csv)) => true,
        Some(FileFormat::Ics) => args.what == What::Calendar,
        Some(FileFormat::Layer(_)) => false,
    };
    if !city && !fits {
        return Err(miette::miette!("a calendar is an iCalendar or CSV, limits are CSV"));
    }
    Ok(())
}

fn ask(args: &ImportArgs) -> miette::Result<Plea> {
    let settings = Settings {
        name_zh: args.name_zh.clone(),
        name_en: args.name_en.clone(),
        time_zone: args.time_zone.clone(),
        fallback: args.fallback.clone(),
        ..Settings::default()
    };
    let file = args.file.as_deref();
    let kind = match args.what {
        What::Layer(kind) => kind,
        What::City => {
            let bytes: Option<Arc<[u8]>> = file.map(bytes).transpose()?.map(Arc::from);
            if let Some(bytes) = bytes.clone().filter(|bytes| is_zip(bytes)) {
                return of_whole_city(args, bytes);
            }
            no_layer_of(args)?;
            let (make_units, dry_run) = (args.make_units, args.dry_run);
            let ask = CityImport { bytes, settings, make_units, dry_run };
            return Ok(Plea::City(Box::new(ask)));
        }
        What::Calendar | What::Limits | What::Categories => {
            no_layer_of(args)?;
            let bytes = Arc::from(bytes(file.ok_or_else(no_file)?)?);
            return Ok(of_the_city(args, bytes));
        }
    };
    let file = file.ok_or_else(no_file)?;
    let name = file.display().to_string();
    let format = of_layer(args.format)?.or_else(|| Format::of_name(&name)).ok_or_else(|| {
        miette::miette!("{name}: its name does not say the format; give --format")
    })?;
    let ask = Import {
        kind,
        format,
        layer: args.layer.clone(),
        crs: args.crs,
        id: args.zone_id.clone(),
        lead: args.lead.clone(),
        make_units: args.make_units,
        settings,
        replace: args.replace || (kind == Kind::Zones && !args.merge),
        dry_run: args.dry_run,
        note: args.note.clone(),
        seen: None,
    };
    Ok(Plea::Layer(Box::new(ask), bytes(file)?.into()))
}

fn no_file() -> miette::Report {
    miette::miette!("name the file, or `-` for standard input")
}

/// A city's archive, which says everything itself.
fn of_whole_city(args: &ImportArgs, bytes: Arc<[u8]>) -> miette::Result<Plea> {
    let zip = matches!(args.format, None | Some(FileFormat::Layer(Format::Shapefile)));
    no_layer(&[
        ("--format", !zip),
        ("--crs", args.crs.is_some()),
        ("--layer", args.layer.is_some()),
        ("--zone-id", args.zone_id.is_some()),
        ("--lead", args.lead.is_some()),
        ("--merge", args.merge),
        ("--make-units", args.make_units),
        ("--fallback", args.fallback.is_some()),
        ("--time-zone", args.time_zone.is_some()),
        ("--name-zh", args.name_zh.is_some()),
        ("--name-en", args.name_en.is_some()),
    ])?;
    let (dry_run, note) = (args.dry_run, args.note.clone());
    Ok(Plea::Archive(ArchiveImport { bytes, dry_run, note, seen: None }))
}

/// A calendar, limits or categories.
fn of_the_city(args: &ImportArgs, bytes: Arc<[u8]>) -> Plea {
    let (replace, dry_run) = (args.replace, args.dry_run);
    if args.what == What::Limits {
        return Plea::Limits(LimitsImport { bytes, replace, dry_run });
    }
    if args.what == What::Categories {
        return Plea::Categories(CategoriesImport { bytes, dry_run, seen: None });
    }
    let scope = match (args.merge, replace) {
        (true, _) => Scope::Merged,
        (_, true) => Scope::Replaced,
        _ => Scope::Years,
    };
    let unmarked_holidays = args.unmarked_holidays;
    Plea::Calendar(CalendarImport { bytes, scope, unmarked_holidays, dry_run })
}

async fn imported(
    app: &App,
    common: &Common,
    plea: &Plea,
    dry_run: bool,
) -> miette::Result<Outcome> {
    let (caller, city) = (Caller::cli(), common.city.as_deref());
    let outcome = match plea {
        Plea::City(ask) => {
            let ask = CityImport { dry_run, ..CityImport::clone(ask) };
            transfer::city::import(app, &caller, city, ask).await
        }
        Plea::Archive(ask) => {
            let ask = ArchiveImport { dry_run, ..ask.clone() };
            transfer::archive::import(app, &caller, city, ask).await
        }
        Plea::Calendar(ask) => {
            let ask = CalendarImport { dry_run, ..ask.clone() };
            transfer::calendar::import(app, &caller, city, ask).await
        }
        Plea::Limits(ask) => {
            let ask = LimitsImport { dry_run, ..ask.clone() };
            transfer::limits::import(app, &caller, city, ask).await
        }
        Plea::Categories(ask) => {
            let ask = CategoriesImport { dry_run, ..ask.clone() };
            transfer::categories::import(app, &caller, city, ask).await
        }
        Plea::Layer(ask, bytes) => {
            let ask = Import { dry_run, ..Import::clone(ask) };
            import(app, &caller, city, Arc::clone(bytes), &ask).await
        }
    };
    outcome.into_diagnostic()
}

/// The file, as long as it is within the limit.
fn bytes(path: &Path) -> miette::Result<Vec<u8>> {
    let limit = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(limit + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
    };
    read.into_diagnostic().wrap_err_with(|| path.display().to_string())?;
    Ok(bytes)
}

/// The table of findings, then what was or would be done.
fn told(outcome: &Outcome, args: &ImportArgs, whole: bool) -> String {
    let mut lines = table(&outcome.findings);
    let tally = outcome.tally;
    let city = &outcome.city;
    let counts = match args.what {
        What::City if whole => format!(
            "units, zones, facilities and rules: {} new, {} changed, {} the same, {} removed",
            tally.added, tally.changed, tally.same, tally.removed
        ),
        What::City if tally.added > 0 => format!("{city} is new"),
        What::City if tally.changed > 0 => format!("the settings of {city} change"),
        What::City => format!("the settings of {city} are the same"),
        What::Layer(_) | What::Calendar | What::Limits | What::Categories => format!(
            "{} {}: {} new, {} changed, {} the same, {} removed",
            outcome.rows,
            args.what.rows(),
            tally.added,
            tally.changed,
            tally.same,
            tally.removed
        ),
    };
    lines.push(match outcome.committed {
        Some(version) => format!("{counts}; {city} is at atlas version {version}"),
        None if outcome.refused() => format!("{counts}; refused"),
        None if args.dry_run => format!("{counts}; dry run, {city} is as it was"),
        None => format!("{counts}; {city} is as it was"),
    });
    lines.join("\n") + "\n"
}

fn table(findings: &[Finding]) -> Vec<String> {
    let row = |finding: &Finding| match finding.row {
        0 => "-".to_owned(),
        row => row.to_string(),
    };
    let wide = |text: &dyn Fn(&Finding) -> usize| findings.iter().map(text).max().unwrap_or(0);
    let rows = wide(&|finding| row(finding).len()).max(3);
    let places = wide(&|finding| finding.place.chars().count()).clamp(5, 48);
    let mut lines = Vec::new();
    if !findings.is_empty() {
        lines.push(format!("{:7}  {:>rows$}  {:places$}  what", "level", "row", "place"));
    }
    for finding in findings {
        let level = if finding.warning { "warning" } else { "error" };
        lines.push(format!(
            "{level:7}  {:>rows$}  {:places$}  {}; {}",
            row(finding),
            finding.place,
            finding.fault,
            finding.remedy
        ));
    }
    lines
}
