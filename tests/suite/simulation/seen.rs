//! What can happen in a town, by name.

use glasskey_domain::emergency::CloseCause;
use glasskey_domain::event::EmergencyFact;
use glasskey_domain::{EndCause, Event, Platform, Served};

pub(super) fn name_of(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::Refused { .. } => "refused",
        Event::Denied { .. } => "denied",
        Event::Withdrawn { .. } => "withdrawn",
        Event::Lapsed { .. } => "lapsed",
        Event::GrantConfirmed { .. } => "granted",
        Event::AlreadyHeld { .. } => "already held",
        Event::RemovedByHand { .. } => "removed by hand",
        Event::ReplyLost { .. } => "reply lost",
        Event::ChangeFailed { .. } => "change failed",
        Event::EndOrdered { cause: EndCause::Expired, .. } => "expired",
        Event::EndOrdered { cause: EndCause::Revoked { .. }, .. } => "revoked",
        Event::OverdueTold { .. } => "overdue",
        Event::Stopped => "drained",
        Event::Started { platforms, .. } if *platforms == Served::all() => "both platforms",
        Event::Started { platforms, .. } if !platforms.0.contains(&Platform::Slack) => "Discord alone",
        Event::Emergency { fact, .. } => return fact_name(fact),
        _ => return None,
    })
}

fn fact_name(fact: &EmergencyFact) -> Option<&'static str> {
    Some(match fact {
        EmergencyFact::Confirmed { .. } => "emergency confirmed",
        EmergencyFact::WentAlone { .. } => "emergency went alone",
        EmergencyFact::Declined { .. } => "emergency declined",
        EmergencyFact::Withdrawn => "emergency withdrawn",
        EmergencyFact::Lapsed => "emergency lapsed",
        EmergencyFact::TakenOver { .. } => "emergency taken over",
        EmergencyFact::Extended { .. } => "emergency extended",
        EmergencyFact::SeatsTaken { .. } => "seat taken back",
        EmergencyFact::StrangersSeen { .. } => "strangers seen",
        EmergencyFact::SeatGone { .. } => "seat gone",
        EmergencyFact::OnConfirmed { .. } => "emergency on",
        EmergencyFact::OffConfirmed { .. } => "emergency off",
        EmergencyFact::OverdueTold { .. } => "emergency overdue",
        EmergencyFact::EndAnnounced => "emergency ends soon",
        EmergencyFact::Trouble { read_only: true, .. } => "Okta read-only",
        EmergencyFact::CloseOrdered { cause, .. } => match cause {
            CloseCause::Deadline => "emergency closed by time",
            CloseCause::Ordered { .. } => "emergency closed",
            CloseCause::DrillDone => "drill done",
            CloseCause::DrillFailed { .. } => "drill failed",
            CloseCause::ByHand => "emergency closed by hand",
        },
        _ => return None,
    })
}

pub(super) const ALL_SEEN: [&str; 39] = [
    "Discord alone",
    "Okta read-only",
    "already held",
    "both platforms",
    "change failed",
    "denied",
    "drained",
    "drill done",
    "drill failed",
    "emergency closed",
    "emergency closed by hand",
    "emergency closed by time",
    "emergency confirmed",
    "emergency declined",
    "emergency ends soon",
    "emergency extended",
    "emergency lapsed",
    "emergency off",
    "emergency on",
    "emergency overdue",
    "emergency taken over",
    "emergency went alone",
    "emergency withdrawn",
    "expired",
    "grant failed",
    "granted",
    "kept by another",
    "lapsed",
    "no longer permitted",
    "overdue",
    "platform taken away",
    "refused",
    "removed by hand",
    "reply lost",
    "revoked",
    "seat gone",
    "seat taken back",
    "strangers seen",
    "withdrawn",
];
