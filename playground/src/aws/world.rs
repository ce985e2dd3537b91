//! What the pretend AWS holds: assignments, operations in flight, what lists still show, and the record of calls.
//!
//! Pure but for the time it is given: it never sleeps and never reads a clock of its own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tokio::time::Instant;

use super::clock::Calendar;
use super::directory::Directory;
use super::lag::Lag;
use super::memberships::Memberships;
use super::options::{AwsOptions, Fault, FaultKind};
use super::policies::Policies;
use super::throttle::Bucket;
use super::wire::{AwsError, Service};
use crate::company::{AccountState, Assignment, Company, Principal};

/// Calls remembered; the oldest are forgotten first, so that a long demo does not grow without end.
pub const CALLS_KEPT_MAX: usize = 200_000;

/// Ended operations whose status can still be asked for; AWS does not say how long it keeps them.
const OPERATIONS_KEPT_MAX: usize = 50_000;

/// What an assignment operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// `CreateAccountAssignment`.
    Create,
    /// `DeleteAccountAssignment`.
    Delete,
}

/// How far an assignment operation is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "status", content = "reason", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OperationStatus {
    /// Accepted, not done.
    InProgress,
    /// Done.
    Succeeded,
    /// Not done, and why.
    Failed(String),
}

impl OperationStatus {
    /// AWS's word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed(_) => "FAILED",
        }
    }
}

/// One asynchronous assignment operation.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Operation {
    /// Request id, a UUID.
    pub id: String,
    /// Create or delete.
    pub kind: OperationKind,
    /// Of what.
    pub assignment: Assignment,
    /// How far it is.
    pub state: OperationStatus,
    /// Seconds since 1970.
    pub created_at: f64,
    #[serde(skip)]
    pub(super) end: Instant,
    #[serde(skip)]
    failure: Option<String>,
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "outcome", content = "code", rename_all = "snake_case")]
pub enum Outcome {
    /// Answered with success.
    Answered,
    /// Answered with this error code.
    Refused(String),
    /// Had its effect; the answer was lost on purpose.
    ReplyLost,
    /// Never answered, on purpose.
    Hung,
    /// Answered with garbage, on purpose.
    Garbage,
}

/// One call that reached the twin.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Call {
    /// `sso-admin`, `identitystore`, `organizations` or `sts`.
    pub service: &'static str,
    /// AWS's operation name.
    pub operation: String,
    /// When it arrived.
    #[serde(skip)]
    pub at: Instant,
    /// When it arrived, in seconds since the twin's start.
    pub seconds: f64,
    /// `TargetId`, `AccountId` or `Filter.AccountId` of the request.
    pub account: Option<String>,
    /// `PrincipalId`, `UserId` or `GroupId` of the request.
    pub principal: Option<String>,
    /// `PermissionSetArn` of the request.
    pub permission_set: Option<String>,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Everything behind the server.
#[derive(Debug)]
pub(super) struct World {
    pub(super) options: AwsOptions,
    pub(super) directory: Directory,
    pub(super) calendar: Calendar,
    /// The time of the call being handled.
    pub(super) now: Instant,
    pub(super) faults: Vec<Fault>,
    pub(super) calls: VecDeque<Call>,
    /// Why the operation that the current call starts is to fail.
    pub(super) fail_next: Option<String>,
    /// When the operation that the current call started will end.
    pub(super) began: Option<Instant>,
    held: BTreeSet<Assignment>,
    late: Lag<Assignment>,
    pub(super) memberships: Memberships,
    pub(super) policies: Policies,
    operations: BTreeMap<String, Operation>,
    in_flight: BTreeSet<(Instant, String)>,
    ended: VecDeque<String>,
    buckets: BTreeMap<String, Bucket>,
    request_count: u64,
}

impl World {
    pub(super) fn new(company: &Company, options: AwsOptions) -> Self {
        Self {
            options,
            directory: Directory::of(company),
            calendar: Calendar::start(),
            now: Instant::now(),
            faults: Vec::new(),
            calls: VecDeque::new(),
            fail_next: None,
            began: None,
            held: company.assignments.iter().cloned().collect(),
            late: Lag::default(),
            memberships: Memberships::default(),
            policies: Policies::of(company),
            operations: BTreeMap::new(),
            in_flight: BTreeSet::new(),
            ended: VecDeque::new(),
            buckets: BTreeMap::new(),
            request_count: 0,
        }
    }

    /// Ends every operation that is due at `now`; true when one was.
    pub(super) fn settle(&mut self, now: Instant) -> bool {
        self.now = self.now.max(now);
        let mut changed = false;
        while self.in_flight.first().is_some_and(|(end, _)| *end <= self.now) {
            let Some((end, id)) = self.in_flight.pop_first() else { break };
            self.finish(end, &id);
            changed = true;
        }
        self.policies.settle(self.now) || changed
    }

    fn finish(&mut self, end: Instant, id: &str) {
        let Some(operation) = self.operations.get_mut(id) else { return };
        operation.state = match operation.failure.take() {
            Some(reason) => OperationStatus::Failed(reason),
            None => OperationStatus::Succeeded,
        };
        if operation.state == OperationStatus::Succeeded {
            let (assignment, present) =
                (operation.assignment.clone(), operation.kind == OperationKind::Create);
            self.put(&assignment, present, Some(end));
        }
        self.ended.push_back(id.to_owned());
        if self.ended.len() > OPERATIONS_KEPT_MAX
            && let Some(oldest) = self.ended.pop_front()
        {
            self.operations.remove(&oldest);
        }
    }

    /// Makes the assignment be there or not; `late_from` is when lists begin to lag behind. True when that changed it.
    fn put(&mut self, assignment: &Assignment, present: bool, late_from: Option<Instant>) -> bool {
        let changed =
            if present { self.held.insert(assignment.clone()) } else { self.held.remove(assignment) };
        if changed {
            self.late.changed(assignment, present, late_from, &self.options);
            self.policies.assigned(assignment, present, &self.held);
        }
        changed
    }

    /// A change in the console, which nobody asked the bot for: at once, and at once in lists.
    pub(super) fn put_by_hand(&mut self, assignment: &Assignment, present: bool) -> bool {
        self.put(assignment, present, None)
    }

    pub(super) fn held(&self) -> &BTreeSet<Assignment> {
        &self.held
    }

    pub(super) fn operations(&self) -> &BTreeMap<String, Operation> {
        &self.operations
    }

    /// Operations in flight, the first to end first.
    pub(super) fn in_flight(&self) -> impl Iterator<Item = &Operation> {
        self.in_flight.iter().filter_map(|(_, id)| self.operations.get(id))
    }

    /// What `List*` shows of this principal, late as lists are.
    pub(super) fn listed_for(&mut self, principal: &Principal) -> BTreeSet<Assignment> {
        let start = Assignment {
            principal: principal.clone(),
            account: String::new(),
            permission_set: String::new(),
        };
        let rows = self.held.range(&start..).take_while(|a| a.principal == *principal).cloned().collect();
        self.late.shown(rows, |a| a.principal == *principal, self.now)
    }

    /// What `List*` shows of this account, late as lists are.
    pub(super) fn listed_in(&mut self, account: &str) -> BTreeSet<Assignment> {
        let rows = self.held.iter().filter(|a| a.account == account).cloned().collect();
        self.late.shown(rows, |a| a.account == account, self.now)
    }

    /// Starts an operation as AWS does.
    ///
    /// # Errors
    ///
    /// The management account, one in flight for the same assignment, too many in flight, nothing to delete.
    pub(super) fn begin(
        &mut self,
        kind: OperationKind,
        assignment: Assignment,
    ) -> Result<Operation, AwsError> {
        let failure = self.fail_next.take();
        if self.is_forbidden(&assignment.account) {
            return Err(AwsError::access_denied(match kind {
                OperationKind::Create => "sso:CreateAccountAssignment",
                OperationKind::Delete => "sso:DeleteAccountAssignment",
            }));
        }
        if self.in_flight().any(|o| o.assignment == assignment) {
            return Err(Service::SsoAdmin.conflict());
        }
        if self.options.outstanding_max.is_some_and(|most| self.in_flight.len() >= most) {
            return Err(Service::SsoAdmin
                .throttled("There are too many requests processing. Please try again later."));
        }
        let failure = match failure {
            Some(reason) => Some(reason),
            None => self.inherent_failure(kind, &assignment)?,
        };
        Ok(self.accept(kind, assignment, failure))
    }

    /// Whether this is the management account and the caller only the delegated administrator (platform-rules 3.3).
    pub(super) fn is_forbidden(&self, account: &str) -> bool {
        account == self.directory.management_account && !self.options.called_as_management
    }

    fn inherent_failure(
        &self,
        kind: OperationKind,
        assignment: &Assignment,
    ) -> Result<Option<String>, AwsError> {
        let account = self.directory.accounts.get(&assignment.account);
        let closed = account.is_some_and(|a| a.state != AccountState::Active);
        let absent = kind == OperationKind::Delete && !self.held.contains(assignment);
        match (absent, self.options.absent_delete_fails_late) {
            (true, false) => Err(AwsError::not_found("Account assignment", &assignment.account)),
            (true, true) => Ok(Some("Received a 404 status error: Account assignment not found.".into())),
            (false, _) if closed => Ok(Some(format!("Account {} is not active.", assignment.account))),
            (false, _) => Ok(None),
        }
    }

    fn accept(&mut self, kind: OperationKind, assignment: Assignment, failure: Option<String>) -> Operation {
        self.request_count += 1;
        let busy_until = self
            .in_flight()
            .filter(|o| self.options.one_operation_per_account && o.assignment.account == assignment.account)
            .map(|o| o.end)
            .max();
        let operation = Operation {
            id: request_id(self.request_count),
            kind,
            assignment,
            state: OperationStatus::InProgress,
            created_at: self.calendar.epoch_seconds(self.now),
            end: busy_until.unwrap_or(self.now) + self.options.operation_delay,
            failure,
        };
        self.in_flight.insert((operation.end, operation.id.clone()));
        self.operations.insert(operation.id.clone(), operation.clone());
        self.began = Some(operation.end);
        operation
    }

    /// Takes a call from the budget of its service.
    ///
    /// # Errors
    ///
    /// Throttled, when the budget is used up.
    pub(super) fn spend(&mut self, service: Service, operation: &str) -> Result<(), AwsError> {
        let (limit, budget) = match service {
            Service::SsoAdmin => (self.options.sso_calls_per_second, service.name().to_owned()),
            Service::IdentityStore => (self.options.identity_store_calls_per_second, operation.to_owned()),
            Service::Organizations => (self.options.organizations_calls_per_second, operation.to_owned()),
            Service::Sts => (None, String::new()),
        };
        let Some(per_second) = limit else { return Ok(()) };
        let now = self.now;
        let bucket = self.buckets.entry(budget).or_insert_with(|| Bucket::full(per_second, now));
        if bucket.take(per_second, now) { Ok(()) } else { Err(service.throttled("Rate exceeded")) }
    }

    /// The fault this call meets, used up by it.
    pub(super) fn take_fault(&mut self, operation: &str) -> Option<FaultKind> {
        let at = self.faults.iter().position(|f| f.times > 0 && f.concerns(operation))?;
        let fault = self.faults.get_mut(at)?;
        fault.times -= 1;
        let (kind, used_up) = (fault.kind.clone(), fault.times == 0);
        if used_up {
            self.faults.remove(at);
        }
        Some(kind)
    }

    pub(super) fn record(&mut self, call: Call) {
        if self.calls.len() >= CALLS_KEPT_MAX {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }
}

/// A UUID that differs in every digit group, so that a log line with half of it is still telling.
pub(super) fn request_id(count: u64) -> String {
    // Fibonacci hashing: an odd multiplier never maps two counts to one id.
    let mixed = count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let (high, low) = (mixed >> 32, mixed & 0xffff_ffff);
    format!(
        "{high:08x}-{:04x}-4{:03x}-8{:03x}-{:04x}{low:08x}",
        low >> 16,
        low & 0xfff,
        high & 0xfff,
        count & 0xffff
    )
}
