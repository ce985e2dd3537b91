use super::*;

const POST: &str = "create_message";

fn seen(bucket: &str, remaining: u32, reset_after_ms: u64) -> Seen {
    Seen { bucket: bucket.into(), limit: 5, remaining, reset_after: Duration::from_millis(reset_after_ms) }
}

fn limited(scope: Scope, ms: u64) -> TooMany {
    TooMany { scope, retry_after: Some(Duration::from_millis(ms)) }
}

struct Desk {
    gate: Gate,
    now: Instant,
}

impl Desk {
    fn new() -> Self {
        let now = Instant::now();
        Self { gate: Gate::new(now), now }
    }

    fn at(&self, ms: u64) -> Instant {
        self.now + Duration::from_millis(ms)
    }

    fn asks(&self, method: &'static str, major: &str, ms: u64) -> Result<Pass, u128> {
        self.gate.admit(method, major, Urgency::Person, self.at(ms)).map_err(|wait| wait.as_millis())
    }

    /// A call that is answered at once.
    fn calls(&self, major: &str, ms: u64, answer: &Seen) -> Result<(), u128> {
        let pass = self.asks(POST, major, ms)?;
        self.gate.learn(&pass, answer, self.at(ms));
        Ok(())
    }
}

#[test]
fn an_empty_bucket_is_waited_for_until_its_reset_and_not_longer() {
    let desk = Desk::new();
    desk.calls("c1", 0, &seen("b", 0, 2_000)).unwrap();
    assert_eq!(desk.asks(POST, "c1", 500).unwrap_err(), 1_500);
    assert_eq!(desk.asks(POST, "c1", 1_999).unwrap_err(), 1);
    assert!(desk.asks(POST, "c1", 2_000).is_ok());
    assert!(desk.asks(POST, "c2", 0).is_ok(), "another channel is another count");
}

#[test]
fn calls_that_share_a_bucket_share_its_count_and_others_do_not() {
    let desk = Desk::new();
    desk.calls("c1", 0, &seen("b", 5, 1_000)).unwrap();
    let edit = desk.asks("edit_message", "c1", 0).unwrap();
    desk.gate.learn(&edit, &seen("b", 0, 1_000), desk.at(0));
    assert_eq!(desk.asks(POST, "c1", 10).unwrap_err(), 990);
    assert!(desk.asks("pin", "c1", 10).is_ok());
}

#[test]
fn calls_on_their_way_are_counted_before_they_are_answered() {
    let desk = Desk::new();
    desk.calls("c1", 0, &seen("b", 2, 1_000)).unwrap();
    let _first = desk.asks(POST, "c1", 1).unwrap();
    let _second = desk.asks(POST, "c1", 1).unwrap();
    assert_eq!(desk.asks(POST, "c1", 1).unwrap_err(), 999);
}

#[test]
fn answers_that_overtake_each_other_give_nothing_back() {
    let desk = Desk::new();
    desk.calls("c1", 0, &seen("b", 4, 1_000)).unwrap();
    let passes: Vec<Pass> = (0..4).map(|_| desk.asks(POST, "c1", 1).unwrap()).collect();
    // In the wrong order: what the last call saw comes first.
    for (pass, remaining) in passes.iter().rev().zip([0, 1, 2, 3]) {
        desk.gate.learn(pass, &seen("b", remaining, 990), desk.at(10));
    }
    drop(passes);
    assert_eq!(desk.asks(POST, "c1", 20).unwrap_err(), 980);
}

#[test]
fn a_new_window_counts_what_is_still_on_its_way() {
    let desk = Desk::new();
    desk.calls("c1", 0, &seen("b", 4, 1_000)).unwrap();
    let _slow: Vec<Pass> = (0..4).map(|_| desk.asks(POST, "c1", 1).unwrap()).collect();
    let _one = desk.asks(POST, "c1", 1_000).unwrap();
    assert!(desk.asks(POST, "c1", 1_001).is_err(), "five of five are on their way");
}

#[test]
fn nothing_is_known_of_a_bucket_at_first_and_little_is_risked() {
    let desk = Desk::new();
    let mut passes: Vec<Pass> = (0..UNKNOWN_MAX).map(|_| desk.asks(POST, "c1", 0).unwrap()).collect();
    assert_eq!(desk.asks(POST, "c1", 0).unwrap_err(), UNKNOWN_WAIT.as_millis());
    passes.pop();
    assert!(desk.asks(POST, "c1", 0).is_ok(), "a call given up counts no more");
}

#[test]
fn the_whole_bot_keeps_the_global_limit_and_leaves_some_of_it_for_people() {
    let desk = Desk::new();
    let background = |n: usize, ms| {
        desk.gate
            .admit(POST, &n.to_string(), Urgency::Background, desk.at(ms))
            .map_err(|wait| wait.as_millis())
    };
    for n in 0..GLOBAL_BACKGROUND_MAX {
        background(n, 100).unwrap();
    }
    assert_eq!(background(99, 600).unwrap_err(), 500);
    for n in GLOBAL_BACKGROUND_MAX..GLOBAL_MAX {
        desk.asks(POST, &n.to_string(), 600).unwrap();
    }
    assert_eq!(desk.asks(POST, "x", 700).unwrap_err(), 400);
    assert!(desk.gate.admit("interaction_callback", "i", Urgency::Answer, desk.at(700)).is_ok());
    assert!(desk.asks(POST, "x", 1_100).is_ok());
}

#[test]
fn a_429_closes_what_it_is_about_and_nothing_else() {
    for (scope, same, other, answer) in [
        (Scope::Bucket, false, true, true),
        (Scope::Shared, false, true, true),
        (Scope::Global, false, false, true),
        (Scope::Address, false, false, false),
    ] {
        let desk = Desk::new();
        let pass = desk.asks(POST, "c1", 0).unwrap();
        assert_eq!(desk.gate.close(&pass, limited(scope, 1_000), desk.at(0)), Duration::from_secs(1));
        let open = |major, urgency, ms| desk.gate.admit(POST, major, urgency, desk.at(ms)).is_ok();
        assert_eq!(open("c1", Urgency::Person, 999), same, "{scope:?}");
        assert_eq!(open("c2", Urgency::Person, 999), other, "{scope:?}");
        assert_eq!(open("c3", Urgency::Answer, 999), answer, "{scope:?}");
        assert!(open("c1", Urgency::Person, 1_000), "{scope:?}");
    }
}

#[test]
fn a_wait_of_nothing_or_of_years_is_brought_within_reason_and_never_made_shorter() {
    let desk = Desk::new();
    let pass = desk.asks(POST, "c1", 0).unwrap();
    let close =
        |wait| desk.gate.close(&pass, TooMany { scope: Scope::Bucket, retry_after: wait }, desk.at(0));
    assert_eq!(close(Some(Duration::ZERO)), RETRY_AFTER_MIN);
    assert_eq!(close(Some(Duration::from_secs(u64::MAX / 2))), RETRY_AFTER_MAX);
    assert_eq!(close(None), RETRY_AFTER_DEFAULT);
    assert_eq!(desk.asks(POST, "c1", 0).unwrap_err(), RETRY_AFTER_MAX.as_millis());
}

#[test]
fn the_buckets_stay_bounded() {
    let desk = Desk::new();
    for n in 0..BUCKETS_MAX + 10 {
        // Within the global limit, so a second apart for every fifty.
        let ms = u64::try_from(n).unwrap() * 25;
        desk.calls(&n.to_string(), ms, &seen("b", 0, 3_600_000)).unwrap();
    }
    assert!(lock(&desk.gate.state).buckets.len() <= BUCKETS_MAX);
}
