//! Bytes to a layer and back, whatever the format.

use crate::app::transfer::Format;
use crate::formats::layer::{Layer, Reading};
use crate::formats::{csv, flatgeobuf, geojson, gpx, kml, shapefile};
use crate::geom::crs::Crs;
use crate::store::sqlite_exchange as exchange;

/// Reads a file. `layer` names the layer of a GeoPackage or archive that holds several.
#[must_use]
pub fn read(bytes: &[u8], format: Format, layer: Option<&str>) -> Reading {
    match format {
        Format::GeoJson => geojson::read(bytes),
        Format::Csv => csv::read(bytes),
        Format::GeoPackage => exchange::read(bytes, layer),
        Format::Shapefile => shapefile::read(bytes),
        Format::Kml => kml::read(bytes),
        Format::Gpx => gpx::read(bytes),
        Format::FlatGeobuf => flatgeobuf::read(bytes),
    }
}

/// The system that a format prescribes where a file says nothing.
#[must_use]
pub fn prescribed(format: Format) -> Option<Crs> {
    match format {
        Format::GeoJson => Some(geojson::DEFAULT_CRS),
        Format::Kml => Some(kml::DEFAULT_CRS),
        Format::Gpx => Some(gpx::DEFAULT_CRS),
        Format::Csv | Format::GeoPackage | Format::Shapefile | Format::FlatGeobuf => None,
    }
}

/// Writes a layer.
///
/// # Errors
/// In words, what the format cannot hold.
pub fn write(layer: &Layer, format: Format) -> Result<Vec<u8>, String> {
    match format {
        Format::GeoJson => Ok(geojson::write(layer)),
        Format::Csv => Ok(csv::write(layer)),
        Format::GeoPackage => exchange::write(layer),
        Format::Shapefile => shapefile::write(layer),
        Format::Kml => kml::write(layer),
        Format::Gpx => gpx::write(layer),
        Format::FlatGeobuf => flatgeobuf::write(layer),
    }
}
