//! Whatever is done is done twice: calls whose first answer is lost, outcomes that come again, timers that fire again,
//! deliveries that are delivered again.
#![expect(clippy::print_stderr, reason = "a test that fails says of what")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock};

use glasskey::engine::{Chats, Engine, WeakEngine};
use glasskey::ports::{
    About, Access, Answer, AssignmentSessions, Chat, Denial, Fault, Federation, Finding, IdentityProvider,
    Observed, Progress, Seen, SessionCutter, Started, Urgency,
};
use glasskey_domain::command::Incoming;
use glasskey_domain::emergency::{CutPlan, Member};
use glasskey_domain::federation::{CutSeen, FederationChange, Looked, Made};
use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use glasskey_domain::request::MessageRef;
use glasskey_domain::sessions::{CutState, SessionCut};
use glasskey_domain::{Command, Directory, EmergencyId, Holding, Outcome, Person, Platform, Tell};
use jiff::Timestamp;

use super::emergencies::{CROSSED, PLAIN};
use super::life::Wires;
use super::outside::{Mishap, calls, level_of, subject};
use super::requests::{ON_BOTH, REQUESTS};
use super::script::{Play, Story, world};
use super::store::Store;
use super::whole::WHOLE;

/// Calls every call twice and brings every outcome before the engine does.
struct Twice {
    wires: Wires,
    engine: Arc<OnceLock<WeakEngine>>,
    /// Chat's calls whose first answer was lost already: its second try looks first.
    lost: Mutex<BTreeSet<String>>,
}

impl Twice {
    fn engine(&self) -> Engine {
        self.engine.get().and_then(WeakEngine::upgrade).expect("the engine lives while it calls")
    }

    /// The emergency on whose behalf the provider is called.
    async fn emergency(&self) -> Option<EmergencyId> {
        let engine = self.engine();
        let book = engine.book().await;
        book.emergencies().find(|one| one.state.holds_federation()).map(|one| one.ask.id.clone())
    }

    /// The provider did it, and says so again and again.
    async fn made(&self, change: FederationChange, member: Option<Member>) {
        if let Some(id) = self.emergency().await {
            self.bring(Outcome::FederationMade { id, results: vec![(change, Made::Done { member })] }).await;
        }
    }

    /// Twice, because the engine brings it a third time.
    async fn bring(&self, outcome: Outcome) {
        let engine = self.engine();
        for _ in 0..2 {
            let command = Command::Outcome(outcome.clone());
            engine.submit(Incoming::inside(command)).await.expect("the engine lives");
        }
    }

    /// The answer of this call is lost the first time.
    fn loses(&self, key: String) -> Result<(), Fault> {
        if self.lost.lock().unwrap().insert(key) {
            return Err(Fault::Lost { what: "the answer was lost".to_owned() });
        }
        Ok(())
    }
}

impl Access for Twice {
    fn look<'a>(&'a self, holding: &'a Holding, urgency: Urgency) -> Answer<'a, Result<Seen, Fault>> {
        Box::pin(async move {
            let _lost = self.wires.access.look(holding, urgency).await;
            let seen = self.wires.access.look(holding, urgency).await?;
            let (direct, groups, member) = (seen.direct, seen.groups.clone(), seen.member.clone());
            self.bring(Outcome::Looked { holding: holding.clone(), direct, groups, member }).await;
            Ok(seen)
        })
    }

    fn start<'a>(
        &'a self,
        holding: &'a Holding,
        change: Change,
        urgency: Urgency,
    ) -> Answer<'a, Result<Started, Fault>> {
        Box::pin(async move {
            let first = self.wires.access.start(holding, change, urgency).await;
            let again = self.wires.access.start(holding, change, urgency).await;
            // The second call meets the first at work: the provider calls that a conflict, and then the first answer counts.
            let answer = if again.is_err() { first } else { again };
            let holding = holding.clone();
            match &answer {
                Ok(Started::Running(operation)) => {
                    let operation = operation.clone();
                    self.bring(Outcome::Running { holding, change, operation }).await;
                }
                Ok(Started::NothingThere) => self.bring(Outcome::Succeeded { holding, change }).await,
                Ok(Started::Refused { .. }) | Err(_) => {}
            }
            answer
        })
    }

    fn poll<'a>(
        &'a self,
        change: Change,
        operation: &'a OperationId,
        urgency: Urgency,
    ) -> Answer<'a, Result<Progress, Fault>> {
        Box::pin(async move {
            let _lost = self.wires.access.poll(change, operation, urgency).await;
            self.wires.access.poll(change, operation, urgency).await
        })
    }
}

impl IdentityProvider for Twice {
    fn observe<'a>(&'a self, federation: Federation<'a>, urgency: Urgency) -> Answer<'a, Observed> {
        Box::pin(async move {
            let _lost = self.wires.provider.observe(federation, urgency).await;
            let seen = self.wires.provider.observe(federation, urgency).await;
            let groups = seen.groups.iter().filter_map(|(level, who)| Some((*level, who.clone().ok()?)));
            let looked = Looked { app: seen.app.clone().ok(), groups: groups.collect(), cut: None };
            if let Some(id) = self.emergency().await {
                self.bring(Outcome::FederationLooked { id, looked, fault: None }).await;
            }
            seen
        })
    }

    fn activate<'a>(&'a self, app: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async move {
            let _lost = self.wires.provider.activate(app).await;
            self.wires.provider.activate(app).await?;
            self.made(FederationChange::Activate, None).await;
            Ok(())
        })
    }

    fn deactivate<'a>(&'a self, app: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async move {
            let _lost = self.wires.provider.deactivate(app).await;
            self.wires.provider.deactivate(app).await?;
            self.made(FederationChange::Deactivate, None).await;
            Ok(())
        })
    }

    fn add<'a>(&'a self, group: &'a str, person: &'a Person) -> Answer<'a, Result<Member, Fault>> {
        Box::pin(async move {
            let _lost = self.wires.provider.add(group, person).await;
            let member = self.wires.provider.add(group, person).await?;
            let change = FederationChange::Add { level: level_of(group), person: person.id.clone() };
            self.made(change, Some(member.clone())).await;
            Ok(member)
        })
    }

    fn remove<'a>(&'a self, group: &'a str, member: &'a Member) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async move {
            let _lost = self.wires.provider.remove(group, member).await;
            self.wires.provider.remove(group, member).await?;
            let change = FederationChange::Remove { level: level_of(group), member: member.clone() };
            self.made(change, None).await;
            Ok(())
        })
    }

    fn metadata<'a>(&'a self, app: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async move {
            let _lost = self.wires.provider.metadata(app).await;
            self.wires.provider.metadata(app).await?;
            if let Some(id) = self.emergency().await {
                self.bring(Outcome::MetadataFetched { id, fault: None }).await;
            }
            Ok(())
        })
    }

    fn check<'a>(&'a self, federation: Federation<'a>) -> Answer<'a, Vec<Finding>> {
        self.wires.provider.check(federation)
    }

    fn sign_in_link<'a>(&'a self, app: &'a str) -> Answer<'a, Result<Option<String>, Fault>> {
        self.wires.provider.sign_in_link(app)
    }
}

impl SessionCutter for Twice {
    fn cut<'a>(&'a self, plan: &'a CutPlan, before: Timestamp) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async move {
            let _lost = self.wires.cutter.cut(plan, before).await;
            self.wires.cutter.cut(plan, before).await?;
            self.made(FederationChange::Cut { before }, None).await;
            Ok(())
        })
    }

    fn look<'a>(&'a self, plan: &'a CutPlan) -> Answer<'a, Result<CutSeen, Fault>> {
        Box::pin(async move {
            let _lost = self.wires.cutter.look(plan).await;
            self.wires.cutter.look(plan).await
        })
    }
}

impl AssignmentSessions for Twice {
    fn deny<'a>(
        &'a self,
        holding: &'a Holding,
        wanted: &'a [SessionCut],
    ) -> Answer<'a, Result<Denial, Fault>> {
        Box::pin(async move {
            let _lost = self.wires.sessions.deny(holding, wanted).await;
            let denial = self.wires.sessions.deny(holding, wanted).await?;
            let engine = self.engine();
            let cut = engine.book().await.cut(holding).map(|cut| (cut.state, cut.before));
            let holding = holding.clone();
            match cut {
                Some((CutState::Placing, before)) => {
                    self.bring(Outcome::SessionsCut { holding, before }).await;
                }
                Some((CutState::Lifting, _)) => self.bring(Outcome::SessionsFreed { holding }).await,
                Some((CutState::InForce, _)) | None => {}
            }
            Ok(denial)
        })
    }
}

/// What is said on one platform.
struct Said {
    on: Platform,
    twice: Arc<Twice>,
}

impl Said {
    fn chat(&self) -> &dyn Chat {
        &*self.twice.wires.chats[&self.on]
    }

    /// A key of one platform among those whose first answer is lost.
    fn loses(&self, key: &str) -> Result<(), Fault> {
        self.twice.loses(format!("{} {key}", self.on))
    }
}

impl Chat for Said {
    fn post_card<'a>(
        &'a self,
        about: About<'a>,
        directory: &'a Directory,
        look_since: Option<Timestamp>,
    ) -> Answer<'a, Result<MessageRef, Fault>> {
        let (id, _) = subject(about);
        Box::pin(async move {
            let message = self.chat().post_card(about, directory, look_since).await?;
            self.loses(&format!("card {id}"))?;
            let message_too = message.clone();
            // What an earlier try posted may show an earlier version: so much and no more is known.
            let shown = Outcome::CardShown { id, on: self.on, version: 0, message: message_too };
            self.twice.bring(shown).await;
            Ok(message)
        })
    }

    fn update_card<'a>(
        &'a self,
        about: About<'a>,
        directory: &'a Directory,
        message: &'a MessageRef,
    ) -> Answer<'a, Result<(), Fault>> {
        let (id, version) = subject(about);
        Box::pin(async move {
            self.chat().update_card(about, directory, message).await?;
            self.loses(&format!("update {id} {version}"))?;
            let message = message.clone();
            self.twice.bring(Outcome::CardShown { id, on: self.on, version, message }).await;
            Ok(())
        })
    }

    fn tell<'a>(
        &'a self,
        tell: &'a Tell,
        about: About<'a>,
        directory: &'a Directory,
        look_since: Option<Timestamp>,
    ) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async move {
            self.chat().tell(tell, about, directory, look_since).await?;
            self.loses(&tell.key())?;
            self.twice.bring(Outcome::Told { tell: tell.clone() }).await;
            Ok(())
        })
    }
}

fn twice(engine: &Arc<OnceLock<WeakEngine>>, wires: Wires) -> Wires {
    let ledger = Arc::clone(&wires.ledger);
    let twice = Arc::new(Twice { wires, engine: Arc::clone(engine), lost: Mutex::default() });
    let said = |on: &Platform| Arc::new(Said { on: *on, twice: Arc::clone(&twice) }) as Arc<dyn Chat>;
    let chats: Chats = twice.wires.chats.keys().map(|on| (*on, said(on))).collect();
    let (access, provider, cutter) = (twice.clone(), twice.clone(), twice.clone());
    Wires { ledger, access, provider, cutter, sessions: twice, chats }
}

async fn played_twice(store: fn() -> Store) {
    for story in PLAIN.into_iter().chain(CROSSED).chain([&REQUESTS, &ON_BOTH]).chain(WHOLE) {
        eprintln!("{}: everything twice", story.name);
        let mut play = Play::new(story, world(store(), Box::new(|_| Mishap::None)));
        play.says_everything_twice();
        play.play(&[], &twice).await;
        play.ends_well();
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_is_done_twice_is_done_once() {
    played_twice(Store::in_memory).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_is_done_twice_over_a_real_disk_is_done_once() {
    played_twice(Store::on_disk).await;
}

async fn first_answer_is_lost(story: &'static Story, lost: &'static str) {
    let first = Mutex::new(true);
    let luck = Box::new(move |name: &str| {
        let first = name == lost && std::mem::take(&mut *first.lock().unwrap());
        if first { Mishap::Lost } else { Mishap::None }
    });
    eprintln!("{}: the answer of the first {lost} is lost", story.name);
    let mut play = Play::new(story, world(Store::in_memory(), luck));
    play.play(&[], &|_, wires| wires).await;
    play.ends_well();
}

/// Commands that a provider forgets, and lists that show the past, on top of doing everything twice.
#[tokio::test(start_paused = true)]
async fn every_answer_of_a_change_is_lost_once_and_the_end_is_the_same() {
    for lost in ["create", "delete", "look", "poll", "card", "update", "tell"] {
        first_answer_is_lost(&REQUESTS, lost).await;
    }
    for lost in Platform::ALL.into_iter().flat_map(calls) {
        first_answer_is_lost(&ON_BOTH, lost).await;
    }
}
