//! Glasskey: playground.

pub mod company;
