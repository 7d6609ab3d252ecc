//! Drafts of a plan: listed, made, shown, edited, published.

pub mod order;
mod readings;
pub mod bench;
mod refused;
mod write;
mod carried;
mod check;
mod units;
mod named;
mod meant;
mod blocks;
mod rebase;
pub mod publish;
pub mod act;
pub mod draw;
pub mod due;
pub mod read;
pub mod make;
pub mod import;
pub mod changes;
pub mod review;
pub mod balance;
