//! Jobs: what is to be done at or after a time. Timers are nothing but jobs with a future due time.
//!
//! They are derived from the state and never carry facts of their own, so none can be lost, and doing one twice is
//! harmless: a job says "look whether this is as it should be".

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::emergency::Level;
use crate::ids::{EmergencyId, PersonId, RequestId, Subject};
use crate::person::Platform;
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
    /// Under the card.
    Thread,
    /// The access channel, for all to see.
    Access,
    /// A channel named by policy (`@notify`) or by the configuration.
    Channel {
        /// As the policy writes it.
        name: String,
    },
}

impl Recipient {
    /// Whether there can be such a recipient on a platform: the id of a channel belongs to one of them.
    #[must_use]
    pub fn can_be_on(&self, platform: Platform) -> bool {
        match self {
            Self::Person { .. } | Self::Thread | Self::Access => true,
            Self::Channel { name } => Platform::of_channel(name).is_none_or(|of| of == platform),
        }
    }
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
    /// It was approved, and begins later.
    Scheduled,
    /// It still waits for somebody's approval.
    ApprovalDue {
        /// The first, the second…
        nth: u32,
    },
    /// Nobody answered: now they are asked.
    Escalated {
        /// Which group of `@escalate`: the first, the second…
        nth: u32,
    },
    /// More time is asked for, and waits for approval.
    ExtensionAsked {
        /// The first, the second…
        nth: u32,
    },
    /// An approver said no to more time.
    ExtensionDenied {
        /// Which one.
        nth: u32,
    },
    /// Nobody answered the extension in time.
    ExtensionLapsed {
        /// Which one.
        nth: u32,
    },
    /// It was granted at once: somebody must look at it.
    Urgent,
    /// An approver objected to it.
    Objected,
    /// Whether it may stay cannot be seen: the provider does not say.
    Unsure {
        /// Since which reading of the directory, in seconds since 1970.
        since: i64,
    },
    /// Policy would not permit it any more.
    Stricter {
        /// Which version of the request says so.
        version: u64,
    },
    /// Sessions that outlived it are denied.
    SessionsCut,
    /// They could not be.
    SessionsNotCut,
    /// Access that no request explains was seen.
    Drift {
        /// When, in seconds since 1970.
        at: i64,
    },
    /// The weekly report of standing access.
    StandingReport {
        /// When, in seconds since 1970.
        at: i64,
    },
    /// All that an administrator wanted to end is ordered to.
    EndedAll {
        /// When that was asked, in seconds since 1970.
        at: i64,
    },
    /// An emergency waits for another person's yes.
    Proposed {
        /// How many times it was said before.
        nth: u32,
    },
    /// An emergency is on.
    EmergencyOn,
    /// Its opener went on without the confirmation that policy asks for.
    EmergencyAlone,
    /// Somebody is in an emergency group now: how to sign in.
    SignIn {
        /// Which group.
        level: Level,
    },
    /// The provider stands in the way of opening.
    EmergencyStuck,
    /// Somebody is in an emergency group whom Glasskey did not add.
    Strangers {
        /// How many of them were seen so far.
        seen: u32,
    },
    /// An emergency is still on.
    StillOn {
        /// The first, the second…
        nth: u32,
    },
    /// It was extended.
    Extended {
        /// The first, the second…
        nth: u32,
    },
    /// It ends soon.
    EndsSoon {
        /// How many times it was extended before.
        nth: u32,
    },
    /// Identity Center is well again: it can be closed.
    CloseNow,
    /// It is off: the report.
    EmergencyOff,
    /// Nobody looked at it afterwards yet.
    ReviewDue {
        /// The first, the second…
        nth: u32,
    },
    /// Somebody looked at it.
    Reviewed,
    /// Identity Center does not answer.
    CenterSilent {
        /// Since when, in seconds since 1970: the name of this silence.
        since: i64,
    },
    /// It answers again.
    CenterAnswers {
        /// Since when, in seconds since 1970.
        since: i64,
    },
    /// A drill was not held when it should have been.
    DrillMissed {
        /// When that was, in seconds since 1970.
        due: i64,
    },
    /// A chat account is the person's from now on.
    Linked {
        /// Discord's id of it.
        user: u64,
        /// When, in seconds since 1970: the same account can be linked again.
        at: i64,
    },
    /// A chat account is not the person's any more.
    Unlinked {
        /// Discord's id of it; 0 for an account of another platform.
        user: u64,
        /// When, in seconds since 1970.
        at: i64,
    },
}

/// One message that must be delivered exactly once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "TellText", into = "TellText")]
pub struct Tell {
    /// About which request, or emergency.
    pub id: Subject,
    /// What.
    pub kind: NoticeKind,
    /// To whom.
    pub to: Recipient,
    /// On which platform.
    pub on: Platform,
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
            NoticeKind::Scheduled => "scheduled".to_owned(),
            NoticeKind::ApprovalDue { nth } => format!("approval-due-{nth}"),
            NoticeKind::Escalated { nth } => format!("escalated-{nth}"),
            NoticeKind::ExtensionAsked { nth } => format!("extension-asked-{nth}"),
            NoticeKind::ExtensionDenied { nth } => format!("extension-denied-{nth}"),
            NoticeKind::ExtensionLapsed { nth } => format!("extension-lapsed-{nth}"),
            NoticeKind::Urgent => "urgent".to_owned(),
            NoticeKind::Objected => "objected".to_owned(),
            NoticeKind::Unsure { since } => format!("unsure-{since}"),
            NoticeKind::Stricter { version } => format!("stricter-{version}"),
            NoticeKind::SessionsCut => "sessions-cut".to_owned(),
            NoticeKind::SessionsNotCut => "sessions-not-cut".to_owned(),
            NoticeKind::Drift { at } => format!("drift-{at}"),
            NoticeKind::StandingReport { at } => format!("standing-report-{at}"),
            NoticeKind::EndedAll { at } => format!("ended-all-{at}"),
            NoticeKind::Proposed { nth } => format!("proposed-{nth}"),
            NoticeKind::EmergencyOn => "emergency-on".to_owned(),
            NoticeKind::EmergencyAlone => "emergency-alone".to_owned(),
            NoticeKind::SignIn { level } => format!("sign-in-{}", level.word()),
            NoticeKind::EmergencyStuck => "emergency-stuck".to_owned(),
            NoticeKind::Strangers { seen } => format!("strangers-{seen}"),
            NoticeKind::StillOn { nth } => format!("still-on-{nth}"),
            NoticeKind::Extended { nth } => format!("extended-{nth}"),
            NoticeKind::EndsSoon { nth } => format!("ends-soon-{nth}"),
            NoticeKind::CloseNow => "close-now".to_owned(),
            NoticeKind::EmergencyOff => "emergency-off".to_owned(),
            NoticeKind::ReviewDue { nth } => format!("review-due-{nth}"),
            NoticeKind::Reviewed => "reviewed".to_owned(),
            NoticeKind::CenterSilent { since } => format!("center-silent-{since}"),
            NoticeKind::CenterAnswers { since } => format!("center-answers-{since}"),
            NoticeKind::DrillMissed { due } => format!("drill-missed-{due}"),
            NoticeKind::Linked { user, at } => format!("linked-{user}.{at}"),
            NoticeKind::Unlinked { user, at } => format!("unlinked-{user}.{at}"),
        };
        // Slack's keys are as they were before there was another platform.
        let on = match self.on {
            Platform::Slack => "",
            Platform::Discord => "@discord",
        };
        let to = match &self.to {
            Recipient::Person { person } => format!("person/{person}"),
            Recipient::Thread => "thread".to_owned(),
            Recipient::Access => "access".to_owned(),
            Recipient::Channel { name } => format!("channel/{name}"),
        };
        format!("{}/{kind}{on}/{to}", self.id)
    }

    fn from_key(key: &str) -> Option<Self> {
        let mut parts = key.splitn(3, '/');
        let id = Subject::try_from(parts.next()?.to_owned()).ok()?;
        let kind = parts.next()?;
        let (kind, on) = match kind.strip_suffix("@discord") {
            Some(kind) => (kind, Platform::Discord),
            None => (kind, Platform::Slack),
        };
        let kind = match kind {
            "granted" => NoticeKind::Granted,
            "ended" => NoticeKind::Ended,
            "denied" => NoticeKind::Denied,
            "lapsed" => NoticeKind::Lapsed,
            "failed" => NoticeKind::Failed,
            "already-held" => NoticeKind::AlreadyHeld,
            "removed-by-hand" => NoticeKind::RemovedByHand,
            "overdue-over" => NoticeKind::OverdueOver,
            "emergency-on" => NoticeKind::EmergencyOn,
            "emergency-alone" => NoticeKind::EmergencyAlone,
            "sign-in-ro" => NoticeKind::SignIn { level: Level::Ro },
            "sign-in-ops" => NoticeKind::SignIn { level: Level::Ops },
            "emergency-stuck" => NoticeKind::EmergencyStuck,
            "scheduled" => NoticeKind::Scheduled,
            "urgent" => NoticeKind::Urgent,
            "objected" => NoticeKind::Objected,
            "sessions-cut" => NoticeKind::SessionsCut,
            "sessions-not-cut" => NoticeKind::SessionsNotCut,
            "close-now" => NoticeKind::CloseNow,
            "emergency-off" => NoticeKind::EmergencyOff,
            "reviewed" => NoticeKind::Reviewed,
            other => Self::numbered(other)?,
        };
        let to = parts.next()?;
        let to = match (to, to.split_once('/')) {
            ("thread", _) => Recipient::Thread,
            ("access", _) => Recipient::Access,
            (_, Some(("person", person))) => Recipient::Person { person: PersonId::new(person) },
            (_, Some(("channel", name))) => Recipient::Channel { name: name.to_owned() },
            _ => return None,
        };
        Some(Self { id, kind, to, on })
    }
}

impl Tell {
    /// A kind that carries a number, after its last hyphen; times before 1970 have two of them and are none.
    fn numbered(text: &str) -> Option<NoticeKind> {
        let (kind, number) = text.rsplit_once('-')?;
        let nth = || number.parse().ok();
        let second = || number.parse().ok();
        let dotted = || {
            let (user, at) = number.split_once('.')?;
            Some((user.parse().ok()?, at.parse().ok()?))
        };
        Some(match kind {
            "overdue" => NoticeKind::Overdue { nth: nth()? },
            "approval-due" => NoticeKind::ApprovalDue { nth: nth()? },
            "escalated" => NoticeKind::Escalated { nth: nth()? },
            "extension-asked" => NoticeKind::ExtensionAsked { nth: nth()? },
            "extension-denied" => NoticeKind::ExtensionDenied { nth: nth()? },
            "extension-lapsed" => NoticeKind::ExtensionLapsed { nth: nth()? },
            "unsure" => NoticeKind::Unsure { since: second()? },
            "stricter" => NoticeKind::Stricter { version: number.parse().ok()? },
            "drift" => NoticeKind::Drift { at: second()? },
            "standing-report" => NoticeKind::StandingReport { at: second()? },
            "ended-all" => NoticeKind::EndedAll { at: second()? },
            "proposed" => NoticeKind::Proposed { nth: nth()? },
            "strangers" => NoticeKind::Strangers { seen: nth()? },
            "still-on" => NoticeKind::StillOn { nth: nth()? },
            "extended" => NoticeKind::Extended { nth: nth()? },
            "ends-soon" => NoticeKind::EndsSoon { nth: nth()? },
            "review-due" => NoticeKind::ReviewDue { nth: nth()? },
            "center-silent" => NoticeKind::CenterSilent { since: second()? },
            "center-answers" => NoticeKind::CenterAnswers { since: second()? },
            "drill-missed" => NoticeKind::DrillMissed { due: second()? },
            "linked" => NoticeKind::Linked { user: dotted()?.0, at: dotted()?.1 },
            "unlinked" => NoticeKind::Unlinked { user: dotted()?.0, at: dotted()?.1 },
            _ => return None,
        })
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
    /// It is time for a scheduled request.
    Start {
        /// Which.
        id: RequestId,
    },
    /// Somebody is to be reminded of a request, or warned.
    Nudge {
        /// Of which.
        id: RequestId,
    },
    /// An administrator's order to end many grants is not done.
    EndAll,
    /// Make the provider deny the sessions of a holding that is gone, or not any more.
    Sessions {
        /// Of which.
        holding: Holding,
    },
    /// Make the card show the request, or the emergency, as it is.
    Card {
        /// Whose.
        id: Subject,
        /// On which platform.
        on: Platform,
    },
    /// Deliver a message.
    Tell {
        /// Which.
        tell: Tell,
    },
    /// Make the identity provider agree with what an emergency wants.
    Federation {
        /// Which.
        id: EmergencyId,
        /// Whether it is there to close: that goes first when a budget is short.
        closing: bool,
    },
    /// Something about an emergency is due: its end, a reminder, a lapse.
    EmergencyTimer {
        /// Which.
        id: EmergencyId,
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
            Self::Start { id } => write!(f, "start {id}"),
            Self::Nudge { id } => write!(f, "remind of {id}"),
            Self::EndAll => write!(f, "end all"),
            Self::Sessions { holding } => write!(f, "sessions of {holding}"),
            Self::Card { id, on } => write!(f, "card {id} in {on}"),
            Self::Tell { tell } => write!(f, "tell {}", tell.key()),
            Self::Federation { id, closing: true } => write!(f, "close {id}"),
            Self::Federation { id, closing: false } => write!(f, "open {id}"),
            Self::EmergencyTimer { id } => write!(f, "look after {id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_message_reads_back() {
        let ids = [
            Subject::from(RequestId::parse("AR-7K3Q").unwrap()),
            Subject::from(EmergencyId::parse("BG-7K3Q").unwrap()),
            Subject::Watch,
        ];
        let recipients = [
            Recipient::Thread,
            Recipient::Access,
            Recipient::Person { person: PersonId::new("b4c8/a") },
            Recipient::Channel { name: "#prod/access".to_owned() },
        ];
        let kinds = [
            NoticeKind::Granted,
            NoticeKind::Overdue { nth: 12 },
            NoticeKind::OverdueOver,
            NoticeKind::RemovedByHand,
            NoticeKind::Scheduled,
            NoticeKind::ApprovalDue { nth: 1 },
            NoticeKind::Escalated { nth: 2 },
            NoticeKind::ExtensionAsked { nth: 1 },
            NoticeKind::ExtensionDenied { nth: 1 },
            NoticeKind::ExtensionLapsed { nth: 1 },
            NoticeKind::Urgent,
            NoticeKind::Objected,
            NoticeKind::Unsure { since: 1_780_000_000 },
            NoticeKind::Stricter { version: 9 },
            NoticeKind::SessionsCut,
            NoticeKind::SessionsNotCut,
            NoticeKind::Drift { at: 1_780_000_000 },
            NoticeKind::StandingReport { at: 1_780_000_000 },
            NoticeKind::EndedAll { at: 1_780_000_000 },
            NoticeKind::Proposed { nth: 0 },
            NoticeKind::EmergencyOn,
            NoticeKind::EmergencyAlone,
            NoticeKind::SignIn { level: Level::Ro },
            NoticeKind::SignIn { level: Level::Ops },
            NoticeKind::EmergencyStuck,
            NoticeKind::Strangers { seen: 3 },
            NoticeKind::StillOn { nth: 1 },
            NoticeKind::Extended { nth: 1 },
            NoticeKind::EndsSoon { nth: 0 },
            NoticeKind::CloseNow,
            NoticeKind::EmergencyOff,
            NoticeKind::ReviewDue { nth: 7 },
            NoticeKind::Reviewed,
            NoticeKind::CenterSilent { since: 1_780_000_000 },
            NoticeKind::CenterAnswers { since: 1_780_000_000 },
            NoticeKind::DrillMissed { due: 1_780_000_000 },
            NoticeKind::Linked { user: 1_100_000_000_000_000_001, at: 1_780_000_000 },
            NoticeKind::Unlinked { user: 1_100_000_000_000_000_001, at: 1_780_000_000 },
        ];
        for id in ids {
            for to in &recipients {
                for (kind, on) in kinds.into_iter().flat_map(|kind| Platform::ALL.map(|on| (kind, on))) {
                    let tell = Tell { id: id.clone(), kind, to: to.clone(), on };
                    assert_eq!(Tell::from_key(&tell.key()), Some(tell));
                }
            }
        }
    }
}
