//! Asking for the same again: a form in which what was asked before stands already.

use glasskey_domain::{AccessRequest, Directory, Door, Item, ItemName, Refusal, RequestId, Target};

use super::forms::{Asked, Form, Place, Prefill, length_choice};
use super::{Hall, Known, Words};
use crate::chat::hall::forms::Choice;

/// Finished requests that are looked through for a person's last one.
const CLOSED_LOOKED_AT: usize = 200;

/// What was asked before.
#[derive(Debug, Clone)]
pub struct Again {
    prefill: Prefill,
    asked: Asked,
}

impl Again {
    /// The form of a door: one that can look things up while somebody types asks for everything.
    #[must_use]
    pub fn form(self, door: Door) -> Form {
        match door {
            Door::Slack => Form::Access(Box::new(self.prefill)),
            Door::Discord | Door::Host | Door::Inside => Form::Reason(self.asked),
        }
    }

    /// Why it was asked, and under which ticket.
    #[must_use]
    pub fn words(&self) -> Words {
        Words { reason: self.prefill.reason.clone(), ticket: self.prefill.ticket.clone() }
    }
}

impl Hall {
    /// What a person asked for last, or what that request was for.
    ///
    /// # Errors
    /// When there is no such request.
    pub async fn again(&self, known: &Known, id: Option<&RequestId>) -> Result<Again, Refusal> {
        self.works_here(known)?;
        let found = match id {
            Some(id) => self.engine.request(id).await.ok().flatten(),
            None => self.last_of(known).await,
        };
        let missing = || id.map_or(Refusal::NothingAsked, |id| Refusal::NoSuchRequest { id: id.clone() });
        let request = found.ok_or_else(missing)?;
        again(&self.directory(), &request).ok_or(Refusal::TargetGone)
    }

    async fn last_of(&self, known: &Known) -> Option<AccessRequest> {
        let open = self.engine.book().await.requests_of(&known.person).max_by_key(|r| r.ask.at).cloned();
        let closed = self.engine.recently_closed(CLOSED_LOOKED_AT).unwrap_or_default();
        let closed = closed.into_iter().filter(|request| request.ask.requester == known.person);
        open.into_iter().chain(closed).max_by_key(|request| request.ask.at)
    }
}

fn again(directory: &Directory, request: &AccessRequest) -> Option<Again> {
    let ask = &request.ask;
    let (place, permission_set) = place(directory, ask.targets().next(), ask.bundle.clone())?;
    let set = |name: &String| Choice { label: name.clone(), value: name.clone() };
    let prefill = Prefill {
        channel: String::new(),
        place: Some(Choice { label: named(&ask.items.first, ask.bundle.as_ref()), value: place.value() }),
        permission_set: permission_set.as_ref().map(set),
        length: Some(length_choice(ask.length)),
        ticket: ask.ticket.clone(),
        reason: Some(ask.reason.clone()),
    };
    let asked = Asked { place, permission_set, length: ask.length, starts_at: None, urgent: false };
    Some(Again { prefill, asked })
}

fn named(item: &Item, bundle: Option<&String>) -> String {
    match (bundle, &item.name) {
        (Some(bundle), _) => bundle.clone(),
        (None, ItemName::Assignment { account, .. }) => account.clone(),
        (None, ItemName::Group { group }) => group.clone(),
    }
}

/// Where something is, as a form carries it; with the name of the permission set.
pub(super) fn place(
    directory: &Directory,
    first: Option<&Target>,
    bundle: Option<String>,
) -> Option<(Place, Option<String>)> {
    if let Some(name) = bundle {
        return Some((Place::Bundle(name), None));
    }
    match first? {
        Target::Assignment { account, permission_set } => {
            let set = directory.permission_sets.get(permission_set)?.name.clone();
            Some((Place::Account(account.clone()), Some(set)))
        }
        Target::Membership { group } => Some((Place::Group(group.clone()), None)),
    }
}
