//! Glasskey: playground.

pub mod aws;
pub mod company;
pub mod page;
pub mod slack;
