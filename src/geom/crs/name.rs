//! What files call a coordinate system.

use std::fmt;

use crate::geom::crs::Crs;

/// A name that no system here answers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCrs {
    /// The name as given, shortened.
    pub name: String,
    /// What is known about it, when something is.
    pub known_as: Option<&'static str>,
}

impl fmt::Display for UnknownCrs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.known_as {
            Some(what) => write!(f, "the coordinate system `{name}` is {what}")?,
            None => write!(f, "the coordinate system `{name}` is not known here")?,
        }
        f.write_str(
            "; convert to WGS84 (EPSG:4326) or CGCS2000 (EPSG:4490), or name GCJ-02 or BD-09",
        )
    }
}

impl std::error::Error for UnknownCrs {}

/// Most characters of a name that an error repeats.
const NAME_SHOWN_MAX: usize = 80;

impl Crs {
    /// The system a file names: an EPSG or OGC code in any of its spellings (`EPSG:4326`,
    /// `urn:ogc:def:crs:OGC:1.3:CRS84`, `http://www.opengis.net/def/crs/EPSG/0/4490`), the text
    /// of a `.prj` file or of a `GeoPackage`'s table, or a common name (`GCJ-02`, `BD09`, `WGS 84`).
    ///
    /// Heights in the system (EPSG:4979, `CRS84h`) change nothing. NAD83 and other systems within a
    /// few metres of WGS84 are not it and are refused.
    ///
    /// # Errors
    /// [`UnknownCrs`] for every other system: refused, never guessed.
    pub fn from_name(name: &str) -> Result<Self, UnknownCrs> {
        let found = if name.contains(['[', '(']) { from_wkt(name) } else { from_spelling(name) };
        found.map_err(|known_as| UnknownCrs { name: shown(name), known_as })
    }
}

type Found = Result<Crs, Option<&'static str>>;

fn from_spelling(name: &str) -> Found {
    let upper = name.trim().trim_matches(['<', '>']).to_ascii_uppercase();
    let parts: Vec<&str> = upper.split([':', '/', '#']).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [only] => from_common(only),
        ["URN", "ZONEWARDEN", .., code] => Crs::from_code(code).ok_or(None),
        [.., code] if parts.contains(&"EPSG") || *parts.first().unwrap_or(&"") == "EPSG.XML" => {
            from_epsg(code)
        }
        // http://www.opengis.net/gml/srs/epsg.xml#4326
        [.., "EPSG.XML", code] => from_epsg(code),
        [.., code] if parts.contains(&"OGC") || parts.contains(&"CRS") => match *code {
            "CRS84" | "CRS84H" | "84" => Ok(Crs::Wgs84),
            "CRS83" => Err(Some("NAD83")),
            "CRS27" => Err(Some("NAD27")),
            _ => Err(None),
        },
        _ => Err(None),
    }
}

fn from_epsg(code: &str) -> Found {
    match code {
        "4326" | "4979" => Ok(Crs::Wgs84),
        "4490" | "4480" => Ok(Crs::Cgcs2000),
        "3857" | "900913" | "3785" | "102100" => Err(Some("web Mercator, in metres")),
        "4269" => Err(Some("NAD83, which is not WGS84")),
        "4214" => Err(Some("Beijing 1954, some 100 m from WGS84")),
        "4610" => Err(Some("Xian 1980, some 100 m from WGS84")),
        "4555" => Err(Some("New Beijing, some 100 m from WGS84")),
        "4258" => Err(Some("ETRS89, which is not WGS84")),
        _ => Err(None),
    }
}

fn from_common(name: &str) -> Found {
    if let Some(crs) = Crs::from_code(&name.replace([' ', '_'], "")) {
        return Ok(crs);
    }
    match letters(name).as_str() {
        "CRS84" | "CRS84H" | "OGCCRS84" => Ok(Crs::Wgs84),
        "GCJ" | "MARS" | "火星坐标系" => Ok(Crs::Gcj02),
        "BD09LL" | "BAIDU" => Ok(Crs::Bd09),
        plain => datum(plain).ok_or(None),
    }
}

/// A system by the name of its datum or its own, letters and digits only.
fn datum(name: &str) -> Option<Crs> {
    let name = name.strip_prefix("GCS").unwrap_or(name);
    let name = name.strip_prefix('D').filter(|rest| rest.starts_with(['W', 'C'])).unwrap_or(name);
    match name {
        "WGS84"
        | "WGS1984"
        | "WORLDGEODETICSYSTEM1984"
        | "WORLDGEODETICSYSTEM1984ENSEMBLE"
        | "WGS84CRS84"
        | "WGS843D" => Some(Crs::Wgs84),
        "CHINAGEODETICCOORDINATESYSTEM2000" | "CHINA2000" | "CGCS2000" | "CHINA2000GEODETIC" => {
            Some(Crs::Cgcs2000)
        }
        _ => None,
    }
}

/// The system of a well-known text: geographic, in degrees from Greenwich, of a known name and
/// datum.
fn from_wkt(text: &str) -> Found {
    let upper = text.to_uppercase();
    let keyword: String =
        upper.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
    match keyword.as_str() {
        "GEOGCS" | "GEOGCRS" | "GEODCRS" | "GEOGRAPHICCRS" | "GEODETICCRS" => {}
        "PROJCS" | "PROJCRS" | "PROJECTEDCRS" => return Err(Some("projected, in metres or feet")),
        "LOCAL_CS" | "ENGCRS" => return Err(Some("a local system")),
        _ => return Err(None),
    }
    let named =
        quoted_after(&upper, &["GEOGCS", "GEOGCRS", "GEODCRS", "GEOGRAPHICCRS", "GEODETICCRS"]);
    let of = quoted_after(&upper, &["DATUM", "ENSEMBLE"]);
    let (Some(named), Some(of)) = (named, of) else { return Err(None) };
    let (Some(crs), Some(of)) = (from_common_datum(named), datum(&letters(of))) else {
        return Err(None);
    };
    if crs != of {
        return Err(Some("named after one system with the datum of another"));
    }
    let meridian = quoted_after(&upper, &["PRIMEM", "PRIMEMERIDIAN"]).unwrap_or("GREENWICH");
    if meridian != "GREENWICH" {
        return Err(Some("counted from another meridian than Greenwich"));
    }
    let degrees = ["UNIT", "ANGLEUNIT"].iter().find_map(|word| quoted_after(&upper, &[word]));
    if !degrees.is_none_or(|unit| unit.starts_with("DEGREE")) {
        return Err(Some("not in degrees"));
    }
    Ok(crs)
}

fn from_common_datum(name: &str) -> Option<Crs> {
    datum(&letters(name))
}

/// The quoted name right after one of the keywords and its bracket.
fn quoted_after<'a>(text: &'a str, keywords: &[&str]) -> Option<&'a str> {
    keywords.iter().find_map(|keyword| {
        text.match_indices(keyword).find_map(|(at, _)| {
            let whole = text[..at].chars().next_back().is_none_or(|c| !c.is_ascii_alphabetic());
            let rest = text[at + keyword.len()..].trim_start();
            let rest = rest.strip_prefix(['[', '('])?.trim_start().strip_prefix('"')?;
            if whole { rest.split_once('"').map(|(name, _)| name) } else { None }
        })
    })
}

/// A name without what people put between its words.
fn letters(name: &str) -> String {
    name.to_uppercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

fn shown(name: &str) -> String {
    let mut short: String =
        name.chars().take(NAME_SHOWN_MAX).flat_map(char::escape_debug).collect();
    if name.chars().nth(NAME_SHOWN_MAX).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_known_system_is_obeyed() {
        let wgs84 = r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
        let wkt2 = r#"GEOGCRS["WGS 84",ENSEMBLE["World Geodetic System 1984 ensemble",MEMBER["World Geodetic System 1984 (Transit)"],ELLIPSOID["WGS 84",6378137,298.257223563,LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]],CS[ellipsoidal,2],ID["EPSG",4326]]"#;
        let cgcs = r#"GEOGCS["China Geodetic Coordinate System 2000",DATUM["China_2000",SPHEROID["CGCS2000",6378137,298.257222101]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4490"]]"#;
        let esri = r#"GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
        for (name, crs) in [
            ("EPSG:4326", Crs::Wgs84),
            ("epsg::4326", Crs::Wgs84),
            ("urn:ogc:def:crs:EPSG::4326", Crs::Wgs84),
            ("urn:ogc:def:crs:EPSG:9.8.15:4979", Crs::Wgs84),
            ("urn:ogc:def:crs:OGC:1.3:CRS84", Crs::Wgs84),
            ("urn:ogc:def:crs:OGC::CRS84h", Crs::Wgs84),
            ("OGC:CRS84", Crs::Wgs84),
            ("CRS:84", Crs::Wgs84),
            ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", Crs::Wgs84),
            ("https://www.opengis.net/def/crs/EPSG/0/4490", Crs::Cgcs2000),
            ("http://www.opengis.net/gml/srs/epsg.xml#4326", Crs::Wgs84),
            ("EPSG::4490", Crs::Cgcs2000),
            ("CGCS2000", Crs::Cgcs2000),
            ("China Geodetic Coordinate System 2000", Crs::Cgcs2000),
            ("WGS 84", Crs::Wgs84),
            ("WGS_1984", Crs::Wgs84),
            ("CRS84", Crs::Wgs84),
            ("GCJ-02", Crs::Gcj02),
            ("gcj02", Crs::Gcj02),
            ("BD09", Crs::Bd09),
            ("bd-09", Crs::Bd09),
            ("urn:zonewarden:crs:bd09", Crs::Bd09),
            (wgs84, Crs::Wgs84),
            (wkt2, Crs::Wgs84),
            (cgcs, Crs::Cgcs2000),
            (esri, Crs::Cgcs2000),
        ] {
            assert_eq!(Crs::from_name(name), Ok(crs), "{name}");
        }
    }

    #[test]
    fn every_other_system_is_refused_in_words() {
        let wgs84 = r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
        let utm = format!(
            r#"PROJCS["WGS_1984_UTM_Zone_49N",{wgs84},PROJECTION["Transverse_Mercator"],UNIT["Meter",1.0]]"#
        );
        for name in [
            "EPSG:2232",
            "EPSG:4236",
            "EPSG:3857",
            "EPSG:4269",
            "EPSG:4214",
            "EPSG:43260",
            "ESRI:4326",
            "4326",
            "",
            "NAD83",
            "local",
            "urn:x:gcj02",
            "OGC:CRS83",
            &utm,
            &wgs84.replace("D_WGS_1984", "D_Beijing_1954"),
            &wgs84.replace("Greenwich", "Paris"),
            &wgs84.replace("Degree", "Grad"),
            &wgs84.replace("GCS_WGS_1984", "GCS_China_Geodetic_Coordinate_System_2000"),
            "GEOGCS[",
            "[[[[",
        ] {
            let refused = Crs::from_name(name).unwrap_err().to_string();
            assert!(refused.contains("EPSG:4326") && refused.chars().count() < 300, "{refused}");
        }
        let words = Crs::from_name("EPSG:4269").unwrap_err().to_string();
        assert!(words.starts_with("the coordinate system `EPSG:4269` is NAD83"), "{words}");
    }
}
