//! `zonewarden route`: route a file of points, of any size.

use crate::cli::common::Common;

/// Route a file of points, of any size.
#[derive(Debug, clap::Args)]
pub struct RouteArgs {}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(_common: &Common, _args: &RouteArgs) -> miette::Result<()> {
    todo!()
}
