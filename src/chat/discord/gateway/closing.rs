//! What a close of the gateway means for what comes next (platform-rules §2).

/// What is to be done after a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// Go on with the session.
    Resume,
    /// The session is gone; begin another.
    Identify,
    /// It will be refused for ever: an operator must act, and the bot restart.
    Never(&'static str),
}

/// We close with this: with 1000 or 1001 Discord would forget the session.
pub(super) const OURS: u16 = 4_000;
/// We send too much; only here a resume must not be at once.
pub(super) const RATE_LIMITED: u16 = 4_008;

/// The meaning of a close code; load balancers close without one.
pub(super) fn after(code: Option<u16>) -> After {
    match code {
        Some(4_004) => After::Never("the bot's token is refused"),
        Some(4_010) => After::Never("the shard is refused"),
        Some(4_011) => After::Never("the bot is in too many guilds for one connection"),
        Some(4_012) => After::Never("this version of the gateway's API is gone"),
        Some(4_013) => After::Never("the intents are refused"),
        Some(4_014) => After::Never("the intents are not allowed"),
        // Not authenticated, a wrong sequence number, a session timed out.
        Some(4_003 | 4_007 | 4_009) => After::Identify,
        Some(_) | None => After::Resume,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_discord_calls_final_is_final() {
        for code in 1_000..5_000 {
            let never = matches!(after(Some(code)), After::Never(_));
            assert_eq!(never, code == 4_004 || (4_010..=4_014).contains(&code), "{code}");
        }
        assert_eq!(after(None), After::Resume);
        assert_eq!(after(Some(4_009)), After::Identify);
    }
}
