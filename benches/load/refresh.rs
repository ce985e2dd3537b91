//! Reading the directory of a large company within the budget of what can wait, and whether an ending waits for it.

use std::collections::BTreeMap;
use std::time::Duration;

use glasskey_playground::aws::{AwsOptions, Call};
use glasskey_playground::company::Company;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep};

use super::bot::{REAL, Setup, World, target};
use super::endings::{ENDING_IN_BUDGET, ENDING_WITHIN, late, until_held};
use super::ledgers::{self, LIVE, company};
use super::report::Report;
use super::runs::complain;

/// Of issue 5.
const PEOPLE: usize = 5_000;
const GROUPS: usize = 500;
const MEMBERSHIPS_EACH: usize = 1;
const ACCOUNTS: usize = 1_000;
const PERMISSION_SETS: usize = 10;
const CALLS_PER_SECOND_MAX: f64 = 10.0;

/// The ledger is made, the bot is started and the directory read for the first time before anything ends.
const PREPARED_S: i64 = 110;
/// From the first quiet deadline to the reading: the minute of deadlines, and what follows them up.
const READING_AFTER_S: i64 = 70;
/// From the beginning of the reading to the first deadline in it. It takes 69 s, so that the last ones fall into what follows
/// it: it is kept, put in force, and ten thousand grants are compared with it.
const DEADLINES_AFTER_S: i64 = 12;
/// No call of a reading for so long: it is over.
const OVER_AFTER: Duration = Duration::from_secs(3);
/// What follows a reading.
const COMPARED_WITHIN: Duration = Duration::from_secs(15);

const DEADLINES: &str = "240 deadlines spread evenly over one minute, beside 10,000 live grants; AWS's budget (20 calls/s, 15 \
    outstanding); from the deadline in the ledger to the first DeleteAccountAssignment for it arriving at the AWS twin; \
    the same bot, one minute without a reading and one with";
const READING: &str = "calls of the second reading as they arrive at the AWS twin: 5,000 people, 500 groups with 5,000 \
    memberships, 1,000 accounts in 40 units, 10 permission sets; AWS's budget; 240 grants end meanwhile";

/// When what happens.
struct Plan {
    quiet: Timestamp,
    reading: Timestamp,
    busy: Timestamp,
}

impl Plan {
    fn from_now() -> Self {
        let after = |at: Timestamp, seconds| at.checked_add(SignedDuration::from_secs(seconds)).unwrap();
        // A schedule knows whole seconds.
        let quiet = Timestamp::from_second(after(Timestamp::now(), PREPARED_S).as_second()).unwrap();
        let reading = after(quiet, READING_AFTER_S);
        Self { quiet, reading, busy: after(reading, DEADLINES_AFTER_S) }
    }

    /// What is held is not looked at meanwhile: that would share the budget of the reading and make it longer.
    fn schedule(&self) -> String {
        let at = self.reading.strftime("%S %M %H %d %m");
        format!("directory = \"{at} *\"\nreconcile = \"0 0 0 1 1 *\"\n")
    }
}

/// 7. The same endings without and with a reading under way.
pub(crate) async fn refresh(report: &mut Report) {
    let folder = tempfile::tempdir_in(target()).unwrap();
    let small = company();
    let (quiet, busy) = (LIVE..LIVE + ENDING_IN_BUDGET, LIVE + ENDING_IN_BUDGET..LIVE + 2 * ENDING_IN_BUDGET);
    ledgers::copy(&ledgers::live(&ledgers::with_grants(small.clone(), LIVE)), folder.path());
    let large = Company::large(PEOPLE, GROUPS, MEMBERSHIPS_EACH, ACCOUNTS, PERMISSION_SETS);
    let plan = Plan::from_now();
    let world = World::new(Setup {
        aws: AwsOptions::default(),
        calls_per_second: REAL,
        store: Some(folder.path().to_owned()),
        schedule: plan.schedule(),
        ..Setup::lifted(ledgers::with_grants_of(large, &small, busy.end))
    })
    .await;
    let (path, made, numbers) = (folder.path().to_owned(), small.clone(), [quiet.clone(), busy.clone()]);
    let starts = [plan.quiet, plan.busy];
    let making = tokio::task::spawn_blocking(move || {
        let made = numbers
            .into_iter()
            .zip(starts)
            .map(|(numbers, first_at)| ledgers::ending(&path, &made, numbers, first_at, ENDING_WITHIN));
        made.collect::<Vec<_>>()
    });
    let deadlines = making.await.unwrap();
    let bot = world.start().await;
    println!("  ready after {:?}", bot.ready_after);
    assert!(Timestamp::now() < plan.quiet, "the bot was not ready before the first deadline");
    until_held(&world, LIVE).await;
    let calls = reading(&world, plan.reading).await;
    sleep(COMPARED_WITHIN).await;
    complain(&world, &bot).await;
    bot.stop().await;
    about_calls(report, &calls);
    let last = calls.iter().map(|call| call.at).max();
    let ended = late(&world, &small, busy, &deadlines[1]);
    println!(
        "  the reading ended {:?} before now; deadlines until {:?}",
        last.map(|at| at.elapsed()),
        deadlines[1].last()
    );
    let name = |with| format!("deadline to delete on the wire, 240 grants in a minute, 10,000 live, {with}");
    let without = late(&world, &small, quiet, &deadlines[0]);
    report.spread(&name("no reading under way"), "ms", without, &[(0.99, 250.0)], DEADLINES);
    report.spread(&name("a reading of 5,000 people under way"), "ms", ended, &[(0.99, 250.0)], DEADLINES);
}

/// The calls of the reading that began then, once it is over.
async fn reading(world: &World, began: Timestamp) -> Vec<Call> {
    let (wall, clock) = (Timestamp::now(), Instant::now());
    let since = clock.checked_sub(Duration::try_from(wall.duration_since(began)).unwrap()).unwrap();
    loop {
        let mut calls = world.aws.calls();
        calls.retain(|call| call.at >= since && is_reading(call));
        if calls.last().is_some_and(|call| call.at.elapsed() > OVER_AFTER) {
            return calls;
        }
        sleep(Duration::from_millis(500)).await;
    }
}

/// Endings ask none of these.
fn is_reading(call: &Call) -> bool {
    matches!(call.service, "identitystore" | "organizations")
        || matches!(call.operation.as_str(), "ListPermissionSets" | "DescribePermissionSet")
}

fn about_calls(report: &mut Report, calls: &[Call]) {
    let mut each: BTreeMap<&str, usize> = BTreeMap::new();
    for call in calls {
        *each.entry(&call.operation).or_default() += 1;
    }
    println!("  a reading calls {each:?}");
    let (Some(first), Some(last)) = (calls.first(), calls.last()) else { return };
    let seconds = last.at.duration_since(first.at).as_secs_f64();
    let name =
        |what: &str| format!("reading 5,000 people, 500 groups, 5,000 memberships, 1,000 accounts: {what}");
    report.single(&name("calls"), "calls", count(calls.len()), None, READING);
    report.single(&name("time"), "s", seconds, None, READING);
    let mean = count(calls.len()) / seconds;
    report.single(&name("calls per second, mean"), "calls/s", mean, Some(CALLS_PER_SECOND_MAX), READING);
    let most = most_in_a_second(calls.iter());
    report.single(
        &name("calls in any one second, at most"),
        "calls",
        most,
        Some(CALLS_PER_SECOND_MAX),
        READING,
    );
    for service in ["identitystore", "organizations", "sso-admin"] {
        let most = most_in_a_second(calls.iter().filter(|call| call.service == service));
        let what = format!("calls to {service} in any one second, at most");
        report.single(&name(&what), "calls", most, Some(CALLS_PER_SECOND_MAX), READING);
    }
}

/// Most calls in any window of one second, its end not included.
fn most_in_a_second<'a>(calls: impl Iterator<Item = &'a Call>) -> f64 {
    let mut at: Vec<Instant> = calls.map(|call| call.at).collect();
    at.sort_unstable();
    let until = |began: &Instant| *began + Duration::from_secs(1);
    let within =
        at.iter().enumerate().map(|(first, began)| at.partition_point(|at| *at < until(began)) - first);
    count(within.max().unwrap_or(0))
}

#[expect(clippy::cast_precision_loss, reason = "thousands")]
fn count(calls: usize) -> f64 {
    calls as f64
}
