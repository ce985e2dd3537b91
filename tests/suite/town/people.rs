//! What people of the town do in chat, and what they see of it: in Slack and in Discord by the same words.

use glasskey_domain::RequestId;
use glasskey_playground::discord::{Answer, InteractionResult as InDiscord};
use glasskey_playground::slack::{Ephemeral, InteractionResult as InSlack};
use serde_json::json;

use super::chat::{Seen, read};
use super::{ACCESS, Platform, Town};

/// A person of the town, on a platform.
#[derive(Clone)]
pub(crate) struct Person<'t> {
    pub(super) town: &'t Town,
    pub(super) handle: String,
    pub(super) on: Platform,
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
    /// What the platform calls it: an envelope of Slack's, an interaction of Discord's.
    pub(crate) name: String,
    words: String,
}

/// What a person saw of a click.
pub(crate) struct Clicked<'t> {
    pub(super) who: Person<'t>,
    pub(super) answer: ClickAnswer,
}

/// Slack's comes later and by itself; Discord's with the click.
pub(super) enum ClickAnswer {
    /// The one after so many.
    After(usize),
    /// There.
    Read(String),
}

impl Said {
    fn in_slack(result: &InSlack) -> Self {
        Self { name: result.envelope_id.clone(), words: result.words() }
    }

    /// What Discord's own client says is read, too.
    fn in_discord(result: &InDiscord) -> Self {
        let words = result.failure.clone().unwrap_or_else(|| read(&result.words()));
        Self { name: result.interaction.clone(), words }
    }

    /// All that they read.
    pub(crate) fn words(&self) -> String {
        self.words.clone()
    }

    /// The request that it is about.
    pub(crate) fn request(&self) -> Request {
        let words = self.words();
        let id = words
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .find_map(|word| word.starts_with("AR-").then(|| RequestId::parse(word).ok()).flatten());
        Request { id: id.unwrap_or_else(|| panic!("no request in {words:?}")) }
    }

    /// Checks that it says this.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) -> &Self {
        assert!(self.words.contains(words), "`{words}` is not in: {}", self.words);
        self
    }
}

impl Clicked<'_> {
    /// What they were answered, as soon as it is there.
    pub(crate) fn words(&self) -> String {
        let handle = &self.who.handle;
        match &self.answer {
            ClickAnswer::Read(words) => words.clone(),
            ClickAnswer::After(before) => {
                self.who.town.slack_shows(&format!("an answer to {handle}'s click"), |slack| {
                    slack.ephemerals(handle).get(*before).map(Ephemeral::words)
                })
            }
        }
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
        Self { town, handle: handle.to_owned(), on: town.home, channel: ACCESS.to_owned() }
    }

    /// The same, on another platform.
    pub(crate) fn on(mut self, platform: Platform) -> Self {
        self.on = platform;
        self
    }

    /// The same, in another channel of Slack's.
    pub(crate) fn in_channel(mut self, channel: &str) -> Self {
        channel.clone_into(&mut self.channel);
        self
    }

    /// Types a line that begins with a command; in Discord, chooses its parts.
    pub(crate) fn says(&self, line: &str) -> Said {
        match self.on {
            Platform::Slack => {
                let (command, text) = line.split_once(' ').unwrap_or((line, ""));
                let slash = self.town.slack().slash(&self.handle, &self.channel, command, text);
                Said::in_slack(&self.town.block("the answer to a command", slash))
            }
            Platform::Discord => {
                let (command, fields) = self.town.fields(line);
                let slash = self.town.discord().slash(&self.handle, "access", &command, &fields);
                Said::in_discord(&self.town.block("the answer to a command", slash))
            }
        }
    }

    /// Asks for access, which is taken.
    #[track_caller]
    pub(crate) fn asks(&self, line: &str) -> Request {
        let said = self.says(&format!("/elevate {line}"));
        let words = said.words();
        let taken = ["waits for", "is being created"].iter().any(|taken| words.contains(taken));
        assert!(taken, "not taken: {words}");
        said.request()
    }

    /// Clicks a button of a card, which must be there.
    pub(crate) fn clicks(&self, it: &Request, button: &str) -> Clicked<'t> {
        let card = self.town.chat_shows(self.on, &format!("the button {button}"), || {
            let card = self.town.cards_on(self.on, it).pop()?;
            card.buttons().iter().any(|label| label == button).then_some(card)
        });
        self.clicks_on(&card, button)
    }

    /// Clicks a button of a card that was seen, whatever has become of it since.
    pub(crate) fn clicks_on(&self, card: &Seen, button: &str) -> Clicked<'t> {
        let answer = match self.on {
            Platform::Slack => {
                let before = self.town.slack().ephemerals(&self.handle).len();
                let click = self.town.slack().click(&self.handle, ACCESS, &card.id, button);
                let result = self.town.block("the answer to a click", click);
                assert_eq!(result.failure, None, "{} clicked {button}", self.handle);
                ClickAnswer::After(before)
            }
            Platform::Discord => ClickAnswer::Read(self.is_sure(&self.click_in_discord(&card.id, button))),
        };
        Clicked { who: self.clone(), answer }
    }

    fn click_in_discord(&self, message: &str, button: &str) -> InDiscord {
        self.click_at("access", message, button)
    }

    /// In a channel of Discord's, or in the direct messages with the bot.
    pub(super) fn click_at(&self, channel: &str, message: &str, button: &str) -> InDiscord {
        let click = self.town.discord().click(&self.handle, channel, message, button);
        let result = self.town.block("the answer to a click", click);
        assert_eq!(result.failure, None, "{} clicked {button}", self.handle);
        result
    }

    /// What they read in the end: a question before a click counts is answered yes.
    fn is_sure(&self, result: &InDiscord) -> String {
        self.is_sure_at("access", result)
    }

    /// See [`Self::is_sure`].
    pub(super) fn is_sure_at(&self, channel: &str, result: &InDiscord) -> String {
        let words = read(&result.words());
        let Some(Answer::Message(message)) = &result.answer else { return words };
        let Some(yes) = message.buttons().into_iter().next() else { return words };
        read(&self.click_at(channel, &message.id, &yes).words())
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

    /// Clicks Deny and fills in why. What they read of it: what is wrong at the field, or in Discord any answer.
    pub(crate) fn denies(&self, it: &Request, why: &str) -> String {
        self.clicks(it, "Deny…");
        let (town, filled) = (self.town, json!({ "why": why }));
        match self.on {
            Platform::Slack => {
                town.slack_shows("the form", |slack| slack.open_views(&self.handle).pop());
                let sent = town.slack().submit_view(&self.handle, &filled);
                let result = town.block("the answer to a form", sent);
                assert_eq!(result.failure, None);
                let wrong = result.payload.unwrap_or_default()["errors"]["why"].clone();
                wrong.as_str().unwrap_or_default().to_owned()
            }
            Platform::Discord => {
                let sent = town.discord().submit_modal(&self.handle, &filled);
                let result = town.block("the answer to a form", sent);
                assert_eq!(result.failure, None);
                read(&result.words())
            }
        }
    }
}
