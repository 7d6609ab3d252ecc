//! `zonewarden migrate`: bring a store's schema up to date.

use crate::cli::common::Common;

/// Bring a store's schema up to date.
#[derive(Debug, clap::Args)]
pub struct MigrateArgs {}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(_common: &Common, _args: &MigrateArgs) -> miette::Result<()> {
    todo!()
}
