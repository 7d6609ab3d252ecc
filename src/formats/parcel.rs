//! A parcel: a zip of members with a manifest that names each with its size and hash, so that what is not whole
//! is told before anything in it is read.
//!
//! The same members give the same bytes: they stand sorted by name behind the manifest, with one fixed time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Cursor, Read, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::formats::label::clip;
use crate::formats::layer::{BYTES_MAX, Findings};

/// Most members, the manifest among them.
pub const MEMBERS_MAX: usize = 20_000;
/// The member that names the others.
pub const MANIFEST: &str = "manifest.json";

const ANEW: &str = "get the whole file, or export it anew";

/// Members by name.
pub type Members = BTreeMap<String, Vec<u8>>;

/// What a parcel says of itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// What the members are.
    format: String,
    /// How they are written.
    version: u32,
    members: Vec<Listed>,
}

/// A member as the manifest has it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: String,
    bytes: u64,
    sha256: String,
}

/// Whether these are the first bytes of a zip.
#[must_use]
pub fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// A parcel of members in a format.
///
/// # Errors
/// In words, when the members are more or longer than can be read again.
pub fn pack(format: &str, version: u32, members: &Members) -> Result<Vec<u8>, String> {
    let total = members.values().fold(0_usize, |sum, it| sum.saturating_add(it.len()));
    if members.len() >= MEMBERS_MAX || total > BYTES_MAX / 2 {
        let most = BYTES_MAX / 2;
        return Err(format!(
            "{} members of {total} bytes, at most {MEMBERS_MAX} of {most} (limits MEMBERS_MAX, BYTES_MAX)",
            members.len()
        ));
    }
    let listed = |(name, bytes): (&String, &Vec<u8>)| Listed {
        name: name.clone(),
        bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        sha256: hash(bytes),
    };
    let manifest = Manifest {
        format: format.to_owned(),
        version,
        members: members.iter().map(listed).collect(),
    };
    let mut manifest = serde_json::to_vec_pretty(&manifest).map_err(|fault| fault.to_string())?;
    manifest.push(b'\n');
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    let first = std::iter::once((MANIFEST, &manifest));
    for (name, bytes) in first.chain(members.iter().map(|(name, bytes)| (name.as_str(), bytes))) {
        archive.start_file(name, options).map_err(|fault| fault.to_string())?;
        archive.write_all(bytes).map_err(|fault| fault.to_string())?;
    }
    archive.finish().map(Cursor::into_inner).map_err(|fault| fault.to_string())
}

/// The members of a parcel; every fault is told, and then there are none.
#[must_use]
pub fn unpack(bytes: &[u8], format: &str, version: u32, found: &mut Findings) -> Members {
    let mut members = unzipped(bytes, found);
    if found.refused() {
        return Members::new();
    }
    let Some(manifest) = members.remove(MANIFEST) else {
        found.error(0, MANIFEST, "is not in the archive", "give what `export city` writes");
        return Members::new();
    };
    let manifest: Manifest = match serde_json::from_slice(&manifest) {
        Ok(manifest) => manifest,
        Err(fault) => {
            found.error(0, MANIFEST, format!("cannot be read: {fault}"), ANEW);
            return Members::new();
        }
    };
    if manifest.format != format {
        let fault = format!("the archive is `{}`, not `{format}`", clip(&manifest.format));
        found.error(0, MANIFEST, fault, "give what `export city` writes");
    }
    if manifest.version == 0 || manifest.version > version {
        let fault = format!("is of version {}; read is up to {version}", manifest.version);
        found.error(0, MANIFEST, fault, "import it with a newer zonewarden");
    }
    let mut listed: BTreeMap<&str, &Listed> = BTreeMap::new();
    for it in &manifest.members {
        if listed.insert(&it.name, it).is_some() {
            found.error(0, clip(&it.name), "stands twice in the manifest", ANEW);
        }
    }
    for (name, it) in &listed {
        match members.get(*name) {
            None => found.error(0, clip(name), "is missing from the archive", ANEW),
            Some(bytes) => checked(name, it, bytes, found),
        }
    }
    for name in members.keys().filter(|name| !listed.contains_key(name.as_str())) {
        found.error(0, clip(name), "does not stand in the manifest", "take it out");
    }
    if found.refused() { Members::new() } else { members }
}

fn checked(name: &str, listed: &Listed, bytes: &[u8], found: &mut Findings) {
    if u64::try_from(bytes.len()).ok() != Some(listed.bytes) {
        let fault = format!("has {} bytes, the manifest says {}", bytes.len(), listed.bytes);
        found.error(0, clip(name), fault, ANEW);
    } else if hash(bytes) != listed.sha256 {
        found.error(0, clip(name), "is not what the manifest's SHA-256 says", ANEW);
    }
}

/// Every member of a zip; all of them together stay within [`BYTES_MAX`].
fn unzipped(bytes: &[u8], found: &mut Findings) -> Members {
    let mut members = Members::new();
    if bytes.len() > BYTES_MAX {
        let fault = format!("has {} bytes, at most {BYTES_MAX} (limit BYTES_MAX)", bytes.len());
        found.error(0, "file", fault, "give the archive of one city");
        return members;
    }
    let mut archive = match ZipArchive::new(Cursor::new(bytes)) {
        Ok(archive) => archive,
        Err(fault) => {
            found.error(0, "file", format!("is no whole zip archive: {fault}"), ANEW);
            return members;
        }
    };
    if archive.len() > MEMBERS_MAX {
        let fault = format!("{} members, at most {MEMBERS_MAX} (limit MEMBERS_MAX)", archive.len());
        found.error(0, "file", fault, ANEW);
        return members;
    }
    let mut left = BYTES_MAX;
    for at in 0..archive.len() {
        let place = format!("member {}", at + 1);
        let mut entry = match archive.by_index(at) {
            Ok(entry) => entry,
            Err(fault) => {
                found.error(0, place, fault.to_string(), ANEW);
                continue;
            }
        };
        let name = match entry.name() {
            Ok(name) => name.into_owned(),
            Err(fault) => {
                found.error(0, place, fault.to_string(), ANEW);
                continue;
            }
        };
        if !is_plain(&name) {
            let fault = "the name leads out of the archive, or is none of ours";
            found.error(0, clip(&name), fault, "take it out");
            continue;
        }
        let mut bytes = Vec::new();
        let limit = u64::try_from(left).unwrap_or(u64::MAX);
        if let Err(fault) = entry.by_ref().take(limit + 1).read_to_end(&mut bytes) {
            found.error(0, clip(&name), format!("cannot be unpacked: {fault}"), ANEW);
            continue;
        }
        if bytes.len() > left {
            let fault =
                format!("the members unpack to more than {BYTES_MAX} bytes (limit BYTES_MAX)");
            found.error(0, clip(&name), fault, "give the archive of one city");
            return members;
        }
        left -= bytes.len();
        if members.insert(name.clone(), bytes).is_some() {
            found.error(0, clip(&name), "stands twice in the archive", ANEW);
        }
    }
    members
}

/// Whether a name is made of small letters, digits, `_`, `-`, single dots, and `/` between parts.
fn is_plain(name: &str) -> bool {
    name.split('/').all(|part| {
        let known = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-' | '.');
        !part.is_empty() && !part.starts_with('.') && part.chars().all(known)
    })
}

fn hash(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    let digest = Sha256::digest(bytes);
    for byte in &digest[..] {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members() -> Members {
        [("a.json", "{}"), ("zones/plan-1.geojson", "[]")]
            .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
            .into()
    }

    /// The findings on the parcel whose members, manifest among them, were changed.
    fn told(change: impl Fn(&mut Vec<(String, Vec<u8>)>)) -> Vec<String> {
        let whole = pack("x", 1, &members()).unwrap();
        let mut found = Findings::default();
        let mut all: Vec<(String, Vec<u8>)> = unzipped(&whole, &mut found).into_iter().collect();
        change(&mut all);
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in &all {
            archive.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
            archive.write_all(bytes).unwrap();
        }
        let bytes = archive.finish().unwrap().into_inner();
        assert!(is_zip(&bytes));
        faults(&bytes)
    }

    fn faults(bytes: &[u8]) -> Vec<String> {
        let mut found = Findings::default();
        let members = unpack(bytes, "x", 1, &mut found);
        let told: Vec<String> = found.into_vec().iter().map(ToString::to_string).collect();
        assert_eq!(members.is_empty(), !told.is_empty(), "{told:?}");
        told
    }

    #[test]
    fn what_is_packed_is_unpacked_and_packs_to_the_same_bytes() {
        let bytes = pack("x", 1, &members()).unwrap();
        let mut found = Findings::default();
        assert_eq!(unpack(&bytes, "x", 1, &mut found), members());
        assert_eq!(found.into_vec(), vec![]);
        assert_eq!(pack("x", 1, &members()).unwrap(), bytes);
        assert_eq!(told(|_| {}), Vec::<String>::new());
    }

    #[test]
    fn every_fault_of_a_parcel_is_told() {
        let put = |name: &'static str, text: &'static str| {
            move |all: &mut Vec<(String, Vec<u8>)>| {
                all.retain(|(known, _)| known != name);
                all.push((name.to_owned(), text.as_bytes().to_vec()));
            }
        };
        let check = |found: Vec<String>, expected: &[&str]| {
            assert_eq!(found.len(), expected.len(), "{found:#?}");
            for (found, expected) in found.iter().zip(expected) {
                assert!(found.contains(expected), "{found} lacks {expected}");
            }
        };
        check(told(|all| all.retain(|it| it.0 != MANIFEST)), &["manifest.json: is not in"]);
        check(told(put(MANIFEST, "{")), &["manifest.json: cannot be read"]);
        let other = r#"{"format":"y","version":9,"members":[]}"#;
        let extra = "does not stand in the manifest";
        check(told(put(MANIFEST, other)), &["is `y`, not `x`", "of version 9", extra, extra]);
        check(told(|all| all.retain(|it| it.0 != "a.json")), &["a.json: is missing"]);
        check(told(put("a.json", "[]")), &["a.json: is not what the manifest's SHA-256 says"]);
        check(told(put("a.json", "[1]")), &["a.json: has 3 bytes, the manifest says 2"]);
        check(told(put("b.json", "")), &["b.json: does not stand in the manifest"]);
        for name in ["../a.json", "/a", "a//b", "a\\b", "A", "a/../b", ".a"] {
            let add = |all: &mut Vec<(String, Vec<u8>)>| all.push((name.to_owned(), Vec::new()));
            let found = told(add);
            assert!(found.iter().any(|it| it.contains("leads out of the archive")), "{found:?}");
        }
        check(faults(b"PK\x03\x04"), &["file: is no whole zip archive"]);
        let whole = pack("x", 1, &members()).unwrap();
        for cut in 0..whole.len() {
            assert!(!faults(&whole[..cut]).is_empty(), "cut at {cut}");
        }
    }

    #[test]
    fn an_archive_of_few_bytes_that_unpacks_past_the_limit_is_refused() {
        const MEMBER: usize = 64 << 20;
        let mut one = ZipWriter::new(Cursor::new(Vec::new()));
        one.start_file("a", SimpleFileOptions::default()).unwrap();
        one.write_all(&vec![0; MEMBER]).unwrap();
        let one = one.finish().unwrap().into_inner();
        let mut bomb = ZipWriter::new(Cursor::new(Vec::new()));
        let mut source = ZipArchive::new(Cursor::new(&one)).unwrap();
        for n in 0..=BYTES_MAX / MEMBER {
            let member = source.by_index_raw(0).unwrap();
            bomb.raw_copy_file_rename(member, format!("a{n}")).unwrap();
        }
        let bomb = bomb.finish().unwrap().into_inner();
        assert!(bomb.len() < 1 << 20, "{} bytes", bomb.len());
        let found = faults(&bomb);
        assert!(found[0].contains("unpack to more than 536870912 bytes (limit BYTES_MAX)"));
    }
}
