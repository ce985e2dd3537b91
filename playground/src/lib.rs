//! Glasskey: playground.

pub mod aws;
pub mod company;
mod connection;
pub mod demo;
pub mod discord;
pub mod entra;
pub mod idp;
pub mod keycloak;
pub mod okta;
pub mod page;
pub mod slack;
