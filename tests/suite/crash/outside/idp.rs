//! An identity provider that keeps an app and groups, and an account whose sessions can be cut. Its looks lag, its answers
//! get lost, its changes come late; it blames whoever changes what was not written down.

use std::collections::BTreeSet;

use glasskey::ports::{
    Answer, Clock as _, Fault, Federation, Finding, IdentityProvider, Observed, SessionCutter, Urgency,
};
use glasskey_domain::emergency::{CutPlan, EmergencyState, Happening, Level, Member};
use glasskey_domain::federation::{CutSeen, FederationChange, wanted_open};
use glasskey_domain::ids::MemberId;
use glasskey_domain::{Book, Emergency, Person};
use jiff::{SignedDuration, Timestamp};

use super::{GIVES_UP_AFTER, Mishap, Outside, lock, lost};

/// Calls that begin together end within this; what is decided while they are made does not stop them.
const UNDER_WAY: SignedDuration = SignedDuration::from_millis(50);

/// What can be so at the provider, and sleeps when no emergency is on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fact {
    /// The app is active.
    App,
    /// Somebody is in a group.
    In { group: String, name: String },
}

impl Fact {
    pub(crate) fn is_in(group: &str, name: &str) -> Self {
        Self::In { group: group.to_owned(), name: name.to_owned() }
    }
}

#[derive(Debug, Clone)]
struct Turn {
    at: Timestamp,
    fact: Fact,
    so: bool,
    by_hand: bool,
}

/// See the top.
#[derive(Default)]
pub(super) struct Idp {
    /// Every change at the time at which it takes effect; those of late calls lie ahead.
    turns: Vec<Turn>,
    /// When sessions were cut, and which: those older than this.
    cuts: Vec<(Timestamp, Timestamp)>,
    pub(super) stale: SignedDuration,
    activations: usize,
}

impl Idp {
    fn last(&self, fact: &Fact, at: Timestamp) -> Option<&Turn> {
        let of_it = self.turns.iter().filter(|turn| turn.fact == *fact && turn.at <= at);
        of_it.max_by_key(|turn| turn.at)
    }

    fn shows(&self, fact: &Fact, at: Timestamp) -> bool {
        self.last(fact, at).is_some_and(|turn| turn.so)
    }

    /// All that is open at a time.
    fn open(&self, at: Timestamp) -> BTreeSet<Fact> {
        let all: BTreeSet<&Fact> = self.turns.iter().map(|turn| &turn.fact).collect();
        all.into_iter().filter(|fact| self.shows(fact, at)).cloned().collect()
    }

    /// Since when all has been closed, if it is.
    fn closed_since(&self, at: Timestamp) -> Option<Timestamp> {
        let past = self.turns.iter().filter(|turn| turn.at <= at && !turn.by_hand && !turn.so);
        let last = past.filter(|turn| self.shows(&turn.fact, just_before(turn.at))).map(|turn| turn.at).max();
        self.open(at).is_empty().then(|| last.unwrap_or(Timestamp::MIN))
    }
}

fn just_before(at: Timestamp) -> Timestamp {
    at - SignedDuration::from_nanos(1)
}

fn member(name: &str) -> Member {
    Member { id: MemberId::new(format!("00u{name}")), login: format!("{name}@acme.example") }
}

fn name_of(member: &Member) -> String {
    member.login.trim_end_matches("@acme.example").to_owned()
}

impl Outside {
    /// Whether it was so at the provider at any time since then.
    pub(crate) fn federated_since(&self, fact: &Fact, since: Timestamp) -> bool {
        let (idp, now) = (lock(&self.idp), self.time.truth());
        let turned = |turn: &Turn| turn.fact == *fact && turn.so && turn.at >= since && turn.at <= now;
        idp.shows(fact, since) || idp.turns.iter().any(turned)
    }

    /// All that is open at the provider now.
    pub(crate) fn open_now(&self) -> BTreeSet<Fact> {
        lock(&self.idp).open(self.time.truth())
    }

    /// All that is open at the provider, or will be when a late call arrives, and that nobody opened by hand.
    pub(crate) fn open_by_us(&self) -> BTreeSet<Fact> {
        let (idp, now) = (lock(&self.idp), self.time.truth());
        let by_hand = |fact: &Fact| idp.last(fact, now).is_some_and(|turn| turn.by_hand);
        let ahead = idp.turns.iter().filter(|turn| turn.at > now && turn.so).map(|turn| turn.fact.clone());
        idp.open(now).into_iter().filter(|fact| !by_hand(fact)).chain(ahead).collect()
    }

    /// All that was opened by hand before then and is open still.
    pub(crate) fn open_by_hand_before(&self, then: Timestamp) -> BTreeSet<Fact> {
        let (idp, now) = (lock(&self.idp), self.time.truth());
        let old = |fact: &Fact| idp.last(fact, now).is_some_and(|turn| turn.by_hand && turn.at < then);
        idp.open(now).into_iter().filter(old).collect()
    }

    /// Whether sessions from before all was closed are cut.
    pub(crate) fn is_cut(&self) -> bool {
        let idp = lock(&self.idp);
        let Some(closed) = idp.closed_since(self.time.truth()) else { return false };
        idp.cuts.last().is_some_and(|(_, before)| *before + self.time.wrong_most() * 2 >= closed)
    }

    /// How often the app was activated.
    pub(crate) fn activations(&self) -> usize {
        lock(&self.idp).activations
    }

    /// Somebody does it in the console.
    pub(crate) fn by_hand(&self, fact: Fact, so: bool) {
        let at = self.time.truth();
        lock(&self.idp).turns.push(Turn { at, fact, so, by_hand: true });
    }

    /// P2, P7, P8: nothing is changed that was not written down, and nothing opened without a deadline ahead.
    fn check_federation(&self, change: &FederationChange) {
        let wrong = self.store.durable(|book| self.wrong_with_federation(book, change));
        wrong.into_iter().for_each(|what| self.blame(what));
    }

    fn wrong_with_federation(&self, book: &Book, change: &FederationChange) -> Option<String> {
        let now = self.time.now();
        let lately = |at: Timestamp| at + UNDER_WAY >= now;
        let intends = |one: &&Emergency| one.view.intended.contains(change);
        let fine = if change.opens() {
            book.emergencies().any(|one| {
                let open = wanted_open(one, now) && one.deadline().is_some_and(|deadline| now < deadline);
                (open && intends(&one)) || closed_at(one).is_some_and(lately)
            })
        } else {
            let over = |one: &Emergency| match one.state {
                EmergencyState::Off { at, .. } => lately(at),
                _ => false,
            };
            book.emergencies().any(|one| intends(&one) || over(one))
        };
        let states = || book.emergencies().map(|one| (&one.state, &one.view.intended)).collect::<Vec<_>>();
        (!fine).then(|| format!("P2, P7: {change:?} is called and is not in order: {:?}", states()))
    }

    async fn federate(
        &self,
        name: &str,
        change: FederationChange,
        fact: Fact,
        so: bool,
    ) -> Result<(), Fault> {
        self.check_federation(&change);
        let mishap = self.begin(name).await?;
        if mishap == Mishap::Fails {
            return Err(Fault::Permanent { what: "the provider will not have it".to_owned() });
        }
        let now = self.time.truth();
        let at = if let Mishap::Late(held_up) = mishap { now + held_up } else { now };
        {
            let mut idp = lock(&self.idp);
            idp.activations += usize::from(change == FederationChange::Activate);
            idp.turns.push(Turn { at, fact, so, by_hand: false });
        }
        match mishap {
            Mishap::Late(_) => {
                tokio::time::sleep(GIVES_UP_AFTER).await;
                Err(lost())
            }
            Mishap::Lost => Err(lost()),
            _ => Ok(()),
        }
    }

    /// One part of a look may fail while others do not.
    fn part(&self) -> Result<(), Fault> {
        match (self.luck)("observe-part") {
            Mishap::None => Ok(()),
            Mishap::Before(fault) => Err(fault),
            _ => Err(lost()),
        }
    }

    async fn observed(&self, federation: Federation<'_>) -> Observed {
        let begun = match self.begin("observe").await {
            Ok(Mishap::None) => Ok(()),
            Ok(_) => Err(lost()),
            Err(fault) => Err(fault),
        };
        let idp = lock(&self.idp);
        let at = self.time.truth() - idp.stale;
        let open = idp.open(at);
        let members = |group: &String| {
            let names = open.iter().filter_map(|fact| match fact {
                Fact::In { group: which, name } if which == group => Some(member(name)),
                _ => None,
            });
            begun.clone().and_then(|()| self.part()).map(|()| names.collect())
        };
        Observed {
            app: begun.clone().and_then(|()| self.part()).map(|()| open.contains(&Fact::App)),
            groups: federation.groups.iter().map(|(level, group)| (*level, members(group))).collect(),
        }
    }
}

/// When it was ordered to close.
fn closed_at(one: &Emergency) -> Option<Timestamp> {
    let ordered = |what: &Happening| matches!(what, Happening::CloseOrdered { .. });
    one.timeline.iter().rev().find(|moment| ordered(&moment.what)).map(|moment| moment.at)
}

/// The level of a group.
pub(crate) fn level_of(group: &str) -> Level {
    if group == "00gro" { Level::Ro } else { Level::Ops }
}

impl IdentityProvider for Outside {
    fn observe<'a>(&'a self, federation: Federation<'a>, _: Urgency) -> Answer<'a, Observed> {
        Box::pin(self.observed(federation))
    }

    fn activate<'a>(&'a self, _: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.federate("activate", FederationChange::Activate, Fact::App, true))
    }

    fn deactivate<'a>(&'a self, _: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.federate("deactivate", FederationChange::Deactivate, Fact::App, false))
    }

    fn add<'a>(&'a self, group: &'a str, person: &'a Person) -> Answer<'a, Result<Member, Fault>> {
        Box::pin(async move {
            let fact = Fact::is_in(group, &person.user_name);
            let change = FederationChange::Add { level: level_of(group), person: person.id.clone() };
            self.federate("add", change, fact, true).await.map(|()| member(&person.user_name))
        })
    }

    fn remove<'a>(&'a self, group: &'a str, member: &'a Member) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async move {
            let fact = Fact::is_in(group, &name_of(member));
            let change = FederationChange::Remove { level: level_of(group), member: member.clone() };
            self.federate("remove", change, fact, false).await
        })
    }

    fn metadata<'a>(&'a self, _: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async move {
            match self.begin("metadata").await? {
                Mishap::None => Ok(()),
                _ => Err(lost()),
            }
        })
    }

    fn check<'a>(&'a self, _: Federation<'a>) -> Answer<'a, Vec<Finding>> {
        Box::pin(async { Vec::new() })
    }

    fn sign_in_link<'a>(&'a self, _: &'a str) -> Answer<'a, Result<Option<String>, Fault>> {
        Box::pin(async { Ok(None) })
    }
}

impl SessionCutter for Outside {
    fn cut<'a>(&'a self, _: &'a CutPlan, before: Timestamp) -> Answer<'a, Result<(), Fault>> {
        Box::pin(async move {
            self.check_federation(&FederationChange::Cut { before });
            let mishap = self.begin("cut").await?;
            lock(&self.idp).cuts.push((self.time.truth(), before));
            if mishap == Mishap::None { Ok(()) } else { Err(lost()) }
        })
    }

    fn look<'a>(&'a self, _: &'a CutPlan) -> Answer<'a, Result<CutSeen, Fault>> {
        Box::pin(async move {
            if self.begin("cut-look").await? != Mishap::None {
                return Err(lost());
            }
            let idp = lock(&self.idp);
            let at = self.time.truth() - idp.stale;
            let seen = idp.cuts.iter().rev().find(|(when, _)| *when <= at);
            Ok(seen.map_or(CutSeen::Not, |(_, before)| CutSeen::Before(*before)))
        })
    }
}
