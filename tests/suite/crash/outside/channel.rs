//! Channels that keep messages, one on each platform, and blame who says what is not true, or says it elsewhere.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use glasskey::ports::{About, Answer, Chat, Fault};
use glasskey_domain::request::{MessageRef, Posting};
use glasskey_domain::{Book, Directory, Emergency, NoticeKind, Platform, Recipient, Subject, Tell};
use jiff::{SignedDuration, Timestamp};

use super::{Fact, Mishap, Outside, lock, lost};

/// Clocks differ; chat looks this much before the intent, as the Slack door does.
const LOOK_BEFORE: SignedDuration = SignedDuration::from_secs(120);

/// The channels of one platform, as a bot has them.
pub(crate) struct Channel {
    pub(crate) on: Platform,
    pub(crate) outside: Arc<Outside>,
}

/// What the calls are named that post a card, update it, and post a message: each platform has a fate of its own.
pub(crate) const fn calls(on: Platform) -> [&'static str; 3] {
    match on {
        Platform::Slack => ["card", "update", "tell"],
        Platform::Discord => ["card@discord", "update@discord", "tell@discord"],
    }
}

/// Where cards are.
const fn access_channel(on: Platform) -> &'static str {
    match on {
        Platform::Slack => "C0ACCESS",
        Platform::Discord => "400000000000000001",
    }
}

/// A message in chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Post {
    /// `card/AR-…`, or the key of the message.
    pub(crate) key: String,
    /// When it was posted, truly.
    pub(crate) at: Timestamp,
    /// The version of the request, or the emergency, that it shows.
    pub(crate) shows: u64,
}

/// The key of a card.
pub(crate) fn card_key(id: &impl fmt::Display) -> String {
    format!("card/{id}")
}

/// What a card or a message is about, and the version of it that is shown.
pub(crate) fn subject(about: About<'_>) -> (Subject, u64) {
    match about {
        About::Request(request) => (request.ask.id.clone().into(), request.version),
        About::Emergency(emergency) => (emergency.ask.id.clone().into(), emergency.version),
        About::Watch(_) => (Subject::Watch, 0),
    }
}

fn card_is_intended(book: &Book, id: &Subject, on: Platform) -> bool {
    let card = match id {
        Subject::Request(id) => book.request(id).and_then(|request| request.cards.on(on)),
        Subject::Emergency(id) => book.emergency(id).and_then(|emergency| emergency.cards.on(on)),
        Subject::Watch => None,
    };
    card.is_some_and(|card| matches!(card.posting, Posting::Intended { .. }))
}

fn tell_is_intended(book: &Book, tell: &Tell) -> bool {
    let untold: Option<&BTreeMap<Tell, Posting>> = match &tell.id {
        Subject::Request(id) => book.request(id).map(|request| &request.untold),
        Subject::Emergency(id) => book.emergency(id).map(|emergency| &emergency.untold),
        Subject::Watch => Some(&book.watch().untold),
    };
    untold.is_some_and(|untold| matches!(untold.get(tell), Some(Posting::Intended { .. })))
}

impl Outside {
    /// Messages on a platform, oldest first.
    pub(crate) fn posts(&self, on: Platform) -> Vec<Post> {
        lock(&self.posts).get(&on).cloned().unwrap_or_default()
    }

    /// Posts, or finds what an earlier try has posted; answers the number of the message.
    async fn post(
        &self,
        (on, name): (Platform, &str),
        key: String,
        shows: u64,
        since: Option<Timestamp>,
    ) -> Result<usize, Fault> {
        let mishap = self.begin(name).await?;
        if mishap == Mishap::Fails {
            return Err(Fault::Permanent { what: "channel_not_found".to_owned() });
        }
        let number = {
            let mut posts = lock(&self.posts);
            let posts = posts.entry(on).or_default();
            let found = since.and_then(|since| {
                let since = since - LOOK_BEFORE;
                posts.iter().position(|post| post.key == key && post.at >= since)
            });
            found.unwrap_or_else(|| {
                posts.push(Post { key, at: self.time.truth(), shows });
                posts.len() - 1
            })
        };
        if mishap == Mishap::Lost { Err(lost()) } else { Ok(number) }
    }

    /// A card shows another version, if the message is that card.
    fn show(&self, on: Platform, id: &Subject, message: &MessageRef, version: u64) {
        let mut posts = lock(&self.posts);
        let number = message.message.parse::<usize>().unwrap();
        let post = posts.get_mut(&on).and_then(|posts| posts.get_mut(number));
        match post.filter(|post| message.channel == access_channel(on) && post.key == card_key(id)) {
            Some(post) => post.shows = version,
            None => self.blame(format!("{message:?} is not the card of {id} on {on}")),
        }
    }

    fn check_intent(&self, what: &str, intended: impl FnOnce(&Book) -> bool) {
        if !self.store.durable(intended) {
            self.blame(format!("{what} is posted and that it would be was not written down"));
        }
    }

    /// P4: what is said of an emergency is true of the provider, or was.
    fn check_truth(&self, tell: &Tell, about: About<'_>) {
        let About::Emergency(emergency) = about else { return };
        let is_true = match (&tell.kind, &tell.to) {
            (NoticeKind::EmergencyOn, _) => self.federated_since(&Fact::App, emergency.ask.at),
            (NoticeKind::SignIn { level }, Recipient::Person { person }) => {
                let group = &emergency.ask.place.groups[level];
                self.federated_since(&Fact::is_in(group, person.as_str()), emergency.ask.at)
            }
            (NoticeKind::EmergencyOff, _) => self.off_is_true(emergency),
            _ => true,
        };
        if !is_true {
            self.blame(format!("P4: {} is told and is not true: {:?}", tell.key(), self.open_now()));
        }
    }

    fn off_is_true(&self, emergency: &Emergency) -> bool {
        // Another may have been opened since; then nobody can see any more whether this one was closed.
        let busy = self.store.durable(|book| book.emergencies().any(|other| other.state.holds_federation()));
        let over = emergency.state.is_terminal();
        over && (busy || self.open_by_us().is_empty())
    }
}

impl Chat for Channel {
    fn post_card<'a>(
        &'a self,
        about: About<'a>,
        _: &'a Directory,
        look_since: Option<Timestamp>,
    ) -> Answer<'a, Result<MessageRef, Fault>> {
        let (id, version) = subject(about);
        Box::pin(async move {
            let (outside, [name, ..]) = (&self.outside, calls(self.on));
            let key = card_key(&id);
            outside
                .check_intent(&format!("{key} on {}", self.on), |book| card_is_intended(book, &id, self.on));
            let number = outside.post((self.on, name), key, version, look_since).await?;
            Ok(MessageRef { channel: access_channel(self.on).to_owned(), message: number.to_string() })
        })
    }

    fn update_card<'a>(
        &'a self,
        about: About<'a>,
        _: &'a Directory,
        message: &'a MessageRef,
    ) -> Answer<'a, Result<(), Fault>> {
        let (id, version) = subject(about);
        Box::pin(async move {
            let (outside, [_, name, _]) = (&self.outside, calls(self.on));
            let mishap = outside.begin(name).await?;
            if mishap == Mishap::Fails {
                return Err(Fault::Permanent { what: "message_not_found".to_owned() });
            }
            outside.show(self.on, &id, message, version);
            if mishap == Mishap::Lost { Err(lost()) } else { Ok(()) }
        })
    }

    fn tell<'a>(
        &'a self,
        tell: &'a Tell,
        about: About<'a>,
        _: &'a Directory,
        look_since: Option<Timestamp>,
    ) -> Answer<'a, Result<(), Fault>> {
        let (_, version) = subject(about);
        Box::pin(async move {
            let (outside, [.., name]) = (&self.outside, calls(self.on));
            if tell.on != self.on {
                outside.blame(format!("{} is told on {}", tell.key(), self.on));
            }
            outside.check_intent(&tell.key(), |book| tell_is_intended(book, tell));
            outside.check_truth(tell, about);
            outside.post((self.on, name), tell.key(), version, look_since).await.map(drop)
        })
    }
}
