//! The city as tiles of web maps.
//!
//! What an atlas holds is drawn from a [`drawn::Drawn`], made once for each atlas and, as they are asked for, for
//! each zoom; [`drawings`] keeps the last ones. Open incidents and reports change all the time: they are read
//! anew every few moments ([`scoped`]), and shown as far as the caller's scope goes.

pub mod collection;
pub mod drawn;
pub mod cases;
pub mod heat;
pub mod readings;
pub mod drawings;
pub mod scoped;
