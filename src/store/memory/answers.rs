//! Answers that are kept under idempotency keys, and how far words have been masked in time.

use std::collections::BTreeMap;

use crate::domain::answers::KeptAnswer;
use crate::domain::change::Change;
use crate::domain::time::Instant;

/// What is kept beside the nouns.
#[derive(Default)]
pub(super) struct Beside {
    /// The answers, by key.
    pub(super) answers: BTreeMap<String, KeptAnswer>,
    /// Before which instant words have been masked.
    pub(super) words_done: Option<Instant>,
}

impl Beside {
    /// The answer that is kept under a key of the commit.
    pub(super) fn answered(&self, changes: &[Change]) -> Option<&KeptAnswer> {
        changes.iter().find_map(|change| match change {
            Change::AnswerKept(it) => self.answers.get(&it.key),
            _ => None,
        })
    }

    /// Keeps what a change brings.
    pub(super) fn keep(&mut self, change: &Change) {
        match change {
            Change::AnswerKept(it) => {
                self.answers.insert(it.key.clone(), it.clone());
            }
            Change::WordsDone { until } => self.words_done = Some(*until),
            _ => {}
        }
    }
}
