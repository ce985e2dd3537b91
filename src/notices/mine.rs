//! What concerns one person, in lines with buttons: App Home in Slack, `/elevate mine` everywhere.

use glasskey_domain::{AccessRequest, Directory, RequestId, State};

use super::{Button, Text};

/// Entries of one section that are shown: the rest are counted.
const SHOWN_MAX: usize = 10;

/// The requests that concern one person.
#[derive(Debug, Clone, Default)]
pub struct Mine<'a> {
    /// What they have, or are getting, or are losing.
    pub live: Vec<&'a AccessRequest>,
    /// What they wait for.
    pub waiting: Vec<&'a AccessRequest>,
    /// What waits for their approval.
    pub to_decide: Vec<&'a AccessRequest>,
    /// What waits for their look.
    pub to_review: Vec<&'a AccessRequest>,
}

/// One part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its head.
    pub title: &'static str,
    /// What is in it.
    pub entries: Vec<Entry>,
    /// How many more there are that are not shown.
    pub more: usize,
}

/// One request in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub id: RequestId,
    /// In words.
    pub text: Text,
    /// What can be done.
    pub buttons: Vec<Button>,
}

/// What concerns a person, in words. Sections with nothing in them are left out, but for the first.
#[must_use]
pub fn mine(mine: Mine<'_>, directory: &Directory) -> Vec<Section> {
    let own = |request: &AccessRequest| own(request);
    let others = |request: &AccessRequest| of_another(request, directory);
    let mut sections = vec![section("Your access", mine.live, own)];
    let more = [
        section("Your requests", mine.waiting, own),
        section("Waits for your approval", mine.to_decide, others),
        section("Waits for your look", mine.to_review, others),
    ];
    sections.extend(more.into_iter().filter(|section| !section.entries.is_empty()));
    sections
}

fn section(
    title: &'static str,
    mut requests: Vec<&AccessRequest>,
    words: impl Fn(&AccessRequest) -> Text,
) -> Section {
    // What ends, or lapses, first is what one looks for.
    requests.sort_by_key(|request| (request.deadline(), request.ask.at));
    let more = requests.len().saturating_sub(SHOWN_MAX);
    let entry = |request: &&AccessRequest| Entry {
        id: request.ask.id.clone(),
        text: words(request),
        buttons: buttons(title, request),
    };
    Section { title, entries: requests.iter().take(SHOWN_MAX).map(entry).collect(), more }
}

fn buttons(_title: &str, request: &AccessRequest) -> Vec<Button> {
    match &request.state {
        State::Pending { .. } => vec![Button::Approve, Button::Deny],
        State::Active { .. } => vec![Button::End],
        _ => Vec::new(),
    }
}

fn own(request: &AccessRequest) -> Text {
    let text = Text::new().code(request.ask.id.as_str()).say(" ").bold(request.ask.title());
    match &request.state {
        State::Pending { lapses_at } => {
            text.say(format!(" for {} waits for approval, lapses ", request.ask.length)).time(*lapses_at)
        }
        State::Scheduled { starts_at, deadline } => {
            text.say(" begins ").time(*starts_at).say(", until ").time(*deadline)
        }
        State::Granting { .. } => text.say(" is being created"),
        State::Active { deadline, .. } => text.say(" until ").time(*deadline),
        State::Ending { .. } => text.say(" is being taken away"),
        State::Ended { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => text.say(" is over"),
    }
}

fn of_another(request: &AccessRequest, directory: &Directory) -> Text {
    let ask = &request.ask;
    let text = Text::new().code(ask.id.as_str()).say(" ").person(&ask.requester, directory).say(": ");
    let text = text.bold(ask.title());
    let text = match &request.extension {
        Some(extension) => text.say(format!(" for {} more", extension.by)),
        None => text.say(format!(" for {}", ask.length)),
    };
    text.line().quote(&ask.reason)
}
