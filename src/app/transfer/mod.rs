//! Import and export: files of zones, units, facilities and rules, and of the city itself. First every finding is listed,
//! then there is one commit, or none.

pub mod file;
pub mod settings;
mod swapped;
mod alike;
pub mod decide;
pub mod import;
pub mod city;
pub mod calendar;
pub mod limits;
pub mod categories;
pub mod export;
pub mod archive;
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
    /// OGC KML, as earth programs read it.
    Kml,
    /// GPX 1.1, as hand-held devices read it: points and lines alone.
    Gpx,
    /// `FlatGeobuf`, with its index.
    FlatGeobuf,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 7] = [
        Self::GeoJson,
        Self::Csv,
        Self::GeoPackage,
        Self::Shapefile,
        Self::Kml,
        Self::Gpx,
        Self::FlatGeobuf,
    ];

    /// The word for it in options.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::GeoJson => "geojson",
            Self::Csv => "csv",
            Self::GeoPackage => "gpkg",
            Self::Shapefile => "shapefile",
            Self::Kml => "kml",
            Self::Gpx => "gpx",
            Self::FlatGeobuf => "fgb",
        }
    }

    /// The media type of such a file.
    #[must_use]
    pub fn media(self) -> &'static str {
        match self {
            Self::GeoJson => "application/geo+json",
            Self::Csv => "text/csv; charset=utf-8",
            Self::GeoPackage => "application/geopackage+sqlite3",
            Self::Shapefile => "application/zip",
            Self::Kml => "application/vnd.google-earth.kml+xml",
            Self::Gpx => "application/gpx+xml",
            Self::FlatGeobuf => "application/flatgeobuf",
        }
    }

    /// How a file's name ends.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Shapefile => "zip",
            other => other.code(),
        }
    }

    /// Whether it holds areas, and rows without a place.
    #[must_use]
    pub fn holds_all(self) -> bool {
        self != Self::Gpx
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
        } else if ends(".kml") {
            Some(Self::Kml)
        } else if ends(".gpx") {
            Some(Self::Gpx)
        } else if ends(".fgb") {
            Some(Self::FlatGeobuf)
        } else {
            None
        }
    }
}
