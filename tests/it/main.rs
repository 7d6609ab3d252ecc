//! The one integration binary.
#![expect(clippy::unwrap_used, reason = "the helpers of tests may fail as loudly as the tests")]
mod house;
