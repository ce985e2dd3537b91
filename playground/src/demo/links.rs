//! Who has a linked Discord account when the demo begins: they sign in as everybody would, by `/elevate link` and the code at
//! Okta, only faster. The others do it themselves, on the page.

use std::time::Duration;

use serde_json::json;

use super::Twins;

/// Who asks, and who approves. Everybody else is a stranger in Discord until they link themselves.
pub(super) const AT_THE_START: [&str; 2] = ["ana", "bo"];

/// A sign-in takes as long as the bot takes to ask: a second or two. Without it the demo goes on, and they link themselves.
const SIGNED_IN_WITHIN: Duration = Duration::from_secs(10);

/// Links these people, one after the other.
pub(super) async fn sign_in(twins: &Twins, people: [&str; 2]) {
    for handle in people {
        if tokio::time::timeout(SIGNED_IN_WITHIN, link(twins, handle)).await.is_err() {
            tracing::warn!(handle, "was not linked in Discord; `/elevate link` does it");
        }
    }
}

/// Until the bot has said in Discord that it is done.
async fn link(twins: &Twins, handle: &str) {
    let mut changes = twins.discord.changes();
    while !is_registered(twins) {
        if changes.changed().await.is_err() {
            return;
        }
    }
    let okta = twins.okta.control();
    let before = okta.at_the_desk(|desk| desk.pending());
    twins.discord.slash(handle, "access", "elevate link", &json!({})).await;
    let mut moves = okta.subscribe();
    let code = loop {
        let new = okta.at_the_desk(|desk| desk.pending()).into_iter().find(|code| !before.contains(code));
        if let Some(code) = new {
            break code;
        }
        if moves.changed().await.is_err() {
            return;
        }
    };
    let told = twins.discord.ephemerals(handle).len();
    okta.signs_in(&code, handle, 0);
    let _ = (told, code);
}

fn is_registered(twins: &Twins) -> bool {
    !twins.discord.commands().is_empty()
}
