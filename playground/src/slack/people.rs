//! Users and channels of the workspace, in the shapes that `users.info` and `conversations.info` show.
//! It must never decide who may do what: that is the bot's business.

use serde_json::{Value, json};

use crate::company::Person;

/// What a Slack profile says about an account, to be changed by a test while everything runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFlags {
    /// Deactivated.
    pub deleted: bool,
    /// Multi-channel guest.
    pub is_restricted: bool,
    /// Single-channel guest.
    pub is_ultra_restricted: bool,
    /// A bot.
    pub is_bot: bool,
    /// From another organisation, seen through Slack Connect.
    pub is_stranger: bool,
    /// Workspace of the account.
    pub team: String,
    /// Whether the e-mail was confirmed.
    pub is_email_confirmed: bool,
    /// The e-mail in the profile.
    pub email: String,
}

/// How a channel is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChannelFlags {
    /// With another organisation (Slack Connect).
    pub is_ext_shared: bool,
    /// Among workspaces of the same organisation.
    pub is_org_shared: bool,
    /// Nobody can post any more.
    pub is_archived: bool,
    /// Only members see it.
    pub is_private: bool,
    /// The bot is not in it.
    pub bot_is_absent: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) real_name: String,
    pub(crate) title: String,
    pub(crate) time_zone: String,
    pub(crate) flags: UserFlags,
}

impl User {
    pub(crate) fn from_person(person: &Person, team: &str) -> Self {
        Self {
            id: person.slack_user_id.clone(),
            name: person.handle.clone(),
            real_name: person.name.clone(),
            title: person.role.clone(),
            time_zone: person.time_zone.clone(),
            flags: UserFlags {
                deleted: false,
                is_restricted: person.slack_guest,
                is_ultra_restricted: false,
                is_bot: false,
                is_stranger: false,
                team: team.to_owned(),
                is_email_confirmed: true,
                email: person.email.clone(),
            },
        }
    }

    /// The bot's own user, which `users.list` contains like anybody.
    pub(crate) fn bot(id: &str, team: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: "glasskey".into(),
            real_name: "Glasskey".into(),
            title: String::new(),
            time_zone: "Etc/UTC".into(),
            flags: UserFlags {
                deleted: false,
                is_restricted: false,
                is_ultra_restricted: false,
                is_bot: true,
                is_stranger: false,
                team: team.to_owned(),
                is_email_confirmed: false,
                email: String::new(),
            },
        }
    }

    /// The user object of `users.info`; `with_email` needs the scope `users:read.email`.
    pub(crate) fn object(&self, with_email: bool, updated_s: i64) -> Value {
        let flags = &self.flags;
        let mut profile = json!({
            "title": self.title, "phone": "", "skype": "", "real_name": self.real_name,
            "real_name_normalized": self.real_name, "display_name": self.name,
            "display_name_normalized": self.name, "status_text": "", "status_emoji": "",
            "avatar_hash": "g0", "team": flags.team,
        });
        if let (true, false, Some(fields)) = (with_email, flags.email.is_empty(), profile.as_object_mut()) {
            fields.insert("email".into(), Value::from(flags.email.clone()));
        }
        let mut user = json!({
            "id": self.id, "team_id": flags.team, "name": self.name, "deleted": flags.deleted,
            "is_bot": flags.is_bot, "is_app_user": false, "updated": updated_s, "profile": profile,
        });
        // Slack leaves these out for deactivated accounts; a reader that takes "absent" for "not a guest" must not pass.
        if let (false, Some(fields)) = (flags.deleted, user.as_object_mut()) {
            let rest = json!({
                "color": "4b6cb7", "real_name": self.real_name, "tz": self.time_zone, "tz_label": self.time_zone,
                "tz_offset": self.offset_seconds(updated_s), "is_admin": false, "is_owner": false, "is_primary_owner": false,
                "is_restricted": flags.is_restricted, "is_ultra_restricted": flags.is_ultra_restricted,
                "is_stranger": flags.is_stranger, "is_email_confirmed": flags.is_email_confirmed,
                "who_can_share_contact_card": "EVERYONE",
            });
            fields.extend(rest.as_object().cloned().unwrap_or_default());
        }
        user
    }

    /// How far the person's clock is ahead of UTC at this second, summer time included.
    fn offset_seconds(&self, at_s: i64) -> i32 {
        let zone = jiff::tz::TimeZone::get(&self.time_zone).ok();
        zone.zip(jiff::Timestamp::from_second(at_s).ok()).map_or(0, |(zone, at)| zone.to_offset(at).seconds())
    }

    /// The short user object of interaction payloads.
    pub(crate) fn in_payload(&self) -> Value {
        json!({ "id": self.id, "username": self.name, "name": self.name, "team_id": self.flags.team })
    }
}

/// What kind of conversation a channel is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChannelKind {
    Named,
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

impl Channel {
    pub(crate) fn named(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            kind: ChannelKind::Named,
            flags: ChannelFlags::default(),
        }
    }

    pub(crate) fn direct(id: &str, user: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: "directmessage".into(),
            kind: ChannelKind::Direct(user.to_owned()),
            flags: ChannelFlags::default(),
        }
    }

    /// The name that slash command and interaction payloads carry.
    pub(crate) fn payload_name(&self) -> &str {
        match (&self.kind, self.flags.is_private) {
            (ChannelKind::Direct(_), _) => "directmessage",
            (ChannelKind::Named, true) => "privategroup",
            (ChannelKind::Named, false) => &self.name,
        }
    }

    /// The conversation object of `conversations.info`.
    pub(crate) fn object(&self, team: &str) -> Value {
        let flags = self.flags;
        match &self.kind {
            ChannelKind::Direct(user) => json!({
                "id": self.id, "created": 1_732_147_200, "is_archived": false, "is_im": true, "is_org_shared": false,
                "context_team_id": team, "user": user, "is_user_deleted": false, "is_open": true, "priority": 0,
            }),
            ChannelKind::Named => json!({
                "id": self.id, "name": self.name, "name_normalized": self.name,
                "is_channel": !flags.is_private, "is_group": flags.is_private, "is_im": false, "is_mpim": false,
                "is_private": flags.is_private, "created": 1_732_147_200, "creator": "U0DEE",
                "is_archived": flags.is_archived, "is_general": self.name == "general", "unlinked": 0,
                "is_shared": flags.is_ext_shared || flags.is_org_shared, "is_org_shared": flags.is_org_shared,
                "is_ext_shared": flags.is_ext_shared, "is_pending_ext_shared": false, "pending_shared": [],
                "context_team_id": team, "parent_conversation": null, "is_member": !flags.bot_is_absent,
                "shared_team_ids": [team], "topic": { "value": "", "creator": "", "last_set": 0 },
                "purpose": { "value": "", "creator": "", "last_set": 0 }, "previous_names": [],
            }),
        }
    }
}
