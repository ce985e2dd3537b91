//! What people may ask for now, for forms and type-ahead. Answers from memory within the time of a keystroke, and never
//! decides: what is offered is asked again when it is requested.

use std::collections::BTreeMap;

use glasskey_domain::rules::Quorum;
use glasskey_domain::{AccountId, Directory, Door, GroupId, PermissionSetArn, PersonId, Seconds, Target};
use jiff::Timestamp;

/// Who wants to ask, and how.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Who.
    pub person: &'a PersonId,
    /// The door through which they ask.
    pub door: Door,
    /// Now.
    pub at: Timestamp,
    /// When the access would begin, if that is later.
    pub starts_at: Option<Timestamp>,
    /// Whether they want it at once, to be looked at afterwards.
    pub urgent: bool,
    /// The ticket, once they have said it. Until then what needs one is offered too.
    pub ticket: Option<&'a str>,
    /// Whether a break-glass emergency is on.
    pub emergency_on: bool,
    /// No grant is longer (`[requests] max_duration`).
    pub longest: Seconds,
}

/// What is being chosen.
#[derive(Debug, Clone, Copy)]
pub enum Choosing<'a> {
    /// An account in which the person may have some permission set.
    Account {
        /// What else accounts are called (`[aliases]`).
        aliases: &'a BTreeMap<String, AccountId>,
    },
    /// A permission set in this account.
    PermissionSet {
        /// The account.
        account: &'a AccountId,
    },
    /// A group.
    Group,
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// What is being chosen.
    pub choosing: Choosing<'a>,
    /// What was typed so far.
    pub text: &'a str,
}

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Offered {
    /// An account.
    Account(AccountId),
    /// A permission set.
    PermissionSet(PermissionSetArn),
    /// A group.
    Group(GroupId),
}

/// Under what it can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// How many people must approve, for the shortest length. A longer one may need more of them.
    pub approvals: u32,
    /// Of which groups; of any, when there are none.
    pub from: Vec<Quorum>,
    /// The longest that can be asked for.
    pub longest: Seconds,
    /// Whether it takes a ticket.
    pub ticket: bool,
}

/// One choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What.
    pub what: Offered,
    /// Its name.
    pub name: String,
    /// Under what; an account has none, its permission sets have.
    pub bounds: Option<Bounds>,
}

/// What can be chosen, what fits best first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offers {
    /// The choices.
    pub found: Vec<Offer>,
    /// Whether those are all; else more letters find more.
    pub complete: bool,
}

/// A length that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedLength {
    /// How long.
    pub length: Seconds,
    /// How many people must approve it.
    pub approvals: u32,
    /// Of which groups; of any, when there are none.
    pub from: Vec<Quorum>,
    /// Whether it takes a ticket.
    pub ticket: bool,
}

/// Says what people may ask for now.
pub trait Offering: Send + Sync {
    /// Up to `most` choices that policy would permit now, for some length and under some ticket. None for who is not enabled.
    fn offers(&self, directory: &Directory, asking: &Asking<'_>, query: &Query<'_>, most: usize) -> Offers;
    /// The lengths for which policy would permit this now, the shortest first.
    fn lengths(&self, directory: &Directory, asking: &Asking<'_>, target: &Target) -> Vec<OfferedLength>;
}
