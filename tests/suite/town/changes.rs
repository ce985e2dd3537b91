//! What changes without the bot's doing, and how a town looks at it: people, groups, access that no request explains.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command as Process, Output};

use glasskey::engine::drift::{self, Managed};
use glasskey::engine::refresh;
use glasskey::ports::{Answer as Reading, DirectorySource, Fault};
use glasskey_domain::command::Incoming;
use glasskey_domain::wanted::wanted;
use glasskey_domain::{
    AccountId, Actor, Answer, Book, Command, Directory, Door, DriftCommand, Holding, PermissionSetArn,
    PersonId, Target,
};
use glasskey_playground::company::{Company, Principal};
use jiff::Timestamp;

use super::{AWS_SECRET, Request, Town};

/// The directory as it is read, and then changed: what AWS says that our twin does not.
struct Changed<'a, F> {
    source: &'a dyn DirectorySource,
    change: F,
}

impl<F: Fn(&mut Directory) + Send + Sync> DirectorySource for Changed<'_, F> {
    fn read<'a>(&'a self, now: Timestamp) -> Reading<'a, Result<Directory, Fault>> {
        Box::pin(async move {
            let mut directory = self.source.read(now).await?;
            (self.change)(&mut directory);
            Ok(directory)
        })
    }
}

impl Town {
    /// The directory is read now, and says this besides.
    pub(crate) fn reads_the_directory_as(&self, change: impl Fn(&mut Directory) + Send + Sync) {
        let alive = self.alive();
        let source = Changed { source: alive.bot.source(), change };
        alive.runtime.block_on(refresh::read_once(alive.bot.engine(), &source)).unwrap();
    }

    /// The directory is to be read now, and cannot be.
    pub(crate) fn fails_to_read_the_directory(&self) {
        let alive = self.alive();
        assert!(alive.runtime.block_on(refresh::read_once(alive.bot.engine(), alive.bot.source())).is_err());
    }

    /// The company as it was at the beginning.
    pub(crate) fn company(&self) -> &Company {
        &self.company
    }

    /// Looks once for access that no request explains, and waits for all that follows.
    pub(crate) fn looks_for_drift(&self) {
        self.looks_for_drift_meanwhile();
        self.settle();
    }

    /// Looks once for access that no request explains, whatever is under way.
    pub(crate) fn looks_for_drift_meanwhile(&self) {
        let alive = self.alive();
        let managed = match &self.config.drift_permission_sets {
            Some(names) => Managed::Named(names.iter().cloned().collect()),
            None => Managed::All,
        };
        alive.runtime.block_on(drift::once(alive.bot.engine(), alive.bot.aws(), &managed));
    }

    /// Says what an operator says with `glasskey drift adopt`.
    pub(crate) fn adopts(&self, handle: &str, account: &str, permission_set: &str, reason: &str) -> Answer {
        let meant = self.company.assignment(handle, account, permission_set).unwrap();
        let target = Target::Assignment {
            account: AccountId::parse(&meant.account).unwrap(),
            permission_set: PermissionSetArn::new(meant.permission_set),
        };
        let holding = Holding { principal: self.person_id(handle), target };
        let command = Command::Drift(DriftCommand::Adopt { holding, reason: reason.to_owned() });
        let by = Actor::person(self.person_id("dee"), Door::Host);
        let said = self.engine().submit(Incoming { by, interaction: None, command });
        self.block("the answer to who adopts", said).unwrap()
    }

    /// Somebody's id in the Identity Store.
    pub(crate) fn person_id(&self, handle: &str) -> PersonId {
        PersonId::new(self.company.person(handle).unwrap().identity_user_id.clone().unwrap())
    }

    /// Somebody deletes a permission set in the console, and all that was assigned of it goes with it.
    pub(crate) fn deletes_permission_set(&self, name: &str) {
        let arn = self.company.permission_set(name).unwrap().arn.clone();
        let of_it = self.company.assignments.iter().filter(|one| one.permission_set == arn);
        self.by_hand.lock().unwrap().extend(of_it.cloned());
        assert!(self.aws().delete_permission_set(name));
    }

    /// Somebody puts a person into a group of the Identity Store in the console, or takes them out.
    pub(crate) fn group_by_hand(&self, handle: &str, group: &str, is_in: bool) {
        let changed = match is_in {
            true => self.aws().add_to_group(handle, group),
            false => self.aws().remove_from_group(handle, group),
        };
        assert!(changed, "{handle} and {group}");
        self.groups_by_hand.lock().unwrap().insert((handle.to_owned(), group.to_owned()));
    }

    /// Somebody deletes a person in the console; their assignments stay, as AWS leaves them.
    pub(crate) fn deletes(&self, handle: &str) {
        let id = self.person_id(handle).to_string();
        let groups = self.company.groups.iter().filter(|group| group.members.contains(&id));
        let gone = groups.map(|group| (handle.to_owned(), group.name.clone()));
        self.groups_by_hand.lock().unwrap().extend(gone);
        assert!(self.aws().delete_user(handle));
    }

    /// How often the access channel says this.
    pub(crate) fn said(&self, words: &str) -> usize {
        self.posts().iter().filter(|one| one.words().contains(words)).count()
    }

    /// Waits until the card has this button.
    pub(crate) fn card_offers(&self, it: &Request, button: &str) {
        self.chat_shows(self.platform(), &format!("the button {button}"), || {
            let card = self.cards(it).pop()?;
            card.buttons().iter().any(|label| label == button).then_some(())
        });
    }

    /// What the files of policies and bundles say is put in force, as after SIGHUP.
    pub(crate) fn reloads(&self) {
        let alive = self.alive();
        alive.runtime.block_on(alive.bot.reload(&self.config, &self.health));
    }

    /// Puts other bundles in force, where they are kept in this folder.
    pub(crate) fn changes_bundles(&self, folder: &Path, text: &str) {
        std::fs::write(folder.join("bundles.toml"), text).unwrap();
        self.reloads();
    }

    /// The configuration says this besides, in place of what it said: for commands at once, for the bot from its next start on.
    pub(crate) fn configures(&mut self, more: &str) {
        more.clone_into(&mut self.paper.more);
        self.config = self.paper.config(&self.serves);
    }

    /// `glasskey …` on the host, with the configuration of this town.
    pub(crate) fn on_the_host(&self, arguments: &[&str]) -> Output {
        let mut command = Process::new(env!("CARGO_BIN_EXE_glasskey"));
        command.args(arguments).args(["--config", "town.toml"]).current_dir(&self.paper.folder).env_clear();
        for (name, secret) in super::secrets() {
            command.env(name, secret);
        }
        command.env("AWS_ACCESS_KEY_ID", "AKIDTOWN").env("AWS_SECRET_ACCESS_KEY", AWS_SECRET);
        let done = command.env("AWS_EC2_METADATA_DISABLED", "true").output().unwrap();
        // What it made at AWS is no person's.
        let all = self.aws().assignments().into_iter();
        let of_groups = all.filter(|one| matches!(one.principal, Principal::Group(_)));
        self.by_hand.lock().unwrap().extend(of_groups);
        done
    }

    /// P5 and P3 of groups: in each is who was in it before, whom people put there, and who is meant to be; nobody else.
    pub(super) fn groups_are_as_wanted(&self, book: &Book, now: Timestamp) {
        let by_hand = self.groups_by_hand.lock().unwrap();
        for group in &self.company.groups {
            let held = self.aws().group_members(&group.name);
            let before = self.handles(|person| group.members.contains(person.as_str()));
            let wanted = self.wanted_in(book, now, &group.id);
            for handle in held.union(&before).chain(&wanted) {
                if by_hand.contains(&(handle.clone(), group.name.clone())) {
                    continue;
                }
                let meant = before.contains(handle) || wanted.contains(handle);
                assert_eq!(held.contains(handle), meant, "{handle} in {} (P3, P5)", group.name);
            }
        }
        let ours = self.company.okta.groups.iter().filter(|group| !group.name.starts_with("aws#"));
        for group in ours.filter(|group| group.members.is_empty()) {
            let ruled = self.company.okta.rules.iter().any(|rule| rule.group == group.id);
            for person in self.company.people.iter().filter(|_| !ruled) {
                let held = self.okta().has_member(&group.id, &person.handle);
                let wanted = self.wanted_in(book, now, &group.id).contains(&person.handle);
                assert_eq!(held, wanted, "{} in {} (P3, P5)", person.handle, group.name);
            }
        }
    }

    fn handles(&self, which: impl Fn(&PersonId) -> bool) -> BTreeSet<String> {
        let people = self.company.people.iter();
        let known =
            people.filter(|one| one.identity_user_id.as_ref().is_some_and(|id| which(&PersonId::new(id))));
        known.map(|one| one.handle.clone()).collect()
    }

    fn wanted_in(&self, book: &Book, now: Timestamp, group: &str) -> BTreeSet<String> {
        let of_group = |holding: &Holding| match &holding.target {
            Target::Membership { group: id } => id.as_str() == group,
            Target::Assignment { .. } => false,
        };
        let wanted: BTreeSet<PersonId> = book
            .holdings()
            .filter(|state| of_group(&state.holding) && wanted(book, &state.holding, now))
            .map(|state| state.holding.principal.clone())
            .collect();
        self.handles(|person| wanted.contains(person))
    }
}
