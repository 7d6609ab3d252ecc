//! `zonewarden plan`: drafts of a plan, published plans, and what went from unit to unit with one.

mod balance;
mod draft;
mod steps;
mod diff;
mod review;
mod told;
mod handover;

use std::path::PathBuf;

use miette::{IntoDiagnostic, miette};

use crate::app::plans::reroute::{Ask, reroute_all};
use crate::app::state::{App, Seat};
use crate::app::transfer::plan_versions::{self, PAGE_MAX, Restore};
use crate::cli::common::Common;
use crate::cli::plan::diff::{Which, diff};
use crate::cli::print::print;
use crate::domain::accounts::Caller;
use crate::domain::time::Moment;

/// Redraw, propose, list, compare and restore plans; what went from unit to unit with one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zonewarden plan list
  zonewarden plan diff 4
  zonewarden plan diff 4 --since 2 --json > changes.json
  zonewarden plan restore 3 --dry-run
  zonewarden plan handover 4 -o handover.csv
  zonewarden plan reroute --since 2026-01-01 --dry-run

Who answered on a day: `zonewarden locate LON LAT --datetime 2026-03-03`. A published plan never changes:
it is undone by publishing the former one again.")]
pub struct PlanArgs {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Drafts of a plan.
    Draft(draft::DraftArgs),
    /// Propose balanced plans from the city's blocks.
    Balance(balance::BalanceArgs),
    /// The plans that were published, the last first.
    #[command(after_help = "Example:
  zonewarden plan list --json")]
    List {
        /// Answer in JSON.
        #[arg(long)]
        json: bool,
    },
    /// One plan and its zones.
    #[command(after_help = "Example:
  zonewarden plan show 4")]
    Show {
        /// The plan's version.
        #[arg(id = "plan", value_name = "VERSION")]
        version: i64,
    },
    /// What differs between two plans or drafts: zones, and the areas that changed hands.
    #[command(after_help = "Examples:
  zonewarden plan diff 4
  zonewarden plan diff 4 --since 2 --json > changes.json
  zonewarden plan diff 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01
  zonewarden plan diff 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01 --since 019a2f3c-8a10-7d02-b1c4-0f1e2d3c4b5a")]
    Diff {
        /// The later plan's version, or a draft's id.
        #[arg(id = "plan", value_name = "VERSION|DRAFT")]
        which: Which,
        /// The earlier one [default: the plan before, or the one that the draft is drawn on].
        #[arg(long, value_name = "VERSION|DRAFT")]
        since: Option<Which>,
        /// Answer in JSON, with the areas' geometries.
        #[arg(long)]
        json: bool,
    },
    /// Publish a former plan again, which makes a new one.
    #[command(after_help = "Example:
  zonewarden plan restore 3 --note 'Back to the zones of March' --dry-run")]
    Restore {
        /// The former plan.
        #[arg(id = "plan", value_name = "VERSION")]
        version: i64,
        /// Why; kept with the new plan.
        #[arg(long, default_value = "")]
        note: String,
        /// Only say what would change.
        #[arg(long)]
        dry_run: bool,
    },
    /// The incidents that went from unit to unit with a plan.
    #[command(after_help = "Example:
  zonewarden plan handover 4 -o handover.csv")]
    Handover {
        /// The plan's version.
        #[arg(id = "plan", value_name = "VERSION")]
        version: i64,
        /// The file, .csv or .json [default: standard output, a table].
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Route stored reports anew whose place changed hands with the plan in force.
    #[command(after_help = "Example:
  zonewarden plan reroute --since 2026-01-01 --dry-run")]
    Reroute {
        /// Only reports received since: RFC 3339, or a date in the city's time zone.
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// Whose zones are compared with [default: the plan before].
        #[arg(long, value_name = "VERSION")]
        since_plan: Option<i64>,
        /// Only count.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(common: &Common, args: &PlanArgs) -> miette::Result<()> {
    match &args.act {
        Act::Draft(args) => return draft::run(common, args),
        Act::Balance(args) => return balance::run(common, args),
        _ => common.must_exist(None)?,
    }
    let runtime = tokio::runtime::Runtime::new().into_diagnostic()?;
    runtime.block_on(async {
        let app = common.app().await?;
        let seat = app.seat(common.city.as_deref()).into_diagnostic()?;
        act(&app, &seat, &args.act).await
    })
}

async fn act(app: &App, seat: &Seat, act: &Act) -> miette::Result<()> {
    let (city, cli) = (&seat.city, &Caller::cli());
    match act {
        // Commands of their own.
        Act::Draft(_) | Act::Balance(_) => Ok(()),
        Act::List { json } => {
            let (mut all, mut until) = (Vec::new(), None);
            loop {
                let page =
                    plan_versions::list(app, city, cli, until, PAGE_MAX).await.into_diagnostic()?;
                let Some(last) = page.last() else { break };
                until = Some(last.plan.version - 1);
                all.extend(page);
            }
            print(&if *json { told::list_json(&all)? } else { told::list(&all, seat)? })
        }
        Act::Show { version } => {
            let found = plan_versions::whole(app, city, cli, *version).await;
            let whole = found.map_err(|_| miette!("there is no plan {version}"))?;
            print(&told::show(&whole, seat)?)
        }
        Act::Diff { which, since, json } => diff(app, seat, (*which, *since), *json).await,
        Act::Restore { version, note, dry_run } => {
            let ask =
                Restore { version: *version, note: note.clone(), dry_run: *dry_run, seen: None };
            restore(app, seat, ask).await
        }
        Act::Handover { version, output } => {
            handover::told(app, seat, *version, output.as_deref()).await
        }
        Act::Reroute { since, since_plan, dry_run } => {
            let atlas = seat.atlas().into_diagnostic()?;
            let since = since.as_ref().map(|text| Moment::parse(text, atlas.time_zone()));
            let since = since.transpose().map_err(|words| miette!("--since {words}"))?;
            let ask = Ask {
                plan: atlas.plan().version,
                since_plan: *since_plan,
                since: since.map(Moment::instant),
                dry_run: *dry_run,
            };
            let outcome = reroute_all(app, seat, cli, ask).await.into_diagnostic()?;
            print(&told::rerouted(&outcome, &ask)?)
        }
    }
}

async fn restore(app: &App, seat: &Seat, ask: Restore) -> miette::Result<()> {
    let (version, dry_run) = (ask.version, ask.dry_run);
    let done = plan_versions::restore(app, &seat.city, &Caller::cli(), ask).await;
    let outcome = done.map_err(|refusal| match refusal {
        crate::app::refusal::Refusal::NotFound => miette!("there is no plan {version}"),
        refusal => miette!("{refusal}"),
    })?;
    if outcome.refused() {
        let words: Vec<String> = outcome.findings.iter().map(ToString::to_string).collect();
        return Err(miette!("plan {version} cannot be published again:\n{}", words.join("\n")));
    }
    print(&told::restored(&outcome, version, dry_run)?)
}
