//! The connection over all its successors: when to go on with a session, when to begin one, how long to wait.
//!
//! Must never begin a session without having asked Discord how many it still allows: past the last one it resets the
//! bot's token. Must never dial an address that Discord did not give.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use url::Url;

use super::GatewayEnd;
use super::closing::{After, RATE_LIMITED, after};
use super::crew::Crew;
use super::line::{End, Line, Memory};
use crate::chat::discord::rest::DiscordRest;
use crate::chat::discord::rest::fault::DiscordFault;
use crate::chat::sockets::{Pause, raised, share};
use crate::chat::tls;

/// New sessions left over for an operator who restarts the bot by hand; at fewer we wait for Discord's reset.
pub(super) const SESSIONS_KEPT: u64 = 10;
/// Tries to go on with a session before another is begun: its address may be gone for good.
const RESUMES_MAX: u32 = 5;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
enum DialFault {
    #[error("{0}")]
    Discord(#[from] DiscordFault),
    #[error("{0}")]
    Handshake(String),
    #[error("only {left} new sessions are left today")]
    NoSessions { left: u64, reset_after: Duration },
}

/// Keeps one connection open.
pub(super) struct Keeper {
    crew: Arc<Crew>,
    rest: DiscordRest,
    memory: Memory,
    pause: Pause,
    /// Tries to resume since the last one that was confirmed.
    resumes: u32,
    identify_from: Instant,
}

impl Keeper {
    pub(super) fn new(crew: Arc<Crew>, rest: DiscordRest) -> Self {
        let (memory, pause) = (Memory::default(), Pause::default());
        Self { crew, rest, memory, pause, resumes: 0, identify_from: Instant::now() }
    }

    pub(super) async fn keep(mut self, stop: &mut watch::Receiver<bool>) -> GatewayEnd {
        loop {
            let wait = self.pause.next(self.crew.config.pause_first, self.crew.config.pause_max);
            tokio::select! {
                () = raised(stop) => return GatewayEnd::Stopped,
                () = tokio::time::sleep(wait) => {}
            }
            let address = tokio::select! {
                () = raised(stop) => return GatewayEnd::Stopped,
                address = self.address() => address,
            };
            let end = match address {
                Err(fault) => self.not_dialled(&fault),
                Ok(address) => self.live(&address, stop).await,
            };
            if let Some(end) = end {
                return end;
            }
        }
    }

    /// One connection, from the dial to its end.
    async fn live(&mut self, address: &Url, stop: &mut watch::Receiver<bool>) -> Option<GatewayEnd> {
        let resuming = self.memory.session.is_some();
        if resuming {
            self.resumes += 1;
        } else {
            self.memory.forget();
        }
        let dialled = tokio::select! {
            () = raised(stop) => return Some(GatewayEnd::Stopped),
            line = Line::dial(&self.crew, &mut self.memory, address) => line,
        };
        let line = match dialled {
            Ok(line) => line,
            Err(why) => {
                self.give_up_session();
                return self.not_dialled(&DialFault::Handshake(why));
            }
        };
        if !resuming {
            self.identify_from = Instant::now() + self.crew.config.identify_every;
        }
        let since = Instant::now();
        let (end, confirmed) = line.serve(self.rest.token(), stop).await;
        self.crew.down();
        if confirmed {
            self.resumes = 0;
        }
        self.pause.after_life(since.elapsed(), self.crew.config.stable_after);
        self.ended(&end)
    }

    /// What follows from the end of a connection.
    fn ended(&mut self, end: &End) -> Option<GatewayEnd> {
        tracing::info!(?end, "discord connection ended");
        match end {
            End::Stopped => return Some(GatewayEnd::Stopped),
            End::Forgotten => {
                self.memory.forget();
                let share = 0.2 + 0.8 * share();
                self.pause.at_least(self.crew.config.forgotten_max.mul_f64(share));
            }
            End::Lost(_) | End::Reconnect => {}
            End::Closed(code) => match after(*code) {
                After::Resume if *code == Some(RATE_LIMITED) => {
                    self.pause.at_least(self.crew.config.pause_max)
                }
                After::Resume => {}
                After::Identify => self.memory.forget(),
                After::Never(why) => {
                    let code = code.unwrap_or_default();
                    let what = format!(
                        "discord closed the gateway with {code}: {why}; mend it and restart glasskey"
                    );
                    self.crew.fatal(&what);
                    return Some(GatewayEnd::Refused { code });
                }
            },
        }
        self.give_up_session();
        None
    }

    /// After too many tries the session is taken for gone.
    fn give_up_session(&mut self) {
        if self.resumes >= RESUMES_MAX {
            tracing::warn!(tries = self.resumes, "discord session cannot be gone on with, beginning another");
            self.resumes = 0;
            self.memory.forget();
        }
    }

    fn not_dialled(&mut self, fault: &DialFault) -> Option<GatewayEnd> {
        match fault {
            DialFault::Discord(discord) if discord.needs_operator() => {
                self.crew.fatal(&discord.to_string());
                self.pause.at_least(self.crew.config.recheck_every);
            }
            DialFault::NoSessions { reset_after, .. } => {
                let minutes = reset_after.as_secs().div_ceil(60);
                self.crew.waiting(&format!("{fault}; waiting {minutes} min for discord's reset"));
                self.pause.at_least(*reset_after);
            }
            DialFault::Discord(_) | DialFault::Handshake(_) => {
                tracing::warn!(%fault, "discord gateway not opened, trying again");
            }
        }
        if let DialFault::Discord(discord) = fault
            && let Some(wait) = discord.retry_after()
        {
            self.pause.at_least(wait);
        }
        None
    }

    /// Where to connect: where the session says, or where Discord says now.
    async fn address(&mut self) -> Result<Url, DialFault> {
        if let Some(session) = &self.memory.session {
            return gateway_address(&session.resume_url);
        }
        tokio::time::sleep_until(self.identify_from).await;
        let gateway = self.rest.gateway_bot().await?;
        let limit = gateway.session_start_limit;
        self.crew.sessions_left(limit.remaining);
        if limit.remaining <= SESSIONS_KEPT.min(limit.total / 2) {
            let reset_after = Duration::from_millis(limit.reset_after);
            return Err(DialFault::NoSessions { left: limit.remaining, reset_after });
        }
        gateway_address(&gateway.url)
    }
}

/// The address with the version and the encoding that we speak.
fn gateway_address(text: &str) -> Result<Url, DialFault> {
    let mut url = Url::parse(text)
        .ok()
        .filter(|url| tls::is_safe(url) && matches!(url.scheme(), "ws" | "wss"))
        .ok_or_else(|| DialFault::Handshake("the address is no safe one".to_owned()))?;
    url.set_query(Some("v=10&encoding=json"));
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::discord::gateway::GatewayConfig;

    #[test]
    fn pauses_double_with_jitter_up_to_the_cap_and_start_over_after_a_long_life() {
        let config = GatewayConfig::default();
        let mut pause = Pause::default();
        assert_eq!(pause.next(config.pause_first, config.pause_max), Duration::ZERO);
        for whole_ms in [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            let got = pause.next(config.pause_first, config.pause_max).as_millis();
            assert!((whole_ms / 2..=whole_ms).contains(&got), "{got} of {whole_ms}");
        }
        pause.after_life(config.stable_after - Duration::from_millis(1), config.stable_after);
        assert!(pause.next(config.pause_first, config.pause_max) >= config.pause_max / 2);
        pause.after_life(config.stable_after, config.stable_after);
        assert_eq!(pause.next(config.pause_first, config.pause_max), Duration::ZERO);
    }

    #[test]
    fn the_first_pause_after_a_lost_connection_is_well_under_a_second() {
        assert!(GatewayConfig::default().pause_first < Duration::from_millis(500));
    }

    #[test]
    fn the_gateway_is_dialled_only_where_the_token_is_safe() {
        let address = |text: &str| gateway_address(text).map(String::from).ok();
        let expected = "wss://gateway-us-east1-b.discord.gg/?v=10&encoding=json".to_owned();
        assert_eq!(address("wss://gateway-us-east1-b.discord.gg"), Some(expected));
        assert!(address("ws://127.0.0.1:9/gateway?x=1").unwrap().ends_with("/gateway?v=10&encoding=json"));
        for bad in ["ws://gateway.discord.gg", "https://gateway.discord.gg", "", "gateway.discord.gg"] {
            assert_eq!(address(bad), None, "{bad}");
        }
    }
}
