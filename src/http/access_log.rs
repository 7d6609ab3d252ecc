//! One line of JSON a request, gathered in memory and written by a thread of its own, so that a
//! slow disk or terminal never slows an answer. It holds no query, no position and no address.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Most bytes waiting to be written; beyond it lines are dropped and counted.
pub const WAITING_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long a line waits at most.
const FLUSH_EVERY: Duration = Duration::from_millis(200);

/// Where lines wait.
#[derive(Default)]
pub struct AccessLog {
    waiting: Mutex<Waiting>,
    wake: Condvar,
    dropped: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    closed: bool,
}

impl AccessLog {
    /// A log whose lines go to `sink`, by a thread that ends with [`Self::close`].
    ///
    /// # Errors
    /// When the machine gives no thread.
    pub fn start(
        sink: impl Write + Send + 'static,
    ) -> std::io::Result<(Arc<Self>, std::thread::JoinHandle<()>)> {
        let log = Arc::new(Self::default());
        let writer = Arc::clone(&log);
        let thread = std::thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(move || writer.write_all(sink))?;
        Ok((log, thread))
    }

    /// Adds a line (with its line feed).
    pub fn push(&self, line: &[u8]) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.bytes.len() + line.len() > WAITING_BYTES_MAX {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        } else {
            waiting.bytes.extend_from_slice(line);
        }
    }

    /// How many lines were dropped.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Lets the thread write what waits, and end.
    pub fn close(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.wake.notify_all();
    }

    fn write_all(&self, mut sink: impl Write) {
        let mut taken = Vec::new();
        loop {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if !waiting.closed {
                (waiting, _) = self
                    .wake
                    .wait_timeout(waiting, FLUSH_EVERY)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            std::mem::swap(&mut taken, &mut waiting.bytes);
            let closed = waiting.closed;
            drop(waiting);
            // A log that cannot be written must not stop the service.
            let _ = sink.write_all(&taken).and_then(|()| sink.flush());
            taken.clear();
            if closed {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_was_logged_before_the_close_is_written() {
        let sink = Shared::default();
        let (log, thread) = AccessLog::start(sink.clone()).unwrap();
        log.push(b"one\n");
        log.push(b"two\n");
        log.close();
        thread.join().unwrap();
        assert_eq!(*sink.0.lock().unwrap(), b"one\ntwo\n");
        assert_eq!(log.dropped(), 0);
    }

    #[test]
    fn a_log_that_nobody_writes_keeps_its_limit() {
        let log = AccessLog::default();
        log.push(&vec![b'x'; WAITING_BYTES_MAX]);
        log.push(b"y");
        assert_eq!(log.dropped(), 1);
    }
}
