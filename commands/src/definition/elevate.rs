//! The words of `/elevate`, and how the help orders them. What each takes is in the table beside this.

mod uses;

use super::{Command, Keywords, Section};

/// The first words that `/elevate` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keyword {
    /// Ask for access to an account; the word itself may be left out.
    Request,
    /// Ask to be in a group.
    Group,
    /// Ask for a bundle.
    Bundle,
    /// Ask for access first, with approval after.
    Urgent,
    /// Ask for the same as before.
    Again,
    /// What I have, what I wait for, and what waits for me.
    Mine,
    /// The requests that concern me.
    List,
    /// One request.
    Show,
    /// An approver's yes.
    Approve,
    /// An approver's no.
    Deny,
    /// The requester takes it back.
    Withdraw,
    /// Have the access for longer.
    Extend,
    /// End the access now.
    End,
    /// End the access of everybody, of a person, or to an account.
    EndAll,
    /// An approver has looked at urgent access.
    Acknowledge,
    /// An approver's no to urgent access.
    Object,
    /// What policy says, without asking for anything.
    Why,
    /// Connect the chat account to the person.
    Link,
    /// Take that back.
    Unlink,
    /// The help.
    Help,
}

impl Keywords for Keyword {
    const ALL: &'static [Self] = &[
        Self::Request,
        Self::Group,
        Self::Bundle,
        Self::Urgent,
        Self::Again,
        Self::Mine,
        Self::List,
        Self::Show,
        Self::Approve,
        Self::Deny,
        Self::Withdraw,
        Self::Extend,
        Self::End,
        Self::EndAll,
        Self::Acknowledge,
        Self::Object,
        Self::Why,
        Self::Link,
        Self::Unlink,
        Self::Help,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Group => "group",
            Self::Bundle => "bundle",
            Self::Urgent => "urgent",
            Self::Again => "again",
            Self::Mine => "mine",
            Self::List => "list",
            Self::Show => "show",
            Self::Approve => "approve",
            Self::Deny => "deny",
            Self::Withdraw => "withdraw",
            Self::Extend => "extend",
            Self::End => "end",
            Self::EndAll => "end-all",
            Self::Acknowledge => "acknowledge",
            Self::Object => "object",
            Self::Why => "why",
            Self::Link => "link",
            Self::Unlink => "unlink",
            Self::Help => "help",
        }
    }

    fn typed(self) -> &'static str {
        if self == Self::EndAll { "end all" } else { self.word() }
    }

    fn also(self) -> &'static [&'static str] {
        match self {
            Self::Again => &["repeat"],
            Self::Deny => &["reject"],
            Self::Withdraw => &["cancel"],
            Self::End => &["revoke"],
            Self::Acknowledge => &["ack"],
            Self::Help => &["?", "-h", "--help"],
            Self::Request
            | Self::Group
            | Self::Bundle
            | Self::Urgent
            | Self::Mine
            | Self::List
            | Self::Show
            | Self::Approve
            | Self::Extend
            | Self::EndAll
            | Self::Object
            | Self::Why
            | Self::Link
            | Self::Unlink => &[],
        }
    }

    fn implied(self) -> bool {
        self == Self::Request
    }
}

/// `/elevate`: temporary access to AWS.
pub const ELEVATE: Command<Keyword> = Command {
    name: "elevate",
    summary: "ask for temporary access to AWS, and see, extend or end what you have",
    hint: "<account> <permission set> <duration> [at <start>] [ticket] <reason>, or help",
    alone: "a form to ask with",
    uses: uses::USES,
    sections: &[
        Section { title: "Ask", keywords: &[Keyword::Request, Keyword::Again], brief: false },
        Section {
            title: "What you have or wait for",
            keywords: &[Keyword::Mine, Keyword::Extend, Keyword::End, Keyword::Withdraw],
            brief: false,
        },
        Section { title: "When others ask", keywords: &[Keyword::Approve, Keyword::Deny], brief: false },
        Section {
            title: "to ask for something else, or for access first and approval after",
            keywords: &[Keyword::Group, Keyword::Bundle, Keyword::Urgent],
            brief: true,
        },
        Section {
            title: "to look, and to know what policy says",
            keywords: &[Keyword::List, Keyword::Show, Keyword::Why],
            brief: true,
        },
        Section {
            title: "for approvers, after urgent access",
            keywords: &[Keyword::Acknowledge, Keyword::Object],
            brief: true,
        },
        Section { title: "for administrators", keywords: &[Keyword::EndAll], brief: true },
        Section {
            title: "your chat account, and more about each of these words",
            keywords: &[Keyword::Link, Keyword::Unlink, Keyword::Help],
            brief: true,
        },
    ],
};
