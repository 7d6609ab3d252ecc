//! Duplicates: which open incidents a new report may be one more word about. They are suggested;
//! a person merges.

pub mod nearby;
