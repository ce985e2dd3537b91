//! Messages about emergencies, and about what is watched.

use std::collections::BTreeSet;

use glasskey_domain::emergency::{EmergencyState, Level};
use glasskey_domain::{Directory, Emergency, NoticeKind};
use jiff::Timestamp;

use super::report::report;
use super::{about, each, in_it, level, sessions, who};
use crate::notices::{FederationWords, Setting, Text, links};

/// A message about an emergency in words; empty for a kind that is about something else.
#[must_use]
pub fn tell(kind: NoticeKind, emergency: &Emergency, directory: &Directory, setting: &Setting) -> Text {
    let words = setting.federations.get(&emergency.ask.federation);
    match kind {
        NoticeKind::Proposed { nth } => proposed(nth, emergency, directory),
        NoticeKind::EmergencyOn => on(emergency, directory, words),
        NoticeKind::EmergencyAlone => alone(emergency, directory),
        NoticeKind::SignIn { level } => sign_in(level, emergency, words),
        NoticeKind::EmergencyStuck => stuck(emergency, setting),
        NoticeKind::Strangers { .. } => strangers(emergency),
        NoticeKind::StillOn { .. } => still_on(emergency, directory),
        NoticeKind::Extended { .. } => {
            until(Text::new().bold("Break-glass is extended").say(": ").and(about(emergency)), emergency)
                .say("; it ends by itself then.")
        }
        NoticeKind::EndsSoon { .. } => {
            until(Text::new().bold("Break-glass ends soon").say(": ").and(about(emergency)), emergency)
                .hint(". `/breakglass extend 1h` moves the end, `/breakglass off` closes it now.")
        }
        NoticeKind::CloseNow => Text::new()
            .bold("Identity Center answers again")
            .say(", and has for a quarter of an hour: ")
            .and(about(emergency))
            .hint(" can be closed with `/breakglass off`; ordinary access works with `/elevate`."),
        NoticeKind::EmergencyOff => off(emergency, directory),
        NoticeKind::Overdue { nth } => overdue(nth, emergency, setting),
        NoticeKind::OverdueOver => Text::new()
            .bold("No longer overdue")
            .say(": ")
            .and(about(emergency))
            .say(format!(" is closed at last; {} shows it.", emergency.ask.place.provider.name())),
        NoticeKind::ReviewDue { nth } => Text::new()
            .bold("Not reviewed yet")
            .say(": ")
            .and(about(emergency))
            .say(format!(" (day {nth}). An auditor who had no part in it acknowledges it with "))
            .code(format!("/breakglass review {}", emergency.ask.id))
            .say("."),
        NoticeKind::Reviewed => reviewed(emergency, directory),
        NoticeKind::Granted
        | NoticeKind::Ended
        | NoticeKind::Denied
        | NoticeKind::Lapsed
        | NoticeKind::Failed
        | NoticeKind::AlreadyHeld
        | NoticeKind::RemovedByHand
        | NoticeKind::Scheduled
        | NoticeKind::ApprovalDue { .. }
        | NoticeKind::Escalated { .. }
        | NoticeKind::ExtensionAsked { .. }
        | NoticeKind::ExtensionDenied { .. }
        | NoticeKind::ExtensionLapsed { .. }
        | NoticeKind::Urgent
        | NoticeKind::Objected
        | NoticeKind::Unsure { .. }
        | NoticeKind::Stricter { .. }
        | NoticeKind::SessionsCut
        | NoticeKind::SessionsNotCut
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

/// A message about what is watched in words; empty for a kind that is about something else.
#[must_use]
pub fn watch(kind: NoticeKind) -> Text {
    let time = |second: i64| Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
    match kind {
        NoticeKind::CenterSilent { since } => Text::new()
            .bold("Identity Center does not answer")
            .say(" since ")
            .time(time(since))
            .hint("; commanders can open break-glass: `/breakglass on ops INC-… why`. Glasskey never opens it by itself."),
        NoticeKind::CenterAnswers { since } => {
            Text::new().bold("Identity Center answers again").say(" since ").time(time(since)).say(".")
        }
        NoticeKind::DrillMissed { due } => Text::new()
            .bold("A break-glass drill was missed")
            .say(": it was due ")
            .time(time(due))
            .hint(", and was not held: Glasskey was not running, or an emergency came first. Hold one with `/breakglass drill`."),
        other => links::tell(other).unwrap_or_default(),
    }
}

fn until(text: Text, emergency: &Emergency) -> Text {
    match emergency.deadline() {
        Some(deadline) => text.say(", until ").time(deadline),
        None => text,
    }
}

fn asked_by(text: Text, emergency: &Emergency, directory: &Directory) -> Text {
    who(text, &emergency.ask.by, directory).say(": ").quote(&emergency.ask.reason)
}

fn proposed(nth: u32, emergency: &Emergency, directory: &Directory) -> Text {
    let head = if nth == 0 { "Break-glass needs a second person" } else { "Break-glass still waits" };
    let text = Text::new().bold(head).say(": ").and(about(emergency)).say(", asked for by ");
    let text = asked_by(text, emergency, directory).say(".").line();
    let text = if emergency.confirmers.is_empty() {
        text.say("Nobody else may confirm it now.")
    } else {
        text.people(&emergency.confirmers, directory)
            .hint(": press Confirm on the card, or say `/breakglass confirm`.")
    };
    match &emergency.state {
        EmergencyState::Proposed { lapses_at, .. } => text.say(" It lapses ").time(*lapses_at).say("."),
        EmergencyState::Opening { .. }
        | EmergencyState::On { .. }
        | EmergencyState::Closing { .. }
        | EmergencyState::Off { .. }
        | EmergencyState::Declined { .. }
        | EmergencyState::Withdrawn { .. }
        | EmergencyState::Lapsed { .. } => text,
    }
}

fn on(emergency: &Emergency, directory: &Directory, words: Option<&FederationWords>) -> Text {
    let text = Text::new().bold("BREAK-GLASS IS ON");
    let text = emergency.deadline().into_iter().fold(text, |text, end| text.say(" until ").time(end));
    let text = text.say(": ").and(about(emergency)).say(", opened by ");
    let text = asked_by(text, emergency, directory).say(".").line();
    let text = in_it(text, emergency.seats_given().count());
    let seats = emergency.seats_given().map(|seat| {
        let not_yet = if seat.confirmed_at.is_none() { ", not in yet" } else { "" };
        (&seat.person, format!(" ({}{not_yet})", seat.level.word()))
    });
    let text = approved(each(text, seats, directory).say("."), emergency, directory).line();
    let text = match words.and_then(|words| words.app_link.as_ref()) {
        Some(link) => text.link(link, "Sign in to the emergency app"),
        None => text.say(format!(
            "Sign in through the emergency app on your {} dashboard",
            emergency.ask.place.provider.name()
        )),
    };
    let text = text
        .hint(" · more people: `/breakglass add @person ro` · close: `/breakglass off`. It ends by itself.");
    ways_in(text, emergency, words).line().and(sessions(emergency)).say(".")
}

/// For each group that somebody was put into: its name, the role and the account behind it.
fn ways_in(text: Text, emergency: &Emergency, words: Option<&FederationWords>) -> Text {
    let levels: BTreeSet<Level> = emergency.seats_given().map(|seat| seat.level).collect();
    let names = levels.into_iter().filter_map(|level| Some((level, words?.groups.get(&level)?)));
    names.fold(text, |text, (level, name)| {
        let text = text.line().say(level.word()).say(" is group ").code(name);
        role(text, name, level)
    })
}

fn approved(text: Text, emergency: &Emergency, directory: &Directory) -> Text {
    let confirmed: Vec<_> = emergency.confirmations.iter().map(|yes| yes.by.clone()).collect();
    match (confirmed.is_empty(), emergency.alone) {
        (false, _) => text.say(" Confirmed by ").people(&confirmed, directory).say("."),
        (true, true) => text.say(" ").bold("Nobody confirmed it").say(": the opener went on alone."),
        (true, false) => text,
    }
}

fn alone(emergency: &Emergency, directory: &Directory) -> Text {
    let text = Text::new().bold("Opened by one person alone").say(": ");
    who(text, &emergency.ask.by, directory)
        .say(" opened ")
        .and(about(emergency))
        .hint(" without the confirmation that policy asks for, because nobody answered. Look at it: `/breakglass status`, `/breakglass off`.")
}

/// Into which group, with which role, in which account.
fn sign_in(group: Level, emergency: &Emergency, words: Option<&FederationWords>) -> Text {
    let text = Text::new().bold("You are in").say(format!(": {} of ", level(group))).and(about(emergency));
    let text = until(text, emergency).say(".").line();
    let text = match words.and_then(|words| words.app_link.as_ref()) {
        Some(link) => text.link(link, "Sign in to AWS"),
        None => text
            .say(format!("Open the emergency app on your {} dashboard", emergency.ask.place.provider.name())),
    };
    let text = match words.and_then(|words| words.groups.get(&group)) {
        Some(name) => role(text.say(", group ").code(name), name, group),
        None => text.say("."),
    };
    text.line().and(sessions(emergency)).say(".")
}

/// A group name such as `aws#EmergencyAccess_Role1_RO#555555555555` says role and account.
fn role(text: Text, group: &str, level: Level) -> Text {
    let mut parts = group.split('#');
    let workload = match level {
        Level::Ro => "EmergencyAccess_RO",
        Level::Ops => "EmergencyAccess_Ops",
    };
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("aws"), Some(role), Some(account), None) => text
            .say(": role ")
            .code(role)
            .say(" in the emergency account ")
            .code(account)
            .say("; from there switch role to ")
            .code(workload)
            .say(" in the account you work on."),
        _other => text.say("."),
    }
}

fn stuck(emergency: &Emergency, setting: &Setting) -> Text {
    let provider = emergency.ask.place.provider.name();
    let text = Text::new().bold("Break-glass does not open").say(": ").and(about(emergency)).say(": ");
    let text = if emergency.read_only {
        text.say(format!("{provider} takes no changes now (read-only, disaster recovery)"))
    } else {
        text.say(format!("{provider} does not do it"))
    };
    let text = match &emergency.trouble {
        Some(trouble) => text.say(": ").code(trouble),
        None => text,
    };
    text.say(". Glasskey keeps trying. If it takes too long, follow the runbook: ").and(runbook(setting))
}

fn runbook(setting: &Setting) -> Text {
    match &setting.runbook {
        Some(path) => Text::new().code("glasskey breakglass runbook").say(" or ").code(path).say("."),
        None => Text::new().code("glasskey breakglass runbook").say("."),
    }
}

fn strangers(emergency: &Emergency) -> Text {
    let text = Text::new()
        .bold("Somebody else is in the emergency groups")
        .say(", not added by Glasskey: ")
        .and(about(emergency))
        .say(": ");
    super::strangers(text, emergency)
        .say(". They stay there while it is on, and are taken out when it is closed.")
}

fn still_on(emergency: &Emergency, directory: &Directory) -> Text {
    let text =
        Text::new().bold("Break-glass is still on").say(": ").and(about(emergency)).say(", opened by ");
    let text = until(who(text, &emergency.ask.by, directory), emergency);
    let seats = emergency.seats_given().count();
    let people = if seats == 1 { "1 person".to_owned() } else { format!("{seats} people") };
    text.say(format!("; {people} in it.")).hint(" Close it with `/breakglass off` as soon as it can be.")
}

fn off(emergency: &Emergency, directory: &Directory) -> Text {
    let text = Text::new().bold("Break-glass was not opened").say(": ").and(about(emergency)).say(": ");
    match &emergency.state {
        EmergencyState::Declined { by, why, .. } => {
            let text = who(text.say("declined by "), by, directory);
            match why {
                Some(why) => text.say(": ").quote(why).say("."),
                None => text.say("."),
            }
        }
        EmergencyState::Withdrawn { .. } => text.say("taken back by who asked for it."),
        EmergencyState::Lapsed { .. } => {
            text.say("nobody confirmed it in time. Ask again if it is still needed.")
        }
        EmergencyState::Off { .. } => report(emergency, directory),
        EmergencyState::Proposed { .. }
        | EmergencyState::Opening { .. }
        | EmergencyState::On { .. }
        | EmergencyState::Closing { .. } => Text::new(),
    }
}

fn overdue(nth: u32, emergency: &Emergency, setting: &Setting) -> Text {
    let provider = emergency.ask.place.provider.name();
    let text = Text::new().bold("OVERDUE").say(": ").and(about(emergency)).say(" should be closed");
    let text = match emergency.deadline() {
        Some(due) => text.say(" since ").time(due),
        None => text,
    };
    let text = text.say(format!(" and {provider} does not show that it is. Glasskey keeps trying; if you can, deactivate the app and empty the groups by hand: "));
    let text = text.and(runbook(setting));
    let text = match &emergency.trouble {
        Some(trouble) => text.say(" It says: ").code(trouble).say("."),
        None => text,
    };
    if nth > 1 { text.say(format!(" (told {nth} times)")) } else { text }
}

fn reviewed(emergency: &Emergency, directory: &Directory) -> Text {
    let text = Text::new().bold("Reviewed").say(": ").and(about(emergency));
    match &emergency.review {
        glasskey_domain::emergency::Review::Done { by, note, .. } => {
            let text = text.say(" by ").person(by, directory);
            match note {
                Some(note) => text.say(": ").quote(note).say("."),
                None => text.say("."),
            }
        }
        glasskey_domain::emergency::Review::NotNeeded | glasskey_domain::emergency::Review::Wanted { .. } => {
            text
        }
    }
}
