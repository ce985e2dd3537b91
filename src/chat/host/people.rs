//! Whose the chat accounts are, on the host: an administrator says it for Discord, and anybody on this machine reads it.

use glasskey_domain::person::Platform;
use glasskey_domain::{ChatAccount, Command, Refusal};
use serde_json::json;

use super::desk::Desk;
use super::{HostResponse, LocalUser};
use crate::directory::resolve;
use crate::notices;

/// The verbs, for the journal.
const LINK: &str = "link";
const UNLINK: &str = "unlink";
/// Fewest digits of an id that Discord gave out: those of 2015 have seventeen.
const DISCORD_ID_LENGTH_MIN: usize = 17;
/// Characters shown, and written down, of what cannot be understood: longer than any address.
const TYPED_SHOWN_MAX: usize = 320;

impl Desk {
    pub(super) async fn accounts(&self) -> HostResponse {
        let directory = self.engine.directory();
        let book = self.engine.book().await;
        let mut bound: Vec<_> = book.bindings().collect();
        bound.sort_by_key(|(account, binding)| (directory.name_of(&binding.person), *account));
        let lines = bound
            .iter()
            .map(|(account, binding)| notices::account(account, binding, &directory).plain())
            .collect::<Vec<_>>();
        let all = bound.iter().map(|(account, binding)| {
            let email = directory.people.get(&binding.person).map(|person| person.email());
            json!({ "account": account, "person": binding.person, "email": email, "since": binding.at, "known": binding.proof })
        });
        let json = all.collect();
        match lines.is_empty() {
            true => HostResponse::said(vec!["no chat account is taken for anybody yet".to_owned()], json),
            false => HostResponse::said(lines, json),
        }
    }

    pub(super) async fn link(&self, by: &LocalUser, person: &str, user: &str) -> HostResponse {
        let command = match self.link_of(person, user) {
            Ok(command) => command,
            Err(refusal) => Command::Refuse { verb: LINK.to_owned(), refusal },
        };
        self.decide(self.actor(by), command).await
    }

    fn link_of(&self, person: &str, user: &str) -> Result<Command, Refusal> {
        let Some(guild) = self.guild.clone() else {
            let sentence = "this Glasskey serves no Discord; `[discord]` of the configuration says which server, and accounts of Slack are found by their e-mail address";
            return Err(Refusal::Unreadable { sentence: sentence.to_owned() });
        };
        let user = discord_id(user)?;
        let person: String = person.chars().take(TYPED_SHOWN_MAX).collect();
        let person = resolve::person_by(&self.engine.directory(), &person)?;
        let account = ChatAccount { door: Platform::Discord.door(), workspace: guild, user };
        Ok(Command::Link { account, person, sign_in: None })
    }

    /// In every place where it is somebody's, also in those that are not served any more.
    pub(super) async fn unlink(&self, by: &LocalUser, on: Platform, user: &str) -> HostResponse {
        let is = |account: &&ChatAccount| account.door == on.door() && account.user == user.trim();
        let book = self.engine.book().await;
        let found: Vec<ChatAccount> =
            book.bindings().map(|(account, _)| account).filter(is).cloned().collect();
        drop(book);
        let mut answers = Vec::new();
        for account in found {
            answers.push(self.decide(self.actor(by), Command::Unlink { account }).await);
        }
        let Some(last) = answers.pop() else {
            let none = Command::Refuse { verb: UNLINK.to_owned(), refusal: Refusal::NotLinked };
            return self.decide(self.actor(by), none).await;
        };
        answers.into_iter().rev().fold(last, |all, one| HostResponse {
            lines: [one.lines, all.lines].concat(),
            json: json!([one.json, all.json]),
            refused: one.refused || all.refused,
        })
    }
}

/// Discord's ids are numbers (snowflakes) of seventeen digits and more; names there can be changed and are never asked for.
fn discord_id(typed: &str) -> Result<String, Refusal> {
    let typed = typed.trim();
    let digits = typed.bytes().all(|byte| byte.is_ascii_digit()) && !typed.starts_with('0');
    if digits && typed.len() >= DISCORD_ID_LENGTH_MIN && typed.parse::<u64>().is_ok() {
        return Ok(typed.to_owned());
    }
    let typed: String = typed.chars().take(TYPED_SHOWN_MAX).collect();
    let sentence = format!(
        "`{typed}` is not the id of a Discord user, such as `1100000000000000101`; with Developer Mode on (Settings, Advanced), right-click them and choose Copy User ID"
    );
    Err(Refusal::Unreadable { sentence })
}
