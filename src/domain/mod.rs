//! Floor 2: the city's nouns and rules. Pure: no clock, no dice, no file, no socket, no async.

pub mod accounts;
pub mod answers;
pub mod atlas;
pub mod catalogue;
pub mod change;
pub mod clocks;
pub mod drafts;
pub mod id;
pub mod incidents;
pub mod ogc;
pub mod reports;
pub mod sample;
pub mod text;
pub mod time;
pub mod webhooks;
pub mod zoning;
