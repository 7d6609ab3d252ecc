//! `zonewarden openapi`: print the OpenAPI 3.1 document.

use crate::cli::common::Common;

/// Print the OpenAPI 3.1 document.
#[derive(Debug, clap::Args)]
pub struct OpenapiArgs {}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(_common: &Common, _args: &OpenapiArgs) -> miette::Result<()> {
    todo!()
}
