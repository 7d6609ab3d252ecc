//! What is in force: city, plan, zones, units, facilities, rules — and who answers where.

pub mod reaches;
pub mod city;
pub mod unit;
pub mod zone;
pub mod history;
pub mod facility;
pub mod rule;
pub mod rule_set;
pub mod fault;
pub mod places;
pub mod reach;
pub mod in_force;
