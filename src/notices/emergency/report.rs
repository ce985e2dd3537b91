//! The report of an emergency that is off: what happened, who was in, how late, what was verified, what is left to do.

use glasskey_domain::emergency::{CloseCause, EmergencyState, Happening};
use glasskey_domain::federation::{CutSeen, Sight};
use glasskey_domain::{Directory, Emergency, Seconds};

use super::{about, each, in_it, level, noun, sessions, who};
use crate::notices::Text;

/// Lines of the timeline that a message shows; `glasskey breakglass status` and the audit export have all.
const LINES_MAX: usize = 20;
/// What is to be looked at after every use. Source: SEC03-BP03 of the Well-Architected Framework, and AWS's "Set up
/// emergency access" (return to normal operations).
pub const CHECKLIST: [&str; 5] = [
    "the incident and the reason fit what was done (CloudTrail of the emergency account and of the workload accounts, by sts:SourceIdentity)",
    "everybody who was in was needed, and nobody is in the groups now",
    "what was changed by hand is written back into code, or undone",
    "secrets that were read are rotated",
    "what made break-glass necessary has an owner and a date",
];

/// The report.
pub(super) fn report(emergency: &Emergency, directory: &Directory) -> Text {
    let EmergencyState::Off { at, cause, on_since, lateness_ms, taken_over_by } = &emergency.state else {
        return Text::new();
    };
    let text = Text::new()
        .bold(format!("{} is off", noun(emergency)))
        .say(": ")
        .and(about(emergency))
        .say(", since ");
    let text = text.time(*at).say("; ").and(cause_words(cause, directory)).say(".");
    if let Some(next) = taken_over_by {
        return text
            .say(" The federation stays open for ")
            .code(next.as_str())
            .say(", which goes on where this one was.");
    }
    let text = match on_since {
        Some(since) => {
            text.line().say("On since ").time(*since).say(format!(", for {}", length(*since, *at)))
        }
        None => text.line().say("It had not been seen on"),
    };
    let text = text.say(format!("; closed {} after it was due.", late(*lateness_ms)));
    if emergency.is_drill() {
        return drill(text, emergency, cause);
    }
    let text = who(text.line().say("Opened by "), &emergency.ask.by, directory)
        .say(": ")
        .quote(&emergency.ask.reason);
    let text = approvals(text, emergency, directory);
    let text = people(text, emergency, directory);
    let text = strangers(text, emergency);
    let text = verified(text, emergency).line().and(sessions(emergency)).say(".");
    let text = checklist(text, emergency);
    events(text, emergency, directory)
}

fn drill(text: Text, emergency: &Emergency, cause: &CloseCause) -> Text {
    let text = match cause {
        CloseCause::DrillDone => text
            .line()
            .bold("Passed")
            .say(": activated, sign-in metadata fetched, deactivated, groups empty."),
        CloseCause::DrillFailed { why } => {
            text.line().bold("Failed").say(": ").code(why).hint("; run `glasskey breakglass check`.")
        }
        CloseCause::Deadline => {
            text.line().bold("Failed").hint(": it was not on in time; run `glasskey breakglass check`.")
        }
        CloseCause::Ordered { .. } | CloseCause::ByHand => {
            text.line().bold("Failed").say(": somebody closed it.")
        }
    };
    verified(text, emergency)
}

pub(super) fn cause_words(cause: &CloseCause, directory: &Directory) -> Text {
    let text = Text::new();
    match cause {
        CloseCause::Deadline => text.say("its time was up"),
        CloseCause::Ordered { by, reason: None } => who(text.say("closed by "), by, directory),
        CloseCause::Ordered { by, reason: Some(reason) } => {
            who(text.say("closed by "), by, directory).say(": ").quote(reason)
        }
        CloseCause::DrillDone => text.say("the drill was over"),
        CloseCause::DrillFailed { why } => text.say("the drill failed: ").code(why),
        CloseCause::ByHand => text.say("somebody deactivated the app at the identity provider"),
    }
}

fn length(from: jiff::Timestamp, to: jiff::Timestamp) -> Seconds {
    let seconds = to.as_second().saturating_sub(from.as_second());
    Seconds(u32::try_from(seconds).unwrap_or(0))
}

fn late(milliseconds: u64) -> String {
    if milliseconds < 1_000 {
        return format!("{milliseconds} ms");
    }
    Seconds(u32::try_from(milliseconds / 1_000).unwrap_or(u32::MAX)).to_string()
}

fn approvals(text: Text, emergency: &Emergency, directory: &Directory) -> Text {
    let confirmed: Vec<_> = emergency.confirmations.iter().map(|yes| yes.by.clone()).collect();
    match (confirmed.is_empty(), emergency.alone, emergency.terms.approvals) {
        (false, _, _) => text.line().say("Confirmed by ").people(&confirmed, directory).say("."),
        (true, true, _) => text.line().bold("Nobody confirmed it: the opener went on alone."),
        (true, false, 0) => text.line().say("Policy asked for no confirmation."),
        (true, false, _) => text,
    }
}

fn people(text: Text, emergency: &Emergency, directory: &Directory) -> Text {
    let text = in_it(text.line(), emergency.seats.len());
    if emergency.seats.is_empty() {
        return text.say("nobody.");
    }
    let seats = emergency.seats.iter().map(|seat| {
        let never = if seat.confirmed_at.is_some() { "" } else { ", never in" };
        (&seat.person, format!(" ({}{never})", seat.level.word()))
    });
    each(text, seats, directory).say(".")
}

fn strangers(text: Text, emergency: &Emergency) -> Text {
    if emergency.strangers.values().all(std::collections::BTreeSet::is_empty) {
        return text;
    }
    let text = text.line().bold("Removed too, not added by Glasskey").say(": ");
    super::strangers(text, emergency).say(".")
}

/// What the identity provider was seen to be, and when.
fn verified(text: Text, emergency: &Emergency) -> Text {
    let view = &emergency.view;
    let mut seen = Vec::new();
    if let Sight::Seen { value: false, at } = &view.app {
        seen.push(Text::new().say("app inactive (").time(*at).say(")"));
    }
    for (level, sight) in &view.groups {
        if let Sight::Seen { value, at } = sight
            && value.is_empty()
        {
            seen.push(Text::new().say(format!("group {} empty (", level.word())).time(*at).say(")"));
        }
    }
    if let Some(CutSeen::Before(before)) = view.cut.seen() {
        seen.push(Text::new().say("AWS sessions that began before ").time(*before).say(" are denied"));
    }
    if seen.is_empty() {
        return text;
    }
    let mut text = text.line().say(format!("Verified at {}: ", emergency.ask.place.provider.name()));
    for (place, part) in seen.into_iter().enumerate() {
        text = if place > 0 { text.say(", ") } else { text };
        text = text.and(part);
    }
    text.say(".")
}

fn checklist(text: Text, emergency: &Emergency) -> Text {
    let mut text = text.line().bold("To be reviewed by an auditor").say(" (");
    text = text.code(format!("/breakglass review {}", emergency.ask.id)).say("):");
    for item in CHECKLIST {
        text = text.line().say("☐ ").say(item);
    }
    text
}

fn events(text: Text, emergency: &Emergency, directory: &Directory) -> Text {
    let skipped = emergency.timeline.len().saturating_sub(LINES_MAX);
    let mut text = text.line().bold("Timeline");
    if skipped > 0 {
        text = text.say(format!(" (the last {LINES_MAX}; {skipped} more in the journal)"));
    }
    for moment in emergency.timeline.iter().skip(skipped) {
        text = text.line().time(moment.at).say(" ").and(happening(&moment.what, directory));
    }
    text
}

/// One line of a timeline.
pub(super) fn happening(what: &Happening, directory: &Directory) -> Text {
    let text = Text::new();
    match what {
        Happening::Confirmed { by } => text.say("confirmed by ").person(by, directory),
        Happening::Alone { by } => text.person(by, directory).say(" went on alone"),
        Happening::Ordered => text.say("ordered to open"),
        Happening::AppActive => text.say("app active"),
        Happening::In { person, level: group } => {
            text.person(person, directory).say(format!(" in {}", level(*group)))
        }
        Happening::Added { by, person, level: group } => {
            let text = text.person(person, directory).say(format!(" named for {} by ", level(*group)));
            who(text, by, directory)
        }
        Happening::Removed { by, person } => {
            who(text.person(person, directory).say(" taken out by "), by, directory)
        }
        Happening::Stranger { login, level: group } => {
            text.code(login).say(format!(" seen in {}, not added by Glasskey", level(*group)))
        }
        Happening::GoneByHand { person, level: group } => {
            text.person(person, directory).say(format!(" taken out of {} by hand", level(*group)))
        }
        Happening::Extended { by, until } => {
            who(text.say("extended until ").time(*until).say(" by "), by, directory)
        }
        Happening::Trouble { what } => text.say("trouble: ").code(what),
        Happening::CloseOrdered { cause } => {
            text.say("ordered to close: ").and(cause_words(cause, directory))
        }
        Happening::AppInactive => text.say("app inactive"),
        Happening::Emptied { level: group } => text.say(format!("{} group empty", level(*group))),
        Happening::Cut { before } => text.say("AWS sessions that began before ").time(*before).say(" denied"),
        Happening::Metadata { fault: None } => text.say("sign-in metadata fetched"),
        Happening::Metadata { fault: Some(fault) } => {
            text.say("sign-in metadata could not be fetched: ").code(fault)
        }
    }
}
