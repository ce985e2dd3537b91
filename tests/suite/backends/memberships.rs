//! Memberships of groups: one contract, kept by the Identity Store and by Okta, as assignments are kept (P3, P4, P5).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use glasskey::access::aws::AwsClients;
use glasskey::access::okta::{Known, OktaGroups};
use glasskey::access::store_groups::StoreGroups;
use glasskey::ports::{Access, Fault, Progress, Started, Urgency};
use glasskey_domain::holding::Change;
use glasskey_domain::ids::MemberId;
use glasskey_domain::{GroupId, Holding, PersonId, Target};
use glasskey_playground::aws::{AwsControl, AwsOptions, AwsTwin, Fault as AwsFault, FaultKind as AwsKind};
use glasskey_playground::company::{Company, OktaGroupKind};
use glasskey_playground::okta::{Fault as OktaFault, FaultKind as OktaKind, OktaControl, UserStatus};

use super::okta::{Rig, person};
use super::settings;

const STORE_GROUP: &str = "payments-oncall";
const OKTA_GROUP: &str = "00goncall";

/// A group in which Ana is not, kept somewhere, and a hand on it.
trait Keeper {
    fn access(&self) -> &dyn Access;
    fn holding(&self) -> Holding;
    fn is_in(&self) -> bool;
    fn put_in_by_hand(&self);
    fn take_out_by_hand(&self);
    /// The next change of this kind is made, and nobody hears of it.
    fn loses_the_answer(&self, change: Change);
    /// The next change of this kind meets trouble that passes.
    fn is_in_trouble(&self, change: Change);
    /// Nobody is let in, or out, from now on.
    fn is_forbidden(&self);
    fn delete_group(&self);
    fn person_leaves(&self);
    /// Who they are there, as a look found out.
    fn is_known(&self, member: Option<MemberId>);
    fn changes(&self) -> usize;
}

struct Store {
    control: AwsControl,
    groups: StoreGroups,
    holding: Holding,
    _twin: AwsTwin,
}

impl Store {
    async fn open() -> Self {
        let acme = Company::acme();
        let twin = AwsTwin::start(&acme, AwsOptions::quick()).await.unwrap();
        let aws = AwsClients::connect(settings(&twin.url())).await.unwrap();
        let group = acme.groups.iter().find(|group| group.name == STORE_GROUP).unwrap();
        let holding = Holding {
            principal: PersonId::new(acme.person("ana").unwrap().identity_user_id.clone().unwrap()),
            target: Target::Membership { group: GroupId::new(group.id.clone()) },
        };
        Self { control: twin.control(), groups: StoreGroups::new(aws), holding, _twin: twin }
    }
}

fn of_store(change: Change) -> &'static str {
    match change {
        Change::Create => "CreateGroupMembership",
        Change::Delete => "DeleteGroupMembership",
    }
}

impl Keeper for Store {
    fn access(&self) -> &dyn Access {
        &self.groups
    }

    fn holding(&self) -> Holding {
        self.holding.clone()
    }

    fn is_in(&self) -> bool {
        self.control.is_in_group("ana", STORE_GROUP)
    }

    fn put_in_by_hand(&self) {
        assert!(self.control.add_to_group("ana", STORE_GROUP));
    }

    fn take_out_by_hand(&self) {
        assert!(self.control.remove_from_group("ana", STORE_GROUP));
    }

    fn loses_the_answer(&self, change: Change) {
        self.control.fault(AwsFault::once(of_store(change), AwsKind::AcceptThenDropConnection));
    }

    fn is_in_trouble(&self, change: Change) {
        self.control.fault(AwsFault::once(of_store(change), AwsKind::Throttle));
    }

    fn is_forbidden(&self) {
        for change in [Change::Create, Change::Delete] {
            let times = u32::MAX;
            let operation = of_store(change).to_owned();
            self.control.fault(AwsFault { operation, times, kind: AwsKind::AccessDenied });
        }
    }

    fn delete_group(&self) {
        assert!(self.control.delete_group(STORE_GROUP));
    }

    fn person_leaves(&self) {
        assert!(self.control.delete_user("ana"));
    }

    fn is_known(&self, member: Option<MemberId>) {
        assert_eq!(member, None, "the directory's id is the one");
    }

    fn changes(&self) -> usize {
        [Change::Create, Change::Delete].iter().map(|change| self.control.count(of_store(*change))).sum()
    }
}

struct Okta {
    rig: Rig,
    control: OktaControl,
    groups: OktaGroups,
    known: Arc<Mutex<Known>>,
}

/// The groups of its Okta, for who knows this.
fn groups_of(rig: &Rig, known: &Arc<Mutex<Known>>) -> OktaGroups {
    let known = Arc::clone(known);
    let known_of = move |_: &Holding| std::future::ready(known.lock().unwrap().clone()).boxed();
    OktaGroups::new(rig.okta().clone(), Arc::new(known_of))
}

impl Okta {
    async fn open() -> Self {
        let rig = Rig::with_service_app().await;
        let known = Arc::new(Mutex::new(Known { person: Some(person("ana")), member: None }));
        Self { control: rig.control(), groups: groups_of(&rig, &known), known, rig }
    }
}

fn of_okta(change: Change) -> &'static str {
    match change {
        Change::Create => "assignUserToGroup",
        Change::Delete => "unassignUserFromGroup",
    }
}

impl Keeper for Okta {
    fn access(&self) -> &dyn Access {
        &self.groups
    }

    fn holding(&self) -> Holding {
        let target = Target::Membership { group: GroupId::new(OKTA_GROUP) };
        Holding { principal: PersonId::new("u-ana"), target }
    }

    fn is_in(&self) -> bool {
        self.control.has_member(OKTA_GROUP, "ana@acme.example")
    }

    fn put_in_by_hand(&self) {
        assert!(self.control.add_by_hand("ana@acme.example", OKTA_GROUP));
    }

    fn take_out_by_hand(&self) {
        assert!(self.control.remove_by_hand("ana@acme.example", OKTA_GROUP));
    }

    fn loses_the_answer(&self, change: Change) {
        self.control.fault(OktaFault::once(of_okta(change), OktaKind::DropAfterEffect));
    }

    fn is_in_trouble(&self, change: Change) {
        self.control.fault(OktaFault::once(of_okta(change), OktaKind::RateLimited { reset_secs: 1 }));
    }

    fn is_forbidden(&self) {
        assert!(self.control.set_group_kind(OKTA_GROUP, OktaGroupKind::AppGroup));
    }

    fn delete_group(&self) {
        assert!(self.control.delete_group(OKTA_GROUP));
    }

    fn person_leaves(&self) {
        assert!(self.control.set_user_status("ana", UserStatus::Deprovisioned));
    }

    fn is_known(&self, member: Option<MemberId>) {
        self.known.lock().unwrap().member = member;
    }

    fn changes(&self) -> usize {
        [Change::Create, Change::Delete].iter().map(|change| self.control.count(of_okta(*change))).sum()
    }
}

/// Makes a change and follows it to its end; `None` when there was nothing to delete.
async fn changed(keeper: &dyn Keeper, change: Change) -> Option<Progress> {
    let urgency = if change == Change::Create { Urgency::Granting } else { Urgency::Ending };
    match start(keeper, change).await.unwrap() {
        Started::Running(operation) => Some(keeper.access().poll(change, &operation, urgency).await.unwrap()),
        Started::NothingThere => None,
        Started::Refused { why } => panic!("{change:?} refused: {why}"),
    }
}

/// A look comes before the first create (P5).
async fn start(keeper: &dyn Keeper, change: Change) -> Result<Started, Fault> {
    if change == Change::Create {
        look(keeper, Urgency::Granting).await;
    }
    keeper.access().start(&keeper.holding(), change, Urgency::Ending).await
}

/// Whether they are in it; who they are there is kept, as the engine keeps it.
async fn look(keeper: &dyn Keeper, urgency: Urgency) -> bool {
    let seen = keeper.access().look(&keeper.holding(), urgency).await.unwrap();
    keeper.is_known(seen.member);
    assert!(seen.groups.is_empty());
    seen.direct
}

/// The whole contract; each promise on ground of its own.
async fn keeps<K: Keeper, F: Future<Output = K>>(open: impl Fn() -> F) {
    lets_in_and_out(&open().await).await;
    what_is_so_already_stays_so(&open().await).await;
    a_lost_answer_is_lost_and_a_look_tells(&open().await).await;
    trouble_passes_and_nothing_is_repeated(&open().await).await;
    letting_in_is_refused_for_good_and_taking_out_never(&open().await).await;
    nobody_is_in_a_group_that_is_gone(&open().await).await;
}

async fn lets_in_and_out(keeper: &dyn Keeper) {
    assert!(!look(keeper, Urgency::Granting).await);
    assert_eq!(changed(keeper, Change::Create).await, Some(Progress::Succeeded));
    assert!(keeper.is_in());
    assert!(look(keeper, Urgency::Granting).await);
    assert_eq!(changed(keeper, Change::Delete).await, Some(Progress::Succeeded));
    assert!(!keeper.is_in());
    assert!(!look(keeper, Urgency::Ending).await);
}

/// P5: who is in already is seen before anything is changed; a change that was made by somebody else meanwhile is harmless.
async fn what_is_so_already_stays_so(keeper: &dyn Keeper) {
    keeper.put_in_by_hand();
    assert!(look(keeper, Urgency::Granting).await);
    assert_eq!(changed(keeper, Change::Create).await, Some(Progress::Succeeded), "the look decides");
    keeper.take_out_by_hand();
    assert!(!look(keeper, Urgency::Ending).await);
    let taken_out = changed(keeper, Change::Delete).await;
    assert!(matches!(taken_out, None | Some(Progress::Succeeded)), "{taken_out:?}");
}

/// pitfall 3 and 21
async fn a_lost_answer_is_lost_and_a_look_tells(keeper: &dyn Keeper) {
    keeper.loses_the_answer(Change::Create);
    let lost = start(keeper, Change::Create).await;
    assert!(matches!(lost, Err(Fault::Lost { .. })), "{lost:?}");
    assert!(look(keeper, Urgency::Granting).await);
    keeper.loses_the_answer(Change::Delete);
    let lost = start(keeper, Change::Delete).await;
    assert!(matches!(lost, Err(Fault::Lost { .. })), "{lost:?}");
    assert!(!look(keeper, Urgency::Ending).await);
}

async fn trouble_passes_and_nothing_is_repeated(keeper: &dyn Keeper) {
    for change in [Change::Create, Change::Delete] {
        if change == Change::Delete {
            keeper.put_in_by_hand();
        }
        let before = keeper.changes();
        keeper.is_in_trouble(change);
        let passing = start(keeper, change).await;
        assert!(matches!(passing, Err(Fault::Transient { .. })), "{change:?}: {passing:?}");
        assert_eq!(keeper.changes(), before + 1, "one call for one decision");
    }
}

/// P3
async fn letting_in_is_refused_for_good_and_taking_out_never(keeper: &dyn Keeper) {
    keeper.is_forbidden();
    let refused = start(keeper, Change::Create).await;
    assert!(matches!(refused, Ok(Started::Refused { .. })), "{refused:?}");
    keeper.put_in_by_hand();
    let kept = start(keeper, Change::Delete).await;
    assert!(kept.is_err(), "{kept:?}");
}

async fn nobody_is_in_a_group_that_is_gone(keeper: &dyn Keeper) {
    assert_eq!(changed(keeper, Change::Create).await, Some(Progress::Succeeded));
    keeper.delete_group();
    assert!(!look(keeper, Urgency::Ending).await);
    assert_eq!(changed(keeper, Change::Delete).await, None);
    let refused = start(keeper, Change::Create).await;
    assert!(matches!(refused, Ok(Started::Refused { .. })), "{refused:?}");
}

#[tokio::test]
async fn the_identity_store_keeps_the_contract_of_memberships() {
    keeps(Store::open).await;
}

#[tokio::test]
async fn okta_keeps_the_contract_of_memberships() {
    keeps(Okta::open).await;
}

/// P3: a user of the Identity Store is in no group any more; one of Okta may be, and is taken out.
#[tokio::test]
async fn who_left_the_company_is_taken_out_all_the_same() {
    let store = Store::open().await;
    store.put_in_by_hand();
    store.person_leaves();
    assert!(!look(&store, Urgency::Ending).await);
    assert_eq!(changed(&store, Change::Delete).await, None);

    let okta = Okta::open().await;
    okta.put_in_by_hand();
    okta.person_leaves();
    if look(&okta, Urgency::Ending).await {
        assert_eq!(changed(&okta, Change::Delete).await, Some(Progress::Succeeded));
    }
    assert!(!okta.is_in());
    let refused = start(&okta, Change::Create).await;
    assert!(matches!(refused, Ok(Started::Refused { .. })), "and nobody who left is let in: {refused:?}");
}

/// P3, pitfall 21: a new name at Okta keeps nobody in, and who got the old one is not taken out for them.
#[tokio::test]
async fn who_was_renamed_at_okta_is_still_seen_and_taken_out() {
    let okta = Okta::open().await;
    assert_eq!(changed(&okta, Change::Create).await, Some(Progress::Succeeded));
    let old = okta.control.user("ana").unwrap();
    assert!(okta.control.rename_by_hand("ana", "ana.married@acme.example"));
    assert!(okta.control.rename_by_hand("cy", &old.login));
    assert!(okta.control.add_by_hand(&old.login, OKTA_GROUP));
    assert!(look(&okta, Urgency::Ending).await);
    assert_eq!(changed(&okta, Change::Delete).await, Some(Progress::Succeeded));
    assert!(!look(&okta, Urgency::Ending).await);
    let left: Vec<String> = okta.control.members(OKTA_GROUP).into_iter().collect();
    assert_eq!(left, [old.login], "who has the name now stays");
}

/// P3: nobody is let in of whom it is not written down who they are at Okta.
#[tokio::test]
async fn who_comes_to_be_known_between_the_look_and_the_create_is_looked_up_first() {
    let okta = Okta::open().await;
    let fault = okta.access().start(&okta.holding(), Change::Create, Urgency::Granting).await.unwrap_err();
    assert!(matches!(fault, Fault::Transient { .. }) && fault.what().contains("looked up"), "{fault}");
    assert_eq!(okta.changes(), 0);
}

/// A right that is missing is for an operator to mend: the person hears of it, and nothing is tried for ever.
#[tokio::test]
async fn a_missing_right_refuses_letting_in_with_the_right_that_it_takes() {
    let okta = Okta::open().await;
    okta.control.set_options(|options| {
        options.forbidden.insert("assignUserToGroup".to_owned());
    });
    let Ok(Started::Refused { why }) = start(&okta, Change::Create).await else {
        panic!("it is not allowed")
    };
    assert!(why.contains("okta.groups.manage") || why.contains("okta.groups.members.manage"), "{why}");
}

/// pitfall 21: what is not known is never "not in it".
#[tokio::test]
async fn a_person_of_whom_nothing_is_known_is_told_and_not_taken_for_absent() {
    let rig = Rig::with_service_app().await;
    let groups = groups_of(&rig, &Arc::default());
    let holding = Holding {
        principal: PersonId::new("u-gone"),
        target: Target::Membership { group: GroupId::new(OKTA_GROUP) },
    };
    for urgency in [Urgency::Granting, Urgency::Ending] {
        let fault = groups.look(&holding, urgency).await.unwrap_err();
        assert!(fault.what().contains("u-gone") && fault.what().contains("by hand"), "{fault}");
    }
    assert!(groups.start(&holding, Change::Delete, Urgency::Ending).await.is_err());
}

/// What AWS cannot say is a fault, and not an empty list.
#[tokio::test]
async fn garbage_about_a_membership_is_never_nothing() {
    let store = Store::open().await;
    store.control.fault(AwsFault::once("IsMemberInGroups", AwsKind::GarbageBody));
    let fault = store.access().look(&store.holding(), Urgency::Granting).await;
    assert!(matches!(fault, Err(Fault::Transient { .. })), "{fault:?}");
    let okta = Okta::open().await;
    okta.control.fault(OktaFault::once("listGroupUsers", OktaKind::GarbageBody));
    let fault = okta.access().look(&okta.holding(), Urgency::Ending).await;
    assert!(matches!(fault, Err(Fault::Transient { .. })), "{fault:?}");
    let unknown: BTreeSet<String> = okta.rig.control().members(OKTA_GROUP);
    assert!(unknown.is_empty());
}
