//! Every button of a card, and App Home, with ten thousand live grants.

use std::path::Path;
use std::time::Duration;

use glasskey::notices::Button;
use glasskey_domain::{RequestId, Seconds};
use glasskey_playground::company::Company;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::bot::{Bot, RULES, Setup, World, post_button, target};
use super::breakglass::slack_is_quiet;
use super::clicked::{Then, Waited, waited};
use super::ledgers::{self, LIVE, company};
use super::report::Report;
use super::runs::{asked, complain, id_in, milliseconds};

/// Clicks on each button.
const CLICKS: usize = 100;
/// Urgent requests, of which all approvers are told at once.
const URGENTLY: usize = 20;
/// Short grants end so long after the start: later than the run, and than their warning.
const SHORT_ENDS_AFTER: SignedDuration = SignedDuration::from_mins(45);
/// Between two clicks, so that each finds the bot at rest, as a person does.
const REST: Duration = Duration::from_millis(40);
/// How far away Slack is.
const FAR: Duration = Duration::from_millis(100);
/// Who open App Home at the same time.
const SIDE_BY_SIDE: usize = 10;
/// From the call that opens a form until it is there.
const WITHIN: Duration = Duration::from_secs(5);
const PLACE: &str = "C0GENERAL";
const APPROVER: &str = "person-0";
const PROMISE: [(f64, f64); 1] = [(0.99, 100.0)];

const URGENT: &str = r#"
@id("urgent") @max_duration("1h") @broad("yes: the same for everybody")
permit (principal, action == Action::"requestUrgent", resource);
"#;

const METHOD: &str = "from the click's envelope leaving the Slack twin until it is acknowledged and, where it opens a form or is \
    answered in words, until that arrives at the Slack twin; twins answer at once, budget lifted; who clicks is known to the bot";

/// Whose request it is, and how it is called.
struct Mine {
    who: String,
    id: RequestId,
}

/// All that was measured.
struct Clicks<'a> {
    world: &'a World,
    report: &'a mut Report,
    all: Vec<f64>,
}

/// Buttons that are measured with one bot. Each kind has its own: what chat is told of some hundred requests in two minutes waits
/// for Slack's one message a second, and that is another thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Waiting,
    Having,
    Home,
    Urgent,
    Cutting,
}

/// 8. Ten thousand live grants, and somebody clicks.
pub(crate) async fn cards_live(report: &mut Report) {
    let company = ledgers::with_grants(company(), LIVE + CLICKS);
    let mut all = Vec::new();
    for kind in [Kind::Waiting, Kind::Having, Kind::Home, Kind::Urgent, Kind::Cutting] {
        let folder = tempfile::tempdir_in(target()).unwrap();
        prepare(folder.path(), &company).await;
        let world = World::new(Setup {
            store: Some(folder.path().to_owned()),
            rules: Some(format!("{RULES}{URGENT}")),
            requests: "cut_sessions = \"inline-policy\"\n",
            ..Setup::lifted(company.clone())
        })
        .await;
        let bot = world.start().await;
        let mut clicks = Clicks { world: &world, report, all: Vec::new() };
        clicks.of_kind(kind, &company).await;
        all.extend(clicks.all);
        println!("  after {kind:?}:");
        ended(&world, bot).await;
    }
    report.spread("any click with 10,000 live grants", "ms", all, &PROMISE, METHOD);
}

/// A ledger with long grants and short ones: the long ones are as long as policy lets anybody ask for.
async fn prepare(path: &Path, company: &Company) {
    ledgers::copy(&ledgers::live(company), path);
    let (path, made) = (path.to_owned(), company.clone());
    let ends = Timestamp::now().checked_add(SHORT_ENDS_AFTER).unwrap();
    let making = tokio::task::spawn_blocking(move || {
        ledgers::ending(&path, &made, LIVE..LIVE + CLICKS, ends, Seconds::minutes(1))
    });
    making.await.unwrap();
}

async fn ended(world: &World, bot: Bot) {
    println!("  resident with 10,000 live grants: {:.1} MiB", bot.memory_mib("VmRSS"));
    complain(world, &bot).await;
    bot.stop().await;
}

/// Grants of the past from this number on.
fn live(first: usize) -> Vec<Mine> {
    let people = company().people.len();
    let mine = |number| Mine {
        who: format!("person-{}", number % people),
        id: RequestId::from_bits(number as u64, 5),
    };
    (first..first + CLICKS).map(mine).collect()
}

impl Clicks<'_> {
    async fn of_kind(&mut self, kind: Kind, company: &Company) {
        // People whom the bot never met cost a question to Slack at their first click.
        let live = if kind == Kind::Waiting || kind == Kind::Urgent { Vec::new() } else { live(0) };
        for who in live.iter().map(|mine| mine.who.as_str()).chain([APPROVER]) {
            self.world.slack.slash(who, PLACE, "/elevate", "list").await;
        }
        match kind {
            Kind::Waiting => self.of_those_who_wait(company).await,
            Kind::Having => self.of_those_who_have().await,
            Kind::Home => {
                self.home().await;
                self.homes_side_by_side().await;
            }
            Kind::Urgent => self.of_urgent(company).await,
            Kind::Cutting => {
                self.each(Button::EndAndCut, live, None, Then::Says("being ended"), None).await;
            }
        }
    }

    async fn asked(&self, company: &Company, times: usize, first: usize) -> Vec<Mine> {
        self.asked_as("", company, times, first).await
    }

    /// Asks so many times, with this word before it.
    async fn asked_as(&self, how: &str, company: &Company, times: usize, first: usize) -> Vec<Mine> {
        let mut mine = Vec::new();
        let mut number = first;
        while mine.len() < times {
            let (who, text) = asked(company, number);
            let text = format!("{how}{text}");
            let said = self.world.slack.slash(&who, PLACE, "/elevate", &text).await;
            match id_in(&said.words()).and_then(|id| RequestId::parse(&id).ok()) {
                Some(id) => mine.push(Mine { who, id }),
                // The ledger has that one already.
                None => println!("  {}", said.words()),
            }
            number += 1;
        }
        mine
    }

    async fn of_those_who_wait(&mut self, company: &Company) {
        let being_created = Then::Says("is being created");
        let waiting = self.asked(company, CLICKS, 900).await;
        self.each(Button::Approve, waiting, Some(APPROVER), being_created, None).await;
        let waiting = self.asked(company, CLICKS, 1_100).await;
        let shorter = json!({ "length": "1800" });
        self.each(Button::ApproveLess, waiting, Some(APPROVER), Then::Form, Some(shorter)).await;
        let waiting = self.asked(company, CLICKS, 1_300).await;
        let why = json!({ "why": "not this week, ask again after the release" });
        self.each(Button::Deny, waiting, Some(APPROVER), Then::Form, Some(why)).await;
        let waiting = self.asked(company, CLICKS, 1_500).await;
        self.each(Button::Withdraw, waiting, None, Then::Says("is withdrawn"), None).await;
    }

    async fn of_those_who_have(&mut self) {
        self.each(Button::Repeat, live(0), None, Then::Form, None).await;
        let more = json!({ "length": "1800", "reason": "it takes longer than I thought" });
        self.each(Button::Extend, live(LIVE), None, Then::Form, Some(more)).await;
        self.each(Button::CancelExtension, live(LIVE), None, Then::Says("is withdrawn"), None).await;
        self.each(Button::End, live(0), None, Then::Says("being ended"), None).await;
        self.each(Button::Done, live(company().people.len()), None, Then::Says("being ended"), None).await;
    }

    /// A hundred people are told of each.
    async fn of_urgent(&mut self, company: &Company) {
        let there = self.asked_as("urgent ", company, URGENTLY, 1_700).await;
        slack_is_quiet(self.world).await;
        self.each(Button::Acknowledge, there, Some(APPROVER), Then::Says("acknowledged"), None).await;
        let there = self.asked_as("urgent ", company, URGENTLY, 1_900).await;
        slack_is_quiet(self.world).await;
        let why = json!({ "why": "this could have waited for an approval" });
        self.each(Button::Object, there, Some(APPROVER), Then::Form, Some(why)).await;
    }

    /// Somebody with ten live grants opens App Home.
    async fn home(&mut self) {
        let mut opened = Vec::new();
        for mine in live(0) {
            opened.push(waited(self.world, self.world.slack.open_home(&mine.who), Then::Home).await);
            sleep(REST).await;
        }
        self.keep("App Home opened, 10,000 live grants", &opened);
    }

    /// Several open it at the same time, with Slack as far away as it is: nobody is to wait for another's to be drawn.
    async fn homes_side_by_side(&mut self) {
        self.world.slack.set_latency("*", FAR);
        let mut acked = Vec::new();
        for round in live(0).chunks(SIDE_BY_SIDE) {
            let mut opening = JoinSet::new();
            for mine in round {
                let (slack, who) = (self.world.slack.clone(), mine.who.clone());
                opening.spawn(async move { slack.open_home(&who).await });
            }
            let opened = opening.join_all().await.into_iter();
            acked.extend(opened.map(|opened| milliseconds(opened.acked_after.unwrap())));
        }
        self.world.slack.set_latency("*", Duration::ZERO);
        let name = "App Home opened by ten people at once, Slack 100 ms: acknowledged";
        self.report.spread(name, "ms", acked, &[], METHOD);
    }

    /// Clicks on a button of each: by `by`, else by who asked. `form`: what is filled into the form that opens.
    async fn each(
        &mut self,
        button: Button,
        mine: Vec<Mine>,
        by: Option<&str>,
        then: Then,
        form: Option<Value>,
    ) {
        let (mut clicked, mut sent) = (Vec::new(), Vec::new());
        for Mine { who, id } in mine {
            let (who, slack) = (by.unwrap_or(&who), &self.world.slack);
            let ts = post_button(slack, button.action(), id.as_str()).await;
            sleep(REST).await;
            clicked.push(waited(self.world, slack.click(who, PLACE, &ts, button.action()), then).await);
            if matches!(then, Then::Form) {
                slack.wait_for(WITHIN, |slack| slack.open_views(who).pop()).await.unwrap();
            }
            if let Some(form) = &form {
                sent.push(waited(self.world, slack.submit_view(who, form), Then::Nothing).await);
            } else if matches!(then, Then::Form) {
                slack.close_view(who).await;
            }
            sleep(REST).await;
        }
        let label = button.label();
        self.keep(&format!("`{label}` clicked, 10,000 live grants"), &clicked);
        if !sent.is_empty() {
            self.keep(&format!("`{label}` form sent, 10,000 live grants"), &sent);
        }
    }

    fn keep(&mut self, name: &str, waited: &[Waited]) {
        let whole: Vec<f64> = waited.iter().map(|waited| waited.whole).collect();
        let acked = super::report::Sorted::of(waited.iter().map(|waited| waited.acked).collect());
        println!("  acknowledged: p50 {:.2} p99 {:.2} ms", acked.quantile(0.5), acked.quantile(0.99));
        self.all.extend(&whole);
        self.report.spread(name, "ms", whole, &PROMISE, METHOD);
    }
}
