//! Doors to the chat platforms: listen, resolve the person, render, send. Never decides.

pub mod asking;
pub mod reading;
pub mod slack;
