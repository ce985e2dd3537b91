//! Doors to the chat platforms: listen, resolve the person, render, send. Never decides.

pub mod host;
pub mod slack;
