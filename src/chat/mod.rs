//! Doors: chat platforms and the host's socket. They listen, resolve the person, render, send. Never decide.

pub mod asking;
pub mod breakglass;
pub mod discord;
pub mod hall;
pub mod host;
pub mod reading;
pub mod slack;
mod sockets;
mod tidy;
mod tls;
