//! Messages about what is watched: access that no request explains, standing access, and orders to end much at once.

use glasskey_domain::drift::{Drift, DriftState, StandingReport};
use glasskey_domain::watch::{EndAll, Watch};
use glasskey_domain::{Directory, EndScope, Holding, NoticeKind, RequestId, Target};
use jiff::Timestamp;

use super::emergency::{self, who};
use super::{Message, Text};

/// Lines of one message: more of them nobody reads, and the host's command has all.
const LINES_MAX: usize = 20;

/// A message about what is watched; empty for a kind that is about something else. `drifts`: all access that no request
/// explains.
#[must_use]
pub fn watch(kind: NoticeKind, watch: &Watch, drifts: &[Drift], directory: &Directory) -> Message {
    let text = match kind {
        NoticeKind::Drift { at } => drift(at, drifts, directory),
        NoticeKind::StandingReport { at } => report(at, watch.report.as_ref(), directory),
        NoticeKind::EndedAll { at } => ended_all(at, watch.ended.as_ref(), directory),
        other => emergency::watch(other),
    };
    Message::from(text)
}

fn second(at: i64) -> Timestamp {
    Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Whether somebody must still do something about it.
fn is_open(drift: &Drift) -> bool {
    match &drift.state {
        DriftState::Told { .. } | DriftState::Removing { .. } => true,
        DriftState::Once | DriftState::Adopted { .. } => false,
    }
}

/// Whether this message is the one that tells of it.
fn is_told_at(drift: &Drift, at: i64) -> bool {
    match &drift.state {
        DriftState::Told { at: when } | DriftState::Removing { since: when } => when.as_second() == at,
        DriftState::Once | DriftState::Adopted { .. } => false,
    }
}

fn drift(at: i64, drifts: &[Drift], directory: &Directory) -> Text {
    let new: Vec<&Drift> = drifts.iter().filter(|drift| is_told_at(drift, at)).collect();
    let before = drifts.iter().filter(|drift| is_open(drift)).count().saturating_sub(new.len());
    let head = match new.len() {
        0 => return Text::new().say("Access that no request explained is gone again, or is known now."),
        1 => "Access that no request explains".to_owned(),
        count => format!("Access that no request explains ({count} assignments)"),
    };
    let text = Text::new().bold(head).say(", seen twice:");
    let text = new.iter().take(LINES_MAX).fold(text, |text, drift| {
        let text = holding(text.line().say("• "), &drift.holding, directory);
        let text = text.say(", first seen ").time(drift.since);
        match &drift.state {
            DriftState::Removing { .. } => text.say("; it is being removed"),
            DriftState::Once | DriftState::Told { .. } | DriftState::Adopted { .. } => text,
        }
    });
    let text = rest(text, new.len());
    let text = match before {
        0 => text,
        1 => text.line().say("1 assignment that was told before is still there."),
        count => text.line().say(format!("{count} assignments that were told before are still there.")),
    };
    let removed = new.iter().any(|drift| matches!(drift.state, DriftState::Removing { .. }));
    let text = text.line().hint(
        "Who made it: look in CloudTrail of the management account for `CreateAccountAssignment` with that id as `principalId`, before it was first seen.",
    );
    match removed {
        true => text.hint(" What is meant to stay is named by `glasskey drift adopt` before it is made again."),
        false => text.hint(
            " Glasskey removes none of it: remove it, or say that it is known with `glasskey drift adopt`; `glasskey drift list` shows all.",
        ),
    }
}

fn rest(text: Text, all: usize) -> Text {
    match all.saturating_sub(LINES_MAX) {
        0 => text,
        more => text.line().say(format!("and {more} more")),
    }
}

/// `Ana Ferreira (9067…): Admin in payments-prod 111122223333`. The id is what CloudTrail has.
/// Whose, what and where, by name and by id: who adopts or removes it must see what is meant.
pub(super) fn holding(text: Text, holding: &Holding, directory: &Directory) -> Text {
    let person = &holding.principal;
    let text = match directory.people.contains_key(person) {
        true => text.person(person, directory),
        false => text.say("nobody that the directory has"),
    };
    let text = text.say(" ").code(person.as_str()).say(": ");
    match &holding.target {
        Target::Assignment { account, permission_set } => {
            let set = directory.permission_sets.get(permission_set).map(|set| set.name.clone());
            let name = directory.accounts.get(account).map_or("", |account| account.name.as_str());
            text.code(set.unwrap_or_else(|| permission_set.to_string()))
                .say(format!(" in {name} "))
                .code(account.as_str())
        }
        Target::Membership { group } => text.say("group ").code(directory.group_name(group)),
    }
}

fn report(at: i64, report: Option<&StandingReport>, directory: &Directory) -> Text {
    let text = Text::new().bold("Standing access").say(", ").time(second(at));
    let Some(report) = report else { return text.say(".") };
    let text = match report.standing {
        0 => text.say(": nobody has access of their own that no request gave."),
        1 => text.say(": 1 assignment to a person was there without a request. It could become one:"),
        count => text.say(format!(
            ": {count} assignments to people were there without a request. Each could become one:"
        )),
    };
    let text = report
        .some
        .iter()
        .take(LINES_MAX)
        .fold(text, |text, one| holding(text.line().say("• "), one, directory));
    let shown = report.some.len().min(LINES_MAX);
    let text = match usize::try_from(report.standing).unwrap_or(usize::MAX).saturating_sub(shown) {
        0 => text,
        more => text.line().say(format!("and {more} more")),
    };
    unreviewed(text, &report.unreviewed)
}

fn unreviewed(text: Text, requests: &[RequestId]) -> Text {
    let head = match requests.len() {
        0 => return text.line().say("All urgent access was looked at."),
        1 => "1 urgent use that nobody looked at".to_owned(),
        count => format!("{count} urgent uses that nobody looked at"),
    };
    let text = text.line().bold(head).say(": ");
    requests.iter().take(LINES_MAX).enumerate().fold(text, |text, (place, id)| {
        let text = if place > 0 { text.say(", ") } else { text };
        text.code(id.as_str())
    })
    .hint(". An approver looks with `/elevate show ID`, and says `/elevate acknowledge ID` or `/elevate object ID why`.")
}

fn ended_all(at: i64, order: Option<&EndAll>, directory: &Directory) -> Text {
    let text = Text::new().bold("ALL ACCESS IS BEING ENDED");
    // Another order may be done since; then this one has no other record than the journal.
    let Some(order) = order.filter(|order| order.number == at) else {
        return text.say(", as was ordered ").time(second(at)).say(".");
    };
    let text = match &order.scope {
        EndScope::Everything => text,
        EndScope::Person { person } => text.say(" of ").person(person, directory),
        EndScope::Account { account } => {
            let name = directory.accounts.get(account).map_or("", |account| account.name.as_str());
            text.say(format!(" in {name} ")).code(account.as_str())
        }
    };
    who(text.say(": ordered by "), &order.by, directory)
        .say(", ")
        .time(order.at)
        .say(". What waited is closed; what was granted is being removed, and each card says when that is confirmed. What was asked for after the order is not part of it.")
}
