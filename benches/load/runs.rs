//! What is measured: each function is one of the promises of issue 2, against the real binary.

use std::time::Duration;

use glasskey_playground::aws::{AwsOptions, Call};
use glasskey_playground::company::Company;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::bot::{Bot, LIFTED, REAL, Setup, World, binary, post_button, target};
use super::ledgers::{self, LIVE, company};
use super::report::Report;

const COMMANDS_PER_SECOND: u32 = 20;
const COMMANDS_FOR: Duration = Duration::from_secs(30);
const AT_ONCE: usize = 500;
const CLICKS: usize = 200;
const GRANTS_COUNTED: usize = 20;
const IDLE_FOR: Duration = Duration::from_secs(5);
const CREATE: &str = "CreateAccountAssignment";

pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The words of request `number`, by somebody who does not approve.
pub(crate) fn asked(company: &Company, number: usize) -> (String, String) {
    // Every twentieth person and the one before are approvers (`Company::large`).
    let person = number % 900;
    let person = person / 18 * 20 + person % 18 + 1;
    let account = &company.accounts[2 + number % 98].name;
    let set = number / 98 % 10;
    let text =
        format!("{account} PermissionSet{set} 1h INC-{number} look into the failed refunds of this morning");
    (format!("person-{person}"), text)
}

/// 1. Slash commands: acknowledged after they are durable.
pub(crate) async fn commands(report: &mut Report) {
    let company = company();
    let world = World::new(Setup::lifted(company.clone())).await;
    let bot = world.start().await;
    let began = Instant::now();
    let mut asking = JoinSet::new();
    let count = COMMANDS_PER_SECOND * u32::try_from(COMMANDS_FOR.as_secs()).unwrap();
    for number in 0..count {
        sleep_until(began + Duration::from_secs(1) * number / COMMANDS_PER_SECOND).await;
        spawn_slash(&mut asking, &world, asked(&company, number as usize));
    }
    let (acked, mut ids) = answers(asking).await;
    report.spread(
        "slash command to acknowledged and durable, 20 commands/s for 30 s",
        "ms",
        acked,
        &[(0.5, 10.0), (0.99, 50.0)],
        "from the envelope's sending to its acknowledgement's arrival, at the Slack twin; people's first commands included",
    );
    let mut asking = JoinSet::new();
    for number in 0..AT_ONCE {
        spawn_slash(&mut asking, &world, asked(&company, count as usize + number));
    }
    let (acked, more) = answers(asking).await;
    bot.kill().await;
    report.spread(
        "slash command to acknowledged and durable, 500 at once",
        "ms",
        acked,
        &[],
        "all envelopes sent in one go over two sockets",
    );
    ids.extend(more);
    let durable = ledgers::open_requests(world.store());
    let lost = ids.iter().filter(|id| !durable.contains(*id)).count();
    #[expect(clippy::cast_precision_loss, reason = "hundreds")]
    let lost = (lost + (count as usize + AT_ONCE - ids.len())) as f64;
    report.single(
        "commands lost of 600 in turn and 500 at once",
        "commands",
        lost,
        Some(0.0),
        "bot killed (SIGKILL) right after the last acknowledgement; requests then read from the ledger on the disk",
    );
}

type Asking = JoinSet<(Option<Duration>, String)>;

fn spawn_slash(asking: &mut Asking, world: &World, (who, text): (String, String)) {
    let slack = world.slack.clone();
    asking.spawn(async move {
        let said = slack.slash(&who, "C0ACCESS", "/elevate", &text).await;
        (said.acked_after, said.words())
    });
}

async fn answers(asking: Asking) -> (Vec<f64>, Vec<String>) {
    let (mut acked, mut ids) = (Vec::new(), Vec::new());
    for (after, words) in asking.join_all().await {
        acked.extend(after.map(milliseconds));
        match id_in(&words) {
            Some(id) => ids.push(id),
            None => println!("  no request in the answer: {words}"),
        }
    }
    (acked, ids)
}

pub(crate) fn id_in(words: &str) -> Option<String> {
    let at = words.find("AR-")?;
    let id: String = words[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    Some(id)
}

/// 2. From the click on Approve to the create on the wire.
pub(crate) async fn approve(report: &mut Report) {
    let quick = &[(0.5, 15.0), (0.99, 60.0)];
    let world = World::new(Setup::lifted(company())).await;
    let bot = world.start().await;
    let took = clicks(&world, 0).await;
    report.spread("Approve click to create on the wire, twins answer at once", "ms", took, quick, CLICKED);
    let calls = calls_per_grant(&world, CLICKS).await;
    report_calls(report, "0 live grants", &calls);
    complain(&world, &bot).await;
    bot.stop().await;

    let aws = AwsOptions { latency: Duration::from_millis(80), ..AwsOptions::quick() };
    let world = World::new(Setup { aws, ..Setup::lifted(company()) }).await;
    let bot = world.start().await;
    world.slack.set_latency("*", Duration::from_millis(100));
    let took = clicks(&world, 0).await;
    let promise = &[(0.5, 110.0), (0.99, 110.0)];
    report.spread(
        "Approve click to create on the wire, AWS 80 ms, Slack 100 ms",
        "ms",
        took,
        promise,
        CLICKED,
    );
    complain(&world, &bot).await;
    bot.stop().await;
}

/// The same with ten thousand live grants.
pub(crate) async fn approve_live(report: &mut Report) {
    let folder = tempfile::tempdir_in(target()).unwrap();
    let company = ledgers::with_grants(company(), LIVE);
    ledgers::copy(&ledgers::live(&company), folder.path());
    let world = World::new(Setup { store: Some(folder.path().to_owned()), ..Setup::lifted(company) }).await;
    let bot = world.start().await;
    let took = clicks(&world, 900).await;
    let quick = &[(0.5, 15.0), (0.99, 60.0)];
    report.spread("Approve click to create on the wire, 10,000 live grants", "ms", took, quick, CLICKED);
    let calls = calls_per_grant(&world, 900 + CLICKS).await;
    report_calls(report, "10,000 live grants", &calls);
    println!("  resident with 10,000 live grants: {:.1} MiB", bot.memory_mib("VmRSS"));
    complain(&world, &bot).await;
    bot.stop().await;
}

const CLICKED: &str = "from the click's envelope leaving the Slack twin to CreateAccountAssignment arriving at the AWS twin; \
    budget lifted; approver known to the bot";

/// Prints what the bot itself says of commits and decisions, and what it complained of.
pub(crate) async fn complain(world: &World, bot: &Bot) {
    let metrics = bot.metrics().await;
    for name in ["glasskey_commit_seconds", "glasskey_decide_seconds"] {
        let of = |what: &str| {
            let line = metrics.lines().find(|line| line.starts_with(&format!("{name}_{what}")));
            line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).unwrap_or(f64::NAN)
        };
        println!("  {name}: mean {:.3} ms of {}", of("sum") / of("count") * 1e3, of("count"));
    }
    let complaints = world.complaints();
    if let Some(first) = complaints.first() {
        println!("  the bot complained {} times, first: {first}", complaints.len());
    }
}

/// Sends requests and approves each, one after the other; how long each create took to come.
async fn clicks(world: &World, first: usize) -> Vec<f64> {
    let company = company();
    // Known to the bot, as approvers are who were named on a card: their first command asks Slack who they are.
    world.slack.slash("person-0", "C0GENERAL", "/elevate", "list").await;
    let mut took = Vec::new();
    for number in first..first + CLICKS {
        let ts = pending(world, &company, number).await;
        sleep(Duration::from_millis(60)).await;
        world.aws.forget_calls();
        let clicked = Instant::now();
        let seen = world.slack.click("person-0", "C0GENERAL", &ts, "request.approve").await;
        let come = |aws: &glasskey_playground::aws::AwsControl| aws.count(CREATE) > 0;
        if let Err(late) = world.aws.wait_for(Duration::from_secs(5), come).await {
            println!("  no create came: {seen:?} {late}");
            continue;
        }
        let call = world.aws.calls().into_iter().find(|call| call.operation == CREATE).unwrap();
        took.push(milliseconds(call.at.duration_since(clicked)));
        sleep(Duration::from_millis(40)).await;
    }
    took
}

/// A new request, and a message with its Approve button.
async fn pending(world: &World, company: &Company, number: usize) -> String {
    let (who, text) = asked(company, number);
    let said = world.slack.slash(&who, "C0ACCESS", "/elevate", &text).await;
    let id = id_in(&said.words()).unwrap_or_else(|| panic!("{said:?}"));
    post_button(&world.slack, "request.approve", &id).await
}

/// For each of some grants, done one at a time: the calls from the click until it is quiet again.
async fn calls_per_grant(world: &World, first: usize) -> Vec<Vec<Call>> {
    let mut all = Vec::new();
    // What the clicks before began must be over.
    sleep(Duration::from_secs(3)).await;
    for number in first..first + GRANTS_COUNTED {
        let ts = pending(world, &company(), number).await;
        sleep(Duration::from_millis(60)).await;
        world.aws.forget_calls();
        world.slack.click("person-0", "C0GENERAL", &ts, "request.approve").await;
        sleep(Duration::from_millis(900)).await;
        all.push(world.aws.calls());
    }
    all
}

fn report_calls(report: &mut Report, with: &str, grants: &[Vec<Call>]) {
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let counted = |count: &dyn Fn(&Vec<Call>) -> usize| {
        grants.iter().map(|calls| count(calls) as f64).collect::<Vec<_>>()
    };
    let before = counted(&|calls| calls.iter().take_while(|call| call.operation != CREATE).count());
    let polls = |call: &&Call| call.operation.starts_with("DescribeAccountAssignment");
    let without_polls = counted(&|calls| calls.len() - calls.iter().filter(polls).count());
    let in_all = counted(&Vec::len);
    let method = "one grant at a time, all AWS calls from the click until the card says it is active";
    report.spread(&format!("AWS calls before the create, {with}"), "calls", before, &[(1.0, 1.0)], method);
    report.spread(
        &format!("AWS calls per grant without polls, {with}"),
        "calls",
        without_polls,
        &[(1.0, 4.0)],
        method,
    );
    report.spread(&format!("AWS calls per grant in all, {with}"), "calls", in_all, &[], method);
    let operations: Vec<&str> =
        grants.last().into_iter().flatten().map(|call| call.operation.as_str()).collect();
    println!("  a grant calls {operations:?}");
}

/// 4. What it weighs, and how soon it is there.
pub(crate) async fn size(report: &mut Report) {
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let bytes = std::fs::metadata(binary()).unwrap().len();
    report.single("binary", "MB", megabytes(bytes), Some(40.0), &format!("size of {}", binary().display()));
    let world = World::new(acme(AwsOptions::quick(), LIFTED)).await;
    let mut ready = Vec::new();
    let mut memory = Vec::new();
    for round in 0..6 {
        drop(std::fs::remove_dir_all(world.store()));
        let bot = world.start().await;
        ready.push(milliseconds(bot.ready_after));
        if round == 0 {
            sleep(IDLE_FOR).await;
            memory.push(bot.memory_mib("VmRSS") * 1.048_576);
            println!(
                "  peak {:.1} MiB; /metrics {} bytes",
                bot.memory_mib("VmHWM"),
                bot.metrics().await.len()
            );
        }
        stop(bot).await;
    }
    report.spread(
        "idle resident memory",
        "MB",
        memory,
        &[(1.0, 40.0)],
        "VmRSS 5 s after ready, empty ledger, Acme",
    );
    let method = "from the process's start to the first 200 of /readyz, asked every 2 ms; empty ledger, Acme";
    report.spread("start to ready, empty ledger, budget lifted", "ms", ready, &[(1.0, 500.0)], method);
    let world = World::new(acme(AwsOptions::default(), REAL)).await;
    let bot = world.start().await;
    report.single(
        "start to ready, empty ledger, real budgets",
        "ms",
        milliseconds(bot.ready_after),
        None,
        "as above; the reading of the directory goes at 5 to 20 calls a second",
    );
    stop(bot).await;
}

async fn stop(bot: Bot) {
    bot.stop().await;
}

fn acme(aws: AwsOptions, calls_per_second: u32) -> Setup {
    let rules = Some(include_str!("../../playground/policies/acme.cedar").to_owned());
    Setup { aws, calls_per_second, rules, ..Setup::lifted(Company::acme()) }
}

/// From start to ready with a long past.
pub(crate) async fn start_million(report: &mut Report) {
    let company = ledgers::with_grants(company(), LIVE);
    let path = ledgers::million(&company);
    let world = World::new(Setup { store: Some(path), ..Setup::lifted(company) }).await;
    // The first start reads the directory and keeps it, as a bot with such a past has done.
    let bot = world.start().await;
    println!("  first start: {:?}", bot.ready_after);
    stop(bot).await;
    let (mut ready, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let bot = world.start().await;
        ready.push(milliseconds(bot.ready_after));
        memory.push(bot.memory_mib("VmRSS") * 1.048_576);
        bot.kill().await;
    }
    let method = "ledger of 1,000,000 events with 10,000 live grants and 20,000 remembered deliveries; after a SIGKILL each time; \
        1,000 people; files in the page cache";
    report.spread("start to ready, 1,000,000 events, 10,000 live", "ms", ready, &[(1.0, 2_000.0)], method);
    report.spread("resident memory when ready, 1,000,000 events, 10,000 live", "MB", memory, &[], method);
}
