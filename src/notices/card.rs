//! A card: one view of a request or an emergency for all platforms, made for an approver who has ten seconds.

use glasskey_domain::Subject;

use super::{Button, Text};

/// How the card should look at first sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Somebody must act.
    Waiting,
    /// Something is under way.
    Busy,
    /// Access is there.
    Open,
    /// It is over, as it should be.
    Done,
    /// Somebody said no.
    No,
    /// Something is wrong.
    Alarm,
}

/// A request, or an emergency, as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Which.
    pub id: Subject,
    /// Which state of it: a message that is updated gets new block ids from it.
    pub version: u64,
    /// How it should look at first sight.
    pub tone: Tone,
    /// Who asks for what, in one line.
    pub title: Text,
    /// Where it is, in a few lines: the first thing an approver reads after the title.
    pub status: Text,
    /// The person's own words.
    pub reason: String,
    /// Label and value, in the order of what matters.
    pub facts: Vec<(&'static str, Text)>,
    /// Small print.
    pub footer: Text,
    /// What can be done.
    pub buttons: Vec<Button>,
}
