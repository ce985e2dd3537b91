//! Memberships of Identity Store groups: done when answered, refused when they are there, late in lists when asked to be.

use aws_sdk_identitystore::error::ProvideErrorMetadata;
use aws_sdk_identitystore::operation::create_group_membership::{
    CreateGroupMembershipError, CreateGroupMembershipOutput,
};
use aws_sdk_identitystore::operation::delete_group_membership::DeleteGroupMembershipError;
use aws_sdk_identitystore::types::{ConflictExceptionReason, MemberId, ResourceType};

use super::Rig;
use crate::aws::{AwsOptions, Fault, FaultKind};

impl Rig {
    fn member(&self, user: &str) -> MemberId {
        MemberId::UserId(self.user(user))
    }

    fn group(&self, name: &str) -> String {
        self.acme.group(name).expect("a known group").id.clone()
    }

    async fn join(
        &self,
        user: &str,
        group: &str,
    ) -> Result<CreateGroupMembershipOutput, CreateGroupMembershipError> {
        let call = self.store.create_group_membership().identity_store_id(&self.acme.identity_store_id);
        let call = call.group_id(self.group(group)).member_id(self.member(user));
        call.send().await.map_err(|e| e.into_service_error())
    }

    async fn leave(&self, membership: &str) -> Result<(), DeleteGroupMembershipError> {
        let call = self.store.delete_group_membership().identity_store_id(&self.acme.identity_store_id);
        call.membership_id(membership).send().await.map(drop).map_err(|e| e.into_service_error())
    }

    async fn membership(&self, user: &str, group: &str) -> Option<String> {
        let call = self.store.get_group_membership_id().identity_store_id(&self.acme.identity_store_id);
        let call = call.group_id(self.group(group)).member_id(self.member(user));
        match call.send().await {
            Ok(found) => Some(found.membership_id),
            Err(error) => {
                assert!(error.into_service_error().is_resource_not_found_exception());
                None
            }
        }
    }

    /// How many members lists show, by the group and by the user.
    async fn listed_members(&self, user: &str, group: &str) -> (usize, bool) {
        let call = self.store.list_group_memberships().identity_store_id(&self.acme.identity_store_id);
        let of_group = call.group_id(self.group(group)).send().await.expect("a list");
        let call =
            self.store.list_group_memberships_for_member().identity_store_id(&self.acme.identity_store_id);
        let of_user = call.member_id(self.member(user)).send().await.expect("a list");
        let group = self.group(group);
        let of_user = of_user.group_memberships().iter().any(|m| m.group_id() == Some(group.as_str()));
        (of_group.group_memberships().len(), of_user)
    }
}

#[tokio::test]
async fn who_is_put_in_is_in_at_once_and_a_second_time_conflicts() {
    let rig = Rig::start(AwsOptions::quick()).await;
    assert_eq!(rig.membership("ana", "payments-oncall").await, None);
    let made = rig.join("ana", "payments-oncall").await.expect("free").membership_id;
    assert!(rig.aws.is_in_group("ana", "payments-oncall"));
    assert_eq!(rig.membership("ana", "payments-oncall").await, Some(made.clone()));
    assert_eq!(rig.listed_members("ana", "payments-oncall").await, (1, true));
    let CreateGroupMembershipError::ConflictException(again) =
        rig.join("ana", "payments-oncall").await.expect_err("already in")
    else {
        panic!("a conflict")
    };
    assert_eq!(again.reason(), Some(&ConflictExceptionReason::UniquenessConstraintViolation));
    rig.leave(&made).await.expect("it is there");
    assert!(rig.aws.group_members("payments-oncall").is_empty());
    let DeleteGroupMembershipError::ResourceNotFoundException(gone) =
        rig.leave(&made).await.expect_err("gone")
    else {
        panic!("not found")
    };
    assert_eq!(gone.resource_type(), Some(&ResourceType::GroupMembership));
}

#[tokio::test]
async fn a_membership_that_begins_again_is_another_one() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let first = rig.join("ana", "payments-oncall").await.expect("free").membership_id;
    assert!(rig.aws.remove_from_group("ana", "payments-oncall"), "by hand");
    assert!(rig.aws.add_to_group("ana", "payments-oncall"), "by hand, and not by us");
    let now = rig.membership("ana", "payments-oncall").await.expect("in");
    assert_ne!(first, now);
    assert!(rig.leave(&first).await.expect_err("another one").is_resource_not_found_exception());
    assert!(rig.aws.is_in_group("ana", "payments-oncall"));
    rig.leave(&now).await.expect("this one");
}

#[tokio::test]
async fn lists_show_a_membership_late_and_a_look_up_does_not() {
    let rig = Rig::start(AwsOptions { stale_reads: 2, ..AwsOptions::quick() }).await;
    let made = rig.join("ana", "payments-oncall").await.expect("free").membership_id;
    assert_eq!(rig.membership("ana", "payments-oncall").await, Some(made.clone()));
    assert_eq!(rig.listed_members("bo", "payments-oncall").await.0, 0, "one read late");
    assert_eq!(rig.listed_members("bo", "payments-oncall").await.0, 0, "two reads late");
    assert_eq!(rig.listed_members("ana", "payments-oncall").await, (1, true));
    assert!(rig.join("ana", "payments-oncall").await.is_err(), "a late list is no licence");
    rig.leave(&made).await.expect("in");
    assert_eq!(rig.listed_members("ana", "payments-oncall").await, (1, true), "still shown");
    assert_eq!(rig.listed_members("ana", "payments-oncall").await, (0, false));
    assert!(rig.aws.add_to_group("ana", "payments-oncall"));
    assert_eq!(rig.listed_members("ana", "payments-oncall").await.0, 1, "by hand shows at once");
}

#[tokio::test]
async fn what_a_group_brings_comes_and_goes_with_the_membership() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let member = rig.join("dee", "payments-engineers").await.expect("free").membership_id;
    assert_eq!(rig.listed("dee").await.len(), 1);
    rig.leave(&member).await.expect("in");
    assert!(rig.listed("dee").await.is_empty());
}

#[tokio::test]
async fn a_group_that_scim_feeds_says_so_and_refuses_nothing() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let ids = async |name: &str| {
        let call = rig.store.describe_group().identity_store_id(&rig.acme.identity_store_id);
        let group = call.group_id(rig.group(name)).send().await.expect("a group");
        group.external_ids().iter().map(|e| e.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids("all-engineers").await, ["00gall-engineers"]);
    assert!(ids("payments-oncall").await.is_empty());
    rig.join("dee", "all-engineers").await.expect("AWS takes it");
    assert!(
        rig.aws.set_fed_by_scim("payments-oncall", true) && !rig.aws.set_fed_by_scim("payments-oncall", true)
    );
    assert_eq!(ids("payments-oncall").await.len(), 1);
    assert!(rig.aws.set_fed_by_scim("payments-oncall", false));
    let list = rig.store.list_groups().identity_store_id(&rig.acme.identity_store_id).send().await;
    let fed = list.expect("groups").groups().iter().filter(|g| !g.external_ids().is_empty()).count();
    assert_eq!(fed, 1, "lists say it too");
    let shown = rig.aws.snapshot_json()["groups"].clone();
    let shown =
        shown.as_array().expect("groups").iter().find(|g| g["name"] == "all-engineers").expect("there");
    assert_eq!((&shown["by_scim"], shown["members"].as_array().map(Vec::len)), (&true.into(), Some(4)));
}

#[tokio::test]
async fn groups_are_made_once_by_name_and_go_with_their_memberships() {
    let rig = Rig::start(AwsOptions::quick()).await;
    let make = async |name: &str| {
        let call = rig.store.create_group().identity_store_id(&rig.acme.identity_store_id).display_name(name);
        call.send().await.map(|made| made.group_id).map_err(|e| e.into_service_error())
    };
    let id = make("glasskey-anchor").await.expect("free");
    assert!(make("glasskey-anchor").await.expect_err("taken").is_conflict_exception());
    assert!(rig.aws.add_to_group("ana", "glasskey-anchor"));
    let delete = async || {
        let call = rig.store.delete_group().identity_store_id(&rig.acme.identity_store_id).group_id(&id);
        call.send().await.map(drop).map_err(|e| e.into_service_error())
    };
    delete().await.expect("there");
    assert!(delete().await.expect_err("gone").is_resource_not_found_exception());
    assert!(rig.aws.add_group("by-hand") && !rig.aws.add_group("by-hand"));
    assert!(rig.aws.delete_group("by-hand") && !rig.aws.delete_group("by-hand"));
}

#[tokio::test]
async fn only_users_and_groups_that_are_there_are_joined() {
    let rig = Rig::start(AwsOptions::quick()).await;
    assert!(rig.aws.delete_user("dee") && rig.aws.delete_group("payments-oncall"));
    assert!(rig.join("dee", "platform").await.expect_err("no user").is_resource_not_found_exception());
    assert!(
        rig.join("ana", "payments-oncall").await.expect_err("no group").is_resource_not_found_exception()
    );
    let wrong = rig.leave("not-an-id").await.expect_err("malformed");
    assert!(wrong.is_validation_exception(), "{wrong:?}");
}

#[tokio::test]
async fn a_membership_meets_faults_like_everything_else() {
    let rig = Rig::start(AwsOptions::quick()).await;
    for kind in [FaultKind::Throttle, FaultKind::Conflict, FaultKind::AccessDenied, FaultKind::Internal500] {
        rig.aws.fault(Fault::once("CreateGroupMembership", kind));
    }
    let mut codes = Vec::new();
    for _ in 0..4 {
        let refused = rig.join("ana", "payments-oncall").await.expect_err("a fault");
        codes.push(refused.code().unwrap_or_default().to_owned());
    }
    assert_eq!(
        codes,
        ["ThrottlingException", "ConflictException", "AccessDeniedException", "InternalServerException"]
    );
    rig.aws.fault(Fault::once("CreateGroupMembership", FaultKind::AcceptThenDropConnection));
    rig.join("ana", "payments-oncall").await.expect_err("the answer is lost");
    assert!(rig.aws.is_in_group("ana", "payments-oncall"), "the effect is not");
}
