//! What concerns one person: what they have, what they wait for, and what waits for them.

use glasskey_domain::{AccessRequest, State};

use super::{Hall, Known};
use crate::notices::{self, Mine, Section};

impl Hall {
    /// What concerns a person, to be shown to them alone.
    pub async fn mine(&self, known: &Known) -> Vec<Section> {
        let me = &known.person;
        let book = self.engine.book().await;
        let called = |request: &AccessRequest| {
            let extension = request.extension.as_ref().map(|extension| &extension.approvers);
            request.approvers.contains(me)
                || request.quiet.contains(me)
                || extension.is_some_and(|approvers| approvers.contains(me))
        };
        let decides = |request: &AccessRequest| {
            let waits = matches!(request.state, State::Pending { .. }) || request.extension.is_some();
            let said = match &request.extension {
                Some(extension) => &extension.approvals,
                None => &request.approvals,
            };
            waits && called(request) && said.iter().all(|approval| approval.by != *me)
        };
        let mut mine = Mine::default();
        for request in book.requests().filter(|request| request.ask.requester == *me || called(request)) {
            if request.ask.requester == *me {
                match &request.state {
                    State::Granting { .. } | State::Active { .. } | State::Ending { .. } => {
                        mine.live.push(request);
                    }
                    State::Pending { .. } | State::Scheduled { .. } => mine.waiting.push(request),
                    State::Ended { .. }
                    | State::Denied { .. }
                    | State::Withdrawn { .. }
                    | State::Lapsed { .. }
                    | State::Failed { .. } => {}
                }
            } else if decides(request) {
                mine.to_decide.push(request);
            } else if request.review.is_wanted() {
                mine.to_review.push(request);
            }
        }
        notices::mine(mine, &self.directory())
    }
}
