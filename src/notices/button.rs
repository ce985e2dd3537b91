//! Buttons, of cards and of messages. What one does is decided anew when it is clicked.

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
    ApproveExtension,
    /// Deny it, which asks why.
    DenyExtension,
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
        Self::ApproveExtension,
        Self::DenyExtension,
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
            Self::ApproveExtension => "request.approve-extension",
            Self::DenyExtension => "request.deny-extension",
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

    /// The button of such a name.
    #[must_use]
    pub fn of_action(action: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|button| button.action() == action)
    }

    /// What is on it. Three dots: something is asked first.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Approve | Self::ApproveExtension => "Approve",
            Self::ApproveLess => "Approve for less…",
            Self::Deny | Self::DenyExtension => "Deny…",
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
