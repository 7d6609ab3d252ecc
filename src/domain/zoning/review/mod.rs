//! The review of a draft: what is found in it, its figures, and who and what would change hands.
//!
//! All of it without a database. What an edit costs is what it moves and the zones beside it, not the city. Read in the
//! order below.

pub mod tally;
pub mod things;
pub mod shape;
pub mod borders;
pub mod outline;
pub mod piles;
pub mod state;
pub mod findings;
pub mod movers;
#[cfg(test)]
mod tests;
