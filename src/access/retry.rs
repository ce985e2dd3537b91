//! Trying a read again, a few times, with pauses that grow. For reads that nobody waits for; changes are never repeated here.

use std::time::Duration;

use super::failure::Failure;

/// Tries after the first: with the pauses below about 15 s in all, after which the next reading by schedule is near.
pub const RETRIES_MAX: u32 = 5;
/// The first pause is at most this long.
const PAUSE_FIRST: Duration = Duration::from_millis(400);
/// No pause is longer, unless AWS asks for it.
const PAUSE_MAX: Duration = Duration::from_secs(8);

/// Makes a read, again when it may pass.
///
/// # Errors
/// The last failure, or the first that will not pass.
pub(crate) async fn patiently<T, F, Tried>(mut attempt: F) -> Result<T, Failure>
where
    F: FnMut() -> Tried,
    Tried: Future<Output = Result<T, Failure>>,
{
    let mut tries = 0;
    loop {
        match attempt().await {
            Err(failure) if failure.passes() && tries < RETRIES_MAX => {
                tokio::time::sleep(pause(tries, failure.retry_after, dice())).await;
                tries += 1;
            }
            answer => return answer,
        }
    }
}

/// Between a half and the whole of a pause that doubles: callers that failed together do not come back together.
fn pause(tries: u32, retry_after: Option<Duration>, dice: f64) -> Duration {
    let whole = PAUSE_FIRST.saturating_mul(1 << tries.min(16)).min(PAUSE_MAX);
    let jittered = whole.mul_f64(0.5 + dice.clamp(0.0, 1.0) / 2.0);
    jittered.max(retry_after.unwrap_or_default())
}

/// From 0 to 1. Without randomness the pauses are only less spread.
fn dice() -> f64 {
    getrandom::u32().map_or(1.0, |bits| f64::from(bits) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::operation::Op;

    async fn tries_until(failing: u32, failure: &Failure) -> (bool, u32) {
        let mut tries = 0;
        let answer = patiently(|| {
            tries += 1;
            std::future::ready(if tries <= failing { Err(failure.clone()) } else { Ok(()) })
        })
        .await;
        (answer.is_ok(), tries)
    }

    /// pitfall 30
    #[tokio::test(start_paused = true)]
    async fn a_read_is_tried_again_a_few_times_and_not_for_ever() {
        let passing = Failure::no_turn(Op::ListUsers, Duration::ZERO);
        assert_eq!(tries_until(RETRIES_MAX, &passing).await, (true, RETRIES_MAX + 1));
        assert_eq!(tries_until(RETRIES_MAX + 1, &passing).await, (false, RETRIES_MAX + 1));
    }

    #[test]
    fn pauses_grow_to_their_limit_and_never_undercut_what_aws_asks() {
        let pauses: Vec<u128> = (0..7).map(|tries| pause(tries, None, 1.0).as_millis()).collect();
        assert_eq!(pauses, [400, 800, 1600, 3200, 6400, 8000, 8000]);
        assert_eq!(pause(0, None, 0.0), PAUSE_FIRST / 2);
        assert_eq!(pause(0, Some(Duration::from_secs(20)), 0.5), Duration::from_secs(20));
    }
}
