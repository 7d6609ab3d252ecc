//! Import and export: files of zones, units, facilities and rules, and of the city itself. First every finding is listed,
//! then there is one commit, or none.

pub mod file;
pub mod settings;
mod swapped;
pub mod decide;
pub mod import;
pub mod city;
pub mod calendar;
pub mod limits;
pub mod export;
pub mod rehearse;
pub mod plan_versions;
pub mod rule_versions;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Zones 责任区: an import publishes a new plan.
    Zones,
    /// Units 责任单位.
    Units,
    /// Facilities 设施.
    Facilities,
    /// Routing rules.
    Rules,
}

impl Kind {
    /// Every kind, in the order in which a city is imported.
    pub const ALL: [Self; 4] = [Self::Units, Self::Zones, Self::Facilities, Self::Rules];

    /// The word for it in options and layers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Zones => "zones",
            Self::Units => "units",
            Self::Facilities => "facilities",
            Self::Rules => "rules",
        }
    }
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// RFC 7946.
    GeoJson,
    /// A table with lon/lat or WKT.
    Csv,
    /// OGC GeoPackage.
    GeoPackage,
    /// A zip of .shp, .shx, .dbf, .prj and .cpg.
    Shapefile,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::GeoJson, Self::Csv, Self::GeoPackage, Self::Shapefile];

    /// The word for it in options.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::GeoJson => "geojson",
            Self::Csv => "csv",
            Self::GeoPackage => "gpkg",
            Self::Shapefile => "shapefile",
        }
    }

    /// The format that a file's name ends in.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let ends = |ending: &str| name.strip_suffix(ending).is_some();
        if ends(".geojson") || ends(".json") {
            Some(Self::GeoJson)
        } else if ends(".csv") || ends(".tsv") {
            Some(Self::Csv)
        } else if ends(".gpkg") {
            Some(Self::GeoPackage)
        } else if ends(".zip") {
            Some(Self::Shapefile)
        } else {
            None
        }
    }
}
