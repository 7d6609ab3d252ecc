//! Options of every command.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{IntoDiagnostic, WrapErr};

use crate::app::clock::Clock;
use crate::app::keyring::Pepper;
use crate::app::people::keys::ContactKeys;
use crate::app::state::App;
use crate::config::Config;
use crate::store::open::{Migrate, Place, open};

/// Options of every command, as given.
#[derive(Clone, Debug, clap::Args)]
pub struct CommonArgs {
    /// The store: a `GeoPackage` file, `postgres://…` or `memory` [default: zonewarden.gpkg]
    #[arg(long, global = true)]
    database: Option<String>,
    /// The city's code; needed only where a store holds several.
    #[arg(long, global = true)]
    city: Option<String>,
    /// A TOML file of settings; `zonewarden serve --print-config` shows them all.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Options of every command, with the file of settings and the environment behind them.
#[derive(Clone, Debug)]
pub struct Common {
    /// The store: a `GeoPackage` file, `postgres://…` or `memory`.
    pub database: String,
    /// The city's code; needed only where a store holds several.
    pub city: Option<String>,
    /// Every setting.
    pub config: Arc<Config>,
}

impl CommonArgs {
    /// Defaults, then the file, then the environment, then these flags.
    ///
    /// # Errors
    /// Every fault of the file and of the environment.
    pub fn resolve(&self) -> miette::Result<Common> {
        let mut config = Config::load(self.config.as_deref(), std::env::vars())
            .map_err(|faults| miette::miette!("{}", faults.join("\n")))?;
        if let Some(database) = &self.database {
            config.database.clone_from(database);
        }
        if self.city.is_some() {
            config.city.clone_from(&self.city);
        }
        Ok(Common {
            database: config.database.clone(),
            city: config.city.clone(),
            config: Arc::new(config),
        })
    }
}

impl Common {
    /// The app over the store that is named, with every city's atlas in force. An embedded file is
    /// made when absent and brought up to date; a server's schema must be.
    ///
    /// # Errors
    /// What keeps the store or a city from opening.
    pub async fn app(&self) -> miette::Result<App> {
        let app = self.app_without_atlases().await?;
        app.refresh().await.into_diagnostic()?;
        Ok(app)
    }

    /// The same, before any atlas is built: [`App::refresh`] is the caller's.
    ///
    /// # Errors
    /// What keeps the store from opening.
    pub async fn app_without_atlases(&self) -> miette::Result<App> {
        let place = Place::parse(&self.database);
        let migrate = match place {
            Place::Postgres(_) => Migrate::Require,
            Place::Memory | Place::File(_) => Migrate::Apply,
        };
        let store = open(&place, migrate).await.into_diagnostic().wrap_err("opening the store")?;
        let (pepper, contact_keys) = (self.pepper(&place)?, self.contact_keys(&place)?);
        let app = App::with_contacts(store, Clock::system(), pepper, contact_keys);
        app.reach_private(self.config.webhook_private);
        Ok(app)
    }

    /// An app over an empty store in memory, where the embedded store that is named is not there yet:
    /// what is tried on it leaves nothing behind.
    ///
    /// # Errors
    /// What keeps the store from opening.
    pub async fn app_on_trial(&self) -> miette::Result<Option<App>> {
        match Place::parse(&self.database) {
            Place::File(path) if !path.exists() => {
                let store = open(&Place::Memory, Migrate::Apply).await.into_diagnostic()?;
                Ok(Some(App::new(store, Clock::system(), None)))
            }
            Place::File(_) | Place::Memory | Place::Postgres(_) => Ok(None),
        }
    }

    /// For commands that ask a store and are no reason to make one. `instead` says what else the
    /// command can do, if anything.
    ///
    /// # Errors
    /// When the embedded store that is named is not there.
    pub fn must_exist(&self, instead: Option<&str>) -> miette::Result<()> {
        let instead = instead.map_or(String::new(), |words| format!(", or {words}"));
        let place = Place::parse(&self.database);
        match &place {
            Place::File(path) if !path.exists() => Err(miette::miette!(
                help = format!(
                    "name a store with --database, or make one with `zonewarden serve` or \
                     `zonewarden import`{instead}"
                ),
                "there is no store `{place}`"
            )),
            Place::File(_) | Place::Memory | Place::Postgres(_) => Ok(()),
        }
    }

    /// The keys of the settings, or those in the file beside an embedded database: one a line, the first
    /// one seals.
    fn contact_keys(&self, place: &Place) -> miette::Result<Option<ContactKeys>> {
        let raw = match (&self.config.contact_keys, place) {
            (Some(keys), _) => keys.clone(),
            (None, Place::File(database)) => secret_beside(database, "contact_keys")?,
            (None, Place::Memory) => Pepper::make().map_err(|fault| miette::miette!(fault))?,
            (None, Place::Postgres(_)) => return Ok(None),
        };
        ContactKeys::read(&raw).map(Some).map_err(|fault| miette::miette!(fault))
    }

    /// The pepper of the settings, or the one in the file beside an embedded database.
    fn pepper(&self, place: &Place) -> miette::Result<Option<Pepper>> {
        let raw = match (&self.config.pepper, place) {
            (Some(pepper), _) => pepper.clone(),
            (None, Place::File(database)) => secret_beside(database, "pepper")?,
            (None, Place::Memory) => Pepper::make().map_err(|fault| miette::miette!(fault))?,
            (None, Place::Postgres(_)) => return Ok(None),
        };
        Pepper::new(raw.trim().as_bytes()).map(Some).map_err(|fault| miette::miette!(fault))
    }
}

/// The secret in `<database>.<kind>`, made when absent, for its owner's eyes only. It lies beside
/// the database, not in it: a copy of the database alone opens nothing.
fn secret_beside(database: &Path, kind: &str) -> miette::Result<String> {
    let mut name = database.as_os_str().to_owned();
    name.push(format!(".{kind}"));
    let path = PathBuf::from(name);
    match std::fs::read_to_string(&path) {
        Ok(secret) => return Ok(secret),
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => {}
        Err(fault) => {
            return Err(fault).into_diagnostic().wrap_err(path.display().to_string());
        }
    }
    let secret = Pepper::make().map_err(|fault| miette::miette!(fault))?;
    match write_private(&path, &secret) {
        Ok(()) => Ok(secret),
        // Another process was faster.
        Err(fault) if fault.kind() == std::io::ErrorKind::AlreadyExists => {
            std::fs::read_to_string(&path).into_diagnostic()
        }
        Err(fault) => Err(fault).into_diagnostic().wrap_err(path.display().to_string()),
    }
}

/// Writes the file whole before it bears its name, so that nobody reads half a secret.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", std::process::id()));
    let draft = PathBuf::from(draft);
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    linked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pepper_is_made_once_and_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("city.gpkg");
        let first = secret_beside(&database, "pepper").unwrap();
        assert_eq!(secret_beside(&database, "pepper").unwrap(), first);
        assert_eq!(first.len(), 64);
        let file = folder.path().join("city.gpkg.pepper");
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
