//! `zonewarden plan balance`: plans proposed from the city's blocks.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};
use miette::{IntoDiagnostic, WrapErr};

use crate::app::drafts::balance::{ALTERNATIVES_MAX, Proposed, SECONDS_MAX, Wish, balance};
use crate::cli::common::Common;
use crate::cli::print::print;
use crate::cli::whole::write_whole;
use crate::domain::accounts::Caller;
use crate::domain::id::ZoneId;
use crate::domain::zoning::balance::ask::Terms;
use crate::domain::zoning::review::findings::Weight;
use crate::domain::zoning::tract::{Terrain, Ways};
use crate::formats::geojson;
use crate::formats::nouns::zones::to_layer;

/// Propose balanced plans from the city's blocks.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zonewarden plan balance --weight people --tolerance 0.02
  zonewarden plan balance --zones 70 --alternatives 5 --seconds 30 --draft \"Seventy zones\"
  zonewarden plan balance --lock zone-07 --lock zone-08 --change 1 --by-staff -o balanced

Blocks are facilities of the kind `block`; --weight names an attribute of theirs, `area` or `one`. Every zone is in one
piece but for islands: blocks that do not touch the rest are tied over the gap, and such zones are told as bridged. Of
several alternatives none is worse than another in everything. With --draft each becomes a draft, to be reviewed, changed
and published like any other; nothing is in force by itself. Ctrl-C ends it, and nothing is kept.")]
pub(super) struct BalanceArgs {
    /// How many zones, the locked ones among them [default: as many as the plan in force]
    #[arg(long, value_name = "NUMBER")]
    zones: Option<u16>,
    /// What is balanced: an attribute of blocks, `area` or `one`; may be repeated, then each counts the same
    #[arg(long, value_name = "ATTRIBUTE", default_value = "people")]
    weight: Vec<String>,
    /// How far a zone may be off, as a part of what it should have
    #[arg(long, value_name = "PART", default_value_t = 0.02)]
    tolerance: f64,
    /// Each zone has its share by the staff of its lead unit, instead of the same; for as many zones as today
    #[arg(long)]
    by_staff: bool,
    /// A zone that stays as it is; may be repeated
    #[arg(long, value_name = "CODE", value_parser = ZoneId::new)]
    lock: Vec<ZoneId>,
    /// What a metre of border costs along streets and rivers; elsewhere it costs 1
    #[arg(long, value_name = "PART", default_value_t = 0.5)]
    natural: f64,
    /// How much the length of borders counts
    #[arg(long, value_name = "STRENGTH", default_value_t = 1.0)]
    border: f64,
    /// How much nearness within a zone counts
    #[arg(long, value_name = "STRENGTH", default_value_t = 0.0)]
    nearness: f64,
    /// How much nearness to the seat of the lead unit counts; for as many zones as today
    #[arg(long, value_name = "STRENGTH", default_value_t = 0.0)]
    seats: f64,
    /// How much it counts that little is otherwise than today; for as many zones as today
    #[arg(long, value_name = "STRENGTH", default_value_t = 0.0)]
    change: f64,
    /// How many alternatives
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(ALTERNATIVES_MAX)))]
    alternatives: u32,
    /// How long it is searched
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=i64::from(SECONDS_MAX)))]
    seconds: u32,
    /// Dice
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Each zone is led by the unit whose seat is near, the farthest way as short as it can be
    #[arg(long)]
    lead_by_seat: bool,
    /// Make a draft of each alternative, with this name and a number
    #[arg(long, value_name = "NAME")]
    draft: Option<String>,
    /// Write each alternative as GeoJSON: PREFIX-1.geojson, PREFIX-2.geojson …
    #[arg(short, long, value_name = "PREFIX")]
    output: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub(super) fn run(common: &Common, args: &BalanceArgs) -> miette::Result<()> {
    common.must_exist(None)?;
    let runtime = tokio::runtime::Runtime::new().into_diagnostic()?;
    let made = runtime.block_on(async {
        let app = common.app().await?;
        let seat = app.seat(common.city.as_deref()).into_diagnostic()?;
        let bar = ProgressBar::new(1_000);
        let style = ProgressStyle::with_template("{bar:40} {percent}% {elapsed}");
        bar.set_style(style.into_diagnostic()?);
        let shown = bar.clone();
        let tell = move |part: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and 1000"
            )]
            shown.set_position((part.clamp(0.0, 1.0) * 1_000.0) as u64);
            ControlFlow::Continue(())
        };
        let made = balance(&app, &seat, &Caller::cli(), wish(args), tell).await;
        bar.finish_and_clear();
        made.into_diagnostic()
    })?;
    if let Some(prefix) = &args.output {
        for (number, it) in (1..).zip(&made) {
            let mut name = prefix.as_os_str().to_owned();
            name.push(format!("-{number}.geojson"));
            let path = PathBuf::from(name);
            let bytes = geojson::write(&to_layer(&it.zones));
            write_whole(&path, &bytes).into_diagnostic().wrap_err(path.display().to_string())?;
        }
    }
    let lines: String = (1..).zip(&made).map(|(number, it)| line(number, it)).collect();
    print(lines.as_bytes())
}

fn wish(args: &BalanceArgs) -> Wish {
    Wish {
        zones: args.zones,
        terrain: Terrain {
            weights: args.weight.clone(),
            natural: args.natural,
            locked: args.lock.clone(),
        },
        tolerance: args.tolerance,
        by_staff: args.by_staff,
        terms: Terms {
            border: args.border,
            nearness: args.nearness,
            seats: args.seats,
            change: args.change,
        },
        alternatives: args.alternatives,
        seconds: args.seconds,
        seed: args.seed,
        lead_by_seat: args.lead_by_seat,
        draft: args.draft.clone(),
    }
}

fn line(number: u32, it: &Proposed) -> String {
    let figures = &it.figures;
    let mut line = format!(
        "{number}  {:<10}  off {:.2} %  borders {:.1} km  Polsby-Popper {:.3}",
        it.stress.code(),
        figures.max_deviation() * 100.0,
        figures.cut_m / 1_000.0,
        figures.polsby_popper,
    );
    if let Some(changed) = figures.changed.first() {
        let _ = write!(line, "  changed {:.1} %", changed * 100.0);
    }
    if figures.bridged > 0 {
        let _ = write!(line, "  bridged {}", figures.bridged);
    }
    if let Some(Ways { farthest_m, mean_m, proven }) = it.ways {
        let best = if proven { "proven best" } else { "not proven best" };
        let _ = write!(line, "  seats at most {farthest_m:.0} m, mean {mean_m:.0} m ({best})");
    }
    let grave = it.outlook.findings.iter().filter(|found| found.weight() != Weight::Informs);
    let (moving, count) = (it.outlook.moving, grave.count());
    let _ = write!(line, "  {moving} would change hands, {count} findings");
    if let Some(draft) = &it.draft {
        let _ = write!(line, "  draft {draft}");
    }
    line.push('\n');
    line
}
