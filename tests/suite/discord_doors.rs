//! Discord's door from both sides, against the twin: commands, clicks, forms and fields as people use them, payloads broken
//! in every way, deliveries that come twice or too late, and what the bot says when Discord does not take it.
//!
//! Shapes: docs.discord.com, receiving and responding to interactions.

mod broken;
mod choices;
mod commands;
mod emergencies;
mod house;
mod requests;
mod sign_ins;
mod trouble;
mod words;
