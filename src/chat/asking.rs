//! From what a person said to what is decided: names resolved, words cleaned, lengths computed. The same for every door.
//!
//! It decides nothing and asks nothing of the outside: the directory is the one in force.

use std::collections::BTreeMap;

use glasskey_commands::elevate::{self, Elevate};
use glasskey_commands::{
    AccountSelector, Length, PermissionSetSelector, RequestRef, Usage, Vocabulary, is_ticket_shaped,
};
use glasskey_domain::command::NewRequest;
use glasskey_domain::refusal::Kind;
use glasskey_domain::{
    AccountId, Command, Directory, FederationId, PermissionSetArn, Refusal, RequestId, Seconds, Settings,
    Target,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::directory::resolve;

/// What is needed to understand somebody.
pub struct Ear<'a> {
    /// The company.
    pub directory: &'a Directory,
    /// Other names for accounts, from the configuration.
    pub aliases: &'a BTreeMap<String, AccountId>,
    /// Settings.
    pub settings: &'a Settings,
    /// The time.
    pub now: Timestamp,
    /// The person's own time zone, for `until 18:00`.
    pub zone: TimeZone,
}

/// What a person wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Something to decide.
    Decide(Command),
    /// To see their requests.
    List,
    /// To see one.
    Show(RequestId),
    /// To know what policy says.
    Why(Target),
    /// To connect this chat account to themselves.
    Link,
    /// To take that back.
    Unlink,
    /// To be helped; with the part they want to know about.
    Help(Option<glasskey_commands::Keyword>),
}

/// What could not be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misheard {
    /// The words do not make a command.
    Words(Usage),
    /// They do, but what they name is not there.
    Names(Refusal),
}

impl Ear<'_> {
    /// The federation that is called so, in any case of letters.
    #[must_use]
    pub fn federation(&self, typed: &str) -> Option<&FederationId> {
        self.settings.federations.keys().find(|name| name.as_str().eq_ignore_ascii_case(typed))
    }
}

impl Vocabulary for Ear<'_> {
    fn is_account(&self, text: &str) -> bool {
        resolve::is_account(self.directory, self.aliases, text)
    }

    fn is_permission_set(&self, text: &str) -> bool {
        text.chars().count() > 2 && resolve::is_permission_set(self.directory, text)
    }

    fn is_federation(&self, text: &str) -> bool {
        self.federation(text).is_some()
    }

    fn is_ticket(&self, text: &str) -> bool {
        match &self.settings.ticket_pattern {
            Some(pattern) => pattern.is_match(text) || is_ticket_shaped(text),
            None => is_ticket_shaped(text),
        }
    }

    fn reason_required(&self) -> bool {
        self.settings.reason_required
    }
}

/// Understands what was typed after `/elevate`.
///
/// # Errors
/// When the words or the names in them cannot be understood; nothing has been decided then.
pub fn understand(ear: &Ear<'_>, text: &str) -> Result<Wish, Misheard> {
    let said = read(ear, text).map_err(Misheard::Words)?;
    wish(ear, said).map_err(Misheard::Names)
}

/// Reads what was typed after `/elevate`.
///
/// # Errors
/// When the words do not make a command; nothing has been decided then.
pub fn read(ear: &Ear<'_>, text: &str) -> Result<Elevate, Usage> {
    elevate::parse(text, ear)
}

/// What was said, with all that it names found.
///
/// # Errors
/// When a name in it leads nowhere, or to several.
pub fn wish(ear: &Ear<'_>, said: Elevate) -> Result<Wish, Refusal> {
    Ok(match said {
        Elevate::Form => Wish::Help(None),
        Elevate::Help(topic) => Wish::Help(topic),
        Elevate::List => Wish::List,
        Elevate::Show(id) => Wish::Show(request_id(&id)?),
        Elevate::Why { account, permission_set } => {
            Wish::Why(target(ear, account.as_str(), permission_set.as_str())?)
        }
        Elevate::Request(words) => {
            let target = target(ear, words.account.as_str(), words.permission_set.as_str())?;
            Wish::Decide(request(target, length(ear, words.length), words.reason, words.ticket))
        }
        Elevate::Approve(id) => Wish::Decide(Command::Approve { id: request_id(&id)?, length: None }),
        Elevate::Deny { id, why } => Wish::Decide(Command::Deny { id: request_id(&id)?, why }),
        Elevate::Withdraw(id) => Wish::Decide(Command::Withdraw { id: request_id(&id)? }),
        Elevate::End(id) => Wish::Decide(Command::End { id: request_id(&id)?, cut: false }),
        Elevate::Link => Wish::Link,
        Elevate::Unlink => Wish::Unlink,
    })
}

fn request_id(typed: &RequestRef) -> Result<RequestId, Refusal> {
    RequestId::parse(typed.as_str()).map_err(|not| Refusal::Unresolved {
        what: Kind::Request,
        typed: not.text,
        candidates: Vec::new(),
    })
}

pub(super) fn target(ear: &Ear<'_>, account: &str, permission_set: &str) -> Result<Target, Refusal> {
    Ok(Target::Assignment {
        account: resolve::account(ear.directory, ear.aliases, account)?,
        permission_set: resolve::permission_set(ear.directory, permission_set)?,
    })
}

pub(super) fn account(ear: &Ear<'_>, typed: &AccountSelector) -> Result<AccountId, Refusal> {
    resolve::account(ear.directory, ear.aliases, typed.as_str())
}

pub(super) fn permission_set(
    ear: &Ear<'_>,
    typed: &PermissionSetSelector,
) -> Result<PermissionSetArn, Refusal> {
    resolve::permission_set(ear.directory, typed.as_str())
}

/// A request for a target.
pub(super) fn request(target: Target, length: Seconds, reason: String, ticket: Option<String>) -> Command {
    // The id is a place holder: the engine puts a free one here when it decides.
    let id = RequestId::from_bits(0, RequestId::SYMBOLS_MIN);
    Command::Request(NewRequest {
        id,
        targets: vec![target],
        bundle: None,
        length,
        starts_at: None,
        urgent: false,
        reason,
        ticket,
    })
}

/// A length in seconds. `until 18:00` is the next such time in the person's own zone; one that has just passed is
/// tomorrow's, which the limits then refuse with a sentence that says so.
pub(super) fn length(ear: &Ear<'_>, length: Length) -> Seconds {
    match length {
        Length::For(seconds) => Seconds(u32::try_from(seconds).unwrap_or(u32::MAX)),
        Length::Until(time) => {
            let now = ear.now.to_zoned(ear.zone.clone());
            let today = now.date().to_datetime(time).to_zoned(ear.zone.clone());
            let tomorrow =
                || now.date().tomorrow().and_then(|day| day.to_datetime(time).to_zoned(ear.zone.clone()));
            let end = match today {
                Ok(today) if today > now => Ok(today),
                Ok(_) | Err(_) => tomorrow(),
            };
            let left = end.map_or(0, |end| end.timestamp().as_second().saturating_sub(ear.now.as_second()));
            Seconds(u32::try_from(left).unwrap_or(0))
        }
    }
}
