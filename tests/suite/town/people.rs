//! What people of the town do in Slack, and what they see of it.

use glasskey_domain::RequestId;
use glasskey_playground::slack::{Ephemeral, InteractionResult};
use serde_json::json;

use super::{ACCESS, Town};

/// A person of the town, in Slack.
#[derive(Clone)]
pub(crate) struct Person<'t> {
    town: &'t Town,
    handle: String,
    channel: String,
}

/// A request, as people speak of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) id: RequestId,
}

/// What a person saw of a command.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) result: InteractionResult,
}

/// What a person saw of a click.
pub(crate) struct Clicked<'t> {
    who: Person<'t>,
    before: usize,
}

impl Said {
    /// All that they read.
    pub(crate) fn words(&self) -> String {
        self.result.words()
    }

    /// The request that it is about.
    pub(crate) fn request(&self) -> Request {
        let words = self.words();
        let id = words
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .find_map(|word| word.starts_with("AR-").then(|| RequestId::parse(word).ok()).flatten());
        Request { id: id.unwrap_or_else(|| panic!("no request in {words:?} {:?}", self.result)) }
    }

    /// Checks that it says this.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) -> &Self {
        let seen = self.words();
        assert!(seen.contains(words), "`{words}` is not in: {seen}\n{:?}", self.result);
        self
    }
}

impl Clicked<'_> {
    /// What they were answered, as soon as it is there.
    pub(crate) fn words(&self) -> String {
        let (handle, before) = (&self.who.handle, self.before);
        self.who.town.slack_shows(&format!("an answer to {handle}'s click"), |slack| {
            slack.ephemerals(handle).get(before).map(Ephemeral::words)
        })
    }

    /// Checks that they were answered this.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        let seen = self.words();
        assert!(seen.contains(words), "`{words}` is not in: {seen}");
    }
}

impl<'t> Person<'t> {
    pub(super) fn new(town: &'t Town, handle: &str) -> Self {
        Self { town, handle: handle.to_owned(), channel: ACCESS.to_owned() }
    }

    /// The same, in another channel.
    pub(crate) fn in_channel(mut self, channel: &str) -> Self {
        channel.clone_into(&mut self.channel);
        self
    }

    /// Types a line that begins with a command.
    pub(crate) fn says(&self, line: &str) -> Said {
        let (command, text) = line.split_once(' ').unwrap_or((line, ""));
        let slash = self.town.slack().slash(&self.handle, &self.channel, command, text);
        Said { result: self.town.block("the answer to a command", slash) }
    }

    /// Asks for access, which is taken.
    #[track_caller]
    pub(crate) fn asks(&self, line: &str) -> Request {
        let said = self.says(&format!("/elevate {line}"));
        let words = said.words();
        assert!(words.contains("waits for") || words.contains("is being created"), "not taken: {words}");
        said.request()
    }

    /// Clicks a button of a card, which must be there.
    pub(crate) fn clicks(&self, it: &Request, button: &str) -> Clicked<'t> {
        let card = self.town.slack_shows("the button", |slack| {
            let card = slack.messages(ACCESS).into_iter().find(|message| {
                let metadata = message.metadata.clone().unwrap_or_default();
                metadata["event_payload"]["key"] == it.id.as_str()
            })?;
            card.buttons().iter().any(|label| label == button).then_some(card)
        });
        let before = self.town.slack().ephemerals(&self.handle).len();
        let click = self.town.slack().click(&self.handle, ACCESS, &card.ts, button);
        let result = self.town.block("the answer to a click", click);
        assert_eq!(result.failure, None, "{} clicked {button}", self.handle);
        Clicked { who: self.clone(), before }
    }

    /// Clicks Approve.
    pub(crate) fn approves(&self, it: &Request) -> Clicked<'t> {
        self.clicks(it, "Approve")
    }

    /// Clicks Withdraw.
    pub(crate) fn withdraws(&self, it: &Request) -> Clicked<'t> {
        self.clicks(it, "Withdraw")
    }

    /// Clicks End now.
    pub(crate) fn ends(&self, it: &Request) -> Clicked<'t> {
        self.clicks(it, "End now")
    }

    /// Clicks Deny and fills in why; answers what the form said was wrong, if anything.
    pub(crate) fn denies(&self, it: &Request, why: &str) -> serde_json::Value {
        self.clicks(it, "Deny…");
        let town = self.town;
        town.slack_shows("the form", |slack| slack.open_views(&self.handle).pop());
        let filled = json!({ "why": why });
        let sent = town.slack().submit_view(&self.handle, &filled);
        let result = town.block("the answer to a form", sent);
        assert_eq!(result.failure, None);
        result.payload.unwrap_or_default()["errors"].clone()
    }
}
