//! Broken partitions and what becomes of them.

mod findings;
mod law;
mod odd;
mod partition;
mod random;
