//! The command line. Each command is one file: its options, what it does, its words.

pub mod common;
pub mod print;
pub mod zones;
pub mod serve;
pub mod locate;
pub mod route;
pub mod import;
pub mod export;
pub mod plan;
pub mod worklist;
pub mod rehearsed;
pub mod whole;
pub mod migrate;
pub mod sample;
pub mod openapi;
pub mod key;
pub mod webhook;
pub mod person;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use crate::cli::common::Common;
use crate::cli::common::CommonArgs;
use crate::cli::print::{READER_GONE_STATUS, ReaderGone};

const EXAMPLES: &str = "\
Examples:
  zonewarden
  zonewarden locate 109.484 36.585 --category event.05.parking
  zonewarden route points.csv --zones precincts.geojson --zone-id precinct -o out.csv
  zonewarden import zones precincts.geojson --city yanan --lead police --make-units

`zonewarden COMMAND --help` shows more of each command.";

/// Responsibility zones of a city: every report and incident routed by location to the unit that
/// answers for it.
#[derive(Debug, Parser)]
#[command(name = "zonewarden", version, propagate_version = true, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    common: CommonArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the city over HTTP (also what runs without a command).
    Serve(serve::ServeArgs),
    /// Say who is responsible at a place, and why.
    Locate(locate::LocateArgs),
    /// Route a file of points, of any size, to the responsible units.
    Route(route::RouteArgs),
    /// Import zones, units, facilities or rules.
    Import(import::ImportArgs),
    /// Export zones, units, facilities or rules.
    Export(export::ExportArgs),
    /// Redraw, propose, list, compare and restore plans; what went from unit to unit with one.
    Plan(plan::PlanArgs),
    /// Write a work list: incidents of a unit, zone, category or stage, or those overdue.
    Worklist(worklist::WorklistArgs),
    /// Bring a store's schema up to date.
    Migrate(migrate::MigrateArgs),
    /// Make the demonstration city as files.
    Sample(sample::SampleArgs),
    /// Print the OpenAPI 3.1 document.
    Openapi(openapi::OpenapiArgs),
    /// Issue, list and revoke API keys.
    Key(key::KeyArgs),
    /// Make, list and change webhooks; list and repeat what was not delivered.
    Webhook(webhook::WebhookArgs),
    /// Export or erase what is kept of a person, and seal everybody under a new key.
    Person(person::PersonArgs),
}

/// Reads the command line, runs the command and says what it could not do.
#[must_use]
pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) if fault.is::<ReaderGone>() => ExitCode::from(READER_GONE_STATUS),
        Err(fault) => {
            eprintln!("Error: {fault:?}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> miette::Result<()> {
    let cli = Cli::parse();
    let common = &cli.common.resolve()?;
    match &cli.command {
        None => serve::run(common, &serve::ServeArgs::default()),
        Some(Command::Serve(args)) => serve::run(common, args),
        Some(Command::Locate(args)) => locate::run(common, args),
        Some(Command::Route(args)) => route::run(common, args),
        Some(Command::Import(args)) => import::run(common, args),
        Some(Command::Export(args)) => export::run(common, args),
        Some(Command::Plan(args)) => plan::run(common, args),
        Some(Command::Worklist(args)) => worklist::run(common, args),
        Some(Command::Migrate(args)) => migrate::run(common, args),
        Some(Command::Sample(args)) => sample::run(common, args),
        Some(Command::Openapi(args)) => openapi::run(common, args),
        Some(Command::Key(args)) => key::run(common, args),
        Some(Command::Webhook(args)) => webhook::run(common, args),
        Some(Command::Person(args)) => person::run(common, args),
    }
}
