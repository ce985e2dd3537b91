//! One binary for all that needs more than one room.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod backends;
mod breakglass_cli;
mod cli;
mod cloudformation;
mod config;
mod config_breakglass;
mod config_sign_in;
mod conformance;
mod crash;
mod discord_doors;
mod discord_gateway;
mod discord_rest;
mod ledger;
mod moto;
mod parity;
mod people;
mod pitfalls;
mod policy;
mod policy_breakglass;
mod policy_requests;
mod simulation;
mod slack_doors;
mod slack_doors_emergency;
mod slack_socket;
mod slack_web;
mod stories;
mod town;
