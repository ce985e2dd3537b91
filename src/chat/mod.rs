//! Doors to the chat platforms: listen, resolve the person, render, send. Never decides.

pub mod slack;
