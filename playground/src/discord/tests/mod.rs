//! The twin over real sockets: what a client of Discord would see. No test here knows the bot.

mod answers;
mod client;
mod gateway;
mod people_act;
mod rest;
mod strictness;

use std::time::Duration;

use super::{DiscordOptions, DiscordTwin};
use crate::company::Company;

/// Far above what anything here takes; only a broken twin waits that long.
const PATIENCE: Duration = Duration::from_secs(5);

const ACCESS: &str = "1290000000000000101";
const ANA: &str = "1290000000000001001";
const BO: &str = "1290000000000001002";

async fn twin() -> DiscordTwin {
    let identify_spacing = Duration::ZERO;
    twin_with(DiscordOptions { identify_spacing, ..DiscordOptions::default() }).await
}

async fn twin_with(options: DiscordOptions) -> DiscordTwin {
    DiscordTwin::start(&Company::acme(), options).await.expect("a free port on loopback")
}

/// Runs what a person does beside the test, which plays the bot meanwhile.
fn background<T, F>(twin: &DiscordTwin, act: impl FnOnce(DiscordTwin) -> F) -> tokio::task::JoinHandle<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    tokio::spawn(act(twin.clone()))
}
