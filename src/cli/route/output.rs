//! Where the rows go: standard output, or a file that bears its name only once it is whole.

use std::fs::File;
use std::future::poll_fn;
use std::io::{Stdout, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

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
        let making = Arc::new(Mutex::new(()));
        let turn = making.lock();
        remove_when_interrupted(path.clone(), Arc::clone(&making));
        let file = File::create(&path)
            .into_diagnostic()
            .wrap_err_with(|| format!("writing beside `{}`", target.display()))?;
        drop(turn);
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
/// Where the signals cannot be watched, they end the process as ever, and the draft stays. Who holds
/// `making` is done with making the draft before it is taken away.
fn remove_when_interrupted(draft: PathBuf, making: Arc<Mutex<()>>) {
    let (watching, watched) = channel();
    std::thread::spawn(move || {
        let Some(kind) = interrupted(&watching) else { return };
        // Held to the end: from here on nobody makes the draft.
        let _turn = making.lock();
        // It may bear its name already, and then it is whole.
        let _ = std::fs::remove_file(&draft);
        // What a shell shows for a command that a signal ended.
        std::process::exit(128 + kind.as_raw_value());
    });
    // Waits until a signal would be seen; an error says that none will be.
    let _ = watched.recv();
}

/// The signal that asks the process to end, when it comes; tells `watching` from when on it would be
/// seen. Those that the process was started to ignore (`nohup`, a shell's `&`) stay ignored: to
/// watch a signal is to undo that.
fn interrupted(watching: &Sender<()>) -> Option<SignalKind> {
    let asks = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let ignored = ignored();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().ok()?;
    runtime.block_on(async {
        let mut watched = Vec::new();
        for kind in asks.into_iter().filter(|kind| !is_in(ignored, *kind)) {
            watched.push((kind, signal(kind).ok()?));
        }
        watching.send(()).ok()?;
        let come = |cx: &mut Context<'_>| {
            let mut watched = watched.iter_mut();
            let come =
                watched.find_map(|(kind, signal)| signal.poll_recv(cx).is_ready().then_some(*kind));
            come.map_or(Poll::Pending, Poll::Ready)
        };
        Some(poll_fn(come).await)
    })
}

/// The signals that this process ignores, a bit for each from 1 on; none where the system does not
/// tell (it does on Linux).
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn is_in(signals: u64, kind: SignalKind) -> bool {
    let bit = u32::try_from(kind.as_raw_value() - 1).ok();
    bit.and_then(|bit| signals.checked_shr(bit)).is_some_and(|rest| rest & 1 == 1)
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
