//! Messages about a request: each says what is true in the ledger when it is written.

use glasskey_domain::request::{Cutting, UrgentReview};
use glasskey_domain::{AccessRequest, Directory, EndCause, ItemName, NoticeKind, PersonId, State, Target};

use super::status::{doubted, not_there, unanswered};
use super::why::why_ended;
use super::{AWS, approvals, deciding, named, provider, provider_of, sessions_until, to_extension};
use crate::notices::{Button, Message, Setting, Text, refusals};

/// A message in words; empty for a kind that is about something else.
#[must_use]
pub fn tell(kind: NoticeKind, request: &AccessRequest, directory: &Directory, setting: &Setting) -> Message {
    let buttons = buttons(kind, request);
    let words = |head: &str| Text::new().bold(head).say(": ").and(about(request, directory));
    let text = match kind {
        NoticeKind::Granted => granted(words("Granted"), request, directory, setting),
        NoticeKind::Ended => ended(words("Ended"), request, directory),
        NoticeKind::Denied => denied(words("Denied"), request, directory),
        NoticeKind::Lapsed => about(request, directory)
            .say(format!(" lapsed: {}. Ask again if you still need it.", unanswered(request))),
        NoticeKind::Failed => outcome(words("Failed"), request, directory),
        NoticeKind::AlreadyHeld => outcome(words("Nothing to do"), request, directory),
        NoticeKind::RemovedByHand => outcome(words("Removed by hand"), request, directory),
        NoticeKind::Overdue { nth } => overdue(nth, words("OVERDUE"), request, directory),
        NoticeKind::OverdueOver => words("No longer overdue")
            .say(format!(" is gone at last; {} confirms it.", provider(request, directory))),
        NoticeKind::Scheduled => scheduled(words("Approved"), request),
        NoticeKind::ApprovalDue { .. } => waits(words("Still waits for your approval"), request)
            .unwrap_or_else(|| words("Answered meanwhile").say(".")),
        NoticeKind::Escalated { .. } => waits(words("Your approval is asked for"), request)
            .map(|text| {
                text.line().say("It came to you because those who were asked first have not answered.")
            })
            .unwrap_or_else(|| words("Answered meanwhile").say(".")),
        NoticeKind::ExtensionAsked { .. } => more_time(words("More time is asked for"), request)
            .unwrap_or_else(|| words("Answered meanwhile").say(".")),
        NoticeKind::ExtensionDenied { .. } => no_more(words("More time is denied"), request, directory),
        NoticeKind::ExtensionLapsed { .. } => {
            until(words("Nobody answered about more time"), request, "It ends ")
        }
        NoticeKind::Extended { .. } => until(words("Extended"), request, "It ends "),
        NoticeKind::EndsSoon { .. } => ends_soon(words("Ends soon"), request),
        NoticeKind::Urgent => urgent(words("URGENT access was taken, without approval"), request, directory),
        NoticeKind::ReviewDue { nth } => review_due(nth, words("Not looked at yet"), request, directory),
        NoticeKind::Reviewed | NoticeKind::Objected => reviewed(request, directory),
        NoticeKind::Unsure { .. } => unsure(words("Look at this access"), request, directory),
        NoticeKind::Stricter { .. } => {
            stricter(words("Policy would not permit this any more"), request, directory)
        }
        NoticeKind::SessionsCut => {
            words("Sessions are cut").say(". What was begun before the end works no more.")
        }
        NoticeKind::SessionsNotCut => not_cut(words("Sessions are NOT cut"), request),
        // About emergencies and what is watched, never about a request.
        NoticeKind::Proposed { .. }
        | NoticeKind::EmergencyOn
        | NoticeKind::EmergencyAlone
        | NoticeKind::SignIn { .. }
        | NoticeKind::EmergencyStuck
        | NoticeKind::Strangers { .. }
        | NoticeKind::StillOn { .. }
        | NoticeKind::CloseNow
        | NoticeKind::EmergencyOff
        | NoticeKind::Drift { .. }
        | NoticeKind::StandingReport { .. }
        | NoticeKind::EndedAll { .. }
        | NoticeKind::CenterSilent { .. }
        | NoticeKind::CenterAnswers { .. }
        | NoticeKind::DrillMissed { .. }
        | NoticeKind::Linked { .. }
        | NoticeKind::Unlinked { .. } => Text::new(),
    };
    Message::new(text, buttons)
}

/// What can be done about it on the spot: only what the request still takes now.
fn buttons(kind: NoticeKind, request: &AccessRequest) -> Vec<Button> {
    let active = matches!(request.state, State::Active { .. });
    match kind {
        NoticeKind::ApprovalDue { .. } | NoticeKind::Escalated { .. }
            if matches!(request.state, State::Pending { .. }) =>
        {
            deciding(request).collect()
        }
        NoticeKind::ExtensionAsked { nth } if request.extension.is_some() && nth == request.extensions => {
            to_extension(request).to_vec()
        }
        NoticeKind::EndsSoon { .. } if active && request.extension.is_none() => {
            vec![Button::Extend, Button::Done]
        }
        NoticeKind::EndsSoon { .. } if active => vec![Button::Done],
        NoticeKind::Urgent | NoticeKind::ReviewDue { .. } if request.review.is_wanted() => {
            vec![Button::Acknowledge, Button::Object]
        }
        NoticeKind::Unsure { .. } if request.doubt.is_some() => vec![Button::End],
        NoticeKind::Stricter { .. } if request.stricter.is_some() => vec![Button::End],
        NoticeKind::Ended | NoticeKind::Lapsed | NoticeKind::Failed => vec![Button::Repeat],
        _others => Vec::new(),
    }
}

/// `AR-7K3Q (Ana Ferreira, Admin in payments-prod)`.
fn about(request: &AccessRequest, directory: &Directory) -> Text {
    let ask = &request.ask;
    Text::new()
        .code(ask.id.as_str())
        .say(" (")
        .person(&ask.requester, directory)
        .say(format!(", {})", ask.title()))
}

/// What an approver must know to answer without looking at the card; nothing, when it was answered.
fn waits(text: Text, request: &AccessRequest) -> Option<Text> {
    let State::Pending { lapses_at } = &request.state else { return None };
    let ask = &request.ask;
    let text = text.say(", for ").bold(ask.length.to_string());
    let text = ask.starts_at.iter().fold(text, |text, at| text.say(", from ").time(*at));
    let missing = approvals(request.approvals_missing());
    let text =
        quote(text, &ask.reason).line().say(format!("Missing: {missing}. It lapses ")).time(*lapses_at);
    Some(text.say("."))
}

fn quote(text: Text, typed: &str) -> Text {
    if typed.trim().is_empty() { text } else { text.say(": ").quote(typed) }
}

/// The same for more time.
fn more_time(text: Text, request: &AccessRequest) -> Option<Text> {
    let (extension, deadline) = (request.extension.as_ref()?, request.deadline()?);
    let text = text.say(": ").bold(format!("{} more", extension.by)).say(", until ");
    let text = text.time(extension.by.after(deadline));
    let text = extension.reason.iter().fold(text, |text, reason| quote(text, reason));
    let missing = approvals(extension.approvals_missing());
    let text = text.line().say(format!("Missing: {missing}, until ")).time(extension.lapses_at);
    Some(text.say(". Without it the access ends ").time(deadline).say("."))
}

fn no_more(text: Text, request: &AccessRequest, directory: &Directory) -> Text {
    let text = match &request.no_more {
        Some(no) => text.say(" by ").person(&no.by, directory).say(": ").quote(&no.why),
        None => text,
    };
    until(text, request, "It ends ")
}

fn until(text: Text, request: &AccessRequest, head: &str) -> Text {
    match request.deadline() {
        Some(deadline) => text.say(". ").say(head).time(deadline).say("."),
        None => text.say("."),
    }
}

fn ends_soon(text: Text, request: &AccessRequest) -> Text {
    let text = until(text, request, "It ends ");
    match &request.extension {
        Some(extension) => text.say(format!(
            " The {} more that you asked for wait for {}.",
            extension.by,
            approvals(extension.approvals_missing())
        )),
        None => text.say(" Extend it if you need more time; give it back if you are done."),
    }
}

fn scheduled(text: Text, request: &AccessRequest) -> Text {
    match &request.state {
        State::Scheduled { starts_at, deadline } => {
            let text = text.say(". It begins ").time(*starts_at).say(", until ").time(*deadline);
            text.say("; policy is asked once more then. You are told when the access is there.")
        }
        State::Pending { .. }
        | State::Granting { .. }
        | State::Active { .. }
        | State::Ending { .. }
        | State::Ended { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => text.say("."),
    }
}

fn granted(text: Text, request: &AccessRequest, directory: &Directory, setting: &Setting) -> Text {
    let text = text.say(" until ").time(request.deadline().unwrap_or(request.ask.at)).say(".");
    let there = request.parts.iter().filter(|part| part.state.is_meant()).count();
    let text = match request.parts.len() {
        all if there < all => text
            .say(" ")
            .bold(format!("Only {there} of {all} things"))
            .say(" could be given: the card says why."),
        _all => text,
    };
    let sessions = request.deadline().and_then(|end| sessions_until(request, end));
    let text = match sessions {
        Some(_) if request.cut != Cutting::No => text.say(" Sessions that are open then are cut."),
        Some(until) => text.say(" Sessions that are open then may live on until ").time(until).say("."),
        None => text,
    };
    let at_aws = request.ask.targets().any(|target| provider_of(target, directory) == AWS);
    match &setting.portal_url {
        Some(portal) if at_aws => ways_in(text.line(), portal, request, setting),
        Some(_) | None => text,
    }
}

/// How to use what was granted.
fn ways_in(text: Text, portal: &str, request: &AccessRequest, setting: &Setting) -> Text {
    let text = text.link(portal_link(portal, request), "Open the console");
    match profile(request) {
        Some(profile) => text
            .say(" · command line: ")
            .code(profile)
            .say(" with start URL ")
            .code(portal)
            .say(" and region ")
            .code(&setting.region),
        None => text,
    }
}

/// The deep link of the access portal; it names, and never grants. The portal itself, where there is more than one thing.
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/createshortcutlink.html>
fn portal_link(portal: &str, request: &AccessRequest) -> String {
    let base = portal.trim_end_matches('/');
    let (first, more) = (&request.ask.items.first, &request.ask.items.more);
    match (&first.name, &first.target) {
        (ItemName::Assignment { permission_set, .. }, Target::Assignment { account, .. })
            if more.is_empty() =>
        {
            let role: String = url::form_urlencoded::byte_serialize(permission_set.as_bytes()).collect();
            format!("{base}/#/console?account_id={account}&role_name={role}")
        }
        (ItemName::Assignment { .. } | ItemName::Group { .. }, _) => base.to_owned(),
    }
}

/// What to type for credentials on the command line: nothing else, because people copy it whole.
fn profile(request: &AccessRequest) -> Option<String> {
    let ask = &request.ask;
    match &ask.items.first.name {
        ItemName::Assignment { account, permission_set } if ask.items.more.is_empty() => {
            Some(format!("aws configure sso --profile {}-{}", word(account), word(permission_set)))
        }
        // Which accounts a group, or a bundle, opens is chosen while one configures.
        ItemName::Assignment { .. } => Some("aws configure sso".to_owned()),
        ItemName::Group { .. } => None,
    }
}

/// A name as one harmless word of a command line.
fn word(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect()
}

fn ended(text: Text, request: &AccessRequest, directory: &Directory) -> Text {
    let State::Ended { at, cause, granted_at, kept_by, .. } = &request.state else { return text.say(".") };
    let provider = provider(request, directory);
    let text = text.say(": ").and(why_ended(cause, directory, provider));
    match (kept_by, granted_at) {
        (Some(other), _) => text.say("; the access stays until ").code(other.as_str()).say(" ends."),
        (None, None) => text.say(". There was no access yet."),
        (None, Some(_)) => {
            let text = text.say(format!(". {provider} confirms that it is gone"));
            match (&request.cut, sessions_until(request, *at)) {
                (Cutting::Asked | Cutting::UnderWay, _) => text.say("; open sessions are being cut."),
                (Cutting::Done { .. }, _) => text.say(", and sessions are cut."),
                (Cutting::No | Cutting::Failed { .. }, Some(until)) => {
                    text.say("; sessions that are open may live on until ").time(until).say(".")
                }
                (Cutting::No | Cutting::Failed { .. }, None) => text.say("."),
            }
        }
    }
}

fn denied(text: Text, request: &AccessRequest, directory: &Directory) -> Text {
    match &request.state {
        State::Denied { by, why, .. } => text.say(" by ").person(by, directory).say(": ").quote(why),
        State::Pending { .. }
        | State::Scheduled { .. }
        | State::Granting { .. }
        | State::Active { .. }
        | State::Ending { .. }
        | State::Ended { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => text,
    }
}

fn outcome(text: Text, request: &AccessRequest, directory: &Directory) -> Text {
    let at = provider(request, directory);
    let text = text.say(": ");
    match &request.state {
        State::Failed { cause, .. } => text
            .and(why_ended(cause, directory, at))
            .say("; ")
            .say(not_there(request, at))
            .say("; ask again if you still need it."),
        State::Ended { cause, .. } | State::Ending { cause, .. } => {
            text.and(why_ended(cause, directory, at)).say(".")
        }
        State::Pending { .. }
        | State::Scheduled { .. }
        | State::Granting { .. }
        | State::Active { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. } => text,
    }
}

fn overdue(nth: u32, text: Text, request: &AccessRequest, directory: &Directory) -> Text {
    let provider = provider(request, directory);
    let text = text.say(" should be gone");
    let text = match &request.state {
        State::Ending { due, .. } => text.say(" since ").time(*due),
        State::Pending { .. }
        | State::Scheduled { .. }
        | State::Granting { .. }
        | State::Active { .. }
        | State::Ended { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => text,
    };
    let what = match (&request.ask.items.first.target, request.ask.items.more.is_empty()) {
        (Target::Assignment { .. }, true) => "the assignment",
        (Target::Membership { .. }, true) => "the person from the group",
        (_, false) => "what is left of it",
    };
    let text = text.say(format!(" and {provider} does not confirm that it is. Glasskey keeps trying; if you can, remove {what} by hand."));
    let text = match &request.trouble {
        Some(trouble) => text.say(" It says: ").code(trouble).say("."),
        None => text,
    };
    if nth > 1 { text.say(format!(" (told {nth} times)")) } else { text }
}

fn urgent(text: Text, request: &AccessRequest, directory: &Directory) -> Text {
    let text = text.say(", for ").bold(request.length().to_string());
    look(quote(text, &request.ask.reason).line(), request, directory)
}

fn review_due(nth: u32, text: Text, request: &AccessRequest, directory: &Directory) -> Text {
    let text = text.say(format!(", urgent access of {nth} {} ago", if nth == 1 { "day" } else { "days" }));
    look(quote(text, &request.ask.reason).line(), request, directory)
}

/// Who must look, and what it means.
fn look(text: Text, request: &AccessRequest, directory: &Directory) -> Text {
    if !request.review.is_wanted() {
        return text.say("Somebody has looked at it meanwhile.");
    }
    let text = named(text.say("One of "), &request.approvers, directory);
    let text = text.say(" must look at it: acknowledge it, or object");
    text.say(if request.state.is_terminal() { "." } else { ", which ends it." })
}

fn reviewed(request: &AccessRequest, directory: &Directory) -> Text {
    let words = |head: &str, by: &PersonId| {
        Text::new()
            .bold(head)
            .say(": ")
            .person(by, directory)
            .say(" looked at ")
            .and(about(request, directory))
    };
    match &request.review {
        UrgentReview::Acknowledged { by, note, .. } => {
            let text = words("Acknowledged", by).say(" and says that it was right");
            note.iter().fold(text, |text, note| quote(text, note)).say(".")
        }
        UrgentReview::Objected { by, why, .. } => {
            let text = quote(words("Objected", by).say(" and says that it was not right"), why);
            let ends = matches!(
                &request.state,
                State::Ending { cause: EndCause::Objected { .. }, .. }
                    | State::Ended { cause: EndCause::Objected { .. }, .. }
            );
            text.say(if ends { ". The access is taken away." } else { "." })
        }
        UrgentReview::NotNeeded | UrgentReview::Wanted { .. } => {
            Text::new().bold("Looked at").say(": ").and(about(request, directory)).say(".")
        }
    }
}

fn unsure(text: Text, request: &AccessRequest, directory: &Directory) -> Text {
    match &request.doubt {
        Some(doubt) => doubted(text.line(), doubt, directory).say("."),
        None => text.say(". What was unsure is clear again."),
    }
}

fn stricter(text: Text, request: &AccessRequest, directory: &Directory) -> Text {
    let Some(why) = &request.stricter else { return text.say(". It does again.") };
    let text = text.say(": ").and(refusals::not_permitted(why)).say(". Nothing was ended");
    let text = match request.deadline() {
        Some(deadline) => text.say(": it goes on until ").time(deadline),
        None => text,
    };
    named(text.say(", unless somebody ends it. May do so: "), &who_may_end(request), directory)
        .say(", and whom policy lets.")
}

/// Those who may end it whatever policy says.
fn who_may_end(request: &AccessRequest) -> Vec<PersonId> {
    let approved = request.approvals.iter().map(|approval| approval.by.clone());
    std::iter::once(request.ask.requester.clone()).chain(approved).collect()
}

fn not_cut(text: Text, request: &AccessRequest) -> Text {
    let text = match &request.cut {
        Cutting::Failed { why } => text.say(": ").code(why),
        Cutting::No | Cutting::Asked | Cutting::UnderWay | Cutting::Done { .. } => text,
    };
    let until = match &request.state {
        State::Ended { at, .. } => sessions_until(request, *at),
        State::Pending { .. }
        | State::Scheduled { .. }
        | State::Granting { .. }
        | State::Active { .. }
        | State::Ending { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. }
        | State::Failed { .. } => None,
    };
    let text = match until {
        Some(until) => text.say(". Sessions that are open may live on until ").time(until),
        None => text.say(". Sessions that are open may live on"),
    };
    text.hint("; by hand: a deny on `aws:TokenIssueTime` in the inline policy of the permission set.")
}
