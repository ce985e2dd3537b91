//! Discord in this town: who is linked there, and how a line that people say becomes the fields that Discord shows them.

use glasskey_domain::command::Incoming;
use glasskey_domain::event::Answer;
use glasskey_domain::{Actor, ChatAccount, Command, Door, PersonId};
use glasskey_playground::discord::{DiscordOptions, DiscordTwin};
use serde_json::{Map, Value, json};

use super::access::access_fields;
use super::{Platform, Town};

/// See [`super::APP_TOKEN`].
pub(crate) const DISCORD_TOKEN: &str = "pl4nt3d.discord.bot-secret";

/// Dee says whose account is whose: Discord itself cannot.
pub(super) const ADMINISTERS: &str = r#"
@id("commanders-administer")
permit (principal in Group::"incident-commanders", action == Action::"administer", resource);
"#;

/// Who has a linked account. Eve is a guest, and nobody of the company.
const LINKED: [&str; 4] = ["ana", "bo", "cy", "dee"];

/// As quick as a town needs it, and otherwise Discord's own.
pub(super) fn options() -> DiscordOptions {
    DiscordOptions {
        bot_token: DISCORD_TOKEN.to_owned(),
        identify_spacing: std::time::Duration::ZERO,
        ..DiscordOptions::default()
    }
}

impl Town {
    /// Discord, to look at and to change.
    pub(crate) fn discord(&self) -> &DiscordTwin {
        &self.discord
    }

    /// An account of the company's server.
    pub(crate) fn account(&self, handle: &str) -> ChatAccount {
        let user = self.company.person(handle).unwrap().discord_user_id.clone();
        ChatAccount { door: Door::Discord, workspace: self.company.discord_guild_id.clone(), user }
    }

    fn identity(&self, handle: &str) -> PersonId {
        PersonId::new(self.company.person(handle).unwrap().identity_user_id.clone().unwrap())
    }

    /// Dee says on the host whose account this is, as `glasskey people link` does.
    pub(crate) fn links(&self, handle: &str) {
        let (account, person) = (self.account(handle), self.identity(handle));
        self.dee_says(Command::Link { account, person, sign_in: None });
    }

    /// Dee says on the host that this account is nobody's.
    pub(crate) fn unlinks(&self, handle: &str) {
        self.dee_says(Command::Unlink { account: self.account(handle) });
    }

    fn dee_says(&self, command: Command) {
        let by = Actor::person(self.identity("dee"), Door::Host);
        let said = self.engine().submit(Incoming { by, interaction: None, command });
        let answer = self.block("the administrator's answer", said).unwrap();
        assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
    }

    /// Links everybody, and forgets that they were told so.
    pub(super) fn links_everybody(&mut self) {
        for handle in LINKED {
            self.links(handle);
        }
        self.settle();
        for on in Platform::ALL {
            for handle in LINKED {
                let told = self.all_told(on, handle).len();
                self.told_before.insert((on, handle.to_owned()), told);
            }
        }
    }

    /// What somebody chooses in Discord's fields who would type this line elsewhere: the command with its keyword, and what
    /// is in which field.
    pub(super) fn fields(&self, line: &str) -> (String, Value) {
        let line: Vec<String> =
            line.trim_start_matches('/').split_whitespace().map(|w| self.meant(w)).collect();
        let words: Vec<&str> = line.iter().map(String::as_str).collect();
        let Some((command, said)) = words.split_first() else { return (String::new(), json!({})) };
        if let ("elevate", Some((keyword, given))) = (*command, access_fields(said)) {
            return (format!("{command} {keyword}"), given);
        }
        let (keyword, said) = match said.split_first() {
            Some((first, rest)) if *command == "breakglass" || KEYWORDS.contains(first) => (*first, rest),
            Some(_) => ("request", said),
            None => ("", said),
        };
        let given: Vec<(&str, String)> = match keyword {
            "request" => ask(&["account", "permission-set", "duration"], said),
            "group" | "bundle" => ask(&[keyword, "duration"], said),
            "why" => filled(&["account", "permission-set"], said),
            "deny" | "review" => {
                let text = if keyword == "deny" { "why" } else { "note" };
                let mut given = filled(&["id"], said);
                given.extend(rest(text, said.get(1..).unwrap_or_default()));
                given
            }
            "show" | "approve" | "withdraw" | "end" => filled(&["id"], said),
            "help" => filled(&["topic"], said),
            "extend" => filled(&["duration"], said),
            "on" | "add" | "remove" => opening(said),
            "off" => rest("reason", said),
            "decline" => rest("why", said),
            _ => Vec::new(),
        };
        let given: Map<String, Value> =
            given.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text))).collect();
        (format!("{command} {keyword}").trim().to_owned(), Value::from(given))
    }

    /// A mention of Slack's, as the same one is written in Discord.
    fn meant(&self, word: &str) -> String {
        let user = word.strip_prefix("<@").and_then(|word| word.strip_suffix('>'));
        let person = user.and_then(|user| self.company.people.iter().find(|one| one.slack_user_id == user));
        person.map_or_else(|| word.to_owned(), |person| format!("<@{}>", person.discord_user_id))
    }
}

/// What `/elevate` knows, but for `request`, which people leave out.
const KEYWORDS: [&str; 12] = [
    "list", "show", "approve", "deny", "withdraw", "end", "why", "link", "unlink", "help", "group", "bundle",
];

fn filled<'n>(names: &[&'n str], said: &[&str]) -> Vec<(&'n str, String)> {
    names.iter().zip(said).map(|(name, word)| (*name, (*word).to_owned())).collect()
}

fn rest<'n>(name: &'n str, said: &[&str]) -> Vec<(&'n str, String)> {
    if said.is_empty() { Vec::new() } else { vec![(name, said.join(" "))] }
}

fn is_ticket(word: &str) -> bool {
    let (kind, number) = word.split_once('-').unwrap_or_default();
    let is = |text: &str, of: fn(char) -> bool| !text.is_empty() && text.chars().all(of);
    is(kind, |c| c.is_ascii_uppercase()) && is(number, |c| c.is_ascii_digit())
}

fn is_duration(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.ends_with(['h', 'm'])
}

/// `payments-prod ReadOnly 1h [at 02:00] [INC-7] look at refunds`: the first words by these names.
fn ask<'n>(names: &[&'n str], said: &[&str]) -> Vec<(&'n str, String)> {
    let mut given = filled(names, said);
    let mut left = said.get(names.len()..).unwrap_or_default();
    if let ["at", at, more @ ..] = left {
        given.push(("at", (*at).to_owned()));
        left = more;
    }
    if let Some((ticket, more)) = left.split_first().filter(|(word, _)| is_ticket(word)) {
        given.push(("ticket", (*ticket).to_owned()));
        left = more;
    }
    given.extend(rest("reason", left));
    given
}

/// `[ro|ops] [for] [2h] [INC-7] identity center is down [@ana …]`.
fn opening<'n>(said: &[&str]) -> Vec<(&'n str, String)> {
    let (people, words): (Vec<&str>, Vec<&str>) = said.iter().partition(|word| word.starts_with("<@"));
    let (mut given, mut reason) = (Vec::new(), Vec::new());
    for word in words {
        match word {
            "for" if reason.is_empty() => {}
            "ro" | "ops" if reason.is_empty() => given.push(("level", word.to_owned())),
            _ if reason.is_empty() && is_duration(word) => given.push(("duration", word.to_owned())),
            _ if reason.is_empty() && is_ticket(word) => given.push(("incident", word.to_owned())),
            _ => reason.push(word),
        }
    }
    given.extend(rest("reason", &reason));
    given.extend(rest("people", &people));
    given
}
