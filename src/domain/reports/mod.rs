//! Reports of citizens and patrols, and the unit each one goes to.

pub mod person;
pub mod report;
pub mod people;
pub mod confidence;
pub mod routing;
pub mod picture;
pub mod links;
pub mod public;
pub mod traces;
pub mod rehearse;
pub mod reroute;
