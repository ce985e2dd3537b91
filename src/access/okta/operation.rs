//! The list of everything that is ever asked of Okta, by the names of its OpenAPI description.

use reqwest::Method;

use super::budget::Bucket;

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Op {
    /// `POST /oauth2/v1/token`.
    Token,
    /// `GET /api/v1/apps/{app}`.
    GetApplication,
    /// `POST /api/v1/apps/{app}/lifecycle/activate`.
    ActivateApplication,
    /// `POST /api/v1/apps/{app}/lifecycle/deactivate`.
    DeactivateApplication,
    /// `GET /api/v1/apps/{app}/groups`.
    ListApplicationGroupAssignments,
    /// `GET /api/v1/apps/{app}/sso/saml/metadata`.
    PreviewSamlMetadata,
    /// `GET /api/v1/groups`.
    ListGroups,
    /// `GET /api/v1/groups/{group}`.
    GetGroup,
    /// `GET /api/v1/groups/{group}/users`.
    ListGroupUsers,
    /// `PUT /api/v1/groups/{group}/users/{user}`.
    AssignUserToGroup,
    /// `DELETE /api/v1/groups/{group}/users/{user}`.
    UnassignUserFromGroup,
    /// `GET /api/v1/groups/rules`.
    ListGroupRules,
    /// `GET /api/v1/users/{login}`.
    GetUser,
}

impl Op {
    /// Its name in the OpenAPI description: the label of metrics.
    #[must_use]
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::GetApplication => "getApplication",
            Self::ActivateApplication => "activateApplication",
            Self::DeactivateApplication => "deactivateApplication",
            Self::ListApplicationGroupAssignments => "listApplicationGroupAssignments",
            Self::PreviewSamlMetadata => "previewSAMLmetadataForApplication",
            Self::ListGroups => "listGroups",
            Self::GetGroup => "getGroup",
            Self::ListGroupUsers => "listGroupUsers",
            Self::AssignUserToGroup => "assignUserToGroup",
            Self::UnassignUserFromGroup => "unassignUserFromGroup",
            Self::ListGroupRules => "listGroupRules",
            Self::GetUser => "getUser",
        }
    }

    /// The method.
    #[must_use]
    pub(super) const fn method(self) -> Method {
        match self {
            Self::Token | Self::ActivateApplication | Self::DeactivateApplication => Method::POST,
            Self::AssignUserToGroup => Method::PUT,
            Self::UnassignUserFromGroup => Method::DELETE,
            Self::GetApplication
            | Self::ListApplicationGroupAssignments
            | Self::PreviewSamlMetadata
            | Self::ListGroups
            | Self::GetGroup
            | Self::ListGroupUsers
            | Self::ListGroupRules
            | Self::GetUser => Method::GET,
        }
    }

    /// Whether it changes something: then it is sent once, and a lost answer may have been done.
    #[must_use]
    pub(super) const fn changes(self) -> bool {
        matches!(
            self,
            Self::ActivateApplication
                | Self::DeactivateApplication
                | Self::AssignUserToGroup
                | Self::UnassignUserFromGroup
        )
    }

    /// Who pays: Okta counts by path (platform-rules 4.1).
    #[must_use]
    pub(super) const fn bucket(self) -> Bucket {
        match self {
            Self::Token => Bucket::Token,
            Self::GetApplication => Bucket::App,
            Self::ActivateApplication
            | Self::DeactivateApplication
            | Self::ListApplicationGroupAssignments
            | Self::PreviewSamlMetadata => Bucket::Apps,
            Self::GetGroup => Bucket::Group,
            Self::ListGroups
            | Self::ListGroupUsers
            | Self::AssignUserToGroup
            | Self::UnassignUserFromGroup
            | Self::ListGroupRules => Bucket::Groups,
            Self::GetUser => Bucket::User,
        }
    }

    /// The scope that a service app needs for it.
    #[must_use]
    pub(super) const fn scope(self) -> Option<&'static str> {
        match self {
            Self::Token => None,
            Self::GetApplication | Self::ListApplicationGroupAssignments | Self::PreviewSamlMetadata => {
                Some("okta.apps.read")
            }
            Self::ActivateApplication | Self::DeactivateApplication => Some("okta.apps.manage"),
            Self::ListGroups | Self::GetGroup | Self::ListGroupUsers | Self::ListGroupRules => {
                Some("okta.groups.read")
            }
            Self::AssignUserToGroup | Self::UnassignUserFromGroup => Some("okta.groups.manage"),
            Self::GetUser => Some("okta.users.read"),
        }
    }
}

impl std::fmt::Display for Op {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
