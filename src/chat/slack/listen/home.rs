//! App Home, and what can be chosen while somebody types in a form.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde_json::{Value, json};
use tokio::sync::OwnedMutexGuard;

use super::Listener;
use super::clicks::Interaction;
use crate::chat::hall::forms::Form;
use crate::chat::hall::{Found, Known, Speaker};
use crate::chat::slack::envelope::{Ack, Envelope};
use crate::chat::slack::web::SlackWeb;
use crate::chat::slack::{forms, home};
use crate::notices::Text;

/// Options of one answer while somebody types. Source: platform-rules §1.4.
const OPTIONS_MAX: usize = 100;

/// Who stands in line for the App Home of one person.
type Line = tokio::sync::Mutex<()>;

/// The App Homes that are being drawn. Those of one person are read and drawn one after the other, so that what was read
/// earlier is never shown over what was read later; nobody waits for another's, which Slack may be slow to take.
#[derive(Default)]
pub(super) struct Homes(Mutex<BTreeMap<String, Weak<Line>>>);

impl Homes {
    /// Waits for the right to draw this person's.
    async fn drawing(&self, user: &str) -> OwnedMutexGuard<()> {
        self.line(user).lock_owned().await
    }

    fn line(&self, user: &str) -> Arc<Line> {
        // No line is left half made by a panic.
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Only lines in which somebody stands are kept.
        lines.retain(|_, line| line.strong_count() > 0);
        let standing = lines.get(user).and_then(Weak::upgrade);
        standing.unwrap_or_else(|| {
            let line = Arc::default();
            lines.insert(user.to_owned(), Arc::downgrade(&line));
            line
        })
    }
}

impl Listener {
    /// Somebody opened App Home: it shows what concerns them as it is now.
    pub(super) async fn home_opened(&self, envelope: &Envelope) {
        let text = |pointer: &str| envelope.payload.pointer(pointer).and_then(Value::as_str);
        if text("/event/tab") != Some("home") {
            return;
        }
        let (Some(team), Some(user)) = (text("/team_id"), text("/event/user")) else { return };
        if !self.people.serves(team) {
            return;
        }
        let _drawing = self.homes.drawing(user).await;
        // Opening a tab is no deed: a stranger sees nothing, and nothing is written down.
        let view = match self.people.person(self.hall.engine(), team, user).await {
            Ok(known) if self.hall.works_here(&known).is_ok() => {
                home::view(&self.hall.mine(&known).await, None, &*self.people)
            }
            Ok(_) | Err(_) => {
                let words = Text::new().hint(
                    "Glasskey does not know you as somebody of the company; `/elevate help` says what to do",
                );
                home::view(&[], Some(&words), &*self.people)
            }
        };
        show_home(&self.web, user, &view).await;
    }

    /// Shows App Home as it is now, with what came of what the person did there: beside the acknowledgement, which does not
    /// wait for it.
    pub(super) fn publish(&self, user: &str, known: &Known, said: Option<&Text>) {
        let (web, people, hall) = (self.web.clone(), Arc::clone(&self.people), Arc::clone(&self.hall));
        let (homes, user, known, said) =
            (Arc::clone(&self.homes), user.to_owned(), known.clone(), said.cloned());
        tokio::spawn(async move {
            let _drawing = homes.drawing(&user).await;
            let view = home::view(&hall.mine(&known).await, said.as_ref(), &*people);
            show_home(&web, &user, &view).await;
        });
    }

    /// Opens the form that asks for access. The trigger lives three seconds, so nothing is asked before.
    pub(super) fn ask_for_access(&self, interaction: Interaction) -> Ack {
        self.show_form_of(interaction, &Form::Access(Box::default()))
    }

    /// What can be chosen in a field while somebody types in it. Who may not speak here is shown nothing.
    pub(super) async fn suggest(&self, envelope: &Envelope, speaker: &Speaker) -> Ack {
        let text = |key: &str| envelope.payload.get(key).and_then(Value::as_str).unwrap_or_default();
        let (team, user) = (&speaker.account.workspace, &speaker.account.user);
        let known = self.people.person(self.hall.engine(), team, user).await;
        let filled = envelope.payload.get("view").map(forms::filled).unwrap_or_default();
        let found = match known {
            Ok(known) => {
                self.hall.search(&known, (text("action_id"), text("value")), &filled, OPTIONS_MAX).await
            }
            Err(_stranger) => Vec::new(),
        };
        Ack::Payload(options(&found))
    }
}

async fn show_home(web: &SlackWeb, user: &str, view: &Value) {
    if let Err(fault) = web.views_publish(user, view).await {
        tracing::warn!(%fault, "an App Home was not shown; it is shown when it is opened again");
    }
}

/// One kind as it is, several by their kinds.
fn options(found: &[Found]) -> Value {
    let of = |found: &Found| found.choices.iter().map(forms::option).collect::<Vec<_>>();
    match found {
        [] => json!({ "options": [] }),
        [one] => json!({ "options": of(one) }),
        several => {
            let group = |found: &Found| json!({ "label": { "type": "plain_text", "text": found.title }, "options": of(found) });
            json!({ "option_groups": several.iter().map(group).collect::<Vec<_>>() })
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_person_waits_for_their_own_app_home_and_for_no_other() {
        let homes = Homes::default();
        let of_ana = homes.drawing("U0ANA").await;
        let again = homes.drawing("U0ANA");
        tokio::pin!(again);
        assert!(again.as_mut().now_or_never().is_none(), "the one under way comes first");
        assert!(homes.drawing("U0BO").now_or_never().is_some(), "nobody waits for another's");
        drop(of_ana);
        drop(again.await);
        drop(homes.drawing("U0CY").await);
        assert_eq!(homes.0.lock().unwrap().len(), 1, "what was drawn leaves nothing behind");
    }
}
