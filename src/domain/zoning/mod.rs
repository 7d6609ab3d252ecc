//! Zoning 分区: what an edit does to a city's zones, and what it changes for whom.

pub mod diff;
pub mod edit;
pub mod overwritten;
pub mod facts;
pub mod fault;
pub mod repair;
pub mod found;
pub mod outline;
pub mod held;
pub mod stays;
pub mod mended;
pub mod redraw;
pub mod working;
pub mod handed;
pub mod arcs;
pub mod drawing;
pub mod review;
pub mod balance;
pub mod tract;
