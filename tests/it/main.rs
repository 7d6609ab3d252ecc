//! The one integration binary.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of tests may fail as loudly as the tests"
)]
mod browser;
mod house;
mod store;
mod sample;
mod locate;
mod coverage_oracle;
mod route;
mod route_city;
mod commands;
mod plan_commands;
mod cli_run;
mod serve_killed;
mod cli_categories;
mod client;
mod mvt;
mod faces;
mod world;
mod transfer;
mod map_clients;
