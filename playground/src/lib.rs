//! Glasskey: playground.

pub mod aws;
pub mod company;
pub mod demo;
pub mod page;
pub mod slack;
