//! Buttons, of cards and of messages. What one does is decided anew when it is clicked.

use glasskey_domain::Subject;

/// Stands between a request and which of its extensions is meant: no id has it.
const NTH: char = '+';

/// A button. It carries the name of the thing that it is about, and no authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Button {
    /// Approve a request.
    Approve,
    /// Approve for less, which asks for how long.
    ApproveLess,
    /// Deny, which asks why.
    Deny,
    /// Withdraw.
    Withdraw,
    /// Ask for more time.
    Extend,
    /// Approve the extension that waits. Another button than for the request: an old message must not mean what came later.
    ApproveExtension {
        /// The first, the second…
        nth: u32,
    },
    /// Deny it, which asks why.
    DenyExtension {
        /// The first, the second…
        nth: u32,
    },
    /// Take back that one asked for more time.
    CancelExtension,
    /// End now.
    End,
    /// End now, and cut the sessions that would outlive it.
    EndAndCut,
    /// The person needs it no more.
    Done,
    /// Ask for the same again.
    Repeat,
    /// Say that urgent access was right.
    Acknowledge,
    /// Say that it was not, which asks why.
    Object,
    /// Confirm an emergency.
    Confirm,
    /// Go on with it alone.
    Alone,
    /// Say no to it.
    Decline,
    /// Close it.
    Off,
    /// Acknowledge it as an auditor.
    Review,
}

impl Button {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Approve,
        Self::ApproveLess,
        Self::Deny,
        Self::Withdraw,
        Self::Extend,
        Self::ApproveExtension { nth: 1 },
        Self::DenyExtension { nth: 1 },
        Self::CancelExtension,
        Self::End,
        Self::EndAndCut,
        Self::Done,
        Self::Repeat,
        Self::Acknowledge,
        Self::Object,
        Self::Confirm,
        Self::Alone,
        Self::Decline,
        Self::Off,
        Self::Review,
    ];

    /// The opaque name by which a click comes back. Carries no authority.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::Approve => "request.approve",
            Self::ApproveLess => "request.approve-less",
            Self::Deny => "request.deny",
            Self::Withdraw => "request.withdraw",
            Self::Extend => "request.extend",
            Self::ApproveExtension { .. } => "request.approve-extension",
            Self::DenyExtension { .. } => "request.deny-extension",
            Self::CancelExtension => "request.cancel-extension",
            Self::End => "request.end",
            Self::EndAndCut => "request.end-and-cut",
            Self::Done => "request.done",
            Self::Repeat => "request.repeat",
            Self::Acknowledge => "request.acknowledge",
            Self::Object => "request.object",
            Self::Confirm => "emergency.confirm",
            Self::Alone => "emergency.alone",
            Self::Decline => "emergency.decline",
            Self::Off => "emergency.off",
            Self::Review => "emergency.review",
        }
    }

    /// What comes back with it: what it is on, and which extension it is about.
    #[must_use]
    pub fn value(self, id: &Subject) -> String {
        about(id, self.extension())
    }

    /// The button that came back by this name, with this, and what it was on; nothing, when it is none of ours.
    #[must_use]
    pub fn clicked(action: &str, value: &str) -> Option<(Self, Subject)> {
        let (id, nth) = read_about(value)?;
        let button = match (Self::ALL.into_iter().find(|button| button.action() == action)?, nth) {
            (Self::ApproveExtension { .. }, Some(nth)) => Self::ApproveExtension { nth },
            (Self::DenyExtension { .. }, Some(nth)) => Self::DenyExtension { nth },
            // From before buttons said which: there is no such extension, and that is what people are told.
            (Self::ApproveExtension { .. }, None) => Self::ApproveExtension { nth: 0 },
            (Self::DenyExtension { .. }, None) => Self::DenyExtension { nth: 0 },
            (button, None) if button.extension().is_none() => button,
            _ => return None,
        };
        Some((button, id))
    }

    /// Which extension it is about, if it is about one in particular.
    fn extension(self) -> Option<u32> {
        match self {
            Self::ApproveExtension { nth } | Self::DenyExtension { nth } => Some(nth),
            Self::Approve
            | Self::ApproveLess
            | Self::Deny
            | Self::Withdraw
            | Self::Extend
            | Self::CancelExtension
            | Self::End
            | Self::EndAndCut
            | Self::Done
            | Self::Repeat
            | Self::Acknowledge
            | Self::Object
            | Self::Confirm
            | Self::Alone
            | Self::Decline
            | Self::Off
            | Self::Review => None,
        }
    }

    /// What is on it. Three dots: something is asked first.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Approve | Self::ApproveExtension { .. } => "Approve",
            Self::ApproveLess => "Approve for less…",
            Self::Deny | Self::DenyExtension { .. } => "Deny…",
            Self::Withdraw => "Withdraw",
            Self::Extend => "Extend…",
            Self::CancelExtension => "Cancel extension",
            Self::End => "End now",
            Self::EndAndCut => "End now and cut sessions",
            Self::Done => "I'm done",
            Self::Repeat => "Repeat…",
            Self::Acknowledge | Self::Review => "Acknowledge",
            Self::Object => "Object…",
            Self::Confirm => "Confirm",
            Self::Alone => "Go on alone",
            Self::Decline => "Decline",
            Self::Off => "Close now",
        }
    }
}

/// What a button or a form is about: the thing, and which of its extensions, if one.
#[must_use]
pub fn about(id: &Subject, extension: Option<u32>) -> String {
    match extension {
        None => id.to_string(),
        Some(nth) => format!("{id}{NTH}{nth}"),
    }
}

/// Reads it again; nothing, when we never wrote it.
#[must_use]
pub fn read_about(about: &str) -> Option<(Subject, Option<u32>)> {
    let (id, nth) = match about.split_once(NTH) {
        None => (about, None),
        Some((id, nth)) => (id, Some(nth.parse().ok()?)),
    };
    Some((Subject::try_from(id.to_owned()).ok()?, nth))
}

#[cfg(test)]
mod tests {
    use glasskey_domain::RequestId;

    use super::*;

    #[test]
    fn a_click_comes_back_as_what_was_clicked() {
        let id = Subject::Request(RequestId::from_bits(7, RequestId::SYMBOLS_MIN));
        for button in Button::ALL {
            assert_eq!(Button::clicked(button.action(), &button.value(&id)), Some((button, id.clone())));
        }
        let third = Button::ApproveExtension { nth: 3 };
        assert_eq!(Button::clicked(third.action(), &third.value(&id)), Some((third, id.clone())));
    }

    /// P1: what does not say which extension it means means none, which is told.
    #[test]
    fn a_button_that_does_not_say_which_extension_means_none() {
        let id = Subject::Request(RequestId::from_bits(7, RequestId::SYMBOLS_MIN));
        let clicked = Button::clicked("request.approve-extension", &id.to_string());
        assert_eq!(clicked, Some((Button::ApproveExtension { nth: 0 }, id)));
    }

    #[test]
    fn what_we_never_wrote_is_no_click() {
        let id = Subject::Request(RequestId::from_bits(7, RequestId::SYMBOLS_MIN)).to_string();
        for (action, value) in [
            ("request.approve", format!("{id}+1")),
            ("request.approve-extension", format!("{id}+x")),
            ("request.approve-extension", format!("{id}+1+2")),
            ("request.approve", String::new()),
            ("request.sing", id.clone()),
        ] {
            assert_eq!(Button::clicked(action, &value), None, "{action} {value}");
        }
    }
}
