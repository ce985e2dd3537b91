//! Every button of a card, and App Home, with ten thousand live grants.

use std::time::Duration;

use glasskey::notices::Button;
use glasskey_domain::{RequestId, Seconds};
use glasskey_playground::company::Company;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::bot::{Bot, RULES, Setup, World, post_button, target};
use super::clicked::{Then, Waited, waited};
use super::ledgers::{self, LIVE, company};
use super::report::Report;
use super::runs::{asked, complain, id_in, milliseconds};

/// Clicks on each button.
const CLICKS: usize = 100;
/// Grants that can be extended: those of the past are longer than policy lets anybody ask for.
const SHORT: usize = 2 * CLICKS;
/// Short grants end so long after the start: later than the run, and than their warning.
const SHORT_ENDS_AFTER: SignedDuration = SignedDuration::from_mins(45);
/// Between two clicks, so that each finds the bot at rest, as a person does.
const REST: Duration = Duration::from_millis(40);
/// How far away Slack is.
const FAR: Duration = Duration::from_millis(100);
/// Who open App Home at the same time.
const SIDE_BY_SIDE: usize = 10;
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

/// 8. Ten thousand live grants, and somebody clicks.
pub(crate) async fn cards_live(report: &mut Report) {
    let folder = tempfile::tempdir_in(target()).unwrap();
    let company = ledgers::with_grants(company(), LIVE + SHORT);
    ledgers::copy(&ledgers::live(&company), folder.path());
    let (path, made) = (folder.path().to_owned(), company.clone());
    let ends = Timestamp::now().checked_add(SHORT_ENDS_AFTER).unwrap();
    let making = tokio::task::spawn_blocking(move || {
        ledgers::ending(&path, &made, LIVE..LIVE + SHORT, ends, Seconds::minutes(1))
    });
    making.await.unwrap();
    let world = World::new(Setup {
        store: Some(folder.path().to_owned()),
        rules: Some(format!("{RULES}{URGENT}")),
        requests: "cut_sessions = \"inline-policy\"\n",
        ..Setup::lifted(company.clone())
    })
    .await;
    let bot = world.start().await;
    known(&world).await;
    let mut clicks = Clicks { world: &world, report, all: Vec::new() };
    clicks.of_those_who_wait(&company).await;
    clicks.of_those_who_have().await;
    clicks.of_urgent(&company).await;
    clicks.home().await;
    clicks.homes_side_by_side().await;
    // Last: what it begins goes on for minutes.
    clicks.each(Button::EndAndCut, live(5 * CLICKS), None, Then::Says("being ended"), None).await;
    let all = clicks.all;
    report.spread("any click with 10,000 live grants", "ms", all, &PROMISE, METHOD);
    ended(&world, bot).await;
}

async fn ended(world: &World, bot: Bot) {
    println!("  resident with 10,000 live grants: {:.1} MiB", bot.memory_mib("VmRSS"));
    complain(world, &bot).await;
    bot.stop().await;
}

/// People whom the bot never met cost a question to Slack at their first click.
async fn known(world: &World) {
    for person in 0..company().people.len() {
        world.slack.slash(&format!("person-{person}"), PLACE, "/elevate", "list").await;
    }
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
    /// Asks as many times as there are clicks.
    async fn asked(&self, company: &Company, urgent: bool, first: usize) -> Vec<Mine> {
        let mut mine = Vec::new();
        let mut number = first;
        while mine.len() < CLICKS {
            let (who, text) = asked(company, number);
            let text = if urgent { format!("urgent {text}") } else { text };
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
        let waiting = self.asked(company, false, 900).await;
        self.each(Button::Approve, waiting, Some(APPROVER), being_created, None).await;
        let waiting = self.asked(company, false, 1_100).await;
        let shorter = json!({ "length": "1800" });
        self.each(Button::ApproveLess, waiting, Some(APPROVER), Then::Form, Some(shorter)).await;
        let waiting = self.asked(company, false, 1_300).await;
        let why = json!({ "why": "not this week, ask again after the release" });
        self.each(Button::Deny, waiting, Some(APPROVER), Then::Form, Some(why)).await;
        let waiting = self.asked(company, false, 1_500).await;
        self.each(Button::Withdraw, waiting, None, Then::Says("is withdrawn"), None).await;
    }

    async fn of_those_who_have(&mut self) {
        self.each(Button::End, live(0), None, Then::Says("being ended"), None).await;
        self.each(Button::Done, live(CLICKS), None, Then::Says("being ended"), None).await;
        self.each(Button::Repeat, live(2 * CLICKS), None, Then::Form, None).await;
        let more = json!({ "length": "1800", "reason": "it takes longer than I thought" });
        self.each(Button::Extend, live(LIVE), None, Then::Form, Some(more)).await;
        self.each(Button::CancelExtension, live(LIVE), None, Then::Says("is withdrawn"), None).await;
    }

    async fn of_urgent(&mut self, company: &Company) {
        let there = self.asked(company, true, 1_700).await;
        self.each(Button::Acknowledge, there, Some(APPROVER), Then::Says("acknowledged"), None).await;
        let there = self.asked(company, true, 1_900).await;
        let why = json!({ "why": "this could have waited for an approval" });
        self.each(Button::Object, there, Some(APPROVER), Then::Form, Some(why)).await;
    }

    /// Somebody with ten live grants opens App Home.
    async fn home(&mut self) {
        let mut opened = Vec::new();
        for mine in live(3 * CLICKS) {
            opened.push(waited(self.world, self.world.slack.open_home(&mine.who), Then::Home).await);
            sleep(REST).await;
        }
        self.keep("App Home opened, 10,000 live grants", &opened);
    }

    /// Several open it at the same time, with Slack as far away as it is: nobody is to wait for another's to be drawn.
    async fn homes_side_by_side(&mut self) {
        self.world.slack.set_latency("*", FAR);
        let mut acked = Vec::new();
        for round in live(4 * CLICKS).chunks(SIDE_BY_SIDE) {
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
