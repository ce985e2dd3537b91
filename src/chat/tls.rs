//! One TLS configuration for all that chat doors open: APIs and sockets.
//!
//! The provider is named here, not taken from the process: rustls panics at first use where two are compiled in and none
//! was chosen (libraries §4). Must never send a token in the clear to another machine.

use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt as _;
use rustls::ClientConfig;
use url::{Host, Url};

/// ring and Mozilla's roots.
///
/// # Errors
/// When ring offers none of rustls' default TLS versions.
pub(in crate::chat) fn client_config() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_webpki_roots()
        .with_no_client_auth())
}

/// Whether a URL is encrypted, or stays on this machine (twins and test servers).
pub(in crate::chat) fn is_safe(url: &Url) -> bool {
    match url.scheme() {
        "https" | "wss" => url.host().is_some(),
        "http" | "ws" => is_loopback(url),
        _ => false,
    }
}

/// Whether the host is this machine.
pub(in crate::chat) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether a `response_url` may be posted to: Slack's own hosts, or this machine where the API itself is there.
pub(in crate::chat) fn is_answer_url(url: &Url, api: &Url) -> bool {
    if is_loopback(api) && is_loopback(url) {
        return is_safe(url);
    }
    let slack =
        url.host_str().is_some_and(|host| host.ends_with(".slack.com") || host.ends_with(".slack-gov.com"));
    url.scheme() == "https" && slack
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_on_this_machine() {
        let safe = |url: &str| is_safe(&Url::parse(url).unwrap());
        for url in [
            "https://slack.com/api",
            "wss://wss-primary.slack.com/link",
            "http://127.0.0.1:9/api",
            "ws://[::1]:9/",
        ] {
            assert!(safe(url), "{url}");
        }
        for url in
            ["http://slack.com/api", "ws://10.0.0.1/", "ftp://127.0.0.1/", "http://localhost.evil.example/"]
        {
            assert!(!safe(url), "{url}");
        }
    }

    #[test]
    fn answers_go_to_slack_or_to_the_twin_on_this_machine_only() {
        let ask = |url: &str, api: &str| is_answer_url(&Url::parse(url).unwrap(), &Url::parse(api).unwrap());
        let real = "https://slack.com/api";
        assert!(ask("https://hooks.slack.com/commands/1/2/3", real));
        assert!(!ask("https://hooks.slack.com.evil.example/1", real));
        assert!(!ask("https://evilslack.com/1", real));
        assert!(!ask("http://hooks.slack.com/1", real));
        assert!(!ask("http://127.0.0.1:80/metadata", real));
        assert!(ask("http://127.0.0.1:80/answer", "http://127.0.0.1:81/api"));
    }
}
