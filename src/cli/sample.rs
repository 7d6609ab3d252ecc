//! `zonewarden sample`: make the demonstration city.

use crate::cli::common::Common;

/// Make the demonstration city.
#[derive(Debug, clap::Args)]
pub struct SampleArgs {}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(_common: &Common, _args: &SampleArgs) -> miette::Result<()> {
    todo!()
}
