//! `/elevate` by named options: each part is read as what its field says.
//!
//! Must never understand more, or other, than the parser does from the same words.

use super::{Elevate, RequestWords};
use crate::definition::{ELEVATE, Keyword, OptKind};
use crate::options::{Given, Said};
use crate::selector::{AccountSelector, PermissionSetSelector, RequestRef};
use crate::usage::{Fault, Numbered, Usage};

/// Reads what was said by named options. A request may lack its reason: whether it needs one, and then asking for it, is
/// the door's.
///
/// # Errors
///
/// [`Usage`], when the options say nothing that can be done; its right form is written with options, too.
pub fn from_options(said: &Said<'_>) -> Result<Elevate, Usage> {
    let Some(given) = Given::of(&ELEVATE, said)? else { return Ok(Elevate::Form) };
    match given.keyword() {
        Keyword::Request => request(&given).map(Elevate::Request),
        Keyword::List => Ok(Elevate::List),
        Keyword::Show => id(&given).map(Elevate::Show),
        Keyword::Approve => id(&given).map(Elevate::Approve),
        Keyword::Deny => deny(&given),
        Keyword::Withdraw => id(&given).map(Elevate::Withdraw),
        Keyword::End => id(&given).map(Elevate::End),
        Keyword::Why => {
            let (account, permission_set) = target(&given).ok_or_else(|| given.missing())?;
            Ok(Elevate::Why { account, permission_set })
        }
        Keyword::Link => Ok(Elevate::Link),
        Keyword::Unlink => Ok(Elevate::Unlink),
        Keyword::Help => given.topic(OptKind::ElevateTopic).map(Elevate::Help),
    }
}

fn request(given: &Given<Keyword>) -> Result<RequestWords, Usage> {
    let (Some((account, permission_set)), Some(length)) = (target(given), given.length()?) else {
        return Err(given.missing());
    };
    let reason = given.owned(OptKind::Reason).unwrap_or_default();
    Ok(RequestWords { account, permission_set, length, ticket: given.ticket()?, reason })
}

fn target(given: &Given<Keyword>) -> Option<(AccountSelector, PermissionSetSelector)> {
    let account = AccountSelector::new(given.text(OptKind::Account)?);
    Some((account, PermissionSetSelector::new(given.text(OptKind::PermissionSet)?)))
}

fn id(given: &Given<Keyword>) -> Result<RequestRef, Usage> {
    given.id((OptKind::Request, Numbered::Request), RequestRef::parse)
}

fn deny(given: &Given<Keyword>) -> Result<Elevate, Usage> {
    let id = id(given)?;
    match given.owned(OptKind::Reason) {
        Some(why) => Ok(Elevate::Deny { id, why }),
        None => Err(given.wrong(Fault::MissingWhy { id })),
    }
}
