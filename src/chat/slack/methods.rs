//! The Web API methods we use, each in our own words.
//!
//! Must never send a message that Slack would parse, link or unfurl on its own (P10).

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::fault::{FaultKind, SlackFault};
use super::limits::POST_MESSAGE;
use super::models::{AuthTest, Metadata, Post, Posted, Reply, SlackChannel, SlackUser, Sought};
use super::paging::{LISTING_WAIT_MAX, PAGES_MAX, Pager};
use super::web::{SlackWeb, Token};
use crate::chat::tls;

/// Items of a page where the list is long and the method slow (20 pages a minute): just under Slack's 1,000.
const LIST_PAGE: u32 = 999;
/// Messages of a page when looking for one of ours: what Slack recommends.
const HISTORY_PAGE: u32 = 200;
/// Pages when looking for one of ours: 10,000 messages since the intent was written; more means something else is wrong.
const HISTORY_PAGES_MAX: usize = 50;

impl SlackWeb {
    /// Who the bot token is.
    ///
    /// # Errors
    /// See [`SlackFault`].
    pub async fn auth_test(&self) -> Result<AuthTest, SlackFault> {
        let method = "auth.test";
        typed(method, self.post(method, Token::Bot, None, &json!({})).await?)
    }

    /// A single-use address of a Socket Mode socket. It carries a ticket, so it is a secret.
    ///
    /// # Errors
    /// See [`SlackFault`].
    pub async fn connections_open(&self) -> Result<SecretString, SlackFault> {
        let method = "apps.connections.open";
        let answer = self.post(method, Token::App, None, &json!({})).await?;
        text_at(method, &answer, "/url").map(SecretString::from)
    }

    /// Posts a message. There is no idempotency key: where the fault says `reply_lost`, look with
    /// [`Self::find_by_metadata`] before posting again.
    ///
    /// # Errors
    /// See [`SlackFault`].
    pub async fn post_message(&self, post: &Post<'_>) -> Result<Posted, SlackFault> {
        let mut body = message(post.text, post.blocks);
        put(&mut body, "channel", post.channel);
        put(&mut body, "unfurl_links", false);
        put(&mut body, "unfurl_media", false);
        if let Some(metadata) = post.metadata {
            put(&mut body, "metadata", metadata_json(metadata));
        }
        if let Some(thread_ts) = post.thread_ts {
            put(&mut body, "thread_ts", thread_ts);
        }
        self.sent(POST_MESSAGE, post.channel, body).await
    }

    /// Replaces a message of ours. Metadata stays as it was unless given.
    ///
    /// # Errors
    /// See [`SlackFault`].
    pub async fn update_message(
        &self,
        at: &Posted,
        text: &str,
        blocks: Option<&Value>,
        metadata: Option<&Metadata>,
    ) -> Result<Posted, SlackFault> {
        let mut body = message(text, blocks);
        put(&mut body, "channel", at.channel.as_str());
        put(&mut body, "ts", at.ts.as_str());
        if let Some(metadata) = metadata {
            put(&mut body, "metadata", metadata_json(metadata));
        }
        self.sent("chat.update", &at.channel, body).await
    }

    /// Pins a message of ours. One that is pinned already stays so, which is a fault: `already_pinned`.
    ///
    /// # Errors
    /// See [`SlackFault`].
    pub async fn pins_add(&self, at: &Posted) -> Result<(), SlackFault> {
        self.pin("pins.add", at).await
    }

    /// Takes the pin off a message of ours. One that has none is a fault: `no_pin`.
    ///
    /// # Errors
    /// See [`SlackFault`].
    pub async fn pins_remove(&self, at: &Posted) -> Result<(), SlackFault> {
        self.pin("pins.remove", at).await
    }

    async fn pin(&self, method: &'static str, at: &Posted) -> Result<(), SlackFault> {
        let body = json!({ "channel": at.channel, "timestamp": at.ts });
        self.post(method, Token::Bot, Some(&at.channel), &body).await.map(|_| ())
    }

    /// Shows a message to one person in a channel. Best effort: Slack keeps none of it (platform-rules §1.7).
    ///
    /// # Errors
    /// See [`SlackFault`].
    pub async fn post_ephemeral(
        &self,
        channel: &str,
        user: &str,
        text: &str,
        blocks: Option<&Value>,
        thread_ts: Option<&str>,
    ) -> Result<(), SlackFault> {
        let mut body = message(text, blocks);
        put(&mut body, "channel", channel);
        put(&mut body, "user", user);
        if let Some(thread_ts) = thread_ts {
            put(&mut body, "thread_ts", thread_ts);
        }
        self.post("chat.postEphemeral", Token::Bot, Some(channel), &body).await.map(|_| ())
    }

    /// Answers a command or a click through its `response_url`, which is a secret.
    ///
    /// # Errors
    /// See [`SlackFault`]; an address that is not Slack's is refused without a call.
    pub async fn respond(&self, response_url: &SecretString, reply: &Reply<'_>) -> Result<(), SlackFault> {
        let method = "response_url";
        let url = Url::parse(response_url.expose_secret())
            .ok()
            .filter(|url| tls::is_answer_url(url, self.api_url()))
            .ok_or_else(|| {
                let kind = FaultKind::Rejected { code: "not_an_address_of_slack".to_owned(), detail: None };
                SlackFault::not_done(method, kind)
            })?;
        let mut body = message(reply.text, reply.blocks);
        put(&mut body, "unfurl_links", false);
        put(&mut body, "unfurl_media", false);
        put(&mut body, "response_type", if reply.in_channel { "in_channel" } else { "ephemeral" });
        put(&mut body, "replace_original", reply.replace_original);
        self.post_url(method, url, &body).await
    }

    /// Opens a form. The `trigger_id` works once and for 3 s, so nothing goes before this (platform-rules §1.1).
    /// Returns the view's id.
    ///
    /// # Errors
    /// See [`SlackFault`].
    pub async fn views_open(&self, trigger_id: &SecretString, view: &Value) -> Result<String, SlackFault> {
        let method = "views.open";
        let body = json!({ "trigger_id": trigger_id.expose_secret(), "view": view });
        let answer = self.post(method, Token::Bot, None, &body).await?;
        text_at(method, &answer, "/view/id")
    }

    /// Shows a person their App Home.
    ///
    /// # Errors
    /// See [`SlackFault`].
    pub async fn views_publish(&self, user: &str, view: &Value) -> Result<(), SlackFault> {
        let body = json!({ "user_id": user, "view": view });
        self.post("views.publish", Token::Bot, None, &body).await.map(|_| ())
    }

    /// One user. A user that does not exist is a fault that says so ([`SlackFault::is_not_found`]).
    ///
    /// # Errors
    /// See [`SlackFault`].
    pub async fn users_info(&self, user: &str) -> Result<SlackUser, SlackFault> {
        let method = "users.info";
        let answer = self.get(method, &[("user", user.to_owned())]).await?;
        part(method, answer, "user")
    }

    /// Every user of the workspace.
    ///
    /// # Errors
    /// See [`SlackFault`]; a list that cannot be read to its end is a fault.
    pub async fn users_list(&self) -> Result<Vec<SlackUser>, SlackFault> {
        self.listed("users.list", "members", vec![("limit", LIST_PAGE.to_string())]).await
    }

    /// The user with this e-mail address. `Ok(None)` means that Slack knows none; a fault means that it could not be asked.
    ///
    /// # Errors
    /// See [`SlackFault`].
    pub async fn lookup_by_email(&self, email: &str) -> Result<Option<SlackUser>, SlackFault> {
        let method = "users.lookupByEmail";
        match self.get(method, &[("email", email.to_owned())]).await {
            Ok(answer) => part(method, answer, "user").map(Some),
            Err(fault) if fault.is_not_found() => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// The direct message channel with a user.
    ///
    /// # Errors
    /// See [`SlackFault`].
    pub async fn conversations_open(&self, user: &str) -> Result<String, SlackFault> {
        let method = "conversations.open";
        let answer = self.post(method, Token::Bot, None, &json!({ "users": user })).await?;
        text_at(method, &answer, "/channel/id")
    }

    /// One conversation.
    ///
    /// # Errors
    /// See [`SlackFault`].
    pub async fn conversations_info(&self, channel: &str) -> Result<SlackChannel, SlackFault> {
        let method = "conversations.info";
        let answer = self.get(method, &[("channel", channel.to_owned())]).await?;
        part(method, answer, "channel")
    }

    /// Every public channel and every private one the bot is in; archived ones left out.
    ///
    /// # Errors
    /// See [`SlackFault`]; a list that cannot be read to its end is a fault.
    pub async fn conversations_list(&self) -> Result<Vec<SlackChannel>, SlackFault> {
        let params = vec![
            ("types", "public_channel,private_channel".to_owned()),
            ("exclude_archived", "true".to_owned()),
            ("limit", LIST_PAGE.to_string()),
        ];
        self.listed("conversations.list", "channels", params).await
    }

    /// Looks for a message of ours by its metadata; returns its `ts`. `Ok(None)` means that everything since
    /// `since_ts` was read and it is not there.
    ///
    /// # Errors
    /// See [`SlackFault`]; a history too long to read is a fault, not "not there".
    pub async fn find_by_metadata(&self, sought: &Sought<'_>) -> Result<Option<String>, SlackFault> {
        let mut params = vec![
            ("channel", sought.channel.to_owned()),
            ("oldest", sought.since_ts.to_owned()),
            ("inclusive", "true".to_owned()),
            ("include_all_metadata", "true".to_owned()),
            ("limit", HISTORY_PAGE.to_string()),
        ];
        let method = match sought.thread_ts {
            None => "conversations.history",
            Some(thread_ts) => {
                params.push(("ts", thread_ts.to_owned()));
                "conversations.replies"
            }
        };
        let mut pager = Pager::new(self, method, "messages", params, HISTORY_PAGES_MAX, Duration::ZERO);
        while let Some(messages) = pager.next().await? {
            if let Some(found) = messages.iter().find(|message| is_sought(message, sought)) {
                return text_at(method, found, "/ts").map(Some);
            }
        }
        Ok(None)
    }

    async fn sent(&self, method: &'static str, channel: &str, body: Value) -> Result<Posted, SlackFault> {
        let answer = self.post(method, Token::Bot, Some(channel), &body).await?;
        Ok(Posted { channel: text_at(method, &answer, "/channel")?, ts: text_at(method, &answer, "/ts")? })
    }

    async fn listed<T: DeserializeOwned>(
        &self,
        method: &'static str,
        list: &'static str,
        params: Vec<(&'static str, String)>,
    ) -> Result<Vec<T>, SlackFault> {
        let mut pager = Pager::new(self, method, list, params, PAGES_MAX, LISTING_WAIT_MAX);
        let mut all = Vec::new();
        while let Some(page) = pager.next().await? {
            for item in page {
                all.push(typed(method, item)?);
            }
        }
        Ok(all)
    }
}

/// What every message has: text, blocks, and Slack's own parsing switched off.
fn message(text: &str, blocks: Option<&Value>) -> Value {
    let mut body = json!({ "text": text, "parse": "none", "link_names": false });
    if let Some(blocks) = blocks {
        put(&mut body, "blocks", blocks.clone());
    }
    body
}

fn put(body: &mut Value, key: &str, value: impl Into<Value>) {
    if let Value::Object(object) = body {
        object.insert(key.to_owned(), value.into());
    }
}

fn metadata_json(metadata: &Metadata) -> Value {
    json!({ "event_type": metadata.event_type, "event_payload": metadata.event_payload })
}

fn is_sought(message: &Value, sought: &Sought<'_>) -> bool {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let metadata = message.get("metadata");
    text(message.get("bot_id")).as_deref() == Some(sought.bot_id)
        && text(metadata.and_then(|m| m.get("event_type"))).as_deref() == Some(sought.event_type)
        && text(metadata.and_then(|m| m.get("event_payload")).and_then(|p| p.get(sought.key))).as_deref()
            == Some(sought.value)
}

fn typed<T: DeserializeOwned>(method: &'static str, value: Value) -> Result<T, SlackFault> {
    serde_json::from_value(value)
        .map_err(|_| SlackFault::unknown(method, FaultKind::Garbled("a field is missing or of another type")))
}

fn part<T: DeserializeOwned>(method: &'static str, mut answer: Value, key: &str) -> Result<T, SlackFault> {
    typed(method, answer.get_mut(key).map(Value::take).unwrap_or_default())
}

fn text_at(method: &'static str, answer: &Value, pointer: &str) -> Result<String, SlackFault> {
    answer
        .pointer(pointer)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| SlackFault::unknown(method, FaultKind::Garbled("a field is missing")))
}
