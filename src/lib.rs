#![doc = include_str!("ARCHITECTURE.md")]

pub mod domain;
pub mod geom;

pub mod formats;
pub mod store;
