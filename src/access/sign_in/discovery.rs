//! Where the provider says it is spoken to (OpenID Connect Discovery), believed only when it speaks of itself by the name
//! that the configuration has.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::wire::Wire;
use crate::access::http::{fit, is_safe};
use crate::ports::Fault;

/// It is read again after this: providers move their endpoints in years.
const KEPT: Duration = Duration::from_secs(3_600);
/// The grant, as providers name it.
pub(super) const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// What is used of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Discovery {
    /// Where codes are had.
    pub(super) device: Url,
    /// Where tokens are had.
    pub(super) token: Url,
    /// Where the keys are that tokens are signed with.
    pub(super) keys: Url,
    /// The grants it has. Entra ID does not say.
    pub(super) grants: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    device_authorization_endpoint: Option<String>,
    token_endpoint: String,
    jwks_uri: String,
    grant_types_supported: Option<Vec<String>>,
}

/// The last one read. Who waits for one while it is read gets the same one.
#[derive(Default)]
pub(super) struct Known {
    held: Mutex<Option<(Arc<Discovery>, Instant)>>,
}

impl Known {
    pub(super) async fn get(&self, wire: &Wire, issuer: &str) -> Result<Arc<Discovery>, Fault> {
        let mut held = self.held.lock().await;
        if let Some((discovery, read_at)) = held.as_ref()
            && read_at.elapsed() < KEPT
        {
            return Ok(Arc::clone(discovery));
        }
        let url = address(issuer).ok_or_else(|| wire.permanent("`issuer` of `[sign_in]` is not a URL"))?;
        let document: Document = wire.read("discovery", url).await?;
        let discovery = read(&document, issuer).map_err(|wrong| wire.permanent(&wrong))?;
        let discovery = Arc::new(discovery);
        *held = Some((Arc::clone(&discovery), Instant::now()));
        Ok(discovery)
    }
}

/// OpenID Connect Discovery §4: behind the issuer, whose last slash does not count here.
fn address(issuer: &str) -> Option<Url> {
    Url::parse(&format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer)))
        .ok()
}

fn read(document: &Document, issuer: &str) -> Result<Discovery, String> {
    if document.issuer != issuer {
        return Err(format!(
            "it calls itself `{}`; write `issuer` of `[sign_in]` exactly so if that is who is meant (at Entra ID with the \
             tenant's id, neither a domain nor `common`)",
            fit(&document.issuer)
        ));
    }
    let safe = |name: &str, text: &str| {
        let url = Url::parse(text).ok().filter(is_safe);
        url.ok_or_else(|| format!("its {name} is not an https URL"))
    };
    let device = document
        .device_authorization_endpoint
        .as_deref()
        .ok_or("it has no device authorization endpoint; turn the device authorization grant on there")?;
    Ok(Discovery {
        device: safe("device authorization endpoint", device)?,
        token: safe("token endpoint", &document.token_endpoint)?,
        keys: safe("jwks_uri", &document.jwks_uri)?,
        grants: document.grant_types_supported.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://sso.acme.example/realms/acme";

    fn document() -> Document {
        Document {
            issuer: ISSUER.to_owned(),
            device_authorization_endpoint: Some("https://sso.acme.example/device".to_owned()),
            token_endpoint: "https://sso.acme.example/token".to_owned(),
            jwks_uri: "https://keys.acme.example/".to_owned(),
            grant_types_supported: None,
        }
    }

    #[test]
    fn it_is_found_behind_the_issuer_with_and_without_a_slash() {
        for issuer in [ISSUER.to_owned(), format!("{ISSUER}/")] {
            let url = address(&issuer).unwrap();
            assert_eq!(url.path(), "/realms/acme/.well-known/openid-configuration");
        }
    }

    #[test]
    fn another_name_is_another_provider_even_by_a_slash() {
        assert!(read(&document(), ISSUER).is_ok());
        for other in [
            "https://sso.acme.example/realms/acme/",
            "https://SSO.acme.example/realms/acme",
            "https://sso.acme.example",
        ] {
            let wrong = read(&document(), other).unwrap_err();
            assert!(wrong.contains(ISSUER), "{wrong}");
        }
    }

    #[test]
    fn no_endpoint_is_in_the_clear() {
        for bad in ["http://sso.acme.example/x", "ftp://127.0.0.1/", "/token", ""] {
            let parts: [fn(&mut Document, String); 3] = [
                |document, url| document.device_authorization_endpoint = Some(url),
                |document, url| document.token_endpoint = url,
                |document, url| document.jwks_uri = url,
            ];
            for set in parts {
                let mut document = document();
                set(&mut document, bad.to_owned());
                assert!(read(&document, ISSUER).unwrap_err().contains("https"), "{bad}");
            }
        }
    }
}
