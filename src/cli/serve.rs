//! `zonewarden serve`: serve the city over HTTP.

use crate::cli::common::Common;

/// Serve the city over HTTP.
#[derive(Debug, Default, clap::Args)]
pub struct ServeArgs {}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(_common: &Common, _args: &ServeArgs) -> miette::Result<()> {
    todo!()
}
