//! What map clients see: collections of features with flat properties, and the filters over them.

pub mod span;
pub mod pattern;
pub mod filter;
pub mod column;
pub mod collection;
pub mod schema;
pub mod feature;
