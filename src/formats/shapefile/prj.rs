//! The .prj: one line of well-known text that names the coordinate system.

use crate::formats::label::clip;
use crate::geom::crs::Crs;

/// The system, when it is one of ours.
///
/// # Errors
/// What the file says it is, in words.
pub(super) fn read(text: &str) -> Result<Crs, String> {
    let text = text.trim().trim_start_matches('\u{feff}');
    let name = text.split('"').nth(1).unwrap_or_default();
    let ours = [Crs::Gcj02, Crs::Bd09].into_iter().find(|crs| text == write(*crs));
    if let Some(crs) = ours {
        return Ok(crs);
    }
    let kind = if text.starts_with("PROJ") { "the projected system" } else { "the system" };
    Crs::from_name(text)
        .map_err(|_| format!("{kind} `{}`", clip(if name.is_empty() { text } else { name })))
}

/// The text for a system.
pub(super) fn write(crs: Crs) -> &'static str {
    match crs {
        Crs::Wgs84 => {
            r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#
        }
        Crs::Cgcs2000 => {
            r#"GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#
        }
        // No authority lists them. The names keep others from taking them for WGS84.
        Crs::Gcj02 => {
            r#"GEOGCS["zonewarden_gcj02",DATUM["D_GCJ_02",SPHEROID["Krasovsky_1940",6378245.0,298.3]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#
        }
        Crs::Bd09 => {
            r#"GEOGCS["zonewarden_bd09",DATUM["D_BD_09",SPHEROID["Krasovsky_1940",6378245.0,298.3]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#
        }
    }
}
