//! `zonewarden import`: import zones, units, facilities or rules.

use crate::cli::common::Common;

/// Import zones, units, facilities or rules.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(_common: &Common, _args: &ImportArgs) -> miette::Result<()> {
    todo!()
}
