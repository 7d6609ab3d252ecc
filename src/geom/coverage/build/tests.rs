//! Broken partitions and what becomes of them.

mod findings;
mod hair;
mod law;
mod odd;
mod partition;
mod precincts;
mod random;
