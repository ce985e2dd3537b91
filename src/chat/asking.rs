//! From what a person said to what is decided: names resolved, words cleaned, lengths computed. The same for every door.
//!
//! It decides nothing and asks nothing of the outside: the directory is the one in force.

use std::collections::BTreeMap;
use std::sync::Arc;

use glasskey_commands::elevate::{self, Elevate, EndScope as SaidScope, What};
use glasskey_commands::{
    AccountSelector, Length, PersonRef, RequestRef, RequestWords, Start, Usage, Vocabulary, is_ticket_shaped,
};
use glasskey_domain::command::NewRequest;
use glasskey_domain::refusal::Kind;
use glasskey_domain::settings::{Bundle, BundleItem, START_AHEAD_MAX};
use glasskey_domain::{
    AccessRequest, AccountId, Book, Command, Directory, EndScope, FederationId, Matter, Refusal, RequestId,
    Seconds, Settings, Target,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::breakglass::Crowd;
use crate::directory::resolve;

/// Bundles named when none is called as somebody typed: more of them nobody reads.
const BUNDLES_NAMED_MAX: usize = 10;

/// What is needed to understand somebody.
pub struct Ear<'a> {
    /// The company.
    pub directory: &'a Directory,
    /// Other names for accounts, from the configuration.
    pub aliases: &'a BTreeMap<String, AccountId>,
    /// Settings, as they were when this was heard.
    pub settings: Arc<Settings>,
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
    /// Something to decide that was not said to be surely meant.
    EndAll(EndScope),
    /// More time, or until then: which of it depends on when it ends.
    Extend {
        /// For which.
        id: RequestId,
        /// How much, or until when.
        length: Length,
        /// Why, if they said so.
        reason: Option<String>,
    },
    /// To fill in a form, where the door has one.
    Form,
    /// The same as in that request, or as in their last one.
    Again(Option<RequestId>),
    /// What they have, wait for, and are waited for.
    Mine,
    /// To see their requests.
    List,
    /// To see one.
    Show(RequestId),
    /// To know what policy says.
    Why(Vec<Target>),
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

    /// The bundle that is called so, in any case of letters.
    #[must_use]
    pub fn bundle(&self, typed: &str) -> Option<(&String, &Bundle)> {
        self.settings.bundles.iter().find(|(name, _)| name.eq_ignore_ascii_case(typed))
    }
}

impl Vocabulary for Ear<'_> {
    fn is_account(&self, text: &str) -> bool {
        resolve::is_account(self.directory, self.aliases, text)
    }

    fn is_permission_set(&self, text: &str) -> bool {
        text.chars().count() > 2 && resolve::is_permission_set(self.directory, text)
    }

    fn is_group(&self, text: &str) -> bool {
        resolve::is_group(self.directory, text)
    }

    fn is_bundle(&self, text: &str) -> bool {
        self.bundle(text).is_some()
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

/// Understands what was typed after `/elevate`. `crowd`: whom it mentions.
///
/// # Errors
/// When the words or the names in them cannot be understood; nothing has been decided then.
pub fn understand(ear: &Ear<'_>, text: &str, crowd: &Crowd) -> Result<Wish, Misheard> {
    let said = read(ear, text).map_err(Misheard::Words)?;
    wish(ear, said, crowd).map_err(Misheard::Names)
}

/// Reads what was typed after `/elevate`.
///
/// # Errors
/// When the words do not make a command; nothing has been decided then.
pub fn read(ear: &Ear<'_>, text: &str) -> Result<Elevate, Usage> {
    elevate::parse(text, ear)
}

/// Whom what was said mentions: the platform's own user ids.
#[must_use]
pub fn mentions(said: &Elevate) -> Vec<String> {
    match said {
        Elevate::EndAll { scope: SaidScope::Person(PersonRef::Mention(id)), .. } => vec![id.clone()],
        _nobody => Vec::new(),
    }
}

/// What was said, with all that it names found.
///
/// # Errors
/// When a name in it leads nowhere, or to several.
pub fn wish(ear: &Ear<'_>, said: Elevate, crowd: &Crowd) -> Result<Wish, Refusal> {
    let command = match said {
        Elevate::Form => return Ok(Wish::Form),
        Elevate::Again(id) => return Ok(Wish::Again(id.as_ref().map(request_id).transpose()?)),
        Elevate::Mine => return Ok(Wish::Mine),
        Elevate::Help(topic) => return Ok(Wish::Help(topic)),
        Elevate::List => return Ok(Wish::List),
        Elevate::Show(id) => return Ok(Wish::Show(request_id(&id)?)),
        Elevate::Why(what) => return Ok(Wish::Why(targets(ear, &what)?.0)),
        Elevate::Link => return Ok(Wish::Link),
        Elevate::Unlink => return Ok(Wish::Unlink),
        Elevate::Request(words) => request(ear, words)?,
        Elevate::Approve { id, length } => Command::Approve {
            id: request_id(&id)?,
            matter: Matter::Now,
            length: length.map(|said| self::length(ear, said)),
        },
        Elevate::Deny { id, why } => Command::Deny { id: request_id(&id)?, matter: Matter::Now, why },
        Elevate::Withdraw(id) => Command::Withdraw { id: request_id(&id)? },
        Elevate::Extend { id, length, reason } => {
            return Ok(Wish::Extend { id: request_id(&id)?, length, reason });
        }
        Elevate::End { id, cut } => Command::End { id: request_id(&id)?, cut },
        Elevate::EndAll { scope, confirmed } => {
            let scope = end_scope(ear, &scope, crowd)?;
            if !confirmed {
                return Ok(Wish::EndAll(scope));
            }
            Command::EndAll { scope }
        }
        Elevate::Acknowledge { id, note } => Command::Acknowledge { id: request_id(&id)?, note },
        Elevate::Object { id, why } => Command::Object { id: request_id(&id)?, why },
    };
    Ok(Wish::Decide(command))
}

/// More time for a request. `until 18:00` is until then, not that much more.
///
/// # Errors
/// When it stays until then anyway.
pub fn extension(
    ear: &Ear<'_>,
    book: &Book,
    id: RequestId,
    (said, reason): (Length, Option<String>),
) -> Result<Command, Refusal> {
    let from_now = length(ear, said);
    let deadline = book.request(&id).and_then(AccessRequest::deadline);
    let (Length::Until(time), Some(deadline)) = (said, deadline) else {
        return Ok(Command::Extend { id, by: from_now, reason });
    };
    let more = from_now.after(ear.now).as_second().saturating_sub(deadline.as_second());
    match u32::try_from(more) {
        Ok(more) if more > 0 => Ok(Command::Extend { id, by: Seconds(more), reason }),
        Ok(_) | Err(_) => Err(Refusal::Unreadable {
            sentence: format!(
                "it stays until {} anyway, so there is nothing to extend to {}",
                deadline.strftime("%Y-%m-%d %H:%M UTC"),
                time.strftime("%H:%M"),
            ),
        }),
    }
}

fn end_scope(ear: &Ear<'_>, scope: &SaidScope, crowd: &Crowd) -> Result<EndScope, Refusal> {
    Ok(match scope {
        SaidScope::Everything => EndScope::Everything,
        SaidScope::Person(person) => EndScope::Person { person: super::breakglass::one(ear, person, crowd)? },
        SaidScope::Account(account) => EndScope::Account { account: self::account(ear, account)? },
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

/// What is asked for, found: with the bundle it was asked for by.
pub(super) fn targets(ear: &Ear<'_>, what: &What) -> Result<(Vec<Target>, Option<String>), Refusal> {
    match what {
        What::Assignment { account, permission_set } => {
            Ok((vec![target(ear, account.as_str(), permission_set.as_str())?], None))
        }
        What::Group(group) => Ok((vec![membership(ear, group.as_str())?], None)),
        What::Bundle(name) => bundle(ear, name),
    }
}

/// What a bundle names, found.
pub(super) fn bundle(ear: &Ear<'_>, name: &str) -> Result<(Vec<Target>, Option<String>), Refusal> {
    let (name, bundle) = ear.bundle(name).ok_or_else(|| Refusal::Unresolved {
        what: Kind::Bundle,
        typed: name.to_owned(),
        candidates: ear.settings.bundles.keys().take(BUNDLES_NAMED_MAX).cloned().collect(),
    })?;
    let found: Result<Vec<Target>, Refusal> = bundle.items.iter().map(|item| in_bundle(ear, item)).collect();
    Ok((found?, Some(name.clone())))
}

fn in_bundle(ear: &Ear<'_>, item: &BundleItem) -> Result<Target, Refusal> {
    match item {
        BundleItem::Assignment { account, permission_set } => target(ear, account, permission_set),
        BundleItem::Group(group) => membership(ear, group),
    }
}

pub(super) fn membership(ear: &Ear<'_>, group: &str) -> Result<Target, Refusal> {
    Ok(Target::Membership { group: resolve::group(ear.directory, group)? })
}

fn request(ear: &Ear<'_>, words: RequestWords) -> Result<Command, Refusal> {
    let (targets, bundle) = targets(ear, &words.what)?;
    let starts_at = words.start.map(|said| start(ear, &said)).transpose()?;
    // `until 18:00` counts from the start, when there is one.
    let now = starts_at.unwrap_or(ear.now);
    let from = Ear { now, zone: ear.zone.clone(), settings: Arc::clone(&ear.settings), ..*ear };
    let length = length(&from, words.length);
    Ok(Command::Request(NewRequest {
        bundle,
        starts_at,
        urgent: words.urgent,
        ticket: words.ticket,
        ..new_request(targets, length, words.reason)
    }))
}

/// A request for these things, from now on.
pub(super) fn new_request(targets: Vec<Target>, length: Seconds, reason: String) -> NewRequest {
    // The id is a place holder: the engine puts a free one here when it decides.
    let id = RequestId::from_bits(0, RequestId::SYMBOLS_MIN);
    NewRequest { id, targets, bundle: None, length, starts_at: None, urgent: false, reason, ticket: None }
}

/// When something is to begin: in the person's own zone, where they said none.
pub(super) fn start(ear: &Ear<'_>, said: &Start) -> Result<Timestamp, Refusal> {
    let now = ear.now.to_zoned(ear.zone.clone());
    let on = |day: jiff::civil::Date, time: jiff::civil::Time| {
        day.to_datetime(time).to_zoned(ear.zone.clone()).map(|at| at.timestamp())
    };
    let tomorrow = |time| now.date().tomorrow().and_then(|day| on(day, time));
    let found = match said {
        Start::Instant(at) => Ok(*at),
        Start::Local(at) => at.to_zoned(ear.zone.clone()).map(|at| at.timestamp()),
        Start::Tomorrow(time) => tomorrow(*time),
        Start::Clock(time) => match on(now.date(), *time) {
            Ok(today) if ear.now < today => Ok(today),
            Ok(_) | Err(_) => tomorrow(*time),
        },
    };
    let ahead = START_AHEAD_MAX;
    // One that has passed is a slip, not "now": whoever wants it now leaves it out.
    found.ok().filter(|at| ear.now < *at).ok_or(Refusal::StartNotPossible { ahead })
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
