//! Webhooks: a unit's own systems are told what concerns it, without having to ask.
//!
//! Nothing is written at intake: the journal is the outbox. Each webhook has read it up to a number, and only
//! what could not be delivered at once has a row of its own. Pure: who sends, and when, is decided above.

pub mod webhook;
pub mod delivery;
