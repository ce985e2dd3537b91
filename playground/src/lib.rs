//! Glasskey: playground.

pub mod aws;
pub mod company;
