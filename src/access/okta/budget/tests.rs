//! The budget with a clock that only the tests move.

use std::sync::Mutex as Guarded;

use tokio::task::JoinHandle;

use super::*;

fn budget(in_flight: usize, calls_per_minute: Option<u32>) -> Budget {
    Budget::new(OktaLimits { in_flight, calls_per_minute })
}

fn seen(limit: u32, left: u32, resets_in_s: u64) -> RateSeen {
    RateSeen { limit, left, resets_in: Duration::from_secs(resets_in_s) }
}

/// Who had their turn, in order.
#[derive(Clone, Default)]
struct Log(Arc<Guarded<Vec<Rank>>>);

impl Log {
    fn seen(&self) -> Vec<Rank> {
        self.0.lock().unwrap().clone()
    }

    /// Waits in line in a task of its own, makes a call that takes a while, and stands in line when this returns.
    async fn call(&self, budget: &Budget, bucket: Bucket, rank: Rank) -> JoinHandle<()> {
        let (log, budget) = (self.clone(), budget.clone());
        let task = tokio::spawn(async move {
            let permit = budget.turn(bucket, rank).await;
            log.0.lock().unwrap().push(rank);
            tokio::time::sleep(Duration::from_millis(100)).await;
            drop(permit);
        });
        tokio::task::yield_now().await;
        task
    }
}

/// Lets what can happen now happen, without moving the clock.
async fn let_happen() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn deactivating_goes_before_everything_and_checking_after() {
    let (budget, log) = (budget(1, None), Log::default());
    let held = budget.turn(Bucket::Groups, Rank::Add).await;
    let ranks = [
        Rank::Check,
        Rank::Look,
        Rank::Add,
        Rank::Activate,
        Rank::LookClosing,
        Rank::Remove,
        Rank::Deactivate,
    ];
    let mut tasks = Vec::new();
    for rank in ranks {
        tasks.push(log.call(&budget, Bucket::Groups, rank).await);
    }
    drop(held);
    for task in tasks {
        task.await.unwrap();
    }
    let mut sorted = ranks;
    sorted.reverse();
    assert_eq!(log.seen(), sorted);
}

#[tokio::test(start_paused = true)]
async fn never_more_calls_are_under_way_than_allowed() {
    let (budget, log) = (budget(3, None), Log::default());
    let mut tasks = Vec::new();
    for _ in 0..10 {
        tasks.push(log.call(&budget, Bucket::Groups, Rank::Remove).await);
    }
    let_happen().await;
    assert_eq!(log.seen().len(), 3);
    let start = Instant::now();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(start.elapsed().as_millis(), 400, "ten calls of 100 ms, three at once");
}

#[tokio::test(start_paused = true)]
async fn an_empty_bucket_is_waited_for_and_holds_no_other_up() {
    let (budget, log) = (budget(5, None), Log::default());
    drop(budget.turn(Bucket::Groups, Rank::Remove).await);
    budget.seen(Bucket::Groups, seen(500, 0, 30));
    let start = Instant::now();
    let waits = log.call(&budget, Bucket::Groups, Rank::Remove).await;
    let other = log.call(&budget, Bucket::Apps, Rank::Activate).await;
    other.await.unwrap();
    assert_eq!(log.seen(), [Rank::Activate], "another bucket, of a lower rank, goes on");
    waits.await.unwrap();
    assert_eq!(start.elapsed().as_millis(), 30_100);
}

#[tokio::test(start_paused = true)]
async fn two_hundred_removals_stay_within_the_bucket_and_end() {
    let (budget, start) = (budget(10, None), Instant::now());
    // A far side that counts by the minute from now on.
    let left = Arc::new(Guarded::new((75_u32, 0_u64)));
    let removals = (0..200).map(|_| async {
        let permit = budget.turn(Bucket::Groups, Rank::Remove).await;
        let minute = start.elapsed().as_secs() / 60;
        let said = {
            let mut left = left.lock().unwrap();
            if left.1 < minute {
                *left = (75, minute);
            }
            left.0 = left.0.checked_sub(1).expect("within the bucket");
            left.0
        };
        tokio::time::sleep(Duration::from_millis(50)).await;
        let resets_in = Duration::from_secs((minute + 1) * 60).saturating_sub(start.elapsed());
        budget.seen(Bucket::Groups, RateSeen { limit: 75, left: said, resets_in });
        drop(permit);
    });
    futures_util::future::join_all(removals).await;
    assert!((120..130).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn opening_leaves_some_of_the_bucket_to_closing() {
    let (budget, log) = (budget(5, None), Log::default());
    drop(budget.turn(Bucket::Apps, Rank::Look).await);
    budget.seen(Bucket::Apps, seen(100, 10, 60));
    let opens = log.call(&budget, Bucket::Apps, Rank::Activate).await;
    let_happen().await;
    assert!(log.seen().is_empty(), "the last tenth is kept");
    log.call(&budget, Bucket::Apps, Rank::Deactivate).await.await.unwrap();
    assert_eq!(log.seen(), [Rank::Deactivate]);
    budget.seen(Bucket::Apps, seen(100, 99, 120));
    opens.await.unwrap();
    assert_eq!(log.seen(), [Rank::Deactivate, Rank::Activate]);
}

#[tokio::test(start_paused = true)]
async fn after_too_many_calls_none_is_made_for_as_long_as_asked() {
    let budget = budget(5, None);
    budget.throttled(Bucket::User, Duration::from_secs(7));
    let start = Instant::now();
    drop(budget.turn(Bucket::User, Rank::Remove).await);
    assert_eq!(start.elapsed().as_secs(), 7);
    drop(budget.turn(Bucket::User, Rank::Remove).await);
    assert_eq!(start.elapsed().as_secs(), 7, "once is enough");
}

#[tokio::test(start_paused = true)]
async fn our_own_limit_is_kept_whatever_okta_lets_through() {
    let (budget, start) = (budget(5, Some(20)), Instant::now());
    for _ in 0..20 {
        drop(budget.turn(Bucket::Groups, Rank::Remove).await);
    }
    assert_eq!(start.elapsed().as_secs(), 0);
    drop(budget.turn(Bucket::Groups, Rank::Remove).await);
    assert_eq!(start.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_gives_back_what_they_hold() {
    let (budget, log) = (budget(1, None), Log::default());
    let held = budget.turn(Bucket::Groups, Rank::Add).await;
    let first = log.call(&budget, Bucket::Groups, Rank::Deactivate).await;
    let second = log.call(&budget, Bucket::Groups, Rank::Remove).await;
    first.abort();
    drop(held);
    second.await.unwrap();
    assert_eq!(log.seen(), [Rank::Remove]);
    drop(budget.turn(Bucket::Groups, Rank::Check).await);
}

#[tokio::test(start_paused = true)]
async fn the_answer_with_the_least_left_says_until_when() {
    let (budget, start) = (budget(5, None), Instant::now());
    drop(budget.turn(Bucket::Groups, Rank::Remove).await);
    budget.seen(Bucket::Groups, seen(500, 400, 60));
    budget.seen(Bucket::Groups, seen(50, 0, 3));
    drop(budget.turn(Bucket::Groups, Rank::Remove).await);
    assert_eq!(start.elapsed().as_secs(), 3);
}
