//! Okta in this town, and what people do with break-glass.

use std::time::Duration;

use glasskey_domain::emergency::EmergencyState;
use glasskey_domain::refusal::EmergencyWord;
use glasskey_domain::settings::SETTLE_AFTER;
use glasskey_domain::{Book, Emergency, EmergencyId};
use glasskey_playground::okta::{Fault, FaultKind, OktaControl};
use jiff::Span;

use super::chat::Seen;
use super::people::{Person, Said};
use super::{ACCESS, Platform, Town};

/// The incident channel.
pub(crate) const INCIDENT: &str = "C0INCIDENT";
/// The emergency app.
pub(crate) const APP: &str = "0oa1emergency";
/// Its groups.
pub(crate) const RO: &str = "00gro";
/// See [`RO`].
pub(crate) const OPS: &str = "00gops";
/// See [`super::APP_TOKEN`].
pub(crate) const OKTA_TOKEN: &str = "00pl4nt3d-okta-secret";

/// Acme's rules, and break-glass for Dee alone.
pub(crate) const ALONE: &str = r#"
@id("commanders-break-glass")
@max_duration("4h")
permit (principal in Group::"incident-commanders", action == Action::"breakglass", resource == Federation::"main");
@id("leads-confirm")
permit (principal in Group::"sre-leads", action == Action::"approveBreakglass", resource == Federation::"main");
@id("platform-audits")
permit (principal in Group::"platform", action == Action::"audit", resource);
"#;

/// Acme's rules, and break-glass for Dee when Bo agrees; alone after five minutes.
pub(crate) const TWO: &str = r#"
@id("commanders-break-glass")
@max_duration("4h")
@approvals("1")
@solo_after("5m")
permit (principal in Group::"incident-commanders", action == Action::"breakglass", resource == Federation::"main");
@id("leads-confirm")
permit (principal in Group::"sre-leads", action == Action::"approveBreakglass", resource == Federation::"main");
"#;

impl Said {
    /// The emergency that it is about.
    pub(crate) fn emergency(&self) -> EmergencyId {
        let words = self.words();
        let id = words
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .find_map(|word| EmergencyId::parse(word).ok());
        id.unwrap_or_else(|| panic!("no emergency in {words:?}"))
    }
}

impl Person<'_> {
    /// Opens break-glass, which is taken.
    #[track_caller]
    pub(crate) fn opens(&self, line: &str) -> EmergencyId {
        let said = self.says(&format!("/breakglass on {line}"));
        let words = said.words();
        assert!(words.contains("is being opened") || words.contains("waits for"), "not taken: {words}");
        said.emergency()
    }
}

impl Town {
    /// A town whose rules have break-glass too.
    pub(crate) fn with_break_glass(platform: Platform, rules: &str) -> Self {
        Self::with_policies(platform, &self::rules(rules))
    }

    /// Okta, to look at and to change.
    pub(crate) fn okta(&self) -> &OktaControl {
        &self.okta_control
    }

    /// The next calls of this operation meet this at Okta.
    pub(crate) fn okta_meets(&self, operation: &str, times: u32, kind: FaultKind) {
        self.okta_control.fault(Fault { operation: operation.to_owned(), times, kind });
    }

    /// Waits until Okta is as described.
    pub(crate) fn okta_shows(&self, what: &str, look: impl Fn(&OktaControl) -> bool) {
        let control = self.okta_control.clone();
        self.block(what, async {
            let mut versions = control.subscribe();
            while !look(&control) {
                versions.changed().await.unwrap();
            }
        });
    }

    /// Whether the app sleeps and nobody is in the groups.
    pub(crate) fn okta_sleeps(&self) -> bool {
        let okta = &self.okta_control;
        !okta.is_active(APP) && okta.members(RO).is_empty() && okta.members(OPS).is_empty()
    }

    /// An emergency as it is, finished or not.
    pub(crate) fn emergency(&self, id: &EmergencyId) -> Emergency {
        let open = self.book_shows("the book", |book: &Book, _| Some(book.emergency(id).cloned()));
        open.or_else(|| {
            let closed = self.engine().recently_closed_emergencies(50).unwrap();
            closed.into_iter().find(|emergency| emergency.ask.id == *id)
        })
        .unwrap_or_else(|| panic!("there is no {id}"))
    }

    /// Waits until an emergency is there.
    pub(crate) fn emergency_becomes(&self, id: &EmergencyId, word: EmergencyWord) -> Emergency {
        let engine = self.engine().clone();
        self.block(&format!("{id} to be {word:?}"), async {
            let mut rounds = engine.rounds();
            loop {
                rounds.borrow_and_update();
                let open = engine.book().await.emergency(id).cloned();
                let closed = || engine.recently_closed_emergencies(50).unwrap();
                let found = open.or_else(|| closed().into_iter().find(|closed| closed.ask.id == *id));
                if let Some(found) = found.filter(|found| found.state.word() == word) {
                    return found;
                }
                rounds.changed().await.unwrap();
            }
        })
    }

    /// Lets the time pass in which a call whose answer was lost may still take effect.
    pub(crate) fn lost_calls_settle(&self) {
        self.settle();
        self.pass(Span::new().seconds(i64::from(SETTLE_AFTER.0) + 1));
    }

    /// How long an emergency that is off was late.
    pub(crate) fn lateness(&self, id: &EmergencyId) -> Duration {
        match self.emergency(id).state {
            EmergencyState::Off { lateness_ms, .. } => Duration::from_millis(lateness_ms),
            other => panic!("{id} is not off: {other:?}"),
        }
    }

    /// Waits until the incident channel says this.
    pub(crate) fn incident_says(&self, words: &str) -> Seen {
        self.channel_says(self.home, INCIDENT, words)
    }

    /// Waits until the access channel says this.
    pub(crate) fn access_says(&self, words: &str) -> Seen {
        self.channel_says(self.home, ACCESS, words)
    }

    /// How often the incident channel says this.
    pub(crate) fn said_in_incident(&self, words: &str) -> usize {
        self.posts_on(self.home, INCIDENT).iter().filter(|one| one.words().contains(words)).count()
    }

    /// The card of an emergency on a platform, when it says this.
    pub(crate) fn emergency_card_says_on(&self, on: Platform, id: &EmergencyId, words: &str) -> Seen {
        self.chat_shows(on, &format!("`{words}` on the card of {id}"), || {
            let cards = self.cards_of(on, INCIDENT, id.as_str());
            cards.into_iter().find(|card| card.words().contains(words))
        })
    }

    /// The card of an emergency, when it says this.
    pub(crate) fn emergency_card_says(&self, id: &EmergencyId, words: &str) -> Seen {
        self.emergency_card_says_on(self.home, id, words)
    }
}

/// The rules of the company without those of break-glass, and these instead.
pub(crate) fn rules(rules: &str) -> String {
    let ordinary = super::ACME.split("// When Identity Center is down").next().unwrap();
    format!("{ordinary}\n{rules}")
}
