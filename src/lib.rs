#![doc = include_str!("ARCHITECTURE.md")]

pub mod geom;
pub mod domain;
pub mod formats;
pub mod store;
pub mod app;
pub mod http;
pub mod config;
pub mod cli;
