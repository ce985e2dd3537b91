//! A chat account → a person.

use glasskey_domain::book::Binding;
use glasskey_domain::refusal::StrangerWhy;
use glasskey_domain::{ChatAccount, Directory, PersonId};

/// What the platform says of an account.
#[expect(missing_docs, reason = "replaced by the directory's own")]
#[derive(Debug, Clone)]
pub struct ChatProfile {
    pub account: ChatAccount,
    pub own_workspace: bool,
    pub guest: bool,
    pub bot: bool,
    pub deleted: bool,
    pub stranger: bool,
    pub email: Option<String>,
    pub email_confirmed: bool,
}

/// The person, and by which address to bind them.
#[expect(missing_docs, reason = "replaced by the directory's own")]
#[derive(Debug, Clone)]
pub struct Resolved {
    pub person: PersonId,
    pub bind_now: Option<String>,
}

/// # Errors
/// Why not.
pub fn resolve(
    directory: &Directory,
    profile: &ChatProfile,
    _binding: Option<&Binding>,
) -> Result<Resolved, StrangerWhy> {
    let email = profile.email.clone().ok_or(StrangerWhy::EmailNotConfirmed)?;
    if profile.guest {
        return Err(StrangerWhy::Guest);
    }
    match directory.by_email(&email).as_slice() {
        [one] => Ok(Resolved { person: one.id.clone(), bind_now: Some(email) }),
        _ => Err(StrangerWhy::NobodyHasEmail { email }),
    }
}
