//! `zonewarden openapi`: print the `OpenAPI` 3.1 document.

use crate::cli::common::Common;
use crate::cli::print::print;
use crate::http::router;

/// Print the `OpenAPI` 3.1 document.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  zonewarden openapi > openapi.json")]
pub struct OpenapiArgs {}

/// Runs the command.
///
/// # Errors
/// When standard output takes nothing.
pub fn run(_common: &Common, _args: &OpenapiArgs) -> miette::Result<()> {
    let mut document = router::document_bytes().to_vec();
    document.push(b'\n');
    print(&document)
}
