//! `zonewarden migrate`: bring a store's schema up to date.

use std::fmt::Write as _;

use miette::{IntoDiagnostic, WrapErr};

use crate::cli::common::Common;
use crate::cli::print::print;
use crate::store::migrate::Applied;
use crate::store::open::{Place, migrate};

/// Bring a store's schema up to date, made when absent. May be run again; of two at once, one waits.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zonewarden migrate
  zonewarden --database postgres://zonewarden@db/zonewarden migrate")]
pub struct MigrateArgs {}

/// Runs the command.
///
/// # Errors
/// What went wrong, for people.
pub fn run(common: &Common, _args: &MigrateArgs) -> miette::Result<()> {
    let place = Place::parse(&common.database);
    if place == Place::Memory {
        return Err(miette::miette!("a store in memory has no schema; name a file or a URL"));
    }
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().into_diagnostic()?;
    let applied =
        runtime.block_on(migrate(&place)).into_diagnostic().wrap_err("migrating the store")?;
    print(words(&applied).as_bytes())
}

fn words(applied: &[Applied]) -> String {
    if applied.is_empty() {
        return "The schema is up to date.\n".to_owned();
    }
    let mut said = String::new();
    for one in applied {
        let _ = writeln!(said, "Applied migration {:04} ({}).", one.number, one.name);
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_name_what_was_applied() {
        assert_eq!(words(&[]), "The schema is up to date.\n");
        let applied = [Applied { number: 1, name: "city" }];
        assert_eq!(words(&applied), "Applied migration 0001 (city).\n");
    }
}
