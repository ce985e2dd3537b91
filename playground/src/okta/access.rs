//! Who calls, and whether they may: SSWS tokens, access tokens, and the DPoP proofs that bind them (RFC 9449).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::directory::UserStatus;
use super::jwt;
use super::operation::Operation;
use super::serve::Incoming;
use super::wire::Refusal;
use super::world::{Actor, World};

/// How far the `iat` of a proof may be from the twin's clock.
const PROOF_AGE_SECS_MAX: i64 = 300;

/// An access token lives for an hour (platform-rules 4.1).
pub(super) const TOKEN_SECS: i64 = 3_600;

/// An assertion may live for this long and no longer.
pub(super) const ASSERTION_SECS_MAX: i64 = 3_600;

/// How long a nonce is good for; Okta says 24 hours.
const NONCE_MS: i64 = 24 * 3_600 * 1_000;

/// Ids of assertions and proofs that may be kept before those that no longer matter are let go.
const IDS_KEPT_MAX: usize = 10_000;

/// An access token that was given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Issued {
    pub(super) client_id: String,
    pub(super) scopes: BTreeSet<String>,
    pub(super) expires_ms: i64,
    /// Thumbprint of the key it is bound to.
    pub(super) bound_to: Option<String>,
}

/// Ids that may be used once, with the second of their use.
#[derive(Debug, Default)]
struct UsedOnce(BTreeMap<String, i64>);

impl UsedOnce {
    /// False when the id was used before. Ids are kept for `keep_secs`: what bears them is too old by then.
    fn first(&mut self, id: &str, now_secs: i64, keep_secs: i64) -> bool {
        if self.0.len() >= IDS_KEPT_MAX {
            self.0.retain(|_, used_secs| *used_secs > now_secs - keep_secs);
        }
        self.0.insert(id.to_owned(), now_secs).is_none()
    }
}

/// What the authorization server remembers.
#[derive(Debug)]
pub(super) struct Tokens {
    issued: BTreeMap<String, Issued>,
    assertions: UsedOnce,
    proofs: UsedOnce,
    nonce: (String, i64),
    seed: String,
    count: u64,
}

impl Tokens {
    /// `url` keeps the tokens of two twins apart.
    pub(super) fn new(url: &str, now_ms: i64) -> Self {
        let seed = format!("{url} {now_ms}");
        let mut tokens = Self {
            issued: BTreeMap::new(),
            assertions: UsedOnce::default(),
            proofs: UsedOnce::default(),
            nonce: (String::new(), now_ms),
            seed,
            count: 0,
        };
        tokens.renew_nonce(now_ms);
        tokens
    }

    fn fresh(&mut self) -> String {
        self.count += 1;
        jwt::digest(&format!("{} {}", self.seed, self.count))
    }

    pub(super) fn issue(&mut self, issued: Issued) -> String {
        let token = format!("eyJ0d2luIjoib2t0YSJ9.{}.{}", self.fresh(), self.fresh());
        self.issued.retain(|_, other| other.expires_ms > issued.expires_ms - 2 * TOKEN_SECS * 1_000);
        self.issued.insert(token.clone(), issued);
        token
    }

    pub(super) fn revoke_all(&mut self) -> usize {
        std::mem::take(&mut self.issued).len()
    }

    pub(super) fn renew_nonce(&mut self, now_ms: i64) {
        self.nonce = (self.fresh(), now_ms);
    }

    /// The nonce that proofs at the token endpoint must carry now.
    pub(super) fn nonce(&mut self, now_ms: i64) -> String {
        if now_ms - self.nonce.1 >= NONCE_MS {
            self.renew_nonce(now_ms);
        }
        self.nonce.0.clone()
    }

    /// False when the assertion was used before.
    pub(super) fn use_assertion(&mut self, id: &str, now_secs: i64) -> bool {
        self.assertions.first(id, now_secs, ASSERTION_SECS_MAX)
    }
}

/// Who made a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Caller {
    Admin { user: String },
    ServiceApp { client_id: String, scopes: BTreeSet<String>, scheme: &'static str },
}

impl Caller {
    /// As the System Log names them.
    pub(super) fn actor(&self, world: &World) -> Actor {
        match self {
            Self::Admin { user } => {
                let known = world.directory.users.get(user);
                Actor {
                    kind: "User".into(),
                    id: user.clone(),
                    alternate_id: known.map(|u| u.login.clone()).unwrap_or_default(),
                    name: known.map(|u| u.name.clone()).unwrap_or_default(),
                }
            }
            Self::ServiceApp { client_id, .. } => service_app(client_id),
        }
    }
}

/// A service app as the System Log names it.
pub(super) fn service_app(client_id: &str) -> Actor {
    Actor {
        kind: "PublicClientApp".into(),
        id: client_id.to_owned(),
        alternate_id: client_id.to_owned(),
        name: client_id.to_owned(),
    }
}

/// The caller, by the `Authorization` header and what belongs to it.
pub(super) fn caller(world: &mut World, call: &Incoming) -> Result<Caller, Refusal> {
    let authorization = call.header("authorization");
    let (scheme, token) = authorization.split_once(' ').unwrap_or((authorization, ""));
    match scheme.to_ascii_lowercase().as_str() {
        "ssws" => admin(world, token),
        "bearer" => service(world, call, token, "Bearer"),
        "dpop" => service(world, call, token, "DPoP"),
        _ => Err(unknown_token(world, "Bearer", "The access token is missing")),
    }
}

/// The admin whose SSWS token this is; the token dies with them.
fn admin(world: &World, token: &str) -> Result<Caller, Refusal> {
    let refused = || unknown_token(world, "SSWS", "The API token is invalid");
    if world.options.ssws_token.as_deref() != Some(token) {
        return Err(refused());
    }
    let user = world.directory.user_named(&world.options.ssws_user).ok_or_else(refused)?;
    if user.status != UserStatus::Active {
        return Err(refused());
    }
    Ok(Caller::Admin { user: user.id.clone() })
}

fn service(world: &mut World, call: &Incoming, token: &str, scheme: &'static str) -> Result<Caller, Refusal> {
    let now_ms = world.now_ms();
    let known = world.tokens.issued.get(token).cloned();
    let Some(issued) = known else {
        return Err(unknown_token(world, scheme, "The access token is invalid"));
    };
    if issued.expires_ms <= now_ms {
        return Err(unknown_token(world, scheme, "The access token has expired"));
    }
    match (&issued.bound_to, scheme) {
        (None, "Bearer") => {}
        (Some(key), "DPoP") => {
            let proven = proof(world, call, Some(token)).and_then(|proof| {
                if proof.key == *key { Ok(()) } else { Err("The proof is by another key.".to_owned()) }
            });
            proven.map_err(|why| {
                let about = format!("error=\"invalid_dpop_proof\", error_description=\"{why}\"");
                Refusal::oauth(400, "invalid_dpop_proof", &why)
                    .with("www-authenticate", challenge(world, "DPoP", &about))
            })?;
        }
        _ => return Err(unknown_token(world, scheme, "The access token is bound to another scheme")),
    }
    Ok(Caller::ServiceApp { client_id: issued.client_id, scopes: issued.scopes, scheme })
}

fn challenge(world: &World, scheme: &str, about: &str) -> String {
    let url = &world.url;
    let algorithms = jwt::ALGORITHMS.map(|(name, _)| name).join(" ");
    let algorithms = if scheme == "DPoP" { format!("algs=\"{algorithms}\", ") } else { String::new() };
    format!("{scheme} {algorithms}authorization_uri=\"{url}/oauth2/v1/authorize\", realm=\"{url}\", {about}")
}

fn unknown_token(world: &World, scheme: &str, why: &str) -> Refusal {
    let refusal = Refusal::api(401, "E0000011", "Invalid token provided", &[]);
    if scheme == "SSWS" {
        return refusal;
    }
    let about = format!("error=\"invalid_token\", error_description=\"{why}\"");
    refusal.with("www-authenticate", challenge(world, scheme, &about))
}

/// Whether the caller may do this: both the scopes and the admin role must allow it (platform-rules 4.1).
pub(super) fn may(world: &World, caller: &Caller, operation: Operation) -> Result<(), Refusal> {
    if let (Caller::ServiceApp { scopes, scheme, .. }, Some(scope)) = (caller, operation.scope())
        && !scopes.contains(scope)
    {
        let about = format!(
            "scope=\"{scope}\", error=\"insufficient_scope\", \
             error_description=\"The access token provided does not contain the required scopes.\""
        );
        let summary = "The access token provided does not contain the required scopes.";
        return Err(Refusal::api(403, "E0000006", summary, &[])
            .with("www-authenticate", challenge(world, scheme, &about)));
    }
    if world.options.forbidden.contains(operation.id()) {
        return Err(Refusal::forbidden(&[]));
    }
    Ok(())
}

/// A proof that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proof {
    /// Thumbprint of the key that made it.
    pub(super) key: String,
    pub(super) nonce: Option<String>,
}

/// Checks the `DPoP` header of a call against the call itself; `token` is the access token it must name.
pub(super) fn proof(world: &mut World, call: &Incoming, token: Option<&str>) -> Result<Proof, String> {
    let mut given = call.headers.get_all("dpop").iter().filter_map(|v| v.to_str().ok());
    let proof = given.next().ok_or("The DPoP proof JWT header is missing.")?;
    if given.next().is_some() {
        return Err("There is more than one DPoP proof JWT header.".into());
    }
    let header = jwt::header(proof).ok_or("The DPoP proof JWT is malformed.")?;
    if header.get("typ").and_then(Value::as_str) != Some("dpop+jwt") {
        return Err("The 'typ' of the DPoP proof JWT must be 'dpop+jwt'.".into());
    }
    let jwk = header.get("jwk").ok_or("The 'jwk' of the DPoP proof JWT is missing.")?;
    if jwt::is_private(jwk) {
        return Err("The 'jwk' of the DPoP proof JWT must be a public key.".into());
    }
    let claims = jwt::claims(proof, jwk).ok_or("The DPoP proof JWT signature is invalid.")?;
    let key = jwt::thumbprint(jwk).ok_or("The 'jwk' of the DPoP proof JWT is of an unknown kind.")?;
    let now_secs = world.now_ms().div_euclid(1_000);
    of_this_call(&claims, call, &world.url, now_secs)?;
    if token.is_some_and(|token| text(&claims, "ath") != Some(&jwt::digest(token))) {
        return Err("The 'ath' claim is missing or does not match the access token.".into());
    }
    let id = text(&claims, "jti").ok_or("The 'jti' claim is missing.")?;
    if !world.tokens.proofs.first(id, now_secs, 2 * PROOF_AGE_SECS_MAX) {
        return Err("The DPoP proof JWT has been used already.".into());
    }
    Ok(Proof { key, nonce: text(&claims, "nonce").map(str::to_owned) })
}

fn text<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c str> {
    claims.get(name).and_then(Value::as_str)
}

fn of_this_call(
    claims: &Map<String, Value>,
    call: &Incoming,
    url: &str,
    now_secs: i64,
) -> Result<(), &'static str> {
    if text(claims, "htm") != Some(call.method.as_str()) {
        return Err("The 'htm' claim does not match the HTTP method.");
    }
    if text(claims, "htu") != Some(&format!("{url}{}", call.path)) {
        return Err("The 'htu' claim does not match the HTTP URL.");
    }
    let made = claims.get("iat").and_then(Value::as_i64).ok_or("The 'iat' claim is missing.")?;
    if now_secs.abs_diff(made) > PROOF_AGE_SECS_MAX.unsigned_abs() {
        return Err("The 'iat' claim is too old or in the future.");
    }
    Ok(())
}
