//! Discord: the gateway in, REST out.
//!
//! The transport: `gateway` keeps the one connection on which clicks and commands arrive, `rest` is what is asked of
//! Discord, how that fails, and when it may be asked.

mod connection;
mod faults;
pub mod forms;
pub mod gateway;
pub mod listen;
pub mod people;
mod pins;
mod register;
pub mod render;
pub mod rest;
pub mod send;

pub use connection::{Chat, Connection, Options};
