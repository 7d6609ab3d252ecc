//! Idempotency keys: what a key may be, whose it is, and the answer that is kept under it.
//!
//! A key is never looked for before something is done: whoever repeats what was done is refused by the law of it, or
//! by the store when both come at once, and only then it is asked what was answered. So a first request pays for
//! its key with one row, and nobody who asks again is told that he came too late.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::domain::accounts::Caller;
use crate::domain::answers::KeptAnswer;
use crate::domain::change::Change;
use crate::domain::text;
use crate::store::{Basis, CommitError};

/// Longest idempotency key, in characters.
pub const KEY_CHARS_MAX: usize = 128;

/// The caller's promise that the same key means the same request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// The caller's idempotency key, if one was given.
    pub key: Option<String>,
    /// SHA-256 of the request, hex: of its body, and of its address where that says more.
    pub request_hash: String,
}

impl Once {
    /// What the answer is kept under; `None` without a key.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for what is no key.
    pub fn ticket(&self, caller: &Caller) -> Result<Option<Ticket>, Refusal> {
        let Some(raw) = &self.key else { return Ok(None) };
        let key = lawful(raw).map_err(|words| Refusal::fault("Idempotency-Key", words))?;
        let request_hash = self.request_hash.clone();
        Ok(Some(Ticket { actor: caller.actor.clone(), key, request_hash }))
    }
}

/// A key as it may be: one line, not empty, of at most [`KEY_CHARS_MAX`] characters.
///
/// # Errors
/// What is wrong with it.
pub fn lawful(raw: &str) -> Result<String, String> {
    match text::line(raw, KEY_CHARS_MAX) {
        Ok(key) if key.is_empty() => Err("is empty".to_owned()),
        Ok(key) => Ok(key),
        Err(fault) => Err(fault.to_string()),
    }
}

/// A key as it is kept: every caller's are its own, so that nobody uses up another's. All who come without
/// an API key are one caller, `public`. The stroke stands in no caller's code, so that no two meet.
pub(super) fn own_key(caller: &Caller, key: &str) -> String {
    format!("{}/{key}", caller.actor)
}

/// A request that came with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    actor: String,
    key: String,
    request_hash: String,
}

impl Ticket {
    /// What the answer of the whole request is kept under.
    #[must_use]
    pub fn whole(&self) -> Pass {
        self.pass(format!("{}/{}", self.actor, self.key))
    }

    /// What the answer of one of its parts is kept under. Like the stroke, the mark stands in no caller's code.
    #[must_use]
    pub fn part(&self, nth: usize) -> Pass {
        self.pass(format!("{}#{nth}/{}", self.actor, self.key))
    }

    fn pass(&self, key: String) -> Pass {
        Pass { key, request_hash: self.request_hash.clone() }
    }

    /// What was answered to a request of so many parts. Once one of them was begun, another request under the same
    /// key is refused, though the whole was never answered.
    ///
    /// # Errors
    /// [`Refusal::KeyReused`]; [`Refusal::Damaged`] for an answer to something else; [`Refusal::Unavailable`].
    pub async fn recall<T: DeserializeOwned>(
        &self,
        app: &App,
        seat: &Seat,
        parts: usize,
    ) -> Result<Option<T>, Refusal> {
        let whole = self.whole();
        let mut keys: Vec<String> = (0..parts).map(|nth| self.part(nth).key).collect();
        keys.push(whole.key.clone());
        let mut first = None;
        for kept in app.store().answers(&seat.city, &keys).await? {
            if kept.request_hash != self.request_hash {
                return Err(Refusal::KeyReused);
            }
            if kept.key == whole.key {
                first = Some(kept);
            }
        }
        first.map(|kept| whole.first(kept)).transpose()
    }
}

/// What one answer is kept under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    key: String,
    request_hash: String,
}

impl Pass {
    /// Keeps an answer, in the commit of what it tells of.
    ///
    /// # Errors
    /// [`Refusal::Inner`], when it cannot be written as JSON.
    pub(super) fn keep(&self, told: &impl Serialize) -> Result<Change, Refusal> {
        let told: Value =
            serde_json::to_value(told).map_err(|fault| Refusal::Inner(fault.to_string()))?;
        let (key, request_hash) = (self.key.clone(), self.request_hash.clone());
        Ok(Change::AnswerKept(KeptAnswer { key, request_hash, told }))
    }

    /// What was answered first.
    ///
    /// # Errors
    /// As [`Ticket::recall`].
    pub(super) async fn recall<T: DeserializeOwned>(
        &self,
        app: &App,
        seat: &Seat,
    ) -> Result<Option<T>, Refusal> {
        let keys = [self.key.clone()];
        let kept = app.store().answers(&seat.city, &keys).await?.pop();
        kept.map(|kept| self.first(kept)).transpose()
    }

    /// The answer that somebody was faster to keep.
    ///
    /// # Errors
    /// [`Refusal::KeyReused`], when it is that of another request; [`Refusal::Damaged`].
    pub(super) fn first<T: DeserializeOwned>(&self, kept: KeptAnswer) -> Result<T, Refusal> {
        if kept.request_hash != self.request_hash {
            return Err(Refusal::KeyReused);
        }
        serde_json::from_value(kept.told).map_err(|fault| {
            Refusal::Damaged(format!("what was answered under an idempotency key: {fault}"))
        })
    }

    /// Keeps an answer by itself, when all that it tells of is written; the one that was kept, when another was
    /// faster.
    ///
    /// # Errors
    /// [`Refusal::KeyReused`]; [`Refusal::Unavailable`].
    pub async fn settle<T: Serialize + DeserializeOwned>(
        &self,
        app: &App,
        seat: &Seat,
        caller: &Caller,
        told: &T,
    ) -> Result<Option<T>, Refusal> {
        let changes = vec![self.keep(told)?];
        match app.commit(&seat.city, caller, Basis::default(), changes).await {
            Ok(_) => Ok(None),
            Err(CommitError::AnsweredBefore(kept)) => self.first(kept).map(Some),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(actor: &str, key: &str) -> Ticket {
        let caller = Caller { actor: actor.to_owned(), ..Caller::cli() };
        let once = Once { key: Some(key.to_owned()), request_hash: "h".to_owned() };
        once.ticket(&caller).unwrap().unwrap()
    }

    #[test]
    fn no_caller_and_no_part_uses_up_another_s_key() {
        let keys = [
            ticket("k1", "a").whole(),
            ticket("k2", "a").whole(),
            ticket("k1", "0/a").whole(),
            ticket("k1", "#0/a").whole(),
            ticket("k1", "a").part(0),
            ticket("k1", "a").part(1),
            ticket("k1", "1/a").part(0),
        ];
        let different: std::collections::BTreeSet<&String> =
            keys.iter().map(|pass| &pass.key).collect();
        assert_eq!(different.len(), keys.len());
    }

    #[test]
    fn a_key_is_one_line_that_says_something() {
        assert_eq!(lawful(" k-1 ").as_deref(), Ok("k-1"));
        for bad in [String::new(), "  ".to_owned(), "a\nb".to_owned(), "k".repeat(129)] {
            assert!(lawful(&bad).is_err(), "{bad:?}");
        }
        let none = Once { key: None, request_hash: String::new() };
        assert_eq!(none.ticket(&Caller::cli()), Ok(None));
    }
}
