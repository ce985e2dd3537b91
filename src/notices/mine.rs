//! What concerns one person, in lines with buttons: App Home in Slack, `/elevate mine` everywhere.

use glasskey_domain::{AccessRequest, Directory, RequestId, State};

use super::request::to_extension;
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
    let own = |request: &AccessRequest| (own(request), own_buttons(request));
    let deciding = |request: &AccessRequest| {
        let buttons = match request.extension {
            Some(_) => to_extension(request).to_vec(),
            None => vec![Button::Approve, Button::ApproveLess, Button::Deny],
        };
        (of_another(request, directory), buttons)
    };
    let looking =
        |request: &AccessRequest| (of_another(request, directory), vec![Button::Acknowledge, Button::Object]);
    let mut sections = vec![section("Your access", mine.live, own)];
    let more = [
        section("Your requests", mine.waiting, own),
        section("Waits for your approval", mine.to_decide, deciding),
        section("Urgent access waits for your look", mine.to_review, looking),
    ];
    sections.extend(more.into_iter().filter(|section| !section.entries.is_empty()));
    sections
}

fn section(
    title: &'static str,
    mut requests: Vec<&AccessRequest>,
    shown: impl Fn(&AccessRequest) -> (Text, Vec<Button>),
) -> Section {
    // What ends, or lapses, first is what one looks for.
    requests.sort_by_key(|request| (request.deadline(), request.ask.at));
    let more = requests.len().saturating_sub(SHOWN_MAX);
    let entry = |request: &&AccessRequest| {
        let (text, buttons) = shown(request);
        Entry { id: request.ask.id.clone(), text, buttons }
    };
    Section { title, entries: requests.iter().take(SHOWN_MAX).map(entry).collect(), more }
}

/// What one can do about one's own, and about what waits for one.
fn own_buttons(request: &AccessRequest) -> Vec<Button> {
    match &request.state {
        State::Pending { .. } | State::Scheduled { .. } => vec![Button::Withdraw],
        State::Granting { .. } => vec![Button::End],
        State::Active { .. } if request.extension.is_some() => vec![Button::End, Button::CancelExtension],
        State::Active { .. } => vec![Button::End, Button::Extend],
        State::Ending { .. }
        | State::Ended { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => Vec::new(),
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
