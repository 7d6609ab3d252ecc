//! Text through all cores in order: one thread reads and cuts, workers turn pieces into pieces, one
//! thread writes them in the order they were read. A fixed set of buffers goes round, so that
//! memory does not grow with the file.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::cli::route::desk::RowFault;

/// Bytes that are read at a time.
const PIECE_BYTES: usize = 512 << 10;
/// Longest row or feature, in bytes.
pub(super) const ROW_BYTES_MAX: usize = 64 << 20;

/// What became of the rows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) rows: u64,
    /// By [`RowFault::kind`].
    pub(super) faults: [u64; RowFault::KINDS],
    /// Routed, but outside every zone.
    pub(super) outside: u64,
    /// Rows in which a member of theirs has a name of ours.
    pub(super) renamed: u64,
}

impl Tally {
    /// Adds another.
    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.outside += other.outside;
        self.renamed += other.renamed;
        for (sum, faults) in self.faults.iter_mut().zip(other.faults) {
            *sum += faults;
        }
    }
}

/// Why the pump stopped.
#[derive(Debug, thiserror::Error)]
pub(super) enum PumpFault {
    /// The input cannot be read.
    #[error("the input cannot be read: {0}")]
    Read(std::io::Error),
    /// The output cannot be written.
    #[error("the output cannot be written: {0}")]
    Write(std::io::Error),
    /// A row without end.
    #[error(
        "a row has more than {ROW_BYTES_MAX} bytes (limit ROW_BYTES_MAX); is a quote never closed?"
    )]
    Row,
    /// The input is not what it seemed.
    #[error("{0}")]
    Shape(String),
    /// A defect of ours.
    #[error(
        "a worker broke down on row {0} or later; this is a defect of zonewarden, please report it"
    )]
    Worker(u64),
}

/// Gives the length of the whole rows at the beginning of a text; told whether the input ends with
/// it.
pub(super) type Cut<'a> = &'a mut dyn FnMut(&[u8], bool) -> Result<usize, String>;

/// Text that is read piece by piece.
pub(super) struct Feed<'a> {
    source: &'a mut dyn Read,
    /// Read, but not yet given.
    pub(super) rest: Vec<u8>,
    pub(super) at_end: bool,
    /// Is told how many bytes were read.
    progress: &'a dyn Fn(u64),
}

impl<'a> Feed<'a> {
    pub(super) fn new(source: &'a mut dyn Read, progress: &'a dyn Fn(u64)) -> Self {
        Self { source, rest: Vec::new(), at_end: false, progress }
    }

    /// Reads on until `rest` is longer by a piece, or the input ends.
    pub(super) fn more(&mut self) -> Result<(), PumpFault> {
        let begin = self.rest.len();
        self.rest.resize(begin + PIECE_BYTES, 0);
        let mut at = begin;
        while at < self.rest.len() && !self.at_end {
            match self.source.read(&mut self.rest[at..]) {
                Ok(0) => self.at_end = true,
                Ok(read) => at += read,
                Err(fault) if fault.kind() == ErrorKind::Interrupted => {}
                Err(fault) => return Err(PumpFault::Read(fault)),
            }
        }
        self.rest.truncate(at);
        (self.progress)((at - begin) as u64);
        Ok(())
    }

    /// Reads on until `find` finds where what it looks for ends, and gives it; all there is when the
    /// input ends before.
    pub(super) fn until(
        &mut self,
        mut find: impl FnMut(&[u8]) -> Option<usize>,
    ) -> Result<Vec<u8>, PumpFault> {
        loop {
            let found = find(&self.rest);
            if let Some(end) = found.or(self.at_end.then_some(self.rest.len())) {
                let behind = self.rest.split_off(end);
                return Ok(std::mem::replace(&mut self.rest, behind));
            }
            if self.rest.len() > ROW_BYTES_MAX {
                return Err(PumpFault::Row);
            }
            self.more()?;
        }
    }

    /// The next whole rows into `piece`; whether there were any.
    fn piece(&mut self, piece: &mut Vec<u8>, cut: Cut<'_>) -> Result<bool, PumpFault> {
        loop {
            if self.rest.len() < PIECE_BYTES && !self.at_end {
                self.more()?;
            }
            let whole = cut(&self.rest, self.at_end).map_err(PumpFault::Shape)?;
            if whole > 0 {
                // The rest is short: it is copied, and the long piece changes hands.
                piece.clear();
                piece.extend_from_slice(&self.rest[whole..]);
                std::mem::swap(piece, &mut self.rest);
                piece.truncate(whole);
                return Ok(true);
            }
            if self.at_end {
                return Ok(false);
            }
            if self.rest.len() > ROW_BYTES_MAX {
                return Err(PumpFault::Row);
            }
            self.more()?;
        }
    }
}

struct Piece {
    number: u64,
    input: Vec<u8>,
    output: Vec<u8>,
    tally: Tally,
    broken: bool,
}

/// Turns one piece into another.
pub(super) type Work<'a> = &'a (dyn Fn(&[u8], &mut Vec<u8>, &mut Tally) + Sync);

/// Pumps `feed` through `work` into `sink`.
///
/// # Errors
/// The first [`PumpFault`]; then what was written is not whole.
pub(super) fn pump(
    feed: &mut Feed<'_>,
    cut: Cut<'_>,
    work: Work<'_>,
    sink: &mut (dyn Write + Send),
    workers: usize,
) -> Result<Tally, PumpFault> {
    let (free_in, free) = channel();
    let (jobs_in, jobs) = channel::<Piece>();
    let (done_in, done) = channel::<Piece>();
    for _ in 0..workers * 2 + 2 {
        let piece = Piece {
            number: 0,
            input: Vec::new(),
            output: Vec::new(),
            tally: Tally::default(),
            broken: false,
        };
        // The receiver lives in this function.
        let _ = free_in.send(piece);
    }
    let jobs = Mutex::new(jobs);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (jobs, done) = (&jobs, done_in.clone());
            scope.spawn(move || labour(jobs, work, &done));
        }
        drop(done_in);
        let writer = scope.spawn(move || write(&done, sink, &free_in));
        let read = read(feed, cut, &free, jobs_in);
        let written = writer.join().unwrap_or(Err(PumpFault::Worker(0)));
        // A reader that was stopped by a writer's fault has none of its own.
        read.and(written)
    })
}

fn read(
    feed: &mut Feed<'_>,
    cut: Cut<'_>,
    free: &Receiver<Piece>,
    jobs: Sender<Piece>,
) -> Result<(), PumpFault> {
    let mut number = 0;
    // No free piece comes when the writer has stopped.
    while let Ok(mut piece) = free.recv() {
        if !feed.piece(&mut piece.input, cut)? {
            break;
        }
        piece.number = number;
        number += 1;
        if jobs.send(piece).is_err() {
            break;
        }
    }
    drop(jobs);
    Ok(())
}

fn labour(jobs: &Mutex<Receiver<Piece>>, work: Work<'_>, done: &Sender<Piece>) {
    loop {
        let next = match jobs.lock() {
            Ok(jobs) => jobs.recv(),
            Err(_) => return,
        };
        let Ok(mut piece) = next else { return };
        piece.output.clear();
        piece.tally = Tally::default();
        let worked = catch_unwind(AssertUnwindSafe(|| {
            work(&piece.input, &mut piece.output, &mut piece.tally);
        }));
        piece.broken = worked.is_err();
        if done.send(piece).is_err() {
            return;
        }
    }
}

fn write(
    done: &Receiver<Piece>,
    sink: &mut (dyn Write + Send),
    free: &Sender<Piece>,
) -> Result<Tally, PumpFault> {
    let mut tally = Tally::default();
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    for piece in done {
        waiting.insert(piece.number, piece);
        while let Some(piece) = waiting.remove(&next) {
            if piece.broken {
                return Err(PumpFault::Worker(tally.rows + 1));
            }
            sink.write_all(&piece.output).map_err(PumpFault::Write)?;
            tally.add(&piece.tally);
            next += 1;
            // Nobody takes it when the reader has come to the end.
            let _ = free.send(piece);
        }
    }
    sink.flush().map_err(PumpFault::Write)?;
    Ok(tally)
}
