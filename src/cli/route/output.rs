//! Where the rows go: standard output, or a file that bears its name only once it is whole.

use std::fs::File;
use std::io::{Stdout, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};

use miette::{IntoDiagnostic, WrapErr, miette};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::print::refused;

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
        remove_when_interrupted(path.clone());
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
            Self::Stdout(mut out) => out.flush().map_err(|fault| refused(&fault)),
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

/// Takes the draft away and ends the process with the customary status when somebody asks it to end.
/// Where the signals cannot be watched, they end the process as ever, and the draft stays.
fn remove_when_interrupted(draft: PathBuf) {
    let (watching, watched) = channel();
    std::thread::spawn(move || {
        let Some(number) = interrupted(&watching) else { return };
        // It may bear its name already, and then it is whole.
        let _ = std::fs::remove_file(&draft);
        // What a shell shows for a command that a signal ended.
        std::process::exit(128 + number);
    });
    // Waits until a signal would be seen; an error says that none will be.
    let _ = watched.recv();
}

/// The number of the signal that asks the process to end, when it comes; tells `watching` from when
/// on it would be seen.
fn interrupted(watching: &Sender<()>) -> Option<i32> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().ok()?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt()).ok()?;
        let mut terminate = signal(SignalKind::terminate()).ok()?;
        let mut hangup = signal(SignalKind::hangup()).ok()?;
        watching.send(()).ok()?;
        let kind = tokio::select! {
            _ = interrupt.recv() => SignalKind::interrupt(),
            _ = terminate.recv() => SignalKind::terminate(),
            _ = hangup.recv() => SignalKind::hangup(),
        };
        Some(kind.as_raw_value())
    })
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
