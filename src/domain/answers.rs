//! Answers that are kept under idempotency keys: who asks again is told what was told first.

use serde_json::Value;

/// An answer, kept in the commit of what it tells of and as long as that.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptAnswer {
    /// The caller's idempotency key, behind who that is: unique in the city.
    pub key: String,
    /// SHA-256 of the request, hex: the same key with another request is refused.
    pub request_hash: String,
    /// What the answer is told again from, JSON: ids, revisions, times. Words are not kept twice, so that what
    /// is masked in one place does not come back from the other.
    pub told: Value,
}
