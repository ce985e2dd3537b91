//! Who is who: Slack users with their flags, for a short while; the persons they are bound to.
//!
//! A cache and nothing more: what it does not know is asked, and what cannot be asked is nobody (P9).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use glasskey_domain::book::Binding;
use glasskey_domain::emergency::EmergencyState;
use glasskey_domain::refusal::{PlaceWhy, StrangerWhy};
use glasskey_domain::settings::SEATS_MAX;
use glasskey_domain::{ChatAccount, Command, Directory, Door, PersonId, Refusal, State};
use jiff::tz::TimeZone;
use tokio::sync::watch;
use tokio::time::Instant;

use super::fault::SlackFault;
use super::models::SlackUser;
use super::render::Names;
use super::web::SlackWeb;
use crate::chat::hall::Known;
use crate::directory::people::{ChatProfile, resolve};
use crate::engine::Engine;

/// A user is believed this long. Deactivation must be seen within minutes (platform-rules §1.7), and `user_change`
/// brings most changes at once.
const USER_FRESH: Duration = Duration::from_secs(300);
/// A user who may click soon is asked for again when what we know is older than this, so that no click waits for it.
const USER_WARM: Duration = Duration::from_secs(180);
/// How often we look whether somebody needs warming.
const WARM_EVERY: Duration = Duration::from_secs(30);
/// Users warmed in one round: `users.info` allows 100 a minute.
const WARM_MAX: usize = 30;
/// A channel is believed not to be shared for this long.
const CHANNEL_FRESH: Duration = Duration::from_secs(300);
/// Users and channels kept: a workspace of that many people is larger than any that we know.
const KEPT_MAX: usize = 50_000;
/// Longest wait for Slack while somebody waits for our answer: leaves a second of Slack's three for the rest.
const ASK_MAX: Duration = Duration::from_secs(2);

/// Slack users and channels as they were a short while ago.
pub struct People {
    web: SlackWeb,
    teams: Vec<String>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    users: BTreeMap<String, (Instant, Arc<SlackUser>)>,
    channels: BTreeMap<String, (Instant, bool)>,
    /// The Slack user of a person: from bindings, else by e-mail address, for mentions and direct messages only.
    user_of: BTreeMap<PersonId, String>,
    dm_of: BTreeMap<String, String>,
    named: BTreeMap<String, (Instant, String)>,
}

impl People {
    /// People of these workspaces, with the bindings known at the start.
    #[must_use]
    pub fn new<'a>(
        web: SlackWeb,
        teams: Vec<String>,
        bound: impl Iterator<Item = (&'a ChatAccount, &'a Binding)>,
    ) -> Self {
        let mut kept = Kept::default();
        for (account, binding) in bound.filter(|(account, _)| account.door == Door::Slack) {
            kept.user_of.insert(binding.person.clone(), account.user.clone());
        }
        Self { web, teams, kept: Mutex::new(kept) }
    }

    fn kept<T>(&self, with: impl FnOnce(&mut Kept) -> T) -> T {
        with(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes a user as Slack describes them, in answer to what was asked at `asked`. What was learned since then is newer
    /// and stays: a deactivation that comes as an event is not undone by an answer that was on its way.
    pub(super) fn learn(&self, user: SlackUser, asked: Instant) -> Arc<SlackUser> {
        let user = Arc::new(user);
        self.kept(|kept| {
            if let Some((_, newer)) = kept.users.get(&user.id).filter(|(at, _)| *at > asked) {
                return Arc::clone(newer);
            }
            if kept.users.len() >= KEPT_MAX {
                kept.users.clear();
            }
            kept.users.insert(user.id.clone(), (asked, Arc::clone(&user)));
            user
        })
    }

    async fn user(&self, id: &str) -> Result<Arc<SlackUser>, SlackFault> {
        let known = self.kept(|kept| {
            kept.users.get(id).filter(|(at, _)| at.elapsed() < USER_FRESH).map(|(_, user)| Arc::clone(user))
        });
        match known {
            Some(user) => Ok(user),
            None => {
                let asked = Instant::now();
                Ok(self.learn(self.web.users_info(id).await?, asked))
            }
        }
    }

    /// Whether people of this workspace are served.
    pub(super) fn serves(&self, team: &str) -> bool {
        self.teams.iter().any(|served| served == team)
    }

    /// What Slack says of a user, while somebody waits for our answer.
    async fn user_soon(&self, user: &str) -> Option<Arc<SlackUser>> {
        match tokio::time::timeout(ASK_MAX, self.user(user)).await {
            Ok(Ok(profile)) => Some(profile),
            Ok(Err(fault)) => {
                tracing::warn!(%fault, "slack did not say who somebody is; they are refused");
                None
            }
            Err(_elapsed) => {
                tracing::warn!("slack did not say in time who somebody is; they are refused");
                None
            }
        }
    }

    /// The person behind an account that clicked or typed. `team` is the workspace that the payload names for them.
    pub(super) async fn person(&self, engine: &Engine, team: &str, user: &str) -> Result<Known, StrangerWhy> {
        if !self.serves(team) {
            return Err(StrangerWhy::OtherWorkspace);
        }
        let profile = self.user_soon(user).await.ok_or(StrangerWhy::CouldNotAsk)?;
        self.person_of(engine, team, user, &profile).await
    }

    /// What Slack says of these users, asked side by side; of those about whom it says nothing in time, nothing. More than
    /// an emergency takes are not asked about: they are refused anyway.
    pub(super) async fn profiles(&self, users: &[String]) -> BTreeMap<String, Arc<SlackUser>> {
        let asked = users.iter().take(SEATS_MAX + 1).map(|user| async move {
            let profile = self.user_soon(user).await?;
            Some((user.clone(), profile))
        });
        join_all(asked).await.into_iter().flatten().collect()
    }

    /// Who these users are, held to the same as a speaker; those who are nobody of the company are refused by name (P9).
    pub(super) async fn mentioned(
        &self,
        engine: &Engine,
        users: &[String],
        profiles: &BTreeMap<String, Arc<SlackUser>>,
    ) -> BTreeMap<String, Result<PersonId, Refusal>> {
        if users.len() > SEATS_MAX {
            let refused = |user: &String| (user.clone(), Err(Refusal::TooManyPeople { max: SEATS_MAX }));
            return users.iter().map(refused).collect();
        }
        let found = users.iter().map(|user| async move {
            let known = match profiles.get(user) {
                Some(profile) => {
                    let team = profile.team_id.as_deref().unwrap_or_default();
                    self.person_of(engine, team, user, profile).await
                }
                None => Err(StrangerWhy::CouldNotAsk),
            };
            let refused = |why| Refusal::NamedStranger { named: shown(user, profiles.get(user)), why };
            (user.clone(), known.map(|known| known.person).map_err(refused))
        });
        join_all(found).await.into_iter().collect()
    }

    async fn person_of(
        &self,
        engine: &Engine,
        team: &str,
        user: &str,
        profile: &SlackUser,
    ) -> Result<Known, StrangerWhy> {
        let account = ChatAccount { door: Door::Slack, workspace: team.to_owned(), user: user.to_owned() };
        let bound = engine.book().await.binding(&account).map(|binding| binding.person.clone());
        let found = resolve(&self.profile(account.clone(), profile), bound.as_ref(), &engine.directory())?;
        if let Some(email) = found.bind_now {
            let (person, bound) = (found.person.clone(), account);
            let bind = Command::Bind { account: bound, person, email };
            engine.inside(bind).await.map_err(|_stopped| StrangerWhy::CouldNotAsk)?;
        }
        self.kept(|kept| kept.user_of.insert(found.person.clone(), user.to_owned()));
        let zone = profile.tz.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
        Ok(Known { person: found.person, zone })
    }

    /// What Slack says of an account. A flag that is missing is read as the unsafe one (P9).
    fn profile(&self, account: ChatAccount, user: &SlackUser) -> ChatProfile {
        let own = user.team_id.as_ref().is_some_and(|team| self.teams.contains(team));
        ChatProfile {
            account,
            own_workspace: own,
            guest: user.is_restricted.unwrap_or(true) || user.is_ultra_restricted.unwrap_or(true),
            bot: user.is_bot.unwrap_or(true) || user.is_app_user.unwrap_or(false),
            deleted: user.deleted.unwrap_or(true),
            stranger: user.is_stranger.unwrap_or(false),
            email: user.profile.email.clone(),
            email_confirmed: user.is_email_confirmed.unwrap_or(false),
        }
    }

    /// Whether commands from a channel are served.
    pub(super) async fn place(&self, channel: &str) -> Result<(), PlaceWhy> {
        // A direct message with the bot is between two; `D` is Slack's mark of it.
        if channel.starts_with('D') {
            return Ok(());
        }
        let known = self.kept(|kept| {
            kept.channels
                .get(channel)
                .filter(|(at, _)| at.elapsed() < CHANNEL_FRESH)
                .map(|(_, shared)| *shared)
        });
        let shared = match known {
            Some(shared) => shared,
            None => self.ask_place(channel).await?,
        };
        if shared { Err(PlaceWhy::SharedExternally) } else { Ok(()) }
    }

    /// Asks about a channel before what we know of it is too old, so that no click waits for it.
    pub(super) async fn warm_place(&self, channel: &str) {
        let known_at = self.kept(|kept| kept.channels.get(channel).map(|(at, _)| *at));
        if known_at.is_none_or(|at| at.elapsed() > USER_WARM) && self.ask_place(channel).await.is_err() {
            tracing::debug!(
                channel,
                "slack did not say how a channel is shared; it is asked again at the next click"
            );
        }
    }

    async fn ask_place(&self, channel: &str) -> Result<bool, PlaceWhy> {
        let asked = tokio::time::timeout(ASK_MAX, self.web.conversations_info(channel)).await;
        let Ok(Ok(info)) = asked else { return Err(PlaceWhy::CouldNotAsk) };
        // `is_shared` is also true within one company; these two are not (platform-rules §1.7). Missing is unsafe.
        let shared = info.is_ext_shared.unwrap_or(true) || info.is_pending_ext_shared.unwrap_or(false);
        self.kept(|kept| {
            if kept.channels.len() >= KEPT_MAX {
                kept.channels.clear();
            }
            kept.channels.insert(channel.to_owned(), (Instant::now(), shared));
        });
        Ok(shared)
    }

    /// The Slack user to whom a person's messages go: the bound one, else the one with their e-mail address.
    pub(super) async fn find(
        &self,
        person: &PersonId,
        directory: &Directory,
    ) -> Result<Option<String>, SlackFault> {
        if let Some(user) = self.kept(|kept| kept.user_of.get(person).cloned()) {
            return Ok(Some(user));
        }
        let Some(email) = directory.people.get(person).map(|person| person.email().to_owned()) else {
            return Ok(None);
        };
        let asked = Instant::now();
        let Some(user) = self.web.lookup_by_email(&email).await? else { return Ok(None) };
        let id = user.id.clone();
        self.learn(user, asked);
        self.kept(|kept| kept.user_of.insert(person.clone(), id.clone()));
        Ok(Some(id))
    }

    /// The direct message channel with a user.
    pub(super) async fn direct(&self, user: &str) -> Result<String, SlackFault> {
        if let Some(channel) = self.kept(|kept| kept.dm_of.get(user).cloned()) {
            return Ok(channel);
        }
        let channel = self.web.conversations_open(user).await?;
        self.kept(|kept| kept.dm_of.insert(user.to_owned(), channel.clone()));
        Ok(channel)
    }

    /// The id of a channel that policy names: an id as it is, a `#name` looked up.
    pub(super) async fn channel(&self, name: &str) -> Result<Option<String>, SlackFault> {
        let Some(bare) = name.strip_prefix('#') else { return Ok(Some(name.to_owned())) };
        let known = self.kept(|kept| {
            kept.named.get(bare).filter(|(at, _)| at.elapsed() < CHANNEL_FRESH).map(|(_, id)| id.clone())
        });
        if known.is_some() {
            return Ok(known);
        }
        let all = self.web.conversations_list().await?;
        let found =
            all.into_iter().find(|channel| channel.name.as_deref() == Some(bare)).map(|channel| channel.id);
        if let Some(id) = &found {
            self.kept(|kept| kept.named.insert(bare.to_owned(), (Instant::now(), id.clone())));
        }
        Ok(found)
    }

    /// Keeps those warm who may click next, and the channel in which they click: the approvers of what waits, and who
    /// waits. Until drained.
    pub(super) async fn keep_warm(
        &self,
        engine: Engine,
        channel: String,
        mut draining: watch::Receiver<bool>,
    ) {
        while !*draining.borrow() {
            tokio::select! {
                _ = draining.changed() => return,
                () = tokio::time::sleep(WARM_EVERY) => {}
            }
            self.warm_place(&channel).await;
            for user in self.cooling(&engine).await {
                let asked = Instant::now();
                if let Ok(user) = self.web.users_info(&user).await {
                    self.learn(user, asked);
                }
            }
        }
    }

    async fn cooling(&self, engine: &Engine) -> Vec<String> {
        let people: Vec<PersonId> = {
            let book = engine.book().await;
            let pending = book.requests().filter(|request| matches!(request.state, State::Pending { .. }));
            let near = pending
                .flat_map(|request| request.approvers.iter().take(NAMED_MAX).chain([&request.ask.requester]));
            let proposed = book
                .emergencies()
                .filter(|emergency| matches!(emergency.state, EmergencyState::Proposed { .. }));
            let confirmers = proposed.flat_map(|emergency| emergency.confirmers.iter().take(NAMED_MAX));
            near.chain(confirmers).cloned().collect::<std::collections::BTreeSet<_>>().into_iter().collect()
        };
        self.kept(|kept| {
            let users = people.iter().filter_map(|person| kept.user_of.get(person));
            let old =
                users.filter(|user| kept.users.get(*user).is_none_or(|(at, _)| at.elapsed() > USER_WARM));
            old.take(WARM_MAX).cloned().collect()
        })
    }
}

/// How a refusal names a user: people know the name, which proves nothing; the id is who it is.
fn shown(user: &str, profile: Option<&Arc<SlackUser>>) -> String {
    let names = profile.map(|profile| (&profile.profile.real_name, &profile.name));
    let name = names.and_then(|(real, name)| real.as_ref().or(name.as_ref())).filter(|name| !name.is_empty());
    match name {
        Some(name) => format!("{} ({user})", name.chars().take(SHOWN_MAX).collect::<String>()),
        None => user.to_owned(),
    }
}

/// Longest name in a refusal.
const SHOWN_MAX: usize = 80;

/// Approvers who are looked up for a card, so that they are mentioned and known before they click.
pub(super) const NAMED_MAX: usize = 5;

impl Names for People {
    fn slack_user(&self, person: &PersonId) -> Option<String> {
        self.kept(|kept| kept.user_of.get(person).cloned())
    }
}
