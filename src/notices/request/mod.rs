//! The card of a request, and what it is made of.

mod facts;
mod status;
mod tells;
mod why;

use std::collections::BTreeSet;

use glasskey_domain::directory::Keeper;
use glasskey_domain::request::{Ask, Cutting};
use glasskey_domain::{
    AccessRequest, Directory, EndCause, Item, ItemName, PersonId, Quorum, Seconds, State, Subject, Target,
};
use jiff::Timestamp;

use super::card::Card;
use super::{Button, Setting, Text};

pub use tells::tell;

/// Who may be named in one line: the rest are counted.
const NAMED_MAX: usize = 5;
/// Shorter requests are not approved for less: choosing would take longer than it saves.
const LESS_FROM: Seconds = Seconds::minutes(15);

/// Who keeps access, and confirms it.
const AWS: &str = "AWS";
const OKTA: &str = "Okta";

/// The card of a request, as it is.
#[must_use]
pub fn card(request: &AccessRequest, directory: &Directory, setting: &Setting) -> Card {
    let ask = &request.ask;
    let (tone, status) = status::status(request, directory);
    Card {
        id: Subject::Request(ask.id.clone()),
        version: request.version,
        tone,
        title: title(request, directory),
        status,
        reason: ask.reason.clone(),
        facts: facts::facts(request, directory),
        footer: footer(request),
        buttons: buttons(request, setting),
    }
}

/// Who asks for what, for how long, from when.
fn title(request: &AccessRequest, directory: &Directory) -> Text {
    let ask = &request.ask;
    let text = Text::new().person(&ask.requester, directory).say(verb(request));
    let text = if ask.urgent { text.bold("URGENT").say(" access to ") } else { text };
    let text = text.and(what(ask)).say(" for ").bold(ask.length.to_string());
    let text = match request.length() == ask.length {
        true => text,
        false => text.say(", approved for ").bold(request.length().to_string()),
    };
    match &ask.starts_at {
        Some(at) => text.say(", from ").time(*at),
        None => text,
    }
}

/// Urgent access is taken; but that it was is said only after it was confirmed (P4).
fn verb(request: &AccessRequest) -> &'static str {
    let (pending, asked) = match request.ask.urgent {
        true => (" takes ", " asked for "),
        false => (" asks for ", " asked for "),
    };
    match &request.state {
        State::Pending { .. } => pending,
        State::Granting { .. } if request.ask.urgent => pending,
        State::Active { .. }
        | State::Ending { granted_at: Some(_), .. }
        | State::Ended { granted_at: Some(_), .. }
            if request.ask.urgent =>
        {
            " took "
        }
        State::Scheduled { .. }
        | State::Granting { .. }
        | State::Active { .. }
        | State::Ending { .. }
        | State::Ended { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => asked,
    }
}

/// What is asked for.
fn what(ask: &Ask) -> Text {
    let text = match (&ask.bundle, &ask.items.first.name) {
        (Some(bundle), _) => return things(Text::new().say("the bundle ").bold(bundle), ask.items.count()),
        (None, ItemName::Assignment { account, permission_set }) => {
            Text::new().bold(permission_set).say(" in ").bold(account)
        }
        (None, ItemName::Group { group }) => Text::new().say("the group ").bold(group),
    };
    match ask.items.more.len() {
        0 => text,
        more => text.say(format!(" and {more} more")),
    }
}

fn things(text: Text, count: usize) -> Text {
    text.say(if count == 1 { " (1 thing)".to_owned() } else { format!(" ({count} things)") })
}

/// The name of one thing of it, with the id that nobody can rename.
fn thing(item: &Item) -> Text {
    let text = Text::new().say(match &item.name {
        ItemName::Assignment { account, permission_set } => format!("{permission_set} in {account} "),
        ItemName::Group { group } => format!("group {group} "),
    });
    id_of(text, &item.target)
}

fn id_of(text: Text, target: &Target) -> Text {
    match target {
        Target::Assignment { account, .. } => text.code(account.as_str()),
        Target::Membership { group } => text.code(group.as_str()),
    }
}

/// Who keeps what is asked for, and so confirms it: `AWS`, `Okta`, or both for a bundle.
fn provider(request: &AccessRequest, directory: &Directory) -> &'static str {
    let names: BTreeSet<&str> = request.ask.targets().map(|target| provider_of(target, directory)).collect();
    match (names.contains(AWS), names.contains(OKTA)) {
        (true, true) => "AWS and Okta",
        (false, true) => OKTA,
        (_, false) => AWS,
    }
}

/// Who keeps one thing.
fn provider_of(target: &Target, directory: &Directory) -> &'static str {
    let kept_in = target.group().and_then(|group| directory.groups.get(group)).map(|group| group.kept_in);
    match kept_in {
        Some(Keeper::Okta) => OKTA,
        Some(Keeper::IdentityStore) | None => AWS,
    }
}

/// What can be done about it now, most wanted first.
fn buttons(request: &AccessRequest, setting: &Setting) -> Vec<Button> {
    let mut buttons = Vec::new();
    if request.review.is_wanted() {
        buttons.extend([Button::Acknowledge, Button::Object]);
    }
    match &request.state {
        State::Pending { .. } => buttons.extend(deciding(request).chain([Button::Withdraw])),
        State::Scheduled { .. } => buttons.extend([Button::Withdraw, Button::End]),
        State::Granting { .. } => buttons.extend(ending(request, setting)),
        State::Active { .. } => {
            match &request.extension {
                Some(_) => buttons.extend(to_extension(request).into_iter().chain([Button::CancelExtension])),
                None => buttons.push(Button::Extend),
            }
            buttons.extend(ending(request, setting));
        }
        // Who had it before needs nothing again.
        State::Ended { cause: EndCause::AlreadyHeld { .. }, .. } => {}
        State::Ended { .. } | State::Withdrawn { .. } | State::Lapsed { .. } | State::Failed { .. } => {
            buttons.push(Button::Repeat);
        }
        State::Ending { .. } | State::Denied { .. } => {}
    }
    buttons
}

/// What an approver can say to the extension that waits.
pub(super) fn to_extension(request: &AccessRequest) -> [Button; 2] {
    let nth = request.extensions;
    [Button::ApproveExtension { nth }, Button::DenyExtension { nth }]
}

/// What an approver can say.
fn deciding(request: &AccessRequest) -> impl Iterator<Item = Button> {
    let less = (LESS_FROM < request.ask.length).then_some(Button::ApproveLess);
    [Some(Button::Approve), less, Some(Button::Deny)].into_iter().flatten()
}

fn ending(request: &AccessRequest, setting: &Setting) -> impl Iterator<Item = Button> {
    let opens_sessions = request.ask.targets().any(|target| target.permission_set().is_some());
    let cut = setting.cut_sessions && opens_sessions && request.cut == Cutting::No;
    [Some(Button::End), cut.then_some(Button::EndAndCut)].into_iter().flatten()
}

fn footer(request: &AccessRequest) -> Text {
    let text = Text::new().code(request.ask.id.as_str()).say(" · asked ").time(request.ask.at);
    match request.terms.policies.is_empty() {
        true => text,
        false => text.say(format!(" · policy {}", request.terms.policies.join(", "))),
    }
}

/// People by mention, the rest counted.
fn named(text: Text, people: &[PersonId], directory: &Directory) -> Text {
    let shown: Vec<PersonId> = people.iter().take(NAMED_MAX).cloned().collect();
    more(text.people(&shown, directory), people.len().saturating_sub(shown.len()))
}

/// People by name alone: nobody is called by it.
fn named_quietly(mut text: Text, people: &[PersonId], directory: &Directory) -> Text {
    for (place, person) in people.iter().take(NAMED_MAX).enumerate() {
        text = if place > 0 { text.say(", ") } else { text };
        text = text.name(directory.name_of(person));
    }
    more(text, people.len().saturating_sub(NAMED_MAX))
}

fn more(text: Text, more: usize) -> Text {
    if more > 0 { text.say(format!(" and {more} more")) } else { text }
}

/// `1 of sre-leads, 1 of security`.
pub(super) fn quorums(mut text: Text, groups: &[Quorum]) -> Text {
    for (place, quorum) in groups.iter().enumerate() {
        text = if place > 0 { text.say(", ") } else { text };
        text = text.say(format!("{} of ", quorum.needed)).code(&quorum.group);
    }
    text
}

/// `1 approval`, `2 approvals`.
pub(super) fn approvals(count: u32) -> String {
    if count == 1 { "1 approval".to_owned() } else { format!("{count} approvals") }
}

/// Until when sessions may live that were begun before `end`; nothing, where that is not known.
fn sessions_until(request: &AccessRequest, end: Timestamp) -> Option<Timestamp> {
    let session = request.ask.session();
    (session > Seconds::default()).then(|| session.after(end))
}
