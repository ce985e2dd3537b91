//! Break-glass: how soon it is on, and how a full group is emptied within Okta's budget. The promises of issue 3.

use std::collections::BTreeMap;
use std::time::Duration;

use glasskey_playground::company::Company;
use glasskey_playground::okta::{Call, OktaOptions, RateLimits};
use jiff::Timestamp;
use tokio::time::sleep;

use super::bot::{Setup, World};
use super::journal::Journal;
use super::ledgers::company;
use super::report::Report;
use super::runs::complain;

const COMMANDER: &str = "person-0";
const TOKEN_OF: &str = "person-999";
const INCIDENT: &str = "C0INCIDENT";
const APP: &str = "0oa1emergency";
const OPS: &str = "00gops";
const ON: &str = "on ops 2h INC-7 identity center does not answer";
/// As many as are asked for: each takes as long as Slack takes to be told of it, one message a second and channel.
const RUNS: usize = 50;
/// No call for so long is quiet: longer than the second between two messages.
const QUIET_MS: f64 = 1_100.0;
const MEMBERS: usize = 200;
/// Calls to groups a minute, of which two hundred removals need more than two minutes.
const SCARCE: u32 = 100;
/// How far away Okta is.
const FAR: Duration = Duration::from_millis(80);
/// Far longer than anything here takes.
const WITHIN: Duration = Duration::from_secs(30);
const OFF_WITHIN: Duration = Duration::from_secs(600);
const PROMISE: [(f64, f64); 1] = [(0.99, 50.0)];

const RULES: &str = r#"
@id("commanders") @max_duration("4h")
permit (principal in Group::"group-0", action == Action::"breakglass", resource);
"#;

const METHOD: &str = "from the envelope of `/breakglass on` leaving the Slack twin until it is durable that Okta shows the app active \
    and the commander in (journal line in the log); own share: without the time in which a call to Okta was under way";

fn setup(company: Company, okta: OktaOptions) -> Setup {
    Setup { rules: Some(RULES.to_owned()), okta: Some(okta), ..Setup::lifted(company) }
}

/// The token is that of somebody who has no part in this.
fn okta() -> OktaOptions {
    OktaOptions { ssws_user: TOKEN_OF.to_owned(), ..OktaOptions::default() }
}

fn unlimited() -> OktaOptions {
    let much = 1_000_000;
    let rate_limits = RateLimits {
        apps: much,
        app: much,
        groups: much,
        user: much,
        logs: much,
        oauth2: much,
        others: much,
    };
    OktaOptions { rate_limits, ..okta() }
}

/// Okta as it is: far away, with the limits that all tokens share.
fn limited(rate_limits: RateLimits) -> OktaOptions {
    OktaOptions { latency: FAR, rate_limits, enforce_rate_limits: true, ..okta() }
}

/// One `on` that was measured.
struct Opened {
    sent: Timestamp,
    acked: Duration,
    /// When it was durable that it is on.
    confirmed: Timestamp,
    /// What was called at Okta until then.
    calls: Vec<Call>,
    /// Until the incident channel was told.
    announced_ms: Option<f64>,
}

impl Opened {
    fn whole_ms(&self) -> f64 {
        since_epoch_ms(self.confirmed) - since_epoch_ms(self.sent)
    }

    /// Without the time in which at least one call was under way: those side by side count once.
    fn own_ms(&self, latency: Duration) -> f64 {
        let (mut waited, mut until) = (0.0, 0.0_f64);
        for call in &self.calls {
            let ends = to_f64(call.at_ms) + latency.as_secs_f64() * 1e3;
            waited += ends - until.max(to_f64(call.at_ms));
            until = ends;
        }
        self.whole_ms() - waited
    }
}

/// 5. `/breakglass on`, until it is on: Okta answers at once, and has no limits.
pub(crate) async fn on(report: &mut Report) {
    let world = World::new(setup(company(), unlimited())).await;
    summary(report, "Okta answers at once", Duration::ZERO, &opened(&world).await);
}

/// The same with Okta as it is.
pub(crate) async fn on_far(report: &mut Report) {
    let world = World::new(setup(company(), limited(RateLimits::default()))).await;
    summary(report, "Okta at 80 ms with its limits", FAR, &opened(&world).await);
}

fn summary(report: &mut Report, with: &str, latency: Duration, all: &[Opened]) {
    let each = |what: &dyn Fn(&Opened) -> f64| all.iter().map(what).collect::<Vec<f64>>();
    let acked = each(&|opened| opened.acked.as_secs_f64() * 1e3);
    report.spread(&format!("/breakglass on acknowledged, {with}"), "ms", acked, &[], METHOD);
    report.spread(&format!("/breakglass on to on, {with}"), "ms", each(&Opened::whole_ms), &[], METHOD);
    let own = each(&|opened| opened.own_ms(latency));
    report.spread(&format!("/breakglass on to on, own share, {with}"), "ms", own, &PROMISE, METHOD);
    let told = all.iter().filter_map(|opened| opened.announced_ms).collect();
    let method = "until chat.postMessage to the incident channel arrives at the Slack twin";
    report.spread(&format!("/breakglass on to its announcement, {with}"), "ms", told, &[], method);
    let calls = each(&|opened| count(opened.calls.len()));
    report.spread(&format!("/breakglass on to on, calls to Okta, {with}"), "calls", calls, &[], METHOD);
    let Some(Opened { calls, .. }) = all.last() else { return };
    let began = calls.first().map_or(0, |call| call.at_ms);
    let steps = calls.iter().map(|call| format!("{} +{} ms", call.operation, call.at_ms - began));
    println!("  an `on` calls {:?}", steps.collect::<Vec<_>>());
    println!("  turned away: {}", turned_away(all.iter().flat_map(|opened| &opened.calls)));
}

/// Opens and closes, again and again. Slack is quiet before each, as before an emergency in life: a hundred announcements
/// that wait for their turn are another thing.
async fn opened(world: &World) -> Vec<Opened> {
    let bot = world.start().await;
    let mut journal = Journal::at_its_end(world.log());
    // Known to the bot, as commanders are who took part in a drill: their first command asks Slack who they are.
    world.slack.slash(COMMANDER, INCIDENT, "/breakglass", "status").await;
    let mut all = Vec::new();
    for _ in 0..RUNS {
        slack_is_quiet(world).await;
        let mut run = open(world, &mut journal).await;
        slack_is_quiet(world).await;
        run.announced_ms = announced(world, since_epoch_ms(run.sent));
        all.push(run);
        world.slack.slash(COMMANDER, INCIDENT, "/breakglass", "off it works again").await;
        journal.fact("off-confirmed", WITHIN).await;
    }
    complain(world, &bot).await;
    bot.stop().await;
    all
}

async fn open(world: &World, journal: &mut Journal) -> Opened {
    let okta = world.okta();
    okta.forget_calls();
    let sent = Timestamp::now();
    let said = world.slack.slash(COMMANDER, INCIDENT, "/breakglass", ON).await;
    assert!(said.words().contains("is being opened"), "{said:?}");
    let confirmed = journal.fact("on-confirmed", WITHIN).await;
    assert!(okta.is_active(APP) && okta.has_member(OPS, COMMANDER), "{}", okta.snapshot_json());
    let calls =
        okta.calls().into_iter().filter(|call| to_f64(call.at_ms) < since_epoch_ms(confirmed)).collect();
    Opened { sent, acked: said.acked_after.unwrap(), confirmed, calls, announced_ms: None }
}

/// How long after `sent_ms` the incident channel was told.
fn announced(world: &World, sent_ms: f64) -> Option<f64> {
    let calls = world.slack.calls_of("chat.postMessage");
    let told = calls.iter().find(|call| {
        let arguments = call.arguments.to_string();
        // The twin's times are whole milliseconds.
        to_f64(call.at_ms) >= sent_ms.floor()
            && arguments.contains(INCIDENT)
            && arguments.contains("BREAK-GLASS IS ON")
    });
    told.map(|call| to_f64(call.at_ms) - sent_ms)
}

pub(crate) async fn slack_is_quiet(world: &World) {
    let last = || world.slack.calls().last().map_or(0.0, |call| to_f64(call.at_ms));
    while since_epoch_ms(Timestamp::now()) - last() < QUIET_MS {
        sleep(Duration::from_millis(50)).await;
    }
}

/// 6. `/breakglass off` with two hundred in a group, within Okta's limits.
pub(crate) async fn off(report: &mut Report) {
    emptied(report, "Okta's limits", RateLimits::default()).await;
    emptied(report, "half of Okta's limits", RateLimits::default().of_a_new_token()).await;
    // Others use up most of it: the removals take more than one of Okta's minutes.
    let scarce = RateLimits { groups: SCARCE, ..RateLimits::default() };
    emptied(report, "100 calls a minute to groups", scarce).await;
}

async fn emptied(report: &mut Report, with: &str, limits: RateLimits) {
    let world = World::new(setup(company(), limited(limits))).await;
    let bot = world.start().await;
    let mut journal = Journal::at_its_end(world.log());
    open(&world, &mut journal).await;
    let okta = world.okta();
    for number in 1..MEMBERS {
        assert!(okta.add_by_hand(&format!("person-{number}"), OPS));
    }
    assert_eq!(okta.members(OPS).len(), MEMBERS);
    okta.forget_calls();
    let sent = Timestamp::now();
    world.slack.slash(COMMANDER, INCIDENT, "/breakglass", "off it works again").await;
    let closed = journal.fact("off-confirmed", OFF_WITHIN).await;
    assert!(!okta.is_active(APP) && okta.members(OPS).is_empty(), "{}", okta.snapshot_json());
    let calls = okta.calls();
    let seconds = (since_epoch_ms(closed) - since_epoch_ms(sent)) / 1e3;
    let name = |what: &str| format!("/breakglass off of {MEMBERS} members, {what}, {with}");
    let method = "everybody but one added by hand; Okta at 80 ms; from the command's envelope until it is durable that Okta shows \
        the app inactive and the groups empty";
    report.single(&name("time"), "s", seconds, None, method);
    report.single(&name("calls to Okta"), "calls", count(calls.len()), None, method);
    report.single(
        &name("calls turned away with 429"),
        "calls",
        count(turned_away(&calls)),
        Some(0.0),
        method,
    );
    let mut each: BTreeMap<&str, usize> = BTreeMap::new();
    for call in &calls {
        *each.entry(&call.operation).or_default() += 1;
    }
    let began = since_epoch_ms(sent);
    let when = |operation: &str| {
        let those = calls.iter().filter(|call| call.operation == operation);
        those.map(|call| (to_f64(call.at_ms) - began).round()).collect::<Vec<f64>>()
    };
    println!("  {each:?}, deactivation sent after {:?} ms", when("deactivateApplication"));
    println!("  looked after {:?} ms", when("getApplication"));
    println!("  removed after {:?} ms", when("unassignUserFromGroup").iter().step_by(10).collect::<Vec<_>>());
    complain(&world, &bot).await;
    bot.stop().await;
}

fn turned_away<'a>(calls: impl IntoIterator<Item = &'a Call>) -> usize {
    calls.into_iter().filter(|call| call.status == Some(429)).count()
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of this century are far below 2^53")]
fn since_epoch_ms(at: Timestamp) -> f64 {
    at.as_microsecond() as f64 / 1e3
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of this century are far below 2^53")]
fn to_f64(ms: i64) -> f64 {
    ms as f64
}

#[expect(clippy::cast_precision_loss, reason = "hundreds")]
fn count(calls: usize) -> f64 {
    calls as f64
}
