//! Stops the world at one step that leaves the house: before its call is made, or after its effect and before its answer.
//! From then on nothing begins and no answer comes back; the test lets the bot go and begins another life.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use glasskey::engine::Chats;
use glasskey::ports::{
    About, Access, Answer, AssignmentSessions, Chat, Denial, Entry, Fault, Federation, Finding,
    IdentityProvider, Ledger, Observed, Progress, Seen, SessionCutter, Started, Urgency,
};
use glasskey_domain::emergency::{CutPlan, Member};
use glasskey_domain::federation::CutSeen;
use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use glasskey_domain::request::MessageRef;
use glasskey_domain::sessions::SessionCut;
use glasskey_domain::{
    AccessRequest, Directory, Emergency, EmergencyId, Holding, Person, Platform, RequestId, Tell,
};
use jiff::Timestamp;
use tokio::sync::watch;

use super::life::Wires;
use super::outside::calls;

/// On which side of a call the world stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Before,
    After,
}

/// The knife: falls at step `at`, or never.
pub(crate) struct Blade {
    steps: AtomicUsize,
    at: Option<(usize, Side)>,
    fallen: watch::Sender<Option<&'static str>>,
}

impl Blade {
    pub(crate) fn at(at: Option<(usize, Side)>) -> Arc<Self> {
        Arc::new(Self { steps: AtomicUsize::new(0), at, fallen: watch::Sender::new(None) })
    }

    /// The step at which it fell.
    pub(crate) fn fell_at(&self) -> Option<&'static str> {
        *self.fallen.borrow()
    }

    pub(crate) fn steps(&self) -> usize {
        self.steps.load(Ordering::SeqCst)
    }

    /// Waits until it falls.
    pub(crate) async fn falls(&self) {
        let mut fallen = self.fallen.subscribe();
        while fallen.borrow_and_update().is_none() {
            fallen.changed().await.unwrap();
        }
    }

    async fn fall(&self, name: &'static str) {
        self.fallen.send_replace(Some(name));
        std::future::pending::<()>().await;
    }

    async fn pass<T>(&self, name: &'static str, call: Answer<'_, T>) -> T {
        if self.fell_at().is_some() {
            std::future::pending::<()>().await;
        }
        let step = self.steps.fetch_add(1, Ordering::SeqCst);
        if self.at == Some((step, Side::Before)) {
            self.fall(name).await;
        }
        let answer = call.await;
        if self.at == Some((step, Side::After)) {
            self.fall(name).await;
        }
        if self.fell_at().is_some() {
            // The effect is there; the answer would have come to a dead bot.
            std::future::pending::<()>().await;
        }
        answer
    }
}

/// Wires that all go through the knife.
pub(crate) fn under(blade: &Arc<Blade>, wires: Wires) -> Wires {
    let guillotine = Arc::new(Guillotine { blade: Arc::clone(blade), wires });
    let said = |on: &Platform| Arc::new(Said { on: *on, under: Arc::clone(&guillotine) }) as Arc<dyn Chat>;
    let chats: Chats = guillotine.wires.chats.keys().map(|on| (*on, said(on))).collect();
    Wires {
        ledger: guillotine.clone(),
        access: guillotine.clone(),
        provider: guillotine.clone(),
        cutter: guillotine.clone(),
        sessions: guillotine,
        chats,
    }
}

struct Guillotine {
    blade: Arc<Blade>,
    wires: Wires,
}

impl Access for Guillotine {
    fn look<'a>(&'a self, holding: &'a Holding, urgency: Urgency) -> Answer<'a, Result<Seen, Fault>> {
        Box::pin(self.blade.pass("look", self.wires.access.look(holding, urgency)))
    }

    fn start<'a>(
        &'a self,
        holding: &'a Holding,
        change: Change,
        urgency: Urgency,
    ) -> Answer<'a, Result<Started, Fault>> {
        let name = if change == Change::Create { "create" } else { "delete" };
        Box::pin(self.blade.pass(name, self.wires.access.start(holding, change, urgency)))
    }

    fn poll<'a>(
        &'a self,
        change: Change,
        operation: &'a OperationId,
        urgency: Urgency,
    ) -> Answer<'a, Result<Progress, Fault>> {
        Box::pin(self.blade.pass("poll", self.wires.access.poll(change, operation, urgency)))
    }
}

impl IdentityProvider for Guillotine {
    fn observe<'a>(&'a self, federation: Federation<'a>, urgency: Urgency) -> Answer<'a, Observed> {
        Box::pin(self.blade.pass("observe", self.wires.provider.observe(federation, urgency)))
    }

    fn activate<'a>(&'a self, app: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.blade.pass("activate", self.wires.provider.activate(app)))
    }

    fn deactivate<'a>(&'a self, app: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.blade.pass("deactivate", self.wires.provider.deactivate(app)))
    }

    fn add<'a>(&'a self, group: &'a str, person: &'a Person) -> Answer<'a, Result<Member, Fault>> {
        Box::pin(self.blade.pass("add", self.wires.provider.add(group, person)))
    }

    fn remove<'a>(&'a self, group: &'a str, member: &'a Member) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.blade.pass("remove", self.wires.provider.remove(group, member)))
    }

    fn metadata<'a>(&'a self, app: &'a str) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.blade.pass("metadata", self.wires.provider.metadata(app)))
    }

    fn check<'a>(&'a self, federation: Federation<'a>) -> Answer<'a, Vec<Finding>> {
        self.wires.provider.check(federation)
    }

    fn sign_in_link<'a>(&'a self, app: &'a str) -> Answer<'a, Result<Option<String>, Fault>> {
        self.wires.provider.sign_in_link(app)
    }
}

impl SessionCutter for Guillotine {
    fn cut<'a>(&'a self, plan: &'a CutPlan, before: Timestamp) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.blade.pass("cut", self.wires.cutter.cut(plan, before)))
    }

    fn look<'a>(&'a self, plan: &'a CutPlan) -> Answer<'a, Result<CutSeen, Fault>> {
        Box::pin(self.blade.pass("cut-look", self.wires.cutter.look(plan)))
    }
}

impl AssignmentSessions for Guillotine {
    fn deny<'a>(
        &'a self,
        holding: &'a Holding,
        wanted: &'a [SessionCut],
    ) -> Answer<'a, Result<Denial, Fault>> {
        Box::pin(self.blade.pass("deny", self.wires.sessions.deny(holding, wanted)))
    }
}

/// What is said on one platform.
struct Said {
    on: Platform,
    under: Arc<Guillotine>,
}

impl Said {
    fn chat(&self) -> &dyn Chat {
        &*self.under.wires.chats[&self.on]
    }
}

impl Chat for Said {
    fn post_card<'a>(
        &'a self,
        about: About<'a>,
        directory: &'a Directory,
        look_since: Option<Timestamp>,
    ) -> Answer<'a, Result<MessageRef, Fault>> {
        let [name, ..] = calls(self.on);
        Box::pin(self.under.blade.pass(name, self.chat().post_card(about, directory, look_since)))
    }

    fn update_card<'a>(
        &'a self,
        about: About<'a>,
        directory: &'a Directory,
        message: &'a MessageRef,
    ) -> Answer<'a, Result<(), Fault>> {
        let [_, name, _] = calls(self.on);
        Box::pin(self.under.blade.pass(name, self.chat().update_card(about, directory, message)))
    }

    fn tell<'a>(
        &'a self,
        tell: &'a Tell,
        about: About<'a>,
        directory: &'a Directory,
        look_since: Option<Timestamp>,
    ) -> Answer<'a, Result<(), Fault>> {
        let [.., name] = calls(self.on);
        Box::pin(self.under.blade.pass(name, self.chat().tell(tell, about, directory, look_since)))
    }
}

impl Ledger for Guillotine {
    fn commit(&self, batch: Vec<Entry>) -> Answer<'_, Result<(), Fault>> {
        Box::pin(async move { self.blade.pass("commit", self.wires.ledger.commit(batch)).await })
    }

    fn closed(&self, id: &RequestId) -> Result<Option<AccessRequest>, Fault> {
        self.wires.ledger.closed(id)
    }

    fn recently_closed(&self, most: usize) -> Result<Vec<AccessRequest>, Fault> {
        self.wires.ledger.recently_closed(most)
    }

    fn closed_emergency(&self, id: &EmergencyId) -> Result<Option<Emergency>, Fault> {
        self.wires.ledger.closed_emergency(id)
    }

    fn recently_closed_emergencies(&self, most: usize) -> Result<Vec<Emergency>, Fault> {
        self.wires.ledger.recently_closed_emergencies(most)
    }

    fn keep(&self, bytes: Vec<u8>) -> Answer<'_, Result<String, Fault>> {
        Box::pin(async move { self.blade.pass("keep", self.wires.ledger.keep(bytes)).await })
    }

    fn forget_others<'a>(&'a self, keep: &'a [String]) -> Answer<'a, Result<(), Fault>> {
        Box::pin(self.blade.pass("forget", self.wires.ledger.forget_others(keep)))
    }

    fn kept<'a>(&'a self, hash: &'a str) -> Answer<'a, Result<Vec<u8>, Fault>> {
        self.wires.ledger.kept(hash)
    }
}
