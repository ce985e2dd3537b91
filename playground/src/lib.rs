//! Glasskey: playground.

pub mod company;
pub mod slack;
