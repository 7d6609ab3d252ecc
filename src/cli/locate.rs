//! `zonewarden locate`: who is responsible at a place.

use std::fmt::Write as _;

use miette::{IntoDiagnostic, miette};
use serde_json::{Value, json};

use crate::app::clock::Clock;
use crate::app::past::When;
use crate::cli::common::Common;
use crate::cli::print::print;
use crate::cli::zones::{self, Loaded, Naming, Reader, ZonesArgs};
use crate::domain::atlas::zone::Zone;
use crate::domain::id::{CategoryCode, UnitId};
use crate::domain::reports::confidence::accuracy;
use crate::domain::reports::routing::{Answer, Ask, Fired, LostWhy, route};
use crate::domain::text::Names;
use crate::domain::time::Instant;
use crate::geom::coord::GridPoint;
use crate::geom::crs::Crs;

/// Say who is responsible at a place, and why.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, allow_negative_numbers = true)]
pub struct LocateArgs {
    /// Longitude in decimal degrees.
    lon: f64,
    /// Latitude in decimal degrees.
    lat: f64,
    /// The system of the position: wgs84, cgcs2000, gcj02 or bd09.
    #[arg(long, default_value = "wgs84", value_parser = crs)]
    crs: Crs,
    /// Accuracy radius in metres (68 %) [default: what the city assumes].
    #[arg(long, value_name = "METRES", value_parser = metres)]
    accuracy: Option<f64>,
    /// What it is about, such as event.05.parking.
    #[arg(long, value_name = "CODE", value_parser = category)]
    category: Option<CategoryCode>,
    /// When, RFC 3339 [default: --datetime, else now].
    #[arg(long, value_name = "TIME", value_parser = Instant::parse)]
    at: Option<Instant>,
    /// Who answered then: RFC 3339, or a date in the city's time zone (its beginning).
    #[arg(long, value_name = "TIME", conflicts_with = "zones")]
    datetime: Option<String>,
    /// Answer in JSON, keys sorted.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    zones: ZonesArgs,
}

const EXAMPLES: &str = "\
Examples:
  zonewarden locate 109.484 36.585
  zonewarden locate 109.4887 36.5843 --crs gcj02 --accuracy 15 --category event.05.parking
  zonewarden locate 109.484 36.585 --at 2026-05-01T08:00:00+08:00 --json
  zonewarden locate 109.484 36.585 --datetime 2026-03-03
  zonewarden locate -73.98 40.75 --zones precincts.geojson --zone-id precinct

Exit status: 0 with an answer, 1 when the position or the store cannot be used, 2 for a wrong option.";

fn crs(text: &str) -> Result<Crs, String> {
    Crs::from_code(text).ok_or_else(|| "one of wgs84, cgcs2000, gcj02, bd09 is right".to_owned())
}

fn metres(text: &str) -> Result<f64, String> {
    let metres: f64 = text.parse().map_err(|_| "a number of metres is right".to_owned())?;
    accuracy(metres).map_err(|fault| fault.to_string())
}

fn category(text: &str) -> Result<CategoryCode, String> {
    CategoryCode::new(text).map_err(|fault| fault.to_string())
}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(common: &Common, args: &LocateArgs) -> miette::Result<()> {
    let loaded = match &args.datetime {
        Some(datetime) => zones::load_then(common, datetime)?,
        None => zones::load(common, &args.zones, Reader::Person)?,
    };
    let atlas = &loaded.atlas;
    let position = atlas.enter(args.lon, args.lat, args.crs).map_err(|fault| {
        miette!(help = "longitude comes first: zonewarden locate 109.484 36.585", "{fault}")
    })?;
    let then = loaded.when.map(|when| when.at);
    let at = args.at.or(then).unwrap_or_else(|| Clock::system().now());
    let ask = Ask { position, accuracy_m: args.accuracy, category: args.category.as_ref(), at };
    let answer = route(atlas, &ask);
    for note in &loaded.notes {
        eprintln!("{note}");
    }
    let text = if args.json {
        let mut value = as_json(&loaded, args, position, &answer);
        if let Some(when) = &loaded.when {
            value["in_force"] = in_force(when);
        }
        serde_json::to_string_pretty(&value).into_diagnostic()? + "\n"
    } else {
        in_words(&loaded, args, position, &answer).into_diagnostic()?
    };
    print(text.as_bytes())
}

fn as_json(loaded: &Loaded, args: &LocateArgs, position: GridPoint, answer: &Answer<'_>) -> Value {
    let here = position.degrees();
    let unit = |id: &UnitId| loaded.naming.unit(&loaded.atlas, id).to_owned();
    let zone = |zone: &Zone| loaded.naming.zone(zone).to_owned();
    let lost = answer.lost.iter().map(|lost| {
        json!({
            "rule": lost.rule.code(),
            "unit": lost.unit.map(unit),
            "why": why(lost.why).0,
        })
    });
    json!({
        "atlas_version": answer.atlas_version,
        "border_m": answer.border_m,
        "co": answer.co.iter().copied().map(unit).collect::<Vec<_>>(),
        "confidence": answer.confidence,
        "crs": args.crs.code(),
        "for_dispatcher": answer.for_dispatcher,
        "given": { "lat": args.lat, "lon": args.lon },
        "lost": lost.collect::<Vec<_>>(),
        "plan_version": answer.plan_version,
        "position": { "lat": here.lat(), "lon": here.lon() },
        "rule": answer.fired.code(),
        "runner_up": answer.runner_up.map(|next| json!({
            "distance_m": next.distance_m,
            "unit": unit(&next.zone.lead),
            "zone": zone(next.zone),
        })),
        "unit": unit(answer.unit),
        "zone": answer.zone.map(zone),
    })
}

/// When an answer of the past was in force.
fn in_force(When { at, stood }: &When) -> Value {
    json!({
        "atlas_from": stood.from.rfc3339(),
        "atlas_to": stood.to.map(Instant::rfc3339),
        "datetime": at.rfc3339(),
        "plan_from": stood.plan_from.rfc3339(),
        "plan_to": stood.plan_to.map(Instant::rfc3339),
    })
}

/// Code, Chinese and English of a loser's reason.
fn why(why: LostWhy) -> (&'static str, &'static str) {
    match why {
        LostWhy::Outranked => ("outranked", "优先级较低, a more specific rule decided"),
        LostWhy::Category => ("category", "类别不符, for another category"),
        LostWhy::Window => ("window", "不在时段, for another time"),
        LostWhy::NoUnit => ("no_unit", "无责任单位, names no unit"),
    }
}

fn in_words(
    loaded: &Loaded,
    args: &LocateArgs,
    position: GridPoint,
    answer: &Answer<'_>,
) -> Result<String, std::fmt::Error> {
    let atlas = &loaded.atlas;
    let unit = |id: &UnitId| called(loaded, id.as_str(), atlas.unit(id).map(|unit| &unit.names));
    let zone = |zone: &Zone| called(loaded, zone.id.as_str(), Some(&zone.names));
    let mut text = String::new();
    let here = position.degrees();
    let given = if args.crs.same_degrees(Crs::Wgs84) { "" } else { ", converted" };
    let (lon, lat, system) = (here.lon(), here.lat(), args.crs.code());
    writeln!(text, "位置 Position      {lon:.7}, {lat:.7} (WGS84; given in {system}{given})")?;
    writeln!(text, "责任单位 Unit      {}", unit(answer.unit))?;
    for co in &answer.co {
        writeln!(text, "协同单位 Beside it {}", unit(co))?;
    }
    let inside = answer.zone.map_or("区外 outside every zone".to_owned(), zone);
    writeln!(text, "责任区 Zone        {inside}")?;
    let reason = match answer.fired {
        Fired::Zone => "责任区牵头单位, the zone's lead unit".to_owned(),
        Fired::Fallback => "属地兜底, the fallback unit".to_owned(),
        Fired::Rule(rule) => {
            let named = called(loaded, rule.id.as_str(), Some(&rule.names));
            format!("{named} ({} rule)", rule.reach.code())
        }
    };
    writeln!(text, "依据 Why           {reason}")?;
    if let Some(code) = &args.category {
        let named = atlas.city().catalogue.named(code.as_str()).map(|named| &named.names);
        let named = named.map_or(String::new(), |it| format!("{} / {} ", it.zh, it.en));
        writeln!(text, "类别 Category      {named}[{code}]")?;
    }
    if let Some(border_m) = answer.border_m {
        let to = if answer.zone.is_some() { "nearest border" } else { "nearest zone" };
        writeln!(text, "距边界 Border      {border_m:.1} m to the {to}")?;
    }
    if let Some(next) = answer.runner_up {
        let metres = next.distance_m;
        writeln!(
            text,
            "相邻 Next zone     {}, {metres:.1} m, {}",
            zone(next.zone),
            unit(&next.zone.lead)
        )?;
    }
    let assumed = atlas.city().assumed_accuracy_m;
    let (radius_m, source) = args.accuracy.map_or((assumed, " assumed"), |metres| (metres, ""));
    let confidence = answer.confidence * 100.0;
    writeln!(text, "置信度 Confidence  {confidence:.1} % at an accuracy of {radius_m} m{source}")?;
    if answer.for_dispatcher {
        writeln!(text, "待派遣 Dispatcher  below the city's floor: a dispatcher decides")?;
    }
    for lost in &answer.lost {
        let names = match lost.rule {
            Fired::Rule(rule) => Some(&rule.names),
            Fired::Zone | Fired::Fallback => None,
        };
        let rule = called(loaded, lost.rule.code(), names);
        writeln!(text, "未适用 Lost        {rule}: {}", why(lost.why).1)?;
    }
    if loaded.naming == Naming::Codes {
        let (plan, version) = (answer.plan_version, answer.atlas_version);
        writeln!(text, "方案 Plan          {plan} (atlas {version}{})", span(loaded))?;
    }
    Ok(text)
}

/// From when to when the plan was in force, where a day in the past was asked about.
fn span(loaded: &Loaded) -> String {
    let zone = loaded.atlas.time_zone();
    loaded.when.map_or(String::new(), |When { stood, .. }| {
        let until = stood.plan_to.map(|to| to.on_wall_clock(zone));
        let until = until.map_or("now".to_owned(), |until| format!("until {until}"));
        format!(", from {} {until}", stood.plan_from.on_wall_clock(zone))
    })
}

/// Chinese and English name with the code; of a file's zones their one name.
fn called(loaded: &Loaded, code: &str, names: Option<&Names>) -> String {
    match names {
        None => code.to_owned(),
        Some(names) if loaded.naming == Naming::File => names.any().to_owned(),
        Some(names) if names.zh.is_empty() || names.en.is_empty() => {
            format!("{} [{code}]", names.any())
        }
        Some(names) => format!("{} / {} [{code}]", names.zh, names.en),
    }
}
