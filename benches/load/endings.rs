//! From the deadline to the delete on the wire.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use glasskey_domain::{Seconds, Target};
use glasskey_playground::aws::AwsOptions;
use glasskey_playground::company::Company;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep};

use super::bot::{LIFTED, REAL, Setup, World, target};
use super::ledgers::{self, company, grant};
use super::report::Report;
use super::runs::{complain, milliseconds};

const ENDING: usize = 1_000;
pub(crate) const ENDING_WITHIN: Seconds = Seconds::minutes(1);
/// Grants that end within a minute when AWS's own budget is kept: an end takes three calls, and a minute has 1,200.
pub(crate) const ENDING_IN_BUDGET: usize = 240;
/// Longest that all of them take.
const ENDED_WITHIN: Duration = Duration::from_secs(600);
const DELETE: &str = "DeleteAccountAssignment";

const DEADLINES: &str = "deadlines spread evenly over one minute; from the deadline in the ledger to the first \
    DeleteAccountAssignment for it arriving at the AWS twin";

/// 3. Without a budget.
pub(crate) async fn deadlines(report: &mut Report) {
    let name = "deadline to delete on the wire, 1,000 grants in a minute, budget lifted";
    let late = ends(AwsOptions::quick(), LIFTED, ENDING).await;
    report.spread(name, "ms", late, &[(0.99, 250.0)], DEADLINES);
}

/// The same within AWS's own budget: as many as fit, and a thousand, which do not.
pub(crate) async fn deadlines_real(report: &mut Report) {
    let name = "deadline to delete on the wire, 240 grants in a minute, 20 calls/s and 15 outstanding";
    let late = ends(AwsOptions::default(), REAL, ENDING_IN_BUDGET).await;
    report.spread(name, "ms", late, &[(0.99, 250.0)], DEADLINES);
    let name = "deadline to delete on the wire, 1,000 grants in a minute, 20 calls/s and 15 outstanding";
    let late = ends(AwsOptions::default(), REAL, ENDING).await;
    report.spread(name, "ms", late, &[], DEADLINES);
}

async fn ends(aws: AwsOptions, calls_per_second: u32, grants: usize) -> Vec<f64> {
    let folder = tempfile::tempdir_in(target()).unwrap();
    let company = ledgers::with_grants(company(), grants);
    let setup = Setup {
        aws,
        calls_per_second,
        store: Some(folder.path().to_owned()),
        ..Setup::lifted(company.clone())
    };
    let world = World::new(setup).await;
    // The ledger is made, the bot is started and its directory read before the first deadline.
    let prepared = if calls_per_second == REAL { 40 } else { 15 };
    let first_at = Timestamp::now().checked_add(SignedDuration::from_secs(prepared)).unwrap();
    let path = folder.path().to_owned();
    let made = company.clone();
    let making = tokio::task::spawn_blocking(move || {
        ledgers::ending(&path, &made, 0..grants, first_at, ENDING_WITHIN)
    });
    let deadlines = making.await.unwrap();
    let bot = world.start().await;
    assert!(Timestamp::now() < first_at, "the bot was not ready before the first deadline");
    until_held(&world, 0).await;
    complain(&world, &bot).await;
    bot.stop().await;
    late(&world, &company, 0..grants, &deadlines)
}

/// Waits until users hold no more than so many assignments.
pub(crate) async fn until_held(world: &World, grants: usize) {
    let ended = async {
        while world.aws.user_assignments().len() > grants {
            sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::time::timeout(ENDED_WITHIN, ended).await.unwrap();
}

/// How late the first delete of each of these grants came. `company`: the one that the ledger was made for.
pub(crate) fn late(
    world: &World,
    company: &Company,
    numbers: Range<usize>,
    deadlines: &[Timestamp],
) -> Vec<f64> {
    let (wall, clock) = (Timestamp::now(), Instant::now());
    let mut first: BTreeMap<(String, String, String), Instant> = BTreeMap::new();
    for call in world.aws.calls().into_iter().filter(|call| call.operation == DELETE) {
        if let (Some(principal), Some(account), Some(set)) =
            (call.principal, call.account, call.permission_set)
        {
            first.entry((principal, account, set)).or_insert(call.at);
        }
    }
    let late = numbers.zip(deadlines).map(|(number, deadline)| {
        let (person, target) = grant(company, number);
        let Target::Assignment { account, permission_set } = target else {
            unreachable!("grants are assignments")
        };
        let at = first.get(&(person.to_string(), account.to_string(), permission_set.to_string()));
        let due_ago = Duration::try_from(wall.duration_since(*deadline)).unwrap();
        at.map_or(f64::INFINITY, |at| milliseconds(due_ago) - milliseconds(clock.duration_since(*at)))
    });
    late.collect()
}
