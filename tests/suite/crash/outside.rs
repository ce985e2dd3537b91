//! What is outside of the bot, in memory: the time, a provider that keeps a set, channels that keep messages. It goes
//! on while the bot is dead, and it never looks into the bot: what it checks it checks against the durable journal.

mod aws;
mod channel;
mod idp;
mod time;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use glasskey::ports::{
    Access, Answer, AssignmentSessions, Clock, Denial, Fault, LivePeople, LivePerson, Progress, Seen,
    Started, Urgency,
};
use glasskey_domain::drift::DriftState;
use glasskey_domain::holding::{Change, Operation};
use glasskey_domain::ids::OperationId;
use glasskey_domain::person::Employment;
use glasskey_domain::sessions::SessionCut;
use glasskey_domain::{Book, GroupId, Holding, PartState, PersonId, Platform, State};
use jiff::{SignedDuration, Timestamp};

use super::store::Store;
use aws::{Aws, Running};
use idp::Idp;

use channel::Post;
pub(crate) use channel::{Channel, calls, card_key, subject};
pub(crate) use idp::{Fact, level_of};
pub(crate) use time::{BEGINNING, Time};

/// How long a call takes.
const LATENCY: Duration = Duration::from_millis(5);
/// What was assigned so long ago is in every list, by every clock.
const SEEN_WITHIN: SignedDuration = SignedDuration::from_secs(10);
/// How long a caller waits for an answer.
const GIVES_UP_AFTER: Duration = Duration::from_secs(2);

/// What goes wrong with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// Nothing.
    None,
    /// It has no effect, and this is answered.
    Before(Fault),
    /// It has its effect, and the answer is lost.
    Lost,
    /// A change is accepted and fails later; a message is refused for good.
    Fails,
    /// It is held up on its way for so long, and its caller gives up before.
    Late(SignedDuration),
    /// It has no effect and no answer, and its caller gives up.
    Hangs,
}

/// Decides what goes wrong with a call of this name.
pub(crate) type Luck = Box<dyn Fn(&str) -> Mishap + Send + Sync>;

fn lost() -> Fault {
    Fault::Lost { what: "the connection was cut before the answer came".to_owned() }
}

/// All that is outside.
pub(crate) struct Outside {
    /// The time.
    pub(crate) time: Arc<Time>,
    aws: Mutex<Aws>,
    idp: Mutex<Idp>,
    posts: Mutex<BTreeMap<Platform, Vec<Post>>>,
    /// Who has left, as the provider has it.
    left: Mutex<BTreeSet<PersonId>>,
    standing: BTreeSet<Holding>,
    through_groups: BTreeMap<Holding, Vec<GroupId>>,
    luck: Luck,
    store: Store,
    broken: Mutex<Vec<String>>,
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap()
}

impl Outside {
    /// A provider that has `standing` (and gives what is `through_groups`), with this luck; what it checks it reads from
    /// `store`.
    pub(crate) fn new(
        standing: BTreeSet<Holding>,
        through_groups: BTreeMap<Holding, Vec<GroupId>>,
        luck: Luck,
        store: Store,
    ) -> Self {
        let time = Arc::new(Time::new());
        let history = standing.iter().map(|holding| (Timestamp::MIN, holding.clone(), true)).collect();
        let operation_takes = SignedDuration::from_millis(400);
        let aws = Mutex::new(Aws { history, operation_takes, ..Aws::default() });
        let (idp, posts, broken, left) =
            (Mutex::default(), Mutex::default(), Mutex::default(), Mutex::default());
        Self { time, aws, idp, posts, left, standing, through_groups, luck, store, broken }
    }

    /// Lists lag so much behind from now on, and operations take so long.
    pub(crate) fn set_pace(&self, stale: SignedDuration, operation_takes: SignedDuration) {
        let mut aws = lock(&self.aws);
        (aws.stale, aws.operation_takes) = (stale, operation_takes);
        lock(&self.idp).stale = stale;
    }

    fn aws(&self) -> MutexGuard<'_, Aws> {
        let mut aws = lock(&self.aws);
        aws.advance(self.time.truth());
        aws
    }

    /// Whether the provider has it, truly.
    pub(crate) fn has(&self, holding: &Holding) -> bool {
        self.aws().shows(holding, self.time.truth())
    }

    /// Whether the provider had it at any time since then.
    pub(crate) fn had_since(&self, holding: &Holding, since: Timestamp) -> bool {
        let aws = self.aws();
        aws.shows(holding, since)
            || aws.history.iter().any(|(at, which, present)| *at >= since && which == holding && *present)
    }

    /// Everything that the provider has and did not have before the bot came.
    pub(crate) fn ours(&self) -> BTreeSet<Holding> {
        let mut all = self.aws().all(self.time.truth());
        all.retain(|holding| !self.standing.contains(holding));
        all
    }

    /// Whether what stood before the bot came still stands.
    pub(crate) fn standing_untouched(&self) -> bool {
        let (aws, now) = (self.aws(), self.time.truth());
        self.standing.iter().all(|holding| aws.shows(holding, now) && !aws.deleted.contains(holding))
    }

    /// Somebody removes it in the console.
    pub(crate) fn remove_by_hand(&self, holding: &Holding) {
        let now = self.time.truth();
        let mut aws = self.aws();
        if aws.shows(holding, now) {
            aws.history.push((now, holding.clone(), false));
        }
    }

    /// Somebody assigns it in the console.
    pub(crate) fn assign_by_hand(&self, holding: &Holding) {
        let now = self.time.truth();
        let mut aws = self.aws();
        if !aws.shows(holding, now) {
            aws.history.push((now, holding.clone(), true));
            aws.by_hand.push((now, holding.clone()));
        }
    }

    /// Somebody clears up after those who assigned things in the console.
    pub(crate) fn cleared_by_hand(&self) {
        let now = self.time.truth();
        let mut aws = self.aws();
        let theirs: Vec<Holding> = aws.by_hand.iter().map(|(_, holding)| holding.clone()).collect();
        for holding in theirs {
            if aws.shows(&holding, now) && aws.is_by_hand(&holding).is_some() {
                aws.history.push((now, holding, false));
            }
        }
    }

    /// Who has left, from now on.
    pub(crate) fn people_left(&self, left: BTreeSet<PersonId>) {
        *lock(&self.left) = left;
    }

    /// Whether somebody assigned it in the console since then.
    pub(crate) fn was_assigned_by_hand_since(&self, holding: &Holding, since: Timestamp) -> bool {
        self.aws().by_hand.iter().any(|(at, which)| since <= *at && which == holding)
    }

    /// What of these somebody who lists it sees now.
    pub(crate) fn listed(&self) -> BTreeSet<Holding> {
        let aws = self.aws();
        aws.all(self.time.truth() - aws.stale)
    }

    /// Whether anybody's sessions are denied.
    pub(crate) fn denies_somebody(&self) -> bool {
        self.aws().denied.values().any(|people| !people.is_empty())
    }

    /// Whether this person's sessions of it are denied.
    pub(crate) fn denies(&self, holding: &Holding) -> bool {
        self.aws().denied.values().flatten().any(|(denied, _)| denied == holding)
    }

    /// Whether a change of it is still under way, be it on the wire.
    pub(crate) fn is_changing(&self, holding: &Holding) -> bool {
        self.aws().operations.values().any(|running| !running.ended && running.holding == *holding)
    }

    /// Whether anything was ever created for this holding.
    pub(crate) fn creates_of(&self, holding: &Holding) -> usize {
        self.aws().creates(holding).count()
    }

    /// Whether anything came, since then, to create it.
    pub(crate) fn created_since(&self, holding: &Holding, since: Timestamp) -> bool {
        self.aws().creates(holding).any(|running| since <= running.begins)
    }

    /// Whether nobody ever asked Identity Center anything.
    pub(crate) fn aws_was_left_alone(&self) -> bool {
        let aws = self.aws();
        aws.looks == 0 && aws.operations.is_empty() && aws.deleted.is_empty()
    }

    /// What was seen that must never be.
    pub(crate) fn broken(&self) -> Vec<String> {
        lock(&self.broken).clone()
    }

    /// Notes that a promise was broken.
    pub(crate) fn blame(&self, what: String) {
        lock(&self.broken).push(format!("{}: {what}", self.time.truth()));
    }

    /// P2, P5, P7: nothing is changed whose reason, intention and deadline are not durable.
    fn check_change(&self, holding: &Holding, change: Change) {
        let wrong = self.store.durable(|book| self.wrong_with(book, holding, change));
        wrong.into_iter().for_each(|what| self.blame(what));
    }

    fn wrong_with(&self, book: &Book, holding: &Holding, change: Change) -> Option<String> {
        let state = book.holding(holding);
        let intended = state.is_some_and(
            |state| matches!(&state.operation, Operation::Intended { change: meant, .. } if *meant == change),
        );
        let now = self.time.now();
        let ahead =
            || book.claims(holding).any(|request| request.deadline().is_some_and(|deadline| now < deadline));
        let active = || {
            book.claims(holding).any(|request| match request.state {
                State::Active { deadline, .. } => {
                    let there = matches!(request.part(&holding.target), Some(PartState::There { .. }));
                    there && now < deadline
                }
                _ => false,
            })
        };
        match change {
            _ if !intended => {
                Some(format!("{change:?} of {holding} is called and was not written down: {state:?}"))
            }
            Change::Create if !ahead() => {
                Some(format!("P2: {holding} is created without a durable deadline ahead"))
            }
            Change::Delete if self.standing.contains(holding) => {
                Some(format!("P5: standing {holding} is deleted"))
            }
            Change::Delete if self.is_theirs(book, holding) => {
                Some(format!("P5: {holding} was assigned by hand and is deleted"))
            }
            // One that is only being granted may meet a delete that is on its way; it is created after it.
            Change::Delete if active() => Some(format!("P5: {holding} is deleted while a request has it")),
            Change::Create | Change::Delete => None,
        }
    }

    /// Whether somebody assigned it in the console, before anybody asked for it, and nobody wants such things removed.
    fn is_theirs(&self, book: &Book, holding: &Holding) -> bool {
        let now = self.time.truth();
        let aws = self.aws();
        let Some(since) = aws.is_by_hand(holding).filter(|_| aws.shows(holding, now)) else { return false };
        let drift =
            book.drift(holding).is_some_and(|drift| matches!(drift.state, DriftState::Removing { .. }));
        !drift && book.claims(holding).all(|request| since + SEEN_WITHIN < request.ask.at)
    }

    async fn begin(&self, name: &str) -> Result<Mishap, Fault> {
        tokio::time::sleep(LATENCY).await;
        match (self.luck)(name) {
            Mishap::Before(fault) => Err(fault),
            Mishap::Hangs => {
                tokio::time::sleep(GIVES_UP_AFTER).await;
                Err(lost())
            }
            other => Ok(other),
        }
    }

    async fn look_at(&self, holding: &Holding) -> Result<Seen, Fault> {
        if self.begin("look").await? == Mishap::Lost {
            return Err(lost());
        }
        let mut aws = self.aws();
        aws.looks += 1;
        let direct = aws.shows(holding, self.time.truth() - aws.stale);
        Ok(Seen {
            direct,
            groups: self.through_groups.get(holding).cloned().unwrap_or_default(),
            member: None,
        })
    }

    async fn change(&self, holding: &Holding, change: Change) -> Result<Started, Fault> {
        self.check_change(holding, change);
        let name = if change == Change::Create { "create" } else { "delete" };
        let mishap = self.begin(name).await?;
        if let Mishap::Late(held_up) = mishap {
            self.begins_at(self.time.truth() + held_up, holding, change, None);
            tokio::time::sleep(GIVES_UP_AFTER).await;
            return Err(lost());
        }
        self.change_now(holding, change, &mishap)
    }

    fn begins_at(
        &self,
        begins: Timestamp,
        holding: &Holding,
        change: Change,
        failure: Option<String>,
    ) -> OperationId {
        let mut aws = self.aws();
        let id = OperationId::new(format!("op-{}", aws.operations.len()));
        let ends = begins + aws.operation_takes;
        let running = Running { holding: holding.clone(), change, begins, ends, failure, ended: false };
        aws.operations.insert(id.clone(), running);
        id
    }

    fn change_now(&self, holding: &Holding, change: Change, mishap: &Mishap) -> Result<Started, Fault> {
        let now = self.time.truth();
        let mut aws = self.aws();
        if change == Change::Delete {
            aws.deleted.push(holding.clone());
        }
        let at_work =
            |running: &Running| !running.ended && running.begins <= now && running.holding == *holding;
        if aws.operations.values().any(at_work) {
            let conflict = Fault::Transient { what: "ConflictException".to_owned(), retry_after: None };
            return Err(if *mishap == Mishap::Lost { lost() } else { conflict });
        }
        if change == Change::Delete && !aws.shows(holding, now) {
            return Ok(Started::NothingThere);
        }
        drop(aws);
        let failure = (*mishap == Mishap::Fails).then(|| "the account's SAML provider is missing".to_owned());
        let id = self.begins_at(now, holding, change, failure);
        if *mishap == Mishap::Lost { Err(lost()) } else { Ok(Started::Running(id)) }
    }

    async fn progress(&self, operation: &OperationId) -> Result<Progress, Fault> {
        if self.begin("poll").await? == Mishap::Lost {
            return Err(lost());
        }
        Ok(match self.aws().operations.get(operation) {
            None => Progress::Unknown,
            Some(running) if !running.ended => Progress::Running,
            Some(Running { failure: Some(why), .. }) => Progress::Failed { why: why.clone() },
            Some(_) => Progress::Succeeded,
        })
    }
}

impl Access for Outside {
    fn look<'a>(&'a self, holding: &'a Holding, _: Urgency) -> Answer<'a, Result<Seen, Fault>> {
        Box::pin(self.look_at(holding))
    }

    fn start<'a>(
        &'a self,
        holding: &'a Holding,
        change: Change,
        _: Urgency,
    ) -> Answer<'a, Result<Started, Fault>> {
        Box::pin(self.change(holding, change))
    }

    fn poll<'a>(
        &'a self,
        _: Change,
        operation: &'a OperationId,
        _: Urgency,
    ) -> Answer<'a, Result<Progress, Fault>> {
        Box::pin(self.progress(operation))
    }
}

impl LivePeople for Outside {
    fn read<'a>(&'a self, person: &'a PersonId, _: &'a [GroupId]) -> Answer<'a, Result<LivePerson, Fault>> {
        Box::pin(async move {
            if self.begin("live").await? == Mishap::Lost {
                return Err(lost());
            }
            let left = lock(&self.left).contains(person);
            let employment = if left { Employment::Disabled } else { Employment::Enabled };
            Ok(LivePerson { employment, lost: Vec::new() })
        })
    }
}

impl Outside {
    /// Nobody's sessions are denied, or freed, without a reason that is durable.
    fn check_denial(&self, wanted: &[SessionCut]) {
        for cut in wanted {
            let known = self
                .store
                .durable(|book| book.cut(&cut.holding).is_some_and(|known| known.before == cut.before));
            if !known {
                self.blame(format!("P7: sessions of {} are denied and nobody wrote down why", cut.holding));
            }
        }
    }
}

impl AssignmentSessions for Outside {
    fn deny<'a>(
        &'a self,
        holding: &'a Holding,
        wanted: &'a [SessionCut],
    ) -> Answer<'a, Result<Denial, Fault>> {
        Box::pin(async move {
            self.check_denial(wanted);
            let mishap = self.begin("deny").await?;
            if mishap == Mishap::Fails {
                return Ok(Denial::Refused { why: "the policy has no room".to_owned() });
            }
            let set = holding.target.permission_set().expect("an assignment").clone();
            let people = wanted.iter().map(|cut| (cut.holding.clone(), cut.before)).collect();
            self.aws().denied.insert(set, people);
            if mishap == Mishap::Lost { Err(lost()) } else { Ok(Denial::InForce) }
        })
    }
}
