//! What files call a coordinate system, and which of them is meant.

use crate::geom::crs::Crs;

/// The name written into files.
#[must_use]
pub fn crs_name(crs: Crs) -> &'static str {
    match crs {
        Crs::Wgs84 => "urn:ogc:def:crs:OGC:1.3:CRS84",
        Crs::Cgcs2000 => "urn:ogc:def:crs:EPSG::4490",
        Crs::Gcj02 => "urn:zonewarden:crs:gcj02",
        Crs::Bd09 => "urn:zonewarden:crs:bd09",
    }
}

/// The system a file's label names, as [`Crs::from_name`] reads it.
///
/// # Errors
/// In words, when the label names another system: it is refused, never guessed.
pub fn crs(label: &str) -> Result<Crs, String> {
    Crs::from_name(label).map_err(|_| format!("the coordinate system `{}`", clip(label)))
}

/// What to do about a system that is not read.
pub const CRS_REMEDY: &str = "convert the file to WGS84 (EPSG:4326) or CGCS2000 (EPSG:4490), for \
                              instance with `ogr2ogr -t_srs EPSG:4326`, and import that";

/// At most 80 characters of a text from outside, for a message.
#[must_use]
pub fn clip(text: &str) -> String {
    let mut short = String::new();
    for c in text.chars().take(80) {
        if c.is_control() { short.extend(c.escape_debug()) } else { short.push(c) }
    }
    if text.chars().nth(80).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_obeyed_or_refused_and_never_guessed() {
        for crs_there_is in Crs::ALL {
            assert_eq!(crs(crs_name(crs_there_is)), Ok(crs_there_is));
            assert_eq!(crs(crs_there_is.code()), Ok(crs_there_is));
        }
        for name in [
            "EPSG:4326",
            "urn:ogc:def:crs:EPSG::4326",
            "urn:ogc:def:crs:EPSG:6.9:4326",
            "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
            "http://www.opengis.net/def/crs/EPSG/0/4326",
            "CRS84",
            "OGC:CRS84",
        ] {
            assert_eq!(crs(name), Ok(Crs::Wgs84), "{name}");
        }
        for name in ["EPSG:4236", "EPSG:3857", "EPSG:2232", "", "4326", "ESRI:4326", "urn:x:gcj02"]
        {
            assert!(crs(name).is_err(), "{name}");
        }
    }
}
