//! The token endpoint: client credentials, believed with the right secret or an assertion signed by the right key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value, json};

use super::clock::now_secs;
use super::{Incoming, Reply, World};

/// How far the clocks of client and server may be apart, seconds.
const SKEW_SECS_MAX: i64 = 15;
/// How long a token is good for, seconds.
const TOKEN_SECS: u64 = 3_600;

/// Who may ask for tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// What it must show.
    pub proof: Proof,
}

/// What a client must show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// This secret.
    Secret(String),
    /// An assertion.
    Key {
        /// Signed by the other half of this key, in PEM.
        public_pem: String,
        /// With this hash of its certificate in its header (`x5t#S256`), where the provider asks for it.
        thumbprint: Option<String>,
    },
}

/// What a provider takes for an assertion.
pub(crate) struct Rules<'a> {
    pub(crate) audience: &'a str,
    pub(crate) lifetime_secs_max: i64,
    pub(crate) algorithms: &'a [Algorithm],
    pub(crate) scope: Option<&'a str>,
}

/// Gives a token, or says why not.
pub(crate) fn grant(world: &mut World, call: &Incoming, rules: &Rules<'_>) -> Reply {
    let refuse = |error: &str, why: &str| Reply {
        status: if error == "invalid_client" { 401 } else { 400 },
        ..Reply::json(&json!({ "error": error, "error_description": why }))
    };
    let form = call.form();
    let field = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    if field("grant_type") != Some("client_credentials") {
        return refuse("unsupported_grant_type", "only client_credentials");
    }
    if field("scope") != rules.scope {
        return refuse("invalid_scope", "the scope is not the API's");
    }
    let believed = match &world.client.proof {
        Proof::Secret(secret) if field("client_secret") == Some(secret) => Ok(None),
        Proof::Secret(_) => Err("the secret is wrong"),
        Proof::Key { public_pem, thumbprint } => {
            let assertion = field("client_assertion").filter(|_| {
                field("client_assertion_type")
                    == Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            });
            let id = believe(assertion, public_pem, thumbprint.as_deref(), &world.client.id, rules);
            id.and_then(|id| if world.assertions.contains(&id) { Err("seen before") } else { Ok(Some(id)) })
        }
    };
    match believed {
        Ok(_) if field("client_id") != Some(&world.client.id) => refuse("invalid_client", "unknown client"),
        Ok(assertion) => {
            world.assertions.extend(assertion);
            world.issued += 1;
            let claims = URL_SAFE_NO_PAD.encode(world.claims.to_string());
            let token = format!("eyJhbGciOiJub25lIn0.{claims}.token-number-{}", world.issued);
            world.tokens.insert(token.clone());
            Reply::json(&json!({ "access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECS }))
        }
        Err(why) => refuse("invalid_client", why),
    }
}

/// The id of an assertion that is true.
fn believe(
    assertion: Option<&str>,
    public_pem: &str,
    thumbprint: Option<&str>,
    client: &str,
    rules: &Rules<'_>,
) -> Result<String, &'static str> {
    let assertion = assertion.ok_or("no assertion")?;
    let header = jsonwebtoken::decode_header(assertion).map_err(|_| "no header")?;
    if !rules.algorithms.contains(&header.alg) {
        return Err("not signed as it should be");
    }
    if thumbprint.is_some() && header.x5t_s256.as_deref() != thumbprint {
        return Err("the certificate is not known");
    }
    let pem = public_pem.as_bytes();
    let key = match header.alg {
        Algorithm::ES256 => DecodingKey::from_ec_pem(pem),
        _ => DecodingKey::from_rsa_pem(pem),
    };
    let mut validation = Validation::new(header.alg);
    validation.required_spec_claims.clear();
    // Off because they are checked below, more strictly.
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let key = key.map_err(|_| "no such key")?;
    let claims = jsonwebtoken::decode::<Map<String, Value>>(assertion, &key, &validation);
    let claims = claims.map_err(|_| "the signature is wrong")?.claims;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if [text("iss"), text("sub")] != [Some(client); 2] {
        return Err("it speaks for another client");
    }
    if text("aud") != Some(rules.audience) {
        return Err("it is for another server");
    }
    let number = |name: &str| claims.get(name).and_then(Value::as_i64);
    let (Some(issued), Some(ends)) = (number("iat"), number("exp")) else { return Err("it has no times") };
    let now = now_secs();
    if (issued - now).abs() > SKEW_SECS_MAX || ends <= now || ends > now + rules.lifetime_secs_max {
        return Err("its times are wrong");
    }
    text("jti").map(str::to_owned).ok_or("it has no id")
}
