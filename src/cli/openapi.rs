//! `zonewarden openapi`: print the `OpenAPI` 3.1 document.

use std::io::Write;

use miette::IntoDiagnostic;

use crate::cli::common::Common;
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
    let mut out = std::io::stdout().lock();
    out.write_all(&router::document_bytes()).into_diagnostic()?;
    out.write_all(b"\n").into_diagnostic()
}
