//! The operations the twin knows: path, `operationId` of Okta's OpenAPI, scope, budget.

use axum::http::Method;

use super::limits::Bucket;
use super::wire::{Refusal, decode};
use crate::idp::sign_in::Step;

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    GetApplication,
    ActivateApplication,
    DeactivateApplication,
    PreviewSamlMetadata,
    ListApplicationGroupAssignments,
    ListGroups,
    GetGroup,
    ListGroupUsers,
    AssignUserToGroup,
    UnassignUserFromGroup,
    ListGroupRules,
    GetUser,
    ListUsers,
    ListLogEvents,
    Token,
    SignIn(Step),
}

/// An operation with the ids in its path, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) operation: Operation,
    pub(super) ids: Vec<String>,
}

impl Operation {
    /// `operationId`; that of the SAML metadata and of the group rules is Okta's too, though the cut-down copy of its
    /// OpenAPI lacks them.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::GetApplication => "getApplication",
            Self::ActivateApplication => "activateApplication",
            Self::DeactivateApplication => "deactivateApplication",
            Self::PreviewSamlMetadata => "previewSAMLmetadataForApplication",
            Self::ListApplicationGroupAssignments => "listApplicationGroupAssignments",
            Self::ListGroups => "listGroups",
            Self::GetGroup => "getGroup",
            Self::ListGroupUsers => "listGroupUsers",
            Self::AssignUserToGroup => "assignUserToGroup",
            Self::UnassignUserFromGroup => "unassignUserFromGroup",
            Self::ListGroupRules => "listGroupRules",
            Self::GetUser => "getUser",
            Self::ListUsers => "listUsers",
            Self::ListLogEvents => "listLogEvents",
            Self::Token | Self::SignIn(Step::Token) => "token",
            Self::SignIn(Step::Discovery) => "getWellKnownOpenIdConfiguration",
            Self::SignIn(Step::Keys) => "oauthKeys",
            Self::SignIn(Step::Authorize) => "deviceAuthorize",
            Self::SignIn(Step::Page | Step::Answer) => "activate",
        }
    }

    /// The scope an access token needs; `None` for the authorization server.
    pub(super) fn scope(self) -> Option<&'static str> {
        match self {
            Self::GetApplication | Self::PreviewSamlMetadata | Self::ListApplicationGroupAssignments => {
                Some("okta.apps.read")
            }
            Self::ActivateApplication | Self::DeactivateApplication => Some("okta.apps.manage"),
            Self::ListGroups | Self::GetGroup | Self::ListGroupUsers | Self::ListGroupRules => {
                Some("okta.groups.read")
            }
            Self::AssignUserToGroup | Self::UnassignUserFromGroup => Some("okta.groups.manage"),
            Self::GetUser | Self::ListUsers => Some("okta.users.read"),
            Self::ListLogEvents => Some("okta.logs.read"),
            Self::Token | Self::SignIn(_) => None,
        }
    }

    /// Whether read-only mode refuses it.
    pub(super) fn writes(self) -> bool {
        matches!(
            self,
            Self::ActivateApplication
                | Self::DeactivateApplication
                | Self::AssignUserToGroup
                | Self::UnassignUserFromGroup
        )
    }

    pub(super) fn bucket(self) -> Bucket {
        match self {
            Self::GetApplication => Bucket::App,
            Self::ActivateApplication
            | Self::DeactivateApplication
            | Self::PreviewSamlMetadata
            | Self::ListApplicationGroupAssignments => Bucket::Apps,
            Self::ListGroups
            | Self::ListGroupUsers
            | Self::AssignUserToGroup
            | Self::UnassignUserFromGroup
            | Self::ListGroupRules => Bucket::Groups,
            Self::GetUser => Bucket::User,
            Self::ListLogEvents => Bucket::Logs,
            Self::Token | Self::SignIn(_) => Bucket::OAuth2,
            Self::GetGroup | Self::ListUsers => Bucket::Others,
        }
    }

    fn at(method: &Method, path: &[&str]) -> Option<Self> {
        let (get, post) = (method == Method::GET, method == Method::POST);
        match path {
            ["oauth2", "v1", "token"] if post => Some(Self::Token),
            ["activate"] if get => Some(Self::SignIn(Step::Page)),
            ["activate"] if post => Some(Self::SignIn(Step::Answer)),
            // The org authorization server, and the custom one that every org has at first.
            [".well-known", "openid-configuration"]
            | ["oauth2", "default", ".well-known", "openid-configuration"]
                if get =>
            {
                Some(Self::SignIn(Step::Discovery))
            }
            ["oauth2", "v1", "keys"] | ["oauth2", "default", "v1", "keys"] if get => {
                Some(Self::SignIn(Step::Keys))
            }
            ["oauth2", "v1", "device", "authorize"] | ["oauth2", "default", "v1", "device", "authorize"]
                if post =>
            {
                Some(Self::SignIn(Step::Authorize))
            }
            ["oauth2", "default", "v1", "token"] if post => Some(Self::SignIn(Step::Token)),
            ["api", "v1", rest @ ..] => match rest {
                ["apps", _] if get => Some(Self::GetApplication),
                ["apps", _, "lifecycle", "activate"] if post => Some(Self::ActivateApplication),
                ["apps", _, "lifecycle", "deactivate"] if post => Some(Self::DeactivateApplication),
                ["apps", _, "sso", "saml", "metadata"] if get => Some(Self::PreviewSamlMetadata),
                ["apps", _, "groups"] if get => Some(Self::ListApplicationGroupAssignments),
                ["groups"] if get => Some(Self::ListGroups),
                ["groups", "rules"] if get => Some(Self::ListGroupRules),
                ["groups", _] if get => Some(Self::GetGroup),
                ["groups", _, "users"] if get => Some(Self::ListGroupUsers),
                ["groups", _, "users", _] if method == Method::PUT => Some(Self::AssignUserToGroup),
                ["groups", _, "users", _] if method == Method::DELETE => Some(Self::UnassignUserFromGroup),
                ["users"] if get => Some(Self::ListUsers),
                ["users", _] if get => Some(Self::GetUser),
                ["logs"] if get => Some(Self::ListLogEvents),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Asked {
    /// The operation that this method and path ask for.
    ///
    /// # Errors
    ///
    /// 404 E0000008 for a path, 405 E0000022 for a method that is not known.
    pub(super) fn of(method: &Method, path: &str) -> Result<Self, Refusal> {
        let parts: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        let Some(operation) = Operation::at(method, &parts) else {
            let others = [Method::GET, Method::POST, Method::PUT, Method::DELETE];
            let known = others.iter().any(|other| Operation::at(other, &parts).is_some());
            return Err(if known {
                Refusal::api(405, "E0000022", "The endpoint does not support the provided HTTP method", &[])
            } else {
                Refusal::api(404, "E0000008", "The requested path was not found", &[])
            });
        };
        // `api/v1/<kind>/<id>/…/<id>`: every second part after the kind may be an id, and only those are asked for.
        let ids: Option<Vec<String>> = parts.iter().skip(3).step_by(2).map(|p| decode(p, false)).collect();
        Ok(Self { operation, ids: ids.unwrap_or_default() })
    }

    /// The first id in the path; the empty text stands for none, which no object has.
    pub(super) fn id(&self) -> &str {
        self.ids.first().map_or("", String::as_str)
    }

    /// The second one.
    pub(super) fn second_id(&self) -> &str {
        self.ids.get(1).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_operations_and_ids() {
        let asked = Asked::of(&Method::PUT, "/api/v1/groups/00g%23/users/00uana").expect("known");
        assert_eq!(asked.operation, Operation::AssignUserToGroup);
        assert_eq!((asked.id(), asked.second_id()), ("00g#", "00uana"));
        let rules = Asked::of(&Method::GET, "/api/v1/groups/rules").expect("known");
        assert_eq!(rules.operation, Operation::ListGroupRules, "not a group named rules");
        let user = Asked::of(&Method::GET, "/api/v1/users/ana+x%40acme.example").expect("known");
        assert_eq!(user.id(), "ana+x@acme.example");
        let code = |method: Method, path: &str| Asked::of(&method, path).expect_err(path).code;
        assert_eq!(code(Method::GET, "/api/v1/apps/a/lifecycle/activate"), "E0000022");
        assert_eq!(code(Method::GET, "/api/v1/devices"), "E0000008");
    }
}
