//! From a chat account to a person of the company. Pure: the facts come in, the person or the reason comes out.
//!
//! It must never match names, never follow an e-mail address that changed hands, and never take "could not ask" for
//! somebody (pitfalls 25 and 29).

use glasskey_domain::refusal::StrangerWhy;
use glasskey_domain::{ChatAccount, Directory, PersonId};

/// What a chat platform says about an account. A fact that the platform leaves out counts as the worse one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatProfile {
    /// The account: the part that cannot be changed.
    pub account: ChatAccount,
    /// It belongs to a workspace that is served.
    pub own_workspace: bool,
    /// It is a guest: restricted to some channels.
    pub guest: bool,
    /// It is a bot or an app.
    pub bot: bool,
    /// It is deactivated.
    pub deleted: bool,
    /// It is seen here only through a shared channel.
    pub stranger: bool,
    /// Its e-mail address.
    pub email: Option<String>,
    /// The platform says that the address was confirmed.
    pub email_confirmed: bool,
}

/// The person that a chat account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Who.
    pub person: PersonId,
    /// To be written down as the account's person from now on, found by this address.
    pub bind_now: Option<String>,
}

/// Takes a chat account for a person: `bound` is the person it was bound to before.
///
/// # Errors
/// Why it is nobody of the company. [`StrangerWhy::BindingChanged`] is to be alarmed. A directory that was never read answers
/// [`StrangerWhy::CouldNotAsk`].
pub fn resolve(
    profile: &ChatProfile,
    bound: Option<&PersonId>,
    directory: &Directory,
) -> Result<Resolved, StrangerWhy> {
    let email = trusted_email(profile)?;
    if directory.is_empty() {
        return Err(StrangerWhy::CouldNotAsk);
    }
    let found = directory.by_email(&email);
    match (found.as_slice(), bound) {
        ([], _) => Err(StrangerWhy::NobodyHasEmail { email }),
        ([one], None) => Ok(Resolved { person: one.id.clone(), bind_now: Some(email) }),
        ([one], Some(bound)) if one.id == *bound => Ok(Resolved { person: bound.clone(), bind_now: None }),
        (others, Some(bound)) if others.iter().all(|other| other.id != *bound) => {
            Err(StrangerWhy::BindingChanged { bound: bound.clone() })
        }
        (_, _) => Err(StrangerWhy::SeveralHaveEmail { email }),
    }
}

/// The confirmed address of a full member of our own workspace.
fn trusted_email(profile: &ChatProfile) -> Result<String, StrangerWhy> {
    if !profile.own_workspace || profile.stranger {
        return Err(StrangerWhy::OtherWorkspace);
    }
    if profile.deleted {
        return Err(StrangerWhy::Deactivated);
    }
    if profile.bot {
        return Err(StrangerWhy::Bot);
    }
    if profile.guest {
        return Err(StrangerWhy::Guest);
    }
    let email = profile.email.as_deref().map(str::trim).filter(|email| !email.is_empty());
    let email = email.filter(|_| profile.email_confirmed).ok_or(StrangerWhy::EmailNotConfirmed)?;
    Ok(email.to_lowercase())
}

#[cfg(test)]
mod tests {
    use glasskey_domain::person::{Door, Employment, Person};

    use super::*;

    const ANA: &str = "b4c8-ana";
    const BO: &str = "b4c8-bo";

    fn directory(people: &[(&str, &[&str])]) -> Directory {
        let mut directory = Directory::empty();
        for (id, emails) in people {
            let id = PersonId::new(*id);
            let person = Person {
                id: id.clone(),
                user_name: format!("{id}@acme.example"),
                display_name: "Ana Ferreira".to_owned(),
                emails: emails.iter().map(|email| (*email).to_owned()).collect(),
                employment: Employment::Enabled,
            };
            directory.people.insert(id, person);
        }
        directory
    }

    fn acme() -> Directory {
        directory(&[(ANA, &["ana@acme.example", "ana.ferreira@acme.example"]), (BO, &["bo@acme.example"])])
    }

    fn member(email: &str) -> ChatProfile {
        ChatProfile {
            account: ChatAccount { door: Door::Slack, workspace: "T0ACME".into(), user: "U0ANA".into() },
            own_workspace: true,
            guest: false,
            bot: false,
            deleted: false,
            stranger: false,
            email: Some(email.to_owned()),
            email_confirmed: true,
        }
    }

    fn who(profile: &ChatProfile, bound: Option<&str>) -> Result<Resolved, StrangerWhy> {
        resolve(profile, bound.map(PersonId::new).as_ref(), &acme())
    }

    #[test]
    fn a_confirmed_address_of_one_person_is_bound_on_first_use() {
        let first = who(&member("Ana@Acme.Example"), None).unwrap();
        assert_eq!(first, Resolved { person: PersonId::new(ANA), bind_now: Some("ana@acme.example".into()) });
        let again = who(&member("ana@acme.example"), Some(ANA)).unwrap();
        assert_eq!(again, Resolved { person: PersonId::new(ANA), bind_now: None });
        assert!(
            who(&member("ana.ferreira@acme.example"), Some(ANA)).is_ok(),
            "any address of the same person"
        );
    }

    /// pitfall 29
    #[test]
    fn an_address_that_changed_hands_is_alarmed_and_never_followed() {
        let changed = who(&member("bo@acme.example"), Some(ANA));
        assert_eq!(changed, Err(StrangerWhy::BindingChanged { bound: PersonId::new(ANA) }));
        let reused = directory(&[("newcomer", &["ana@acme.example"])]);
        let after_the_leaver = resolve(&member("ana@acme.example"), Some(&PersonId::new(ANA)), &reused);
        assert_eq!(after_the_leaver, Err(StrangerWhy::BindingChanged { bound: PersonId::new(ANA) }));
    }

    /// pitfall 29: no fallback domain, no similar name, no user name that looks like an address.
    #[test]
    fn nearly_the_right_address_is_nobodys() {
        for email in [
            "ana@partner.example",
            "ana+x@acme.example",
            "b4c8-ana@acme.example",
            "Ana Ferreira",
            "@acme.example",
        ] {
            let email = email.to_lowercase();
            assert_eq!(who(&member(&email), None), Err(StrangerWhy::NobodyHasEmail { email: email.clone() }));
            assert_eq!(
                who(&member(&email), Some(ANA)),
                Err(StrangerWhy::NobodyHasEmail { email }),
                "bound or not"
            );
        }
    }

    /// pitfall 29
    #[test]
    fn an_address_of_several_is_refused_for_bound_and_unbound_alike() {
        let twice = directory(&[(ANA, &["team@acme.example"]), (BO, &["team@acme.example"])]);
        for bound in [None, Some(PersonId::new(ANA))] {
            let answer = resolve(&member("team@acme.example"), bound.as_ref(), &twice);
            assert_eq!(answer, Err(StrangerWhy::SeveralHaveEmail { email: "team@acme.example".into() }));
        }
    }

    /// pitfall 25: what is missing is never taken for good.
    #[test]
    fn an_account_that_is_not_a_full_member_with_a_confirmed_address_is_nobody() {
        let ana = || member("ana@acme.example");
        let cases = [
            (ChatProfile { own_workspace: false, ..ana() }, StrangerWhy::OtherWorkspace),
            (ChatProfile { stranger: true, ..ana() }, StrangerWhy::OtherWorkspace),
            (ChatProfile { deleted: true, ..ana() }, StrangerWhy::Deactivated),
            (ChatProfile { bot: true, ..ana() }, StrangerWhy::Bot),
            (ChatProfile { guest: true, ..ana() }, StrangerWhy::Guest),
            (ChatProfile { email: None, ..ana() }, StrangerWhy::EmailNotConfirmed),
            (ChatProfile { email: Some("  ".into()), ..ana() }, StrangerWhy::EmailNotConfirmed),
            (ChatProfile { email_confirmed: false, ..ana() }, StrangerWhy::EmailNotConfirmed),
        ];
        for (profile, why) in cases {
            assert_eq!(who(&profile, None), Err(why.clone()), "{profile:?}");
            assert_eq!(who(&profile, Some(ANA)), Err(why), "a binding does not mend it: {profile:?}");
        }
    }

    #[test]
    fn a_directory_that_was_never_read_knows_nobody_and_does_not_say_so_of_the_person() {
        let answer = resolve(&member("ana@acme.example"), None, &Directory::empty());
        assert_eq!(answer, Err(StrangerWhy::CouldNotAsk));
    }
}
