//! What the bot asks of Discord with its own token, each in our own words.
//!
//! Must never send a message that mentions anybody or a message that a second try would post twice (P10).

use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use serenity::model::gateway::BotGateway;
use serenity::model::id::{ApplicationId, ChannelId, GuildId, MessageId, UserId};

use super::call::Call;
use super::fault::DiscordFault;
use super::models::{Application, Channel, Guild, MESSAGES_MAX, Member, Message, Nonce, Posted};
use super::{DiscordRest, garbled};

/// `Unknown Member` and `Unknown User`: they are not in the guild, or not at all.
const NOT_A_MEMBER: [u64; 2] = [10_007, 10_013];

impl DiscordRest {
    /// Where the gateway is, and how many sessions may still be begun today.
    ///
    /// # Errors
    /// See [`DiscordFault`].
    pub async fn gateway_bot(&self) -> Result<BotGateway, DiscordFault> {
        self.get("gateway_bot", "/gateway/bot".to_owned(), "").await
    }

    /// Who the token is.
    ///
    /// # Errors
    /// See [`DiscordFault`].
    pub async fn application(&self) -> Result<Application, DiscordFault> {
        self.get("application", "/applications/@me".to_owned(), "").await
    }

    /// A guild.
    ///
    /// # Errors
    /// See [`DiscordFault`].
    pub async fn guild(&self, guild: GuildId) -> Result<Guild, DiscordFault> {
        self.get("guild", format!("/guilds/{guild}"), guild).await
    }

    /// Every channel of a guild that the bot may see.
    ///
    /// # Errors
    /// See [`DiscordFault`].
    pub async fn guild_channels(&self, guild: GuildId) -> Result<Vec<Channel>, DiscordFault> {
        self.get("guild_channels", format!("/guilds/{guild}/channels"), guild).await
    }

    /// A channel.
    ///
    /// # Errors
    /// See [`DiscordFault`].
    pub async fn channel(&self, channel: ChannelId) -> Result<Channel, DiscordFault> {
        self.get("channel", format!("/channels/{channel}"), channel).await
    }

    /// A member of a guild. `Ok(None)` means that they are none; a fault means that it could not be asked.
    ///
    /// # Errors
    /// See [`DiscordFault`].
    pub async fn member(&self, guild: GuildId, user: UserId) -> Result<Option<Member>, DiscordFault> {
        match self.get("member", format!("/guilds/{guild}/members/{user}"), guild).await {
            Err(fault) if fault.is_not_found() && fault.code().is_some_and(|c| NOT_A_MEMBER.contains(&c)) => {
                Ok(None)
            }
            member => member.map(Some),
        }
    }

    /// Posts a message. Within a few minutes the same nonce posts it once, and answers with the one that is there; after
    /// that, where a fault said `reply_lost`, look with [`Self::messages_after`].
    ///
    /// # Errors
    /// See [`DiscordFault`].
    pub async fn create_message(
        &self,
        channel: ChannelId,
        nonce: &Nonce,
        body: &impl Serialize,
    ) -> Result<Posted, DiscordFault> {
        let path = format!("/channels/{channel}/messages");
        let mut call =
            Call::new("create_message", Method::POST, path, channel).message(body)?.in_background();
        call.put("nonce", nonce.as_str().into());
        call.put("enforce_nonce", true.into());
        self.typed(call).await
    }

    /// Changes a message of ours. What `body` leaves out stays as it was.
    ///
    /// # Errors
    /// See [`DiscordFault`].
    pub async fn edit_message(&self, at: Posted, body: &impl Serialize) -> Result<Posted, DiscordFault> {
        let path = format!("/channels/{}/messages/{}", at.channel_id, at.message_id);
        let call = Call::new("edit_message", Method::PATCH, path, at.channel_id).message(body)?;
        self.typed(call.in_background()).await
    }

    /// Messages of a channel younger than `after`, oldest first, at most `limit` (and [`MESSAGES_MAX`]).
    ///
    /// # Errors
    /// See [`DiscordFault`].
    pub async fn messages_after(
        &self,
        channel: ChannelId,
        after: MessageId,
        limit: u8,
    ) -> Result<Vec<Message>, DiscordFault> {
        let path = format!("/channels/{channel}/messages");
        let mut call = Call::new("messages_after", Method::GET, path, channel).in_background();
        let limit = limit.clamp(1, MESSAGES_MAX);
        call.query = vec![("after", after.to_string()), ("limit", limit.to_string())];
        let mut messages: Vec<Message> = self.typed(call).await?;
        messages.sort_by_key(|message| message.at.message_id);
        Ok(messages)
    }

    /// Pins a message of ours. One that is pinned already stays so.
    ///
    /// # Errors
    /// See [`DiscordFault`].
    pub async fn pin(&self, at: Posted) -> Result<(), DiscordFault> {
        self.pinned("pin", Method::PUT, at).await
    }

    /// Takes the pin off a message of ours.
    ///
    /// # Errors
    /// See [`DiscordFault`].
    pub async fn unpin(&self, at: Posted) -> Result<(), DiscordFault> {
        self.pinned("unpin", Method::DELETE, at).await
    }

    /// The direct message channel with a user.
    ///
    /// # Errors
    /// See [`DiscordFault`].
    pub async fn open_dm(&self, user: UserId) -> Result<ChannelId, DiscordFault> {
        let call = Call::new("open_dm", Method::POST, "/users/@me/channels".to_owned(), "");
        let body = json!({ "recipient_id": user });
        self.typed::<Channel>(call.body(&body)?.in_background()).await.map(|channel| channel.id)
    }

    /// The commands that the application has in a guild, as Discord says them.
    ///
    /// # Errors
    /// See [`DiscordFault`].
    pub async fn guild_commands(
        &self,
        application: ApplicationId,
        guild: GuildId,
    ) -> Result<Vec<Value>, DiscordFault> {
        self.get("guild_commands", commands_path(application, guild), guild).await
    }

    /// Gives the application these commands in a guild and no others. At most 200 new ones a day, so only where they
    /// changed (platform-rules §2). Returns them as Discord has them now.
    ///
    /// # Errors
    /// See [`DiscordFault`].
    pub async fn overwrite_guild_commands(
        &self,
        application: ApplicationId,
        guild: GuildId,
        commands: &impl Serialize,
    ) -> Result<Vec<Value>, DiscordFault> {
        let path = commands_path(application, guild);
        let call = Call::new("overwrite_guild_commands", Method::PUT, path, guild);
        self.typed(call.body(commands)?).await
    }

    async fn pinned(&self, method: &'static str, verb: Method, at: Posted) -> Result<(), DiscordFault> {
        let path = format!("/channels/{}/messages/pins/{}", at.channel_id, at.message_id);
        self.call(Call::new(method, verb, path, at.channel_id).in_background()).await.map(drop)
    }

    async fn get<T: DeserializeOwned>(
        &self,
        method: &'static str,
        path: String,
        major: impl ToString,
    ) -> Result<T, DiscordFault> {
        self.typed(Call::new(method, Method::GET, path, major)).await
    }

    pub(super) async fn typed<T: DeserializeOwned>(&self, call: Call) -> Result<T, DiscordFault> {
        let method = call.method;
        let answer = self.call(call).await?;
        serde_json::from_value(answer).map_err(|_| garbled(method, "a field is missing or of another type"))
    }
}

fn commands_path(application: ApplicationId, guild: GuildId) -> String {
    format!("/applications/{application}/guilds/{guild}/commands")
}
