//! The bot, room by room. `docs/ARCHITECTURE.md` draws the house; `tests/architecture.rs` keeps its doors.
//!
//! One natural direction: chat event → command → decide → events and jobs → commit → perform → outcome.

pub mod access;
pub mod audit;
pub mod chat;
pub mod cli;
pub mod clock;
pub mod config;
pub mod directory;
pub mod engine;
pub mod ledger;
pub mod notices;
pub mod policy;
pub mod ports;
pub mod telemetry;
