//! Jobs: what is to be done at or after a time. Timers are nothing but jobs with a future due time.
//!
//! They are derived from the state and never carry facts of their own, so none can be lost, and doing one twice is
//! harmless: a job says "look whether this is as it should be".

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{PersonId, RequestId};
use crate::target::Holding;

/// Whom a message is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "kebab-case")]
pub enum Recipient {
    /// A person, directly.
    Person {
        /// Who.
        person: PersonId,
    },
    /// The access channel, under the card.
    Thread,
    /// A channel named by policy (`@notify`).
    Channel {
        /// As the policy writes it.
        name: String,
    },
}

/// What a message says. The words are made by `notices` out of the request as it is then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "kebab-case")]
pub enum NoticeKind {
    /// The access is there.
    Granted,
    /// The access is gone.
    Ended,
    /// An approver said no.
    Denied,
    /// Nobody answered in time.
    Lapsed,
    /// The access could not be created.
    Failed,
    /// The person had it before.
    AlreadyHeld,
    /// Somebody removed it at the provider.
    RemovedByHand,
    /// It should be gone and may not be; said again and again (P3).
    Overdue {
        /// The first, the second…
        nth: u32,
    },
    /// Overdue access is gone at last.
    OverdueOver,
}

/// One message that must be delivered exactly once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "TellText", into = "TellText")]
pub struct Tell {
    /// About which request.
    pub id: RequestId,
    /// What.
    pub kind: NoticeKind,
    /// To whom.
    pub to: Recipient,
}

/// As a text, because maps in JSON have texts for keys.
#[derive(Serialize, Deserialize)]
struct TellText(String);

impl Tell {
    /// One text, unique for the message: the key by which a message posted before a crash is found again.
    #[must_use]
    pub fn key(&self) -> String {
        let kind = match self.kind {
            NoticeKind::Granted => "granted".to_owned(),
            NoticeKind::Ended => "ended".to_owned(),
            NoticeKind::Denied => "denied".to_owned(),
            NoticeKind::Lapsed => "lapsed".to_owned(),
            NoticeKind::Failed => "failed".to_owned(),
            NoticeKind::AlreadyHeld => "already-held".to_owned(),
            NoticeKind::RemovedByHand => "removed-by-hand".to_owned(),
            NoticeKind::Overdue { nth } => format!("overdue-{nth}"),
            NoticeKind::OverdueOver => "overdue-over".to_owned(),
        };
        let to = match &self.to {
            Recipient::Person { person } => format!("person/{person}"),
            Recipient::Thread => "thread".to_owned(),
            Recipient::Channel { name } => format!("channel/{name}"),
        };
        format!("{}/{kind}/{to}", self.id)
    }

    fn from_key(key: &str) -> Option<Self> {
        let mut parts = key.splitn(3, '/');
        let id = RequestId::parse(parts.next()?).ok()?;
        let kind = match parts.next()? {
            "granted" => NoticeKind::Granted,
            "ended" => NoticeKind::Ended,
            "denied" => NoticeKind::Denied,
            "lapsed" => NoticeKind::Lapsed,
            "failed" => NoticeKind::Failed,
            "already-held" => NoticeKind::AlreadyHeld,
            "removed-by-hand" => NoticeKind::RemovedByHand,
            "overdue-over" => NoticeKind::OverdueOver,
            other => NoticeKind::Overdue { nth: other.strip_prefix("overdue-")?.parse().ok()? },
        };
        let to = parts.next()?;
        let to = match (to, to.split_once('/')) {
            ("thread", _) => Recipient::Thread,
            (_, Some(("person", person))) => Recipient::Person { person: PersonId::new(person) },
            (_, Some(("channel", name))) => Recipient::Channel { name: name.to_owned() },
            _ => return None,
        };
        Some(Self { id, kind, to })
    }
}

impl From<Tell> for TellText {
    fn from(tell: Tell) -> Self {
        Self(tell.key())
    }
}

impl TryFrom<TellText> for Tell {
    type Error = String;

    fn try_from(text: TellText) -> Result<Self, String> {
        Self::from_key(&text.0).ok_or_else(|| format!("`{}` is not the key of a message", text.0))
    }
}

/// One thing to do at or after a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "kebab-case")]
pub enum Job {
    /// Make the provider agree with what is wanted.
    Reconcile {
        /// Of what.
        holding: Holding,
        /// Whether it is there to take access away: that goes first when a budget is short.
        ending: bool,
    },
    /// A grant's time is up.
    Expire {
        /// Whose.
        id: RequestId,
    },
    /// Access that should be gone may still be there: say so (again).
    Overdue {
        /// Whose.
        id: RequestId,
    },
    /// Nobody answered in time.
    Lapse {
        /// Which.
        id: RequestId,
    },
    /// Make the card show the request as it is.
    Card {
        /// Whose.
        id: RequestId,
    },
    /// Deliver a message.
    Tell {
        /// Which.
        tell: Tell,
    },
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reconcile { holding, ending: true } => write!(f, "end {holding}"),
            Self::Reconcile { holding, ending: false } => write!(f, "grant {holding}"),
            Self::Expire { id } => write!(f, "expire {id}"),
            Self::Overdue { id } => write!(f, "overdue {id}"),
            Self::Lapse { id } => write!(f, "lapse {id}"),
            Self::Card { id } => write!(f, "card {id}"),
            Self::Tell { tell } => write!(f, "tell {}", tell.key()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_message_reads_back() {
        let id = RequestId::parse("AR-7K3Q").unwrap();
        let recipients = [
            Recipient::Thread,
            Recipient::Person { person: PersonId::new("b4c8/a") },
            Recipient::Channel { name: "#prod/access".to_owned() },
        ];
        let kinds = [
            NoticeKind::Granted,
            NoticeKind::Overdue { nth: 12 },
            NoticeKind::OverdueOver,
            NoticeKind::RemovedByHand,
        ];
        for to in recipients {
            for kind in kinds {
                let tell = Tell { id: id.clone(), kind, to: to.clone() };
                assert_eq!(Tell::from_key(&tell.key()), Some(tell));
            }
        }
    }
}
