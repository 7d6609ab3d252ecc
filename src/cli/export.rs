//! `zonewarden export`: export zones, units, facilities or rules.

use crate::cli::common::Common;

/// Export zones, units, facilities or rules.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(_common: &Common, _args: &ExportArgs) -> miette::Result<()> {
    todo!()
}
