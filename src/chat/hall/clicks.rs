//! Clicks on cards. A click carries an opaque id and nothing else that is believed (pitfall 14).

use glasskey_domain::command::{EmergencyCommand, Which};
use glasskey_domain::{Command, EmergencyId, Matter, RequestId, Subject};

use super::forms::Form;
use crate::notices::Button;

/// What a click leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Click {
    /// A form that asks something first. Nothing is decided yet, so nothing is committed.
    Ask(Form),
    /// Something to decide.
    Decide(Command),
    /// A form in which what that request was for stands already.
    Again(RequestId),
}

/// What a button on the card of something means; nothing, when it has no such button.
#[must_use]
pub(super) fn clicked(button: Button, id: Subject) -> Option<Click> {
    match id {
        Subject::Request(id) => on_request(button, id),
        Subject::Emergency(id) => on_emergency(button, id),
        Subject::Watch => None,
    }
}

fn on_request(button: Button, id: RequestId) -> Option<Click> {
    let command = match button {
        Button::Approve => Command::Approve { id, matter: Matter::Request, length: None },
        Button::ApproveExtension { nth } => {
            Command::Approve { id, matter: Matter::Extension { nth }, length: None }
        }
        Button::Withdraw => Command::Withdraw { id },
        Button::End => Command::End { id, cut: false },
        // Who says that they are done was asked by us whether they are.
        Button::Done => Command::End { id, cut: false },
        Button::EndAndCut => Command::End { id, cut: true },
        // What waits is the extension, and who asked takes back what waits.
        Button::CancelExtension => Command::Withdraw { id },
        Button::Acknowledge => Command::Acknowledge { id, note: None },
        Button::Deny => return Some(Click::Ask(Form::Deny(id, Matter::Request))),
        Button::DenyExtension { nth } => return Some(Click::Ask(Form::Deny(id, Matter::Extension { nth }))),
        Button::ApproveLess => return Some(Click::Ask(Form::ApproveLess(id))),
        Button::Extend => return Some(Click::Ask(Form::Extend(id))),
        Button::Object => return Some(Click::Ask(Form::Object(id))),
        Button::Repeat => return Some(Click::Again(id)),
        Button::Confirm | Button::Alone | Button::Decline | Button::Off | Button::Review => return None,
    };
    Some(Click::Decide(command))
}

fn on_emergency(button: Button, id: EmergencyId) -> Option<Click> {
    let command = match button {
        Button::Confirm | Button::Alone => EmergencyCommand::Confirm { which: Which::Id(id) },
        Button::Off => EmergencyCommand::Off { which: Which::Id(id), reason: None },
        Button::Decline => return Some(Click::Ask(Form::Decline(id))),
        Button::Review => return Some(Click::Ask(Form::Review(id))),
        Button::Approve
        | Button::ApproveLess
        | Button::Deny
        | Button::Withdraw
        | Button::Extend
        | Button::ApproveExtension { .. }
        | Button::DenyExtension { .. }
        | Button::CancelExtension
        | Button::End
        | Button::EndAndCut
        | Button::Done
        | Button::Repeat
        | Button::Acknowledge
        | Button::Object => return None,
    };
    Some(Click::Decide(Command::Emergency(command)))
}

/// What is asked before a click counts that is not easily taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sure {
    /// The question.
    pub title: &'static str,
    /// What the click does.
    pub text: &'static str,
    /// The answer that lets it count.
    pub yes: &'static str,
    /// The other one.
    pub no: &'static str,
}

/// What is asked before a click on such a button counts; nothing, when it counts at once.
#[must_use]
pub fn asked_first(button: Button) -> Option<Sure> {
    match button {
        Button::Approve
        | Button::ApproveLess
        | Button::Deny
        | Button::Withdraw
        | Button::Extend
        | Button::ApproveExtension { .. }
        | Button::DenyExtension { .. }
        | Button::CancelExtension
        | Button::Done
        | Button::Repeat
        | Button::Acknowledge
        | Button::Object
        | Button::Confirm
        | Button::Decline
        | Button::Review => None,
        Button::End => Some(Sure {
            title: "End this access?",
            text: "The access is removed now. Sessions that are open may live on for a while.",
            yes: "End now",
            no: "Keep it",
        }),
        Button::EndAndCut => Some(Sure {
            title: "End it and cut sessions?",
            text: "The access is removed now, and what its sessions are doing fails. It takes some minutes.",
            yes: "End and cut",
            no: "Keep it",
        }),
        Button::Alone => Some(Sure {
            title: "Open it alone?",
            text: "Policy asks for a second person. Going on alone is announced to everybody, twice.",
            yes: "Go on alone",
            no: "Wait",
        }),
        Button::Off => Some(Sure {
            title: "Close break-glass?",
            text: "The app is deactivated and everybody is taken out of the emergency groups, now.",
            yes: "Close now",
            no: "Keep it on",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_means_something_on_one_kind_of_card_only() {
        let request = Subject::Request(RequestId::from_bits(7, RequestId::SYMBOLS_MIN));
        let emergency = Subject::Emergency(EmergencyId::from_bits(7, EmergencyId::SYMBOLS_MIN));
        for button in Button::ALL {
            let on = |id: &Subject| clicked(button, id.clone()).is_some();
            assert!(on(&request) != on(&emergency), "{button:?}");
            assert!(!on(&Subject::Watch), "{button:?}");
        }
    }
}
