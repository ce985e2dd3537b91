//! One message, and the text by which it is known everywhere.

use serde::{Deserialize, Serialize};

use super::{NoticeKind, Recipient};
use crate::emergency::Level;
use crate::ids::{PersonId, Subject};
use crate::person::Platform;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{EmergencyId, RequestId};

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
