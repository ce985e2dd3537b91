//! Messages about a request: each says what is true in the ledger when it is written.

use glasskey_domain::{AccessRequest, Directory, ItemName, NoticeKind, State, Target};

use super::card::why_ended;
use super::{Setting, Text};

/// A message in words.
#[must_use]
pub fn tell(kind: NoticeKind, request: &AccessRequest, directory: &Directory, setting: &Setting) -> Text {
    match kind {
        NoticeKind::Granted => granted(request, directory, setting),
        NoticeKind::Ended => ended(request, directory),
        NoticeKind::Denied => denied(request, directory),
        NoticeKind::Lapsed => {
            about(request, directory).say(" lapsed: nobody answered in time. Ask again if you still need it.")
        }
        NoticeKind::Failed => outcome("Failed", request, directory),
        NoticeKind::AlreadyHeld => outcome("Nothing to do", request, directory),
        NoticeKind::RemovedByHand => outcome("Removed by hand", request, directory),
        NoticeKind::Overdue { nth } => overdue(nth, request, directory),
        NoticeKind::OverdueOver => {
            let text = Text::new().bold("No longer overdue").say(": ").and(about(request, directory));
            text.say(" is gone at last; AWS confirms it.")
        }
        NoticeKind::Scheduled => scheduled(request, directory),
        NoticeKind::ApprovalDue { .. } => waits("Still waits for your approval", request, directory),
        NoticeKind::Escalated { .. } => {
            waits("Nobody answered, so you are asked to approve", request, directory)
        }
        NoticeKind::Extended { .. } => {
            until(Text::new().bold("Extended").say(": ").and(about(request, directory)), request)
        }
        NoticeKind::EndsSoon { .. } => {
            until(Text::new().bold("Ends soon").say(": ").and(about(request, directory)), request)
        }
        NoticeKind::ExtensionAsked { .. } => waits("More time is asked for", request, directory),
        NoticeKind::ExtensionDenied { .. } => {
            Text::new().bold("More time was denied").say(": ").and(about(request, directory))
        }
        NoticeKind::ExtensionLapsed { .. } => {
            Text::new().bold("Nobody answered").say(" about more time for ").and(about(request, directory))
        }
        NoticeKind::Urgent => waits("Urgent access was taken", request, directory),
        NoticeKind::ReviewDue { .. } => waits("Urgent access waits for a look", request, directory),
        NoticeKind::Reviewed => Text::new().bold("Acknowledged").say(": ").and(about(request, directory)),
        NoticeKind::Objected => Text::new().bold("Objected").say(": ").and(about(request, directory)),
        NoticeKind::Unsure { .. } => Text::new().bold("Unsure").say(": ").and(about(request, directory)),
        NoticeKind::Stricter { .. } => {
            Text::new().bold("Policy would not permit this any more").say(": ").and(about(request, directory))
        }
        NoticeKind::SessionsCut => Text::new().bold("Sessions cut").say(": ").and(about(request, directory)),
        NoticeKind::SessionsNotCut => {
            Text::new().bold("Sessions not cut").say(": ").and(about(request, directory))
        }
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

fn waits(head: &str, request: &AccessRequest, directory: &Directory) -> Text {
    Text::new().bold(head).say(": ").and(about(request, directory)).say(": ").quote(&request.ask.reason)
}

fn until(text: Text, request: &AccessRequest) -> Text {
    match request.deadline() {
        Some(deadline) => text.say(" until ").time(deadline).say("."),
        None => text.say("."),
    }
}

fn scheduled(request: &AccessRequest, directory: &Directory) -> Text {
    let text = Text::new().bold("Approved").say(": ").and(about(request, directory));
    match &request.ask.starts_at {
        Some(at) => text.say(" begins ").time(*at).say("."),
        None => text.say("."),
    }
}

fn granted(request: &AccessRequest, directory: &Directory, setting: &Setting) -> Text {
    let ask = &request.ask;
    let text = Text::new().bold("Granted").say(": ").and(about(request, directory));
    let text = match request.deadline() {
        Some(deadline) => text.say(" until ").time(deadline).say("."),
        None => text.say("."),
    };
    let text = text.say(format!(" Sessions that are open then may live on for up to {}.", ask.session()));
    match &setting.portal_url {
        Some(portal) => text
            .line()
            .link(portal_link(portal, request), "Open the console")
            .say(" · command line: ")
            .code(profile(request))
            .say(" with start URL ")
            .code(portal)
            .say(" and region ")
            .code(&setting.region),
        None => text,
    }
}

/// The deep link of the access portal; it names, and never grants.
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/createshortcutlink.html>
fn portal_link(portal: &str, request: &AccessRequest) -> String {
    let base = portal.trim_end_matches('/');
    let first = &request.ask.items.first;
    match (&first.name, &first.target) {
        (ItemName::Assignment { permission_set, .. }, Target::Assignment { account, .. }) => {
            let role: String = url::form_urlencoded::byte_serialize(permission_set.as_bytes()).collect();
            format!("{base}/#/console?account_id={account}&role_name={role}")
        }
        (ItemName::Assignment { .. } | ItemName::Group { .. }, _) => base.to_owned(),
    }
}

/// What to type for credentials on the command line: nothing else, because people copy it whole.
fn profile(request: &AccessRequest) -> String {
    match &request.ask.items.first.name {
        ItemName::Assignment { account, permission_set } => {
            format!("aws configure sso --profile {}-{}", word(account), word(permission_set))
        }
        ItemName::Group { group } => format!("aws configure sso --profile {}", word(group)),
    }
}

/// A name as one harmless word of a command line.
fn word(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect()
}

fn ended(request: &AccessRequest, directory: &Directory) -> Text {
    let text = Text::new().bold("Ended").say(": ").and(about(request, directory));
    let State::Ended { cause, granted_at, kept_by, .. } = &request.state else { return text.say(".") };
    let text = text.say(": ").and(why_ended(cause, directory));
    match (kept_by, granted_at) {
        (Some(other), _) => text.say("; the access stays until ").code(other.as_str()).say(" ends."),
        (None, Some(_)) => text.say(format!(
            ". AWS confirms that it is gone; sessions that are open may live on for up to {}.",
            request.ask.session()
        )),
        (None, None) => text.say(". There was no access yet."),
    }
}

fn denied(request: &AccessRequest, directory: &Directory) -> Text {
    let text = Text::new().bold("Denied").say(": ").and(about(request, directory));
    match &request.state {
        State::Denied { by, why, .. } => text.say(" by ").person(by, directory).say(": ").say(why),
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

fn outcome(head: &str, request: &AccessRequest, directory: &Directory) -> Text {
    let text = Text::new().bold(head).say(": ").and(about(request, directory)).say(": ");
    match &request.state {
        State::Failed { cause, .. } => text
            .and(why_ended(cause, directory))
            .say(". AWS confirms that there is no access; ask again when it is mended."),
        State::Ended { cause, .. } => text.and(why_ended(cause, directory)).say("."),
        State::Pending { .. }
        | State::Scheduled { .. }
        | State::Granting { .. }
        | State::Active { .. }
        | State::Ending { .. }
        | State::Denied { .. }
        | State::Withdrawn { .. }
        | State::Lapsed { .. } => text,
    }
}

fn overdue(nth: u32, request: &AccessRequest, directory: &Directory) -> Text {
    let text = Text::new().bold("OVERDUE").say(": ").and(about(request, directory)).say(" should be gone");
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
    let text = text.say(" and AWS does not confirm that it is. Glasskey keeps trying; if you can, remove the assignment by hand.");
    let text = match &request.trouble {
        Some(trouble) => text.say(" It says: ").code(trouble).say("."),
        None => text,
    };
    if nth > 1 { text.say(format!(" (told {nth} times)")) } else { text }
}
