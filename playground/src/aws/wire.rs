//! AWS JSON 1.1 on the server's side: which service is meant, strict fields, error shapes.
//!
//! Patterns and bounds are those of AWS's own service models (botocore 1.43.11, read from its `service-2.json`).

use serde_json::{Map, Value, json};

/// The services the twin speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    SsoAdmin,
    IdentityStore,
    Organizations,
    Sts,
}

impl Service {
    /// From the part of `x-amz-target` before the dot.
    pub(super) fn from_target_prefix(prefix: &str) -> Option<Self> {
        match prefix {
            "SWBExternalService" => Some(Self::SsoAdmin),
            "AWSIdentityStore" => Some(Self::IdentityStore),
            "AWSOrganizationsV20161128" => Some(Self::Organizations),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SsoAdmin => "sso-admin",
            Self::IdentityStore => "identitystore",
            Self::Organizations => "organizations",
            Self::Sts => "sts",
        }
    }

    /// A member that breaks its constraint. `reason` is Organizations' word for it.
    pub(super) fn invalid(self, reason: &str, message: String) -> AwsError {
        match self {
            Self::Organizations => AwsError {
                extra: json!({ "Reason": reason }).as_object().cloned().unwrap_or_default(),
                ..AwsError::new("InvalidInputException", message)
            },
            Self::SsoAdmin | Self::IdentityStore | Self::Sts => AwsError::new("ValidationException", message),
        }
    }

    pub(super) fn throttled(self, message: &str) -> AwsError {
        match self {
            Self::Organizations => AwsError {
                extra: Map::from_iter([("Type".to_owned(), json!("API"))]),
                ..AwsError::new("TooManyRequestsException", message)
            },
            Self::IdentityStore => AwsError {
                extra: Map::from_iter([("RetryAfterSeconds".to_owned(), json!(1))]),
                ..AwsError::new("ThrottlingException", message)
            },
            Self::SsoAdmin | Self::Sts => AwsError::new("ThrottlingException", message),
        }
    }

    /// Somebody else's write is not through yet; to be tried again.
    pub(super) fn conflict(self) -> AwsError {
        const TEXT: &str =
            "There is a conflict with a previous successful write. Retry the request after some time.";
        match self {
            Self::Organizations => AwsError::new("ConcurrentModificationException", TEXT),
            Self::IdentityStore => AwsError {
                extra: Map::from_iter([("Reason".to_owned(), json!("CONCURRENT_MODIFICATION"))]),
                ..AwsError::new("ConflictException", TEXT)
            },
            Self::SsoAdmin | Self::Sts => AwsError::new("ConflictException", TEXT),
        }
    }

    pub(super) fn internal(self) -> AwsError {
        let code = match self {
            Self::Organizations => "ServiceException",
            Self::Sts => "InternalFailure",
            Self::SsoAdmin | Self::IdentityStore => "InternalServerException",
        };
        AwsError { status: 500, ..AwsError::new(code, "An internal error occurred. Please try again later.") }
    }
}

/// An error answer: HTTP status, `__type`, `Message`, and members of that exception.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AwsError {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) extra: Map<String, Value>,
}

impl AwsError {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, code, message: message.into(), extra: Map::new() }
    }

    pub(super) fn not_found(what: &str, id: &str) -> Self {
        Self::new("ResourceNotFoundException", format!("{what} not found: {id}"))
    }

    pub(super) fn access_denied(operation: &str) -> Self {
        Self::new(
            "AccessDeniedException",
            format!(
                "User is not authorized to perform: {operation}, or the target is the management account"
            ),
        )
    }

    pub(super) fn body(&self) -> Value {
        let mut body = self.extra.clone();
        body.insert("__type".into(), json!(self.code));
        body.insert("Message".into(), json!(self.message));
        Value::Object(body)
    }
}

/// The members of a request, read as strictly as AWS reads them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) service: Service,
    pub(super) operation: &'a str,
    pub(super) members: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    fn present(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|v| !v.is_null())
    }

    fn broken(&self, name: &str, value: &Value) -> AwsError {
        let text = format!(
            "1 validation error detected: Value '{value}' at '{name}' failed to satisfy its constraint"
        );
        self.service.invalid("INVALID_PATTERN", text)
    }

    fn missing(&self, name: &str) -> AwsError {
        let text =
            format!("1 validation error detected: Value null at '{name}' failed: Member must not be null");
        self.service.invalid("INPUT_REQUIRED", text)
    }

    /// A string that may be absent, but when there has this shape.
    pub(super) fn optional(&self, name: &str, shape: fn(&str) -> bool) -> Result<Option<&'a str>, AwsError> {
        match self.present(name) {
            None => Ok(None),
            Some(Value::String(text)) if shape(text) => Ok(Some(text)),
            Some(other) => Err(self.broken(name, other)),
        }
    }

    /// A string that must be there and have this shape.
    pub(super) fn required(&self, name: &str, shape: fn(&str) -> bool) -> Result<&'a str, AwsError> {
        self.optional(name, shape)?.ok_or_else(|| self.missing(name))
    }

    /// A structure that may be absent.
    pub(super) fn structure(&self, name: &str) -> Result<Option<Fields<'a>>, AwsError> {
        match self.present(name) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(Fields { members, ..*self })),
            Some(other) => Err(self.broken(name, other)),
        }
    }

    /// A structure that must be there.
    pub(super) fn required_structure(&self, name: &str) -> Result<Fields<'a>, AwsError> {
        self.structure(name)?.ok_or_else(|| self.missing(name))
    }

    /// A list with at most `items_max` items; empty when absent.
    pub(super) fn list(&self, name: &str, items_max: usize) -> Result<&'a [Value], AwsError> {
        match self.present(name) {
            None => Ok(&[]),
            Some(Value::Array(items)) if items.len() <= items_max => Ok(items),
            Some(other) => Err(self.broken(name, other)),
        }
    }

    /// `MaxResults` within `1..=rows_max`; `rows_max` when absent.
    pub(super) fn max_results(&self, rows_max: usize) -> Result<usize, AwsError> {
        let Some(value) = self.present("MaxResults") else { return Ok(rows_max) };
        let rows = value.as_u64().and_then(|n| usize::try_from(n).ok());
        rows.filter(|n| (1..=rows_max).contains(n)).ok_or_else(|| {
            let text = format!("Value '{value}' at 'maxResults' must be between 1 and {rows_max}");
            self.service.invalid("MAX_VALUE_EXCEEDED", text)
        })
    }
}

/// Shapes of ids, by AWS's patterns.
pub(super) mod shape {
    /// Any text that is not empty.
    pub(in super::super) fn text(word: &str) -> bool {
        !word.is_empty()
    }

    /// `\d{12}`.
    pub(in super::super) fn account(word: &str) -> bool {
        word.len() == 12 && word.bytes().all(|b| b.is_ascii_digit())
    }

    /// `arn:aws:sso:::instance/(sso)?ins-[a-zA-Z0-9-.]{16}`.
    pub(in super::super) fn instance_arn(word: &str) -> bool {
        word.strip_prefix("arn:aws:sso:::instance/").is_some_and(instance)
    }

    /// `arn:aws:sso:::permissionSet/(sso)?ins-[…]{16}/ps-[…]{16}`.
    pub(in super::super) fn permission_set_arn(word: &str) -> bool {
        let Some((owner, set)) =
            word.strip_prefix("arn:aws:sso:::permissionSet/").and_then(|w| w.split_once('/'))
        else {
            return false;
        };
        instance(owner) && set.strip_prefix("ps-").is_some_and(|id| sixteen(id, "-./"))
    }

    fn instance(word: &str) -> bool {
        let word = word.strip_prefix("sso").unwrap_or(word);
        word.strip_prefix("ins-").is_some_and(|id| sixteen(id, "-."))
    }

    fn sixteen(id: &str, also: &str) -> bool {
        id.len() == 16 && id.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
    }

    /// `([0-9a-f]{10}-|)` and a UUID.
    pub(in super::super) fn identity(word: &str) -> bool {
        let lengths: Vec<usize> = word.split('-').map(str::len).collect();
        let digits = word.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
        digits && matches!(lengths.as_slice(), [8, 4, 4, 4, 12] | [10, 8, 4, 4, 4, 12])
    }

    /// A UUID in lower case, 36 characters.
    pub(in super::super) fn request_id(word: &str) -> bool {
        word.len() == 36 && identity(word) && !word.bytes().any(|b| b.is_ascii_uppercase())
    }

    /// `p-[0-9a-zA-Z_]{8,128}`.
    pub(in super::super) fn policy(word: &str) -> bool {
        word.strip_prefix("p-").is_some_and(|id| {
            (8..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        })
    }

    /// A root, an OU or an account, which policies are attached to.
    pub(in super::super) fn policy_target(word: &str) -> bool {
        parent(word) || account(word)
    }

    /// `[\u0009\u000A\u000D\u0020-\u00FF]{1,32768}`.
    pub(in super::super) fn inline_policy(word: &str) -> bool {
        (1..=32_768).contains(&word.chars().count())
            && word.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}'))
    }

    /// What a permission set is provisioned to.
    pub(in super::super) fn provision_target(word: &str) -> bool {
        matches!(word, "AWS_ACCOUNT" | "ALL_PROVISIONED_ACCOUNTS")
    }

    /// `d-[0-9a-f]{10}`.
    pub(in super::super) fn identity_store(word: &str) -> bool {
        word.strip_prefix("d-").is_some_and(|id| id.len() == 10 && id.bytes().all(|b| b.is_ascii_hexdigit()))
    }

    /// `r-[0-9a-z]{4,32}`.
    pub(in super::super) fn root(word: &str) -> bool {
        word.strip_prefix("r-").is_some_and(|id| lower(id, 4))
    }

    /// `ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}`.
    pub(in super::super) fn unit(word: &str) -> bool {
        let parts = word.strip_prefix("ou-").and_then(|w| w.split_once('-'));
        parts.is_some_and(|(root, id)| lower(root, 4) && lower(id, 8))
    }

    fn lower(id: &str, length_min: usize) -> bool {
        (length_min..=32).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
    }

    /// A root or an OU.
    pub(in super::super) fn parent(word: &str) -> bool {
        root(word) || unit(word)
    }

    /// An account or an OU.
    pub(in super::super) fn child(word: &str) -> bool {
        account(word) || unit(word)
    }

    /// `USER` or `GROUP`.
    pub(in super::super) fn principal_type(word: &str) -> bool {
        matches!(word, "USER" | "GROUP")
    }

    /// Only accounts can be targets.
    pub(in super::super) fn target_type(word: &str) -> bool {
        word == "AWS_ACCOUNT"
    }

    /// States of an assignment operation.
    pub(in super::super) fn operation_status(word: &str) -> bool {
        matches!(word, "IN_PROGRESS" | "SUCCEEDED" | "FAILED")
    }

    /// States of a permission set in an account.
    pub(in super::super) fn provisioning_status(word: &str) -> bool {
        matches!(word, "LATEST_PERMISSION_SET_PROVISIONED" | "LATEST_PERMISSION_SET_NOT_PROVISIONED")
    }
}

#[cfg(test)]
mod tests {
    use super::shape;

    #[test]
    fn ids_are_taken_by_awss_patterns_and_by_nothing_wider() {
        assert!(shape::instance_arn("arn:aws:sso:::instance/ssoins-72234a9b1c5d6e7f"));
        assert!(!shape::instance_arn("arn:aws:sso:::instance/ssoins-72234a9b1c5d6e7"), "15 characters");
        assert!(shape::permission_set_arn(
            "arn:aws:sso:::permissionSet/ssoins-72234a9b1c5d6e7f/ps-4a1b2c3d4e5f6071"
        ));
        assert!(!shape::permission_set_arn("ReadOnly"));
        assert!(shape::identity("b4c8a4e8-2071-70a1-c0de-5a1f0e6b9d01"));
        assert!(shape::identity("9067642ac7-b4c8a4e8-2071-70a1-c0de-5a1f0e6b9d01"));
        assert!(!shape::identity("ana@acme.example"));
        assert!(
            shape::account("333333333333")
                && !shape::account("33333333333")
                && !shape::account("payments-pro")
        );
        assert!(
            shape::parent("r-ac3e") && shape::parent("ou-ac3e-workload") && !shape::parent("333333333333")
        );
        assert!(shape::child("333333333333") && !shape::child("r-ac3e"));
    }
}
