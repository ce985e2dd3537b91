//! Which chat account is which person, where the platform cannot say it: by a sign-in at the company, or by an
//! administrator. One account is one person, and one person has one account in a place, so that nobody slips a second one in.

use super::proof::is_of;
use super::{Decision, Reply, World, enabled_person, noted};
use crate::event::Event;
use crate::ids::PersonId;
use crate::person::{Actor, ChatAccount, Door, SignIn, Who};
use crate::refusal::Refusal;

/// An account is taken for a person from now on.
pub(super) fn link(
    world: &World<'_>,
    by: &Actor,
    account: &ChatAccount,
    person: &PersonId,
    sign_in: Option<&SignIn>,
) -> Result<Decision, Refusal> {
    if world.directory.is_empty() {
        return Err(Refusal::DirectoryNotRead);
    }
    match account.door {
        Door::Discord => {}
        Door::Slack | Door::Host | Door::Inside => return Err(Refusal::NotLinkable),
    }
    match sign_in {
        // Nobody links an account but who speaks from it.
        Some(sign_in) => {
            let own = matches!(&by.who, Who::Stranger { account: own } if own == account);
            if !own && by.as_person() != Some(person) {
                return Err(Refusal::SignedInAsAnother { email: sign_in.email.clone() });
            }
            is_of(world, sign_in, person)?;
        }
        None => administers(world, by)?,
    }
    if world.directory.enabled(person).is_none() {
        return Err(Refusal::NotEnabled { person: person.clone() });
    }
    match world.book.binding(account).map(|binding| &binding.person) {
        Some(bound) if bound == person => {
            let reply = Reply::Linked { account: account.clone(), person: person.clone() };
            return Ok(Decision { events: Vec::new(), reply });
        }
        Some(bound) => return Err(Refusal::AccountIsLinked { person: bound.clone() }),
        None => {}
    }
    let other = world.book.bindings().find(|(other, binding)| {
        other.door == account.door && other.workspace == account.workspace && binding.person == *person
    });
    if let Some((other, _)) = other {
        return Err(Refusal::PersonIsLinked { person: person.clone(), user: other.user.clone() });
    }
    let (account, person) = (account.clone(), person.clone());
    let reply = Reply::Linked { account: account.clone(), person: person.clone() };
    Ok(Decision { reply, ..noted(Event::PersonLinked { account, person, sign_in: sign_in.cloned() }) })
}

/// An account is nobody's again. The person does it, or an administrator.
pub(super) fn unlink(world: &World<'_>, by: &Actor, account: &ChatAccount) -> Result<Decision, Refusal> {
    let Some(binding) = world.book.binding(account) else { return Err(Refusal::NotLinked) };
    if by.as_person() != Some(&binding.person) {
        administers(world, by)?;
    }
    let (account, person) = (account.clone(), binding.person.clone());
    let reply = Reply::Unlinked { account: account.clone(), person: person.clone() };
    Ok(Decision { reply, ..noted(Event::PersonUnlinked { account, person }) })
}

fn administers(world: &World<'_>, by: &Actor) -> Result<(), Refusal> {
    let person = enabled_person(world, by)?;
    let may = world.rules.administer(world.directory, &person, by.door, world.now);
    may.map_err(|why| Refusal::NotAnAdministrator { why })
}
