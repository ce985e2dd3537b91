//! Slack: Socket Mode in, Web API out.
//!
//! The transport: `socket` keeps the sockets open, `line` is one of them, `envelope` is what arrives, `web` and
//! `methods` are what is asked of Slack, `fault` is how that fails, `limits` is when it may be asked.

mod connection;
mod crew;
pub mod envelope;
pub mod fault;
mod forms;
mod home;
pub mod limits;
mod line;
pub mod listen;
mod methods;
pub mod models;
mod paging;
pub mod people;
mod pins;
mod render;
pub mod send;
pub mod socket;
pub mod web;

pub use connection::{Chat, Connection, Options};
