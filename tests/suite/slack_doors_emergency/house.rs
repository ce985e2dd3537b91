//! A bot with nothing but Slack, a ledger, an identity provider that keeps its word at once, and a clock. What holds
//! ordinary access is not there at all: whoever asks for it fails the test (P8).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use glasskey::chat::slack::web::WebConfig;
use glasskey::chat::slack::{Chat, Connection, Options};
use glasskey::clock::SystemClock;
use glasskey::engine::emergency::Federations;
use glasskey::engine::{Engine, Parts, Running};
use glasskey::ledger;
use glasskey::notices::{FederationWords, Setting};
use glasskey::ports::{
    Access, Answer, Clock, Fault, Federation, Finding, IdentityProvider, Observed, Progress, Seen, Started,
    Urgency,
};
use glasskey_domain::emergency::{EmergencyTerms, Level, Member, Place, Provider};
use glasskey_domain::holding::Change;
use glasskey_domain::ids::{MemberId, OperationId};
use glasskey_domain::person::{Employment, Person};
use glasskey_domain::rules::{Approvers, EmergencyQuestion, NotPermitted};
use glasskey_domain::settings::FederationSettings;
use glasskey_domain::{
    Directory, Door, Emergency, FederationId, Holding, PersonId, Platform, Question, Rules, Seconds,
    Settings, Verdict,
};
use glasskey_playground::company::Company;
use glasskey_playground::slack::{Ack, Message, SlackOptions, SlackTwin};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// Where it is announced.
pub(super) const INCIDENTS: &str = "C0INCIDENT";
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Policy as a table: Dee commands and needs one yes, of Bo or Cy; Cy audits.
pub(super) struct Table {
    pub(super) approvals: u32,
}

impl Rules for Table {
    fn request(&self, _: &Directory, _: &Question) -> Verdict {
        Verdict::Refuse(NotPermitted::NoPolicy)
    }

    fn approve(&self, _: &Directory, _: &Question, _: &PersonId) -> Verdict {
        Verdict::Refuse(NotPermitted::NoPolicy)
    }

    fn revoke(&self, _: &Directory, _: &Question, _: &PersonId) -> Verdict {
        Verdict::Refuse(NotPermitted::NoPolicy)
    }

    fn approvers(&self, _: &Directory, _: &Question, _: usize) -> Approvers {
        Approvers::default()
    }

    fn breakglass(&self, _: &Directory, asked: &EmergencyQuestion) -> Result<EmergencyTerms, NotPermitted> {
        if asked.opener != id("dee") {
            return Err(NotPermitted::NoPolicy);
        }
        let policies = vec!["commanders".to_owned()];
        let solo_after = Some(Seconds::minutes(5)).filter(|_| self.approvals > 0);
        let (approvals, max_length) = (self.approvals, Seconds::hours(4));
        Ok(EmergencyTerms { policies, approvals, max_length, solo_after, ..EmergencyTerms::default() })
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

/// What holds ordinary access, and is down for good.
struct Gone;

impl Access for Gone {
    fn look<'a>(&'a self, _: &'a Holding, _: Urgency) -> Answer<'a, Result<Seen, Fault>> {
        panic!("break-glass asked Identity Center (P8)")
    }

    fn start<'a>(&'a self, _: &'a Holding, _: Change, _: Urgency) -> Answer<'a, Result<Started, Fault>> {
        panic!("break-glass asked Identity Center (P8)")
    }

    fn poll<'a>(&'a self, _: Change, _: &'a OperationId, _: Urgency) -> Answer<'a, Result<Progress, Fault>> {
        panic!("break-glass asked Identity Center (P8)")
    }
}

/// An identity provider that does what it is told.
#[derive(Default)]
pub(crate) struct Obedient {
    pub(crate) has: Mutex<(bool, BTreeMap<String, Vec<Member>>)>,
}

impl Obedient {
    /// Whether the app is active, and who is in this group, by login.
    pub(crate) fn shows(&self, group: &str) -> (bool, Vec<String>) {
        let has = self.has.lock().unwrap();
        let members = has.1.get(group).into_iter().flatten().map(|member| member.login.clone()).collect();
        (has.0, members)
    }
}

impl IdentityProvider for Obedient {
    fn observe<'a>(&'a self, federation: Federation<'a>, _: Urgency) -> Answer<'a, Observed> {
        let has = self.has.lock().unwrap();
        let groups = federation.groups.iter();
        let groups = groups.map(|(level, group)| (*level, Ok(has.1.get(group).cloned().unwrap_or_default())));
        let seen = Observed { app: Ok(has.0), groups: groups.collect() };
        Box::pin(async move { seen })
    }

    fn activate<'a>(&'a self, _: &'a str) -> Answer<'a, Result<(), Fault>> {
        self.has.lock().unwrap().0 = true;
        Box::pin(async { Ok(()) })
    }

    fn deactivate<'a>(&'a self, _: &'a str) -> Answer<'a, Result<(), Fault>> {
        self.has.lock().unwrap().0 = false;
        Box::pin(async { Ok(()) })
    }

    fn add<'a>(&'a self, group: &'a str, person: &'a Person) -> Answer<'a, Result<Member, Fault>> {
        let member = member(person.email());
        self.has.lock().unwrap().1.entry(group.to_owned()).or_default().push(member.clone());
        Box::pin(async { Ok(member) })
    }

    fn remove<'a>(&'a self, group: &'a str, member: &'a Member) -> Answer<'a, Result<(), Fault>> {
        self.has.lock().unwrap().1.entry(group.to_owned()).or_default().retain(|one| one != member);
        Box::pin(async { Ok(()) })
    }

    fn metadata<'a>(&'a self, _: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async { Ok(()) })
    }

    fn check<'a>(&'a self, _: Federation<'a>) -> Answer<'a, Vec<Finding>> {
        Box::pin(async { Vec::new() })
    }

    fn sign_in_link<'a>(&'a self, _: &'a str) -> Answer<'a, Result<Option<String>, Fault>> {
        Box::pin(async { Ok(None) })
    }
}

/// The machine's clock, ahead of it by as much as was let pass.
#[derive(Default)]
struct Watch(AtomicI64);

impl Clock for Watch {
    fn now(&self) -> Timestamp {
        SystemClock.now() + SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) fn member(login: &str) -> Member {
    Member { id: MemberId::new(format!("00u-{login}")), login: login.to_owned() }
}

/// A person of Acme, by handle.
pub(crate) fn id(handle: &str) -> PersonId {
    PersonId::new(format!("p-{handle}"))
}

/// Acme as the ledger has it. Eve, a guest of Slack, is in it too; Zed has Bo's name for a user name, and no account.
pub(crate) fn directory() -> Directory {
    let mut directory = Directory::empty();
    let add = |directory: &mut Directory, handle: &str, name: &str, email: &str| {
        let person = Person {
            id: id(handle),
            user_name: handle.to_owned(),
            display_name: name.to_owned(),
            emails: vec![email.to_owned()],
            employment: Employment::Enabled,
        };
        directory.people.insert(person.id.clone(), person);
    };
    for person in Company::acme().people {
        add(&mut directory, &person.handle, &person.name, &person.email);
    }
    add(&mut directory, "twin1", "A Twin", "twin@acme.example");
    add(&mut directory, "twin2", "A Twin", "twin@acme.example");
    directory
}

pub(crate) fn federation() -> FederationSettings {
    let groups = BTreeMap::from([(Level::Ro, "00gro".to_owned()), (Level::Ops, "00gops".to_owned())]);
    FederationSettings {
        place: Place {
            provider: Provider::Okta,
            app: "0oa1emergency".to_owned(),
            groups,
            session: Seconds::hours(1),
            channel: Some(INCIDENTS.to_owned()),
            discord_channel: None,
            cut: None,
        },
        max_length: Seconds::hours(4),
        length: Seconds::hours(2),
        canary: None,
    }
}

pub(crate) fn setting() -> Setting {
    let words = FederationWords {
        app_link: Some("https://acme.okta.com/home/amazon_aws/0oa1emergency/272".to_owned()),
        groups: BTreeMap::from([
            (Level::Ro, "aws#EmergencyAccess_Role1_RO#555555555555".to_owned()),
            (Level::Ops, "aws#EmergencyAccess_Role1_Ops#555555555555".to_owned()),
        ]),
    };
    Setting {
        federations: BTreeMap::from([(FederationId::new("main"), words)]),
        runbook: Some("/var/lib/glasskey/runbook.md".to_owned()),
        ..Setting::default()
    }
}

pub(super) fn options(slack: &SlackTwin) -> Options {
    let (app, bot) = (slack.app_token().to_owned(), slack.bot_token().to_owned());
    let mut web = WebConfig::new(slack.url().parse().unwrap(), app.into(), bot.into());
    web.paced = false;
    Options { web, teams: vec!["T0ACME".to_owned()], channel: "C0ACCESS".to_owned(), sockets: 1 }
}

/// How a house is set up.
pub(super) struct Plan {
    pub(super) approvals: u32,
    pub(super) federations: Vec<&'static str>,
    pub(super) slack: SlackOptions,
}

impl Default for Plan {
    fn default() -> Self {
        Self { approvals: 1, federations: vec!["main"], slack: SlackOptions::default() }
    }
}

/// See the top of this file.
pub(super) struct House {
    pub(super) slack: SlackTwin,
    pub(super) engine: Engine,
    pub(super) okta: Arc<Obedient>,
    clock: Arc<Watch>,
    _running: Running,
    _connection: Connection,
    _folder: tempfile::TempDir,
}

impl House {
    pub(super) async fn new() -> Self {
        Self::planned(Plan::default()).await
    }

    pub(super) async fn planned(plan: Plan) -> Self {
        let slack = SlackTwin::start(&Company::acme(), plan.slack).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let opened = ledger::open(&folder.path().join("ledger")).unwrap();
        let chat = Chat::new(options(&slack), &opened.book, setting()).unwrap();
        let (okta, clock) = (Arc::new(Obedient::default()), Arc::new(Watch::default()));
        let named = plan.federations.iter().map(|name| (FederationId::new(*name), federation()));
        let settings = Settings { federations: named.collect(), ..Settings::default() };
        let providers: BTreeMap<_, Arc<dyn IdentityProvider>> =
            BTreeMap::from([(Provider::Okta, okta.clone() as Arc<dyn IdentityProvider>)]);
        let mut federations = Federations::default();
        federations.providers = providers;
        let (engine, running) = Engine::start(Parts {
            extras: glasskey::engine::Extras::default(),
            ledger: Arc::new(opened.vault.clone()),
            access: Arc::new(Gone),
            federations,
            chats: BTreeMap::from([(Platform::Slack, chat.sender())]),
            clock: clock.clone(),
            settings,
            book: opened.book,
            directory: directory(),
            rules: Arc::new(Table { approvals: plan.approvals }),
        });
        let connection = chat.connect(engine.clone(), BTreeMap::new(), Arc::default()).unwrap();
        let house =
            Self { slack, engine, okta, clock, _running: running, _connection: connection, _folder: folder };
        house.slack.wait_for(PATIENCE, |slack| (slack.sockets() > 0).then_some(())).await.unwrap();
        house
    }

    pub(super) fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
        self.slack.advance_clock(Duration::from_secs(u64::try_from(seconds).unwrap()));
    }

    /// What somebody reads after `/breakglass …`.
    pub(super) async fn says(&self, who: &str, text: &str) -> String {
        let said = self.slack.slash(who, INCIDENTS, "/breakglass", text).await;
        assert_eq!(said.failure, None, "{who}: {text}");
        said.words()
    }

    /// Waits until Slack shows something.
    pub(super) async fn shows<T>(&self, look: impl Fn(&SlackTwin) -> Option<T>) -> T {
        self.slack.wait_for(PATIENCE, look).await.unwrap()
    }

    /// The card, as soon as it says this.
    pub(super) async fn card(&self, words: &str) -> Message {
        self.shows(|slack| cards(slack).into_iter().find(|card| card.words().contains(words))).await
    }

    /// Something said in a channel, as soon as it is.
    pub(super) async fn hears(&self, channel: &str, words: &str) -> String {
        self.shows(|slack| {
            slack.messages(channel).iter().map(Message::words).find(|said| said.contains(words))
        })
        .await
    }

    /// Something said to a person, as soon as it is.
    pub(super) async fn told(&self, who: &str, words: &str) -> String {
        self.shows(|slack| {
            slack.direct_messages(who).iter().map(Message::words).find(|said| said.contains(words))
        })
        .await
    }

    /// Clicks a button of the card and answers what the person was told, if they were.
    pub(super) async fn clicks(&self, who: &str, button: &str) -> String {
        let card = self.shows(|slack| {
            cards(slack).into_iter().find(|card| card.buttons().iter().any(|label| label == button))
        });
        let (card, before) = (card.await, self.slack.ephemerals(who).len());
        let clicked = self.slack.click(who, INCIDENTS, &card.ts, button).await;
        assert_eq!(clicked.failure, None, "{who} clicked {button}");
        self.shows(|slack| {
            let form = slack.open_views(who).last().map(|view| view.view["blocks"].to_string());
            slack.ephemerals(who).get(before).map(glasskey_playground::slack::Ephemeral::words).or(form)
        })
        .await
    }

    /// The form before somebody, as soon as it is there.
    pub(super) async fn form(&self, who: &str) -> Value {
        self.shows(|slack| slack.open_views(who).pop().map(|view| view.view)).await
    }

    /// Delivers a payload made by hand.
    pub(super) async fn delivers(&self, kind: &'static str, payload: Value) -> Ack {
        let id = self.slack.deliver(kind, payload).unwrap();
        self.shows(|slack| slack.acks().into_iter().find(|ack| ack.envelope_id == id)).await
    }

    /// The emergencies that are not finished.
    pub(super) async fn emergencies(&self) -> Vec<Emergency> {
        self.engine.book().await.emergencies().cloned().collect()
    }

    /// What must be true at the end: nothing that Slack would refuse, nobody shouted at by what was typed.
    pub(super) fn check(&self) {
        assert_eq!(self.slack.violations(), Vec::<String>::new());
        assert_eq!(self.slack.mentions_fired(), Vec::<String>::new());
    }
}

fn cards(slack: &SlackTwin) -> Vec<Message> {
    let is_card = |message: &Message| {
        message.metadata.as_ref().is_some_and(|metadata| metadata["event_type"] == "glasskey_card")
    };
    slack.messages(INCIDENTS).into_iter().filter(is_card).collect()
}
