//! The service as its callers see it.

mod access;
mod atlas;
mod bad_input;
mod batch;
mod live;
mod locate;
mod reports;
mod embedded;
mod open311;
mod sockets;
