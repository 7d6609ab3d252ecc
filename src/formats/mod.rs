//! Floor 3: bytes to layers and back. Slices in, vectors out; opens no file, knows no store.

pub mod layer;
pub mod label;
pub mod fixed;
pub mod geojson;
pub mod cell;
pub mod csv;
pub mod records;
pub mod features;
pub mod shapefile;
pub mod kml;
pub mod gpx;
pub mod flatgeobuf;
pub mod nouns;
pub mod wkb;
pub mod wkt;
pub mod calendar;
pub mod limits;
pub mod catalogue;
pub mod urlencoded;
pub mod link;
pub mod xml;
pub mod atom;
pub mod picture;
pub mod gzip;
pub mod parcel;
pub mod mvt;
pub mod open311;
pub mod cql2;

use crate::formats::layer::Finding;

/// The text in `bytes`, and whether a byte-order mark stood before it.
///
/// # Errors
/// The finding when it is too large or no UTF-8.
fn text_of(bytes: &[u8], max: usize) -> Result<(&str, bool), Finding> {
    if bytes.len() > max {
        return Err(Finding::error(
            0,
            "file",
            format!("the file has {} bytes, at most {max} are read (limit BYTES_MAX)", bytes.len()),
            "split it",
        ));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Finding::error(0, "byte 0", "the text is UTF-16", "save it as UTF-8"));
    }
    // Files that were glued together can have the mark twice.
    let mut body = bytes;
    while let Some(rest) = body.strip_prefix(&[0xef, 0xbb, 0xbf]) {
        body = rest;
    }
    let marked = body.len() < bytes.len();
    match std::str::from_utf8(body) {
        Ok(text) => Ok((text, marked)),
        Err(fault) => Err(Finding::error(
            0,
            format!("byte {}", fault.valid_up_to() + bytes.len() - body.len()),
            "the text is not UTF-8",
            "save it as UTF-8 (a Chinese spreadsheet is often GBK or GB18030: choose \"CSV UTF-8\")",
        )),
    }
}
