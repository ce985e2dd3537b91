//! The company as the running engine knows it, for back ends that must ask: who keeps a group, who a person is.

use std::sync::{Arc, OnceLock};

use glasskey_domain::book::Proof;
use glasskey_domain::directory::Keeper;
use glasskey_domain::ids::MemberId;
use glasskey_domain::person::Employment;
use glasskey_domain::{AccountId, Directory, GroupId, Holding, Person, PersonId};

use crate::engine::{Engine, WeakEngine};

/// Empty until the engine is there. Clones share it.
#[derive(Clone, Default)]
pub struct Company {
    /// Weak, because the engine holds who asks: a circle would keep the ledger open, and its lock, after the engine's end.
    engine: Arc<OnceLock<WeakEngine>>,
}

impl Company {
    /// Tells it the engine.
    pub fn is_of(&self, engine: &Engine) {
        // Told once, at the wiring; a second time would be the same engine.
        let _again = self.engine.set(engine.downgrade());
    }

    fn engine(&self) -> Option<Engine> {
        self.engine.get()?.upgrade()
    }

    /// The directory in force.
    #[must_use]
    pub fn directory(&self) -> Option<Arc<Directory>> {
        Some(self.engine()?.directory())
    }

    /// Who keeps a group.
    #[must_use]
    pub fn keeper_of(&self, group: &GroupId) -> Option<Keeper> {
        Some(self.directory()?.groups.get(group)?.kept_in)
    }

    /// Whether an account is the management account.
    #[must_use]
    pub fn is_management(&self, account: &AccountId) -> bool {
        let directory = self.directory();
        directory.is_some_and(|all| all.accounts.get(account).is_some_and(|account| account.management))
    }

    /// Who the principal of a holding is where it is held, if a look found that out.
    pub async fn member(&self, holding: &Holding) -> Option<MemberId> {
        let engine = self.engine()?;
        let book = engine.book().await;
        book.holding(holding)?.member.clone()
    }

    /// The person. Of one whom the directory has lost, what they were bound to chat by is left, which is in the ledger: they may
    /// still have to be taken out of a group (P3).
    pub async fn person(&self, id: PersonId) -> Option<Person> {
        let engine = self.engine()?;
        if let Some(person) = engine.directory().people.get(&id) {
            return Some(person.clone());
        }
        let book = engine.book().await;
        let addresses = book.bindings().filter(|(_, binding)| binding.person == id);
        let emails: Vec<String> = addresses
            .filter_map(|(_, binding)| match &binding.proof {
                Proof::Email { email } => Some(email.clone()),
                Proof::SignIn { sign_in } => sign_in.email.clone(),
                Proof::Administrator => None,
            })
            .collect();
        let user_name = emails.first()?.clone();
        let display_name = String::new();
        Some(Person { id, user_name, display_name, emails, employment: Employment::Unknown })
    }
}
