//! Who is who: an account is a person by a link that the book holds, and by nothing else. Discord says no address of
//! anybody, and its names prove nothing (platform-rules §2).
//!
//! Asks Discord for nothing while somebody waits in the guild: what is not in the book is nobody (P9).

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use glasskey_domain::refusal::StrangerWhy;
use glasskey_domain::settings::SEATS_MAX;
use glasskey_domain::{Book, ChatAccount, Door, PersonId, Refusal};
use jiff::tz::TimeZone;
use serenity::model::id::{ChannelId, GuildId, UserId};
use tokio::time::Instant;

use super::render::Names;
use super::rest::fault::DiscordFault;
use super::rest::{DiscordRest, id};
use crate::chat::hall::Known;
use crate::engine::{Engine, WeakEngine};

/// Names of channels are believed this long: an operator who renames one waits no longer for it.
const CHANNELS_FRESH: Duration = Duration::from_secs(300);
/// Direct message channels kept: a guild of that many people is larger than any company that we know.
const KEPT_MAX: usize = 50_000;
/// Kinds of channels that messages go to: text, and announcements.
const WRITTEN: [u8; 2] = [0, 5];
/// Longest name in a refusal.
const SHOWN_MAX: usize = 80;

/// A user as an interaction describes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct User {
    /// Who: immutable.
    pub(super) id: String,
    /// What people see: freely chosen, so to show and never to match on.
    pub(super) name: Option<String>,
    /// A bot. Discord leaves this out of people.
    pub(super) bot: bool,
}

/// People of one guild.
pub struct People {
    rest: DiscordRest,
    guild: GuildId,
    /// There from when Discord is listened to; weak, because the engine has the sender, which has us.
    engine: OnceLock<WeakEngine>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    direct: BTreeMap<UserId, ChannelId>,
    channels: Option<(Instant, BTreeMap<String, ChannelId>)>,
}

impl People {
    /// People of this guild.
    #[must_use]
    pub fn new(rest: DiscordRest, guild: GuildId) -> Self {
        Self { rest, guild, engine: OnceLock::new(), kept: Mutex::default() }
    }

    /// From now on it is known who is linked.
    pub(super) fn learn(&self, engine: &Engine) {
        if self.engine.set(engine.downgrade()).is_err() {
            tracing::error!("discord's people were given a second engine; the first one stays");
        }
    }

    fn engine(&self) -> Option<Engine> {
        self.engine.get().and_then(WeakEngine::upgrade)
    }

    fn kept<T>(&self, with: impl FnOnce(&mut Kept) -> T) -> T {
        with(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The guild whose people they are.
    pub(super) fn guild(&self) -> String {
        self.guild.to_string()
    }

    /// Whether people of this guild are served.
    pub(super) fn serves(&self, guild: &str) -> bool {
        id::<GuildId>(guild) == Some(self.guild)
    }

    fn account(&self, user: &str) -> ChatAccount {
        ChatAccount { door: Door::Discord, workspace: self.guild.to_string(), user: user.to_owned() }
    }

    /// The person behind an account that typed or clicked, or was named.
    pub(super) async fn person(&self, engine: &Engine, user: &User) -> Result<Known, StrangerWhy> {
        if user.bot {
            return Err(StrangerWhy::Bot);
        }
        let bound =
            engine.book().await.binding(&self.account(&user.id)).map(|binding| binding.person.clone());
        // Discord says no zone: `until 18:00` is by UTC, and the answer shows when that is for the reader.
        bound.map(|person| Known { person, zone: TimeZone::UTC }).ok_or(StrangerWhy::NotLinked)
    }

    /// Whether somebody is in the guild now; nothing, when Discord does not say. The one thing that is asked while somebody
    /// waits, and only where they are outside the guild.
    pub(super) async fn is_member(&self, user: &User) -> Option<bool> {
        let user = id::<UserId>(&user.id)?;
        match self.rest.member(self.guild, user).await {
            Ok(member) => Some(member.is_some()),
            Err(fault) => {
                tracing::warn!(%fault, "discord did not say whether somebody is in the guild");
                None
            }
        }
    }

    /// Who these users are, held to the same as a speaker; those who are nobody of the company are refused by name (P9).
    pub(super) async fn mentioned(
        &self,
        engine: &Engine,
        users: &[String],
        described: &BTreeMap<String, User>,
    ) -> BTreeMap<String, Result<PersonId, Refusal>> {
        if users.len() > SEATS_MAX {
            let refused = |user: &String| (user.clone(), Err(Refusal::TooManyPeople { max: SEATS_MAX }));
            return users.iter().map(refused).collect();
        }
        let mut found = BTreeMap::new();
        for user in users {
            let unknown = || User { id: user.clone(), name: None, bot: false };
            let described = described.get(user).cloned().unwrap_or_else(unknown);
            let known = self.person(engine, &described).await.map(|known| known.person);
            let known = known.map_err(|why| Refusal::NamedStranger { named: shown(&described), why });
            found.insert(user.clone(), known);
        }
        found
    }

    /// Renders something in which those who are linked are shown by their accounts. Nobody is, before the engine is there.
    pub(super) async fn named<T>(&self, render: impl FnOnce(&dyn Names) -> T + Send) -> T {
        let Some(engine) = self.engine() else { return render(&Nobody) };
        let guild = self.guild.to_string();
        let book = engine.book().await;
        render(&Linked { book: &book, guild: &guild })
    }

    /// The user to whom a person's messages go.
    ///
    /// # Errors
    /// When the engine is not there, so that it cannot be said.
    pub(super) async fn find(&self, person: &PersonId) -> Result<Option<UserId>, NoEngine> {
        let engine = self.engine().ok_or(NoEngine)?;
        let guild = self.guild.to_string();
        let book = engine.book().await;
        Ok(Linked { book: &book, guild: &guild }.discord_user(person).and_then(|user| id(&user)))
    }

    /// The direct message channel with a user.
    pub(super) async fn direct(&self, user: UserId) -> Result<ChannelId, DiscordFault> {
        if let Some(channel) = self.kept(|kept| kept.direct.get(&user).copied()) {
            return Ok(channel);
        }
        let channel = self.rest.open_dm(user).await?;
        self.kept(|kept| {
            if kept.direct.len() >= KEPT_MAX {
                kept.direct.clear();
            }
            kept.direct.insert(user, channel);
        });
        Ok(channel)
    }

    /// The channel that policy or configuration names: an id as it is, a `#name` looked up in the guild.
    pub(super) async fn channel(&self, name: &str) -> Result<Option<ChannelId>, DiscordFault> {
        let Some(bare) = name.strip_prefix('#') else { return Ok(id(name)) };
        let known = self.kept(|kept| {
            let fresh = kept.channels.as_ref().filter(|(at, _)| at.elapsed() < CHANNELS_FRESH);
            fresh.map(|(_, channels)| channels.get(bare).copied())
        });
        // A channel that is not there may have been made since.
        if let Some(Some(channel)) = known {
            return Ok(Some(channel));
        }
        let all = self.rest.guild_channels(self.guild).await?;
        let written = all.into_iter().filter(|channel| WRITTEN.contains(&channel.kind));
        let channels: BTreeMap<String, ChannelId> =
            written.filter_map(|channel| Some((channel.name?, channel.id))).collect();
        let found = channels.get(bare).copied();
        self.kept(|kept| kept.channels = Some((Instant::now(), channels)));
        Ok(found)
    }
}

/// The engine is not there yet, or not any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoEngine;

/// How a refusal names a user: people know the name, which proves nothing; the id is who it is.
fn shown(user: &User) -> String {
    match user.name.as_ref().filter(|name| !name.is_empty()) {
        Some(name) => format!("{} ({})", name.chars().take(SHOWN_MAX).collect::<String>(), user.id),
        None => user.id.clone(),
    }
}

/// Nobody has an account.
struct Nobody;

impl Names for Nobody {
    fn discord_user(&self, _person: &PersonId) -> Option<String> {
        None
    }
}

/// The links as they are now: they change at run time, and one that was taken back must not be used once more.
struct Linked<'a> {
    book: &'a Book,
    guild: &'a str,
}

impl Names for Linked<'_> {
    fn discord_user(&self, person: &PersonId) -> Option<String> {
        let mut links = self.book.bindings().filter(|(account, _)| account.door == Door::Discord);
        let link = links.find(|(account, link)| link.person == *person && account.workspace == self.guild);
        link.map(|(account, _)| account.user.clone())
    }
}
