//! What goes on in the background: each task is watched, and begun again when it ends.
//!
//! None ends by itself; one that does has met a fault of ours. What it was at stands in the store, and the task that
//! is begun anew finds it there. It pauses before, the longer the sooner it ended again, and how it stands is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant as Tick;

/// The longest pause, and how long a task must have gone on to begin again with the first.
const PAUSE_MAX: Duration = Duration::from_mins(5);

/// How a task stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether it is at work; if not, it pauses.
    pub running: bool,
    /// How often it has ended.
    pub ended: u32,
}

/// The tasks of a process, by name. All clones are one.
#[derive(Clone, Debug)]
pub struct Tasks {
    standing: Arc<Mutex<BTreeMap<&'static str, Standing>>>,
    first_pause: Duration,
}

impl Default for Tasks {
    fn default() -> Self {
        Self { standing: Arc::default(), first_pause: Duration::from_secs(1) }
    }
}

impl Tasks {
    /// Runs a task, and again whenever it has ended; ends only when dropped, and the task with it.
    pub async fn keep<F, Fut>(&self, name: &'static str, mut begin: F)
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let mut pause = self.first_pause;
        loop {
            let since = Tick::now();
            self.note(name, |it| it.running = true);
            // One task in a set: it ends with the set.
            let mut task = JoinSet::new();
            task.spawn(begin());
            let fault = match task.join_next().await {
                Some(Err(fault)) => fault.to_string(),
                Some(Ok(())) | None => "it ended by itself".to_owned(),
            };
            self.note(name, |it| {
                it.running = false;
                it.ended = it.ended.saturating_add(1);
            });
            if since.elapsed() >= PAUSE_MAX {
                pause = self.first_pause;
            }
            let pause_ms = pause.as_millis();
            tracing::error!(
                task = name,
                fault,
                pause_ms,
                "a background task ended; it is begun again"
            );
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// How each stands.
    #[must_use]
    pub fn standing(&self) -> BTreeMap<&'static str, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, name: &'static str, note: impl FnOnce(&mut Standing)) {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        note(standing.entry(name).or_default());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_or_ends_is_begun_again_after_growing_pauses() {
        let tasks = Tasks { first_pause: Duration::from_millis(5), ..Tasks::default() };
        let (at_work, mut begun) = tokio::sync::mpsc::unbounded_channel();
        let count = AtomicU32::new(0);
        let kept = tasks.keep("a", || {
            let (nth, at_work) = (count.fetch_add(1, Ordering::SeqCst), at_work.clone());
            async move {
                assert!(nth != 0, "the first breaks");
                if nth > 1 {
                    at_work.send(Tick::now()).unwrap();
                    std::future::pending::<()>().await;
                }
            }
        });
        let since = Tick::now();
        let at = tokio::select! {
            () = kept => unreachable!("it is kept for ever"),
            at = begun.recv() => at.unwrap(),
        };
        assert!(at.duration_since(since) >= Duration::from_millis(5 + 10));
        let expected = Standing { running: true, ended: 2 };
        assert_eq!(tasks.standing(), BTreeMap::from([("a", expected)]));
    }

    #[tokio::test]
    async fn a_task_ends_with_who_keeps_it() {
        let tasks = Tasks::default();
        let (held, mut gone) = tokio::sync::mpsc::channel::<()>(1);
        let kept = tokio::spawn(async move {
            let begin = move || {
                let held = held.clone();
                async move {
                    held.send(()).await.unwrap();
                    std::future::pending::<()>().await;
                }
            };
            tasks.keep("a", begin).await;
        });
        assert_eq!(gone.recv().await, Some(()));
        kept.abort();
        assert_eq!(gone.recv().await, None, "nobody holds the other end any more");
    }
}
