//! What can be said with `/breakglass`.

use super::options::{
    BREAKGLASS_TOPIC, DECLINE_WHY, DURATION, EMERGENCY, FEDERATION, FOR_PEOPLE, INCIDENT, LASTING, LEVEL,
    NOTE, OFF_REASON, PEOPLE, REASON,
};
use super::{Command, Keywords, Use};

/// The first words that `/breakglass` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BreakglassKeyword {
    /// Open emergency access.
    On,
    /// Close it.
    Off,
    /// Where it stands.
    Status,
    /// Give it to more people.
    Add,
    /// Take it from people.
    Remove,
    /// Keep it open for longer.
    Extend,
    /// The second person's yes, or the opener's going on alone where policy lets them.
    Confirm,
    /// The second person's no.
    Decline,
    /// Open and close it with nobody in it.
    Drill,
    /// An auditor has looked at a finished emergency.
    Review,
    /// The help.
    Help,
}

impl Keywords for BreakglassKeyword {
    const ALL: &'static [Self] = &[
        Self::On,
        Self::Off,
        Self::Status,
        Self::Add,
        Self::Remove,
        Self::Extend,
        Self::Confirm,
        Self::Decline,
        Self::Drill,
        Self::Review,
        Self::Help,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Status => "status",
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Extend => "extend",
            Self::Confirm => "confirm",
            Self::Decline => "decline",
            Self::Drill => "drill",
            Self::Review => "review",
            Self::Help => "help",
        }
    }

    fn also(self) -> &'static [&'static str] {
        match self {
            Self::On => &["open", "start"],
            Self::Off => &["close", "stop"],
            Self::Confirm => &["approve", "yes"],
            Self::Decline => &["deny", "reject", "no"],
            Self::Review => &["ack", "acknowledge"],
            Self::Help => &["?", "-h", "--help"],
            Self::Status | Self::Add | Self::Remove | Self::Extend | Self::Drill => &[],
        }
    }
}

/// `/breakglass`: access when IAM Identity Center is down.
pub const BREAKGLASS: Command<BreakglassKeyword> = Command {
    name: "breakglass",
    summary: "open emergency access to AWS when IAM Identity Center is down, and close it again",
    hint: "on [ro|ops] [for 2h] [incident] <reason> [@person …] | off | status | add @person ro|ops | remove @person | extend 1h | drill | help",
    alone: "",
    uses: &[
        Use {
            keyword: BreakglassKeyword::On,
            arguments: "[federation] [ro|ops] [for 2h] [incident] <reason> [@person …]",
            summary: "open emergency access, with the people you name in its groups; everybody is told",
            details: &["it closes by itself when the time is up"],
            typing: &[
                "`ro` reads, `ops` repairs; without either it is `ro`",
                "the duration is like `30m`, `2h` or `until 18:00`",
                "federation, level, duration and incident go before the reason; `reason:` begins it for certain",
                "people are mentions or e-mail addresses, and those within the reason get nothing",
            ],
            examples: &[
                "on ro for 2h INC-7 Identity Center does not answer @bo @cy",
                "on ops until 18:00 INC-7 reason: nobody in ops can sign in for 2h now",
            ],
            options: &[LEVEL, LASTING, INCIDENT, REASON, FOR_PEOPLE, FEDERATION],
        },
        Use {
            keyword: BreakglassKeyword::Off,
            arguments: "[federation] [reason]",
            summary: "close it now: the groups are emptied and the app is deactivated",
            details: &["sessions that are open may last until their own end; the report says how long"],
            typing: &[],
            examples: &["off", "off Identity Center answers again"],
            options: &[OFF_REASON, FEDERATION],
        },
        Use {
            keyword: BreakglassKeyword::Status,
            arguments: "[federation]",
            summary: "whether it is open, for whom, until when, and what is not confirmed yet",
            details: &[],
            typing: &[],
            examples: &["status"],
            options: &[FEDERATION],
        },
        Use {
            keyword: BreakglassKeyword::Add,
            arguments: "[federation] <@person …> [ro|ops]",
            summary: "give it to more people, until the same end",
            details: &["a group cannot be added; name each person"],
            typing: &[],
            examples: &["add @bo ops", "add @bo dee@example.com"],
            options: &[PEOPLE, LEVEL, FEDERATION],
        },
        Use {
            keyword: BreakglassKeyword::Remove,
            arguments: "[federation] <@person …>",
            summary: "take it from people while it stays open",
            details: &["sessions that are open may last until their own end"],
            typing: &[],
            examples: &["remove @bo"],
            options: &[PEOPLE, FEDERATION],
        },
        Use {
            keyword: BreakglassKeyword::Extend,
            arguments: "[federation] <duration>",
            summary: "keep it open for longer",
            details: &[],
            typing: &["the duration is like `30m`, `1h` or `until 18:00`"],
            examples: &["extend 1h"],
            options: &[DURATION, FEDERATION],
        },
        Use {
            keyword: BreakglassKeyword::Confirm,
            arguments: "[federation]",
            summary: "say yes, as the second person, to opening it",
            details: &[
                "who asked for it can go on alone after a while, where policy lets them; all are told twice",
            ],
            typing: &[],
            examples: &["confirm"],
            options: &[FEDERATION],
        },
        Use {
            keyword: BreakglassKeyword::Decline,
            arguments: "[federation] [why]",
            summary: "say no, as the second person, to opening it",
            details: &[],
            typing: &["who asked for it reads why"],
            examples: &["decline Identity Center answers again"],
            options: &[DECLINE_WHY, FEDERATION],
        },
        Use {
            keyword: BreakglassKeyword::Drill,
            arguments: "[federation]",
            summary: "open and close it with nobody in it, to know that it works",
            details: &["it is recorded as a drill"],
            typing: &[],
            examples: &["drill"],
            options: &[FEDERATION],
        },
        Use {
            keyword: BreakglassKeyword::Review,
            arguments: "<id> [note]",
            summary: "acknowledge, as an auditor, that a finished emergency was looked at",
            details: &[],
            typing: &["an id is like `BG-7K3Q`; `7k3q` will do"],
            examples: &["review BG-7K3Q the queue was drained by hand, nothing else was touched"],
            options: &[EMERGENCY, NOTE],
        },
        Use {
            keyword: BreakglassKeyword::Help,
            arguments: "[topic]",
            summary: "what can be said, or more about one word of it",
            details: &[],
            typing: &[],
            examples: &["help on"],
            options: &[BREAKGLASS_TOPIC],
        },
    ],
    sections: &[],
};
