//! What is seen on a chat platform, in one vocabulary for both of them.

use std::time::Duration;

use glasskey::chat::discord::render;
use glasskey_playground::discord::{Fault as DiscordFault, Message as DiscordMessage, Operation};
use glasskey_playground::slack::{Fault as SlackFault, Message as SlackMessage};
use jiff::Timestamp;
use serde_json::json;

use super::okta::INCIDENT;
use super::people::Request;
use super::{ACCESS, Platform, Town};

/// A message, as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// What it is known by on its platform.
    pub(crate) id: String,
    /// The message that it answers.
    pub(crate) under: Option<String>,
    /// How often it was changed.
    pub(crate) edits: u32,
    words: String,
    buttons: Vec<String>,
}

/// What goes wrong with the messages that the bot sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silence {
    /// 500.
    Error,
    /// 429, for a second.
    TooMany,
    /// No answer, no effect.
    Hang,
    /// Something that is no answer, no effect.
    Garbage,
    /// The effect, and no answer.
    LostAnswer,
}

/// What the bot sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    /// A new message.
    Post,
    /// Another state of one that is there.
    Edit,
}

impl Seen {
    /// All that can be read.
    pub(crate) fn words(&self) -> String {
        self.words.clone()
    }

    /// Labels of the buttons.
    pub(crate) fn buttons(&self) -> Vec<String> {
        self.buttons.clone()
    }

    fn slack(message: &SlackMessage) -> Self {
        Self {
            id: message.ts.clone(),
            under: message.thread_ts.clone(),
            edits: message.edits,
            words: message.words(),
            buttons: message.buttons(),
        }
    }

    fn discord(message: &DiscordMessage) -> Self {
        Self {
            id: message.id.clone(),
            under: message.refers_to.clone(),
            edits: message.edits,
            words: read(&message.words()),
            buttons: message.buttons(),
        }
    }
}

/// Markdown of Discord as it is read: nobody sees a backslash that escapes, and bold has one star in Slack.
pub(super) fn read(markdown: &str) -> String {
    let (mut words, mut chars) = (String::new(), markdown.chars().peekable());
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(next)) if next.is_ascii_punctuation() => words.extend(chars.next()),
            ('*', Some('*')) => {}
            _ => words.push(c),
        }
    }
    words
}

fn is_card_in_slack(message: &SlackMessage, id: &str) -> bool {
    let metadata = message.metadata.clone().unwrap_or_default();
    metadata["event_type"] == "glasskey_card" && metadata["event_payload"]["key"] == id
}

fn is_card_in_discord(message: &DiscordMessage, id: &str) -> bool {
    let kept = json!({ "content": message.content, "embeds": message.embeds });
    render::bears(&kept, &render::mark(&format!("card:{id}")))
}

/// A channel of Slack's, as the same one is called in Discord.
fn in_discord(channel: &str) -> &str {
    match channel {
        ACCESS => "access",
        INCIDENT => "incidents",
        other => other,
    }
}

impl Town {
    /// Where people speak unless they say where.
    pub(crate) fn platform(&self) -> Platform {
        self.home
    }

    /// Waits until something is seen on a platform; it is asked again after every change there.
    pub(crate) fn chat_shows<T>(&self, on: Platform, what: &str, look: impl Fn() -> Option<T>) -> T {
        match on {
            Platform::Slack => self.slack_shows(what, |_| look()),
            Platform::Discord => self.discord_shows(what, |_| look()),
        }
    }

    /// What is in a channel, oldest first.
    pub(crate) fn posts_on(&self, on: Platform, channel: &str) -> Vec<Seen> {
        match on {
            Platform::Slack => self.slack.messages(channel).iter().map(Seen::slack).collect(),
            Platform::Discord => {
                self.discord.messages(in_discord(channel)).iter().map(Seen::discord).collect()
            }
        }
    }

    /// What is in the access channel.
    pub(crate) fn posts(&self) -> Vec<Seen> {
        self.posts_on(self.home, ACCESS)
    }

    /// The cards of something in a channel; there must never be two.
    pub(crate) fn cards_of(&self, on: Platform, channel: &str, id: &str) -> Vec<Seen> {
        match on {
            Platform::Slack => {
                let all = self.slack.messages(channel);
                all.iter().filter(|one| is_card_in_slack(one, id)).map(Seen::slack).collect()
            }
            Platform::Discord => {
                let all = self.discord.messages(in_discord(channel));
                all.iter().filter(|one| is_card_in_discord(one, id)).map(Seen::discord).collect()
            }
        }
    }

    /// All cards of a request on a platform.
    pub(crate) fn cards_on(&self, on: Platform, it: &Request) -> Vec<Seen> {
        self.cards_of(on, ACCESS, it.id.as_str())
    }

    /// All cards of a request.
    pub(crate) fn cards(&self, it: &Request) -> Vec<Seen> {
        self.cards_on(self.home, it)
    }

    /// The card of a request, as soon as it is there.
    pub(crate) fn card(&self, it: &Request) -> Seen {
        self.chat_shows(self.home, "the card", || self.cards(it).pop())
    }

    /// Waits until the card on a platform says this.
    pub(crate) fn card_says_on(&self, on: Platform, it: &Request, words: &str) -> Seen {
        self.chat_shows(on, &format!("`{words}` on the card in {}", on.name()), || {
            self.cards_on(on, it).into_iter().find(|card| card.words.contains(words))
        })
    }

    /// Waits until the card says this.
    pub(crate) fn card_says(&self, it: &Request, words: &str) -> Seen {
        self.card_says_on(self.home, it, words)
    }

    /// What was said under the card, oldest first.
    pub(crate) fn thread(&self, it: &Request) -> Vec<String> {
        let Some(card) = self.cards(it).pop() else { return Vec::new() };
        let under = |one: &Seen| one.under.as_ref() == Some(&card.id);
        self.posts().into_iter().filter(under).map(|one| one.words).collect()
    }

    /// Waits until this is said under the card.
    pub(crate) fn thread_says(&self, it: &Request, words: &str) {
        self.chat_shows(self.home, &format!("`{words}` under the card"), || {
            self.thread(it).iter().any(|said| said.contains(words)).then_some(())
        });
    }

    /// Waits until a channel says this.
    pub(crate) fn channel_says(&self, on: Platform, channel: &str, words: &str) -> Seen {
        self.chat_shows(on, &format!("`{words}` in {channel}"), || {
            self.posts_on(on, channel).into_iter().find(|one| one.words.contains(words))
        })
    }

    /// What somebody was told directly on a platform, oldest first.
    pub(super) fn all_told(&self, on: Platform, handle: &str) -> Vec<String> {
        match on {
            Platform::Slack => self.slack.direct_messages(handle).iter().map(SlackMessage::words).collect(),
            Platform::Discord => {
                self.discord.direct_messages(handle).iter().map(|one| read(&one.words())).collect()
            }
        }
    }

    /// What somebody was told directly on a platform since the story began.
    pub(crate) fn told_on(&self, on: Platform, handle: &str) -> Vec<String> {
        let before = self.told_before.get(&(on, handle.to_owned())).copied().unwrap_or_default();
        self.all_told(on, handle).split_off(before)
    }

    /// What somebody was told directly, oldest first.
    pub(crate) fn told(&self, handle: &str) -> Vec<String> {
        self.told_on(self.home, handle)
    }

    /// Waits until somebody was told this directly.
    pub(crate) fn is_told(&self, handle: &str, words: &str) {
        self.chat_shows(self.home, &format!("`{words}` told to {handle}"), || {
            self.told(handle).iter().any(|told| told.contains(words)).then_some(())
        });
    }

    /// What only one person sees, oldest first.
    pub(crate) fn whispers(&self, on: Platform, handle: &str) -> Vec<String> {
        match on {
            Platform::Slack => self.slack.ephemerals(handle).iter().map(|one| one.words()).collect(),
            Platform::Discord => {
                self.discord.ephemerals(handle).iter().map(|one| read(&one.words())).collect()
            }
        }
    }

    /// Somebody's name in a message.
    pub(crate) fn mention(&self, handle: &str) -> String {
        let person = self.company.person(handle).unwrap();
        match self.home {
            Platform::Slack => format!("<@{}>", person.slack_user_id),
            Platform::Discord => format!("<@{}>", person.discord_user_id),
        }
    }

    /// How a time begins in a message.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        match self.home {
            Platform::Slack => format!("<!date^{}^", at.as_second()),
            Platform::Discord => format!("<t:{}:", at.as_second()),
        }
    }

    /// The next messages that the bot sends to a platform meet this.
    pub(crate) fn sending_meets(&self, on: Platform, sending: Sending, times: usize, silence: Silence) {
        for _ in 0..times {
            match on {
                Platform::Slack => self.slack.fault(in_slack(sending), silence.slack()),
                Platform::Discord => self.discord.fault(sending.operation(), silence.discord()),
            }
        }
    }

    /// Takes back whatever would go wrong yet on a platform.
    pub(crate) fn chat_is_well(&self, on: Platform) {
        match on {
            Platform::Slack => self.slack.clear_faults(),
            Platform::Discord => self.discord.clear_faults(),
        }
    }
}

fn in_slack(sending: Sending) -> &'static str {
    match sending {
        Sending::Post => "chat.postMessage",
        Sending::Edit => "chat.update",
    }
}

impl Sending {
    fn operation(self) -> Operation {
        match self {
            Self::Post => Operation::Post,
            Self::Edit => Operation::Edit,
        }
    }
}

impl Silence {
    fn slack(self) -> SlackFault {
        match self {
            Self::Error => SlackFault::Http500,
            Self::TooMany => SlackFault::RateLimited { secs: 1 },
            Self::Hang => SlackFault::Hang,
            Self::Garbage => SlackFault::Garbage,
            Self::LostAnswer => SlackFault::AcceptThenDrop,
        }
    }

    fn discord(self) -> DiscordFault {
        match self {
            Self::Error => DiscordFault::Status(500),
            Self::TooMany => DiscordFault::RateLimited { wait: Duration::from_secs(1), global: false },
            Self::Hang => DiscordFault::Hang,
            Self::Garbage => DiscordFault::Garbage,
            Self::LostAnswer => DiscordFault::AcceptThenDrop,
        }
    }
}
