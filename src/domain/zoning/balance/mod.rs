//! Proposing plans: blocks to zones, zones to units.
//!
//! Easy to manage, near to the unit, relatively balanced 便于管理、就近参与、相对平衡: zones are
//! contiguous, carry their share within a tolerance, and have short borders, along rivers and main
//! streets where those count less. The room works on plain numbers in a local plane; it knows
//! neither units nor shapes, and reads no clock: a search asks its watch what is left of the budget.

pub mod graph;
pub mod ask;
pub mod search;
pub mod figures;
pub mod front;
pub mod units;
mod bridges;
mod dice;
mod setting;
mod plan;
mod start;
mod split;
mod repair;
mod push;
mod settle;
mod anneal;

#[cfg(test)]
mod tests;
