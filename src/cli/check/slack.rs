//! What is at Slack: the tokens, the scopes, the sockets, the channel. Posts nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::Body;
use glasskey_commands::manifest::SLACK_SCOPES;
use hyper::Request;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::Check;
use crate::chat::slack::fault::{FaultKind, SlackFault};
use crate::chat::slack::models::SlackChannel;
use crate::chat::slack::web::{SlackWeb, WebConfig};
use crate::config::{self, Secret, SlackSecrets};

/// Longest wait for the answer that names the scopes.
const SCOPES_TIMEOUT: Duration = Duration::from_secs(10);

/// All of them.
pub(super) async fn checks(slack: &config::Slack, secrets: &SlackSecrets) -> Vec<Check> {
    let mut checks = Vec::new();
    for (name, secret, start) in
        [("slack app token", &secrets.app_token, "xapp-"), ("slack bot token", &secrets.bot_token, "xoxb-")]
    {
        if !secret.expose().starts_with(start) {
            checks.push(Check::warn(
                name,
                format!("does not start with {start}"),
                "app_token and bot_token may be exchanged",
            ));
        }
    }
    let web = SlackWeb::new(WebConfig::new(
        slack.api_url.clone(),
        secrets.app_token.to_secret_string(),
        secrets.bot_token.to_secret_string(),
    ));
    let web = match web {
        Ok(web) => web,
        Err(why) => {
            checks.push(Check::fail("slack", why.to_string(), "correct the token or slack.api_url"));
            return checks;
        }
    };
    let bot = bot(&web, slack).await;
    let known = bot.outcome != super::Outcome::Fail;
    checks.push(bot);
    checks.push(app(&web).await);
    if known {
        checks.push(scopes(slack, &secrets.bot_token).await);
        checks.push(channel(&web, &slack.channel).await);
    }
    checks
}

async fn bot(web: &SlackWeb, slack: &config::Slack) -> Check {
    const NAME: &str = "slack bot token";
    match web.auth_test().await {
        Ok(who) if !slack.teams.contains(&who.team_id) => Check::fail(
            NAME,
            format!("it is for the workspace {}, which slack.team does not name", who.team_id),
            "correct slack.team, or use the token of that workspace",
        ),
        Ok(who) => {
            let workspace = who.team.as_ref().map_or(who.team_id.as_str(), String::as_str);
            Check::ok(NAME, format!("{} in {workspace}", who.user_id))
        }
        Err(fault) => failed(NAME, &fault, "install the app to the workspace and use its new xoxb- token"),
    }
}

/// Opens nothing: asks for an address of a socket, which lapses unused.
async fn app(web: &SlackWeb) -> Check {
    const NAME: &str = "slack app token";
    match web.connections_open().await {
        Ok(_) => Check::ok(NAME, "sockets can be opened"),
        Err(fault) => failed(
            NAME,
            &fault,
            "make an app-level token with the scope connections:write, and turn Socket Mode on",
        ),
    }
}

async fn channel(web: &SlackWeb, id: &str) -> Check {
    const NAME: &str = "slack channel";
    match web.conversations_info(id).await {
        Ok(channel) => judged(NAME, id, &channel),
        Err(fault) => {
            failed(NAME, &fault, "correct slack.channel (its id, not its name) and invite the bot to it")
        }
    }
}

/// A flag that Slack left out counts as the bad one where it matters (P9).
fn judged(name: &str, id: &str, channel: &SlackChannel) -> Check {
    let label = channel.name.as_ref().map_or_else(|| id.to_owned(), |name| format!("#{name}"));
    if channel.is_archived == Some(true) {
        return Check::fail(name, format!("{label} is archived"), "choose another channel");
    }
    if channel.is_ext_shared != Some(false) || channel.is_pending_ext_shared == Some(true) {
        return Check::fail(
            name,
            format!("{label} is shared with another company, or Slack does not say that it is not"),
            "choose a channel of this workspace alone: outsiders must not see or click request cards",
        );
    }
    if channel.is_member != Some(true) {
        return Check::fail(name, format!("the bot is not in {label}"), "invite it: /invite @glasskey");
    }
    Check::ok(name, label)
}

async fn scopes(slack: &config::Slack, token: &Secret) -> Check {
    const NAME: &str = "slack scopes";
    let granted = match tokio::time::timeout(SCOPES_TIMEOUT, granted(slack, token)).await {
        Ok(Ok(granted)) => granted,
        Ok(Err(why)) => {
            return Check::warn(NAME, why, "compare the app's scopes with `glasskey manifest slack`");
        }
        Err(_) => return Check::warn(NAME, "no answer in time", "try again"),
    };
    let missing: Vec<String> = SLACK_SCOPES
        .iter()
        .filter(|(scope, _)| !granted.contains(*scope))
        .map(|(scope, what_for)| format!("`{scope}` ({what_for})"))
        .collect();
    if missing.is_empty() {
        return Check::ok(NAME, format!("all {} are granted", SLACK_SCOPES.len()));
    }
    Check::fail(
        NAME,
        format!("missing: {}", missing.join(", ")),
        "paste `glasskey manifest slack` into the app's manifest and install it again",
    )
}

/// The scopes of the bot token, which Slack tells in a header of every answer.
async fn granted(slack: &config::Slack, token: &Secret) -> Result<BTreeSet<String>, String> {
    let said = |why: &dyn std::fmt::Display| format!("they could not be read: {why}");
    let https = HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
        .map_err(|why| said(&why))?
        .https_or_http()
        .enable_http1()
        .build();
    let url = format!("{}/auth.test", slack.api_url.as_str().trim_end_matches('/'));
    let mut authorization = hyper::header::HeaderValue::from_str(&format!("Bearer {}", token.expose()))
        .map_err(|_| "the token has characters that no token has".to_owned())?;
    authorization.set_sensitive(true);
    let request = Request::post(url)
        .header(hyper::header::AUTHORIZATION, authorization)
        .header(hyper::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::empty())
        .map_err(|why| said(&why))?;
    let answer = Client::builder(TokioExecutor::new())
        .build::<_, Body>(https)
        .request(request)
        .await
        .map_err(|why| said(&why))?;
    let header = answer.headers().get("x-oauth-scopes").ok_or("Slack did not say which there are")?;
    let text = header.to_str().map_err(|why| said(&why))?;
    Ok(text.split(',').map(|scope| scope.trim().to_owned()).filter(|scope| !scope.is_empty()).collect())
}

fn failed(name: &str, fault: &SlackFault, mend: &str) -> Check {
    let mend = match &fault.kind {
        FaultKind::Timeout | FaultKind::Unreachable(_) => "check the network, a proxy, and slack.api_url",
        FaultKind::RateLimited { .. } | FaultKind::Server { .. } => "try again later",
        FaultKind::Revoked(_)
        | FaultKind::NotFound(_)
        | FaultKind::Rejected { .. }
        | FaultKind::Garbled(_) => mend,
    };
    Check::fail(name, fault.to_string(), mend)
}
