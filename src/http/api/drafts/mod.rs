//! Drafts of a plan: listed, made, imported, looked at, edited, published.

pub mod bodies;
pub mod ground;
pub mod repair;
pub mod list;
pub mod show;
pub mod changes;
pub mod act;
pub mod ask;
pub mod import;
pub mod answer;
pub mod review;
pub mod balance;
