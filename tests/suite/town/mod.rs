//! A town: a pretend company on twins of AWS, Okta, Slack and Discord, the whole bot against them through the real wire, and
//! a clock that can be set. Stories are told in it, on the platform that is its home unless they say another.
//!
//! Everything is called from a plain `#[test]`: the twins and the bot have threads of their own. Nothing here sleeps:
//! what is waited for is awaited, and every wait ends after [`PATIENCE`]. A town that is dropped checks itself
//! (`check.rs`), so every story also tests the promises.

mod access;
mod changes;
mod chat;
mod check;
mod clock;
mod config;
mod discord;
pub(crate) mod logs;
mod okta;
mod people;
mod waits;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use glasskey::access::settings::Timeouts;
use glasskey::chat::host::HostDoor;
use glasskey::cli::run::{Bot, Outside};
use glasskey::config::{Config, Environment};
use glasskey::engine::{Engine, refresh, sweep};
use glasskey::ledger::{self, Opened};
use glasskey::policy::{RuleSet, SharedRules};
use glasskey::ports::Clock as _;
use glasskey::telemetry::health::{Health, Part};
pub(crate) use glasskey_domain::Platform;
use glasskey_playground::aws::{AwsControl, AwsOptions, AwsTwin, Fault, FaultKind};
use glasskey_playground::company::{Assignment, Company};
use glasskey_playground::discord::{DiscordOptions, DiscordTwin};
use glasskey_playground::okta::{OktaControl, OktaOptions, OktaTwin};
use glasskey_playground::slack::{Ack, Fault as SlackFault, SlackOptions, SlackTwin};
use jiff::{SignedDuration, Span, Timestamp};
use tokio::runtime::{Builder, Runtime};

pub(crate) use access::{acme_with, urgently};
pub(crate) use chat::{Seen, Sending, Silence};
pub(crate) use clock::TownClock;
use config::{Paper, Urls};
pub(crate) use discord::DISCORD_TOKEN;
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
    /// The platforms that are served; people speak on the first of them, unless they say where.
    pub(crate) serves: Vec<Platform>,
    pub(crate) company: Company,
    pub(crate) policies: String,
    pub(crate) aws: AwsOptions,
    pub(crate) slack: SlackOptions,
    pub(crate) discord: DiscordOptions,
    pub(crate) okta: OktaOptions,
    /// More lines of `[schedule]`.
    pub(crate) schedule: String,
    /// More configuration, which stands above ours key by key; `{okta}` is where Okta is, and a section that is `false` is left out.
    pub(crate) more: String,
    /// AWS answers nothing when the bot starts.
    pub(crate) aws_down: bool,
    /// Whether the bot keeps to Slack's one message a second and channel.
    pub(crate) paced: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            serves: vec![Platform::Slack],
            company: Company::acme(),
            policies: ACME.to_owned(),
            aws: AwsOptions::quick(),
            slack: SlackOptions {
                app_token: APP_TOKEN.to_owned(),
                bot_token: BOT_TOKEN.to_owned(),
                ..SlackOptions::default()
            },
            discord: discord::options(),
            okta: OktaOptions { ssws_token: Some(OKTA_TOKEN.to_owned()), ..OktaOptions::default() },
            schedule: String::new(),
            more: String::new(),
            aws_down: false,
            paced: false,
        }
    }
}

impl Plan {
    /// One platform alone.
    pub(crate) fn on(platform: Platform) -> Self {
        Self { serves: vec![platform], ..Self::default() }
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
    discord: DiscordTwin,
    /// Kept so that the twin lives as long as the town.
    _okta: OktaTwin,
    okta_control: OktaControl,
    clock: Arc<TownClock>,
    home: Platform,
    serves: BTreeSet<Platform>,
    paper: Paper,
    config: Config,
    health: Health,
    _folder: tempfile::TempDir,
    company: Company,
    paced: bool,
    /// What people changed at AWS behind the bot's back: not the bot's doing, so not its fault.
    by_hand: Mutex<BTreeSet<Assignment>>,
    /// Likewise whom they put into groups, or took out.
    groups_by_hand: Mutex<BTreeSet<(String, String)>>,
    /// How many direct messages people had before the story began.
    told_before: BTreeMap<(Platform, String), usize>,
}

impl Town {
    /// Acme with its ordinary rules, everything well, and this platform alone.
    pub(crate) fn on(platform: Platform) -> Self {
        Self::planned(Plan::on(platform))
    }

    /// The same on both platforms. People speak in Slack unless they say where.
    pub(crate) fn on_both() -> Self {
        Self::planned(Plan { serves: Platform::ALL.to_vec(), ..Plan::default() })
    }

    /// Acme with other rules.
    pub(crate) fn with_policies(platform: Platform, policies: &str) -> Self {
        Self::planned(Plan { policies: policies.to_owned(), ..Plan::on(platform) })
    }

    /// As planned; the bot is up, connected, and knows the company (unless AWS is down).
    pub(crate) fn planned(plan: Plan) -> Self {
        logs::capture();
        let world = runtime("world");
        let aws = world.block_on(AwsTwin::start(&plan.company, plan.aws)).unwrap();
        let slack = world.block_on(SlackTwin::start(&plan.company, plan.slack)).unwrap();
        let discord = world.block_on(DiscordTwin::start(&plan.company, plan.discord)).unwrap();
        let okta = world.block_on(OktaTwin::start(&plan.company, plan.okta)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let urls = Urls { slack: slack.url(), discord: discord.url(), aws: aws.url(), okta: okta.url() };
        let more = plan.more.replace("{okta}", &urls.okta);
        let paper = Paper {
            folder: folder.path().to_owned(),
            urls,
            guild: discord.guild_id(),
            schedule: plan.schedule,
            more,
            environment: environment(),
        };
        let serves: BTreeSet<Platform> = plan.serves.iter().copied().collect();
        let config = paper.config(&serves);
        let (okta_control, control) = (okta.control(), aws.control());
        let mut town = Self {
            world,
            alive: None,
            _aws: aws,
            control,
            slack,
            discord,
            _okta: okta,
            okta_control,
            clock: Arc::new(TownClock::default()),
            home: *plan.serves.first().unwrap(),
            health: health(&serves),
            serves,
            paper,
            config,
            _folder: folder,
            company: plan.company,
            paced: plan.paced,
            by_hand: Mutex::default(),
            groups_by_hand: Mutex::default(),
            told_before: BTreeMap::new(),
        };
        town.write_policies(&plan.policies);
        if plan.aws_down {
            town.aws_goes_down();
        }
        town.start();
        if !plan.aws_down {
            town.knows_the_company();
            if town.serves.contains(&Platform::Discord) {
                town.links_everybody();
            }
        }
        town
    }

    /// Other platforms are served from the next start on.
    pub(crate) fn serves(&mut self, platforms: &[Platform]) {
        self.serves = platforms.iter().copied().collect();
        self.config = self.paper.config(&self.serves);
        self.health = health(&self.serves);
    }

    /// Starts the bot on the store as it is, and waits until every platform that is served can be heard.
    pub(crate) fn start(&mut self) {
        let identified = self.discord.identifies();
        self.begins();
        if let Some(slack) = &self.config.slack {
            let sockets = usize::try_from(slack.sockets).unwrap();
            self.slack_shows("the sockets of the bot", |slack| (slack.sockets() >= sockets).then_some(()));
        }
        if self.config.discord.is_some() {
            self.discord_shows("the gateway and the commands of the bot", |discord| {
                let heard = discord.identifies() > identified && discord.gateways() > 0;
                (heard && discord.commands().len() == 2).then_some(())
            });
        }
    }

    /// Starts the bot on the store as it is, and waits for nobody.
    pub(crate) fn begins(&mut self) {
        let opened = self.open_ledger();
        let rules = RuleSet::load(&self.config.policy.dir, self.config.policy.time_zone.clone()).unwrap();
        let runtime = runtime("bot");
        let bot = runtime.block_on(async {
            let door = HostDoor::open(&self.config.admin.socket).unwrap();
            let secrets = self.config.resolve_secrets(&self.paper.environment).await.unwrap();
            let mut outside = Outside::real(&self.config, &secrets);
            outside.clock = self.clock.clone();
            outside.aws.credentials = Some(Credentials::new("AKIDTOWN", AWS_SECRET, None, None, "town"));
            // A call that hangs is given up sooner than in life, so that stories about it are short.
            outside.aws.timeouts = Timeouts { connect: CALL_MAX, attempt: CALL_MAX, operation: CALL_MAX * 2 };
            if let Some(slack) = &mut outside.slack {
                slack.call_timeout = CALL_MAX;
                slack.paced = self.paced;
            }
            if let Some(discord) = &mut outside.discord {
                discord.call_timeout = CALL_MAX;
            }
            if let Some(sign_in) = &mut outside.sign_in {
                sign_in.timeouts = Timeouts { connect: CALL_MAX, attempt: CALL_MAX, operation: CALL_MAX * 2 };
                sign_in.pacing.interval_min = LOOK_EVERY;
            }
            if let Some(okta) = &mut outside.providers.okta {
                okta.timeouts = Timeouts { connect: CALL_MAX, attempt: CALL_MAX, operation: CALL_MAX * 2 };
            }
            let rules = SharedRules::new(rules);
            let bot = Bot::start(&self.config, opened, rules, &self.health, outside).await.unwrap();
            bot.opens(door, &self.config);
            bot
        });
        self.alive = Some(Alive { runtime, bot });
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
        self.discord.advance_clock(Duration::try_from(time).unwrap());
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

    /// Whether a part is well, and what there is to know about it, as `/readyz` tells it.
    pub(crate) fn health_of(&self, part: Part) -> (bool, String) {
        self.alive().bot.look(&self.health);
        let told = self.health.report().parts.into_iter().find(|told| told.part == part).unwrap();
        (told.ok, told.why)
    }

    /// What somebody should look at, as `/readyz` tells it.
    pub(crate) fn notes(&self) -> BTreeMap<&'static str, String> {
        self.health.report().notes
    }

    /// Puts other policies in force, as a changed file and SIGHUP would.
    pub(crate) fn changes_policies(&self, text: &str) {
        self.write_policies(text);
        self.reloads();
    }

    fn write_policies(&self, text: &str) {
        std::fs::create_dir_all(&self.config.policy.dir).unwrap();
        std::fs::write(self.config.policy.dir.join("acme.cedar"), text).unwrap();
        std::fs::write(self.config.policy.dir.join("administer.cedar"), discord::ADMINISTERS).unwrap();
    }

    /// What people hold is looked at now.
    pub(crate) fn looks_at_what_is_held(&self) {
        let alive = self.alive();
        alive.runtime.block_on(sweep::once(alive.bot.engine()));
    }

    /// The directory is read now.
    pub(crate) fn reads_the_directory(&self) {
        let alive = self.alive();
        alive.runtime.block_on(refresh::read_once(alive.bot.engine(), alive.bot.source())).unwrap();
    }
}

fn runtime(name: &str) -> Runtime {
    Builder::new_multi_thread().worker_threads(2).thread_name(name).enable_all().build().unwrap()
}

fn secrets() -> [(&'static str, &'static str); 4] {
    [
        ("SLACK_APP_TOKEN", APP_TOKEN),
        ("SLACK_BOT_TOKEN", BOT_TOKEN),
        ("DISCORD_TOKEN", DISCORD_TOKEN),
        ("OKTA_TOKEN", OKTA_TOKEN),
    ]
}

fn environment() -> Environment {
    Environment::Given(secrets().map(|(name, secret)| (name.to_owned(), secret.to_owned())).into())
}

fn health(serves: &BTreeSet<Platform>) -> Health {
    let part = |on: &Platform| match on {
        Platform::Slack => Part::Slack,
        Platform::Discord => Part::Discord,
    };
    Health::new(Vec::new(), serves.iter().map(part).collect())
}
