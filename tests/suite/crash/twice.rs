//! Whatever is done is done twice: calls whose first answer is lost, outcomes that come again, timers that fire again,
//! deliveries that are delivered again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock};

use glasskey::engine::WeakEngine;
use glasskey::ports::{About, Access, Answer, Chat, Fault, Progress, Seen, Started, Urgency};
use glasskey_domain::command::Incoming;
use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use glasskey_domain::request::MessageRef;
use glasskey_domain::{Command, Directory, Holding, Outcome, Subject, Tell};
use jiff::Timestamp;

use super::guillotine::Blade;
use super::life::Wires;
use super::outside::{Mishap, request};
use super::script::{Play, world};
use super::store::Store;

/// Calls every call twice and brings every outcome before the engine does.
struct Twice {
    wires: Wires,
    engine: Arc<OnceLock<WeakEngine>>,
    /// Chat's calls whose first answer was lost already: its second try looks first.
    lost: Mutex<BTreeSet<String>>,
}

impl Twice {
    /// Twice, because the engine brings it a third time.
    async fn bring(&self, outcome: Outcome) {
        let engine =
            self.engine.get().and_then(WeakEngine::upgrade).expect("the engine lives while it calls");
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
            let (direct, groups) = (seen.direct, seen.groups.clone());
            self.bring(Outcome::Looked { holding: holding.clone(), direct, groups }).await;
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

impl Chat for Twice {
    fn post_card<'a>(
        &'a self,
        about: About<'a>,
        directory: &'a Directory,
        look_since: Option<Timestamp>,
    ) -> Answer<'a, Result<MessageRef, Fault>> {
        let request = request(about);
        Box::pin(async move {
            let message = self.wires.chat.post_card(about, directory, look_since).await?;
            self.loses(format!("card {}", request.ask.id))?;
            let (id, message_too) = (Subject::Request(request.ask.id.clone()), message.clone());
            // What an earlier try posted may show an earlier version: so much and no more is known.
            self.bring(Outcome::CardShown { id, version: 0, message: message_too }).await;
            Ok(message)
        })
    }

    fn update_card<'a>(
        &'a self,
        about: About<'a>,
        directory: &'a Directory,
        message: &'a MessageRef,
    ) -> Answer<'a, Result<(), Fault>> {
        let request = request(about);
        Box::pin(async move {
            self.wires.chat.update_card(about, directory, message).await?;
            self.loses(format!("update {} {}", request.ask.id, request.version))?;
            let (id, version, message) =
                (Subject::Request(request.ask.id.clone()), request.version, message.clone());
            self.bring(Outcome::CardShown { id, version, message }).await;
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
            self.wires.chat.tell(tell, about, directory, look_since).await?;
            self.loses(tell.key())?;
            self.bring(Outcome::Told { tell: tell.clone() }).await;
            Ok(())
        })
    }
}

fn twice(engine: &Arc<OnceLock<WeakEngine>>, wires: Wires) -> Wires {
    let ledger = Arc::clone(&wires.ledger);
    let twice = Arc::new(Twice { wires, engine: Arc::clone(engine), lost: Mutex::default() });
    Wires { ledger, access: twice.clone(), chat: twice }
}

async fn played_twice(store: Store, blades: &[Arc<Blade>]) {
    let mut play = Play::new(world(store, Box::new(|_| Mishap::None)));
    play.says_everything_twice();
    play.play(blades, &twice).await;
    play.ends_well();
}

#[tokio::test(start_paused = true)]
async fn whatever_is_done_twice_is_done_once() {
    played_twice(Store::in_memory(), &[]).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_is_done_twice_over_a_real_disk_is_done_once() {
    played_twice(Store::on_disk(), &[]).await;
}

/// Commands that a provider forgets, and lists that show the past, on top of doing everything twice.
#[tokio::test(start_paused = true)]
async fn every_answer_of_a_change_is_lost_once_and_the_end_is_the_same() {
    for lost in ["create", "delete", "look", "poll", "card", "update", "tell"] {
        let lost_once = Mutex::new(BTreeSet::new());
        let luck = Box::new(move |name: &str| {
            let first = name == lost && lost_once.lock().unwrap().insert(name.to_owned());
            if first { Mishap::Lost } else { Mishap::None }
        });
        eprintln!("the answer of the first {lost} is lost");
        let mut play = Play::new(world(Store::in_memory(), luck));
        play.play(&[], &|_, wires| wires).await;
        play.ends_well();
    }
}
