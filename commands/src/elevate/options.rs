//! `/elevate` by named options: each part is read as what its field says.
//!
//! Must never understand more, or other, than the parser does from the same words.

use super::{Elevate, EndScope, RequestWords, What};
use crate::definition::{ELEVATE, Keyword, Keywords, OptKind};
use crate::options::{Given, Instead, Said};
use crate::person::PersonRef;
use crate::selector::{AccountSelector, GroupSelector, PermissionSetSelector, RequestRef};
use crate::usage::{Fault, Numbered, Usage};

/// Reads what was said by named options. A request may lack its reason: whether it needs one, and then asking for it, is
/// the door's.
///
/// # Errors
///
/// [`Usage`], when the options say nothing that can be done; its right form is written with options, too.
pub fn from_options(said: &Said<'_>) -> Result<Elevate, Usage> {
    let Some(given) = Given::of(&ELEVATE, said)? else { return Ok(Elevate::Form) };
    let reason = || given.owned(OptKind::Reason);
    Ok(match given.keyword() {
        Keyword::Request | Keyword::Group | Keyword::Bundle | Keyword::Urgent => {
            Elevate::Request(request(&given)?)
        }
        Keyword::Again => {
            let id = if given.is_empty() { None } else { Some(id(&given)?) };
            Elevate::Again(id)
        }
        Keyword::Mine => Elevate::Mine,
        Keyword::List => Elevate::List,
        Keyword::Show => Elevate::Show(id(&given)?),
        Keyword::Approve => Elevate::Approve { id: id(&given)?, length: given.length()? },
        Keyword::Deny => {
            let (id, why) = with_why(&given)?;
            Elevate::Deny { id, why }
        }
        Keyword::Withdraw => Elevate::Withdraw(id(&given)?),
        Keyword::Extend => {
            let id = id(&given)?;
            let length = given.length()?.ok_or_else(|| given.missing(&[]))?;
            Elevate::Extend { id, length, reason: reason() }
        }
        Keyword::End => Elevate::End { id: id(&given)?, cut: given.chosen(OptKind::Sessions)? },
        Keyword::EndAll => {
            let scope = scope(&given)?;
            Elevate::EndAll { scope, confirmed: given.chosen(OptKind::Confirm)? }
        }
        Keyword::Acknowledge => Elevate::Acknowledge { id: id(&given)?, note: reason() },
        Keyword::Object => {
            let (id, why) = with_why(&given)?;
            Elevate::Object { id, why }
        }
        Keyword::Why => Elevate::Why(what(&given)?),
        Keyword::Link => Elevate::Link,
        Keyword::Unlink => Elevate::Unlink,
        Keyword::Help => Elevate::Help(given.topic(OptKind::ElevateTopic)?),
    })
}

fn request(given: &Given<Keyword>) -> Result<RequestWords, Usage> {
    let what = what(given)?;
    let length = given.length()?.ok_or_else(|| given.missing(&[]))?;
    let reason = given.owned(OptKind::Reason).unwrap_or_default();
    let urgent = given.keyword() == Keyword::Urgent;
    Ok(RequestWords { what, urgent, length, start: given.start()?, ticket: given.ticket()?, reason })
}

/// The one thing that is named; a group or a bundle alone, or an account with a permission set.
fn what(given: &Given<Keyword>) -> Result<What, Usage> {
    const ASSIGNMENT: [OptKind; 2] = [OptKind::Account, OptKind::PermissionSet];
    for other in [OptKind::Group, OptKind::Bundle] {
        ASSIGNMENT.into_iter().try_for_each(|kind| given.not_both(kind, other))?;
    }
    given.not_both(OptKind::Group, OptKind::Bundle)?;
    if let Some(group) = given.text(OptKind::Group) {
        return Ok(What::Group(GroupSelector::new(group)));
    }
    if let Some(bundle) = given.owned(OptKind::Bundle) {
        return Ok(What::Bundle(bundle));
    }
    match (given.text(OptKind::Account), given.text(OptKind::PermissionSet)) {
        (Some(account), Some(set)) => Ok(What::Assignment {
            account: AccountSelector::new(account),
            permission_set: PermissionSetSelector::new(set),
        }),
        (None, _) | (_, None) => Err(given.missing(&ASSIGNMENT)),
    }
}

fn scope(given: &Given<Keyword>) -> Result<EndScope, Usage> {
    given.not_both(OptKind::Person, OptKind::Account)?;
    if let Some(account) = given.text(OptKind::Account) {
        return Ok(EndScope::Account(AccountSelector::new(account)));
    }
    let Some(typed) = given.text(OptKind::Person) else { return Ok(EndScope::Everything) };
    match PersonRef::parse(typed) {
        Some(person) => Ok(EndScope::Person(person)),
        None => {
            let fault = Fault::NotAPerson { typed: typed.to_owned() };
            Err(given.wrong_at(OptKind::Person, fault, Instead::Gap))
        }
    }
}

fn id(given: &Given<Keyword>) -> Result<RequestRef, Usage> {
    given.id((OptKind::Request, Numbered::Request), RequestRef::parse)
}

fn with_why(given: &Given<Keyword>) -> Result<(RequestRef, String), Usage> {
    let id = id(given)?;
    match given.owned(OptKind::Reason) {
        Some(why) => Ok((id, why)),
        None => {
            let keyword = given.keyword().word();
            Err(given.wrong(Fault::MissingWhy { keyword, id }))
        }
    }
}
