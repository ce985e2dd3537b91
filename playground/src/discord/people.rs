//! Members and channels of the guild, in the shapes that Discord shows.
//! It must never decide who may do what: that is the bot's business.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::clock::written;
use super::options::DiscordOptions;
use super::world::{APPLICATION, World};
use crate::company::{Company, Person};

/// `VIEW_CHANNEL`, `SEND_MESSAGES`, `USE_APPLICATION_COMMANDS` and what else `@everyone` has.
const EVERYONE: u64 = 0x0008_0006_0040_0C40;

/// `ADMINISTRATOR` and all the rest.
const EVERYTHING: u64 = 0x000F_FFFF_FFFF_FFFF;

/// When everybody came.
const JOINED: &str = "2024-11-21T00:00:00.000000+00:00";

/// What Discord says about an account, to be changed by a test while everything runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberFlags {
    /// In the guild.
    pub is_member: bool,
    /// A bot.
    pub is_bot: bool,
    /// Has `ADMINISTRATOR`, which lets one use every command in every channel.
    pub is_administrator: bool,
    /// Takes no direct messages from members of the guild.
    pub closes_direct: bool,
    /// Role ids.
    pub roles: Vec<String>,
    /// Account name, unique at any one time, but not for ever.
    pub username: String,
    /// Display name: free text of the person.
    pub global_name: Option<String>,
    /// Name in this guild: free text of the person.
    pub nick: Option<String>,
}

/// How a channel is for the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChannelFlags {
    /// The bot does not see it: 403 with 50001.
    pub is_hidden: bool,
    /// The bot may not write in it: 403 with 50013.
    pub is_read_only: bool,
    /// The bot may not pin in it: 403 with 50013.
    pub forbids_pins: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) handle: String,
    pub(crate) flags: MemberFlags,
}

impl Member {
    pub(crate) fn from_person(person: &Person) -> Self {
        Self {
            id: person.discord_user_id.clone(),
            handle: person.handle.clone(),
            flags: MemberFlags {
                is_member: true,
                is_bot: false,
                is_administrator: false,
                closes_direct: false,
                roles: Vec::new(),
                username: person.handle.clone(),
                global_name: Some(person.name.clone()),
                nick: None,
            },
        }
    }

    pub(crate) fn bot() -> Self {
        Self {
            id: APPLICATION.to_owned(),
            handle: "glasskey".into(),
            flags: MemberFlags {
                is_member: true,
                is_bot: true,
                is_administrator: false,
                closes_direct: false,
                roles: Vec::new(),
                username: "glasskey".into(),
                global_name: None,
                nick: None,
            },
        }
    }

    /// The user object.
    pub(crate) fn user(&self) -> Value {
        let mut user = json!({
            "id": self.id, "username": self.flags.username, "global_name": self.flags.global_name, "avatar": null,
            "discriminator": "0", "public_flags": 0, "flags": 0, "primary_guild": null,
            "avatar_decoration_data": null, "collectibles": null,
        });
        if let (true, Some(fields)) = (self.flags.is_bot, user.as_object_mut()) {
            fields.insert("bot".into(), Value::Bool(true));
        }
        user
    }

    /// The member object without its user, as in `resolved`.
    pub(crate) fn partial(&self) -> Value {
        json!({
            "roles": self.flags.roles, "nick": self.flags.nick, "avatar": null, "banner": null, "joined_at": JOINED,
            "premium_since": null, "pending": false, "communication_disabled_until": null, "flags": 0,
            "permissions": self.permissions(),
        })
    }

    /// The member object of REST.
    pub(crate) fn member(&self) -> Value {
        let mut member = self.partial();
        if let Some(fields) = member.as_object_mut() {
            fields.remove("permissions");
            fields.insert("user".into(), self.user());
            fields.insert("mute".into(), Value::Bool(false));
            fields.insert("deaf".into(), Value::Bool(false));
        }
        member
    }

    /// The member object of an interaction: with the permissions in the channel.
    pub(crate) fn in_interaction(&self) -> Value {
        let mut member = self.member();
        if let Some(fields) = member.as_object_mut() {
            fields.insert("permissions".into(), Value::from(self.permissions()));
        }
        member
    }

    fn permissions(&self) -> String {
        if self.flags.is_administrator { EVERYTHING } else { EVERYONE }.to_string()
    }
}

/// What kind of conversation a channel is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChannelKind {
    Text,
    /// Direct messages between the bot and this user.
    Direct(String),
}

#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: ChannelKind,
    pub(crate) flags: ChannelFlags,
}

/// The members of a company with the bot, by id.
pub(crate) fn members(company: &Company) -> BTreeMap<String, Member> {
    let people = company.people.iter().map(Member::from_person);
    people.chain([Member::bot()]).map(|member| (member.id.clone(), member)).collect()
}

/// The channels of a guild, by id.
pub(crate) fn channels(options: &DiscordOptions) -> BTreeMap<String, Channel> {
    let text = |(id, name): &(String, String)| Channel {
        id: id.clone(),
        name: name.clone(),
        kind: ChannelKind::Text,
        flags: ChannelFlags::default(),
    };
    options.channels.iter().map(|one| (one.0.clone(), text(one))).collect()
}

impl World {
    /// The channel object.
    pub(crate) fn channel_object(&self, channel: &Channel) -> Value {
        let last = self.messages.get(&channel.id).and_then(|list| list.last()).map(|m| m.id.clone());
        match &channel.kind {
            ChannelKind::Direct(user) => {
                let recipients: Vec<Value> = self.members.get(user).map(Member::user).into_iter().collect();
                json!({
                    "id": channel.id, "type": 1, "flags": 0, "last_message_id": last, "recipients": recipients,
                })
            }
            ChannelKind::Text => json!({
                "id": channel.id, "type": 0, "flags": 0, "last_message_id": last, "guild_id": self.guild,
                "name": channel.name, "position": 0, "parent_id": null, "topic": null, "nsfw": false,
                "rate_limit_per_user": 0, "permission_overwrites": [], "last_pin_timestamp": null,
            }),
        }
    }

    /// The guild object.
    pub(crate) fn guild_object(&self) -> Value {
        let everyone = json!({
            "id": self.guild, "name": "@everyone", "permissions": EVERYONE.to_string(), "position": 0, "color": 0,
            "colors": { "primary_color": 0, "secondary_color": null, "tertiary_color": null }, "hoist": false,
            "managed": false, "mentionable": false, "icon": null, "unicode_emoji": null, "flags": 0,
        });
        json!({
            "id": self.guild, "name": self.guild_name, "icon": null, "description": null, "home_header": null,
            "splash": null, "discovery_splash": null, "features": [], "banner": null,
            "owner_id": self.owner, "application_id": null, "region": "europe",
            "afk_channel_id": null, "afk_timeout": 300, "system_channel_id": null, "system_channel_flags": 0,
            "widget_enabled": false, "widget_channel_id": null, "verification_level": 1, "roles": [everyone],
            "default_message_notifications": 1, "mfa_level": 1, "explicit_content_filter": 0,
            "max_presences": null, "max_members": 500_000, "max_stage_video_channel_users": 50,
            "max_video_channel_users": 25, "vanity_url_code": null, "premium_tier": 0,
            "premium_subscription_count": 0, "preferred_locale": "en-US", "rules_channel_id": null,
            "safety_alerts_channel_id": null, "public_updates_channel_id": null,
            "premium_progress_bar_enabled": false, "nsfw": false, "nsfw_level": 0, "emojis": [], "stickers": [],
            "incidents_data": null,
        })
    }

    /// The message object, as REST and payloads show it.
    pub(crate) fn message_object(&self, message: &super::Message) -> Value {
        let author = self.members.get(&message.author).map(Member::user).unwrap_or_default();
        let mentions: Vec<Value> =
            message.pinged.iter().filter_map(|id| self.members.get(id)).map(Member::user).collect();
        let mut object = json!({
            "type": message.kind, "content": message.content, "mentions": mentions, "mention_roles": [],
            "attachments": [], "embeds": message.embeds, "timestamp": written(message.made_ms),
            "edited_timestamp": message.edited_ms.map(written), "flags": message.flags,
            "components": message.components, "id": message.id, "channel_id": message.channel, "author": author,
            "pinned": message.pinned, "mention_everyone": false, "tts": false,
        });
        let Some(fields) = object.as_object_mut() else { return object };
        if message.author == APPLICATION {
            fields.insert("application_id".into(), APPLICATION.into());
        }
        if let Some(nonce) = &message.nonce {
            fields.insert("nonce".into(), nonce.clone().into());
        }
        if let Some(other) = &message.refers_to {
            let reference = json!({ "type": 0, "message_id": other, "channel_id": message.channel });
            fields.insert("message_reference".into(), reference);
        }
        if let Some(id) = &message.interaction {
            fields.insert("webhook_id".into(), APPLICATION.into());
            fields.insert("interaction_metadata".into(), self.metadata(id));
        }
        object
    }

    /// `interaction_metadata`: what a message answers, and for a modal also what opened it.
    fn metadata(&self, id: &str) -> Value {
        let Some(asked) = self.interactions.get(id) else { return Value::Null };
        let user = self.members.get(&asked.user).map(Member::user).unwrap_or_default();
        let mut metadata = json!({
            "id": id, "type": asked.kind, "user": user, "authorizing_integration_owners": asked.owners(self),
        });
        let Some(fields) = metadata.as_object_mut() else { return metadata };
        if let Some(opener) = &asked.opener {
            fields.insert("triggering_interaction_metadata".into(), self.metadata(opener));
        } else if let Some(source) = &asked.source {
            fields.insert("interacted_message_id".into(), source.clone().into());
        }
        metadata
    }
}
