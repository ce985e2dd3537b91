//! The list of everything that is ever asked of AWS. `deploy/iam-policy.json` allows exactly this, and a test compares.

/// Whose API it is: the label of metrics, and the budget that pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provider {
    /// IAM Identity Center (`sso-admin`).
    IdentityCenter,
    /// The Identity Store.
    IdentityStore,
    /// AWS Organizations.
    Organizations,
    /// AWS STS.
    Sts,
    /// AWS IAM, in the emergency account, with the rights of the role that is assumed there.
    Iam,
}

impl Provider {
    /// The label in metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::IdentityCenter => "identity-center",
            Self::IdentityStore => "identity-store",
            Self::Organizations => "organizations",
            Self::Sts => "sts",
            Self::Iam => "iam",
        }
    }

    /// What IAM actions begin with.
    #[must_use]
    pub const fn action_prefix(self) -> &'static str {
        match self {
            Self::IdentityCenter => "sso",
            Self::IdentityStore => "identitystore",
            Self::Organizations => "organizations",
            Self::Sts => "sts",
            Self::Iam => "iam",
        }
    }
}

macro_rules! operations {
    ($($name:ident of $provider:ident: $doc:literal;)*) => {
        /// One operation of AWS, by AWS's name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Op {
            $(#[doc = $doc] $name,)*
        }

        impl Op {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// AWS's name of it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// Whose it is.
            #[must_use]
            pub const fn provider(self) -> Provider {
                match self { $(Self::$name => Provider::$provider,)* }
            }
        }
    };
}

operations! {
    ListInstances of IdentityCenter: "Which instance there is.";
    ListPermissionSets of IdentityCenter: "The permission sets, as ARNs.";
    DescribePermissionSet of IdentityCenter: "Name and session duration of one.";
    ListAccountAssignmentsForPrincipal of IdentityCenter: "What a user has in an account, directly and through groups.";
    ListAccountAssignments of IdentityCenter: "Who has a permission set in an account.";
    CreateAccountAssignment of IdentityCenter: "Gives access; asynchronous, without a client token.";
    DeleteAccountAssignment of IdentityCenter: "Takes access away; asynchronous, without a client token.";
    DescribeAccountAssignmentCreationStatus of IdentityCenter: "How a create is doing.";
    DescribeAccountAssignmentDeletionStatus of IdentityCenter: "How a delete is doing.";
    ListAccountAssignmentCreationStatus of IdentityCenter: "The creates under way.";
    ListAccountAssignmentDeletionStatus of IdentityCenter: "The deletes under way.";
    ListAccountsForProvisionedPermissionSet of IdentityCenter: "Where a permission set is in use.";
    GetInlinePolicyForPermissionSet of IdentityCenter: "Which sessions a permission set denies.";
    PutInlinePolicyToPermissionSet of IdentityCenter: "Denies older sessions of a permission set.";
    DeleteInlinePolicyFromPermissionSet of IdentityCenter: "The last denial is taken back, and nothing else is left.";
    ProvisionPermissionSet of IdentityCenter: "Puts a changed policy in force in an account; asynchronous.";
    DescribePermissionSetProvisioningStatus of IdentityCenter: "How that is doing.";
    ListUsers of IdentityStore: "People.";
    ListGroups of IdentityStore: "Groups.";
    ListGroupMemberships of IdentityStore: "The members of a group.";
    DescribeUser of IdentityStore: "One person, read anew.";
    IsMemberInGroups of IdentityStore: "Which of some groups a person is in.";
    DescribeGroup of IdentityStore: "Whether a group still exists.";
    CreateGroup of IdentityStore: "Makes the empty group that anchors are assigned to.";
    CreateGroupMembership of IdentityStore: "Puts a person into a group.";
    GetGroupMembershipId of IdentityStore: "By which name a membership is ended.";
    DeleteGroupMembership of IdentityStore: "Takes a person out of a group.";
    DescribeOrganization of Organizations: "Which account is the management account.";
    ListRoots of Organizations: "Where the tree of units begins.";
    ListOrganizationalUnitsForParent of Organizations: "The units right below another.";
    ListAccountsForParent of Organizations: "The accounts right below a unit.";
    DescribeAccount of Organizations: "Whether an account still exists.";
    DescribePolicy of Organizations: "Which sessions the policy made for it denies.";
    UpdatePolicy of Organizations: "Denies older sessions by the policy made for it.";
    AssumeRole of Sts: "To be, for some minutes, who may cut sessions in the emergency account.";
    GetRolePolicy of Iam: "Which sessions an emergency role denies.";
    PutRolePolicy of Iam: "Denies the older sessions of an emergency role.";
}

impl Op {
    /// Whether it changes something: then it is never repeated below the engine, and a lost answer may have been done.
    #[must_use]
    pub const fn changes(self) -> bool {
        matches!(
            self,
            Self::CreateAccountAssignment
                | Self::DeleteAccountAssignment
                | Self::PutInlinePolicyToPermissionSet
                | Self::DeleteInlinePolicyFromPermissionSet
                | Self::ProvisionPermissionSet
                | Self::CreateGroup
                | Self::CreateGroupMembership
                | Self::DeleteGroupMembership
                | Self::UpdatePolicy
                | Self::PutRolePolicy
        )
    }

    /// The file that allows it to the bot's role. What is not wanted by everybody stands in a file of its own, because a right
    /// that nobody uses is one that somebody else can.
    #[must_use]
    pub const fn policy_file(self) -> &'static str {
        match self {
            Self::DescribeGroup
            | Self::CreateGroupMembership
            | Self::GetGroupMembershipId
            | Self::DeleteGroupMembership => "deploy/iam-policy-groups.json",
            Self::GetInlinePolicyForPermissionSet
            | Self::PutInlinePolicyToPermissionSet
            | Self::DeleteInlinePolicyFromPermissionSet
            | Self::ProvisionPermissionSet
            | Self::DescribePermissionSetProvisioningStatus => "deploy/iam-policy-cut-sessions.json",
            Self::DescribePolicy | Self::UpdatePolicy => "deploy/iam-policy-cut-sessions-scp.json",
            Self::CreateGroup => "deploy/iam-policy-anchors.json",
            Self::GetRolePolicy | Self::PutRolePolicy => "deploy/cloudformation/emergency-account.yaml",
            Self::ListInstances
            | Self::ListPermissionSets
            | Self::DescribePermissionSet
            | Self::ListAccountAssignmentsForPrincipal
            | Self::ListAccountAssignments
            | Self::CreateAccountAssignment
            | Self::DeleteAccountAssignment
            | Self::DescribeAccountAssignmentCreationStatus
            | Self::DescribeAccountAssignmentDeletionStatus
            | Self::ListAccountAssignmentCreationStatus
            | Self::ListAccountAssignmentDeletionStatus
            | Self::ListAccountsForProvisionedPermissionSet
            | Self::ListUsers
            | Self::ListGroups
            | Self::ListGroupMemberships
            | Self::DescribeUser
            | Self::IsMemberInGroups
            | Self::DescribeOrganization
            | Self::ListRoots
            | Self::ListOrganizationalUnitsForParent
            | Self::ListAccountsForParent
            | Self::DescribeAccount
            | Self::AssumeRole => "deploy/iam-policy.json",
        }
    }

    /// The IAM action that allows it.
    #[must_use]
    pub fn action(self) -> String {
        format!("{}:{}", self.provider().action_prefix(), self.name())
    }
}

impl std::fmt::Display for Op {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every file that may call AWS.
    const CALLERS: &[&str] = &[
        include_str!("aws.rs"),
        include_str!("anchors.rs"),
        include_str!("assignments.rs"),
        include_str!("assignment_sessions/places.rs"),
        include_str!("people.rs"),
        include_str!("store_groups.rs"),
        include_str!("emergency_sessions/mod.rs"),
        include_str!("identity_center/mod.rs"),
        include_str!("identity_center/sight.rs"),
        include_str!("identity_center/running.rs"),
        include_str!("../directory/read/identity_store.rs"),
        include_str!("../directory/read/organization.rs"),
        include_str!("../directory/read/permission_sets.rs"),
    ];

    /// The files for the bot's role.
    const POLICIES: &[(&str, &str)] = &[
        ("deploy/iam-policy.json", include_str!("../../deploy/iam-policy.json")),
        ("deploy/iam-policy-groups.json", include_str!("../../deploy/iam-policy-groups.json")),
        ("deploy/iam-policy-cut-sessions.json", include_str!("../../deploy/iam-policy-cut-sessions.json")),
        (
            "deploy/iam-policy-cut-sessions-scp.json",
            include_str!("../../deploy/iam-policy-cut-sessions-scp.json"),
        ),
        ("deploy/iam-policy-anchors.json", include_str!("../../deploy/iam-policy-anchors.json")),
    ];

    fn policy_actions(text: &str) -> Vec<String> {
        let policy: serde_json::Value = serde_json::from_str(text).unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        assert!(statements.iter().all(|statement| statement["Effect"] == "Allow"));
        let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().unwrap());
        actions.map(|action| action.as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_iam_policies_allow_what_we_call_and_nothing_else() {
        for (file, text) in POLICIES {
            let allowed = policy_actions(text);
            let unique: BTreeSet<String> = allowed.iter().cloned().collect();
            assert_eq!(unique.len(), allowed.len(), "no action is allowed twice in {file}");
            let ours = Op::ALL.iter().filter(|op| op.policy_file() == *file);
            assert_eq!(unique, ours.map(|op| op.action()).collect(), "{file}");
        }
        let files: BTreeSet<&str> = POLICIES.iter().map(|(file, _)| *file).collect();
        let named = Op::ALL.iter().filter(|op| op.provider() != Provider::Iam).map(|op| op.policy_file());
        assert_eq!(files, named.collect());
    }

    /// What is done in the emergency account is allowed to the role that is assumed there, and to no other.
    #[test]
    fn the_role_in_the_emergency_account_may_do_what_we_do_with_it() {
        let template = include_str!("../../deploy/cloudformation/emergency-account.yaml");
        for op in Op::ALL.iter().filter(|op| op.provider() == Provider::Iam) {
            assert!(template.contains(&format!("\"{}\"", op.action())), "{op}");
        }
    }

    #[test]
    fn what_is_called_a_look_is_one_and_everything_else_is_a_change() {
        let verbs = ["List", "Describe", "Get", "Is", "Assume"];
        for op in Op::ALL {
            assert_eq!(op.changes(), !verbs.iter().any(|verb| op.name().starts_with(verb)), "{op}");
        }
    }

    #[test]
    fn every_operation_of_the_list_is_called_somewhere_and_nothing_is_sent_beside_it() {
        let code: String = CALLERS.iter().filter_map(|file| file.split("#[cfg(test)]").next()).collect();
        for op in Op::ALL {
            let snake: String = op
                .name()
                .chars()
                .flat_map(|c| {
                    let underscore = c.is_ascii_uppercase().then_some('_');
                    underscore.into_iter().chain(std::iter::once(c.to_ascii_lowercase()))
                })
                .collect();
            let builder = format!(".{}()", snake.trim_start_matches('_'));
            assert_eq!(code.matches(&builder).count(), 1, "{op} is built with {builder} in one place");
            assert!(code.contains(&format!("Op::{op}")), "{op} is named where it is called");
        }
        assert_eq!(code.matches(".send()").count(), Op::ALL.len(), "every call has its place in the list");
    }
}
