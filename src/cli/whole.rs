//! Files that are there whole or not at all.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes the file under another name beside it and renames it when all of it is on the disk, so
/// that nobody ever reads half a file.
///
/// # Errors
/// Those of the file system; then nothing is left beside it.
pub fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = Begun::at(path)?;
    file.add(bytes)?;
    file.finish()
}

/// Such a file that is written piece by piece; one that is not finished leaves nothing.
pub struct Begun {
    path: PathBuf,
    draft: PathBuf,
    file: File,
    finished: bool,
}

impl Begun {
    /// Begins a file.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn at(path: &Path) -> std::io::Result<Self> {
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".{}.part", std::process::id()));
        let draft = PathBuf::from(draft);
        let file = File::create_new(&draft)?;
        Ok(Self { path: path.to_owned(), draft, file, finished: false })
    }

    /// Adds a piece.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn add(&mut self, piece: &[u8]) -> std::io::Result<()> {
        self.file.write_all(piece)
    }

    /// Ends the file, which is there from then on.
    ///
    /// # Errors
    /// Those of the file system; then it is not.
    pub fn finish(mut self) -> std::io::Result<()> {
        self.file.sync_all()?;
        std::fs::rename(&self.draft, &self.path)?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if !self.finished {
            // What is left of a failed attempt is of no use to anybody.
            let _ = std::fs::remove_file(&self.draft);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("zones.csv");
        write_whole(&path, b"old").unwrap();
        write_whole(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert!(write_whole(&folder.path().join("missing/zones.csv"), b"x").is_err());
        let taken = folder.path().join("folder");
        std::fs::create_dir(&taken).unwrap();
        std::fs::write(taken.join("x"), b"x").unwrap();
        assert!(write_whole(&taken, b"x").is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_is_begun_and_not_finished_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        write_whole(&path, b"old").unwrap();
        let mut begun = Begun::at(&path).unwrap();
        begun.add(b"ne").unwrap();
        drop(begun);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        let mut begun = Begun::at(&path).unwrap();
        begun.add(b"ne").unwrap();
        begun.add(b"w").unwrap();
        begun.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
