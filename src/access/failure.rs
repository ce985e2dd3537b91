//! What went wrong with a call to AWS, read once and completely: the rest of the house never sees an SDK error.
//!
//! It must never say "nothing there" for an answer that it could not read, and never put a body into a sentence.

use std::error::Error;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::operation::{Op, Provider};
use crate::ports::Fault;

/// Longest text of AWS that is passed on: it goes into cards and logs.
const SAID_LENGTH_MAX: usize = 300;
/// Longest time for which AWS may ask to be left alone; more is taken for a mistake.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);

/// What went wrong, by what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It never left: no budget, no connection. Nothing was done.
    NotSent,
    /// It left, and no usable answer came: it may have been done.
    Lost,
    /// Too many calls, or too many operations under way.
    Throttled,
    /// An earlier change of the same thing is not settled.
    Conflict,
    /// AWS is in trouble, and says so.
    Trouble,
    /// No credentials, or AWS does not accept them.
    Credentials,
    /// Not allowed.
    Denied,
    /// The customer-managed key of Identity Center stands in the way.
    Key,
    /// What was named does not exist.
    NotFound,
    /// What was asked is not well formed, or not possible here.
    Invalid,
    /// A quota of the organization is used up.
    Quota,
    /// This stand-in for AWS does not have the operation.
    NoSuchOperation,
    /// Anything else that AWS answered on purpose.
    Other,
}

impl Kind {
    /// The `outcome` label in metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotSent => "not-sent",
            Self::Lost => "lost",
            Self::Throttled => "throttled",
            Self::Conflict => "conflict",
            Self::Trouble => "trouble",
            Self::Credentials => "credentials",
            Self::Denied => "denied",
            Self::Key => "key",
            Self::NotFound => "not-found",
            Self::Invalid => "invalid",
            Self::Quota => "quota",
            Self::NoSuchOperation => "no-such-operation",
            Self::Other => "other",
        }
    }
}

/// A call that did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which call.
    pub op: Op,
    /// What follows from it.
    pub kind: Kind,
    /// AWS asked to be left alone for so long.
    pub retry_after: Option<Duration>,
    /// It failed on our side of the line: it says nothing of the other.
    ours: bool,
    said: String,
}

impl Failure {
    /// Reads an error of the SDK.
    pub fn read<E>(op: Op, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match error {
            SdkError::ServiceError(context) => Self::answered(op, context.err(), context.raw()),
            SdkError::ResponseError(context) => {
                Self::new(op, Kind::Lost, format!("HTTP {}, unreadable", context.raw().status().as_u16()))
            }
            SdkError::TimeoutError(_) => Self::new(op, Kind::Lost, "no answer in time".to_owned()),
            SdkError::DispatchFailure(failure) => {
                let source = failure.as_connector_error().map(|error| error as &(dyn Error + 'static));
                Self::undelivered(op, source)
            }
            // Nothing was sent: the request could not be made.
            SdkError::ConstructionFailure(_) => Self::new(op, Kind::Invalid, deepest(error)),
            _ => Self::new(op, Kind::Lost, deepest(error)),
        }
    }

    /// The budget gave no turn in time: nothing was sent.
    #[must_use]
    pub fn no_turn(op: Op, waited: Duration) -> Self {
        let said = format!("no turn within the call budget for {} s", waited.as_secs());
        Self { ours: true, ..Self::new(op, Kind::NotSent, said) }
    }

    /// An answer came that cannot be what AWS means. Never taken for "none".
    #[must_use]
    pub fn garbled(op: Op, what: &str) -> Self {
        Self::new(op, Kind::Lost, what.to_owned())
    }

    fn new(op: Op, kind: Kind, said: String) -> Self {
        Self { op, kind, retry_after: None, ours: false, said: fit(&said) }
    }

    fn answered<E: ProvideErrorMetadata>(op: Op, error: &E, raw: &HttpResponse) -> Self {
        let status = raw.status().as_u16();
        let body = raw.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok());
        let body: serde_json::Value = body.unwrap_or_default();
        let reason = body.get("Reason").and_then(serde_json::Value::as_str).unwrap_or_default();
        let seconds = body.get("RetryAfterSeconds").and_then(serde_json::Value::as_u64);
        let header = raw.headers().get("retry-after").and_then(|value| value.parse().ok());
        let kind = kind_of(error.code(), status, reason);
        let said = match (error.code(), error.message()) {
            (Some(code), Some(message)) => format!("{code}: {message}"),
            (Some(code), None) => code.to_owned(),
            (None, _) => format!("HTTP {status} without an error code"),
        };
        let said = if reason.is_empty() { said } else { format!("{said} ({reason})") };
        let retry_after = header.or(seconds).map(Duration::from_secs).map(|wait| wait.min(RETRY_AFTER_MAX));
        Self { retry_after, ..Self::new(op, kind, said) }
    }

    fn undelivered(op: Op, source: Option<&(dyn Error + 'static)>) -> Self {
        let Some(source) = source else { return Self::new(op, Kind::Lost, "no connection".to_owned()) };
        if let Some(error) = find::<CredentialsError>(source) {
            let kind = match error {
                CredentialsError::ProviderTimedOut(_) | CredentialsError::ProviderError(_) => Kind::NotSent,
                _ => Kind::Credentials,
            };
            let said = format!("no AWS credentials: {}", deepest(source));
            return Self { ours: true, ..Self::new(op, kind, said) };
        }
        let connecting = find::<hyper_util::client::legacy::Error>(source)
            .is_some_and(hyper_util::client::legacy::Error::is_connect);
        let kind = if connecting { Kind::NotSent } else { Kind::Lost };
        Self::new(op, kind, deepest(source))
    }

    /// Whether a later try of the same read may well work.
    #[must_use]
    pub const fn passes(&self) -> bool {
        matches!(self.kind, Kind::NotSent | Kind::Lost | Kind::Throttled | Kind::Conflict | Kind::Trouble)
    }

    /// Whether the service answered, as far as this says anything of it: no connection, no answer in time and trouble are
    /// silence; what it decides on its own data is an answer; what its doorkeeper says (rights, rates, forms) is neither.
    #[must_use]
    pub const fn answered_at_all(&self) -> Option<bool> {
        match self.kind {
            Kind::NotSent | Kind::Lost | Kind::Trouble if !self.ours => Some(false),
            Kind::NotFound | Kind::Conflict | Kind::Quota => Some(true),
            Kind::NotSent
            | Kind::Lost
            | Kind::Trouble
            | Kind::Throttled
            | Kind::Credentials
            | Kind::Denied
            | Kind::Key
            | Kind::Invalid
            | Kind::NoSuchOperation
            | Kind::Other => None,
        }
    }

    /// As the fault of a read: what may pass is transient.
    #[must_use]
    pub fn reading(&self) -> Fault {
        if self.passes() {
            Fault::Transient { what: self.to_string(), retry_after: self.retry_after }
        } else {
            Fault::Permanent { what: self.to_string() }
        }
    }

    /// As the fault of a change: what may have been done is lost. Who is in trouble may have done it before.
    #[must_use]
    pub fn changing(&self) -> Fault {
        match self.kind {
            Kind::Lost | Kind::Trouble => Fault::Lost { what: self.to_string() },
            Kind::NotSent
            | Kind::Throttled
            | Kind::Conflict
            | Kind::Credentials
            | Kind::Denied
            | Kind::Key
            | Kind::NotFound
            | Kind::Invalid
            | Kind::Quota
            | Kind::NoSuchOperation
            | Kind::Other => self.reading(),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { op, said, .. } = self;
        match self.kind {
            Kind::NotSent => write!(f, "AWS could not be asked for `{op}`: {said}"),
            Kind::Lost => write!(f, "no usable answer of AWS to `{op}`: {said}"),
            Kind::Throttled => write!(f, "AWS throttles `{op}`: {said}"),
            Kind::Conflict => write!(f, "AWS is not done with an earlier change, `{op}`: {said}"),
            Kind::Trouble => write!(f, "AWS is in trouble with `{op}`: {said}"),
            Kind::Credentials => write!(
                f,
                "AWS does not know us for `{op}`: {said}; check the credentials of the bot, their expiry, and its clock"
            ),
            Kind::Denied if matches!(op.provider(), Provider::Sts | Provider::Iam) => write!(
                f,
                "AWS denies `{op}`: {said}; see that the bot's role may assume the role in the emergency account, that this \
                 one trusts it (and asks for the same external id), and compare it with \
                 `deploy/cloudformation/emergency-account.yaml`"
            ),
            Kind::Denied if op.changes() => write!(
                f,
                "AWS denies `{op}`: {said}; compare the bot's role with `{}`, and note that a delegated administrator may not \
                 assign in the management account, nor a permission set that is used there",
                op.policy_file()
            ),
            Kind::Denied => write!(
                f,
                "AWS denies `{op}`: {said}; compare the bot's role with `{}`, and see that its account is the management account \
                 or the delegated administrator",
                op.policy_file()
            ),
            Kind::Key => write!(
                f,
                "the KMS key of Identity Center stands in the way of `{op}`: {said}; enable the key, and allow the bot's role \
                 to use it"
            ),
            Kind::NotFound => write!(f, "AWS does not find what `{op}` names: {said}"),
            Kind::Invalid => write!(f, "AWS does not accept `{op}`: {said}"),
            Kind::Quota => write!(
                f,
                "a quota of AWS is used up, `{op}`: {said}; ask AWS to raise it, or remove what is unused"
            ),
            Kind::NoSuchOperation => write!(f, "this end point does not have `{op}`: {said}"),
            Kind::Other => write!(f, "AWS refuses `{op}`: {said}"),
        }
    }
}

fn kind_of(code: Option<&str>, status: u16, reason: &str) -> Kind {
    let Some(code) = code else {
        return match status {
            // Stand-ins answer so; AWS always sends a code.
            404 | 501 => Kind::NoSuchOperation,
            _ => Kind::Lost,
        };
    };
    let by_code = match code {
        "ThrottlingException" | "TooManyRequestsException" | "Throttling" | "RequestLimitExceeded" => {
            Kind::Throttled
        }
        "ConflictException" | "ConcurrentModificationException" | "ConcurrentModification" => Kind::Conflict,
        "InternalServerException"
        | "InternalFailure"
        | "ServiceException"
        | "ServiceFailure"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => Kind::Trouble,
        "AccessDeniedException"
        | "AccessDenied"
        | "UnmodifiableEntity"
        | "RegionDisabledException"
        | "AWSOrganizationsNotInUseException" => Kind::Denied,
        "ExpiredTokenException"
        | "ExpiredToken"
        | "RequestExpired"
        | "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "InvalidClientTokenId"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignatureException" => Kind::Credentials,
        "ResourceNotFoundException"
        | "AccountNotFoundException"
        | "ParentNotFoundException"
        | "PolicyNotFoundException"
        | "NoSuchEntity" => Kind::NotFound,
        "ValidationException"
        | "InvalidInputException"
        | "SerializationException"
        | "ValidationError"
        | "MalformedPolicyDocumentException"
        | "MalformedPolicyDocument" => Kind::Invalid,
        "ServiceQuotaExceededException" | "ConstraintViolationException" | "LimitExceeded" => Kind::Quota,
        "UnknownOperationException" | "UnknownOperation" | "NotImplemented" => Kind::NoSuchOperation,
        _ if status >= 500 => Kind::Trouble,
        _ => Kind::Other,
    };
    // A key that is away makes things look absent or forbidden (`KMS_*`, platform-rules 3.1): absence is not what it means.
    let by_key =
        reason.starts_with("KMS_") && matches!(by_code, Kind::Denied | Kind::NotFound | Kind::Invalid);
    if by_key { Kind::Key } else { by_code }
}

/// The error of this type in the chain.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The sentence at the bottom of the chain: the one that says why.
fn deepest(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// Without control characters, and short enough for a card.
fn fit(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.chars().count() <= SAID_LENGTH_MAX {
        return clean;
    }
    clean.chars().take(SAID_LENGTH_MAX).chain(std::iter::once('…')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_behind_a_lost_key_is_not_absence() {
        assert_eq!(kind_of(Some("ResourceNotFoundException"), 400, ""), Kind::NotFound);
        assert_eq!(kind_of(Some("ResourceNotFoundException"), 400, "KMS_NotFoundException"), Kind::Key);
        assert_eq!(kind_of(Some("AccessDeniedException"), 400, "KMS_AccessDeniedException"), Kind::Key);
        assert_eq!(kind_of(Some("ThrottlingException"), 400, "KMS_ThrottlingException"), Kind::Throttled);
    }

    /// pitfall 21: no answer is taken for another one.
    #[test]
    fn what_aws_says_decides_what_follows() {
        let cases = [
            (Some("ThrottlingException"), 400, Kind::Throttled),
            (Some("TooManyRequestsException"), 400, Kind::Throttled),
            (Some("ConflictException"), 400, Kind::Conflict),
            (Some("InternalServerException"), 500, Kind::Trouble),
            (Some("SomethingNew"), 503, Kind::Trouble),
            (Some("SomethingNew"), 400, Kind::Other),
            (Some("AccessDeniedException"), 403, Kind::Denied),
            (Some("ExpiredTokenException"), 400, Kind::Credentials),
            (Some("ValidationException"), 400, Kind::Invalid),
            (None, 200, Kind::Lost),
            (None, 502, Kind::Lost),
            (None, 404, Kind::NoSuchOperation),
        ];
        for (code, status, kind) in cases {
            assert_eq!(kind_of(code, status, ""), kind, "{code:?} {status}");
        }
    }

    /// Throttling, rights and our own budget do not mean that Identity Center is away, nor that it is there.
    #[test]
    fn only_what_comes_from_the_service_itself_says_whether_it_answers() {
        let of = |kind: Kind| {
            let mut failure = Failure::garbled(Op::ListInstances, "x");
            failure.kind = kind;
            failure.answered_at_all()
        };
        for kind in [Kind::NotSent, Kind::Lost, Kind::Trouble] {
            assert_eq!(of(kind), Some(false), "{kind:?}");
        }
        for kind in [Kind::NotFound, Kind::Conflict, Kind::Quota] {
            assert_eq!(of(kind), Some(true), "{kind:?}");
        }
        for kind in [Kind::Throttled, Kind::Denied, Kind::Credentials, Kind::Key, Kind::Invalid, Kind::Other]
        {
            assert_eq!(of(kind), None, "{kind:?}");
        }
        assert_eq!(
            Failure::no_turn(Op::ListInstances, Duration::ZERO).answered_at_all(),
            None,
            "our own budget"
        );
        let timed_out = CredentialsError::provider_timed_out(Duration::from_secs(5));
        let timed_out = Failure::undelivered(Op::ListInstances, Some(&timed_out));
        assert_eq!(
            (timed_out.kind, timed_out.answered_at_all()),
            (Kind::NotSent, None),
            "our own credentials"
        );
    }

    #[test]
    fn a_lost_change_may_have_been_done_and_a_lost_read_is_only_repeated() {
        let lost = Failure::garbled(Op::CreateAccountAssignment, "half an answer");
        assert!(matches!(lost.changing(), Fault::Lost { .. }));
        assert!(matches!(lost.reading(), Fault::Transient { .. }));
        let unsent = Failure::no_turn(Op::CreateAccountAssignment, Duration::from_secs(30));
        assert!(matches!(unsent.changing(), Fault::Transient { .. }), "nothing was sent");
    }

    #[test]
    fn what_aws_said_is_cut_and_cannot_break_a_line() {
        let long = Failure::garbled(Op::ListUsers, &format!("a\nb\u{1b}[31m{}", "x".repeat(10_000)));
        let text = long.to_string();
        assert!(text.chars().count() < SAID_LENGTH_MAX + 60, "{} characters", text.chars().count());
        assert!(!text.chars().any(char::is_control));
        assert!(text.ends_with('…'));
        let short = Failure::garbled(Op::ListUsers, &"x".repeat(SAID_LENGTH_MAX));
        assert!(!short.to_string().ends_with('…'), "the limit itself still fits");
    }
}
