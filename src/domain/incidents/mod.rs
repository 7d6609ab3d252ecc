//! Incidents 案件: the matter that one or more reports tell of, from the first words to the
//! closed case.
//!
//! A case is its list of steps and nothing else; what it stands at is folded from them. Stores
//! and pages are not known here.

pub mod step;
pub mod table;
pub mod state;
mod load;
pub mod refusal;
pub mod case;
pub mod timing;
pub mod deadlines;
pub mod docket;
pub mod desk;
pub mod handover;
pub mod suggest;
pub mod proposals;
pub mod told;
pub mod masked;
pub mod duplicates;

#[cfg(test)]
mod walks;
