//! The calls of machines: discovery, keys, codes, tokens.

use serde_json::{Value, json};

use super::keys::others;
use super::token::id_token;
use super::{Answer, Desk, Flavour, Offer};
use crate::idp::Reply;

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

impl Desk {
    pub(super) fn discovery(&self) -> Reply {
        let mut document = json!({
            "issuer": self.issuer, "token_endpoint": self.places.token, "jwks_uri": self.places.keys,
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        if let Some(document) = document.as_object_mut() {
            let mut grants = vec!["authorization_code"];
            if self.enabled {
                document
                    .insert("device_authorization_endpoint".to_owned(), self.places.device.clone().into());
                grants.push(DEVICE_GRANT);
            }
            // Entra ID does not say which grants it has.
            if self.flavour != Flavour::Entra {
                document.insert("grant_types_supported".to_owned(), grants.into());
            }
        }
        Reply::json(&document)
    }

    pub(super) fn published(&self) -> Reply {
        let mut keys = if self.flavour == Flavour::Keycloak { others() } else { Vec::new() };
        keys.push(self.signer.public(self.flavour != Flavour::Entra));
        Reply::json(&json!({ "keys": keys }))
    }

    pub(super) fn authorize(&mut self, form: &[(String, String)], now_ms: i64) -> Reply {
        if let Some(no) = self.no_client(form) {
            return no;
        }
        if !self.enabled {
            return self.no("unauthorized_client", "The client may not use the device code grant.", form);
        }
        let scopes = field(form, "scope");
        if !scopes.split(' ').any(|scope| scope == "openid") {
            return self.no("invalid_scope", "The scope openid is missing.", form);
        }
        let (device_code, user_code) = self.codes(now_ms);
        let nonce = Some(field(form, "nonce")).filter(|nonce| !nonce.is_empty()).map(str::to_owned);
        let ends_ms = now_ms + i64::try_from(self.expires_secs * 1_000).unwrap_or(i64::MAX);
        let mut answer = json!({
            "device_code": device_code, "user_code": user_code, "verification_uri": self.places.page,
            "expires_in": self.expires_secs, "interval": self.interval_secs,
        });
        // Entra ID has no page with the code filled in.
        if self.flavour != Flavour::Entra
            && let Some(answer) = answer.as_object_mut()
        {
            let page = format!("{}?user_code={user_code}", self.places.page);
            answer.insert("verification_uri_complete".to_owned(), page.into());
        }
        self.keep(Offer { device_code, user_code, nonce, ends_ms, asked_ms: None, answer: Answer::None });
        Reply::json(&answer)
    }

    pub(super) fn token(&mut self, form: &[(String, String)], now_ms: i64) -> Reply {
        self.asked_at_ms.push(now_ms);
        if let Some(no) = self.no_client(form) {
            return no;
        }
        let code = field(form, "device_code");
        let at = self.offers.iter().position(|offer| offer.device_code == code);
        let Some(mut offer) = at.and_then(|at| self.offers.get(at).cloned()) else {
            let word = if self.flavour == Flavour::Entra { "bad_verification_code" } else { "invalid_grant" };
            return self.no(word, "The device code is not known.", form);
        };
        let asked_ms = offer.asked_ms.replace(now_ms);
        let interval_ms = i64::try_from(self.interval_secs * 1_000).unwrap_or(i64::MAX);
        let hurried = asked_ms.is_some_and(|asked_ms| now_ms - asked_ms < interval_ms);
        let answer = offer.answer.clone();
        let reply = match answer {
            _ if now_ms >= offer.ends_ms => self.no("expired_token", "The device code has expired.", form),
            Answer::Used => self.no("invalid_grant", "The device code was used already.", form),
            _ if self.slow_downs > 0 || hurried => {
                self.slow_downs = self.slow_downs.saturating_sub(1);
                self.no("slow_down", "Slow down.", form)
            }
            Answer::None => self.no("authorization_pending", "Nobody has signed in yet.", form),
            Answer::No => {
                let entra = self.flavour == Flavour::Entra;
                let word = if entra { "authorization_declined" } else { "access_denied" };
                self.no(word, "The person said no.", form)
            }
            Answer::Yes { user, at_secs } => {
                offer.answer = Answer::Used;
                let token = id_token(self, &offer, &user, at_secs, now_ms.div_euclid(1_000));
                let mut body = json!({ "access_token": "a-token-that-nobody-needs", "token_type": "Bearer" });
                if let (Some(token), Some(body)) = (token, body.as_object_mut()) {
                    body.insert("id_token".to_owned(), token.into());
                }
                Reply::json(&body)
            }
        };
        if let Some(kept) = at.and_then(|at| self.offers.get_mut(at)) {
            *kept = offer;
        }
        reply
    }

    /// Why the client is not believed.
    fn no_client(&self, form: &[(String, String)]) -> Option<Reply> {
        let secret = self.client_secret.as_deref().unwrap_or_default();
        if field(form, "client_id") != self.client_id || field(form, "client_secret") != secret {
            return Some(self.no("invalid_client", "The client is not known.", form));
        }
        None
    }

    fn no(&self, error: &str, why: &str, form: &[(String, String)]) -> Reply {
        let sent: Vec<&str> = form.iter().map(|(_, value)| value.as_str()).collect();
        let why = if self.echoes { format!("{why} You sent {}", sent.join(" ")) } else { why.to_owned() };
        let body: Value = json!({ "error": error, "error_description": why });
        Reply { status: if error == "invalid_client" { 401 } else { 400 }, ..Reply::json(&body) }
    }
}

/// Whether a form asks for a token by device code.
pub(crate) fn is_by_device_code(form: &[(String, String)]) -> bool {
    field(form, "grant_type") == DEVICE_GRANT
}

fn field<'f>(form: &'f [(String, String)], name: &str) -> &'f str {
    form.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str())
}
