//! `zonewarden migrate`: bring a store's schema up to date.

use std::fmt::Write as _;

use miette::{IntoDiagnostic, WrapErr};

use crate::app::people::seal;
use crate::cli::common::Common;
use crate::cli::print::print;
use crate::store::migrate::Applied;
use crate::store::open::{Migrate, Place, migrate, open};

/// Bring a store's schema up to date, made when absent, and seal contacts that stand in clear from before.
/// May be run again; of two at once, one waits.
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
    print(words(&applied).as_bytes())?;
    let sealed = runtime.block_on(seal_clear(common, &place))?;
    print(sealed_words(sealed, &place).as_bytes())
}

/// Seals the contacts that stand in clear from before they were sealed; how many those were.
async fn seal_clear(common: &Common, place: &Place) -> miette::Result<usize> {
    let store = open(place, Migrate::Require).await.into_diagnostic()?;
    let mut clear = Vec::new();
    for city in store.cities().await.into_diagnostic()? {
        if !store.people_in_clear(&city, None, 1).await.into_diagnostic()?.is_empty() {
            clear.push(city);
        }
    }
    drop(store);
    if clear.is_empty() {
        return Ok(0);
    }
    let app = common.app_without_atlases().await?;
    let mut sealed = 0;
    for city in clear {
        sealed += seal::seal_clear(&app, &city)
            .await
            .into_diagnostic()
            .wrap_err("contacts stand in clear in this store and could not be sealed")?;
    }
    Ok(sealed)
}

fn sealed_words(sealed: usize, place: &Place) -> String {
    match (sealed, place) {
        (0, _) => String::new(),
        (_, Place::Postgres(_)) => format!(
            "Sealed {sealed} contacts that stood in clear. Until `vacuum full zonewarden.report` has run \
             the disk still holds them, and so do backups.\n"
        ),
        _ => format!("Sealed {sealed} contacts that stood in clear. Backups still hold them.\n"),
    }
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
