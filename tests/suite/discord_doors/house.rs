//! A bot with nothing but Discord, a ledger, and an outside that keeps its word at once. Everybody of Acme but Eve is linked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use glasskey::chat::discord::gateway::GatewayConfig;
use glasskey::chat::discord::rest::{self, RestConfig};
use glasskey::chat::discord::{Chat, Connection, Options};
use glasskey::chat::hall::SignIns;
use glasskey::clock::SystemClock;
use glasskey::engine::emergency::Federations;
use glasskey::engine::{Engine, Parts, Running};
use glasskey::ledger;
use glasskey::ports::{
    Access, Answer, Asking, Choosing, Fault, IdentityProvider, Offer, Offered, OfferedLength, Offering,
    Offers, Progress, Query, Seen, SignInProvider, Started, Urgency,
};
use glasskey_domain::command::Incoming;
use glasskey_domain::directory::{Account, AccountState, Ou, PermissionSet};
use glasskey_domain::emergency::{EmergencyTerms, Provider};
use glasskey_domain::holding::Change;
use glasskey_domain::ids::{OperationId, OuId};
use glasskey_domain::rules::{Approvers, EmergencyQuestion, NotPermitted};
use glasskey_domain::settings::FederationSettings;
use glasskey_domain::{
    AccountId, Actor, ChatAccount, Command, Directory, Door, Emergency, FederationId, Holding,
    PermissionSetArn, PersonId, Platform, Question, Record, RequestId, Rules, Seconds, Settings, Target,
    Terms, Verdict, event,
};
use glasskey_playground::company::Company;
use glasskey_playground::discord::{
    DiscordOptions, DiscordTwin, InteractionResult, Message, Operation, Scene,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::slack_doors_emergency::house::{Obedient, directory as people, federation, id, setting};

/// Where request cards go.
pub(super) const ACCESS: &str = "access";
/// Where emergencies are announced.
pub(super) const INCIDENTS: &str = "incidents";
/// Longer than anything here takes on a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Policy as a table: Ana and Cy may have ReadOnly, Bo and Dee approve it; Dee commands emergencies, which Bo or Cy
/// confirm; Cy audits and administers.
struct Table;

/// What the table lets people ask for.
impl Offering for Table {
    fn offers(&self, directory: &Directory, asking: &Asking<'_>, query: &Query<'_>, _most: usize) -> Offers {
        let may = [id("ana"), id("cy")].contains(asking.person);
        let typed = query.text.to_lowercase();
        let found = match query.choosing {
            Choosing::Account { aliases } => directory
                .accounts
                .values()
                .filter(|account| {
                    let mut named =
                        aliases.iter().filter(|(_, id)| **id == account.id).map(|(name, _)| name.as_str());
                    account.name.contains(&typed)
                        || account.id.as_str().contains(&typed)
                        || named.any(|name| name.contains(&typed))
                })
                .map(|account| (Offered::Account(account.id.clone()), account.name.clone()))
                .collect::<Vec<_>>(),
            Choosing::PermissionSet { .. } => directory
                .permission_sets
                .values()
                .filter(|set| set.name == "ReadOnly")
                .map(|set| (Offered::PermissionSet(set.arn.clone()), set.name.clone()))
                .collect(),
            Choosing::Group => Vec::new(),
        };
        let offer = |(what, name)| Offer { what, name, bounds: None };
        Offers { found: found.into_iter().filter(|_| may).map(offer).collect(), complete: true }
    }

    fn lengths(&self, _: &Directory, _: &Asking<'_>, _: &Target) -> Vec<OfferedLength> {
        Vec::new()
    }
}

impl Rules for Table {
    fn request(&self, directory: &Directory, asked: &Question) -> Verdict {
        let Some(permission_set) = asked.target.permission_set() else {
            return Verdict::Refuse(NotPermitted::NoPolicy);
        };
        let reads = directory.permission_sets.get(permission_set).is_some_and(|set| set.name == "ReadOnly");
        if !reads || ![id("ana"), id("cy")].contains(&asked.requester) {
            return Verdict::Refuse(NotPermitted::NoPolicy);
        }
        Verdict::Permit(terms())
    }

    fn approve(&self, _: &Directory, _: &Question, approver: &PersonId) -> Verdict {
        if [id("bo"), id("dee")].contains(approver) {
            return Verdict::Permit(terms());
        }
        Verdict::Refuse(NotPermitted::NoPolicy)
    }

    fn revoke(&self, _: &Directory, _: &Question, _: &PersonId) -> Verdict {
        Verdict::Refuse(NotPermitted::NoPolicy)
    }

    fn approvers(&self, _: &Directory, _: &Question, _: usize) -> Approvers {
        Approvers { people: vec![id("bo"), id("dee")], complete: true }
    }

    fn breakglass(&self, _: &Directory, asked: &EmergencyQuestion) -> Result<EmergencyTerms, NotPermitted> {
        if asked.opener != id("dee") {
            return Err(NotPermitted::NoPolicy);
        }
        let (policies, solo_after) = (vec!["commanders".to_owned()], Some(Seconds::minutes(5)));
        let max_length = Seconds::hours(4);
        Ok(EmergencyTerms { policies, approvals: 1, max_length, solo_after, ..EmergencyTerms::default() })
    }

    fn confirm(
        &self,
        _: &Directory,
        _: &EmergencyQuestion,
        person: &PersonId,
    ) -> Result<Vec<String>, NotPermitted> {
        let may = [id("bo"), id("cy")].contains(person);
        may.then(|| vec!["second".to_owned()]).ok_or(NotPermitted::NoPolicy)
    }

    fn confirmers(&self, _: &Directory, _: &EmergencyQuestion, _: usize) -> Approvers {
        Approvers { people: vec![id("bo"), id("cy")], complete: true }
    }

    fn audit(&self, _: &Directory, person: &PersonId, _: Door, _: Timestamp) -> Result<(), NotPermitted> {
        if *person == id("cy") { Ok(()) } else { Err(NotPermitted::NoPolicy) }
    }

    fn administer(
        &self,
        _: &Directory,
        person: &PersonId,
        _: Door,
        _: Timestamp,
    ) -> Result<(), NotPermitted> {
        if *person == id("cy") { Ok(()) } else { Err(NotPermitted::NoPolicy) }
    }
}

fn terms() -> Terms {
    Terms {
        policies: vec!["payments-read".to_owned()],
        set: "set".to_owned(),
        approvals: 1,
        max_length: Seconds::hours(4),
        notify: vec!["#prod-access".to_owned()],
        ..Terms::default()
    }
}

/// What holds ordinary access, and does what it is told.
#[derive(Default)]
pub(super) struct Holder(Mutex<BTreeSet<Holding>>);

impl Holder {
    pub(super) fn holds(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Access for Holder {
    fn look<'a>(&'a self, holding: &'a Holding, _: Urgency) -> Answer<'a, Result<Seen, Fault>> {
        let direct = self.0.lock().unwrap().contains(holding);
        Box::pin(async move { Ok(Seen { direct, groups: Vec::new(), member: None }) })
    }

    fn start<'a>(
        &'a self,
        holding: &'a Holding,
        change: Change,
        _: Urgency,
    ) -> Answer<'a, Result<Started, Fault>> {
        let mut holds = self.0.lock().unwrap();
        match change {
            Change::Create => holds.insert(holding.clone()),
            Change::Delete => holds.remove(holding),
        };
        Box::pin(async { Ok(Started::Running(OperationId::new("op"))) })
    }

    fn poll<'a>(&'a self, _: Change, _: &'a OperationId, _: Urgency) -> Answer<'a, Result<Progress, Fault>> {
        Box::pin(async { Ok(Progress::Succeeded) })
    }
}

/// Acme as the ledger has it: its people, two accounts, two permission sets.
fn directory() -> Directory {
    let mut directory = people();
    let root = OuId::new("r-ac3e");
    let ou = Ou { id: root.clone(), name: "Root".to_owned(), parent: None };
    directory.ous.insert(root.clone(), ou);
    for (number, name) in [("111111111111", "payments-prod"), ("222222222222", "payments-staging")] {
        let id = AccountId::parse(number).unwrap();
        let (name, parent) = (name.to_owned(), root.clone());
        let account =
            Account { id: id.clone(), name, state: AccountState::Active, parent, management: false };
        directory.accounts.insert(id, account);
    }
    for name in ["ReadOnly", "Operator"] {
        let arn = PermissionSetArn::new(format!("arn:aws:sso:::permissionSet/ssoins-1/ps-{name}"));
        let set = PermissionSet { arn: arn.clone(), name: name.to_owned(), session: Seconds::hours(1) };
        directory.permission_sets.insert(arn, set);
    }
    directory
}

/// How a house is set up.
pub(super) struct Plan {
    pub(super) federations: Vec<&'static str>,
    pub(super) settings: Settings,
    pub(super) discord: DiscordOptions,
    /// Where people sign in.
    pub(super) sign_in: Option<Arc<dyn SignInProvider>>,
    /// Who was linked and left the company since.
    pub(super) left: Vec<&'static str>,
}

impl Default for Plan {
    fn default() -> Self {
        let settings = Settings::default();
        let (federations, discord) = (vec!["main"], DiscordOptions::default());
        Self { federations, settings, discord, sign_in: None, left: Vec::new() }
    }
}

/// See the top of this file.
pub(super) struct House {
    pub(super) discord: DiscordTwin,
    pub(super) engine: Engine,
    pub(super) okta: Arc<Obedient>,
    pub(super) aws: Arc<Holder>,
    pub(super) connection: Connection,
    _running: Running,
    _folder: tempfile::TempDir,
}

fn account(discord: &DiscordTwin, handle: &str) -> ChatAccount {
    let user = Company::acme().people.into_iter().find(|person| person.handle == handle).unwrap();
    ChatAccount { door: Door::Discord, workspace: discord.guild_id(), user: user.discord_user_id }
}

impl House {
    pub(super) async fn new() -> Self {
        Self::planned(Plan::default()).await
    }

    pub(super) async fn planned(plan: Plan) -> Self {
        let discord = DiscordTwin::start(&Company::acme(), plan.discord).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut directory = directory();
        let mut opened = ledger::open(&folder.path().join("ledger")).unwrap();
        for handle in plan.left {
            let (account, person) = (account(&discord, handle), id(handle));
            directory.people.remove(&person);
            let events = vec![event::Event::PersonLinked { account, person, sign_in: None }];
            let (at, by) = (Timestamp::UNIX_EPOCH, Actor::glasskey());
            opened.book.apply(&Record { at, by, interaction: None, answer: None, events });
        }
        let chat = Chat::new(options(&discord), setting()).unwrap();
        let (okta, aws) = (Arc::new(Obedient::default()), Arc::new(Holder::default()));
        let named = plan.federations.iter().map(|name| (FederationId::new(*name), emergency_app()));
        let settings = Settings { federations: named.collect(), ..plan.settings };
        let providers: BTreeMap<_, Arc<dyn IdentityProvider>> =
            BTreeMap::from([(Provider::Okta, okta.clone() as Arc<dyn IdentityProvider>)]);
        let mut federations = Federations::default();
        federations.providers = providers;
        let (engine, running) = Engine::start(Parts {
            extras: glasskey::engine::Extras {
                offering: Some(std::sync::Arc::new(Table)),
                ..glasskey::engine::Extras::default()
            },
            ledger: Arc::new(opened.vault.clone()),
            access: aws.clone(),
            federations,
            chats: BTreeMap::from([(Platform::Discord, chat.sender())]),
            clock: Arc::new(SystemClock),
            settings,
            book: opened.book,
            directory,
            rules: Arc::new(Table),
        });
        let aliases = BTreeMap::from([("prod".to_owned(), AccountId::parse("111111111111").unwrap())]);
        let sign_ins = Arc::new(SignIns::new(plan.sign_in));
        let connection = chat.connect(engine.clone(), aliases, sign_ins).unwrap();
        let house = Self { discord, engine, okta, aws, connection, _running: running, _folder: folder };
        for handle in ["ana", "bo", "cy", "dee"] {
            house.links(handle).await;
        }
        house.shows(|discord| (discord.gateways() > 0 && discord.commands().len() == 2).then_some(())).await;
        house
    }

    pub(super) fn account(&self, handle: &str) -> ChatAccount {
        account(&self.discord, handle)
    }

    /// Cy says whose an account is.
    pub(super) async fn links(&self, handle: &str) {
        let (account, person) = (self.account(handle), id(handle));
        self.commands(Command::Link { account, person, sign_in: None }).await;
    }

    /// Cy says that an account is nobody's.
    pub(super) async fn unlinks(&self, handle: &str) {
        self.commands(Command::Unlink { account: self.account(handle) }).await;
    }

    async fn commands(&self, command: Command) {
        let by = Actor::person(id("cy"), Door::Host);
        let answer = self.engine.submit(Incoming { by, interaction: None, command }).await.unwrap();
        assert!(matches!(answer, event::Answer::Done(_)), "{answer:?}");
    }

    /// Sends a command in the access channel.
    pub(super) async fn sends(&self, who: &str, line: &str, values: Value) -> InteractionResult {
        let sent = self.discord.slash(who, ACCESS, line, &values).await;
        assert_eq!(sent.failure, None, "{who}: {line} {values}");
        sent
    }

    /// What somebody reads after a command.
    pub(super) async fn says(&self, who: &str, line: &str, values: Value) -> String {
        self.sends(who, line, values).await.words()
    }

    /// What somebody reads after a command that was sent elsewhere.
    pub(super) async fn says_in(&self, who: &str, scene: &Scene, line: &str) -> String {
        let sent = self.discord.slash_in(who, scene, line, &json!({})).await;
        assert_eq!(sent.failure, None, "{who}: {line}");
        sent.words()
    }

    /// A request of Ana's, with its card.
    pub(super) async fn asked(&self) -> (RequestId, Message) {
        let said = self.says("ana", "elevate request", asks()).await;
        assert!(said.contains("waits for 1 approval"), "{said}");
        let card = self.card(ACCESS, "refunds").await;
        let book = self.engine.book().await;
        let newest = book.requests().max_by_key(|request| request.ask.at).unwrap();
        (newest.ask.id.clone(), card)
    }

    /// Waits until Discord shows something.
    pub(super) async fn shows<T>(&self, look: impl Fn(&DiscordTwin) -> Option<T>) -> T {
        self.discord.wait_for(PATIENCE, look).await.unwrap()
    }

    /// A card in a channel, as soon as there is one that says this.
    pub(super) async fn card(&self, channel: &str, words: &str) -> Message {
        self.shows(|discord| {
            let all = discord.messages(channel).into_iter();
            all.rev().find(|message| !message.embeds.is_empty() && message.words().contains(words))
        })
        .await
    }

    /// Something said in a channel, as soon as it is.
    pub(super) async fn hears(&self, channel: &str, words: &str) -> Message {
        self.shows(|discord| discord.messages(channel).into_iter().find(|said| said.words().contains(words)))
            .await
    }

    /// Something said to a person, as soon as it is.
    pub(super) async fn told(&self, who: &str, words: &str) -> String {
        self.shows(|discord| {
            discord.direct_messages(who).iter().map(Message::words).find(|said| said.contains(words))
        })
        .await
    }

    /// What somebody reads after a click.
    pub(super) async fn clicks(&self, who: &str, message: &Message, button: &str) -> InteractionResult {
        let clicked = self.discord.click(who, &message.channel, &message.id, button).await;
        assert_eq!(clicked.failure, None, "{who} clicked {button}");
        clicked
    }

    /// Clicks a button and says that they are sure. What they read then.
    pub(super) async fn clicks_surely(
        &self,
        who: &str,
        message: &Message,
        (button, yes): (&str, &str),
    ) -> String {
        let asked = self.clicks(who, message, button).await;
        assert!(asked.words().contains('?'), "{}", asked.words());
        let question = self.discord.ephemerals(who).pop().unwrap();
        self.clicks(who, &question, yes).await.words()
    }

    /// Fills in the form before somebody. What they read then.
    pub(super) async fn fills(&self, who: &str, values: Value) -> String {
        let sent = self.discord.submit_modal(who, &values).await;
        assert_eq!(sent.failure, None, "{who}: {values}");
        sent.words()
    }

    /// How often something was posted in a channel, by its id.
    pub(super) fn posts_in(&self, channel: &str) -> usize {
        let posts = self.discord.calls_of(Operation::Post).into_iter();
        posts.filter(|call| call.path.contains(channel)).count()
    }

    /// Delivers a payload made by hand. Whoever waits for an answer looks for it.
    pub(super) fn delivers(&self, payload: &Value) {
        assert!(self.discord.dispatch("INTERACTION_CREATE", payload));
    }

    /// How Discord is, as soon as it is well.
    pub(super) async fn healthy(&self) -> String {
        let mut rounds = self.engine.rounds();
        loop {
            if let Ok(how) = self.connection.health() {
                return how;
            }
            timeout(PATIENCE, rounds.changed()).await.unwrap().unwrap();
        }
    }

    /// What is wrong with Discord, as soon as it is this.
    pub(super) async fn ails(&self, words: &str) {
        let mut rounds = self.engine.rounds();
        while !self.connection.health().is_err_and(|why| why.contains(words)) {
            timeout(PATIENCE, rounds.changed()).await.unwrap().unwrap();
        }
    }

    /// Waits until nothing about a request is left to be said.
    pub(super) async fn all_is_said(&self, id: &RequestId) {
        let mut rounds = self.engine.rounds();
        while !self.engine.request(id).await.unwrap().unwrap().untold.is_empty() {
            timeout(PATIENCE, rounds.changed()).await.unwrap().unwrap();
        }
    }

    /// The emergencies that are not finished.
    pub(super) async fn emergencies(&self) -> Vec<Emergency> {
        self.engine.book().await.emergencies().cloned().collect()
    }

    /// What must be true at the end: nothing that Discord would refuse, nobody shouted at by what was typed.
    pub(super) fn check(&self) {
        assert_eq!(self.discord.violations(), Vec::<String>::new());
        assert_eq!(self.discord.mentions_fired(), Vec::<String>::new());
    }
}

/// What Ana asks for.
pub(super) fn asks() -> Value {
    json!({
        "account": "payments-prod", "permission-set": "ReadOnly", "duration": "1h", "ticket": "INC-7",
        "reason": "look at refunds",
    })
}

fn emergency_app() -> FederationSettings {
    let mut settings = federation();
    settings.place.discord_channel = Some("1290000000000000102".to_owned());
    settings
}

fn options(discord: &DiscordTwin) -> Options {
    let token = discord.bot_token().to_owned();
    Options {
        rest: RestConfig::new(discord.url().parse().unwrap(), token.into()),
        gateway: GatewayConfig::default(),
        guild: rest::id(&discord.guild_id()).unwrap(),
        channel: rest::id("1290000000000000101").unwrap(),
    }
}
