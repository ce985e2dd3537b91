//! What every identity provider keeps, whatever is behind it: one contract for Okta, Entra ID and Keycloak.

use std::collections::{BTreeMap, BTreeSet};

use glasskey::ports::{Fault, Federation, IdentityProvider, Observed, Urgency};
use glasskey_domain::emergency::{Level, Member};
use glasskey_domain::ids::MemberId;
use glasskey_domain::person::Employment;
use glasskey_domain::{Person, PersonId};

/// A call, as the port names what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Call {
    Activate,
    Deactivate,
    Add,
    Remove,
    ReadApp,
    ReadGroup,
}

/// What befalls the next call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It is one too many: 429.
    Throttled,
    /// 500, and nothing was done.
    Error,
    /// No answer, ever.
    Hangs,
    /// The connection ends before anything was done.
    DroppedBefore,
    /// It is done, and the connection ends before the answer.
    DroppedAfter,
    /// An answer that nobody can read.
    Garbled,
}

impl Trouble {
    const ALL: [Self; 6] =
        [Self::Throttled, Self::Error, Self::Hangs, Self::DroppedBefore, Self::DroppedAfter, Self::Garbled];
}

/// The other end of the wire: what is really there, and what befalls calls.
pub(super) trait FarSide {
    /// Somebody who may be added, is active and in no group.
    fn person(&self) -> Person;
    /// Somebody whom the provider knows and does not let in any more.
    fn leaver(&self) -> Person;
    /// The app of the federation: exists, and is inactive at first.
    fn app(&self) -> String;
    /// Its groups: exist, and are empty at first.
    fn groups(&self) -> BTreeMap<Level, String>;
    /// Whether the app is active.
    fn is_active(&self) -> bool;
    /// The provider's ids of those in a group.
    fn members(&self, level: Level) -> BTreeSet<String>;
    /// Puts so many others into a group, by hand.
    fn fill(&self, level: Level, count: usize);
    /// The next call of this kind meets trouble.
    fn meets(&self, call: Call, trouble: Trouble);
    /// How many calls of this kind came.
    fn count(&self, call: Call) -> usize;
    /// What must be in no sentence: tokens, keys.
    fn secrets(&self) -> Vec<String>;
}

/// A provider that was just connected, and its far side as it is at first.
pub(super) struct Ground {
    pub(super) provider: Box<dyn IdentityProvider>,
    pub(super) far: Box<dyn FarSide>,
}

/// The whole contract, one promise after the other, each on fresh ground. Calls of the provider must give up within a
/// second or two.
pub(super) async fn keeps(fresh: impl AsyncFn() -> Ground) {
    opens_and_closes(&fresh().await).await;
    all_of_it_twice_is_harmless(&fresh().await).await;
    nobody_unknown_is_added(&fresh().await).await;
    a_full_group_is_read_and_emptied_to_its_end(&fresh().await).await;
    what_changed_by_hand_shows(&fresh().await).await;
    trouble_with_a_change_is_told_and_not_repeated(&fresh).await;
    what_could_not_be_read_is_not_taken_for_empty(&fresh).await;
    what_is_not_there_can_be_mended(&fresh().await).await;
    the_check_finds_what_is_not_ready(&fresh().await).await;
    the_sign_in_is_there(&fresh().await).await;
}

impl Ground {
    fn group(&self, level: Level) -> String {
        self.far.groups()[&level].clone()
    }

    async fn look(&self) -> Observed {
        let (app, groups) = (self.far.app(), self.far.groups());
        self.provider.observe(Federation { app: &app, groups: &groups }, Urgency::Emergency).await
    }

    async fn activate(&self) -> Result<(), Fault> {
        self.provider.activate(&self.far.app()).await
    }

    async fn deactivate(&self) -> Result<(), Fault> {
        self.provider.deactivate(&self.far.app()).await
    }

    async fn add(&self, level: Level, person: &Person) -> Result<Member, Fault> {
        self.provider.add(&self.group(level), person).await
    }

    async fn remove(&self, level: Level, member: &Member) -> Result<(), Fault> {
        self.provider.remove(&self.group(level), member).await
    }

    /// What `check` finds wrong.
    async fn wrong(&self) -> Vec<String> {
        let (app, groups) = (self.far.app(), self.far.groups());
        let findings = self.provider.check(Federation { app: &app, groups: &groups }).await;
        assert!(findings.len() > groups.len(), "the app and every group were looked at: {findings:?}");
        findings
            .into_iter()
            .filter_map(|finding| finding.how.err().map(|how| format!("{}: {how}", finding.what)))
            .collect()
    }
}

/// Somebody of whom the provider has never heard.
fn stranger() -> Person {
    Person {
        id: PersonId::new("u-stranger"),
        user_name: "nobody.at.all@elsewhere.example".to_owned(),
        display_name: "Nobody".to_owned(),
        emails: vec!["nobody.at.all@elsewhere.example".to_owned()],
        employment: Employment::Enabled,
    }
}

fn ids(members: &[Member]) -> BTreeSet<String> {
    members.iter().map(|member| member.id.as_str().to_owned()).collect()
}

async fn opens_and_closes(ground: &Ground) {
    let before = ground.look().await;
    assert_eq!(before.app, Ok(false));
    assert!(before.groups.values().all(|members| *members == Ok(Vec::new())), "{before:?}");

    ground.activate().await.unwrap();
    assert!(ground.far.is_active());
    let person = ground.far.person();
    let member = ground.add(Level::Ro, &person).await.unwrap();
    let known: Vec<String> =
        person.emails.iter().chain([&person.user_name]).map(|name| name.to_lowercase()).collect();
    assert!(known.contains(&member.login.to_lowercase()), "{member:?} is {person:?}");
    assert_eq!(ground.far.members(Level::Ro), ids(std::slice::from_ref(&member)));
    let open = ground.look().await;
    assert_eq!(open.app, Ok(true));
    assert_eq!(open.groups[&Level::Ro], Ok(vec![member.clone()]));
    assert_eq!(open.groups[&Level::Ops], Ok(Vec::new()));

    ground.deactivate().await.unwrap();
    ground.remove(Level::Ro, &member).await.unwrap();
    assert!(!ground.far.is_active() && ground.far.members(Level::Ro).is_empty());
    assert_eq!(ground.look().await, before);
}

async fn all_of_it_twice_is_harmless(ground: &Ground) {
    ground.activate().await.unwrap();
    ground.activate().await.unwrap();
    let person = ground.far.person();
    let member = ground.add(Level::Ops, &person).await.unwrap();
    assert_eq!(ground.add(Level::Ops, &person).await, Ok(member.clone()));
    assert_eq!(ground.far.members(Level::Ops).len(), 1);
    for _ in 0..2 {
        ground.remove(Level::Ops, &member).await.unwrap();
        ground.deactivate().await.unwrap();
    }
    assert!(!ground.far.is_active() && ground.far.members(Level::Ops).is_empty());
    let nobody = Member { id: MemberId::new("00u-was-deleted"), login: "was@deleted.example".to_owned() };
    assert_eq!(ground.remove(Level::Ro, &nobody).await, Ok(()), "who does not exist is in no group");
}

async fn nobody_unknown_is_added(ground: &Ground) {
    for person in [stranger(), ground.far.leaver()] {
        let fault = ground.add(Level::Ro, &person).await.unwrap_err();
        assert!(matches!(fault, Fault::Permanent { .. }), "{fault:?}");
        assert!(fault.what().contains(&person.user_name), "it says who: {fault}");
    }
    assert!(ground.far.members(Level::Ro).is_empty());
    assert_eq!(ground.far.count(Call::Add), 0, "nothing was tried");
}

async fn a_full_group_is_read_and_emptied_to_its_end(ground: &Ground) {
    const MANY: usize = 1_234;
    const OFF: usize = 200;
    ground.far.fill(Level::Ro, MANY);
    let seen = ground.look().await.groups[&Level::Ro].clone().unwrap();
    assert_eq!(seen.len(), MANY);
    assert_eq!(ids(&seen), ground.far.members(Level::Ro));
    let removals = seen.iter().take(OFF).map(|member| ground.remove(Level::Ro, member));
    let removed = futures_util::future::join_all(removals).await;
    assert!(removed.iter().all(Result::is_ok), "{removed:?}");
    assert_eq!(ground.far.members(Level::Ro).len(), MANY - OFF);
}

async fn what_changed_by_hand_shows(ground: &Ground) {
    ground.activate().await.unwrap();
    assert_eq!(ground.look().await.groups[&Level::Ops], Ok(Vec::new()));
    ground.far.fill(Level::Ops, 3);
    assert_eq!(ground.look().await.groups[&Level::Ops].as_ref().map(Vec::len), Ok(3));
}

/// A change is sent once, whatever becomes of it: each try is decided and written down before.
async fn trouble_with_a_change_is_told_and_not_repeated(fresh: &impl AsyncFn() -> Ground) {
    for call in [Call::Activate, Call::Deactivate, Call::Add, Call::Remove] {
        for trouble in Trouble::ALL {
            let ground = fresh().await;
            let person = ground.far.person();
            let member = match call {
                Call::Remove => Some(ground.add(Level::Ro, &person).await.unwrap()),
                _ => None,
            };
            if call == Call::Deactivate {
                ground.activate().await.unwrap();
            }
            let before = ground.far.count(call);
            ground.far.meets(call, trouble);
            let made = match (call, &member) {
                (Call::Activate, _) => ground.activate().await,
                (Call::Deactivate, _) => ground.deactivate().await,
                (Call::Remove, Some(member)) => ground.remove(Level::Ro, member).await,
                _ => ground.add(Level::Ro, &person).await.map(drop),
            };
            let say = format!("{call:?} {trouble:?}: {made:?}");
            assert_eq!(ground.far.count(call) - before, 1, "{say}");
            match trouble {
                Trouble::Throttled => assert!(matches!(made, Err(Fault::Transient { .. })), "{say}"),
                // A change says all by its status; what is in the answer is of no use.
                Trouble::Garbled => assert!(matches!(made, Ok(()) | Err(Fault::Lost { .. })), "{say}"),
                Trouble::Error | Trouble::Hangs | Trouble::DroppedBefore | Trouble::DroppedAfter => {
                    assert!(matches!(made, Err(Fault::Lost { .. })), "{say}");
                }
            }
            let said = made.err().map(|fault| format!("{fault:?}")).unwrap_or_default();
            for secret in ground.far.secrets() {
                assert!(!said.contains(&secret), "{say}");
            }
            let done = match call {
                Call::Activate => ground.far.is_active(),
                Call::Deactivate => !ground.far.is_active(),
                Call::Add => !ground.far.members(Level::Ro).is_empty(),
                _ => ground.far.members(Level::Ro).is_empty(),
            };
            if trouble != Trouble::Garbled {
                assert_eq!(done, trouble == Trouble::DroppedAfter, "the far side did as it was told: {say}");
            }
        }
    }
}

async fn what_could_not_be_read_is_not_taken_for_empty(fresh: &impl AsyncFn() -> Ground) {
    for trouble in Trouble::ALL {
        let ground = fresh().await;
        ground.activate().await.unwrap();
        ground.far.fill(Level::Ro, 2);
        ground.far.meets(Call::ReadApp, trouble);
        let seen = ground.look().await;
        assert!(matches!(seen.app, Err(Fault::Transient { .. })), "{trouble:?}: {seen:?}");
        assert!(seen.groups.values().all(Result::is_ok), "the rest was read: {seen:?}");

        ground.far.meets(Call::ReadGroup, trouble);
        let seen = ground.look().await;
        assert_eq!(seen.app, Ok(true));
        let (unread, read): (Vec<_>, Vec<_>) = seen.groups.values().partition(|members| members.is_err());
        assert_eq!((unread.len(), read.len()), (1, 1), "{trouble:?}: {seen:?}");
        assert!(matches!(unread[0], Err(Fault::Transient { .. })), "{trouble:?}: {seen:?}");
        let seen = ground.look().await;
        assert!(seen.groups.values().all(Result::is_ok), "{trouble:?} passes: {seen:?}");
    }
}

/// Closing must go on until an operator has mended it: no fault of a thing that is missing is for good.
async fn what_is_not_there_can_be_mended(ground: &Ground) {
    let missing = missing_ids(&ground.far.groups()[&Level::Ro], &ground.far.app());
    let (app, group) = &missing;
    let member = ground.add(Level::Ro, &ground.far.person()).await.unwrap();
    let faults = [
        (ground.provider.activate(app).await.unwrap_err(), app),
        (ground.provider.deactivate(app).await.unwrap_err(), app),
        (ground.provider.remove(group, &member).await.unwrap_err(), group),
        (ground.provider.add(group, &ground.far.person()).await.unwrap_err(), group),
    ];
    for (fault, id) in &faults {
        assert!(matches!(fault, Fault::Transient { .. }), "{fault:?}");
        assert!(fault.what().contains(id.as_str()), "it says which: {fault}");
    }
    let groups = BTreeMap::from([(Level::Ro, group.clone())]);
    let seen = ground.provider.observe(Federation { app, groups: &groups }, Urgency::Ending).await;
    assert!(matches!(seen.app, Err(Fault::Transient { .. })), "{seen:?}");
    assert!(matches!(seen.groups[&Level::Ro], Err(Fault::Transient { .. })), "{seen:?}");
    let findings = ground.provider.check(Federation { app, groups: &groups }).await;
    let wrong = findings.iter().filter(|finding| finding.how.is_err()).count();
    assert!(wrong >= 2, "neither is ready: {findings:?}");
}

/// Ids of the same form that name nothing.
fn missing_ids(group: &str, app: &str) -> (String, String) {
    let other = |id: &str| {
        let (kept, last) = id.split_at(id.len() - 1);
        format!("{kept}{}", if last == "0" { '1' } else { '0' })
    };
    (other(app), other(group))
}

async fn the_check_finds_what_is_not_ready(ground: &Ground) {
    assert_eq!(ground.wrong().await, Vec::<String>::new(), "all is ready at first");
    ground.activate().await.unwrap();
    assert_eq!(ground.wrong().await.len(), 1, "an active app is an open door");
    ground.deactivate().await.unwrap();
    ground.far.fill(Level::Ops, 1);
    let wrong = ground.wrong().await;
    assert_eq!(wrong.len(), 1, "a group that is not empty is access that waits: {wrong:?}");
}

async fn the_sign_in_is_there(ground: &Ground) {
    let app = ground.far.app();
    assert_eq!(ground.provider.metadata(&app).await, Ok(()));
    let link = ground.provider.sign_in_link(&app).await.unwrap();
    assert!(link.is_none_or(|link| link.starts_with("http")));
    let (missing, _) = missing_ids(&app, &app);
    assert!(matches!(ground.provider.metadata(&missing).await, Err(Fault::Transient { .. })));
}
