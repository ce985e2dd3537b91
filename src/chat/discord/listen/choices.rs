//! What can be chosen while one types. Help and nothing more: any text may be sent, and all of it is looked up again.
//!
//! Must never show anything to who is not linked or left the company, and must never ask the outside.

use glasskey_commands::definition::{COMMANDS, OptKind};
use glasskey_commands::print_length;
use glasskey_domain::directory::Account;
use glasskey_domain::{AccessRequest, Directory, Emergency, PersonId, State};
use serde_json::{Value, json};

use super::Listener;
use super::payload::{Interaction, Spoken};
use crate::chat::asking::Ear;
use crate::chat::hall::forms::{self, Filled, LENGTH, PLACE, Place, SET, URGENT};
use crate::chat::hall::{ACCOUNT, BUNDLE, GROUP, Known};
use crate::directory::resolve;

/// Choices that Discord takes (platform-rules §2).
const CHOICES_MAX: usize = 25;
/// Longest name and longest value of a choice.
const CHOICE_CHARS_MAX: usize = 100;
/// Finished emergencies that are looked through for one to review.
const CLOSED_LOOKED_AT: usize = 50;

/// What is shown, and what is sent when it is chosen.
struct Choice {
    shown: String,
    sent: String,
}

impl Choice {
    fn new(shown: impl Into<String>, sent: impl Into<String>) -> Self {
        Self { shown: shown.into(), sent: sent.into() }
    }
}

impl Listener {
    /// What can be chosen for the option that is being typed.
    pub(super) async fn choices(&self, asked: &Interaction) -> Vec<Value> {
        let ours = asked.in_guild && asked.owner == asked.guild;
        let ours = ours && asked.guild.as_deref().is_some_and(|guild| self.people.serves(guild));
        let Some(spoken) = asked.spoken().filter(|_| ours) else { return Vec::new() };
        let Ok(known) = self.people.person(self.hall.engine(), &asked.user).await else { return Vec::new() };
        if self.hall.works_here(&known).is_err() {
            return Vec::new();
        }
        let Some((kind, typed)) = focused(&spoken) else { return Vec::new() };
        let directory = self.hall.directory();
        let ear = self.hall.ear(&directory, known.zone.clone());
        let found = match kind {
            OptKind::Account if asks(&spoken) => self.looked_up(&known, ACCOUNT, typed, &spoken).await,
            OptKind::Account => accounts(&ear),
            OptKind::PermissionSet => self.looked_up(&known, SET, typed, &spoken).await,
            OptKind::Group => self.looked_up(&known, GROUP, typed, &spoken).await,
            OptKind::Bundle => self.looked_up(&known, BUNDLE, typed, &spoken).await,
            OptKind::Duration if asks(&spoken) => self.looked_up(&known, LENGTH, "", &spoken).await,
            OptKind::Request => self.requests(&directory, &known.person, &spoken.keyword).await,
            OptKind::Emergency => self.emergencies(),
            OptKind::Federation => {
                let names = ear.settings.federations.keys();
                names.map(|name| Choice::new(name.as_str(), name.as_str())).collect()
            }
            OptKind::Duration
            | OptKind::Start
            | OptKind::Person
            | OptKind::Sessions
            | OptKind::Confirm
            | OptKind::Ticket
            | OptKind::Reason
            | OptKind::Level
            | OptKind::People
            | OptKind::ElevateTopic
            | OptKind::BreakglassTopic => Vec::new(),
        };
        offered(found, typed)
    }

    /// What policy lets this person ask for, given what was chosen in the other options.
    async fn looked_up(&self, known: &Known, field: &str, typed: &str, spoken: &Spoken) -> Vec<Choice> {
        let directory = self.hall.directory();
        let filled = chosen(&self.hall.ear(&directory, known.zone.clone()), spoken);
        let wanted = focused(spoken).map(|(kind, _)| kind);
        let found = self.hall.search(known, (field, typed), &filled, CHOICES_MAX).await;
        found.iter().flat_map(|found| &found.choices).filter_map(|choice| sent(choice, wanted)).collect()
    }

    /// Open requests that concern the person, and with which this can be done.
    async fn requests(&self, directory: &Directory, person: &PersonId, keyword: &str) -> Vec<Choice> {
        let book = self.hall.engine().book().await;
        let mut found: Vec<&AccessRequest> =
            book.requests().filter(|request| is_for(request, person, keyword)).collect();
        found.sort_by_key(|request| std::cmp::Reverse(request.ask.at));
        let choice = |request: &&AccessRequest| {
            let ask = &request.ask;
            let who = directory.name_of(&ask.requester);
            let shown = format!("{} · {} · {who}", ask.id, ask.title());
            Choice::new(shown, ask.id.as_str())
        };
        found.iter().take(CHOICES_MAX.saturating_mul(4)).map(choice).collect()
    }

    /// Emergencies that are over, the last one first.
    fn emergencies(&self) -> Vec<Choice> {
        let closed = self.hall.engine().recently_closed_emergencies(CLOSED_LOOKED_AT).unwrap_or_default();
        let choice = |emergency: &Emergency| {
            let ask = &emergency.ask;
            let shown =
                format!("{} · {} · {}", ask.id, ask.federation, ask.at.strftime("%Y-%m-%d %H:%M UTC"));
            Choice::new(shown, ask.id.as_str())
        };
        closed.iter().map(choice).collect()
    }
}

/// The option that is being typed: what it takes, and what is there already.
fn focused(spoken: &Spoken) -> Option<(OptKind, &str)> {
    let name = spoken.focused.as_deref()?;
    let option = options(spoken)?.iter().find(|option| option.name == name)?;
    Some((option.kind, spoken.text(name)?))
}

fn option_named(spoken: &Spoken, kind: OptKind) -> Option<&'static str> {
    options(spoken)?.iter().find(|option| option.kind == kind).map(|option| option.name)
}

fn options(spoken: &Spoken) -> Option<&'static [glasskey_commands::definition::Opt]> {
    let command = COMMANDS.iter().find(|command| command.name() == spoken.command)?;
    let subcommands = command.subcommands();
    subcommands.iter().find(|said| said.name == spoken.keyword).map(|said| said.options)
}

fn accounts(ear: &Ear<'_>) -> Vec<Choice> {
    let aliased = |account: &Account| {
        let names =
            ear.aliases.iter().filter(|(_, id)| **id == account.id).map(|(name, _)| format!(" · {name}"));
        names.collect::<String>()
    };
    let choice = |account: &Account| {
        Choice::new(format!("{}{} ({})", account.name, aliased(account), account.id), account.id.as_str())
    };
    ear.directory.accounts.values().map(choice).collect()
}

/// Whether access is asked for, which policy bounds.
fn asks(spoken: &Spoken) -> bool {
    ["request", "urgent", "group", "bundle"].contains(&spoken.keyword.as_str())
}

/// What was chosen in the other options, as a form would say it.
fn chosen(ear: &Ear<'_>, spoken: &Spoken) -> Filled {
    let typed = |kind| spoken.text(option_named(spoken, kind)?);
    let account = typed(OptKind::Account)
        .and_then(|typed| resolve::account(ear.directory, ear.aliases, typed).ok())
        .map(Place::Account);
    let group = || {
        let typed = typed(OptKind::Group)?;
        resolve::group(ear.directory, typed).ok().map(Place::Group)
    };
    let bundle = || typed(OptKind::Bundle).map(|name| Place::Bundle(name.to_owned()));
    let place = account.or_else(group).or_else(bundle).map(|place| place.value());
    let set = typed(OptKind::PermissionSet).map(str::to_owned);
    let urgent = (spoken.keyword == "urgent").then(|| "urgent".to_owned());
    let said = [(PLACE, place), (SET, set), (URGENT, urgent)];
    Filled(said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), vec![value?]))).collect())
}

/// A choice of a form as an option takes it: by what one would type.
fn sent(choice: &forms::Choice, wanted: Option<OptKind>) -> Option<Choice> {
    let typed = match (wanted?, Place::of_value(&choice.value)) {
        (OptKind::Account, Some(Place::Account(account))) => account.to_string(),
        (OptKind::Group, Some(Place::Group(group))) => group.to_string(),
        (OptKind::Bundle, Some(Place::Bundle(name))) => name,
        (OptKind::PermissionSet, None) => choice.value.clone(),
        (OptKind::Duration, None) => print_length(choice.value.parse().ok()?),
        _other_kind => return None,
    };
    Some(Choice::new(choice.label.clone(), typed))
}

/// Whether it is a request of theirs, or one that they may decide about; by what is to be done with it.
fn is_for(request: &AccessRequest, person: &PersonId, keyword: &str) -> bool {
    let own = request.ask.requester == *person;
    let asked_for_more = request.extension.as_ref().is_some_and(|more| more.approvers.contains(person));
    let named = request.approvers.contains(person) || request.quiet.contains(person) || asked_for_more;
    let approver = !own && named;
    let approved = request.approvals.iter().any(|approval| approval.by == *person);
    let pending = matches!(request.state, State::Pending { .. });
    let scheduled = matches!(request.state, State::Scheduled { .. });
    let more = request.extension.is_some();
    match keyword {
        "approve" | "deny" => approver && (pending || more),
        "withdraw" => own && (pending || scheduled || more),
        "extend" => own && matches!(request.state, State::Active { .. }),
        "end" => (own || approver || approved) && !pending && !request.state.is_terminal(),
        "acknowledge" | "object" => approver && request.review.is_wanted(),
        "again" => own,
        _show => own || approver || approved,
    }
}

/// Those in which what was typed is found, those that begin with it first, within what Discord takes.
fn offered(found: Vec<Choice>, typed: &str) -> Vec<Value> {
    let typed = typed.trim().to_lowercase();
    let mut fitting: Vec<(bool, String, String)> = found
        .into_iter()
        .filter(|choice| !choice.sent.is_empty() && choice.sent.chars().count() <= CHOICE_CHARS_MAX)
        .filter(|choice| choice.shown.to_lowercase().contains(&typed))
        .map(|choice| (!choice.shown.to_lowercase().starts_with(&typed), choice.shown, choice.sent))
        .collect();
    // Stable: within each part they stay in the order in which they were found.
    fitting.sort_by_key(|(later, _, _)| *later);
    let choice = |(_, shown, sent): (bool, String, String)| json!({ "name": cut(&shown), "value": sent });
    fitting.into_iter().take(CHOICES_MAX).map(choice).collect()
}

/// Within what Discord shows of a choice, with a mark.
fn cut(shown: &str) -> String {
    if shown.chars().count() <= CHOICE_CHARS_MAX {
        return shown.to_owned();
    }
    let kept: String = shown.chars().take(CHOICE_CHARS_MAX - 1).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(names: &[&str], typed: &str) -> Vec<String> {
        let found = names.iter().map(|name| Choice::new(*name, *name)).collect();
        let offered = offered(found, typed);
        offered.iter().map(|choice| choice["name"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn what_begins_with_the_typed_comes_first_in_any_case_of_letters() {
        assert_eq!(
            offer(&["data-PROD", "prod", "Prod-2", "test"], " pRod "),
            ["prod", "Prod-2", "data-PROD"]
        );
        assert_eq!(offer(&["b", "a"], ""), ["b", "a"]);
    }

    #[test]
    fn no_more_are_offered_than_discord_takes_and_none_longer() {
        let many: Vec<String> = (0..30).map(|n| format!("account {n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(offer(&many, "account").len(), CHOICES_MAX);
        let (fits, long) = ("x".repeat(CHOICE_CHARS_MAX), "x".repeat(CHOICE_CHARS_MAX + 1));
        assert_eq!(offered(vec![Choice::new(&*fits, "1"), Choice::new(&*long, "2")], "").len(), 2);
        assert_eq!(cut(&fits), fits);
        assert_eq!(cut(&long).chars().count(), CHOICE_CHARS_MAX);
        assert!(offered(vec![Choice::new("a", long), Choice::new("b", "")], "").is_empty());
    }
}
