//! CQL2 (OGC 21-065r2), as text and as JSON: both give one tree, which is then bound to what a collection
//! knows of its features. Nothing of what a client wrote ever becomes part of another language.
//!
//! Read by a parser of our own, in one pass from left to right, with limits of size, nesting and number of
//! parts. The crate `cql2` 0.6 was looked at: its grammar takes time that doubles with each bracket before a
//! fault, its trees are as deep as a chain of operators is long, and it turns on `preserve_order` of
//! `serde_json` for the whole program.

pub mod reading;
pub mod node;
mod shape;
pub mod text;
pub mod json;
pub mod bind;
pub mod expression;
