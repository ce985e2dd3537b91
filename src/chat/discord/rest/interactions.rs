//! Answers to commands, clicks and forms, with the token that came with them. It is a secret, and good for 15 minutes; the
//! first answer has 3 s (platform-rules §2).

use reqwest::Method;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;
use serenity::model::id::{ApplicationId, InteractionId};

use super::DiscordRest;
use super::call::{Call, mentions_nobody};
use super::fault::DiscordFault;
use super::models::Posted;

/// Types of answers that are messages: a new one, and the one that was clicked.
const MESSAGES: [u64; 2] = [4, 7];

impl DiscordRest {
    /// The first answer to an interaction: `{"type": …, "data": …}`. Works once; a second one is refused with code 40060.
    ///
    /// # Errors
    /// See [`DiscordFault`]; after 3 s the interaction is not found.
    pub async fn interaction_callback(
        &self,
        interaction: InteractionId,
        token: &SecretString,
        answer: &impl Serialize,
    ) -> Result<(), DiscordFault> {
        let path = |token: &str| format!("/interactions/{interaction}/{token}/callback");
        let call = Call::with_interaction_token("interaction_callback", Method::POST, token, path)?;
        let mut call = call.body(answer)?;
        if let Some(body) = &mut call.body {
            mention_nobody(body);
        }
        self.call(call).await.map(drop)
    }

    /// Changes the first answer, or fills it where it was deferred.
    ///
    /// # Errors
    /// See [`DiscordFault`].
    pub async fn edit_original(
        &self,
        application: ApplicationId,
        token: &SecretString,
        body: &impl Serialize,
    ) -> Result<Posted, DiscordFault> {
        let path = |token: &str| format!("/webhooks/{application}/{token}/messages/@original");
        let call = Call::with_interaction_token("edit_original", Method::PATCH, token, path)?;
        self.typed(call.message(body)?).await
    }

    /// Another answer beside the first one. There is no nonce here: where the fault says `reply_lost`, it may be there.
    ///
    /// # Errors
    /// See [`DiscordFault`].
    pub async fn followup(
        &self,
        application: ApplicationId,
        token: &SecretString,
        body: &impl Serialize,
    ) -> Result<Posted, DiscordFault> {
        let path = |token: &str| format!("/webhooks/{application}/{token}");
        let mut call = Call::with_interaction_token("followup", Method::POST, token, path)?.message(body)?;
        call.query = vec![("wait", "true".to_owned())];
        self.typed(call).await
    }
}

/// Whatever a message says, it mentions nobody. Forms, choices and deferrals have no such field.
fn mention_nobody(answer: &mut Value) {
    let is_message = answer.get("type").and_then(Value::as_u64).is_some_and(|kind| MESSAGES.contains(&kind));
    if let Some(Value::Object(data)) = answer.get_mut("data").filter(|_| is_message) {
        data.insert("allowed_mentions".to_owned(), mentions_nobody());
    }
}
