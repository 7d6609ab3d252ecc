//! The settings: built-in defaults, then a TOML file, then the environment, then flags; the later
//! wins. A name that does not exist is refused with the nearest that does.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use toml::Value;

use crate::domain::text;

/// What an environment variable of ours begins with.
pub const PREFIX: &str = "ZONEWARDEN_";
/// Variables that only tests read.
const TEST_PREFIX: &str = "ZONEWARDEN_TEST_";
/// Names the file of settings itself.
pub const FILE_VARIABLE: &str = "ZONEWARDEN_CONFIG";

macro_rules! config {
    ($($(#[doc = $doc:literal])+ $name:ident: $kind:ty = $default:expr;)*) => {
        /// Every setting of the service.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Config { $($(#[doc = $doc])+ pub $name: $kind,)* }

        impl Default for Config {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        /// Every setting's name.
        pub const NAMES: &[&str] = &[$(stringify!($name),)*];

        impl Config {
            fn set(&mut self, name: &str, given: Given<'_>) -> Result<(), String> {
                match name {
                    $(stringify!($name) => {
                        self.$name = <$kind as Setting>::read(given)?;
                        Ok(())
                    })*
                    _ => Err(unknown(name)),
                }
            }

            fn written(&self, line: impl Fn(&str, Option<String>) -> String) -> String {
                let mut text = String::new();
                $(
                    $(text.push_str(concat!("#", $doc, "\n"));)+
                    text.push_str(&line(stringify!($name), self.$name.shown()));
                )*
                text
            }
        }
    };
}

config! {
    /// The store: a GeoPackage file, `postgres://…` or `memory`.
    database: String = "zonewarden.gpkg".to_owned();
    /// The city that is meant where a store holds several and none is named.
    city: Option<String> = None;
    /// Where to listen: address and port.
    listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080));
    /// The secret (at least 16 bytes) under which API keys are hashed. Without it an embedded store
    /// keeps one in a file of its own beside the database.
    pepper: Option<String> = None;
    /// The secrets under which contacts are sealed, each at least 16 bytes, blanks between them. The first
    /// seals, all open: put a new one before the others, run `zonewarden person reseal`, and take the old
    /// one away three days later. Without it an embedded store keeps one in a file of its own beside the
    /// database, and a server's takes no contacts. Lost keys are lost contacts.
    contact_keys: Option<String> = None;
    /// How many cameras the demonstration city gets when it is made (42248 in the model city).
    cameras: u32 = 0;
    /// What to log: `error`, `warn`, `info`, `debug`, or directives such as `info,zonewarden=debug`.
    log: String = "info".to_owned();
    /// Whether every request is logged.
    access_log: bool = true;
    /// Largest body of a request in bytes, counted after decompression.
    body_bytes_max: u32 = 64 * 1024 * 1024;
    /// Requests answered at the same time; more are turned away with 503.
    requests_max: u32 = 1_024;
    /// Connections open at the same time; more wait to be accepted.
    connections_max: u32 = 4_096;
    /// Readers of the live journal at the same time.
    live_clients_max: u32 = 500;
    /// Bytes of map tiles kept packed in memory; 0 keeps none.
    tile_cache_bytes_max: u32 = 64 * 1024 * 1024;
    /// Whether webhooks may go to private addresses and over plain http, as in a city's own network.
    webhook_private: bool = false;
    /// Whether the links to pictures that come with reports are followed, to public addresses alone. When this
    /// is set to false they wait.
    follow_links: bool = true;
    /// Seconds for the head of a request to arrive; an idle connection is closed after it too.
    header_timeout_s: u32 = 5;
    /// Seconds until an answer must begin.
    request_timeout_s: u32 = 30;
    /// Seconds that a body may pause.
    body_timeout_s: u32 = 30;
    /// Seconds that a client may take nothing of an answer.
    write_timeout_s: u32 = 60;
    /// Seconds that requests under way get to finish at shutdown.
    shutdown_grace_s: u32 = 20;
}

/// A setting as it was given.
enum Given<'a> {
    File(Value),
    Text(&'a str),
}

/// A kind of setting.
trait Setting: Sized {
    fn read(given: Given<'_>) -> Result<Self, String>;
    fn shown(&self) -> Option<String>;
}

impl Setting for String {
    fn read(given: Given<'_>) -> Result<Self, String> {
        match given {
            Given::Text("") => Err("is empty".to_owned()),
            Given::Text(text) => Ok(text.to_owned()),
            Given::File(Value::String(text)) => Ok(text),
            Given::File(other) => Err(format!("is {}, must be a text", other.type_str())),
        }
    }

    fn shown(&self) -> Option<String> {
        Some(Value::String(self.clone()).to_string())
    }
}

impl Setting for Option<String> {
    fn read(given: Given<'_>) -> Result<Self, String> {
        String::read(given).map(Some)
    }

    fn shown(&self) -> Option<String> {
        self.as_ref().and_then(Setting::shown)
    }
}

impl Setting for u32 {
    fn read(given: Given<'_>) -> Result<Self, String> {
        let (number, shown) = match given {
            Given::Text(text) => (text.trim().parse().ok(), text.to_owned()),
            Given::File(Value::Integer(number)) => {
                (Self::try_from(number).ok(), number.to_string())
            }
            Given::File(other) => (None, other.to_string()),
        };
        number
            .ok_or_else(|| format!("is `{shown}`, must be a whole number from 0 to {}", Self::MAX))
    }

    fn shown(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Setting for bool {
    fn read(given: Given<'_>) -> Result<Self, String> {
        match given {
            Given::Text("true" | "1") | Given::File(Value::Boolean(true)) => Ok(true),
            Given::Text("false" | "0") | Given::File(Value::Boolean(false)) => Ok(false),
            Given::Text(text) => Err(format!("is `{text}`, must be true or false")),
            Given::File(other) => Err(format!("is `{other}`, must be true or false")),
        }
    }

    fn shown(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Setting for SocketAddr {
    fn read(given: Given<'_>) -> Result<Self, String> {
        let text = String::read(given)?;
        text.parse()
            .map_err(|_| format!("is `{text}`, must be an address and port such as 127.0.0.1:8080"))
    }

    fn shown(&self) -> Option<String> {
        Setting::shown(&self.to_string())
    }
}

impl Config {
    /// The settings as a TOML file that says what each means. Of a secret it says only that it is set: the file is
    /// looked at, kept and sent around.
    #[must_use]
    pub fn documented(&self) -> String {
        self.written(|name, shown| match self.hidden(name) {
            Some(says) => format!("# {name} = {says}\n\n"),
            None => line(name, shown),
        })
    }

    /// As [`Config::documented`], with the secrets: what another machine needs to serve the same store.
    #[must_use]
    pub fn documented_with_secrets(&self) -> String {
        self.written(line)
    }

    /// What is said of a setting that holds a secret, in its place.
    fn hidden(&self, name: &str) -> Option<String> {
        let database = &self.database;
        match name {
            "pepper" => self.pepper.is_some(),
            "contact_keys" => self.contact_keys.is_some(),
            "database" if holds_password(database) => {
                let shown = text::shown_url(database);
                return Some(format!("(set: {shown}; --secrets shows it with its password)"));
            }
            _ => false,
        }
        .then(|| "(set, and not shown; --secrets shows it)".to_owned())
    }

    /// Defaults, then the file (if one is named), then the environment.
    ///
    /// # Errors
    /// Every fault of either, each with its place.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Vec<String>> {
        let mut config = Self::default();
        let mut faults = Vec::new();
        let environment: Vec<(String, String)> = environment.into_iter().collect();
        let named = environment.iter().find(|(name, _)| name == FILE_VARIABLE);
        let file = file.map(Path::to_owned).or(named.map(|(_, path)| PathBuf::from(path)));
        if let Some(file) = file {
            match std::fs::read_to_string(&file) {
                Ok(text) => faults.extend(config.take_file(&file.display().to_string(), &text)),
                Err(fault) => faults.push(format!("{}: {fault}", file.display())),
            }
        }
        faults.extend(config.take_environment(&environment));
        if faults.is_empty() { Ok(config) } else { Err(faults) }
    }

    fn take_file(&mut self, file: &str, text: &str) -> Vec<String> {
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(fault) => {
                // Where, and not the line itself: it may hold a password.
                let before = fault.span().and_then(|span| text.get(..span.start)).unwrap_or("");
                let line = before.matches('\n').count() + 1;
                return vec![format!("{file}: line {line}: {}", fault.message())];
            }
        };
        let set = |(name, value): (String, Value)| {
            let fault = self.set(&name, Given::File(value)).err()?;
            Some(format!("{file}: `{name}` {fault}"))
        };
        table.into_iter().filter_map(set).collect()
    }

    fn take_environment(&mut self, environment: &[(String, String)]) -> Vec<String> {
        let ours = environment.iter().filter(|(name, _)| {
            name.starts_with(PREFIX) && !name.starts_with(TEST_PREFIX) && name != FILE_VARIABLE
        });
        let set = |(variable, value): &(String, String)| {
            let name = variable[PREFIX.len()..].to_ascii_lowercase();
            let fault = self.set(&name, Given::Text(value)).err()?;
            Some(format!("the environment's {variable}: `{name}` {fault}"))
        };
        ours.filter_map(set).collect()
    }
}

fn unknown(name: &str) -> String {
    match text::nearest(name, NAMES.iter().copied()) {
        Some(near) => format!("is no setting; `{near}` is"),
        None => format!("is no setting; these are: {}", NAMES.join(", ")),
    }
}

fn holds_password(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let named = rest.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    named || rest.contains("password=")
}

fn line(name: &str, shown: Option<String>) -> String {
    match shown {
        Some(value) => format!("{name} = {value}\n\n"),
        None => format!("# {name} =\n\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("zonewarden.toml");
        std::fs::write(&file, "cameras = 7\nlisten = \"0.0.0.0:80\"\n").unwrap();
        let config = Config::load(Some(&file), variables(&[("ZONEWARDEN_CAMERAS", "9")])).unwrap();
        assert_eq!((config.cameras, config.listen.port()), (9, 80));
        assert_eq!(config.database, "zonewarden.gpkg");
    }

    #[test]
    fn every_fault_is_told_and_a_wrong_name_with_the_nearest() {
        let mut config = Config::default();
        let faults = config.take_file("a.toml", "databse = \"x\"\ncameras = -1\naccess_log = 3\n");
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(faults.iter().any(|f| f.contains("`databse` is no setting; `database` is")));
        let faults = Config::load(
            None,
            variables(&[("ZONEWARDEN_LISTEN", "here"), ("ZONEWARDEN_TEST_X", "1"), ("HOME", "/")]),
        );
        assert_eq!(faults.unwrap_err().len(), 1);
    }

    #[test]
    fn the_documented_file_reads_back_as_the_defaults() {
        let text = Config::default().documented();
        let mut config = Config { cameras: 5, ..Config::default() };
        assert_eq!(config.take_file("x", &text), Vec::<String>::new());
        assert_eq!(config, Config::default());
        assert!(text.contains("# How many cameras"));
    }

    #[test]
    fn secrets_are_written_only_where_they_are_asked_for() {
        let config = Config {
            database: "postgres://zw:S3cret@db/zones".to_owned(),
            pepper: Some("p3pper-p3pper-p3pper".to_owned()),
            contact_keys: Some("k3y-k3y-k3y-k3y-k3y".to_owned()),
            ..Config::default()
        };
        let (shown, whole) = (config.documented(), config.documented_with_secrets());
        for secret in ["S3cret", "p3pper", "k3y-"] {
            assert!(!shown.contains(secret), "{shown}");
            assert!(whole.contains(secret), "{whole}");
        }
        for said in [
            "# pepper = (set, and",
            "# contact_keys = (set, and",
            "# database = (set: postgres://db/zones;",
        ] {
            assert!(shown.contains(said), "{said}: {shown}");
        }
        let mut again = Config::default();
        assert_eq!(again.take_file("x", &whole), Vec::<String>::new());
        assert_eq!(again, config);
        // What is not shown is left as it is by the file: it comes from elsewhere.
        let mut again = config.clone();
        assert_eq!(again.take_file("x", &shown), Vec::<String>::new());
        assert_eq!(again, config);
    }

    #[test]
    fn a_database_without_a_password_is_shown_as_it_is() {
        for database in ["zonewarden.gpkg", "memory", "postgres://zonewarden@localhost/city"] {
            let config = Config { database: database.to_owned(), ..Config::default() };
            let line = format!("\ndatabase = \"{database}\"\n");
            assert!(config.documented().contains(&line), "{database}");
        }
        assert!(holds_password("postgres://localhost/city?user=a&password=b"));
        assert!(!holds_password("postgres://localhost:5432/city"));
    }

    #[test]
    fn a_file_that_is_no_toml_is_refused_with_the_line_and_without_what_stands_in_it() {
        let mut config = Config::default();
        let text = "cameras = 7\ndatabase = \"postgres://u:S3cret@db/zones\nlisten = \"\"\n";
        let faults = config.take_file("a.toml", text);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].starts_with("a.toml: line "), "{faults:?}");
        assert!(!faults[0].contains("S3cret"), "{faults:?}");
    }
}
