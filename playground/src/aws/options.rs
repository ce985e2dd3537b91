//! How the twin behaves: limits, delays, paging, and scripted faults. Data only.

use std::time::Duration;

/// Calls per second, all IAM Identity Center APIs together, and per Identity Store API ("Quotas", platform-rules 3.2).
pub const CALLS_PER_SECOND: u32 = 20;

/// Assignment operations that may be in flight at once; AWS does not raise it (platform-rules 3.2).
pub const OUTSTANDING_MAX: usize = 15;

/// Provisionings of permission sets that may be in flight at once (platform-rules 3.1).
pub const PROVISIONINGS_MAX: usize = 3;

/// Behaviour that tests and the demo may change at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsOptions {
    /// From the acceptance of a create, delete or provisioning to its end.
    pub operation_delay: Duration,
    /// Added between a call's effect and its answer.
    pub latency: Duration,
    /// Collective budget of sso-admin, calls per second with a burst of one second; `None` lifts it.
    pub sso_calls_per_second: Option<u32>,
    /// Budget of each Identity Store API, calls per second; `None` lifts it.
    pub identity_store_calls_per_second: Option<u32>,
    /// Budget of each Organizations API, calls per second; AWS publishes none (platform-rules 3.10), so off at first.
    pub organizations_calls_per_second: Option<u32>,
    /// Most assignment operations in flight; `None` lifts it.
    pub outstanding_max: Option<usize>,
    /// Most provisionings of permission sets in flight; `None` lifts it.
    pub provisionings_max: Option<usize>,
    /// Most rows on a page, whatever the caller asks for; at least one row is given.
    pub page_rows_max: usize,
    /// Organizations and `ListUsers` put an empty page with a token before every page with rows.
    pub empty_pages: bool,
    /// After a change is done, this many `List*` calls that cover it still show what was before.
    pub stale_reads: u32,
    /// After a change is done, `List*` calls show what was before for this long.
    pub stale_for: Duration,
    /// Deleting what is not there is accepted and ends FAILED, instead of `ResourceNotFoundException` at once.
    pub absent_delete_fails_late: bool,
    /// Operations on one account run one after the other (one IAM role at a time, platform-rules 3.2).
    pub one_operation_per_account: bool,
    /// The caller is the management account, which may change its own assignments; else the delegated administrator.
    pub called_as_management: bool,
}

impl Default for AwsOptions {
    /// AWS's published limits, quick operations, no added latency, largest pages.
    fn default() -> Self {
        Self {
            operation_delay: Duration::from_millis(50),
            latency: Duration::ZERO,
            sso_calls_per_second: Some(CALLS_PER_SECOND),
            identity_store_calls_per_second: Some(CALLS_PER_SECOND),
            organizations_calls_per_second: None,
            outstanding_max: Some(OUTSTANDING_MAX),
            provisionings_max: Some(PROVISIONINGS_MAX),
            page_rows_max: 100,
            empty_pages: false,
            stale_reads: 0,
            stale_for: Duration::ZERO,
            absent_delete_fails_late: false,
            one_operation_per_account: false,
            called_as_management: false,
        }
    }
}

impl AwsOptions {
    /// No limits and no delays: an operation has ended when its status is first asked for.
    #[must_use]
    pub fn quick() -> Self {
        Self {
            operation_delay: Duration::ZERO,
            sso_calls_per_second: None,
            identity_store_calls_per_second: None,
            outstanding_max: None,
            provisionings_max: None,
            ..Self::default()
        }
    }

    /// What a person at the demo sees of the real thing: operations of 1.5 s, 80 ms a call, AWS's limits.
    #[must_use]
    pub fn lifelike() -> Self {
        Self {
            operation_delay: Duration::from_millis(1500),
            latency: Duration::from_millis(80),
            empty_pages: true,
            stale_reads: 1,
            ..Self::default()
        }
    }
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// `ThrottlingException` (`TooManyRequestsException` in Organizations).
    Throttle,
    /// HTTP 500, `InternalServerException` (`ServiceException` in Organizations).
    Internal500,
    /// `ConflictException` (`ConcurrentModificationException` in Organizations).
    Conflict,
    /// The call has no effect and is never answered.
    Hang,
    /// The call has its effect; the connection is cut before the answer.
    AcceptThenDropConnection,
    /// HTTP 200 with a body that is not of this protocol; no effect.
    GarbageBody,
    /// A create, delete or provisioning is accepted and ends FAILED with this reason. Other operations are not touched by it.
    FailAsync(String),
    /// `AccessDeniedException`.
    AccessDenied,
}

/// A scripted fault: the next `times` calls of `operation` meet it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// AWS's operation name (`CreateAccountAssignment`), or `*` for any.
    pub operation: String,
    /// How many calls meet it; `u32::MAX` for an outage until [`super::AwsControl::clear_faults`].
    pub times: u32,
    /// What goes wrong.
    pub kind: FaultKind,
}

impl Fault {
    /// A fault that the next call of `operation` meets.
    #[must_use]
    pub fn once(operation: &str, kind: FaultKind) -> Self {
        Self { operation: operation.to_owned(), times: 1, kind }
    }

    pub(super) fn concerns(&self, operation: &str) -> bool {
        let changes = matches!(
            operation,
            "CreateAccountAssignment" | "DeleteAccountAssignment" | "ProvisionPermissionSet"
        );
        (self.operation == operation || self.operation == "*")
            && (changes || !matches!(self.kind, FaultKind::FailAsync(_)))
    }
}
