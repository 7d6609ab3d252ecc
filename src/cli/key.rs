//! `zonewarden key`: issue, list and revoke API keys.

use crate::cli::common::Common;

/// Issue, list and revoke API keys.
#[derive(Debug, clap::Args)]
pub struct KeyArgs {}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(_common: &Common, _args: &KeyArgs) -> miette::Result<()> {
    todo!()
}
