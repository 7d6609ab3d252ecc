//! `zonewarden locate`: who is responsible at a place.

use crate::cli::common::Common;

/// Who is responsible at a place.
#[derive(Debug, clap::Args)]
pub struct LocateArgs {}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(_common: &Common, _args: &LocateArgs) -> miette::Result<()> {
    todo!()
}
