//! state + verdicts + command + now → events, or a refusal. Everything the product promises is decided here.
//!
//! What one decision must never do: read a clock, ask the outside, or rest on anything but its arguments.

mod approvers;
mod conditions;
mod drift;
mod emergency;
mod ending;
mod ending_all;
mod extending;
mod links;
mod nudging;
mod outcomes;
mod permission;
mod proof;
mod requests;
mod sessions;
mod settle;
mod urgent;

pub use ending_all::ends;
use jiff::Timestamp;
pub use requests::matters;
use serde::{Deserialize, Serialize};

use crate::book::Book;
use crate::command::{Command, DriftCommand, Incoming};
use crate::directory::Directory;
use crate::emergency::Level;
use crate::event::Event;
use crate::ids::{EmergencyId, PersonId, RequestId};
use crate::person::{Actor, ChatAccount, Who};
use crate::refusal::Refusal;
use crate::request::AccessRequest;
use crate::rules::Rules;
use crate::settings::{REASON_LENGTH_MAX, Settings};
use crate::target::Holding;

/// All that a decision may look at.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// What is not finished.
    pub book: &'a Book,
    /// The request that the command names, when it is finished and so no longer in the book.
    pub closed: Option<&'a AccessRequest>,
    /// The company.
    pub directory: &'a Directory,
    /// Policy.
    pub rules: &'a dyn Rules,
    /// Settings.
    pub settings: &'a Settings,
    /// The time.
    pub now: Timestamp,
    /// Whether a break-glass emergency is on.
    pub emergency_on: bool,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What happened, in order.
    pub events: Vec<Event>,
    /// The answer to who asked.
    pub reply: Reply,
}

/// The answer to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum Reply {
    /// The request waits for approvals.
    Waiting {
        /// Its id.
        id: RequestId,
        /// How many are missing.
        missing: u32,
        /// Who could give them.
        approvers: Vec<PersonId>,
    },
    /// Approved; it begins later.
    Scheduled {
        /// Which.
        id: RequestId,
        /// When it begins.
        starts_at: Timestamp,
    },
    /// The extension waits for approvals.
    ExtensionWaiting {
        /// Of which.
        id: RequestId,
        /// How many are missing.
        missing: u32,
        /// Who could give them.
        approvers: Vec<PersonId>,
    },
    /// Its end was moved.
    Extended {
        /// Which.
        id: RequestId,
        /// Until then.
        deadline: Timestamp,
    },
    /// An approver said no to the extension.
    ExtensionDenied {
        /// Of which.
        id: RequestId,
    },
    /// An approver says that it was right.
    Acknowledged {
        /// What.
        id: RequestId,
    },
    /// An approver objected.
    Objected {
        /// To which.
        id: RequestId,
        /// Whether it was there and is being taken away.
        ended: bool,
    },
    /// Many grants are being ended.
    EndingAll {
        /// How many.
        count: u32,
    },
    /// Access that no request explains is known now, and stays.
    Adopted {
        /// What.
        holding: Holding,
    },
    /// No approval is (or no more are) needed; the access is being created.
    Granting {
        /// Which.
        id: RequestId,
    },
    /// The approval counts; more are needed.
    Approved {
        /// What.
        id: RequestId,
        /// How many are missing.
        missing: u32,
    },
    /// Denied.
    Denied {
        /// What.
        id: RequestId,
    },
    /// Withdrawn.
    Withdrawn {
        /// What.
        id: RequestId,
    },
    /// The access is being taken away.
    Ending {
        /// Which.
        id: RequestId,
        /// How long sessions may outlive it, in seconds.
        session: crate::time::Seconds,
    },
    /// It ended, and the access stays: another request of the same person still needs it (P5).
    Kept {
        /// Which ended.
        id: RequestId,
        /// Which keeps the access.
        by: RequestId,
    },
    /// It ended before anything had been created.
    NothingToEnd {
        /// Which.
        id: RequestId,
    },
    /// The emergency waits for other people's yes.
    EmergencyWaiting {
        /// Its id.
        id: EmergencyId,
        /// How many are missing.
        missing: u32,
        /// Who could give them.
        confirmers: Vec<PersonId>,
        /// From when the opener may go on alone.
        alone_from: Option<Timestamp>,
        /// Lapses then.
        lapses_at: Timestamp,
    },
    /// The emergency is being opened.
    EmergencyOpening {
        /// Which.
        id: EmergencyId,
        /// Ends then, open or not.
        deadline: Timestamp,
        /// Who will get access, and in which group.
        people: Vec<(PersonId, Level)>,
    },
    /// The drill is being held.
    DrillOpening {
        /// Which.
        id: EmergencyId,
    },
    /// The yes counts; more are needed.
    EmergencyConfirmed {
        /// Which.
        id: EmergencyId,
        /// How many are missing.
        missing: u32,
    },
    /// The emergency that waited is off the table.
    EmergencyDropped {
        /// Which.
        id: EmergencyId,
    },
    /// The emergency is being closed.
    EmergencyClosing {
        /// Which.
        id: EmergencyId,
        /// How long AWS sessions may outlive it, in seconds.
        session: crate::time::Seconds,
        /// Whether they are cut.
        cut: bool,
    },
    /// People are being put into its groups.
    EmergencyAdding {
        /// Which.
        id: EmergencyId,
        /// Whom.
        people: Vec<PersonId>,
        /// Into which.
        level: Level,
    },
    /// People are being taken out of its groups.
    EmergencyRemoving {
        /// Which.
        id: EmergencyId,
        /// Whom.
        people: Vec<PersonId>,
    },
    /// Its end was moved.
    EmergencyExtended {
        /// Which.
        id: EmergencyId,
        /// Until then.
        deadline: Timestamp,
    },
    /// It was acknowledged.
    EmergencyReviewed {
        /// Which.
        id: EmergencyId,
    },
    /// The account is taken for the person.
    Linked {
        /// Which account.
        account: ChatAccount,
        /// Whose it is.
        person: PersonId,
    },
    /// The account is nobody's again.
    Unlinked {
        /// Which account.
        account: ChatAccount,
        /// Whose it was.
        person: PersonId,
    },
    /// Taken note of.
    Noted,
}

/// Decides one command.
///
/// # Errors
/// A [`Refusal`] when a person may not, or cannot, do what they asked. Timers and outcomes are never refused: those
/// that no longer fit change nothing.
pub fn decide(world: &World<'_>, incoming: &Incoming) -> Result<Decision, Refusal> {
    let decision = decided(world, incoming)?;
    proof::proven(world, incoming)?;
    Ok(decision)
}

fn decided(world: &World<'_>, incoming: &Incoming) -> Result<Decision, Refusal> {
    let by = &incoming.by;
    match &incoming.command {
        Command::Request(new) => requests::request(world, by, new),
        Command::Approve { id, matter, length } => requests::approve(world, by, (id, *matter), *length),
        Command::Deny { id, matter, why } => requests::deny(world, by, (id, *matter), why),
        Command::Withdraw { id } => requests::withdraw(world, by, id),
        Command::End { id, cut } => ending::end(world, by, id, *cut),
        Command::EndAll { scope } => ending_all::end_all(world, by, scope),
        Command::Extend { id, by: more, reason } => {
            extending::extend(world, by, id, *more, reason.as_deref())
        }
        Command::Acknowledge { id, note } => urgent::acknowledge(world, by, id, note.as_deref()),
        Command::Object { id, why } => urgent::object(world, by, id, why),
        Command::Start { id } => Ok(nudging::start(world, id)),
        Command::Nudge { id } => Ok(nudging::nudge(world, id)),
        Command::GoOnEnding => Ok(ending_all::go_on(world)),
        Command::LiftCut { holding } => Ok(sessions::lift(world, holding)),
        Command::Recheck { ids } => Ok(conditions::recheck(world, ids)),
        Command::Drift(command) => drift::drift(world, by, command),
        Command::Refuse { refusal, .. } => Err(refusal.clone()),
        Command::Lapse { id } => Ok(requests::lapse(world, id)),
        Command::Expire { id } => Ok(ending::expire(world, id)),
        Command::Overdue { id } => Ok(ending::overdue(world, id)),
        Command::Emergency(command) => emergency::emergency(world, by, command),
        Command::Center { answers, since } => Ok(emergency::center(world, *answers, *since)),
        Command::DrillMissed { federation, due } => Ok(emergency::drill_missed(world, federation, *due)),
        Command::Outcome(outcome) => Ok(outcomes::outcome(world, outcome)),
        Command::Bind { account, person, email } => Ok(noted(Event::PersonBound {
            account: account.clone(),
            person: person.clone(),
            email: email.clone(),
        })),
        Command::Link { account, person, sign_in } => {
            links::link(world, by, account, person, sign_in.as_ref())
        }
        Command::Unlink { account } => links::unlink(world, by, account),
        Command::DirectoryRead { document, counts } => {
            Ok(noted(Event::DirectoryRead { document: document.clone(), counts: *counts }))
        }
        Command::PolicyLoaded { set, files } => {
            Ok(noted(Event::PolicyLoaded { set: set.clone(), files: files.clone() }))
        }
        Command::Started { version, platforms } => {
            Ok(noted(Event::Started { version: version.clone(), platforms: platforms.clone() }))
        }
        Command::Stopped => Ok(noted(Event::Stopped)),
    }
}

/// The journal's fact of a refusal (P7).
#[must_use]
pub fn refused(command: &Command, refusal: &Refusal) -> Event {
    let (verb, id) = match command {
        Command::Request(_) => ("request", None),
        Command::Approve { id, .. } => ("approve", Some(id)),
        Command::Deny { id, .. } => ("deny", Some(id)),
        Command::Withdraw { id } => ("withdraw", Some(id)),
        Command::End { id, .. } => ("end", Some(id)),
        Command::EndAll { .. } => ("end-all", None),
        Command::Extend { id, .. } => ("extend", Some(id)),
        Command::Acknowledge { id, .. } => ("acknowledge", Some(id)),
        Command::Object { id, .. } => ("object", Some(id)),
        Command::Start { id } => ("start", Some(id)),
        Command::Nudge { id } => ("nudge", Some(id)),
        Command::GoOnEnding => ("go-on-ending", None),
        Command::LiftCut { .. } => ("lift-cut", None),
        Command::Recheck { .. } => ("recheck", None),
        Command::Drift(DriftCommand::Listed { .. }) => ("drift-listed", None),
        Command::Drift(DriftCommand::Adopt { .. }) => ("adopt", None),
        Command::Drift(DriftCommand::Report { .. }) => ("report", None),
        Command::Refuse { verb, .. } => (verb.as_str(), None),
        Command::Lapse { id } => ("lapse", Some(id)),
        Command::Expire { id } => ("expire", Some(id)),
        Command::Overdue { id } => ("overdue", Some(id)),
        Command::Bind { .. } => ("bind", None),
        Command::Link { .. } => ("link", None),
        Command::Unlink { .. } => ("unlink", None),
        Command::DirectoryRead { .. } => ("directory-read", None),
        Command::PolicyLoaded { .. } => ("policy-loaded", None),
        Command::Started { .. } => ("started", None),
        Command::Stopped => ("stopped", None),
        Command::Emergency(command) => (emergency::verb(command), None),
        Command::Center { .. } => ("center", None),
        Command::DrillMissed { .. } => ("drill-missed", None),
        Command::Outcome(_) => ("outcome", None),
    };
    Event::Refused { verb: verb.to_owned(), id: id.cloned(), refusal: refusal.clone() }
}

/// Who acts, as an enabled person of the company.
fn enabled_person(world: &World<'_>, by: &Actor) -> Result<PersonId, Refusal> {
    let person = match &by.who {
        Who::Person { person } => person,
        Who::Local { user } => return Err(Refusal::LocalUserUnknown { user: user.clone() }),
        Who::Stranger { .. } | Who::Glasskey => return Err(Refusal::NotInDirectory),
    };
    world.directory.works_here(person)?;
    Ok(person.clone())
}

/// What is said of why: long enough to say something, short enough for a card.
fn reason_in_order(settings: &Settings, reason: &str) -> Result<(), Refusal> {
    let length = reason.trim().chars().count();
    let wanted = if settings.reason_required { settings.reason_length_min.max(1) } else { 0 };
    if length < wanted {
        return Err(Refusal::ReasonTooShort { min: wanted });
    }
    if length > REASON_LENGTH_MAX {
        return Err(Refusal::ReasonTooLong { max: REASON_LENGTH_MAX });
    }
    Ok(())
}

fn noted(event: Event) -> Decision {
    Decision { events: vec![event], reply: Reply::Noted }
}

/// A decision in the making: the part of the book it concerns, changed by each event as it is decided.
struct Draft {
    book: Book,
    now: Timestamp,
    events: Vec<Event>,
}

impl Draft {
    fn about_request(world: &World<'_>, id: &RequestId) -> Self {
        Self::about_requests(world, std::slice::from_ref(id))
    }

    fn about_requests(world: &World<'_>, ids: &[RequestId]) -> Self {
        Self::on(world, world.book.excerpt(ids, &[]))
    }

    fn about_holding(world: &World<'_>, holding: &Holding) -> Self {
        Self::about_holdings(world, std::slice::from_ref(holding))
    }

    fn about_holdings(world: &World<'_>, holdings: &[Holding]) -> Self {
        Self::on(world, world.book.excerpt(&[], holdings))
    }

    fn about_watch(world: &World<'_>) -> Self {
        Self::on(world, world.book.excerpt_drift())
    }

    fn on(world: &World<'_>, book: Book) -> Self {
        Self { book, now: world.now, events: Vec::new() }
    }

    fn about_emergencies(world: &World<'_>, ids: &[&EmergencyId]) -> Self {
        Self { book: world.book.excerpt_emergencies(ids), now: world.now, events: Vec::new() }
    }

    fn emit(&mut self, event: Event) {
        self.book.draft(self.now, &event);
        self.events.push(event);
    }

    fn decided(self, reply: Reply) -> Decision {
        Decision { events: self.events, reply }
    }
}

/// The request a person means: open, else finished, else there is none.
fn find<'a>(world: &World<'a>, id: &RequestId) -> Result<&'a AccessRequest, Refusal> {
    let closed = || world.closed.filter(|request| &request.ask.id == id);
    world.book.request(id).or_else(closed).ok_or_else(|| Refusal::NoSuchRequest { id: id.clone() })
}
