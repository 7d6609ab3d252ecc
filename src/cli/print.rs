//! Standard output, as the other commands of a system use it.

use std::io::{ErrorKind, Write};

/// Exit status of a command whose reader went away: what a shell shows for one that `SIGPIPE` ended.
pub const READER_GONE_STATUS: u8 = 141;

/// Who reads our output has seen enough. No fault: the command ends without a word, with
/// [`READER_GONE_STATUS`].
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("nobody reads the output any more")]
pub struct ReaderGone;

/// Writes to standard output, all of it.
///
/// # Errors
/// [`ReaderGone`], or what keeps standard output from taking it, such as a full disk.
pub fn print(bytes: &[u8]) -> miette::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|fault| refused(&fault))
}

/// What a command says when its output is not taken.
#[must_use]
pub fn refused(fault: &std::io::Error) -> miette::Report {
    if fault.kind() == ErrorKind::BrokenPipe {
        return ReaderGone.into();
    }
    miette::miette!("the output cannot be written: {fault}")
}
