//! What Slack answers, as far as we need it. slack-morphism's models drop fields we decide by (`is_ext_shared`,
//! `is_stranger`, `is_app_user`), so these are ours.
//!
//! A flag Slack left out is `None`, never `false`: whoever decides by it must say what a missing one means.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `auth.test`: who this token is.
#[derive(Debug, Clone, Deserialize)]
pub struct AuthTest {
    /// The workspace, `T…`.
    pub team_id: String,
    /// The bot's own user, `U…`.
    pub user_id: String,
    /// The bot, `B…`; messages of ours carry it.
    pub bot_id: Option<String>,
    /// The organization, where the workspace is part of one.
    pub enterprise_id: Option<String>,
    /// The workspace's address.
    pub url: Option<String>,
    /// The workspace's name, for people.
    pub team: Option<String>,
}

/// A user, from `users.info`, `users.list` or `users.lookupByEmail`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SlackUser {
    /// `U…` or `W…`.
    pub id: String,
    /// The workspace the account belongs to.
    pub team_id: Option<String>,
    /// Set freely by its owner: to show, never to match on.
    pub name: Option<String>,
    /// Deactivated.
    pub deleted: Option<bool>,
    /// A bot.
    pub is_bot: Option<bool>,
    /// An app's own user.
    pub is_app_user: Option<bool>,
    /// A guest of several channels.
    pub is_restricted: Option<bool>,
    /// A guest of one channel.
    pub is_ultra_restricted: Option<bool>,
    /// From another workspace, seen through a shared channel. Slack sends it only where it applies.
    pub is_stranger: Option<bool>,
    /// Whether the e-mail address was confirmed.
    pub is_email_confirmed: Option<bool>,
    /// IANA time zone name.
    pub tz: Option<String>,
    /// Membership in an organization.
    pub enterprise_user: Option<EnterpriseUser>,
    /// The rest of what people see.
    #[serde(default)]
    pub profile: SlackProfile,
}

/// `enterprise_user` of a user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct EnterpriseUser {
    /// The organization, `E…`.
    pub enterprise_id: Option<String>,
}

/// `profile` of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct SlackProfile {
    /// Only with the scope `users:read.email`.
    pub email: Option<String>,
    /// Set freely by its owner.
    pub real_name: Option<String>,
    /// Set freely by its owner.
    pub display_name: Option<String>,
}

/// A conversation, from `conversations.info` or `conversations.list`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SlackChannel {
    /// `C…`, `D…` or `G…`.
    pub id: String,
    /// Name without `#`; direct messages have none.
    pub name: Option<String>,
    /// Shared with another company: clicks by outsiders are possible (platform-rules §1.7).
    pub is_ext_shared: Option<bool>,
    /// An invitation to another company is open.
    pub is_pending_ext_shared: Option<bool>,
    /// Whether the bot is in it.
    pub is_member: Option<bool>,
    /// Closed for good.
    pub is_archived: Option<bool>,
    /// A private channel.
    pub is_private: Option<bool>,
    /// A direct message.
    pub is_im: Option<bool>,
}

/// Message metadata of ours. String values only: other values made another library drop the whole envelope (libraries §2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// Our name for what this message is.
    pub event_type: String,
    /// What identifies it.
    pub event_payload: BTreeMap<String, String>,
}

/// A message to a channel or into a thread.
#[derive(Debug, Clone, Copy)]
pub struct Post<'a> {
    /// Channel id; for a person, the one `conversations_open` gave.
    pub channel: &'a str,
    /// What notifications and screen readers show. Escaped by the caller.
    pub text: &'a str,
    /// Block Kit, a JSON array.
    pub blocks: Option<&'a serde_json::Value>,
    /// What to find this message again by.
    pub metadata: Option<&'a Metadata>,
    /// The root message to answer under.
    pub thread_ts: Option<&'a str>,
}

/// Where a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Channel id as Slack gave it back.
    pub channel: String,
    /// The message's id within the channel.
    pub ts: String,
}

/// An answer through a `response_url` (at most five within 30 minutes, platform-rules §1.1).
#[derive(Debug, Clone, Copy)]
pub struct Reply<'a> {
    /// Escaped by the caller.
    pub text: &'a str,
    /// Block Kit, a JSON array.
    pub blocks: Option<&'a serde_json::Value>,
    /// Seen by the whole channel, not only by who asked.
    pub in_channel: bool,
    /// Replace the message that was clicked.
    pub replace_original: bool,
}

/// Which message of ours to look for before posting it again.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'a> {
    /// Channel id.
    pub channel: &'a str,
    /// Look among the answers under this message; otherwise among the channel's root messages.
    pub thread_ts: Option<&'a str>,
    /// `Metadata::event_type`.
    pub event_type: &'a str,
    /// A key of `Metadata::event_payload`…
    pub key: &'a str,
    /// …and the value it must have.
    pub value: &'a str,
    /// Not older than this, as Slack's `ts` (seconds since 1970, a point, microseconds).
    pub since_ts: &'a str,
    /// Our own `AuthTest::bot_id`. Another app could write the same metadata to make us believe that we posted.
    pub bot_id: &'a str,
}
