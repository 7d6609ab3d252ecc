//! The review of a draft: what is found in it, its figures, and who and what would change hands.
//!
//! All of it without a database. Sums and shapes cost what an edit moves; findings look at the whole ground. Read in
//! the order below.

pub mod tally;
pub mod things;
pub mod shape;
pub mod state;
pub mod findings;
pub mod movers;
#[cfg(test)]
mod tests;
