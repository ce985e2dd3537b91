//! The twin over real sockets: what a client of Slack would see. No test here knows the bot.

mod client;
mod forms;
mod people_act;
mod socket_mode;
mod web_api;

use std::time::Duration;

use super::{SlackOptions, SlackTwin};
use crate::company::Company;

/// Far above what anything here takes; only a broken twin waits that long.
const PATIENCE: Duration = Duration::from_secs(5);

async fn twin() -> SlackTwin {
    twin_with(SlackOptions::default()).await
}

async fn twin_with(options: SlackOptions) -> SlackTwin {
    SlackTwin::start(&Company::acme(), options).await.expect("a free port on loopback")
}

/// Runs what a person does beside the test, which plays the bot meanwhile.
fn background<T, F>(twin: &SlackTwin, act: impl FnOnce(SlackTwin) -> F) -> tokio::task::JoinHandle<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    tokio::spawn(act(twin.clone()))
}
