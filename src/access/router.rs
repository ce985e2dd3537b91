//! Which back end keeps a holding: assignments, and memberships by who keeps the group. Never decides anything else, and never
//! asks one back end for what another keeps.

use std::sync::Arc;

use glasskey_domain::directory::Keeper;
use glasskey_domain::holding::Change;
use glasskey_domain::ids::OperationId;
use glasskey_domain::{GroupId, Holding, Target};

use crate::ports::{Access, Answer, Fault, Progress, Seen, Started, Urgency};

/// What the names of changes to memberships begin with. No operation of AWS is called so: those are UUIDs.
const MEMBERSHIP: &str = "membership-";

/// Who keeps a group, as the directory last read it; `None` when it is not known there.
pub type KeeperOf = Arc<dyn Fn(&GroupId) -> Option<Keeper> + Send + Sync>;

/// All back ends as one.
pub struct Router {
    /// Account assignments, and memberships of the Identity Store.
    aws: Arc<dyn Access>,
    /// Memberships of groups at Okta.
    okta: Option<Arc<dyn Access>>,
    keeper_of: KeeperOf,
}

impl std::fmt::Debug for Router {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Router").field("okta", &self.okta.is_some()).finish_non_exhaustive()
    }
}

impl Router {
    /// `aws` for assignments and for memberships of the Identity Store, `okta` for memberships at Okta, where it is configured.
    #[must_use]
    pub fn new(aws: Arc<dyn Access>, okta: Option<Arc<dyn Access>>, keeper_of: KeeperOf) -> Self {
        Self { aws, okta, keeper_of }
    }

    fn to(&self, holding: &Holding, may_give: bool) -> Result<&dyn Access, Fault> {
        let group = match &holding.target {
            Target::Assignment { .. } => return Ok(&*self.aws),
            Target::Membership { group } => group,
        };
        let keeper = match (self.keeper_of)(group) {
            Some(keeper) => keeper,
            // A group that the directory has lost is looked for where its id is from: what is there is taken back (P3).
            None if !may_give => keeper_by_id(group),
            None => {
                let what =
                    format!("the directory does not know the group `{group}`, so nobody is put into it");
                return Err(Fault::Transient { what, retry_after: None });
            }
        };
        match (keeper, &self.okta) {
            (Keeper::IdentityStore, _) => Ok(&*self.aws),
            (Keeper::Okta, Some(okta)) => Ok(&**okta),
            (Keeper::Okta, None) => Err(Fault::Permanent {
                what: format!(
                    "the group `{group}` is kept in Okta, and [okta] is not in the configuration any more; put it back"
                ),
            }),
        }
    }
}

/// Ids of the Identity Store are UUIDs, some with a prefix and a dash; those of Okta are letters and digits.
/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_Group.html>
fn keeper_by_id(group: &GroupId) -> Keeper {
    if group.as_str().contains('-') { Keeper::IdentityStore } else { Keeper::Okta }
}

impl Access for Router {
    fn look<'a>(&'a self, holding: &'a Holding, urgency: Urgency) -> Answer<'a, Result<Seen, Fault>> {
        Box::pin(async move { self.to(holding, urgency != Urgency::Ending)?.look(holding, urgency).await })
    }

    fn start<'a>(
        &'a self,
        holding: &'a Holding,
        change: Change,
        urgency: Urgency,
    ) -> Answer<'a, Result<Started, Fault>> {
        Box::pin(
            async move { self.to(holding, change == Change::Create)?.start(holding, change, urgency).await },
        )
    }

    fn find<'a>(
        &'a self,
        holding: &'a Holding,
        change: Change,
        urgency: Urgency,
    ) -> Answer<'a, Result<Option<OperationId>, Fault>> {
        Box::pin(
            async move { self.to(holding, change == Change::Create)?.find(holding, change, urgency).await },
        )
    }

    fn poll<'a>(
        &'a self,
        change: Change,
        operation: &'a OperationId,
        urgency: Urgency,
    ) -> Answer<'a, Result<Progress, Fault>> {
        Box::pin(async move {
            if operation.as_str().starts_with(MEMBERSHIP) {
                return Ok(never_running(operation));
            }
            self.aws.poll(change, operation, urgency).await
        })
    }
}

/// The name of a change to a membership that is over already.
pub(super) fn done(change: Change) -> OperationId {
    OperationId::new(match change {
        Change::Create => format!("{MEMBERSHIP}in"),
        Change::Delete => format!("{MEMBERSHIP}out"),
    })
}

/// How a change to a membership is doing: it was over when it got its name. Another name is not known here.
pub(super) fn never_running(operation: &OperationId) -> Progress {
    if operation.as_str().starts_with(MEMBERSHIP) { Progress::Succeeded } else { Progress::Unknown }
}

/// The group of a membership; what else there is goes to other back ends.
pub(super) fn membership_of(holding: &Holding) -> Result<&GroupId, Fault> {
    match &holding.target {
        Target::Membership { group } => Ok(group),
        Target::Assignment { .. } => {
            Err(Fault::Permanent { what: "this is an account assignment, not a membership".to_owned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use glasskey_domain::PersonId;

    use super::*;

    /// A back end that only says which one it is.
    struct Named(&'static str);

    impl Named {
        fn said<T>(&self) -> Answer<'_, Result<T, Fault>> {
            let what = self.0.to_owned();
            Box::pin(async { Err(Fault::Permanent { what }) })
        }
    }

    impl Access for Named {
        fn look<'a>(&'a self, _: &'a Holding, _: Urgency) -> Answer<'a, Result<Seen, Fault>> {
            self.said()
        }

        fn start<'a>(&'a self, _: &'a Holding, _: Change, _: Urgency) -> Answer<'a, Result<Started, Fault>> {
            self.said()
        }

        fn poll<'a>(
            &'a self,
            _: Change,
            _: &'a OperationId,
            _: Urgency,
        ) -> Answer<'a, Result<Progress, Fault>> {
            self.said()
        }
    }

    const STORE: &str = "906c4e2b-0000-4000-8000-00000000000a";
    const OKTA: &str = "00goncall1234567890a";

    fn membership(group: &str) -> Holding {
        Holding {
            principal: PersonId::new("u-ana"),
            target: Target::Membership { group: GroupId::new(group) },
        }
    }

    fn router(known: bool, okta: bool) -> Router {
        let okta = okta.then(|| Arc::new(Named("okta")) as Arc<dyn Access>);
        let keeper = move |group: &GroupId| known.then(|| keeper_by_id(group));
        Router::new(Arc::new(Named("aws")), okta, Arc::new(keeper))
    }

    async fn asked(router: &Router, group: &str, urgency: Urgency) -> String {
        router.look(&membership(group), urgency).await.unwrap_err().what().to_owned()
    }

    #[tokio::test]
    async fn a_membership_goes_to_who_keeps_the_group() {
        let known = router(true, true);
        assert_eq!(asked(&known, STORE, Urgency::Granting).await, "aws");
        assert_eq!(asked(&known, OKTA, Urgency::Granting).await, "okta");
        let change = known.start(&membership(OKTA), Change::Create, Urgency::Granting).await;
        assert_eq!(change.unwrap_err().what(), "okta");
    }

    /// P9 and P3: nobody is put into a group that is not known, and who is in one is taken out all the same.
    #[tokio::test]
    async fn an_unknown_group_is_given_to_nobody_and_taken_from_everybody() {
        let unknown = router(false, true);
        assert!(asked(&unknown, STORE, Urgency::Granting).await.contains("does not know the group"));
        let create = unknown.start(&membership(STORE), Change::Create, Urgency::Ending).await;
        assert!(create.unwrap_err().what().contains("does not know"), "whatever the urgency");
        assert_eq!(asked(&unknown, STORE, Urgency::Ending).await, "aws");
        assert_eq!(asked(&unknown, OKTA, Urgency::Ending).await, "okta");
        let delete = unknown.start(&membership(OKTA), Change::Delete, Urgency::Ending).await;
        assert_eq!(delete.unwrap_err().what(), "okta");
    }

    #[tokio::test]
    async fn an_okta_that_is_not_configured_any_more_is_told_and_not_taken_for_empty() {
        let fault = asked(&router(true, false), OKTA, Urgency::Ending).await;
        assert!(fault.contains("[okta]"), "{fault}");
    }

    #[tokio::test]
    async fn a_change_of_a_membership_is_over_when_it_has_a_name_and_others_are_asked_about() {
        let router = router(true, true);
        for change in [Change::Create, Change::Delete] {
            assert_eq!(router.poll(change, &done(change), Urgency::Ending).await, Ok(Progress::Succeeded));
        }
        let other = OperationId::new("1ad2f3c4-0000-4000-8000-00000000dead");
        assert!(router.poll(Change::Create, &other, Urgency::Ending).await.is_err(), "asked at AWS");
    }
}
