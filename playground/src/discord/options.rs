//! How a guild of the twin is set up. Numbers here are Discord's own unless a test says otherwise.

use std::time::Duration;

/// An interaction must be answered within this time, else its token is void and the person is told so
/// (platform-rules §2).
const ANSWER_LIMIT: Duration = Duration::from_secs(3);

/// What `HELLO` asks for at Discord.
const HEARTBEAT: Duration = Duration::from_millis(41_250);

/// `IDENTIFY`s of a day; beyond that Discord resets the token.
const IDENTIFIES_A_DAY: u32 = 1_000;

/// `max_concurrency` 1 means one `IDENTIFY` in this time.
const IDENTIFY_SPACING: Duration = Duration::from_secs(5);

/// How the twin is set up.
#[derive(Debug, Clone)]
pub struct DiscordOptions {
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Bot token that is accepted, without the word `Bot`.
    pub bot_token: String,
    /// Channels of the guild: id and name.
    pub channels: Vec<(String, String)>,
    /// Time until a person sees that the application did not respond.
    pub answer_limit: Duration,
    /// `heartbeat_interval` of `HELLO`.
    pub heartbeat: Duration,
    /// `total` of `session_start_limit`.
    pub identifies: u32,
    /// Two `IDENTIFY`s closer than this: the second gets op 9.
    pub identify_spacing: Duration,
    /// Whether buckets and the global limit refuse; the headers are there either way.
    pub rate_limits: bool,
    /// Calls in a second over all routes but those of interactions.
    pub global_limit: usize,
}

impl Default for DiscordOptions {
    fn default() -> Self {
        Self {
            port: 0,
            bot_token: "playground.discord.glasskey".into(),
            channels: vec![
                ("1290000000000000101".into(), "access".into()),
                ("1290000000000000102".into(), "incidents".into()),
                ("1290000000000000103".into(), "prod-access".into()),
            ],
            answer_limit: ANSWER_LIMIT,
            heartbeat: HEARTBEAT,
            identifies: IDENTIFIES_A_DAY,
            identify_spacing: IDENTIFY_SPACING,
            rate_limits: false,
            global_limit: 50,
        }
    }
}
