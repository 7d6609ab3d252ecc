//! The service as its callers see it.

mod access;
mod atlas;
mod bad_input;
mod batch;
mod incidents;
mod live;
mod locate;
mod people;
mod reports;
mod rules;
mod rule_versions;
mod proposals;
mod rule_windows;
mod at_once;
mod embedded;
mod open311;
mod sockets;
mod clocks;
mod escalation;
mod planned;
mod time_travel;
mod plans;
mod handover;
mod feeds;
mod webhooks;
mod drafts;
