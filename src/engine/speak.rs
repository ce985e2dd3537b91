//! Cards and messages: what chat shows is a function of the ledger. Intended, posted, noted: each committed, so that a crash
//! between any two loses nothing and says nothing twice.

use std::collections::BTreeMap;

use glasskey_domain::drift::Drift;
use glasskey_domain::request::{CardState, Posting};
use glasskey_domain::watch::Watch;
use glasskey_domain::{AccessRequest, Emergency, Outcome, Platform, Recipient, Subject, Tell};
use jiff::Timestamp;

use super::perform::{Performed, outcome};
use super::{Engine, Stopped};
use crate::ports::{About, Fault, Watched};

/// What a chat job is about, as it is now.
enum Thing {
    Request(Box<AccessRequest>),
    Emergency(Box<Emergency>),
    Watch(Box<Watch>, Vec<Drift>),
}

impl Thing {
    async fn now(engine: &Engine, id: &Subject) -> Option<Self> {
        let book = engine.book().await;
        match id {
            Subject::Request(id) => book.request(id).cloned().map(Box::new).map(Self::Request),
            Subject::Emergency(id) => book.emergency(id).cloned().map(Box::new).map(Self::Emergency),
            Subject::Watch => {
                Some(Self::Watch(Box::new(book.watch().clone()), book.drifts().cloned().collect()))
            }
        }
    }

    fn about(&self) -> About<'_> {
        match self {
            Self::Request(request) => About::Request(request),
            Self::Emergency(emergency) => About::Emergency(emergency),
            Self::Watch(watch, drifts) => About::Watch(Watched { watch, drifts }),
        }
    }

    /// The card on a platform and the version that it should show, when it does not.
    fn card_due(&self, on: Platform) -> Option<(&CardState, u64)> {
        let (cards, version) = match self {
            Self::Request(request) => (&request.cards, request.version),
            Self::Emergency(emergency) => (&emergency.cards, emergency.version),
            Self::Watch(..) => return None,
        };
        cards.on(on).filter(|card| !card.is_current(version)).map(|card| (card, version))
    }

    fn untold(&self) -> &BTreeMap<Tell, Posting> {
        match self {
            Self::Request(request) => &request.untold,
            Self::Emergency(emergency) => &emergency.untold,
            Self::Watch(watch, _) => &watch.untold,
        }
    }
}

/// Makes the card show the request, or the emergency, as it is: posted once, then updated.
pub(super) async fn card(engine: &Engine, id: &Subject, on: Platform) -> Result<Performed, Stopped> {
    let Some(thing) = Thing::now(engine, id).await else { return Ok(Performed::Done) };
    let Some((card, version)) = thing.card_due(on) else { return Ok(Performed::Done) };
    // The start of the engine has taken away what a platform waits for that is not served.
    let Some(chat) = engine.shared.chats.get(&on) else { return Ok(Performed::Done) };
    let directory = engine.directory();
    // A card that an earlier try posted shows things as they were then: found again, it is brought up to date next.
    let version = if matches!(card.posting, Posting::Intended { .. }) { 0 } else { version };
    let shown = match &card.posting {
        Posting::No => {
            outcome(engine, Outcome::CardIntended { id: id.clone(), on }).await?;
            chat.post_card(thing.about(), &directory, None).await
        }
        Posting::Intended { at } => chat.post_card(thing.about(), &directory, Some(*at)).await,
        Posting::Posted { message } => {
            chat.update_card(thing.about(), &directory, message).await.map(|()| message.clone())
        }
    };
    match shown {
        Ok(message) => {
            outcome(engine, Outcome::CardShown { id: id.clone(), on, version, message }).await?;
            Ok(Performed::Done)
        }
        Err(Fault::Permanent { what }) => {
            tracing::error!(%id, %on, what, "the card can never be shown");
            outcome(engine, Outcome::CardUndeliverable { id: id.clone(), on, why: what }).await?;
            Ok(Performed::Done)
        }
        Err(fault) => Ok(again(&fault, id)),
    }
}

/// Delivers a message once.
pub(super) async fn say(engine: &Engine, tell: Tell) -> Result<Performed, Stopped> {
    let Some(thing) = Thing::now(engine, &tell.id).await else { return Ok(Performed::Done) };
    let Some(posting) = thing.untold().get(&tell) else { return Ok(Performed::Done) };
    let Some(chat) = engine.shared.chats.get(&tell.on) else { return Ok(Performed::Done) };
    let look_since: Option<Timestamp> = match posting {
        Posting::No => {
            outcome(engine, Outcome::TellIntended { tell: tell.clone() }).await?;
            None
        }
        Posting::Intended { at } => Some(*at),
        Posting::Posted { .. } => return Ok(Performed::Done),
    };
    let directory = engine.directory();
    match chat.tell(&tell, thing.about(), &directory, look_since).await {
        Ok(()) => {
            outcome(engine, Outcome::Told { tell }).await?;
            Ok(Performed::Done)
        }
        Err(Fault::Permanent { what }) => {
            undeliverable(&tell, &what);
            outcome(engine, Outcome::Undeliverable { tell, why: what }).await?;
            Ok(Performed::Done)
        }
        Err(fault) => Ok(again(&fault, &tell.id)),
    }
}

/// Not everybody is on every platform, and some take no direct messages; a channel that is not there is for an operator.
fn undeliverable(tell: &Tell, what: &str) {
    let message = tell.key();
    match tell.to {
        Recipient::Person { .. } => tracing::warn!(message, what, "a message does not reach its person here"),
        Recipient::Thread | Recipient::Access | Recipient::Channel { .. } => {
            tracing::error!(message, what, "a message can never be delivered");
        }
    }
}

fn again(fault: &Fault, id: &Subject) -> Performed {
    tracing::warn!(%id, %fault, "chat did not take a message; it is tried again");
    let after = match fault {
        Fault::Transient { retry_after, .. } => *retry_after,
        Fault::Lost { .. } | Fault::Permanent { .. } => None,
    };
    Performed::Again { after }
}
