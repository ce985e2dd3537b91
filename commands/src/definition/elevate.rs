//! What can be said with `/elevate`.

use super::options::{ACCOUNT, DENY_WHY, DURATION, ELEVATE_TOPIC, PERMISSION_SET, REASON, REQUEST, TICKET};
use super::{Command, Keywords, Use};

/// The first words that `/elevate` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keyword {
    /// Ask for access; the word itself may be left out.
    Request,
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
    /// End the access now.
    End,
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
        Self::List,
        Self::Show,
        Self::Approve,
        Self::Deny,
        Self::Withdraw,
        Self::End,
        Self::Why,
        Self::Link,
        Self::Unlink,
        Self::Help,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::List => "list",
            Self::Show => "show",
            Self::Approve => "approve",
            Self::Deny => "deny",
            Self::Withdraw => "withdraw",
            Self::End => "end",
            Self::Why => "why",
            Self::Link => "link",
            Self::Unlink => "unlink",
            Self::Help => "help",
        }
    }

    fn also(self) -> &'static [&'static str] {
        match self {
            Self::Deny => &["reject"],
            Self::Withdraw => &["cancel"],
            Self::End => &["revoke"],
            Self::Help => &["?", "-h", "--help"],
            Self::Request
            | Self::List
            | Self::Show
            | Self::Approve
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
    summary: "ask for temporary access to an AWS account",
    hint: "<account> <permission set> <duration> [ticket] <reason>, or help",
    uses: &[
        Use {
            keyword: Keyword::Request,
            arguments: "<account> <permission set> <duration> [ticket] <reason>",
            summary: "ask for access to an account",
            details: &[],
            typing: &[
                "the word `request` may be left out, and the order is free",
                "the account is its id, name or alias; put a name that reads like something else in quotes",
                "the duration is like `30m`, `1h30m`, `2h` or `until 18:00`",
                "whatever is not account, permission set, duration or ticket is the reason; `reason:` begins it for certain",
            ],
            examples: &[
                "prod ReadOnly 1h INC-7 look at the stuck queue",
                "\"Data Lake\" Operator until 18:00 reason: finish the 2h backfill",
            ],
            options: &[ACCOUNT, PERMISSION_SET, DURATION, TICKET, REASON],
        },
        Use {
            keyword: Keyword::List,
            arguments: "",
            summary: "your requests, and those that wait for your approval",
            details: &[],
            typing: &[],
            examples: &["list"],
            options: &[],
        },
        Use {
            keyword: Keyword::Show,
            arguments: "<id>",
            summary: "one request: who, what, how long, why, and where it stands",
            details: &[],
            typing: &["an id is like `AR-7K3Q`; `7k3q` will do"],
            examples: &["show AR-7K3Q"],
            options: &[REQUEST],
        },
        Use {
            keyword: Keyword::Approve,
            arguments: "<id>",
            summary: "say yes to somebody's request",
            details: &["nobody approves their own request"],
            typing: &[],
            examples: &["approve AR-7K3Q"],
            options: &[REQUEST],
        },
        Use {
            keyword: Keyword::Deny,
            arguments: "<id> <why>",
            summary: "say no to somebody's request, and why",
            details: &[],
            typing: &["the requester reads why"],
            examples: &["deny AR-7K3Q the change window opens tomorrow"],
            options: &[REQUEST, DENY_WHY],
        },
        Use {
            keyword: Keyword::Withdraw,
            arguments: "<id>",
            summary: "take back your request before it is granted",
            details: &["when the access is there already, use `end`"],
            typing: &[],
            examples: &["withdraw AR-7K3Q"],
            options: &[REQUEST],
        },
        Use {
            keyword: Keyword::End,
            arguments: "<id>",
            summary: "end access before its time is up",
            details: &[
                "sessions that are open may last until their own end; the request's card says how long",
            ],
            typing: &[],
            examples: &["end AR-7K3Q"],
            options: &[REQUEST],
        },
        Use {
            keyword: Keyword::Why,
            arguments: "<account> <permission set>",
            summary: "what policy would say, without asking for anything",
            details: &[],
            typing: &[],
            examples: &["why prod ReadOnly"],
            options: &[ACCOUNT, PERMISSION_SET],
        },
        Use {
            keyword: Keyword::Link,
            arguments: "",
            summary: "connect this chat account to you, by signing in at the company",
            details: &[
                "you get an address and a code to enter there; never enter a code that somebody else sent you",
            ],
            typing: &[],
            examples: &["link"],
            options: &[],
        },
        Use {
            keyword: Keyword::Unlink,
            arguments: "",
            summary: "take this chat account's connection to you back",
            details: &["access that you have stays until its end; `link` connects the account again"],
            typing: &[],
            examples: &["unlink"],
            options: &[],
        },
        Use {
            keyword: Keyword::Help,
            arguments: "[topic]",
            summary: "what can be said, or more about one word of it",
            details: &[],
            typing: &[],
            examples: &["help end"],
            options: &[ELEVATE_TOPIC],
        },
    ],
};
