//! A town: a pretend company on twins of AWS and Slack, the whole bot against them through the real wire, and a clock
//! that can be set. Stories are told in it.
//!
//! Everything is called from a plain `#[test]`: the twins and the bot have threads of their own. Nothing here sleeps:
//! what is waited for is awaited, and every wait ends after [`PATIENCE`]. A town that is dropped checks itself
//! (`check.rs`), so every story also tests the promises.

mod check;
mod clock;
pub(crate) mod logs;
mod okta;
mod people;
mod waits;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use glasskey::access::settings::Timeouts;
use glasskey::cli::run::{Bot, Outside};
use glasskey::config::{Config, Environment, Need};
use glasskey::engine::{Engine, refresh, sweep};
use glasskey::ledger::{self, Opened};
use glasskey::policy::{RuleSet, SharedRules};
use glasskey::ports::Clock as _;
use glasskey::telemetry::health::{Health, Part};
use glasskey_playground::aws::{AwsControl, AwsOptions, AwsTwin, Fault, FaultKind};
use glasskey_playground::company::{Assignment, Company};
use glasskey_playground::okta::{OktaControl, OktaOptions, OktaTwin};
use glasskey_playground::slack::{Ack, Fault as SlackFault, SlackOptions, SlackTwin};
use jiff::{SignedDuration, Span, Timestamp};
use tokio::runtime::{Builder, Runtime};

pub(crate) use clock::TownClock;
pub(crate) use okta::{ALONE, APP, OKTA_TOKEN, OPS, RO, TWO, rules};
pub(crate) use people::{Person, Request, Said};

/// How long anything may take that is waited for: far longer than it takes, and short enough for a failing test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// How long a call may take in this town.
const CALL_MAX: Duration = Duration::from_secs(1);
/// How often the bot asks whether somebody has signed in: in life it is a second.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long tasks may take to end when a bot is killed.
const DEATH: Duration = Duration::from_secs(5);
/// The access channel.
pub(crate) const ACCESS: &str = "C0ACCESS";
/// Acme's rules, as the demo has them.
pub(crate) const ACME: &str = include_str!("../../../playground/policies/acme.cedar");

/// Secrets of this town. Planted so that they can be looked for wherever the bot writes (pitfall 28).
pub(crate) const APP_TOKEN: &str = "xapp-1-A0TOWN-pl4nt3d-app-secret";
/// See [`APP_TOKEN`].
pub(crate) const BOT_TOKEN: &str = "xoxb-town-pl4nt3d-bot-secret";
/// See [`APP_TOKEN`].
pub(crate) const AWS_SECRET: &str = "pl4nt3d+aws/secret";

/// How a town is set up.
pub(crate) struct Plan {
    pub(crate) company: Company,
    pub(crate) policies: String,
    pub(crate) aws: AwsOptions,
    pub(crate) slack: SlackOptions,
    pub(crate) okta: OktaOptions,
    /// More lines of `[schedule]`.
    pub(crate) schedule: String,
    /// More configuration, put behind ours; `{okta}` is where Okta is.
    pub(crate) more: String,
    /// AWS answers nothing when the bot starts.
    pub(crate) aws_down: bool,
    /// Whether the bot keeps to Slack's one message a second and channel.
    pub(crate) paced: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            company: Company::acme(),
            policies: ACME.to_owned(),
            aws: AwsOptions::quick(),
            slack: SlackOptions {
                app_token: APP_TOKEN.to_owned(),
                bot_token: BOT_TOKEN.to_owned(),
                ..SlackOptions::default()
            },
            okta: OktaOptions { ssws_token: Some(OKTA_TOKEN.to_owned()), ..OktaOptions::default() },
            schedule: String::new(),
            more: String::new(),
            aws_down: false,
            paced: false,
        }
    }
}

/// The bot, alive.
struct Alive {
    runtime: Runtime,
    bot: Bot,
}

/// See the top of this file.
pub(crate) struct Town {
    world: Runtime,
    alive: Option<Alive>,
    /// Kept so that the twin lives as long as the town.
    _aws: AwsTwin,
    control: AwsControl,
    slack: SlackTwin,
    /// Kept so that the twin lives as long as the town.
    _okta: OktaTwin,
    okta_control: OktaControl,
    clock: Arc<TownClock>,
    config: Config,
    environment: Environment,
    health: Health,
    _folder: tempfile::TempDir,
    company: Company,
    paced: bool,
    /// What people changed at AWS behind the bot's back: not the bot's doing, so not its fault.
    by_hand: Mutex<BTreeSet<Assignment>>,
}

impl Town {
    /// Acme with its ordinary rules, everything well.
    pub(crate) fn new() -> Self {
        Self::planned(Plan::default())
    }

    /// Acme with other rules.
    pub(crate) fn with_policies(policies: &str) -> Self {
        Self::planned(Plan { policies: policies.to_owned(), ..Plan::default() })
    }

    /// As planned; the bot is up, connected, and knows the company (unless AWS is down).
    pub(crate) fn planned(plan: Plan) -> Self {
        logs::capture();
        let world = runtime("world");
        let aws = world.block_on(AwsTwin::start(&plan.company, plan.aws)).unwrap();
        let slack = world.block_on(SlackTwin::start(&plan.company, plan.slack)).unwrap();
        let okta = world.block_on(OktaTwin::start(&plan.company, plan.okta)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::Given(BTreeMap::from([
            ("SLACK_APP_TOKEN".to_owned(), APP_TOKEN.to_owned()),
            ("SLACK_BOT_TOKEN".to_owned(), BOT_TOKEN.to_owned()),
            ("OKTA_TOKEN".to_owned(), OKTA_TOKEN.to_owned()),
        ]));
        let urls = Urls { slack: slack.url(), aws: aws.url(), okta: okta.url() };
        let more = plan.more.replace("{okta}", &urls.okta);
        let config = configuration(folder.path(), &urls, &plan.schedule, &more, &environment);
        let okta_control = okta.control();
        let control = aws.control();
        let mut town = Self {
            world,
            alive: None,
            _aws: aws,
            control,
            slack,
            _okta: okta,
            okta_control,
            clock: Arc::new(TownClock::default()),
            config,
            environment,
            health: Health::new(Vec::new(), vec![Part::Slack]),
            _folder: folder,
            company: plan.company,
            paced: plan.paced,
            by_hand: Mutex::default(),
        };
        town.write_policies(&plan.policies);
        if plan.aws_down {
            town.aws_goes_down();
        }
        town.start();
        if !plan.aws_down {
            town.knows_the_company();
        }
        town
    }

    /// Starts the bot on the store as it is, and waits until Slack can be heard.
    pub(crate) fn start(&mut self) {
        let opened = self.open_ledger();
        let rules = RuleSet::load(&self.config.policy.dir, self.config.policy.time_zone.clone()).unwrap();
        let runtime = runtime("bot");
        let bot = runtime.block_on(async {
            let secrets = self.config.resolve_secrets(&self.environment).await.unwrap();
            let mut outside = Outside::real(&self.config, &secrets);
            outside.clock = self.clock.clone();
            outside.aws.credentials = Some(Credentials::new("AKIDTOWN", AWS_SECRET, None, None, "town"));
            // A call that hangs is given up sooner than in life, so that stories about it are short.
            outside.aws.timeouts = Timeouts { connect: CALL_MAX, attempt: CALL_MAX, operation: CALL_MAX * 2 };
            if let Some(slack) = &mut outside.slack {
                slack.call_timeout = CALL_MAX;
                slack.paced = self.paced;
            }
            if let Some(sign_in) = &mut outside.sign_in {
                sign_in.timeouts = Timeouts { connect: CALL_MAX, attempt: CALL_MAX, operation: CALL_MAX * 2 };
                sign_in.pacing.interval_min = LOOK_EVERY;
            }
            if let Some(okta) = &mut outside.providers.okta {
                okta.timeouts = Timeouts { connect: CALL_MAX, attempt: CALL_MAX, operation: CALL_MAX * 2 };
            }
            Bot::start(&self.config, opened, SharedRules::new(rules), &self.health, outside).await
        });
        self.alive = Some(Alive { runtime, bot: bot.unwrap() });
        let sockets = self.config.slack.as_ref().map_or(0, |slack| usize::try_from(slack.sockets).unwrap());
        self.slack_shows("the sockets of the bot", |slack| (slack.sockets() >= sockets).then_some(()));
    }

    /// The ledger of this town, opened by nobody else. Blocks on the disk.
    pub(crate) fn open_ledger(&self) -> Opened {
        ledger::open(&self.config.store).unwrap()
    }

    /// Stops the bot in good order.
    pub(crate) fn stop(&mut self) {
        if let Some(Alive { runtime, bot }) = self.alive.take() {
            runtime.block_on(bot.stop());
            runtime.shutdown_timeout(DEATH);
        }
    }

    /// Ends the bot as SIGKILL would: everything stops where it is, nothing is told.
    pub(crate) fn kill(&mut self) {
        if let Some(Alive { runtime, bot }) = self.alive.take() {
            drop(bot);
            runtime.shutdown_timeout(DEATH);
        }
    }

    /// Kills the bot and starts another on the same store.
    pub(crate) fn restart(&mut self) {
        self.kill();
        self.start();
    }

    fn alive(&self) -> &Alive {
        self.alive.as_ref().expect("the bot is not running")
    }

    /// The bot's way in.
    pub(crate) fn engine(&self) -> &Engine {
        self.alive().bot.engine()
    }

    /// AWS, to look at and to change.
    pub(crate) fn aws(&self) -> &AwsControl {
        &self.control
    }

    /// Slack, to look at and to change.
    pub(crate) fn slack(&self) -> &SlackTwin {
        &self.slack
    }

    /// The folder of the ledger.
    pub(crate) fn store(&self) -> &Path {
        &self.config.store
    }

    /// What time it is in this town.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets time pass at once, for everybody in this town.
    pub(crate) fn pass(&self, time: Span) {
        let time: SignedDuration = time.try_into().unwrap();
        self.clock.pass(time);
        self.slack.advance_clock(Duration::try_from(time).unwrap());
        self.okta_control.push_clock(Duration::try_from(time).unwrap());
    }

    /// Somebody by their handle.
    pub(crate) fn person(&self, handle: &str) -> Person<'_> {
        Person::new(self, handle)
    }

    /// Ana, an engineer of payments.
    pub(crate) fn ana(&self) -> Person<'_> {
        self.person("ana")
    }

    /// Bo, an SRE lead: approves.
    pub(crate) fn bo(&self) -> Person<'_> {
        self.person("bo")
    }

    /// Cy, an engineer of another team.
    pub(crate) fn cy(&self) -> Person<'_> {
        self.person("cy")
    }

    /// Dee, an incident commander: approves too.
    pub(crate) fn dee(&self) -> Person<'_> {
        self.person("dee")
    }

    /// Eve, a guest.
    pub(crate) fn eve(&self) -> Person<'_> {
        self.person("eve")
    }

    /// AWS answers nothing but errors from now on.
    pub(crate) fn aws_goes_down(&self) {
        self.control.fault(Fault {
            operation: "*".to_owned(),
            times: u32::MAX,
            kind: FaultKind::Internal500,
        });
    }

    /// AWS answers again.
    pub(crate) fn aws_comes_back(&self) {
        self.control.clear_faults();
    }

    /// Somebody assigns in the console.
    pub(crate) fn assigned_by_hand(&self, person: &str, account: &str, permission_set: &str) {
        assert!(self.control.add_by_hand(person, account, permission_set));
        self.note_by_hand(person, account, permission_set);
    }

    /// Somebody removes an assignment in the console.
    pub(crate) fn removed_by_hand(&self, person: &str, account: &str, permission_set: &str) {
        assert!(self.control.remove_by_hand(person, account, permission_set));
        self.note_by_hand(person, account, permission_set);
    }

    fn note_by_hand(&self, person: &str, account: &str, permission_set: &str) {
        let meant = self.company.assignment(person, account, permission_set).unwrap();
        self.by_hand.lock().unwrap().insert(meant);
    }

    /// The next calls of this operation meet this at AWS.
    pub(crate) fn aws_meets(&self, operation: &str, times: u32, kind: FaultKind) {
        self.control.fault(Fault { operation: operation.to_owned(), times, kind });
    }

    /// The next calls of this method meet this at Slack.
    pub(crate) fn slack_meets(&self, method: &str, times: usize, fault: &SlackFault) {
        for _ in 0..times {
            self.slack.fault(method, fault.clone());
        }
    }

    /// Slack says that a profile changed, and the bot has heard it.
    pub(crate) fn announces(&self, handle: &str) {
        let id = self.slack.announce_user(handle).unwrap();
        self.acknowledged(&id);
    }

    /// Slack delivers this payload, made by hand; answers the acknowledgement.
    pub(crate) fn delivers(&self, kind: &'static str, payload: serde_json::Value) -> Ack {
        let id = self.slack.deliver(kind, payload).unwrap();
        self.acknowledged(&id)
    }

    fn acknowledged(&self, id: &str) -> Ack {
        self.slack_shows("the acknowledgement", |slack| {
            slack.acks().into_iter().find(|ack| ack.envelope_id == id)
        })
    }

    /// What somebody should look at, as `/readyz` tells it.
    pub(crate) fn notes(&self) -> BTreeMap<&'static str, String> {
        self.health.report().notes
    }

    /// Puts other policies in force, as a changed file and SIGHUP would.
    pub(crate) fn changes_policies(&self, text: &str) {
        self.write_policies(text);
        let alive = self.alive();
        alive.runtime.block_on(alive.bot.reload(&self.config, &self.health));
    }

    fn write_policies(&self, text: &str) {
        std::fs::create_dir_all(&self.config.policy.dir).unwrap();
        std::fs::write(self.config.policy.dir.join("acme.cedar"), text).unwrap();
    }

    /// What people hold is looked at now.
    pub(crate) fn looks_at_what_is_held(&self) {
        let alive = self.alive();
        alive.runtime.block_on(sweep::once(alive.bot.engine()));
    }

    /// The directory is read now.
    pub(crate) fn reads_the_directory(&self) {
        let alive = self.alive();
        alive.runtime.block_on(refresh::read_once(alive.bot.engine(), alive.bot.aws())).unwrap();
    }
}

fn runtime(name: &str) -> Runtime {
    Builder::new_multi_thread().worker_threads(2).thread_name(name).enable_all().build().unwrap()
}

/// Where the twins are.
struct Urls {
    slack: String,
    aws: String,
    okta: String,
}

fn configuration(
    folder: &Path,
    urls: &Urls,
    schedule: &str,
    more: &str,
    environment: &Environment,
) -> Config {
    let Urls { slack, aws, okta } = urls;
    let path = |name: &str| -> PathBuf { folder.join(name) };
    let text = format!(
        r#"
[store]
path = "{store}"
[slack]
app_token = "env:SLACK_APP_TOKEN"
bot_token = "env:SLACK_BOT_TOKEN"
team = "T0ACME"
channel = "{ACCESS}"
api_url = "{slack}"
[aws]
region = "eu-west-1"
endpoint_url = "{aws}"
portal_url = "https://acme.awsapps.com/start"
calls_per_second = 1000
[requests]
lapse_after = "1h"
max_duration = "12h"
[requests.reason]
required = true
min_length = 8
[requests.ticket]
required = false
pattern = "^(INC|CHG)-[0-9]+$"
[schedule]
directory = "0 0 3 * * *"
{schedule}
[okta]
url = "{okta}"
token = "env:OKTA_TOKEN"
[breakglass.main]
app = "0oa1emergency"
groups = {{ ro = "00gro", ops = "00gops" }}
group_names = {{ ro = "aws#EmergencyAccess_Role1_RO#222222222222", ops = "aws#EmergencyAccess_Role1_Ops#222222222222" }}
max_duration = "4h"
duration = "2h"
channel = "C0INCIDENT"
[policy]
dir = "{policies}"
[admin]
socket = "{socket}"
{more}
"#,
        store = path("ledger").display(),
        policies = path("policies").display(),
        socket = path("glasskey.sock").display(),
    );
    Config::read("town.toml", folder, &text, environment, Need::Secrets).unwrap()
}
