//! Comparing what was granted with the directory and the policies in force, whenever one of them is new: a few at a time, so
//! that nobody waits behind it.

use glasskey_domain::settings::RECHECKED_AT_ONCE_MAX;
use glasskey_domain::{Command, RequestId};

use super::Engine;

/// Compares everything that is granted, or will be.
pub async fn all(engine: &Engine) {
    let ids: Vec<RequestId> = engine
        .book()
        .await
        .requests()
        .filter(|request| !request.state.is_terminal())
        .map(|request| request.ask.id.clone())
        .collect();
    for ids in ids.chunks(RECHECKED_AT_ONCE_MAX) {
        if *engine.draining().borrow() {
            return;
        }
        if engine.inside(Command::Recheck { ids: ids.to_vec() }).await.is_err() {
            tracing::debug!("the engine stops; the next start compares again");
            return;
        }
    }
}
