//! Where the rows go: standard output, or a file that bears its name only once it is whole.

use std::fs::File;
use std::io::{Stdout, Write};
use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic, WrapErr, miette};

/// Where the rows go.
pub(super) enum Output {
    /// To standard output.
    Stdout(Stdout),
    /// To a draft beside the file.
    Draft { file: File, draft: Draft },
}

/// A half-written file; gone unless it is finished.
pub(super) struct Draft {
    path: PathBuf,
    target: PathBuf,
    finished: bool,
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing more can be done about a draft that cannot be removed.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Output {
    /// Opens standard output, or a draft beside `target`.
    ///
    /// # Errors
    /// When the folder cannot be written, or `target` is the input.
    pub(super) fn open(target: Option<&Path>, input: Option<&Path>) -> miette::Result<Self> {
        let Some(target) = target else { return Ok(Self::Stdout(std::io::stdout())) };
        if let (Ok(a), Some(Ok(b))) = (target.canonicalize(), input.map(Path::canonicalize))
            && a == b
        {
            return Err(miette!(
                help = "name another file after -o",
                "`{}` is the input itself",
                target.display()
            ));
        }
        if target.is_dir() {
            return Err(miette!("`{}` is a folder", target.display()));
        }
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let path = target.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let file = File::create(&path)
            .into_diagnostic()
            .wrap_err_with(|| format!("writing beside `{}`", target.display()))?;
        let draft = Draft { path, target: target.to_owned(), finished: false };
        Ok(Self::Draft { file, draft })
    }

    /// Gives the draft its name.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub(super) fn finish(self) -> miette::Result<()> {
        match self {
            Self::Stdout(mut out) => out.flush().into_diagnostic(),
            Self::Draft { file, mut draft } => {
                // Not made durable first: who loses power routes the file again.
                drop(file);
                std::fs::rename(&draft.path, &draft.target)
                    .into_diagnostic()
                    .wrap_err_with(|| format!("writing `{}`", draft.target.display()))?;
                draft.finished = true;
                Ok(())
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::Draft { file, .. } => file.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::Draft { file, .. } => file.flush(),
        }
    }
}
