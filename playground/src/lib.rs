//! Glasskey: playground.

pub mod company;
pub mod page;
pub mod slack;
