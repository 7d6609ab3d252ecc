//! Options of every command.

/// Options of every command.
#[derive(Clone, Debug, clap::Args)]
pub struct Common {
    /// The store: a GeoPackage file, `postgres://…` or `memory`.
    #[arg(long, global = true, env = "ZONEWARDEN_DATABASE", default_value = "zonewarden.gpkg")]
    pub database: String,
    /// The city's code; needed only where a store holds several.
    #[arg(long, global = true, env = "ZONEWARDEN_CITY")]
    pub city: Option<String>,
}
