//! Drafts 方案草稿: a plan that is being redrawn, from the first edit until it is in force.
//!
//! A draft is its list of steps and nothing else; what it stands at is folded from them. What an edit
//! does to the ground is the matter of [`crate::domain::zoning`]; here it is only kept.

pub mod step;
pub mod size;
pub mod table;
pub mod refusal;
pub mod state;
pub mod docket;
