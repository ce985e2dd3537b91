//! The only place of these twins that reads the time.

/// Seconds since the epoch.
pub(crate) fn now_secs() -> i64 {
    now_ms().div_euclid(1_000)
}

/// Milliseconds since the epoch.
pub(crate) fn now_ms() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "the one place of these twins that reads the time")]
    jiff::Timestamp::now().as_millisecond()
}
