//! The zip around a shapefile.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::formats::label::clip;
use crate::formats::layer::{BYTES_MAX, Finding};

/// Most members of an archive.
const MEMBERS_MAX: usize = 1_000;

/// A member, unpacked.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl Member {
    /// The ending in lower case.
    pub(super) fn ending(&self) -> String {
        self.name.rsplit_once('.').map_or(String::new(), |(_, ending)| ending.to_lowercase())
    }

    /// The name before the ending, in lower case.
    pub(super) fn stem(&self) -> String {
        self.name.rsplit_once('.').map_or(&*self.name, |(stem, _)| stem).to_lowercase()
    }

    /// The stem without folders, as written.
    pub(super) fn title(&self) -> String {
        let stem = self.name.rsplit_once('.').map_or(&*self.name, |(stem, _)| stem);
        stem.rsplit('/').next().unwrap_or(stem).to_owned()
    }
}

/// The members that belong to shapefiles. All of them together stay within [`BYTES_MAX`].
pub(super) fn unpack(bytes: &[u8]) -> Result<Vec<Member>, Box<Finding>> {
    let refuse = |place: &str, fault: String, remedy: &str| {
        Box::new(Finding::error(0, place, fault, remedy))
    };
    if bytes.len() > BYTES_MAX {
        let fault =
            format!("the file has {} bytes, at most {BYTES_MAX} (limit BYTES_MAX)", bytes.len());
        return Err(refuse("file", fault, "split it"));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|fault| {
        refuse("file", format!("the file is no whole zip archive: {fault}"), "get the whole file")
    })?;
    if archive.len() > MEMBERS_MAX {
        let fault = format!("{} members, at most {MEMBERS_MAX} (limit MEMBERS_MAX)", archive.len());
        return Err(refuse("file", fault, "zip the shapefile alone"));
    }
    let mut members = Vec::new();
    let mut left = BYTES_MAX;
    for i in 0..archive.len() {
        let mut entry = archive
            .by_index(i)
            .map_err(|fault| refuse("file", fault.to_string(), "zip the shapefile anew"))?;
        let name = entry
            .name()
            .map_err(|fault| refuse("file", fault.to_string(), "zip the shapefile anew"))?
            .into_owned();
        if entry.enclosed_name().is_none() {
            let fault = "the name leads out of the archive".to_owned();
            return Err(refuse(&clip(&name), fault, "zip the shapefile anew"));
        }
        let member = Member { name, bytes: Vec::new() };
        let wanted = matches!(member.ending().as_str(), "shp" | "dbf" | "prj" | "cpg" | "json");
        if entry.is_dir() || !wanted || member.name.starts_with("__MACOSX/") {
            continue;
        }
        let mut bytes = Vec::new();
        let limit = u64::try_from(left).unwrap_or(u64::MAX);
        entry.by_ref().take(limit + 1).read_to_end(&mut bytes).map_err(|fault| {
            refuse(
                &clip(&member.name),
                format!("cannot be unpacked: {fault}"),
                "get the whole file",
            )
        })?;
        if bytes.len() > left {
            let fault =
                format!("the members unpack to more than {BYTES_MAX} bytes (limit BYTES_MAX)");
            return Err(refuse(&clip(&member.name), fault, "split the file"));
        }
        left -= bytes.len();
        members.push(Member { bytes, ..member });
    }
    Ok(members)
}

/// An archive of the members; the same members give the same bytes.
pub(super) fn pack(members: &[(String, Vec<u8>)]) -> Result<Vec<u8>, String> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    for (name, bytes) in members {
        archive.start_file(name.as_str(), options).map_err(|fault| fault.to_string())?;
        archive.write_all(bytes).map_err(|fault| fault.to_string())?;
    }
    archive.finish().map(Cursor::into_inner).map_err(|fault| fault.to_string())
}
