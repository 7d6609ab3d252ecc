//! The people behind reports: sealed at the door, shown to who has to call back, forgotten when their
//! time is over or when they ask for it. Every look is in the journal before the answer goes out.

pub mod keys;
pub mod seal;
pub mod look;
mod words;
pub mod forget;
pub mod request;
