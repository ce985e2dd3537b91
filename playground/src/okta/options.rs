//! How the twin behaves: who may call, limits, paging, late reads, and scripted faults. Data only.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

/// Scopes that the twin's operations ask for (platform-rules 4.1); a service app has those that an admin granted it.
pub const SCOPES: [&str; 6] = [
    "okta.apps.read",
    "okta.apps.manage",
    "okta.groups.read",
    "okta.groups.manage",
    "okta.users.read",
    "okta.logs.read",
];

/// A token that the twin takes for an SSWS API token until told otherwise.
pub const SSWS_TOKEN: &str = "00ssws-token-of-the-okta-twin";

/// An OAuth 2.0 service app that may ask for tokens with `private_key_jwt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceApp {
    /// `0oa…`.
    pub client_id: String,
    /// Its public key as a JWK: RSA (RS256) or P-256 (ES256).
    pub public_jwk: Value,
    /// Scopes an admin granted; others are refused at the token endpoint.
    pub scopes: BTreeSet<String>,
    /// "Require Demonstrating Proof of Possession (DPoP) header in token requests", on for new apps (platform-rules 4.1).
    pub dpop_required: bool,
}

impl ServiceApp {
    /// A service app with every scope of [`SCOPES`] that needs no DPoP.
    #[must_use]
    pub fn new(client_id: &str, public_jwk: Value) -> Self {
        let scopes = SCOPES.iter().map(|s| (*s).to_owned()).collect();
        Self { client_id: client_id.to_owned(), public_jwk, scopes, dpop_required: false }
    }
}

/// Calls that Okta answers in a minute, by bucket; the `Default` is a Workforce org's (platform-rules 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// `/api/v1/apps` except `/apps/{id}`: the life-cycle calls are in it.
    pub apps: u32,
    /// `/api/v1/apps/{id}`.
    pub app: u32,
    /// `/api/v1/groups` except `/groups/{id}`: lists of members and their changes.
    pub groups: u32,
    /// `GET /api/v1/users/{idOrLogin}`.
    pub user: u32,
    /// `/api/v1/logs`.
    pub logs: u32,
    /// `/oauth2/v1`.
    pub oauth2: u32,
    /// Everything else under `/api/v1`.
    pub others: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { apps: 100, app: 500, groups: 500, user: 2_000, logs: 120, oauth2: 2_000, others: 1_200 }
    }
}

impl RateLimits {
    /// What a new service app or API token gets of them: half.
    #[must_use]
    pub fn of_a_new_token(self) -> Self {
        Self {
            apps: self.apps / 2,
            app: self.app / 2,
            groups: self.groups / 2,
            user: self.user / 2,
            logs: self.logs / 2,
            oauth2: self.oauth2 / 2,
            others: self.others / 2,
        }
    }
}

/// Behaviour that tests and the demo may change at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OktaOptions {
    /// The SSWS token that is taken; `None` when there is none.
    pub ssws_token: Option<String>,
    /// Handle, login or id of the admin the SSWS token belongs to: it dies with them.
    pub ssws_user: String,
    /// The service app that may ask for access tokens.
    pub service_app: Option<ServiceApp>,
    /// Operations (by `operationId`) that the caller's admin role does not allow, whatever its scopes.
    pub forbidden: BTreeSet<String>,
    /// Added between a call's effect and its answer.
    pub latency: Duration,
    /// Most rows on a page, whatever the caller asks for; at least one row is given.
    pub page_rows_max: usize,
    /// Lists put an empty page with a `next` link before every page with rows.
    pub empty_pages: bool,
    /// After a change, this many reads of the group's members or the app still show what was before.
    pub stale_reads: u32,
    /// After a change, reads show what was before for this long by the twin's clock.
    pub stale_for: Duration,
    /// Disaster recovery: reads and tokens go on, writes are refused.
    pub read_only: bool,
    /// Calls a minute that the headers tell of.
    pub rate_limits: RateLimits,
    /// Whether a call past its limit is refused.
    pub enforce_rate_limits: bool,
    /// Most calls at the same time; `None` lifts it.
    pub concurrent_max: Option<usize>,
}

impl Default for OktaOptions {
    /// An SSWS token of Dee's, no limits, no delays, largest pages, reads that show what is.
    fn default() -> Self {
        Self {
            ssws_token: Some(SSWS_TOKEN.to_owned()),
            ssws_user: "dee".to_owned(),
            service_app: None,
            forbidden: BTreeSet::new(),
            latency: Duration::ZERO,
            page_rows_max: 1_000,
            empty_pages: false,
            stale_reads: 0,
            stale_for: Duration::ZERO,
            read_only: false,
            rate_limits: RateLimits::default(),
            enforce_rate_limits: false,
            concurrent_max: None,
        }
    }
}

impl OktaOptions {
    /// What a person at the demo sees of the real thing: 120 ms a call, Okta's limits, a read that lags once.
    #[must_use]
    pub fn lifelike() -> Self {
        Self {
            latency: Duration::from_millis(120),
            stale_reads: 1,
            enforce_rate_limits: true,
            ..Self::default()
        }
    }
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// 429 E0000047 whose `X-Rate-Limit-Reset` is this far in the future; no effect.
    RateLimited {
        /// Seconds by the twin's clock.
        reset_secs: u32,
    },
    /// 429 E0000047 with `X-Rate-Limit-Limit: 0`: too many calls at the same time; no effect.
    TooManyAtOnce,
    /// 500 E0000009; no effect.
    Internal500,
    /// No effect, never answered.
    Hang,
    /// The connection is cut before the call has its effect.
    DropBeforeEffect,
    /// The call has its effect; the connection is cut before the answer.
    DropAfterEffect,
    /// 200 with a page that is not JSON (a proxy's); no effect.
    GarbageBody,
    /// The effect is at once, the answer this late.
    Late(Duration),
}

/// A scripted fault: the next `times` calls of `operation` meet it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// `operationId` of Okta's OpenAPI (`activateApplication`; `token` for `/oauth2/v1/token`), or `*` for any.
    pub operation: String,
    /// How many calls meet it; `u32::MAX` for an outage until [`super::OktaControl::clear_faults`].
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
        self.operation == operation || self.operation == "*"
    }
}
