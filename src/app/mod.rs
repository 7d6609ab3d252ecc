//! Floor 5: use cases. May I? -> load -> decide -> commit -> tell.

pub mod clock;
pub mod refusal;
pub mod keyring;
pub mod sealed;
pub mod people;
pub mod past;
pub mod tasks;
pub mod tiles;
pub mod state;
pub mod once;
pub mod seed;
pub mod accounts;
pub mod locate;
pub mod reports;
pub mod outward;
pub mod links;
pub mod batch;
pub mod open311;
pub mod incidents;
pub mod plans;
pub mod feed;
pub mod public_feed;
pub mod webhooks;
pub mod transfer;
pub mod drafts;
pub mod ogc;
