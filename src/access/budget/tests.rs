//! The budget with a clock that only the tests move.

use std::sync::Mutex as Guarded;

use super::*;

const ENDING: Rank = Rank::Ending;

fn budget(calls: Option<u32>, outstanding: Option<usize>) -> Budget {
    Budget::new(Limits { calls_per_second: calls, outstanding, evenly: false })
}

/// Makes calls of a rank one after the other; returns after how many milliseconds each had its turn.
async fn turns(budget: &Budget, rank: Rank, count: usize) -> Vec<u128> {
    let start = Instant::now();
    let mut turns = Vec::new();
    for _ in 0..count {
        budget.call(rank).await;
        turns.push(start.elapsed().as_millis());
    }
    turns
}

/// Who had their turn, in order.
#[derive(Clone, Default)]
struct Log(Arc<Guarded<Vec<String>>>);

impl Log {
    fn seen(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Waits in line in a task of its own, and stands in it when this returns.
    async fn call(&self, budget: &Budget, rank: Rank, name: &str) -> tokio::task::JoinHandle<()> {
        let (log, budget, name) = (self.clone(), budget.clone(), name.to_owned());
        let task = tokio::spawn(async move {
            budget.call(rank).await;
            log.0.lock().unwrap().push(name);
        });
        tokio::task::yield_now().await;
        task
    }

    async fn start(&self, budget: &Budget, rank: Rank, name: &str) -> tokio::task::JoinHandle<()> {
        let (log, budget, name) = (self.clone(), budget.clone(), name.to_owned());
        let task = tokio::spawn(async move {
            let slot = budget.start(rank).await;
            slot.named(&OperationId::new(name.clone()));
            log.0.lock().unwrap().push(name);
        });
        tokio::task::yield_now().await;
        task
    }
}

/// Lets what can happen now happen, without moving the clock.
async fn let_happen() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_second_has_more_calls_than_aws_allows() {
    let turns = turns(&budget(Some(20), None), ENDING, 200).await;
    for (first, turn) in turns.iter().enumerate() {
        let within = turns[first..].iter().take_while(|later| **later < turn + 1000).count();
        assert!(
            within <= 30,
            "{within} calls in the second from {turn} ms: over the bucket of AWS, 20 and 20 a second"
        );
    }
    let last = turns.last().unwrap();
    assert!((9_400..=9_600).contains(last), "the rate itself is used: 200 calls took {last} ms");
}

#[tokio::test(start_paused = true)]
async fn a_lifted_budget_never_waits() {
    assert_eq!(turns(&budget(None, None), ENDING, 10_000).await.last(), Some(&0));
    let free = budget(None, None);
    for n in 0..1000 {
        free.start(Rank::Granting).await.named(&OperationId::new(n.to_string()));
    }
    assert_eq!(free.outstanding(), 1000);
}

#[tokio::test(start_paused = true)]
async fn ending_goes_first_and_beginning_an_end_before_following_it_up() {
    let budget = budget(Some(20), Some(15));
    turns(&budget, ENDING, 10).await;
    let log = Log::default();
    let mut tasks = Vec::new();
    tasks.push(log.call(&budget, Rank::Background, "read").await);
    tasks.push(log.call(&budget, Rank::Granting, "grant 1").await);
    tasks.push(log.call(&budget, Rank::Granting, "grant 2").await);
    tasks.push(log.call(&budget, Rank::Emergency, "emergency").await);
    tasks.push(log.call(&budget, Rank::Ending, "poll").await);
    tasks.push(log.start(&budget, Rank::EndingStart, "delete 1").await);
    tasks.push(log.start(&budget, Rank::EndingStart, "delete 2").await);
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(log.seen(), ["delete 1", "delete 2", "poll", "emergency", "grant 1", "grant 2", "read"]);
}

#[tokio::test(start_paused = true)]
async fn one_who_leaves_the_line_holds_nobody_up() {
    let budget = budget(Some(1), None);
    budget.call(ENDING).await;
    let log = Log::default();
    let gone = log.call(&budget, ENDING, "gone").await;
    let stays = log.call(&budget, ENDING, "stays").await;
    gone.abort();
    let start = Instant::now();
    stays.await.unwrap();
    assert!(gone.await.unwrap_err().is_cancelled());
    assert_eq!(log.seen(), ["stays"]);
    assert!(start.elapsed() <= Duration::from_millis(1001), "it took the turn of the one who left");
}

#[tokio::test(start_paused = true)]
async fn the_sixteenth_operation_waits_until_one_is_over() {
    let budget = budget(None, Some(OUTSTANDING_MAX));
    let log = Log::default();
    for n in 0..OUTSTANDING_MAX {
        log.start(&budget, Rank::EndingStart, &n.to_string()).await.await.unwrap();
    }
    let sixteenth = log.start(&budget, Rank::EndingStart, "sixteenth").await;
    let poll = log.call(&budget, Rank::Background, "poll").await;
    poll.await.unwrap();
    let_happen().await;
    assert_eq!(
        log.seen().last().unwrap(),
        "poll",
        "who begins nothing is not held up, and the sixteenth still waits"
    );
    budget.over(&OperationId::new("7"));
    sixteenth.await.unwrap();
    assert_eq!(budget.outstanding(), OUTSTANDING_MAX);
}

#[tokio::test(start_paused = true)]
async fn slow_creates_leave_room_for_an_end() {
    let budget = budget(None, Some(OUTSTANDING_MAX));
    let log = Log::default();
    let mut waiting = Vec::new();
    for n in 0..OUTSTANDING_MAX {
        waiting.push(log.start(&budget, Rank::Granting, &format!("create {n}")).await);
    }
    assert_eq!(budget.outstanding(), OUTSTANDING_MAX - OUTSTANDING_KEPT_FOR_ENDING);
    log.start(&budget, Rank::EndingStart, "delete").await.await.unwrap();
    assert_eq!(log.seen().last().unwrap(), "delete");
    for task in waiting {
        task.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn an_operation_nobody_asks_about_does_not_hold_its_place_for_ever() {
    let budget = budget(None, Some(1));
    budget.start(Rank::EndingStart).await.named(&OperationId::new("forgotten"));
    let start = Instant::now();
    budget.start(Rank::EndingStart).await.unused();
    assert_eq!(start.elapsed(), OPERATION_LEASE);

    drop(budget.start(Rank::EndingStart).await);
    let start = Instant::now();
    budget.start(Rank::EndingStart).await.unused();
    assert_eq!(start.elapsed(), LOST_LEASE, "a call that was cut short may still have begun something");

    let start = Instant::now();
    budget.start(Rank::EndingStart).await.unused();
    assert_eq!(start.elapsed(), Duration::ZERO, "what began nothing holds nothing");
}

#[tokio::test(start_paused = true)]
async fn an_operation_of_before_a_restart_counts_while_it_is_asked_about() {
    let budget = budget(None, Some(1));
    let operation = OperationId::new("of the last process");
    budget.running(&operation);
    tokio::time::advance(OPERATION_LEASE - Duration::from_secs(1)).await;
    budget.running(&operation);
    tokio::time::advance(OPERATION_LEASE - Duration::from_secs(1)).await;
    assert_eq!(budget.outstanding(), 1);
    budget.over(&operation);
    assert_eq!(budget.outstanding(), 0);
}

#[tokio::test(start_paused = true)]
async fn throttling_halves_the_rate_and_time_brings_it_back() {
    let budget = budget(Some(20), None);
    turns(&budget, ENDING, 10).await;
    budget.throttled(None);
    budget.throttled(None);
    let slow = turns(&budget, ENDING, 10).await;
    assert_eq!(*slow.last().unwrap(), 1000, "ten a second: two signs at once are one");
    tokio::time::advance(Duration::from_secs(20)).await;
    turns(&budget, ENDING, 10).await;
    assert_eq!(*turns(&budget, ENDING, 20).await.last().unwrap(), 1000, "twenty a second again");
}

#[tokio::test(start_paused = true)]
async fn aws_is_left_alone_as_long_as_it_asks_and_no_longer_than_an_end_can_wait() {
    let budget = budget(Some(20), None);
    budget.throttled(Some(Duration::from_secs(2)));
    let first = turns(&budget, ENDING, 1).await;
    assert!((2000..2200).contains(&first[0]), "{first:?}");
    budget.throttled(Some(Duration::from_secs(3600)));
    let first = turns(&budget, ENDING, 1).await;
    assert!((10_000..10_500).contains(&first[0]), "{first:?}");
}

#[tokio::test(start_paused = true)]
async fn background_waits_no_longer_than_its_bound_for_those_who_give() {
    let budget = budget(Some(5), None);
    let granting = {
        let budget = budget.clone();
        tokio::spawn(async move {
            let mut tasks = Vec::new();
            for _ in 0..400 {
                let budget = budget.clone();
                tasks.push(tokio::spawn(async move { budget.call(Rank::Granting).await }));
            }
            for task in tasks {
                task.await.unwrap();
            }
        })
    };
    let_happen().await;
    let start = Instant::now();
    budget.call(Rank::Background).await;
    let waited = start.elapsed();
    assert!(waited >= BACKGROUND_WAIT_MAX, "it waited {waited:?}: those who give go first");
    assert!(waited <= BACKGROUND_WAIT_MAX + Duration::from_secs(2), "it waited {waited:?}");
    granting.abort();
}

#[tokio::test(start_paused = true)]
async fn reading_leaves_calls_for_an_end() {
    let budget = budget(Some(20), None);
    let log = Log::default();
    let mut readers = Vec::new();
    for n in 0..10 {
        readers.push(log.call(&budget, Rank::Background, &format!("read {n}")).await);
    }
    let_happen().await;
    assert_eq!(log.seen().len(), 7, "of ten in the bucket, three are not for reading");
    assert_eq!(turns(&budget, ENDING, 3).await, [0, 0, 0]);
    for reader in readers {
        reader.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_can_wait_comes_one_after_the_other_also_after_a_pause() {
    let budget = Budget::new(Limits::evenly(10));
    let tenths: Vec<u128> = (0..=20).map(|tenth| tenth * 100).collect();
    assert_eq!(turns(&budget, Rank::Granting, 21).await, tenths);
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(turns(&budget, Rank::Granting, 21).await, tenths, "no second has more than ten");
}
