//! The org authorization server's token endpoint: client credentials by `private_key_jwt`, with DPoP where it is asked for.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::access::{ASSERTION_SECS_MAX, Issued, TOKEN_SECS, proof, service_app};
use super::jwt;
use super::options::ServiceApp;
use super::serve::Incoming;
use super::wire::{Refusal, Reply, fields};
use super::world::{Target, World};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The fields of the form.
struct Form(Vec<(String, String)>);

impl Form {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }
}

/// Gives out an access token.
///
/// The client is believed first and its assertion used up by that, also when the call then fails for want of a nonce:
/// whoever tries again needs a new assertion.
pub(super) fn give(world: &mut World, call: &Incoming) -> Result<Reply, Refusal> {
    let malformed = || Refusal::oauth(400, "invalid_request", "The request body is not a form.");
    if !call.header("content-type").starts_with("application/x-www-form-urlencoded") {
        return Err(malformed());
    }
    let form = Form(fields(&call.text()).ok_or_else(malformed)?);
    if form.get("grant_type") != "client_credentials" {
        let why = "The grant type is not supported by this authorization server.";
        return Err(Refusal::oauth(400, "unsupported_grant_type", why));
    }
    let app = client(world, call, &form)?;
    let bound_to = bound_to(world, call, &app)?;
    let scopes: BTreeSet<String> = form.get("scope").split_whitespace().map(str::to_owned).collect();
    if scopes.is_empty() || !scopes.is_subset(&app.scopes) {
        let why = "One or more scopes are not configured for the authorization server resource.";
        return Err(Refusal::oauth(400, "invalid_scope", why));
    }
    let kind = if bound_to.is_some() { "DPoP" } else { "Bearer" };
    let scope = scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    let expires_ms = world.now_ms() + TOKEN_SECS * 1_000;
    let issued = Issued { client_id: app.client_id.clone(), scopes, expires_ms, bound_to };
    let token = world.tokens.issue(issued);
    let target = Target::new("AccessToken", &jwt::digest(&token), "Access Token");
    world.log("app.oauth2.as.token.grant.access_token", service_app(&app.client_id), vec![target]);
    let body = json!({ "token_type": kind, "expires_in": TOKEN_SECS, "access_token": token, "scope": scope });
    Ok(Reply::json(&body).with("cache-control", "no-cache, no-store".into()))
}

fn invalid_client(why: &str) -> Refusal {
    Refusal::oauth(401, "invalid_client", why)
}

/// The service app, once its assertion proves that it is the one.
fn client(world: &mut World, call: &Incoming, form: &Form) -> Result<ServiceApp, Refusal> {
    let assertion = form.get("client_assertion");
    if form.get("client_assertion_type") != ASSERTION_TYPE || assertion.is_empty() {
        return Err(invalid_client("Client authentication failed: only private_key_jwt is supported."));
    }
    let known = world.options.service_app.clone();
    let app = known.ok_or_else(|| invalid_client("Invalid value for 'client_id' parameter."))?;
    let wanted = app.public_jwk.get("kid").and_then(Value::as_str);
    let header = jwt::header(assertion).unwrap_or_default();
    let named = header.get("kid").and_then(Value::as_str);
    if wanted.zip(named).is_some_and(|(wanted, named)| wanted != named) {
        return Err(invalid_client(
            "The client_assertion is signed with a key that the client does not have.",
        ));
    }
    let claims = jwt::claims(assertion, &app.public_jwk)
        .ok_or_else(|| invalid_client("The client_assertion signature is invalid."))?;
    let at = format!("{}{}", world.url, call.path);
    let now_secs = world.now_ms().div_euclid(1_000);
    believe(&claims, &app, &at, now_secs).map_err(invalid_client)?;
    let id = claims.get("jti").and_then(Value::as_str);
    if id.is_some_and(|id| !world.tokens.use_assertion(id, now_secs)) {
        return Err(invalid_client("The client_assertion token has been used already."));
    }
    Ok(app)
}

fn believe(
    claims: &Map<String, Value>,
    app: &ServiceApp,
    endpoint: &str,
    now_secs: i64,
) -> Result<(), &'static str> {
    let is = |name: &str, value: &str| claims.get(name).and_then(Value::as_str) == Some(value);
    if !is("iss", &app.client_id) || !is("sub", &app.client_id) {
        return Err("The issuer and subject of client_assertion must be the client_id.");
    }
    let audience = match claims.get("aud") {
        Some(Value::Array(several)) => several.iter().any(|aud| aud.as_str() == Some(endpoint)),
        one => one.and_then(Value::as_str) == Some(endpoint),
    };
    if !audience {
        return Err("The audience claim for client_assertion must be the endpoint invoked for the request.");
    }
    let expires = claims.get("exp").and_then(Value::as_i64);
    let expires = expires.ok_or("The client_assertion token has no expiration.")?;
    if expires <= now_secs {
        return Err("The client_assertion token is expired.");
    }
    if expires - now_secs > ASSERTION_SECS_MAX {
        return Err("The client_assertion token has an expiration too far into the future.");
    }
    Ok(())
}

/// The key the token is bound to; `None` for a bearer token.
fn bound_to(world: &mut World, call: &Incoming, app: &ServiceApp) -> Result<Option<String>, Refusal> {
    if !app.dpop_required && !call.headers.contains_key("dpop") {
        return Ok(None);
    }
    let proven = proof(world, call, None).map_err(|why| Refusal::oauth(400, "invalid_dpop_proof", &why))?;
    let now_ms = world.now_ms();
    let nonce = world.tokens.nonce(now_ms);
    if proven.nonce.as_ref() != Some(&nonce) {
        let why = "Authorization server requires nonce in DPoP proof.";
        return Err(Refusal::oauth(400, "use_dpop_nonce", why).with("dpop-nonce", nonce));
    }
    Ok(Some(proven.key))
}
