//! Who answers behind the host's socket: the same commands as in chat, attributed to the local user.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use glasskey_commands::Usage;
use glasskey_domain::command::Incoming;
use glasskey_domain::{
    AccessRequest, AccountId, Actor, Answer, Command, Directory, Door, Matter, PersonId, Refusal, RequestId,
    Who,
};
use jiff::tz::TimeZone;
use serde_json::json;

use super::drift::Named;
use super::{HostHandler, HostRequest, HostResponse, LocalUser};
use crate::chat::asking::{self, Ear, Misheard, Wish, understand};
use crate::chat::breakglass::{self, Crowd};
use crate::chat::reading;
use crate::engine::Engine;
use crate::notices;

/// Finished requests that `list --all` shows.
const CLOSED_LISTED_MAX: usize = 1_000;
/// The verb, for the journal.
const ELEVATE: &str = "elevate";

/// Answers requests of local users.
pub struct Desk {
    pub(super) engine: Engine,
    pub(super) aliases: BTreeMap<String, AccountId>,
    /// Local Unix user → e-mail address of the person.
    people: BTreeMap<String, String>,
    /// The Discord server whose accounts can be linked.
    pub(super) guild: Option<String>,
}

impl Desk {
    /// Answers with this engine.
    #[must_use]
    pub fn new(
        engine: Engine,
        aliases: BTreeMap<String, AccountId>,
        people: BTreeMap<String, String>,
    ) -> Self {
        Self { engine, aliases, people, guild: None }
    }

    /// The same, where accounts of this Discord server can be linked.
    #[must_use]
    pub fn in_guild(self, guild: Option<String>) -> Self {
        Self { guild, ..self }
    }

    /// The person of a local user, when the configuration and the directory name exactly one.
    fn person(&self, user: &LocalUser) -> Option<PersonId> {
        let email = self.people.get(&user.name)?;
        match self.engine.directory().by_email(email).as_slice() {
            [one] => Some(one.id.clone()),
            _none_or_several => None,
        }
    }

    pub(super) fn actor(&self, user: &LocalUser) -> Actor {
        let who = self
            .person(user)
            .map_or_else(|| Who::Local { user: user.name.clone() }, |person| Who::Person { person });
        Actor { who, door: Door::Host, sign_in: None }
    }

    pub(super) async fn decide(&self, by: Actor, command: Command) -> HostResponse {
        let directory = self.engine.directory();
        match self.engine.submit(Incoming { by, interaction: None, command }).await {
            Ok(Answer::Done(reply)) => {
                HostResponse::said(lines(&notices::reply(&reply, &directory).plain()), json!(reply))
            }
            Ok(Answer::Refused(refusal)) => self.no(&refusal),
            Err(stopped) => HostResponse::refused(stopped.to_string()),
        }
    }

    pub(super) fn no(&self, refusal: &Refusal) -> HostResponse {
        let mut response = HostResponse::refused(notices::refusal(refusal, &self.engine.directory()).plain());
        response.json = json!(refusal);
        response
    }

    async fn answer(&self, user: LocalUser, request: HostRequest) -> HostResponse {
        let id = |text: &str| {
            glasskey_commands::RequestRef::parse(text)
                .and_then(|id| RequestId::parse(id.as_str()).ok())
                .ok_or_else(|| {
                    HostResponse::refused(format!(
                        "`{text}` is not a request id such as `AR-7K3Q`; `glasskey requests list` shows them"
                    ))
                })
        };
        let command = match request {
            HostRequest::List { all } => return self.list(all).await,
            HostRequest::Show { id: text } => match id(&text) {
                Ok(id) => return self.show(id).await,
                Err(no) => return no,
            },
            HostRequest::Elevate { text } => return self.elevate(&user, &text).await,
            HostRequest::Breakglass { text } => return self.breakglass(&user, &text).await,
            HostRequest::Drift => return self.drift().await,
            HostRequest::DriftAdopt { person, account, permission_set, reason } => {
                let what = Named { person, account, permission_set };
                return self.adopt(&user, &what, reason).await;
            }
            HostRequest::People => return self.accounts().await,
            HostRequest::PeopleLink { person, user: account } => {
                return self.link(&user, &person, &account).await;
            }
            HostRequest::PeopleUnlink { on, user: account } => return self.unlink(&user, on, &account).await,
            HostRequest::End { id: text } => id(&text).map(|id| Command::End { id, cut: false }),
            HostRequest::Approve { id: text } => {
                id(&text).map(|id| Command::Approve { id, matter: Matter::Now, length: None })
            }
            HostRequest::Deny { id: text, why } => {
                id(&text).map(|id| Command::Deny { id, matter: Matter::Now, why })
            }
        };
        match command {
            Ok(command) => self.decide(self.actor(&user), command).await,
            Err(no) => no,
        }
    }

    async fn list(&self, all: bool) -> HostResponse {
        let mut requests: Vec<AccessRequest> = self.engine.book().await.requests().cloned().collect();
        requests.sort_by_key(|request| request.ask.at);
        if all {
            match self.engine.recently_closed(CLOSED_LISTED_MAX) {
                Ok(closed) => requests.splice(0..0, closed.into_iter().rev()).for_each(drop),
                Err(fault) => return HostResponse::refused(fault.to_string()),
            }
        }
        let directory = self.engine.directory();
        let lines = requests.iter().map(|request| notices::list(&[request], &directory).plain()).collect();
        HostResponse::said(lines, json!(requests))
    }

    async fn show(&self, id: RequestId) -> HostResponse {
        match self.engine.request(&id).await {
            Ok(Some(request)) => {
                let text = notices::show(&request, &self.engine.directory()).plain();
                HostResponse::said(lines(&text), json!(request))
            }
            Ok(None) => self.no(&Refusal::NoSuchRequest { id }),
            Err(fault) => HostResponse::refused(fault.to_string()),
        }
    }

    fn ear<'a>(&'a self, directory: &'a Directory) -> Ear<'a> {
        Ear {
            directory,
            aliases: &self.aliases,
            settings: self.engine.settings(),
            now: self.engine.now(),
            zone: TimeZone::system(),
        }
    }

    /// What one would type after `/breakglass`. A local user without a person can close it, take people out, and look; who
    /// works on this machine could do as much without us (P3).
    async fn breakglass(&self, user: &LocalUser, text: &str) -> HostResponse {
        let directory = self.engine.directory();
        let ear = self.ear(&directory);
        let said = match breakglass::read(&ear, text) {
            Ok(said) => said,
            Err(usage) => return self.misheard(user, breakglass::VERB, &usage).await,
        };
        let crowd = Crowd { names_count: true, ..Crowd::default() };
        let wish = breakglass::wish(&ear, &*self.engine.book().await, said, &crowd);
        match wish {
            Ok(breakglass::Wish::Decide(command)) => {
                self.decide(self.actor(user), Command::Emergency(command)).await
            }
            Ok(breakglass::Wish::Status(federation)) => {
                match reading::status(&self.engine, federation.as_ref()).await {
                    Ok((text, emergencies)) => HostResponse::said(lines(&text.plain()), json!(emergencies)),
                    Err(refusal) => self.no(&refusal),
                }
            }
            Ok(breakglass::Wish::Help(topic)) => {
                HostResponse::said(lines(&reading::breakglass_help(topic, Door::Host).plain()), json!({}))
            }
            Ok(breakglass::Wish::Form) => {
                HostResponse::said(lines(&reading::breakglass_help(None, Door::Host).plain()), json!({}))
            }
            Err(refusal) => self.refuse(user, breakglass::VERB, refusal).await,
        }
    }

    /// Writes a refusal down and answers it (P7).
    async fn refuse(&self, user: &LocalUser, verb: &str, refusal: Refusal) -> HostResponse {
        self.decide(self.actor(user), Command::Refuse { verb: verb.to_owned(), refusal }).await
    }

    /// The same for words that make no command, answered with the right form.
    async fn misheard(&self, user: &LocalUser, verb: &str, usage: &Usage) -> HostResponse {
        let refusal = Refusal::Unreadable { sentence: usage.sentence() };
        let mut response = self.refuse(user, verb, refusal).await;
        response.lines = lines(&notices::usage(usage).plain());
        response
    }

    /// What one would type after `/elevate`. Only a local user who is linked to a person can ask for something.
    async fn elevate(&self, user: &LocalUser, text: &str) -> HostResponse {
        let directory = self.engine.directory();
        let crowd = Crowd { names_count: true, ..Crowd::default() };
        match understand(&self.ear(&directory), text, &crowd) {
            Ok(Wish::Decide(command)) => self.decide(self.actor(user), command).await,
            Ok(Wish::Extend { id, length, reason }) => {
                let ear = self.ear(&directory);
                let meant = asking::extension(&ear, &*self.engine.book().await, id, (length, reason));
                match meant {
                    Ok(command) => self.decide(self.actor(user), command).await,
                    Err(refusal) => self.refuse(user, ELEVATE, refusal).await,
                }
            }
            Ok(wish) => match self.person(user) {
                Some(person) => match reading::answer(&self.engine, &person, Door::Host, wish).await {
                    Ok(text) => HostResponse::said(lines(&text.plain()), json!({})),
                    Err(text) => HostResponse::refused(text.plain()),
                },
                None => self.no(&Refusal::LocalUserUnknown { user: user.name.clone() }),
            },
            Err(Misheard::Words(usage)) => self.misheard(user, ELEVATE, &usage).await,
            Err(Misheard::Names(refusal)) => self.refuse(user, ELEVATE, refusal).await,
        }
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

impl HostHandler for Desk {
    fn handle<'a>(
        &'a self,
        user: LocalUser,
        request: HostRequest,
    ) -> Pin<Box<dyn Future<Output = HostResponse> + Send + 'a>> {
        Box::pin(self.answer(user, request))
    }
}
